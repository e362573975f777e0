/* SPDX-License-Identifier: MIT */
/*
 * bench_cases.h - which cases `dsi bench` measures.
 */
#ifndef DSI_BENCH_CASES_H
#define DSI_BENCH_CASES_H

#include "bench_options.h"

/**
 * struct bench_selection - what was chosen, and what was left out.
 * @few_cpus: cases that need more CPUs than there are
 * @senseless: a batch or several consumers where they mean nothing, a batch
 *             larger than the ring, polling for somebody on the same CPU
 * @large:    with a ring of more than 512 MiB
 * @unfit:    that a channel cannot do
 */
struct bench_selection {
	struct bench_plan *plan;
	uint32_t n_cpus;
	uint32_t few_cpus;
	uint32_t senseless;
	uint32_t large;
	uint32_t unfit;
	bool no_memory;
};

void bench_select(const struct bench_options *o,
		  struct bench_selection *selection);

#endif /* DSI_BENCH_CASES_H */
