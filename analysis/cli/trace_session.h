/* SPDX-License-Identifier: MIT */
/* trace_session.h - a recording session: its channels, events, and end. */
#ifndef DSI_CLI_TRACE_SESSION_H
#define DSI_CLI_TRACE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct trace_options {
	const char *name;
	const char *output;
	uint64_t buffer_bytes; /* of packet events, for each CPU */
	bool snapshot;
	bool blocking;
	bool per_process;
};

/* All: 0 or an exit code, with a message. */
/* Make it and start it; what was made is destroyed on failure. */
int trace_session_start(const struct trace_options *options);
/* Write what a snapshot session has now. */
int trace_session_snapshot(const char *name);
/* Stop it, and say what was lost. */
int trace_session_stop(const char *name, uint64_t *out_lost);
/* It is gone; its files stay. */
int trace_session_destroy(const char *name);

bool trace_session_exists(const char *name);
/* Where it writes to; "" if that is not known.  @size: of @out. */
void trace_session_output(const char *name, char *out, uint32_t size);

#endif /* DSI_CLI_TRACE_SESSION_H */
