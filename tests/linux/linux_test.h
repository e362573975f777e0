/* SPDX-License-Identifier: MIT */
/*
 * linux_test.h - what the tests of the Linux port share.
 *
 * None of them asserts that something is fast.  What must not block is
 * guarded by alarm(): a test that hangs dies of it.
 */
#ifndef LINUX_TEST_H
#define LINUX_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dsi/port.h"

#define TEST_MS UINT64_C(1000000)
#define TEST_HANG_S 120u

/* How many descriptors are open: a leak is a difference. */
static inline int test_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* The same, once there are no more than @expected: what a peer could have sent
 * may be closed by a thread of its own.  Or the count that stays. */
static inline int test_settled_fds(int expected)
{
	int n = test_open_fds();

	for (int i = 0; i < 5000 && n > expected; i++) {
		(void)usleep(1000);
		n = test_open_fds();
	}
	return n;
}

/* A point of time soon. */
static inline uint64_t test_in_ms(uint64_t ms)
{
	return dsi_port_now() + ms * TEST_MS;
}

/* Wait for a child; its exit status, or 128 + signal. */
static inline int test_reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A test that cannot be made here, never without the reason. */
#define TEST_SKIP(why)                                             \
	do {                                                       \
		print_message("%s: skipped, %s\n", __func__, why); \
		skip();                                            \
	} while (0)

/* What QEMU's user emulation, which stands in front of the kernel of another
 * machine's program, makes impossible. */
#define TEST_NOT_EMULATED(why)          \
	do {                            \
		if (EMULATED)           \
			TEST_SKIP(why); \
	} while (0)

/* A child has no cmocka to report to. */
#define TEST_CHILD(what)                                                     \
	do {                                                                 \
		if (!(what)) {                                               \
			dprintf(2, "%s:%d: child: %s\n", __FILE__, __LINE__, \
				#what);                                      \
			_exit(1);                                            \
		}                                                            \
	} while (0)

#endif /* LINUX_TEST_H */
