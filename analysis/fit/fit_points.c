// SPDX-License-Identifier: MIT
/*
 * fit_points.c - points with a tick as fine as the finest of them.
 */
#include <stdlib.h>

#include "fit/fit_private.h"

void fit_points_free(struct fit_points *p)
{
	free(p->at);
	p->at = NULL;
	p->n = 0;
	p->room = 0;
}

static dsi_wide power_of_ten(unsigned int digits)
{
	dsi_wide power = 1;

	while (digits--)
		power *= 10;
	return power;
}

struct exact fit_tick(const struct fit_points *p)
{
	return exact_div(p->unit, exact_make(power_of_ten(p->scale), 1));
}

static bool to_time(dsi_wide ticks, int64_t *out)
{
	*out = (int64_t)ticks;
	return ticks >= INT64_MIN / 4 && ticks <= INT64_MAX / 4;
}

/* Happens as often as digits are added: at most 39 times. */
static bool make_finer(struct fit_points *p, unsigned int scale)
{
	dsi_wide factor = power_of_ten(scale - p->scale);
	bool over = false;
	size_t i;

	for (i = 0; i < p->n; i++) {
		dsi_wide time = wide_mul(p->at[i].time, factor, &over);

		if (over || !to_time(time, &p->at[i].time))
			return false;
	}
	p->base = wide_mul(p->base, factor, &over);
	p->scale = scale;
	return !over;
}

static bool room_for_one(struct fit_points *p)
{
	size_t room = p->room ? p->room + p->room / 2 : 1024;
	struct fit_point *grown;

	if (p->n < p->room)
		return true;
	if (room > SIZE_MAX / sizeof(*grown))
		return false;
	grown = realloc(p->at, room * sizeof(*grown));
	if (!grown)
		return false;
	p->at = grown;
	p->room = room;
	return true;
}

enum fit_status fit_points_add(struct fit_points *p, int64_t number,
			       const struct fit_number *time,
			       char why[FIT_WHY_BYTES])
{
	bool over = false;
	dsi_wide ticks;
	int64_t after;

	if (!room_for_one(p))
		return fit_say(FIT_NO_MEMORY, why, "out of memory");
	if (time->scale > p->scale && !make_finer(p, time->scale))
		over = true;
	ticks = over ? 0
		     : wide_mul(time->mantissa,
				power_of_ten(p->scale - time->scale), &over);
	if (p->n == 0)
		p->base = ticks;
	if (over || !to_time(wide_sub(ticks, p->base, &over), &after) || over)
		return fit_say(FIT_RANGE, why,
			       "the time stamps from the first to this one do "
			       "not fit in 62 bits of 10^-%u of their unit",
			       p->scale > time->scale ? p->scale : time->scale);
	p->at[p->n].number = number;
	p->at[p->n].time = after;
	p->n++;
	return FIT_OK;
}
