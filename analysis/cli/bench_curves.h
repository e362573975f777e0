/* SPDX-License-Identifier: MIT */
/*
 * bench_curves.h - rows of a report that differ in one number only, as a curve for
 * each channel.
 */
#ifndef DSI_BENCH_CURVES_H
#define DSI_BENCH_CURVES_H

#include "bench/bench_plan.h"

#define BENCH_CURVE_CHANNELS 16u
#define BENCH_CURVE_POINTS 24u
#define BENCH_CURVE_LEAST 3u /* points that make a curve */

/* In which number. */
enum bench_axis {
	BENCH_AXIS_PAYLOAD,
	BENCH_AXIS_CONSUMERS,
	BENCH_AXIS_STREAMS,
	BENCH_AXES
};

/**
 * struct bench_curves - curves over the same numbers.
 * @at:   the numbers, ascending
 * @rows: for each channel and number its row, or BENCH_NO_ROW
 */
struct bench_curves {
	enum bench_axis axis;
	struct bench_case what;
	const struct bench_channel *channels[BENCH_CURVE_CHANNELS];
	uint32_t n_channels;
	uint32_t at[BENCH_CURVE_POINTS];
	uint32_t n_at;
	size_t rows[BENCH_CURVE_CHANNELS][BENCH_CURVE_POINTS];
};

/* "payload" */
const char *bench_axis_name(enum bench_axis axis);

/* The curves that row @row is the first one of; false if it is of none. */
bool bench_curves_of(const struct bench_plan *plan, size_t row,
		     enum bench_axis axis, struct bench_curves *out);

/**
 * struct bench_crossing - a channel that copies, and the one by reference.
 * @ratio:  of the times at each number, where both have one
 * @faster: up to this number it is faster, at this one and all below but 0;
 *          false in @is_faster if that is never so
 * @slower: from this number on the reference is faster, at this one and all above;
 *          false in @is_slower if that is never so
 */
struct bench_crossing {
	uint32_t channel;
	uint32_t beside;
	bool there[BENCH_CURVE_POINTS];
	struct bench_spread ratio[BENCH_CURVE_POINTS];
	bool is_faster;
	bool is_slower;
	uint32_t faster;
	uint32_t slower;
};

/* That of channel number @channel; false if nothing is beside it. */
bool bench_crossing_of(const struct bench_plan *plan,
		       const struct bench_curves *curves, uint32_t channel,
		       struct bench_crossing *out);

#endif /* DSI_BENCH_CURVES_H */
