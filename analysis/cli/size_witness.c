// SPDX-License-Identifier: MIT
/*
 * size_witness.c - the schedule that needs all the slots: for every packet
 * when its slot is taken, and when it is committed, got, and released.
 *
 * On grids the producer is always early and the consumer always late.  The
 * burst of all other cases: packets up to one are as late as they may be, and
 * from there on they come as fast as they may, p_i = max(tau + (i - b) D,
 * (i - b) T) after b T; this one burst has the least span for every number of
 * packets at once.  docs/design/80-sizing.md has the proofs.
 */
#include <dsi/jcs.h>

#include "size_command.h"

static struct exact ticks(uint64_t t)
{
	return exact_make((dsi_wide)t, 1);
}

static struct exact times(struct exact i, uint64_t t)
{
	return exact_mul(i, ticks(t));
}

/* @ppb more or less of a length. */
static struct exact drifted(struct exact length, int64_t ppb)
{
	struct exact pace =
		exact_make((dsi_wide)DSI_PPB + ppb, (dsi_wide)DSI_PPB);

	return ppb ? exact_mul(length, pace) : length;
}

/* When packet i of the burst is committed. */
static struct exact burst_commit(const struct size_schedule *s, uint64_t i)
{
	const struct dsi_jcs *jcs = &s->w->stream;
	struct exact due = times(ticks(i), jcs->period);
	struct exact behind, dense;

	if (i <= s->base)
		return exact_add(due, ticks(jcs->jitter));
	behind = ticks(i - s->base);
	dense = exact_add(
		times(ticks(s->base), jcs->period),
		exact_add(ticks(jcs->jitter), times(behind, jcs->distance)));
	return exact_max(dense, due);
}

/* Portions of both sides, as in dsi/sizing/grid.c. */
struct portions {
	uint64_t a, b, kp;
	uint64_t A, B;
	struct exact u; /* ticks of a unit */
};

static struct portions portions_of(const struct size_schedule *s)
{
	struct portions p = {1, 1, 1, 1, 1, {0, 1}};
	uint64_t kc = s->r->batch ? s->r->batch : 1;

	p.kp = s->w->batch ? s->w->batch : 1;
	p.a = s->w->units ? s->w->units : 1;
	p.b = s->r->units ? s->r->units : p.a;
	if (p.a == p.b)
		p.a = p.b = 1;
	p.A = p.kp * p.a;
	p.B = kc * p.b;
	p.u = exact_div(ticks(s->w->stream.period), ticks(p.a));
	return p;
}

static struct size_packet grid_packet(const struct size_schedule *s, uint64_t i)
{
	struct portions p = portions_of(s);
	int64_t fast = -(int64_t)s->w->stream.drift_ppb;
	int64_t slow = (int64_t)s->r->drift_ppb;
	uint64_t batch = i / p.kp;
	uint64_t got = i * p.a / p.B * p.B;
	uint64_t back = ((i + 1) * p.a + p.B - 1) / p.B * p.B - p.b;
	struct exact late = exact_add(size_seconds(s->q, s->need->start),
				      size_seconds_of(s->q, s->r->jitter));
	struct size_packet at;

	late = exact_div(late, s->q->p.tick);
	at.slot = exact_sub(drifted(exact_mul(ticks(batch * p.A), p.u), fast),
			    ticks(s->w->hold));
	at.commit =
		drifted(exact_mul(ticks((batch + 1) * p.A - p.a), p.u), fast);
	at.get = exact_add(drifted(exact_mul(ticks(got), p.u), slow), late);
	at.release = exact_add(drifted(exact_mul(ticks(back), p.u), slow),
			       exact_add(late, ticks(s->r->hold)));
	return at;
}

/* The burst by a fast clock: the jitter falls by the period of that clock less
 * D with each packet. */
static struct exact anchored_commit(const struct size_schedule *s, uint64_t i)
{
	const struct dsi_jcs *jcs = &s->w->stream;
	struct exact period =
		drifted(ticks(jcs->period), -(int64_t)jcs->drift_ppb);
	struct exact due = exact_mul(period, ticks(i));
	struct exact fall = exact_sub(period, ticks(jcs->distance));
	struct exact late = ticks(jcs->jitter);

	if (!jcs->drift_ppb)
		return burst_commit(s, i);
	if (i > s->base && exact_sign(fall) > 0) {
		fall = exact_mul(fall, ticks(i - s->base));
		late = exact_max(exact_sub(late, fall), exact_int(0));
	}
	return exact_add(due, late);
}

/* Its grid begins when it saw the packet that the burst begins with. */
static struct size_packet anchored_packet(const struct size_schedule *s,
					  uint64_t i)
{
	int64_t slow = (int64_t)s->r->drift_ppb;
	struct exact due = times(ticks(i), s->w->stream.period);
	struct exact start =
		exact_div(size_seconds(s->q, s->need->start), s->q->p.tick);
	struct size_packet at;

	at.commit = anchored_commit(s, i);
	start = exact_add(start, exact_add(anchored_commit(s, s->base),
					   ticks(s->r->wake)));
	at.slot = exact_sub(at.commit, ticks(s->w->hold));
	at.get = exact_add(exact_add(start, drifted(due, slow)),
			   ticks(s->r->jitter));
	at.release = exact_add(at.get, ticks(s->r->hold));
	return at;
}

static struct size_packet stall_packet(const struct size_schedule *s,
				       uint64_t i)
{
	struct exact due = times(ticks(i), s->w->stream.period);
	struct exact grid = exact_add(due, ticks(s->r->start));
	struct size_packet at;

	at.commit = s->burst ? burst_commit(s, i) : due;
	at.slot = exact_sub(at.commit, ticks(s->w->hold));
	at.get = exact_max(exact_add(grid, ticks(s->r->jitter)),
			   exact_add(at.commit, ticks(s->r->wake)));
	at.release = exact_add(at.get, ticks(s->r->hold));
	return at;
}

/* Woken by the packet that the burst begins with, then one after the other. */
static struct size_packet service_packet(const struct size_schedule *s,
					 uint64_t i)
{
	struct exact begin =
		exact_add(burst_commit(s, s->base), ticks(s->r->wake));
	struct size_packet at;

	at.commit = burst_commit(s, i);
	at.slot = exact_sub(at.commit, ticks(s->w->hold));
	at.get = exact_max(at.commit,
			   exact_add(begin, times(ticks(i), s->r->service)));
	at.release = exact_add(at.get, ticks(s->r->service));
	return at;
}

static struct size_packet response_packet(const struct size_schedule *s,
					  uint64_t i)
{
	struct size_packet at;

	at.commit = burst_commit(s, i);
	at.slot = exact_sub(at.commit, ticks(s->w->hold));
	at.release = exact_add(at.commit, ticks(s->r->response));
	at.get = at.release;
	return at;
}

struct size_packet size_schedule_packet(const struct size_schedule *s,
					uint64_t i)
{
	struct exact tick = s->q->p.tick;
	struct size_packet at;

	switch (s->r->pace) {
	case DSI_PACE_GRID:
		at = grid_packet(s, i);
		break;
	case DSI_PACE_ANCHORED:
		at = anchored_packet(s, i);
		break;
	case DSI_PACE_STALL:
		at = stall_packet(s, i);
		break;
	case DSI_PACE_SERVICE:
		at = service_packet(s, i);
		break;
	default:
		at = response_packet(s, i);
		break;
	}
	at.slot = exact_mul(at.slot, tick);
	at.commit = exact_mul(at.commit, tick);
	at.get = exact_mul(at.get, tick);
	at.release = exact_mul(at.release, tick);
	return at;
}

static bool stall_is_burst(const struct size_schedule *s)
{
	uint64_t window = s->r->wake + s->r->hold + s->w->hold;
	uint32_t kind = s->w->ties == DSI_TIES_CLOSED ? DSI_WINDOW_HALF_OPEN
						      : DSI_WINDOW_CLOSED;
	uint64_t most;

	return !dsi_jcs_count(&s->w->stream, window, kind, NULL, &most) &&
	       most >= s->need->slots;
}

/* Does it do what it is for? */
static bool needs_all(const struct size_schedule *s)
{
	struct exact slot = size_schedule_packet(s, s->need->last).slot;
	struct exact back = size_schedule_packet(s, s->need->first).release;
	int order;

	if (!exact_ok(slot) || !exact_ok(back))
		return false;
	order = exact_cmp(slot, back);
	return order < 0 || (order == 0 && s->w->ties == DSI_TIES_STRICT) ||
	       s->need->first == s->need->last;
}

bool size_schedule(const struct size_question *q, uint32_t reader,
		   const struct dsi_sizing_need *need, struct size_schedule *s)
{
	static const char on_grids[] =
		"the producer is always early, the consumer always late";
	static const char in_burst[] =
		"packets are late at first, then come as fast as they may";

	*s = (struct size_schedule){
		.q = q,
		.w = &q->p.writer,
		.r = &q->p.readers[reader],
		.need = need,
		.rule = in_burst,
		.burst = true,
	};
	if (!(need->exact & DSI_EXACT_SLOTS))
		return false;
	if (s->r->pace == DSI_PACE_ANCHORED)
		s->base = need->prefill ? need->prefill - 1 : 0;
	if (s->r->pace == DSI_PACE_SERVICE && s->r->coalesce > 1)
		s->base = s->r->coalesce - 1;
	if (s->r->pace == DSI_PACE_STALL)
		s->burst = stall_is_burst(s);
	if (s->r->pace == DSI_PACE_GRID)
		s->burst = false;
	if (!s->burst)
		s->rule = on_grids;
	return needs_all(s);
}
