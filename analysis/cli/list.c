// SPDX-License-Identifier: MIT
/*
 * list.c - `dsi list`: the named streams that there are.
 */
#define _GNU_SOURCE 1
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "cli.h"
#include "listing.h"
#include "message.h"
#include "option.h"

#define TIMEOUT_NS UINT64_C(1000000000)

enum {
	KEY_JSON = 256,
	KEY_TIMEOUT,
};

struct list_options {
	const char *name; /* NULL = all */
	uint64_t timeout_ns;
	bool json;
};

struct search {
	struct listing listing;
	const char *name;
	bool no_memory;
};

static const struct argp_option options[] = {
	{"json", KEY_JSON, NULL, 0, "print a JSON array", 0},
	{"timeout", KEY_TIMEOUT, "DURATION", 0,
	 "wait at most so long for all producers to answer (default 1s)", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp list_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[NAME]",
	.doc = "List the named streams, or stream NAME."
	       "\vColumns: name, state, process and user that own it, "
	       "consumers present, packets sent so far, packets that exist "
	       "(slots), their size in bytes, and the format. Streams that "
	       "one may not open are shown as (no permission).",
};

const struct cli_command cli_list = {
	.name = "list",
	.summary = "list the named streams",
	.run = run,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct list_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_TIMEOUT:
		option_duration(state, "--timeout", arg, false, &o->timeout_ns);
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->name, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void listing_copy_printable(char *to, const char *from, size_t bytes)
{
	size_t i;

	for (i = 0; i + 1 < bytes && from[i]; i++)
		to[i] = from[i] < 0x20 || from[i] > 0x7e ? '?' : from[i];
	to[i] = '\0';
}

static struct listing_entry *add_entry(struct listing *listing)
{
	if (listing->n == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 16;
		void *grown = reallocarray(listing->entries, room,
					   sizeof(*listing->entries));

		if (!grown)
			return NULL;
		listing->entries = grown;
		listing->room = room;
	}
	return &listing->entries[listing->n++];
}

static void visit(void *user, const char *name,
		  const struct dsi_name_info *info)
{
	struct search *search = user;
	struct listing_entry *entry;

	if (search->name && strcmp(search->name, name) != 0)
		return;
	entry = add_entry(&search->listing);
	if (!entry) {
		search->no_memory = true;
		return;
	}
	entry->info = *info;
	listing_copy_printable(entry->name, name, sizeof(entry->name));
	listing_copy_printable(entry->info.desc.format, info->desc.format,
			       sizeof(info->desc.format));
}

static int compare(const void *a, const void *b)
{
	const struct listing_entry *first = a;
	const struct listing_entry *second = b;

	return strcmp(first->name, second->name);
}

void listing_user(uint32_t uid, char *out, size_t bytes)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(out, bytes, "%s", user->pw_name);
	else
		snprintf(out, bytes, "%u", uid);
}

const char *listing_error(int error)
{
	static char text[96];

	switch (error) {
	case -DSI_EACCES:
	case -DSI_EPERM:
		return "(no permission)";
	case -DSI_ETIMEDOUT:
	case -DSI_EAGAIN:
	case 0:
		return "(no answer)";
	default:
		snprintf(text, sizeof(text), "(%s)", dsi_strerror(error));
		return text;
	}
}

const char *listing_reason(const struct listing_entry *entry)
{
	return entry->info.answered ? "" : listing_error(entry->info.error);
}

static int find_names(const struct list_options *o, struct search *search)
{
	int32_t n = dsi_names(visit, search, dsi_now() + o->timeout_ns);
	struct listing *listing = &search->listing;

	/* No place of names at all is an empty list. */
	if (n < 0 && n != -DSI_ENOENT)
		return message_dsi("names", n, NULL);
	if (search->no_memory)
		return message_dsi("names", -DSI_ENOMEM, NULL);
	if (listing->n > 1)
		qsort(listing->entries, listing->n, sizeof(*listing->entries),
		      compare);
	return CLI_OK;
}

static int print(const struct list_options *o, const struct listing *listing)
{
	int err;

	if (listing->n == 0 && o->name)
		return message_dsi(o->name, -DSI_ENOENT, NULL);
	if (listing->n == 0 && !o->json) {
		if (isatty(STDERR_FILENO))
			message_note("names", "there are no streams");
		return CLI_OK;
	}
	err = o->json ? listing_print_json(listing)
		      : listing_print_table(listing);
	if (err)
		return message_dsi("names", -DSI_ENOMEM, NULL);
	return message_output();
}

static int run(int argc, char **argv)
{
	struct list_options o = {.timeout_ns = TIMEOUT_NS};
	struct search search = {0};
	int exit_code;

	if (argp_parse(&list_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	search.name = o.name;
	exit_code = find_names(&o, &search);
	if (exit_code == CLI_OK)
		exit_code = print(&o, &search.listing);
	free(search.listing.entries);
	return exit_code;
}
