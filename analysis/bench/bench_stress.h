/* SPDX-License-Identifier: MIT */
/*
 * bench_stress.h - load on the CPUs that are measured on.
 */
#ifndef DSI_BENCH_STRESS_H
#define DSI_BENCH_STRESS_H

#include "bench/bench_trial.h"

struct bench_stress_run;

/* What the case of @trial says, on its CPUs; *out is NULL if that is nothing.
 * Returns when it runs: 0, or a negative code with its message in @why. */
int bench_stress_start(const struct bench_trial *trial,
		       struct bench_stress_run **out, char *why,
		       size_t why_bytes);
/* Ends all of it; NULL is fine. */
void bench_stress_stop(struct bench_stress_run *run);

#endif /* DSI_BENCH_STRESS_H */
