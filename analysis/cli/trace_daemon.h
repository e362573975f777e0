/* SPDX-License-Identifier: MIT */
/*
 * trace_daemon.h - a session daemon of LTTng: the one that runs, or our own.
 *
 * Where a daemon and programs meet is fixed by LTTng: for root in /run/lttng,
 * for others below $LTTNG_HOME or $HOME.  So a daemon of our own is
 *
 *   for others, recording one command: in a private folder, for this command
 *     only;
 *   else the one of that place, if none is there.  Whoever is the last to need
 *     it ends it, under a lock, but never one that others have started.
 */
#ifndef DSI_CLI_TRACE_DAEMON_H
#define DSI_CLI_TRACE_DAEMON_H

#include <limits.h>
#include <stdbool.h>

struct trace_daemon {
	char folder[PATH_MAX]; /* ours: lock, process id */
	char home[PATH_MAX];   /* private LTTNG_HOME, or "" */
	int lock;	       /* descriptor, or -1 */
};

/* Both: 0 or an exit code, with a message. */
/* Have a daemon, and the lock. @alone: it is for one command. */
int trace_daemon_need(struct trace_daemon *daemon, bool alone);
/* Only look: the lock, and whether one runs. */
int trace_daemon_find(struct trace_daemon *daemon, bool *out_runs);
/* Does one answer, whoever started it? */
bool trace_daemon_answers(void);
/* Between calls of LTTng that belong together; 0, or CLI_FAILURE after some
 * seconds or a signal. */
int trace_daemon_lock(struct trace_daemon *daemon);
void trace_daemon_unlock(struct trace_daemon *daemon);
/* The end, with the lock: our daemon goes if nobody needs it any more. */
void trace_daemon_leave(struct trace_daemon *daemon);

#endif /* DSI_CLI_TRACE_DAEMON_H */
