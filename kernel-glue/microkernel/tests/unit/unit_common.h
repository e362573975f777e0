/* SPDX-License-Identifier: MIT */
/*
 * unit_common.h - parts of the kernel, run as programs of this system under
 * sanitizers, against simple models.
 */
#ifndef MK_UNIT_COMMON_H
#define MK_UNIT_COMMON_H

#include <stdio.h>
#include <stdlib.h>

#include <kbase.h>

#define EXPECT(condition)                                                  \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			abort();                                           \
		}                                                          \
	} while (0)

_Noreturn void panic(const char *why, uint64_t value)
{
	fprintf(stderr, "panic: %s %llx\n", why, (unsigned long long)value);
	abort();
}

static uint64_t random_state = 88172645463325252ul;

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). */
static inline uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static inline unsigned below(unsigned n)
{
	return (unsigned)(random64() % n);
}

#endif
