/* SPDX-License-Identifier: MIT */
/*
 * bench_case.h - one thing to measure, whatever the channel.
 */
#ifndef DSI_BENCH_CASE_H
#define DSI_BENCH_CASE_H

#include "bench/bench_channel.h"

enum bench_measure {
	BENCH_ROUND_TRIP, /* a message there and its answer back */
	BENCH_ONE_WAY,	  /* messages at intervals, each alone on its way */
	BENCH_RATE,	  /* as many as possible */
	BENCH_MEASURES
};

/**
 * struct bench_case - one thing to measure.
 * @same_cpu: both ends on one CPU
 * @threads:  the ends are threads of one process
 * @touched:  each payload is written before it is sent, and read
 */
struct bench_case {
	enum bench_measure measure;
	enum bench_wait wait;
	bool same_cpu;
	bool threads;
	bool touched;
	uint32_t payload;
	uint32_t ring;
	uint32_t batch;
	uint32_t consumers;
};

/* As in options and files: "round-trip", "poll". */
const char *bench_measure_name(enum bench_measure measure);
const char *bench_wait_name(enum bench_wait wait);
bool bench_measure_find(const char *name, enum bench_measure *out);
bool bench_wait_find(const char *name, enum bench_wait *out);

bool bench_case_equal(const struct bench_case *a, const struct bench_case *b);

/* Can this channel do it? */
bool bench_case_fits(const struct bench_case *what,
		     const struct bench_channel *channel);

#endif /* DSI_BENCH_CASE_H */
