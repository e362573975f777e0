// SPDX-License-Identifier: MIT
/*
 * size_command.c - `dsi size`: how many slots, how many bytes, when to start,
 * how late at worst, for one stream or for a file of them.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "plot/plot.h"
#include "size_line.h"
#include "size_options.h"

#define OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

enum {
	KEY_EXPLAIN = 256,
	KEY_JSON,
	KEY_BATCH,
	KEY_FULL,
	KEY_STATS,
	KEY_COMPARE,
	KEY_LIMIT,
	KEY_BUDGET,
	KEY_PLOT,
	KEY_STRICT,
};

struct size_given {
	struct size_question q;
	struct size_batch batch;
	const char *limit;
	const char *plot;
	const char *first_key; /* of a stream, as given */
	bool explain, json, full;
	bool profiles;
};

static const struct argp_option own_options[] = {
	{NULL, 0, NULL, 0, "What to print:", 2},
	{"explain", KEY_EXPLAIN, NULL, 0,
	 "also the derivation, with the schedule that needs all slots", 2},
	{"json", KEY_JSON, NULL, 0, "a JSON object instead", 2},
	{"compare", KEY_COMPARE, NULL, 0,
	 "also what other rules give, and where they are too small", 2},
	{"limit", KEY_LIMIT, "KEY", 0,
	 "how far KEY may go with --slots N: jitter-in, jitter-out, hold-in, "
	 "hold-out, wake, work, response, start, period",
	 2},
	{"plot", KEY_PLOT, "FILE", 0,
	 "also a picture: FILE.svg, or FILE.gp for gnuplot", 2},
	{"strict", KEY_STRICT, NULL, 0,
	 "a jitter, hold or drift that is not given is an error", 2},
	{NULL, 0, NULL, 0, "Many streams:", 3},
	{"batch", KEY_BATCH, "FILE", 0,
	 "one JSON object a line in, one out; - is standard input", 3},
	{"full", KEY_FULL, NULL, 0,
	 "with input, assumptions and schedule in each line", 3},
	{"budget", KEY_BUDGET, "BYTES", 0,
	 "share BYTES among the streams of --batch", 3},
	{"stats", KEY_STATS, NULL, 0,
	 "print time per stream, and how it grows, on standard error", 3},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

const struct cli_command cli_size = {
	.name = "size",
	.summary = "slots, bytes, start and latency of a stream",
	.run = run,
};

static error_t parse_stream(struct size_given *o, size_t i, char *arg,
			    struct argp_state *state)
{
	const char *key = describe_keys[i].name;
	struct size_failure f;

	if (strcmp(key, "profile") == 0 && strcmp(arg, "help") == 0) {
		o->profiles = true;
		return 0;
	}
	if (!o->first_key)
		o->first_key = key;
	if (!size_set(&o->q, key, arg, &f))
		argp_error(state, "--%s", f.why);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct size_given *o = state->input;
	size_t place;

	if (size_option_place(key, &place))
		return parse_stream(o, place, arg, state);
	switch (key) {
	case KEY_EXPLAIN:
		o->explain = true;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_COMPARE:
		o->batch.show.compare = true;
		return 0;
	case KEY_LIMIT:
		o->limit = arg;
		return 0;
	case KEY_PLOT:
		o->plot = arg;
		return 0;
	case KEY_STRICT:
		o->batch.strict = true;
		return 0;
	case KEY_BATCH:
		o->batch.path = arg;
		return 0;
	case KEY_FULL:
		o->full = true;
		return 0;
	case KEY_BUDGET:
		o->batch.budget = arg;
		return 0;
	case KEY_STATS:
		o->batch.stats = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What does not go together. */
static bool check_options(const struct size_given *o)
{
	const char *alone = o->explain ? "--explain"
			    : o->plot  ? "--plot"
			    : o->limit ? "--limit"
				       : NULL;

	if (o->batch.path && o->first_key) {
		message_error("--batch",
			      "takes its streams from %s; write --%s into its "
			      "lines",
			      o->batch.path, o->first_key);
		return false;
	}
	if (o->batch.path && alone) {
		message_error(alone, "is for one stream, not for --batch");
		return false;
	}
	if (!o->batch.path && (o->batch.budget || o->batch.stats || o->full)) {
		message_error(o->batch.budget  ? "--budget"
			      : o->batch.stats ? "--stats"
					       : "--full",
			      "needs --batch FILE with the streams");
		return false;
	}
	if (o->explain && o->json) {
		message_error("--explain",
			      "is for people; with --json look at witness");
		return false;
	}
	return true;
}

static int print_profiles(void)
{
	for (size_t i = 0; i < describe_n_profiles; i++) {
		const struct describe_profile *p = &describe_profiles[i];

		printf("%-26s %s\n", p->name, p->what);
		if (p->settings)
			printf("%-26s %s\n", "", p->settings);
		printf("%-26s source: %s\n", "", p->source);
	}
	return message_output();
}

static int fail(const struct size_failure *f)
{
	message_error(NULL, "%s", f->why);
	return f->exit_code;
}

static int say_checks(const struct size_answer *a)
{
	if (a->underrun)
		message_error("start", "is too early: a packet may not be "
				       "there when it is read; leave it out to "
				       "get the least start");
	if (a->short_of)
		message_error("slots", "those of --slots, or of a queue, are "
				       "fewer than needed");
	return a->underrun || a->short_of ? CLI_FAILURE : CLI_OK;
}

static int answer(const struct size_given *o)
{
	static struct size_answer a;
	struct size_failure f;
	int exit_code;

	if (!size_ask(&o->q, &a, &f))
		return fail(&f);
	if (o->plot && !size_plot(&o->q, &a, o->plot, &f))
		return fail(&f);
	if (o->json) {
		if (!size_print_json(&o->q, &a, &o->batch.show))
			message_error(NULL, "no memory");
	} else {
		size_print_text(&o->q, &a, &o->batch.show);
	}
	if (o->explain)
		size_print_explain(&o->q, &a);
	exit_code = message_output();
	return exit_code ? exit_code : say_checks(&a);
}

static int run_one(struct size_given *o)
{
	char why[PLOT_WHY_BYTES];
	struct size_failure f;

	if (o->plot && !plot_path_ok(o->plot, why)) {
		message_error("--plot", "%s", why);
		return CLI_USAGE;
	}
	if (!size_question_read(&o->q, &f) ||
	    (o->batch.strict && !size_check_given(&o->q, &f)))
		return fail(&f);
	if (o->limit) {
		int exit_code = size_print_limit(&o->q, o->limit, o->json);

		return exit_code ? exit_code : message_output();
	}
	return answer(o);
}

static int choose(struct size_given *o)
{
	if (o->profiles)
		return print_profiles();
	if (!check_options(o))
		return CLI_USAGE;
	if (!o->batch.path)
		return run_one(o);
	o->batch.show.brief = !o->full;
	return o->batch.budget ? size_run_budget(&o->batch)
			       : size_run_batch(&o->batch);
}

static int run(int argc, char **argv)
{
	static struct argp_option options[SIZE_MAX_KEYS + 1u + OWN_OPTIONS];
	static struct size_given o;
	const struct argp size_argp = {
		.options = options,
		.parser = parse,
		.doc = "Size a stream: the least number of slots without loss, "
		       "the least start without underrun, latency, backlog and "
		       "bytes, for any schedule that keeps to the "
		       "description.\v"
		       "Times have units: 20ms, 1/60s, 480@48k, 1T (a period). "
		       "Exit codes: 0 done; 1 --start or --slots is too small; "
		       "2 bad or contradictory input; 3 no finite bound "
		       "exists; 4 the exact range is exceeded. See "
		       "dsi-size(1).",
	};
	int exit_code;

	size_options(options, own_options, OWN_OPTIONS);
	size_question_init(&o.q);
	exit_code = argp_parse(&size_argp, argc, argv, 0, NULL, &o)
			    ? CLI_USAGE
			    : choose(&o);
	size_question_free(&o.q);
	return exit_code;
}
