// SPDX-License-Identifier: MIT
/*
 * curve_random.c - small random curves, the same in every run.
 */
#include <cmocka.h>

#include "tests/curve/curve_random.h"

static uint64_t seed = 1;

/* Knuth's MMIX generator; the high bits are the good ones. */
int64_t curve_random_below(int64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (int64_t)((seed >> 33) % (uint64_t)n);
}

static struct exact small(int64_t low, int64_t high)
{
	return exact_make(low + curve_random_below(high - low + 1), 2);
}

void curve_random(struct curve *f, bool rising)
{
	static struct curve_piece pieces[6];
	static const struct curve nothing;
	struct curve_work w = {.max_segments = 1000};
	int64_t low = rising ? 0 : -3;
	size_t from = (size_t)curve_random_below(3);
	size_t n = from + 1 + (size_t)curve_random_below(2);
	struct exact x = exact_int(0);
	struct exact y = exact_make(rising ? curve_random_below(2) : 0, 1);
	size_t i;

	*f = nothing;
	for (i = 0; i < n; i++) {
		struct curve_piece *p = &pieces[i];

		p->x = x;
		p->value = exact_add(y, curve_random_below(2) ? exact_int(0)
							      : small(low, 3));
		p->right = exact_add(p->value, curve_random_below(2)
						       ? exact_int(0)
						       : small(low, 4));
		p->slope = curve_random_below(2) ? exact_int(0) : small(low, 3);
		p->has_value = true;
		p->has_line = true;
		x = exact_add(x, small(1, 4));
		y = exact_add(p->right,
			      exact_mul(p->slope, exact_sub(x, p->x)));
	}
	/* curve_finish() takes memory it may give back: one that grows. */
	f->at = NULL;
	f->n = 0;
	{
		struct curve list = {.at = pieces,
				     .n = n,
				     .from = pieces[from].x,
				     .period = exact_sub(x, pieces[from].x)};
		struct exact rise = exact_sub(y, pieces[from].value);

		list.increment = rising ? exact_add(rise, small(0, 2))
					: exact_add(rise, small(-2, 2));
		assert_int_equal(curve_scale(&w, &list, exact_int(1), f),
				 CURVE_OK);
	}
}

struct around curve_around(const struct curve *f, struct exact t)
{
	struct around a;

	curve_eval(f, t, &a.left, &a.value, &a.right);
	return a;
}

size_t curve_places(const struct curve *f, struct exact end,
		    struct exact *places, size_t room)
{
	struct exact shift = exact_int(0);
	size_t n = 0;
	size_t i = 0;

	for (;;) {
		struct exact x = exact_add(f->at[i].x, shift);

		if (exact_cmp(x, end) >= 0)
			return n;
		assert_true(n < room);
		places[n++] = x;
		if (++i < f->n)
			continue;
		i = 0;
		while (exact_cmp(f->at[i].x, f->from) < 0)
			i++;
		shift = exact_add(shift, f->period);
	}
}
