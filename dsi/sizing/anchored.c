/* SPDX-License-Identifier: MIT */
/*
 * anchored.c - a reader without a common time base: its grid begins d after
 * it saw packet k - 1.
 *
 *   t_c = p_(k-1) + d + w,  w in 0..W; it gets packet i at t_c + i T
 *
 * That packet may have been late by tau and the next ones early: the jitter
 * counts twice.  It can fall by T - D from one packet to the next, so
 *
 *   pi  = min(tau, (n - k) (T - D))       0 if D = T; tau if endless
 *   d   >= tau - (k - 1) T
 *   X   = (k - 1) T + d + W + tau_c + Hc + Hp + pi
 *   N   = max(k, ceil(X / T))
 *
 * With drift the last packet decides: i = n - 1 is read i T (1 +- rho_c)
 * after t_c and sent (i - k + 1) T (1 -+ rho_p) after the anchor.
 */
#include <dsi/errno.h>

#include "dsi/sizing/sizing_private.h"

struct anchored {
	dsi_wide k;
	dsi_wide d; /* parts of a tick from here on */
	dsi_wide pi;
	dsi_wide read; /* latest get of the last packet, after the anchor */
	dsi_wide sent; /* its earliest commit after the anchor, with pi */
	dsi_wide step; /* slowest period of the reader */
};

/* Does the stream go on after the anchor? */
static bool goes_on(const struct sizing *s, dsi_wide k)
{
	return !s->n || s->n > k;
}

/* Least k for a given d: (k - 1) T + d covers tau, or nothing comes after. */
static dsi_wide least_prefill(struct sizing *s)
{
	dsi_wide spare = s->tau - s->start;
	dsi_wide k = 1;

	if (spare > 0 || (spare == 0 && s->strict))
		k = sizing_periods(spare, s->T, s->strict) + 1;
	return s->n ? wide_min(k, s->n) : k;
}

/* Last packet - 1 of the stream in the drift's formulas; 0 = no drift. */
static dsi_wide last_index(const struct sizing *s)
{
	return s->scale == 1 ? 0 : s->n - 1;
}

/* Smallest d without an underrun; negative if the prefill alone does it. */
static dsi_wide least_delay(struct sizing *s, dsi_wide k)
{
	dsi_wide i = last_index(s);
	dsi_wide sent = wide_mul((i - k + 1) * s->T, s->slow, &s->over);
	dsi_wide read = wide_mul(i * s->T, s->fast_c, &s->over);

	if (!goes_on(s, k))
		return -1;
	sent = wide_add(sent, s->tau * s->scale, &s->over);
	return wide_sub(sent, read, &s->over);
}

static void place_last(struct sizing *s, struct anchored *a)
{
	dsi_wide i = last_index(s);
	dsi_wide ahead = i - a->k + 1; /* packets after the anchor */
	dsi_wide fall = s->T * s->fast - s->D * s->scale;

	a->step = s->T * s->slow_c;
	a->pi = s->tau * s->scale;
	if (fall <= 0)
		a->pi = 0;
	else if (s->n)
		a->pi = wide_min(a->pi, wide_mul(wide_max(s->n - a->k, 0), fall,
						 &s->over));
	a->read = wide_mul(i, a->step, &s->over);
	a->read = wide_add(a->read, a->d + (s->W + s->tau_c) * s->scale,
			   &s->over);
	a->sent = wide_mul(ahead * s->T, s->fast, &s->over);
	a->sent = wide_sub(a->sent, a->pi, &s->over);
}

static dsi_wide anchored_slots(struct sizing *s, const struct anchored *a,
			       bool strict)
{
	dsi_wide x = a->read - a->sent + (s->Hc + s->Hp) * s->scale;
	dsi_wide slots = sizing_periods(x, a->step, strict);

	return sizing_limit(s, wide_max(slots, a->k));
}

static dsi_wide anchored_backlog(struct sizing *s, const struct anchored *a)
{
	dsi_wide most = sizing_periods(a->read - a->sent, a->step, s->strict);

	/* The commit of packet k - 1 is what the reader begins with. */
	most = wide_max(most, a->k);
	return s->n ? wide_min(most, s->n) : most;
}

/* Before the anchor: packet i < k - 1 was committed m - i packets before it,
 * m = k - 1, and is read i periods after it. */
static dsi_wide soonest_of(struct sizing *s, const struct anchored *a,
			   dsi_wide i)
{
	dsi_wide rest = a->k - 1 - i;
	dsi_wide apart = wide_max(rest * s->D * s->scale,
				  rest * s->T * s->fast - s->tau * s->scale);

	return a->d + i * s->T * s->fast_c + apart;
}

static dsi_wide latest_of(struct sizing *s, const struct anchored *a,
			  dsi_wide i)
{
	dsi_wide rest = a->k - 1 - i;

	return a->d + (s->W + s->tau_c + s->tau) * s->scale +
	       i * s->T * s->slow_c + rest * s->T * s->slow;
}

/* Shortest wait of a packet that came before the anchor: what soonest_of()
 * says is convex in i, so the least is at an end or where its two parts
 * meet. */
static dsi_wide soonest(struct sizing *s, const struct anchored *a)
{
	dsi_wide m = a->k - 1;
	dsi_wide least = a->d + m * s->T * s->fast_c; /* packet k - 1 */
	dsi_wide fall = s->T * s->fast - s->D * s->scale;
	dsi_wide meet = fall > 0 ? m - wide_floor(s->tau * s->scale, fall) : 0;
	dsi_wide at[] = {0, meet - 1, meet, m - 1};

	for (uint32_t j = 0; m && j < sizeof(at) / sizeof(at[0]); j++) {
		dsi_wide i = wide_min(wide_max(at[j], 0), m - 1);

		least = wide_min(least, soonest_of(s, a, i));
	}
	return least;
}

static void anchored_latency(struct sizing *s, const struct anchored *a,
			     struct dsi_sizing_need *need)
{
	dsi_wide most = a->read - a->sent;
	dsi_wide least = soonest(s, a);

	if (a->k > 1)
		most = wide_max(most, wide_max(latest_of(s, a, 0),
					       latest_of(s, a, a->k - 2)));
	if (goes_on(s, a->k)) {
		dsi_wide i = last_index(s);
		dsi_wide sent =
			wide_mul((i - a->k + 1) * s->T, s->slow, &s->over);
		dsi_wide read = wide_mul(i * s->T, s->fast_c, &s->over);

		least = wide_min(least, a->d + read - sent - s->tau * s->scale);
	}
	need->get_min = sizing_ticks(s, least);
	need->get_max = sizing_ticks(s, most);
	need->release_max = sizing_ticks(s, most + s->Hc * s->scale);
}

/* The first packet after the anchor for which the jitter can have fallen as
 * far as the formula says. */
static void anchored_witness(struct sizing *s, const struct anchored *a,
			     struct dsi_sizing_need *need)
{
	dsi_wide fall = s->T * s->fast - s->D * s->scale;
	dsi_wide last = a->k - 1;

	if (s->scale != 1)
		last = s->n - 1;
	else if ((dsi_wide)need->slots > a->k && fall > 0)
		last += wide_ceil(a->pi, fall);
	last = wide_max(last, (dsi_wide)need->slots - 1);
	need->last = sizing_count(s, last);
	need->first = need->last - (need->slots - 1);
}

int sizing_anchored(struct sizing *s, struct dsi_sizing_need *need)
{
	struct anchored a = {.k = wide_max(s->prefill, 1)};
	dsi_wide least;

	if (s->start_given && !s->prefill && s->scale == 1)
		a.k = least_prefill(s);
	if (a.k > DSI_SIZING_MAX_BATCH)
		return sizing_refuse(s, -DSI_EOVERFLOW,
				     "prefill: more than 2^20 packets would be "
				     "needed; give a later start");
	if (s->n && a.k > s->n)
		return sizing_refuse(s, -DSI_EINVAL,
				     "prefill: is more than the packets of the "
				     "stream; the reader would never begin");
	least = least_delay(s, a.k);
	a.d = s->start_given ? s->start * s->scale : wide_max(least, 0);
	place_last(s, &a);
	if (s->over)
		return 0;
	/* With drift, whether the jitter can fall that fast next to a distance
	 * was not shown. */
	need->exact = s->scale != 1 && s->D ? 0 : DSI_EXACT_ALL;
	need->prefill = (uint32_t)a.k;
	need->start = sizing_ticks(s, a.d);
	sizing_slots(s, need, anchored_slots(s, &a, true),
		     anchored_slots(s, &a, false));
	need->lifetime =
		sizing_ticks(s, a.read - a.sent + (s->Hc + s->Hp) * s->scale);
	anchored_latency(s, &a, need);
	need->underrun =
		s->start_given && (a.d < least || (s->strict && a.d == least));
	need->backlog = sizing_count(s, anchored_backlog(s, &a));
	anchored_witness(s, &a, need);
	return 0;
}
