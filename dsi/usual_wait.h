/* SPDX-License-Identifier: MIT */
/*
 * usual_wait.h - the usual end of a get that finds nothing: sleep until the peer
 * has done something.
 *
 * Place in the data flow: packet.h -> data plane -> USUAL WAIT -> notify -> port.
 *
 * One sleep as in data_plane.c, while packets go the usual way: so there is one
 * peer, and all that can end the wait is seen in the flags, in the private word,
 * and in one word of the peer's.  A look that finds anything at all does not
 * sleep; what it was is found by those who can do everything.
 *
 * Protocol and edges: notify.h.  Trust: a peer that says what cannot be is one
 * that has said something.
 */
#ifndef DSI_USUAL_WAIT_H
#define DSI_USUAL_WAIT_H

#include "dsi/check.h"
#include "dsi/data_plane.h"

/* Is the consumer's next packet still to come, and has the producer been told of
 * all that was taken? */
DSI_USUAL int dsi__usual_none_came(const struct dsi_data_plane *plane)
{
	const struct dsi_consumer *consumer = &plane->as.consumer;

	return !consumer->unsaid &&
	       dsi__ring_look(&consumer->ring, consumer->position) ==
		       DSI_RING_NOT_YET;
}

/* What the producer's one consumer has given back, by its own count. */
DSI_USUAL uint64_t dsi__usual_returned(const struct dsi_producer_peer *peer)
{
	/* relaxed: only compared; N2 orders the look before a sleep. */
	return atomic_load_explicit(&peer->page->returned,
				    memory_order_relaxed);
}

/* Does the producer have no free packet, and none has come back? */
DSI_USUAL int dsi__usual_all_out(const struct dsi_data_plane *plane)
{
	const struct dsi_producer_peer *peer = plane->as.producer.sole;

	return dsi__packet_table_free(&plane->table) == 0 &&
	       dsi__usual_returned(peer) == peer->returned;
}

/* If so: is that still true, and is it the consumer who has some? */
DSI_USUAL int dsi__usual_none_back(const struct dsi_data_plane *plane)
{
	const struct dsi_producer *producer = &plane->as.producer;
	const struct dsi_producer_peer *peer = producer->sole;
	uint64_t returned = peer->returned;

	return plane->held < producer->ring.slots &&
	       returned != producer->position - peer->first &&
	       dsi__usual_returned(peer) == returned;
}

/* May a get sleep the usual way, and has it nothing else to find?  Whoever would
 * not sleep shall not say that it does: the peer would wake it. */
DSI_USUAL int dsi__usual_may_sleep(const struct dsi_data_plane *plane,
				   uint64_t deadline_ns,
				   int (*none)(const struct dsi_data_plane *))
{
	return deadline_ns != 0 && plane->spin_ns == 0 && none(plane);
}

/* One sleep, if the flags are still @flags and there is still none().  Wakes whom
 * we owe it.  1: look once more; 0: the flags are others now; -DSI_ETIMEDOUT:
 * time is up. */
DSI_USUAL int dsi__usual_sleep(struct dsi_data_plane *plane,
			       struct dsi_waiter *waiter, uint32_t flags,
			       uint64_t deadline_ns,
			       int (*none)(const struct dsi_data_plane *))
{
	const struct dsi_waker *waker = plane->owed;
	struct dsi_port_word words[2];
	int timeout = 0;

	dsi__waiter_announce(waiter, 0);
	words[0] = dsi__waiter_word(waiter);
	words[1] = dsi__plane_word(plane);
	dsi__notify_fence();
	if (dsi__plane_flags(plane) == flags && none(plane)) {
		dsi__stat_add(&plane->stats->waits, 1);
		if (waker) {
			plane->owed = NULL;
			timeout = dsi_port_wake_wait(waker->signal, words, 2,
						     deadline_ns);
		} else {
			timeout = dsi_port_wait(words, 2, deadline_ns);
		}
	}
	dsi__waiter_withdraw(waiter);
	return timeout ? timeout : dsi__plane_flags(plane) == flags;
}

#endif /* DSI_USUAL_WAIT_H */
