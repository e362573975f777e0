// SPDX-License-Identifier: MIT
/*
 * pipeline_brute_test.c - the analysis against chain_oracle, which tries all
 * runs: no ring, latency, jitter or distance is ever better in the analysis
 * than in some run, and where the analysis says "exact", none is worse.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chain_oracle.h"
#include "pipeline/pipeline.h"

static struct {
	unsigned cases, skipped, unbounded, exact_slots, safe_slots,
		safe_reached, exact_latency, comparisons;
} done;

static void print_chain(const struct chain *c)
{
	int i;

	printf("T %d tau %d D %d hold %d;", c->period, c->jitter, c->distance,
	       c->hold);
	for (i = 0; i < c->stages; i++)
		printf(" kind %d %d..%d wake %d;", c->stage[i].kind,
		       c->stage[i].best, c->stage[i].worst, c->stage[i].wake);
	putchar('\n');
}

static void link_stages(struct pipeline *p, const struct chain *c)
{
	int i;

	for (i = 0; i < c->stages; i++) {
		const struct chain_stage *s = &c->stage[i];
		uint32_t to = (uint32_t)i + 1;
		uint32_t edge;

		pipeline_link(p, (uint32_t)s->input, to);
		if (s->second < 0)
			continue;
		edge = pipeline_link(p, (uint32_t)s->second, to);
		p->edges[edge].tokens = (uint32_t)s->tokens;
	}
}

static struct pipeline *build(const struct chain *c, uint32_t ties)
{
	struct pipeline *p = pipeline_create("chain");
	uint32_t node = pipeline_add(p, PIPELINE_SOURCE, "source");
	int i;

	p->ties = ties;
	p->nodes[node].period = (uint64_t)c->period;
	p->nodes[node].jitter = (uint64_t)c->jitter;
	p->nodes[node].distance = (uint64_t)c->distance;
	p->nodes[node].hold = (uint64_t)c->hold;
	for (i = 0; i < c->stages; i++) {
		const struct chain_stage *s = &c->stage[i];
		struct pipeline_node *n;

		node = pipeline_add(p, PIPELINE_STAGE, "stage");
		n = &p->nodes[node];
		n->service = s->kind == CHAIN_OWN_CPU ? PIPELINE_OWN_CPU
						      : PIPELINE_GIVEN;
		n->grid = s->kind == CHAIN_GRID;
		n->best = (uint64_t)s->best;
		n->worst = (uint64_t)s->worst;
		if (n->grid)
			n->jitter = (uint64_t)s->wake;
		else
			n->wake = (uint64_t)s->wake;
	}
	link_stages(p, c);
	return p;
}

#define CHECK(chain, what)                                                  \
	do {                                                                \
		done.comparisons++;                                         \
		if (!(what)) {                                              \
			print_chain(chain);                                 \
			fail_msg("stage %d, ties %u: not " #what, i, ties); \
		}                                                           \
	} while (0)

static void compare_edge(const struct chain *c, const struct pipeline *p,
			 const struct chain_truth *t, int i, int which,
			 uint32_t ties)
{
	const struct pipeline_node *node = &p->nodes[i + 1];
	const struct pipeline_edge *e =
		&p->edges[p->ins[node->first_in + (uint32_t)which]];
	int tie = ties == DSI_TIES_STRICT ? 0 : 1;
	uint64_t slots = (uint64_t)t->slots[i][which][tie];

	CHECK(c, e->slots >= slots);
	if (e->exact)
		CHECK(c, e->slots == slots);
	done.exact_slots += e->exact;
	done.safe_slots += !e->exact;
	done.safe_reached += !e->exact && e->slots == slots;
}

static void compare_stage(const struct chain *c, const struct pipeline *p,
			  const struct chain_truth *t, int i, uint32_t ties)
{
	const struct pipeline_node *node = &p->nodes[i + 1];
	const struct pipeline_part *out = &node->out.parts[0];
	const struct arrival a = {
		.parts = node->out.arrivals,
		.n_parts = 1,
	};
	bool over = false;

	compare_edge(c, p, t, i, 0, ties);
	if (c->stage[i].second >= 0)
		compare_edge(c, p, t, i, 1, ties);
	CHECK(c, out->age_high >= t->latency_worst[i]);
	CHECK(c, out->age_low <= t->latency_best[i]);
	CHECK(c, out->high >= t->high[i] && out->low <= t->low[i]);
	CHECK(c, arrival_span(&a, 2, &over) <= t->gap[i]);
	CHECK(c, !t->underrun[i]);
	if (node->latency_exact) {
		CHECK(c, out->age_high == t->latency_worst[i]);
		CHECK(c, out->age_low == t->latency_best[i]);
	}
	if (node->simple) {
		CHECK(c, out->high == t->high[i] && out->low == t->low[i]);
		CHECK(c, arrival_span(&a, 2, &over) == t->gap[i]);
	}
	done.exact_latency += node->latency_exact;
}

/* The start found is enough; a tick less is not, where that is exact. */
static void compare_starts(const struct chain *chain, const struct pipeline *p)
{
	struct chain c = *chain;
	struct chain_truth t;
	const uint32_t ties = DSI_TIES_CLOSED;
	int i;

	for (i = 0; i < c.stages; i++)
		c.stage[i].start = (int)p->nodes[i + 1].grid_start;
	for (i = 0; i < c.stages; i++) {
		if (c.stage[i].kind != CHAIN_GRID || !p->nodes[i].simple)
			continue;
		c.stage[i].start--;
		if (chain_explore(&c, &t))
			CHECK(&c, t.underrun[i]);
		c.stage[i].start++;
	}
}

static void compare(const struct chain *chain)
{
	static const uint32_t both[] = {DSI_TIES_STRICT, DSI_TIES_CLOSED};
	struct pipeline *p = build(chain, DSI_TIES_CLOSED);
	struct chain c = *chain;
	struct chain_truth truth;
	enum pipeline_status status;
	bool known;
	int i, k;

	status = pipeline_analyse(p);
	if (status != PIPELINE_OK) {
		assert_int_equal(status, PIPELINE_NO_BOUND);
		pipeline_destroy(p);
		/* then runs go beyond what the oracle holds; that takes long */
		if (done.unbounded++ % 32 == 0)
			assert_false(chain_explore(&c, &truth));
		return;
	}
	for (i = 0; i < c.stages; i++)
		c.stage[i].start = (int)p->nodes[i + 1].grid_start;
	known = chain_explore(&c, &truth);
	if (known)
		compare_starts(&c, p);
	pipeline_destroy(p);
	done.cases += known;
	done.skipped += !known;
	for (k = 0; known && k < 2; k++) {
		p = build(&c, both[k]);
		assert_int_equal(pipeline_analyse(p), PIPELINE_OK);
		for (i = 0; i < c.stages; i++)
			compare_stage(&c, p, &truth, i, both[k]);
		pipeline_destroy(p);
	}
}

static const int times[][2] = {{0, 1}, {1, 1}, {1, 3}, {2, 3}};
#define TIMES ((int)(sizeof(times) / sizeof(times[0])))

static void set_stage(struct chain_stage *s, enum chain_kind kind, int choice,
		      int wake)
{
	s->kind = kind;
	s->best = times[choice][0];
	s->worst = times[choice][1];
	s->wake = wake;
	s->start = 0;
}

/* One after the other. */
static void in_a_row(struct chain *c)
{
	int i;

	for (i = 0; i < c->stages; i++) {
		c->stage[i].input = i;
		c->stage[i].second = -1;
		c->stage[i].tokens = 0;
	}
}

/* All sources of small numbers before stages that are set. */
static void all_sources(struct chain *c)
{
	static const int jitters[] = {0, 1, 3};

	for (c->period = 2; c->period <= 4; c->period++) {
		for (int j = 0; j < 3; j++) {
			c->jitter = jitters[j];
			for (c->distance = 0; c->distance <= c->period;
			     c->distance++) {
				c->hold = (c->period + j) % 2;
				compare(c);
			}
		}
	}
}

static void summary(const char *what)
{
	printf("%s: %u chains, %u comparisons; slots %u exact, %u safe (%u of "
	       "them reached); latency %u exact; %u too large to try, "
	       "%u without bound\n",
	       what, done.cases, done.comparisons, done.exact_slots,
	       done.safe_slots, done.safe_reached, done.exact_latency,
	       done.skipped, done.unbounded);
	assert_true(done.cases > 10 * done.skipped);
}

static void given_responses(void **state)
{
	struct chain c = {.stages = 3};
	int x, y, z;

	(void)state;
	in_a_row(&c);
	for (x = 0; x < TIMES; x++)
		for (y = 0; y < TIMES; y++)
			for (z = 0; z < TIMES; z++) {
				if ((x + y + z) % 2)
					continue;
				set_stage(&c.stage[0], CHAIN_GIVEN, x, 0);
				set_stage(&c.stage[1], CHAIN_GIVEN, y, 0);
				set_stage(&c.stage[2], CHAIN_GIVEN, z, 0);
				all_sources(&c);
			}
	summary("given");
}

/* Sequential stages: only where the longest job is within the period. */
static void own_processors(void **state)
{
	struct chain c = {.stages = 2};
	int x, y, wake;

	(void)state;
	in_a_row(&c);
	for (x = 0; x < 2; x++)
		for (y = 0; y < 2; y++)
			for (wake = 0; wake < 2; wake++) {
				set_stage(&c.stage[0], CHAIN_OWN_CPU, x, wake);
				set_stage(&c.stage[1], CHAIN_OWN_CPU, y,
					  1 - wake);
				all_sources(&c);
			}
	c.stages = 3;
	in_a_row(&c);
	set_stage(&c.stage[0], CHAIN_OWN_CPU, 1, 0);
	set_stage(&c.stage[1], CHAIN_OWN_CPU, 0, 0);
	set_stage(&c.stage[2], CHAIN_OWN_CPU, 1, 1);
	all_sources(&c);
	summary("own processors");
}

static void grids_and_mixtures(void **state)
{
	static const enum chain_kind kinds[][3] = {
		{CHAIN_GRID, CHAIN_GIVEN, CHAIN_GRID},
		{CHAIN_GIVEN, CHAIN_GRID, CHAIN_GIVEN},
		{CHAIN_GIVEN, CHAIN_OWN_CPU, CHAIN_GRID},
		{CHAIN_OWN_CPU, CHAIN_GIVEN, CHAIN_OWN_CPU},
		{CHAIN_OWN_CPU, CHAIN_GRID, CHAIN_OWN_CPU},
	};
	struct chain c = {.stages = 3};
	size_t k;
	int x, i;

	(void)state;
	in_a_row(&c);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (x = 0; x < 4; x++) {
			for (i = 0; i < 3; i++)
				set_stage(&c.stage[i], kinds[k][i],
					  kinds[k][i] == CHAIN_OWN_CPU
						  ? x % 2
						  : (x + i) % TIMES,
					  (x + i) % 2);
			all_sources(&c);
		}
	summary("grids and mixtures");
}

enum shape {
	BESIDE, /* the third stage waits for the first and the second, which
		 * both read the source */
	BEFORE, /* the second waits for the first and the source */
	ROUND,	/* in a row, but the first waits for the third's packet before
		 */
	SHAPES
};

static void connect(struct chain *c, enum shape shape)
{
	in_a_row(c);
	if (shape == BESIDE) {
		c->stage[1].input = 0;
		c->stage[2].second = 1;
	} else if (shape == BEFORE) {
		c->stage[1].second = 0;
	} else {
		c->stage[0].second = 3;
		c->stage[0].tokens = 1;
	}
}

static void joins_and_cycles(void **state)
{
	struct chain c = {.stages = 3};
	int x, y, z, shape;

	(void)state;
	for (shape = 0; shape < SHAPES; shape++)
		for (x = 0; x < TIMES; x++)
			for (y = 0; y < TIMES; y++) {
				z = (x + y) % 2;
				connect(&c, (enum shape)shape);
				set_stage(&c.stage[0], CHAIN_GIVEN, x, 0);
				set_stage(&c.stage[1], CHAIN_GIVEN, y, 1);
				set_stage(&c.stage[2], CHAIN_GIVEN, z, 0);
				all_sources(&c);
			}
	summary("joins and cycles");
}

static int reset(void **state)
{
	(void)state;
	memset(&done, 0, sizeof(done));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(given_responses, reset),
		cmocka_unit_test_setup(own_processors, reset),
		cmocka_unit_test_setup(grids_and_mixtures, reset),
		cmocka_unit_test_setup(joins_and_cycles, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
