/* SPDX-License-Identifier: MIT */
/*
 * bench_numbers_test.c - the figures of `dsi bench`: percentiles, quartiles,
 * what is written into payloads, which limit a case has, and where curves cross.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cli/bench_curves.h"
#include "bench/bench_payload.h"
#include "bench/bench_plan.h"
#include "tests/unit/must.h"

#define LARGEST 4099u

static int near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void test_percentiles(void)
{
	uint64_t samples[1000];

	for (unsigned int i = 0; i < 1000; i++)
		samples[i] = 1000 - i;
	bench_sort(samples, 1000);
	MUST(samples[0] == 1 && samples[999] == 1000);
	MUST(bench_percentile(samples, 1000, 500000) == 500);
	MUST(bench_percentile(samples, 1000, 990000) == 990);
	MUST(bench_percentile(samples, 1000, 999000) == 999);
	MUST(bench_percentile(samples, 1000, 999900) == 1000);
	MUST(bench_percentile(samples, 1000, 1000000) == 1000);
	MUST(bench_percentile(samples, 1, 500000) == 1);
	MUST(bench_percentile(samples, 3, 0) == 1);
}

static void test_spread(void)
{
	double five[] = {5, 1, 4, 2, 3};
	double four[] = {4, 1, 3, 2};
	double one[] = {7};
	struct bench_spread s = bench_spread_of(five, 5);

	MUST(near(s.least, 1) && near(s.low, 2) && near(s.median, 3) &&
	     near(s.high, 4) && near(s.most, 5));
	s = bench_spread_of(four, 4);
	MUST(near(s.low, 1.75) && near(s.median, 2.5) && near(s.high, 3.25));
	s = bench_spread_of(one, 1);
	MUST(near(s.least, 7) && near(s.low, 7) && near(s.most, 7));
}

/* Each byte that is another one is seen, in payloads of all small sizes. */
static void test_payload(void)
{
	unsigned char *at = malloc(LARGEST + 1);

	MUST(at);
	for (uint32_t bytes = 0; bytes < 70; bytes++) {
		bench_payload_write(at + 1, bytes, bytes);
		MUST(bench_payload_number(at + 1, bytes) ==
		     (bytes < 8 ? 0 : bytes));
		MUST(bench_payload_read(at + 1, bytes, bytes));
		MUST(bytes == 0 ||
		     !bench_payload_read(at + 1, bytes, bytes + 1u));
		for (uint32_t i = 1; i <= bytes; i++) {
			at[i] ^= 1;
			MUST(!bench_payload_read(at + 1, bytes, bytes));
			at[i] ^= 1;
		}
	}
	bench_payload_write(at, LARGEST, UINT64_MAX);
	MUST(bench_payload_read(at, LARGEST, UINT64_MAX));
	at[LARGEST - 1] ^= 0x80;
	MUST(!bench_payload_read(at, LARGEST, UINT64_MAX));
	free(at);
}

static const struct bench_row *row_of(const struct bench_plan *plan, size_t at)
{
	MUST(at < plan->n);
	return &plan->rows[at];
}

static void test_limits(void)
{
	struct bench_plan plan = {0};
	struct bench_case c = {
		.measure = BENCH_ROUND_TRIP,
		.wait = BENCH_SPIN,
		.touched = true,
		.payload = 64,
		.ring = 8,
		.batch = 1,
		.consumers = 1,
	};
	const struct bench_row *row;

	MUST(bench_plan_add(&plan, &c, &bench_dsi));
	MUST(plan.n == 3);
	row = row_of(&plan, 2);
	MUST(row->channel == &bench_dsi);
	MUST(row_of(&plan, row->limit)->channel == &bench_line);
	MUST(row_of(&plan, row->limit)->what.payload == 64);
	MUST(row_of(&plan, row->bare)->what.payload == 0);
	MUST(row_of(&plan, row->limit)->limit == BENCH_NO_ROW);
	/* The same once more is no other row, and neither are its limits. */
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 3);
	c.wait = BENCH_POLL;
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 4);
	c.same_cpu = true;
	c.wait = BENCH_SLEEP;
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 7);
	MUST(row_of(&plan, plan.rows[6].limit)->channel == &bench_futex);
	c.measure = BENCH_RATE;
	c.touched = false;
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 9);
	MUST(row_of(&plan, plan.rows[8].limit)->channel == &bench_slots);
	MUST(plan.rows[8].limit == plan.rows[8].bare);
	bench_plan_fini(&plan);
}

/* Others have other limits: an epoll, a timer alone, a stream without visitors. */
static void test_other_limits(void)
{
	struct bench_plan plan = {0};
	struct bench_case c = {
		.measure = BENCH_SELECT,
		.wait = BENCH_SLEEP,
		.touched = true,
		.payload = 64,
		.ring = 16,
		.batch = 1,
		.consumers = 1,
		.streams = 10,
		.active = 1,
	};

	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 2);
	MUST(row_of(&plan, 0)->channel == &bench_eventfd);
	c.active = 10;
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 4);
	c = (struct bench_case){.measure = BENCH_TIMED,
				.wait = BENCH_SLEEP,
				.ring = 16,
				.batch = 1,
				.consumers = 1,
				.fifo = true,
				.stress = BENCH_STRESS_OWN};
	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 7);
	MUST(row_of(&plan, plan.rows[6].bare)->channel == &bench_cyclictest);
	MUST(row_of(&plan, plan.rows[6].bare)->what.stress == BENCH_STRESS_OWN);
	MUST(row_of(&plan, plan.rows[6].limit)->channel == &bench_futex);
	MUST(row_of(&plan, plan.rows[6].limit)->what.fifo);
	c.measure = BENCH_JOIN;
	c.consumers = 3;
	MUST(bench_plan_add(&plan, &c, &bench_dsi));
	MUST(row_of(&plan, plan.rows[plan.n - 1].limit)->what.measure ==
	     BENCH_ONE_WAY);
	MUST(!bench_case_fits(&c, &bench_futex) &&
	     bench_case_fits(&c, &bench_dsi));
	bench_plan_fini(&plan);
}

/* A ratio is that of each run, not of the medians. */
static void test_ratio(void)
{
	struct bench_plan plan = {0};
	struct bench_case c = {
		.measure = BENCH_RATE,
		.ring = 8,
		.batch = 1,
		.consumers = 1,
	};
	struct bench_spread s;
	struct bench_row *limit;
	struct bench_row *row;

	MUST(bench_plan_add(&plan, &c, &bench_dsi) && plan.n == 2);
	limit = &plan.rows[0];
	row = &plan.rows[1];
	limit->runs = row->runs = 3;
	row->failed = 1;
	for (unsigned int r = 0; r < 3; r++) {
		limit->values[BENCH_NS][r] = 10.0 * (r + 1);
		row->values[BENCH_NS][r] = 15.0 * (r + 1);
		row->values[BENCH_P50][r] = r == 1 ? (double)NAN : 1;
		row->values[BENCH_P99][r] = r == 0 ? 1 : (double)NAN;
	}
	row->values[BENCH_NS][1] = (double)NAN;
	MUST(bench_row_ratio(&plan, row, row->limit, &s));
	MUST(near(s.least, 1.5) && near(s.median, 1.5) && near(s.most, 1.5));
	MUST(!bench_row_ratio(&plan, limit, limit->limit, &s));
	MUST(bench_row_value(row, BENCH_P50, &s));
	MUST(!bench_row_value(row, BENCH_P99, &s));
	bench_plan_fini(&plan);
}

/* Two channels over the payload: a copy that is faster up to 64 bytes, not to be
 * told at 128, slower from 256 on. */
static void test_curves(void)
{
	static const uint32_t sizes[] = {256, 0, 64, 128, 512};
	static const double copied[] = {12, 8, 9, 10, 13};
	struct bench_plan plan = {0};
	struct bench_curves curves;
	struct bench_crossing crossing;

	for (unsigned int i = 0; i < 5; i++) {
		struct bench_case c = {
			.measure = BENCH_RATE,
			.touched = sizes[i] > 0,
			.payload = sizes[i],
			.ring = 8,
			.batch = 1,
			.consumers = 1,
		};

		MUST(bench_plan_add(&plan, &c, &bench_copied));
		MUST(bench_plan_add(&plan, &c, &bench_slots));
		for (unsigned int r = 0; r < 4; r++) {
			struct bench_row *row = &plan.rows[plan.n - 2];
			double by = sizes[i] == 128 && r > 1 ? 1.1 : 1;

			row[0].values[BENCH_NS][r] = copied[i] * by;
			row[1].values[BENCH_NS][r] = 10;
			row[0].runs = row[1].runs = 4;
		}
	}
	MUST(!bench_curves_of(&plan, 0, BENCH_AXIS_CONSUMERS, &curves));
	MUST(!bench_curves_of(&plan, 0, BENCH_AXIS_STREAMS, &curves));
	MUST(!bench_curves_of(&plan, 1, BENCH_AXIS_PAYLOAD, &curves));
	MUST(bench_curves_of(&plan, 0, BENCH_AXIS_PAYLOAD, &curves));
	MUST(curves.n_at == 5 && curves.n_channels == 2);
	for (unsigned int i = 1; i < 5; i++)
		MUST(curves.at[i] > curves.at[i - 1]);
	MUST(row_of(&plan, curves.rows[0][1])->what.payload == 64);
	MUST(!bench_crossing_of(&plan, &curves, 1, &crossing));
	MUST(bench_crossing_of(&plan, &curves, 0, &crossing));
	MUST(curves.channels[crossing.beside] == &bench_slots);
	MUST(near(crossing.ratio[0].median, 0.8));
	MUST(crossing.is_faster && crossing.faster == 64);
	MUST(crossing.is_slower && crossing.slower == 256);
	/* Faster again at the end: there is no size from which it is slower. */
	for (unsigned int r = 0; r < 4; r++)
		plan.rows[curves.rows[0][4]].values[BENCH_NS][r] = 9;
	MUST(bench_crossing_of(&plan, &curves, 0, &crossing));
	MUST(crossing.faster == 64 && !crossing.is_slower);
	bench_plan_fini(&plan);
}

int main(void)
{
	test_percentiles();
	test_spread();
	test_payload();
	test_limits();
	test_other_limits();
	test_curves();
	test_ratio();
	return 0;
}
