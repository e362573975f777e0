// SPDX-License-Identifier: MIT
/*
 * trace_series.c - a value over time, in a fixed number of bins.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/trace_series.h"

#define FIRST_WIDTH_NS UINT64_C(1024)

static void merge(struct trace_bin *into, const struct trace_bin *from)
{
	if (!from->n)
		return;
	if (!into->n || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->n += from->n;
	into->sum += from->sum;
}

/* Pairs of bins become one. */
static void fold(struct trace_series *s)
{
	uint32_t i;

	for (i = 0; i < TRACE_BINS / 2; i++) {
		struct trace_bin both = s->bins[2 * i];

		merge(&both, &s->bins[2 * i + 1]);
		s->bins[i] = both;
	}
	memset(s->bins + TRACE_BINS / 2, 0, TRACE_BINS / 2 * sizeof(*s->bins));
	s->width_ns *= 2;
	s->used = (s->used + 1) / 2;
}

bool trace_series_add(struct trace_series *s, uint64_t start_ns, uint64_t at_ns,
		      uint64_t value)
{
	struct trace_bin one = {1, value, value, (double)value};
	uint64_t bin;

	if (!s->bins) {
		s->bins = calloc(TRACE_BINS, sizeof(*s->bins));
		if (!s->bins)
			return false;
		s->start_ns = start_ns;
		s->width_ns = FIRST_WIDTH_NS;
	}
	at_ns = at_ns > s->start_ns ? at_ns - s->start_ns : 0;
	while (at_ns / s->width_ns >= TRACE_BINS)
		fold(s);
	bin = at_ns / s->width_ns;
	merge(&s->bins[bin], &one);
	if (bin >= s->used)
		s->used = (uint32_t)bin + 1;
	return true;
}

void trace_series_fini(struct trace_series *s)
{
	free(s->bins);
	*s = (struct trace_series){0};
}
