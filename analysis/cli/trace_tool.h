/* SPDX-License-Identifier: MIT */
/* trace_tool.h - run one of LTTng's programs and hear what it says. */
#ifndef DSI_CLI_TRACE_TOOL_H
#define DSI_CLI_TRACE_TOOL_H

#include <stdbool.h>

#define TOOL_SILENT (-2)

/**
 * tool_run - run a program to its end.
 * @argv:     looked up in PATH; ends with NULL
 * @out_text: what it wrote to both of its outputs; freed by the caller; may
 *            be NULL
 *
 * It gets a process group of its own, so that an interrupt from the keyboard,
 * which is for the program under observation, does not end it halfway.
 *
 * Return: its exit code, 128 + signal, -1: it could not be started, or TOOL_SILENT:
 * it did not end in 20 s (`stop`, `snapshot`: 10 min; after that has happened once:
 * 2 s), and was killed.
 */
int tool_run(const char *const argv[], char **out_text);

/* Is there such a program in PATH? */
bool tool_exists(const char *name);

/* Say of a failure what it @said, or NULL.  0, or CLI_FAILURE. */
int tool_report(const char *const argv[], int result, const char *said);

/* Both of them. */
int tool_must(const char *const argv[]);

#endif /* DSI_CLI_TRACE_TOOL_H */
