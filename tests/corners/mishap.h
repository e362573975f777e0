/* SPDX-License-Identifier: MIT */
/*
 * mishap.h - what does not happen by itself in a test: memory that is not to be had,
 * and something that happens between two steps of a function.
 *
 * The linker puts mishap.c between the library and dsi_port_alloc() (--wrap), so
 * that each piece of memory begins with a page of its own.  A page can be taken
 * away: who touches it next runs the test's function first, and finds the page
 * there again.  So a peer writes, or another thread acts, exactly between two
 * reads of the function that is tested, without a thread and without luck.
 */
#ifndef DSI_TEST_MISHAP_H
#define DSI_TEST_MISHAP_H

#include <stddef.h>
#include <stdint.h>

/* At the next access to the page at @memory. */
void mishap_at(void *memory, void (*happen)(void *user), void *user);
/* How often did something happen so far? */
uint32_t mishaps(void);

/* The n-th allocation from now on fails, once; 1: the next one; 0: none. */
void mishap_no_memory(uint32_t nth);

/* Whole pages, zeroed, for good. */
void *mishap_pages(size_t bytes);

#endif /* DSI_TEST_MISHAP_H */
