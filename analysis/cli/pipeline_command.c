// SPDX-License-Identifier: MIT
/*
 * pipeline_command.c - `dsi pipeline`: rings and latencies of a whole graph.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli.h"
#include "describe/quantity.h"
#include "message.h"
#include "pipeline/pipeline_picture.h"
#include "pipeline_report.h"

/* Exit codes of the calculator's commands beyond CLI_USAGE. */
#define EXIT_CHECK_FAILED 1
#define EXIT_NO_BOUND 3
#define EXIT_RANGE 4

enum {
	KEY_JSON = 256,
	KEY_BUDGET,
	KEY_SVG,
	KEY_DOT,
	KEY_STATS,
};

struct pipeline_options {
	const char *file;
	const char *svg;
	const char *dot;
	uint64_t budget;
	bool json;
	bool has_budget;
	bool stats;
};

static const struct argp_option options[] = {
	{"json", KEY_JSON, NULL, 0, "print a JSON object, all values exact", 0},
	{"budget", KEY_BUDGET, "SIZE", 0,
	 "choose batches so that all rings fit in SIZE bytes", 0},
	{"svg", KEY_SVG, "FILE", 0, "draw the graph with its numbers", 0},
	{"dot", KEY_DOT, "FILE", 0, "write the graph for graphviz", 0},
	{"stats", KEY_STATS, NULL, 0,
	 "print on standard error how long the work took", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp pipeline_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Size all rings of the pipeline described in FILE, and bound "
	       "its latencies."
	       "\vThe format of FILE is described in dsi-pipeline(1). Exit "
	       "codes: 0 done; 1 a start offset that was given is too small, "
	       "or the budget does not suffice; 2 bad or contradictory input; "
	       "3 no finite bound exists or none was found; 4 exact "
	       "arithmetic does not suffice.",
};

const struct cli_command cli_pipeline = {
	.name = "pipeline",
	.summary = "size a whole pipeline of streams",
	.run = run,
};

static void parse_budget(struct argp_state *state, const char *arg,
			 struct pipeline_options *o)
{
	char why[QUANTITY_WHY_BYTES];
	struct exact bytes;

	if (!quantity_bytes(arg, &bytes, why))
		argp_error(state, "--budget: %s", why);
	else if (!exact_to_u64(bytes, &o->budget))
		argp_error(state, "--budget: '%s' is no whole number of bytes",
			   arg);
	o->has_budget = true;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pipeline_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_BUDGET:
		parse_budget(state, arg, o);
		return 0;
	case KEY_SVG:
		o->svg = arg;
		return 0;
	case KEY_DOT:
		o->dot = arg;
		return 0;
	case KEY_STATS:
		o->stats = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->file)
			argp_error(state, "takes one FILE; '%s' is another",
				   arg);
		o->file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "FILE is missing: the pipeline to size");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int exit_code(enum pipeline_status status)
{
	switch (status) {
	case PIPELINE_OK:
		return CLI_OK;
	case PIPELINE_NO_BOUND:
		return EXIT_NO_BOUND;
	case PIPELINE_RANGE:
		return EXIT_RANGE;
	case PIPELINE_NO_MEMORY:
		return CLI_FAILURE;
	case PIPELINE_BAD:
	default:
		return CLI_USAGE;
	}
}

static int fail(const struct pipeline_options *o, enum pipeline_status status,
		const char *why)
{
	if (o->json)
		pipeline_print_json_failure(o->file, status, why);
	message_error(NULL, "%s", why);
	return exit_code(status);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void print_stats(const struct pipeline *p, int64_t read_ns,
			int64_t analysis_ns)
{
	int64_t n = p->n_nodes;

	fprintf(stderr,
		"stats: %lld nodes, %u edges, %u rounds\n"
		"stats: reading %lld us, analysis %lld us: %lld ns a node\n",
		(long long)n, p->n_edges, p->rounds,
		(long long)(read_ns / 1000), (long long)(analysis_ns / 1000),
		(long long)(analysis_ns / n));
}

static int draw(const struct pipeline_options *o, const struct pipeline *p)
{
	char why[PIPELINE_WHY_BYTES];

	if ((o->svg && !pipeline_draw(p, "svg", o->svg, why)) ||
	    (o->dot && !pipeline_draw(p, "dot", o->dot, why))) {
		message_error(NULL, "%s", why);
		return CLI_FAILURE;
	}
	return CLI_OK;
}

/* Results that are no answer to the question as it was asked. */
static int judge(const struct pipeline_options *o, const struct pipeline *p,
		 const struct pipeline_share *share)
{
	char start[REPORT_TIME_BYTES], need[REPORT_TIME_BYTES];
	int code = CLI_OK;
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (!node->underrun)
			continue;
		message_error(
			node->name, "start %s is too early: it must be %s %s",
			report_time(p, node->grid_start, start),
			p->ties == DSI_TIES_STRICT ? "later than" : "at least",
			report_time(p, node->grid_need, need));
		code = EXIT_CHECK_FAILED;
	}
	if (o->has_budget && !share->fits) {
		message_error("--budget",
			      "%llu B is not enough: the rings need %llu B at "
			      "least",
			      (unsigned long long)share->budget,
			      (unsigned long long)share->floor);
		code = EXIT_CHECK_FAILED;
	}
	return code;
}

static int report(const struct pipeline_options *o, const struct pipeline *p,
		  const struct pipeline_share *share)
{
	int code;
	int err = o->json ? pipeline_print_json(p, share)
			  : pipeline_print_table(p, share);

	if (err) {
		message_error("standard output", "cannot write: no memory");
		return CLI_FAILURE;
	}
	if (message_output() != CLI_OK)
		return CLI_FAILURE;
	code = draw(o, p);
	return code ? code : judge(o, p, share);
}

static int run(int argc, char **argv)
{
	struct pipeline_options o = {0};
	struct pipeline_share share = {0};
	struct pipeline *p = NULL;
	char why[PIPELINE_WHY_BYTES];
	enum pipeline_status status;
	int64_t begin, read_end, end;
	uint32_t i;
	int code;

	if (argp_parse(&pipeline_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	begin = now_ns();
	status = pipeline_read(o.file, &p, why);
	if (status != PIPELINE_OK)
		return fail(&o, status, why);
	for (i = 0; i < p->n_warnings; i++)
		message_note(NULL, "%s", p->warnings[i]);
	read_end = now_ns();
	status = pipeline_analyse(p);
	end = now_ns();
	if (status == PIPELINE_OK && o.has_budget)
		status = pipeline_share_out(p, o.budget, &share);
	if (o.stats && status == PIPELINE_OK)
		print_stats(p, read_end - begin, end - read_end);
	code = status == PIPELINE_OK
		       ? report(&o, p, o.has_budget ? &share : NULL)
		       : fail(&o, status, p->why);
	pipeline_destroy(p);
	return code;
}
