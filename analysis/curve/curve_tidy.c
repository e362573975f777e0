// SPDX-License-Identifier: MIT
/*
 * curve_tidy.c - a list of pieces becomes a curve, in its shortest form that
 * is easy to find, and common periods.
 */
#include "curve/curve_private.h"

static bool same(struct exact a, struct exact b)
{
	return a.num == b.num && a.den == b.den;
}

static size_t index_of_from(const struct curve *f)
{
	size_t i = f->n;

	while (i > 0 && exact_cmp(f->at[i - 1].x, f->from) >= 0)
		i--;
	return i;
}

bool curve_straight(const struct curve *f)
{
	const struct curve_piece *p = &f->at[f->n - 1];

	return same(p->x, f->from) && same(p->value, p->right) &&
	       same(exact_mul(p->slope, f->period), f->increment);
}

/* A straight end begins where its line does, and has period 1. */
static void shorten_straight(struct curve *f)
{
	struct curve_piece *p = &f->at[f->n - 1];

	f->period = exact_int(1);
	f->increment = p->slope;
	while (f->n > 1) {
		const struct curve_piece *before = p - 1;
		struct exact x = exact_add(before->x, exact_int(1));

		if (!same(before->slope, p->slope) ||
		    !same(curve_line(before, p->x), p->value))
			return;
		if (!same(before->value, before->right)) {
			/* It begins with a jump, which must not come again. */
			if (exact_ok(x) && exact_cmp(x, p->x) < 0) {
				p->x = x;
				p->value = curve_line(before, x);
				p->right = p->value;
				f->from = x;
			}
			return;
		}
		f->n--;
		p--;
		f->from = p->x;
	}
}

static bool shifted(const struct curve_piece *a, const struct curve_piece *b,
		    const struct curve *f)
{
	return same(exact_add(a->x, f->period), b->x) &&
	       same(exact_add(a->value, f->increment), b->value) &&
	       same(exact_add(a->right, f->increment), b->right) &&
	       same(a->slope, b->slope);
}

/* As long as the period before the last one is like it. */
static void shorten_periodic(struct curve *f)
{
	for (;;) {
		size_t first = index_of_from(f);
		size_t n = f->n - first;
		size_t i;

		if (first < n ||
		    !same(exact_add(f->at[first - n].x, f->period), f->from))
			return;
		for (i = 0; i < n; i++) {
			if (!shifted(&f->at[first - n + i], &f->at[first + i],
				     f))
				return;
		}
		f->n -= n;
		f->from = f->at[first - n].x;
	}
}

static bool all_ok(const struct curve *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct curve_piece *p = &f->at[i];

		if (!exact_ok(p->x) || (p->has_value && !exact_ok(p->value)) ||
		    (p->has_line &&
		     (!exact_ok(p->right) || !exact_ok(p->slope))))
			return false;
	}
	return exact_ok(f->from) && exact_ok(f->period) &&
	       exact_ok(f->increment);
}

static enum curve_status out_of_range(struct curve_work *w)
{
	return curve_say(w, CURVE_RANGE,
			 "a value of the result does not fit in a fraction of "
			 "128-bit numbers");
}

enum curve_status curve_close(struct curve_work *w, struct curve *list,
			      struct exact from, struct exact period,
			      struct exact increment, struct curve *out)
{
	enum curve_status status = CURVE_OK;
	struct exact end = exact_add(from, period);

	list->from = from;
	list->period = period;
	list->increment = increment;
	if (!all_ok(list) || !exact_ok(end))
		status = out_of_range(w);
	else if (!curve_clip(list, end, out) || !curve_split(out, from))
		status = curve_no_memory(w);
	curve_free(list);
	if (status != CURVE_OK)
		return status;
	out->from = from;
	out->period = period;
	out->increment = increment;
	if (curve_straight(out))
		shorten_straight(out);
	else
		shorten_periodic(out);
	if (out->n <= w->max_segments)
		return CURVE_OK;
	curve_free(out);
	return curve_say(w, CURVE_RANGE,
			 "the result has more than %zu segments; "
			 "--max-segments sets how many there may be",
			 w->max_segments);
}

enum curve_status curve_common_period(struct curve_work *w,
				      const struct curve *f,
				      const struct curve *g, struct exact *out)
{
	char one[EXACT_TEXT_BYTES];
	char two[EXACT_TEXT_BYTES];

	if (curve_straight(f))
		*out = g->period;
	else if (curve_straight(g))
		*out = f->period;
	else
		*out = exact_lcm(f->period, g->period);
	if (exact_ok(*out))
		return CURVE_OK;
	return curve_say(w, CURVE_RANGE,
			 "the least common multiple of the periods %s and %s "
			 "does not fit in 128 bits",
			 exact_text(f->period, one),
			 exact_text(g->period, two));
}

static void widen(struct exact value, bool *any, struct exact *low,
		  struct exact *high)
{
	*low = *any ? exact_min(*low, value) : value;
	*high = *any ? exact_max(*high, value) : value;
	*any = true;
}

void curve_offsets(const struct curve *f, struct exact *low, struct exact *high)
{
	struct exact rate = curve_rate(f);
	struct exact end = exact_add(f->from, f->period);
	bool any = false;
	size_t i;

	for (i = index_of_from(f); i < f->n; i++) {
		const struct curve_piece *p = &f->at[i];
		struct exact next = i + 1 < f->n ? p[1].x : end;
		struct exact base = exact_mul(rate, p->x);

		widen(exact_sub(p->value, base), &any, low, high);
		widen(exact_sub(p->right, base), &any, low, high);
		widen(exact_sub(curve_line(p, next), exact_mul(rate, next)),
		      &any, low, high);
	}
}
