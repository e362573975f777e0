/* SPDX-License-Identifier: MIT */
/*
 * word_sweep.h - each word of a message, with each kind of bad value.
 *
 * The tests of chosen fields say what exactly must come of each; here the
 * answer must be one of a few codes, and nobody may fall or wait.
 */
#ifndef DSI_TEST_WORD_SWEEP_H
#define DSI_TEST_WORD_SWEEP_H

#include <stdint.h>
#include <string.h>

#include "tests/unit/must.h"

#define SWEEP_VALUES 12u

/* Value number @which for a word that should be @old, and is @other in another
 * message of the same kind, which is replayed. */
static inline uint32_t sweep_value(uint32_t which, uint32_t old, uint32_t other,
				   uint64_t *random)
{
	const uint32_t values[SWEEP_VALUES] = {
		0,
		1,
		old + 1u,
		old - 1u,
		~old,
		UINT32_MAX,
		UINT32_C(1) << 31,
		INT32_MAX,
		old << 1,
		0x01010101u * 0x1b, /* text that commands a terminal */
		other,
		(uint32_t)must_random(random),
	};

	return values[which];
}

/* Spoil word number @word behind @at. */
static inline void sweep_spoil(void *at, uint32_t word, uint32_t which,
			       uint32_t other, uint64_t *random)
{
	uint32_t value;

	memcpy(&value, (char *)at + word * 4u, sizeof(value));
	value = sweep_value(which, value, other, random);
	memcpy((char *)at + word * 4u, &value, sizeof(value));
}

/* Is @err 0 or one of these, of which the last is 0? */
static inline int sweep_answer(int err, const int *allowed)
{
	while (*allowed && *allowed != err)
		allowed++;
	return err == 0 || *allowed;
}

#endif /* DSI_TEST_WORD_SWEEP_H */
