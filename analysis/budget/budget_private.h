/* SPDX-License-Identifier: MIT */
/* budget_private.h - what the two steps of budget_share() hand over. */
#ifndef DSI_BUDGET_PRIVATE_H
#define DSI_BUDGET_PRIVATE_H

#include "budget/budget.h"

/* An edge of a hull: @bytes more save @cost.  @bytes is never 0. */
struct budget_edge {
	uint64_t bytes;
	uint64_t cost;
	uint32_t item;
	uint32_t choice; /* at its end */
};

/**
 * budget_along_hulls - a choice near the best, and the bound.
 * @critical: set to the edge that the budget cuts: its cost / bytes is the
 *            price of a byte for which the bound is largest
 *
 * @result->floor_bytes and the start (the least bytes of each item) are set.
 */
enum budget_status budget_along_hulls(struct budget_item *items, size_t n,
				      uint64_t limit,
				      struct budget_result *result,
				      struct budget_edge *critical);

/* Better than @result->cost, if there is anything.  *result and the items are
 * changed only if the search came to its end. */
enum budget_status budget_search(struct budget_item *items, size_t n,
				 uint64_t limit,
				 const struct budget_edge *critical,
				 struct budget_result *result);

#endif /* DSI_BUDGET_PRIVATE_H */
