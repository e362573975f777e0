/* SPDX-License-Identifier: MIT */
/* event.c - events of one socket: names, counts, the application's own. */
#include <dsi/event.h>

#include "dsi/socket_private.h"

static int is_one_bit(uint32_t event)
{
	return event && !(event & (event - 1u)) && event < 1u << DSI_EVENTS;
}

const char *dsi_event_name(uint32_t event)
{
	static const char *const names[DSI_EVENTS] = {
		"data",	   "space", "eos",	   "dropped",	"reclaimed",
		"expired", "error", "peer-joined", "peer-left", "peer-gone",
		"state",   NULL,    NULL,	   NULL,	NULL,
		NULL,	   "user0", "user1",	   "user2",	"user3",
		"user4",   "user5", "user6",	   "user7",
	};
	uint32_t index;

	if (!is_one_bit(event))
		return "?";
	index = dsi__event_index(event);
	return names[index] ? names[index] : "?";
}

int dsi_socket_raise(struct dsi_socket *sock, uint32_t events)
{
	if (!sock || !events || (events & ~DSI_EVENT_USER))
		return -DSI_EINVAL;
	for (uint32_t bit = 1u << 16; bit < 1u << DSI_EVENTS; bit <<= 1)
		if (events & bit)
			dsi__plane_raise(&sock->plane, bit, 1);
	return 0;
}

uint64_t dsi_socket_event_count(const struct dsi_socket *sock, uint32_t event)
{
	if (!sock || !is_one_bit(event))
		return 0;
	/* relaxed: a count, carries nothing. */
	return atomic_load_explicit(
		&sock->plane.event_counts[dsi__event_index(event)],
		memory_order_relaxed);
}

uint32_t dsi__socket_events(struct dsi_socket *sock, uint32_t mask)
{
	/* P3: seq_cst pairs with dsi__plane_raise(). */
	return atomic_fetch_and_explicit(&sock->plane.events, ~mask,
					 memory_order_seq_cst) &
	       mask;
}
