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
	BENCH_TIMED,	  /* as one way, but from when the message was due */
	BENCH_SELECT, /* there over one of many streams, and an answer back */
	BENCH_JOIN,   /* one way, while other consumers join and leave */
	BENCH_MEASURES
};

/* What else runs on the CPUs meanwhile. */
enum bench_stress {
	BENCH_STRESS_NO,  /* nothing of ours */
	BENCH_STRESS_OWN, /* bench_stress.c: computing and taking memory */
	BENCH_STRESS_NG,  /* the program stress-ng, likewise */
	BENCH_STRESSES
};

/**
 * struct bench_case - one thing to measure.
 * @same_cpu: both ends on one CPU
 * @threads:  the ends are threads of one process
 * @touched:  each payload is written before it is sent, and read
 * @fifo:     the ends have a real-time priority, and their memory is locked
 * @stress:   what runs beside them
 * @streams:  BENCH_SELECT: so many; else 0
 * @active:   of these, how many carry messages, in turn
 */
struct bench_case {
	enum bench_measure measure;
	enum bench_wait wait;
	bool same_cpu;
	bool threads;
	bool touched;
	bool fifo;
	enum bench_stress stress;
	uint32_t streams;
	uint32_t active;
	uint32_t payload;
	uint32_t ring;
	uint32_t batch;
	uint32_t consumers;
};

/* As in options and files: "round-trip", "poll". */
extern const char *const bench_measure_names[BENCH_MEASURES];
extern const char *const bench_wait_names[BENCH_WAITS];
extern const char *const bench_stress_names[BENCH_STRESSES];

/* Is there one time for each message, or each answer? */
bool bench_case_has_times(const struct bench_case *what);
/* Does an answer come back to the producer? */
bool bench_case_answers(const struct bench_case *what);

bool bench_case_equal(const struct bench_case *a, const struct bench_case *b);

/* Can this channel do it? */
bool bench_case_fits(const struct bench_case *what,
		     const struct bench_channel *channel);

#endif /* DSI_BENCH_CASE_H */
