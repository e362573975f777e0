/* SPDX-License-Identifier: MIT */
/*
 * test_bell.c - bells: what a loop sees of them.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

/* One end, watched by a loop. */
struct watch {
	struct dsi_port_source source; /* first: see heard() */
	struct dsi_port_loop *loop;
	uint32_t calls;
	uint32_t silence;
};

static void heard(struct dsi_port_source *source, uint32_t why)
{
	struct watch *watch = (struct watch *)(void *)source;

	if (why != DSI_PORT_WHY_READY)
		conf_fail(__FILE__, __LINE__, "why is %u", why);
	watch->calls++;
	if (watch->silence)
		dsi_port_bell_silence(source->handle);
}

static int watch_begin(struct watch *watch, int32_t end)
{
	memset(watch, 0, sizeof(*watch));
	watch->source.ready = heard;
	watch->source.handle = end;
	conf_equal(dsi_port_loop_create(0, &watch->loop), 0);
	conf_equal(dsi_port_loop_add(watch->loop, &watch->source), 0);
	return 0;
}

static void watch_end(struct watch *watch)
{
	dsi_port_loop_remove(watch->loop, &watch->source);
	dsi_port_loop_destroy(watch->loop);
}

static int rings(struct watch *watch, uint64_t deadline_ns)
{
	return dsi_port_loop_dispatch(watch->loop, deadline_ns);
}

static int bell_rings_the_other_end(void)
{
	struct watch watches[2];
	int32_t ends[2];

	conf_equal(dsi_port_bell_pair(ends), 0);
	conf_try(watch_begin(&watches[0], ends[0]));
	conf_try(watch_begin(&watches[1], ends[1]));
	for (uint32_t i = 0; i < 2; i++) {
		conf_equal(rings(&watches[i], 0), -DSI_ETIMEDOUT);
		dsi_port_bell_ring(ends[1 - i]);
		conf_equal(rings(&watches[1 - i], 0), -DSI_ETIMEDOUT);
		/* Until it is silenced, but not longer. */
		conf_equal(rings(&watches[i], conf_later()), 0);
		conf_equal(rings(&watches[i], 0), 0);
		dsi_port_bell_silence(ends[i]);
		conf_equal(rings(&watches[i], 0), -DSI_ETIMEDOUT);
		conf_equal(rings(&watches[i], conf_soon()), -DSI_ETIMEDOUT);
	}
	watch_end(&watches[0]);
	watch_end(&watches[1]);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int bell_silence_forgets_all_rings(void)
{
	struct watch watch;
	int32_t ends[2];

	conf_equal(dsi_port_bell_pair(ends), 0);
	conf_try(watch_begin(&watch, ends[1]));
	dsi_port_bell_silence(ends[1]); /* of nothing */
	for (uint32_t i = 0; i < 10; i++)
		dsi_port_bell_ring(ends[0]);
	conf_equal(rings(&watch, 0), 0);
	dsi_port_bell_silence(ends[1]);
	conf_equal(rings(&watch, 0), -DSI_ETIMEDOUT);
	dsi_port_bell_ring(ends[0]);
	conf_equal(rings(&watch, conf_later()), 0);
	watch_end(&watch);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int bell_ring_never_blocks(void)
{
	struct watch watch;
	int32_t ends[2];

	conf_equal(dsi_port_bell_pair(ends), 0);
	conf_try(watch_begin(&watch, ends[1]));
	/* More than any queue holds. */
	for (uint32_t i = 0; i < 3000; i++)
		dsi_port_bell_ring(ends[0]);
	conf_equal(rings(&watch, 0), 0);
	/* One silence need not be enough, but a few are. */
	for (uint32_t i = 0; i < 100 && rings(&watch, 0) == 0; i++)
		dsi_port_bell_silence(ends[1]);
	conf_equal(rings(&watch, 0), -DSI_ETIMEDOUT);
	dsi_port_bell_ring(ends[0]);
	conf_equal(rings(&watch, conf_later()), 0);
	watch_end(&watch);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int bell_of_closed_peer(void)
{
	int32_t ends[2];

	conf_equal(dsi_port_bell_pair(ends), 0);
	dsi_port_handle_close(ends[1]);
	dsi_port_bell_ring(ends[0]);
	dsi_port_bell_ring(ends[0]);
	dsi_port_bell_silence(ends[0]);
	dsi_port_handle_close(ends[0]);
	return 0;
}

static int ring_process(uint64_t arg)
{
	uint64_t value;
	int32_t conn, end;

	(void)arg;
	conf_try(conf_connect("conf.bell", &conn));
	conf_try(conf_recv(conn, &value, &end));
	for (uint32_t i = 0; i < value; i++) {
		dsi_port_bell_ring(end);
		conf_try(conf_await(0, i + 1));
	}
	dsi_port_handle_close(end);
	dsi_port_handle_close(conn);
	return 0;
}

static int bell_between_processes(void)
{
	int peer = conf_spawn_process(ring_process, 0);
	struct dsi_port_listener *listener;
	struct watch watch;
	int32_t ends[2], conn;

	conf_try(conf_offer("conf.bell", &listener));
	conf_try(conf_accept(listener, &conn));
	conf_equal(dsi_port_bell_pair(ends), 0);
	conf_try(conf_send(conn, 50, ends[1]));
	dsi_port_handle_close(ends[1]);
	conf_try(watch_begin(&watch, ends[0]));
	watch.silence = 1;
	for (uint32_t i = 0; i < 50; i++) {
		while (watch.calls == i)
			conf_equal(rings(&watch, conf_later()), 0);
		conf_step(0);
	}
	watch_end(&watch);
	conf_equal(conf_join(peer), 0);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
	return 0;
}

const struct conf_test conf_bell_tests[] = {
	{"bell_rings_the_other_end", bell_rings_the_other_end},
	{"bell_silence_forgets_all_rings", bell_silence_forgets_all_rings},
	{"bell_ring_never_blocks", bell_ring_never_blocks},
	{"bell_of_closed_peer", bell_of_closed_peer},
	{"bell_between_processes", bell_between_processes},
	{NULL, NULL},
};
