/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - the loop of the process, with its thread.
 *
 * Place in the data flow: beside it.  All connections of a process are
 * watched by one thread, which sleeps until a peer speaks or dies.  A
 * library should not have threads that its user does not need: it starts
 * with the first connection and ends with the last.
 *
 * fork() leaves the child without that thread.  The child begins anew, and
 * what it inherited it neither uses nor stops.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "linux.h"

static struct {
	pthread_mutex_t mutex;
	struct dsi_port_loop *loop;
	uint32_t users;
	pid_t pid;
} monitor = {.mutex = PTHREAD_MUTEX_INITIALIZER};

int dsi_port_monitor_get(struct dsi_port_loop **out_loop)
{
	int result = 0;

	(void)pthread_mutex_lock(&monitor.mutex);
	if (monitor.users > 0 && monitor.pid != getpid())
		monitor.users = 0; /* a fork() that ran no handlers */
	if (monitor.users == 0) {
		result = dsi_port_loop_create(DSI_PORT_LOOP_THREAD,
					      &monitor.loop);
		monitor.pid = getpid();
	}
	if (result == 0) {
		monitor.users++;
		*out_loop = monitor.loop;
	}
	(void)pthread_mutex_unlock(&monitor.mutex);
	return result;
}

void dsi_port_monitor_put(struct dsi_port_loop *loop)
{
	struct dsi_port_loop *last = NULL;

	(void)pthread_mutex_lock(&monitor.mutex);
	/* Another one is what a child got from its parent: not ours to end. */
	if (monitor.users > 0 && loop == monitor.loop &&
	    monitor.pid == getpid() && --monitor.users == 0) {
		last = monitor.loop;
		monitor.loop = NULL;
	}
	(void)pthread_mutex_unlock(&monitor.mutex);
	/* Not under the lock: a ready() that still runs may want it. */
	dsi_port_loop_destroy(last);
}

/* The lock may have been held by a thread that the child does not have. */
static void monitor_forget(void)
{
	monitor.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	monitor.loop = NULL;
	monitor.users = 0;
}

__attribute__((constructor)) static void monitor_survive_fork(void)
{
	(void)pthread_atfork(NULL, NULL, monitor_forget);
}
