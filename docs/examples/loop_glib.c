/* SPDX-License-Identifier: MIT */
/* loop_glib.c - loop_glib STREAM: a consumer in a main loop of GLib. */
#include <inttypes.h>
#include <stdio.h>

#include <glib-unix.h>

#include <dsi/dsi.h>

#include "event_consumer.h"

struct loop {
	GMainLoop *main;
	guint watch;
	int result; /* see event_consumer_close() */
	struct event_consumer consumer;
};

static gboolean on_stop(gpointer user)
{
	struct loop *loop = user;

	g_main_loop_quit(loop->main);
	return G_SOURCE_CONTINUE;
}

static gboolean on_timer(gpointer user)
{
	const struct loop *loop = user;

	fprintf(stderr, "%" PRIu64 " packets so far\n", loop->consumer.packets);
	return G_SOURCE_CONTINUE;
}

/* Idle: what was there already, and what one call was not enough for.  The
 * descriptor tells only of packets that come after TAKE_WAIT. */
static gboolean on_more(gpointer user)
{
	struct loop *loop = user;

	loop->result = event_consumer_take(&loop->consumer);
	if (loop->result == TAKE_MORE)
		return G_SOURCE_CONTINUE;
	if (loop->result != TAKE_WAIT)
		g_main_loop_quit(loop->main);
	return G_SOURCE_REMOVE;
}

static gboolean on_packets(gint fd, GIOCondition condition, gpointer user)
{
	(void)fd;
	(void)condition;
	if (on_more(user) == G_SOURCE_CONTINUE)
		g_idle_add(on_more, user);
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	static struct loop loop = {.result = TAKE_MORE};

	if (argc != 2) {
		fprintf(stderr, "usage: loop_glib STREAM\n");
		return 2;
	}
	if (event_consumer_open(&loop.consumer, argv[1]) < 0) {
		dsi_socket_destroy(loop.consumer.sock);
		return 1;
	}
	loop.main = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGINT, on_stop, &loop);
	g_unix_signal_add(SIGTERM, on_stop, &loop);
	g_timeout_add_seconds(1, on_timer, &loop);
	loop.watch =
		g_unix_fd_add(loop.consumer.fd, G_IO_IN, on_packets, &loop);
	g_idle_add(on_more, &loop);
	g_main_loop_run(loop.main);
	/* Before the descriptor is closed nobody may look at it any more. */
	g_source_remove(loop.watch);
	g_main_loop_unref(loop.main);
	return event_consumer_close(&loop.consumer, loop.result);
}
