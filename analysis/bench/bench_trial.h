/* SPDX-License-Identifier: MIT */
/*
 * bench_trial.h - one measurement: one case, one channel, once.
 *
 * The sides are processes that are started for it, pinned each to its CPU, or
 * threads of one such process.  Who starts them only waits meanwhile.  A side
 * that fails, dies or hangs ends the trial with a sentence.
 */
#ifndef DSI_BENCH_TRIAL_H
#define DSI_BENCH_TRIAL_H

#include <stdatomic.h>

#include "bench/bench_case.h"

#define BENCH_SAMPLES 100000u /* most times that a side keeps in one trial */
#define BENCH_WHY_BYTES 256u
#define BENCH_PRIORITY 80 /* as cyclictest is mostly run */

struct bench_stage;

/**
 * struct bench_trial - what to do.
 * @cpus:        for each side, its CPU
 * @pin:         keep them there
 * @time_ns:     how long
 * @packets:     at most so many messages after the warm-up; 0 = no limit
 * @warm:        messages before it begins
 * @interval_ns: BENCH_ONE_WAY: from one message to the next
 * @clock_ns:    what one look at the clock takes; is taken off each time
 */
struct bench_trial {
	struct bench_case what;
	const struct bench_channel *channel;
	int cpus[BENCH_SIDES];
	bool pin;
	uint64_t time_ns;
	uint64_t packets;
	uint64_t warm;
	uint64_t interval_ns;
	uint32_t spin_ns;
	uint64_t clock_ns;
};

/**
 * struct bench_outcome - what came out.
 * @packets:  messages carried; of a round trip there are two in each
 * @joins:    BENCH_JOIN: how often others joined and left meanwhile
 * @rounds:   BENCH_ROUND_TRIP and _SELECT: times there and back; else as @packets
 * @wall_ns:  from the first to the last of them
 * @cpu_ns, @calls, @instructions: of all sides together; of the instructions
 *            those outside of the kernel
 * @counted:  the machine has a counter of instructions that may be read
 * @switches: times that a side had to give its CPU to somebody
 * @delay_ns: how long sides were ready to run and did not, all together
 * @samples:  times in ns, sorted; belongs to the stage
 */
struct bench_outcome {
	uint64_t packets;
	uint64_t rounds;
	uint64_t joins;
	uint64_t wall_ns;
	uint64_t cpu_ns;
	uint64_t calls;
	uint64_t instructions;
	bool counted;
	uint64_t switches;
	uint64_t delay_ns;
	uint64_t *samples;
	size_t n_samples;
	char why[BENCH_WHY_BYTES];
};

/* Memory that all sides of a trial see; used for one after the other.  NULL if
 * there is none. */
struct bench_stage *bench_stage_create(void);
void bench_stage_destroy(struct bench_stage *stage);

/* 0, or a negative code with out->why. */
int bench_trial_run(struct bench_stage *stage, const struct bench_trial *trial,
		    struct bench_outcome *out);

uint64_t bench_now(void);

#endif /* DSI_BENCH_TRIAL_H */
