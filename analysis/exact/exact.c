// SPDX-License-Identifier: MIT
/*
 * exact.c - arithmetic of exact fractions.
 *
 * Fractions are in lowest terms and neither part is the one number of 128
 * bits whose negative does not fit.  Factors that cancel are taken out before
 * a product is made, so that what fits in the end mostly fits on the way.
 * Most numbers have 64 bits: divisions of 128 bits are made only if needed.
 */
#include "exact/exact.h"

static const struct exact out_of_range = {0, 0};

/* Of numbers as they are, signs taken off. */
static dsi_uwide gcd(dsi_uwide a, dsi_uwide b)
{
	uint64_t small_a;
	uint64_t small_b;

	while (b && ((a | b) >> 64)) {
		dsi_uwide rest = a % b;

		a = b;
		b = rest;
	}
	if (!b)
		return a;
	small_a = (uint64_t)a;
	small_b = (uint64_t)b;
	while (small_b) {
		uint64_t rest = small_a % small_b;

		small_a = small_b;
		small_b = rest;
	}
	return small_a;
}

static dsi_uwide quotient(dsi_uwide a, dsi_uwide b)
{
	if (b == 1)
		return a;
	return (a | b) >> 64 ? a / b : (uint64_t)a / (uint64_t)b;
}

/* den > 0 and parts without a common factor. */
static struct exact lowest(dsi_wide num, dsi_wide den, bool over)
{
	struct exact result = {num, den};

	return over || wide_abs(num) > (dsi_uwide)DSI_WIDE_MAX ? out_of_range
							       : result;
}

struct exact exact_int(int64_t value)
{
	struct exact result = {value, 1};

	return result;
}

struct exact exact_make(dsi_wide num, dsi_wide den)
{
	dsi_uwide n = wide_abs(num);
	dsi_uwide d = wide_abs(den);
	dsi_uwide common;
	struct exact result;

	if (!d)
		return out_of_range;
	common = gcd(n, d);
	n = quotient(n, common);
	d = quotient(d, common);
	if (n > (dsi_uwide)DSI_WIDE_MAX || d > (dsi_uwide)DSI_WIDE_MAX)
		return out_of_range;
	result.num = (num < 0) != (den < 0) ? -(dsi_wide)n : (dsi_wide)n;
	result.den = (dsi_wide)d;
	return result;
}

bool exact_ok(struct exact a)
{
	return a.den > 0;
}

/* With g = gcd(b, d): a/b + c/d = (a (d/g) + c (b/g)) / (b (d/g)), and what
 * cancels of that divides g (Knuth, The Art of Computer Programming, volume
 * 2, 4.5.1). */
struct exact exact_add(struct exact a, struct exact b)
{
	bool over = false;
	dsi_wide common;
	dsi_wide rest;
	dsi_wide sum;

	if (!exact_ok(a) || !exact_ok(b))
		return out_of_range;
	if (a.den == 1 && b.den == 1) {
		sum = wide_add(a.num, b.num, &over);
		return lowest(sum, 1, over);
	}
	common = (dsi_wide)gcd((dsi_uwide)a.den, (dsi_uwide)b.den);
	rest = wide_quotient(b.den, common);
	sum = wide_add(wide_mul(a.num, rest, &over),
		       wide_mul(b.num, wide_quotient(a.den, common), &over),
		       &over);
	if (over)
		return out_of_range;
	rest = (dsi_wide)gcd(wide_abs(sum), (dsi_uwide)common);
	common = wide_mul(wide_quotient(a.den, common),
			  wide_quotient(b.den, rest), &over);
	return lowest(sum / rest, common, over);
}

struct exact exact_neg(struct exact a)
{
	a.num = -a.num;
	return a;
}

struct exact exact_sub(struct exact a, struct exact b)
{
	return exact_add(a, exact_neg(b));
}

struct exact exact_mul(struct exact a, struct exact b)
{
	bool over = false;
	dsi_wide left;
	dsi_wide right;
	dsi_wide num;
	dsi_wide den;

	if (!exact_ok(a) || !exact_ok(b))
		return out_of_range;
	left = (dsi_wide)gcd(wide_abs(a.num), (dsi_uwide)b.den);
	right = (dsi_wide)gcd(wide_abs(b.num), (dsi_uwide)a.den);
	num = wide_mul(wide_quotient(a.num, left), wide_quotient(b.num, right),
		       &over);
	den = wide_mul(wide_quotient(a.den, right), wide_quotient(b.den, left),
		       &over);
	return lowest(num, den, over);
}

struct exact exact_div(struct exact a, struct exact b)
{
	struct exact inverse = {b.den, b.num};

	if (!exact_ok(b) || b.num == 0)
		return out_of_range;
	if (b.num < 0) {
		inverse.num = -b.den;
		inverse.den = -b.num;
	}
	return exact_mul(a, inverse);
}

struct exact exact_floor(struct exact a)
{
	struct exact result = {0, 1};

	if (!exact_ok(a))
		return out_of_range;
	result.num = wide_floor(a.num, a.den);
	return result;
}

struct exact exact_ceil(struct exact a)
{
	struct exact result = {0, 1};

	if (!exact_ok(a))
		return out_of_range;
	result.num = wide_ceil(a.num, a.den);
	return result;
}

static int sign_of_difference(dsi_wide a, dsi_wide b)
{
	return (a > b) - (a < b);
}

/* By their whole parts, and if these are equal, the inverses of what is left,
 * the other way round: no product is needed, nothing can overflow.  Neither is
 * negative. */
static int compare_by_quotients(struct exact a, struct exact b)
{
	int sign = 1;

	for (;;) {
		dsi_wide whole_a = wide_floor(a.num, a.den);
		dsi_wide whole_b = wide_floor(b.num, b.den);
		dsi_wide rest_a = a.num - whole_a * a.den;
		dsi_wide rest_b = b.num - whole_b * b.den;

		if (whole_a != whole_b)
			return sign * sign_of_difference(whole_a, whole_b);
		if (rest_a == 0 || rest_b == 0)
			return sign * sign_of_difference(rest_a, rest_b);
		a.num = a.den;
		a.den = rest_a;
		b.num = b.den;
		b.den = rest_b;
		sign = -sign;
	}
}

int exact_cmp(struct exact a, struct exact b)
{
	dsi_uwide all;

	if (!exact_ok(a) || !exact_ok(b))
		return 0;
	if (a.den == b.den)
		return sign_of_difference(a.num, b.num);
	all = wide_abs(a.num) | (dsi_uwide)a.den | wide_abs(b.num) |
	      (dsi_uwide)b.den;
	if (!(all >> 63))
		return sign_of_difference(a.num * b.den, b.num * a.den);
	if ((a.num < 0) != (b.num < 0))
		return a.num < 0 ? -1 : 1;
	return a.num < 0 ? compare_by_quotients(exact_neg(b), exact_neg(a))
			 : compare_by_quotients(a, b);
}

int exact_sign(struct exact a)
{
	return sign_of_difference(a.num, 0);
}

struct exact exact_min(struct exact a, struct exact b)
{
	if (!exact_ok(a) || !exact_ok(b))
		return out_of_range;
	return exact_cmp(a, b) <= 0 ? a : b;
}

struct exact exact_max(struct exact a, struct exact b)
{
	if (!exact_ok(a) || !exact_ok(b))
		return out_of_range;
	return exact_cmp(a, b) >= 0 ? a : b;
}

static dsi_wide lcm(dsi_uwide a, dsi_uwide b, bool *over)
{
	return wide_mul((dsi_wide)quotient(a, gcd(a, b)), (dsi_wide)b, over);
}

struct exact exact_lcm(struct exact a, struct exact b)
{
	bool over = false;
	dsi_wide num;

	if (!exact_ok(a) || !exact_ok(b) || a.num <= 0 || b.num <= 0)
		return out_of_range;
	num = lcm((dsi_uwide)a.num, (dsi_uwide)b.num, &over);
	return lowest(num, (dsi_wide)gcd((dsi_uwide)a.den, (dsi_uwide)b.den),
		      over);
}

struct exact exact_gcd(struct exact a, struct exact b)
{
	bool over = false;
	dsi_wide den;

	if (!exact_ok(a) || !exact_ok(b))
		return out_of_range;
	den = lcm((dsi_uwide)a.den, (dsi_uwide)b.den, &over);
	return lowest((dsi_wide)gcd(wide_abs(a.num), wide_abs(b.num)), den,
		      over);
}

bool exact_to_u64(struct exact a, uint64_t *out)
{
	if (a.den != 1 || a.num < 0 || (dsi_uwide)a.num > UINT64_MAX)
		return false;
	*out = (uint64_t)a.num;
	return true;
}

bool exact_to_i64(struct exact a, int64_t *out)
{
	if (a.den != 1 || a.num < INT64_MIN || a.num > INT64_MAX)
		return false;
	*out = (int64_t)a.num;
	return true;
}

double exact_double(struct exact a)
{
	return exact_ok(a) ? (double)a.num / (double)a.den : 0.0;
}
