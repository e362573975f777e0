// SPDX-License-Identifier: MIT
/* budget_test.c - the shared budget against all combinations. */
#include <stdlib.h>
#include <cmocka.h>

#include "budget/budget.h"

#define MOST_ITEMS 5
#define MOST_CHOICES 4
#define ROUNDS 20000

struct puzzle {
	struct budget_choice choices[MOST_ITEMS][MOST_CHOICES];
	struct budget_item items[MOST_ITEMS];
	size_t n;
};

static uint64_t seed = 1;

static uint64_t draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (seed >> 33) % below;
}

static void make(struct puzzle *p, uint64_t range)
{
	p->n = draw(MOST_ITEMS + 1);
	for (size_t i = 0; i < p->n; i++) {
		p->items[i].n_choices = 1 + (uint32_t)draw(MOST_CHOICES);
		p->items[i].choices = p->choices[i];
		for (uint32_t k = 0; k < p->items[i].n_choices; k++) {
			p->choices[i][k].bytes = draw(range);
			p->choices[i][k].cost = draw(range);
		}
	}
}

/* Least cost of the items from @i on; UINT64_MAX: nothing fits. */
static uint64_t try_all(const struct puzzle *p, size_t i, uint64_t limit)
{
	uint64_t best = UINT64_MAX;

	if (i == p->n)
		return 0;
	for (uint32_t k = 0; k < p->items[i].n_choices; k++) {
		const struct budget_choice *c = &p->items[i].choices[k];
		uint64_t rest;

		if (c->bytes > limit)
			continue;
		rest = try_all(p, i + 1, limit - c->bytes);
		if (rest != UINT64_MAX && rest + c->cost < best)
			best = rest + c->cost;
	}
	return best;
}

static uint64_t least_bytes(const struct puzzle *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t least = UINT64_MAX;

		for (uint32_t k = 0; k < p->items[i].n_choices; k++) {
			if (p->items[i].choices[k].bytes < least)
				least = p->items[i].choices[k].bytes;
		}
		sum += least;
	}
	return sum;
}

/* Does the answer add up? */
static void check_sums(const struct budget_item *items, size_t n,
		       const struct budget_result *r)
{
	uint64_t bytes = 0;
	uint64_t cost = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(items[i].chosen < items[i].n_choices);
		bytes += items[i].choices[items[i].chosen].bytes;
		cost += items[i].choices[items[i].chosen].cost;
	}
	assert_int_equal(bytes, r->bytes);
	assert_int_equal(cost, r->cost);
}

static void agrees_with_all_combinations(void **state)
{
	static const uint64_t ranges[] = {4, 12, 100, 100000};
	struct budget_result r;
	struct puzzle p;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t range = ranges[round % 4];
		uint64_t limit = draw(MOST_ITEMS * range / 2 + 1);
		uint64_t best;

		make(&p, range);
		best = try_all(&p, 0, limit);
		if (best == UINT64_MAX) {
			assert_int_equal(budget_share(p.items, p.n, limit, &r),
					 BUDGET_NO_FIT);
			assert_int_equal(r.floor_bytes, least_bytes(&p));
			continue;
		}
		assert_int_equal(budget_share(p.items, p.n, limit, &r),
				 BUDGET_OK);
		assert_true(r.exact);
		assert_int_equal(r.cost, best);
		assert_int_equal(r.bound, best);
		assert_true(r.bytes <= limit);
		assert_int_equal(r.floor_bytes, least_bytes(&p));
		check_sums(p.items, p.n, &r);
	}
}

/* More items than can be tried: the bound must hold against the answer, and
 * the gap cannot be more than one step of one item. */
static void many_items_give_a_small_gap(void **state)
{
	enum { ITEMS = 20000, CHOICES = 6 };
	struct budget_choice *choices =
		calloc((size_t)ITEMS * CHOICES, sizeof(*choices));
	struct budget_item *items = calloc(ITEMS, sizeof(*items));
	struct budget_result r;
	uint64_t largest_step = 1000000;

	(void)state;
	assert_non_null(choices);
	assert_non_null(items);
	for (size_t i = 0; i < ITEMS; i++) {
		items[i].choices = &choices[i * CHOICES];
		items[i].n_choices = CHOICES;
		for (size_t k = 0; k < CHOICES; k++)
			choices[i * CHOICES + k] = (struct budget_choice){
				.bytes = (k + 1) * (1000 + draw(100000)),
				.cost = largest_step / (k + 1) - draw(1000),
			};
	}
	assert_int_equal(budget_share(items, ITEMS, UINT64_C(2500000000), &r),
			 BUDGET_OK);
	check_sums(items, ITEMS, &r);
	assert_true(r.bytes <= UINT64_C(2500000000));
	assert_true(r.floor_bytes <= r.bytes);
	assert_true(r.bound <= r.cost);
	assert_true(r.cost - r.bound <= largest_step);
	free(items);
	free(choices);
}

static void bad_input_is_told(void **state)
{
	const struct budget_choice huge = {.bytes = BUDGET_MAX_COST};
	const struct budget_choice dear = {.cost = BUDGET_MAX_COST};
	struct budget_item items[2] = {
		{.choices = &huge, .n_choices = 1},
		{.choices = &huge, .n_choices = 1},
	};
	struct budget_result r;

	(void)state;
	assert_int_equal(budget_share(items, 2, UINT64_MAX, &r),
			 BUDGET_OVERFLOW);
	assert_int_equal(budget_share(items, 1, UINT64_MAX, &r), BUDGET_OK);
	assert_int_equal(r.bytes, BUDGET_MAX_COST);
	items[0].choices = &dear;
	items[1].choices = &dear;
	assert_int_equal(budget_share(items, 2, UINT64_MAX, &r),
			 BUDGET_OVERFLOW);
	items[1].n_choices = 0;
	assert_int_equal(budget_share(items, 2, UINT64_MAX, &r),
			 BUDGET_BAD_ITEM);
	items[1].n_choices = BUDGET_MAX_CHOICES + 1;
	assert_int_equal(budget_share(items, 2, UINT64_MAX, &r),
			 BUDGET_BAD_ITEM);
	assert_int_equal(budget_share(items, 0, 0, &r), BUDGET_OK);
	assert_true(r.exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_all_combinations),
		cmocka_unit_test(many_items_give_a_small_gap),
		cmocka_unit_test(bad_input_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
