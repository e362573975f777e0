// SPDX-License-Identifier: MIT
/*
 * latency_csv.c - the report as comma-separated values, and one histogram in
 * the text that HdrHistogram writes.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli.h"
#include "latency_report.h"
#include "message.h"

#define TICKS_PER_HALF 5u

/* RFC 4180: quotes are doubled. */
static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void print_whose(const struct trace_stream *s,
			const struct trace_reader *r)
{
	print_text(s->name);
	printf(",0x%" PRIx64 ",", s->id);
	if (r)
		printf("%" PRIu64, r->id);
}

static bool print_row(void *data, const struct trace_stream *s,
		      const struct trace_reader *r, enum trace_metric_id id,
		      const struct trace_metric *m)
{
	(void)data;
	print_whose(s, r);
	printf(",%s,%" PRIu64 ",%" PRIu64 ",%.3f", trace_metric_key(id),
	       trace_metric_n(m), m->min_ns, trace_metric_mean(m));
#define COLUMN(key, per_million) \
	printf(",%" PRIu64, trace_metric_percentile(m, per_million));
	LATENCY_PERCENTILES_MAP(COLUMN)
#undef COLUMN
	printf(",%" PRIu64 "\n", trace_metric_max(m));
	return true;
}

static bool print_buckets(void *data, const struct trace_stream *s,
			  const struct trace_reader *r, enum trace_metric_id id,
			  const struct trace_metric *m)
{
	const struct latency_report *report = data;
	uint32_t i;

	if (report->options->has_metric && id != report->options->metric)
		return true;
	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		if (!m->counts->counts[i])
			continue;
		print_whose(s, r);
		printf(",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
		       trace_metric_key(id), dsi_histogram_least(i),
		       dsi_histogram_most(i) < m->counts->largest
			       ? dsi_histogram_most(i)
			       : m->counts->largest,
		       m->counts->counts[i]);
	}
	return true;
}

void latency_print_top_csv(const struct latency_report *report,
			   const struct latency_worst *worst, size_t n)
{
	size_t i;

	printf("name,stream,reader,metric,packet,value_ns,begin_ns,end_ns\n");
	for (i = 0; i < n; i++) {
		const struct trace_worst_one *one = worst[i].one;

		print_whose(worst[i].stream, worst[i].reader);
		printf(",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
		       trace_metric_key(report->options->metric), one->seq,
		       one->value_ns, one->begin_ns - report->model.start_ns,
		       one->end_ns - report->model.start_ns);
	}
}

static void print_periods(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;
	size_t i;

	printf("name,stream,commits,period_ns,declared_period_ns,jitter_ns,"
	       "declared_jitter_ns,broken\n");
	for (i = 0; i < m->n_streams; i++) {
		const struct trace_stream *s = m->streams[i];

		if (!latency_wants_stream(report->options, s))
			continue;
		print_text(s->name);
		printf(",0x%" PRIx64 ",%" PRIu64 ",%.3f,%" PRIu64 ",%" PRIu64
		       ",%" PRIu64 ",%" PRIu64 "\n",
		       s->id, s->commits, trace_jitter_period(&s->jitter),
		       s->declared.period_ns,
		       s->declared.period_ns ? trace_jitter_spread(&s->jitter)
					     : 0,
		       s->declared.jitter_ns,
		       s->breaches[TRACE_BROKEN_JITTER].n);
	}
}

void latency_print_csv(struct latency_report *report)
{
	switch (report->options->view) {
	case LATENCY_PERIODS:
		print_periods(report);
		break;
	case LATENCY_FREQUENCY:
		printf("name,stream,reader,metric,from_ns,to_ns,count\n");
		latency_each(report, print_buckets, report);
		break;
	case LATENCY_TOP:
	case LATENCY_LOG: /* printed as the packets passed */
		break;
	case LATENCY_SUMMARY:
	default:
		printf("name,stream,reader,metric,count,min_ns,mean_ns,p50_ns,"
		       "p90_ns,p99_ns,p99_9_ns,p99_99_ns,max_ns\n");
		latency_each(report, print_row, report);
		break;
	}
}

/* The only histogram that is asked for, or how many there are. */
struct choice {
	const struct latency_report *report;
	const struct trace_metric *metric;
	unsigned int n;
};

static bool choose(void *data, const struct trace_stream *s,
		   const struct trace_reader *r, enum trace_metric_id id,
		   const struct trace_metric *m)
{
	struct choice *c = data;

	(void)s;
	(void)r;
	if (id != c->report->options->metric)
		return true;
	c->metric = m;
	c->n++;
	return true;
}

static void print_level(const struct trace_metric *m, double level)
{
	uint64_t n = trace_metric_n(m);
	uint64_t value = level >= 1 ? trace_metric_max(m) : 0;
	uint64_t below = 0;
	uint32_t i;

	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		below += m->counts->counts[i];
		if ((double)below >= ceil(level * (double)n) && below) {
			value = dsi_histogram_most(i);
			break;
		}
	}
	if (value > trace_metric_max(m))
		value = trace_metric_max(m);
	if (level < 1)
		printf("%12" PRIu64 " %2.12f %10" PRIu64 " %14.2f\n", value,
		       level, below, 1 / (1 - level));
	else
		printf("%12" PRIu64 " %2.12f %10" PRIu64 "\n", value, level, n);
}

static double deviation(const struct trace_metric *m)
{
	double mean = trace_metric_mean(m);
	double sum = 0;
	uint32_t i;

	for (i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		double middle = (double)dsi_histogram_least(i) / 2 +
				(double)(i + 1 < DSI_HISTOGRAM_BUCKETS
						 ? dsi_histogram_most(i)
						 : trace_metric_max(m)) /
					2;

		sum += (double)m->counts->counts[i] * (middle - mean) *
		       (middle - mean);
	}
	return sqrt(sum / (double)trace_metric_n(m));
}

/* As HistogramLogProcessor prints it: each half of what is left in steps. */
static void print_percentiles(const struct trace_metric *m)
{
	double level = 0;
	double half = 1;
	unsigned int i;

	printf("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
	       "1/(1-Percentile)");
	while (half * (double)trace_metric_n(m) > 0.5) {
		for (i = 0; i < TICKS_PER_HALF; i++)
			print_level(m, level + half / 2 * i / TICKS_PER_HALF);
		half /= 2;
		level += half;
	}
	print_level(m, 1);
	printf("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
	       trace_metric_mean(m), deviation(m));
	printf("#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
	       (double)trace_metric_max(m), trace_metric_n(m));
	printf("#[Buckets = %12u, SubBuckets     = %12u]\n",
	       DSI_HISTOGRAM_RANGE_BITS - DSI_HISTOGRAM_BITS,
	       1u << DSI_HISTOGRAM_BITS);
}

int latency_print_hgrm(const struct latency_report *report)
{
	struct choice c = {.report = report};
	const char *key = trace_metric_key(report->options->metric);

	latency_each(report, choose, &c);
	if (c.n == 1) {
		print_percentiles(c.metric);
		return CLI_OK;
	}
	if (c.n == 0)
		message_error("--hgrm", "there is no value of the metric '%s'",
			      key);
	else
		message_error("--hgrm",
			      "there are %u histograms of the metric '%s'; "
			      "choose one with --stream and --reader",
			      c.n, key);
	return CLI_USAGE;
}
