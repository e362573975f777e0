// SPDX-License-Identifier: MIT
/*
 * nearest.c - the word somebody probably meant.
 *
 * Source: V. Levenshtein, "Binary codes capable of correcting deletions,
 * insertions and reversals", Soviet Physics Doklady 10, 1966; computed row by
 * row (Wagner and Fischer 1974).
 */
#include <stdint.h>
#include <string.h>

#include "describe/nearest.h"

#define WORD_MAX 31u /* longer ones are no misspelt command */
#define NEAR 2u

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t least = a < b ? a : b;

	return least < c ? least : c;
}

static uint32_t distance(const char *a, const char *b)
{
	uint32_t row[WORD_MAX + 1];
	size_t length_a = strlen(a);
	size_t length_b = strlen(b);
	size_t i, j;

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return UINT32_MAX;
	for (j = 0; j <= length_b; j++)
		row[j] = (uint32_t)j;
	for (i = 1; i <= length_a; i++) {
		uint32_t diagonal = row[0];

		row[0] = (uint32_t)i;
		for (j = 1; j <= length_b; j++) {
			uint32_t above = row[j];
			uint32_t change = a[i - 1] != b[j - 1];

			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + change);
			diagonal = above;
		}
	}
	return row[length_b];
}

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	uint32_t least = NEAR + 1;
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t d = distance(word, words[i]);

		if (d < least && d < strlen(words[i])) {
			least = d;
			best = words[i];
		}
	}
	return best;
}
