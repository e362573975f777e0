/* SPDX-License-Identifier: MIT */
/*
 * poll.c - sleep on descriptors until an absolute deadline.
 *
 * Place in the data flow: control plane (connections, names, loops).  Any
 * thread; not for the real-time loop.
 *
 * poll() takes a span of time, all of dsi takes points in time: only those
 * stay right when a call is interrupted and begun again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>

#include "linux.h"

/* Longer spans are cut, so that a 32-bit time_t can hold them.  It would be
 * a wake-up every 24 days; the loop then sleeps again. */
#define POLL_MAX_NS (UINT64_C(24) * 86400 * DSI__NS_PER_S)

/* No memory, or the limit of descriptors is below what is open already.  The
 * caller may look, for it might be ready; but not all the time, and not beyond
 * the deadline. */
static int poll_broken(uint64_t deadline_ns)
{
	struct timespec nap = dsi__clock_timespec(DSI__NS_PER_MS);

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	return dsi_port_now() < deadline_ns;
}

int dsi__poll_until(struct pollfd *fds, uint32_t n, uint64_t deadline_ns)
{
	for (;;) {
		uint64_t now = dsi_port_now();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec span;
		int ready;

		if (left > POLL_MAX_NS)
			left = POLL_MAX_NS;
		span = dsi__clock_timespec(left);
		ready = ppoll(fds, n, &span, NULL);
		if (ready > 0)
			return 1;
		if (ready < 0 && errno != EINTR)
			return poll_broken(deadline_ns);
		if (ready == 0 && left < POLL_MAX_NS)
			return 0;
	}
}
