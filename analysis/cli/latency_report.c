// SPDX-License-Identifier: MIT
/*
 * latency_report.c - what all forms of the report need: which streams are
 * asked for, names, times.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "latency_report.h"

bool latency_wants_stream(const struct latency_options *o,
			  const struct trace_stream *s)
{
	char *end;
	uint64_t id;

	if (!o->stream || strcmp(o->stream, s->name) == 0)
		return true;
	id = strtoull(o->stream, &end, 0);
	return *o->stream && !*end && id == s->id;
}

bool latency_wants_reader(const struct latency_options *o,
			  const struct trace_reader *r)
{
	return !o->has_reader || o->reader == r->id;
}

/* A stream (@r is NULL) or one of its readers; false ends. */
typedef bool visit_end(void *data, const struct trace_stream *s,
		       const struct trace_reader *r);

/* Every stream and reader that is asked for.  Return: as latency_each(). */
static bool each_end(const struct latency_report *report, visit_end *visit,
		     void *data)
{
	const struct latency_options *o = report->options;
	size_t i;
	size_t k;

	for (i = 0; i < report->model.n_streams; i++) {
		const struct trace_stream *s = report->model.streams[i];

		if (!latency_wants_stream(o, s))
			continue;
		if (!o->has_reader && !visit(data, s, NULL))
			return false;
		for (k = 0; k < s->n_readers; k++) {
			if (latency_wants_reader(o, s->readers[k]) &&
			    !visit(data, s, s->readers[k]))
				return false;
		}
	}
	return true;
}

struct metric_visit {
	latency_visit *visit;
	void *data;
};

static bool metrics_of(void *data, const struct trace_stream *s,
		       const struct trace_reader *r)
{
	const struct trace_metric *metrics = r ? r->metrics : s->metrics;
	const struct metric_visit *v = data;
	unsigned int i;

	for (i = 0; i < TRACE_METRICS; i++) {
		if (trace_metric_n(&metrics[i]) &&
		    !v->visit(v->data, s, r, (enum trace_metric_id)i,
			      &metrics[i]))
			return false;
	}
	return true;
}

bool latency_each(const struct latency_report *report, latency_visit *visit,
		  void *data)
{
	struct metric_visit v = {.visit = visit, .data = data};

	return each_end(report, metrics_of, &v);
}

struct breach_visit {
	latency_visit_breach *visit;
	void *data;
	unsigned int n;
};

static bool breaches_of(void *data, const struct trace_stream *s,
			const struct trace_reader *r)
{
	const struct trace_breach *list = r ? r->breaches : s->breaches;
	struct breach_visit *v = data;
	unsigned int i;

	for (i = 0; i < TRACE_BREACHES; i++) {
		if (!list[i].n)
			continue;
		v->n++;
		if (v->visit)
			v->visit(v->data, s, r, (enum trace_breach_id)i,
				 &list[i]);
	}
	return true;
}

unsigned int latency_each_breach(const struct latency_report *report,
				 latency_visit_breach *visit, void *data)
{
	struct breach_visit v = {.visit = visit, .data = data};

	(void)each_end(report, breaches_of, &v);
	return v.n;
}

const char *latency_time(double ns, char out[LATENCY_TIME_BYTES])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t i = 0;

	while (ns >= 999.5 && i < 3) {
		ns /= 1000;
		i++;
	}
	snprintf(out, LATENCY_TIME_BYTES, "%.*f %s",
		 i == 0 || ns >= 99.95 ? 0
		 : ns >= 9.995	       ? 1
				       : 2,
		 ns, units[i]);
	return out;
}

const char *latency_label(const struct latency_report *report,
			  const struct trace_stream *s,
			  char out[LATENCY_LABEL_BYTES])
{
	size_t same = 0;
	size_t i;

	for (i = 0; i < report->model.n_streams; i++)
		same += strcmp(report->model.streams[i]->name, s->name) == 0;
	if (!s->name[0])
		snprintf(out, LATENCY_LABEL_BYTES, "0x%" PRIx64, s->id);
	else if (same > 1)
		snprintf(out, LATENCY_LABEL_BYTES, "%s (0x%" PRIx64 ")",
			 s->name, s->id);
	else
		snprintf(out, LATENCY_LABEL_BYTES, "%s", s->name);
	return out;
}

const char *latency_lost(const struct latency_report *report,
			 char out[LATENCY_LABEL_BYTES])
{
	const struct trace_losses *lost = &report->reading.lost;

	if (lost->packets)
		snprintf(out, LATENCY_LABEL_BYTES,
			 "%" PRIu64 " and those of %" PRIu64
			 " whole packets of the trace, unknown how many,",
			 lost->events, lost->packets);
	else if (lost->unknown && lost->events == 0)
		snprintf(out, LATENCY_LABEL_BYTES, "an unknown number of");
	else
		snprintf(out, LATENCY_LABEL_BYTES, "%s%" PRIu64,
			 lost->unknown ? "at least " : "", lost->events);
	return out;
}

const char *latency_policy(uint64_t policy)
{
	switch (policy) {
	case DSI_POLICY_BLOCK:
		return "block";
	case DSI_POLICY_DROP_NEW:
		return "drop_new";
	case DSI_POLICY_RECLAIM:
		return "reclaim";
	default:
		return "unknown";
	}
}

const char *latency_reason(unsigned int reason)
{
	static const char *const reasons[TRACE_REASONS] = {
		"overrun", "late", "no_space", "flush", "peer_dead", "other"};

	return reasons[reason];
}

unsigned int latency_pid(const struct trace_waiter *w)
{
	return (unsigned int)(w->endpoint >> 32);
}

double latency_after_s(const struct latency_report *report, uint64_t at_ns)
{
	return (double)(at_ns - report->model.start_ns) / 1e9;
}

static void say_seqs(FILE *out, const struct trace_breach *b)
{
	unsigned int i;

	fprintf(out, "packet%s", b->n > 1 ? "s" : "");
	for (i = 0; i < b->n && i < TRACE_BREACH_SEQS; i++)
		fprintf(out, "%s %" PRIu64, i ? "," : "", b->seqs[i]);
	if (b->n > TRACE_BREACH_SEQS)
		fprintf(out, " and %" PRIu64 " more", b->n - TRACE_BREACH_SEQS);
}

static void say_times(FILE *out, enum trace_breach_id id,
		      const struct trace_breach *b)
{
	char declared[LATENCY_TIME_BYTES];
	char actual[LATENCY_TIME_BYTES];
	char worst[LATENCY_TIME_BYTES];

	fprintf(out, "%s instead of at most %s",
		latency_time((double)b->actual, actual),
		latency_time((double)b->declared, declared));
	if (id == TRACE_BROKEN_JITTER)
		fprintf(out, ", too %s as seen from packet %" PRIu64,
			b->late ? "late" : "early", b->since);
	if (b->n > 1)
		fprintf(out, "; worst %s, packet %" PRIu64,
			latency_time((double)b->worst, worst), b->worst_seq);
}

void latency_say_breach(FILE *out, const struct latency_report *report,
			enum trace_breach_id id, const struct trace_breach *b)
{
	fprintf(out, "%s: ", trace_breach_text(id));
	say_seqs(out, b);
	fprintf(out,
		", first at %.6f s: ", latency_after_s(report, b->first_ns));
	if (trace_breach_is_time(id))
		say_times(out, id, b);
	else if (id == TRACE_BROKEN_GAPS)
		fprintf(out, "%" PRIu64 " missing, but drops tell of %" PRIu64,
			b->actual, b->declared);
	else if (id == TRACE_BROKEN_PACKETS)
		fprintf(out, "%" PRIu64 " live at once, there are %" PRIu64,
			b->worst, b->declared);
	else
		fprintf(out, "%" PRIu64 " times something was dropped", b->n);
}
