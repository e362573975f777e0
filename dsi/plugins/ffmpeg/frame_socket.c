/* SPDX-License-Identifier: MIT */
/* frame_socket.c - see frame_socket.h. */
#include "frame_socket.h"

#include <poll.h>
#include <time.h>

#include <dsi/event.h>

#define SECOND UINT64_C(1000000000)

void frame_socket_take_events(struct dsi_socket *sock)
{
	struct dsi_event_source source = {
		.socket = sock,
		.mask = ~(DSI_EVENT_SPACE | DSI_EVENT_DATA) &
			((1u << DSI_EVENTS) - 1),
	};

	(void)!dsi_select(&source, 1, 0);
}

void frame_socket_wait(int fd, int wake, uint64_t until_ns)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = wake, .events = POLLIN},
	};
	uint64_t now_ns = dsi_now();
	uint64_t rest_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec rest = {
		.tv_sec = (time_t)(rest_ns / SECOND),
		.tv_nsec = (long)(rest_ns % SECOND),
	};

	(void)ppoll(fds, wake < 0 ? 1 : 2, &rest, NULL);
}
