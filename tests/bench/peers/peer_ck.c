/* SPDX-License-Identifier: MIT */
/*
 * peer_ck.c - Concurrency Kit's ring for one producer and one consumer.  It has
 * no call for several words.
 *
 * Who sleeps does so on the library's event count, one for each ring; waking
 * and sleeping is the application's matter there, with futexes.
 */
#define _GNU_SOURCE 1
#include <ck_ec.h>
#include <ck_ring.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"

struct ck_words {
	ck_ring_t ring;
	_Alignas(128) struct ck_ec32 changes; /* for who sleeps */
	ck_ring_buffer_t words[];
};

/* A ring of this library holds one word less than it has places. */
static size_t words_bytes(uint32_t n)
{
	return sizeof(struct ck_words) +
	       (n < 2 ? 4 : 2u * n) * sizeof(ck_ring_buffer_t);
}

static int words_init(void *at, uint32_t n)
{
	struct ck_words *words = at;

	ck_ring_init(&words->ring, n < 2 ? 4 : 2u * n);
	ck_ec_init(&words->changes, 0);
	return 0;
}

static void words_end(void *at)
{
	(void)at;
}

static uint32_t words_put(void *at, const uint64_t *from, uint32_t n)
{
	struct ck_words *words = at;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!ck_ring_enqueue_spsc(&words->ring, words->words,
					  (void *)(uintptr_t)from[i]))
			break;
	return i;
}

static uint32_t words_get(void *at, uint64_t *to, uint32_t n)
{
	struct ck_words *words = at;
	uint32_t i;

	for (i = 0; i < n; i++) {
		void *word;

		if (!ck_ring_dequeue_spsc(&words->ring, words->words, &word))
			break;
		to[i] = (uintptr_t)word;
	}
	return i;
}

#include "peer_words.h"

/* ---- asleep --------------------------------------------------------------- */

static _Thread_local uint64_t calls;

static long futex(const uint32_t *word, int op, uint32_t value,
		  const struct timespec *until)
{
	calls++;
	return syscall(SYS_futex, word, op, value, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

static int now(const struct ck_ec_ops *ops, struct timespec *out)
{
	(void)ops;
	return clock_gettime(CLOCK_MONOTONIC, out);
}

static void sleep_on(const struct ck_ec_wait_state *state, const uint32_t *word,
		     uint32_t expected, const struct timespec *until)
{
	(void)state;
	futex(word, FUTEX_WAIT_BITSET, expected, until);
}

static void wake(const struct ck_ec_ops *ops, const uint32_t *word)
{
	(void)ops;
	futex(word, FUTEX_WAKE, INT_MAX, NULL);
}

static const struct ck_ec_ops ops = {
	.gettime = now,
	.wait32 = sleep_on,
	.wake32 = wake,
};

static const struct ck_ec_mode mode = {.ops = &ops, .single_producer = true};

/* Who sleeps for room needs places to come back, so there is a payload. */
static int asleep_open(const struct bench_setup *setup, void **out_link)
{
	struct bench_setup with = *setup;

	with.payload = with.payload ? with.payload : 1u;
	return words_open(&with, out_link);
}

static struct ck_ec32 *changes(void *at)
{
	struct ck_words *words = at;

	return &words->changes;
}

static int32_t asleep_take(void *raw, void **places, uint32_t n)
{
	struct words_side *side = raw;
	struct ck_ec32 *back = changes(side->link->back);

	for (;;) {
		uint32_t value = ck_ec_value(back);
		int32_t got = words_take(raw, places, n);

		if (got)
			return got;
		ck_ec_wait(back, &mode, value, NULL);
	}
}

static int asleep_send(void *raw, uint32_t n)
{
	struct words_side *side = raw;

	words_send(raw, n);
	ck_ec_inc(changes(side->link->there), &mode);
	return 0;
}

static int32_t asleep_receive(void *raw, const void **payloads, uint32_t n)
{
	struct words_side *side = raw;
	struct ck_ec32 *there = changes(side->link->there);

	for (;;) {
		uint32_t value = ck_ec_value(there);
		int32_t got = words_receive(raw, payloads, n);

		if (got)
			return got;
		ck_ec_wait(there, &mode, value, NULL);
	}
}

static int asleep_release(void *raw, uint32_t n)
{
	struct words_side *side = raw;

	words_release(raw, n);
	ck_ec_inc(changes(side->link->back), &mode);
	return 0;
}

static uint64_t asleep_calls(void *raw)
{
	(void)raw;
	return calls;
}

const struct bench_channel peer_ck = {
	.name = "ck-ring",
	.text = "Concurrency Kit's ring, one producer and one consumer",
	.can = WORDS_CAN | BENCH_CAN_PROCESSES,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	WORDS_CALLS};

const struct bench_channel peer_ck_ec = {
	.name = "ck-ring-ec",
	.text = "the same, asleep on Concurrency Kit's event counts",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_CAN_THREADS |
	       BENCH_CAN_PROCESSES | BENCH_CAN_BATCH | BENCH_CAN_ZERO_COPY,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = asleep_open,
	.join = words_join,
	.take = asleep_take,
	.send = asleep_send,
	.receive = asleep_receive,
	.release = asleep_release,
	.calls = asleep_calls,
	.leave = words_leave,
	.close = words_close,
};
