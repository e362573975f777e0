// SPDX-License-Identifier: MIT
/*
 * budget_search.c - the second step: the exact search.
 *
 * Item after item, all pairs of bytes and cost are kept that are not worse in
 * both than another (a Pareto front).  With a price L = cost / bytes of the
 * critical edge for each byte, the items that are still to come add at least
 *
 *      sum of min over choices of (cost + L bytes),  less L x limit
 *
 * so a pair from which the cost found before cannot be beaten is dropped.
 * All is multiplied by the bytes of the critical edge: whole numbers.
 */
#define _DEFAULT_SOURCE 1
#include <stdlib.h>

#include "dsi/sizing/wide.h"
#include "budget/budget_private.h"

#define MAX_WORK (UINT64_C(16) << 20) /* pairs looked at */

/* The way here: the pair before it, and the choice that led to it. */
struct state {
	uint64_t bytes;
	uint64_t cost;
	uint32_t before;
	uint32_t choice;
};

struct states {
	struct state *at;
	uint32_t n;
	uint32_t room;
};

struct search {
	const struct budget_edge *critical;
	uint64_t limit;
	uint64_t best; /* cost to beat */
	dsi_wide rest; /* least scaled sum of the items to come */
	struct states kept;
	uint32_t front; /* first of the kept ones of the last item */
	struct states fresh;
	uint64_t work;
	bool no_memory;
};

static dsi_wide scaled(const struct search *s, uint64_t bytes, uint64_t cost)
{
	return (dsi_wide)cost * s->critical->bytes +
	       (dsi_wide)bytes * s->critical->cost;
}

static dsi_wide least_scaled(const struct search *s,
			     const struct budget_item *item)
{
	dsi_wide least = DSI_WIDE_MAX;

	for (uint32_t k = 0; k < item->n_choices; k++)
		least = wide_min(least, scaled(s, item->choices[k].bytes,
					       item->choices[k].cost));
	return least;
}

static bool hopeless(const struct search *s, uint64_t bytes, uint64_t cost)
{
	return scaled(s, bytes, cost) + s->rest >= scaled(s, s->limit, s->best);
}

static int compare_states(const void *a, const void *b)
{
	const struct state *p = a;
	const struct state *q = b;

	if (p->bytes != q->bytes)
		return p->bytes < q->bytes ? -1 : 1;
	if (p->cost != q->cost)
		return p->cost < q->cost ? -1 : 1;
	if (p->before != q->before)
		return p->before < q->before ? -1 : 1;
	return p->choice < q->choice ? -1 : p->choice > q->choice;
}

/* False: too many, or no memory. */
static bool push(struct search *s, struct states *to, struct state state)
{
	if (to->n == BUDGET_MAX_STATES)
		return false;
	if (to->n == to->room) {
		uint32_t room = to->room ? 2 * to->room : 64;
		void *grown = reallocarray(to->at, room, sizeof(*to->at));

		s->no_memory = !grown;
		if (!grown)
			return false;
		to->at = grown;
		to->room = room;
	}
	to->at[to->n++] = state;
	return true;
}

/* False: too many. */
static bool expand(struct search *s, const struct budget_item *item)
{
	s->fresh.n = 0;
	for (uint32_t i = s->front; i < s->kept.n; i++) {
		const struct state from = s->kept.at[i];

		s->work += item->n_choices;
		if (s->work > MAX_WORK)
			return false;
		for (uint32_t k = 0; k < item->n_choices; k++) {
			uint64_t bytes = from.bytes + item->choices[k].bytes;
			uint64_t cost = from.cost + item->choices[k].cost;

			if (bytes > s->limit || hopeless(s, bytes, cost))
				continue;
			if (!push(s, &s->fresh,
				  (struct state){bytes, cost, i, k}))
				return false;
		}
	}
	return true;
}

/* Keep the front of what was made.  False: too many. */
static bool keep_front(struct search *s)
{
	uint64_t least = s->best;

	if (s->fresh.n)
		qsort(s->fresh.at, s->fresh.n, sizeof(*s->fresh.at),
		      compare_states);
	s->front = s->kept.n;
	for (uint32_t i = 0; i < s->fresh.n; i++) {
		if (s->fresh.at[i].cost >= least)
			continue;
		if (!push(s, &s->kept, s->fresh.at[i]))
			return false;
		least = s->fresh.at[i].cost;
	}
	return true;
}

static bool run(struct search *s, const struct budget_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->rest += least_scaled(s, &items[i]);
	if (!push(s, &s->kept, (struct state){0}))
		return false;
	for (size_t i = 0; i < n; i++) {
		s->rest -= least_scaled(s, &items[i]);
		if (!expand(s, &items[i]) || !keep_front(s))
			return false;
		if (s->front == s->kept.n)
			break; /* nothing is better */
	}
	return true;
}

/* The last pair of the front costs least. */
static void take(const struct search *s, struct budget_item *items, size_t n,
		 struct budget_result *result)
{
	result->exact = true;
	if (s->front < s->kept.n) {
		uint32_t at = s->kept.n - 1;

		result->bytes = s->kept.at[at].bytes;
		result->cost = s->kept.at[at].cost;
		for (size_t i = n; i > 0; i--) {
			items[i - 1].chosen = s->kept.at[at].choice;
			at = s->kept.at[at].before;
		}
	}
	result->bound = result->cost;
}

enum budget_status budget_search(struct budget_item *items, size_t n,
				 uint64_t limit,
				 const struct budget_edge *critical,
				 struct budget_result *result)
{
	struct search s = {
		.critical = critical,
		.limit = limit,
		.best = result->cost,
	};

	if (run(&s, items, n))
		take(&s, items, n, result);
	free(s.fresh.at);
	free(s.kept.at);
	return s.no_memory ? BUDGET_NO_MEMORY : BUDGET_OK;
}
