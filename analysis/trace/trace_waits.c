// SPDX-License-Identifier: MIT
/*
 * trace_waits.c - who sleeps, how long, and how long after a wake it runs.
 *
 * A wake says who wakes; it is for all of the other side that are asleep.
 */
#include "trace/trace_private.h"

static struct trace_waiter *waiter_of(struct trace_stream *s,
				      const struct trace_event *e,
				      struct trace_reader **out_reader)
{
	*out_reader = trace_reader_at(s, e->endpoint);
	if (*out_reader)
		return &(*out_reader)->waiter;
	if (!s->producer.endpoint && e->side == DSI_ROLE_PRODUCER)
		s->producer.endpoint = e->endpoint;
	return s->producer.endpoint == e->endpoint ? &s->producer : NULL;
}

void trace_take_wait_begin(struct trace_model *m, struct trace_stream *s,
			   const struct trace_event *e)
{
	struct trace_reader *r;
	struct trace_waiter *w = waiter_of(s, e, &r);

	if (!w)
		return;
	w->waiting = true;
	w->since_ns = m->now_ns;
	w->woken_ns = 0;
}

void trace_take_wait_end(struct trace_model *m, struct trace_stream *s,
			 const struct trace_event *e)
{
	struct trace_reader *r;
	struct trace_waiter *w = waiter_of(s, e, &r);

	if (!w || !w->waiting)
		return;
	w->waiting = false;
	trace_measure(m, s, r, METRIC_WAIT, e->seq, w->since_ns);
	if (trace_in_window(m))
		w->asleep_ns += m->now_ns - w->since_ns;
	if (w->woken_ns)
		trace_measure(m, s, r, METRIC_WAKEUP, e->seq, w->woken_ns);
}

static void wake(struct trace_model *m, struct trace_waiter *w)
{
	if (w->waiting && !w->woken_ns)
		w->woken_ns = m->now_ns;
}

void trace_take_wake(struct trace_model *m, struct trace_stream *s,
		     const struct trace_event *e)
{
	size_t i;

	if (trace_reader_at(s, e->endpoint)) {
		wake(m, &s->producer);
		return;
	}
	for (i = 0; i < s->n_readers; i++)
		wake(m, &s->readers[i]->waiter);
}
