/* SPDX-License-Identifier: MIT */
/*
 * plan_data.c - on which node the data area lies.
 *
 * Place: plan.c -> DATA.  The rules in their order, reasons in
 * docs/design/95-placement.md:
 *
 *   asked        a node that was asked for, if it is there
 *   one node     there is nothing to choose
 *   weights      each end adds its passes over the bytes to its home
 *   spread       readers on three nodes or more, and no node has half of all
 *                passes: pages in turn over the readers' nodes
 *   heaviest     the node with the largest sum; of equal ones first one with
 *                a reader, of these the producer's own, then the one nearest
 *                to the producer, then the lowest
 *   full         more than half of that node: pages in turn over all normal
 *                nodes, rather than spilling wherever there is room
 */
#include <stddef.h>

#include "plan_private.h"

#define PASSES_ONCE 100u
#define SPREAD_NODES 3u

/* By index of node. */
struct weights {
	uint64_t all[DSI_NODES_MAX];
	uint64_t readers[DSI_NODES_MAX];
	uint64_t sum;
	uint32_t reader_nodes;
	uint32_t homes; /* ends that are at home somewhere */
};

static void lie_on(struct dsi_plan *plan, const struct dsi_topology *t,
		   uint32_t index, uint32_t why)
{
	set_add(plan->data_nodes.words, (uint32_t)t->nodes[index].node);
	plan->n_data_nodes = 1;
	plan->why = why;
}

static uint64_t passes_of(const struct dsi_plan_end *end, uint32_t times)
{
	return (uint64_t)(end->passes ? end->passes : PASSES_ONCE) * times;
}

static void weigh(const struct planner *p, struct weights *w)
{
	const struct dsi_plan_request *r = p->request;
	uint32_t at = topology_node_index(p->t, p->plan->producer_home);

	*w = (struct weights){.sum = 0};
	if (at != DSI_INDEX_NONE) {
		w->all[at] = passes_of(r->producer, 1);
		w->sum = w->all[at];
		w->homes = 1;
	}
	for (uint32_t i = 0; i < p->plan->n_consumers; i++) {
		const struct dsi_plan_end *end = &r->consumers[i];
		uint64_t passes = passes_of(end, end->writes ? 2 : 1);

		at = topology_node_index(p->t, p->plan->consumers[i].home);
		if (at == DSI_INDEX_NONE)
			continue;
		w->reader_nodes += w->readers[at] == 0;
		w->readers[at] += passes;
		w->all[at] += passes;
		w->sum += passes;
		w->homes++;
	}
}

/* Of two nodes with equal sums, is a to be preferred? */
static int comes_before(const struct planner *p, const struct weights *w,
			uint32_t a, uint32_t b)
{
	const struct dsi_topology *t = p->t;
	uint32_t own = topology_node_index(t, p->plan->producer_home);
	uint32_t to_a, to_b;

	if ((w->readers[a] != 0) != (w->readers[b] != 0))
		return w->readers[a] != 0;
	if (own == DSI_INDEX_NONE)
		return a < b;
	to_a = t->distances[own * t->n_nodes + a];
	to_b = t->distances[own * t->n_nodes + b];
	return to_a != to_b ? to_a < to_b : a < b;
}

static uint32_t heaviest(const struct planner *p, const struct weights *w)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < p->t->n_nodes; i++)
		if (w->all[i] > w->all[best] ||
		    (w->all[i] == w->all[best] && w->all[i] &&
		     comes_before(p, w, i, best)))
			best = i;
	return best;
}

static void spread(struct planner *p, const uint64_t *weights, uint32_t why)
{
	struct dsi_plan *plan = p->plan;

	for (uint32_t i = 0; i < p->t->n_nodes; i++) {
		const struct dsi_topology_node *node = &p->t->nodes[i];

		if (weights ? !weights[i]
			    : !node_usable(p->t, i) ||
				      node->kind != DSI_MEMORY_NORMAL)
			continue;
		set_add(plan->data_nodes.words, (uint32_t)node->node);
		plan->n_data_nodes++;
	}
	plan->why = why;
}

static void by_weight(struct planner *p, const struct weights *w)
{
	uint32_t best = heaviest(p, w);
	const struct dsi_topology_node *node = &p->t->nodes[best];
	uint32_t why = DSI_WHY_READERS;

	if (w->reader_nodes >= SPREAD_NODES && w->all[best] * 2 < w->sum) {
		spread(p, w->readers, DSI_WHY_SPREAD);
		return;
	}
	if (node->bytes && p->request->data_bytes > node->bytes / 2) {
		spread(p, NULL, DSI_WHY_FULL);
		return;
	}
	if (w->all[best] == w->sum && w->homes == p->plan->n_consumers + 1)
		why = DSI_WHY_ALL_SAME;
	else if (w->readers[best] == 0)
		why = DSI_WHY_PRODUCER;
	lie_on(p->plan, p->t, best, why);
}

/* The only node from which we may take memory, or DSI_INDEX_NONE. */
static uint32_t only_node(const struct dsi_topology *t)
{
	uint32_t found = DSI_INDEX_NONE;

	for (uint32_t i = 0; i < t->n_nodes; i++) {
		if (!node_usable(t, i))
			continue;
		if (found != DSI_INDEX_NONE)
			return DSI_INDEX_NONE;
		found = i;
	}
	return found;
}

void plan_place_data(struct planner *p)
{
	const struct dsi_plan_request *r = p->request;
	uint32_t only = only_node(p->t);
	struct weights w;

	if (r->placement == DSI_PLACEMENT_NODE) {
		uint32_t asked = topology_node_index(p->t, r->node);

		if (asked == DSI_INDEX_NONE || !node_usable(p->t, asked))
			p->plan->why = DSI_WHY_NOT_THERE;
		else
			lie_on(p->plan, p->t, asked, DSI_WHY_ASKED);
		return;
	}
	if (only != DSI_INDEX_NONE) {
		lie_on(p->plan, p->t, only, DSI_WHY_ONE_NODE);
		return;
	}
	weigh(p, &w);
	if (w.homes == 0)
		p->plan->why = DSI_WHY_NOT_KNOWN;
	else
		by_weight(p, &w);
}
