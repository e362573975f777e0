// SPDX-License-Identifier: MIT
/*
 * trace_streams.c - the streams of a trace and their readers.
 */
#include <stdlib.h>

#include "trace/trace_private.h"

static bool grow(void *list, size_t n, size_t bytes)
{
	void **at = list;
	void *grown;

	/* 0, 1, 2, 4, 8... */
	if (n & (n - 1))
		return true;
	grown = realloc(*at, (n ? 2 * n : 1) * bytes);
	if (!grown)
		return false;
	*at = grown;
	return true;
}

struct trace_stream *trace_stream_of(struct trace_model *m, uint64_t id)
{
	struct trace_stream *s;
	size_t i;

	if (m->last && m->last->id == id)
		return m->last;
	for (i = 0; i < m->n_streams; i++) {
		if (m->streams[i]->id == id)
			return m->last = m->streams[i];
	}
	s = calloc(1, sizeof(*s));
	if (!s ||
	    !grow(&m->streams, m->n_streams, sizeof(struct trace_stream *))) {
		free(s);
		m->no_memory = true;
		return NULL;
	}
	s->id = id;
	m->streams[m->n_streams++] = s;
	return m->last = s;
}

struct trace_reader *trace_reader_of(struct trace_model *m,
				     struct trace_stream *s, uint64_t id)
{
	struct trace_reader *r;
	size_t i;

	for (i = 0; i < s->n_readers; i++) {
		if (s->readers[i]->id == id)
			return s->readers[i];
	}
	r = calloc(1, sizeof(*r));
	if (!r ||
	    !grow(&s->readers, s->n_readers, sizeof(struct trace_reader *))) {
		free(r);
		m->no_memory = true;
		return NULL;
	}
	r->id = id;
	r->place = TRACE_PLACES;
	s->readers[s->n_readers++] = r;
	return r;
}

struct trace_reader *trace_reader_at(const struct trace_stream *s,
				     uint64_t endpoint)
{
	size_t i;

	for (i = 0; i < s->n_readers; i++) {
		if (s->readers[i]->waiter.endpoint == endpoint)
			return s->readers[i];
	}
	return NULL;
}

void trace_reader_attach(struct trace_stream *s, struct trace_reader *r)
{
	unsigned int place = 0;

	if (r->attached)
		return;
	while (place < TRACE_PLACES && s->by_place[place])
		place++;
	r->attached = true;
	r->place = place;
	if (place < TRACE_PLACES)
		s->by_place[place] = r;
}

void trace_reader_detach(struct trace_stream *s, struct trace_reader *r)
{
	if (r->attached && r->place < TRACE_PLACES)
		s->by_place[r->place] = NULL;
	r->attached = false;
	r->place = TRACE_PLACES;
	r->waiter.waiting = false;
}

static void free_reader(struct trace_reader *r)
{
	unsigned int i;

	for (i = 0; i < TRACE_METRICS; i++)
		trace_metric_fini(&r->metrics[i]);
	trace_worst_fini(&r->worst);
	trace_series_fini(&r->latency);
	free(r);
}

void trace_stream_free(struct trace_stream *s)
{
	size_t i;

	for (i = 0; i < s->n_readers; i++)
		free_reader(s->readers[i]);
	for (i = 0; i < TRACE_METRICS; i++)
		trace_metric_fini(&s->metrics[i]);
	trace_worst_fini(&s->worst);
	trace_series_fini(&s->live);
	free(s->readers);
	free(s->flight.at);
	free(s->slots);
	free(s->occupancy.dwell_ns);
	free(s);
}
