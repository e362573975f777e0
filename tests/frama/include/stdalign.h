/* SPDX-License-Identifier: MIT */
/*
 * stdalign.h - for Frama-C, which does not know _Alignas: where a word lies
 * in its line of the cache is no question of safety.  The layout itself is
 * asserted by the compilers (shm_layout.h) and by tests/abi.
 */
#ifndef FRAMA_STDALIGN_H
#define FRAMA_STDALIGN_H

#define alignas(bytes)

#endif /* FRAMA_STDALIGN_H */
