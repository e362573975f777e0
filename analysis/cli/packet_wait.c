// SPDX-License-Identifier: MIT
/*
 * packet_wait.c - wait for a packet, a signal, or a time.
 */
#include <stdbool.h>

#include <dsi/errno.h>
#include <dsi/packet.h>
#include <dsi/socket.h>

#include "interrupt.h"
#include "packet_wait.h"
#include "progress.h"

/* How long a drain waits before it looks for a signal again. */
#define SLICE_NS UINT64_C(100000000)

int packet_wait_get(struct dsi_socket *sock, struct progress *progress,
		    struct dsi_packet **out_pkt)
{
	for (;;) {
		uint64_t limit;
		int err;

		if (interrupt_signal())
			return -DSI_ECANCELED;
		progress_tick(progress);
		limit = progress_deadline(progress, DSI_FOREVER);
		err = dsi_packet_get(sock, limit, out_pkt);
		if (err != -DSI_ETIMEDOUT)
			return err;
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int packet_wait_drain(struct dsi_socket *sock, uint64_t limit_ns,
		      uint64_t signal_ns, struct progress *progress)
{
	bool signalled = false;

	for (;;) {
		uint64_t now = dsi_now();
		int err;

		if (interrupt_signal() && !signalled) {
			signalled = true;
			limit_ns = earlier(limit_ns, now + signal_ns);
		}
		progress_tick(progress);
		err = dsi_socket_drain(sock, earlier(limit_ns, now + SLICE_NS));
		if (err != -DSI_ETIMEDOUT && err != -DSI_EAGAIN &&
		    !(err == -DSI_ECANCELED && interrupt_signal()))
			return err;
		if (dsi_now() >= limit_ns)
			return -DSI_ETIMEDOUT;
	}
}
