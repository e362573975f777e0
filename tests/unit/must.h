/* SPDX-License-Identifier: MIT */
/*
 * must.h - a check that is never compiled out, for tests with threads and
 * processes.  A failure is reported and ends the process at once.  Who includes
 * this may define MUST_SAY() before: what there is to be said about the moment.
 */
#ifndef DSI_TEST_MUST_H
#define DSI_TEST_MUST_H

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <dsi/errno.h>

#ifndef MUST_SAY
#define MUST_SAY() (void)0
#endif

#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, \
				__LINE__, __func__, #condition);               \
			MUST_SAY();                                            \
			_exit(1);                                              \
		}                                                              \
	} while (0)

/* A call that must answer @want. */
#define MUST_BE(call, want)                                                \
	do {                                                               \
		long long must_have_ = (long long)(call);                  \
		long long must_want_ = (long long)(want);                  \
                                                                           \
		if (must_have_ != must_want_) {                            \
			fprintf(stderr,                                    \
				"%s:%d: %s: %s is %lld (%s), not %lld\n",  \
				__FILE__, __LINE__, __func__, #call,       \
				must_have_, dsi_strerror((int)must_have_), \
				must_want_);                               \
			MUST_SAY();                                        \
			_exit(1);                                          \
		}                                                          \
	} while (0)

/* Small, seeded, good enough: xorshift64*. */
static inline uint64_t must_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

#endif /* DSI_TEST_MUST_H */
