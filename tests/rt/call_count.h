/* SPDX-License-Identifier: MIT */
/*
 * call_count.h - count what a thread calls: memory, locks, the kernel.
 *
 * The linker sends the functions that call_count.c names through it (--wrap).
 */
#ifndef DSI_TEST_CALL_COUNT_H
#define DSI_TEST_CALL_COUNT_H

#include <stdint.h>

/* From here on the calls of this thread count. */
void calls_begin(void);
/* How many there were; the name of the first one in *@out_first. */
uint64_t calls_end(const char **out_first);

#endif /* DSI_TEST_CALL_COUNT_H */
