/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - get the oldest committed packet, commit it back.
 *
 * In order of a packet's way: get -> (application) -> commit -> tell.
 * Protocol, edges and trust: consumer.h.
 */
#include "dsi/shm_check.h"
#include "dsi/trace_hooks.h"
#include "dsi/usual_consumer.h"

/* Internal answer of take(): the packet was overwritten under our hands. */
#define LOST (-DSI_ESTALE)
/* Or it is of no use any more. */
#define SKIPPED 1

/* ---- telling the producer ------------------------------------------------ */

int32_t dsi__consumer_tell_taken(struct dsi_data_plane *plane, int32_t answer)
{
	(void)dsi__consumer_tell(plane, 0);
	return answer;
}

static void give_back(struct dsi_consumer *consumer,
		      struct dsi_packet *const *pkts, uint32_t n)
{
	_Atomic uint32_t *returns = consumer->returns;
	uint64_t at = consumer->returned;
	uint64_t mask = consumer->return_mask;

	for (uint32_t i = 0; i < n; i++)
		/* relaxed: T2 carries it. */
		atomic_store_explicit(&returns[(at + i) & mask],
				      pkts[i]->entry.token,
				      memory_order_relaxed);
	consumer->returned += n;
}

/* ---- packets that were taken ahead of the order (get_nr) ----------------- */

static int is_early(const struct dsi_consumer *consumer, uint64_t position)
{
	uint64_t slot = position & consumer->ring.mask;

	return consumer->n_early &&
	       (consumer->early[slot / 64u] >> (slot % 64u) & 1u);
}

static void flip_early(struct dsi_consumer *consumer, uint64_t position)
{
	uint64_t slot = position & consumer->ring.mask;
	uint64_t bit = UINT64_C(1) << (slot % 64u);

	consumer->early[slot / 64u] ^= bit;
	if (consumer->early[slot / 64u] & bit)
		consumer->n_early++;
	else
		consumer->n_early--;
}

/* @n positions from the present one on will not be passed one by one.  Return
 * how many of them had been taken. */
static uint64_t forget_early(struct dsi_consumer *consumer, uint64_t n)
{
	uint64_t forgotten = 0;

	if (n > consumer->ring.slots)
		n = consumer->ring.slots;
	for (uint64_t i = 0; i < n && consumer->n_early; i++)
		if (is_early(consumer, consumer->position + i)) {
			flip_early(consumer, consumer->position + i);
			forgotten++;
		}
	return forgotten;
}

/* ---- get ----------------------------------------------------------------- */

/* What an ordinary descriptor says: the stream's flags, and a part of the data
 * area that no slot is larger than. */
static void note_limits(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint64_t part = plane->data_bytes / plane->packets;

	consumer->usual_size = part < UINT32_MAX ? (uint32_t)part : UINT32_MAX;
	consumer->usual_offset = plane->data_bytes - consumer->usual_size;
	consumer->usual_mask = (uint64_t)(uint16_t)~DSI_UNIMPORTANT << 32;
	consumer->usual_flags = plane->stream_flags & DSI_STREAM_NO_STAMP
					? 0
					: (uint64_t)DSI_DESC_STAMPED << 32;
	consumer->usual_end = (uint64_t)plane->packets << 48;
}

/* Where do we begin?  The producer says so when it admits us. */
static int find_start(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	/* S1: acquire pairs with the producer's admit(). */
	uint64_t start = atomic_load_explicit(&consumer->signal_page->start,
					      memory_order_acquire);

	if (start == 0)
		return -DSI_EAGAIN;
	if (start > DSI_POSITION_MAX)
		return -DSI_EPROTO;
	consumer->first = start - 1u;
	consumer->position = consumer->first;
	consumer->usual_from = consumer->first;
	consumer->started = 1;
	consumer->tells =
		!consumer->lossy && consumer->ring.slots < plane->packets;
	note_limits(plane);
	dsi__consumer_store_taken(consumer);
	return 0;
}

/* Packets were overwritten before we came to them.  The oldest that is still
 * there will be overwritten next, so go on in the middle of what is there:
 * that leaves time to use it. */
static void skip_lost(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	/* N1: acquire pairs with dsi__waker_signal(). */
	uint32_t signal = atomic_load_explicit(consumer->waiter.signal,
					       memory_order_acquire);
	uint64_t done = consumer->position - consumer->first;
	uint32_t behind = signal - (uint32_t)done;
	uint32_t half =
		(consumer->ring.slots < plane->packets ? consumer->ring.slots
						       : plane->packets) /
			2u +
		1u;
	uint64_t first = consumer->position;
	uint64_t lost = 1;
	uint64_t got;

	/* The signal says how far we are behind; a lie cannot move us back. */
	if (behind > half && behind <= UINT32_C(1) << 31)
		lost = behind - half;
	/* What was taken early among them is not lost. */
	got = forget_early(consumer, lost);
	consumer->position += lost;
	while (is_early(consumer, consumer->position)) {
		flip_early(consumer, consumer->position);
		consumer->position++;
	}
	lost -= got;
	if (lost == 0)
		return;
	consumer->missed = 1;
	if (dsi__traced(plane))
		dsi__trace_lost(plane, first, lost, DSI_TRACE_OVERRUN);
	dsi__stat_add(&plane->stats->reclaimed, lost);
	dsi__plane_raise(plane, DSI_EVENT_RECLAIMED, lost);
	if (consumer->on_reclaim)
		consumer->on_reclaim(consumer->user, lost);
}

/* Copy what the descriptor has no place for. */
static int copy_row(const struct dsi_data_plane *plane, uint64_t position,
		    struct dsi_packet *pkt)
{
	const struct dsi_ring *ring = &plane->as.consumer.ring;
	uint64_t count = dsi__ring_get_ext(ring, position, DSI_EXT_COUNT);

	pkt->given = DSI_GIVEN_NUMBER | DSI_GIVEN_EXPIRY | DSI_GIVEN_DATA;
	pkt->number = dsi__ring_get_ext(ring, position, DSI_EXT_NUMBER);
	pkt->expires_ns = dsi__ring_get_ext(ring, position, DSI_EXT_EXPIRES);
	if (count > plane->table.max_sg)
		return -DSI_EPROTO;
	pkt->sg_count = (uint32_t)count;
	for (uint32_t i = 1; i < count; i++) {
		uint32_t word = DSI_EXT_SG + 2u * (i - 1u);
		uint64_t size = dsi__ring_get_ext(ring, position, word + 1u);

		if (size > UINT32_MAX)
			return -DSI_EPROTO;
		pkt->sg[i].offset = dsi__ring_get_ext(ring, position, word);
		pkt->sg[i].size = (uint32_t)size;
	}
	return 0;
}

static int inside(const struct dsi_data_plane *plane, uint32_t flags,
		  uint64_t offset, uint64_t size)
{
	return dsi__element_inside(flags, offset, size, plane->physical,
				   plane->data_bytes);
}

/* Judge the copy. */
static int check(const struct dsi_data_plane *plane,
		 const struct dsi_ring_entry *entry,
		 const struct dsi_packet *pkt)
{
	if (!dsi__entry_possible(entry, plane->stream_flags, plane->packets))
		return -DSI_EPROTO;
	if (dsi__packet_elements(pkt) &&
	    !inside(plane, entry->flags, entry->offset, entry->size))
		return -DSI_EPROTO;
	for (uint32_t i = 1; i < pkt->sg_count; i++)
		if (!inside(plane, entry->flags, pkt->sg[i].offset,
			    pkt->sg[i].size))
			return -DSI_EPROTO;
	return 0;
}

/* Copy the descriptor of a READY position, see whether the copy is whole, and
 * only then judge it. */
static int copy(const struct dsi_data_plane *plane, uint64_t position,
		struct dsi_packet *pkt)
{
	const struct dsi_ring *ring = &plane->as.consumer.ring;
	struct dsi_ring_entry *entry = &pkt->entry;
	int err = 0;

	dsi__ring_copy(ring, position, entry);
	pkt->position = position;
	pkt->given = 0;
	pkt->sg_count = 1;
	if (plane->lifetime_ns && entry->time_ns &&
	    entry->time_ns < DSI_FOREVER - plane->lifetime_ns) {
		pkt->given = DSI_GIVEN_EXPIRY;
		pkt->expires_ns = entry->time_ns + plane->lifetime_ns;
	}
	if (entry->flags & DSI_DESC_EXT)
		err = copy_row(plane, position, pkt);

	if (!dsi__ring_whole(ring, position))
		return plane->as.consumer.lossy ? LOST : -DSI_EPROTO;
	if (err)
		return err;
	return check(plane, entry, pkt);
}

/* The producer says that it left out packets before this one. */
static void note_dropped(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	/* relaxed: R1 of this packet carried it; the peer may write what it
	 * likes, it is shown and not used. */
	uint64_t dropped = atomic_load_explicit(&consumer->signal_page->dropped,
						memory_order_relaxed);

	consumer->missed = 1;
	dsi__stat_max(&plane->stats->dropped, dropped);
	dsi__plane_raise(plane, DSI_EVENT_DROPPED, 1);
}

/* How late packets came that were stamped at their commit. */
DSI_USUAL void count_latencies(struct dsi_data_plane *plane,
			       struct dsi_packet *const *pkts, uint32_t n,
			       uint64_t now)
{
	struct dsi_shm_stats *stats = plane->stats;
	uint64_t most = 0;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t time = pkts[i]->entry.time_ns;
		uint64_t latency = now > time ? now - time : 0;

		most = latency > most ? latency : most;
		sum += latency;
		dsi__stat_add(&stats->latency[dsi__bucket_of(latency)], 1);
	}
	dsi__stat_max(&stats->latency_max_ns, most);
	dsi__stat_add(&stats->latency_sum_ns, sum);
}

static void note_latencies(struct dsi_data_plane *plane,
			   struct dsi_packet *const *pkts, uint32_t n)
{
	if (n)
		count_latencies(plane, pkts, n, dsi_port_now());
}

/* What one get brings in, after one look at the clock, if any. */
struct haul {
	uint64_t now;
	uint64_t bytes;
};

static void note_number(struct dsi_consumer *consumer, uint64_t number)
{
	if (!consumer->has_newest || number > consumer->newest)
		consumer->newest = number;
	consumer->has_newest = 1;
}

/* Nobody wants an expired packet: back it goes. */
static int skip_expired(struct dsi_data_plane *plane, struct dsi_packet *pkt,
			uint64_t now)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	if (dsi__packet_expiry(pkt) > now || consumer->keep_expired ||
	    (pkt->entry.flags & DSI_PACKET_EOS))
		return 0;
	dsi__stat_add(&plane->stats->expired, 1);
	dsi__plane_raise(plane, DSI_EVENT_EXPIRED, 1);
	note_number(consumer, dsi__packet_number(pkt));
	if (dsi__traced(plane))
		dsi__trace_lost(plane, dsi__packet_number(pkt), 1,
				DSI_TRACE_LATE);
	dsi__packet_table_put(&plane->table, pkt);
	if (!consumer->lossy)
		give_back(consumer, &pkt, 1);
	return 1;
}

/* Is it too late for the packet, and if not, how late is it? */
static int is_late(struct dsi_data_plane *plane, struct dsi_packet *pkt,
		   uint32_t flags, struct haul *haul)
{
	if (!haul->now)
		haul->now = dsi_port_now();
	if (dsi__packet_expiry(pkt) != DSI_FOREVER &&
	    skip_expired(plane, pkt, haul->now))
		return 1;
	if (flags & DSI_DESC_STAMPED)
		count_latencies(plane, &pkt, 1, haul->now);
	return 0;
}

/* The packet's flags tell of something. */
static void note_flags(struct dsi_data_plane *plane, uint32_t flags)
{
	if (flags & DSI_PACKET_DROPPED_BEFORE)
		note_dropped(plane);
	if (flags & DSI_PACKET_EOS)
		dsi__plane_raise(plane, DSI_EVENT_EOS, 1);
}

static uint64_t bytes_of(const struct dsi_packet *pkt)
{
	uint64_t bytes = pkt->entry.size;

	for (uint32_t i = 1; i < pkt->sg_count; i++)
		bytes += pkt->sg[i].size;
	return bytes;
}

/* The present position was consumed; move on past what was taken early. */
static void advance(struct dsi_consumer *consumer)
{
	consumer->position++;
	while (is_early(consumer, consumer->position)) {
		flip_early(consumer, consumer->position);
		consumer->position++;
	}
}

/* COPY: the application gets its own, and the producer has the packet back.  0,
 * or LOST: it was overwritten meanwhile. */
static int take_copy(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	int err = dsi__transfer_copy(plane, pkt);

	if (consumer->lossy) {
		if (!dsi__ring_still_valid(&consumer->ring, pkt->position))
			return LOST;
	} else {
		give_back(consumer, &pkt, 1);
	}
	if (err)
		dsi__plane_raise(plane, DSI_EVENT_DROPPED, 1);
	return 0;
}

/* The data does not come as usual. */
DSI_RARE static int take_apart(struct dsi_data_plane *plane,
			       struct dsi_packet *pkt)
{
	uint32_t apart = plane->as.consumer.apart;

	if (apart & DSI_CONSUMER_COPY)
		return take_copy(plane, pkt);
	return apart & DSI_CONSUMER_MAP ? dsi__transfer_borrow(plane, pkt) : 0;
}

/* Take the READY packet of @position.  0, SKIPPED, or an error. */
static int take_ready(struct dsi_data_plane *plane, uint64_t position,
		      struct haul *haul, struct dsi_packet **out_pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct dsi_packet *pkt = dsi__packet_table_newest(&plane->table);
	uint32_t flags;
	int err;

	if (!pkt)
		return -DSI_ENOBUFS;
	err = copy(plane, position, pkt);
	if (err) {
		dsi__packet_table_put(&plane->table, pkt);
		return err;
	}
	flags = pkt->entry.flags;
	note_flags(plane, flags);
	if (((flags & DSI_DESC_STAMPED) ||
	     dsi__packet_expiry(pkt) != DSI_FOREVER) &&
	    is_late(plane, pkt, flags, haul))
		return SKIPPED;
	if (consumer->apart) {
		err = take_apart(plane, pkt);
		if (err) {
			dsi__packet_table_put(&plane->table, pkt);
			return err;
		}
	}
	if (consumer->missed) {
		consumer->missed = 0;
		pkt->entry.flags |= DSI_PACKET_DROPPED_BEFORE;
	}
	haul->bytes += bytes_of(pkt);
	pkt->owners = DSI_OWNER_US;
	*out_pkt = pkt;
	return 0;
}

/* A packet was skipped, its position is behind us. */
static void tell_skipped(struct dsi_data_plane *plane)
{
	if (plane->as.consumer.lossy)
		return;
	dsi__consumer_store_taken(&plane->as.consumer);
	dsi__consumer_store_returned(&plane->as.consumer);
	(void)dsi__consumer_tell(plane, 0);
}

/* The next packet in order.  0, -DSI_EBUSY if we moved on without one, or an
 * error. */
static int take_next(struct dsi_data_plane *plane, struct haul *haul,
		     struct dsi_packet **out_pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	int err = LOST;

	switch (dsi__ring_look(&consumer->ring, consumer->position)) {
	case DSI_RING_NOT_YET:
		return -DSI_EAGAIN;
	case DSI_RING_READY:
		err = take_ready(plane, consumer->position, haul, out_pkt);
		break;
	case DSI_RING_LOST:
		break;
	}
	if (err == 0) {
		advance(consumer);
		return 0;
	}
	if (err == SKIPPED) {
		advance(consumer);
		tell_skipped(plane);
		return -DSI_EBUSY;
	}
	if (err == -DSI_ENOBUFS)
		return err;
	if (err != LOST || !consumer->lossy)
		return dsi__plane_fail(plane);
	skip_lost(plane);
	return -DSI_EBUSY;
}

/* Likewise the READY packet of a position that was looked for. */
static int take_at(struct dsi_data_plane *plane, uint64_t position,
		   struct haul *haul, struct dsi_packet **out_pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	int err = take_ready(plane, position, haul, out_pkt);

	if (err && err != SKIPPED)
		return err;
	if (position == consumer->position) {
		advance(consumer);
	} else {
		flip_early(consumer, position);
		/* It may be given back before its descriptor is free: from now on
		 * the producer may wait for that alone. */
		consumer->tells = !consumer->lossy;
	}
	if (err == SKIPPED)
		tell_skipped(plane);
	return err;
}

/* May the next get expect ordinary packets only?  They say all in their
 * descriptor, are stamped if the stream is, and do not expire. */
static void note_usual(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	consumer->usual = consumer->started && consumer->n_early == 0 &&
			  !consumer->missed && !plane->lifetime_ns &&
			  !consumer->apart;
	consumer->usual_from = consumer->position;
	dsi__plane_note_usual(plane);
}

uint32_t dsi__consumer_usual(const struct dsi_data_plane *plane)
{
	const struct dsi_consumer *consumer = &plane->as.consumer;

	if (!consumer->usual || consumer->lossy)
		return 0;
	return consumer->usual_flags ? DSI_USUAL_TAKE_STAMPED : DSI_USUAL_TAKE;
}

/* Nothing more is there: what we took must be known to a sleeping producer. */
static int nothing(struct dsi_data_plane *plane)
{
	return plane->as.consumer.unsaid
		       ? dsi__consumer_tell_taken(plane, -DSI_EAGAIN)
		       : -DSI_EAGAIN;
}

/* TIME_HOLD: from here on the application has them.  COPY: the producer has
 * them back. */
DSI_RARE static void note_got(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint64_t now;

	if ((consumer->apart & DSI_CONSUMER_COPY) && !consumer->lossy) {
		dsi__consumer_store_returned(consumer);
		(void)dsi__consumer_tell(plane, 0);
	}
	if (!(consumer->apart & DSI_CONSUMER_TIME_HOLD))
		return;
	now = dsi_port_now();
	for (uint32_t i = 0; i < n; i++)
		pkts[i]->got_ns = now;
}

/* Count what a get brought, and free its descriptors.  See consumer.h: when
 * the producer learns of it. */
static int32_t bring_in(struct dsi_data_plane *plane,
			struct dsi_packet *const *pkts, uint32_t n,
			uint64_t bytes)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	dsi__usual_count(plane, n, bytes);
	/* Where it matters, numbers ascend. */
	note_number(consumer, dsi__packet_number(pkts[n - 1u]));
	if (dsi__traced(plane))
		dsi__trace_get(plane, pkts, n);
	if (dsi__usual_taken(plane))
		return dsi__consumer_tell_taken(plane, (int32_t)n);
	return (int32_t)n;
}

/* Whatever comes, behind @got packets that are taken already. */
DSI_RARE static int32_t get_more(struct dsi_data_plane *plane,
				 struct dsi_packet **out_pkts, uint32_t n,
				 uint32_t got, uint64_t bytes)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct haul haul = {.bytes = bytes};
	uint32_t turns = 0;
	int err = 0;

	consumer->usual_newest = dsi__consumer_usual_newest(consumer);
	if (!consumer->started) {
		err = find_start(plane);
		if (err)
			return err == -DSI_EPROTO ? dsi__plane_fail(plane)
						  : err;
	}
	/* Every turn moves on by at least one packet, so one ring is enough
	 * for everything that was committed before we began.  A producer that
	 * goes on to commit what is expired already shall not hold us here. */
	while (got < n && turns++ <= consumer->ring.slots) {
		err = take_next(plane, &haul, &out_pkts[got]);
		if (err == 0)
			got++;
		else if (err != -DSI_EBUSY)
			break;
	}
	note_usual(plane);
	if (got > 0)
		(void)bring_in(plane, out_pkts, got, haul.bytes);
	if (got > 0 && consumer->apart)
		note_got(plane, out_pkts, got);
	if (got < n && (got > 0 || err == -DSI_EAGAIN))
		(void)nothing(plane);
	return got > 0 ? (int32_t)got : err;
}

/* Ordinary packets, one after the other, until something else comes: that is
 * left as it is for get_more(). */
int32_t dsi__consumer_get(struct dsi_data_plane *plane,
			  struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint64_t bytes = 0;
	uint32_t got = 0;

	if (consumer->usual)
		got = consumer->lossy
			      ? dsi__usual_take(plane, out_pkts, n, 1, &bytes)
			      : dsi__usual_take(plane, out_pkts, n, 0, &bytes);
	if (consumer->usual_flags)
		note_latencies(plane, out_pkts, got);
	if (got < n)
		return get_more(plane, out_pkts, n, got, bytes);
	return bring_in(plane, out_pkts, got, bytes);
}

int32_t dsi__consumer_get_rest(struct dsi_data_plane *plane,
			       struct dsi_packet **out_pkts, uint32_t n,
			       uint32_t got, uint64_t bytes)
{
	return get_more(plane, out_pkts, n, got, bytes);
}

int dsi__consumer_look(struct dsi_data_plane *plane)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	if (!consumer->started) {
		int err = find_start(plane);

		if (err)
			return err;
	}
	return dsi__ring_look(&consumer->ring, consumer->position) ==
			       DSI_RING_NOT_YET
		       ? nothing(plane)
		       : 0;
}

/* The number of a READY packet without taking it.  Return 0, or LOST. */
static int number_of(const struct dsi_consumer *consumer, uint64_t position,
		     uint64_t *out_number)
{
	struct dsi_ring_entry entry;

	dsi__ring_copy(&consumer->ring, position, &entry);
	*out_number = position;
	if (entry.flags & DSI_DESC_EXT)
		*out_number = dsi__ring_get_ext(&consumer->ring, position,
						DSI_EXT_NUMBER);
	return dsi__ring_whole(&consumer->ring, position) ? 0 : LOST;
}

/* Numbers ascend, so the first packet at or behind @number decides.  Who was
 * overtaken begins anew, but not for ever: the producer may go on. */
static int find_number(struct dsi_data_plane *plane, uint64_t number,
		       uint64_t *out_position)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	uint64_t position = consumer->position;
	uint32_t turns = 2u * consumer->ring.slots;
	uint32_t left = consumer->ring.slots;

	for (; left > 0 && turns > 0; left--, turns--, position++) {
		uint64_t found;

		if (is_early(consumer, position))
			continue;
		switch (dsi__ring_look(&consumer->ring, position)) {
		case DSI_RING_NOT_YET:
			return nothing(plane);
		case DSI_RING_READY:
			if (number_of(consumer, position, &found) == 0)
				break;
			/* fall through */
		case DSI_RING_LOST:
			if (!consumer->lossy)
				return -DSI_EPROTO;
			if (position == consumer->position) {
				skip_lost(plane);
				position = consumer->position - 1u;
				left = consumer->ring.slots + 1u;
			}
			continue;
		}
		if (found == number) {
			*out_position = position;
			return 0;
		}
		if (found > number)
			return -DSI_ESTALE;
	}
	/* The ring is full of smaller numbers: they must be taken first. */
	return -DSI_ENOBUFS;
}

int32_t dsi__consumer_get_nr(struct dsi_data_plane *plane, uint64_t number,
			     struct dsi_packet **out_pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;
	struct haul haul = {0};
	uint64_t position = 0;
	int err = 0;

	consumer->usual_newest = dsi__consumer_usual_newest(consumer);
	consumer->usual_from = consumer->position;
	if (!consumer->started)
		err = find_start(plane);
	if (!err)
		err = find_number(plane, number, &position);
	if (err == -DSI_EAGAIN &&
	    ((consumer->has_newest && number <= consumer->newest) ||
	     number < dsi__consumer_usual_newest(consumer)))
		err = -DSI_ESTALE;
	if (!err)
		err = take_at(plane, position, &haul, out_pkt);
	note_usual(plane);
	if (err == SKIPPED || err == LOST)
		return -DSI_ESTALE;
	if (err)
		return err == -DSI_EPROTO ? dsi__plane_fail(plane) : err;
	(void)bring_in(plane, out_pkt, 1, haul.bytes);
	if (consumer->apart)
		note_got(plane, out_pkt, 1);
	return 1;
}

/* ---- commit -------------------------------------------------------------- */

/* The application has them no more. */
static void end_hold(struct dsi_data_plane *plane,
		     struct dsi_packet *const *pkts, uint32_t n)
{
	dsi__packet_table_put_all(&plane->table, pkts, n);
	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&plane->stats->released, n);
}

static void commit(struct dsi_data_plane *plane, struct dsi_packet *const *pkts,
		   uint32_t n)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	end_hold(plane, pkts, n);
	if (consumer->lossy)
		return;
	give_back(consumer, pkts, n);
	dsi__consumer_store_returned(consumer);
	(void)dsi__consumer_tell(plane, 0);
}

/* TIME_HOLD: up to here the application had them. */
static void note_held(struct dsi_data_plane *plane,
		      struct dsi_packet *const *pkts, uint32_t n)
{
	uint64_t now = dsi_port_now();

	for (uint32_t i = 0; i < n; i++)
		dsi__stat_max(&plane->stats->hold_max_ns,
			      now - pkts[i]->got_ns);
}

/* What is not as usual.  A copy need not be given back: the packet was. */
DSI_RARE static void commit_apart(struct dsi_data_plane *plane,
				  struct dsi_packet *const *pkts, uint32_t n)
{
	uint32_t apart = plane->as.consumer.apart;

	if (apart & DSI_CONSUMER_TIME_HOLD)
		note_held(plane, pkts, n);
	if (apart & DSI_CONSUMER_MAP)
		for (uint32_t i = 0; i < n; i++)
			dsi__transfer_give_back(plane, pkts[i]);
	if (apart & DSI_CONSUMER_COPY)
		end_hold(plane, pkts, n);
	else
		commit(plane, pkts, n);
}

int dsi__consumer_commit(struct dsi_data_plane *plane,
			 struct dsi_packet *const *pkts, uint32_t n)
{
	if (dsi__traced(plane))
		dsi__trace_release(plane, pkts, n);
	if (plane->as.consumer.apart)
		commit_apart(plane, pkts, n);
	else
		commit(plane, pkts, n);
	return dsi__plane_committed(plane);
}

int dsi__consumer_valid(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	if (!consumer->lossy || (consumer->apart & DSI_CONSUMER_COPY) ||
	    dsi__ring_still_valid(&consumer->ring, pkt->position))
		return 1;
	if (consumer->on_reclaim)
		consumer->on_reclaim(consumer->user, 1);
	return 0;
}

/* ---- sleep --------------------------------------------------------------- */

uint32_t dsi__consumer_announce(struct dsi_data_plane *plane,
				struct dsi_port_word *words, uint64_t bell)
{
	struct dsi_waiter *waiter = &plane->as.consumer.waiter;

	if (!waiter->signal)
		return 0; /* not connected, or closed */
	words[0] = dsi__waiter_word(waiter);
	dsi__waiter_announce(waiter, words[0].expected, bell);
	return 1;
}

void dsi__consumer_withdraw(struct dsi_data_plane *plane)
{
	if (plane->as.consumer.waiter.signal)
		dsi__waiter_withdraw(&plane->as.consumer.waiter);
}

int dsi__consumer_apart(struct dsi_data_plane *plane, uint32_t here)
{
	struct dsi_consumer *consumer = &plane->as.consumer;

	if (!consumer->waiter.signal)
		return 0; /* not connected, or closed */
	dsi__waker_here(&consumer->waker, here);
	return dsi__waiter_apart(&consumer->waiter, here);
}
