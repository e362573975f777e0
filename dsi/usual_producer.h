/* SPDX-License-Identifier: MIT */
/*
 * usual_producer.h - the usual way of packets through a producer: one consumer,
 * with policy BLOCK, and packets to which nothing special was done.
 *
 * Place in the data flow: packet.h -> data plane -> USUAL PRODUCER -> ring +
 * notify.
 *
 * These functions are compiled into those of packet.c.  They do what the ones
 * of producer.c do, less what cannot be; whatever else comes is left as it is
 * for those: 0 says so.  Whether the usual way may be tried at all is one word,
 * plane->usual, renewed whenever something changes that it depends on.
 *
 * Protocol, edges and trust: producer.h.
 */
#ifndef DSI_USUAL_PRODUCER_H
#define DSI_USUAL_PRODUCER_H

#include "dsi/check.h"
#include "dsi/data_plane.h"

/* The high-water mark, exact: what seems to wait, by the counters we know,
 * is at least what does; only if that exceeds the mark do we look again. */
DSI_USUAL void dsi__producer_watch_backlog(struct dsi_data_plane *plane)
{
	const struct dsi_producer *producer = &plane->as.producer;
	uint64_t backlog = producer->position - producer->least;
	/* relaxed: we are its writer. */
	uint64_t most = atomic_load_explicit(&plane->stats->backlog_max,
					     memory_order_relaxed);

	if (backlog > most)
		dsi__producer_note_backlog(plane);
}

/* Signal, fence, look whether it sleeps; see notify.h. */
DSI_USUAL void dsi__producer_tell_sole(struct dsi_data_plane *plane,
				       struct dsi_producer_peer *peer)
{
	uint32_t signal = (uint32_t)(plane->as.producer.position - peer->first);

	dsi__waker_signal(&peer->waker, signal);
	dsi__notify_fence();
	if (dsi__waker_asleep(&peer->waker))
		dsi__plane_wake_peer(plane, &peer->waker, signal);
}

/* Take @n free packets, all or none. */
DSI_USUAL int dsi__usual_reserve(struct dsi_data_plane *plane,
				 struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	const uint64_t mark = dsi__packet_mark(DSI_OWNER_US);
	const uint32_t bytes = plane->packet_bytes;
	struct dsi_packet **block;

	if (dsi__producer_changes(plane) != producer->seen_changes ||
	    n > producer->room)
		return 0;
	block = dsi__packet_table_block(&plane->table, n);
	if (n > 1 && !block)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		struct dsi_packet *pkt = block[i];

		if (pkt->given) {
			while (i-- > 0)
				block[i]->owners = 0;
			return 0;
		}
		pkt->mark = mark;
		pkt->entry.size = bytes;
		out_pkts[i] = pkt;
	}
	producer->room -= n;
	dsi__packet_table_drop(&plane->table, n);
	dsi__plane_take(plane, n);
	return 1;
}

/* Write the descriptors of packets that have neighbouring slots, stamped with
 * @now if that is not 0.  From the last
 * to the first: readers go in order, so the first is the one that they look at,
 * and none of the others is seen before it.  Return how many are left: not 0 if
 * the last of those is nothing that we can commit here. */
DSI_USUAL uint32_t dsi__usual_write(const struct dsi_data_plane *plane,
				    struct dsi_packet *const *pkts, uint32_t n,
				    uint64_t position, uint64_t now,
				    uint64_t *bytes)
{
	const struct dsi_producer *producer = &plane->as.producer;
	const struct dsi_packet_table *table = &plane->table;
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	const uint64_t sent = dsi__packet_mark(producer->block_mask);
	struct dsi_shm_desc *desc = dsi__ring_desc(&producer->ring, position);

	while (n > 0) {
		struct dsi_packet *pkt = pkts[n - 1u];
		uint64_t place;

		if (!dsi__packet_table_near(table, pkt) || pkt->mark != held)
			return n;
		n--;
		place = dsi__entry_place(&pkt->entry);
		if (now)
			place |= (uint64_t)DSI_DESC_STAMPED << 32;
		dsi__desc_publish(&desc[n], position + n, now,
				  pkt->entry.offset, place);
		pkt->position = position + n;
		pkt->mark = sent;
		*bytes += (uint32_t)place;
	}
	return 0;
}

/* All are in the ring: count them, and tell the consumer. */
DSI_USUAL void dsi__usual_sent(struct dsi_data_plane *plane, uint32_t n,
			       uint64_t bytes)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_producer_peer *peer = producer->sole;
	struct dsi_shm_stats *stats = plane->stats;

	producer->position += n;
	producer->inflight += n;
	peer->inflight += n;
	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&stats->committed, n);
	dsi__stat_add(&stats->bytes, bytes);
	dsi__producer_watch_backlog(plane);
	dsi__producer_tell_sole(plane, peer);
}

/* Commit @n packets, all or none; @now as above. */
DSI_USUAL int dsi__usual_send(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n,
			      uint64_t now)
{
	const struct dsi_producer *producer = &plane->as.producer;
	uint64_t position = producer->position;
	uint64_t bytes = 0;
	uint32_t first = n;
	uint32_t left = 0;

	if (dsi__producer_changes(plane) != producer->seen_changes)
		return 0;
	if (n > 1) {
		/* The ring ends behind the first so many. */
		first = producer->ring.slots -
			(uint32_t)(position & producer->ring.mask);
		if (n > first)
			left = dsi__usual_write(plane, &pkts[first], n - first,
						position + first, now, &bytes);
		else
			first = n;
		left += left ? first : 0;
	}
	if (!left)
		left = dsi__usual_write(plane, pkts, first, position, now,
					&bytes);
	if (left) {
		if (left < n)
			dsi__producer_recant(plane, pkts, left, n);
		return 0;
	}
	dsi__usual_sent(plane, n, bytes);
	return 1;
}

#endif /* DSI_USUAL_PRODUCER_H */
