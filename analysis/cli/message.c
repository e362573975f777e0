// SPDX-License-Identifier: MIT
/*
 * message.c - all that the command says on stderr, and which exit code
 * belongs to which error of the library.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "cli.h"
#include "message.h"

static const char *command_name = "dsi";
static bool quiet_wanted;
static bool status_open; /* the cursor is on a status line */

/* What to do about an error, and what to exit with. */
static const struct advice {
	int err;
	int exit_code;
	const char *fix;
} advices[] = {
	{-DSI_ENOENT, CLI_NO_STREAM, "`dsi list` shows the names there are"},
	{-DSI_ETIMEDOUT, CLI_NO_STREAM,
	 "is its producer running? --timeout "
	 "sets how long to wait"},
	{-DSI_EACCES, CLI_DENIED,
	 "its owner can admit others with --access "
	 "or --group of `dsi send`"},
	{-DSI_EPERM, CLI_DENIED, NULL},
	{-DSI_ENOMATCH, CLI_INCOMPATIBLE, "`dsi list` shows what it offers"},
	{-DSI_EPROTONOSUPPORT, CLI_INCOMPATIBLE,
	 "both ends need the same major version of libdsi"},
	{-DSI_EINVAL, CLI_USAGE, NULL},
	{-DSI_ENAMETOOLONG, CLI_USAGE, NULL},
	{-DSI_EEXIST, CLI_FAILURE,
	 "choose another name, or end the process that has it"},
	{-DSI_EUSERS, CLI_FAILURE, "one of its consumers must leave first"},
};

void message_set_command(const char *command)
{
	command_name = command;
}

void message_set_quiet(bool quiet)
{
	quiet_wanted = quiet;
}

static void print(const char *subject, const char *text, va_list args)
	__attribute__((format(printf, 2, 0)));

static void print(const char *subject, const char *text, va_list args)
{
	message_status_end();
	flockfile(stderr);
	fprintf(stderr, "%s: ", command_name);
	if (subject)
		fprintf(stderr, "%s: ", subject);
	vfprintf(stderr, text, args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void message_error(const char *subject, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	print(subject, text, args);
	va_end(args);
}

void message_note(const char *subject, const char *text, ...)
{
	va_list args;

	if (quiet_wanted)
		return;
	va_start(args, text);
	print(subject, text, args);
	va_end(args);
}

static const struct advice *find_advice(int err)
{
	static const struct advice none = {0, CLI_FAILURE, NULL};
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (advices[i].err == err)
			return &advices[i];
	}
	return &none;
}

int message_dsi(const char *subject, int err, const char *reason)
{
	const struct advice *advice = find_advice(err);
	size_t length;

	if (!reason || !*reason)
		reason = dsi_strerror(err);
	length = strlen(reason);
	while (length &&
	       (reason[length - 1] == '.' || reason[length - 1] == '\n'))
		length--;
	message_error(subject, "%.*s%s%s", (int)length, reason,
		      advice->fix ? "; " : "", advice->fix ? advice->fix : "");
	return advice->exit_code;
}

static int terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
		return 80;
	return size.ws_col;
}

int message_output(void)
{
	if (fflush(stdout) != EOF && !ferror(stdout))
		return CLI_OK;
	if (errno != EPIPE)
		message_error("standard output", "cannot write: %s",
			      strerror(errno));
	return CLI_FAILURE;
}

void message_status(const char *line)
{
	if (!isatty(STDERR_FILENO)) {
		fprintf(stderr, "%s\n", line);
		return;
	}
	/* One column stays free so that no terminal wraps the line. */
	fprintf(stderr, "\r%.*s\033[K", terminal_columns() - 1, line);
	fflush(stderr);
	status_open = true;
}

void message_status_end(void)
{
	if (!status_open)
		return;
	status_open = false;
	fputc('\n', stderr);
}
