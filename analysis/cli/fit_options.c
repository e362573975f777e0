// SPDX-License-Identifier: MIT
/*
 * fit_options.c - the options of `dsi fit`.
 */
#include <stdio.h>
#include <string.h>

#include "describe/quantity.h"
#include "fit_options.h"
#include "option.h"
#include "plot/plot.h"

enum {
	KEY_FORMAT = 256,
	KEY_COLUMN,
	KEY_SEQ,
	KEY_SEQ_BITS,
	KEY_UNIT,
	KEY_STREAM,
	KEY_PERIOD,
	KEY_CHECK,
	KEY_JITTER,
	KEY_DISTANCE,
	KEY_MARGIN,
	KEY_JSON,
	KEY_EMIT,
	KEY_PLOT,
	KEY_PLOT_CURVES,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "The recording:", 1},
	{"format", KEY_FORMAT, "NAME", 0,
	 "text (a time stamp in a line), csv, or json (a value in a line); "
	 "default: by the file's ending .csv, .json or .jsonl, else text",
	 0},
	{"column", KEY_COLUMN, "NAME|N", 0,
	 "the column or member with the time stamps (default: column 1)", 0},
	{"seq", KEY_SEQ, "NAME|N", 0,
	 "likewise with sequence numbers; without it packets are counted", 0},
	{"seq-bits", KEY_SEQ_BITS, "N", 0,
	 "sequence numbers have N bits and wrap around", 0},
	{"unit", KEY_UNIT, "UNIT", 0,
	 "of bare numbers: ns, us, ms, s, or a time such as 1/90000s; the "
	 "column's name may say it: _ns, _us, _ms, _s",
	 0},
	{"stream", KEY_STREAM, "NAME|ID", 0,
	 "of a trace: the stream whose commits are looked at", 0},
	{NULL, 0, NULL, 0, "The question:", 2},
	{"period", KEY_PERIOD, "TIME", 0,
	 "the period is known (default: the one with the least jitter)", 0},
	{"margin", KEY_MARGIN, "TIME|PERCENT", 0,
	 "add so much to the jitter, and take it off the distance", 0},
	{"check", KEY_CHECK, NULL, 0,
	 "does the recording keep to --period with --jitter, and to "
	 "--distance? Exits with 1 if not",
	 0},
	{"jitter", KEY_JITTER, "TIME", 0, "for --check", 0},
	{"distance", KEY_DISTANCE, "TIME", 0, "for --check", 0},
	{NULL, 0, NULL, 0, "The answer:", 3},
	{"json", KEY_JSON, NULL, 0, "print a JSON object", 0},
	{"emit", KEY_EMIT, NULL, 0,
	 "print a line for `dsi size --batch -` instead", 0},
	{"plot", KEY_PLOT, "FILE", 0,
	 "draw the lateness over time, as .svg or .gp", 0},
	{"plot-curves", KEY_PLOT_CURVES, "FILE", 0,
	 "draw the arrival curves, observed and fitted", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);

const struct argp fit_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE|DIR",
	.doc = "Find the tightest period, jitter and minimum distance of "
	       "recorded time stamps. FILE - is standard input; DIR is a trace "
	       "of dsi."
	       "\vWhat is found describes the recording and is no bound. "
	       "Times have a unit: 20ms, 1/60s.",
};

static void parse_format(struct argp_state *state, struct fit_options *o,
			 const char *arg)
{
	if (strcmp(arg, "text") == 0)
		o->source.format = FIT_TEXT;
	else if (strcmp(arg, "csv") == 0)
		o->source.format = FIT_CSV;
	else if (strcmp(arg, "json") == 0)
		o->source.format = FIT_JSON_LINES;
	else
		argp_error(state,
			   "--format: '%s' is no format; there are: text, csv, "
			   "json",
			   arg);
	o->format_given = true;
}

/* "ms" is 1ms; anything else is a time itself. */
static void parse_unit(struct argp_state *state, struct fit_options *o,
		       const char *arg)
{
	static const char *const names[] = {"ns", "us", "ms", "s"};
	char why[QUANTITY_WHY_BYTES] = "";
	char one[16];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(arg, names[i]) == 0) {
			snprintf(one, sizeof(one), "1%.2s", names[i]);
			arg = one;
			break;
		}
	}
	if (!quantity_time(arg, NULL, &o->source.unit, why))
		argp_error(state,
			   "--unit: %s; give ns, us, ms, s or a time such as "
			   "1/90000s",
			   why);
	else if (exact_sign(o->source.unit) <= 0)
		argp_error(state, "--unit: '%s' is not more than 0", arg);
}

static void parse_plot(struct argp_state *state, const char *option,
		       const char *arg, const char **out)
{
	char why[PLOT_WHY_BYTES] = "";

	if (!plot_path_ok(arg, why))
		argp_error(state, "%s: %s", option, why);
	*out = arg;
}

static error_t parse_question(int key, char *arg, struct argp_state *state)
{
	struct fit_options *o = state->input;

	switch (key) {
	case KEY_PERIOD:
		o->period = arg;
		return 0;
	case KEY_CHECK:
		o->check = true;
		return 0;
	case KEY_JITTER:
		o->jitter = arg;
		return 0;
	case KEY_DISTANCE:
		o->distance = arg;
		return 0;
	case KEY_MARGIN:
		o->margin = arg;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_EMIT:
		o->emit = true;
		return 0;
	case KEY_PLOT:
		parse_plot(state, "--plot", arg, &o->plot);
		return 0;
	case KEY_PLOT_CURVES:
		parse_plot(state, "--plot-curves", arg, &o->plot_curves);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void check_options(struct argp_state *state, const struct fit_options *o)
{
	if (!o->check && (o->jitter || o->distance))
		argp_error(state, "--jitter and --distance are for --check");
	if (o->check && !o->jitter && !o->distance)
		argp_error(state, "--check needs --jitter, --distance or both");
	if (o->jitter && !o->period)
		argp_error(state, "--check --jitter needs --period");
	if (o->json && o->emit)
		argp_error(state, "--json and --emit exclude each other");
	if (o->check && o->emit)
		argp_error(state, "--check and --emit exclude each other");
	if (o->source.seq_bits && !o->source.seq)
		argp_error(state, "--seq-bits needs --seq");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct fit_options *o = state->input;
	uint32_t bits = 0;

	switch (key) {
	case KEY_FORMAT:
		parse_format(state, o, arg);
		return 0;
	case KEY_COLUMN:
		o->source.column = arg;
		return 0;
	case KEY_SEQ:
		o->source.seq = arg;
		return 0;
	case KEY_SEQ_BITS:
		option_count32(state, "--seq-bits", arg, 2, 62, &bits);
		o->source.seq_bits = bits;
		return 0;
	case KEY_UNIT:
		parse_unit(state, o, arg);
		return 0;
	case KEY_STREAM:
		o->stream = arg;
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->source.name, NULL);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "give a FILE with time stamps, or -");
		return 0;
	case ARGP_KEY_END:
		check_options(state, o);
		return 0;
	default:
		return parse_question(key, arg, state);
	}
}
