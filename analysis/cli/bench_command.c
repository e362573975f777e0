// SPDX-License-Identifier: MIT
/*
 * bench_command.c - `dsi bench`: how fast packets are handed over, beside what
 * the machine can do.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dsi/dsi.h>

#include "bench_report.h"
#include "cli.h"
#include "message.h"
#include "progress.h"

#define BUSY 0.05 /* of our CPUs' time, by others */
#define UNSTEADY 1.5
#define SHOW_NS UINT64_C(200000000)
#define MIB (1024u * 1024u)

static int run(int argc, char **argv);

const struct cli_command cli_bench = {
	.name = "bench",
	.summary = "how fast packets are handed over on this machine",
	.run = run,
};

/* ---- where ---------------------------------------------------------------- */

static int check_cpus(const struct bench_report *report,
		      const struct bench_settings *s)
{
	for (uint32_t i = 0; i < s->n_cpus; i++) {
		if (bench_machine_allows(&report->machine, s->cpus[i]))
			continue;
		message_error("--cpus",
			      "this process may not use CPU %d; it may use %u "
			      "CPUs, beginning with %d",
			      s->cpus[i], report->machine.allowed,
			      report->machine.cpus[0]);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int find_cpus(struct bench_report *report, struct bench_options *o)
{
	struct bench_settings *s = &o->settings;
	int err;

	if (!report->machine.allowed) {
		message_error(NULL, "the system does not say which CPUs may be "
				    "used");
		return CLI_FAILURE;
	}
	if (!o->cpus_given)
		s->n_cpus = bench_machine_choose(&report->machine, s->cpus,
						 BENCH_SIDES);
	else if (check_cpus(report, s))
		return CLI_USAGE;
	err = s->pin ? bench_machine_pin(s->cpus[0]) : 0;
	if (err) {
		s->pin = false;
		bench_note(report,
			   "ends could not be kept on their CPUs (%s): the "
			   "system puts them where it likes",
			   dsi_strerror(err));
	}
	return CLI_OK;
}

/* ---- what ----------------------------------------------------------------- */

static void choose_channels(struct bench_options *o)
{
	if (o->n_channels)
		return;
	for (size_t i = 0; i < bench_channels_count; i++)
		if (!bench_channels[i]->limit && !bench_channels[i]->asked &&
		    o->n_channels < BENCH_LIST)
			o->channels[o->n_channels++] = bench_channels[i];
}

static void note_left_out(struct bench_report *report,
			  const struct bench_selection *s)
{
	const char *few = s->n_cpus == 1 ? "there is one CPU only to measure on"
					 : "each end that polls needs a CPU";

	if (s->few_cpus)
		bench_note(report, "%u cases are left out: %s", s->few_cpus,
			   few);
	if (s->large)
		bench_note(report,
			   "%u cases are left out: payload times ring is more "
			   "than 512 MiB",
			   s->large);
	if (s->unfit)
		bench_note(report,
			   "%u cases are left out: the channel cannot do them",
			   s->unfit);
}

static int select_cases(struct bench_report *report,
			const struct bench_options *o)
{
	struct bench_selection s = {
		.plan = &report->plan,
		.n_cpus = o->settings.n_cpus,
	};

	bench_select(o, &s);
	if (s.no_memory) {
		message_error(NULL, "out of memory");
		return CLI_FAILURE;
	}
	note_left_out(report, &s);
	if (report->plan.n)
		return CLI_OK;
	message_error(NULL,
		      "there is nothing to measure: %u cases need more "
		      "CPUs, %u make no sense (a batch larger than the "
		      "ring or in a round trip, polling on one CPU), %u "
		      "take too much memory, %u are not for the channel",
		      s.few_cpus, s.senseless, s.large, s.unfit);
	return CLI_USAGE;
}

/* ---- measuring ------------------------------------------------------------- */

static void show_progress(void *data, const struct bench_row *row, size_t done,
			  size_t all)
{
	static uint64_t shown_ns;
	uint64_t now_ns = bench_now();
	char line[128];
	char payload[16];

	(void)data;
	if (now_ns - shown_ns < SHOW_NS)
		return;
	shown_ns = now_ns;
	snprintf(line, sizeof(line), "%zu of %zu: %s %s %s %s", done + 1, all,
		 bench_measure_names[row->what.measure],
		 bench_wait_names[row->what.wait],
		 bench_payload_text(&row->what, payload), row->channel->name);
	message_status(line);
}

static int measure(struct bench_report *report)
{
	const struct bench_settings *s = &report->options->settings;
	struct bench_load before;
	struct bench_load after;
	struct progress progress;
	bool looked;
	int err;

	progress_init(&progress, report->options->progress);
	looked = bench_load_look(s->cpus, s->n_cpus, &before);
	err = bench_plan_run(&report->plan, s, report->machine.clock_ns,
			     progress.on ? show_progress : NULL, NULL);
	looked = looked && bench_load_look(s->cpus, s->n_cpus, &after);
	if (progress.on)
		message_status_end();
	report->foreign = looked ? bench_load_foreign(&before, &after) : -1;
	report->stolen = looked ? bench_load_stolen(&before, &after) : -1;
	report->time_s = time(NULL);
	if (!err)
		return CLI_OK;
	message_error(NULL, "cannot measure: %s", dsi_strerror(err));
	return CLI_FAILURE;
}

/* ---- judging --------------------------------------------------------------- */

static void note_load(struct bench_report *report)
{
	uint32_t disturbed = 0;
	uint32_t runs = 0;

	for (size_t i = 0; i < report->plan.n; i++) {
		disturbed += report->plan.rows[i].disturbed;
		runs += report->plan.rows[i].runs;
	}
	if (report->foreign > BUSY)
		bench_note(report,
			   "other programs had %.0f %% of these CPUs: the "
			   "figures are too large; measure when the machine is "
			   "idle",
			   100 * report->foreign);
	if (report->stolen > 0.01)
		bench_note(report,
			   "other virtual machines had %.0f %% of these CPUs",
			   100 * report->stolen);
	if (disturbed)
		bench_note(report,
			   "in %u of %u measurements an end waited for its CPU "
			   "for more than 2 %% of the time",
			   disturbed, runs);
}

/* A machine that stays as it is gives the same cache line in the same time. */
static void note_unsteady(struct bench_report *report)
{
	for (size_t i = 0; i < report->plan.n && report->foreign < BUSY; i++) {
		const struct bench_row *row = &report->plan.rows[i];
		struct bench_spread s;

		if (row->channel != &bench_line || row->what.payload ||
		    !bench_row_value(row, BENCH_MIDDLE, &s) ||
		    s.high < UNSTEADY * s.low)
			continue;
		bench_note(report,
			   "a cache line took %.0f to %.0f ns there and back: "
			   "the machine changed meanwhile, as virtual ones do "
			   "that are moved; look at ratios",
			   s.low, s.high);
		return;
	}
}

static bool counts_instructions(const struct bench_report *report)
{
	struct bench_spread s;

	for (size_t i = 0; i < report->plan.n; i++)
		if (bench_row_value(&report->plan.rows[i], BENCH_INSTRUCTIONS,
				    &s))
			return true;
	return false;
}

static void note_all(struct bench_report *report)
{
	const struct bench_settings *s = &report->options->settings;

	note_load(report);
	note_unsteady(report);
	if (s->n_cpus > 1 && bench_machine_siblings(s->cpus[0], s->cpus[1]))
		bench_note(report,
			   "CPU %d and CPU %d are threads of one core, which "
			   "share its caches",
			   s->cpus[0], s->cpus[1]);
	if (!counts_instructions(report))
		bench_note(report,
			   "instructions were not counted: no counter, or no "
			   "right to read it");
	if (report->machine.virtual[0])
		bench_note(report,
			   "in a virtual machine a CPU that wakes up, and the "
			   "largest times, depend on what the host does");
}

static int verdict(const struct bench_report *report)
{
	int code = CLI_OK;

	for (size_t i = 0; i < report->plan.n; i++) {
		const struct bench_row *row = &report->plan.rows[i];

		if (!row->failed)
			continue;
		message_error(row->channel->name, "%s, mode %s: %s",
			      bench_measure_names[row->what.measure],
			      bench_wait_names[row->what.wait], row->why);
		code = CLI_FAILURE;
	}
	return code;
}

static int answer(struct bench_report *report)
{
	const struct bench_options *o = report->options;
	int code;

	note_all(report);
	bench_print(report);
	code = message_output();
	if (code == CLI_OK && o->json)
		code = bench_json_write(report, o->json);
	if (code == CLI_OK && o->html)
		code = bench_html_write(report, o->html);
	if (code == CLI_OK)
		code = verdict(report);
	if (code == CLI_OK && o->compare)
		code = bench_compare_report(o->compare, report);
	return code;
}

static int bench(struct bench_report *report, struct bench_options *o)
{
	int code;

	bench_machine_look(&report->machine);
	choose_channels(o);
	code = find_cpus(report, o);
	if (code == CLI_OK)
		code = select_cases(report, o);
	if (code == CLI_OK && o->list) {
		bench_print_cases(report);
		return message_output();
	}
	if (code == CLI_OK)
		code = measure(report);
	return code == CLI_OK ? answer(report) : code;
}

static void set_defaults(struct bench_options *o)
{
	struct bench_settings *s = &o->settings;

	if (!s->runs)
		s->runs = o->quick ? 3 : 10;
	if (!s->time_ns)
		s->time_ns = o->quick ? 20000000 : 100000000;
	s->memory_bytes = (o->quick ? 8u : 64u) * MIB;
}

static int run(int argc, char **argv)
{
	struct bench_options o = {
		.progress = PROGRESS_AUTO,
		.settings = {.pin = true,
			     .interval_ns = 100000,
			     .spin_ns = 50000},
	};
	struct bench_report *report;
	int code;

	if (argp_parse(&bench_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	if (o.with)
		return bench_compare_files(o.compare, o.with);
	if (o.html && !bench_html_ready())
		return CLI_FAILURE;
	if (o.compare && !bench_compare_ready(o.compare))
		return CLI_USAGE;
	set_defaults(&o);
	report = calloc(1, sizeof(*report));
	if (!report) {
		message_error(NULL, "out of memory");
		return CLI_FAILURE;
	}
	report->options = &o;
	code = bench(report, &o);
	bench_plan_fini(&report->plan);
	free(report);
	return code;
}
