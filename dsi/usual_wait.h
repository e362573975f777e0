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
#include "dsi/usual_producer.h"

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

/* What a sleep ended with, or a negative number: time is up. */
enum dsi_slept {
	DSI_SLEPT_OTHERWISE, /* the flags are others now */
	DSI_SLEPT,	     /* look once more */
	DSI_SLEPT_NOT	     /* there is something else to find */
};

/* The sleep itself.  Wakes whom we owe it. */
DSI_USUAL int dsi__usual_rest(struct dsi_data_plane *plane,
			      const struct dsi_port_word *words,
			      uint64_t deadline_ns)
{
	const struct dsi_waker *waker = plane->owed;

	dsi__stat_add(&plane->stats->waits, 1);
	if (!waker)
		return dsi_port_wait(words, 2, deadline_ns);
	plane->owed = NULL;
	return dsi_port_wake_wait(waker->signal, words, 2, deadline_ns);
}

/* One sleep, if a get may sleep the usual way, the flags are @flags and there is
 * none().  Whoever would not sleep shall not say that it does, for the peer would
 * wake it.  So the look comes before that, and after the snapshots; the port does
 * the rest, see notify.h. */
DSI_USUAL int dsi__usual_sleep(struct dsi_data_plane *plane,
			       struct dsi_waiter *waiter, uint32_t flags,
			       uint64_t deadline_ns,
			       int (*none)(const struct dsi_data_plane *))
{
	const struct dsi_port_word words[2] = {dsi__waiter_word(waiter),
					       dsi__plane_word(plane)};
	int timeout;

	if (deadline_ns == 0 || plane->spin_ns ||
	    dsi__plane_flags(plane) != flags || !none(plane))
		return DSI_SLEPT_NOT;
	dsi__waiter_announce(waiter, words[0].expected, 0);
	timeout = dsi__usual_rest(plane, words, deadline_ns);
	dsi__waiter_withdraw(waiter);
	return timeout ? timeout : dsi__plane_flags(plane) == flags;
}

/* After a producer's sleep: take the @n packets that the consumer had, if those came
 * back, and the ring is empty.  (What came back need not have been taken in order:
 * dsi_packet_get_nr().) */
DSI_USUAL int dsi__usual_retake(struct dsi_data_plane *plane,
				struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_producer_peer *peer = producer->sole;
	const uint64_t position = producer->position;

	if (position - peer->first != peer->returned + n ||
	    /* T1: acquire pairs with the consumer's get. */
	    atomic_load_explicit(&peer->page->taken, memory_order_acquire) !=
		    position)
		return 0;
	peer->taken = position;
	producer->least = position;
	producer->limit = position + producer->ring.slots;
	return dsi__usual_reuse(plane, out_pkts, n);
}

#endif /* DSI_USUAL_WAIT_H */
