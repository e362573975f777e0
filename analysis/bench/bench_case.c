/* SPDX-License-Identifier: MIT */
/* bench_case.c - names of cases, and which channel can do them. */
#include <string.h>

#include "bench/bench_case.h"

static const char *const measures[BENCH_MEASURES] = {
	[BENCH_ROUND_TRIP] = "round-trip",
	[BENCH_ONE_WAY] = "one-way",
	[BENCH_RATE] = "rate",
	[BENCH_TIMED] = "timed",
	[BENCH_SELECT] = "select",
	[BENCH_JOIN] = "join",
};

static const char *const waits[BENCH_WAITS] = {
	[BENCH_POLL] = "poll",
	[BENCH_SLEEP] = "sleep",
	[BENCH_SPIN] = "spin",
};

static const char *const stresses[BENCH_STRESSES] = {
	[BENCH_STRESS_NO] = "no",
	[BENCH_STRESS_OWN] = "own",
	[BENCH_STRESS_NG] = "stress-ng",
};

static bool find(const char *const *names, unsigned int n, const char *name,
		 unsigned int *out)
{
	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

const char *bench_measure_name(enum bench_measure measure)
{
	return measures[measure];
}

const char *bench_wait_name(enum bench_wait wait)
{
	return waits[wait];
}

const char *bench_stress_name(enum bench_stress stress)
{
	return stresses[stress];
}

bool bench_case_has_times(const struct bench_case *what)
{
	return what->measure != BENCH_RATE;
}

bool bench_case_answers(const struct bench_case *what)
{
	return what->measure == BENCH_ROUND_TRIP ||
	       what->measure == BENCH_SELECT;
}

bool bench_measure_find(const char *name, enum bench_measure *out)
{
	unsigned int i;

	if (!find(measures, BENCH_MEASURES, name, &i))
		return false;
	*out = (enum bench_measure)i;
	return true;
}

bool bench_wait_find(const char *name, enum bench_wait *out)
{
	unsigned int i;

	if (!find(waits, BENCH_WAITS, name, &i))
		return false;
	*out = (enum bench_wait)i;
	return true;
}

const struct bench_channel *bench_channel_find(const char *name)
{
	for (size_t i = 0; i < bench_channels_count; i++)
		if (strcmp(bench_channels[i]->name, name) == 0)
			return bench_channels[i];
	return NULL;
}

bool bench_case_equal(const struct bench_case *a, const struct bench_case *b)
{
	return a->measure == b->measure && a->wait == b->wait &&
	       a->same_cpu == b->same_cpu && a->threads == b->threads &&
	       a->touched == b->touched && a->payload == b->payload &&
	       a->ring == b->ring && a->batch == b->batch &&
	       a->consumers == b->consumers && a->fifo == b->fifo &&
	       a->stress == b->stress && a->streams == b->streams &&
	       a->active == b->active;
}

bool bench_case_fits(const struct bench_case *what,
		     const struct bench_channel *channel)
{
	uint32_t needs =
		what->threads ? BENCH_CAN_THREADS : BENCH_CAN_PROCESSES;

	needs |= BENCH_CAN_WAIT(what->wait);
	if (what->batch > 1)
		needs |= BENCH_CAN_BATCH;
	if (what->measure == BENCH_SELECT)
		needs |= BENCH_CAN_SELECT;
	if (what->measure == BENCH_JOIN)
		needs |= BENCH_CAN_JOIN;
	if ((channel->can & BENCH_CAN_ALONE) && what->measure != BENCH_TIMED)
		return false;
	if ((channel->can & BENCH_CAN_SELECT_ONLY) &&
	    what->measure != BENCH_SELECT)
		return false;
	if ((channel->can & needs) != needs)
		return false;
	if ((channel->can & BENCH_CAN_ANSWER_ONLY) &&
	    what->measure != BENCH_ROUND_TRIP)
		return false;
	return what->payload <= channel->payload_max &&
	       what->ring <= channel->ring_max &&
	       what->consumers <= channel->consumers_max;
}
