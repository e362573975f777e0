// SPDX-License-Identifier: MIT
/*
 * bench_json.c - what was measured as one JSON object: the file that --compare
 * reads, and the data of the page.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <dsi/version.h>

#include "bench_report.h"
#include "cli.h"
#include "message.h"

static const char *const value_keys[] = {
	[BENCH_P50] = "p50_ns",
	[BENCH_P90] = "p90_ns",
	[BENCH_P99] = "p99_ns",
	[BENCH_P99_9] = "p99_9_ns",
	[BENCH_P99_99] = "p99_99_ns",
	[BENCH_MAX] = "max_ns",
	[BENCH_MIDDLE] = "middle_ns",
	[BENCH_NS] = "packet_ns",
	[BENCH_CPU_NS] = "cpu_ns",
	[BENCH_CALLS] = "calls",
	[BENCH_INSTRUCTIONS] = "instructions",
};

static void put_number(struct size_writer *w, const char *key, double value)
{
	char text[48];

	if (!isfinite(value)) {
		size_write_null(w, key);
		return;
	}
	/* Counts and times of a second and more are exact. */
	snprintf(text, sizeof(text),
		 value == floor(value) && fabs(value) < 1e15 ? "%.0f" : "%.9g",
		 value);
	size_write_raw(w, key, text);
}

static void put_text(struct size_writer *w, const char *key, const char *text)
{
	if (text[0])
		size_write_text(w, key, text);
	else
		size_write_null(w, key);
}

void bench_json_spread(struct size_writer *w, const char *key, bool there,
		       const struct bench_spread *s)
{
	if (!there) {
		size_write_null(w, key);
		return;
	}
	size_write_open(w, key, '{');
	put_number(w, "median", s->median);
	put_number(w, "low", s->low);
	put_number(w, "high", s->high);
	put_number(w, "least", s->least);
	put_number(w, "most", s->most);
	size_write_close(w, '}');
}

static void put_machine(struct size_writer *w, const struct bench_machine *m)
{
	size_write_open(w, "machine", '{');
	put_text(w, "model", m->model);
	put_text(w, "kernel", m->kernel);
	put_text(w, "governor", m->governor);
	put_text(w, "virtual", m->virtual);
	size_write_u64(w, "cpus_online", m->online);
	size_write_u64(w, "cpus_allowed", m->allowed);
	size_write_u64(w, "clock_ns", m->clock_ns);
	size_write_u64(w, "clock_step_ns", m->step_ns);
	size_write_close(w, '}');
}

static void put_settings(struct size_writer *w, const struct bench_settings *s)
{
	size_write_open(w, "settings", '{');
	size_write_u64(w, "runs", s->runs);
	size_write_u64(w, "time_ns", s->time_ns);
	size_write_u64(w, "packets", s->packets);
	size_write_u64(w, "interval_ns", s->interval_ns);
	size_write_u64(w, "spin_ns", s->spin_ns);
	size_write_bool(w, "pinned", s->pin);
	size_write_open(w, "cpus", '[');
	for (uint32_t i = 0; i < s->n_cpus; i++)
		size_write_u64(w, NULL, (uint64_t)s->cpus[i]);
	size_write_close(w, ']');
	size_write_bool(w, "siblings",
			s->n_cpus > 1 &&
				bench_machine_siblings(s->cpus[0], s->cpus[1]));
	size_write_close(w, '}');
}

static void put_memory(struct size_writer *w, const struct bench_plan *plan)
{
	static const char *const keys[] = {"write", "read", "copy"};

	size_write_open(w, "memory_bytes_per_s", '{');
	for (unsigned int k = 0; k < 3; k++) {
		double values[BENCH_RUNS];
		uint32_t n = plan->memory_runs;
		struct bench_spread s = {0};

		for (uint32_t i = 0; i < n; i++)
			values[i] = k == 0   ? plan->memory[i].write
				    : k == 1 ? plan->memory[i].read
					     : plan->memory[i].copy;
		if (n)
			s = bench_spread_of(values, n);
		bench_json_spread(w, keys[k], n > 0, &s);
	}
	size_write_close(w, '}');
}

static void put_case(struct size_writer *w, const struct bench_case *c)
{
	size_write_text(w, "measure", bench_measure_names[c->measure]);
	size_write_text(w, "mode", bench_wait_names[c->wait]);
	size_write_text(w, "on", c->same_cpu ? "same" : "two");
	size_write_bool(w, "threads", c->threads);
	size_write_bool(w, "touched", c->touched);
	size_write_u64(w, "payload", c->payload);
	size_write_u64(w, "ring", c->ring);
	size_write_u64(w, "batch", c->batch);
	size_write_u64(w, "consumers", c->consumers);
	size_write_u64(w, "streams", c->streams);
	size_write_u64(w, "active", c->active);
	size_write_text(w, "priority", c->fifo ? "fifo" : "normal");
	size_write_text(w, "stress", bench_stress_names[c->stress]);
}

static void put_ratio(struct size_writer *w, const struct bench_plan *plan,
		      const struct bench_row *row, const char *key, size_t to)
{
	struct bench_spread s;

	bench_json_spread(w, key, bench_row_ratio(plan, row, to, &s), &s);
}

/* [largest value, how many], empty buckets left out. */
static void put_times(struct size_writer *w, const struct dsi_histogram *times)
{
	size_write_open(w, "times", '[');
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		uint64_t most = dsi_histogram_most(i);

		if (!times->counts[i])
			continue;
		size_write_open(w, NULL, '[');
		size_write_u64(w, NULL,
			       most < times->largest ? most : times->largest);
		size_write_u64(w, NULL, times->counts[i]);
		size_write_close(w, ']');
	}
	size_write_close(w, ']');
}

static void put_row_number(struct size_writer *w, const char *key, size_t row)
{
	if (row == BENCH_NO_ROW)
		size_write_null(w, key);
	else
		size_write_u64(w, key, row);
}

static void put_row(struct size_writer *w, const struct bench_plan *plan,
		    const struct bench_row *row)
{
	struct bench_spread s;

	size_write_open(w, NULL, '{');
	size_write_text(w, "channel", row->channel->name);
	put_case(w, &row->what);
	put_row_number(w, "limit", row->limit);
	put_row_number(w, "bare", row->bare);
	size_write_u64(w, "runs", row->runs);
	size_write_u64(w, "failed", row->failed);
	put_text(w, "why", row->why);
	size_write_u64(w, "disturbed", row->disturbed);
	size_write_u64(w, "packets", row->packets);
	size_write_u64(w, "samples", row->samples);
	size_write_u64(w, "preempted", row->switches);
	size_write_u64(w, "joins", row->joins);
	for (unsigned int v = 0; v < BENCH_VALUES; v++)
		bench_json_spread(w, value_keys[v], bench_row_value(row, v, &s),
				  &s);
	put_ratio(w, plan, row, "to_limit", row->limit);
	put_ratio(w, plan, row, "to_bare", row->bare);
	put_times(w, &row->times);
	size_write_close(w, '}');
}

static void put_channels(struct size_writer *w)
{
	size_write_open(w, "channels", '[');
	for (size_t i = 0; i < bench_channels_count; i++) {
		size_write_open(w, NULL, '{');
		size_write_text(w, "name", bench_channels[i]->name);
		size_write_text(w, "text", bench_channels[i]->text);
		size_write_bool(w, "limit", bench_channels[i]->limit);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

void bench_json(const struct bench_report *report, struct size_writer *w)
{
	size_write_open(w, NULL, '{');
	size_write_text(w, "format", "dsi-bench");
	size_write_u64(w, "format_version", BENCH_FORMAT);
	size_write_text(w, "version", DSI_VERSION_TEXT);
	size_write_u64(w, "time_s", (uint64_t)report->time_s);
	put_machine(w, &report->machine);
	put_settings(w, &report->options->settings);
	put_number(w, "foreign",
		   report->foreign < 0 ? (double)NAN : report->foreign);
	put_number(w, "stolen",
		   report->stolen < 0 ? (double)NAN : report->stolen);
	put_memory(w, &report->plan);
	put_channels(w);
	size_write_open(w, "notes", '[');
	for (unsigned int i = 0; i < report->n_notes; i++)
		size_write_text(w, NULL, report->notes[i]);
	size_write_close(w, ']');
	size_write_open(w, "rows", '[');
	for (size_t i = 0; i < report->plan.n; i++)
		put_row(w, &report->plan, &report->plan.rows[i]);
	size_write_close(w, ']');
	bench_curves_json(&report->plan, w);
	size_write_close(w, '}');
}

int bench_write(const struct bench_report *report, const char *path,
		bool (*put)(FILE *file, const char *text, size_t bytes))
{
	struct size_writer w = {.pretty = false};
	FILE *file = NULL;
	bool good;

	bench_json(report, &w);
	if (w.no_memory)
		errno = ENOMEM;
	else
		file = fopen(path, "we");
	good = file && put(file, w.text, w.used);
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		message_error(path, "cannot write: %s", strerror(errno));
	size_write_free(&w);
	return good ? CLI_OK : CLI_FAILURE;
}

static bool put_line(FILE *file, const char *text, size_t bytes)
{
	return fwrite(text, 1, bytes, file) == bytes &&
	       fputc('\n', file) != EOF;
}

int bench_json_write(const struct bench_report *report, const char *path)
{
	return bench_write(report, path, put_line);
}
