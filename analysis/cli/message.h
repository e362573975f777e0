/* SPDX-License-Identifier: MIT */
/*
 * message.h - all that the command says on stderr.
 *
 * Form: "dsi send: THING: sentence".  No message ends with a full stop.
 */
#ifndef DSI_CLI_MESSAGE_H
#define DSI_CLI_MESSAGE_H

#include <stdbool.h>

/* @command: constant text put before every message, e.g. "dsi send" */
void message_set_command(const char *command);

/* Suppress notes; errors are always printed. */
void message_set_quiet(bool quiet);

/* @subject: the name, file or option that it is about; NULL if the sentence
 * says it itself */
void message_error(const char *subject, const char *text, ...)
	__attribute__((format(printf, 2, 3)));
void message_note(const char *subject, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * message_dsi - report a failed call of the library.
 * @subject: the stream's name
 * @err:     its negative code
 * @reason:  dsi_socket_error() or another sentence; NULL or "" = none
 *
 * Return: the exit code that belongs to @err.
 */
int message_dsi(const char *subject, int err, const char *reason);

/* Was all that went to stdout written?  Return the exit code; the reason is
 * said unless the reader has closed its end. */
int message_output(void);

/**
 * message_status - show a line that the next status replaces.
 * @line: the text, without control characters
 *
 * On a terminal it is cut to the width and overwritten, else it is a line.
 */
void message_status(const char *line);

/* Let the status line stand and go on below it. */
void message_status_end(void);

#endif /* DSI_CLI_MESSAGE_H */
