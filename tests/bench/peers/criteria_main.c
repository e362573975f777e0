/* SPDX-License-Identifier: MIT */
/*
 * criteria_main.c - dsi-bench-criteria: libdsi beside its peers and the limits of
 * the machine, claim by claim.
 */
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#include "cli.h"
#include "criteria.h"
#include "message.h"
#include "option.h"
#include "progress.h"

#define MOST_TIME_NS UINT64_C(480000000000)

enum {
	KEY_ONLY = 256,
	KEY_RUNS,
	KEY_LIMIT,
	KEY_QUICK,
	KEY_OTHERS,
	KEY_JSON,
	KEY_PROGRESS,
	KEY_NO_PROGRESS,
};

static const struct argp_option options[] = {
	{"only", KEY_ONLY, "LIST", 0,
	 "criteria: 1 (polled), 2 (asleep), 3 (as many as possible)", 0},
	{"runs", KEY_RUNS, "N", 0, "times that all is done, 1 to 100 (10)", 0},
	{"limit", KEY_LIMIT, "TIME", 0,
	 "begin no run that would not be done by then (8min)", 0},
	{"quick", KEY_QUICK, NULL, 0,
	 "one run of few packets; to see if it works", 0},
	{"others", KEY_OTHERS, NULL, 0, "show all others, not only the best",
	 0},
	{"json", KEY_JSON, "FILE", 0, "write it as JSON as well", 0},
	{"progress", KEY_PROGRESS, NULL, 0,
	 "show progress (default: if stderr is a terminal)", 0},
	{"no-progress", KEY_NO_PROGRESS, NULL, 0, "do not", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

struct answer {
	struct criteria *c;
	uint64_t limit_ns;
	const char *json;
	int progress;
	bool others;
};

static void parse_only(struct argp_state *state, const char *arg, uint32_t *out)
{
	*out = 0;
	for (const char *at = arg; *at; at += at[1] ? 2 : 1) {
		if (*at < '1' || *at > '0' + (int)CRITERIA_LAST ||
		    (at[1] && (at[1] != ',' || !at[2])))
			argp_error(state,
				   "--only: '%s': give 1, 2 or 3, or "
				   "several with commas",
				   arg);
		*out |= 1u << (*at - '0');
	}
	if (!*out)
		argp_error(state, "--only: a number is missing");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct answer *a = state->input;

	switch (key) {
	case KEY_ONLY:
		parse_only(state, arg, &a->c->only);
		return 0;
	case KEY_RUNS:
		option_count32(state, "--runs", arg, 1, CRITERIA_RUNS,
			       &a->c->runs);
		return 0;
	case KEY_LIMIT:
		option_duration(state, "--limit", arg, false, &a->limit_ns);
		return 0;
	case KEY_QUICK:
		a->c->quick = true;
		return 0;
	case KEY_OTHERS:
		a->others = true;
		return 0;
	case KEY_JSON:
		a->json = arg;
		return 0;
	case KEY_PROGRESS:
		a->progress = PROGRESS_ON;
		return 0;
	case KEY_NO_PROGRESS:
		a->progress = PROGRESS_OFF;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Measure libdsi beside its peers and the limits of this "
	       "machine, "
	       "in turn, and say for each claim in how many runs it holds."
	       "\vEnds with 0 when all was measured, whatever came out, and "
	       "with 1 if something could not be.",
};

static int choose_cpus(struct criteria *c)
{
	bench_machine_look(&c->machine);
	c->n_cpus = bench_machine_choose(&c->machine, c->cpus, 2);
	if (c->n_cpus < 2) {
		message_error(NULL, "this needs two CPUs, and may use %u",
			      c->machine.allowed);
		return CLI_FAILURE;
	}
	c->pin = bench_machine_pin(c->cpus[0]) == 0;
	if (!c->pin)
		message_note(NULL, "ends cannot be kept on their CPUs");
	return CLI_OK;
}

static int verdict(const struct criteria *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].why[0])
			return CLI_FAILURE;
	return CLI_OK;
}

static int measure(struct answer *a)
{
	struct criteria *c = a->c;
	struct progress progress;
	int code = choose_cpus(c);

	if (code != CLI_OK)
		return code;
	criteria_claim_all(c);
	if (c->full) {
		message_error(NULL, "there are more claims than room for them");
		return CLI_FAILURE;
	}
	progress_init(&progress, a->progress);
	c->progress = progress.on;
	c->end_ns = bench_now() + a->limit_ns;
	if (criteria_run(c)) {
		message_error(NULL, "out of memory");
		return CLI_FAILURE;
	}
	criteria_print(c, a->others);
	code = message_output();
	if (code == CLI_OK && a->json)
		code = criteria_write(c, a->json);
	return code == CLI_OK ? verdict(c) : code;
}

int main(int argc, char **argv)
{
	struct answer a = {
		.c = calloc(1, sizeof(struct criteria)),
		.limit_ns = MOST_TIME_NS,
		.progress = PROGRESS_AUTO,
	};
	int code = CLI_USAGE;

	argp_err_exit_status = CLI_USAGE;
	message_set_command("dsi-bench-criteria");
	if (!a.c) {
		message_error(NULL, "out of memory");
		return CLI_FAILURE;
	}
	a.c->only = ~0u;
	if (!argp_parse(&argp, argc, argv, 0, NULL, &a)) {
		if (!a.c->runs)
			a.c->runs = a.c->quick ? 1 : 10;
		code = measure(&a);
	}
	free(a.c);
	return code;
}
