/* SPDX-License-Identifier: MIT */
/*
 * bench_options.h - the options of `dsi bench`.
 */
#ifndef DSI_BENCH_OPTIONS_H
#define DSI_BENCH_OPTIONS_H

#include <argp.h>

#include "bench/bench_plan.h"

#define BENCH_LIST 16u

/* Lists of cases that answer one question each. */
enum bench_study {
	BENCH_STUDY_BASIC,     /* how fast is it? */
	BENCH_STUDY_SCALE,     /* what do more streams and consumers cost? */
	BENCH_STUDY_REAL_TIME, /* how late may it be while others work? */
	BENCH_STUDY_COPY,      /* from which size on is a reference faster? */
	BENCH_STUDIES
};

/* Numbers of one option, "64,4KiB"; none were given if @n is 0. */
struct bench_list {
	uint32_t values[BENCH_LIST];
	uint32_t n;
};

/**
 * struct bench_options - what is asked.
 * @measures, @waits: bits of enum bench_measure and enum bench_wait; 0: all
 * @studies:  bits of enum bench_study: built-in lists; 0: the first
 * @stresses: bits of enum bench_stress; 0: none, and own with fifo
 * @priorities: bit 0 normal, bit 1 fifo; 0: normal, but fifo for timed
 * @actives:  bit 0 one, bit 1 all; 0: one
 * @places:   bit 0 two CPUs, bit 1 one; 0: both
 * @touches:  bit 0 touched, bit 1 untouched; 0: touched
 * @chosen:   a case was chosen by an option, so the built-in list is not used
 * @cpus_given: settings.cpus are what the user wants
 * @list:     only say what would be measured
 * @compare, @with: files; @with NULL: what is measured now
 */
struct bench_options {
	struct bench_list payloads;
	struct bench_list rings;
	struct bench_list batches;
	struct bench_list consumers;
	struct bench_list streams;
	const struct bench_channel *channels[BENCH_LIST];
	size_t n_channels;
	bool channels_given;
	uint32_t measures;
	uint32_t waits;
	uint32_t places;
	uint32_t touches;
	uint32_t studies;
	uint32_t stresses;
	uint32_t priorities;
	uint32_t actives;
	bool threads;
	bool chosen;
	bool cpus_given;
	bool quick;
	bool list;
	uint64_t packets;
	struct bench_settings settings;
	const char *json;
	const char *html;
	const char *compare;
	const char *with;
	int progress;
};

/* Its input is a struct bench_options. */
extern const struct argp bench_argp;

#endif /* DSI_BENCH_OPTIONS_H */
