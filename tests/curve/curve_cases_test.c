// SPDX-License-Identifier: MIT
/*
 * curve_cases_test.c - published results, and jitter-constrained streams
 * against <dsi/jcs.h>.
 *
 * Sources, as docs/design/80-sizing.md and its list of external cases name
 * them:
 *
 *   nancy   rzippo/nancy @edec2fcc (MIT), tests of deviations; its arrival
 *           curve takes burst, then rate; its service curve rate, latency
 *   DNC     NetCal/DNC_func_tests @b182140, server and flow set-ups
 *   RTC     ETH Zurich, RTC Toolbox tutorial 5
 */
#include <string.h>

#include <cmocka.h>

#include <dsi/jcs.h>

#include "curve/curve.h"

static struct curve_work work = {.max_segments = CURVE_MAX_SEGMENTS};

static struct exact ratio(int64_t num, int64_t den)
{
	return exact_make(num, den);
}

static void bucket(struct curve *f, int64_t burst, struct exact rate)
{
	assert_int_equal(curve_token_bucket(&work, rate, exact_int(burst), f),
			 CURVE_OK);
}

static void server(struct curve *f, struct exact rate, struct exact latency)
{
	assert_int_equal(curve_rate_latency(&work, rate, latency, f), CURVE_OK);
}

static void delay_is(const struct curve *f, const struct curve *g,
		     struct exact expected)
{
	struct exact h;

	assert_int_equal(curve_hdev(&work, f, g, &h), CURVE_OK);
	assert_int_equal(exact_cmp(h, expected), 0);
}

static void backlog_is(const struct curve *f, const struct curve *g,
		       struct exact expected)
{
	struct exact v;

	assert_int_equal(curve_vdev(&work, f, g, &v), CURVE_OK);
	assert_int_equal(exact_cmp(v, expected), 0);
}

/* E09, E10: nancy */
static void small_buckets(void **state)
{
	struct curve f;
	struct curve g;

	(void)state;
	bucket(&f, 4, exact_int(3));
	server(&g, exact_int(4), exact_int(3));
	delay_is(&f, &g, exact_int(4));
	backlog_is(&f, &g, exact_int(13));
	curve_free(&f);
	curve_free(&g);
	bucket(&f, 2, exact_int(0));
	server(&g, exact_int(2), exact_int(2));
	delay_is(&f, &g, exact_int(3));
	backlog_is(&f, &g, exact_int(2));
	curve_free(&f);
	curve_free(&g);
}

/* E11: nancy, numbers of 14 digits */
static void big_fractions(void **state)
{
	struct curve f;
	struct curve g;

	(void)state;
	bucket(&f, 1, ratio(2441407, 1000000000));
	server(&g, ratio(149850048000, 12309415288891), ratio(27439, 40));
	delay_is(&f, &g, ratio(115102801965691, 149850048000));
	curve_free(&f);
	curve_free(&g);
}

/* E12: nancy, two servers */
static void two_latencies(void **state)
{
	struct curve f;
	struct curve g;

	(void)state;
	server(&f, ratio(275, 7), ratio(249, 44));
	server(&g, ratio(275, 7), ratio(35, 4));
	backlog_is(&f, &g, ratio(850, 7));
	delay_is(&f, &g, exact_sub(ratio(35, 4), ratio(249, 44)));
	curve_free(&f);
	curve_free(&g);
}

/* E13: nancy, after Bouillard, Boyer, Le Corronc, Deterministic Network
 * Calculus (2018), figure 5.7 */
static void two_slopes(void **state)
{
	struct curve line;
	struct curve late;
	struct curve three;
	struct curve shifted;
	struct curve g;
	struct curve f;

	(void)state;
	server(&line, exact_int(3), exact_int(0));
	server(&late, exact_int(3), exact_int(4));
	bucket(&three, 3, exact_int(0));
	assert_int_equal(curve_add(&work, &late, &three, &shifted), CURVE_OK);
	assert_int_equal(curve_min(&work, &line, &shifted, &g), CURVE_OK);
	bucket(&f, 1, exact_int(1));
	delay_is(&f, &g, exact_int(2));
	backlog_is(&f, &g, exact_int(2));
	curve_free(&f);
	bucket(&f, 1, exact_int(2));
	delay_is(&f, &g, exact_int(3));
	backlog_is(&f, &g, exact_int(6));
	curve_free(&f);
	curve_free(&g);
	curve_free(&shifted);
	curve_free(&three);
	curve_free(&late);
	curve_free(&line);
}

/* E14: nancy, arrivals faster than service */
static void infinite(void **state)
{
	struct curve f;
	struct curve g;
	struct exact value;

	(void)state;
	bucket(&f, 4, exact_int(5));
	server(&g, exact_int(4), exact_int(3));
	assert_int_equal(curve_hdev(&work, &f, &g, &value), CURVE_UNBOUNDED);
	assert_int_equal(curve_vdev(&work, &f, &g, &value), CURVE_UNBOUNDED);
	curve_free(&f);
	bucket(&f, 4, exact_int(0));
	curve_free(&g);
	bucket(&g, 3, exact_int(0));
	/* Never reached, though it does not grow faster. */
	assert_int_equal(curve_hdev(&work, &f, &g, &value), CURVE_UNBOUNDED);
	backlog_is(&f, &g, exact_int(1));
	curve_free(&f);
	curve_free(&g);
}

/* Sum of the delays at each server, the flow leaving the first as g says. */
static void server_by_server(const struct curve *f, const struct curve *one,
			     const struct curve *two, struct exact expected)
{
	struct curve between;
	struct exact first;
	struct exact second;

	assert_int_equal(curve_deconv(&work, f, one, &between), CURVE_OK);
	assert_int_equal(curve_hdev(&work, f, one, &first), CURVE_OK);
	assert_int_equal(curve_hdev(&work, &between, two, &second), CURVE_OK);
	assert_int_equal(exact_cmp(exact_add(first, second), expected), 0);
	curve_free(&between);
}

static void tandem(struct exact rate, struct exact latency, struct exact sum,
		   struct exact delay, struct exact backlog)
{
	struct curve f;
	struct curve one;
	struct curve two;
	struct curve both;

	bucket(&f, 25, exact_int(5));
	server(&one, exact_int(10), exact_int(10));
	server(&two, rate, latency);
	server_by_server(&f, &one, &two, sum);
	assert_int_equal(curve_conv(&work, &one, &two, &both), CURVE_OK);
	delay_is(&f, &both, delay);
	backlog_is(&f, &both, backlog);
	curve_free(&f);
	curve_free(&one);
	curve_free(&two);
	curve_free(&both);
}

/* E15-E18: DNC */
static void servers_in_a_row(void **state)
{
	struct curve f;
	struct curve g;
	struct curve two;

	(void)state;
	bucket(&f, 25, exact_int(5));
	server(&g, exact_int(10), exact_int(10));
	delay_is(&f, &g, ratio(25, 2));
	backlog_is(&f, &g, exact_int(75));
	tandem(exact_int(10), exact_int(10), exact_int(30), ratio(45, 2),
	       exact_int(125));
	tandem(exact_int(6), exact_int(6), exact_int(31), ratio(121, 6),
	       exact_int(105));
	assert_int_equal(curve_add(&work, &f, &f, &two), CURVE_OK);
	delay_is(&two, &g, exact_int(15));
	backlog_is(&two, &g, exact_int(150));
	curve_free(&two);
	curve_free(&f);
	curve_free(&g);
}

static void load(struct curve *f, int64_t period, struct exact work_each)
{
	struct curve packets;

	assert_int_equal(curve_jcs_max(&work, exact_int(period), exact_int(0),
				       exact_int(0), &packets),
			 CURVE_OK);
	assert_int_equal(curve_scale(&work, &packets, work_each, f), CURVE_OK);
	curve_free(&packets);
}

/* E33: RTC, what two tasks leave of a processor begins at 8.6 */
static void leftover_service(void **state)
{
	struct curve one;
	struct curve two;
	struct curve both;
	struct curve processor;
	struct curve left;
	struct exact value;
	struct exact at = ratio(43, 5);

	(void)state;
	load(&one, 10, exact_int(2));
	load(&two, 3, ratio(11, 5));
	assert_int_equal(curve_add(&work, &one, &two, &both), CURVE_OK);
	server(&processor, exact_int(1), exact_int(0));
	assert_int_equal(curve_leftover(&work, &processor, &both, &left),
			 CURVE_OK);
	curve_eval(&left, at, NULL, &value, NULL);
	assert_int_equal(exact_sign(value), 0);
	curve_eval(&left, exact_add(at, ratio(1, 1000)), NULL, &value, NULL);
	assert_int_equal(exact_cmp(value, ratio(1, 1000)), 0);
	assert_int_equal(exact_cmp(curve_rate(&left),
				   exact_sub(exact_int(1), ratio(14, 15))),
			 0);
	curve_free(&left);
	curve_free(&processor);
	curve_free(&both);
	curve_free(&two);
	curve_free(&one);
}

static void compare_stream(uint64_t period, uint64_t jitter, uint64_t distance)
{
	struct dsi_jcs jcs = {.size = sizeof(jcs),
			      .period = period,
			      .jitter = jitter,
			      .distance = distance};
	struct exact t = exact_int((int64_t)period);
	struct exact tau = exact_int((int64_t)jitter);
	struct curve most;
	struct curve fewest;
	uint64_t window;

	assert_int_equal(curve_jcs_max(&work, t, tau,
				       exact_int((int64_t)distance), &most),
			 CURVE_OK);
	assert_int_equal(curve_jcs_min(&work, t, tau, &fewest), CURVE_OK);
	for (window = 0; window < 4 * period + jitter; window++) {
		struct exact x = exact_int((int64_t)window);
		struct exact value;
		uint64_t low;
		uint64_t high;

		assert_int_equal(dsi_jcs_count(&jcs, window,
					       DSI_WINDOW_HALF_OPEN, &low,
					       &high),
				 0);
		curve_eval(&most, x, NULL, &value, NULL);
		assert_int_equal(exact_cmp(value, exact_int((int64_t)high)), 0);
		curve_eval(&fewest, x, NULL, &value, NULL);
		assert_int_equal(exact_cmp(value, exact_int((int64_t)low)), 0);
	}
	curve_free(&most);
	curve_free(&fewest);
}

static void streams(void **state)
{
	uint64_t period;
	uint64_t jitter;
	uint64_t distance;

	(void)state;
	for (period = 1; period <= 6; period++) {
		for (jitter = 0; jitter <= 14; jitter++) {
			for (distance = 0; distance <= period; distance++)
				compare_stream(period, jitter, distance);
		}
	}
}

/* Most packets and a reader's service: delay and backlog as the closed forms
 * of the data-driven reader give them (P 10, J 50, d 1, C 8: 46 and 6; pyCPA,
 * E08).  A packet counts as served when it is complete. */
static void data_driven(void **state)
{
	struct curve packets;
	struct curve demand;
	struct curve processor;

	(void)state;
	assert_int_equal(curve_jcs_max(&work, exact_int(10), exact_int(50),
				       exact_int(1), &packets),
			 CURVE_OK);
	assert_int_equal(curve_scale(&work, &packets, exact_int(8), &demand),
			 CURVE_OK);
	server(&processor, exact_int(1), exact_int(0));
	delay_is(&demand, &processor, exact_int(46));
	curve_free(&packets);
	curve_free(&demand);
	curve_free(&processor);
}

static void limits(void **state)
{
	struct curve_work few = {.max_segments = 100};
	struct curve f;
	struct curve g;
	struct curve out;

	(void)state;
	assert_int_equal(curve_jcs_max(&few, exact_int(33366667), exact_int(0),
				       exact_int(0), &f),
			 CURVE_OK);
	assert_int_equal(curve_jcs_max(&few, exact_int(21333333), exact_int(0),
				       exact_int(0), &g),
			 CURVE_OK);
	assert_int_equal(curve_conv(&few, &f, &g, &out), CURVE_RANGE);
	assert_non_null(strstr(few.why, "711822218211111"));
	assert_int_equal(curve_add(&few, &f, &g, &out), CURVE_RANGE);
	curve_free(&f);
	curve_free(&g);
	assert_int_equal(curve_jcs_max(&few, exact_int(10), exact_int(5000),
				       exact_int(1), &f),
			 CURVE_RANGE);
	assert_int_equal(
		curve_token_bucket(&few, exact_int(-1), exact_int(1), &f),
		CURVE_BAD);
	/* Products of three such numbers do not fit. */
	server(&f, ratio(1000000000000000003, 1000000000000000009),
	       ratio(1000000000000000007, 1000000000000000021));
	server(&g, ratio(1000000000000000031, 1000000000000000033),
	       ratio(1000000000000000037, 1000000000000000039));
	assert_int_equal(curve_conv(&work, &f, &g, &out), CURVE_RANGE);
	curve_free(&f);
	curve_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_buckets),
		cmocka_unit_test(big_fractions),
		cmocka_unit_test(two_latencies),
		cmocka_unit_test(two_slopes),
		cmocka_unit_test(infinite),
		cmocka_unit_test(servers_in_a_row),
		cmocka_unit_test(leftover_service),
		cmocka_unit_test(data_driven),
		cmocka_unit_test(streams),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
