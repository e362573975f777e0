/* SPDX-License-Identifier: MIT */
/*
 * threads_test.c - a select that sleeps with a thread for each source, where there are
 * no threads, or no memory for them, or where others end each wait; and a socket
 * that no event loop takes.
 */
#include <stdio.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/socket.h>

#include "dsi/port.h"
#include "fake.h"

static void expect(int got, int want, const char *what)
{
	if (got != want)
		fake_report("%s: %d, not %d", what, got, want);
}

static struct dsi_socket *offer(const char *name)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 64};
	const struct dsi_producer_options options = {.size = sizeof(options),
						     .wait_consumers = 1};
	struct dsi_socket *sock = NULL;

	expect(dsi_producer_create(&desc, &options, &sock), 0, "create");
	expect(dsi_socket_listen(sock, name, NULL), 0, "listen");
	expect(dsi_socket_start(sock), 0, "start");
	return sock;
}

/* So many waits with a deadline end before it, because of others. */
static uint32_t early;

int __real_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns);
int __wrap_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns);
int __wrap_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns)
{
	if (!early || deadline_ns == DSI_FOREVER)
		return __real_dsi_port_wait(words, n, deadline_ns);
	early--;
	(void)__real_dsi_port_wait(words, n, fake_now() + 300);
	return 0;
}

/* The end of the time is seen all the same. */
static void others_end_waits(struct dsi_event_source *sources)
{
	early = 100;
	expect(dsi_select(sources, 2, fake_now() + 1000), -DSI_ETIMEDOUT,
	       "ended early");
	expect(early > 90, 1, "in time");
	early = 0;
}

static void world(void *arg)
{
	struct dsi_event_source sources[2] = {{.mask = DSI_EVENT_SPACE},
					      {.mask = DSI_EVENT_SPACE}};

	(void)arg;
	fake_loop_handles(1);
	sources[0].socket = offer("one");
	sources[1].socket = offer("two");
	for (uint32_t nth = 1; nth <= 2; nth++) {
		fake_fail(FAKE_LOOP_CREATE, nth, -DSI_EUSERS);
		expect(dsi_select(sources, 2, fake_now() + 1000), -DSI_EMFILE,
		       "no thread");
		fake_fail(FAKE_LOOP_CREATE, nth, -DSI_ENOMEM);
		expect(dsi_select(sources, 2, fake_now() + 1000), -DSI_ENOMEM,
		       "no memory for a thread");
	}
	fake_fail(FAKE_ALLOC, 1, 0);
	expect(dsi_select(sources, 2, fake_now() + 1000), -DSI_ENOMEM,
	       "no memory");
	expect(dsi_select(sources, 2, fake_now() + 1000), -DSI_ETIMEDOUT,
	       "nothing");
	others_end_waits(sources);
	fake_fail(FAKE_LOOP_ADD, 1, -DSI_EMFILE);
	expect(dsi_socket_fd(sources[0].socket), -DSI_ENOMEM, "no loop");
	expect(dsi_socket_fd(sources[0].socket) < 0, 0, "a loop");
	dsi_socket_destroy(sources[0].socket);
	dsi_socket_destroy(sources[1].socket);
}

int main(void)
{
	int err = fake_run(1, world, NULL);

	if (err)
		printf("FAILED: %s\n", fake_error());
	return err;
}
