// SPDX-License-Identifier: MIT
/*
 * reservation.c - supply of a periodic resource and its inverse.
 */
#include "pipeline/reservation.h"

dsi_wide reservation_time_fresh(const struct reservation *r, dsi_wide c,
				bool *over)
{
	dsi_wide gap = r->period - r->runtime;

	return wide_add(wide_mul(wide_ceil(c, r->runtime), gap, over), c, over);
}

/* The runtime may have been used up at the beginning of its period, and the
 * next one may come at the end of the following. */
dsi_wide reservation_time(const struct reservation *r, dsi_wide c, bool *over)
{
	dsi_wide gap = r->period - r->runtime;

	return wide_add(reservation_time_fresh(r, c, over), gap, over);
}

dsi_wide reservation_supply(const struct reservation *r, dsi_wide w, bool *over)
{
	dsi_wide gap = r->period - r->runtime;
	dsi_wide after = wide_sub(w, wide_mul(2, gap, over), over);
	dsi_wide full;

	if (after <= 0)
		return 0;
	full = wide_floor(after, r->period);
	return wide_add(wide_mul(full, r->runtime, over),
			wide_min(after - full * r->period, r->runtime), over);
}

bool reservation_is_fresh(const struct reservation *r, dsi_wide c,
			  dsi_wide spacing, bool *over)
{
	return spacing >= wide_mul(wide_ceil(c, r->runtime), r->period, over);
}

struct reserved_work {
	const struct reservation *reservation;
	dsi_wide wake;
	dsi_wide execution;
};

static bool reserved_busy(const void *user, dsi_wide q, dsi_wide *out)
{
	const struct reserved_work *work = user;
	bool over = false;
	dsi_wide c = wide_mul(q, work->execution, &over);

	*out = wide_add(work->wake,
			reservation_time(work->reservation, c, &over), &over);
	return !over;
}

enum response_outcome reservation_response(const struct arrival *a,
					   const struct reservation *r,
					   dsi_wide wake, dsi_wide execution,
					   dsi_wide cap, dsi_wide *out,
					   bool *out_fresh)
{
	const struct reserved_work work = {r, wake, execution};
	bool over = false;
	dsi_wide spacing = arrival_span(a, 2, &over) - wake;

	*out_fresh = reservation_is_fresh(r, execution, spacing, &over);
	if (over)
		return RESPONSE_RANGE;
	if (!*out_fresh)
		return response_curve(a, reserved_busy, &work, cap, out);
	*out = wide_add(wake, reservation_time_fresh(r, execution, &over),
			&over);
	if (over)
		return RESPONSE_RANGE;
	return *out > cap ? RESPONSE_NO_BOUND : RESPONSE_FOUND;
}

bool reservation_keeps_budget(dsi_wide left, dsi_wide to_deadline,
			      dsi_wide runtime, dsi_wide deadline)
{
	return left * deadline <= runtime * to_deadline;
}
