/* SPDX-License-Identifier: MIT */
/*
 * anchors_test.c - numbers that others published on streams, schedules and graphs.
 *
 * Each test names its source.  Only inputs and published results are taken
 * over; the numbers of the tests are those of docs/design/80-sizing.md.
 */
#include "anchors.h"

/* Time that q jobs of a task take, with those of higher priority, if all come
 * as soon as they can: fixed priorities, preemptive. */
struct task {
	struct dsi_jcs jcs;
	uint64_t work;
};

static uint64_t busy(const struct task *tasks, int index, uint64_t q)
{
	uint64_t time = 0;
	uint64_t before = 0;

	time = q * tasks[index].work;
	do {
		before = time;
		time = q * tasks[index].work;
		for (int i = 0; i < index; i++)
			time += tasks[i].work * most(&tasks[i].jcs, before);
	} while (time != before);
	return time;
}

static uint64_t response(const struct task *tasks, int index)
{
	uint64_t worst = 0;

	for (uint64_t q = 1;; q++) {
		uint64_t time = busy(tasks, index, q);

		worst = at_least(worst, time - shortest(&tasks[index].jcs, q));
		if (shortest(&tasks[index].jcs, q + 1) >= time)
			return worst;
	}
}

/* E01: pyCPA, test/test_spp.py (IDA-TUBS/pycpa @824e794, MIT): two tasks by
 * fixed priority.  Published: response 10 and 13, busy times 10; 13, 16. */
static void test_e01_pycpa_spp(void **state)
{
	const struct task tasks[] = {{stream(30, 5, 0), 10},
				     {stream(15, 6, 0), 3}};

	(void)state;
	assert_int_equal(response(tasks, 0), 10);
	assert_int_equal(response(tasks, 1), 13);
	assert_int_equal(busy(tasks, 0, 1), 10);
	assert_int_equal(busy(tasks, 1, 1), 13);
	assert_int_equal(busy(tasks, 1, 2), 16);
}

/* E02: the same file, second processor, fed by E01 (best cases 5 and 1).
 * Published: response 2 and 19, busy times 2; 11, 20, 31, 40. */
static void test_e02_pycpa_second_cpu(void **state)
{
	struct task tasks[] = {{stream(30, 5, 0), 2}, {stream(15, 6, 0), 9}};

	(void)state;
	assert_int_equal(dsi_jcs_stage(&tasks[0].jcs, 5, 10, 5, &tasks[0].jcs),
			 0);
	assert_int_equal(dsi_jcs_stage(&tasks[1].jcs, 1, 13, 1, &tasks[1].jcs),
			 0);
	assert_int_equal(tasks[0].jcs.jitter, 10);
	assert_int_equal(tasks[1].jcs.jitter, 18);
	assert_int_equal(response(tasks, 0), 2);
	assert_int_equal(response(tasks, 1), 19);
	assert_int_equal(busy(tasks, 1, 1), 11);
	assert_int_equal(busy(tasks, 1, 2), 20);
	assert_int_equal(busy(tasks, 1, 3), 31);
	assert_int_equal(busy(tasks, 1, 4), 40);
}

/* E05: pyCPA, test/event_model_tests.py: P 10, J 99.
 * Published: least spans 0 up to 10 packets, then 1, 11, 21, ... */
static void test_e05_pycpa_event_model(void **state)
{
	const struct dsi_pjd pjd = {.period = 10, .jitter = 99};
	struct dsi_jcs jcs = {.size = sizeof(jcs)};

	(void)state;
	assert_int_equal(dsi_jcs_from_pjd(&pjd, &jcs), 0);
	for (uint64_t n = 1; n <= 10; n++)
		assert_int_equal(shortest(&jcs, n), 0);
	for (uint64_t n = 11; n <= 99; n++)
		assert_int_equal(shortest(&jcs, n), 1 + 10 * (n - 11));
}

/* E08: pyCPA, one task of P 10, J 50, d 1, C 8.
 * Its result: response 46, backlog 6. */
static void test_e08_pycpa_one_task(void **state)
{
	struct dsi_sizing_writer w = writer(stream(10, 50, 1), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_SERVICE);
	struct dsi_sizing_need n;

	(void)state;
	r.service = 8;
	n = need(&w, &r);
	assert_int_equal(n.release_max.whole, 46);
	assert_int_equal(n.slots, 6);
	assert_int_equal(n.exact, DSI_EXACT_ALL);
}

/* E30: Burns and Wellings, Real-Time Systems and Programming Languages (from
 * memory, recomputed): (C, T) = (3, 7) (3, 12) (5, 20): 3, 6, 20. */
static void test_e30_burns_wellings(void **state)
{
	const struct task tasks[] = {{stream(7, 0, 0), 3},
				     {stream(12, 0, 0), 3},
				     {stream(20, 0, 0), 5}};

	(void)state;
	assert_int_equal(response(tasks, 0), 3);
	assert_int_equal(response(tasks, 1), 6);
	assert_int_equal(response(tasks, 2), 20);
}

/* E31: Lehoczky 1990 (from memory, recomputed): (26, 70) and (62, 100): the
 * responses 114 102 116 104 118 106 94 of the jobs of one busy period. */
static void test_e31_lehoczky(void **state)
{
	static const uint64_t published[] = {114, 102, 116, 104, 118, 106, 94};
	const struct task tasks[] = {{stream(70, 0, 0), 26},
				     {stream(100, 0, 0), 62}};

	(void)state;
	for (uint64_t q = 1; q <= 7; q++)
		assert_int_equal(busy(tasks, 1, q) - shortest(&tasks[1].jcs, q),
				 published[q - 1]);
	assert_int_equal(response(tasks, 1), 118);
}

/* E33: RTC Toolbox of ETH Zurich, tutorial 5: P 10 with C 2 and P 3 with
 * C 2.2 on one processor.  Published: something is left from 8.6 on. */
static void test_e33_rtc_leftover(void **state)
{
	/* in tenths; the third task has the leftover */
	const struct task tasks[] = {{stream(100, 0, 0), 20},
				     {stream(30, 0, 0), 22}};

	(void)state;
	assert_int_equal(busy(tasks, 1, most(&tasks[1].jcs, 86)), 86);
}

/* E36: SDF3, samplerate.xml: rates (1,1) (2,3) (2,7) (8,7) (5,1).
 * Published in the literature: 32 tokens in all. */
static void test_e36_sdf3_samplerate(void **state)
{
	static const uint32_t rates[][2] = {
		{1, 1}, {2, 3}, {2, 7}, {8, 7}, {5, 1}};
	uint64_t tokens = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct dsi_sizing_writer w =
			writer(stream(rates[i][0], 0, 0), 0);
		struct dsi_sizing_reader r = reader(DSI_PACE_GRID);
		struct dsi_sizing_need n;

		w.units = rates[i][0];
		r.units = rates[i][1];
		n = need(&w, &r);
		tokens += n.units ? n.units : n.slots;
	}
	assert_int_equal(tokens, 32);
}

/* E38: an ATM traffic contract quoted online: PCR 110000, SCR 15179 cells/s,
 * MBS 506.  Its burst tolerance: 28.679 ms. */
static void test_e38_atm_contract(void **state)
{
	/* ticks of 1/(110000 15179) s */
	const uint64_t hz = UINT64_C(110000) * 15179;
	const struct dsi_vbr in = {
		.peak = {1, 15179}, .sustained = {1, 110000}, .burst = 506};
	struct dsi_vbr out;
	struct dsi_jcs jcs = {.size = sizeof(jcs)};

	(void)state;
	assert_int_equal(dsi_jcs_from_vbr(&in, &jcs), 0);
	assert_int_equal((jcs.jitter * 1000000 + hz / 2) / hz, 28679);
	assert_int_equal(dsi_jcs_to_vbr(&jcs, &out), 0);
	assert_int_equal(out.burst, 506);
}

/* L4Env, package dsi, lib/src/jcp.c (osfree-project/l4env), its formula in
 * exact arithmetic: bandwidth, jitter, packet size -> packets. */
static void test_l4env_jcp(void **state)
{
	static const uint64_t known[][4] = {
		{25000, 10000, 1000, 2},   {25000, 100000, 1000, 4},
		{25000, 500000, 1000, 15}, {25000, 10000000, 1000, 262},
		{1, 5000000, 10, 12},
	};
	uint64_t packets = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(dsi_size_original(known[i][0], known[i][1],
						   known[i][2], &packets),
				 0);
		assert_int_equal(packets, known[i][3]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_e01_pycpa_spp),
		cmocka_unit_test(test_e02_pycpa_second_cpu),
		cmocka_unit_test(test_e05_pycpa_event_model),
		cmocka_unit_test(test_e08_pycpa_one_task),
		cmocka_unit_test(test_e30_burns_wellings),
		cmocka_unit_test(test_e31_lehoczky),
		cmocka_unit_test(test_e33_rtc_leftover),
		cmocka_unit_test(test_e36_sdf3_samplerate),
		cmocka_unit_test(test_e38_atm_contract),
		cmocka_unit_test(test_l4env_jcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
