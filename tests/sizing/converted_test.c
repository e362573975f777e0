/* SPDX-License-Identifier: MIT */
/*
 * converted_test.c - streams in other words: spans and windows, other clocks,
 * stages, and the models of jcs.h, with numbers worked out by hand; and what has
 * no exact answer.
 */
#include <cmocka.h>

#include <stddef.h>

#include <dsi/errno.h>
#include <dsi/jcs.h>

/* 10 ticks apart, 4 late at most, never closer than 3; 100 bytes each. */
static struct dsi_jcs stream(void)
{
	return (struct dsi_jcs){.size = sizeof(struct dsi_jcs),
				.period = 10,
				.jitter = 4,
				.distance = 3,
				.min_bytes = 100,
				.max_bytes = 100};
}

static void spans(void **state)
{
	struct dsi_jcs jcs = stream();
	uint64_t least = 0;
	uint64_t most = 0;

	(void)state;
	/* Five packets: four periods, less or more the jitter. */
	assert_int_equal(dsi_jcs_span(&jcs, 5, &least, &most), 0);
	assert_int_equal(least, 36);
	assert_int_equal(most, 44);
	assert_int_equal(dsi_jcs_span(&jcs, 5, &least, NULL), 0);
	assert_int_equal(dsi_jcs_span(&jcs, 0, &least, &most), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_span(&jcs, 5, NULL, &most), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_span(NULL, 5, &least, &most), -DSI_EINVAL);
	jcs.flags = DSI_JCS_UPPER_ONLY;
	assert_int_equal(dsi_jcs_span(&jcs, 5, &least, &most), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_span(&jcs, 5, &least, NULL), 0);
	jcs.flags = 0;
	jcs.period = DSI_TICKS_MAX;
	assert_int_equal(dsi_jcs_span(&jcs, UINT64_MAX, &least, &most),
			 -DSI_EOVERFLOW);
	/* The least fits, the most does not. */
	jcs.period = DSI_TICKS_MAX / 2;
	jcs.jitter = DSI_TICKS_MAX;
	assert_int_equal(dsi_jcs_span(&jcs, 8, &least, NULL), 0);
	assert_int_equal(dsi_jcs_span(&jcs, 8, &least, &most), -DSI_EOVERFLOW);
}

static void windows(void **state)
{
	struct dsi_jcs jcs = stream();
	uint64_t least = 0;
	uint64_t most = 0;

	(void)state;
	assert_int_equal(
		dsi_jcs_count(&jcs, 26, DSI_WINDOW_CLOSED, &least, &most), 0);
	/* One at each end: 26 = 3 periods - jitter. */
	assert_int_equal(most, 4);
	assert_int_equal(least, 2);
	assert_int_equal(dsi_jcs_count(&jcs, 26, DSI_WINDOW_OPEN, NULL, &most),
			 0);
	assert_int_equal(most, 3);
	assert_int_equal(
		dsi_jcs_count(&jcs, 26, DSI_WINDOW_OPEN + 1, &least, &most),
		-DSI_EINVAL);
	assert_int_equal(dsi_jcs_count(&jcs, 26, 0, &least, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_count(NULL, 26, 0, &least, &most),
			 -DSI_EINVAL);
	jcs.flags = DSI_JCS_UPPER_ONLY;
	assert_int_equal(dsi_jcs_count(&jcs, 26, 0, &least, &most),
			 -DSI_EINVAL);
	jcs.period = 1;
	jcs.distance = 0;
	assert_int_equal(
		dsi_jcs_count(&jcs, UINT64_MAX, DSI_WINDOW_CLOSED, NULL, &most),
		-DSI_EOVERFLOW);
}

static void other_clocks(void **state)
{
	struct dsi_jcs jcs = stream();
	struct dsi_jcs out = {0};

	(void)state;
	jcs.offset = -7;
	assert_int_equal(dsi_jcs_rescale(&jcs, 10, 1000, &out), 0);
	assert_int_equal(out.period, 1000);
	assert_int_equal(out.jitter, 400);
	assert_int_equal(out.distance, 300);
	assert_true(out.offset == -700);
	jcs.offset = 7;
	assert_int_equal(dsi_jcs_rescale(&jcs, 1, 2, &out), 0);
	assert_true(out.offset == 14);
	/* Each of the four in turn is no whole number of ticks. */
	jcs = stream();
	jcs.jitter = 5;
	jcs.distance = 5;
	assert_int_equal(dsi_jcs_rescale(&jcs, 5, 1, &out), 0);
	jcs.offset = 3;
	assert_int_equal(dsi_jcs_rescale(&jcs, 5, 1, &out), -DSI_ERANGE);
	jcs.distance = 4;
	assert_int_equal(dsi_jcs_rescale(&jcs, 5, 1, &out), -DSI_ERANGE);
	jcs.jitter = 4;
	assert_int_equal(dsi_jcs_rescale(&jcs, 5, 1, &out), -DSI_ERANGE);
	jcs.period = 11;
	assert_int_equal(dsi_jcs_rescale(&jcs, 5, 1, &out), -DSI_ERANGE);
	assert_int_equal(out.period, 2);
	jcs.period = DSI_TICKS_MAX;
	assert_int_equal(dsi_jcs_rescale(&jcs, 1, 2, &out), -DSI_EOVERFLOW);
	assert_int_equal(dsi_jcs_rescale(&jcs, 0, 2, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_rescale(&jcs, 2, 0, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_rescale(&jcs, 1, 1, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_rescale(NULL, 1, 1, &out), -DSI_EINVAL);
}

static void stages(void **state)
{
	struct dsi_jcs jcs = stream();
	struct dsi_jcs out = {0};

	(void)state;
	/* 5 to 7 ticks later: 2 more of jitter, 2 less between two. */
	assert_int_equal(dsi_jcs_stage(&jcs, 5, 7, 0, &out), 0);
	assert_int_equal(out.jitter, 6);
	assert_int_equal(out.distance, 1);
	assert_true(out.offset == 5);
	assert_int_equal(dsi_jcs_stage(&jcs, 5, 9, 0, &out), 0);
	assert_int_equal(out.distance, 0);
	assert_int_equal(dsi_jcs_stage(&jcs, 5, 7, 4, &out), 0);
	assert_int_equal(out.distance, 4);
	assert_int_equal(dsi_jcs_stage(&jcs, 7, 5, 0, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_stage(&jcs, 5, 7, 11, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_stage(&jcs, 5, DSI_TICKS_MAX + 1, 0, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_jcs_stage(&jcs, 5, 7, 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_stage(NULL, 5, 7, 0, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_stage(&jcs, 0, DSI_TICKS_MAX, 0, &out),
			 -DSI_EOVERFLOW);
	jcs.offset = 1;
	assert_int_equal(
		dsi_jcs_stage(&jcs, DSI_TICKS_MAX, DSI_TICKS_MAX, 0, &out),
		-DSI_EOVERFLOW);
}

static void to_others(void **state)
{
	struct dsi_jcs jcs = stream();
	struct dsi_pjd pjd;
	struct dsi_gcra gcra;
	struct dsi_lbap lbap;
	struct dsi_token_bucket bucket;
	struct dsi_tspec tspec;
	struct dsi_vbr vbr;

	(void)state;
	assert_int_equal(dsi_jcs_to_pjd(&jcs, &pjd), 0);
	assert_int_equal(pjd.distance, 3);
	assert_int_equal(dsi_jcs_to_gcra(&jcs, &gcra), 0);
	assert_int_equal(gcra.limit, 4);
	assert_int_equal(dsi_jcs_to_lbap(&jcs, &lbap), 0);
	assert_int_equal(lbap.burst.num, 7); /* 14 / 10 */
	assert_int_equal(lbap.burst.den, 5);
	assert_int_equal(dsi_jcs_to_token_bucket(&jcs, &bucket), 0);
	assert_int_equal(bucket.burst.num, 140);
	assert_int_equal(bucket.burst.den, 1);
	assert_int_equal(dsi_jcs_to_tspec(&jcs, &tspec), 0);
	assert_int_equal(tspec.peak.num, 100);
	assert_int_equal(tspec.peak.den, 3);
	assert_int_equal(dsi_jcs_to_vbr(&jcs, &vbr), 0);
	assert_int_equal(vbr.burst, 1); /* 1 + floor(4 / 7) */
	/* Evenly spaced: as many as one likes without being early. */
	jcs.distance = 10;
	assert_int_equal(dsi_jcs_to_vbr(&jcs, &vbr), 0);
	assert_true(vbr.burst == UINT64_MAX);
	/* No distance: no peak. */
	jcs.distance = 0;
	assert_int_equal(dsi_jcs_to_tspec(&jcs, &tspec), 0);
	assert_int_equal(tspec.peak.den, 0);
}

static void to_others_refused(void **state)
{
	struct dsi_jcs jcs = stream();
	struct dsi_pjd pjd;
	struct dsi_gcra gcra;
	struct dsi_lbap lbap;
	struct dsi_token_bucket bucket;
	struct dsi_tspec tspec;
	struct dsi_vbr vbr;

	(void)state;
	assert_int_equal(dsi_jcs_to_pjd(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_pjd(NULL, &pjd), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_gcra(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_gcra(NULL, &gcra), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_lbap(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_lbap(NULL, &lbap), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_token_bucket(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_token_bucket(NULL, &bucket), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_tspec(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_tspec(NULL, &tspec), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_vbr(&jcs, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_vbr(NULL, &vbr), -DSI_EINVAL);
	/* Bytes of no known size; and more than the numbers hold. */
	jcs.max_bytes = 0;
	jcs.min_bytes = 0;
	assert_int_equal(dsi_jcs_to_token_bucket(&jcs, &bucket), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_to_tspec(&jcs, &tspec), -DSI_EINVAL);
	jcs.period = 3;
	jcs.distance = 1;
	jcs.max_bytes = UINT64_MAX - 1;
	jcs.jitter = DSI_TICKS_MAX;
	assert_int_equal(dsi_jcs_to_tspec(&jcs, &tspec), -DSI_EOVERFLOW);
}

static void from_others(void **state)
{
	struct dsi_jcs out = {0};
	struct dsi_pjd pjd = {10, 4, 3};
	struct dsi_gcra gcra = {10, 4};
	struct dsi_lbap lbap = {{1, 10}, {7, 5}};
	struct dsi_token_bucket bucket = {{10, 1}, {140, 1}, 100};
	struct dsi_tspec tspec = {{100, 3}, {10, 1}, {140, 1}, 100};
	struct dsi_vbr vbr = {{1, 3}, {1, 10}, 4, 3};

	(void)state;
	assert_int_equal(dsi_jcs_from_pjd(&pjd, &out), 0);
	assert_int_equal(out.jitter, 4);
	assert_int_equal(dsi_jcs_from_gcra(&gcra, &out), 0);
	assert_int_equal(out.flags, DSI_JCS_UPPER_ONLY);
	assert_int_equal(dsi_jcs_from_lbap(&lbap, &out), 0);
	assert_int_equal(out.period, 10);
	assert_int_equal(out.jitter, 4);
	assert_int_equal(dsi_jcs_from_token_bucket(&bucket, &out), 0);
	assert_int_equal(out.jitter, 4);
	assert_int_equal(out.max_bytes, 100);
	assert_int_equal(dsi_jcs_from_tspec(&tspec, &out), 0);
	assert_int_equal(out.distance, 3);
	/* Three at the peak: 2 x (10 - 3) early. */
	assert_int_equal(dsi_jcs_from_vbr(&vbr, &out), 0);
	assert_int_equal(out.jitter, 14);
	vbr.burst = UINT64_MAX;
	assert_int_equal(dsi_jcs_from_vbr(&vbr, &out), 0);
	assert_int_equal(out.jitter, 4);
	vbr.burst = 0;
	assert_int_equal(dsi_jcs_from_vbr(&vbr, &out), 0);
}

static void nothing_given(void **state)
{
	struct dsi_jcs out = {0};
	struct dsi_pjd pjd = {10, 4, 3};
	struct dsi_gcra gcra = {10, 4};
	struct dsi_lbap lbap = {{1, 10}, {7, 5}};
	struct dsi_token_bucket bucket = {{10, 1}, {140, 1}, 100};
	struct dsi_tspec tspec = {{100, 3}, {10, 1}, {140, 1}, 100};
	struct dsi_vbr vbr = {{1, 3}, {1, 10}, 4, 3};

	(void)state;
	assert_int_equal(dsi_jcs_from_pjd(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_pjd(&pjd, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_gcra(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_gcra(&gcra, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_lbap(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_lbap(&lbap, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_token_bucket(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_token_bucket(&bucket, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_tspec(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_tspec(&tspec, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_vbr(NULL, &out), -DSI_EINVAL);
	assert_int_equal(dsi_jcs_from_vbr(&vbr, NULL), -DSI_EINVAL);
}

static int from(struct dsi_ratio rate, struct dsi_ratio burst, uint64_t size)
{
	struct dsi_token_bucket bucket = {rate, burst, size};
	struct dsi_jcs out = {0};

	return dsi_jcs_from_token_bucket(&bucket, &out);
}

static int from_vbr(struct dsi_ratio peak, struct dsi_ratio sustained,
		    uint64_t tolerance, uint64_t burst)
{
	struct dsi_vbr vbr = {peak, sustained, tolerance, burst};
	struct dsi_jcs out = {0};

	return dsi_jcs_from_vbr(&vbr, &out);
}

static void from_others_refused(void **state)
{
	const struct dsi_ratio one = {1, 1};
	const struct dsi_ratio zero = {0, 1};
	const struct dsi_ratio none = {1, 0};
	const struct dsi_ratio most = {UINT64_MAX, 1};
	const struct dsi_ratio slow = {1, UINT64_MAX};

	(void)state;
	assert_int_equal(from(none, one, 1), -DSI_EINVAL);
	assert_int_equal(from(zero, one, 1), -DSI_EINVAL);
	assert_int_equal(from(one, none, 1), -DSI_EINVAL);
	assert_int_equal(from(one, one, 0), -DSI_EINVAL);
	/* A bucket that is smaller than a packet; a period of 3 / 2. */
	assert_int_equal(from(one, one, 2), -DSI_EINVAL);
	assert_int_equal(from((struct dsi_ratio){2, 1}, most, 3), -DSI_ERANGE);
	assert_int_equal(from(slow, most, 1), -DSI_EOVERFLOW);
	assert_int_equal(from(slow, most, UINT64_MAX), -DSI_EOVERFLOW);
	assert_int_equal(from((struct dsi_ratio){1, 4}, most, 1),
			 -DSI_EOVERFLOW);
	assert_int_equal(from_vbr(one, none, 0, 1), -DSI_EINVAL);
	assert_int_equal(from_vbr(one, zero, 0, 1), -DSI_EINVAL);
	assert_int_equal(from_vbr(zero, one, 0, 1), -DSI_EINVAL);
	assert_int_equal(from_vbr((struct dsi_ratio){1, 2}, one, 0, 1),
			 -DSI_EINVAL);
	assert_int_equal(from_vbr(one, (struct dsi_ratio){1, DSI_TICKS_MAX}, 0,
				  UINT64_MAX - 1),
			 -DSI_EOVERFLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(windows),
		cmocka_unit_test(other_clocks),
		cmocka_unit_test(stages),
		cmocka_unit_test(to_others),
		cmocka_unit_test(to_others_refused),
		cmocka_unit_test(from_others),
		cmocka_unit_test(nothing_given),
		cmocka_unit_test(from_others_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
