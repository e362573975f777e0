// SPDX-License-Identifier: MIT
/*
 * curve_command.c - `dsi curve`: min-plus algebra with curves.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "curve/curve_file.h"
#include "curve_command.h"
#include "message.h"
#include "describe/nearest.h"
#include "option.h"
#include "plot/plot.h"

#define NO_BOUND 3
#define OUT_OF_RANGE 4

enum {
	KEY_JSON = 256,
	KEY_PLOT,
	KEY_UNTIL,
	KEY_MAX_SEGMENTS,
};

typedef enum curve_status two_curves(struct curve_work *w,
				     const struct curve *f,
				     const struct curve *g, struct curve *out);
typedef enum curve_status deviation(struct curve_work *w, const struct curve *f,
				    const struct curve *g, struct exact *out);

enum operands {
	ONE_CURVE,
	TWO_CURVES,
	MANY_CURVES,
	CURVE_AND_NUMBER,
};

struct operation {
	const char *name;
	enum operands operands;
	two_curves *combine;
	deviation *measure;
	const char *usage;
};

static const struct operation operations[] = {
	{"show", ONE_CURVE, NULL, NULL, "show CURVE"},
	{"eval", CURVE_AND_NUMBER, NULL, NULL, "eval CURVE T"},
	{"scale", CURVE_AND_NUMBER, NULL, NULL, "scale CURVE FACTOR"},
	{"add", MANY_CURVES, curve_add, NULL, "add CURVE CURVE..."},
	{"sub", TWO_CURVES, curve_sub, NULL, "sub CURVE CURVE"},
	{"min", MANY_CURVES, curve_min, NULL, "min CURVE CURVE..."},
	{"max", MANY_CURVES, curve_max, NULL, "max CURVE CURVE..."},
	{"conv", MANY_CURVES, curve_conv, NULL, "conv CURVE CURVE..."},
	{"deconv", TWO_CURVES, curve_deconv, NULL, "deconv CURVE CURVE"},
	{"leftover", TWO_CURVES, curve_leftover, NULL,
	 "leftover SERVICE ARRIVALS"},
	{"vdev", TWO_CURVES, NULL, curve_vdev, "vdev ARRIVALS SERVICE"},
	{"hdev", TWO_CURVES, NULL, curve_hdev, "hdev ARRIVALS SERVICE"},
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

struct curve_options {
	const struct operation *operation;
	const char *operands[CURVE_MOST_OPERANDS];
	size_t n_operands;
	struct exact until;
	size_t max_segments;
	const char *plot;
	bool json;
};

/**
 * struct job - the operands, and behind them the result.
 */
struct job {
	struct curve_work work;
	struct curve curves[CURVE_MOST_OPERANDS + 1];
	const char *names[CURVE_MOST_OPERANDS + 1];
	size_t n;
};

static const struct argp_option options[] = {
	{"json", KEY_JSON, NULL, 0,
	 "print JSON; a curve can be read again with file:", 0},
	{"plot", KEY_PLOT, "FILE", 0, "draw all curves, as .svg or .gp", 0},
	{"until", KEY_UNTIL, "T", 0, "end of the drawing", 0},
	{"max-segments", KEY_MAX_SEGMENTS, "N", 0,
	 "refuse curves with more segments (default 100000)", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp curve_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "OPERATION CURVE [CURVE...|NUMBER]",
	.doc = "Compute with piecewise linear curves, in exact fractions."
	       "\vOperations: show C; eval C T; scale C FACTOR; add, min, max, "
	       "conv C C...; sub, deconv C C; leftover SERVICE ARRIVALS; vdev, "
	       "hdev ARRIVALS SERVICE (backlog, delay).\n"
	       "Curves: tb:RATE,BURST (token bucket); rl:RATE,LATENCY; "
	       "jcs:T,TAU,D and jcs-min:T,TAU (packets of a jitter-constrained "
	       "stream in a half-open window); file:PATH, see dsi-curve(1). "
	       "Numbers have no unit: 3, 2.5, 1/60.",
};

const struct cli_command cli_curve = {
	.name = "curve",
	.summary = "compute with arrival and service curves",
	.run = run,
};

static void find_operation(struct argp_state *state, struct curve_options *o,
			   const char *name)
{
	const char *names[OPERATIONS];
	const char *nearest;
	size_t i;

	for (i = 0; i < OPERATIONS; i++) {
		names[i] = operations[i].name;
		if (strcmp(name, names[i]) == 0) {
			o->operation = &operations[i];
			return;
		}
	}
	nearest = nearest_word(name, names, OPERATIONS);
	argp_error(state,
		   "'%s' is no operation%s%s; there are: show, eval, scale, "
		   "add, sub, min, max, conv, deconv, leftover, vdev, hdev",
		   name, nearest ? "; did you mean " : "",
		   nearest ? nearest : "");
}

static void add_operand(struct argp_state *state, struct curve_options *o,
			const char *arg)
{
	if (!o->operation)
		find_operation(state, o, arg);
	else if (o->n_operands == CURVE_MOST_OPERANDS)
		argp_error(state, "at most %d curves", CURVE_MOST_OPERANDS);
	else
		o->operands[o->n_operands++] = arg;
}

static void check_operands(struct argp_state *state,
			   const struct curve_options *o)
{
	size_t least;

	if (!o->operation) {
		argp_error(state, "give an operation and its curves");
		return;
	}
	least = o->operation->operands == ONE_CURVE ? 1 : 2;
	if (o->n_operands < least ||
	    (o->n_operands > least && o->operation->operands != MANY_CURVES))
		argp_error(state, "%zu operands; write: %s", o->n_operands,
			   o->operation->usage);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct curve_options *o = state->input;
	char why[PLOT_WHY_BYTES] = "";
	uint64_t count = 0;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_PLOT:
		if (!plot_path_ok(arg, why))
			argp_error(state, "--plot: %s", why);
		o->plot = arg;
		return 0;
	case KEY_UNTIL:
		if (!exact_parse(arg, strlen(arg), &o->until) ||
		    exact_sign(o->until) <= 0)
			argp_error(state, "--until: '%s' is no number above 0",
				   arg);
		return 0;
	case KEY_MAX_SEGMENTS:
		option_count(state, "--max-segments", arg, 4, 100000000,
			     &count);
		o->max_segments = (size_t)count;
		return 0;
	case ARGP_KEY_ARG:
		add_operand(state, o, arg);
		return 0;
	case ARGP_KEY_END:
		check_operands(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int report(struct job *job, const char *subject,
		  enum curve_status status)
{
	if (status == CURVE_OK)
		return CLI_OK;
	message_error(subject, "%s", job->work.why);
	switch (status) {
	case CURVE_BAD:
		return CLI_USAGE;
	case CURVE_UNBOUNDED:
		return NO_BOUND;
	case CURVE_RANGE:
		return OUT_OF_RANGE;
	case CURVE_OK:
	case CURVE_NO_MEMORY:
	default:
		return CLI_FAILURE;
	}
}

static int read_operands(const struct curve_options *o, struct job *job)
{
	size_t curves =
		o->operation->operands == CURVE_AND_NUMBER ? 1 : o->n_operands;
	int code = CLI_OK;

	while (job->n < curves && code == CLI_OK) {
		const char *text = o->operands[job->n];

		code = report(
			job, text,
			curve_spec(&job->work, text, &job->curves[job->n]));
		if (code == CLI_OK)
			job->names[job->n++] = text;
	}
	return code;
}

static int printed(bool good)
{
	if (!good) {
		message_error(NULL, "out of memory");
		return CLI_FAILURE;
	}
	return message_output();
}

static int print_curve(const struct curve_options *o, const struct curve *f)
{
	if (o->json)
		return printed(curve_print_json(f));
	curve_print_table(f);
	return printed(true);
}

/* From left to right: ((a op b) op c) ... */
static int combine(const struct curve_options *o, struct job *job)
{
	struct curve *result = &job->curves[job->n];
	enum curve_status status = CURVE_OK;
	size_t i;

	for (i = 1; i < job->n && status == CURVE_OK; i++) {
		struct curve next = {0};

		status = o->operation->combine(
			&job->work, i == 1 ? &job->curves[0] : result,
			&job->curves[i], &next);
		curve_free(result);
		*result = next;
	}
	if (status != CURVE_OK)
		return report(job, o->operation->name, status);
	job->names[job->n++] = o->operation->name;
	return print_curve(o, result);
}

static int measure(const struct curve_options *o, struct job *job)
{
	struct exact value = exact_int(0);
	int code = report(job, o->operation->name,
			  o->operation->measure(&job->work, &job->curves[0],
						&job->curves[1], &value));

	if (code != CLI_OK)
		return code;
	return printed(curve_print_value(o->operation->name, value, o->json));
}

static int with_number(const struct curve_options *o, struct job *job)
{
	const char *text = o->operands[1];
	bool eval = strcmp(o->operation->name, "eval") == 0;
	struct exact number;
	int code;

	if (!curve_number(text, strlen(text), &number) ||
	    (eval && exact_sign(number) < 0)) {
		message_error(text,
			      "is no exact number such as 3, 2.5 or "
			      "1/60%s",
			      eval ? ", at least 0" : "");
		return CLI_USAGE;
	}
	if (eval)
		return printed(
			curve_print_limits(&job->curves[0], number, o->json));
	code = report(job, "scale",
		      curve_scale(&job->work, &job->curves[0], number,
				  &job->curves[1]));
	if (code != CLI_OK)
		return code;
	job->names[job->n++] = "scale";
	return print_curve(o, &job->curves[1]);
}

static int compute(const struct curve_options *o, struct job *job)
{
	if (o->operation->combine)
		return combine(o, job);
	if (o->operation->measure)
		return measure(o, job);
	if (o->operation->operands == CURVE_AND_NUMBER)
		return with_number(o, job);
	return print_curve(o, &job->curves[0]);
}

static int run(int argc, char **argv)
{
	struct curve_options o = {.until = exact_int(0),
				  .max_segments = CURVE_MAX_SEGMENTS};
	struct job job = {.n = 0};
	int code;
	size_t i;

	if (argp_parse(&curve_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	job.work.max_segments = o.max_segments;
	code = read_operands(&o, &job);
	if (code == CLI_OK)
		code = compute(&o, &job);
	if (code == CLI_OK && o.plot &&
	    !curve_plot(job.curves, job.names, job.n, o.until, o.plot))
		code = CLI_FAILURE;
	for (i = 0; i <= CURVE_MOST_OPERANDS; i++)
		curve_free(&job.curves[i]);
	return code;
}
