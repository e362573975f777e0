/* SPDX-License-Identifier: MIT */
/*
 * bench_plan.h - all that is measured in one go: rows, each with its limit.
 *
 * Every run goes through all rows, and a limit stands right before the first
 * row that is compared with it: what changes on the machine meanwhile changes
 * both.  A ratio is taken within a run, and then the median of the ratios.
 */
#ifndef DSI_BENCH_PLAN_H
#define DSI_BENCH_PLAN_H

#include <dsi/histogram.h>

#include "bench/bench_machine.h"
#include "bench/bench_statistics.h"
#include "bench/bench_trial.h"

#define BENCH_RUNS 100u
#define BENCH_NO_ROW SIZE_MAX

/* What one run of a row gives.  Times in ns; of the rate, ns of each packet. */
enum bench_value {
	BENCH_P50,
	BENCH_P90,
	BENCH_P99,
	BENCH_P99_9,
	BENCH_P99_99,
	BENCH_MAX,
	BENCH_MIDDLE,	    /* mean of the middle half of all times */
	BENCH_NS,	    /* wall time / packets; BENCH_RATE only */
	BENCH_CPU_NS,	    /* CPU time of all sides / packets */
	BENCH_CALLS,	    /* calls of the kernel / packets */
	BENCH_INSTRUCTIONS, /* outside of the kernel / packets */
	BENCH_VALUES
};

/**
 * struct bench_row - one case on one channel.
 * @limit: row of what the machine can do at best, with the same payload
 * @bare:  row of the same limit without any payload; may be @limit.  Of
 *         BENCH_TIMED: that of cyclictest
 * @joins: BENCH_JOIN: how often others joined and left
 * @runs:  that were made; @values have so many, NAN where there is none
 * @failed: of these
 * @disturbed: runs in which others had our CPUs for more than 2 % of the time
 * @times: all times of all runs
 * @why:   of the first failure
 */
struct bench_row {
	struct bench_case what;
	const struct bench_channel *channel;
	size_t limit;
	size_t bare;
	uint32_t runs;
	uint32_t failed;
	uint32_t disturbed;
	uint64_t packets;
	uint64_t samples;
	uint64_t switches;
	uint64_t joins;
	double values[BENCH_VALUES][BENCH_RUNS];
	struct dsi_histogram times;
	char why[BENCH_WHY_BYTES];
};

/**
 * struct bench_settings - how it is measured.
 * @cpus: @n_cpus of them; the first is the producer's
 */
struct bench_settings {
	uint32_t runs;
	uint64_t time_ns;
	uint64_t packets;
	uint64_t interval_ns;
	uint32_t spin_ns;
	int cpus[BENCH_SIDES];
	uint32_t n_cpus;
	bool pin;
	size_t memory_bytes;
};

struct bench_plan {
	struct bench_row *rows;
	size_t n;
	size_t room;
	struct bench_memory memory[BENCH_RUNS];
	uint32_t memory_runs;
};

/* A row and its limits, if they are not there yet.  False: no memory. */
bool bench_plan_add(struct bench_plan *plan, const struct bench_case *what,
		    const struct bench_channel *channel);
void bench_plan_fini(struct bench_plan *plan);

/* Called before each trial, with how many there were of how many. */
typedef void bench_progress(void *data, const struct bench_row *row,
			    size_t done, size_t all);

/* 0, or a negative code: no memory, or memory cannot be measured.  A row that
 * fails says so itself. */
int bench_plan_run(struct bench_plan *plan,
		   const struct bench_settings *settings, uint64_t clock_ns,
		   bench_progress *progress, void *data);

/* Of all runs that have the value; false if none has, or for a percentile if
 * one that did not fail was too short for it. */
bool bench_row_value(const struct bench_row *row, enum bench_value value,
		     struct bench_spread *out);

/* How many times the limit, or the bare one, it takes: the median time there
 * and back or one way, or the time of a packet. */
bool bench_row_ratio(const struct bench_plan *plan, const struct bench_row *row,
		     size_t to, struct bench_spread *out);

/* BENCH_MIDDLE or BENCH_NS: what rows of this measure are compared by.  Clocks
 * may tick in steps of 10 ns and more, which are the steps of a median; a mean
 * of many times has none, and that of the middle half no outliers either. */
enum bench_value bench_key_value(enum bench_measure measure);

#endif /* DSI_BENCH_PLAN_H */
