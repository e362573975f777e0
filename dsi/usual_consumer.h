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
 * word, plane->usual.
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
	/* T1: release pairs with the producer's refresh_taken(). */
	atomic_store_explicit(&consumer->page->taken, consumer->position,
			      memory_order_release);
}

DSI_USUAL void dsi__consumer_store_returned(struct dsi_consumer *consumer)
{
	/* T2: release pairs with the producer's collect_from(). */
	atomic_store_explicit(&consumer->page->returned, consumer->returned,
			      memory_order_release);
}

/* Wake the producer if it sleeps for descriptors or packets. */
DSI_USUAL void dsi__consumer_tell(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint32_t signal = consumer->signal + 1u;

	consumer->unsaid = 0;
	consumer->signal = signal;
	dsi__waker_signal(&consumer->waker, signal);
	dsi__notify_fence();
	if (dsi__waker_asleep(&consumer->waker))
		dsi__plane_wake_peer(plane, &consumer->waker, signal);
}

/* May the descriptor be believed, and is it ordinary?  The token is the top of
 * its word, so one comparison of the word is one of the token.  Size and offset
 * have a limit each, of which the sum is the data area. */
DSI_USUAL int dsi__usual_entry(const struct dsi_consumer *consumer,
			       const struct dsi_ring_entry *entry)
{
	uint64_t place = dsi__entry_place(entry);

	return place < consumer->usual_end &&
	       (place & consumer->usual_mask) == consumer->usual_flags &&
	       entry->size <= consumer->usual_size &&
	       entry->offset <= consumer->usual_offset;
}

/* Take ordinary packets from neighbouring slots, as many as come one after the
 * other, and put them at @out_pkts; @top is behind the newest free one.  The
 * descriptor is copied, and the copy judged; with @lossy it may be written again
 * meanwhile, so ask whether the copy is whole.  (Elsewhere a producer that does
 * so breaks the protocol: its descriptor is judged whatever it is made of.)
 * Return how many. */
DSI_USUAL uint32_t dsi__usual_read(const struct dsi_consumer *consumer,
				   struct dsi_packet *const *top,
				   struct dsi_packet **out_pkts, uint32_t n,
				   uint64_t position, int lossy,
				   uint64_t *bytes)
{
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	const struct dsi_shm_desc *desc =
		dsi__ring_desc(&consumer->ring, position);
	const uint64_t begin = position;
	const uint64_t end = position + n;

	for (; position != end; position++, desc++) {
		struct dsi_packet *pkt;
		struct dsi_ring_entry entry;

		if (!dsi__desc_ready(desc, position))
			break;
		dsi__desc_copy(desc, &entry);
		if ((lossy && !dsi__ring_whole(&consumer->ring, position)) ||
		    !dsi__usual_entry(consumer, &entry))
			break;
		pkt = *--top;
		pkt->entry = entry;
		pkt->position = position;
		pkt->mark = held;
		*bytes += entry.size;
		*out_pkts++ = pkt;
	}
	return (uint32_t)(position - begin);
}

/* Likewise several: by itself, so that the loop has all registers. */
DSI_RARE static uint32_t dsi__usual_read_run(
	const struct dsi_consumer *consumer, struct dsi_packet *const *top,
	struct dsi_packet **out_pkts, uint32_t n, uint64_t position, int lossy,
	uint64_t *bytes)
{
	uint64_t sum = 0;
	uint32_t got = lossy ? dsi__usual_read(consumer, top, out_pkts, n,
					       position, 1, &sum)
			     : dsi__usual_read(consumer, top, out_pkts, n,
					       position, 0, &sum);

	*bytes += sum;
	return got;
}

/* Take one from the present position.  1, or 0. */
DSI_USUAL uint32_t dsi__usual_take_one(struct dsi_data_plane *plane,
				       struct dsi_packet **out_pkt,
				       uint64_t *bytes)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct dsi_packet_table *table = &plane->table;
	struct dsi_packet **newest = dsi__packet_table_block(table, 1);

	if (dsi__packet_table_free(table) == 0 ||
	    !dsi__usual_read(consumer, newest + 1, out_pkt, 1,
			     consumer->position, 0, bytes))
		return 0;
	dsi__packet_table_drop(table, 1);
	consumer->position++;
	return 1;
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
	struct dsi_consumer *consumer = &plane->as.consumer;

	consumer->usual_newest = consumer->position;
	dsi__usual_count(plane, n, bytes);
	if (dsi__usual_taken(plane))
		return dsi__consumer_tell_taken(plane, answer);
	return answer;
}

/* Give back @n packets, all or none. */
DSI_USUAL int dsi__usual_give(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct dsi_packet_table *table = &plane->table;
	struct dsi_shm_stats *stats = plane->stats;
	const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
	const uint64_t mask = consumer->return_mask;
	const uint32_t free_mask = table->free_mask;
	_Atomic uint32_t *returns = consumer->returns;
	struct dsi_packet **free = table->free;
	uint64_t at = consumer->returned;
	uint32_t tail = table->free_tail;

	for (uint32_t i = 0; i < n; i++) {
		struct dsi_packet *pkt = pkts[i];

		if (!dsi__packet_table_near(table, pkt) || pkt->mark != held) {
			while (i-- > 0)
				pkts[i]->mark = held;
			return 0;
		}
		pkt->mark = 0;
		/* relaxed: T2 carries it. */
		atomic_store_explicit(&returns[(at + i) & mask],
				      pkt->entry.token, memory_order_relaxed);
		free[(tail + i) & free_mask] = pkt;
	}
	table->free_tail = tail + n;
	consumer->returned = at + n;
	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&stats->released, n);
	dsi__consumer_store_returned(consumer);
	dsi__consumer_tell(plane);
	return 1;
}

#endif /* DSI_USUAL_CONSUMER_H */
