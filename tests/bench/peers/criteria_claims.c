/* SPDX-License-Identifier: MIT */
/*
 * criteria_claims.c - what is claimed, and of which rows.
 *
 * A peer is used as it can: with its largest ring if that is smaller, one by one
 * if it has no batches, and, where it is about throughput, both polled and asleep:
 * the quicker one counts.
 */
#include <stdio.h>
#include <string.h>

#include "criteria.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define RING 1024u
#define AREA (16u * MIB) /* most that a ring has of large payloads */
#define RING_LEAST 64u	 /* but two batches */

static const uint32_t payloads[] = {8,	      64,	 512, 4 * KIB,
				    32 * KIB, 256 * KIB, MIB, 4 * MIB};
static const uint32_t few_payloads[] = {8, 4 * KIB, MIB};

/* ---- rows ------------------------------------------------------------------- */

static size_t row_of(struct criteria *c, const struct bench_case *what,
		     const struct bench_channel *channel)
{
	struct criteria_row *row;

	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].channel == channel &&
		    bench_case_equal(&c->rows[i].what, what))
			return i;
	if (c->n_rows == CRITERIA_ROWS) {
		c->full = true;
		return 0;
	}
	row = &c->rows[c->n_rows];
	row->what = *what;
	row->channel = channel;
	return c->n_rows++;
}

/* As near to @what as the channel can; false if it cannot at all. */
static bool adapt(struct bench_case *what, const struct bench_channel *channel)
{
	if (what->ring > channel->ring_max)
		what->ring = channel->ring_max;
	if (!(channel->can & BENCH_CAN_BATCH))
		what->batch = 1;
	return bench_case_fits(what, channel);
}

static bool is_peer(const struct bench_channel *channel)
{
	return !channel->limit && strncmp(channel->name, "dsi", 3) != 0;
}

/* Concurrency Kit's event count polls a hundred times before it sleeps. */
static bool polls_first(const struct bench_channel *channel)
{
	return strcmp(channel->name, "ck-ring-ec") == 0;
}

/* ---- claims ------------------------------------------------------------------ */

static struct criteria_claim *claim_new(struct criteria *c,
					unsigned int criterion, double most,
					const char *text,
					const struct bench_case *ours)
{
	static struct criteria_claim nowhere;
	struct criteria_claim *claim = &nowhere;

	if (c->n_claims < CRITERIA_CLAIMS)
		claim = &c->claims[c->n_claims++];
	else
		c->full = true;
	*claim = (struct criteria_claim){
		.criterion = criterion,
		.most = most,
		.ours = row_of(c, ours, &bench_dsi),
	};
	snprintf(claim->text, sizeof(claim->text), "%s", text);
	return claim;
}

static void against(struct criteria *c, struct criteria_claim *claim,
		    struct bench_case what, const struct bench_channel *channel)
{
	if (!adapt(&what, channel))
		return;
	if (claim->n_others == CRITERIA_OTHERS)
		c->full = true;
	else
		claim->others[claim->n_others++] = row_of(c, &what, channel);
}

/* Peers that are not there were named when this was built. */
static void against_name(struct criteria *c, struct criteria_claim *claim,
			 const struct bench_case *what, const char *name)
{
	const struct bench_channel *channel = bench_channel_find(name);

	if (channel)
		against(c, claim, *what, channel);
}

static void against_peers(struct criteria *c, struct criteria_claim *claim,
			  const struct bench_case *what)
{
	for (size_t i = 0; i < bench_channels_count; i++)
		if (is_peer(bench_channels[i]))
			against(c, claim, *what, bench_channels[i]);
}

/* ---- 1: polled ----------------------------------------------------------------- */

static struct bench_case round_trip(enum bench_wait wait, bool same_cpu)
{
	return (struct bench_case){
		.measure = BENCH_ROUND_TRIP,
		.wait = wait,
		.same_cpu = same_cpu,
		.touched = true,
		.payload = 64,
		.ring = 64,
		.batch = 1,
		.consumers = 1,
	};
}

/* The same without anything to carry. */
static struct bench_case bare(struct bench_case what)
{
	what.payload = 0;
	what.touched = false;
	return what;
}

static void claim_polled(struct criteria *c)
{
	struct bench_case what = round_trip(BENCH_POLL, false);
	struct criteria_claim *claim;

	claim = claim_new(c, 1, 1, "round trip 64B, poll: peers", &what);
	against_peers(c, claim, &what);
	claim = claim_new(c, 1, 1.35, "round trip 64B, poll: bare line", &what);
	against(c, claim, bare(what), &bench_line);
	claim = claim_new(c, 1, 1.35, "round trip 64B, poll: line with 64B",
			  &what);
	against(c, claim, what, &bench_line);
}

/* ---- 2: asleep ------------------------------------------------------------------ */

/* Where the other end may answer meanwhile, who polls first is compared with who
 * does so too. */
static void against_blocking(struct criteria *c, struct criteria_claim *claim,
			     const struct bench_case *what, bool polling)
{
	struct bench_case asleep = *what;

	asleep.wait = BENCH_SLEEP;
	for (size_t i = 0; i < bench_channels_count; i++)
		if (is_peer(bench_channels[i]) &&
		    (what->same_cpu ||
		     polls_first(bench_channels[i]) == polling))
			against(c, claim, asleep, bench_channels[i]);
}

static void claim_sleep(struct criteria *c, bool same_cpu)
{
	struct bench_case what = round_trip(BENCH_SLEEP, same_cpu);
	const char *cpus = same_cpu ? "one CPU" : "two CPUs";
	struct criteria_claim *claim;
	char text[64];

	snprintf(text, sizeof(text), "round trip 64B, sleep, %s: bare futex",
		 cpus);
	claim = claim_new(c, 2, 1.1, text, &what);
	against(c, claim, bare(what), &bench_futex);
	snprintf(text, sizeof(text), "round trip 64B, sleep, %s: peers", cpus);
	claim = claim_new(c, 2, 1, text, &what);
	against_blocking(c, claim, &what, false);
}

/* Who spun for somebody on its own CPU would take some 50 us more. */
static void claim_asleep(struct criteria *c)
{
	struct bench_case spin = round_trip(BENCH_SPIN, false);
	struct bench_case poll = round_trip(BENCH_POLL, false);
	struct bench_case here = round_trip(BENCH_SPIN, true);
	struct bench_case sleeps = round_trip(BENCH_SLEEP, true);
	struct criteria_claim *claim;

	claim_sleep(c, true);
	claim_sleep(c, false);
	claim = claim_new(c, 2, 1.2, "round trip 64B, spin: polled", &spin);
	against(c, claim, poll, &bench_dsi);
	claim = claim_new(c, 2, 1, "round trip 64B, spin: peers that spin",
			  &spin);
	against_blocking(c, claim, &spin, true);
	claim = claim_new(c, 2, 1.2, "round trip 64B, spin, one CPU: asleep",
			  &here);
	against(c, claim, sleeps, &bench_dsi);
}

/* ---- 3: as many as possible -------------------------------------------------------- */

static struct bench_case rate(uint32_t payload, uint32_t batch)
{
	uint32_t ring = RING;

	while (ring > RING_LEAST && (uint64_t)ring * payload > AREA)
		ring /= 2;
	return (struct bench_case){
		.measure = BENCH_RATE,
		.wait = BENCH_POLL,
		.touched = payload > 0,
		.payload = payload,
		.ring = ring,
		.batch = batch,
		.consumers = 1,
	};
}

static void claim_rate(struct criteria *c, uint32_t payload, uint32_t batch)
{
	struct bench_case what = rate(payload, batch);
	struct criteria_claim *claim;
	char size[16];
	char text[64];

	if (payload < KIB)
		snprintf(size, sizeof(size), "%uB", payload);
	else if (payload < MIB)
		snprintf(size, sizeof(size), "%uKiB", payload / KIB);
	else
		snprintf(size, sizeof(size), "%uMiB", payload / MIB);
	snprintf(text, sizeof(text), "rate %s, batch %u: peers", size, batch);
	claim = claim_new(c, 3, 1, text, &what);
	against_peers(c, claim, &what);
	what.wait = BENCH_SLEEP;
	against_peers(c, claim, &what);
}

/* Rings inside of a process, as their authors measure them. */
static void claim_descriptors(struct criteria *c)
{
	static const char *const rings[] = {"ck-ring", "rte-ring", "boost-spsc",
					    "readerwriterqueue"};
	struct bench_case what = rate(0, 1);
	struct bench_case inside = what;
	struct criteria_claim *claim;

	inside.threads = true;
	claim = claim_new(c, 3, 1 / 0.8, "rate 0B, batch 1: rings of a process",
			  &what);
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		against_name(c, claim, &inside, rings[i]);
	what.batch = inside.batch = 32;
	claim = claim_new(c, 3, 1 / 0.7,
			  "rate 0B, batch 32: burst in a process", &what);
	against_name(c, claim, &inside, "rte-ring");
}

static void claim_rate_asleep(struct criteria *c)
{
	struct bench_case what = rate(0, 1);
	struct criteria_claim *claim;

	what.wait = BENCH_SLEEP;
	claim = claim_new(c, 3, 1.0 / 3, "rate 0B, sleep: event count", &what);
	against_name(c, claim, &what, "ck-ring-ec");
	what.wait = BENCH_SPIN;
	claim = claim_new(c, 3, 1.0 / 3, "rate 0B, spin: event count", &what);
	what.wait = BENCH_SLEEP;
	against_name(c, claim, &what, "ck-ring-ec");
	claim = claim_new(c, 3, 1.0 / 20, "rate 0B, sleep: WaitSet", &what);
	against_name(c, claim, &what, "iceoryx");
}

static void claim_rates(struct criteria *c)
{
	const uint32_t *sizes = c->quick ? few_payloads : payloads;
	size_t n = c->quick ? sizeof(few_payloads) / sizeof(few_payloads[0])
			    : sizeof(payloads) / sizeof(payloads[0]);

	for (size_t i = 0; i < n; i++) {
		claim_rate(c, sizes[i], 1);
		claim_rate(c, sizes[i], 32);
	}
	claim_descriptors(c);
	claim_rate_asleep(c);
}

void criteria_claim_all(struct criteria *c)
{
	static void (*const parts[])(struct criteria *) = {
		claim_polled, claim_asleep, claim_rates};

	for (unsigned int i = 0; i < CRITERIA_LAST; i++)
		if (c->only >> (i + 1) & 1)
			parts[i](c);
}
