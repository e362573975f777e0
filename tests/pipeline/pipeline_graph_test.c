// SPDX-License-Identifier: MIT
/*
 * pipeline_graph_test.c - whole graphs: published examples, joins, cycles,
 * fan-out, grids, batches, and large ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph_builder.h"
#include "pipeline/pipeline_share.h"

static void analyse(struct pipeline *p)
{
	enum pipeline_status status = pipeline_analyse(p);

	if (status != PIPELINE_OK)
		fail_msg("%s", p->why);
}

#define RESPONSE(p, node) ((int)(p)->nodes[node].response)
#define BEST(p, node) ((int)pipeline_latency_best(&(p)->nodes[node]))
#define WORST(p, node) ((int)pipeline_latency_worst(&(p)->nodes[node]))

/* E01 and E02 together: pyCPA, test/test_spp.py (IDA-TUBS/pycpa, MIT). */
static void pycpa_two_cpus(void **state)
{
	struct pipeline *p = pipeline_create("E02");
	uint32_t cpu1 = pipeline_add_cpu(p, "R1");
	uint32_t cpu2 = pipeline_add_cpu(p, "R2");
	uint32_t a = add_source(p, "a", 30, 5);
	uint32_t b = add_source(p, "b", 15, 6);
	uint32_t t11 = add_task(p, "T11", a, 5, 10, cpu1, 2);
	uint32_t t12 = add_task(p, "T12", b, 1, 3, cpu1, 1);
	uint32_t t21 = add_task(p, "T21", t11, 2, 2, cpu2, 2);
	uint32_t t22 = add_task(p, "T22", t12, 4, 9, cpu2, 1);

	(void)state;
	analyse(p);
	assert_int_equal(RESPONSE(p, t11), 10);
	assert_int_equal(RESPONSE(p, t12), 13);
	assert_int_equal(RESPONSE(p, t21), 2);
	assert_int_equal(RESPONSE(p, t22), 19);
	pipeline_destroy(p);
}

/* E03: pyCPA, examples/tutorial.py, first step: two processors and a bus
 * without preemption.  The published 11 for T22 is not a bound: T11 comes at
 * 0, T12 at 0 and (early, after a late one) at 14; T12 is done at 13 and, in
 * its best case, at 15; T22 then is on the bus from 13 to 22 and from 22 to
 * 31, which is 16 for the second.  What follows from that 11 (T31 11, the
 * longest paths 32 and 27) cannot be expected either. */
static void pycpa_tutorial(void **state)
{
	struct pipeline *p = pipeline_create("E03");
	uint32_t cpu1 = pipeline_add_cpu(p, "CPU1");
	uint32_t bus = pipeline_add_cpu(p, "BUS");
	uint32_t cpu2 = pipeline_add_cpu(p, "CPU2");
	uint32_t a = add_source(p, "a", 30, 3);
	uint32_t b = add_source(p, "b", 15, 1);
	uint32_t t11 = add_task(p, "T11", a, 5, 10, cpu1, -2);
	uint32_t t12 = add_task(p, "T12", b, 1, 3, cpu1, -3);
	uint32_t t21 = add_task(p, "T21", t11, 2, 2, bus, -2);
	uint32_t t22 = add_task(p, "T22", t12, 5, 9, bus, -3);
	uint32_t t31 = add_task(p, "T31", t21, 3, 5, cpu2, -3);
	uint32_t t32 = add_task(p, "T32", t22, 2, 3, cpu2, -2);

	(void)state;
	p->cpus[bus].non_preemptive = true;
	analyse(p);
	assert_int_equal(RESPONSE(p, t11), 10);
	assert_int_equal(RESPONSE(p, t12), 13);
	assert_int_equal(RESPONSE(p, t21), 11);
	assert_in_range(RESPONSE(p, t22), 16, 18);
	assert_int_equal(RESPONSE(p, t32), 3);
	assert_int_equal(BEST(p, t31), 10);
	assert_int_equal(BEST(p, t32), 8);
	assert_int_equal(WORST(p, t21), 21);
	pipeline_destroy(p);
}

/* E07: pyCPA, examples/junction_test.py, with an OR junction.  T12 is on the
 * processor of T11, and comes after it: a fixed point. */
static void pycpa_junction(void **state)
{
	struct pipeline *p = pipeline_create("E07");
	uint32_t r1 = pipeline_add_cpu(p, "R1");
	uint32_t r2 = pipeline_add_cpu(p, "R2");
	uint32_t a = add_source(p, "a", 30, 15);
	uint32_t t11 = add_task(p, "T11", a, 1, 3, r1, 2);
	uint32_t t21 = add_task(p, "T21", t11, 2, 4, r2, 2);
	uint32_t t22 = add_task(p, "T22", t11, 4, 6, r2, 1);
	uint32_t t12 = add_task(p, "T12", t21, 2, 3, r1, 1);

	(void)state;
	pipeline_link(p, t22, t12);
	p->nodes[t12].join = PIPELINE_OR;
	analyse(p);
	assert_int_equal(RESPONSE(p, t11), 3);
	assert_int_equal(RESPONSE(p, t12), 9);
	assert_int_equal(RESPONSE(p, t21), 4);
	assert_int_equal(RESPONSE(p, t22), 10);
	assert_true(p->rounds > 1);
	pipeline_destroy(p);
}

/* sizing.md 4.3: P 10, J 50, d 1 through C = 1, 4, 8: the burst waits once,
 * 51; three separate bounds would add up to more. */
static void bursts_are_paid_once(void **state)
{
	struct pipeline *p = pipeline_create("tandem");
	uint32_t a = add_source(p, "a", 10, 50);
	uint32_t s1, s2, s3;

	(void)state;
	p->nodes[a].distance = 1;
	s1 = add_own_cpu(p, "s1", a, 1, 1);
	s2 = add_own_cpu(p, "s2", s1, 4, 4);
	s3 = add_own_cpu(p, "s3", s2, 8, 8);
	analyse(p);
	assert_int_equal(WORST(p, s3), 51);
	assert_true(p->nodes[s3].latency_exact);
	assert_true(p->nodes[s1].response + p->nodes[s2].response +
			    p->nodes[s3].response >
		    51);
	pipeline_destroy(p);
}

/* E08: pyCPA, run for the project: P 10, J 50, d 1, C 8: WCRT 46, backlog 6.*/
static void pycpa_burst(void **state)
{
	struct pipeline *p = pipeline_create("E08");
	uint32_t a = add_source(p, "a", 10, 50);
	uint32_t s;

	(void)state;
	p->nodes[a].distance = 1;
	p->ties = DSI_TIES_CLOSED;
	s = add_own_cpu(p, "s", a, 8, 8);
	analyse(p);
	assert_int_equal(RESPONSE(p, s), 46);
	assert_int_equal(p->edges[0].slots, 6);
	assert_true(p->edges[0].exact);
	pipeline_destroy(p);
}

/* One stage does what dsi_jcs_stage() says. */
static void one_stage(void **state)
{
	struct pipeline *p = pipeline_create("stage");
	uint32_t a = add_source(p, "a", 100, 30);
	uint32_t s = add_stage(p, "s", a, 10, 35);
	struct dsi_jcs in = {.size = sizeof(in), .period = 100, .jitter = 30};
	struct dsi_jcs out = {.size = sizeof(out)};
	const struct pipeline_part *part;
	bool over = false;
	struct arrival arrival;

	(void)state;
	in.distance = p->nodes[a].distance = 80;
	in.offset = 7;
	p->nodes[a].offset = 7;
	assert_int_equal(dsi_jcs_stage(&in, 10, 35, 0, &out), 0);
	analyse(p);
	part = &p->nodes[s].out.parts[0];
	arrival = (struct arrival){.parts = p->nodes[s].out.arrivals,
				   .n_parts = 1};
	assert_true(part->high - part->low == (dsi_wide)out.jitter);
	assert_true(part->low == out.offset);
	assert_true(arrival_span(&arrival, 2, &over) == (dsi_wide)out.distance);
	pipeline_destroy(p);
}

/* A sink on a grid behind a source: as dsi_size_reader() has it. */
static void grid_sink(void **state)
{
	struct dsi_sizing_writer writer = {.size = sizeof(writer)};
	struct dsi_sizing_reader reader = {.size = sizeof(reader)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct pipeline *p = pipeline_create("grid");
	uint32_t a = add_source(p, "a", 40, 15);
	uint32_t s = add_reader(p, PIPELINE_SINK, "s", a, 0, 40);

	(void)state;
	p->nodes[a].hold = writer.hold = 40;
	p->nodes[s].grid = true;
	p->nodes[s].jitter = reader.jitter = 3;
	reader.hold = 40;
	writer.stream.size = sizeof(writer.stream);
	writer.stream.period = 40;
	writer.stream.jitter = 15;
	assert_int_equal(dsi_size_reader(&writer, &reader, &need, NULL, 0), 0);
	analyse(p);
	assert_int_equal(p->nodes[a].slots, need.slots);
	assert_int_equal(p->nodes[s].grid_start, need.start.whole);
	assert_int_equal(p->nodes[a].slots, 3);
	p->nodes[s].start_given = true;
	p->nodes[s].start = 15;
	analyse(p);
	assert_true(p->nodes[s].underrun); /* strict ties: later than 15 */
	p->nodes[s].start = 16;
	analyse(p);
	assert_false(p->nodes[s].underrun);
	pipeline_destroy(p);
}

/* sizing.md 2.8: 25/s, late by 15 and 2 ms, held for a period, 50 ppm on each
 * side, an hour: start 375 ms, 20 slots.  In milliseconds: 3600000 x 100 ppm
 * are 360. */
static void drift(void **state)
{
	struct pipeline *p = pipeline_create("drift");
	uint32_t a = add_source(p, "a", 40, 15);
	uint32_t s = add_reader(p, PIPELINE_SINK, "s", a, 0, 40);

	(void)state;
	p->nodes[s].grid = true;
	p->nodes[s].jitter = 2;
	analyse(p);
	assert_int_equal(p->nodes[a].slots, 2);
	p->nodes[s].drift = 360;
	analyse(p);
	assert_int_equal(p->nodes[s].grid_start, 375);
	assert_int_equal(p->nodes[a].slots, 20);
	assert_false(p->edges[0].exact);
	p->nodes[s].start_given = true;
	p->nodes[s].start = 375;
	analyse(p);
	assert_true(p->nodes[s].underrun);
	pipeline_destroy(p);
}

/* The ring is as large as the reader that needs most, and readers that lose
 * packets do not count. */
static void fan_out(void **state)
{
	struct pipeline *p = pipeline_create("fan-out");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t slow = add_stage(p, "slow", a, 0, 45);

	(void)state;
	add_stage(p, "fast", a, 0, 5);
	analyse(p);
	assert_int_equal(p->edges[0].slots, 5);
	assert_int_equal(p->edges[1].slots, 1);
	assert_int_equal(p->nodes[a].slots, 5);
	p->edges[0].policy = DSI_POLICY_RECLAIM;
	analyse(p);
	assert_int_equal(p->nodes[a].slots, 1);
	assert_int_equal(WORST(p, slow), 45);
	pipeline_destroy(p);
}

/* A diamond: two ways of different length, joined again. */
static void diamond(void **state)
{
	struct pipeline *p = pipeline_create("diamond");
	uint32_t a = add_source(p, "a", 10, 2);
	uint32_t x = add_stage(p, "x", a, 1, 2);
	uint32_t y = add_stage(p, "y", a, 20, 30);
	uint32_t j = add_stage(p, "j", x, 1, 1);

	(void)state;
	pipeline_link(p, y, j);
	analyse(p);
	assert_int_equal(BEST(p, j), 21);
	assert_int_equal(WORST(p, j), 31);
	/* x's packets wait for those of y: from 0 to 33 after they were due */
	assert_int_equal(p->edges[2].slots, 4);
	assert_int_equal(p->edges[p->nodes[j].critical].from, y);
	pipeline_destroy(p);
}

static void different_periods(void **state)
{
	struct pipeline *p = pipeline_create("periods");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t b = add_source(p, "b", 15, 0);
	uint32_t j = add_stage(p, "j", a, 1, 1);

	(void)state;
	pipeline_link(p, b, j);
	assert_int_equal(pipeline_analyse(p), PIPELINE_BAD);
	assert_non_null(strstr(p->why, "different periods"));
	p->nodes[j].join = PIPELINE_OR;
	analyse(p);
	assert_int_equal(p->nodes[j].out.n_parts, 2);
	pipeline_destroy(p);
}

/* AND of two sources: packets wait for the other source. */
static void two_sources(void **state)
{
	struct pipeline *p = pipeline_create("sources");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t b = add_source(p, "b", 10, 3);
	uint32_t j = add_stage(p, "j", a, 1, 1);

	(void)state;
	p->nodes[b].offset = 25;
	pipeline_link(p, b, j);
	analyse(p);
	assert_int_equal(WORST(p, j), 29);
	assert_int_equal(p->nodes[a].slots, 3);
	assert_int_equal(p->nodes[b].slots, 1);
	pipeline_destroy(p);
}

static struct pipeline *feedback(uint32_t tokens, uint64_t worst)
{
	struct pipeline *p = pipeline_create("feedback");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t s = add_stage(p, "s", a, 1, 4);
	uint32_t t = add_stage(p, "t", s, 1, worst);
	uint32_t edge = pipeline_link(p, t, s);

	p->edges[edge].tokens = tokens;
	return p;
}

/* 4 + 6 in a cycle fit in one period with one token, 4 + 7 do not; with two
 * tokens 4 + 16 do. */
static void cycles(void **state)
{
	struct pipeline *p = feedback(1, 6);

	(void)state;
	analyse(p);
	assert_int_equal(WORST(p, 2), 10);
	assert_int_equal(p->edges[2].slots, 2);
	pipeline_destroy(p);
	p = feedback(1, 7);
	assert_int_equal(pipeline_analyse(p), PIPELINE_NO_BOUND);
	assert_non_null(strstr(p->why, "tokens"));
	pipeline_destroy(p);
	p = feedback(2, 16);
	analyse(p);
	assert_int_equal(WORST(p, 2), 20);
	pipeline_destroy(p);
	p = feedback(0, 1);
	assert_int_equal(pipeline_analyse(p), PIPELINE_BAD);
	assert_non_null(strstr(p->why, "waits for itself"));
	pipeline_destroy(p);
}

static void overload(void **state)
{
	struct pipeline *p = pipeline_create("overload");
	uint32_t cpu = pipeline_add_cpu(p, "cpu");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t s = add_task(p, "s", a, 1, 6, cpu, 2);

	(void)state;
	add_task(p, "t", s, 1, 5, cpu, 1);
	assert_int_equal(pipeline_analyse(p), PIPELINE_NO_BOUND);
	assert_non_null(strstr(p->why, "does not converge below"));
	pipeline_destroy(p);
}

/* Equal priorities: either may come first. */
static void equal_priorities(void **state)
{
	struct pipeline *p = pipeline_create("equal");
	uint32_t cpu = pipeline_add_cpu(p, "cpu");
	uint32_t a = add_source(p, "a", 20, 0);
	uint32_t s = add_task(p, "s", a, 1, 3, cpu, 1);
	uint32_t t = add_task(p, "t", a, 1, 4, cpu, 1);

	(void)state;
	analyse(p);
	assert_int_equal(RESPONSE(p, s), 7);
	assert_int_equal(RESPONSE(p, t), 7);
	p->nodes[s].priority = 2;
	analyse(p);
	assert_int_equal(RESPONSE(p, s), 3);
	pipeline_destroy(p);
}

/* A batch of 4 costs three slots and three periods of latency, and makes the
 * next ring larger by the same. */
static void batches(void **state)
{
	struct pipeline *p = pipeline_create("batch");
	uint32_t a = add_source(p, "a", 10, 0);
	uint32_t s = add_stage(p, "s", a, 2, 3);
	uint32_t t = add_stage(p, "t", s, 1, 1);
	struct pipeline_share share;

	(void)state;
	analyse(p);
	assert_int_equal(p->nodes[s].slots, 1);
	p->nodes[s].batch = 4;
	analyse(p);
	assert_int_equal(p->nodes[s].slots, 4);
	assert_int_equal(WORST(p, t), 34);
	assert_false(p->nodes[t].latency_exact);
	p->nodes[s].batch = 1;
	p->nodes[s].n_batches = 3;
	memcpy(p->nodes[s].batches, (const uint32_t[]){1, 2, 4},
	       3 * sizeof(uint32_t));
	p->nodes[a].area.max_bytes = p->nodes[s].area.max_bytes = 1000;
	analyse(p);
	assert_int_equal(pipeline_share_out(p, 4000, &share), PIPELINE_OK);
	assert_true(share.fits);
	assert_int_equal(share.floor, 2000);
	assert_int_equal(share.bytes, 3000);
	assert_int_equal(p->nodes[s].batch, 2);
	assert_int_equal(pipeline_share_out(p, 1999, &share), PIPELINE_OK);
	assert_false(share.fits);
	pipeline_destroy(p);
}

static void out_of_range(void **state)
{
	struct pipeline *p = pipeline_create("range");
	uint32_t a = add_source(p, "a", 1, DSI_TICKS_MAX);

	(void)state;
	p->nodes[a].area.max_bytes = UINT64_MAX / 2;
	add_stage(p, "s", a, 0, DSI_TICKS_MAX);
	assert_int_not_equal(pipeline_analyse(p), PIPELINE_OK);
	pipeline_destroy(p);
}

/* 10,000 stages in a row, each with a response of 1..2 and a period of 10:
 * ring s lives from s - 1 to 2 (s + 1). */
static void long_chain(void **state)
{
	const uint32_t n = 10000;
	struct pipeline *p = pipeline_create("long");
	uint32_t node = add_source(p, "source", 10, 0);
	uint32_t i;

	(void)state;
	for (i = 0; i < n; i++)
		node = add_stage(p, "stage", node, 1, 2);
	analyse(p);
	assert_int_equal(BEST(p, node), n);
	assert_int_equal(WORST(p, node), 2 * n);
	for (i = 1; i < n; i++)
		assert_int_equal(p->edges[i].slots,
				 (2 * (i + 1) - (i - 1)) / 10 + 1);
	pipeline_destroy(p);
}

/* 2^100 ways from the source to the end, and one answer. */
static void many_ways(void **state)
{
	struct pipeline *p = pipeline_create("ways");
	uint32_t join = add_source(p, "source", 10, 0);
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		uint32_t x = add_stage(p, "x", join, 1, 2);
		uint32_t y = add_stage(p, "y", join, 1, 3);

		join = add_stage(p, "join", x, 1, 1);
		pipeline_link(p, y, join);
	}
	analyse(p);
	assert_int_equal(BEST(p, join), 200);
	assert_int_equal(WORST(p, join), 400);
	pipeline_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pycpa_two_cpus),
		cmocka_unit_test(pycpa_tutorial),
		cmocka_unit_test(pycpa_junction),
		cmocka_unit_test(pycpa_burst),
		cmocka_unit_test(bursts_are_paid_once),
		cmocka_unit_test(one_stage),
		cmocka_unit_test(grid_sink),
		cmocka_unit_test(drift),
		cmocka_unit_test(fan_out),
		cmocka_unit_test(diamond),
		cmocka_unit_test(different_periods),
		cmocka_unit_test(two_sources),
		cmocka_unit_test(cycles),
		cmocka_unit_test(overload),
		cmocka_unit_test(equal_priorities),
		cmocka_unit_test(batches),
		cmocka_unit_test(out_of_range),
		cmocka_unit_test(long_chain),
		cmocka_unit_test(many_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
