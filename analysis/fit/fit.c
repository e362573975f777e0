// SPDX-License-Identifier: MIT
/*
 * fit.c - period, jitter and offset of a recording.
 *
 * For a period T the jitter is the largest lateness t_i - i T minus the least,
 * and the offset is the least.
 */
#include <stdarg.h>
#include <stdio.h>

#include "fit/fit_private.h"

enum fit_status fit_say(enum fit_status status, char why[FIT_WHY_BYTES],
			const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, FIT_WHY_BYTES, text, args);
	va_end(args);
	return status;
}

static enum fit_status out_of_range(char why[FIT_WHY_BYTES])
{
	return fit_say(FIT_RANGE, why,
		       "times, numbers and period do not fit in 128 bits; give "
		       "time stamps with fewer decimals");
}

/* The extremes of lateness, times the period's denominator. */
static bool extremes(const struct fit_points *p, struct fit *fit, dsi_wide *low,
		     dsi_wide *high)
{
	bool over = false;
	size_t i;

	for (i = 0; i < p->n; i++) {
		dsi_wide late = fit_late(&p->at[i], fit->period, &over);

		if (i == 0 || late < *low) {
			*low = late;
			fit->earliest = i;
			fit->n_earliest = 0;
		}
		if (i == 0 || late > *high) {
			*high = late;
			fit->latest = i;
			fit->n_latest = 0;
		}
		fit->n_earliest += late == *low;
		fit->n_latest += late == *high;
	}
	return !over;
}

enum fit_status fit_known(const struct fit_points *p, struct exact period,
			  struct fit *out, char why[FIT_WHY_BYTES])
{
	static const struct fit nothing;
	dsi_wide low = 0;
	dsi_wide high = 0;
	bool over = false;

	if (p->n == 0)
		return fit_say(FIT_BAD, why, "there are no time stamps");
	*out = nothing;
	out->period = period;
	if (!exact_ok(period) || !extremes(p, out, &low, &high))
		return out_of_range(why);
	out->offset = exact_make(low, period.den);
	out->jitter = exact_make(wide_sub(high, low, &over), period.den);
	if (over || !exact_ok(out->offset) || !exact_ok(out->jitter))
		return out_of_range(why);
	return fit_facts(p, out, why);
}

enum fit_status fit_tightest(const struct fit_points *p, struct fit *out,
			     char why[FIT_WHY_BYTES])
{
	struct exact period;
	enum fit_status status;

	if (p->n < 2)
		return fit_say(FIT_BAD, why,
			       "%s; a period needs two: give it with --period",
			       p->n ? "there is one time stamp only"
				    : "there are no time stamps");
	status = fit_hull_period(p, &period, why);
	if (status != FIT_OK)
		return status;
	if (exact_sign(period) <= 0)
		return fit_say(FIT_BAD, why,
			       "the time stamps do not advance: no period "
			       "above 0 follows; give it with --period");
	return fit_known(p, period, out, why);
}

struct exact fit_lateness(const struct fit *fit, const struct fit_points *p,
			  size_t i)
{
	bool over = false;
	dsi_wide late = fit_late(&p->at[i], fit->period, &over);

	return exact_sub(exact_make(late, over ? 0 : fit->period.den),
			 fit->offset);
}
