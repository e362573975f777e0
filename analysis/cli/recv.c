// SPDX-License-Identifier: MIT
/*
 * recv.c - the arguments of `dsi recv`.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "option.h"
#include "progress.h"
#include "receiver.h"

enum {
	KEY_Y4M = 256,
	KEY_POLICY,
	KEY_QUEUE,
	KEY_COUNT,
	KEY_TIMEOUT,
	KEY_INFO,
	KEY_FORMAT,
	KEY_PLACEMENT,
	KEY_LABEL,
	KEY_SPIN,
	KEY_KEEP_EXPIRED,
	KEY_STRICT,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "The output:", 1},
	{"y4m", KEY_Y4M, NULL, 0,
	 "write YUV4MPEG2, with the header from the stream's format", 1},
	{"count", KEY_COUNT, "N", 0, "end after N packets", 1},
	{"strict", KEY_STRICT, NULL, 0, "exit 6 if data was lost", 1},
	{NULL, 0, NULL, 0, "The stream:", 2},
	{"timeout", KEY_TIMEOUT, "DURATION", 0,
	 "wait at most so long for the stream to appear (default: forever; 0: "
	 "it must exist)",
	 2},
	{"format", KEY_FORMAT, "TEXT", 0,
	 "refuse a stream whose format is another one", 2},
	{"label", KEY_LABEL, "TEXT", 0, "name of this consumer, for others", 2},
	{"placement", KEY_PLACEMENT, "WHERE", 0,
	 "memory node of what this consumer writes: auto (by its CPUs, "
	 "default), none, node:N, or like:PID",
	 2},
	{NULL, 0, NULL, 0, "When this consumer is slow or late:", 3},
	{"policy", KEY_POLICY, "POLICY", 0,
	 "block: the producer waits (default); drop: new packets are dropped; "
	 "reclaim: old packets are overwritten. With reclaim the data is "
	 "copied and checked before it is written, as output cannot be taken "
	 "back",
	 3},
	{"queue", KEY_QUEUE, "N", 0,
	 "policy drop: packets that may wait or be in use (default: a quarter "
	 "of the stream's)",
	 3},
	{"keep-expired", KEY_KEEP_EXPIRED, NULL, 0,
	 "also write packets whose lifetime is over", 3},
	{"spin", KEY_SPIN, "DURATION", 0,
	 "poll so long before sleeping (default 0; at most 4s)", 3},
	{NULL, 0, NULL, 0, "Messages:", 4},
	{"info", KEY_INFO, NULL, 0,
	 "number, time and size of each packet on stderr", 4},
	{NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {
	{&progress_argp, 0, NULL, 0},
	{NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp recv_argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "NAME [FILE]",
	.doc = "Receive stream NAME and write it to standard output, or FILE."
	       "\vThe packets are written directly from shared memory. "
	       "The command ends at the end of the stream; if the producer "
	       "ends before, that is a failure. If the reader of standard "
	       "output goes away, it exits 1 without a message.\n\n"
	       "DURATION is a number of seconds or has a unit: ns, us, ms, s, "
	       "min, h; --timeout also takes 'forever'.\n\n"
	       "Example: dsi recv cam --y4m | ffplay -",
};

const struct cli_command cli_recv = {
	.name = "recv",
	.summary = "receive a stream to standard output or FILE",
	.run = run,
};

static void parse_policy(struct argp_state *state, const char *arg)
{
	struct receiver_options *o = state->input;

	if (strcmp(arg, "block") == 0)
		o->consumer.policy = DSI_POLICY_BLOCK;
	else if (strcmp(arg, "drop") == 0)
		o->consumer.policy = DSI_POLICY_DROP_NEW;
	else if (strcmp(arg, "reclaim") == 0)
		o->consumer.policy = DSI_POLICY_RECLAIM;
	else
		argp_error(state,
			   "--policy: '%s' is no policy; give block, drop or "
			   "reclaim",
			   arg);
}

static void parse_spin(struct argp_state *state, const char *arg)
{
	struct receiver_options *o = state->input;
	uint64_t spin_ns = 0;

	option_duration(state, "--spin", arg, false, &spin_ns);
	if (spin_ns > UINT64_C(4000000000))
		argp_error(state, "--spin: '%s' is too long; at most 4s", arg);
	o->consumer.spin_ns = (uint32_t)spin_ns;
}

static void parse_text(struct argp_state *state, const char *option,
		       const char *arg, char *to, uint32_t bytes)
{
	const char *text = "";

	option_text(state, option, arg, bytes, &text);
	snprintf(to, bytes, "%s", text);
}

static void check(struct argp_state *state)
{
	struct receiver_options *o = state->input;

	/* For who watches; a write costs more than a look at the clock. */
	o->consumer.flags |= DSI_CONSUMER_TIME_HOLD;
	if (!o->name)
		argp_error(state, "the name of the stream is missing");
	if (o->consumer.queue_packets &&
	    o->consumer.policy != DSI_POLICY_DROP_NEW)
		argp_error(state, "--queue needs --policy drop");
}

static error_t parse_stream(int key, char *arg, struct argp_state *state)
{
	struct receiver_options *o = state->input;

	switch (key) {
	case KEY_TIMEOUT:
		option_duration(state, "--timeout", arg, true, &o->timeout_ns);
		return 0;
	case KEY_FORMAT:
		parse_text(state, "--format", arg, o->consumer.format,
			   DSI_FORMAT_BYTES);
		return 0;
	case KEY_LABEL:
		parse_text(state, "--label", arg, o->consumer.label,
			   DSI_LABEL_BYTES);
		return 0;
	case KEY_PLACEMENT:
		option_placement(state, arg, &o->consumer.placement,
				 &o->consumer.placement_of);
		return 0;
	case KEY_POLICY:
		parse_policy(state, arg);
		return 0;
	case KEY_QUEUE:
		option_count32(state, "--queue", arg, 1, DSI_MAX_PACKETS,
			       &o->consumer.queue_packets);
		return 0;
	case KEY_SPIN:
		parse_spin(state, arg);
		return 0;
	case KEY_KEEP_EXPIRED:
		o->consumer.flags |= DSI_CONSUMER_KEEP_EXPIRED;
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->name, &o->file);
		return 0;
	case ARGP_KEY_END:
		check(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct receiver_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->progress;
		return 0;
	case KEY_Y4M:
		o->y4m = true;
		return 0;
	case KEY_COUNT:
		option_count(state, "--count", arg, 1, UINT64_MAX, &o->count);
		return 0;
	case KEY_INFO:
		o->info = true;
		return 0;
	case KEY_STRICT:
		o->strict = true;
		return 0;
	default:
		return parse_stream(key, arg, state);
	}
}

static int run(int argc, char **argv)
{
	struct receiver_options o = {
		.consumer = {.size = sizeof(o.consumer), .label = "dsi-recv"},
		.timeout_ns = DSI_FOREVER,
	};

	if (argp_parse(&recv_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	return receiver_run(&o);
}
