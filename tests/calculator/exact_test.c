// SPDX-License-Identifier: MIT
/*
 * exact_test.c - exact fractions, at their limits too: what does not fit is
 * "out of range", and nothing is ever rounded.
 */
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exact/exact.h"

#define LARGEST DSI_WIDE_MAX
#define SMALLEST (-DSI_WIDE_MAX - 1)

static void is(struct exact a, const char *text)
{
	char shown[EXACT_TEXT_BYTES];

	assert_string_equal(exact_text(a, shown), text);
}

static struct exact of(const char *text)
{
	struct exact value = {0, 0};

	assert_true(exact_parse(text, strlen(text), &value));
	return value;
}

static void make(void **state)
{
	(void)state;
	is(exact_make(6, -4), "-3/2");
	is(exact_make(-6, -4), "3/2");
	is(exact_make(0, -7), "0");
	is(exact_make(5, 0), "out of range");
	is(exact_make(SMALLEST, 2), "-85070591730234615865843651857942052864");
	is(exact_make(2, SMALLEST),
	   "-1/85070591730234615865843651857942052864");
	is(exact_make(SMALLEST, SMALLEST), "1");
	is(exact_make(SMALLEST, 1), "out of range");
	is(exact_make(1, SMALLEST), "out of range");
	is(exact_make(LARGEST, LARGEST), "1");
	is(exact_make(-LARGEST, 1), "-170141183460469231731687303715884105727");
}

static void sums(void **state)
{
	struct exact half = exact_make(LARGEST - 1, 2);

	(void)state;
	is(exact_add(of("1/6"), of("1/10")), "4/15");
	is(exact_sub(of("1/6"), of("1/6")), "0");
	is(exact_sub(of("1001/30000"), of("1024/48000")), "361/30000");
	is(exact_add(half, half), "170141183460469231731687303715884105726");
	is(exact_add(exact_make(LARGEST, 1), exact_int(1)), "out of range");
	is(exact_sub(exact_make(-LARGEST, 1), exact_int(1)), "out of range");
	is(exact_add(exact_make(1, LARGEST), exact_make(1, LARGEST - 1)),
	   "out of range");
	is(exact_add(exact_make(1, 0), exact_int(1)), "out of range");
	is(exact_neg(of("3/7")), "-3/7");
}

static void products(void **state)
{
	struct exact big = exact_make(LARGEST, 3);

	(void)state;
	is(exact_mul(of("2/3"), of("9/4")), "3/2");
	is(exact_mul(big, of("6")), "out of range");
	is(exact_mul(exact_make(LARGEST, 1), exact_make(7, LARGEST)), "7");
	is(exact_div(of("1"), exact_neg(of("3/4"))), "-4/3");
	is(exact_div(exact_neg(of("1")), exact_neg(of("3/4"))), "4/3");
	is(exact_div(of("1"), of("0")), "out of range");
	is(exact_div(exact_make(1, 0), of("2")), "out of range");
	is(exact_mul(of("0"), of("5/3")), "0");
}

static void rounding(void **state)
{
	(void)state;
	is(exact_floor(exact_make(-7, 2)), "-4");
	is(exact_ceil(exact_make(-7, 2)), "-3");
	is(exact_floor(exact_make(7, 2)), "3");
	is(exact_ceil(exact_make(7, 2)), "4");
	is(exact_floor(exact_int(-3)), "-3");
	is(exact_ceil(exact_int(-3)), "-3");
	is(exact_floor(exact_make(-LARGEST, 2)),
	   "-85070591730234615865843651857942052864");
	is(exact_floor(exact_make(1, 0)), "out of range");
}

static void comparing(void **state)
{
	struct exact a = exact_make(LARGEST, LARGEST - 1);
	struct exact b = exact_make(LARGEST - 1, LARGEST - 2);

	(void)state;
	assert_int_equal(exact_cmp(of("1/3"), of("333/1000")), 1);
	assert_int_equal(exact_cmp(of("2/4"), of("1/2")), 0);
	assert_int_equal(exact_cmp(a, b), -1);
	assert_int_equal(exact_cmp(b, a), 1);
	assert_int_equal(exact_cmp(exact_neg(a), exact_neg(b)), 1);
	assert_int_equal(exact_cmp(exact_neg(a), b), -1);
	assert_int_equal(exact_cmp(a, exact_neg(b)), 1);
	assert_int_equal(exact_cmp(a, a), 0);
	assert_int_equal(
		exact_cmp(exact_make(-LARGEST, 3), exact_make(-1, LARGEST)),
		-1);
	assert_int_equal(exact_cmp(a, exact_int(1)), 1);
	assert_int_equal(exact_cmp(exact_int(1), b), -1);
	is(exact_min(of("1/3"), of("1/4")), "1/4");
	is(exact_max(of("1/3"), of("1/4")), "1/3");
	is(exact_max(of("1/3"), exact_make(1, 0)), "out of range");
	assert_int_equal(exact_sign(exact_int(-5)), -1);
	assert_int_equal(exact_sign(exact_int(0)), 0);
}

/* sizing.md 5.2: 640 frames of video are 1001 periods of audio. */
static void multiples(void **state)
{
	(void)state;
	is(exact_lcm(of("1001/30000"), of("8/375")), "8008/375");
	is(exact_gcd(of("1001/30000"), of("8/375")), "1/30000");
	is(exact_gcd(of("0"), of("8/375")), "8/375");
	is(exact_gcd(of("8/375"), of("0")), "8/375");
	is(exact_gcd(of("0"), of("0")), "0");
	is(exact_gcd(of("4"), exact_int(-6)), "2");
	is(exact_lcm(of("0"), of("1")), "out of range");
	is(exact_lcm(exact_make(LARGEST, 1), exact_make(LARGEST - 1, 1)),
	   "out of range");
}

static void whole(void **state)
{
	uint64_t u = 7;
	int64_t i = 7;

	(void)state;
	assert_true(exact_to_u64(of("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(exact_to_u64(of("18446744073709551616"), &u));
	assert_false(exact_to_u64(exact_int(-1), &u));
	assert_false(exact_to_u64(of("1/2"), &u));
	assert_false(exact_to_u64(exact_make(1, 0), &u));
	assert_true(u == UINT64_MAX);
	assert_true(exact_to_i64(exact_int(INT64_MIN), &i));
	assert_true(i == INT64_MIN);
	assert_false(exact_to_i64(of("9223372036854775808"), &i));
}

static void refused(const char *text)
{
	struct exact value = {42, 1};

	if (exact_parse(text, strlen(text), &value) || value.num != 42)
		fail_msg("'%s' was taken for a number", text);
}

static void parsing(void **state)
{
	(void)state;
	is(of("12"), "12");
	is(of("12.50"), "25/2");
	is(of(".5"), "1/2");
	is(of("3/4"), "3/4");
	is(of("1e3"), "1000");
	is(of("2.5E-3"), "1/400");
	is(of("1e+2"), "100");
	is(of("30000/1001"), "30000/1001");
	is(of("0.1/0.3"), "1/3");
	is(of("170141183460469231731687303715884105727"),
	   "170141183460469231731687303715884105727");
	refused("");
	refused(".");
	refused("5.");
	refused("-1");
	refused("+1");
	refused("1 ");
	refused("1e");
	refused("1e39");
	refused("1e99999999999999999999999999999999999999999999");
	refused("1/0");
	refused("1/");
	refused("1/2/3");
	refused("0x10");
	refused("170141183460469231731687303715884105728");
}

/* Sums and products of small fractions against whole numbers. */
static void small_ones(void **state)
{
	int a;
	int b;
	int c;
	int d;

	(void)state;
	for (a = -6; a <= 6; a++)
		for (b = 1; b <= 6; b++)
			for (c = -6; c <= 6; c++)
				for (d = 1; d <= 6; d++) {
					struct exact x = exact_make(a, b);
					struct exact y = exact_make(c, d);

					assert_int_equal(
						exact_cmp(exact_add(x, y),
							  exact_make(
								  a * d + c * b,
								  b * d)),
						0);
					assert_int_equal(
						exact_cmp(x, y),
						(a * d > c * b) -
							(a * d < c * b));
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make),	      cmocka_unit_test(sums),
		cmocka_unit_test(products),   cmocka_unit_test(rounding),
		cmocka_unit_test(comparing),  cmocka_unit_test(multiples),
		cmocka_unit_test(whole),      cmocka_unit_test(parsing),
		cmocka_unit_test(small_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
