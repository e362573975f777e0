/* SPDX-License-Identifier: MIT */
/*
 * bench_blocks.h - the built-in lists of cases of `dsi bench`.
 */
#ifndef DSI_BENCH_BLOCKS_H
#define DSI_BENCH_BLOCKS_H

#include "bench_options.h"

/* Bits of struct bench_block. */
enum { TWO = 1u, SAME = 2u };
enum { TOUCHED = 1u, UNTOUCHED = 2u };
enum {
	POLL = 1u << BENCH_POLL,
	SLEEP = 1u << BENCH_SLEEP,
	SPIN = 1u << BENCH_SPIN
};
enum {
	ROUND_TRIP = 1u << BENCH_ROUND_TRIP,
	ONE_WAY = 1u << BENCH_ONE_WAY,
	RATE = 1u << BENCH_RATE,
	TIMED = 1u << BENCH_TIMED,
	SELECT = 1u << BENCH_SELECT,
	JOIN = 1u << BENCH_JOIN
};
enum { ONE = 1u, ALL = 2u };
enum { NORMAL = 1u, FIFO = 2u };
enum {
	CALM = 1u << BENCH_STRESS_NO,
	OWN = 1u << BENCH_STRESS_OWN,
};

/**
 * struct bench_block - all combinations of these.
 * @quick:    is measured with --quick, too
 * @channels: ends with NULL; NULL: the usual ones
 */
struct bench_block {
	uint32_t measures;
	uint32_t waits;
	uint32_t places;
	uint32_t touches;
	struct bench_list payloads;
	struct bench_list rings;
	struct bench_list batches;
	struct bench_list consumers;
	bool quick;
	enum bench_study study;
	struct bench_list streams;
	uint32_t actives;
	uint32_t priorities;
	uint32_t stresses;
	const struct bench_channel *const *channels;
};

extern const struct bench_block bench_blocks[];
extern const size_t bench_blocks_count;

/* What options do not say, if one of them chooses cases. */
extern const struct bench_block bench_block_defaults;

#endif /* DSI_BENCH_BLOCKS_H */
