/* SPDX-License-Identifier: MIT */
/*
 * bench_side.h - what one side of a trial does, and the memory it shares with
 * the others and with who started it.
 */
#ifndef DSI_BENCH_SIDE_H
#define DSI_BENCH_SIDE_H

#include <stdalign.h>

#include "bench/bench_meter.h"
#include "bench/bench_trial.h"

/**
 * struct bench_account - what a side tells when it is done.
 * @failed: @why says what
 */
struct bench_account {
	struct bench_reading first;
	struct bench_reading last;
	uint64_t packets; /* between the two */
	uint64_t n_samples;
	uint64_t joins; /* BENCH_JOIN: how often it joined */
	bool done;
	bool failed;
	char why[BENCH_WHY_BYTES];
};

/**
 * struct bench_stage - shared by all.
 * @joined, @done: sides that are so far
 * @flowing, @ending, @gone: BENCH_JOIN: others may join; shall stop to; how many
 *          have
 * @last:   number of the last message plus 1, as soon as it is known
 */
struct bench_stage {
	_Atomic uint32_t joined;
	_Atomic uint32_t done;
	_Atomic bool flowing;
	_Atomic bool ending;
	_Atomic uint32_t gone;
	alignas(128) _Atomic uint64_t last;
	alignas(128) struct bench_account accounts[BENCH_SIDES];
	uint64_t samples[BENCH_SIDES][BENCH_SAMPLES];
};

struct bench_side {
	const struct bench_trial *trial;
	struct bench_stage *stage;
	uint32_t number;
	uint32_t sides;
	void **links;
};

/* How many sides a case has. */
uint32_t bench_sides(const struct bench_case *what);

/* All of it.  Returns only if it worked; else the process ends. */
void bench_side_run(const struct bench_side *side);

#endif /* DSI_BENCH_SIDE_H */
