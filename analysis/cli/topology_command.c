// SPDX-License-Identifier: MIT
/*
 * topology_command.c - `dsi topology`: the machine, and where on it the memory
 * of the named streams is.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <dsi/errno.h>

#include "cli.h"
#include "message.h"
#include "option.h"
#include "topology.h"

enum {
	KEY_JSON = 256,
	KEY_FIX,
	KEY_CHECK,
	KEY_PICTURE,
};

struct topology_options {
	const char *name; /* NULL = all */
	const char *picture;
	bool json;
	bool fix;
	bool check;
};

static const struct argp_option options[] = {
	{"json", KEY_JSON, NULL, 0, "print a JSON object", 0},
	{"picture", KEY_PICTURE, "FILE", 0,
	 "draw it as well: FILE.svg, or FILE.xml for lstopo", 0},
	{"fix", KEY_FIX, NULL, 0,
	 "move misplaced pages to where they should be, while the streams run",
	 0},
	{"check", KEY_CHECK, NULL, 0,
	 "exit with 1 if pages are misplaced (with --fix: still), and not with "
	 "0 "
	 "if the system does not tell where some are",
	 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp topology_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[NAME]",
	.doc = "Show the memory nodes of this machine, and on which of them "
	       "the memory of the named streams, or of stream NAME, is."
	       "\vEach stream has a line for its control area and its data "
	       "area, and for each consumer one for its signal page and one "
	       "for its consumer page. Columns:\n"
	       "\n"
	       "  NAME    stream\n"
	       "  REGION  control, data, signal, page\n"
	       "  PID     the producer's process, or the consumer's\n"
	       "  LABEL   what the consumer calls itself\n"
	       "  PAGES   how many there are\n"
	       "  PLAN    nodes they should be on, by the CPUs that both may "
	       "run on\n"
	       "          now; - where nothing speaks for a node\n"
	       "  NODES   where they are: node:pages; none: not in memory\n"
	       "\n"
	       "Where a stream's memory is, its own user and root can see. "
	       "Moving pages that several processes have mapped takes "
	       "CAP_SYS_NICE.",
};

const struct cli_command cli_topology = {
	.name = "topology",
	.summary = "show and mend where the memory of streams is",
	.run = run,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct topology_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_FIX:
		o->fix = true;
		return 0;
	case KEY_CHECK:
		o->check = true;
		return 0;
	case KEY_PICTURE:
		o->picture = arg;
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->name, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- warnings and mending ------------------------------------------------ */

static void warn(const struct topology_stream *stream,
		 const struct topology_region *region)
{
	char nodes[64];

	topology_print_nodes(&region->plan, nodes, sizeof(nodes));
	message_note(stream->name,
		     "%s of process %" PRIu32 ": %" PRIu64 " of %" PRIu64
		     " pages are not on node %s; `dsi topology --fix` moves "
		     "them",
		     topology_kind(region->info.kind),
		     topology_owner(region)->pid, region->misplaced,
		     region->pages, nodes);
}

static int mend(const struct topology_stream *stream,
		const struct topology_region *region)
{
	char why[TOPOLOGY_WHY_BYTES];
	int err = topology_move(region, why);

	if (!err)
		return CLI_OK;
	message_error(stream->name, "%s of process %" PRIu32 ": %s",
		      topology_kind(region->info.kind),
		      topology_owner(region)->pid, why);
	return err == -DSI_EPERM || err == -DSI_EACCES ? CLI_DENIED
						       : CLI_FAILURE;
}

/* Of all regions with misplaced pages.  The exit code of the first that could
 * not be mended. */
static int each_misplaced(const struct topology_view *view, bool fix)
{
	int exit_code = CLI_OK;

	for (size_t i = 0; i < view->n; i++) {
		const struct topology_stream *stream = view->streams[i];

		for (uint32_t k = 0; k < stream->n_regions; k++) {
			int code = CLI_OK;

			if (!stream->regions[k].misplaced)
				continue;
			if (fix)
				code = mend(stream, &stream->regions[k]);
			else
				warn(stream, &stream->regions[k]);
			if (exit_code == CLI_OK)
				exit_code = code;
		}
	}
	return exit_code;
}

/* Of nothing that could not be seen is it said that all is right.  The exit code
 * of the first; who ended meanwhile has nothing any more. */
static int each_unseen(const struct topology_view *view)
{
	int exit_code = CLI_OK;

	for (size_t i = 0; i < view->n; i++) {
		const struct topology_stream *stream = view->streams[i];

		for (uint32_t k = 0; k < stream->n_regions; k++) {
			const struct topology_region *region =
				&stream->regions[k];

			if (!region->error || region->error == -DSI_EPIPE)
				continue;
			message_error(stream->name,
				      "%s of process %" PRIu32
				      ": the system does not tell where its "
				      "pages are: %s",
				      topology_kind(region->info.kind),
				      topology_owner(region)->pid,
				      dsi_strerror(region->error));
			if (exit_code == CLI_OK)
				exit_code = region->error == -DSI_EPERM
						    ? CLI_DENIED
						    : CLI_FAILURE;
		}
	}
	return exit_code;
}

/* ---- the command --------------------------------------------------------- */

static int look(struct topology_view *view)
{
	int err = topology_look(view);

	if (err)
		return message_dsi("names", err, NULL);
	if (!view->only)
		return CLI_OK;
	if (view->n == 0)
		return message_dsi(view->only, -DSI_ENOENT, NULL);
	if (view->streams[0]->error)
		return message_dsi(view->only, view->streams[0]->error, NULL);
	return CLI_OK;
}

static int print(const struct topology_options *o,
		 const struct topology_view *view)
{
	char why[TOPOLOGY_WHY_BYTES];

	if (!o->json)
		topology_print_table(view);
	else if (topology_print_json(view))
		return message_dsi("topology", -DSI_ENOMEM, NULL);
	if (o->picture && !topology_picture(view, o->picture, why)) {
		message_error(o->picture, "%s", why);
		return CLI_FAILURE;
	}
	return message_output();
}

static int show(const struct topology_options *o, struct topology_view *view)
{
	int exit_code = look(view);
	int mended = CLI_OK;

	if (exit_code == CLI_OK && o->fix && view->misplaced) {
		mended = each_misplaced(view, true);
		exit_code = look(view);
	}
	if (exit_code == CLI_OK)
		exit_code = print(o, view);
	if (exit_code != CLI_OK)
		return exit_code;
	if (!o->fix)
		(void)each_misplaced(view, false);
	if (o->fix || o->check)
		exit_code = each_unseen(view);
	if (mended != CLI_OK)
		return mended;
	if (exit_code != CLI_OK)
		return exit_code;
	return o->check && view->misplaced ? CLI_FAILURE : CLI_OK;
}

static int run(int argc, char **argv)
{
	struct topology_options o = {.name = NULL};
	struct topology_view view = {.only = NULL};
	char why[TOPOLOGY_WHY_BYTES] = "";
	int exit_code;
	int err;

	if (argp_parse(&topology_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	err = dsi_topology_load(NULL, &view.machine, why, sizeof(why));
	if (err)
		return message_dsi("topology", err, why);
	view.only = o.name;
	exit_code = show(&o, &view);
	topology_forget(&view);
	dsi_topology_destroy(view.machine);
	return exit_code;
}
