/* SPDX-License-Identifier: MIT */
/*
 * grid_scan.c - two grids over the first n packets of a stream, whose clocks
 * may drift apart.
 *
 * The two grids repeat their pattern every lcm(A, B) units.  From one
 * repetition to the next every requirement grows with the drift or stays (a
 * slow reader and a fast writer move apart, and the other way round for an
 * underrun), so the worst one lies in the last repetitions: those are looked
 * at batch by batch, each with what it requires, no search needed.
 */
#include <dsi/errno.h>

#include "dsi/sizing/grid.h"

/* The worst that was seen. */
struct worst {
	dsi_wide slots[2]; /* closed, strict */
	dsi_wide witness;  /* the last packet of the pair, by s->strict */
	dsi_wide get_max, release_max;
	dsi_wide backlog;
};

static dsi_wide length(struct sizing *s, const struct grid *g, dsi_wide units,
		       dsi_wide pace)
{
	return wide_mul(wide_mul(units, g->u, &s->over), pace, &s->over);
}

/* When the last packet of batch j is due. */
static dsi_wide commit_units(const struct grid *g, dsi_wide j)
{
	return g->A * (j + 1) - g->a;
}

/* Portions that lie within the stream. */
static dsi_wide portions(const struct sizing *s, const struct grid *g)
{
	return wide_floor(s->n * g->a, g->B);
}

/* First of the items 0..count-1 to look at: two repetitions. */
static dsi_wide first_of(dsi_wide count, dsi_wide pattern)
{
	return wide_max(0, count - 2 * pattern - 2);
}

/* O_min: portion m needs packets up to its last unit. */
static dsi_wide least_start(struct sizing *s, const struct grid *g)
{
	dsi_wide count = portions(s, g);
	dsi_wide m = first_of(count, g->A / g->g);
	dsi_wide least = 0;

	for (; m < count; m++) {
		dsi_wide j = wide_ceil((m + 1) * g->B, g->A) - 1;
		dsi_wide due = length(s, g, commit_units(g, j), s->slow);

		due = wide_add(due, s->tau * s->scale, &s->over);
		due = wide_sub(due, length(s, g, m * g->B, s->fast_c),
			       &s->over);
		least = wide_max(least, due);
	}
	return least;
}

/* Slots that portion m makes necessary because it needs all its units. */
static void causality(const struct sizing *s, const struct grid *g,
		      struct worst *w)
{
	dsi_wide count = portions(s, g);
	dsi_wide m = first_of(count, g->A / g->g);

	for (; m < count; m++) {
		dsi_wide there = g->kp * wide_ceil((m + 1) * g->B, g->A);
		dsi_wide gone = wide_floor(m * g->B, g->a);
		dsi_wide alive = wide_min(there, s->n) - gone;

		if (alive > w->slots[s->strict])
			w->witness = gone + alive - 1;
		w->slots[0] = wide_max(w->slots[0], alive);
		w->slots[1] = wide_max(w->slots[1], alive);
	}
}

/* Whole portions that are freed (from @phase on) before time @left. */
static dsi_wide portions_by(struct sizing *s, const struct grid *g,
			    dsi_wide left, dsi_wide phase, bool strict)
{
	dsi_wide unit = wide_mul(g->u, s->slow_c, &s->over);
	dsi_wide all = wide_mul(g->B, unit, &s->over);
	dsi_wide top =
		wide_add(left, wide_mul(phase, unit, &s->over), &s->over);

	if (s->over)
		return 0;
	return strict ? wide_ceil(top, all) - 1 : wide_floor(top, all);
}

/* The slot of packet i, the last one of batch j, must be free when the batch
 * begins. */
static void require_slots(struct sizing *s, const struct grid *g, dsi_wide j,
			  struct worst *w)
{
	dsi_wide i = wide_min(g->kp * (j + 1), s->n) - 1;
	dsi_wide left =
		wide_sub(length(s, g, g->A * j, s->fast), g->X, &s->over);

	if (s->over)
		return;
	for (int strict = 0; strict <= 1; strict++) {
		dsi_wide freed =
			wide_max(portions_by(s, g, left, g->b, strict), 0);
		dsi_wide slots = i + 1 - wide_floor(g->B * freed, g->a);

		if (slots > w->slots[strict] && strict == s->strict)
			w->witness = i;
		w->slots[strict] = wide_max(w->slots[strict], slots);
	}
}

static void require_backlog(struct sizing *s, const struct grid *g, dsi_wide j,
			    struct worst *w)
{
	dsi_wide there = wide_min(g->kp * (j + 1), s->n);
	dsi_wide left = wide_sub(length(s, g, commit_units(g, j), s->fast),
				 g->read_late, &s->over);
	dsi_wide taken;

	if (s->over)
		return;
	/* Portions 0..m taken by now: m + 1 of them. */
	taken = portions_by(s, g, left, g->B, s->strict);
	taken = wide_min(wide_max(taken, 0), portions(s, g));
	taken = wide_min(wide_ceil(taken * g->B, g->a), s->n);
	w->backlog = wide_max(w->backlog, there - taken);
}

/* From the earliest commit of batch j to its latest get and release. */
static void require_latency(struct sizing *s, const struct grid *g, dsi_wide j,
			    struct worst *w)
{
	dsi_wide end = portions(s, g) * g->B; /* units that are read */
	dsi_wide last = wide_min(g->kp * (j + 1), s->n) - 1;
	dsi_wide early = length(s, g, commit_units(g, j), s->fast);
	dsi_wide got = wide_min(last, wide_ceil(end, g->a) - 1);
	dsi_wide back = wide_min(last, wide_floor(end, g->a) - 1);
	dsi_wide at;

	if (got >= g->kp * j) {
		at = wide_floor(got * g->a, g->B) * g->B;
		at = wide_add(length(s, g, at, s->slow_c), g->read_late,
			      &s->over);
		w->get_max =
			wide_max(w->get_max, wide_sub(at, early, &s->over));
	}
	if (back >= g->kp * j) {
		at = wide_ceil((back + 1) * g->a, g->B) * g->B - g->b;
		at = wide_add(length(s, g, at, s->slow_c),
			      g->read_late + s->Hc * s->scale, &s->over);
		w->release_max =
			wide_max(w->release_max, wide_sub(at, early, &s->over));
	}
}

static void report(struct sizing *s, const struct grid *g,
		   const struct worst *w, dsi_wide least,
		   struct dsi_sizing_need *need)
{
	dsi_wide drift = length(s, g, (s->n - 1) * g->a,
				2 * s->scale - s->fast - s->fast_c);
	dsi_wide cover = g->X + g->u * (g->A + g->B - g->b - g->g) * s->scale;

	sizing_slots(s, need, wide_max(w->slots[1], 1),
		     wide_max(w->slots[0], 1));
	need->lifetime = sizing_ticks(s, wide_add(cover, drift, &s->over));
	need->get_min = sizing_ticks(s, g->O - least);
	need->get_max = sizing_ticks(s, w->get_max);
	/* The stream may end before a packet was read as a whole. */
	need->release_max =
		sizing_ticks(s, w->release_max == -DSI_WIDE_MAX
					? w->get_max + s->Hc * s->scale
					: w->release_max);
	need->backlog = sizing_count(s, w->backlog);
	need->last = (uint64_t)w->witness;
	need->first = need->last - (need->slots - 1);
}

int grid_scan(struct sizing *s, struct grid *g, struct dsi_sizing_need *need)
{
	struct worst w = {.get_max = -DSI_WIDE_MAX,
			  .release_max = -DSI_WIDE_MAX};
	dsi_wide batches = wide_ceil(s->n, s->kp);
	dsi_wide j = first_of(batches, g->B / g->g);
	dsi_wide least;

	if (portions(s, g) == 0)
		return sizing_refuse(s, -DSI_EINVAL,
				     "packets: the stream is shorter than one "
				     "portion of the reader");
	if (wide_max(g->A, g->B) / g->g > GRID_MAX_STEPS)
		return sizing_refuse(s, -DSI_EOVERFLOW,
				     "units, batch: the two sides meet too "
				     "rarely to look at every case; choose "
				     "sizes with a larger common divisor");
	least = least_start(s, g);
	if (s->over)
		return 0;
	grid_start(s, g, least, need);
	for (; j < batches && !s->over; j++) {
		require_slots(s, g, j, &w);
		require_backlog(s, g, j, &w);
		require_latency(s, g, j, &w);
	}
	causality(s, g, &w);
	if (!s->over)
		report(s, g, &w, least, need);
	return 0;
}
