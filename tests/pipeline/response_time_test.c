// SPDX-License-Identifier: MIT
/*
 * response_time_test.c - response times against published and recomputed
 * values.
 */
#include <stdlib.h>

#include <cmocka.h>

#include "pipeline/reservation.h"
#include "pipeline/response_time.h"

#define CAP 100000

static struct arrival_part periodic(int period, int jitter, int spacing)
{
	struct arrival_part part = {
		.period = period, .jitter = jitter, .spacing = spacing};

	return part;
}

static struct response_load load(const struct arrival_part *part, int c)
{
	struct response_load l = {
		.arrival = {.parts = part, .n_parts = 1},
		.execution = c,
	};

	return l;
}

static void expect_busy(const struct response_question *q, const int *busy,
			int n, int worst)
{
	uint32_t steps = RESPONSE_MAX_STEPS;
	dsi_wide found = 0;
	int i;

	for (i = 0; i < n; i++) {
		assert_int_equal(response_busy_time(q, i + 1, &steps, &found),
				 RESPONSE_FOUND);
		assert_int_equal((int)found, busy[i]);
	}
	assert_int_equal(response_fixed_priority(q, &found), RESPONSE_FOUND);
	assert_int_equal((int)found, worst);
}

/* E01: pyCPA, test/test_spp.py, first processor: T11 C 10 P 30 J 5 above T12
 * C 3 P 15 J 6 (repository IDA-TUBS/pycpa, MIT). */
static void pycpa_first_cpu(void **state)
{
	const struct arrival_part p11 = periodic(30, 5, 0);
	const struct arrival_part p12 = periodic(15, 6, 0);
	const struct response_load t11 = load(&p11, 10);
	const struct response_question high = {.own = t11, .cap = CAP};
	const struct response_question low = {
		.own = load(&p12, 3),
		.higher = &t11,
		.n_higher = 1,
		.cap = CAP,
	};

	(void)state;
	expect_busy(&high, (const int[]){10}, 1, 10);
	expect_busy(&low, (const int[]){13, 16}, 2, 13);
}

/* E02: the same, second processor: T21 C 2 above T22 C 9; what comes from T11
 * has its jitter 5 + 10 - 5, from T12 6 + 13 - 1 and its best case between
 * two of them. */
static void pycpa_second_cpu(void **state)
{
	const struct arrival_part p21 = periodic(30, 10, 5);
	const struct arrival_part p22 = periodic(15, 18, 1);
	const struct response_load t21 = load(&p21, 2);
	const struct response_question high = {.own = t21, .cap = CAP};
	const struct response_question low = {
		.own = load(&p22, 9),
		.higher = &t21,
		.n_higher = 1,
		.cap = CAP,
	};

	(void)state;
	expect_busy(&high, (const int[]){2}, 1, 2);
	expect_busy(&low, (const int[]){11, 20, 31, 40}, 4, 19);
}

/* E30: Burns and Wellings, Real-Time Systems and Programming Languages: (C, T)
 * = (3, 7) (3, 12) (5, 20). */
static void burns_wellings(void **state)
{
	static const int c[] = {3, 3, 5}, t[] = {7, 12, 20},
			 worst[] = {3, 6, 20};
	struct arrival_part parts[3];
	struct response_load loads[3];
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct response_question q = {.cap = CAP};
		dsi_wide found = 0;

		parts[i] = periodic(t[i], 0, 0);
		loads[i] = load(&parts[i], c[i]);
		q.own = loads[i];
		q.higher = loads;
		q.n_higher = i;
		assert_int_equal(response_fixed_priority(&q, &found),
				 RESPONSE_FOUND);
		assert_int_equal((int)found, worst[i]);
	}
}

/* E31: Lehoczky 1990 (arbitrary deadlines): (26, 70) above (62, 100): the
 * first seven response times; the fifth is the worst. */
static void lehoczky(void **state)
{
	static const int responses[] = {114, 102, 116, 104, 118, 106, 94};
	const struct arrival_part high_part = periodic(70, 0, 0);
	const struct arrival_part low_part = periodic(100, 0, 0);
	const struct response_load high = load(&high_part, 26);
	const struct response_question q = {
		.own = load(&low_part, 62),
		.higher = &high,
		.n_higher = 1,
		.cap = CAP,
	};
	int busy[7];
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		busy[i] = responses[i] + 100 * i;
	expect_busy(&q, busy, 7, 118);
}

/* Davis, Burns, Bril, Lukkien, Controller Area Network schedulability
 * analysis: refuted, revisited and revised, Real-Time Systems 35 (2007): three
 * messages of length 1 and periods 2.5, 3.5, 3.5 (here doubled).  The second
 * instance of the last one is the worst: 3.5, the first only 3. */
static void can_refuted(void **state)
{
	const struct arrival_part a = periodic(5, 0, 0);
	const struct arrival_part b = periodic(7, 0, 0);
	const struct response_load higher[] = {load(&a, 2), load(&b, 2)};
	const struct response_question q = {
		.own = load(&b, 2),
		.higher = higher,
		.n_higher = 2,
		.non_preemptive = true,
		.cap = CAP,
	};
	dsi_wide found = 0;

	(void)state;
	assert_int_equal(response_fixed_priority(&q, &found), RESPONSE_FOUND);
	assert_int_equal((int)found, 7);
}

/* E33: ETH RTC Toolbox, tutorial 5: P 10 C 2 and P 3 C 2.2 leave nothing for
 * others before 8.6 (all in tenths). */
static void leftover_begins(void **state)
{
	const struct arrival_part a = periodic(100, 0, 0);
	const struct arrival_part b = periodic(30, 0, 0);
	const struct response_load higher[] = {load(&a, 20), load(&b, 22)};
	const struct response_question q = {
		.own = load(&a, 0),
		.higher = higher,
		.n_higher = 2,
		.non_preemptive = true, /* what comes when it would begin */
		.cap = CAP,
	};

	(void)state;
	expect_busy(&q, (const int[]){86}, 1, 86);
}

static void overload_has_no_bound(void **state)
{
	const struct arrival_part fast = periodic(10, 0, 0);
	const struct response_load high = load(&fast, 6);
	const struct response_question q = {
		.own = load(&fast, 5),
		.higher = &high,
		.n_higher = 1,
		.cap = CAP,
	};
	const struct arrival a = {.parts = &fast, .n_parts = 1};
	dsi_wide found = 0;

	(void)state;
	assert_int_equal(response_fixed_priority(&q, &found),
			 RESPONSE_NO_BOUND);
	assert_int_equal(response_own_cpu(&a, 0, 11, CAP, &found),
			 RESPONSE_NO_BOUND);
}

/* The closed form against the plain maximum, over small streams. */
static void own_cpu_closed_form(void **state)
{
	struct arrival_part p = {0};
	const struct arrival a = {.parts = &p, .n_parts = 1};
	int period, jitter, distance, squeeze, spacing, c;
	unsigned n = 0;

	(void)state;
	for (period = 1; period <= 7; period++)
		for (jitter = 0; jitter <= 15; jitter += 1 + jitter / 4)
			for (distance = 0; distance <= period; distance++)
				for (squeeze = 0; squeeze <= 9; squeeze += 3)
					for (spacing = 0; spacing <= period;
					     spacing += 2)
						for (c = 1; c <= period; c++) {
							dsi_wide found = 0;
							dsi_wide worst = 0;
							bool over = false;
							int q;

							p = periodic(period,
								     jitter,
								     spacing);
							p.distance = distance;
							p.squeeze = squeeze;
							for (q = 1; q < 40; q++)
								worst = wide_max(
									worst,
									q * c - arrival_span(
											&a,
											q,
											&over));
							assert_int_equal(
								response_own_cpu(
									&a, 2,
									c, CAP,
									&found),
								RESPONSE_FOUND);
							assert_true(found ==
								    worst + 2);
							n++;
						}
	assert_true(n > 10000);
}

/* E32: the supply bound function of the periodic resource model, as proved
 * in Prosa (prm_sbf): R(C) is its inverse, for all P <= 11. */
static void supply_and_inverse(void **state)
{
	struct reservation r;
	bool over = false;

	(void)state;
	for (r.period = 1; r.period <= 11; r.period++)
		for (r.runtime = 1; r.runtime <= r.period; r.runtime++) {
			dsi_wide c;

			for (c = 1; c <= 3 * r.runtime; c++) {
				dsi_wide w = reservation_time(&r, c, &over);

				assert_true(reservation_supply(&r, w, &over) >=
					    c);
				assert_true(reservation_supply(&r, w - 1,
							       &over) < c);
			}
		}
	assert_false(over);
}

/* The least supply in w, by trying all places of the budget in each period:
 * 0..runtime-1 first or last is the worst there is. */
static int least_supply(int runtime, int period, int w)
{
	int least = w;
	int shift;

	for (shift = 0; shift < period; shift++) {
		int got = 0;
		int t;

		/* budget early in the period before, late in all others */
		for (t = shift; t < shift + w; t++) {
			int at = t % period;

			got += t / period == 0 ? at < runtime
					       : at >= period - runtime;
		}
		least = got < least ? got : least;
	}
	return least;
}

static void supply_by_patterns(void **state)
{
	bool over = false;
	int period, runtime, w;

	(void)state;
	for (period = 1; period <= 8; period++)
		for (runtime = 1; runtime <= period; runtime++)
			for (w = 0; w <= 4 * period; w++) {
				struct reservation r = {runtime, period};

				assert_int_equal(
					(int)reservation_supply(&r, w, &over),
					least_supply(runtime, period, w));
			}
}

/* E37: Linux commit 3effcb4247e7: runtime 5, deadline 7, period 1000 ms; a
 * task that wakes up with 4 ms of runtime left, 5 ms before its deadline,
 * would run with density .80 > .71. */
static void wake_up_rule(void **state)
{
	(void)state;
	assert_false(reservation_keeps_budget(4, 5, 5, 7));
	assert_true(reservation_keeps_budget(4, 6, 5, 7));
	assert_true(reservation_keeps_budget(5, 7, 5, 7));
}

/* A fresh budget is only assumed where activations are far enough apart. */
static void reservation_forms(void **state)
{
	const struct reservation r = {4, 10};
	struct arrival_part p = periodic(40, 5, 0);
	const struct arrival a = {.parts = &p, .n_parts = 1};
	dsi_wide found = 0;
	bool fresh = false;

	(void)state;
	/* 35 apart: ceil(9/4) 10 = 30 suffices: 3 x 6 + 9 */
	assert_int_equal(
		reservation_response(&a, &r, 1, 9, CAP, &found, &fresh),
		RESPONSE_FOUND);
	assert_true(fresh);
	assert_int_equal((int)found, 28);
	p.jitter = 11; /* 29 apart, 28 after a wake-up of 1: 4 x 6 + 9 + 1 */
	assert_int_equal(
		reservation_response(&a, &r, 1, 9, CAP, &found, &fresh),
		RESPONSE_FOUND);
	assert_false(fresh);
	assert_int_equal((int)found, 34);
	assert_int_equal(
		reservation_response(&a, &r, 1, 17, CAP, &found, &fresh),
		RESPONSE_NO_BOUND);
}

/* Output of T12 of E01 by its busy windows: never closer than one by one. */
static void output_of_busy_windows(void **state)
{
	const struct arrival_part p11 = periodic(30, 5, 0);
	const struct arrival_part p12 = periodic(15, 6, 0);
	const struct response_load t11 = load(&p11, 10);
	const struct response_question q = {
		.own = load(&p12, 3),
		.higher = &t11,
		.n_higher = 1,
		.cap = CAP,
	};
	const int spans[] = {0, 1, 12, 27};
	int n;

	(void)state;
	for (n = 1; n <= 4; n++) {
		dsi_wide span = 0;

		assert_int_equal(response_output_span(&q, 1, n, &span),
				 RESPONSE_FOUND);
		assert_int_equal((int)span, spans[n - 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pycpa_first_cpu),
		cmocka_unit_test(pycpa_second_cpu),
		cmocka_unit_test(burns_wellings),
		cmocka_unit_test(lehoczky),
		cmocka_unit_test(can_refuted),
		cmocka_unit_test(leftover_begins),
		cmocka_unit_test(overload_has_no_bound),
		cmocka_unit_test(own_cpu_closed_form),
		cmocka_unit_test(supply_and_inverse),
		cmocka_unit_test(supply_by_patterns),
		cmocka_unit_test(wake_up_rule),
		cmocka_unit_test(reservation_forms),
		cmocka_unit_test(output_of_busy_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
