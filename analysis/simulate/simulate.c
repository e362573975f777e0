// SPDX-License-Identifier: MIT
/*
 * simulate.c - which schedules try a reader, and for how long.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/types.h>

#include "simulate/replay.h"

#define RANDOM_PACKETS 10000u
#define MOST_PACKETS (UINT64_C(1) << 28)
#define MORE_PACKETS 16u /* beyond what reaches the bound */

/* All schedules for one pace; the last has no name. */
struct schedules {
	struct schedule_kind kind[SIMULATE_MOST_SCHEDULES + 1];
};

static const struct schedule_kind early_late = {
	.name = "overflow",
	.what = "the producer is early, the consumer late",
	.lateness = LATENESS_NONE,
	.slowness = SLOWNESS_FULL,
	.fast_writer = true,
};
static const struct schedule_kind late_early = {
	.name = "underrun",
	.what = "the producer is late, the consumer early",
	.lateness = LATENESS_FULL,
	.slowness = SLOWNESS_NONE,
};
static const struct schedule_kind burst = {
	.name = "burst",
	.what = "late packets come as densely as they may",
	.lateness = LATENESS_BURST,
	.slowness = SLOWNESS_FULL,
	.fast_writer = true,
};
static const struct schedule_kind rise = {
	.name = "underrun",
	.what = "the packet of the anchor is early, the others late",
	.lateness = LATENESS_RISE,
	.slowness = SLOWNESS_NONE,
};
static const struct schedule_kind wait_long = {
	.name = "latency",
	.what = "the first packet is early, that of the anchor late",
	.lateness = LATENESS_RISE,
	.slowness = SLOWNESS_FULL,
};
static const struct schedule_kind at_random = {
	.name = "random",
	.what = "both act at random within the description",
	.lateness = LATENESS_RANDOM,
	.slowness = SLOWNESS_RANDOM,
};

static bool refuse(char *why, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, SIMULATE_WHY_BYTES, text, args);
	va_end(args);
	return false;
}

static void choose(const struct dsi_sizing_reader *reader,
		   const struct dsi_sizing_need *need, bool random,
		   struct schedules *out)
{
	struct schedule_kind *kind = out->kind;

	memset(out, 0, sizeof(*out));
	if (random) {
		*kind = at_random;
		return;
	}
	switch (reader->pace) {
	case DSI_PACE_GRID:
		*kind++ = early_late;
		*kind = late_early;
		break;
	case DSI_PACE_ANCHORED:
		*kind = burst;
		kind++->turn = need->prefill - 1;
		*kind = rise;
		kind++->turn = need->prefill - 1;
		if (need->prefill < 2)
			break;
		*kind = wait_long;
		kind->turn = need->prefill - 2;
		break;
	case DSI_PACE_STALL:
		*kind++ = early_late;
		*kind++ = burst;
		*kind = late_early;
		break;
	default:
		*kind = burst;
		kind->turn = reader->coalesce ? reader->coalesce - 1 : 0;
		break;
	}
}

static enum replay_ties ties_of(const struct dsi_sizing_writer *writer,
				const struct dsi_sizing_reader *reader,
				const struct schedule_kind *kind)
{
	if (writer->ties == DSI_TIES_CLOSED)
		return TIES_CLOSED;
	if (!(reader->flags & DSI_READER_START_GIVEN) ||
	    kind->slowness == SLOWNESS_FULL)
		return TIES_JUST_AFTER;
	return TIES_STRICT;
}

/* After so many packets the two grids meet as at the beginning. */
static dsi_wide pattern_packets(const struct dsi_sizing_writer *writer,
				const struct dsi_sizing_reader *reader)
{
	dsi_wide a = writer->units ? writer->units : 1;
	dsi_wide b = reader->units ? (dsi_wide)reader->units : a;
	dsi_wide all = a * (writer->batch ? writer->batch : 1);
	dsi_wide portion = b * (reader->batch ? reader->batch : 1);

	return all / wide_gcd(all, portion) * portion / a;
}

static dsi_wide start_of(const struct dsi_sizing_need *need, dsi_wide scale)
{
	dsi_wide part = need->start.num;

	if (need->start.den)
		part = part * (scale / (dsi_wide)need->start.den);
	return (dsi_wide)need->start.whole * scale + part;
}

static void read_result(struct replay *sim)
{
	struct simulate_result *result = sim->result;

	result->wait = exact_mul(exact_make(sim->wait, 1), sim->part);
	if (!result->got)
		sim->get_min = sim->get_max = 0;
	result->get_min = exact_mul(exact_make(sim->get_min, 1), sim->part);
	result->get_max = exact_mul(exact_make(sim->get_max, 1), sim->part);
	result->release_max =
		exact_mul(exact_make(sim->release_max, 1), sim->part);
}

static int play(struct replay *sim, char *why)
{
	int err = 0;

	sim->get_min = DSI_WIDE_MAX;
	sim->get_max = -DSI_WIDE_MAX;
	sim->r.released = -DSI_WIDE_MAX;
	sim->r.base = sim->start;
	replay_run(sim);
	if (sim->no_memory || sim->ring.no_memory) {
		refuse(why, "no memory for the replay");
		err = -DSI_ENOMEM;
	} else if (sim->plan.over) {
		refuse(why, "the exact range is exceeded; replay fewer "
			    "packets, or write times with fewer digits");
		err = -DSI_EOVERFLOW;
	}
	read_result(sim);
	return err;
}

/* What all schedules of one reader have in common. */
struct trial {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	const struct dsi_sizing_need *need;
	const struct simulate_options *options;
	struct exact tick;
	uint64_t slots;
	uint64_t packets;
};

/* As many as it takes to reach the bound, if nobody says how many.  An endless
 * stream is not cut off within a batch or a portion. */
static bool count_packets(struct trial *t, char *why)
{
	const struct dsi_sizing_reader *reader = t->reader;
	dsi_wide pattern = pattern_packets(t->writer, reader);
	dsi_wide n = (dsi_wide)t->writer->packets;

	if (n == 0)
		n = (dsi_wide)t->options->packets;
	if (n == 0 && t->options->random)
		n = RANDOM_PACKETS;
	if (n == 0) {
		n = wide_max(t->need->last,
			     2 * wide_min(pattern, RANDOM_PACKETS));
		n += (dsi_wide)t->need->slots + MORE_PACKETS;
		n += (dsi_wide)reader->early + reader->late;
	}
	if (t->writer->packets == 0)
		n = wide_ceil(n, pattern) * pattern;
	if (n > (dsi_wide)MOST_PACKETS)
		return refuse(why,
			      "packets: at most %" PRIu64 " are replayed, and "
			      "here it takes more; give packets or for",
			      MOST_PACKETS);
	t->packets = (uint64_t)n;
	return true;
}

static int try_schedule(const struct trial *t, const struct schedule_kind *kind,
			bool watched, struct simulate_result *out, char *why)
{
	struct replay sim = {.reader = t->reader, .result = out};
	int err;

	*out = (struct simulate_result){.schedule = kind->name,
					.what = kind->what,
					.slots = t->slots,
					.packets = t->packets};
	schedule_init(&sim.plan, kind, t->writer, t->reader, t->packets,
		      t->options->seed);
	sim.ties = ties_of(t->writer, t->reader, kind);
	sim.start = start_of(t->need, sim.plan.scale);
	sim.prefill = t->need->prefill;
	sim.part = exact_div(t->tick, exact_make(sim.plan.scale, 1));
	sim.watch = watched ? t->options->watch : NULL;
	sim.progress = t->options->progress;
	sim.user = t->options->user;
	if (ring_model_init(&sim.ring, t->slots)) {
		err = play(&sim, why);
	} else {
		refuse(why, "no memory for %" PRIu64 " slots", t->slots);
		err = -DSI_ENOMEM;
	}
	replay_free(&sim);
	return err;
}

int simulate_reader(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    const struct dsi_sizing_need *need, struct exact tick,
		    const struct simulate_options *options,
		    struct simulate_result out[SIMULATE_MOST_SCHEDULES],
		    uint32_t *n_out, char why[SIMULATE_WHY_BYTES])
{
	struct trial trial = {writer, reader, need, options, tick, 0, 0};
	struct schedules schedules;
	int err = 0;
	uint32_t i;

	trial.slots = options->slots ? options->slots : need->slots;
	if (trial.slots > SIMULATE_MOST_SLOTS) {
		refuse(why,
		       "slots: %" PRIu64 " is more than the %" PRIu64
		       " that can be replayed",
		       trial.slots, SIMULATE_MOST_SLOTS);
		return -DSI_EINVAL;
	}
	if (!count_packets(&trial, why))
		return -DSI_EINVAL;
	choose(reader, need, options->random, &schedules);
	for (i = 0; schedules.kind[i].name && !err; i++)
		err = try_schedule(&trial, &schedules.kind[i],
				   options->watched == i, &out[i], why);
	*n_out = i;
	return err;
}
