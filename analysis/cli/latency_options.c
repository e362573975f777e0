// SPDX-License-Identifier: MIT
/*
 * latency_options.c - the options of `dsi latency`.
 */
#include <string.h>

#include "latency_options.h"
#include "option.h"
#include "progress.h"
#include "trace/trace_worst.h"

enum {
	KEY_LOG = 256,
	KEY_TOP,
	KEY_FREQUENCY,
	KEY_PERIODS,
	KEY_METRIC,
	KEY_STREAM,
	KEY_READER,
	KEY_BEGIN,
	KEY_END,
	KEY_CHECK,
	KEY_JSON,
	KEY_CSV,
	KEY_HGRM,
	KEY_PERFETTO,
	KEY_HTML,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What to show (default: a summary):", 1},
	{"log", KEY_LOG, NULL, 0, "every packet that a reader gave back", 0},
	{"top", KEY_TOP, "N", 0, "the N worst packets of the metric", 0},
	{"frequency", KEY_FREQUENCY, NULL, 0,
	 "how often which value of the metric came", 0},
	{"periods", KEY_PERIODS, NULL, 0,
	 "period, jitter and drift of the commits against the declared", 0},
	{"check", KEY_CHECK, NULL, 0,
	 "was kept what was declared? Exits with 1 if not, with 2 if events "
	 "were lost, because then nobody can say",
	 0},
	{NULL, 0, NULL, 0, "Of what:", 2},
	{"metric", KEY_METRIC, "NAME", 0,
	 "latency (default), hold, response, end_to_end, wait, wakeup, fill, "
	 "reclaim, turnaround, period, period_error",
	 0},
	{"stream", KEY_STREAM, "NAME|ID", 0, "only this stream", 0},
	{"reader", KEY_READER, "N", 0, "only this reader", 0},
	{"begin", KEY_BEGIN, "TIME", 0,
	 "only what ended from TIME after the first event on", 0},
	{"end", KEY_END, "TIME", 0, "and until TIME after it", 0},
	{NULL, 0, NULL, 0, "The form:", 3},
	{"json", KEY_JSON, NULL, 0, "print a JSON object", 0},
	{"csv", KEY_CSV, NULL, 0, "print comma-separated values", 0},
	{"hgrm", KEY_HGRM, NULL, 0,
	 "print the percentiles of one histogram as HdrHistogram does", 0},
	{"perfetto", KEY_PERFETTO, "FILE", 0,
	 "write the packets for ui.perfetto.dev, as JSON", 0},
	{"html", KEY_HTML, "FILE", 0,
	 "write a page with pictures, one file that needs no other", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {
	{&progress_argp, 0, NULL, 0},
	{NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);

const struct argp latency_argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "DIR",
	.doc = "Say where the time went, from a trace of the events of dsi: "
	       "DIR "
	       "is what `dsi trace record` or lttng wrote."
	       "\vTimes have a unit: 20ms, 1.5s. Percentiles are those of "
	       "histograms: at most 3.2 % too large, never too small.",
};

static void set_view(struct argp_state *state, enum latency_view view)
{
	struct latency_options *o = state->input;

	if (o->view != LATENCY_SUMMARY && o->view != view)
		argp_error(state, "--log, --top, --frequency and --periods "
				  "exclude each other");
	o->view = view;
}

static void set_form(struct argp_state *state, enum latency_form form)
{
	struct latency_options *o = state->input;

	if (o->form != LATENCY_TEXT && o->form != form)
		argp_error(state,
			   "--json, --csv and --hgrm exclude each other");
	o->form = form;
}

static void parse_metric(struct argp_state *state, const char *arg)
{
	struct latency_options *o = state->input;
	char known[256] = "";
	unsigned int i;

	o->has_metric = true;
	if (trace_metric_find(arg, &o->metric))
		return;
	for (i = 0; i < TRACE_METRICS; i++) {
		strncat(known, i ? ", " : "",
			sizeof(known) - strlen(known) - 1);
		strncat(known, trace_metric_key((enum trace_metric_id)i),
			sizeof(known) - strlen(known) - 1);
	}
	argp_error(state, "--metric: '%s' is none; there are: %s", arg, known);
}

static error_t parse_form(int key, char *arg, struct argp_state *state)
{
	struct latency_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		set_form(state, LATENCY_JSON);
		return 0;
	case KEY_CSV:
		set_form(state, LATENCY_CSV);
		return 0;
	case KEY_HGRM:
		set_form(state, LATENCY_HGRM);
		return 0;
	case KEY_PERFETTO:
		o->perfetto = arg;
		return 0;
	case KEY_HTML:
		o->html = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	struct latency_options *o = state->input;

	switch (key) {
	case KEY_METRIC:
		parse_metric(state, arg);
		return 0;
	case KEY_STREAM:
		o->stream = arg;
		return 0;
	case KEY_READER:
		option_count(state, "--reader", arg, 0, UINT32_MAX, &o->reader);
		o->has_reader = true;
		return 0;
	case KEY_BEGIN:
		option_duration(state, "--begin", arg, false, &o->begin_ns);
		return 0;
	case KEY_END:
		option_duration(state, "--end", arg, false, &o->end_ns);
		if (!o->end_ns)
			argp_error(state,
				   "--end: '%s' is no time after the "
				   "first event",
				   arg);
		return 0;
	default:
		return parse_form(key, arg, state);
	}
}

static void check_options(struct argp_state *state,
			  const struct latency_options *o)
{
	if (o->end_ns && o->end_ns <= o->begin_ns)
		argp_error(state, "--end must be after --begin");
	if (o->check && (o->view != LATENCY_SUMMARY ||
			 (o->form != LATENCY_TEXT && o->form != LATENCY_JSON)))
		argp_error(state, "--check goes with text and --json only, and "
				  "with no other view");
	if (o->form == LATENCY_HGRM && o->view != LATENCY_SUMMARY &&
	    o->view != LATENCY_FREQUENCY)
		argp_error(state, "--hgrm is of a histogram, not of packets");
	if (o->has_metric && o->view == LATENCY_LOG)
		argp_error(state, "--log shows all times of a packet; leave "
				  "out --metric");
	if (o->form == LATENCY_JSON && o->view == LATENCY_LOG)
		argp_error(state, "--log is text or --csv");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct latency_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->progress;
		return 0;
	case KEY_LOG:
		set_view(state, LATENCY_LOG);
		return 0;
	case KEY_TOP:
		option_count32(state, "--top", arg, 1, TRACE_WORST_MAX,
			       &o->top);
		set_view(state, LATENCY_TOP);
		return 0;
	case KEY_FREQUENCY:
		set_view(state, LATENCY_FREQUENCY);
		return 0;
	case KEY_PERIODS:
		set_view(state, LATENCY_PERIODS);
		return 0;
	case KEY_CHECK:
		o->check = true;
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->folder, NULL);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "give the folder of a trace");
		return 0;
	case ARGP_KEY_END:
		check_options(state, o);
		return 0;
	default:
		return parse_filter(key, arg, state);
	}
}
