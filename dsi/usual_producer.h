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
 * for those: 0 says so.  Whether the usual way may be tried at all is one bit of
 * the socket's flags, renewed whenever something changes that it depends on.
 *
 * Protocol, edges and trust: producer.h.
 */
#ifndef DSI_USUAL_PRODUCER_H
#define DSI_USUAL_PRODUCER_H

#include "dsi/check.h"
#include "dsi/data_plane.h"

/* Signal, fence, look whether it sleeps; see notify.h.  With @owe a get of the same
 * call follows; else it is the last step of a commit: 0. */
DSI_USUAL int dsi__producer_tell_sole(struct dsi_data_plane *plane,
				      struct dsi_producer_peer *peer,
				      uint64_t position, int owe)
{
	uint32_t signal = (uint32_t)(position - peer->first);

	dsi__waker_signal(&peer->waker, signal);
	dsi__notify_fence();
	if (owe)
		dsi__plane_owe(plane, &peer->waker, signal);
	else if (dsi__waker_asleep(&peer->waker))
		return dsi__plane_wake_peer(plane, &peer->waker, signal);
	return 0;
}

/* Of the free packets none is known to be ordinary. */
DSI_USUAL void dsi__usual_unready(struct dsi_producer *producer)
{
	producer->ready = 0;
}

/* What was known of space no longer holds, or is no longer enough: the next get
 * looks at what came back. */
DSI_USUAL void dsi__usual_forget(struct dsi_producer *producer)
{
	dsi__usual_unready(producer);
	producer->room = 0;
}

/* Take @n of the free ones, the newest first, all or none: of those that are known
 * to be ordinary, and may be taken without a look at the consumer. */
DSI_USUAL int dsi__usual_reserve(struct dsi_data_plane *plane,
				 struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	const uint32_t bytes = plane->packet_bytes;
	struct dsi_packet **block;

	if (n > producer->ready)
		return 0;
	block = dsi__packet_table_block(&plane->table, n);
	if (!block)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct dsi_packet *pkt = block[n - 1u - i];

		pkt->mark = held;
		pkt->entry.size = bytes;
		out_pkts[i] = pkt;
	}
	dsi__packet_table_drop(&plane->table, n);
	producer->ready -= n;
	dsi__plane_take(plane, n);
	return 1;
}

/* Likewise one. */
DSI_USUAL int dsi__usual_reserve_one(struct dsi_data_plane *plane,
				     struct dsi_packet **out_pkt)
{
	struct dsi_packet_table *table = &plane->table;
	const uint32_t ready = plane->as.producer.ready;
	const uint32_t tail = table->free_tail - 1u;
	struct dsi_packet *pkt;

	if (ready == 0)
		return 0;
	pkt = table->free[tail & table->free_mask];
	pkt->mark = dsi__packet_mark(DSI_OWNER_US);
	pkt->entry.size = plane->packet_bytes;
	*out_pkt = pkt;
	table->free_tail = tail;
	plane->as.producer.ready = ready - 1u;
	dsi__plane_take(plane, 1);
	return 1;
}

/* Take the packet of a token that came back, if it was that consumer's alone and
 * nothing special was done to it.  Else NULL. */
DSI_USUAL struct dsi_packet *dsi__usual_claim(struct dsi_data_plane *plane,
					      uint32_t token, uint64_t its_only)
{
	struct dsi_packet *pkt;

	if (token >= plane->table.count)
		return NULL;
	pkt = &plane->table.packets[token];
	if (pkt->mark != its_only)
		return NULL;
	pkt->mark = dsi__packet_mark(DSI_OWNER_US);
	pkt->entry.size = plane->packet_bytes;
	return pkt;
}

/* May @n packets be taken, as far as the ring is known to go, and have as many come
 * back that nobody read?  While others are free, those that are warm stay. */
DSI_USUAL int dsi__usual_back(const struct dsi_data_plane *plane, uint32_t n)
{
	const struct dsi_producer *producer = &plane->as.producer;
	const struct dsi_producer_peer *peer = producer->sole;
	const uint64_t at = peer->returned;
	uint64_t least = n;
	uint64_t back;

	if (producer->position + plane->held + n > producer->limit)
		return 0;
	if (n <= dsi__packet_table_free(&plane->table))
		least += producer->cool;
	/* T2: acquire pairs with the consumer's commit. */
	back = atomic_load_explicit(&peer->page->returned,
				    memory_order_acquire) -
	       at;
	/* More than it has is a lie: let others find it. */
	return back >= least && back <= producer->position - peer->first - at;
}

/* Has half of a few packets come back, see dsi__producer_half()? */
DSI_USUAL int dsi__usual_half_back(const struct dsi_data_plane *plane)
{
	const uint32_t half = plane->as.producer.half;

	return half && dsi__usual_back(plane, half);
}

/* Take @n packets that came back, all or none: for a batch one look, and they need
 * not be made free before they are taken again. */
DSI_USUAL int dsi__usual_reuse(struct dsi_data_plane *plane,
			       struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_producer_peer *peer = producer->sole;
	const uint64_t its_only =
		dsi__packet_mark(dsi__owners(producer->block_mask));
	const _Atomic uint32_t *returns = peer->returns;
	const uint64_t mask = peer->return_mask;
	const uint64_t at = peer->returned;

	if (!dsi__usual_back(plane, n))
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		/* relaxed: T2 carried it. */
		uint32_t token = atomic_load_explicit(&returns[(at + i) & mask],
						      memory_order_relaxed);
		struct dsi_packet *pkt =
			dsi__usual_claim(plane, token, its_only);

		if (!pkt) {
			while (i-- > 0)
				out_pkts[i]->mark = its_only;
			return 0;
		}
		out_pkts[i] = pkt;
	}
	dsi__usual_forget(producer);
	peer->returned = at + n;
	dsi__stat_add(&plane->stats->released, n);
	dsi__plane_take(plane, n);
	return 1;
}

/* Write the descriptor of a packet, stamped with @now if that is not 0, and let it
 * have the @mark of one that its consumer has.  Return its size, or a negative number: it is nothing that we can commit here. */
DSI_USUAL int64_t dsi__usual_publish(const struct dsi_data_plane *plane,
				     struct dsi_packet *pkt,
				     struct dsi_shm_desc *desc,
				     uint64_t position, uint64_t now,
				     uint64_t mark)
{
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	uint64_t place;

	if (!dsi__packet_table_near(&plane->table, pkt) || pkt->mark != held)
		return -1;
	place = dsi__entry_place(&pkt->entry);
	if (now)
		place |= (uint64_t)DSI_DESC_STAMPED << 32;
	pkt->position = position;
	dsi__desc_publish(desc, position, now, pkt->entry.offset, place);
	pkt->mark = mark;
	return (uint32_t)place;
}

/* Write the descriptors of packets that have neighbouring slots, from the last to
 * the first: readers go in order, so the first is the one that they look at, and
 * none of the others is seen before it.  Return how many are left: not 0 if the
 * last of those is nothing that we can commit here. */
DSI_USUAL uint32_t dsi__usual_write(const struct dsi_data_plane *plane,
				    struct dsi_packet *const *pkts, uint32_t n,
				    uint64_t position, uint64_t now,
				    uint64_t *bytes)
{
	const struct dsi_producer *producer = &plane->as.producer;
	const uint64_t mark =
		dsi__packet_mark(dsi__owners(producer->block_mask));
	struct dsi_shm_desc *desc =
		dsi__ring_desc(&producer->ring, position) + n;
	uint64_t sum = 0;
	size_t left = n;

	position += n;
	while (left > 0) {
		int64_t size = dsi__usual_publish(
			plane, pkts[left - 1u], --desc, --position, now, mark);

		if (size < 0)
			break;
		sum += (uint64_t)size;
		left--;
	}
	*bytes += sum;
	return (uint32_t)left;
}

/* Commit @n packets, all or none; @now as above.  1 if they are in the ring:
 * dsi__usual_sent() must follow. */
DSI_USUAL int dsi__usual_send(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n,
			      uint64_t now, uint64_t *bytes)
{
	const struct dsi_producer *producer = &plane->as.producer;
	const uint64_t position = producer->position;
	/* The ring ends behind the first so many. */
	const uint32_t end = producer->ring.slots -
			     (uint32_t)(position & producer->ring.mask);
	uint32_t first = n;
	uint32_t left = 0;

	/* More than are held cannot all be packets that are, and the slots
	 * behind those are not ours to write. */
	if (n > plane->held)
		return 0;
	if (n > end) {
		first = end;
		left = dsi__usual_write(plane, &pkts[first], n - first,
					position + first, now, bytes);
		left += left ? first : 0;
	}
	if (!left)
		left = dsi__usual_write(plane, pkts, first, position, now,
					bytes);
	if (left == 0)
		return 1;
	if (left < n)
		dsi__producer_recant(plane, pkts, left, n);
	return 0;
}

/* Likewise one packet.  Its size, or a negative number. */
DSI_USUAL int64_t dsi__usual_send_one(const struct dsi_data_plane *plane,
				      struct dsi_packet *pkt, uint64_t now)
{
	const struct dsi_producer *producer = &plane->as.producer;

	return dsi__usual_publish(
		plane, pkt, dsi__ring_desc(&producer->ring, producer->position),
		producer->position, now,
		dsi__packet_mark(dsi__owners(producer->block_mask)));
}

/* Packets of so many @bytes are in the ring: count them, and tell the consumer.
 * What waits by the counter we know is at least what does: only if that is more
 * than what is not worth a look, we look.  Return 0. */
DSI_USUAL int dsi__usual_sent(struct dsi_data_plane *plane, uint32_t n,
			      uint64_t bytes, int owe)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_shm_stats *stats = plane->stats;
	const uint64_t position = producer->position + n;

	producer->position = position;
	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&stats->committed, n);
	dsi__stat_add(&stats->bytes, bytes);
	if (position - producer->least > producer->calm)
		return dsi__producer_tell(plane);
	return dsi__producer_tell_sole(plane, producer->sole, position, owe);
}

#endif /* DSI_USUAL_PRODUCER_H */
