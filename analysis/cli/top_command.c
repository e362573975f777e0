// SPDX-License-Identifier: MIT
/*
 * top_command.c - `dsi top`: what the named streams do, live.
 *
 * Everything is read from pages that are mapped read-only; see dsi/watch.h.
 */
#define _GNU_SOURCE 1
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "cli.h"
#include "interrupt.h"
#include "message.h"
#include "option.h"
#include "top.h"

#define INTERVAL_NS UINT64_C(1000000000)
#define LEAST_NS UINT64_C(10000000)

enum {
	KEY_JSON = 256,
	KEY_ONCE,
	KEY_INTERVAL,
};

struct top_options {
	const char *name; /* NULL = all */
	uint64_t interval_ns;
	bool json;
	bool once;
};

static const struct argp_option options[] = {
	{"interval", KEY_INTERVAL, "DURATION", 0,
	 "refresh so often (default 1s, at least 10ms); rates are of the last "
	 "interval",
	 0},
	{"json", KEY_JSON, NULL, 0,
	 "print a JSON array for each interval, in one line", 0},
	{"once", KEY_ONCE, NULL, 0, "print once, after one interval, and end",
	 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp top_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[NAME]",
	.doc = "Show what the named streams do, or stream NAME: live on a "
	       "terminal, else once. Read-only: no stream notices."
	       "\vA stream has a line for its producer and, below it, one "
	       "for each consumer. Keys: q quits; arrows, page up, page down, "
	       "home and end scroll. Columns:\n"
	       "\n"
	       "  NAME   stream; consumer: the label it gave itself\n"
	       "  PID    its process\n"
	       "  KIND   producer: its state (new, conn, run, stop, close, "
	       "fail);\n"
	       "         consumer: its policy (block, drop, recl)\n"
	       "  PKT/S  packets per second, committed or got\n"
	       "  BYT/S  payload bytes per second, committed or got\n"
	       "  BACK   packets that wait for this consumer now;\n"
	       "         producer: for the one farthest behind\n"
	       "  HIGH   high water: producer: most packets that ever waited "
	       "in the\n"
	       "         ring; consumer: most that it ever held at once\n"
	       "  P50    consumer: half of all packets took at most so long "
	       "from\n"
	       "         commit to get, since it joined (at most 3 % too "
	       "large)\n"
	       "  P99    likewise 99 of 100\n"
	       "  MAX    the longest\n"
	       "  DROPS  producer: deliveries not made; consumer: packets it "
	       "did not\n"
	       "         get because its queue was full, they were "
	       "overwritten, or\n"
	       "         had expired\n"
	       "  WAITS  how often it went to sleep waiting for the other "
	       "side\n"
	       "\n"
	       "Numbers: k is 1000, M a million. P50, P99 and MAX are - "
	       "where packets carry no time of commit. A stream that one may "
	       "not open is shown as (no permission).",
};

const struct cli_command cli_top = {
	.name = "top",
	.summary = "show what the named streams do, live",
	.run = run,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_ONCE:
		o->once = true;
		return 0;
	case KEY_INTERVAL:
		option_duration(state, "--interval", arg, false,
				&o->interval_ns);
		if (o->interval_ns < LEAST_NS)
			argp_error(state,
				   "--interval: '%s' is too short; "
				   "the least is 10ms",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->name, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int top_pause(uint64_t until_ns, bool key)
{
	struct pollfd fds[2] = {
		{.fd = interrupt_fd(), .events = POLLIN},
		{.fd = key ? STDIN_FILENO : -1, .events = POLLIN},
	};
	uint64_t now = dsi_now();
	struct timespec left = {0};

	if (until_ns > now) {
		left.tv_sec = (time_t)((until_ns - now) / 1000000000u);
		left.tv_nsec = (long)((until_ns - now) % 1000000000u);
	}
	(void)ppoll(fds, 2, &left, NULL);
	/* A terminal that is gone has nothing more to show. */
	return interrupt_signal() ||
	       (key && (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL)));
}

static int print(const struct top_options *o, const struct top *top)
{
	struct top_lines lines = {.n = 0};
	int err;

	if (o->json) {
		err = top_print_json(top, o->once);
	} else {
		err = top_table(top, TOP_COLUMNS, &lines);
		if (!err && lines.n)
			puts(lines.title);
		for (size_t i = 0; !err && i < lines.n; i++)
			puts(lines.lines[i]);
		top_lines_free(&lines);
	}
	if (err)
		return message_dsi("names", -DSI_ENOMEM, NULL);
	(void)fflush(stdout);
	return message_output();
}

static bool anything(const struct top *top)
{
	for (size_t i = 0; i < top->n; i++)
		if (top_is_shown(top->streams[i]))
			return true;
	return false;
}

static int refresh_all(struct top *top)
{
	int err = top_refresh(top);

	return err ? message_dsi("names", err, NULL) : CLI_OK;
}

/* Two looks, for the rates, and what they show. */
static int print_once(const struct top_options *o, struct top *top)
{
	int exit_code = refresh_all(top);

	if (exit_code == CLI_OK && anything(top))
		(void)top_pause(dsi_now() + o->interval_ns, false);
	if (exit_code == CLI_OK && !interrupt_signal())
		exit_code = refresh_all(top);
	if (exit_code != CLI_OK)
		return exit_code;
	if (interrupt_signal())
		return CLI_SIGNAL + interrupt_signal();
	if (o->name && !anything(top))
		return message_dsi(o->name, -DSI_ENOENT, NULL);
	return print(o, top);
}

/* JSON for a program that follows. */
static int print_always(const struct top_options *o, struct top *top)
{
	int exit_code = refresh_all(top);

	while (exit_code == CLI_OK &&
	       !top_pause(dsi_now() + o->interval_ns, false)) {
		exit_code = refresh_all(top);
		if (exit_code == CLI_OK)
			exit_code = print(o, top);
	}
	if (exit_code == CLI_OK && interrupt_signal())
		return CLI_SIGNAL + interrupt_signal();
	return exit_code;
}

static int show(const struct top_options *o, struct top *top)
{
	int exit_code = -1;

	if (o->once)
		return print_once(o, top);
	if (o->json)
		return print_always(o, top);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		exit_code = top_screen(top, o->interval_ns);
	return exit_code < 0 ? print_once(o, top) : exit_code;
}

static int run(int argc, char **argv)
{
	struct top_options o = {.interval_ns = INTERVAL_NS};
	struct top top = {0};
	int exit_code;

	if (argp_parse(&top_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	if (interrupt_install() < 0) {
		message_error(NULL, "signals cannot be caught");
		return CLI_FAILURE;
	}
	top.only = o.name;
	exit_code = show(&o, &top);
	top_close(&top);
	return exit_code;
}
