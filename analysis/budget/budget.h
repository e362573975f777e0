/* SPDX-License-Identifier: MIT */
/*
 * budget.h - bytes shared among many streams.
 *
 * Each item (a stream, a hop of a pipeline) has several choices, each with
 * its bytes and its cost, for example periods: a longer one takes more memory
 * and wakes the processor up less often.  One choice is taken of each item so
 * that the bytes together stay within the budget and the cost together is
 * least: the multiple-choice knapsack problem.
 *
 * It is solved in two steps.  Along the convex hulls of the items a choice is
 * found in O(n log n) together with a bound below which no choice can be
 * (Lagrangian relaxation).  If they differ, an exact search over the bytes
 * used follows, cut off by that bound; it is given up when it would hold more
 * than BUDGET_MAX_STATES, and the difference is then reported.
 *
 * Whole numbers only; costs are in a unit of the caller's choice.
 */
#ifndef DSI_BUDGET_H
#define DSI_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUDGET_MAX_STATES (UINT32_C(1) << 20) /* of the exact search */
#define BUDGET_MAX_CHOICES UINT32_C(65536)    /* of one item */
#define BUDGET_MAX_COST (UINT64_C(1) << 62)   /* of all items together */

struct budget_choice {
	uint64_t bytes;
	uint64_t cost;
};

/**
 * struct budget_item - one of those that share.
 * @choices:   array, in any order
 * @n_choices: its length, 1 to BUDGET_MAX_CHOICES
 * @chosen:    set by budget_share(): index into @choices
 */
struct budget_item {
	const struct budget_choice *choices;
	uint32_t n_choices;
	uint32_t chosen;
};

enum budget_status {
	BUDGET_OK,
	BUDGET_NO_FIT,	 /* @floor_bytes is more than the budget */
	BUDGET_OVERFLOW, /* bytes or costs together do not fit in 2^62 */
	BUDGET_NO_MEMORY,
	BUDGET_BAD_ITEM, /* no choices, or too many */
};

/**
 * struct budget_result - the answer.
 * @bytes:       used by the choices taken
 * @cost:        of the choices taken
 * @bound:       no choice of choices within the budget costs less;
 *               @cost - @bound is the gap
 * @floor_bytes: the least that any choice needs; also set with BUDGET_NO_FIT
 * @exact:       the choices taken are the cheapest; then @bound is @cost
 */
struct budget_result {
	uint64_t bytes;
	uint64_t cost;
	uint64_t bound;
	uint64_t floor_bytes;
	bool exact;
};

/**
 * budget_share - take one choice of each item.
 * @items:  array; @chosen of each is set
 * @n:      its length, may be 0
 * @limit:  bytes there are
 * @result: the answer
 *
 * Deterministic: the same items give the same answer.
 */
enum budget_status budget_share(struct budget_item *items, size_t n,
				uint64_t limit, struct budget_result *result);

#endif /* DSI_BUDGET_H */
