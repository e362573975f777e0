/* SPDX-License-Identifier: MIT */
/*
 * fit.h - the tightest jitter-constrained description of a recording.
 *
 *   fit_read -> fit_points -> fit_known or fit_tightest -> struct fit
 *                          -> fit_spans, fit_check
 *
 * Points are (number, time): a number that is missing stays missing.  Times
 * are whole ticks after the first one; the tick is as fine as the finest
 * time stamp, so nothing is rounded.
 *
 * What is fitted describes the recording.  It is no bound.
 */
#ifndef DSI_FIT_H
#define DSI_FIT_H

#include "exact/exact.h"

#define FIT_WHY_BYTES 512u

enum fit_status {
	FIT_OK,
	FIT_BAD,   /* bad or contradictory input */
	FIT_RANGE, /* exact range exceeded */
	FIT_NO_MEMORY,
};

struct fit_point {
	int64_t number;
	int64_t time; /* ticks after the first point */
};

/**
 * struct fit_points - a recording.
 * @at:   points, numbers ascending, times not descending
 * @unit: seconds of the unit that the time stamps are written in
 * @scale: a tick is @unit / 10^@scale
 * @base: the first time, ticks
 */
struct fit_points {
	struct fit_point *at;
	size_t n;
	size_t room;
	struct exact unit;
	unsigned int scale;
	dsi_wide base;
};

void fit_points_free(struct fit_points *p);
/* Seconds of one tick. */
struct exact fit_tick(const struct fit_points *p);

/* A time stamp as it is written: @mantissa / 10^@scale of the unit. */
struct fit_number {
	dsi_wide mantissa;
	unsigned int scale;
	int suffix; /* 0, 3, 6, 9: it has a unit, 10^-suffix s; -1: none */
};

/* The whole of @text; false with @why. */
bool fit_number_read(const char *text, size_t bytes, struct fit_number *out,
		     char why[FIT_WHY_BYTES]);
/* Appends a point, with a finer tick for all if it needs one. */
enum fit_status fit_points_add(struct fit_points *p, int64_t number,
			       const struct fit_number *time,
			       char why[FIT_WHY_BYTES]);

enum fit_format { FIT_TEXT, FIT_CSV, FIT_JSON_LINES };

/**
 * struct fit_source - where the points come from.
 * @name:     for messages
 * @column:   name of the member or column, or number of the column from 1;
 *            NULL: the first one
 * @seq:      likewise for the sequence number; NULL: counted
 * @seq_bits: numbers count modulo 2^@seq_bits; 0: they do not wrap
 * @unit:     seconds of one unit; .den 0: the texts or the column's name say it
 */
struct fit_source {
	const char *name;
	enum fit_format format;
	const char *column;
	const char *seq;
	unsigned int seq_bits;
	struct exact unit;
};

/* Reads all of @fd.  @why names source, line, text and what is wrong. */
enum fit_status fit_read(const struct fit_source *source, int fd,
			 struct fit_points *out, char why[FIT_WHY_BYTES]);

/**
 * struct fit - what the recording says.  Times in ticks.
 * @period:      T
 * @jitter:      tau
 * @offset:      t0, after the first point's time
 * @earliest:    first point with the least lateness, and how many have it
 * @latest:      first point with the largest
 * @distance:    D, of points with consecutive numbers
 * @burst_at:    first point of the longest run with gaps below T/2
 * @tenth:       points in a tenth of the recording
 * @first_late:  mean lateness of the first tenth
 * @last_late:   of the last
 */
struct fit {
	struct exact period;
	struct exact jitter;
	struct exact offset;
	size_t earliest, latest;
	uint64_t n_earliest, n_latest;
	bool has_distance;
	int64_t distance;
	size_t distance_at;
	uint64_t missing;
	size_t burst_at;
	uint64_t burst;
	size_t tenth;
	struct exact first_late, last_late;
};

/* @period in ticks, more than 0.  One pass. */
enum fit_status fit_known(const struct fit_points *p, struct exact period,
			  struct fit *out, char why[FIT_WHY_BYTES]);
/* The period with the least jitter, by the convex hulls.  Needs two points
 * and two different times. */
enum fit_status fit_tightest(const struct fit_points *p, struct fit *out,
			     char why[FIT_WHY_BYTES]);
/* Of one point, ticks. */
struct exact fit_lateness(const struct fit *fit, const struct fit_points *p,
			  size_t i);

#define FIT_DENSE 64u /* spans of 1..FIT_DENSE gaps, then powers of two */
#define FIT_SPANS (FIT_DENSE + 64u)

/**
 * struct fit_spans - shortest and longest time of so many gaps in a row.
 * @n:    entries
 * @gaps: their number, ascending: 1, 2, ... FIT_DENSE, then powers of two
 * @seen: were there any without a missing end?
 */
struct fit_spans {
	size_t n;
	uint64_t gaps[FIT_SPANS];
	bool seen[FIT_SPANS];
	int64_t min[FIT_SPANS];
	int64_t max[FIT_SPANS];
};

void fit_spans(const struct fit_points *p, struct fit_spans *out);
/**
 * fit_spans_extend - spans beyond those that were looked at.
 * @min, @max: of 1..@known gaps at [1..@known]; filled in up to @total
 *
 * By the largest sum of two shorter minima and the least sum of two shorter
 * maxima: holds for a stream whose spans keep to the known ones.
 */
void fit_spans_extend(int64_t *min, int64_t *max, size_t known, size_t total);
/* Packets in a half-open window, from dense spans: most and fewest.  False:
 * the window is longer than what was looked at. */
bool fit_count(const struct fit_spans *s, struct exact window,
	       uint64_t *out_min, uint64_t *out_max);

enum fit_broken { FIT_KEPT, FIT_JITTER_BROKEN, FIT_DISTANCE_BROKEN };

/**
 * struct fit_breach - the first packet that a description does not admit.
 * @at:     the point
 * @since:  the earlier point it is in conflict with
 * @late:   JITTER: it is too late, else too early, as seen from @since
 * @excess: by how much, ticks
 */
struct fit_breach {
	enum fit_broken what;
	size_t at;
	size_t since;
	bool late;
	struct exact excess;
};

/* Two answers, one for each assumption.  In ticks; distance 0: not checked. */
enum fit_status fit_check_jitter(const struct fit_points *p,
				 struct exact period, struct exact jitter,
				 struct fit_breach *out,
				 char why[FIT_WHY_BYTES]);
void fit_check_distance(const struct fit_points *p, struct exact distance,
			struct fit_breach *out);

#endif /* DSI_FIT_H */
