/* SPDX-License-Identifier: MIT */
/*
 * stall.c - a reader on a grid that waits for what is late.
 *
 *   c_i = max(O + i T + 0..tau_c, p_i + 0..W)
 *
 * n packets live together if the grid alone keeps them, or the burst alone:
 *
 *   N = max(ceil((O + tau_c + Hc + Hp) / T), eta+(W + Hc + Hp))
 */
#include <dsi/errno.h>

#include "dsi/sizing/sizing_private.h"

static dsi_wide stall_slots(const struct sizing *s, dsi_wide on_grid,
			    dsi_wide in_burst, bool strict)
{
	return wide_max(sizing_periods(on_grid, s->T, strict),
			jcs_count_max(&s->stream, in_burst, strict));
}

int sizing_stall(struct sizing *s, struct dsi_sizing_need *need)
{
	dsi_wide O = s->start;
	dsi_wide late = wide_max(O + s->tau_c, s->W);
	dsi_wide held = s->Hc + s->Hp;
	dsi_wide waiting = stall_slots(s, O + s->tau_c, s->W, s->strict);
	uint64_t n;

	sizing_slots(s, need,
		     sizing_limit(s, stall_slots(s, O + s->tau_c + held,
						 s->W + held, true)),
		     sizing_limit(s, stall_slots(s, O + s->tau_c + held,
						 s->W + held, false)));
	need->exact = DSI_EXACT_ALL;
	need->start = sizing_ticks(s, O);
	need->lifetime = sizing_ticks(s, late + held);
	need->get_min = sizing_ticks(s, wide_max(O - s->tau, 0));
	need->get_max = sizing_ticks(s, late);
	need->release_max = sizing_ticks(s, late + s->Hc);
	need->backlog =
		sizing_count(s, s->n ? wide_min(waiting, s->n) : waiting);
	n = need->slots;
	need->first = 0;
	need->last = n - 1;
	return 0;
}
