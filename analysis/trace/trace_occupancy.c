// SPDX-License-Identifier: MIT
/*
 * trace_occupancy.c - how many packets are live, weighted by time.
 */
#include <stdlib.h>

#include "trace/trace_private.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The time since the last change, as far as it lies in the window. */
static void dwell(struct trace_model *m, struct trace_occupancy *o)
{
	uint64_t from = larger(o->since_ns, m->begin_ns);
	uint64_t to = m->now_ns < m->end_ns ? m->now_ns : m->end_ns;
	uint64_t level = o->level < TRACE_LEVELS ? o->level : TRACE_LEVELS;

	if (to > from)
		o->dwell_ns[level] += to - from;
	o->since_ns = m->now_ns;
}

void trace_occupancy_set(struct trace_model *m, struct trace_stream *s,
			 uint64_t seq, uint64_t level)
{
	struct trace_occupancy *o = &s->occupancy;

	if (!o->dwell_ns) {
		o->dwell_ns = calloc(TRACE_LEVELS + 1, sizeof(*o->dwell_ns));
		if (!o->dwell_ns) {
			m->no_memory = true;
			return;
		}
		o->since_ns = m->now_ns;
	}
	dwell(m, o);
	o->level = level;
	if (!trace_in_window(m))
		return;
	if (level > o->high) {
		o->high = level;
		o->high_seq = seq;
		o->high_ns = m->now_ns;
	}
	if (m->want_series &&
	    !trace_series_add(&s->live, m->start_ns, m->now_ns, level))
		m->no_memory = true;
	if (m->watch.level)
		m->watch.level(m->watch.data, s, m->now_ns, level);
}

static uint64_t whole(const struct trace_occupancy *o)
{
	uint64_t sum = 0;
	uint64_t i;

	for (i = 0; o->dwell_ns && i <= TRACE_LEVELS; i++)
		sum += o->dwell_ns[i];
	return sum;
}

double trace_occupancy_mean(const struct trace_occupancy *o)
{
	double time = (double)whole(o);
	double sum = 0;
	uint64_t i;

	for (i = 0; o->dwell_ns && i <= TRACE_LEVELS; i++)
		sum += (double)i * (double)o->dwell_ns[i];
	return time > 0 ? sum / time : 0;
}

uint64_t trace_occupancy_percentile(const struct trace_occupancy *o,
				    uint32_t per_million)
{
	double part = (double)whole(o) * per_million / 1e6;
	double below = 0;
	uint64_t i;

	for (i = 0; o->dwell_ns && i < TRACE_LEVELS; i++) {
		below += (double)o->dwell_ns[i];
		if (below >= part)
			return i;
	}
	return o->dwell_ns ? TRACE_LEVELS : 0;
}
