// SPDX-License-Identifier: MIT
/*
 * fit_check.c - does a recording keep to a description, and if not, where is
 * the first packet that breaks it?
 *
 * The offset is free: a recording keeps to period and jitter if no packet is
 * later than an earlier one by more than the jitter, nor earlier than an
 * earlier one by more.
 */
#include "fit/fit_private.h"

struct so_far {
	dsi_wide low;
	dsi_wide high;
	size_t low_at;
	size_t high_at;
};

static void remember(struct so_far *s, dsi_wide late, size_t i)
{
	if (i == 0 || late < s->low) {
		s->low = late;
		s->low_at = i;
	}
	if (i == 0 || late > s->high) {
		s->high = late;
		s->high_at = i;
	}
}

static void found(struct fit_breach *out, size_t at, size_t since, bool late,
		  struct exact excess)
{
	out->what = FIT_JITTER_BROKEN;
	out->at = at;
	out->since = since;
	out->late = late;
	out->excess = excess;
}

enum fit_status fit_check_jitter(const struct fit_points *p,
				 struct exact period, struct exact jitter,
				 struct fit_breach *out,
				 char why[FIT_WHY_BYTES])
{
	struct exact limit =
		exact_mul(jitter, exact_make(period.den, 1)); /* times q */
	dsi_wide most = exact_ok(limit) ? exact_floor(limit).num : 0;
	struct so_far s = {0, 0, 0, 0};
	bool over = !exact_ok(limit) || !exact_ok(period);
	size_t i;

	out->what = FIT_KEPT;
	for (i = 0; i < p->n && !over; i++) {
		dsi_wide late = fit_late(&p->at[i], period, &over);
		dsi_wide up;
		dsi_wide down;

		remember(&s, late, i);
		up = wide_sub(late, s.low, &over);
		down = wide_sub(s.high, late, &over);
		if (over || (up <= most && down <= most))
			continue;
		found(out, i, up > most ? s.low_at : s.high_at, up > most,
		      exact_sub(exact_make(up > most ? up : down, period.den),
				jitter));
		over = !exact_ok(out->excess);
		break;
	}
	if (!over)
		return FIT_OK;
	return fit_say(FIT_RANGE, why,
		       "times, period and jitter do not fit in 128 bits");
}

void fit_check_distance(const struct fit_points *p, struct exact distance,
			struct fit_breach *out)
{
	size_t i;

	out->what = FIT_KEPT;
	for (i = 1; i < p->n; i++) {
		struct exact gap = exact_int(p->at[i].time - p->at[i - 1].time);

		if (p->at[i].number - p->at[i - 1].number != 1 ||
		    exact_cmp(gap, distance) >= 0)
			continue;
		out->what = FIT_DISTANCE_BROKEN;
		out->at = i;
		out->since = i - 1;
		out->late = false;
		out->excess = exact_sub(distance, gap);
		return;
	}
}
