/* SPDX-License-Identifier: MIT */
/*
 * grid.c - both ends on time grids with a common time base.
 *
 *   u        time of one unit: T / a
 *   A, B     units that the writer commits, the reader takes at once:
 *            A = kp a, B = kc b;  g = gcd(A, B)
 *   writer   gets the slots of batch j at A j u - Hp, commits them at
 *            (A (j + 1) - a) u + 0..tau
 *   reader   takes portions m at O + B m u + 0..tau_c, frees them Hc after
 *            O + (B (m + 1) - b) u + 0..tau_c
 *
 * Who compares the two grids meets A ceil(y / A) - y over multiples y of B,
 * which takes all multiples of g below A; from that:
 *
 *   O_min = tau + u (A + B - a - g)
 *   Y     = (O + tau_c + Hc + Hp) / u + A + B - b - g
 *   N     = ceil(g ceil(Y / g) / a), and what causality requires:
 *           A + B - g units
 *
 * With A = B = a = b = 1 that is N = ceil((O + tau_c + Hc + Hp) / T).
 * docs/design/80-sizing.md has the proofs; grid_scan.c what is not endless.
 */
#include <dsi/errno.h>

#include "dsi/sizing/grid.h"

static dsi_wide span_to_cover(const struct grid *g)
{
	return g->X + g->u * (g->A + g->B - g->b - g->g);
}

static dsi_wide endless_slots(const struct grid *g, bool strict)
{
	dsi_wide steps = sizing_periods(span_to_cover(g), g->u * g->g, strict);
	dsi_wide units = wide_max(g->g * steps, g->A + g->B - g->g);

	return wide_ceil(units, g->a);
}

/* Units alive at once, if space is freed unit by unit. */
static dsi_wide endless_units(const struct grid *g, bool strict)
{
	dsi_wide steps =
		sizing_periods(g->X - g->b * g->u, g->u * g->g, strict);

	return g->A + g->B - g->g + wide_max(g->g * steps, 0);
}

/* Committed and not yet taken. */
static dsi_wide endless_backlog(const struct grid *g, bool strict)
{
	dsi_wide v = g->a * g->u + g->read_late;
	dsi_wide steps = strict ? wide_floor(v, g->u * g->g)
				: wide_ceil(v, g->u * g->g) - 1;

	return wide_floor(g->g * steps, g->a);
}

/* The packets that live together when the bound is reached: the last one of
 * a batch, and the one whose slot it would need with N - 1. */
static void endless_witness(const struct grid *g, dsi_wide slots,
			    struct dsi_sizing_need *need)
{
	dsi_wide steps = wide_min(g->B / g->g, GRID_MAX_STEPS);
	dsi_wide j = wide_floor(slots - 1, g->kp);
	dsi_wide freed, last;

	need->first = 0;
	need->last = (uint64_t)slots - 1;
	for (; steps-- > 0; j++) {
		last = g->kp * (j + 1) - 1;
		freed = g->B * wide_ceil((last - slots + 2) * g->a, g->B);
		freed = (freed - g->b) * g->u + g->X;
		if (last < slots - 1 || freed < g->A * j * g->u)
			continue;
		need->first = (uint64_t)(last - slots + 1);
		need->last = (uint64_t)last;
		if (freed > g->A * j * g->u)
			return;
	}
}

static void endless(struct sizing *s, struct grid *g,
		    struct dsi_sizing_need *need)
{
	dsi_wide least =
		s->tau + g->u * (g->A + g->B - g->a - g->g) + s->early * s->T;
	dsi_wide back;

	grid_start(s, g, least, need);
	sizing_slots(s, need, sizing_limit(s, endless_slots(g, true)),
		     sizing_limit(s, endless_slots(g, false)));
	if (g->a != g->b)
		need->units = sizing_count(s, endless_units(g, s->strict));
	need->lifetime = sizing_ticks(s, span_to_cover(g));
	need->get_min = sizing_ticks(s, g->O - least);
	need->get_max =
		sizing_ticks(s, g->read_late - g->u * wide_mod(-g->a, g->g));
	back = g->read_late + s->Hc + g->u * (g->B - g->g - g->b + g->a);
	need->release_max = sizing_ticks(s, back);
	back = endless_backlog(g, s->strict);
	need->backlog = sizing_count(s, s->n ? wide_min(back, s->n) : back);
	endless_witness(g, (dsi_wide)need->slots, need);
}

void grid_start(struct sizing *s, struct grid *g, dsi_wide least,
		struct dsi_sizing_need *need)
{
	g->O = s->start_given ? s->start * s->scale : least;
	need->underrun = s->start_given &&
			 (g->O < least || (s->strict && g->O == least));
	need->start = sizing_ticks(s, g->O);
	g->read_late = wide_add(g->O, (s->tau_c + s->late * s->T) * s->scale,
				&s->over);
	g->X = wide_add(g->read_late, (s->Hc + s->Hp) * s->scale, &s->over);
}

int sizing_grid(struct sizing *s, struct dsi_sizing_need *need)
{
	struct grid g = {
		.u = wide_quotient(s->T, s->a),
		.a = s->a,
		.b = s->b ? s->b : s->a,
		.kp = s->kp,
	};
	bool plain;

	if (g.u * s->a != s->T)
		return sizing_refuse(s, -DSI_EINVAL,
				     "units: the period is no whole number of "
				     "ticks for each unit; choose a finer "
				     "tick");
	g.A = s->kp * g.a;
	g.B = s->kc * g.b;
	g.g = wide_gcd(g.A, g.B);
	plain = g.A == 1 && g.B == 1;
	if (g.a == g.b && s->kp == 1 && s->kc == 1) {
		/* The same portions on both sides: one unit is a packet. */
		g = (struct grid){.u = s->T,
				  .a = 1,
				  .b = 1,
				  .kp = 1,
				  .A = 1,
				  .B = 1,
				  .g = 1};
		plain = true;
	}
	if ((s->early || s->late) && !plain)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "early, late: reordering together with "
				     "batches or other units; give the "
				     "reordering in whole batches");
	if ((s->early || s->late) && s->scale != 1)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "early, late: reordering together with "
				     "drift; add the drift to the jitter");
	need->exact = s->early || s->late ? 0 : DSI_EXACT_ALL;
	/* A fast clock cannot be kept up against a longer distance. */
	if (s->D * s->scale > s->T * s->fast)
		need->exact = 0;
	if (s->scale == 1 && (plain || !s->n)) {
		endless(s, &g, need);
		return 0;
	}
	return grid_scan(s, &g, need);
}
