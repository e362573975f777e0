// SPDX-License-Identifier: MIT
/*
 * fit_hull.c - the period with the least jitter.
 *
 * The jitter as a function of the period, max(t_i - i T) - min(t_i - i T), is
 * convex: its maximum is taken at a corner of the upper convex hull of the
 * points, its minimum at one of the lower hull.  With T growing the former
 * walks from right to left, the latter from left to right, each at the slopes
 * of the hull's edges.  The sum falls as long as the former is right of the
 * latter, and stays the same only where both are one point: then all points are
 * on one line.  So the least jitter has one period.  Points are sorted, so the hulls take O(n), the walk O(corners).
 */
#include <stdlib.h>

#include "fit/fit_private.h"

struct corners {
	size_t *at;
	size_t n;
	size_t room;
};

struct walk {
	const struct fit_points *p;
	struct corners upper, lower;
	size_t up;  /* place in upper, going down */
	size_t low; /* place in lower, going up */
	bool over;
};

/* > 0: the way a, b, c turns left. */
static dsi_wide turn(const struct fit_point *a, const struct fit_point *b,
		     const struct fit_point *c, bool *over)
{
	dsi_wide one = wide_mul((dsi_wide)b->number - a->number,
				(dsi_wide)c->time - b->time, over);
	dsi_wide two = wide_mul((dsi_wide)c->number - b->number,
				(dsi_wide)b->time - a->time, over);

	return wide_sub(one, two, over);
}

static bool push(struct corners *c, size_t i)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		size_t *grown = realloc(c->at, room * sizeof(*grown));

		if (!grown)
			return false;
		c->at = grown;
		c->room = room;
	}
	c->at[c->n++] = i;
	return true;
}

/* @side: 1 for the lower hull, which turns left, -1 for the upper. */
static bool make_hull(const struct fit_points *p, int side, struct corners *c,
		      bool *over)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		while (c->n >= 2 &&
		       side * turn(&p->at[c->at[c->n - 2]],
				   &p->at[c->at[c->n - 1]], &p->at[i], over) <=
			       0)
			c->n--;
		if (!push(c, i))
			return false;
	}
	return true;
}

static struct exact slope(const struct fit_points *p, size_t a, size_t b)
{
	return exact_make((dsi_wide)p->at[b].time - p->at[a].time,
			  (dsi_wide)p->at[b].number - p->at[a].number);
}

/* The next slope at which one of the two walks, and the step.  False: both
 * have come to their ends. */
static bool next_slope(const struct walk *w, struct exact *out, bool *out_upper)
{
	bool has_up = w->up > 0;
	bool has_low = w->low + 1 < w->lower.n;
	struct exact up = exact_int(0);
	struct exact low = exact_int(0);

	if (!has_up && !has_low)
		return false;
	if (has_up)
		up = slope(w->p, w->upper.at[w->up - 1], w->upper.at[w->up]);
	if (has_low)
		low = slope(w->p, w->lower.at[w->low], w->lower.at[w->low + 1]);
	*out_upper = has_up && (!has_low || exact_cmp(up, low) <= 0);
	*out = *out_upper ? up : low;
	return true;
}

/* Does the jitter still fall as the period grows? */
static bool falls(const struct walk *w)
{
	return w->p->at[w->lower.at[w->low]].number <
	       w->p->at[w->upper.at[w->up]].number;
}

static struct exact find_period(struct walk *w)
{
	struct exact period = exact_int(0);
	bool upper = false;

	while (falls(w) && next_slope(w, &period, &upper)) {
		if (upper)
			w->up--;
		else
			w->low++;
	}
	return period;
}

enum fit_status fit_hull_period(const struct fit_points *p,
				struct exact *out_period,
				char why[FIT_WHY_BYTES])
{
	struct walk w = {.p = p};
	enum fit_status status = FIT_OK;

	*out_period = exact_int(0);
	if (!make_hull(p, 1, &w.lower, &w.over) ||
	    !make_hull(p, -1, &w.upper, &w.over)) {
		status = fit_say(FIT_NO_MEMORY, why, "out of memory");
	} else if (w.over) {
		status = fit_say(FIT_RANGE, why,
				 "times and numbers do not fit in 128 bits; "
				 "give time stamps with fewer decimals");
	} else {
		w.up = w.upper.n - 1;
		*out_period = find_period(&w);
	}
	free(w.lower.at);
	free(w.upper.at);
	return status;
}
