// SPDX-License-Identifier: MIT
/*
 * trace_breach.c - values as they are measured, and assumptions they break.
 */
#include "trace/trace_private.h"

static const struct {
	const char *key;
	const char *text;
} breaches[] = {
#define BREACH_NAMES(constant, key, text) {key, text},
	TRACE_BREACHES_MAP(BREACH_NAMES)
#undef BREACH_NAMES
};

const char *trace_breach_key(enum trace_breach_id id)
{
	return breaches[id].key;
}

const char *trace_breach_text(enum trace_breach_id id)
{
	return breaches[id].text;
}

bool trace_breach_is_time(enum trace_breach_id id)
{
	return id != TRACE_BROKEN_PACKETS && id != TRACE_BROKEN_LOSS &&
	       id != TRACE_BROKEN_GAPS;
}

void trace_break(struct trace_model *m, struct trace_breach *b, uint64_t seq,
		 uint64_t declared, uint64_t actual)
{
	if (!trace_in_window(m))
		return;
	if (b->n == 0) {
		b->first_ns = m->now_ns;
		b->declared = declared;
		b->actual = actual;
	}
	if (b->n < TRACE_BREACH_SEQS)
		b->seqs[b->n] = seq;
	if (b->n == 0 || actual > b->worst) {
		b->worst = actual;
		b->worst_seq = seq;
	}
	b->n++;
	b->last_ns = m->now_ns;
}

static bool keep_worst(struct trace_model *m, struct trace_worst *w,
		       uint64_t seq, uint64_t begin_ns)
{
	struct trace_worst_one one = {m->now_ns - begin_ns, seq, begin_ns,
				      m->now_ns};

	return trace_worst_add(w, m->worst_room, &one);
}

void trace_measure(struct trace_model *m, struct trace_stream *s,
		   struct trace_reader *r, enum trace_metric_id id,
		   uint64_t seq, uint64_t begin_ns)
{
	uint64_t ns = m->now_ns - begin_ns;
	bool good;

	if (!trace_in_window(m))
		return;
	good = trace_metric_add(r ? &r->metrics[id] : &s->metrics[id], ns);
	if (good && id == m->worst_of)
		good = keep_worst(m, r ? &r->worst : &s->worst, seq, begin_ns);
	if (good && r && id == METRIC_LATENCY && m->want_series)
		good = trace_series_add(&r->latency, m->start_ns, m->now_ns,
					ns);
	if (!good)
		m->no_memory = true;
}
