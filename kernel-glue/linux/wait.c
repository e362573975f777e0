/* SPDX-License-Identifier: MIT */
/*
 * wait.c - sleep while words keep their values; wake who sleeps on one.
 *
 * Place in the data flow: the end of notification.  Work threads; RT-safe:
 * one system call each, no memory, no lock of ours.
 *
 * A futex compares and falls asleep in one step, under a lock of the kernel
 * that the waker takes as well.  That is the whole cure for the lost wake-up:
 * a word that changed before the comparison is seen by it, one that changes
 * after it has a waker who finds us in the queue.  The kernel puts a full
 * barrier before the comparison (smp_mb() in kernel/futex/waitwake.c).
 *
 * Words may lie on pages that we can only read; futexes work there.  It also
 * means that a peer with a read-only mapping can do futex operations on the
 * word it sleeps on, and some are nasty:
 *
 *   FUTEX_CMP_REQUEUE moves our sleeper to another word, where an honest
 *     wake does not find it.  So callers that must hear of a peer's death
 *     give a second, private word, and all words are waited for at once with
 *     futex_waitv(): the element on the private word cannot be reached.
 *   FUTEX_WAIT_REQUEUE_PI makes a wake on the word fail with EINVAL.  So the
 *     errors of a wake mean nothing and are swallowed.
 *   Ten thousand waiters parked with a bitset that never matches make a
 *     FUTEX_WAKE_BITSET walk over all of them, milliseconds long.  So we use
 *     the plain FUTEX_WAKE of one, which stops at the first it meets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "linux.h"

/* 32-bit systems have two futex calls; only this one knows years past 2038. */
#ifdef SYS_futex_time64
#define WAIT_SYS_FUTEX SYS_futex_time64
#else
#define WAIT_SYS_FUTEX SYS_futex
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#define WAIT_MAX 128u /* FUTEX_WAITV_MAX */

/* Without futex_waitv() a change of a word other than the first is seen no
 * later than this. */
#define WAIT_SLICE_NS (5 * DSI__NS_PER_MS)

/* Set once futex_waitv() turned out to be missing. */
static _Atomic uint32_t waitv_missing;

static struct __kernel_timespec wait_timespec(uint64_t ns)
{
	struct __kernel_timespec ts = {
		.tv_sec = (long long)(ns / DSI__NS_PER_S),
		.tv_nsec = (long long)(ns % DSI__NS_PER_S),
	};

	return ts;
}

/* One word.  A deadline in the past needs no special case: the kernel still
 * compares first, so "timed out" always implies "not changed". */
static int wait_one(const struct dsi_port_word *word, uint64_t deadline_ns)
{
	struct __kernel_timespec ts = wait_timespec(deadline_ns);
	int op = FUTEX_WAIT_BITSET;

	if (!word->shared)
		op |= FUTEX_PRIVATE_FLAG;
	for (;;) {
		long r = syscall(WAIT_SYS_FUTEX, word->word, op, word->expected,
				 deadline_ns == DSI_FOREVER ? NULL : &ts, NULL,
				 FUTEX_BITSET_MATCH_ANY);

		if (r >= 0)
			return 0;
		if (errno != EINTR)
			return errno;
	}
}

/* Many words at once, Linux 5.16. */
static int wait_vector(const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	struct __kernel_timespec ts = wait_timespec(deadline_ns);
	struct futex_waitv elements[WAIT_MAX];

	for (uint32_t i = 0; i < n; i++) {
		elements[i].val = words[i].expected;
		elements[i].uaddr = (uintptr_t)words[i].word;
		elements[i].flags = FUTEX_32;
		if (!words[i].shared)
			elements[i].flags |= FUTEX_PRIVATE_FLAG;
		elements[i].__reserved = 0;
	}
	for (;;) {
		long r = syscall(SYS_futex_waitv, elements, n, 0,
				 deadline_ns == DSI_FOREVER ? NULL : &ts,
				 CLOCK_MONOTONIC);

		if (r >= 0)
			return 0;
		if (errno != EINTR)
			return errno;
	}
}

static int words_changed(const struct dsi_port_word *words, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(words[i].word, memory_order_acquire) !=
		    words[i].expected)
			return 1;
	return 0;
}

/* Older kernels, or a sandbox that does not let futex_waitv() pass: sleep on
 * the word that the peer writes most often, and look at all of them after
 * each short slice. */
static int wait_sliced(const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	uint32_t first = 0;

	while (first < n - 1 && !words[first].shared)
		first++;
	for (;;) {
		uint64_t until = dsi_port_now() + WAIT_SLICE_NS;
		int err;

		if (words_changed(words, n))
			return 0;
		if (until > deadline_ns)
			until = deadline_ns;
		err = wait_one(&words[first], until);
		if (err != ETIMEDOUT)
			return err;
		if (words_changed(words, n))
			return 0;
		if (until == deadline_ns)
			return ETIMEDOUT;
	}
}

/* Something no caller can cause, like memory that is gone.  We may return
 * early for any reason, but must not turn the caller's loop into a busy one,
 * nor let it run past its deadline. */
static int wait_broken(uint64_t deadline_ns)
{
	uint64_t until = dsi_port_now() + DSI__NS_PER_MS;
	struct timespec ts;

	if (until > deadline_ns)
		until = deadline_ns;
	ts = dsi__clock_timespec(until);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	return until == deadline_ns ? -DSI_ETIMEDOUT : 0;
}

int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns)
{
	int err = EINVAL;

	if (n == 1) {
		err = wait_one(words, deadline_ns);
	} else if (n > 1 && n <= WAIT_MAX) {
		err = ENOSYS;
		/* relaxed: a hint, carries nothing */
		if (!atomic_load_explicit(&waitv_missing, memory_order_relaxed))
			err = wait_vector(words, n, deadline_ns);
		if (err == ENOSYS || err == EPERM) {
			/* relaxed: a hint, carries nothing */
			atomic_store_explicit(&waitv_missing, 1,
					      memory_order_relaxed);
			err = wait_sliced(words, n, deadline_ns);
		}
	}
	if (err == 0 || err == EAGAIN)
		return 0;
	if (err == ETIMEDOUT)
		return -DSI_ETIMEDOUT;
	return wait_broken(deadline_ns);
}

uint32_t dsi_port_wait_max(void)
{
	return WAIT_MAX;
}

void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared)
{
	int op = shared ? FUTEX_WAKE : FUTEX_WAKE | FUTEX_PRIVATE_FLAG;

	(void)syscall(WAIT_SYS_FUTEX, word, op, shared ? 1 : INT_MAX, NULL,
		      NULL, 0);
}

int dsi_port_wake_wait(const _Atomic uint32_t *wake,
		       const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	dsi_port_wake(wake, 1);
	return dsi_port_wait(words, n, deadline_ns);
}
