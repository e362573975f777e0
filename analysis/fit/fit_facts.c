// SPDX-License-Identifier: MIT
/*
 * fit_facts.c - distance, missing numbers, bursts and drift of a recording.
 */
#include "fit/fit_private.h"

static void find_distance(const struct fit_points *p, struct fit *fit)
{
	size_t i;

	for (i = 1; i < p->n; i++) {
		int64_t gap = p->at[i].time - p->at[i - 1].time;
		uint64_t step = (uint64_t)p->at[i].number -
				(uint64_t)p->at[i - 1].number;

		fit->missing += step - 1;
		if (step != 1 || (fit->has_distance && gap >= fit->distance))
			continue;
		fit->has_distance = true;
		fit->distance = gap;
		fit->distance_at = i - 1;
	}
}

/* Is the gap before point i below half a period? */
static bool close_behind(const struct fit_points *p, const struct fit *fit,
			 size_t i)
{
	bool over = false;
	dsi_wide gap = (dsi_wide)p->at[i].time - p->at[i - 1].time;

	return p->at[i].number - p->at[i - 1].number == 1 &&
	       wide_mul(2 * gap, fit->period.den, &over) < fit->period.num &&
	       !over;
}

static void find_burst(const struct fit_points *p, struct fit *fit)
{
	size_t first = 0;
	size_t i;

	fit->burst = 1;
	for (i = 1; i < p->n; i++) {
		if (!close_behind(p, fit, i))
			first = i;
		if (i - first + 1 > fit->burst) {
			fit->burst = i - first + 1;
			fit->burst_at = first;
		}
	}
}

static struct exact mean_late(const struct fit_points *p, const struct fit *fit,
			      size_t first, size_t n)
{
	bool over = false;
	dsi_wide sum = 0;
	size_t i;

	for (i = first; i < first + n; i++)
		sum = wide_add(sum, fit_late(&p->at[i], fit->period, &over),
			       &over);
	return exact_sub(exact_make(sum, over ? 0
					      : wide_mul(fit->period.den,
							 (dsi_wide)n, &over)),
			 fit->offset);
}

enum fit_status fit_facts(const struct fit_points *p, struct fit *fit,
			  char why[FIT_WHY_BYTES])
{
	find_distance(p, fit);
	find_burst(p, fit);
	fit->tenth = p->n < 10 ? 1 : p->n / 10;
	fit->first_late = mean_late(p, fit, 0, fit->tenth);
	fit->last_late = mean_late(p, fit, p->n - fit->tenth, fit->tenth);
	if (exact_ok(fit->first_late) && exact_ok(fit->last_late))
		return FIT_OK;
	return fit_say(FIT_RANGE, why,
		       "the sum of latenesses does not fit in 128 bits; give "
		       "time stamps with fewer decimals");
}
