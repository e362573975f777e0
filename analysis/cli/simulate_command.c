// SPDX-License-Identifier: MIT
/*
 * simulate_command.c - `dsi simulate`: a description replayed, event by
 * event, against a ring.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dsi/errno.h>
#include <dsi/types.h>

#include "cli.h"
#include "message.h"
#include "plot/plot.h"
#include "simulate_command.h"
#include "size_options.h"

#define OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

enum {
	KEY_SCHEDULE = 256,
	KEY_SEED,
	KEY_RUNS,
	KEY_JSON,
	KEY_PLOT,
};

struct simulate_options_given {
	struct simulate_run *run;
	const char *plot;
	const char *random_key; /* an option that is for random only */
	bool json;
};

static const struct argp_option own_options[] = {
	{NULL, 0, NULL, 0, "What to try:", 2},
	{"schedule", KEY_SCHEDULE, "HOW", 0,
	 "adversarial: the worst schedules (default), or random", 2},
	{"seed", KEY_SEED, "N", 0, "of the first random run (default 1)", 2},
	{"runs", KEY_RUNS, "N", 0, "random runs, one seed each (default 1)", 2},
	{NULL, 0, NULL, 0, "What to print:", 3},
	{"json", KEY_JSON, NULL, 0, "a JSON object instead", 3},
	{"plot", KEY_PLOT, "FILE", 0,
	 "also the slots in use over time: FILE.svg, or FILE.gp for gnuplot",
	 3},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run_command(int argc, char **argv);

const struct cli_command cli_simulate = {
	.name = "simulate",
	.summary = "replay a stream against its ring",
	.run = run_command,
};

static void parse_count(struct argp_state *state, const char *option,
			const char *arg, uint64_t least, uint64_t *out)
{
	char why[QUANTITY_WHY_BYTES];

	if (!quantity_count(arg, least, UINT64_MAX, out, why))
		argp_error(state, "%s: %s", option, why);
}

static void parse_schedule(struct argp_state *state, const char *arg,
			   struct simulate_run *run)
{
	run->random = strcmp(arg, "random") == 0;
	if (!run->random && strcmp(arg, "adversarial") != 0)
		argp_error(state,
			   "--schedule: '%s' is not known; write adversarial "
			   "or random",
			   arg);
}

/* The same list as that of `dsi size`. */
static void list_profiles(void)
{
	static char program[] = "dsi size";
	static char option[] = "--profile";
	static char help[] = "help";
	char *argv[] = {program, option, help, NULL};

	exit(cli_size.run(3, argv));
}

static void parse_stream(struct argp_state *state, size_t i, const char *arg,
			 struct simulate_run *run)
{
	const char *key = describe_keys[i].name;
	struct size_failure f;

	if (strcmp(key, "profile") == 0 && strcmp(arg, "help") == 0)
		list_profiles();
	if (!size_set(&run->q, key, arg, &f))
		argp_error(state, "--%s", f.why);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct simulate_options_given *o = state->input;
	size_t place;

	if (size_option_place(key, &place)) {
		parse_stream(state, place, arg, o->run);
		return 0;
	}
	switch (key) {
	case KEY_SCHEDULE:
		parse_schedule(state, arg, o->run);
		return 0;
	case KEY_SEED:
		parse_count(state, "--seed", arg, 0, &o->run->seed);
		o->random_key = "--seed";
		return 0;
	case KEY_RUNS:
		parse_count(state, "--runs", arg, 1, &o->run->runs);
		o->random_key = "--runs";
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_PLOT:
		o->plot = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int check_options(const struct simulate_options_given *o)
{
	char why[PLOT_WHY_BYTES];

	if (o->random_key && !o->run->random) {
		message_error(o->random_key,
			      "means nothing in the worst schedules, which "
			      "are always the same; give --schedule random");
		return CLI_USAGE;
	}
	if (o->plot && !plot_path_ok(o->plot, why)) {
		message_error("--plot", "%s", why);
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* Many runs as one: the most of everything. */
static void merge(struct simulate_result *into,
		  const struct simulate_result *from)
{
	if (from->occupied > into->occupied) {
		into->occupied = from->occupied;
		into->at = from->at;
	}
	if (from->backlog > into->backlog)
		into->backlog = from->backlog;
	into->packets += from->packets;
	into->lost += from->lost;
	into->blocked += from->blocked;
	into->underruns += from->underruns;
	into->wait = exact_max(into->wait, from->wait);
	if (from->got) {
		into->get_min =
			into->got ? exact_min(into->get_min, from->get_min)
				  : from->get_min;
		into->get_max =
			into->got ? exact_max(into->get_max, from->get_max)
				  : from->get_max;
	}
	into->release_max = exact_max(into->release_max, from->release_max);
	into->got += from->got;
}

/* What is shown of long work, on a terminal only. */
struct showing {
	uint64_t run, runs;
	time_t last;
};

static void show(struct showing *showing, const char *line)
{
	time_t now = time(NULL);

	if (now == showing->last || !isatty(STDERR_FILENO))
		return;
	showing->last = now;
	message_status(line);
}

static void show_run(struct showing *showing)
{
	char line[64];

	snprintf(line, sizeof(line), "run %" PRIu64 " of %" PRIu64,
		 showing->run, showing->runs);
	show(showing, line);
}

static void show_packet(void *user, uint64_t packet, uint64_t packets)
{
	char line[64];

	snprintf(line, sizeof(line), "packet %" PRIu64 " of %" PRIu64, packet,
		 packets);
	show(user, line);
}

static int try_reader(struct simulate_run *run, uint32_t reader)
{
	struct simulate_outcome *out = &run->outcomes[reader];
	struct showing showing = {0, run->runs, time(NULL)};
	struct simulate_options options = {
		.slots = out->slots,
		.random = run->random,
		.seed = run->seed,
		.progress = show_packet,
		.user = &showing,
	};
	struct simulate_result results[SIMULATE_MOST_SCHEDULES];
	char why[SIMULATE_WHY_BYTES];
	uint32_t n = 0;

	for (uint64_t i = 0; i < run->runs; i++, options.seed++) {
		int err = simulate_reader(&run->q.p.writer,
					  &run->q.p.readers[reader],
					  &run->a.needs[reader], run->q.p.tick,
					  &options, results, &n, why);

		if (err) {
			message_error(NULL, "%s", why);
			return err == -DSI_EOVERFLOW ? SIZE_OUT_OF_RANGE
			       : err == -DSI_EINVAL  ? CLI_USAGE
						     : CLI_FAILURE;
		}
		if (i == 0)
			memcpy(out->results, results, sizeof(results));
		else
			merge(&out->results[0], &results[0]);
		showing.run = i + 1;
		show_run(&showing);
	}
	out->n_results = n;
	return CLI_OK;
}

static void judge(struct simulate_run *run, uint32_t reader)
{
	struct simulate_outcome *out = &run->outcomes[reader];

	for (uint32_t i = 0; i < out->n_results; i++) {
		const struct simulate_result *r = &out->results[i];

		out->failed |= r->lost || r->blocked || r->underruns;
		if (r->occupied > out->occupied) {
			out->occupied = r->occupied;
			out->worst = i;
		}
	}
	run->failed |= out->failed;
}

bool simulate_reached(const struct simulate_run *run, uint32_t reader)
{
	return run->outcomes[reader].occupied >= run->a.needs[reader].slots;
}

/* The slots that a reader may fill: those of the ring, or of its queue. */
static uint64_t slots_for(const struct simulate_run *run, uint32_t reader)
{
	const struct dsi_sizing_reader *r = &run->q.p.readers[reader];
	bool queued = r->policy == DSI_POLICY_DROP_NEW && r->queue;

	return queued && r->queue < run->slots ? r->queue : run->slots;
}

static int simulate(struct simulate_run *run)
{
	struct size_failure f;
	int err;

	if (!size_question_read(&run->q, &f) ||
	    !size_ask(&run->q, &run->a, &f)) {
		message_error(NULL, "%s", f.why);
		return f.exit_code;
	}
	for (uint32_t i = 0; i < run->q.d.n_warnings; i++)
		message_note(NULL, "%s", run->q.d.warnings[i]);
	run->slots = run->q.d.slots.value ? run->q.d.slots.value : run->a.slots;
	for (uint32_t i = 0; i < run->q.p.n_readers; i++) {
		run->outcomes[i].slots = slots_for(run, i);
		err = try_reader(run, i);
		if (err)
			return err;
		judge(run, i);
	}
	return CLI_OK;
}

static int report(const struct simulate_options_given *o)
{
	if (o->json && !simulate_print_json(o->run)) {
		message_error(NULL, "no memory for the answer");
		return CLI_FAILURE;
	}
	if (!o->json)
		simulate_print(o->run);
	if (message_output() != CLI_OK)
		return CLI_FAILURE;
	if (o->plot && !simulate_plot(o->run, o->plot))
		return CLI_FAILURE;
	return o->run->failed ? CLI_FAILURE : CLI_OK;
}

static int run_command(int argc, char **argv)
{
	struct argp_option options[SIZE_MAX_KEYS + 1u + OWN_OPTIONS];
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Replay a stream, event by event, against a ring, in "
		       "its worst schedules or at random."
		       "\vExit codes: 0 nothing was lost, late or held up; 1 "
		       "something was; 2 bad or contradictory input; 3 no "
		       "finite bound exists; 4 exact arithmetic does not "
		       "suffice.",
	};
	struct simulate_run *run = calloc(1, sizeof(*run));
	struct simulate_options_given o = {.run = run};
	int exit_code;

	if (!run) {
		message_error(NULL, "no memory");
		return CLI_FAILURE;
	}
	run->seed = 1;
	run->runs = 1;
	size_question_init(&run->q);
	size_options(options, own_options, OWN_OPTIONS);
	if (argp_parse(&argp, argc, argv, 0, NULL, &o))
		exit_code = CLI_USAGE;
	else
		exit_code = check_options(&o);
	if (exit_code == CLI_OK)
		exit_code = simulate(run);
	if (exit_code == CLI_OK)
		exit_code = report(&o);
	size_question_free(&run->q);
	free(run);
	return exit_code;
}
