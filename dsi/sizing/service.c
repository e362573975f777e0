/* SPDX-License-Identifier: MIT */
/*
 * service.c - a reader that takes packets as they come.
 *
 * Known service (it wakes within W after a commit and then needs at most C
 * for each packet, C <= T): in the densest burst, which reaches every
 * delta-(n) at once, packet q is back at W + q C after the first commit, so
 *
 *   L      = max over q of W + q C - delta-(q)
 *   occ(m) = m + 1 - min(m, floor((delta-(m + 1) - Hp - W) / C))
 *   N      = max over m of occ(m)
 *
 * Both rise while packets come faster than they are served, and fall after:
 * with z = tau / (T - D), where the burst turns from gaps D to gaps T, the
 * maximum is at the beginning or next to z.
 *
 * Known response (back within R after its commit): N = eta+(R + Hp).
 */
#include <dsi/errno.h>

#include "dsi/sizing/sizing_private.h"

/* Of a finite stream there is no packet after n - 1. */
static dsi_wide within(const struct sizing *s, dsi_wide m)
{
	return wide_max(0, s->n ? wide_min(m, s->n - 1) : m);
}

/* The places m (packet m + 1 of the burst) where a maximum may be. */
#define PLACES 5
static void places(const struct sizing *s, dsi_wide window, dsi_wide at[PLACES])
{
	dsi_wide fall = s->T - s->D;

	at[0] = 0;
	/* last one that comes while nothing can be done yet */
	at[1] = jcs_count_max(&s->stream, window, s->strict) - 1;
	at[2] = fall ? wide_floor(s->tau, fall) : 0;
	at[3] = fall ? wide_ceil(s->tau, fall) : 0;
	at[4] = s->n ? s->n - 1 : 0;
	for (int i = 0; i < PLACES; i++)
		at[i] = within(s, at[i]);
}

/* Packets of the first m + 1 that are done when packet m comes, the first
 * being done at @begin and one more each C; none of them before it came. */
static dsi_wide done(struct sizing *s, dsi_wide m, dsi_wide begin,
		     dsi_wide most, bool strict)
{
	dsi_wide spare = jcs_span_min(&s->stream, m + 1, &s->over) - begin;
	dsi_wide count =
		strict ? wide_ceil(spare, s->C) - 1 : wide_floor(spare, s->C);

	return wide_min(most, wide_max(0, count + 1));
}

static dsi_wide occupied(struct sizing *s, dsi_wide m, bool strict)
{
	return m + 1 - done(s, m, s->Hp + s->W + s->C, m, strict);
}

static dsi_wide waiting(struct sizing *s, dsi_wide m)
{
	/* Without a wake-up time it may be taken in the instant it came. */
	dsi_wide most = s->strict || s->W ? m : m + 1;

	return m + 1 - done(s, m, s->W, most, s->strict);
}

static dsi_wide service_slots(struct sizing *s, bool strict, dsi_wide *where)
{
	dsi_wide at[PLACES];
	dsi_wide most = 0;

	places(s, s->Hp + s->W + s->C, at);
	for (int i = 0; i < PLACES; i++) {
		dsi_wide slots = occupied(s, at[i], strict);

		if (slots > most) {
			most = slots;
			*where = at[i];
		}
	}
	return most;
}

static dsi_wide service_backlog(struct sizing *s)
{
	dsi_wide at[PLACES];
	dsi_wide most = 0;

	places(s, s->W, at);
	for (int i = 0; i < PLACES; i++)
		most = wide_max(most, waiting(s, at[i]));
	return s->n ? wide_min(most, s->n) : most;
}

static dsi_wide service_latency(struct sizing *s)
{
	dsi_wide at[PLACES];
	dsi_wide most = 0;

	places(s, 0, at);
	for (int i = 0; i < PLACES; i++) {
		dsi_wide served = wide_mul(at[i] + 1, s->C, &s->over);
		dsi_wide came = jcs_span_min(&s->stream, at[i] + 1, &s->over);

		most = wide_max(most, s->W + served - came);
	}
	return most;
}

/* Woken at every k-th commit only: k - 1 slots more, and the first of them
 * waits for the k-th. */
static void coalesce(struct sizing *s, struct dsi_sizing_need *need,
		     dsi_wide latency)
{
	dsi_wide extra = s->coalesce - 1;
	dsi_wide strict = (dsi_wide)need->slots + extra;
	dsi_wide closed = (dsi_wide)need->slots_closed + extra;
	dsi_wide backlog = wide_max((dsi_wide)need->backlog, 1) + extra;
	dsi_wide wait = jcs_span_max(&s->stream, s->coalesce, &s->over);

	if (extra == 0)
		return;
	if (s->stream.flags & DSI_JCS_UPPER_ONLY)
		wait = s->coalesce_wait; /* it may pause for any time */
	else if (s->coalesce_wait)
		wait = wide_min(wait, s->coalesce_wait);
	need->exact = s->coalesce_wait || s->n ? 0 : DSI_EXACT_SLOTS;
	sizing_slots(s, need, sizing_limit(s, strict), sizing_limit(s, closed));
	need->backlog =
		sizing_count(s, s->n ? wide_min(backlog, s->n) : backlog);
	need->release_max = sizing_ticks(s, latency + wait);
	need->get_max = sizing_ticks(s, latency - s->C + wait);
	need->lifetime = sizing_ticks(s, latency + wait + s->Hp);
	need->last += (uint64_t)extra;
	if (s->n && need->last >= (uint64_t)s->n)
		need->last = (uint64_t)s->n - 1;
	need->first = need->last - (need->slots - 1);
}

static int known_service(struct sizing *s, struct dsi_sizing_need *need)
{
	dsi_wide where = 0;
	dsi_wide closed = service_slots(s, false, &where);
	dsi_wide strict = service_slots(s, true, &where);
	dsi_wide latency = service_latency(s);

	if (!s->strict)
		closed = service_slots(s, false, &where);
	if (s->over)
		return 0;
	need->exact = DSI_EXACT_ALL;
	sizing_slots(s, need, sizing_limit(s, strict), sizing_limit(s, closed));
	need->release_max = sizing_ticks(s, latency);
	need->get_max = sizing_ticks(s, latency - s->C);
	need->get_min = sizing_ticks(s, 0);
	need->lifetime = sizing_ticks(s, latency + s->Hp);
	need->backlog = sizing_count(s, service_backlog(s));
	need->last = (uint64_t)wide_max(where, (dsi_wide)need->slots - 1);
	need->first = need->last - (need->slots - 1);
	coalesce(s, need, latency);
	return 0;
}

int sizing_service(struct sizing *s, struct dsi_sizing_need *need)
{
	if (s->C > s->T && !s->n)
		return sizing_refuse(s, -DSI_EDOM,
				     "service: is longer than the period, so "
				     "packets pile up without end; make it "
				     "shorter, the period longer, or give the "
				     "length of the stream");
	if (s->coalesce > 1 && s->n && !s->coalesce_wait)
		return sizing_refuse(s, -DSI_EDOM,
				     "coalesce: the last packets of a finite "
				     "stream would never be read; give "
				     "coalesce_wait");
	if (s->coalesce > 1 && !s->coalesce_wait &&
	    (s->stream.flags & DSI_JCS_UPPER_ONLY))
		return sizing_refuse(
			s, -DSI_EDOM,
			"coalesce: a stream of which only the most "
			"is known may never send the packet that "
			"wakes the reader; give coalesce_wait");
	if (s->C)
		return known_service(s, need);
	/* Nothing to do for a packet: it is back when the reader woke up. */
	s->R = s->W;
	(void)sizing_response(s, need);
	coalesce(s, need, s->W);
	return 0;
}

int sizing_response(struct sizing *s, struct dsi_sizing_need *need)
{
	dsi_wide backlog = jcs_count_max(&s->stream, s->R, s->strict);
	dsi_wide strict = jcs_count_max(&s->stream, s->R + s->Hp, true);
	dsi_wide closed = jcs_count_max(&s->stream, s->R + s->Hp, false);

	sizing_slots(s, need, sizing_limit(s, strict), sizing_limit(s, closed));
	need->exact = DSI_EXACT_ALL;
	need->lifetime = sizing_ticks(s, s->R + s->Hp);
	need->get_min = sizing_ticks(s, 0);
	need->get_max = sizing_ticks(s, s->R);
	need->release_max = sizing_ticks(s, s->R);
	need->backlog =
		sizing_count(s, s->n ? wide_min(backlog, s->n) : backlog);
	need->first = 0;
	need->last = need->slots - 1;
	return 0;
}
