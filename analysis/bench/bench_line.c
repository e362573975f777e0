/* SPDX-License-Identifier: MIT */
/*
 * bench_line.c - the least that handing over can cost: one word.
 *
 * `line`: the producer adds to a word, the consumer looks at it until it
 * changes.  No machine hands anything over in less than the time that this
 * cache line takes from one CPU to the other.
 *
 * `futex`: the same word, and for each message one call that wakes and one
 * that sleeps.  That is all the help the kernel gives to who wants to sleep.
 *
 * `guarded`: what those need who do not trust each other.  The consumer may only
 * read the word, and sleeps on a second one of its own as well, so that the other
 * end cannot keep the news of its death from it.  Both are dear: see
 * docs/benchmarks.md.
 *
 * Payloads lie beside the word, in as many places as the ring has.  The
 * consumer's count is looked at once in a ring, so it costs next to nothing.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_raw.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

static int futex(struct bench_raw_side *side, int op, uint32_t value)
{
	if (side->link->setup.threads)
		op |= FUTEX_PRIVATE_FLAG;
	side->calls++;
	return (int)syscall(SYS_futex, &side->shared->sent.n, op, value, NULL,
			    NULL, 0);
}

static int line_send(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	side->done += n;
	atomic_store_explicit(&side->shared->sent.n, side->done,
			      memory_order_release);
	return 0;
}

static int32_t line_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	uint32_t there = atomic_load_explicit(&side->shared->sent.n,
					      memory_order_acquire) -
			 side->done;

	n = there < n ? there : n;
	for (uint32_t i = 0; i < n; i++)
		payloads[i] = bench_raw_payload(side, side->done + i);
	side->done += n;
	return (int32_t)n;
}

static int line_release(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	side->given += n;
	atomic_store_explicit(&side->shared->taken[side->number - 1].n,
			      side->given, memory_order_release);
	return 0;
}

/* The same address space does not make the word another one; none wakes the
 * second one here. */
static int guarded_wait(struct bench_raw_side *side)
{
	static _Atomic uint32_t own;
	struct futex_waitv words[2] = {
		{.val = side->done,
		 .uaddr = (uintptr_t)&side->link->watched->sent.n,
		 .flags = FUTEX_32},
		{.val = 0,
		 .uaddr = (uintptr_t)&own,
		 .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG},
	};

	side->calls++;
	return (int)syscall(SYS_futex_waitv, words, 2, 0, NULL,
			    CLOCK_MONOTONIC);
}

static int guarded_send(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	line_send(raw, n);
	side->calls++;
	return syscall(SYS_futex, &side->shared->sent.n, FUTEX_WAKE, INT_MAX,
		       NULL, NULL, 0) < 0
		       ? -errno
		       : 0;
}

/* A full ring is rare here, and nobody wakes for room. */
static int32_t futex_take(void *raw, void **places, uint32_t n)
{
	struct bench_raw_side *side = raw;
	int32_t taken;

	while ((taken = bench_raw_take(raw, places, n)) == 0) {
		side->calls++;
		sched_yield();
	}
	return taken;
}

static int futex_send(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	line_send(raw, n);
	return futex(side, FUTEX_WAKE, INT_MAX) < 0 ? -errno : 0;
}

static int32_t futex_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	int32_t received;

	while ((received = line_receive(raw, payloads, n)) == 0)
		if (futex(side, FUTEX_WAIT, side->done) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return -errno;
	return received;
}

static int32_t guarded_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	int32_t received;

	while ((received = line_receive(raw, payloads, n)) == 0)
		if (guarded_wait(side) < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
	return received;
}

const struct bench_channel bench_line = {
	.name = "line",
	.text = "one word in one cache line, polled: nothing is faster here",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_RAW_CAN,
	.payload_max = BENCH_PAYLOAD,
	.open = bench_raw_open,
	.take = bench_raw_take,
	.send = line_send,
	.receive = line_receive,
	.release = line_release,
	BENCH_RAW_CALLS,
};

const struct bench_channel bench_futex = {
	.name = "futex",
	.text = "the same word, with one call to wake and one to sleep",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_RAW_CAN,
	.payload_max = BENCH_PAYLOAD,
	.open = bench_raw_open,
	.take = futex_take,
	.send = futex_send,
	.receive = futex_receive,
	.release = line_release,
	BENCH_RAW_CALLS,
};

const struct bench_channel bench_guarded = {
	.name = "guarded",
	.text = "futex with a word to read only, and a second one to sleep on",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_RAW_CAN,
	.payload_max = BENCH_PAYLOAD,
	.open = bench_raw_open,
	.take = futex_take,
	.send = guarded_send,
	.receive = guarded_receive,
	.release = line_release,
	BENCH_RAW_CALLS,
};
