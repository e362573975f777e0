/* SPDX-License-Identifier: MIT */
/*
 * bench_channel_test.c - every channel of this program delivers what it was
 * given, and one that does not is found out.
 *
 *   bench_channel_test           all channels, all that they can
 *   bench_channel_test --broken  channels that change, drop, swap or repeat a
 *                                message, fail, or die; each must be refused
 *                                with a sentence that says so
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_raw.h"
#include "bench/bench_trial.h"
#include "tests/unit/must.h"

#define PACKETS 300u
#define LONG_NS UINT64_C(60000000000)
#define BROKEN_AT 200u

static struct bench_trial make_trial(const struct bench_channel *channel,
				     const struct bench_case *what)
{
	return (struct bench_trial){
		.what = *what,
		.channel = channel,
		.time_ns = LONG_NS,
		.packets = PACKETS,
		.warm = 16,
		.interval_ns = 1000,
		.spin_ns = 20000,
	};
}

/* ---- sound channels --------------------------------------------------------- */

static void check_counts(const struct bench_trial *t,
			 const struct bench_outcome *out)
{
	uint32_t each = bench_case_has_times(&t->what) ? t->what.consumers : 0;

	if (t->what.measure == BENCH_JOIN) {
		/* It goes on until the others are gone; those are not measured. */
		each = 1;
		MUST(out->rounds >= PACKETS && out->joins > 0);
		if (out->rounds > BENCH_SAMPLES)
			return;
	} else {
		MUST(out->rounds >= PACKETS &&
		     out->rounds < PACKETS + BENCH_BATCH);
	}
	MUST(out->n_samples == each * out->rounds);
	MUST(out->wall_ns > 0);
	for (size_t i = 1; i < out->n_samples; i++)
		MUST(out->samples[i - 1] <= out->samples[i]);
}

static unsigned int tried;

static void try_case(struct bench_stage *stage,
		     const struct bench_channel *channel,
		     const struct bench_case *what)
{
	struct bench_trial trial = make_trial(channel, what);
	struct bench_outcome out;
	int err;

	if (!bench_case_fits(what, channel))
		return;
	tried++;
	err = bench_trial_run(stage, &trial, &out);
	if (err)
		fprintf(stderr,
			"%s %s %s payload %u ring %u batch %u to %u: %s\n",
			channel->name, bench_measure_names[what->measure],
			bench_wait_names[what->wait], what->payload, what->ring,
			what->batch, what->consumers, out.why);
	MUST_BE(err, 0);
	check_counts(&trial, &out);
}

static void try_channel(struct bench_stage *stage,
			const struct bench_channel *channel)
{
	static const uint32_t payloads[] = {0, 1, 64, 65536};

	/* The others need more to be said: see below. */
	for (unsigned int i = 0; i < BENCH_SELECT * BENCH_WAITS * 2; i++) {
		struct bench_case c = {
			.measure = (enum bench_measure)(i / 6),
			.wait = (enum bench_wait)(i / 2 % 3),
			.threads = i % 2,
			/* Then who polls in vain lets the other end run. */
			.same_cpu = i / 2 % 3 == BENCH_POLL,
			.ring = 16,
			.batch = 1,
			.consumers = 1,
		};

		c.payload = payloads[i % 4];
		c.touched = c.payload > 0;
		try_case(stage, channel, &c);
		if (c.measure == BENCH_ROUND_TRIP)
			continue;
		c.payload = 8;
		c.touched = true;
		/* Polling ends would have to share CPUs. */
		c.consumers = c.wait == BENCH_SLEEP ? 3 : 1;
		c.batch = c.measure == BENCH_RATE ? 4 : 1;
		try_case(stage, channel, &c);
		c.consumers = 1;
		c.ring = 1;
		c.batch = 1;
		try_case(stage, channel, &c);
	}
}

/* One process for many streams: few, and more than one call can wait for. */
static void try_many(struct bench_stage *stage,
		     const struct bench_channel *channel)
{
	for (unsigned int i = 0; i < 8; i++) {
		struct bench_case c = {
			.measure = BENCH_SELECT,
			.wait = BENCH_SLEEP,
			.touched = true,
			.threads = i % 2,
			.payload = 8,
			.ring = 4,
			.batch = 1,
			.consumers = 1,
			.streams = i / 4 ? 80 : 3,
		};

		c.active = i / 2 % 2 ? c.streams : 1;
		try_case(stage, channel, &c);
	}
}

static void try_join(struct bench_stage *stage,
		     const struct bench_channel *channel)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct bench_case c = {
			.measure = BENCH_JOIN,
			.wait = BENCH_SLEEP,
			.touched = i % 2,
			.threads = i / 2,
			.payload = 32,
			.ring = 16,
			.batch = 1,
			.consumers = 3,
		};

		try_case(stage, channel, &c);
	}
}

static bool is_program(const struct bench_channel *channel)
{
	return channel->can & BENCH_CAN_ALONE;
}

static void test_channels(struct bench_stage *stage)
{
	for (size_t i = 0; i < bench_channels_count; i++) {
		unsigned int before = tried;

		/* What only measures carries nothing: bench_studies.sh. */
		if (is_program(bench_channels[i]))
			continue;
		try_channel(stage, bench_channels[i]);
		try_many(stage, bench_channels[i]);
		try_join(stage, bench_channels[i]);
		printf("%s: %u cases\n", bench_channels[i]->name,
		       tried - before);
		MUST(tried > before);
	}
}

/* ---- broken ones ------------------------------------------------------------ */

enum fault { NONE, CHANGES, DROPS, SWAPS, REPEATS, FAILS, DIES, CANNOT_JOIN };

static enum fault fault;

static int broken_join(void *link, uint32_t number, void **out_side, char *why,
		       size_t why_bytes)
{
	if (fault == CANNOT_JOIN && number) {
		snprintf(why, why_bytes, "there is no room at the table");
		return -EACCES;
	}
	return bench_raw_join(link, number, out_side, why, why_bytes);
}

/* The place that message @at of the producer lies in. */
static char *payload_of(const struct bench_raw_side *side, uint32_t at)
{
	return bench_raw_payload(side, at);
}

static void swap(char *a, char *b, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		char c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

/* Message BROKEN_AT, which is the last one sent. */
static void break_it(const struct bench_raw_side *side)
{
	uint32_t at = side->done - 1;
	size_t bytes = side->link->setup.payload;

	if (fault == CHANGES)
		payload_of(side, at)[bytes / 2] ^= 1;
	else if (fault == DROPS)
		memset(payload_of(side, at), 0, bytes);
	else if (fault == SWAPS)
		swap(payload_of(side, at), payload_of(side, at - 1), bytes);
	else if (fault == REPEATS)
		memcpy(payload_of(side, at), payload_of(side, at - 1), bytes);
}

static int32_t broken_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	int32_t got = bench_line.receive(raw, payloads, n);

	if (got > 0 && side->done == BROKEN_AT) {
		if (fault == FAILS)
			return -EIO;
		if (fault == DIES)
			abort();
		break_it(side);
	}
	return got;
}

static void test_broken(struct bench_stage *stage)
{
	static const struct {
		enum fault fault;
		const char *says;
	} faults[] = {
		{CHANGES, "message 199 has not the content"},
		{DROPS, "message 199 has not the content"},
		{SWAPS, "message 199 has not the content"},
		{REPEATS, "message 199 has not the content"},
		{FAILS, "receive() of side 1: "},
		{DIES, "a side ended"},
		{CANNOT_JOIN, "there is no room at the table"},
	};
	struct bench_channel broken = bench_line;
	struct bench_case c = {
		.measure = BENCH_RATE,
		.touched = true,
		.payload = 24,
		.ring = 16,
		.batch = 1,
		.consumers = 1,
	};

	broken.join = broken_join;
	broken.receive = broken_receive;
	for (unsigned int i = 0; i < 2 * sizeof(faults) / sizeof(faults[0]);
	     i++) {
		struct bench_trial trial = make_trial(&broken, &c);
		struct bench_outcome out;

		/* Polled on as many CPUs as there are, or one. */
		trial.what.threads = i % 2;
		trial.what.same_cpu = true;
		fault = faults[i / 2].fault;
		MUST(bench_trial_run(stage, &trial, &out) < 0);
		if (!strstr(out.why, faults[i / 2].says))
			fprintf(stderr, "fault %u: %s\n", i / 2, out.why);
		MUST(strstr(out.why, faults[i / 2].says));
		fault = NONE;
		MUST_BE(bench_trial_run(stage, &trial, &out), 0);
	}
}

/* A set that says that each message came over the first stream. */
static int wrong_any(void *set, const void **payload, uint32_t *out_which)
{
	int err = bench_eventfd.any(set, payload, out_which);

	*out_which = 0;
	return err;
}

static void test_wrong_stream(struct bench_stage *stage)
{
	struct bench_channel wrong = bench_eventfd;
	struct bench_case c = {
		.measure = BENCH_SELECT,
		.wait = BENCH_SLEEP,
		.touched = true,
		.payload = 8,
		.ring = 4,
		.batch = 1,
		.consumers = 1,
		.streams = 3,
		.active = 3,
	};
	struct bench_trial trial = make_trial(&wrong, &c);
	struct bench_outcome out;

	wrong.any = wrong_any;
	MUST(bench_trial_run(stage, &trial, &out) < 0);
	MUST(strstr(out.why, "message 1 came over stream 0, not 1"));
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-bench-XXXXXX";
	struct bench_stage *stage = bench_stage_create();

	MUST(stage);
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	if (argc > 1 && strcmp(argv[1], "--broken") == 0) {
		test_broken(stage);
		test_wrong_stream(stage);
	} else
		test_channels(stage);
	bench_stage_destroy(stage);
	MUST_BE(rmdir(folder), 0);
	return 0;
}
