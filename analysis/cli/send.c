// SPDX-License-Identifier: MIT
/*
 * send.c - the arguments of `dsi send`.
 */
#include <grp.h>
#include <stdint.h>

#include "cli.h"
#include "framing.h"
#include "option.h"
#include "progress.h"
#include "sender.h"

#define CHUNK_BYTES (64u * 1024)

enum {
	KEY_FRAME_BYTES = 256,
	KEY_CHUNK,
	KEY_Y4M,
	KEY_RAW,
	KEY_PACKETS,
	KEY_WAIT,
	KEY_ACCESS,
	KEY_GROUP,
	KEY_LIFETIME,
	KEY_FORMAT,
	KEY_PLACEMENT,
	KEY_RATE,
	KEY_DRAIN,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "How the input is cut into packets:", 1},
	{"chunk", KEY_CHUNK, "SIZE", 0,
	 "what is there, up to SIZE bytes (default 64KiB)", 1},
	{"frame-bytes", KEY_FRAME_BYTES, "SIZE", 0,
	 "each packet exactly SIZE bytes, such as 4KiB or 3110400", 1},
	{"y4m", KEY_Y4M, NULL, 0,
	 "one frame of YUV4MPEG2 per packet; recognised without this option "
	 "if none of this group is given",
	 1},
	{"raw", KEY_RAW, NULL, 0, "do not look for YUV4MPEG2", 1},
	{NULL, 0, NULL, 0, "The stream:", 2},
	{"packets", KEY_PACKETS, "N", 0,
	 "packets that exist (default: 64 MiB of them, 4 to 32)", 2},
	{"format", KEY_FORMAT, "TEXT", 0, "what the data is, for consumers", 2},
	{"lifetime", KEY_LIFETIME, "DURATION", 0,
	 "packets expire so long after they were sent", 2},
	{"rate", KEY_RATE, "N", 0,
	 "send N packets per second, such as 25 or 30000/1001", 2},
	{"placement", KEY_PLACEMENT, "WHERE", 0,
	 "memory nodes of the stream: auto (by the CPUs of its ends, default), "
	 "none, node:N, or like:PID",
	 2},
	{NULL, 0, NULL, 0, "Consumers:", 3},
	{"access", KEY_ACCESS, "MODE", 0,
	 "who may connect: owner (default), group, all, or octal like 0660", 3},
	{"group", KEY_GROUP, "NAME", 0,
	 "the group of --access; alone it means --access group", 3},
	{"wait-consumers", KEY_WAIT, "N", 0,
	 "begin when N have joined (default 1; 0 = at once)", 3},
	{"drain-timeout", KEY_DRAIN, "DURATION", 0,
	 "wait at most so long at the end until all is taken "
	 "(default: forever)",
	 3},
	{NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {
	{&progress_argp, 0, NULL, 0},
	{NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp send_argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "NAME [FILE]",
	.doc = "Send standard input, or FILE, as stream NAME."
	       "\vThe input is read directly into the packets. At its end an "
	       "end-of-stream packet is sent, and the command ends when the "
	       "consumers have taken all. SIGINT and SIGTERM end the stream "
	       "without end-of-stream packet after at most two seconds.\n\n"
	       "DURATION is a number of seconds or has a unit: ns, us, ms, s, "
	       "min, h. SIZE has the unit B, KiB, MiB, GiB, kB, MB or GB.\n\n"
	       "Example: ffmpeg -i FILE -f yuv4mpegpipe - | dsi send cam",
};

const struct cli_command cli_send = {
	.name = "send",
	.summary = "send standard input or FILE as a stream",
	.run = run,
};

static void set_framing(struct argp_state *state, uint32_t kind)
{
	struct sender_options *o = state->input;

	if (o->framing_kind != FRAMING_AUTO && o->framing_kind != kind)
		argp_error(state, "--chunk or --raw, --frame-bytes and --y4m "
				  "exclude each other; give one");
	o->framing_kind = kind;
}

static void parse_group(struct argp_state *state, const char *arg)
{
	struct sender_options *o = state->input;
	struct group *group = getgrnam(arg);
	char why[UNITS_WHY_BYTES];
	uint64_t gid = 0;

	if (!group && !units_count(arg, 0, UINT32_MAX - 1, &gid, why))
		argp_error(state,
			   "--group: there is no group '%s'; give its name or "
			   "number",
			   arg);
	o->gid = group ? group->gr_gid : (uint32_t)gid;
	o->group_given = true;
}

static void check(struct argp_state *state)
{
	struct sender_options *o = state->input;

	if (!o->name)
		argp_error(state, "the name of the stream is missing");
	if (o->group_given && !o->access_mode)
		o->access_mode = 0660;
}

static error_t parse_stream(int key, char *arg, struct argp_state *state)
{
	struct sender_options *o = state->input;
	char why[UNITS_WHY_BYTES];

	switch (key) {
	case KEY_PACKETS:
		option_count32(state, "--packets", arg, 1, DSI_MAX_PACKETS,
			       &o->packets);
		return 0;
	case KEY_FORMAT:
		option_text(state, "--format", arg, DSI_FORMAT_BYTES,
			    &o->format);
		return 0;
	case KEY_PLACEMENT:
		option_placement(state, arg, &o->placement, &o->placement_of);
		return 0;
	case KEY_LIFETIME:
		option_duration(state, "--lifetime", arg, false,
				&o->lifetime_ns);
		return 0;
	case KEY_RATE:
		if (!units_rate(arg, &o->rate, why))
			argp_error(state, "--rate: %s", why);
		return 0;
	case KEY_ACCESS:
		if (!units_mode(arg, &o->access_mode, why))
			argp_error(state, "--access: %s", why);
		return 0;
	case KEY_GROUP:
		parse_group(state, arg);
		return 0;
	case KEY_WAIT:
		option_count32(state, "--wait-consumers", arg, 0,
			       DSI_MAX_CONSUMERS, &o->wait_consumers);
		return 0;
	case KEY_DRAIN:
		option_duration(state, "--drain-timeout", arg, true,
				&o->drain_ns);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sender_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->progress;
		return 0;
	case KEY_CHUNK:
		set_framing(state, FRAMING_CHUNK);
		option_size(state, "--chunk", arg, &o->slot_bytes);
		return 0;
	case KEY_FRAME_BYTES:
		set_framing(state, FRAMING_FRAME);
		option_size(state, "--frame-bytes", arg, &o->slot_bytes);
		return 0;
	case KEY_Y4M:
		set_framing(state, FRAMING_Y4M);
		return 0;
	case KEY_RAW:
		set_framing(state, FRAMING_CHUNK);
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->name, &o->file);
		return 0;
	case ARGP_KEY_END:
		check(state);
		return 0;
	default:
		return parse_stream(key, arg, state);
	}
}

static int run(int argc, char **argv)
{
	struct sender_options o = {
		.slot_bytes = CHUNK_BYTES,
		.wait_consumers = 1,
		.drain_ns = DSI_FOREVER,
	};

	if (argp_parse(&send_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	return sender_run(&o);
}
