/* SPDX-License-Identifier: MIT */
/*
 * usual_consumer.h - the usual way of packets through a consumer: they say all
 * in their descriptor and ask for nothing, and nobody traces or times them.
 *
 * Place in the data flow: packet.h -> data plane -> USUAL CONSUMER -> ring +
 * notify.
 *
 * These functions are compiled into those of packet.c and consumer.c.  They do
 * what the ones of consumer.c do, less what cannot be; whatever else comes is
 * left as it is for those.  Whether the usual way may be tried at all is one
 * bit of the socket's flags.
 *
 * Protocol, edges and trust: consumer.h.
 */
#ifndef DSI_USUAL_CONSUMER_H
#define DSI_USUAL_CONSUMER_H

#include "dsi/check.h"
#include "dsi/data_plane.h"

/* Flags that may as well be there in an ordinary descriptor. */
#define DSI_UNIMPORTANT (DSI_PACKET_GAP | DSI_PACKET_USER)

DSI_USUAL void dsi__consumer_store_taken(struct dsi_consumer *consumer)
{
	/* T1: release pairs with the producer's refresh_taken() and
	 * dsi__usual_retake(). */
	atomic_store_explicit(&consumer->page->taken, consumer->position,
			      memory_order_release);
}

DSI_USUAL void dsi__consumer_store_returned(struct dsi_consumer *consumer)
{
	/* T2: release pairs with the producer's collect_fresh() and
	 * dsi__usual_back(). */
	atomic_store_explicit(&consumer->page->returned, consumer->returned,
			      memory_order_release);
}

/* Wake the producer if it sleeps for descriptors or packets.  With @owe a get of
 * the same call follows; else it is the last step of a commit: 0. */
DSI_USUAL int dsi__consumer_tell(struct dsi_data_plane *plane, int owe)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint32_t signal = consumer->signal + 1u;

	consumer->unsaid = 0;
	consumer->signal = signal;
	dsi__waker_signal(&consumer->waker, signal);
	dsi__notify_fence();
	if (owe)
		dsi__plane_owe(plane, &consumer->waker, signal);
	else if (dsi__waker_asleep(&consumer->waker))
		return dsi__plane_wake_peer(plane, &consumer->waker, signal);
	return 0;
}

/* May what the descriptor says be believed, and is it ordinary, with these
 * @flags?  The token is the top of the word, so one comparison of the word is one
 * of the token. */
DSI_USUAL int dsi__usual_place(const struct dsi_consumer *consumer,
			       uint64_t place, uint64_t flags)
{
	return place < consumer->usual_end &&
	       (place & consumer->usual_mask) == flags &&
	       (uint32_t)place <= consumer->usual_size;
}

/* Copy an ordinary packet from the ring, and judge the copy.  Size and offset
 * have a limit each, of which the sum is the data area.  With @lossy the
 * descriptor may be written again meanwhile, so ask whether the copy is whole.
 * (Elsewhere a producer that does so breaks the protocol: its descriptor is
 * judged whatever it is made of.)  Return its size, or a negative number. */
DSI_USUAL int64_t dsi__usual_copy(const struct dsi_consumer *consumer,
				  const struct dsi_shm_desc *desc,
				  uint64_t position, uint64_t flags, int lossy,
				  struct dsi_packet *pkt)
{
	struct dsi_ring_entry entry;
	uint64_t place;

	if (!dsi__desc_ready(desc, position))
		return -1;
	place = dsi__desc_copy(desc, &entry);
	if ((lossy && !dsi__ring_whole(&consumer->ring, position)) ||
	    !dsi__usual_place(consumer, place, flags) ||
	    entry.offset > consumer->usual_offset)
		return -1;
	pkt->entry = entry;
	pkt->position = position;
	pkt->mark = dsi__packet_mark(DSI_OWNER_US);
	return (uint32_t)place;
}

/* Take ordinary packets from neighbouring slots, as many as come one after the
 * other, and put them at @out_pkts; @top is behind the newest free one.  Return
 * how many. */
DSI_USUAL uint32_t dsi__usual_read(const struct dsi_consumer *consumer,
				   struct dsi_packet *const *top,
				   struct dsi_packet **out_pkts, uint32_t n,
				   uint64_t position, uint64_t flags, int lossy,
				   uint64_t *bytes)
{
	const struct dsi_shm_desc *desc =
		dsi__ring_desc(&consumer->ring, position);
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct dsi_packet *pkt = *--top;
		int64_t size = dsi__usual_copy(consumer, desc++, position++,
					       flags, lossy, pkt);

		if (size < 0)
			break;
		sum += (uint64_t)size;
		out_pkts[i] = pkt;
	}
	*bytes += sum;
	return (uint32_t)i;
}

/* Likewise by itself, so that the loop has all registers, and knows what it is
 * about. */
DSI_RARE static uint32_t dsi__usual_read_run(
	const struct dsi_consumer *consumer, struct dsi_packet *const *top,
	struct dsi_packet **out_pkts, uint32_t n, uint64_t position, int lossy,
	uint64_t *bytes)
{
	const uint64_t flags = consumer->usual_flags;

	if (lossy)
		return dsi__usual_read(consumer, top, out_pkts, n, position,
				       flags, 1, bytes);
	if (flags)
		return dsi__usual_read(consumer, top, out_pkts, n, position,
				       flags, 0, bytes);
	return dsi__usual_read(consumer, top, out_pkts, n, position, 0, 0,
			       bytes);
}

/* Take one that is not stamped from the present position.  Its size, or a
 * negative number. */
DSI_USUAL int64_t dsi__usual_take_one(struct dsi_data_plane *plane,
				      struct dsi_packet **out_pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct dsi_packet_table *table = &plane->table;
	const uint64_t position = consumer->position;
	struct dsi_packet *pkt;
	int64_t size;

	if (dsi__packet_table_free(table) == 0)
		return -1;
	pkt = *dsi__packet_table_block(table, 1);
	size = dsi__usual_copy(consumer,
			       dsi__ring_desc(&consumer->ring, position),
			       position, 0, 0, pkt);
	if (size < 0)
		return size;
	dsi__packet_table_drop(table, 1);
	consumer->position = position + 1u;
	*out_pkt = pkt;
	return size;
}

/* Take as many as there are, up to @n.  Behind the end of the ring it goes on at
 * its beginning. */
static inline uint32_t dsi__usual_take(struct dsi_data_plane *plane,
				       struct dsi_packet **out_pkts, uint32_t n,
				       int lossy, uint64_t *bytes)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct dsi_packet_table *table = &plane->table;
	const uint64_t position = consumer->position;
	const uint32_t left = consumer->ring.slots -
			      (uint32_t)(position & consumer->ring.mask);
	struct dsi_packet **block;
	uint32_t first;
	uint32_t got;

	if (n > dsi__packet_table_free(table))
		n = dsi__packet_table_free(table);
	/* Once around at most, whatever the producer writes meanwhile. */
	if (n > consumer->ring.slots)
		n = consumer->ring.slots;
	block = dsi__packet_table_block(table, n);
	if (!block)
		return 0;
	first = left < n ? left : n;
	got = dsi__usual_read_run(consumer, &block[n], out_pkts, first,
				  position, lossy, bytes);
	if (got == first && got < n)
		got += dsi__usual_read_run(consumer, &block[n - got],
					   &out_pkts[got], n - got,
					   position + got, lossy, bytes);
	dsi__packet_table_drop(table, got);
	consumer->position = position + got;
	return got;
}

/* Count what a get brought. */
DSI_USUAL void dsi__usual_count(struct dsi_data_plane *plane, uint32_t n,
				uint64_t bytes)
{
	struct dsi_shm_stats *stats = plane->stats;

	dsi__plane_take(plane, n);
	dsi__stat_add(&stats->committed, n);
	dsi__stat_add(&stats->bytes, bytes);
}

/* Free the descriptors.  Must the producer be told?  See consumer.h. */
DSI_USUAL int dsi__usual_taken(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	int several = plane->held > 1;

	if (!consumer->tells) {
		dsi__consumer_store_taken(consumer);
		return 0;
	}
	consumer->unsaid = 1;
	dsi__consumer_store_taken(consumer);
	return several || dsi__waker_asleep(&consumer->waker);
}

/* The end of a get that took all it was asked for the usual way.  Return
 * @answer. */
DSI_USUAL int32_t dsi__usual_got(struct dsi_data_plane *plane, uint32_t n,
				 uint64_t bytes, int32_t answer)
{
	dsi__usual_count(plane, n, bytes);
	if (dsi__usual_taken(plane))
		return dsi__consumer_tell_taken(plane, answer);
	return answer;
}

/* Put @n packets into the return ring, from place @at on, and to the free ones.
 * Return how many: fewer if the next one is nothing that we can give back. */
DSI_USUAL uint32_t dsi__usual_put_back(struct dsi_data_plane *plane,
				       struct dsi_packet *const *pkts,
				       uint32_t n, uint64_t at)
{
	const struct dsi_consumer *consumer = &plane->as.consumer;
	const struct dsi_packet_table *table = &plane->table;
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	const uint64_t mask = consumer->return_mask;
	const uint64_t free_mask = table->free_mask;
	_Atomic uint32_t *returns = consumer->returns;
	struct dsi_packet **free = table->free;
	uint64_t tail = table->free_tail;
	size_t i;

	for (i = 0; i < n; i++) {
		struct dsi_packet *pkt = pkts[i];

		if (!dsi__packet_table_near(table, pkt) || pkt->mark != held)
			break;
		pkt->mark = 0;
		free[tail++ & free_mask] = pkt;
		/* relaxed: T2 carries it. */
		atomic_store_explicit(&returns[at++ & mask], pkt->entry.token,
				      memory_order_relaxed);
	}
	return (uint32_t)i;
}

/* So many were given back: count them, and tell the producer, with @owe as above.
 * Return 0. */
DSI_USUAL int dsi__usual_gave(struct dsi_data_plane *plane, uint32_t n, int owe)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	plane->table.free_tail += n;
	consumer->returned += n;
	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&plane->stats->released, n);
	dsi__consumer_store_returned(consumer);
	return dsi__consumer_tell(plane, owe);
}

/* Give back @n packets, all or none.  1 if they are in the ring: dsi__usual_gave()
 * must follow. */
DSI_USUAL int dsi__usual_give(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n)
{
	uint32_t i = dsi__usual_put_back(plane, pkts, n,
					 plane->as.consumer.returned);

	if (i < n) {
		while (i-- > 0)
			pkts[i]->mark = dsi__packet_mark(DSI_OWNER_US);
		return 0;
	}
	return 1;
}

#endif /* DSI_USUAL_CONSUMER_H */
