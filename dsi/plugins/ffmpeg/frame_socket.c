/* SPDX-License-Identifier: MIT */
/* frame_socket.c - see frame_socket.h. */
#include "frame_socket.h"

#include <poll.h>
#include <time.h>

#include <dsi/errno.h>
#include <dsi/event.h>

#define SECOND UINT64_C(1000000000)
/* dsi_socket_stop() does not make the descriptor readable; and of two threads
 * that wait only one gets a wake-up. */
#define LOOK_AGAIN_NS UINT64_C(50000000)

void frame_socket_take_events(struct dsi_socket *sock)
{
	struct dsi_event_source source = {
		.socket = sock,
		.mask = ~(DSI_EVENT_SPACE | DSI_EVENT_DATA) &
			((1u << DSI_EVENTS) - 1),
	};

	(void)!dsi_select(&source, 1, 0);
}

int frame_socket_wait(int fd, int wake, uint64_t deadline_ns)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = wake, .events = POLLIN},
	};
	uint64_t now_ns = dsi_now();
	uint64_t rest_ns = LOOK_AGAIN_NS;
	struct timespec rest;

	if (now_ns >= deadline_ns)
		return -DSI_ETIMEDOUT;
	if (rest_ns > deadline_ns - now_ns)
		rest_ns = deadline_ns - now_ns;
	rest.tv_sec = (time_t)(rest_ns / SECOND);
	rest.tv_nsec = (long)(rest_ns % SECOND);
	(void)ppoll(fds, wake < 0 ? 1 : 2, &rest, NULL);
	return 0;
}
