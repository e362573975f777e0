/* SPDX-License-Identifier: MIT */
/*
 * fuzz_load.h - a peer that writes between any two reads.
 *
 * In a build with DSI_FUZZ the compiler calls fuzz_load.c before each load of
 * the library's core (-fsanitize-coverage=trace-loads), atomic ones among
 * them.  A load from memory that a hostile peer can write may find a new value:
 * the input says which and when.  Other builds replay the same inputs without
 * it.
 */
#ifndef DSI_FUZZ_LOAD_H
#define DSI_FUZZ_LOAD_H

#include "fuzz.h"

/* From now on the victim reads from [@victim, @victim + bytes) what the peer
 * writes through its own mapping at @peer. */
void fuzz_load_share(const void *victim, void *peer, size_t bytes);
/* Values for it are taken from @in, NULL: no more. */
void fuzz_load_from(struct fuzz_input *in);
/* Nothing is shared any more. */
void fuzz_load_end(void);

/* A value that is more often of use than any: zero, small, at a border, or
 * near @now. */
uint64_t fuzz_value(struct fuzz_input *in, uint64_t now);

#endif /* DSI_FUZZ_LOAD_H */
