/* SPDX-License-Identifier: MIT */
/*
 * merge.c - several writers of one ring, one reader that takes packets as
 * they come, C for each.
 *
 * All streams begin their densest burst together; a(t) = sum of the closed
 * eta+ of all.  Packet q of it is back at W + q C, so
 *
 *   L = max over t of W + C a(t) - t
 *   N = max over t of a(t) - min(a(t) - 1, floor((t - W) / C))
 *
 * over the instants t of arrivals until the reader has caught up.
 */
#include <dsi/errno.h>

#include "dsi/sizing/sizing_private.h"

#define MERGE_MAX_ARRIVALS (UINT32_C(1) << 24)

struct merge {
	const struct dsi_jcs *streams;
	uint32_t n_streams;
	dsi_wide C, W;
	bool strict;
	bool over;
};

/* Packets of all streams that came in [0, t]. */
static dsi_wide arrived(const struct merge *m, dsi_wide t)
{
	dsi_wide sum = 0;

	for (uint32_t i = 0; i < m->n_streams; i++)
		sum += jcs_count_max(&m->streams[i], t, true);
	return sum;
}

/* The next instant after t at which one comes. */
static dsi_wide next_arrival(struct merge *m, dsi_wide t)
{
	dsi_wide next = DSI_WIDE_MAX;

	for (uint32_t i = 0; i < m->n_streams; i++) {
		const struct dsi_jcs *s = &m->streams[i];
		dsi_wide n = jcs_count_max(s, t, true) + 1;

		next = wide_min(next, jcs_span_min(s, n, &m->over));
	}
	return next;
}

/* Is the sum of C / T_k at most 1? */
static bool sustainable(struct merge *m)
{
	dsi_wide num = 0;
	dsi_wide den = 1;

	for (uint32_t i = 0; i < m->n_streams; i++) {
		dsi_wide T = (dsi_wide)m->streams[i].period;
		dsi_wide g = wide_gcd(den, T);

		num = wide_add(wide_mul(num, T / g, &m->over),
			       wide_mul(m->C, den / g, &m->over), &m->over);
		den = wide_mul(den, T / g, &m->over);
		if (m->over)
			return true;
	}
	return num <= den;
}

/* From here on the pattern repeats and the reader does not fall back; it may
 * be behind by its first wake-up and service all the time. */
static dsi_wide horizon(struct merge *m)
{
	dsi_wide steady = 0;
	dsi_wide repeat = 1;

	for (uint32_t i = 0; i < m->n_streams; i++) {
		const struct dsi_jcs *s = &m->streams[i];
		dsi_wide T = (dsi_wide)s->period;
		dsi_wide fall = T - (dsi_wide)s->distance;
		dsi_wide burst =
			fall ? wide_ceil((dsi_wide)s->jitter, fall) : 0;
		bool over = false;

		steady = wide_max(steady, wide_mul(burst, T, &over));
		repeat = wide_mul(repeat, T / wide_gcd(repeat, T), &over);
		if (over)
			return DSI_WIDE_MAX;
	}
	steady += m->W + m->C;
	return repeat > DSI_WIDE_MAX - steady ? DSI_WIDE_MAX : steady + repeat;
}

/* Of q packets that came by t, how many were freed, the first at @begin? */
static dsi_wide freed(const struct merge *m, dsi_wide t, dsi_wide begin,
		      dsi_wide most, bool strict)
{
	dsi_wide spare = t - begin;
	dsi_wide count =
		strict ? wide_ceil(spare, m->C) - 1 : wide_floor(spare, m->C);

	return wide_min(most, wide_max(0, count + 1));
}

struct merge_worst {
	dsi_wide latency, backlog, slots[2];
};

static void look_at(const struct merge *m, dsi_wide t, dsi_wide q,
		    struct merge_worst *w)
{
	dsi_wide most = m->strict || m->W ? q - 1 : q;
	dsi_wide taken = freed(m, t, m->W, most, m->strict);

	w->latency = wide_max(w->latency, m->W + m->C * q - t);
	w->backlog = wide_max(w->backlog, q - taken);
	for (int strict = 0; strict <= 1; strict++)
		w->slots[strict] =
			wide_max(w->slots[strict],
				 q - freed(m, t, m->W + m->C, q - 1, strict));
}

/* Go through the arrivals of the burst.  False: too many. */
static bool run(struct merge *m, struct merge_worst *w)
{
	dsi_wide end = horizon(m);
	dsi_wide t = 0;

	for (uint32_t i = 0; i < MERGE_MAX_ARRIVALS && !m->over; i++) {
		dsi_wide q = arrived(m, t);
		dsi_wide next = next_arrival(m, t);

		look_at(m, t, q, w);
		if (m->W + m->C * q < next || next > end)
			return true;
		t = next;
	}
	return false;
}

static int refuse(struct dsi_text *why, int err, const char *sentence)
{
	dsi__text_add(why, sentence);
	return err;
}

static int check(const struct dsi_jcs *streams, uint32_t n_streams,
		 struct dsi_text *why)
{
	struct dsi_jcs copy;

	if (!streams || n_streams == 0)
		return refuse(why, -DSI_EINVAL,
			      "streams: at least one is "
			      "needed");
	for (uint32_t i = 0; i < n_streams; i++) {
		int err = dsi__jcs_read(&copy, &streams[i], why);

		if (err)
			return err;
		if (streams[i].size != sizeof(copy))
			return refuse(why, -DSI_EINVAL,
				      "size: differs in an array");
		if (copy.drift_ppb)
			return refuse(why, -DSI_ENOTSUP,
				      "drift: a merge of streams with drift; "
				      "give the fastest period instead");
	}
	return 0;
}

int dsi_size_merge(const struct dsi_jcs *streams, uint32_t n_streams,
		   uint32_t ties, uint64_t wake, uint64_t service,
		   struct dsi_sizing_need *out_need, char *why,
		   uint32_t why_bytes)
{
	struct sizing s = {.scale = 1,
			   .strict = ties == DSI_TIES_STRICT,
			   .why = dsi__text(why, why_bytes)};
	struct merge m = {streams,	  n_streams, (dsi_wide)service,
			  (dsi_wide)wake, s.strict,  false};
	struct merge_worst w = {0};
	int err = check(streams, n_streams, &s.why);

	if (err)
		return err;
	if (ties > DSI_TIES_CLOSED || wake > DSI_TICKS_MAX || service == 0 ||
	    service > DSI_TICKS_MAX || !out_need ||
	    out_need->size != sizeof(*out_need))
		return refuse(&s.why, -DSI_EINVAL,
			      "ties, wake, service or size: out of range");
	if (!sustainable(&m))
		return refuse(&s.why, -DSI_EDOM,
			      "service: the packets of all streams take longer "
			      "to serve than they take to come");
	if (!run(&m, &w) || m.over)
		return refuse(&s.why, -DSI_EOVERFLOW,
			      "the burst has too many packets to look at");
	*out_need = (struct dsi_sizing_need){.size = sizeof(*out_need),
					     .exact = DSI_EXACT_ALL};
	sizing_slots(&s, out_need, w.slots[1], w.slots[0]);
	out_need->release_max = sizing_ticks(&s, w.latency);
	out_need->get_max = sizing_ticks(&s, w.latency - m.C);
	out_need->get_min = sizing_ticks(&s, 0);
	out_need->start = sizing_ticks(&s, 0);
	out_need->lifetime = sizing_ticks(&s, w.latency);
	out_need->backlog = sizing_count(&s, w.backlog);
	out_need->last = out_need->slots - 1;
	return s.over ? refuse(&s.why, -DSI_EOVERFLOW,
			       "the exact range is exceeded")
		      : 0;
}
