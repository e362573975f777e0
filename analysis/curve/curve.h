/* SPDX-License-Identifier: MIT */
/*
 * curve.h - piecewise linear curves that are periodic in the end, and their
 * min-plus algebra, in exact fractions.
 *
 * A curve is a function of t >= 0.  It is given on [0, from + period) by
 * pieces: a value at x, and a line on the open interval from x to the next
 * piece, so both limits at a jump are kept apart.  From @from on
 *
 *	f(t + period) = f(t) + increment
 *
 * A token bucket is 0 at 0 and its burst right after it.
 *
 * Every operation makes a new curve or fails with a sentence in @work.
 */
#ifndef DSI_CURVE_H
#define DSI_CURVE_H

#include "exact/exact.h"

#define CURVE_WHY_BYTES 512u
#define CURVE_MAX_SEGMENTS 100000u

enum curve_status {
	CURVE_OK,
	CURVE_BAD,	 /* bad or contradictory input */
	CURVE_UNBOUNDED, /* the result is infinite */
	CURVE_RANGE,	 /* exact range or number of segments exceeded */
	CURVE_NO_MEMORY,
};

/**
 * struct curve_piece - a point and the line behind it.
 * @x:     where
 * @value: at x
 * @right: limit from the right
 * @slope: of the line up to the next piece
 * @has_value, @has_line: false: infinite there; only within an operation
 */
struct curve_piece {
	struct exact x;
	struct exact value;
	struct exact right;
	struct exact slope;
	bool has_value;
	bool has_line;
};

struct curve {
	struct curve_piece *at;
	size_t n;
	size_t room;
	struct exact from;
	struct exact period;
	struct exact increment;
};

/**
 * struct curve_work - limits and the reason of a failure.
 * @max_segments: most pieces of a curve on the way
 */
struct curve_work {
	size_t max_segments;
	char why[CURVE_WHY_BYTES];
};

void curve_free(struct curve *f);
/* Rate in the long run: increment / period. */
struct exact curve_rate(const struct curve *f);

/**
 * curve_eval - value and limits at @t >= 0.
 * @left:  limit from the left; at 0 the value
 * @right: limit from the right
 *
 * The pointers may be NULL.
 */
void curve_eval(const struct curve *f, struct exact t, struct exact *left,
		struct exact *value, struct exact *right);

/* ---- making (curve_make.c) ---- */

/* Takes the pieces in @f and checks them: sorted, from 0 on, one at @from
 * after which period and increment hold. */
enum curve_status curve_finish(struct curve_work *w, struct curve *f);
/* 0 at 0, @burst + @rate t after it. */
enum curve_status curve_token_bucket(struct curve_work *w, struct exact rate,
				     struct exact burst, struct curve *out);
/* @rate (t - @latency), not below 0 */
enum curve_status curve_rate_latency(struct curve_work *w, struct exact rate,
				     struct exact latency, struct curve *out);
/* Most and fewest packets of a jitter-constrained stream in a half-open
 * window. */
enum curve_status curve_jcs_max(struct curve_work *w, struct exact period,
				struct exact jitter, struct exact distance,
				struct curve *out);
enum curve_status curve_jcs_min(struct curve_work *w, struct exact period,
				struct exact jitter, struct curve *out);

/* ---- operations ---- */

enum curve_status curve_add(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out);
enum curve_status curve_sub(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out);
enum curve_status curve_min(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out);
enum curve_status curve_max(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out);
enum curve_status curve_scale(struct curve_work *w, const struct curve *f,
			      struct exact factor, struct curve *out);
/* inf of f(s) + g(t - s) over 0 <= s <= t */
enum curve_status curve_conv(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct curve *out);
/* sup of f(t + u) - g(u) over u >= 0 */
enum curve_status curve_deconv(struct curve_work *w, const struct curve *f,
			       const struct curve *g, struct curve *out);
/* What service @f leaves after it has served @g first: the largest
 * f(s) - g(s) up to t, not below 0. */
enum curve_status curve_leftover(struct curve_work *w, const struct curve *f,
				 const struct curve *g, struct curve *out);
/* sup of f - g: the backlog; may be negative */
enum curve_status curve_vdev(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct exact *out);
/* sup over t of the least h >= 0 with f(t) <= g(t + h): the delay.  Both
 * must not decrease. */
enum curve_status curve_hdev(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct exact *out);

#endif /* DSI_CURVE_H */
