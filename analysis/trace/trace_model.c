// SPDX-License-Identifier: MIT
/*
 * trace_model.c - what the events of a trace say: who is there, and to whom
 * each event goes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace/trace_private.h"

void trace_model_init(struct trace_model *m)
{
	if (!m->worst_room)
		m->worst_of = TRACE_METRICS;
}

static struct trace_end *end_of(struct trace_stream *s, uint64_t endpoint)
{
	unsigned int i;

	for (i = 0; i < TRACE_ENDS; i++) {
		if (s->ends[i].endpoint == endpoint)
			return &s->ends[i];
	}
	return NULL;
}

static struct trace_end *new_end(struct trace_stream *s, uint64_t endpoint)
{
	struct trace_end *end = end_of(s, endpoint);

	if (end)
		return end;
	end = &s->ends[s->next_end++ % TRACE_ENDS];
	*end = (struct trace_end){.endpoint = endpoint};
	return end;
}

static void declare(struct trace_declared *d, const struct trace_event *e)
{
	d->known = true;
	d->packets_max = e->packets_max;
	d->data_bytes = e->data_bytes;
	d->policy = e->policy;
	d->period_ns = e->period_ns;
	d->jitter_ns = e->jitter_ns;
	d->hold_ns = e->hold_ns;
}

/* A consumer opens before it is a reader. */
static void take_open(struct trace_stream *s, const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_at(s, e->endpoint);

	if (!s->name[0])
		snprintf(s->name, sizeof(s->name), "%s", e->name);
	if (e->role == DSI_ROLE_PRODUCER) {
		s->producer.endpoint = e->endpoint;
		declare(&s->declared, e);
		return;
	}
	new_end(s, e->endpoint)->opened = *e;
	if (r)
		declare(&r->declared, e);
}

static void take_attach(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_of(m, s, e->reader);
	const struct trace_end *end = end_of(s, e->endpoint);

	if (!r)
		return;
	if (e->endpoint)
		r->waiter.endpoint = e->endpoint;
	if (e->endpoint && end)
		declare(&r->declared, &end->opened);
	r->declared.known = true;
	r->declared.policy = e->mode;
	if (r->attached)
		return;
	trace_reader_attach(s, r);
	if (r->place < TRACE_PLACES)
		trace_expect_reader(s, r->place, e->seq);
}

/* What follows from what both ends declared. */
static void take_need(struct trace_model *m, struct trace_stream *s,
		      const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_of(m, s, e->reader);

	if (!r)
		return;
	r->declared.need_packets = e->packets;
	r->declared.get_max_ns = e->get_max_ns;
	r->declared.release_max_ns = e->release_max_ns;
}

static void take_detach(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_of(m, s, e->reader);

	if (!r || !r->attached)
		return;
	if (r->place < TRACE_PLACES)
		trace_forget_reader(m, s, r->place);
	trace_reader_detach(s, r);
}

static void take_violation(struct trace_model *m, struct trace_stream *s,
			   const struct trace_event *e)
{
	static const enum trace_breach_id ids[] = {
		TRACE_BROKEN_REPORTED_PERIOD,
		TRACE_BROKEN_REPORTED_LATENCY,
		TRACE_BROKEN_REPORTED_HOLD,
	};

	if (e->kind < sizeof(ids) / sizeof(ids[0]))
		trace_break(m, &s->breaches[ids[e->kind]], e->seq,
			    e->declared_ns, e->actual_ns);
}

static void take_rare(struct trace_model *m, struct trace_stream *s,
		      const struct trace_event *e)
{
	switch ((int)e->what) {
	case TRACE_STREAM_OPEN:
		take_open(s, e);
		break;
	case TRACE_READER_ATTACH:
		take_attach(m, s, e);
		break;
	case TRACE_NEED:
		take_need(m, s, e);
		break;
	case TRACE_READER_DETACH:
		take_detach(m, s, e);
		break;
	case TRACE_PEER_DEAD:
		s->died = true;
		break;
	case TRACE_VIOLATION:
		take_violation(m, s, e);
		break;
	default:
		break;
	}
}

static void take_of_stream(struct trace_model *m, struct trace_stream *s,
			   const struct trace_event *e)
{
	static void (*const takers[TRACE_KINDS])(struct trace_model *,
						 struct trace_stream *,
						 const struct trace_event *) = {
		[TRACE_RESERVE] = trace_take_reserve,
		[TRACE_COMMIT] = trace_take_commit,
		[TRACE_GET] = trace_take_get,
		[TRACE_RELEASE] = trace_take_release,
		[TRACE_RECLAIM] = trace_take_reclaim,
		[TRACE_DROP] = trace_take_drop,
		[TRACE_WAIT_BEGIN] = trace_take_wait_begin,
		[TRACE_WAIT_END] = trace_take_wait_end,
		[TRACE_WAKE] = trace_take_wake,
	};

	if (takers[e->what])
		takers[e->what](m, s, e);
	else
		take_rare(m, s, e);
}

static void start(struct trace_model *m, uint64_t at_ns)
{
	m->start_ns = at_ns;
	m->begin_ns = at_ns + m->after_begin_ns;
	m->end_ns = UINT64_MAX;
	if (m->after_end_ns && m->after_end_ns < UINT64_MAX - at_ns)
		m->end_ns = at_ns + m->after_end_ns;
}

bool trace_model_take(struct trace_model *m, const struct trace_event *e)
{
	struct trace_stream *s;

	if (!m->start_ns)
		start(m, e->time_ns);
	if (e->time_ns > m->end_ns)
		return false;
	m->now_ns = e->time_ns;
	m->kinds[e->what]++;
	if (e->what == TRACE_LINK) {
		trace_take_link(m, e);
		return !m->no_memory;
	}
	s = trace_stream_of(m, e->stream);
	if (s)
		take_of_stream(m, s, e);
	return !m->no_memory;
}

static void finish_reader(struct trace_model *m, struct trace_reader *r)
{
	const struct trace_gaps *g = &r->gaps;
	int64_t more = trace_gaps_unexplained(g);
	uint64_t now_ns = m->now_ns;

	if (more == 0)
		return;
	if (g->has_gap)
		m->now_ns = g->first_gap_ns;
	trace_break(m, &r->breaches[TRACE_BROKEN_GAPS], r->gap_seq, g->dropped,
		    (uint64_t)g->missing);
	m->now_ns = now_ns;
}

void trace_model_finish(struct trace_model *m)
{
	size_t i;
	size_t k;

	for (i = 0; i < m->n_streams; i++) {
		struct trace_stream *s = m->streams[i];

		if (s->occupancy.dwell_ns)
			trace_occupancy_set(m, s, 0, s->occupancy.level);
		for (k = 0; k < s->n_readers; k++)
			finish_reader(m, s->readers[k]);
	}
}

void trace_model_fini(struct trace_model *m)
{
	size_t i;

	for (i = 0; i < m->n_streams; i++)
		trace_stream_free(m->streams[i]);
	free(m->streams);
	m->streams = NULL;
	m->n_streams = 0;
	m->last = NULL;
}
