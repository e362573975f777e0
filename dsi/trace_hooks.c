/* SPDX-License-Identifier: MIT */
/*
 * trace_hooks.c - the hooks of a traced socket; see trace_hooks.h.
 *
 * Two events of one packet must never seem to come in the wrong order, in
 * whatever process: so commit and release are told before the packet is
 * handed on, get and reclaim after it was taken.
 *
 * What was declared (period, latency, hold) is compared with what happens only
 * while somebody wants to know: event violation.
 */
#include "dsi/trace_hooks.h"

#include "dsi/shm_check.h"

#define PPB UINT64_C(1000000000)
#define AGAIN_NS UINT64_C(500000000)

/* ---- descriptors --------------------------------------------------------- */

void dsi__trace_describe(struct dsi_trace_end *end)
{
	const struct dsi_trace_provider *to;

	to = dsi__trace_wants(end, DSI_TRACE_AT_stream_open);
	/* relaxed: who loses a race describes once more. */
	atomic_store_explicit(&end->described, to != NULL,
			      memory_order_relaxed);
	if (!to)
		return;
	to->stream_open(&end->open);
	to = dsi__trace_wants(end, DSI_TRACE_AT_format);
	if (to && end->format_bytes)
		to->format(end->open.stream, 1, end->format_bytes,
			   end->format_hash);
	to = dsi__trace_wants(end, DSI_TRACE_AT_need);
	if (to && end->need_packets)
		to->need(end->open.stream, end->open.endpoint, end->open.reader,
			 end->need_packets, end->latency_ns,
			 end->release_max_ns);
}

/* A trace began, or ended: then the next one needs descriptors again.  A
 * provider can want events a little before it keeps them (LTTng does, for some
 * milliseconds), so what is told at the beginning is told once more. */
static void follow(struct dsi_trace_end *end)
{
	uint32_t wanted =
		dsi__trace_wants(end, DSI_TRACE_AT_stream_open) != NULL;
	/* relaxed: see above. */
	uint32_t described =
		atomic_load_explicit(&end->described, memory_order_relaxed);

	if (wanted == described)
		return;
	if (wanted && described == DSI_TRACE_AGAIN &&
	    dsi_port_now() < end->again_ns)
		return;
	end->attached = 0;
	dsi__trace_describe(end);
	if (!wanted || described)
		return;
	end->again_ns = dsi_port_now() + AGAIN_NS;
	/* relaxed: see above. */
	atomic_store_explicit(&end->described, DSI_TRACE_AGAIN,
			      memory_order_relaxed);
}

/* Is there nothing to do for an event of a packet?  The usual answer with a
 * provider that does not record now, so it has to come fast. */
static inline int quiet(const struct dsi_trace_end *end,
			enum dsi_trace_index event)
{
	/* relaxed: see above. */
	uint32_t described =
		atomic_load_explicit(&end->described, memory_order_relaxed);

	return !(dsi__trace_wants(end, event) || end->declared ||
		 (dsi__trace_wants(end, DSI_TRACE_AT_stream_open) != NULL) !=
			 described);
}

int dsi__trace_quiet(const struct dsi_data_plane *plane)
{
	const struct dsi_trace_end *end = &plane->trace;

	if (plane->role == DSI_ROLE_CONSUMER)
		return quiet(end, DSI_TRACE_AT_get) &&
		       quiet(end, DSI_TRACE_AT_release);
	return quiet(end, DSI_TRACE_AT_reserve) &&
	       quiet(end, DSI_TRACE_AT_commit) &&
	       !dsi__trace_wants(end, DSI_TRACE_AT_reclaim) &&
	       !dsi__trace_wants(end, DSI_TRACE_AT_link);
}

static void violated(const struct dsi_trace_end *end, uint64_t number,
		     uint32_t kind, uint64_t declared, uint64_t actual)
{
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_violation);

	if (to && actual > declared)
		to->violation(end->open.stream, number, kind, declared, actual);
}

/* Packets taken by the application: since when? */
static void note_time(struct dsi_packet *const *pkts, uint32_t n, uint64_t now)
{
	for (uint32_t i = 0; i < n; i++)
		pkts[i]->got_ns = now;
}

static void check_hold(const struct dsi_trace_end *end,
		       const struct dsi_packet *pkt, uint64_t number,
		       uint64_t now)
{
	if (end->open.hold_ns && pkt->got_ns && now > pkt->got_ns)
		violated(end, number, DSI_TRACE_HOLD, end->open.hold_ns,
			 now - pkt->got_ns);
}

/* The time, if the event violation is wanted and there is what to violate. */
static uint64_t time_to_check(const struct dsi_trace_end *end,
			      uint64_t declared)
{
	if (!declared || !dsi__trace_wants(end, DSI_TRACE_AT_violation))
		return 0;
	return dsi_port_now();
}

/* ---- producer ------------------------------------------------------------ */

void dsi__trace_reserve(struct dsi_data_plane *plane,
			struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_trace_end *end = &plane->trace;
	/* They are counted as held already. */
	uint64_t number = plane->as.producer.position + plane->held - n;
	uint32_t left = dsi__packet_table_free(&plane->table) + n;
	const struct dsi_trace_provider *to;

	if (quiet(end, DSI_TRACE_AT_reserve))
		return;
	follow(end);
	if (end->open.hold_ns)
		note_time(pkts, n, time_to_check(end, 1));
	to = dsi__trace_wants(end, DSI_TRACE_AT_reserve);
	for (uint32_t i = 0; to && i < n; i++)
		to->reserve(end->open.stream, number + i,
			    pkts[i]->sg_count ? pkts[i]->entry.offset : 0,
			    pkts[i]->sg_count ? pkts[i]->entry.size : 0,
			    left - i - 1u);
}

/* Packets that the slowest consumer has not given back.  Its counter is taken
 * for what it says, within what is possible: it is shown and not used. */
static uint32_t occupancy(struct dsi_data_plane *plane)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->block_mask | producer->drop_mask;
	uint32_t most = 0;

	for (uint32_t i = 0; mask >> i; i++) {
		const struct dsi_producer_peer *peer = &producer->peers[i];
		uint32_t has = dsi__producer_has(producer, peer);
		uint64_t back;

		if (!(mask >> i & 1u))
			continue;
		/* relaxed: a number to show. */
		back = atomic_load_explicit(&peer->page->returned,
					    memory_order_relaxed) -
		       peer->returned;
		if (back <= has && has - back > most)
			most = has - (uint32_t)back;
	}
	return most;
}

static uint64_t number_of(const struct dsi_packet *pkt, uint64_t position)
{
	return pkt->given & DSI_GIVEN_NUMBER ? pkt->number : position;
}

/* How far may a packet come from its place in the grid that the first one
 * began?  As far as the jitter, and as the clock drifts. */
static uint64_t slack(const struct dsi_trace_end *end, uint64_t span_ns)
{
	return end->open.jitter_ns + span_ns / PPB * end->drift_ppb +
	       (span_ns % PPB * end->drift_ppb + PPB - 1u) / PPB;
}

static void broke_period(const struct dsi_trace_end *end,
			 const struct dsi_packet *pkt, uint64_t position,
			 uint64_t actual)
{
	violated(end, number_of(pkt, position), DSI_TRACE_PERIOD,
		 end->open.jitter_ns, actual);
}

/* After a pause nothing says when the next packet is due. */
static void follow_starts(struct dsi_trace_end *end)
{
	/* relaxed: P1 carries it to packets that are taken after the start. */
	if (!atomic_load_explicit(&end->restarted, memory_order_relaxed))
		return;
	/* relaxed: see above. */
	atomic_store_explicit(&end->restarted, 0, memory_order_relaxed);
	end->has_grid = 0;
	end->ahead_ns = 0;
	end->behind_ns = 0;
}

/* Do the commits lie on one grid of the declared period, each 0..jitter late?
 * Then no two are further from the grid of the first than the jitter.  A batch
 * is committed when its last packet is due. */
static void check_period(struct dsi_trace_end *end,
			 const struct dsi_packet *pkt, uint64_t position,
			 uint64_t now)
{
	uint64_t due = position - position % end->batch + end->batch - 1u;
	uint64_t span = (due - end->grid_position) * end->open.period_ns;
	uint64_t off;

	if (!end->has_grid) {
		end->has_grid = 1;
		end->grid_position = due;
		end->grid_ns = now;
		return;
	}
	if (now >= end->grid_ns + span) {
		off = now - end->grid_ns - span;
		if (off + end->ahead_ns > slack(end, span))
			broke_period(end, pkt, position, off + end->ahead_ns);
		else if (off > end->behind_ns)
			end->behind_ns = off;
	} else {
		off = end->grid_ns + span - now;
		if (off + end->behind_ns > slack(end, span))
			broke_period(end, pkt, position, off + end->behind_ns);
		else if (off > end->ahead_ns)
			end->ahead_ns = off;
	}
}

static void tell_links(const struct dsi_trace_end *end,
		       const struct dsi_packet *pkt, uint64_t number)
{
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_link);

	for (uint32_t i = 0; to && i < pkt->n_links; i++)
		to->link(pkt->links[i].stream, pkt->links[i].number,
			 end->open.stream, number);
}

static void tell_commit(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt, uint64_t number,
			uint32_t occupied)
{
	struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to;
	uint64_t bytes = pkt->sg_count ? pkt->entry.size : 0;

	if (pkt->given & DSI_GIVEN_LINK)
		tell_links(end, pkt, number);
	to = dsi__trace_wants(end, DSI_TRACE_AT_commit);
	if (!to)
		return;
	for (uint32_t i = 1; i < pkt->sg_count; i++)
		bytes += pkt->sg[i].size;
	to->commit(end->open.stream, number,
		   bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX, occupied,
		   pkt->given & DSI_GIVEN_TIME ? pkt->entry.time_ns : 0);
}

/* What was declared of a packet that is committed at @now. */
static void check_commit(struct dsi_trace_end *end,
			 const struct dsi_packet *pkt, uint64_t position,
			 uint64_t now)
{
	check_hold(end, pkt, number_of(pkt, position), now);
	if (!end->open.period_ns)
		return;
	follow_starts(end);
	check_period(end, pkt, position, now);
}

DSI_RARE static void tell_commits(struct dsi_data_plane *plane,
				  struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_trace_end *end = &plane->trace;
	uint64_t position = plane->as.producer.position;
	uint64_t now;
	uint32_t occupied;

	follow(end);
	now = time_to_check(end, end->open.period_ns | end->open.hold_ns);
	for (uint32_t i = 0; now && i < n; i++)
		check_commit(end, pkts[i], position + i, now);
	if (!dsi__trace_wants(end, DSI_TRACE_AT_commit) &&
	    !dsi__trace_wants(end, DSI_TRACE_AT_link))
		return;
	occupied = occupancy(plane);
	for (uint32_t i = 0; i < n; i++)
		tell_commit(plane, pkts[i], number_of(pkts[i], position + i),
			    occupied + i + 1u);
}

void dsi__trace_commit(struct dsi_data_plane *plane,
		       struct dsi_packet *const *pkts, uint32_t n)
{
	if (!quiet(&plane->trace, DSI_TRACE_AT_commit) ||
	    dsi__trace_wants(&plane->trace, DSI_TRACE_AT_link))
		tell_commits(plane, pkts, n);
}

void dsi__trace_reclaim(struct dsi_data_plane *plane, uint32_t tail)
{
	const struct dsi_trace_end *end = &plane->trace;
	const struct dsi_packet_table *table = &plane->table;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_reclaim);

	for (; to && tail != table->free_tail; tail++) {
		const struct dsi_packet *pkt =
			table->free[tail & table->free_mask];

		to->reclaim(end->open.stream, number_of(pkt, pkt->position),
			    tail + 1u - table->free_head);
	}
}

static void tell_drop(const struct dsi_data_plane *plane,
		      const struct dsi_producer_peer *peer,
		      const struct dsi_packet *pkt, uint32_t reason)
{
	const struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_drop);

	if (to)
		to->drop(end->open.stream, number_of(pkt, pkt->position), 1,
			 reason, peer->reader);
}

void dsi__trace_left(struct dsi_data_plane *plane,
		     const struct dsi_producer_peer *peer,
		     const struct dsi_packet *pkt)
{
	/* relaxed: LEAVING carried it; of a liar that is let go of it is as good
	 * as what it said. */
	uint32_t orderly =
		atomic_load_explicit(&peer->orderly, memory_order_relaxed);

	tell_drop(plane, peer, pkt,
		  orderly ? DSI_TRACE_FLUSH : DSI_TRACE_PEER_DEAD);
}

void dsi__trace_no_space(struct dsi_data_plane *plane,
			 const struct dsi_producer_peer *peer,
			 const struct dsi_packet *pkt)
{
	tell_drop(plane, peer, pkt, DSI_TRACE_NO_SPACE);
}

/* ---- consumer ------------------------------------------------------------ */

static void attach(struct dsi_trace_end *end, uint64_t number)
{
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_reader_attach);

	if (!to)
		return;
	end->attached = 1;
	to->reader_attach(end->open.stream, end->open.endpoint,
			  end->open.reader, end->open.policy, number);
}

/* Committed for us, and neither taken nor skipped; of the producer, so it may
 * be anything. */
static uint32_t backlog(const struct dsi_consumer *consumer)
{
	/* N1: acquire pairs with dsi__waker_signal(). */
	uint32_t signal = atomic_load_explicit(consumer->waiter.signal,
					       memory_order_acquire);
	uint32_t more =
		signal - (uint32_t)(consumer->position - consumer->first);

	return more <= UINT32_C(1) << 31 ? more : 0;
}

DSI_RARE static void tell_gets(struct dsi_data_plane *plane,
			       struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to;
	uint64_t declared = end->latency_ns | end->open.hold_ns;
	uint64_t now = time_to_check(end, declared);
	uint32_t behind;

	follow(end);
	if (!end->attached)
		attach(end, dsi__packet_number(pkts[0]));
	if (end->open.hold_ns)
		note_time(pkts, n, now);
	to = dsi__trace_wants(end, DSI_TRACE_AT_get);
	behind = to ? backlog(&plane->as.consumer) : 0;
	for (uint32_t i = 0; (to || now) && i < n; i++) {
		const struct dsi_packet *pkt = pkts[i];
		uint64_t number = dsi__packet_number(pkt);
		uint64_t stamp = pkt->entry.flags & DSI_DESC_STAMPED
					 ? pkt->entry.time_ns
					 : 0;

		if (to)
			to->get(end->open.stream, number, end->open.reader,
				stamp, behind + n - i - 1u);
		if (end->latency_ns && stamp && now > stamp)
			violated(end, number, DSI_TRACE_LATENCY,
				 end->latency_ns, now - stamp);
	}
}

void dsi__trace_get(struct dsi_data_plane *plane,
		    struct dsi_packet *const *pkts, uint32_t n)
{
	if (!quiet(&plane->trace, DSI_TRACE_AT_get))
		tell_gets(plane, pkts, n);
}

DSI_RARE static void tell_releases(struct dsi_data_plane *plane,
				   struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_release);
	uint64_t now = time_to_check(end, end->open.hold_ns);

	for (uint32_t i = 0; (to || now) && i < n; i++) {
		if (now)
			check_hold(end, pkts[i], dsi__packet_number(pkts[i]),
				   now);
		if (to)
			to->release(end->open.stream,
				    dsi__packet_number(pkts[i]),
				    end->open.reader);
	}
}

void dsi__trace_release(struct dsi_data_plane *plane,
			struct dsi_packet *const *pkts, uint32_t n)
{
	if (!quiet(&plane->trace, DSI_TRACE_AT_release))
		tell_releases(plane, pkts, n);
}

void dsi__trace_lost(struct dsi_data_plane *plane, uint64_t number,
		     uint64_t count, uint32_t reason)
{
	const struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_drop);

	if (to)
		to->drop(end->open.stream, number,
			 count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
			 reason, end->open.reader);
}

/* ---- both ---------------------------------------------------------------- */

/* The packet that a call waits for. */
static uint64_t awaited(const struct dsi_data_plane *plane)
{
	return plane->role == DSI_ROLE_PRODUCER
		       ? plane->as.producer.position + plane->held
		       : dsi__consumer_awaits(&plane->as.consumer);
}

void dsi__trace_wait(struct dsi_data_plane *plane, uint32_t method)
{
	struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to;

	follow(end);
	if (method == DSI_TRACE_SLEEP)
		end->sleeps++;
	to = dsi__trace_wants(end, DSI_TRACE_AT_wait_begin);
	if (!to || end->waiting)
		return;
	end->waiting = 1;
	end->sleeps = method == DSI_TRACE_SLEEP;
	to->wait_begin(end->open.stream, end->open.endpoint, plane->role,
		       awaited(plane), method);
}

void dsi__trace_waited(struct dsi_data_plane *plane, int result)
{
	struct dsi_trace_end *end = &plane->trace;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_wait_end);

	if (to && end->waiting)
		to->wait_end(end->open.stream, end->open.endpoint, plane->role,
			     awaited(plane), result, end->sleeps);
	end->waiting = 0;
}

void dsi__trace_wake(const struct dsi_trace_end *end)
{
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_wake);

	if (to)
		to->wake(end->open.stream, end->open.endpoint, 1);
}

/* ---- links --------------------------------------------------------------- */

int dsi_packet_link(struct dsi_packet *out, const struct dsi_packet *in)
{
	if (!out || out->owners != DSI_OWNER_US ||
	    out->plane->role != DSI_ROLE_PRODUCER || !in ||
	    in->owners != DSI_OWNER_US || in->plane->role != DSI_ROLE_CONSUMER)
		return -DSI_EINVAL;
	if (!dsi__trace_wants(&out->plane->trace, DSI_TRACE_AT_link))
		return 0;
	if (!(out->given & DSI_GIVEN_LINK))
		out->n_links = 0;
	if (out->n_links == DSI_PACKET_LINKS)
		return -DSI_ENOSPC;
	out->links[out->n_links++] = (struct dsi_packet_origin){
		in->plane->trace.open.stream, dsi__packet_number(in)};
	out->given |= DSI_GIVEN_LINK;
	return 0;
}
