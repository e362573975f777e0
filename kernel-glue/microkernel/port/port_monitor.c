/* SPDX-License-Identifier: MIT */
/*
 * port_monitor.c - the loop of the task, with its thread.
 *
 * Place in the data flow: beside it.  All connections of a task are watched by
 * one thread, which sleeps until a peer speaks or dies.  It starts with the
 * first connection and ends with the last.
 */
#include "port_thread.h"

static struct {
	struct mk_port_mutex mutex;
	struct dsi_port_loop *loop;
	uint32_t users;
} monitor;

int dsi_port_monitor_get(struct dsi_port_loop **out_loop)
{
	int result = 0;

	mk_port_mutex_lock(&monitor.mutex);
	if (monitor.users == 0)
		result = dsi_port_loop_create(DSI_PORT_LOOP_THREAD,
					      &monitor.loop);
	if (result == 0) {
		monitor.users++;
		*out_loop = monitor.loop;
	}
	mk_port_mutex_unlock(&monitor.mutex);
	return result;
}

void dsi_port_monitor_put(struct dsi_port_loop *loop)
{
	struct dsi_port_loop *last = NULL;

	mk_port_mutex_lock(&monitor.mutex);
	if (monitor.users > 0 && loop == monitor.loop && --monitor.users == 0) {
		last = monitor.loop;
		monitor.loop = NULL;
	}
	mk_port_mutex_unlock(&monitor.mutex);
	/* Not under the lock: a ready() that still runs may want it. */
	dsi_port_loop_destroy(last);
}
