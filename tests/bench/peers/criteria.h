/* SPDX-License-Identifier: MIT */
/*
 * criteria.h - is libdsi as fast as it is said to be?
 *
 * A claim is about one row of libdsi and others, the peers or a limit of the
 * machine: it takes at most so many times as long as the quickest of them.  All
 * rows are measured in turn, run after run, and a claim is judged within each
 * run: what changes on the machine meanwhile changes both.
 */
#ifndef DSI_BENCH_CRITERIA_H
#define DSI_BENCH_CRITERIA_H

#include "bench/bench_machine.h"
#include "bench/bench_statistics.h"
#include "bench/bench_trial.h"

#define CRITERIA_ROWS 512u
#define CRITERIA_CLAIMS 64u
#define CRITERIA_OTHERS 32u
#define CRITERIA_RUNS 100u
#define CRITERIA_LAST 3u /* number of the last criterion */

/**
 * struct criteria_row - one case on one channel.
 * @ns:     of each run: the mean of the middle half of all times there and back,
 *          or the time of a packet; NAN where it failed
 * @late:   runs in which an end waited for its CPU
 * @why:    of the first failure; "" = none
 */
struct criteria_row {
	struct bench_case what;
	const struct bench_channel *channel;
	double ns[CRITERIA_RUNS];
	uint32_t late;
	char why[BENCH_WHY_BYTES];
};

/**
 * struct criteria_claim - what is said.
 * @criterion: 1 polled, 2 asleep, 3 as many as possible
 * @text:   what is compared
 * @most:   times the quickest of the others
 * @ours, @others: rows
 */
struct criteria_claim {
	unsigned int criterion;
	char text[64];
	double most;
	size_t ours;
	size_t others[CRITERIA_OTHERS];
	size_t n_others;
};

/**
 * struct criteria - all of it.
 * @only:   bit n: criterion n
 * @end_ns: no run begins that would not be done by then; 0 = whenever
 * @runs:   that are wanted; @done of them were made
 * @foreign: part of the CPUs' time that others had; below 0: not known
 */
struct criteria {
	struct bench_machine machine;
	struct criteria_row rows[CRITERIA_ROWS];
	size_t n_rows;
	struct criteria_claim claims[CRITERIA_CLAIMS];
	size_t n_claims;
	int cpus[BENCH_SIDES];
	uint32_t n_cpus;
	uint32_t only;
	bool quick;
	bool pin;
	bool progress;
	uint64_t end_ns;
	uint32_t runs;
	uint32_t done;
	double foreign;
	bool full; /* a table was too small */
};

/**
 * struct criteria_verdict - a claim after all runs.
 * @best:  row of the others with the least median
 * @ours, @theirs: medians, ns
 * @ratio: of ours to the quickest of the others, within each run
 * @met, @of: in so many of so many runs
 * @good:  the median of the ratio is within the bound
 */
struct criteria_verdict {
	size_t best;
	struct bench_spread ours;
	struct bench_spread theirs;
	struct bench_spread ratio;
	uint32_t met;
	uint32_t of;
	bool good;
};

/* What is claimed of the channels of this program. */
void criteria_claim_all(struct criteria *c);
/* 0, or a negative code. */
int criteria_run(struct criteria *c);

/* False: there is no run in which both were measured. */
bool criteria_judge(const struct criteria *c,
		    const struct criteria_claim *claim,
		    struct criteria_verdict *out);
bool criteria_median(const struct criteria *c, size_t row,
		     struct bench_spread *out);

/* @others: every row of the others as well */
void criteria_print(const struct criteria *c, bool others);
/* CLI_*, with a message. */
int criteria_write(const struct criteria *c, const char *path);

#endif /* DSI_BENCH_CRITERIA_H */
