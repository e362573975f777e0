/* SPDX-License-Identifier: MIT */
/*
 * expect.h - whole numbers that must be equal, for tests of one file: a
 * difference is told and counted, and the test goes on.
 */
#ifndef DSI_TEST_EXPECT_H
#define DSI_TEST_EXPECT_H

#include <stdio.h>

static unsigned wrong, checked;

#define EXPECT(what, wanted)                                            \
	expect(#what, (long long)(what), (long long)(wanted), __FILE__, \
	       __LINE__)

static void expect(const char *what, long long got, long long wanted,
		   const char *file, int line)
{
	checked++;
	if (got == wanted)
		return;
	wrong++;
	printf("%s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
}

#endif /* DSI_TEST_EXPECT_H */
