// SPDX-License-Identifier: MIT
/*
 * fit_spans.c - the curves of a recording: spans of so many gaps, and how many
 * packets a window has.
 */
#include <string.h>

#include "fit/fit_private.h"

/* All pairs of points whose numbers are @gaps apart. */
static void one_span(const struct fit_points *p, uint64_t gaps,
		     struct fit_spans *out)
{
	size_t k = out->n;
	size_t a = 0;
	size_t b;

	for (b = 1; b < p->n; b++) {
		uint64_t number = (uint64_t)p->at[b].number;
		int64_t span;

		while (number - (uint64_t)p->at[a].number > gaps)
			a++;
		if (number - (uint64_t)p->at[a].number != gaps)
			continue;
		span = p->at[b].time - p->at[a].time;
		if (!out->seen[k] || span < out->min[k])
			out->min[k] = span;
		if (!out->seen[k] || span > out->max[k])
			out->max[k] = span;
		out->seen[k] = true;
	}
	out->gaps[k] = gaps;
	out->n++;
}

void fit_spans(const struct fit_points *p, struct fit_spans *out)
{
	uint64_t total = p->n ? (uint64_t)p->at[p->n - 1].number -
					 (uint64_t)p->at[0].number
			      : 0;
	uint64_t gaps = 1;

	memset(out, 0, sizeof(*out));
	while (gaps <= total && out->n < FIT_SPANS) {
		one_span(p, gaps, out);
		if (gaps > UINT64_MAX / 2)
			return;
		gaps = gaps < FIT_DENSE ? gaps + 1 : 2 * gaps;
	}
}

void fit_spans_extend(int64_t *min, int64_t *max, size_t known, size_t total)
{
	size_t k;
	size_t a;

	for (k = known + 1; k <= total; k++) {
		min[k] = min[1] + min[k - 1];
		max[k] = max[1] + max[k - 1];
		for (a = 2; a <= k / 2; a++) {
			if (min[a] + min[k - a] > min[k])
				min[k] = min[a] + min[k - a];
			if (max[a] + max[k - a] < max[k])
				max[k] = max[a] + max[k - a];
		}
	}
}

/* Entries 0..n-1 are gaps 1..n without a hole. */
static size_t dense(const struct fit_spans *s)
{
	size_t n = 0;

	while (n < s->n && s->gaps[n] == n + 1 && s->seen[n])
		n++;
	return n;
}

bool fit_count(const struct fit_spans *s, struct exact window,
	       uint64_t *out_min, uint64_t *out_max)
{
	size_t n = dense(s);
	size_t most = 0;
	size_t fewest = 0;

	/* n packets fit if the span of n - 1 gaps is below the window. */
	while (most < n && exact_cmp(exact_int(s->min[most]), window) < 0)
		most++;
	/* n are unavoidable unless n + 1 gaps can enclose the window. */
	while (fewest < n && exact_cmp(exact_int(s->max[fewest]), window) <= 0)
		fewest++;
	*out_max = exact_sign(window) > 0 ? most + 1 : 0;
	*out_min = fewest;
	return most < n && fewest < n;
}
