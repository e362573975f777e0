// SPDX-License-Identifier: MIT
/*
 * latency_command.c - `dsi latency`: where the time went, from a trace.
 */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "cli.h"
#include "latency_report.h"
#include "message.h"
#include "progress.h"

#define SHOW_NS UINT64_C(200000000)
#define WORST_OF_PAGE 100u /* some lie side by side */

static int run(int argc, char **argv);

const struct cli_command cli_latency = {
	.name = "latency",
	.summary = "where the time went, from a recorded trace",
	.run = run,
};

static bool take(void *data, const struct trace_event *event)
{
	struct latency_report *report = data;

	return trace_model_take(&report->model, event);
}

static void show_progress(void *data, uint64_t events, double part)
{
	static uint64_t shown_ns;
	uint64_t now_ns = dsi_now();
	char line[128];

	(void)data;
	if (now_ns - shown_ns < SHOW_NS)
		return;
	shown_ns = now_ns;
	if (part >= 0)
		snprintf(line, sizeof(line), "%.0f %%, %" PRIu64 " events",
			 100 * (part > 1 ? 1 : part), events);
	else
		snprintf(line, sizeof(line), "%" PRIu64 " events", events);
	message_status(line);
}

/* Reads the trace into @report->model.  Return: an exit code. */
static int read_trace(struct latency_report *report)
{
	const struct latency_options *o = report->options;
	struct trace_reading *reading = &report->reading;
	char why[TRACE_WHY_BYTES] = "";
	struct progress progress;
	enum trace_status status;

	progress_init(&progress, o->progress);
	*reading = (struct trace_reading){
		.folder = o->folder, .take = take, .data = report};
	if (progress.on)
		reading->progress = show_progress;
	trace_model_init(&report->model);
	status = trace_read(reading, why);
	if (progress.on)
		message_status_end();
	if (status == TRACE_OK && report->model.no_memory) {
		message_error(o->folder, "out of memory");
		return CLI_FAILURE;
	}
	if (status != TRACE_OK) {
		message_error(o->folder, "%s", why);
		return status == TRACE_BAD ? CLI_USAGE : CLI_FAILURE;
	}
	trace_model_finish(&report->model);
	return CLI_OK;
}

/* What keeps a report from being what one thinks it is. */
static int look_at_reading(struct latency_report *report)
{
	const struct trace_reading *r = &report->reading;
	const char *folder = report->options->folder;
	char lost[LATENCY_LABEL_BYTES];

	report->lost = r->lost.events || r->lost.packets || r->lost.unknown;
	if (r->events == 0) {
		message_error(folder,
			      "no event of dsi among %" PRIu64
			      "; were the events 'dsi:*' enabled, and was the "
			      "provider libdsi-lttng.so loaded?",
			      r->other);
		return CLI_USAGE;
	}
	if (report->lost)
		message_note(folder,
			     "%s events were lost: what is shown is "
			     "incomplete; record with more or larger "
			     "sub-buffers",
			     latency_lost(report, lost));
	return CLI_OK;
}

static int find_stream(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;
	char label[LATENCY_LABEL_BYTES];
	size_t i;

	for (i = 0; i < m->n_streams; i++) {
		if (latency_wants_stream(report->options, m->streams[i]))
			return CLI_OK;
	}
	message_error(report->options->stream,
		      "is no stream of this trace; there are:");
	for (i = 0; i < m->n_streams; i++)
		message_error(NULL, "  %s (0x%" PRIx64 ")",
			      latency_label(report, m->streams[i], label),
			      m->streams[i]->id);
	return CLI_USAGE;
}

static int find_reader(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;

	if (!report->options->has_reader)
		return CLI_OK;
	for (size_t i = 0; i < m->n_streams; i++) {
		const struct trace_stream *s = m->streams[i];

		if (!latency_wants_stream(report->options, s))
			continue;
		for (size_t k = 0; k < s->n_readers; k++) {
			if (latency_wants_reader(report->options,
						 s->readers[k]))
				return CLI_OK;
		}
	}
	message_error("--reader",
		      "there is no reader %" PRIu64
		      "; `dsi latency %s` shows which there are",
		      report->options->reader, report->options->folder);
	return CLI_USAGE;
}

static bool has_packets(const struct latency_report *report,
			const struct trace_stream *s)
{
	uint64_t n = s->commits;

	if (report->options->has_reader)
		n = 0;
	for (size_t i = 0; i < s->n_readers; i++) {
		if (latency_wants_reader(report->options, s->readers[i]))
			n += s->readers[i]->gets + s->readers[i]->releases;
	}
	return n && latency_wants_stream(report->options, s);
}

/* Where nothing happened nothing was kept either. */
static int find_packets(const struct latency_report *report)
{
	const struct trace_model *m = &report->model;

	if (!report->options->check || report->lost)
		return CLI_OK;
	for (size_t i = 0; i < m->n_streams; i++) {
		if (has_packets(report, m->streams[i]))
			return CLI_OK;
	}
	message_error(report->options->folder,
		      "no packet in what --check shall look at, so there is no "
		      "verdict; take a larger window, or record for longer");
	return CLI_USAGE;
}

static int print_top(struct latency_report *report)
{
	size_t n;
	struct latency_worst *worst =
		latency_worst_of(report, report->options->top, &n);

	if (!worst) {
		message_error(report->options->folder, "out of memory");
		return CLI_FAILURE;
	}
	if (report->options->form == LATENCY_CSV)
		latency_print_top_csv(report, worst, n);
	else
		latency_print_top(report, worst, n);
	free(worst);
	return CLI_OK;
}

static int print(struct latency_report *report)
{
	const struct latency_options *o = report->options;

	if (o->form == LATENCY_HGRM)
		return latency_print_hgrm(report);
	if (o->form == LATENCY_JSON) {
		if (latency_print_json(report))
			return CLI_OK;
		message_error(o->folder, "out of memory");
		return CLI_FAILURE;
	}
	if (o->view == LATENCY_LOG)
		return CLI_OK;
	if (o->view == LATENCY_TOP)
		return print_top(report);
	if (o->form == LATENCY_CSV)
		latency_print_csv(report);
	else if (o->check)
		latency_print_check(report);
	else if (o->view == LATENCY_FREQUENCY)
		latency_print_frequency(report);
	else if (o->view == LATENCY_PERIODS)
		latency_print_periods(report);
	else
		latency_print_summary(report);
	return CLI_OK;
}

static int verdict(const struct latency_report *report)
{
	if (!report->options->check)
		return CLI_OK;
	if (report->lost)
		return CLI_USAGE;
	return latency_each_breach(report, NULL, NULL) ? CLI_FAILURE : CLI_OK;
}

static int answer(struct latency_report *report)
{
	struct latency_perfetto *perfetto = NULL;
	int code;

	if (report->options->perfetto) {
		perfetto = latency_perfetto_open(report);
		if (!perfetto)
			return CLI_FAILURE;
	} else if (report->options->view == LATENCY_LOG) {
		latency_log_begin(report);
	}
	code = read_trace(report);
	if (code == CLI_OK)
		code = look_at_reading(report);
	if (perfetto) {
		int closed = latency_perfetto_close(perfetto);

		code = code == CLI_OK ? closed : code;
	}
	if (code == CLI_OK)
		code = find_stream(report);
	if (code == CLI_OK)
		code = find_reader(report);
	if (code == CLI_OK)
		code = find_packets(report);
	if (code == CLI_OK)
		code = print(report);
	if (code == CLI_OK)
		code = message_output();
	if (code == CLI_OK && report->options->html)
		code = latency_html_write(report);
	return code == CLI_OK ? verdict(report) : code;
}

static int run(int argc, char **argv)
{
	struct latency_options o = {.progress = PROGRESS_AUTO};
	struct latency_report report = {.options = &o};
	int code;

	if (argp_parse(&latency_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	if (o.html && !latency_html_ready())
		return CLI_FAILURE;
	if (o.perfetto && o.view == LATENCY_LOG) {
		message_error("--perfetto", "goes with any view but --log");
		return CLI_USAGE;
	}
	report.model.after_begin_ns = o.begin_ns;
	report.model.after_end_ns = o.end_ns;
	report.model.worst_of = o.metric;
	report.model.worst_room = o.top;
	if (o.html && o.top < WORST_OF_PAGE)
		report.model.worst_room = WORST_OF_PAGE;
	report.model.want_series = o.html != NULL;
	code = answer(&report);
	trace_model_fini(&report.model);
	return code;
}
