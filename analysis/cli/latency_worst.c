// SPDX-License-Identifier: MIT
/*
 * latency_worst.c - the worst packets of all streams and readers together.
 */
#include <stdlib.h>

#include "latency_report.h"

static size_t count(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = 0; i < m->n_streams; i++) {
		n += m->streams[i]->worst.n;
		for (k = 0; k < m->streams[i]->n_readers; k++)
			n += m->streams[i]->readers[k]->worst.n;
	}
	return n;
}

static void put(struct latency_worst *list, size_t *n,
		const struct trace_stream *s, const struct trace_reader *r)
{
	const struct trace_worst *w = r ? &r->worst : &s->worst;
	size_t i;

	for (i = 0; i < w->n; i++)
		list[(*n)++] = (struct latency_worst){s, r, &w->at[i]};
}

static int compare(const void *a, const void *b)
{
	const struct latency_worst *one = a;
	const struct latency_worst *other = b;

	if (one->one->value_ns != other->one->value_ns)
		return one->one->value_ns > other->one->value_ns ? -1 : 1;
	if (one->one->end_ns != other->one->end_ns)
		return one->one->end_ns < other->one->end_ns ? -1 : 1;
	return 0;
}

struct latency_worst *latency_worst_of(const struct latency_report *report,
				       size_t most, size_t *out_n)
{
	const struct latency_options *o = report->options;
	const struct trace_model *m = &report->model;
	struct latency_worst *list = calloc(count(report) + 1, sizeof(*list));
	size_t i;
	size_t k;

	*out_n = 0;
	for (i = 0; list && i < m->n_streams; i++) {
		const struct trace_stream *s = m->streams[i];

		if (!latency_wants_stream(o, s))
			continue;
		if (!o->has_reader)
			put(list, out_n, s, NULL);
		for (k = 0; k < s->n_readers; k++) {
			if (latency_wants_reader(o, s->readers[k]))
				put(list, out_n, s, s->readers[k]);
		}
	}
	if (list)
		qsort(list, *out_n, sizeof(*list), compare);
	if (*out_n > most)
		*out_n = most;
	return list;
}
