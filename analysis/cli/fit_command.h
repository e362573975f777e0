/* SPDX-License-Identifier: MIT */
/*
 * fit_command.h - what the files of `dsi fit` share.
 */
#ifndef DSI_FIT_COMMAND_H
#define DSI_FIT_COMMAND_H

#include "fit/fit.h"

/* Exit codes of the calculator beside those of cli.h. */
#define FIT_EXIT_RANGE 4

/**
 * struct fit_answer - all that is shown.  Times of @fit in ticks, others in
 * seconds.
 * @tick:        seconds of a tick
 * @nominal:     the period given, .den 0: none
 * @tightest:    if @nominal is given: the period that fits best
 * @margin_text: as given, or NULL
 * @jitter_used, @distance_used: with the margin; the distance is at most the
 *               period
 */
struct fit_answer {
	const char *name;
	const struct fit_points *points;
	struct fit fit;
	struct fit_spans spans;
	struct exact tick;
	struct exact nominal;
	struct exact tightest;
	const char *margin_text;
	struct exact jitter_used;
	struct exact distance_used;
	bool checked;
	bool has_jitter, has_distance; /* declared */
	struct exact jitter, distance; /* declared */
	struct fit_breach jitter_breach, distance_breach;
};

/* ticks -> seconds */
struct exact fit_seconds(const struct fit_answer *a, struct exact ticks);
/* Time of a point as it was written, seconds. */
struct exact fit_time(const struct fit_answer *a, size_t point);
struct exact fit_length(const struct fit_answer *a);

void fit_print_text(const struct fit_answer *a);
void fit_print_check(const struct fit_answer *a);
bool fit_print_json(const struct fit_answer *a);
bool fit_print_keys(const struct fit_answer *a);
/* Return: false, with a message. */
bool fit_plot_lateness(const struct fit_answer *a, const char *path);
bool fit_plot_curves(const struct fit_answer *a, const char *path);

#endif /* DSI_FIT_COMMAND_H */
