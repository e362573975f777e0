/* SPDX-License-Identifier: MIT */
/* loop_libuv.c - loop_libuv STREAM: a consumer in a loop of libuv. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include <uv.h>

#include <dsi/dsi.h>

#include "event_consumer.h"

struct loop {
	uv_loop_t uv;
	uv_poll_t packets;
	uv_idle_t more;
	uv_timer_t timer;
	uv_signal_t interrupt, terminate;
	int result; /* see event_consumer_close() */
	struct event_consumer consumer;
};

static void close_handle(uv_handle_t *handle, void *user)
{
	(void)user;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* The loop ends when nothing is open any more. */
static void end(struct loop *loop)
{
	uv_walk(&loop->uv, close_handle, NULL);
}

static void on_stop(uv_signal_t *handle, int number)
{
	(void)number;
	end(handle->data);
}

static void on_timer(uv_timer_t *handle)
{
	const struct loop *loop = handle->data;

	fprintf(stderr, "%" PRIu64 " packets so far\n", loop->consumer.packets);
}

static void on_more(uv_idle_t *handle);

/* While there is more than one call is enough for, the loop is never idle.  The
 * descriptor tells only of packets that come after TAKE_WAIT. */
static void take(struct loop *loop)
{
	loop->result = event_consumer_take(&loop->consumer);
	if (loop->result == TAKE_WAIT)
		(void)uv_idle_stop(&loop->more);
	else if (loop->result == TAKE_MORE)
		(void)uv_idle_start(&loop->more, on_more);
	else
		end(loop);
}

static void on_more(uv_idle_t *handle)
{
	take(handle->data);
}

static void on_packets(uv_poll_t *handle, int status, int events)
{
	struct loop *loop = handle->data;

	(void)events;
	if (status == 0)
		take(loop);
	else
		end(loop);
}

static int start(struct loop *loop)
{
	int err = uv_loop_init(&loop->uv);

	if (err)
		return err;
	loop->packets.data = loop->more.data = loop->timer.data = loop;
	loop->interrupt.data = loop->terminate.data = loop;
	err = uv_poll_init(&loop->uv, &loop->packets, loop->consumer.fd);
	if (!err)
		err = uv_poll_start(&loop->packets, UV_READABLE, on_packets);
	if (!err)
		err = uv_idle_init(&loop->uv, &loop->more);
	if (!err)
		err = uv_idle_start(&loop->more, on_more);
	if (!err)
		err = uv_timer_init(&loop->uv, &loop->timer);
	if (!err)
		err = uv_timer_start(&loop->timer, on_timer, 1000, 1000);
	if (!err)
		err = uv_signal_init(&loop->uv, &loop->interrupt);
	if (!err)
		err = uv_signal_start(&loop->interrupt, on_stop, SIGINT);
	if (!err)
		err = uv_signal_init(&loop->uv, &loop->terminate);
	if (!err)
		err = uv_signal_start(&loop->terminate, on_stop, SIGTERM);
	return err;
}

int main(int argc, char **argv)
{
	static struct loop loop = {.result = TAKE_MORE};
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: loop_libuv STREAM\n");
		return 2;
	}
	if (event_consumer_open(&loop.consumer, argv[1]) < 0) {
		dsi_socket_destroy(loop.consumer.sock);
		return 1;
	}
	err = start(&loop);
	if (err) {
		fprintf(stderr, "loop_libuv: %s\n", uv_strerror(err));
		end(&loop);
	}
	(void)uv_run(&loop.uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop.uv);
	/* Nobody looks at the descriptor any more. */
	err |= event_consumer_close(&loop.consumer, loop.result);
	return err ? 1 : 0;
}
