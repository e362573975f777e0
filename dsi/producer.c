/* SPDX-License-Identifier: MIT */
/*
 * producer.c - get a free packet, commit it to all consumers, take it back.
 *
 * In order of a packet's way: get -> commit -> (consumers) -> collect.
 * Protocol, edges and trust: producer.h.
 */
#include "dsi/check.h"
#include "dsi/shm_check.h"
#include "dsi/trace_hooks.h"
#include "dsi/transfer.h"
#include "dsi/usual_producer.h"

/* What waits is followed exactly if it is more. */
#define CALM_MOST (2u * DSI_READY_MOST)

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t bit_of(const struct dsi_producer *producer,
		       const struct dsi_producer_peer *peer)
{
	return UINT32_C(1) << (uint32_t)(peer - producer->peers);
}

static uint32_t owner_of(const struct dsi_producer *producer,
			 const struct dsi_producer_peer *peer)
{
	return dsi__owners(bit_of(producer, peer));
}

/* The mask's lowest bit as an index, and the mask without it. */
static struct dsi_producer_peer *next_peer(struct dsi_producer *producer,
					   uint32_t *mask)
{
	uint32_t index = (uint32_t)__builtin_ctz(*mask);

	*mask &= *mask - 1u;
	return &producer->peers[index];
}

/* Who is active changed. */
static void note_active(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->block_mask | producer->drop_mask |
			producer->reclaim_mask;

	producer->active_mask = mask;
	producer->sole = NULL;
	if (mask && mask == producer->block_mask && !(mask & (mask - 1u)))
		producer->sole = next_peer(producer, &mask);
	dsi__usual_forget(producer);
	dsi__plane_note_usual(plane);
}

uint32_t dsi__producer_usual(const struct dsi_data_plane *plane)
{
	if (!plane->as.producer.sole)
		return 0;
	return plane->stream_flags & DSI_STREAM_NO_STAMP
		       ? DSI_USUAL_SEND
		       : DSI_USUAL_SEND_STAMPED;
}

/* ---- who is there -------------------------------------------------------- */

DSI_USUAL void free_if_unused(struct dsi_data_plane *plane,
			      struct dsi_packet *pkt);

/* The packet is gone, and so is its claim on the slots it shared. */
DSI_RARE static void end_loans(struct dsi_data_plane *plane,
			       const struct dsi_packet *pkt)
{
	for (uint32_t i = 1; i < pkt->sg_count; i++) {
		struct dsi_packet *owner;

		if (pkt->sg[i].owner == DSI_NO_OWNER)
			continue;
		/* An owner has no owners: dsi_packet_add_shared() sees to it. */
		owner = &plane->table.packets[pkt->sg[i].owner];
		owner->shares--;
		free_if_unused(plane, owner);
	}
}

/* A packet is in use while the application holds or keeps it, a consumer has
 * not given it back, or another one shares its slot. */
DSI_USUAL void free_if_unused(struct dsi_data_plane *plane,
			      struct dsi_packet *pkt)
{
	if (pkt->owners | pkt->keeps | pkt->shares)
		return;
	dsi__packet_table_put(&plane->table, pkt);
	if (pkt->given)
		dsi__usual_unready(&plane->as.producer);
	if (pkt->given & DSI_GIVEN_LOAN)
		end_loans(plane, pkt);
}

/* These no longer have the packet.  Return 1 if they were the last. */
DSI_USUAL uint32_t clear_owners(struct dsi_data_plane *plane,
				struct dsi_packet *pkt, uint32_t owners)
{
	pkt->owners &= ~owners;
	if (pkt->owners)
		return 0;
	free_if_unused(plane, pkt);
	return 1;
}

/* So many packets came back from all their consumers. */
static void count_released(struct dsi_data_plane *plane, uint32_t n)
{
	dsi__stat_add(&plane->stats->released, n);
}

/* Has any consumer a packet? */
static int in_flight(struct dsi_producer *producer)
{
	uint32_t mask = producer->block_mask | producer->drop_mask;

	while (mask)
		if (dsi__producer_has(producer, next_peer(producer, &mask)))
			return 1;
	return 0;
}

/* Positions below the limit may be written: those whose slot no BLOCK
 * consumer needs any more.  -DSI_EPROTO peers are let go of by the caller. */
static void refresh_limit(struct dsi_data_plane *plane);

/* For who watches: it is there since this position, and nothing is dropped. */
static void note_peer(struct dsi_data_plane *plane,
		      const struct dsi_producer_peer *peer, uint64_t admitted)
{
	struct dsi_shm_stats_peer *stats =
		&plane->stats->peers[peer - plane->as.producer.peers];

	/* relaxed: for statistics. */
	atomic_store_explicit(&stats->dropped, 0, memory_order_relaxed);
	/* relaxed: for statistics. */
	atomic_store_explicit(&stats->admitted, admitted, memory_order_relaxed);
}

static void admit(struct dsi_data_plane *plane, struct dsi_producer_peer *peer)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t bit = bit_of(producer, peer);

	peer->first = producer->position;
	peer->position = 0;
	peer->returned = 0;
	peer->dropped = 0;
	peer->drop_flag = 0;
	if (peer->policy == DSI_POLICY_DROP_NEW) {
		producer->drop_mask |= bit;
		peer->taken = 0;
		peer->first = 0;
	} else if (peer->policy == DSI_POLICY_RECLAIM) {
		producer->reclaim_mask |= bit;
		peer->taken = peer->first;
	} else {
		producer->block_mask |= bit;
		peer->taken = peer->first;
	}
	producer->joined++;
	note_active(plane);
	producer->generation++;
	/* relaxed: for statistics. */
	atomic_fetch_add_explicit(&producer->present, 1, memory_order_relaxed);
	note_peer(plane, peer, producer->position + 1u);
	/* S1: release pairs with the consumer's first look. */
	atomic_store_explicit(&peer->signal_page->start, peer->first + 1u,
			      memory_order_release);
	refresh_limit(plane);
}

/* Forget a peer that left or lied.  Its state changes last: from then on
 * the control plane may free its memory. */
static void let_go(struct dsi_data_plane *plane, struct dsi_producer_peer *peer)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t bit = bit_of(producer, peer);
	uint32_t has = dsi__producer_has(producer, peer);
	uint32_t tail = plane->table.free_tail;
	uint32_t released = 0;

	/* Its words go with it. */
	if (plane->owed == &peer->waker)
		dsi__plane_pay(plane);
	producer->block_mask &= ~bit;
	producer->drop_mask &= ~bit;
	producer->reclaim_mask &= ~bit;
	note_active(plane);
	for (uint32_t i = 0; i < plane->table.count && has; i++) {
		struct dsi_packet *pkt = &plane->table.packets[i];

		if (pkt->owners & dsi__owners(bit)) {
			if (dsi__traced(plane))
				dsi__trace_left(plane, peer, pkt);
			has--;
			released += clear_owners(plane, pkt, dsi__owners(bit));
		}
	}
	DSI_ASSERT(has == 0);
	dsi__transfer_forget(plane, peer);
	count_released(plane, released);
	if (dsi__traced(plane))
		dsi__trace_reclaim(plane, tail);
	producer->generation++;
	note_peer(plane, peer, 0);
	/* relaxed: for statistics. */
	atomic_fetch_sub_explicit(&producer->present, 1, memory_order_relaxed);
}

/* The peer left. */
static void retire(struct dsi_data_plane *plane, struct dsi_producer_peer *peer)
{
	let_go(plane, peer);
	/* J1: release pairs with dsi__producer_left(). */
	atomic_store_explicit(&peer->state, DSI_PEER_RETIRED,
			      memory_order_release);
	refresh_limit(plane);
	plane->notice(plane, 1); /* its memory can be freed */
}

/* The peer lied.  It loses its packets; nobody else notices. */
static void expose(struct dsi_data_plane *plane, struct dsi_producer_peer *peer)
{
	uint32_t active = DSI_PEER_ACTIVE;

	let_go(plane, peer);
	/* J1: acq_rel pairs with dsi__producer_leave(), which may be first. */
	if (!atomic_compare_exchange_strong_explicit(
		    &peer->state, &active, DSI_PEER_BROKEN,
		    memory_order_acq_rel, memory_order_acquire))
		/* J1: release pairs with dsi__producer_left(). */
		atomic_store_explicit(&peer->state, DSI_PEER_RETIRED,
				      memory_order_release);
	dsi__plane_raise(plane, DSI_EVENT_ERROR, 1);
	plane->notice(plane, 1);
	refresh_limit(plane);
}

/* Admit who joined and let go of who left. */
void dsi__producer_change(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;

	/* J2: acquire pairs with changed(): what comes now is new again. */
	atomic_fetch_and_explicit(&plane->flags, ~DSI_PLANE_CHANGED,
				  memory_order_acquire);
	for (uint32_t i = 0; i < DSI_PEER_SLOTS; i++) {
		struct dsi_producer_peer *peer = &producer->peers[i];
		uint32_t state = DSI_PEER_JOINING;

		/* J1: acq_rel pairs with join and leave. */
		if (atomic_compare_exchange_strong_explicit(
			    &peer->state, &state, DSI_PEER_ACTIVE,
			    memory_order_acq_rel, memory_order_acquire))
			admit(plane, peer);
		else if (state == DSI_PEER_LEAVING)
			retire(plane, peer);
	}
}

/* ---- what came back ------------------------------------------------------ */

/* The consumer has the packet no more, which was not an ordinary one of it alone.
 * Return 1 if it was the last.  Apart, to stay out of the loop below. */
DSI_RARE static uint32_t take_back(struct dsi_data_plane *plane,
				   struct dsi_packet *pkt, uint32_t it)
{
	return clear_owners(plane, pkt, it);
}

/* Of @back packets that came back, how many may stay in the return ring until they
 * are cool, where @want free ones are enough? */
DSI_USUAL uint64_t left_to_cool(const struct dsi_data_plane *plane,
				uint64_t back, uint32_t want)
{
	uint64_t all = dsi__packet_table_free(&plane->table) + back;
	uint64_t left = all > want ? all - want : 0;

	if (left > plane->as.producer.cool)
		left = plane->as.producer.cool;
	return left < back ? left : back;
}

/* Read the tokens that a consumer, who is @it, put into its return ring, but for warm
 * ones where @want free packets are enough.  0 or -DSI_EPROTO; what came before a
 * lie is back all the same.  @out_fresh: so many of the newest free packets are
 * ordinary. */
DSI_USUAL int collect_fresh(struct dsi_data_plane *plane,
			    struct dsi_producer_peer *peer, uint32_t it,
			    uint32_t want, uint32_t *out_fresh)
{
	struct dsi_packet_table *table = &plane->table;
	const uint64_t its_only = dsi__packet_mark(it);
	const _Atomic uint32_t *returns = peer->returns;
	const uint64_t mask = peer->return_mask;
	const uint32_t count = table->count;
	const uint32_t free_mask = table->free_mask;
	struct dsi_packet *packets = table->packets;
	struct dsi_packet **free = table->free;
	/* T2: acquire pairs with the consumer's commit. */
	uint64_t returned = atomic_load_explicit(&peer->page->returned,
						 memory_order_acquire);
	uint64_t at = peer->returned;
	uint32_t before = table->free_tail;
	uint32_t tail = before;
	uint32_t first_fresh = tail;
	uint32_t released = 0;
	int err = 0;

	if (!dsi__counter_possible(
		    returned, at,
		    dsi__producer_given(&plane->as.producer, peer)))
		return -DSI_EPROTO;
	returned -= left_to_cool(plane, returned - at, want);
	for (; at != returned; at++) {
		/* relaxed: T2 carried it. */
		uint32_t token = atomic_load_explicit(&returns[at & mask],
						      memory_order_relaxed);
		struct dsi_packet *pkt = NULL;

		if (token < count && (packets[token].owners & it))
			pkt = &packets[token];
		if (!pkt) {
			err = -DSI_EPROTO;
			break;
		}
		if (pkt->mark == its_only) {
			pkt->mark = 0;
			free[tail++ & free_mask] = pkt;
			continue;
		}
		released += tail - first_fresh;
		table->free_tail = tail;
		released += take_back(plane, pkt, it);
		tail = table->free_tail;
		first_fresh = tail;
	}
	table->free_tail = tail;
	peer->returned = at;
	*out_fresh = tail - first_fresh;
	count_released(plane, released + *out_fresh);
	if (dsi__traced(plane))
		dsi__trace_reclaim(plane, before);
	return err;
}

static int collect_from(struct dsi_data_plane *plane,
			struct dsi_producer_peer *peer)
{
	uint32_t fresh;

	return collect_fresh(plane, peer, owner_of(&plane->as.producer, peer),
			     UINT32_MAX, &fresh);
}

DSI_USUAL void collect(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->block_mask | producer->drop_mask;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		if (dsi__producer_has(producer, peer) &&
		    collect_from(plane, peer))
			expose(plane, peer);
	}
}

/* How far the consumer has read.  0 or -DSI_EPROTO. */
DSI_USUAL int refresh_taken(struct dsi_producer_peer *peer, uint64_t position)
{
	/* T1: acquire pairs with the consumer's get. */
	uint64_t taken =
		atomic_load_explicit(&peer->page->taken, memory_order_acquire);

	if (!dsi__counter_possible(taken, peer->taken, position))
		/* 0 is possible if it has not found its start yet. */
		return peer->taken == peer->first && taken == 0 ? 0
								: -DSI_EPROTO;
	peer->taken = taken;
	return 0;
}

/* What waits is looked at if it may be more than ever, but not for a few: that
 * would be a line of the cache that goes to and fro with each packet. */
DSI_USUAL void note_calm(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t few = least_of(CALM_MOST, producer->ring.slots / 2u);
	/* relaxed: we are its writer. */
	uint64_t most = atomic_load_explicit(&plane->stats->backlog_max,
					     memory_order_relaxed);

	producer->calm = most > few ? most : few;
}

/* BLOCK consumers need no descriptor before this position. */
DSI_USUAL void set_least(struct dsi_data_plane *plane, uint64_t least)
{
	struct dsi_producer *producer = &plane->as.producer;

	producer->least = least;
	producer->limit = least + producer->ring.slots;
	dsi__stat_max(&plane->stats->backlog_max, producer->position - least);
	note_calm(plane);
}

DSI_RARE static void expose_all(struct dsi_data_plane *plane, uint32_t broken)
{
	struct dsi_producer *producer = &plane->as.producer;

	while (broken) {
		struct dsi_producer_peer *peer = next_peer(producer, &broken);

		/* Exposing one looks at the others again. */
		if (producer->block_mask & bit_of(producer, peer))
			expose(plane, peer);
	}
}

static void refresh_limit(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint64_t position = producer->position;
	uint32_t mask = producer->block_mask;
	uint64_t most = 0; /* not taken by the slowest */
	uint32_t broken = 0;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		if (refresh_taken(peer, position))
			broken |= bit_of(producer, peer);
		else if (position - peer->taken > most)
			most = position - peer->taken;
	}
	set_least(plane, position - most);
	if (!producer->block_mask)
		producer->limit = DSI_POSITION_MAX;
	if (broken)
		expose_all(plane, broken);
}

/* ---- get ----------------------------------------------------------------- */

/* The next dsi__producer_get() need not look, as far as this reaches: what it takes
 * is counted off, and of all that changes meanwhile only who is active makes it
 * less.  What the usual way takes is not counted off: see ready. */
static void note_room(struct dsi_data_plane *plane, uint64_t end)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t room = producer->ring.slots - plane->held;

	if (room > producer->limit - end)
		room = (uint32_t)(producer->limit - end);
	producer->room = room;
}

/* How many packets may be taken now, up to @n?  Or an error.  Looks at what
 * came back, and how far the consumers have read. */
static int32_t look_for_space(struct dsi_data_plane *plane, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint64_t end = producer->position + plane->held;
	uint32_t slots = producer->ring.slots;

	if (producer->joined < producer->wait_consumers)
		return -DSI_EAGAIN;
	/* Never more than a ring, whoever is there: a consumer that joins now
	 * must not be lapped by what is held already. */
	if (plane->held >= slots)
		return -DSI_ENOBUFS;
	n = least_of(n, slots - plane->held);
	/* Not only if nothing is free: who lies about what it gave back, and reads
	 * no further, would keep us waiting for room and never be found. */
	collect(plane);
	n = least_of(n, dsi__packet_table_free(&plane->table));
	if (n == 0)
		return in_flight(producer) ? -DSI_EAGAIN : -DSI_ENOBUFS;
	if (end + n > producer->limit) {
		refresh_limit(plane);
		if (end >= producer->limit)
			return -DSI_EAGAIN;
		if (end + n > producer->limit)
			n = (uint32_t)(producer->limit - end);
	}
	note_room(plane, end);
	return (int32_t)n;
}

/* Is it known that there are @n? */
static int may_take(const struct dsi_data_plane *plane, uint32_t n)
{
	const struct dsi_producer *producer = &plane->as.producer;

	return n <= producer->room &&
	       n <= dsi__packet_table_free(&plane->table);
}

/* The packet's data will be written again, and a reader that was never
 * asked (RECLAIM) may still look at it: its descriptor, if it is still in
 * the ring, must go first. */
static void revoke(struct dsi_producer *producer, struct dsi_packet *pkt)
{
	if (pkt->position < producer->position &&
	    producer->position - pkt->position <= producer->ring.slots)
		dsi__ring_revoke(&producer->ring, pkt->position);
	pkt->position = DSI_NO_POSITION;
}

static void revoke_borrowers(struct dsi_data_plane *plane,
			     const struct dsi_packet *owner)
{
	for (uint32_t i = 0; i < plane->table.count; i++) {
		struct dsi_packet *pkt = &plane->table.packets[i];

		if (!(pkt->given & DSI_GIVEN_LOAN))
			continue;
		for (uint32_t k = 1; k < pkt->sg_count; k++)
			if (pkt->sg[k].owner == owner->entry.token)
				revoke(&plane->as.producer, pkt);
	}
}

static void revoke_all(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	revoke(&plane->as.producer, pkt);
	if (pkt->given & DSI_GIVEN_SLOT)
		revoke_borrowers(plane, pkt);
}

/* As if nobody had ever used the packet. */
DSI_RARE static void renew(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	uint32_t lent = pkt->given & DSI_GIVEN_LENT;

	if (lent)
		dsi__transfer_recall(plane, pkt);
	pkt->given = lent;
	pkt->sg_count = plane->packet_bytes ? 1u : 0;
	pkt->entry.time_ns = 0;
	pkt->entry.offset = pkt->entry.token * plane->slot_stride;
	pkt->entry.flags = 0;
}

/* Make ordinary what can be of the newest @n free packets, of which the first @i
 * are.  Return how many are. */
DSI_USUAL uint32_t ordinary(struct dsi_data_plane *plane, uint32_t i,
			    uint32_t n)
{
	const struct dsi_packet_table *table = &plane->table;

	n = least_of(n, dsi__packet_table_free(table));
	for (; i < n; i++) {
		struct dsi_packet *pkt =
			table->free[(table->free_tail - 1u - i) &
				    table->free_mask];

		if (pkt->given & DSI_GIVEN_LENT)
			break;
		if (pkt->given)
			renew(plane, pkt);
	}
	return least_of(i, n);
}

/* How far has the only consumer read, if that is worth a look: if the ring may end
 * before @n more packets, or for what waits?  0 or -DSI_EPROTO. */
DSI_USUAL int follow(struct dsi_data_plane *plane, uint64_t end, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;

	if (end + n <= producer->limit &&
	    producer->position - producer->least < DSI_READY_MOST)
		return 0;
	if (refresh_taken(producer->sole, producer->position))
		return -DSI_EPROTO;
	set_least(plane, producer->sole->taken);
	return 0;
}

/* Of one consumer, so this is look_for_space() less what cannot be.  A lie about
 * what was taken is left to that. */
int dsi__producer_refill(struct dsi_data_plane *plane, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_producer_peer *peer = producer->sole;
	uint64_t end = producer->position + plane->held;
	uint32_t most = n > DSI_READY_MOST ? n : DSI_READY_MOST;
	uint32_t fresh = 0;

	if (producer->joined < producer->wait_consumers)
		return 0;
	/* One more than that is made free: with none left, the next get would
	 * look for one alone. */
	if (collect_fresh(plane, peer, dsi__owners(producer->block_mask),
			  most + 1u, &fresh)) {
		expose(plane, peer);
		return 0;
	}
	if (follow(plane, end, most) || end >= producer->limit ||
	    plane->held >= producer->ring.slots)
		return 0;
	note_room(plane, end);
	producer->ready =
		ordinary(plane, fresh, least_of(most, producer->room));
	if (producer->ready)
		producer->room = 0;
	return n <= producer->ready;
}

/* With RECLAIM consumers data lives as long as possible. */
DSI_RARE static void take_oldest(struct dsi_data_plane *plane,
				 struct dsi_packet **out_pkts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct dsi_packet *pkt =
			dsi__packet_table_oldest(&plane->table);

		DSI_ASSERT(pkt);
		revoke_all(plane, pkt);
		out_pkts[i] = pkt;
	}
}

static void take_newest(struct dsi_data_plane *plane,
			struct dsi_packet **out_pkts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out_pkts[i] = dsi__packet_table_newest(&plane->table);
}

int32_t dsi__producer_get(struct dsi_data_plane *plane,
			  struct dsi_packet **out_pkts, uint32_t n)
{
	int32_t space;

	dsi__producer_adopt(plane);
	dsi__usual_unready(&plane->as.producer);
	space = may_take(plane, n) ? (int32_t)n : look_for_space(plane, n);
	if (space <= 0)
		return space;
	n = (uint32_t)space;
	if (plane->as.producer.reclaim_mask)
		take_oldest(plane, out_pkts, n);
	else
		take_newest(plane, out_pkts, n);
	for (uint32_t i = 0; i < n; i++) {
		if (out_pkts[i]->given)
			renew(plane, out_pkts[i]);
		out_pkts[i]->entry.size = plane->packet_bytes;
		out_pkts[i]->owners = DSI_OWNER_US;
	}
	plane->as.producer.room -= least_of(plane->as.producer.room, n);
	dsi__plane_take(plane, n);
	if (dsi__traced(plane))
		dsi__trace_reserve(plane, out_pkts, n);
	return (int32_t)n;
}

/* ---- commit -------------------------------------------------------------- */

static uint64_t expiry_of(const struct dsi_data_plane *plane,
			  const struct dsi_packet *pkt, uint64_t time_ns)
{
	if (pkt->given & DSI_GIVEN_EXPIRY)
		return pkt->expires_ns;
	if (!plane->lifetime_ns || !time_ns ||
	    time_ns >= DSI_FOREVER - plane->lifetime_ns)
		return DSI_FOREVER;
	return time_ns + plane->lifetime_ns;
}

/* Write what has no place in the descriptor. */
DSI_RARE static void put_row(const struct dsi_data_plane *plane,
			     const struct dsi_ring *ring, uint64_t position,
			     const struct dsi_packet *pkt, uint64_t time_ns)
{
	dsi__ring_put_ext(ring, position, DSI_EXT_NUMBER,
			  dsi__packet_number(pkt));
	dsi__ring_put_ext(ring, position, DSI_EXT_EXPIRES,
			  expiry_of(plane, pkt, time_ns));
	dsi__ring_put_ext(ring, position, DSI_EXT_COUNT, pkt->sg_count);
	for (uint32_t i = 1; i < pkt->sg_count; i++) {
		uint32_t word = DSI_EXT_SG + 2u * (i - 1u);

		dsi__ring_put_ext(ring, position, word, pkt->sg[i].offset);
		dsi__ring_put_ext(ring, position, word + 1u, pkt->sg[i].size);
	}
}

/* Write extension row and descriptor into one ring. */
DSI_USUAL void publish(const struct dsi_data_plane *plane,
		       const struct dsi_ring *ring, uint64_t position,
		       const struct dsi_packet *pkt,
		       const struct dsi_ring_entry *entry)
{
	dsi__ring_begin(ring, position);
	if (entry->flags & DSI_DESC_EXT)
		put_row(plane, ring, position, pkt, entry->time_ns);
	dsi__ring_publish(ring, position, entry);
}

/* Does the packet need an extension row, as it is?  What is lent is lent before
 * anybody hears of it. */
DSI_RARE static int needs_row(struct dsi_data_plane *plane,
			      const struct dsi_packet *pkt)
{
	if (pkt->given & DSI_GIVEN_LENT)
		dsi__transfer_lend(plane, pkt, plane->as.producer.block_mask);
	return (pkt->given & (DSI_GIVEN_NUMBER | DSI_GIVEN_EXPIRY)) ||
	       pkt->sg_count > 1 ||
	       (pkt->sg_count == 1 && pkt->entry.size == 0);
}

/* What the packet's descriptor says.  The time is that of the commit, the same
 * for all of a batch, if the application left it to us. */
DSI_USUAL struct dsi_ring_entry describe(struct dsi_data_plane *plane,
					 const struct dsi_packet *pkt,
					 uint64_t *now)
{
	struct dsi_ring_entry entry = pkt->entry;

	if (!(plane->stream_flags & DSI_STREAM_NO_STAMP) &&
	    !(pkt->given & DSI_GIVEN_TIME)) {
		if (!*now)
			*now = dsi_port_now();
		entry.time_ns = *now;
		entry.flags |= DSI_DESC_STAMPED;
	}
	if (pkt->given && needs_row(plane, pkt))
		entry.flags |= DSI_DESC_EXT;
	return entry;
}

/* Is there room for one more in a DROP_NEW consumer's own ring?  The last
 * place is kept for the end of the stream. */
static int drop_room(struct dsi_data_plane *plane,
		     struct dsi_producer_peer *peer, uint32_t flags)
{
	const struct dsi_producer *producer = &plane->as.producer;
	uint32_t quota = peer->quota + (flags & DSI_PACKET_EOS ? 1u : 0u);

	if (dsi__producer_has(producer, peer) < quota &&
	    peer->position - peer->taken < peer->ring.slots)
		return 1;
	if (collect_from(plane, peer) || refresh_taken(peer, peer->position)) {
		expose(plane, peer);
		return 0;
	}
	return dsi__producer_has(producer, peer) < quota &&
	       peer->position - peer->taken < peer->ring.slots;
}

/* Hand the packet to the DROP_NEW consumers that have room for it. */
static void deliver_or_drop(struct dsi_data_plane *plane,
			    struct dsi_packet *pkt, uint64_t now)
{
	struct dsi_producer *producer = &plane->as.producer;
	struct dsi_ring_entry entry = describe(plane, pkt, &now);
	uint16_t flags = entry.flags | DSI_DESC_EXT;
	struct dsi_shm_stats *stats = plane->stats;
	uint32_t mask = producer->drop_mask;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		if (!(producer->drop_mask & bit_of(producer, peer)))
			continue; /* exposed meanwhile, with another one */
		if (!drop_room(plane, peer, flags)) {
			if (!(producer->drop_mask & bit_of(producer, peer)))
				continue; /* exposed just now */
			peer->dropped++;
			peer->drop_flag = DSI_PACKET_DROPPED_BEFORE;
			/* relaxed: R1 of its next packet carries it. */
			atomic_store_explicit(&peer->signal_page->dropped,
					      peer->dropped,
					      memory_order_relaxed);
			dsi__stat_add(&plane->stats->dropped, 1);
			dsi__stat_add(
				&stats->peers[peer - producer->peers].dropped,
				1);
			dsi__plane_raise(plane, DSI_EVENT_DROPPED, 1);
			if (dsi__traced(plane))
				dsi__trace_no_space(plane, peer, pkt);
			continue;
		}
		entry.flags = (uint16_t)(flags | peer->drop_flag);
		if (pkt->given & DSI_GIVEN_LENT)
			dsi__transfer_lend(plane, pkt, bit_of(producer, peer));
		publish(plane, &peer->ring, peer->position++, pkt, &entry);
		peer->drop_flag = 0;
		pkt->owners |= owner_of(producer, peer);
	}
}

DSI_RARE static void offer_to_others(struct dsi_data_plane *plane,
				     struct dsi_packet *pkt, uint64_t now)
{
	if (plane->as.producer.drop_mask)
		deliver_or_drop(plane, pkt, now);
	count_released(plane, clear_owners(plane, pkt, DSI_OWNER_US));
	if (!plane->as.producer.active_mask)
		dsi__stat_add(&plane->stats->unclaimed, 1);
}

DSI_USUAL void count_committed(struct dsi_data_plane *plane, uint32_t n,
			       uint64_t bytes)
{
	struct dsi_shm_stats *stats = plane->stats;

	dsi__plane_hold(plane, -(int32_t)n);
	dsi__stat_add(&stats->committed, n);
	dsi__stat_add(&stats->bytes, bytes);
}

/* A packet that is the last, or has more than its descriptor says.  Return the
 * bytes of the elements behind the first. */
DSI_RARE static uint64_t note_more(struct dsi_data_plane *plane,
				   const struct dsi_packet *pkt, uint32_t flags)
{
	uint64_t bytes = 0;

	if (flags & DSI_PACKET_EOS)
		dsi__plane_raise(plane, DSI_EVENT_EOS, 1);
	for (uint32_t i = 1; i < pkt->sg_count; i++)
		bytes += pkt->sg[i].size;
	return bytes;
}

/* Whose memory this is may write there again only when he sees the packet come back,
 * and had better do so while it is in the cache: the next get looks, and nothing is
 * left to cool any more once a packet had more than its slot. */
static void note_added(struct dsi_producer *producer,
		       const struct dsi_packet *pkt)
{
	dsi__usual_forget(producer);
	if (pkt->sg_count > 1u)
		producer->cool = 0;
}

/* Put the packets into the ring that all share, in order. */
DSI_USUAL void commit_all(struct dsi_data_plane *plane,
			  struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint64_t position = producer->position;
	uint32_t owners = dsi__owners(producer->block_mask);
	uint64_t bytes = 0;
	uint64_t now = 0;

	/* We are one of the owners until it was offered to all: nobody else can
	 * free the packet before. */
	if (!owners || producer->drop_mask)
		owners |= DSI_OWNER_US;
	for (uint32_t i = 0; i < n; i++) {
		struct dsi_packet *pkt = pkts[i];
		struct dsi_ring_entry entry = describe(plane, pkt, &now);

		pkt->position = position;
		pkt->owners = owners;
		publish(plane, &producer->ring, position++, pkt, &entry);
		bytes += entry.size;
		if (pkt->given & DSI_GIVEN_DATA)
			note_added(producer, pkt);
		if (entry.flags & (DSI_DESC_EXT | DSI_PACKET_EOS))
			bytes += note_more(plane, pkt, entry.flags);
	}
	producer->position = position;
	count_committed(plane, n, bytes);
	if (owners & DSI_OWNER_US)
		for (uint32_t i = 0; i < n; i++)
			offer_to_others(plane, pkts[i], now);
}

DSI_USUAL uint32_t signal_of(const struct dsi_producer *producer,
			     const struct dsi_producer_peer *peer)
{
	return (uint32_t)(peer->policy == DSI_POLICY_DROP_NEW
				  ? peer->position
				  : producer->position - peer->first);
}

/* All once for all packets of a commit, with a fence between; see notify.h. */
static void signal_consumers(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->active_mask;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		dsi__waker_signal(&peer->waker, signal_of(producer, peer));
	}
}

static void wake_sleepers(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->active_mask;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		if (dsi__waker_asleep(&peer->waker))
			(void)dsi__plane_wake_peer(plane, &peer->waker,
						   signal_of(producer, peer));
	}
}

static void tell_all(struct dsi_data_plane *plane)
{
	signal_consumers(plane);
	dsi__notify_fence();
	wake_sleepers(plane);
}

/* What seems to wait is at least what does; only if that is worth a look do we
 * look again. */
static void watch_backlog(struct dsi_data_plane *plane)
{
	const struct dsi_producer *producer = &plane->as.producer;

	if (producer->position - producer->least > producer->calm &&
	    producer->block_mask)
		refresh_limit(plane);
}

int dsi__producer_tell(struct dsi_data_plane *plane)
{
	watch_backlog(plane);
	if (plane->as.producer.sole)
		return dsi__producer_tell_sole(plane, plane->as.producer.sole,
					       plane->as.producer.position, 0);
	tell_all(plane);
	return 0;
}

int dsi__producer_commit(struct dsi_data_plane *plane,
			 struct dsi_packet *const *pkts, uint32_t n)
{
	if (dsi__traced(plane))
		dsi__trace_commit(plane, pkts, n);
	commit_all(plane, pkts, n);
	(void)dsi__producer_tell(plane);
	return dsi__plane_committed(plane);
}

void dsi__producer_recant(struct dsi_data_plane *plane,
			  struct dsi_packet *const *pkts, uint32_t from,
			  uint32_t n)
{
	const struct dsi_producer *producer = &plane->as.producer;

	for (uint32_t i = from; i < n; i++) {
		uint64_t position = producer->position + i;

		dsi__desc_unpublish(dsi__ring_desc(&producer->ring, position),
				    position);
		pkts[i]->owners = DSI_OWNER_US;
		pkts[i]->position = DSI_NO_POSITION;
	}
}

int dsi__producer_look(struct dsi_data_plane *plane)
{
	int32_t space;

	dsi__producer_adopt(plane);
	space = look_for_space(plane, 1);
	/* The same room must not be counted twice: see ready. */
	plane->as.producer.room = 0;
	return space < 0 ? space : 0;
}

void dsi__producer_discard(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	pkt->owners = 0;
	dsi__plane_hold(plane, -1);
	free_if_unused(plane, pkt);
}

void dsi__producer_unkeep(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	DSI_ASSERT(pkt->keeps > 0);
	pkt->keeps--;
	free_if_unused(plane, pkt);
}

int dsi__producer_drained(struct dsi_data_plane *plane)
{
	dsi__producer_adopt(plane);
	collect(plane);
	return in_flight(&plane->as.producer) ? -DSI_EAGAIN : 0;
}

/* ---- sleep --------------------------------------------------------------- */

uint32_t dsi__producer_announce(struct dsi_data_plane *plane,
				struct dsi_port_word *words, uint64_t bell)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->block_mask | producer->drop_mask;
	uint32_t n = 0;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		words[n] = dsi__waiter_word(&peer->waiter);
		dsi__waiter_announce(&peer->waiter, words[n++].expected, bell);
	}
	return n;
}

void dsi__producer_withdraw(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->block_mask | producer->drop_mask;

	while (mask)
		dsi__waiter_withdraw(&next_peer(producer, &mask)->waiter);
}

/* Are those of @mask that have packets all elsewhere?  -1: they have none. */
static int all_apart(struct dsi_producer *producer, uint32_t mask,
		     uint32_t here)
{
	int apart = -1;

	while (mask) {
		struct dsi_producer_peer *peer = next_peer(producer, &mask);

		if (dsi__producer_has(producer, peer) == 0)
			continue;
		if (!dsi__waiter_apart(&peer->waiter, here))
			return 0;
		apart = 1;
	}
	return apart;
}

int dsi__producer_apart(struct dsi_data_plane *plane, uint32_t here)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->active_mask;
	int apart = all_apart(producer, producer->block_mask, here);

	while (mask)
		dsi__waker_here(&next_peer(producer, &mask)->waker, here);
	if (apart < 0)
		apart = all_apart(producer, producer->drop_mask, here);
	return apart > 0;
}

void dsi__producer_forget(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;

	producer->block_mask = 0;
	producer->drop_mask = 0;
	producer->reclaim_mask = 0;
	note_active(plane);
}

/* ---- the control plane's side -------------------------------------------- */

static void changed(struct dsi_data_plane *plane)
{
	/* J2: release pairs with dsi__producer_change(). */
	atomic_fetch_or_explicit(&plane->flags, DSI_PLANE_CHANGED,
				 memory_order_release);
	dsi__plane_wake(plane);
}

struct dsi_producer_peer *dsi__producer_place(struct dsi_data_plane *plane)
{
	for (uint32_t i = 0; i < DSI_PEER_SLOTS; i++) {
		struct dsi_producer_peer *peer = &plane->as.producer.peers[i];

		/* J1: acquire pairs with dsi__producer_vacate(). */
		if (atomic_load_explicit(&peer->state, memory_order_acquire) ==
		    DSI_PEER_EMPTY)
			return peer;
	}
	return NULL;
}

void dsi__producer_join(struct dsi_data_plane *plane,
			struct dsi_producer_peer *peer)
{
	/* J1: release pairs with dsi__producer_change(). */
	atomic_store_explicit(&peer->state, DSI_PEER_JOINING,
			      memory_order_release);
	changed(plane);
}

int dsi__producer_leave(struct dsi_data_plane *plane,
			struct dsi_producer_peer *peer)
{
	uint32_t state = DSI_PEER_JOINING;

	/* J1: acq_rel pairs with dsi__producer_change(). */
	if (atomic_compare_exchange_strong_explicit(
		    &peer->state, &state, DSI_PEER_RETIRED,
		    memory_order_acq_rel, memory_order_acquire))
		return 1;
	state = DSI_PEER_ACTIVE;
	/* J1: acq_rel pairs with dsi__producer_change() and expose(). */
	if (atomic_compare_exchange_strong_explicit(
		    &peer->state, &state, DSI_PEER_LEAVING,
		    memory_order_acq_rel, memory_order_acquire))
		changed(plane);
	return dsi__producer_left(peer);
}

int dsi__producer_left(const struct dsi_producer_peer *peer)
{
	/* J1: acquire pairs with let_go(). */
	uint32_t state =
		atomic_load_explicit(&peer->state, memory_order_acquire);

	return state == DSI_PEER_RETIRED || state == DSI_PEER_BROKEN;
}

int dsi__producer_broken(const struct dsi_producer_peer *peer)
{
	/* J1: acquire pairs with expose(). */
	return atomic_load_explicit(&peer->state, memory_order_acquire) ==
	       DSI_PEER_BROKEN;
}

void dsi__producer_vacate(struct dsi_producer_peer *peer)
{
	/* J1: release pairs with dsi__producer_place(). */
	atomic_store_explicit(&peer->state, DSI_PEER_EMPTY,
			      memory_order_release);
}
