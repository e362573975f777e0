// SPDX-License-Identifier: MIT
/*
 * trace_session.c - a recording session, by way of the command `lttng`.
 *
 * Two channels: rare events (dsi-ctl) must not be pushed out by those of
 * packets (dsi-data).  The consumer daemon looks for full buffers by a timer:
 * otherwise the traced program would have to tell it, with a system call.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "trace_daemon.h"
#include "trace_session.h"
#include "trace_tool.h"

#include <dsi/trace.h>

#define RARE 10 /* events of dsi-ctl; the others are those of packets */
#define SUB_BUFFERS 8u
#define WORDS 16

static int make_channel(const struct trace_options *o, const char *channel,
			uint64_t sub_bytes, const char *sub_count)
{
	char size[48];
	const char *argv[WORDS] = {
		"lttng", "--no-sessiond", "enable-channel", "-u",
		"-s",	 o->name};
	int n = 6;

	snprintf(size, sizeof(size), "--subbuf-size=%llu",
		 (unsigned long long)sub_bytes);
	argv[n++] = size;
	argv[n++] = sub_count;
	argv[n++] = o->snapshot ? "--overwrite" : "--discard";
	argv[n++] = o->per_process ? "--buffers-pid" : "--buffers-uid";
	if (!o->snapshot)
		argv[n++] = "--read-timer=200000";
	if (o->blocking)
		argv[n++] = "--blocking-timeout=inf";
	argv[n++] = channel;
	return tool_must(argv);
}

static int enable_events(const char *session, const char *channel, int first,
			 int end)
{
#define EVENT(name, number) "dsi:" #name,
	static const char *const events[] = {DSI_TRACE_MAP(EVENT)};
#undef EVENT
	char list[512] = "";
	const char *const argv[] = {
		"lttng", "--no-sessiond", "enable-event", "-u", "-s", session,
		"-c",	 channel,	  list,		  NULL};

	for (int i = first; i < end; i++) {
		if (i > first)
			strcat(list, ",");
		strcat(list, events[i]);
	}
	return tool_must(argv);
}

static int create(const struct trace_options *o)
{
	char output[4096 + 16];
	const char *argv[WORDS] = {"lttng", "--no-sessiond", "create",
				   o->name, output,	     NULL};

	snprintf(output, sizeof(output), "--output=%s", o->output);
	if (o->snapshot)
		argv[5] = "--snapshot";
	return tool_must(argv);
}

int trace_session_start(const struct trace_options *o)
{
	const char *const start[] = {"lttng", "--no-sessiond", "start", o->name,
				     NULL};
	int err = create(o);

	if (err)
		return err;
	err = make_channel(o, "dsi-ctl", 65536, "--num-subbuf=4");
	if (!err)
		err = make_channel(o, "dsi-data", o->buffer_bytes / SUB_BUFFERS,
				   "--num-subbuf=8");
	if (!err)
		err = enable_events(o->name, "dsi-ctl", 0, RARE);
	if (!err)
		err = enable_events(o->name, "dsi-data", RARE,
				    DSI_TRACE_EVENTS);
	if (!err)
		err = tool_must(start);
	if (err)
		(void)trace_session_destroy(o->name);
	return err;
}

/* What LTTng lists of it; NULL: it is not there, or nobody answers. */
static char *describe(const char *name)
{
	const char *const argv[] = {
		"lttng", "--no-sessiond", "--mi=xml", "list", name, NULL};
	char *said;

	if (tool_run(argv, &said) == 0)
		return said;
	free(said);
	return NULL;
}

/* For what may take as long as the disks need: not if nobody answers. */
static int write_out(const char *const argv[], const char *name)
{
	free(describe(name));
	return tool_must(argv);
}

int trace_session_snapshot(const char *name)
{
	const char *const argv[] = {
		"lttng", "--no-sessiond", "snapshot", "record", "-s", name,
		NULL};

	return write_out(argv, name);
}

/* ---- what LTTng says of a session ---------------------------------------- */

/* The sum of all numbers in <@tag>...</@tag>. */
static uint64_t sum_of(const char *text, const char *tag)
{
	uint64_t sum = 0;
	char open[64];

	snprintf(open, sizeof(open), "<%s>", tag);
	while ((text = strstr(text, open))) {
		text += strlen(open);
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

bool trace_session_exists(const char *name)
{
	char *said = describe(name);
	bool exists = said != NULL;

	free(said);
	return exists;
}

void trace_session_output(const char *name, char *out, uint32_t size)
{
	char *said = describe(name);
	const char *at = said ? strstr(said, "<path>") : NULL;

	out[0] = '\0';
	if (at)
		snprintf(out, size, "%.*s", (int)strcspn(at + 6, "<"), at + 6);
	free(said);
}

int trace_session_stop(const char *name, uint64_t *out_lost)
{
	const char *const argv[] = {"lttng", "--no-sessiond", "stop", name,
				    NULL};
	int err = write_out(argv, name);
	char *said = err ? NULL : describe(name);

	*out_lost = said ? sum_of(said, "discarded_events") : 0;
	free(said);
	return err;
}

int trace_session_destroy(const char *name)
{
	const char *const argv[] = {"lttng", "--no-sessiond", "destroy", name,
				    NULL};
	char *said;
	int result = tool_run(argv, &said);
	int err;

	/* LTTng 2.13 may lose the news that it is done, and waits for it. */
	if (result == TOOL_SILENT && trace_daemon_answers() &&
	    !trace_session_exists(name))
		result = 0;
	err = tool_report(argv, result, said);
	free(said);
	return err;
}
