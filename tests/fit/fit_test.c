// SPDX-License-Identifier: MIT
/*
 * fit_test.c - the fit against brute force over all pairs of points, known
 * spans, and time stamps as they are written.
 */
#include <string.h>

#include <cmocka.h>

#include "fit/fit.h"

#define MOST 5

static int64_t oracle_spread(const struct fit_point *at, size_t n, int64_t p,
			     int64_t q)
{
	int64_t low = 0;
	int64_t high = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int64_t late = q * at[i].time - p * at[i].number;

		if (i == 0 || late < low)
			low = late;
		if (i == 0 || late > high)
			high = late;
	}
	return high - low;
}

/* Least jitter over all slopes of pairs, and the range of those slopes. */
static void oracle(const struct fit_point *at, size_t n, struct exact *jitter,
		   struct exact *low, struct exact *high)
{
	bool any = false;
	size_t a;
	size_t b;

	for (a = 0; a < n; a++) {
		for (b = a + 1; b < n; b++) {
			int64_t p = at[b].time - at[a].time;
			int64_t q = at[b].number - at[a].number;
			struct exact slope = exact_make(p, q);
			struct exact tau =
				exact_make(oracle_spread(at, n, p, q), q);
			int order;

			if (p <= 0)
				continue;
			order = any ? exact_cmp(tau, *jitter) : -1;
			if (order > 0)
				continue;
			*low = order < 0 ? slope : exact_min(*low, slope);
			*high = order < 0 ? slope : exact_max(*high, slope);
			*jitter = tau;
			any = true;
		}
	}
}

static void compare(const struct fit_point *at, size_t n)
{
	struct fit_point copy[MOST];
	struct fit_points p = {.at = copy, .n = n, .unit = exact_int(1)};
	char why[FIT_WHY_BYTES] = "";
	struct exact jitter = exact_int(0);
	struct exact low = exact_int(0);
	struct exact high = exact_int(0);
	struct fit fit;
	struct fit known;

	memcpy(copy, at, n * sizeof(*at));
	if (at[n - 1].time == at[0].time) {
		assert_int_equal(fit_tightest(&p, &fit, why), FIT_BAD);
		assert_non_null(strstr(why, "do not advance"));
		return;
	}
	assert_int_equal(fit_tightest(&p, &fit, why), FIT_OK);
	oracle(at, n, &jitter, &low, &high);
	assert_int_equal(exact_cmp(fit.jitter, jitter), 0);
	assert_int_equal(exact_cmp(fit.period, low), 0);
	/* There is never more than one. */
	assert_int_equal(exact_cmp(fit.period, high), 0);
	assert_int_equal(fit_known(&p, fit.period, &known, why), FIT_OK);
	assert_int_equal(exact_cmp(known.offset, fit.offset), 0);
	assert_int_equal(exact_sign(fit_lateness(&fit, &p, fit.earliest)), 0);
	assert_int_equal(
		exact_cmp(fit_lateness(&fit, &p, fit.latest), fit.jitter), 0);
}

/* All traces of up to five packets: gaps in time 0..4, in numbers 1..2. */
static uint64_t all_traces(struct fit_point *at, size_t n)
{
	uint64_t count = 0;
	int64_t time;
	int64_t step;

	if (n >= 2) {
		compare(at, n);
		count++;
	}
	if (n == MOST)
		return count;
	for (step = 1; step <= 2; step++) {
		for (time = 0; time <= 4; time++) {
			at[n].number = at[n - 1].number + step;
			at[n].time = at[n - 1].time + time;
			count += all_traces(at, n + 1);
		}
	}
	return count;
}

static void tightest_is_least(void **state)
{
	struct fit_point at[MOST] = {{0, 0}};
	uint64_t count = all_traces(at, 1);

	(void)state;
	assert_true(count >= 1500);
	print_message("%llu traces\n", (unsigned long long)count);
}

/* Every breach is one by a bound of all pairs, and none is missed. */
static void check_agrees(void **state)
{
	static struct fit_point at[] = {{0, 0},	 {1, 12}, {2, 19},
					{4, 41}, {5, 44}, {6, 62}};
	struct fit_points p = {.at = at, .n = 6, .unit = exact_int(1)};
	char why[FIT_WHY_BYTES] = "";
	struct fit_breach breach;

	(void)state;
	/* latenesses for 10: 0 2 -1 1 -6 2 */
	assert_int_equal(
		fit_check_jitter(&p, exact_int(10), exact_int(8), &breach, why),
		FIT_OK);
	assert_int_equal(breach.what, FIT_KEPT);
	assert_int_equal(
		fit_check_jitter(&p, exact_int(10), exact_int(7), &breach, why),
		FIT_OK);
	assert_int_equal(breach.what, FIT_JITTER_BROKEN);
	assert_int_equal(breach.at, 4);
	assert_int_equal(breach.since, 1);
	assert_false(breach.late);
	assert_int_equal(exact_cmp(breach.excess, exact_int(1)), 0);
	assert_int_equal(fit_check_jitter(&p, exact_int(10), exact_make(3, 2),
					  &breach, why),
			 FIT_OK);
	assert_int_equal(breach.at, 1);
	assert_true(breach.late);
	assert_int_equal(exact_cmp(breach.excess, exact_make(1, 2)), 0);
	fit_check_distance(&p, exact_int(3), &breach);
	assert_int_equal(breach.what, FIT_KEPT);
	fit_check_distance(&p, exact_int(5), &breach);
	assert_int_equal(breach.at, 4);
	assert_int_equal(exact_cmp(breach.excess, exact_int(2)), 0);
}

/* pyCPA, examples/trace_example.py (repository IDA-TUBS/pycpa, 824e794). */
static void spans_of_pycpa(void **state)
{
	static const int64_t times[] = {0, 10, 20, 30, 32, 40, 50};
	static const int64_t min[] = {0, 2, 10, 20, 30, 40, 42, 50, 60};
	static const int64_t max[] = {0, 10, 20, 30, 32, 40, 50, 60, 64};
	struct fit_point at[7];
	struct fit_points p = {.at = at, .n = 7, .unit = exact_int(1)};
	struct fit_spans spans;
	int64_t low[9] = {0};
	int64_t high[9] = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		at[i] = (struct fit_point){(int64_t)i, times[i]};
	fit_spans(&p, &spans);
	assert_int_equal(spans.n, 6);
	for (i = 0; i < 5; i++) {
		assert_int_equal(spans.gaps[i], i + 1);
		low[i + 1] = spans.min[i];
		high[i + 1] = spans.max[i];
	}
	assert_int_equal(spans.min[5], 50);
	fit_spans_extend(low, high, 5, 8);
	for (i = 0; i < 9; i++) {
		assert_int_equal(low[i], min[i]);
		assert_int_equal(high[i], max[i]);
	}
}

static void missing_numbers(void **state)
{
	static struct fit_point at[] = {{10, 0}, {11, 10}, {14, 18}, {15, 51}};
	struct fit_points p = {.at = at, .n = 4, .unit = exact_int(1)};
	char why[FIT_WHY_BYTES] = "";
	struct fit_spans spans;
	struct fit fit;

	(void)state;
	assert_int_equal(fit_known(&p, exact_int(10), &fit, why), FIT_OK);
	assert_int_equal(fit.missing, 2);
	assert_true(fit.has_distance);
	assert_int_equal(fit.distance, 10);
	assert_int_equal(exact_cmp(fit.jitter, exact_int(23)), 0);
	assert_int_equal(exact_cmp(fit.offset, exact_int(-122)), 0);
	fit_spans(&p, &spans);
	assert_int_equal(spans.n, 5);
	assert_true(spans.seen[0] && !spans.seen[1] && spans.seen[2]);
	assert_int_equal(spans.min[2], 8);
}

/* Windows of the trace 0 10 20 ... with one early packet, counted by hand. */
static void counts(void **state)
{
	static const int64_t times[] = {0, 10, 18, 30, 40, 50, 60};
	struct fit_point at[7];
	struct fit_points p = {.at = at, .n = 7, .unit = exact_int(1)};
	struct fit_spans spans;
	uint64_t min = 9;
	uint64_t max = 9;
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		at[i] = (struct fit_point){(int64_t)i, times[i]};
	fit_spans(&p, &spans);
	assert_true(fit_count(&spans, exact_int(0), &min, &max));
	assert_int_equal(max, 0);
	assert_int_equal(min, 0);
	assert_true(fit_count(&spans, exact_int(8), &min, &max));
	assert_int_equal(max, 1); /* [10,18) */
	assert_int_equal(min, 0);
	assert_true(fit_count(&spans, exact_make(17, 2), &min, &max));
	assert_int_equal(max, 2);
	assert_true(fit_count(&spans, exact_int(12), &min, &max));
	assert_int_equal(min, 1); /* (18,30) is shorter */
	assert_false(fit_count(&spans, exact_int(1000), &min, &max));
}

static void reads(const char *text, int64_t mantissa, unsigned int scale,
		  int suffix)
{
	char why[FIT_WHY_BYTES] = "";
	struct fit_number n;

	assert_true(fit_number_read(text, strlen(text), &n, why));
	assert_true(n.mantissa == mantissa);
	assert_int_equal(n.scale, scale);
	assert_int_equal(n.suffix, suffix);
}

static void refuses(const char *text)
{
	char why[FIT_WHY_BYTES] = "";
	struct fit_number n;

	assert_false(fit_number_read(text, strlen(text), &n, why));
	assert_non_null(strstr(why, text));
}

static void numbers(void **state)
{
	(void)state;
	reads("12", 12, 0, -1);
	reads("-1.50", -15, 1, -1);
	reads("0.1", 1, 1, -1);
	reads(".5", 5, 1, -1);
	reads("5.", 5, 0, -1);
	reads("3e-6", 3, 6, -1);
	reads("1.25e1", 125, 1, -1);
	reads("1e3", 1000, 0, -1);
	reads("20.5ms", 205, 1, 3);
	reads("7 us", 7, 0, 6);
	reads("7 \xc2\xb5s", 7, 0, 6);
	reads("0", 0, 0, -1);
	reads("2e3 ms", 2000, 0, 3);
	refuses("abc");
	refuses("1.2.3");
	refuses("-");
	refuses(".");
	refuses("12 parsec");
	refuses("1e");
	refuses("0x10");
	refuses("99999999999999999999999999999999999999999");
}

static void finer_ticks(void **state)
{
	struct fit_points p = {.unit = exact_int(1)};
	char why[FIT_WHY_BYTES] = "";
	struct fit_number a = {1700000000, 0, -1};
	struct fit_number b = {(dsi_wide)17000000005, 1, -1};
	struct fit_number c = {(dsi_wide)1700000001000000001, 9, -1};
	struct fit_number far = {(dsi_wide)99999999999999, 0, -1};

	(void)state;
	assert_int_equal(fit_points_add(&p, 0, &a, why), FIT_OK);
	assert_int_equal(fit_points_add(&p, 1, &b, why), FIT_OK);
	assert_int_equal(fit_points_add(&p, 2, &c, why), FIT_OK);
	assert_int_equal(p.at[1].time, 500000000);
	assert_int_equal(p.at[2].time, 1000000001);
	assert_int_equal(exact_cmp(fit_tick(&p), exact_make(1, 1000000000)), 0);
	assert_int_equal(fit_points_add(&p, 3, &far, why), FIT_RANGE);
	fit_points_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tightest_is_least),
		cmocka_unit_test(check_agrees),
		cmocka_unit_test(spans_of_pycpa),
		cmocka_unit_test(missing_numbers),
		cmocka_unit_test(counts),
		cmocka_unit_test(numbers),
		cmocka_unit_test(finer_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
