// SPDX-License-Identifier: MIT
/*
 * main.c - the `dsi` command: finds the sub-command and runs it.
 *
 * The arguments are parsed with argp: it is part of the C library, so the
 * command needs nothing more, it permutes and abbreviates long options as
 * users of GNU tools expect, and it makes --help and --usage from the same
 * table that it parses by, so they cannot disagree.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/version.h>

#include "cli.h"
#include "message.h"
#include "describe/nearest.h"

static const struct cli_command *const commands[] = {
	&cli_send,     &cli_recv, &cli_list,	 &cli_top,	&cli_bench,
	&cli_curve,    &cli_fit,  &cli_latency,	 &cli_pipeline, &cli_pipewire,
	&cli_simulate, &cli_size, &cli_topology, &cli_trace,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int run_command(const struct cli_command *command, int argc,
		       char **argv);
static const struct cli_command *find_command(const char *name);
static int unknown_command(const char *name);
static int run_help(int argc, char **argv);
static error_t parse_main(int key, char *arg, struct argp_state *state);
static char *filter_help(int key, const char *text, void *input);
static void print_version(FILE *stream, struct argp_state *state);
static void reserve_standard_descriptors(void);

static const struct argp main_argp = {
	.parser = parse_main,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Stream data between processes over shared memory, "
	       "without copies.\v",
	.help_filter = filter_help,
};

int main(int argc, char **argv)
{
	int first = argc;
	const struct cli_command *command;

	reserve_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	argp_err_exit_status = CLI_USAGE;
	argp_program_version_hook = print_version;
	message_set_command("dsi");

	if (argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &first) ||
	    first >= argc)
		return CLI_FAILURE;
	if (strcmp(argv[first], "help") == 0)
		return run_help(argc - first, argv + first);
	command = find_command(argv[first]);
	if (!command)
		return unknown_command(argv[first]);
	return run_command(command, argc - first, argv + first);
}

/* Stops at the first argument: what follows belongs to the sub-command. */
static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	int *first = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN;
	case ARGP_KEY_ARGS:
		*first = state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *filter_help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size = 0;
	FILE *stream;
	size_t i;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	stream = open_memstream(&list, &size);
	if (!stream)
		return NULL;
	fputs("Commands:\n", stream);
	for (i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-22s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("  help [COMMAND]         what a command does\n\n"
	      "Exit codes of send, recv and list: 0 done; 1 failure; 2 wrong "
	      "usage; 3 no such stream or time out; 4 permission denied; "
	      "5 incompatible; 6 data lost (with --strict); 128+N ended by "
	      "signal N. trace record has the exit code of its command. "
	      "Of the others: 0 done; 1 it does not hold; 2 wrong "
	      "input; 3 no finite bound; 4 exact range exceeded. "
	      "See dsi(7) for names, policies and the environment.\n",
	      stream);
	fclose(stream);
	return list; /* argp frees it */
}

static int run_command(const struct cli_command *command, int argc, char **argv)
{
	static char name[32];

	snprintf(name, sizeof(name), "dsi %s", command->name);
	argv[0] = name;
	message_set_command(name);
	return command->run(argc, argv);
}

static int run_help(int argc, char **argv)
{
	static char program[] = "dsi";
	static char option[] = "--help";
	char *help[] = {program, option, NULL};
	const struct cli_command *command;

	if (argc > 2) {
		message_error("help", "takes one command, not %d", argc - 1);
		return CLI_USAGE;
	}
	if (argc == 1 || strcmp(argv[1], "help") == 0)
		return argp_parse(&main_argp, 2, help, 0, NULL, &argc);
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run_command(command, 2, help);
}

static const struct cli_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS + 1];
	const char *nearest;
	char known[128] = "";
	size_t used = 0;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i]->name;
	names[COMMANDS] = "help";
	for (i = 0; i < COMMANDS + 1 && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used,
					 "%s%s", i ? ", " : "", names[i]);
	nearest = nearest_word(name, names, COMMANDS + 1);
	if (nearest)
		message_error(name,
			      "is no command; did you mean '%s'? There are: %s",
			      nearest, known);
	else
		message_error(name, "is no command; there are: %s", known);
	return CLI_USAGE;
}

static void print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "dsi %s (libdsi %s)\n", DSI_VERSION_TEXT,
		dsi_version());
}

/* If the caller closed 0, 1 or 2, a region or a connection would get that
 * number and output would be written into it.  Fill the holes with
 * descriptors that fail in the direction they would be used. */
static void reserve_standard_descriptors(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", modes[fd]) != fd)
			exit(CLI_FAILURE);
	}
}
