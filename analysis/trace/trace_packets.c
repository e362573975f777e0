// SPDX-License-Identifier: MIT
/*
 * trace_packets.c - the life of packets: reserve, commit, get, release,
 * reclaim, drop, and links from one stream to the next.
 */
#include <stdlib.h>
#include <string.h>

#include <dsi/trace.h>

#include "trace/trace_private.h"

#define PROBES 8u

static void count_live(struct trace_model *m, struct trace_stream *s,
		       uint64_t seq);

static void enliven(struct trace_model *m, struct trace_stream *s,
		    struct trace_packet *p)
{
	if (p->life == TRACE_LIVE)
		return;
	p->life = TRACE_LIVE;
	s->flight.live++;
	count_live(m, s, p->seq);
}

static struct trace_slot *find_slot(struct trace_stream *s, uint64_t offset,
				    bool make)
{
	uint64_t at = offset * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	struct trace_slot *slot = NULL;
	unsigned int i;

	if (!s->slots && make)
		s->slots = calloc(TRACE_SLOTS, sizeof(*s->slots));
	for (i = 0; s->slots && i < PROBES; i++) {
		slot = &s->slots[(at + i) % TRACE_SLOTS];
		if (slot->used && slot->offset == offset)
			return slot;
		if (!slot->used && make)
			return slot;
	}
	return make ? slot : NULL;
}

static void finish(struct trace_model *m, struct trace_stream *s,
		   struct trace_packet *p)
{
	struct trace_slot *slot;

	p->life = TRACE_RELEASED;
	p->released_ns = m->now_ns;
	trace_occupancy_set(m, s, p->seq, --s->flight.live);
	if (!p->has_offset)
		return;
	slot = find_slot(s, p->offset, true);
	if (slot)
		*slot = (struct trace_slot){true, p->offset, m->now_ns};
	else
		m->no_memory = true;
}

static void give_back(struct trace_model *m, struct trace_stream *s,
		      struct trace_packet *p, unsigned int place)
{
	if (place < TRACE_PLACES)
		p->due &= ~(UINT32_C(1) << place);
	if (p->due == 0 && p->committed && p->life == TRACE_LIVE)
		finish(m, s, p);
}

static struct trace_packet *put(struct trace_model *m, struct trace_stream *s,
				uint64_t seq)
{
	struct trace_packet *p = trace_flight_put(&s->flight, seq);

	if (!p)
		m->no_memory = true;
	return p;
}

/* A number that comes again: the packet before was discarded, or all begins
 * anew. */
static struct trace_packet *begin(struct trace_model *m, struct trace_stream *s,
				  uint64_t seq)
{
	struct trace_packet *p = put(m, s, seq);

	if (!p)
		return NULL;
	if (p->committed) {
		if (p->life == TRACE_LIVE)
			finish(m, s, p);
		*p = (struct trace_packet){.seq = seq};
	}
	return p;
}

/* A number that comes again: the slot before was given back unused. */
static struct trace_reserve *new_reserve(struct trace_stream *s, uint64_t seq)
{
	unsigned int i;

	for (i = 0; i < s->n_reserves; i++) {
		if (s->reserves[i].seq == seq)
			return &s->reserves[i];
	}
	if (s->n_reserves == TRACE_RESERVES) {
		s->n_reserves--;
		s->flight.live--;
		memmove(s->reserves, s->reserves + 1,
			s->n_reserves * sizeof(s->reserves[0]));
	}
	s->flight.live++;
	s->reserves[s->n_reserves].seq = seq;
	return &s->reserves[s->n_reserves++];
}

static void count_live(struct trace_model *m, struct trace_stream *s,
		       uint64_t seq)
{
	trace_occupancy_set(m, s, seq, s->flight.live);
	if (s->declared.packets_max && s->flight.live > s->declared.packets_max)
		trace_break(m, &s->breaches[TRACE_BROKEN_PACKETS], seq,
			    s->declared.packets_max, s->flight.live);
}

void trace_take_reserve(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e)
{
	struct trace_reserve *reserve = new_reserve(s, e->seq);
	struct trace_slot *slot = find_slot(s, e->offset, false);

	reserve->at_ns = m->now_ns;
	reserve->offset = e->offset;
	count_live(m, s, e->seq);
	if (!slot)
		return;
	trace_measure(m, s, NULL, METRIC_TURNAROUND, e->seq, slot->released_ns);
	slot->used = false;
}

/* The slot of a packet that is committed: by its number, or, if the
 * application numbers packets itself, the one that was taken first. */
static void take_reserve(struct trace_stream *s, struct trace_packet *p)
{
	unsigned int i = 0;

	while (i < s->n_reserves && s->reserves[i].seq != p->seq)
		i++;
	if (i == s->n_reserves)
		i = 0;
	if (s->n_reserves == 0)
		return;
	p->reserved = true;
	p->reserve_ns = s->reserves[i].at_ns;
	p->has_offset = true;
	p->offset = s->reserves[i].offset;
	s->n_reserves--;
	s->flight.live--; /* the packet is live instead */
	memmove(s->reserves + i, s->reserves + i + 1,
		(s->n_reserves - i) * sizeof(s->reserves[0]));
}

static void check_fill(struct trace_model *m, struct trace_stream *s,
		       const struct trace_packet *p)
{
	uint64_t ns = m->now_ns - p->reserve_ns;

	trace_measure(m, s, NULL, METRIC_FILL, p->seq, p->reserve_ns);
	if (s->declared.hold_ns && ns > s->declared.hold_ns)
		trace_break(m, &s->breaches[TRACE_BROKEN_FILL], p->seq,
			    s->declared.hold_ns, ns);
}

static void check_period(struct trace_model *m, struct trace_stream *s,
			 uint64_t seq)
{
	const struct trace_declared *d = &s->declared;
	struct trace_breach *b = &s->breaches[TRACE_BROKEN_JITTER];
	struct trace_jitter_conflict c;
	uint64_t delta = m->now_ns - s->last_commit_ns;

	if (s->commits) {
		trace_measure(m, s, NULL, METRIC_PERIOD, seq,
			      s->last_commit_ns);
		if (d->period_ns)
			trace_measure(m, s, NULL, METRIC_PERIOD_ERROR, seq,
				      m->now_ns -
					      (delta > d->period_ns
						       ? delta - d->period_ns
						       : d->period_ns - delta));
	}
	if (!trace_in_window(m) ||
	    !trace_jitter_add(&s->jitter, d->period_ns, d->jitter_ns, s->places,
			      m->now_ns, &c))
		return;
	if (b->n == 0) {
		b->since = s->renumbered ? c.since : s->first_seq + c.since;
		b->late = c.late;
	}
	trace_break(m, b, seq, d->jitter_ns, c.spread_ns);
}

static void count_commit(struct trace_model *m, struct trace_stream *s,
			 const struct trace_event *e)
{
	if (s->places == 0)
		s->first_seq = e->seq;
	if (e->seq != s->first_seq + s->places)
		s->renumbered = true;
	check_period(m, s, e->seq);
	s->places++;
	s->last_commit_ns = m->now_ns;
	if (!trace_in_window(m))
		return;
	if (s->commits++ == 0)
		s->first_commit_ns = m->now_ns;
	s->bytes += e->bytes;
	if (e->occupancy > s->reported_max)
		s->reported_max = e->occupancy;
}

/* Readers that were faster than the event of the commit. */
static void count_early(struct trace_stream *s, const struct trace_packet *p)
{
	unsigned int i;

	for (i = 0; i < TRACE_PLACES; i++) {
		if (p->got & (UINT32_C(1) << i) && s->by_place[i])
			s->by_place[i]->late++;
	}
}

void trace_take_commit(struct trace_model *m, struct trace_stream *s,
		       const struct trace_event *e)
{
	struct trace_packet *p = trace_flight_find(&s->flight, e->seq);
	unsigned int i;

	p = p && !p->committed ? p : begin(m, s, e->seq);
	if (!p)
		return;
	p->place = s->places;
	count_commit(m, s, e);
	if (!p->reserved)
		take_reserve(s, p);
	enliven(m, s, p);
	p->committed = true;
	p->commit_ns = m->now_ns;
	p->bytes = e->bytes;
	if (p->reserved)
		check_fill(m, s, p);
	for (i = 0; i < TRACE_PLACES; i++) {
		if (s->by_place[i] && !(p->got & (UINT32_C(1) << i)))
			p->due |= UINT32_C(1) << i;
	}
	count_early(s, p);
}

static struct trace_reader *reader(struct trace_model *m,
				   struct trace_stream *s,
				   const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_of(m, s, e->reader);

	if (r && !r->attached)
		trace_reader_attach(s, r);
	return r;
}

static void end_to_end(struct trace_model *m, struct trace_stream *s,
		       struct trace_reader *r, const struct trace_packet *p)
{
	if (!p->origin)
		return;
	r->origin = p->origin;
	trace_measure(m, s, r, METRIC_END_TO_END, p->seq, p->origin_ns);
}

static void check_get(struct trace_model *m, struct trace_stream *s,
		      struct trace_reader *r, const struct trace_packet *p)
{
	uint64_t most_ns = r->declared.get_max_ns;
	uint64_t ns = m->now_ns - p->commit_ns;

	trace_measure(m, s, r, METRIC_LATENCY, p->seq, p->commit_ns);
	if (most_ns && ns > most_ns)
		trace_break(m, &r->breaches[TRACE_BROKEN_LATENCY], p->seq,
			    most_ns, ns);
}

static void count_get(struct trace_model *m, const struct trace_stream *s,
		      struct trace_reader *r, const struct trace_packet *p)
{
	bool had_gap = r->gaps.has_gap;

	if (!trace_in_window(m))
		return;
	r->bytes += p->bytes;
	trace_gaps_get(&r->gaps, p->place, m->now_ns);
	if (r->gaps.has_gap && !had_gap)
		r->gap_seq = s->renumbered ? p->seq
					   : s->first_seq + r->gaps.first_gap;
}

void trace_take_get(struct trace_model *m, struct trace_stream *s,
		    const struct trace_event *e)
{
	struct trace_reader *r = reader(m, s, e);
	struct trace_packet *p = trace_flight_find(&s->flight, e->seq);

	if (!r)
		return;
	if (trace_in_window(m)) {
		r->gets++;
		if (e->backlog > r->backlog_max)
			r->backlog_max = e->backlog;
	}
	if (!p || !p->committed) {
		r->unmatched += trace_in_window(m);
		p = p ? p : put(m, s, e->seq);
	} else {
		check_get(m, s, r, p);
		count_get(m, s, r, p);
		end_to_end(m, s, r, p);
	}
	if (!p || r->place >= TRACE_PLACES)
		return;
	enliven(m, s, p);
	p->due |= UINT32_C(1) << r->place;
	p->got |= UINT32_C(1) << r->place;
	p->get_ns[r->place] = m->now_ns;
}

static void check_release(struct trace_model *m, struct trace_stream *s,
			  struct trace_reader *r, const struct trace_packet *p)
{
	const struct trace_declared *d = &r->declared;
	uint64_t hold = m->now_ns - p->get_ns[r->place];
	uint64_t response = m->now_ns - p->commit_ns;

	trace_measure(m, s, r, METRIC_HOLD, p->seq, p->get_ns[r->place]);
	if (d->hold_ns && hold > d->hold_ns)
		trace_break(m, &r->breaches[TRACE_BROKEN_HOLD], p->seq,
			    d->hold_ns, hold);
	if (!p->committed)
		return;
	trace_measure(m, s, r, METRIC_RESPONSE, p->seq, p->commit_ns);
	if (d->release_max_ns && response > d->release_max_ns)
		trace_break(m, &r->breaches[TRACE_BROKEN_RESPONSE], p->seq,
			    d->release_max_ns, response);
}

void trace_take_release(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e)
{
	struct trace_reader *r = reader(m, s, e);
	struct trace_packet *p = trace_flight_find(&s->flight, e->seq);

	if (!r)
		return;
	r->releases += trace_in_window(m);
	if (!p || r->place >= TRACE_PLACES ||
	    !(p->got & (UINT32_C(1) << r->place)))
		return;
	check_release(m, s, r, p);
	if (m->watch.released && trace_in_window(m))
		m->watch.released(m->watch.data, s, r, p, m->now_ns);
	p->back++;
	give_back(m, s, p, r->place);
}

void trace_take_reclaim(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e)
{
	struct trace_packet *p = trace_flight_find(&s->flight, e->seq);

	if (!p)
		return;
	if (p->life == TRACE_LIVE)
		finish(m, s, p);
	trace_measure(m, s, NULL, METRIC_RECLAIM, e->seq, p->released_ns);
}

/* Of a reader that left, packets that it had got are no loss: the producer
 * tells all that it had not seen come back. */
static bool was_got(const struct trace_reader *r, const struct trace_event *e,
		    uint64_t place)
{
	return (e->reason == DSI_TRACE_FLUSH ||
		e->reason == DSI_TRACE_PEER_DEAD) &&
	       r->gaps.any && place < r->gaps.next;
}

/* False: nobody knows which of the commits it was. */
static bool place_of(const struct trace_stream *s, uint64_t seq,
		     uint64_t *out_place)
{
	const struct trace_packet *p = trace_flight_find(&s->flight, seq);

	*out_place = p && p->committed ? p->place : seq - s->first_seq;
	return (p && p->committed) || (!s->renumbered && seq >= s->first_seq);
}

static void drop_one(struct trace_model *m, struct trace_stream *s,
		     struct trace_reader *r, uint64_t seq)
{
	struct trace_packet *p = trace_flight_find(&s->flight, seq);

	if (p && r->place < TRACE_PLACES)
		give_back(m, s, p, r->place);
}

static void count_drop(struct trace_model *m, struct trace_reader *r,
		       const struct trace_event *e, uint64_t place, uint64_t n)
{
	uint64_t reason =
		e->reason < TRACE_REASONS ? e->reason : TRACE_REASONS - 1;

	if (!trace_in_window(m))
		return;
	r->drops[reason] += n;
	trace_gaps_drop(&r->gaps, place, n);
	if (r->declared.known && r->declared.policy == DSI_POLICY_BLOCK &&
	    (reason == DSI_TRACE_OVERRUN || reason == DSI_TRACE_NO_SPACE))
		trace_break(m, &r->breaches[TRACE_BROKEN_LOSS], e->seq, 0, n);
}

void trace_take_drop(struct trace_model *m, struct trace_stream *s,
		     const struct trace_event *e)
{
	struct trace_reader *r = trace_reader_of(m, s, e->reader);
	uint64_t n = e->count ? e->count : 1;
	uint64_t place;
	uint64_t i;

	if (!r)
		return;
	if (!place_of(s, e->seq, &place))
		r->gaps.blind = true;
	if (!was_got(r, e, place))
		count_drop(m, r, e, place, n);
	/* A count is the peer's word: no longer than what can be in flight. */
	for (i = 0; i < n && i <= s->flight.mask; i++)
		drop_one(m, s, r, e->seq + i);
}

void trace_take_link(struct trace_model *m, const struct trace_event *e)
{
	struct trace_stream *from = trace_stream_of(m, e->in_stream);
	struct trace_stream *to = trace_stream_of(m, e->out_stream);
	const struct trace_packet *in =
		from ? trace_flight_find(&from->flight, e->in_seq) : NULL;
	struct trace_packet *out;
	unsigned int i;

	if (!to || !in || !in->committed)
		return;
	out = put(m, to, e->out_seq);
	if (!out)
		return;
	if (out->life == TRACE_NONE) {
		take_reserve(to, out);
		enliven(m, to, out);
	}
	/* Of several inputs the oldest one counts. */
	if (out->origin && out->origin_ns <= in->commit_ns)
		return;
	out->origin = in->origin ? in->origin : from;
	out->origin_ns = in->origin ? in->origin_ns : in->commit_ns;
	for (i = 0; i < TRACE_PLACES; i++) {
		if (out->got & (UINT32_C(1) << i) && to->by_place[i])
			end_to_end(m, to, to->by_place[i], out);
	}
}

void trace_forget_reader(struct trace_model *m, struct trace_stream *s,
			 unsigned int place)
{
	uint64_t i;

	for (i = 0; s->flight.at && i <= s->flight.mask; i++) {
		struct trace_packet *p = &s->flight.at[i];
		uint32_t bit = UINT32_C(1) << place;

		p->got &= ~bit;
		if (p->life == TRACE_LIVE && p->due & bit)
			give_back(m, s, p, place);
	}
}

void trace_expect_reader(struct trace_stream *s, unsigned int place,
			 uint64_t seq)
{
	uint64_t i;

	for (i = 0; s->flight.at && i <= s->flight.mask; i++) {
		struct trace_packet *p = &s->flight.at[i];

		if (p->life == TRACE_LIVE && p->committed && p->seq >= seq)
			p->due |= UINT32_C(1) << place;
	}
}
