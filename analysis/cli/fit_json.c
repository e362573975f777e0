// SPDX-License-Identifier: MIT
/*
 * fit_json.c - what `dsi fit` found, for programs: times in ns, whole ones as
 * numbers and all others as texts "num/den".
 */
#include <stdio.h>

#include <dsi/version.h>

#include "fit_command.h"
#include "size_writer.h"

#define NS_PER_S INT64_C(1000000000)

static void put_seconds(struct size_writer *w, const char *key, struct exact s)
{
	size_write_exact(w, key, exact_mul(s, exact_int(NS_PER_S)));
}

static void put_ticks(struct size_writer *w, const struct fit_answer *a,
		      const char *key, struct exact ticks)
{
	put_seconds(w, key, fit_seconds(a, ticks));
}

static void put_number(struct size_writer *w, const struct fit_answer *a,
		       const char *key, size_t point)
{
	size_write_exact(w, key, exact_int(a->points->at[point].number));
}

static void put_recording(struct size_writer *w, const struct fit_answer *a)
{
	size_write_open(w, "input", '{');
	size_write_u64(w, "packets", a->points->n);
	put_number(w, a, "first", 0);
	put_number(w, a, "last", a->points->n - 1);
	size_write_u64(w, "missing", a->fit.missing);
	put_seconds(w, "begin_ns", fit_time(a, 0));
	put_seconds(w, "length_ns", fit_length(a));
	put_seconds(w, "tick_ns", a->tick);
	if (exact_ok(a->nominal))
		put_seconds(w, "period_ns", a->nominal);
	size_write_close(w, '}');
}

static void put_extreme(struct size_writer *w, const struct fit_answer *a,
			const char *key, size_t point, uint64_t count)
{
	size_write_open(w, key, '{');
	put_number(w, a, "packet", point);
	size_write_u64(w, "count", count);
	size_write_close(w, '}');
}

static void put_fit(struct size_writer *w, const struct fit_answer *a)
{
	size_write_open(w, "result", '{');
	put_ticks(w, a, "period_ns", a->fit.period);
	if (exact_ok(a->tightest))
		put_ticks(w, a, "period_tightest_ns", a->tightest);
	put_ticks(w, a, "jitter_ns", a->fit.jitter);
	put_seconds(w, "offset_ns",
		    exact_add(fit_time(a, 0), fit_seconds(a, a->fit.offset)));
	if (a->fit.has_distance) {
		put_ticks(w, a, "distance_ns", exact_int(a->fit.distance));
		put_number(w, a, "distance_after", a->fit.distance_at);
	} else {
		size_write_null(w, "distance_ns");
	}
	put_extreme(w, a, "earliest", a->fit.earliest, a->fit.n_earliest);
	put_extreme(w, a, "latest", a->fit.latest, a->fit.n_latest);
	put_extreme(w, a, "burst", a->fit.burst_at, a->fit.burst);
	put_ticks(w, a, "first_tenth_late_ns", a->fit.first_late);
	put_ticks(w, a, "last_tenth_late_ns", a->fit.last_late);
	if (a->margin_text) {
		size_write_text(w, "margin", a->margin_text);
		put_seconds(w, "jitter_used_ns", a->jitter_used);
		if (a->fit.has_distance)
			put_seconds(w, "distance_used_ns", a->distance_used);
	}
	size_write_close(w, '}');
}

static void put_spans(struct size_writer *w, const struct fit_answer *a)
{
	const struct fit_spans *s = &a->spans;
	size_t i;

	size_write_open(w, "spans", '[');
	for (i = 0; i < s->n; i++) {
		if (!s->seen[i])
			continue;
		size_write_open(w, NULL, '{');
		size_write_exact(w, "packets",
				 exact_make((dsi_wide)s->gaps[i] + 1, 1));
		put_ticks(w, a, "min_ns", exact_int(s->min[i]));
		put_ticks(w, a, "max_ns", exact_int(s->max[i]));
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

/* Half-open windows of so many periods. */
static void put_counts(struct size_writer *w, const struct fit_answer *a)
{
	int64_t periods;

	size_write_open(w, "counts", '[');
	for (periods = 1; periods <= 32; periods++) {
		struct exact window =
			exact_mul(a->fit.period, exact_int(periods));
		uint64_t min = 0;
		uint64_t max = 0;

		if (!exact_ok(window) ||
		    !fit_count(&a->spans, window, &min, &max))
			break;
		size_write_open(w, NULL, '{');
		put_ticks(w, a, "window_ns", window);
		size_write_u64(w, "min", min);
		size_write_u64(w, "max", max);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

static void put_breach(struct size_writer *w, const struct fit_answer *a,
		       const char *key, const struct fit_breach *b,
		       struct exact limit)
{
	size_write_open(w, key, '{');
	put_seconds(w, "limit_ns", limit);
	size_write_bool(w, "kept", b->what == FIT_KEPT);
	if (b->what != FIT_KEPT) {
		put_number(w, a, "packet", b->at);
		put_number(w, a, "since", b->since);
		size_write_text(w, "sign", b->late ? "late" : "early");
		put_ticks(w, a, "excess_ns", b->excess);
	}
	size_write_close(w, '}');
}

static void put_check(struct size_writer *w, const struct fit_answer *a)
{
	if (!a->checked)
		return;
	size_write_open(w, "check", '{');
	if (a->has_jitter)
		put_breach(w, a, "jitter", &a->jitter_breach, a->jitter);
	if (a->has_distance)
		put_breach(w, a, "distance", &a->distance_breach, a->distance);
	size_write_close(w, '}');
}

bool fit_print_json(const struct fit_answer *a)
{
	struct size_writer w = {.pretty = true};
	bool good;

	size_write_open(&w, NULL, '{');
	put_recording(&w, a);
	put_fit(&w, a);
	put_check(&w, a);
	put_spans(&w, a);
	put_counts(&w, a);
	size_write_text(&w, "status", "observed");
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	good = size_write_out(&w);
	size_write_free(&w);
	return good;
}

static void put_key(struct size_writer *w, const char *key, struct exact s)
{
	char number[EXACT_TEXT_BYTES];
	char text[EXACT_TEXT_BYTES + 2];

	snprintf(text, sizeof(text), "%ss", exact_text(s, number));
	size_write_text(w, key, text);
}

bool fit_print_keys(const struct fit_answer *a)
{
	struct size_writer w = {.pretty = false};
	bool good;

	size_write_open(&w, NULL, '{');
	put_key(&w, "period", fit_seconds(a, a->fit.period));
	put_key(&w, "jitter-in", a->jitter_used);
	if (a->fit.has_distance)
		put_key(&w, "distance", a->distance_used);
	size_write_close(&w, '}');
	good = size_write_out(&w);
	size_write_free(&w);
	return good;
}
