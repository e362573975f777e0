// SPDX-License-Identifier: MIT
/*
 * bench_table.c - what was measured as tables of 80 columns.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench_report.h"

#define CELL 12u

static const char *const measure_titles[] = {
	[BENCH_ROUND_TRIP] = "Round trip: there, and an answer back",
	[BENCH_ONE_WAY] = "One way: written, handed over, read",
	[BENCH_RATE] = "Rate: as many as possible",
	[BENCH_TIMED] = "Timed: due, woken, written, handed over, read",
	[BENCH_SELECT] = "Select: there over one of many, and an answer back",
	[BENCH_JOIN] = "Join: one way, while others join and leave",
};

static const char *const stress_texts[] = {
	[BENCH_STRESS_NO] = "nothing runs beside",
	[BENCH_STRESS_OWN] = "each CPU also computes and takes memory",
	[BENCH_STRESS_NG] = "stress-ng runs beside",
};

static const char *const wait_titles[] = {
	[BENCH_POLL] = "polling",
	[BENCH_SLEEP] = "sleeping",
	[BENCH_SPIN] = "spinning",
};

void bench_note(struct bench_report *report, const char *text, ...)
{
	va_list list;

	if (report->n_notes == BENCH_NOTES)
		return;
	va_start(list, text);
	vsnprintf(report->notes[report->n_notes++], BENCH_NOTE_BYTES, text,
		  list);
	va_end(list);
}

static const char *bytes_text(uint32_t bytes, char out[16])
{
	static const char *const units[] = {"B", "KiB", "MiB"};
	unsigned int i = 0;

	while (i < 2 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	snprintf(out, 16, "%u%s", bytes, units[i]);
	return out;
}

const char *bench_payload_text(const struct bench_case *what, char out[16])
{
	char bytes[16];

	if (what->touched || !what->payload)
		return bytes_text(what->payload, out);
	snprintf(out, 16, "(%.12s)", bytes_text(what->payload, bytes));
	return out;
}

const char *bench_time_text(double ns, char *out)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	unsigned int i = 0;

	while (i < 3 && ns >= 999.5) {
		ns /= 1000;
		i++;
	}
	snprintf(out, CELL, "%.*f%s", i == 0 || ns >= 99.95 ? 0 : 1, ns,
		 units[i]);
	return out;
}

/* "12.3M" */
static const char *many_text(double n, char out[CELL])
{
	static const char *const units[] = {"", "k", "M", "G"};
	unsigned int i = 0;

	while (i < 3 && n >= 999.5) {
		n /= 1000;
		i++;
	}
	snprintf(out, CELL, "%.*f%s", n >= 99.95 || i == 0 ? 0 : 1, n,
		 units[i]);
	return out;
}

static void cell(int width, const char *text)
{
	printf("%*s", width, text);
}

static void time_cell(const struct bench_row *row, enum bench_value v)
{
	struct bench_spread s;
	char text[CELL] = "-";

	if (bench_row_value(row, v, &s))
		bench_time_text(s.median, text);
	cell(7, text);
}

static void part_text(double part, char out[CELL])
{
	if (part < 9.995)
		snprintf(out, CELL, "%.0f%%", 100 * part);
	else
		snprintf(out, CELL, ">x10");
}

/* The ratio, and by how much of itself half of the runs differ. */
static void ratio_cells(const struct bench_report *report,
			const struct bench_row *row)
{
	struct bench_spread ratio;
	struct bench_spread s;
	char text[CELL] = "-";

	if (bench_row_ratio(&report->plan, row, row->limit, &ratio))
		snprintf(text, CELL, ratio.median < 99.95 ? "%.2f" : "%.0f",
			 ratio.median);
	cell(6, text);
	snprintf(text, CELL, "-");
	if (bench_row_value(row, bench_key_value(row->what.measure), &s) &&
	    s.median > 0)
		part_text((s.high - s.low) / s.median, text);
	cell(5, text);
	printf("\n");
}

static void print_joins(const struct bench_row *row)
{
	if (row->what.measure == BENCH_JOIN && row->packets)
		printf("  %llu times one of %u others joined and left\n",
		       (unsigned long long)row->joins, row->what.consumers - 1);
}

static void print_failure(const struct bench_row *row)
{
	if (row->failed)
		printf("  failed in %u of %u runs: %s\n", row->failed,
		       row->runs, row->why);
}

static void print_latency(const struct bench_report *report,
			  const struct bench_row *row)
{
	struct bench_spread s;
	char text[16];

	if (row->what.measure == BENCH_SELECT)
		printf("%-12s%8u%5u%3u", row->channel->name, row->what.streams,
		       row->what.active, row->what.consumers);
	else
		printf("%-12s%8s%5u%3u", row->channel->name,
		       bench_payload_text(&row->what, text), row->what.ring,
		       row->what.consumers);
	time_cell(row, BENCH_P50);
	time_cell(row, BENCH_P99);
	time_cell(row, BENCH_P99_9);
	time_cell(row, BENCH_P99_99);
	time_cell(row, BENCH_MAX);
	snprintf(text, sizeof(text), "-");
	if (bench_row_value(row, BENCH_CALLS, &s))
		snprintf(text, sizeof(text), "%.2f", s.median);
	cell(6, text);
	ratio_cells(report, row);
}

static void print_rate(const struct bench_report *report,
		       const struct bench_row *row)
{
	struct bench_spread s;
	char text[16];

	printf("%-12s%8s%5u%6u%3u", row->channel->name,
	       bench_payload_text(&row->what, text), row->what.ring,
	       row->what.batch, row->what.consumers);
	if (bench_row_value(row, BENCH_NS, &s)) {
		cell(10, many_text(1e9 / s.median, text));
		cell(8, row->what.touched
				? many_text(row->what.payload * 1e9 / s.median,
					    text)
				: "-");
	} else {
		printf("%10s%8s", "-", "-");
	}
	time_cell(row, BENCH_CPU_NS);
	snprintf(text, sizeof(text), "-");
	if (bench_row_value(row, BENCH_CALLS, &s))
		snprintf(text, sizeof(text), "%.3f", s.median);
	cell(7, text);
	ratio_cells(report, row);
}

static bool same_table(const struct bench_case *a, const struct bench_case *b)
{
	return a->measure == b->measure && a->wait == b->wait &&
	       a->same_cpu == b->same_cpu && a->threads == b->threads &&
	       a->fifo == b->fifo && a->stress == b->stress;
}

static void print_title(const struct bench_report *report,
			const struct bench_case *what)
{
	const struct bench_settings *s = &report->options->settings;

	printf("\n%s (%s, %s, ", measure_titles[what->measure],
	       wait_titles[what->wait],
	       what->threads ? "threads" : "processes");
	if (what->same_cpu)
		printf("all on CPU %d)\n", s->cpus[0]);
	else
		printf("on different CPUs)\n");
	if (what->fifo || what->stress)
		printf("%s, %s\n",
		       what->fifo ? "Real-time priority, memory locked"
				  : "Without a priority",
		       stress_texts[what->stress]);
	if (what->measure == BENCH_SELECT)
		printf("%-12s%8s%5s", "CHANNEL", "STREAMS", "WITH");
	else
		printf("%-12s%8s%5s", "CHANNEL", "PAYLOAD", "RING");
	if (what->measure == BENCH_RATE)
		printf("%6s%3s%10s%8s%7s%7s%6s%5s\n", "BATCH", "TO",
		       "PACKETS/S", "BYTES/S", "CPU", "CALLS", "LIMIT", "SPR.");
	else
		printf("%3s%7s%7s%7s%7s%7s%6s%6s%5s\n", "TO", "P50", "P99",
		       "P99.9", "P99.99", "MAX", "CALLS", "LIMIT", "SPR.");
}

/* All rows of the table that row @first begins. */
static void print_table(const struct bench_report *report, size_t first)
{
	const struct bench_plan *plan = &report->plan;

	print_title(report, &plan->rows[first].what);
	for (size_t i = first; i < plan->n; i++) {
		const struct bench_row *row = &plan->rows[i];

		if (!same_table(&row->what, &plan->rows[first].what))
			continue;
		if (row->what.measure == BENCH_RATE)
			print_rate(report, row);
		else
			print_latency(report, row);
		print_joins(row);
		print_failure(row);
	}
}

static void each_table(const struct bench_report *report,
		       void (*visit)(const struct bench_report *, size_t))
{
	const struct bench_plan *plan = &report->plan;

	for (size_t i = 0; i < plan->n; i++) {
		size_t k = 0;

		while (!same_table(&plan->rows[k].what, &plan->rows[i].what))
			k++;
		if (k == i)
			visit(report, i);
	}
}

static void print_memory(const struct bench_plan *plan)
{
	double write[BENCH_RUNS];
	double read[BENCH_RUNS];
	double copy[BENCH_RUNS];
	uint32_t n = plan->memory_runs;

	for (uint32_t i = 0; i < n; i++) {
		write[i] = plan->memory[i].write / 1e9;
		read[i] = plan->memory[i].read / 1e9;
		copy[i] = plan->memory[i].copy / 1e9;
	}
	if (n)
		printf("Memory: one CPU writes %.1f, reads %.1f and copies "
		       "%.1f GB/s\n",
		       bench_spread_of(write, n).median,
		       bench_spread_of(read, n).median,
		       bench_spread_of(copy, n).median);
}

static void print_machine(const struct bench_report *report)
{
	const struct bench_machine *m = &report->machine;
	const struct bench_settings *s = &report->options->settings;

	printf("Machine: %s, %u CPUs", m->model[0] ? m->model : "not known",
	       m->online);
	printf(m->virtual[0] ? ", virtual (%s)\n" : "%s\n", m->virtual);
	printf("System: %s; governor %s\n", m->kernel,
	       m->governor[0] ? m->governor : "not known");
	printf("Ends: producer on CPU %d, consumers on ", s->cpus[0]);
	for (uint32_t i = 1; i < s->n_cpus; i++)
		printf("%s%d", i > 1 ? ", " : "", s->cpus[i]);
	printf("%s%s\n", s->n_cpus > 1 ? "" : "the same one",
	       s->pin ? "" : " (not kept there)");
	printf("Clock: a look takes %u ns, which are taken off; steps of %u "
	       "ns\n",
	       (unsigned int)m->clock_ns, (unsigned int)m->step_ns);
	print_memory(&report->plan);
	printf("Figures: medians of %u runs; LIMIT: how many times the limit "
	       "they are;\nSPR.: by how much half of the runs differ; "
	       "(payload): not touched\n",
	       s->runs);
}

void bench_print(const struct bench_report *report)
{
	print_machine(report);
	each_table(report, print_table);
	bench_curves_print(&report->plan);
	if (report->n_notes)
		printf("\n");
	for (unsigned int i = 0; i < report->n_notes; i++)
		printf("Note: %s\n", report->notes[i]);
}

void bench_print_cases(const struct bench_report *report)
{
	const struct bench_plan *plan = &report->plan;

	printf("%-11s%-6s%-5s%-10s%8s%6s%6s%4s  %s\n", "MEASURE", "MODE", "ON",
	       "ENDS", "PAYLOAD", "RING", "BATCH", "TO", "CHANNEL");
	for (size_t i = 0; i < plan->n; i++) {
		const struct bench_case *c = &plan->rows[i].what;
		char text[16];

		printf("%-11s%-6s%-5s%-10s%8s%6u%6u%4u  %s\n",
		       bench_measure_names[c->measure],
		       bench_wait_names[c->wait], c->same_cpu ? "same" : "two",
		       c->threads ? "threads" : "processes",
		       bench_payload_text(c, text), c->ring, c->batch,
		       c->consumers, plan->rows[i].channel->name);
	}
	printf("\nChannels:\n");
	for (size_t i = 0; i < bench_channels_count; i++)
		printf("  %-12s %s%s\n", bench_channels[i]->name,
		       bench_channels[i]->limit ? "limit: " : "",
		       bench_channels[i]->text);
}
