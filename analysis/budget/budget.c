// SPDX-License-Identifier: MIT
/*
 * budget.c - bytes shared among many streams: what is checked before, and
 * the order of the two steps.
 */
#include "budget/budget_private.h"

/* All sums of the two steps then fit in 62 bits and their products in 125. */
static enum budget_status check(const struct budget_item *items, size_t n)
{
	uint64_t bytes = 0;
	uint64_t cost = 0;

	if (n > UINT32_MAX)
		return BUDGET_BAD_ITEM;
	for (size_t i = 0; i < n; i++) {
		uint64_t most_bytes = 0;
		uint64_t most_cost = 0;

		if (items[i].n_choices == 0 ||
		    items[i].n_choices > BUDGET_MAX_CHOICES)
			return BUDGET_BAD_ITEM;
		for (uint32_t k = 0; k < items[i].n_choices; k++) {
			const struct budget_choice *c = &items[i].choices[k];

			if (c->bytes > most_bytes)
				most_bytes = c->bytes;
			if (c->cost > most_cost)
				most_cost = c->cost;
		}
		if (most_bytes > BUDGET_MAX_COST - bytes ||
		    most_cost > BUDGET_MAX_COST - cost)
			return BUDGET_OVERFLOW;
		bytes += most_bytes;
		cost += most_cost;
	}
	return BUDGET_OK;
}

enum budget_status budget_share(struct budget_item *items, size_t n,
				uint64_t limit, struct budget_result *result)
{
	struct budget_edge critical = {0};
	enum budget_status status = check(items, n);

	*result = (struct budget_result){0};
	if (status != BUDGET_OK)
		return status;
	if (limit > BUDGET_MAX_COST)
		limit = BUDGET_MAX_COST;
	status = budget_along_hulls(items, n, limit, result, &critical);
	if (status != BUDGET_OK || result->exact)
		return status;
	return budget_search(items, n, limit, &critical, result);
}
