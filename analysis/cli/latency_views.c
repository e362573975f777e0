// SPDX-License-Identifier: MIT
/*
 * latency_views.c - the worst packets, the frequency of values, and the
 * periods, as text.
 */
#include <inttypes.h>

#include "latency_report.h"

#define BAR 50

void latency_print_top(struct latency_report *report,
		       const struct latency_worst *worst, size_t n)
{
	enum trace_metric_id id = report->options->metric;
	char label[LATENCY_LABEL_BYTES];
	char time[LATENCY_TIME_BYTES];
	size_t i;

	printf("worst       %s: %s\n", trace_metric_key(id),
	       trace_metric_text(id));
	for (i = 0; i < n; i++) {
		const struct trace_worst_one *one = worst[i].one;

		printf("  %8s  packet %-10" PRIu64 " %.9f s to %.9f s  %s",
		       latency_time((double)one->value_ns, time), one->seq,
		       latency_after_s(report, one->begin_ns),
		       latency_after_s(report, one->end_ns),
		       latency_label(report, worst[i].stream, label));
		if (worst[i].reader)
			printf(" reader %" PRIu64, worst[i].reader->id);
		printf("\n");
	}
}

static void print_bucket(const struct dsi_histogram *h, uint32_t bucket,
			 uint64_t most)
{
	char from[LATENCY_TIME_BYTES];
	char to[LATENCY_TIME_BYTES];
	uint64_t n = h->counts[bucket];
	uint64_t last = dsi_histogram_most(bucket);
	int bar = (int)((n * BAR + most - 1) / most);

	if (last > h->largest)
		last = h->largest;
	printf("  %8s .. %8s %10" PRIu64 " %6.2f %% %.*s\n",
	       latency_time((double)dsi_histogram_least(bucket), from),
	       latency_time((double)last, to), n,
	       100 * (double)n / (double)h->count, bar,
	       "##################################################");
}

static bool print_histogram(void *data, const struct trace_stream *s,
			    const struct trace_reader *r,
			    enum trace_metric_id id,
			    const struct trace_metric *m)
{
	const struct latency_report *report = data;
	char label[LATENCY_LABEL_BYTES];
	uint64_t most = 1;
	uint32_t i;

	if (id != report->options->metric)
		return true;
	printf("%s", latency_label(report, s, label));
	if (r)
		printf(" reader %" PRIu64, r->id);
	printf(": %s, %s, %" PRIu64 " values\n", trace_metric_key(id),
	       trace_metric_text(id), trace_metric_n(m));
	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		if (m->counts->counts[i] > most)
			most = m->counts->counts[i];
	}
	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		if (m->counts->counts[i])
			print_bucket(m->counts, i, most);
	}
	return true;
}

void latency_print_frequency(const struct latency_report *report)
{
	latency_each(report, print_histogram, (void *)(uintptr_t)report);
}

static void print_time_row(const char *what, double observed, double declared,
			   bool has_declared)
{
	char a[LATENCY_TIME_BYTES];
	char b[LATENCY_TIME_BYTES];

	printf("  %-24s %10s %10s\n", what, latency_time(observed, a),
	       has_declared ? latency_time(declared, b) : "-");
}

static void print_periods(const struct latency_report *report,
			  const struct trace_stream *s)
{
	const struct trace_metric *p = &s->metrics[METRIC_PERIOD];
	const struct trace_declared *d = &s->declared;
	double period = trace_jitter_period(&s->jitter);
	bool has = d->period_ns != 0;
	char label[LATENCY_LABEL_BYTES];

	printf("%s: %" PRIu64 " commits\n", latency_label(report, s, label),
	       s->commits);
	printf("  %-24s %10s %10s\n", "", "observed", "declared");
	print_time_row("period", period, (double)d->period_ns, has);
	print_time_row("shortest period", (double)p->min_ns, 0, false);
	print_time_row("longest period", (double)trace_metric_max(p), 0, false);
	if (!has)
		return;
	print_time_row("jitter", (double)trace_jitter_spread(&s->jitter),
		       (double)d->jitter_ns, true);
	print_time_row("|period - declared| p99",
		       (double)trace_metric_percentile(
			       &s->metrics[METRIC_PERIOD_ERROR], 990000),
		       0, false);
	printf("  %-24s %+6.1f ppm\n", "drift",
	       period > 0 ? (period / (double)d->period_ns - 1) * 1e6 : 0.0);
	if (s->breaches[TRACE_BROKEN_JITTER].n) {
		printf("  broken: ");
		latency_say_breach(stdout, report, TRACE_BROKEN_JITTER,
				   &s->breaches[TRACE_BROKEN_JITTER]);
		printf("\n");
	}
}

void latency_print_periods(const struct latency_report *report)
{
	size_t i;

	for (i = 0; i < report->model.n_streams; i++) {
		if (latency_wants_stream(report->options,
					 report->model.streams[i]))
			print_periods(report, report->model.streams[i]);
	}
}
