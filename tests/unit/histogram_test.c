/* SPDX-License-Identifier: MIT */
/* histogram_test.c - buckets, and percentiles against exact ones. */
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dsi/errno.h>
#include <dsi/histogram.h>

#define VALUES 20000u
#define LAST (DSI_HISTOGRAM_BUCKETS - 1u)

static uint64_t seed = 88172645463325252u;

/* Marsaglia's xorshift64. */
static uint64_t random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void small_values_are_exact(void **user)
{
	(void)user;
	for (uint32_t value = 0; value < 64; value++) {
		assert_int_equal(dsi_histogram_bucket(value), value);
		assert_int_equal(dsi_histogram_least(value), value);
		assert_int_equal(dsi_histogram_most(value), value);
	}
}

static void buckets_follow_each_other(void **user)
{
	(void)user;
	for (uint32_t i = 0; i < LAST; i++) {
		uint64_t least = dsi_histogram_least(i);
		uint64_t most = dsi_histogram_most(i);

		assert_true(least <= most);
		assert_int_equal(most + 1, dsi_histogram_least(i + 1));
		assert_int_equal(dsi_histogram_bucket(least), i);
		assert_int_equal(dsi_histogram_bucket(most), i);
		/* the documented error */
		assert_true((most - least) * 32 <= least || most == least);
	}
}

static void the_last_bucket_takes_the_rest(void **user)
{
	const uint64_t least = (UINT64_C(1) << 42) - (UINT64_C(1) << 36);

	(void)user;
	assert_int_equal(dsi_histogram_least(LAST), least);
	assert_int_equal(dsi_histogram_bucket(least - 1), LAST - 1);
	assert_int_equal(dsi_histogram_bucket(least), LAST);
	assert_int_equal(dsi_histogram_bucket(UINT64_C(1) << 42), LAST);
	assert_int_equal(dsi_histogram_bucket(UINT64_MAX), LAST);
	assert_true(dsi_histogram_most(LAST) == UINT64_MAX);
	assert_true(dsi_histogram_least(UINT32_MAX) == least);
	assert_true(dsi_histogram_most(UINT32_MAX) == UINT64_MAX);
	/* an hour of nanoseconds is told apart */
	assert_true(UINT64_C(3600000000000) < least);
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *first = a;
	const uint64_t *second = b;

	return (*first > *second) - (*first < *second);
}

static void compare_percentiles(const uint64_t *sorted, uint32_t n,
				const struct dsi_histogram *histogram)
{
	static const uint32_t asked[] = {
		0, 1, 100000, 500000, 900000, 990000, 999000, 999900, 999999,
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		/* in doubles on purpose: not the formula that is tested */
		uint64_t rank = (uint64_t)((double)n * asked[i] / 1e6);
		uint64_t exact;
		uint64_t told;

		rank += (double)rank < (double)n * asked[i] / 1e6;
		exact = sorted[rank ? rank - 1 : 0];
		told = dsi_histogram_percentile(histogram, asked[i]);
		assert_true(told >= exact);
		assert_true(told - exact <= exact / 32);
	}
	assert_int_equal(dsi_histogram_percentile(histogram, 1000000),
			 sorted[n - 1]);
	assert_int_equal(dsi_histogram_percentile(histogram, UINT32_MAX),
			 sorted[n - 1]);
}

static void percentiles_are_near_the_exact_ones(void **user)
{
	static struct dsi_histogram histogram;
	static uint64_t values[VALUES];

	(void)user;
	for (uint32_t bits = 1; bits <= 41; bits++) {
		uint32_t n = 1 + (uint32_t)(random_bits() % VALUES);

		memset(&histogram, 0, sizeof(histogram));
		histogram.size = sizeof(histogram);
		for (uint32_t i = 0; i < n; i++) {
			/* of all magnitudes up to 2^bits */
			values[i] = random_bits() >>
				    (64 - bits + random_bits() % bits);
			assert_int_equal(
				dsi_histogram_add(&histogram, values[i], 1), 0);
		}
		assert_int_equal(histogram.count, n);
		qsort(values, n, sizeof(values[0]), ascending);
		compare_percentiles(values, n, &histogram);
	}
}

/* Counts that would overflow if they were multiplied by a million. */
static void large_counts_do_not_wrap(void **user)
{
	static struct dsi_histogram histogram;

	(void)user;
	memset(&histogram, 0, sizeof(histogram));
	histogram.size = sizeof(histogram);
	assert_int_equal(dsi_histogram_add(&histogram, 10, UINT64_C(1) << 62),
			 0);
	assert_int_equal(dsi_histogram_add(&histogram, 20, UINT64_C(1) << 61),
			 0);
	assert_int_equal(dsi_histogram_percentile(&histogram, 500000), 10);
	assert_int_equal(dsi_histogram_percentile(&histogram, 666666), 10);
	assert_int_equal(dsi_histogram_percentile(&histogram, 666667), 20);
}

static void merged_is_counted_together(void **user)
{
	static struct dsi_histogram one, two, both;

	(void)user;
	one.size = two.size = both.size = sizeof(one);
	for (uint32_t i = 0; i < 1000; i++) {
		uint64_t value = random_bits() >> 30;

		assert_int_equal(dsi_histogram_add(i % 3 ? &one : &two, value,
						   1 + i % 2),
				 0);
		assert_int_equal(dsi_histogram_add(&both, value, 1 + i % 2), 0);
	}
	assert_int_equal(dsi_histogram_merge(&one, &two), 0);
	assert_memory_equal(&one, &both, sizeof(one));
}

static void what_is_no_histogram_is_refused(void **user)
{
	static struct dsi_histogram good, bad;

	(void)user;
	good.size = sizeof(good);
	bad.size = sizeof(bad) - 8;
	assert_int_equal(dsi_histogram_add(NULL, 1, 1), -DSI_EINVAL);
	assert_int_equal(dsi_histogram_add(&bad, 1, 1), -DSI_EINVAL);
	assert_int_equal(dsi_histogram_merge(&good, &bad), -DSI_EINVAL);
	assert_int_equal(dsi_histogram_merge(&bad, &good), -DSI_EINVAL);
	assert_int_equal(dsi_histogram_percentile(NULL, 1), 0);
	assert_int_equal(dsi_histogram_percentile(&bad, 1), 0);
	assert_int_equal(dsi_histogram_percentile(&good, 500000), 0);
	/* nothing counted is nothing seen */
	assert_int_equal(dsi_histogram_add(&good, 7, 0), 0);
	assert_int_equal(good.largest, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(buckets_follow_each_other),
		cmocka_unit_test(the_last_bucket_takes_the_rest),
		cmocka_unit_test(percentiles_are_near_the_exact_ones),
		cmocka_unit_test(large_counts_do_not_wrap),
		cmocka_unit_test(merged_is_counted_together),
		cmocka_unit_test(what_is_no_histogram_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
