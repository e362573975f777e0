// SPDX-License-Identifier: MIT
/*
 * latency_json.c - the report for programs: numbers with the unit in the name.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <dsi/version.h>

#include "latency_json.h"
#include "size_writer.h"

static void put_double(struct size_writer *w, const char *key, double value)
{
	char text[48];

	if (!isfinite(value)) {
		size_write_null(w, key);
		return;
	}
	snprintf(text, sizeof(text), "%.6f", value);
	size_write_raw(w, key, text);
}

static void put_hex(struct size_writer *w, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	size_write_text(w, key, text);
}

static void put_buckets(struct size_writer *w, const struct dsi_histogram *h)
{
	uint32_t i;

	size_write_open(w, "buckets", '[');
	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		if (!h->counts[i])
			continue;
		size_write_open(w, NULL, '{');
		size_write_u64(w, "from_ns", dsi_histogram_least(i));
		size_write_u64(w, "to_ns",
			       dsi_histogram_most(i) < h->largest
				       ? dsi_histogram_most(i)
				       : h->largest);
		size_write_u64(w, "count", h->counts[i]);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

void latency_json_metric(struct size_writer *w, const char *key,
			 const struct trace_metric *m, bool buckets)
{
	size_write_open(w, key, '{');
	size_write_u64(w, "count", trace_metric_n(m));
	size_write_u64(w, "min_ns", m->min_ns);
	put_double(w, "mean_ns", trace_metric_mean(m));
#define PUT(name, per_million) \
	size_write_u64(w, name "_ns", trace_metric_percentile(m, per_million));
	LATENCY_PERCENTILES_MAP(PUT)
#undef PUT
	size_write_u64(w, "max_ns", trace_metric_max(m));
	if (buckets)
		put_buckets(w, m->counts);
	size_write_close(w, '}');
}

static void put_metrics(struct size_writer *w,
			const struct latency_report *report,
			const struct trace_metric *list)
{
	bool buckets = report->options->view == LATENCY_FREQUENCY;
	unsigned int i;

	size_write_open(w, "metrics", '{');
	for (i = 0; i < TRACE_METRICS; i++) {
		if (trace_metric_n(&list[i]))
			latency_json_metric(
				w, trace_metric_key((enum trace_metric_id)i),
				&list[i], buckets);
	}
	size_write_close(w, '}');
}

static void put_breach(struct size_writer *w,
		       const struct latency_report *report,
		       enum trace_breach_id id, const struct trace_breach *b)
{
	bool time = trace_breach_is_time(id);
	unsigned int i;

	size_write_open(w, NULL, '{');
	size_write_text(w, "assumption", trace_breach_key(id));
	size_write_text(w, "text", trace_breach_text(id));
	size_write_u64(w, "count", b->n);
	size_write_u64(w, "first_ns", b->first_ns - report->model.start_ns);
	size_write_u64(w, "last_ns", b->last_ns - report->model.start_ns);
	size_write_u64(w, time ? "declared_ns" : "declared", b->declared);
	size_write_u64(w, time ? "actual_ns" : "actual", b->actual);
	size_write_u64(w, time ? "worst_ns" : "worst", b->worst);
	size_write_u64(w, "worst_packet", b->worst_seq);
	if (id == TRACE_BROKEN_JITTER) {
		size_write_u64(w, "since_packet", b->since);
		size_write_text(w, "sign", b->late ? "late" : "early");
	}
	size_write_open(w, "packets", '[');
	for (i = 0; i < b->n && i < TRACE_BREACH_SEQS; i++)
		size_write_u64(w, NULL, b->seqs[i]);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

static void put_breaches(struct size_writer *w,
			 const struct latency_report *report,
			 const struct trace_breach *list)
{
	unsigned int i;

	size_write_open(w, "broken", '[');
	for (i = 0; i < TRACE_BREACHES; i++) {
		if (list[i].n)
			put_breach(w, report, (enum trace_breach_id)i,
				   &list[i]);
	}
	size_write_close(w, ']');
}

static void put_worst(struct size_writer *w,
		      const struct latency_report *report,
		      struct trace_worst *worst)
{
	size_t i;

	if (report->options->view != LATENCY_TOP)
		return;
	trace_worst_sort(worst);
	size_write_open(w, "worst", '[');
	for (i = 0; i < worst->n && i < report->options->top; i++) {
		size_write_open(w, NULL, '{');
		size_write_u64(w, "packet", worst->at[i].seq);
		size_write_u64(w, "value_ns", worst->at[i].value_ns);
		size_write_u64(w, "begin_ns",
			       worst->at[i].begin_ns - report->model.start_ns);
		size_write_u64(w, "end_ns",
			       worst->at[i].end_ns - report->model.start_ns);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

static void put_reader(struct size_writer *w,
		       const struct latency_report *report,
		       struct trace_reader *r)
{
	unsigned int i;

	size_write_open(w, NULL, '{');
	size_write_u64(w, "reader", r->id);
	size_write_u64(w, "pid", latency_pid(&r->waiter));
	size_write_text(w, "policy",
			r->declared.known ? latency_policy(r->declared.policy)
					  : "unknown");
	size_write_u64(w, "got", r->gets);
	size_write_u64(w, "released", r->releases);
	size_write_u64(w, "bytes", r->bytes);
	size_write_u64(w, "backlog_max_packets", r->backlog_max);
	size_write_u64(w, "asleep_ns", r->waiter.asleep_ns);
	size_write_u64(w, "gets_without_commit", r->unmatched);
	size_write_u64(w, "missing_packets",
		       r->gaps.missing > 0 ? (uint64_t)r->gaps.missing : 0);
	size_write_open(w, "dropped", '{');
	for (i = 0; i < TRACE_REASONS; i++)
		size_write_u64(w, latency_reason(i), r->drops[i]);
	size_write_close(w, '}');
	if (r->origin)
		put_hex(w, "end_to_end_from", r->origin->id);
	put_metrics(w, report, r->metrics);
	put_worst(w, report, &r->worst);
	put_breaches(w, report, r->breaches);
	size_write_close(w, '}');
}

static void put_declared(struct size_writer *w, const struct trace_stream *s)
{
	const struct trace_declared *d = &s->declared;
	struct trace_bound bound;

	trace_bound_of(s, &bound);
	size_write_open(w, "declared", '{');
	size_write_u64(w, "packets", d->packets_max);
	size_write_u64(w, "data_bytes", d->data_bytes);
	size_write_u64(w, "period_ns", d->period_ns);
	size_write_u64(w, "jitter_ns", d->jitter_ns);
	size_write_u64(w, "hold_ns", d->hold_ns);
	if (bound.known)
		size_write_u64(w, "needed_packets", bound.slots);
	else
		size_write_null(w, "needed_packets");
	size_write_close(w, '}');
}

static void put_observed(struct size_writer *w, const struct trace_stream *s)
{
	double period = trace_jitter_period(&s->jitter);

	put_double(w, "period_ns", period);
	if (s->declared.period_ns) {
		size_write_u64(w, "jitter_ns", trace_jitter_spread(&s->jitter));
		put_double(w, "drift_ppm",
			   (period / (double)s->declared.period_ns - 1) * 1e6);
	}
	size_write_open(w, "occupancy", '{');
	put_double(w, "mean_packets", trace_occupancy_mean(&s->occupancy));
	size_write_u64(w, "p99_packets",
		       trace_occupancy_percentile(&s->occupancy, 990000));
	size_write_u64(w, "max_packets", s->occupancy.high);
	size_write_u64(w, "reported_max_packets", s->reported_max);
	size_write_close(w, '}');
}

static void put_stream(struct size_writer *w, struct latency_report *report,
		       struct trace_stream *s)
{
	size_t k;

	size_write_open(w, NULL, '{');
	put_hex(w, "stream", s->id);
	size_write_text(w, "name", s->name);
	size_write_u64(w, "pid", latency_pid(&s->producer));
	size_write_u64(w, "commits", s->commits);
	size_write_u64(w, "bytes", s->bytes);
	size_write_u64(w, "unclear_packets", s->flight.lost);
	put_declared(w, s);
	put_observed(w, s);
	put_metrics(w, report, s->metrics);
	put_worst(w, report, &s->worst);
	put_breaches(w, report, s->breaches);
	size_write_open(w, "readers", '[');
	for (k = 0; k < s->n_readers; k++) {
		if (latency_wants_reader(report->options, s->readers[k]))
			put_reader(w, report, s->readers[k]);
	}
	size_write_close(w, ']');
	size_write_close(w, '}');
}

const char *latency_verdict(const struct latency_report *report)
{
	if (report->lost)
		return "none";
	return latency_each_breach(report, NULL, NULL) ? "broken" : "kept";
}

bool latency_print_json(struct latency_report *report)
{
	const struct trace_reading *r = &report->reading;
	struct size_writer w = {.pretty = true};
	bool good;
	size_t i;

	size_write_open(&w, NULL, '{');
	size_write_u64(&w, "events", r->events);
	size_write_u64(&w, "lost_events", r->lost.events);
	size_write_u64(&w, "lost_trace_packets", r->lost.packets);
	size_write_u64(&w, "begin_ns", r->begin_ns);
	size_write_u64(&w, "end_ns", r->end_ns);
	size_write_text(&w, "verdict", latency_verdict(report));
	size_write_open(&w, "streams", '[');
	for (i = 0; i < report->model.n_streams; i++) {
		if (latency_wants_stream(report->options,
					 report->model.streams[i]))
			put_stream(&w, report, report->model.streams[i]);
	}
	size_write_close(&w, ']');
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	good = size_write_out(&w);
	size_write_free(&w);
	return good;
}
