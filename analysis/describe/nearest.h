/* SPDX-License-Identifier: MIT */
/* nearest.h - the word somebody probably meant. */
#ifndef DSI_NEAREST_H
#define DSI_NEAREST_H

#include <stddef.h>

/**
 * nearest_word - the most similar word of a list.
 * @word:  what was typed
 * @words: the list
 * @n:     its length
 *
 * Return: a word of the list that differs by at most two letters and is not
 *         entirely different, or NULL.
 */
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif /* DSI_NEAREST_H */
