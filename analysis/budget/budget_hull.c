// SPDX-License-Identifier: MIT
/*
 * budget_hull.c - the first step: along the convex hulls.
 *
 * Of each item only the choices on the lower convex hull of (bytes, cost)
 * matter if a byte has a price; from one to the next some bytes more save
 * some cost.  All such edges, the most saving ones first, are taken as long
 * as they fit.  The first that does not fit gives the bound: no choice saves
 * more with the rest of the bytes than at this edge's rate.
 */
#include <stdlib.h>

#include "dsi/sizing/wide.h"
#include "budget/budget_private.h"

/* A choice that is being sorted. */
struct place {
	struct budget_choice at;
	uint32_t index;
};

/* The work space of one call. */
struct hulls {
	struct place *places; /* of one item */
	struct budget_edge *edges;
	size_t n_edges;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *p = a;
	const struct place *q = b;

	if (p->at.bytes != q->at.bytes)
		return p->at.bytes < q->at.bytes ? -1 : 1;
	if (p->at.cost != q->at.cost)
		return p->at.cost < q->at.cost ? -1 : 1;
	return p->index < q->index ? -1 : 1;
}

/* Of @a/@b and @c/@d the larger one first; they are saved costs by bytes. */
static int compare_rates(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	dsi_uwide left = (dsi_uwide)a * d;
	dsi_uwide right = (dsi_uwide)c * b;

	return left == right ? 0 : left > right ? -1 : 1;
}

static int compare_edges(const void *a, const void *b)
{
	const struct budget_edge *p = a;
	const struct budget_edge *q = b;
	int order = compare_rates(p->cost, p->bytes, q->cost, q->bytes);

	if (order)
		return order;
	return p->item < q->item ? -1 : p->item > q->item;
}

/* Is @b above the line from @a to @c, or on it? */
static bool above(const struct place *a, const struct place *b,
		  const struct place *c)
{
	return compare_rates(a->at.cost - b->at.cost, b->at.bytes - a->at.bytes,
			     b->at.cost - c->at.cost,
			     c->at.bytes - b->at.bytes) >= 0;
}

/* Sorts, and keeps the hull; returns how many are left, at least 1. */
static uint32_t make_hull(struct place *places, uint32_t n)
{
	uint32_t kept = 1;

	qsort(places, n, sizeof(*places), compare_places);
	for (uint32_t i = 1; i < n; i++) {
		if (places[i].at.cost >= places[kept - 1].at.cost)
			continue; /* more bytes for nothing */
		while (kept >= 2 &&
		       above(&places[kept - 2], &places[kept - 1], &places[i]))
			kept--;
		places[kept++] = places[i];
	}
	return kept;
}

static void add_item(struct hulls *h, struct budget_item *items, uint32_t i,
		     struct budget_result *result)
{
	struct budget_item *item = &items[i];
	uint32_t n;

	for (uint32_t k = 0; k < item->n_choices; k++)
		h->places[k] = (struct place){item->choices[k], k};
	n = make_hull(h->places, item->n_choices);
	item->chosen = h->places[0].index;
	result->bytes += h->places[0].at.bytes;
	result->cost += h->places[0].at.cost;
	for (uint32_t k = 1; k < n; k++) {
		const struct place *from = &h->places[k - 1];
		const struct place *to = &h->places[k];

		h->edges[h->n_edges++] = (struct budget_edge){
			.bytes = to->at.bytes - from->at.bytes,
			.cost = from->at.cost - to->at.cost,
			.item = i,
			.choice = to->index,
		};
	}
}

/* What @rest bytes save at the rate of @edge, rounded down. */
static uint64_t saving(const struct budget_edge *edge, uint64_t rest)
{
	return (uint64_t)((dsi_uwide)edge->cost * rest / edge->bytes);
}

/* An item whose edge did not fit gets no further one: those lead on from
 * there. */
static void take_edges(struct hulls *h, struct budget_item *items,
		       bool *blocked, uint64_t limit,
		       struct budget_result *result,
		       struct budget_edge *critical)
{
	bool cut = false;

	for (size_t e = 0; e < h->n_edges; e++) {
		const struct budget_edge *edge = &h->edges[e];

		if (blocked[edge->item])
			continue;
		if (edge->bytes <= limit - result->bytes) {
			items[edge->item].chosen = edge->choice;
			result->bytes += edge->bytes;
			result->cost -= edge->cost;
			continue;
		}
		blocked[edge->item] = true;
		if (!cut) {
			result->bound = result->cost -
					saving(edge, limit - result->bytes);
			*critical = *edge;
		}
		cut = true;
	}
	if (!cut)
		result->bound = result->cost;
	result->exact = result->bound == result->cost;
}

static size_t count_edges(const struct budget_item *items, size_t n,
			  uint32_t *out_most)
{
	size_t edges = 0;

	*out_most = 1;
	for (size_t i = 0; i < n; i++) {
		edges += items[i].n_choices - 1;
		if (items[i].n_choices > *out_most)
			*out_most = items[i].n_choices;
	}
	return edges;
}

enum budget_status budget_along_hulls(struct budget_item *items, size_t n,
				      uint64_t limit,
				      struct budget_result *result,
				      struct budget_edge *critical)
{
	enum budget_status status = BUDGET_NO_MEMORY;
	uint32_t most;
	size_t n_edges = count_edges(items, n, &most);
	struct hulls h = {
		.places = calloc(most, sizeof(*h.places)),
		.edges = calloc(n_edges + 1, sizeof(*h.edges)),
	};
	bool *blocked = calloc(n + 1, sizeof(*blocked));

	if (h.places && h.edges && blocked) {
		for (size_t i = 0; i < n; i++)
			add_item(&h, items, (uint32_t)i, result);
		result->floor_bytes = result->bytes;
		result->bound = result->cost;
		status = BUDGET_NO_FIT;
	}
	if (status == BUDGET_NO_FIT && result->bytes <= limit) {
		qsort(h.edges, h.n_edges, sizeof(*h.edges), compare_edges);
		take_edges(&h, items, blocked, limit, result, critical);
		status = BUDGET_OK;
	}
	free(blocked);
	free(h.edges);
	free(h.places);
	return status;
}
