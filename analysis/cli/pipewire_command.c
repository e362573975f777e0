// SPDX-License-Identifier: MIT
/*
 * pipewire_command.c - the arguments of `dsi pipewire`.
 */
#include <string.h>

#include "cli.h"
#include "message.h"
#include "option.h"
#include "pipewire_bridge.h"
#include "units.h"

enum {
	KEY_SINK = 256,
	KEY_SOURCE,
	KEY_SAMPLES,
	KEY_RATE,
	KEY_CHANNELS,
	KEY_FRAMES,
	KEY_HOLD,
	KEY_ACCESS,
	KEY_POLICY,
	KEY_TIMEOUT,
	KEY_REMOTE,
	KEY_QUIET = 'q',
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "The direction:", 1},
	{"sink", KEY_SINK, "NAME", 0,
	 "a device to play to: what is played is stream NAME", 1},
	{"source", KEY_SOURCE, "NAME", 0,
	 "a device to record from: what is recorded is stream NAME", 1},
	{NULL, 0, NULL, 0, "The stream that a sink makes:", 2},
	{"samples", KEY_SAMPLES, "FORMAT", 0,
	 "S16_LE, S24_3LE, S32_LE, FLOAT_LE (default) or U8", 2},
	{"rate", KEY_RATE, "N", 0, "frames in a second (default 48000)", 2},
	{"channels", KEY_CHANNELS, "N", 0, "samples in a frame (default 2)", 2},
	{"frames", KEY_FRAMES, "N", 0,
	 "frames in a packet, at most: no cycle of PipeWire may be longer "
	 "(default 1024)",
	 2},
	{"hold", KEY_HOLD, "DURATION", 0,
	 "readers give each packet back so soon (default 100ms)", 2},
	{"access", KEY_ACCESS, "MODE", 0,
	 "who may connect: owner (default), group, all, or octal like 0660", 2},
	{NULL, 0, NULL, 0, "The stream that a source plays:", 3},
	{"policy", KEY_POLICY, "POLICY", 0,
	 "block: the producer waits for PipeWire (default); drop: it does not",
	 3},
	{"timeout", KEY_TIMEOUT, "DURATION", 0,
	 "wait at most so long for the stream to appear (default: forever; 0: "
	 "it must exist)",
	 3},
	{NULL, 0, NULL, 0, "Others:", 4},
	{"remote", KEY_REMOTE, "NAME", 0, "of PipeWire's daemon", 4},
	{"quiet", KEY_QUIET, NULL, 0, "only errors", 4},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp pipewire_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "--sink NAME | --source NAME",
	.doc = "A stream as a sound device of PipeWire, dsi.NAME."
	       "\vPipeWire's converter writes the samples into the packets, "
	       "and reads them there. A sink ends with SIGINT or SIGTERM, a "
	       "source with its stream.\n\n"
	       "Example: dsi pipewire --sink radio & pw-play --target "
	       "dsi.radio song.wav",
};

const struct cli_command cli_pipewire = {
	.name = "pipewire",
	.summary = "a stream as a sound device of PipeWire",
	.run = run,
};

static void set_name(struct argp_state *state, const char *arg, bool source)
{
	struct bridge_options *o = state->input;

	if (o->name)
		argp_error(state, "give one of --sink and --source, once");
	o->name = arg;
	o->source = source;
}

static void parse_policy(struct argp_state *state, const char *arg)
{
	struct bridge_options *o = state->input;

	if (strcmp(arg, "block") == 0)
		o->policy = DSI_POLICY_BLOCK;
	else if (strcmp(arg, "drop") == 0)
		o->policy = DSI_POLICY_DROP_NEW;
	else
		argp_error(state,
			   "--policy: '%s' is none that works here; give block "
			   "or drop",
			   arg);
}

static error_t parse_sink(int key, char *arg, struct argp_state *state)
{
	struct bridge_options *o = state->input;
	char why[UNITS_WHY_BYTES];

	switch (key) {
	case KEY_SAMPLES:
		if (!bridge_format_named(&o->format, arg))
			argp_error(state,
				   "--samples: there is no format '%s'; give "
				   "S16_LE, S24_3LE, S32_LE, FLOAT_LE or U8",
				   arg);
		return 0;
	case KEY_RATE:
		option_count32(state, "--rate", arg, 1000, BRIDGE_RATE_MOST,
			       &o->format.rate);
		return 0;
	case KEY_CHANNELS:
		option_count32(state, "--channels", arg, 1,
			       BRIDGE_CHANNELS_MOST, &o->format.channels);
		return 0;
	case KEY_FRAMES:
		option_count32(state, "--frames", arg, 16, 8192, &o->frames);
		return 0;
	case KEY_HOLD:
		option_duration(state, "--hold", arg, false, &o->hold_ns);
		return 0;
	case KEY_ACCESS:
		if (!units_mode(arg, &o->access_mode, why))
			argp_error(state, "--access: %s", why);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bridge_options *o = state->input;

	switch (key) {
	case KEY_SINK:
	case KEY_SOURCE:
		set_name(state, arg, key == KEY_SOURCE);
		return 0;
	case KEY_POLICY:
		parse_policy(state, arg);
		return 0;
	case KEY_TIMEOUT:
		option_duration(state, "--timeout", arg, true, &o->timeout_ns);
		return 0;
	case KEY_REMOTE:
		o->remote = arg;
		return 0;
	case KEY_QUIET:
		message_set_quiet(true);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->name)
			argp_error(state, "--sink NAME or --source NAME is "
					  "missing");
		return 0;
	default:
		return parse_sink(key, arg, state);
	}
}

static int run(int argc, char **argv)
{
	struct bridge_options o = {
		.format = {.rate = 48000, .channels = 2},
		.frames = 1024,
		.hold_ns = UINT64_C(100000000),
		.timeout_ns = DSI_FOREVER,
		.policy = DSI_POLICY_BLOCK,
	};

	(void)bridge_format_named(&o.format, "FLOAT_LE");
	if (argp_parse(&pipewire_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	return bridge_run(&o);
}
