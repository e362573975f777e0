// SPDX-License-Identifier: MIT
/*
 * latency_print.c - the summary, and the verdict of --check, as text.
 */
#include <inttypes.h>

#include "latency_report.h"

static void print_trace(const struct latency_report *report)
{
	const struct trace_reading *r = &report->reading;
	char lost[LATENCY_LABEL_BYTES];

	printf("trace       %" PRIu64
	       " events of dsi in %.3f s, %zu stream%s; ",
	       r->events, (double)(r->end_ns - r->begin_ns) / 1e9,
	       report->model.n_streams,
	       report->model.n_streams == 1 ? "" : "s");
	if (report->lost)
		printf("%s events LOST\n", latency_lost(report, lost));
	else
		printf("no event lost\n");
	if (report->options->begin_ns || report->options->end_ns)
		printf("window      what ended from %.6f s on%s\n",
		       (double)report->options->begin_ns / 1e9,
		       report->options->end_ns ? ", up to --end" : "");
}

static void print_period(const struct trace_stream *s)
{
	double period = trace_jitter_period(&s->jitter);
	double declared = (double)s->declared.period_ns;
	char time[LATENCY_TIME_BYTES];

	if (period <= 0)
		return;
	printf("  period    %s", latency_time(period, time));
	if (declared > 0) {
		printf(", declared %s (%+.1f ppm)",
		       latency_time(declared, time),
		       (period / declared - 1) * 1e6);
		printf("; jitter %s",
		       latency_time((double)trace_jitter_spread(&s->jitter),
				    time));
		printf(", declared %s",
		       latency_time((double)s->declared.jitter_ns, time));
	}
	printf("\n");
}

static void print_occupancy(const struct trace_stream *s)
{
	const struct trace_occupancy *o = &s->occupancy;
	struct trace_bound bound;

	trace_bound_of(s, &bound);
	printf("  occupancy mean %.2f, p99 %" PRIu64 ", most %" PRIu64,
	       trace_occupancy_mean(o), trace_occupancy_percentile(o, 990000),
	       o->high);
	if (s->declared.packets_max)
		printf(" of %" PRIu64 " packets", s->declared.packets_max);
	if (bound.known)
		printf("; %" PRIu64 " needed by what was declared\n",
		       bound.slots);
	else
		printf("; no bound: %s\n", bound.why);
}

static void print_stream(const struct latency_report *report,
			 const struct trace_stream *s)
{
	double seconds = (double)(s->last_commit_ns - s->first_commit_ns) / 1e9;
	char label[LATENCY_LABEL_BYTES];

	printf("\nstream      %s, number 0x%" PRIx64,
	       latency_label(report, s, label), s->id);
	if (s->producer.endpoint)
		printf(", producer is process %u", latency_pid(&s->producer));
	printf("\n  commits   %" PRIu64 ", %" PRIu64 " bytes", s->commits,
	       s->bytes);
	if (seconds > 0)
		printf(", %.1f packets/s, %.2f MB/s",
		       (double)(s->commits - 1) / seconds,
		       (double)s->bytes / seconds / 1e6);
	printf("\n");
	print_period(s);
	print_occupancy(s);
	if (s->flight.lost)
		printf("  unclear   %" PRIu64 " packets whose end is not in "
		       "the trace\n",
		       s->flight.lost);
}

static void print_drops(const struct trace_reader *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < TRACE_REASONS; i++)
		sum += r->drops[i];
	printf(", %" PRIu64 " dropped", sum);
	for (i = 0; i < TRACE_REASONS; i++) {
		if (r->drops[i])
			printf(" (%" PRIu64 " %s)", r->drops[i],
			       latency_reason(i));
	}
}

static void print_reader(const struct latency_report *report,
			 const struct trace_reader *r)
{
	double ns = (double)(report->reading.end_ns - report->reading.begin_ns);

	printf("  reader %-2" PRIu64 " ", r->id);
	if (r->waiter.endpoint)
		printf("process %u, ", latency_pid(&r->waiter));
	if (r->declared.known)
		printf("%s, ", latency_policy(r->declared.policy));
	printf("%" PRIu64 " got, %" PRIu64 " given back", r->gets, r->releases);
	print_drops(r);
	printf(", backlog at most %" PRIu64, r->backlog_max);
	if (r->waiter.asleep_ns)
		printf(", asleep %.0f %%",
		       100 * (double)r->waiter.asleep_ns / ns);
	if (r->unmatched)
		printf(", %" PRIu64 " gets without a commit before",
		       r->unmatched);
	printf("\n");
}

struct table {
	const struct latency_report *report;
	const struct trace_stream *stream;
	bool any;
};

static void print_cell(double ns)
{
	char time[LATENCY_TIME_BYTES];

	printf(" %7s", latency_time(ns, time));
}

static bool print_row(void *data, const struct trace_stream *s,
		      const struct trace_reader *r, enum trace_metric_id id,
		      const struct trace_metric *m)
{
	struct table *table = data;
	char name[48];

	if (s != table->stream)
		return true;
	if (!table->any)
		printf("  %-16s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "", "n",
		       "min", "mean", "p50", "p90", "p99", "p99.9", "p99.99",
		       "max");
	table->any = true;
	if (r)
		snprintf(name, sizeof(name), "%" PRIu64 " %s", r->id,
			 trace_metric_key(id));
	else
		snprintf(name, sizeof(name), "%s", trace_metric_key(id));
	printf("  %-16s %7" PRIu64, name, trace_metric_n(m));
	print_cell((double)m->min_ns);
	print_cell(trace_metric_mean(m));
#define CELL(key, per_million) \
	print_cell((double)trace_metric_percentile(m, per_million));
	LATENCY_PERCENTILES_MAP(CELL)
#undef CELL
	print_cell((double)trace_metric_max(m));
	printf("\n");
	return true;
}

void latency_print_summary(const struct latency_report *report)
{
	const struct trace_model *model = &report->model;
	struct table table = {.report = report};
	size_t i;
	size_t k;

	print_trace(report);
	for (i = 0; i < model->n_streams; i++) {
		const struct trace_stream *s = model->streams[i];

		if (!latency_wants_stream(report->options, s))
			continue;
		print_stream(report, s);
		for (k = 0; k < s->n_readers; k++) {
			if (latency_wants_reader(report->options,
						 s->readers[k]))
				print_reader(report, s->readers[k]);
		}
		table.stream = s;
		table.any = false;
		latency_each(report, print_row, &table);
	}
}

static void print_breach(void *data, const struct trace_stream *s,
			 const struct trace_reader *r, enum trace_breach_id id,
			 const struct trace_breach *b)
{
	const struct latency_report *report = data;
	char label[LATENCY_LABEL_BYTES];

	printf("  %s", latency_label(report, s, label));
	if (r)
		printf(" reader %" PRIu64, r->id);
	printf(": ");
	latency_say_breach(stdout, report, id, b);
	printf("\n");
}

/* What there was to break. */
static void print_declared(const struct latency_report *report,
			   const struct trace_stream *s)
{
	char label[LATENCY_LABEL_BYTES];
	char period[LATENCY_TIME_BYTES];
	char jitter[LATENCY_TIME_BYTES];

	printf("  %s: %" PRIu64 " commits, ", latency_label(report, s, label),
	       s->commits);
	if (s->declared.period_ns)
		printf("declared period %s and jitter %s",
		       latency_time((double)s->declared.period_ns, period),
		       latency_time((double)s->declared.jitter_ns, jitter));
	else
		printf("no period declared: only numbers and drops were "
		       "looked at");
	printf("\n");
}

void latency_print_check(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;
	char lost[LATENCY_LABEL_BYTES];
	size_t i;

	if (report->lost)
		printf("no verdict: %s events were lost\n",
		       latency_lost(report, lost));
	else if (latency_each_breach(report, NULL, NULL))
		printf("broken:\n");
	else
		printf("kept: what was declared held for the whole %s\n",
		       report->options->begin_ns || report->options->end_ns
			       ? "window"
			       : "trace");
	if (!report->lost)
		latency_each_breach(report, print_breach,
				    (void *)(uintptr_t)report);
	printf("looked at:\n");
	for (i = 0; i < m->n_streams; i++) {
		if (latency_wants_stream(report->options, m->streams[i]))
			print_declared(report, m->streams[i]);
	}
}
