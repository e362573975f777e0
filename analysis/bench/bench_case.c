/* SPDX-License-Identifier: MIT */
/* bench_case.c - names of cases, and which channel can do them. */
#include <string.h>

#include "bench/bench_case.h"

const char *const bench_measure_names[BENCH_MEASURES] = {
	[BENCH_ROUND_TRIP] = "round-trip",
	[BENCH_ONE_WAY] = "one-way",
	[BENCH_RATE] = "rate",
	[BENCH_TIMED] = "timed",
	[BENCH_SELECT] = "select",
	[BENCH_JOIN] = "join",
};

const char *const bench_wait_names[BENCH_WAITS] = {
	[BENCH_POLL] = "poll",
	[BENCH_SLEEP] = "sleep",
	[BENCH_SPIN] = "spin",
};

const char *const bench_stress_names[BENCH_STRESSES] = {
	[BENCH_STRESS_NO] = "no",
	[BENCH_STRESS_OWN] = "own",
	[BENCH_STRESS_NG] = "stress-ng",
};

bool bench_case_has_times(const struct bench_case *what)
{
	return what->measure != BENCH_RATE;
}

bool bench_case_answers(const struct bench_case *what)
{
	return what->measure == BENCH_ROUND_TRIP ||
	       what->measure == BENCH_SELECT;
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
