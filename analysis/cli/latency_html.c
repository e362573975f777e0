// SPDX-License-Identifier: MIT
/*
 * latency_html.c - `dsi latency --html`: the data of the page with pictures.
 *
 * Whatever is drawn is a fixed number of points: bins over time that keep the
 * largest value, buckets of histograms, and the packets around the worst ones.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/version.h>

#include "cli.h"
#include "latency_json.h"
#include "latency_timeline.h"
#include "message.h"
#include "page/page.h"

bool latency_html_ready(void)
{
	return true;
}

static void put_number(struct size_writer *w, const char *key, double value)
{
	char text[48];

	snprintf(text, sizeof(text), "%.9g", isfinite(value) ? value : 0.0);
	size_write_raw(w, key, text);
}

/* [time in s, least, mean, most], empty bins left out. */
static void put_bins(struct size_writer *w, const struct latency_report *report,
		     const struct trace_series *s)
{
	uint32_t i;

	size_write_u64(w, "width_ns", s->width_ns);
	size_write_open(w, "bins", '[');
	for (i = 0; i < s->used; i++) {
		const struct trace_bin *b = &s->bins[i];

		if (!b->n)
			continue;
		size_write_open(w, NULL, '[');
		put_number(
			w, NULL,
			latency_after_s(report, s->start_ns + i * s->width_ns));
		size_write_u64(w, NULL, b->min);
		put_number(w, NULL, b->sum / (double)b->n);
		size_write_u64(w, NULL, b->max);
		size_write_close(w, ']');
	}
	size_write_close(w, ']');
}

struct page {
	struct size_writer *w;
	struct latency_report *report;
	const struct trace_stream *stream;
};

static void whose(const struct trace_reader *r, const char *what, char *out,
		  size_t bytes)
{
	if (r)
		snprintf(out, bytes, "reader %" PRIu64 "%s%s", r->id,
			 what[0] ? " " : "", what);
	else
		snprintf(out, bytes, "%s", what[0] ? what : "producer");
}

static bool put_row(void *data, const struct trace_stream *s,
		    const struct trace_reader *r, enum trace_metric_id id,
		    const struct trace_metric *m)
{
	struct page *page = data;
	char label[64];

	if (s != page->stream)
		return true;
	whose(r, trace_metric_key(id), label, sizeof(label));
	size_write_open(page->w, NULL, '{');
	size_write_text(page->w, "label", label);
	size_write_text(page->w, "text", trace_metric_text(id));
	latency_json_metric(page->w, "values", m, false);
	size_write_close(page->w, '}');
	return true;
}

/* [nines, ns]: 1 is 90 %, 2 is 99 %; the last one is where one value is left. */
static void put_curve(struct size_writer *w, const struct trace_metric *m)
{
	double n = (double)trace_metric_n(m);
	uint64_t below = 0;
	uint32_t i;

	size_write_open(w, "points", '[');
	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		uint64_t value = dsi_histogram_most(i);
		double above;

		if (!m->counts->counts[i])
			continue;
		below += m->counts->counts[i];
		above = (n - (double)below) / n;
		if (value > trace_metric_max(m))
			value = trace_metric_max(m);
		size_write_open(w, NULL, '[');
		put_number(w, NULL, -log10(above > 0 ? above : 1 / n));
		size_write_u64(w, NULL, value);
		size_write_close(w, ']');
	}
	size_write_close(w, ']');
}

static bool put_metric_curve(void *data, const struct trace_stream *s,
			     const struct trace_reader *r,
			     enum trace_metric_id id,
			     const struct trace_metric *m)
{
	struct page *page = data;
	char label[64];

	if (s != page->stream)
		return true;
	whose(r, "", label, sizeof(label));
	size_write_open(page->w, NULL, '{');
	size_write_text(page->w, "metric", trace_metric_key(id));
	size_write_text(page->w, "label", label);
	put_curve(page->w, m);
	size_write_close(page->w, '}');
	return true;
}

/* The metric that is asked for comes first. */
static void put_curves(struct page *page)
{
	const struct trace_stream *s = page->stream;
	unsigned int first = page->report->options->metric;
	unsigned int i;
	size_t k;

	size_write_open(page->w, "curves", '[');
	for (i = 0; i < TRACE_METRICS; i++) {
		enum trace_metric_id id =
			(enum trace_metric_id)((first + i) % TRACE_METRICS);

		if (trace_metric_n(&s->metrics[id]))
			put_metric_curve(page, s, NULL, id, &s->metrics[id]);
		for (k = 0; k < s->n_readers; k++) {
			const struct trace_reader *r = s->readers[k];

			if (trace_metric_n(&r->metrics[id]) &&
			    latency_wants_reader(page->report->options, r))
				put_metric_curve(page, s, r, id,
						 &r->metrics[id]);
		}
	}
	size_write_close(page->w, ']');
}

static uint64_t dropped(const struct trace_stream *s)
{
	uint64_t sum = 0;
	unsigned int i;
	size_t k;

	for (k = 0; k < s->n_readers; k++) {
		for (i = 0; i < TRACE_REASONS; i++)
			sum += s->readers[k]->drops[i];
	}
	return sum;
}

static void put_facts(struct size_writer *w, const struct trace_stream *s)
{
	double seconds = (double)(s->last_commit_ns - s->first_commit_ns) / 1e9;
	double period = trace_jitter_period(&s->jitter);
	double declared = (double)s->declared.period_ns;
	struct trace_bound bound;

	trace_bound_of(s, &bound);
	size_write_u64(w, "commits", s->commits);
	put_number(w, "packets_per_s",
		   s->commits > 1 ? (double)(s->commits - 1) / seconds : 0);
	put_number(w, "bytes_per_s",
		   s->commits > 1 ? (double)s->bytes / seconds : 0);
	put_number(w, "period_ns", period);
	size_write_u64(w, "declared_period_ns", s->declared.period_ns);
	size_write_u64(w, "jitter_ns", trace_jitter_spread(&s->jitter));
	size_write_u64(w, "declared_jitter_ns", s->declared.jitter_ns);
	put_number(w, "drift_ppm",
		   declared > 0 ? (period / declared - 1) * 1e6 : 0);
	put_number(w, "mean_packets", trace_occupancy_mean(&s->occupancy));
	size_write_u64(w, "p99_packets",
		       trace_occupancy_percentile(&s->occupancy, 990000));
	size_write_u64(w, "max_packets", s->occupancy.high);
	size_write_u64(w, "packets", s->declared.packets_max);
	size_write_u64(w, "dropped", dropped(s));
	size_write_u64(w, "needed_packets", bound.known ? bound.slots : 0);
	size_write_text(w, "bound_why", bound.why);
}

static void put_series(struct page *page)
{
	const struct trace_stream *s = page->stream;
	char label[64];
	size_t k;

	if (s->live.bins) {
		size_write_open(page->w, "live", '{');
		put_bins(page->w, page->report, &s->live);
		size_write_close(page->w, '}');
	}
	size_write_open(page->w, "latency", '[');
	for (k = 0; k < s->n_readers; k++) {
		const struct trace_reader *r = s->readers[k];

		if (!r->latency.bins ||
		    !latency_wants_reader(page->report->options, r))
			continue;
		whose(r, "", label, sizeof(label));
		size_write_open(page->w, NULL, '{');
		size_write_text(page->w, "label", label);
		put_bins(page->w, page->report, &r->latency);
		size_write_close(page->w, '}');
	}
	size_write_close(page->w, ']');
}

static void put_stream(struct page *page)
{
	char label[LATENCY_LABEL_BYTES];

	size_write_open(page->w, NULL, '{');
	size_write_text(page->w, "label",
			latency_label(page->report, page->stream, label));
	put_facts(page->w, page->stream);
	size_write_open(page->w, "rows", '[');
	latency_each(page->report, put_row, page);
	size_write_close(page->w, ']');
	put_curves(page);
	put_series(page);
	size_write_close(page->w, '}');
}

static void put_breach(void *data, const struct trace_stream *s,
		       const struct trace_reader *r, enum trace_breach_id id,
		       const struct trace_breach *b)
{
	struct page *page = data;
	char label[LATENCY_LABEL_BYTES];
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (!out) {
		page->w->no_memory = true;
		return;
	}
	fprintf(out, "%s", latency_label(page->report, s, label));
	if (r)
		fprintf(out, " reader %" PRIu64, r->id);
	fprintf(out, ": ");
	latency_say_breach(out, page->report, id, b);
	fclose(out);
	size_write_text(page->w, NULL, text ? text : "");
	free(text);
}

static void put_span(struct size_writer *w, const char *key, uint64_t from_ns,
		     uint64_t to_ns, uint64_t zero_ns)
{
	size_write_open(w, key, '[');
	put_number(w, NULL, (double)from_ns - (double)zero_ns);
	put_number(w, NULL, (double)to_ns - (double)zero_ns);
	size_write_close(w, ']');
}

static void put_timeline_row(struct size_writer *w,
			     const struct timeline_row *row, uint64_t zero_ns,
			     bool several)
{
	char label[64];

	if (several)
		snprintf(label, sizeof(label), "%" PRIu64 ", reader %" PRIu64,
			 row->seq, row->reader);
	else
		snprintf(label, sizeof(label), "%" PRIu64, row->seq);
	size_write_open(w, NULL, '{');
	size_write_text(w, "label", label);
	size_write_bool(w, "worst", row->worst);
	if (row->reserve_ns)
		put_span(w, "fill", row->reserve_ns, row->commit_ns, zero_ns);
	put_span(w, "wait", row->commit_ns, row->get_ns, zero_ns);
	put_span(w, "hold", row->get_ns, row->release_ns, zero_ns);
	size_write_close(w, '}');
}

static void put_timeline(struct page *page, const struct timeline *t)
{
	const struct trace_stream *s = t->worst->stream;
	char label[LATENCY_LABEL_BYTES];
	char took[LATENCY_TIME_BYTES];
	char title[LATENCY_LABEL_BYTES + 128];
	uint64_t zero_ns = t->worst->one->begin_ns;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		if (t->rows[i].worst)
			zero_ns = t->rows[i].commit_ns;
	}
	snprintf(title, sizeof(title), "Packet %" PRIu64 " of %s: %s %s",
		 t->worst->one->seq, latency_label(page->report, s, label),
		 trace_metric_key(page->report->options->metric),
		 latency_time((double)t->worst->one->value_ns, took));
	size_write_open(page->w, NULL, '{');
	size_write_text(page->w, "title", title);
	put_number(page->w, "at_s", latency_after_s(page->report, zero_ns));
	size_write_open(page->w, "rows", '[');
	for (i = 0; i < t->n; i++)
		put_timeline_row(page->w, &t->rows[i], zero_ns,
				 s->n_readers > 1);
	size_write_close(page->w, ']');
	size_write_close(page->w, '}');
}

static void put_page(struct page *page, const struct timelines *timelines)
{
	struct latency_report *report = page->report;
	const struct trace_reading *r = &report->reading;
	char lost[LATENCY_LABEL_BYTES];
	unsigned int i;
	size_t k;

	size_write_open(page->w, NULL, '{');
	size_write_text(page->w, "folder", report->options->folder);
	size_write_text(page->w, "version", DSI_VERSION_TEXT);
	size_write_text(page->w, "metric",
			trace_metric_key(report->options->metric));
	size_write_text(page->w, "verdict", latency_verdict(report));
	size_write_text(page->w, "lost",
			report->lost ? latency_lost(report, lost) : "");
	size_write_u64(page->w, "events", r->events);
	put_number(page->w, "span_s", (double)(r->end_ns - r->begin_ns) / 1e9);
	size_write_open(page->w, "broken", '[');
	latency_each_breach(report, put_breach, page);
	size_write_close(page->w, ']');
	size_write_open(page->w, "streams", '[');
	for (k = 0; k < report->model.n_streams; k++) {
		page->stream = report->model.streams[k];
		if (latency_wants_stream(report->options, page->stream))
			put_stream(page);
	}
	size_write_close(page->w, ']');
	size_write_open(page->w, "timelines", '[');
	for (i = 0; i < timelines->n; i++)
		put_timeline(page, &timelines->at[i]);
	size_write_close(page->w, ']');
	size_write_close(page->w, '}');
}

static int write_file(const char *path, const struct size_writer *w)
{
	FILE *file = w->no_memory ? NULL : fopen(path, "we");
	bool good = file && page_write(file, PAGE_OF_LATENCY, w->text, w->used);

	if (w->no_memory)
		errno = ENOMEM;
	if (file && fclose(file) != 0)
		good = false;
	if (good)
		return CLI_OK;
	message_error(path, "cannot write: %s", strerror(errno));
	return CLI_FAILURE;
}

int latency_html_write(struct latency_report *report)
{
	struct timelines *timelines = calloc(1, sizeof(*timelines));
	struct size_writer w = {.pretty = false};
	struct page page = {.w = &w, .report = report};
	size_t n = 0;
	struct latency_worst *worst =
		latency_worst_of(report, report->model.worst_room, &n);
	int code = CLI_FAILURE;

	if (timelines && worst)
		code = latency_timelines(report, worst, n, timelines);
	else
		message_error(report->options->html, "out of memory");
	if (code == CLI_OK) {
		put_page(&page, timelines);
		code = write_file(report->options->html, &w);
	}
	size_write_free(&w);
	free(worst);
	free(timelines);
	return code;
}
