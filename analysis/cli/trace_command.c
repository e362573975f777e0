// SPDX-License-Identifier: MIT
/*
 * trace_command.c - `dsi trace`: record what happens on streams.
 *
 * What there is to do around LTTng: a session daemon, a session with sensible
 * buffers, the environment of the command, and cleaning up behind it all.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "option.h"
#include "trace_daemon.h"
#include "trace_run.h"
#include "trace_session.h"

#define BUFFER_BYTES (UINT64_C(32) << 20)
#define DEFAULT_NAME "dsi"

enum {
	KEY_SNAPSHOT = 256,
	KEY_OUTPUT,
	KEY_BLOCKING,
	KEY_PER_PROCESS,
	KEY_BUFFER,
};

struct trace_request {
	struct trace_options session;
	const char *verb;
	char **command;
	char output[4096];
	char name[64];
};

static const struct argp_option options[] = {
	{"output", KEY_OUTPUT, "DIR", 0,
	 "where the trace goes (default dsi-trace-DATE-TIME)", 0},
	{"snapshot", KEY_SNAPSHOT, NULL, 0,
	 "keep the latest events in memory and write them at the end, or when "
	 "`dsi trace snapshot` asks for them",
	 0},
	{"buffer", KEY_BUFFER, "SIZE", 0,
	 "memory for events of packets, for each CPU (default 32M)", 0},
	{"per-process", KEY_PER_PROCESS, NULL, 0,
	 "buffers for each process instead of each user; after a crash a "
	 "snapshot of them is empty",
	 0},
	{"blocking", KEY_BLOCKING, NULL, 0,
	 "lose no event: a full buffer stops the program, up to 100 ms were "
	 "measured",
	 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);
static int run(int argc, char **argv);

static const struct argp trace_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "record [--] COMMAND [ARGUMENT...]\n"
		    "start [NAME]\nstop [NAME]\nsnapshot [NAME]\n"
		    "status [NAME]",
	.doc = "Record what happens on streams, with LTTng."
	       "\vrecord runs COMMAND, records until it ends, and exits with "
	       "its exit code. start, stop, snapshot and status are for "
	       "programs that run by themselves; they must have been started "
	       "with DSI_TRACE=lttng. The session is called 'dsi' unless NAME "
	       "says otherwise. A session daemon is started where none runs, "
	       "and ended when nobody needs it any more.",
};

const struct cli_command cli_trace = {
	.name = "trace",
	.summary = "record what happens on streams",
	.run = run,
};

static void parse_size(struct argp_state *state, const char *arg,
		       uint64_t *out_bytes)
{
	uint32_t bytes;

	option_size(state, "--buffer", arg, &bytes);
	/* Eight parts, each a power of two of at least a page. */
	if (bytes < 65536 || (bytes & (bytes - 1u)))
		argp_error(state,
			   "--buffer: %s is not a power of two of 64K or more",
			   arg);
	*out_bytes = bytes;
}

static error_t take_argument(struct trace_request *request, char *arg,
			     struct argp_state *state)
{
	if (!request->verb) {
		request->verb = arg;
		return 0;
	}
	if (strcmp(request->verb, "record") == 0) {
		request->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	}
	if (request->session.name)
		argp_error(state, "%s takes one name", request->verb);
	option_text(state, "NAME", arg, sizeof(request->name),
		    &request->session.name);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_request *request = state->input;

	switch (key) {
	case KEY_OUTPUT:
		option_text(state, "--output", arg, sizeof(request->output),
			    &request->session.output);
		return 0;
	case KEY_SNAPSHOT:
		request->session.snapshot = true;
		return 0;
	case KEY_BUFFER:
		parse_size(state, arg, &request->session.buffer_bytes);
		return 0;
	case KEY_PER_PROCESS:
		request->session.per_process = true;
		return 0;
	case KEY_BLOCKING:
		request->session.blocking = true;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(request, arg, state);
	case ARGP_KEY_END:
		if (!request->verb)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* LTTng wants a whole path. */
static int choose_output(struct trace_request *request)
{
	const char *given = request->session.output;
	char folder[2048];
	char name[64];
	time_t now = time(NULL);
	struct tm parts;

	if (!getcwd(folder, sizeof(folder)) || !localtime_r(&now, &parts) ||
	    strftime(name, sizeof(name), "dsi-trace-%Y%m%d-%H%M%S", &parts) ==
		    0) {
		message_error(NULL, "cannot choose a folder for the trace: %s",
			      strerror(errno));
		return CLI_FAILURE;
	}
	if (given && *given == '/')
		snprintf(request->output, sizeof(request->output), "%s", given);
	else
		snprintf(request->output, sizeof(request->output), "%s/%.1024s",
			 folder, given ? given : name);
	if (access(request->output, F_OK) == 0 && rmdir(request->output) < 0) {
		message_error(request->output,
			      "exists and is not an empty folder; --output "
			      "names another");
		return CLI_USAGE;
	}
	request->session.output = request->output;
	return CLI_OK;
}

static void warn(const struct trace_options *session)
{
	if (session->blocking)
		message_note(
			"--blocking",
			"a full buffer now stops the program: 100 ms for a "
			"single packet were measured. Do not judge its timing "
			"by this trace");
}

/* LTTng makes a folder for the first program that comes. */
static bool has_any(const char *output)
{
	static const char *const kinds[] = {"uid", "pid"};
	char folder[4096 + 16];

	for (int i = 0; i < 2; i++) {
		snprintf(folder, sizeof(folder), "%s/ust/%s", output, kinds[i]);
		if (access(folder, F_OK) == 0)
			return true;
	}
	return false;
}

static void tell_result(const char *output, uint64_t lost, bool snapshot)
{
	if (!snapshot && !has_any(output)) {
		message_note(NULL, "nothing was recorded: no program that uses "
				   "streams came to LTTng; it needs "
				   "DSI_TRACE=lttng in its environment");
		return;
	}
	message_note(NULL, "the trace is in %s", output);
	if (lost && !snapshot)
		message_note(NULL,
			     "%llu events were lost, so it proves nothing; "
			     "--buffer gives it more memory",
			     (unsigned long long)lost);
}

/* ---- record -------------------------------------------------------------- */

/* 0, or CLI_FAILURE: the trace is not whole. */
static int finish(struct trace_daemon *daemon,
		  const struct trace_options *session)
{
	uint64_t lost;
	int err = CLI_OK;

	/* Without the lock as well: better than to leave it all running. */
	(void)trace_daemon_lock(daemon);
	if (session->snapshot)
		err = trace_session_snapshot(session->name);
	if (trace_session_stop(session->name, &lost) == 0)
		tell_result(session->output, lost, session->snapshot);
	else
		err = CLI_FAILURE;
	(void)trace_session_destroy(session->name);
	trace_daemon_leave(daemon);
	return err;
}

static int record(struct trace_request *request)
{
	struct trace_options *session = &request->session;
	struct trace_daemon daemon;
	int not_whole, err;

	if (!request->command) {
		message_error("record", "needs a command to run");
		return CLI_USAGE;
	}
	snprintf(request->name, sizeof(request->name), "dsi-%ld-%lld",
		 (long)getpid(), (long long)time(NULL));
	session->name = request->name;
	if (trace_run_prepare() < 0) {
		message_error(NULL, "cannot catch signals: %s",
			      strerror(errno));
		return CLI_FAILURE;
	}
	err = choose_output(request);
	if (!err)
		err = trace_daemon_need(&daemon, true);
	if (err)
		return err;
	err = trace_session_start(session);
	if (err) {
		trace_daemon_leave(&daemon);
		return err;
	}
	trace_daemon_unlock(&daemon);
	warn(session);
	err = trace_run_signal()
		      ? CLI_SIGNAL + trace_run_signal()
		      : trace_run(request->command, session->blocking);
	not_whole = finish(&daemon, session);
	return err ? err : not_whole;
}

/* ---- start, stop, snapshot, status --------------------------------------- */

static int begin(struct trace_request *request)
{
	struct trace_daemon daemon;
	int err = choose_output(request);

	if (!err)
		err = trace_daemon_need(&daemon, false);
	if (err)
		return err;
	err = trace_session_start(&request->session);
	if (err) {
		trace_daemon_leave(&daemon);
		return err;
	}
	warn(&request->session);
	message_note(request->session.name,
		     "records to %s; programs need DSI_TRACE=lttng%s",
		     request->session.output,
		     request->session.blocking
			     ? " and LTTNG_UST_ALLOW_BLOCKING=1"
			     : "");
	trace_daemon_unlock(&daemon);
	close(daemon.lock);
	return CLI_OK;
}

static int not_there(struct trace_daemon *daemon, const char *name)
{
	message_error(name, "is not being recorded; `dsi trace start` begins");
	trace_daemon_leave(daemon);
	return CLI_FAILURE;
}

/* Take the lock and see whether the session exists. */
static int open_session(struct trace_daemon *daemon, const char *name)
{
	bool runs;
	int err = trace_daemon_find(daemon, &runs);

	if (err)
		return err;
	return runs && trace_session_exists(name) ? CLI_OK
						  : not_there(daemon, name);
}

static int end(const char *name)
{
	struct trace_daemon daemon;
	char output[4096];
	uint64_t lost = 0;
	int err = open_session(&daemon, name);

	if (err)
		return err;
	trace_session_output(name, output, sizeof(output));
	err = trace_session_stop(name, &lost);
	if (!err)
		tell_result(output, lost, false);
	if (trace_session_destroy(name))
		err = CLI_FAILURE;
	trace_daemon_leave(&daemon);
	return err;
}

static int snapshot(const char *name)
{
	struct trace_daemon daemon;
	char output[4096];
	int err = open_session(&daemon, name);

	if (err)
		return err;
	trace_session_output(name, output, sizeof(output));
	err = trace_session_snapshot(name);
	if (!err)
		message_note(NULL, "a snapshot is in %s", output);
	trace_daemon_leave(&daemon);
	return err;
}

static int status(const char *name)
{
	struct trace_daemon daemon;
	char output[4096];
	int err = open_session(&daemon, name);

	if (err)
		return err;
	trace_session_output(name, output, sizeof(output));
	printf("%s: recording to %s\n", name, output);
	trace_daemon_leave(&daemon);
	return message_output();
}

static int run(int argc, char **argv)
{
	static struct trace_request request = {.session.buffer_bytes =
						       BUFFER_BYTES};
	const char *name;

	if (argp_parse(&trace_argp, argc, argv, ARGP_IN_ORDER, NULL, &request))
		return CLI_FAILURE;
	if (strcmp(request.verb, "record") == 0)
		return record(&request);
	if (!request.session.name)
		request.session.name = DEFAULT_NAME;
	name = request.session.name;
	if (strcmp(request.verb, "start") == 0)
		return begin(&request);
	if (strcmp(request.verb, "stop") == 0)
		return end(name);
	if (strcmp(request.verb, "snapshot") == 0)
		return snapshot(name);
	if (strcmp(request.verb, "status") == 0)
		return status(name);
	message_error(request.verb, "is none of record, start, stop, snapshot, "
				    "status");
	return CLI_USAGE;
}
