/* SPDX-License-Identifier: MIT */
/* trace_run.h - run the command that is to be recorded. */
#ifndef DSI_CLI_TRACE_RUN_H
#define DSI_CLI_TRACE_RUN_H

#include <stdbool.h>

/**
 * trace_run - run a command, traced, to its end.
 * @argv:     the command; ends with NULL
 * @blocking: let a full buffer stop it
 *
 * SIGTERM and SIGHUP are passed on to it; SIGINT as well, unless it comes from
 * the keyboard, which tells both.  None of them ends us before it has ended.
 *
 * Return: its exit code, 128 + signal; 127: it could not be started.
 */
int trace_run(char *const argv[], bool blocking);

/* Signals that would end us are remembered from now on. */
int trace_run_prepare(void);
/* The one that came, or 0. */
int trace_run_signal(void);

#endif /* DSI_CLI_TRACE_RUN_H */
