// SPDX-License-Identifier: MIT
/*
 * curve_algebra_test.c - every operation on random small curves against its
 * definition.
 *
 * The definition is evaluated point by point: infimum and supremum of
 * piecewise linear functions lie at the places where one of them bends or
 * jumps, or right before or after.  Points go far beyond where a result is
 * periodic, so a period that begins too early is found.
 */
#include <cmocka.h>

#include "tests/curve/curve_random.h"

#define CURVES 400
#define ROOM 4000u

static struct curve_work work = {.max_segments = CURVE_MAX_SEGMENTS};
static struct exact places[ROOM];
static struct exact more[ROOM];

static void keep(struct exact value, int sign, bool *any, struct exact *best)
{
	if (!*any || sign * exact_cmp(value, *best) > 0)
		*best = value;
	*any = true;
}

static struct exact conv_at(const struct curve *f, const struct curve *g,
			    struct exact t)
{
	struct exact end = exact_add(t, exact_make(1, 100));
	struct exact best = exact_int(0);
	bool any = false;
	size_t n = curve_places(f, end, places, ROOM);
	size_t m = curve_places(g, end, more, ROOM);
	size_t i;

	for (i = 0; i < m; i++) {
		assert_true(n < ROOM);
		places[n++] = exact_sub(t, more[i]);
	}
	places[n++] = t;
	for (i = 0; i < n; i++) {
		struct exact s = places[i];
		struct around a;
		struct around b;

		if (exact_sign(s) < 0 || exact_cmp(s, t) > 0)
			continue;
		a = curve_around(f, s);
		b = curve_around(g, exact_sub(t, s));
		keep(exact_add(a.value, b.value), -1, &any, &best);
		if (exact_cmp(s, t) < 0)
			keep(exact_add(a.right, b.left), -1, &any, &best);
		if (exact_sign(s) > 0)
			keep(exact_add(a.left, b.right), -1, &any, &best);
	}
	return best;
}

static struct exact deconv_at(const struct curve *f, const struct curve *g,
			      struct exact t, struct exact most)
{
	struct exact best = exact_int(0);
	bool any = false;
	size_t n = curve_places(g, most, places, ROOM);
	size_t m = curve_places(f, exact_add(t, most), more, ROOM);
	size_t i;

	for (i = 0; i < m; i++) {
		assert_true(n < ROOM);
		places[n++] = exact_sub(more[i], t);
	}
	for (i = 0; i < n; i++) {
		struct exact u = places[i];
		struct around a;
		struct around b;

		if (exact_sign(u) < 0)
			continue;
		a = curve_around(f, exact_add(t, u));
		b = curve_around(g, u);
		keep(exact_sub(a.value, b.value), 1, &any, &best);
		keep(exact_sub(a.right, b.right), 1, &any, &best);
		if (exact_sign(u) > 0)
			keep(exact_sub(a.left, b.left), 1, &any, &best);
	}
	return best;
}

static void same(struct exact a, struct exact b, const char *what, int i,
		 struct exact t)
{
	char one[EXACT_TEXT_BYTES];
	char two[EXACT_TEXT_BYTES];
	char at[EXACT_TEXT_BYTES];

	assert_true(exact_ok(a) && exact_ok(b));
	if (exact_cmp(a, b) != 0)
		fail_msg("%s of pair %d at %s: %s, should be %s", what, i,
			 exact_text(t, at), exact_text(a, one),
			 exact_text(b, two));
}

static void limits(const struct curve *r, const struct around *a,
		   const struct around *b, int op, struct exact t, int i)
{
	struct around c = curve_around(r, t);
	static const char *const names[] = {"sum", "min", "max", "difference"};
	struct exact (*const how[])(struct exact, struct exact) = {
		exact_add, exact_min, exact_max, exact_sub};

	same(c.left, how[op](a->left, b->left), names[op], i, t);
	same(c.value, how[op](a->value, b->value), names[op], i, t);
	same(c.right, how[op](a->right, b->right), names[op], i, t);
}

static void pointwise(void **state)
{
	enum curve_status (*const ops[])(
		struct curve_work *, const struct curve *, const struct curve *,
		struct curve *) = {curve_add, curve_min, curve_max, curve_sub};
	int i;

	(void)state;
	for (i = 0; i < CURVES; i++) {
		struct curve f;
		struct curve g;
		struct curve r[4];
		int64_t k;
		int op;

		curve_random(&f, i % 2);
		curve_random(&g, i % 2);
		for (op = 0; op < 4; op++)
			assert_int_equal(ops[op](&work, &f, &g, &r[op]),
					 CURVE_OK);
		for (k = 0; k < 160; k++) {
			struct exact t = exact_make(k, 4);
			struct around a = curve_around(&f, t);
			struct around b = curve_around(&g, t);

			for (op = 0; op < 4; op++)
				limits(&r[op], &a, &b, op, t, i);
		}
		for (op = 0; op < 4; op++)
			curve_free(&r[op]);
		curve_free(&f);
		curve_free(&g);
	}
}

static struct exact grid(const struct curve *r, int64_t k)
{
	struct exact far =
		exact_add(r->from, exact_mul(r->period, exact_int(3)));

	if (k % 3 == 0) /* beyond the period's beginning */
		return exact_add(exact_floor(far), exact_make(k, 4));
	return exact_make(k, k % 3 == 1 ? 4 : 6);
}

static void convolution(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < CURVES; i++) {
		struct curve f;
		struct curve g;
		struct curve r;
		int64_t k;

		curve_random(&f, i % 2);
		curve_random(&g, i % 2);
		assert_int_equal(curve_conv(&work, &f, &g, &r), CURVE_OK);
		for (k = 0; k < 45; k++) {
			struct exact t = grid(&r, k);
			struct around c = curve_around(&r, t);

			same(c.value, conv_at(&f, &g, t), "convolution", i, t);
		}
		curve_free(&r);
		curve_free(&f);
		curve_free(&g);
	}
}

static void deconvolution(void **state)
{
	int infinite = 0;
	int i;

	(void)state;
	for (i = 0; i < CURVES; i++) {
		struct curve f;
		struct curve g;
		struct curve r;
		struct exact most;
		int64_t k;

		curve_random(&f, i % 2);
		curve_random(&g, i % 2);
		most = exact_add(
			exact_max(f.from, g.from),
			exact_mul(exact_lcm(f.period, g.period), exact_int(3)));
		if (exact_cmp(curve_rate(&f), curve_rate(&g)) > 0) {
			assert_int_equal(curve_deconv(&work, &f, &g, &r),
					 CURVE_UNBOUNDED);
			infinite++;
			curve_free(&f);
			curve_free(&g);
			continue;
		}
		assert_int_equal(curve_deconv(&work, &f, &g, &r), CURVE_OK);
		for (k = 0; k < 30; k++) {
			struct exact t = grid(&r, k);
			struct around c = curve_around(&r, t);

			same(c.value, deconv_at(&f, &g, t, most),
			     "deconvolution", i, t);
		}
		curve_free(&r);
		curve_free(&f);
		curve_free(&g);
	}
	assert_in_range(infinite, CURVES / 10, CURVES * 9 / 10);
}

/* Deconvolution at 0 is the vertical deviation. */
static void vertical(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < CURVES; i++) {
		struct curve f;
		struct curve g;
		struct exact most;
		struct exact v;

		curve_random(&f, i % 2);
		curve_random(&g, i % 2);
		most = exact_add(
			exact_max(f.from, g.from),
			exact_mul(exact_lcm(f.period, g.period), exact_int(3)));
		if (exact_cmp(curve_rate(&f), curve_rate(&g)) > 0) {
			assert_int_equal(curve_vdev(&work, &f, &g, &v),
					 CURVE_UNBOUNDED);
		} else {
			assert_int_equal(curve_vdev(&work, &f, &g, &v),
					 CURVE_OK);
			same(v, deconv_at(&f, &g, exact_int(0), most),
			     "vertical deviation", i, exact_int(0));
		}
		curve_free(&f);
		curve_free(&g);
	}
}

/* h is enough, and a little less is not: f(t) <= g(t + h+) for all t. */
static bool delay_is_enough(const struct curve *f, const struct curve *g,
			    struct exact h, struct exact end)
{
	struct exact epsilon = exact_make(1, 1000000);
	size_t n = curve_places(f, end, places, ROOM);
	size_t m = curve_places(g, exact_add(end, h), more, ROOM);
	size_t i;

	for (i = 0; i < m; i++) {
		assert_true(n < ROOM);
		places[n++] = exact_sub(more[i], h);
	}
	for (i = 0; i < 3 * n; i++) {
		struct exact t = exact_add(
			places[i / 3],
			exact_mul(epsilon, exact_int((int64_t)(i % 3) - 1)));
		struct exact x;

		if (exact_sign(t) < 0)
			continue;
		x = exact_add(exact_add(t, h), exact_mul(epsilon, epsilon));
		if (exact_cmp(curve_around(f, t).value,
			      curve_around(g, x).value) > 0)
			return false;
	}
	return true;
}

static void horizontal(void **state)
{
	int finite = 0;
	int i;

	(void)state;
	for (i = 0; i < CURVES; i++) {
		struct curve f;
		struct curve g;
		struct exact h;
		struct exact end;
		enum curve_status status;

		curve_random(&f, true);
		curve_random(&g, true);
		end = exact_add(
			exact_max(f.from, g.from),
			exact_mul(exact_lcm(f.period, g.period), exact_int(3)));
		status = curve_hdev(&work, &f, &g, &h);
		if (exact_cmp(curve_rate(&f), curve_rate(&g)) > 0) {
			assert_int_equal(status, CURVE_UNBOUNDED);
		} else if (status == CURVE_OK) {
			struct exact less = exact_sub(h, exact_make(1, 1000));

			finite++;
			if (!delay_is_enough(&f, &g, h, end))
				fail_msg("pair %d: delay too small", i);
			if (exact_sign(h) > 0 &&
			    delay_is_enough(&f, &g,
					    exact_max(less, exact_int(0)), end))
				fail_msg("pair %d: delay too large", i);
		} else {
			/* Only one that does not rise is never reached. */
			assert_int_equal(status, CURVE_UNBOUNDED);
			assert_int_equal(exact_sign(g.increment), 0);
		}
		curve_free(&f);
		curve_free(&g);
	}
	assert_true(finite > CURVES / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointwise),	 cmocka_unit_test(convolution),
		cmocka_unit_test(deconvolution), cmocka_unit_test(vertical),
		cmocka_unit_test(horizontal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
