/* SPDX-License-Identifier: MIT */
/*
 * plan_cpus.c - on which CPUs the ends of a stream should run.
 *
 * Place: plan.c -> CPUS.  Every pair of producer and consumer has a cost; the
 * producer's CPU is the one with which the costs of all pairs are least.  The
 * consumers choose in turn, those that may run on the fewest CPUs first, and
 * nobody gets a CPU twice.
 *
 * The parts of a cost, each larger than all that follow together:
 *
 *   nowhere   an end that finds no CPU of its own
 *   sibling   the core has another end on it (DSI_SMT_AVOID): two busy
 *             threads on a core slow each other down
 *   speed     a slower kind of core than the fastest
 *   share     what the two share: L2, L3, node, package, nothing
 *   distance  of their nodes
 *
 * Of equal costs the lowest numbers win.
 */
#include "plan_private.h"

#define COST_NOWHERE UINT64_C(1000000000000)
#define COST_SIBLING UINT64_C(1000000000)
#define COST_SPEED UINT64_C(10000000)
#define COST_SHARE UINT64_C(100000)

struct choice {
	uint32_t cpus[DSI_MAX_CONSUMERS]; /* by index, DSI_INDEX_NONE = none */
	uint64_t cost;
};

struct seats {
	uint64_t cpus[DSI_CPUS_MAX / 64u];  /* by index: taken */
	uint64_t cores[DSI_CPUS_MAX / 64u]; /* by core % DSI_CPUS_MAX: in use */
};

static uint32_t share_of(const struct dsi_topology_cpu *a,
			 const struct dsi_topology_cpu *b)
{
	if (a->core == b->core)
		return DSI_SHARE_CORE;
	if (a->l2 == b->l2 && a->l2 != DSI_INDEX_NONE)
		return DSI_SHARE_L2;
	if (a->l3 == b->l3 && a->l3 != DSI_INDEX_NONE)
		return DSI_SHARE_L3;
	if (a->package != b->package)
		return DSI_SHARE_NOTHING;
	return a->node == b->node ? DSI_SHARE_NODE : DSI_SHARE_PACKAGE;
}

static uint64_t distance(const struct dsi_topology *t, int32_t a, int32_t b)
{
	uint32_t from, to;

	if (a == b)
		return DISTANCE_SAME;
	from = topology_node_index(t, a);
	to = topology_node_index(t, b);
	return t->distances[from * t->n_nodes + to];
}

static uint32_t top_speed(const struct dsi_topology *t)
{
	uint32_t top = 0;

	for (uint32_t i = 0; i < t->n_cpus; i++)
		if (t->cpus[i].speed > top)
			top = t->cpus[i].speed;
	return top;
}

static uint64_t cost_of(const struct planner *p, uint32_t producer,
			uint32_t consumer, const struct seats *seats)
{
	const struct dsi_topology_cpu *a = &p->t->cpus[producer];
	const struct dsi_topology_cpu *b = &p->t->cpus[consumer];
	uint32_t share = share_of(a, b);
	uint64_t cost = distance(p->t, a->node, b->node);

	if (p->request->smt == DSI_SMT_AVOID &&
	    set_has(seats->cores, b->core % DSI_CPUS_MAX))
		cost += COST_SIBLING;
	/* Siblings have all caches in common, as neighbours of an L2 have. */
	if (p->request->smt != DSI_SMT_PREFER && share == DSI_SHARE_CORE)
		share = DSI_SHARE_L2;
	return cost + share * COST_SHARE;
}

static uint64_t slowness(const struct dsi_topology *t, uint32_t cpu,
			 uint32_t top)
{
	uint64_t behind = top - t->cpus[cpu].speed;

	return (behind < 99 ? behind : 99) * COST_SPEED;
}

static void sit(const struct dsi_topology *t, struct seats *seats, uint32_t cpu)
{
	set_add(seats->cpus, cpu);
	set_add(seats->cores, t->cpus[cpu].core % DSI_CPUS_MAX);
}

static void choose_for_one(const struct planner *p, uint32_t producer,
			   uint32_t consumer, uint32_t top, struct seats *seats,
			   struct choice *choice)
{
	const struct dsi_plan_end *end = &p->request->consumers[consumer];
	uint64_t least = COST_NOWHERE;
	uint32_t best = DSI_INDEX_NONE;

	for (uint32_t i = 0; i < p->t->n_cpus; i++) {
		uint64_t cost;

		if (set_has(seats->cpus, i) ||
		    !plan_may_run(end, p->t->cpus[i].cpu))
			continue;
		cost = cost_of(p, producer, i, seats) + slowness(p->t, i, top);
		if (cost >= least)
			continue;
		least = cost;
		best = i;
	}
	choice->cpus[consumer] = best;
	choice->cost += least;
	if (best != DSI_INDEX_NONE)
		sit(p->t, seats, best);
}

/* Consumers by rising number of CPUs that they may run on. */
static void order_consumers(const struct planner *p, uint32_t *order)
{
	uint32_t may[DSI_MAX_CONSUMERS];

	for (uint32_t i = 0; i < p->plan->n_consumers; i++) {
		uint32_t at = i;

		may[i] = 0;
		for (uint32_t c = 0; c < p->t->n_cpus; c++)
			may[i] += plan_may_run(&p->request->consumers[i],
					       p->t->cpus[c].cpu) != 0;
		for (; at > 0 && may[order[at - 1]] > may[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static void try_producer(const struct planner *p, uint32_t producer,
			 const uint32_t *order, uint32_t top,
			 struct choice *choice)
{
	struct seats seats = {{0}, {0}};

	choice->cost = slowness(p->t, producer, top);
	sit(p->t, &seats, producer);
	for (uint32_t i = 0; i < p->plan->n_consumers; i++)
		choose_for_one(p, producer, order[i], top, &seats, choice);
}

static void take(struct planner *p, uint32_t producer,
		 const struct choice *choice)
{
	const struct dsi_topology *t = p->t;
	struct dsi_plan *plan = p->plan;

	plan->producer_cpu = t->cpus[producer].cpu;
	for (uint32_t i = 0; i < plan->n_consumers; i++) {
		uint32_t cpu = choice->cpus[i];

		if (cpu == DSI_INDEX_NONE)
			continue;
		plan->consumers[i].cpu = t->cpus[cpu].cpu;
		plan->consumers[i].share =
			share_of(&t->cpus[producer], &t->cpus[cpu]);
	}
}

void plan_choose_cpus(struct planner *p)
{
	uint32_t order[DSI_MAX_CONSUMERS];
	struct choice best = {.cost = UINT64_MAX}, next;
	uint32_t top = top_speed(p->t);
	uint32_t producer = 0;

	order_consumers(p, order);
	for (uint32_t i = 0; i < p->t->n_cpus; i++) {
		if (!plan_may_run(p->request->producer, p->t->cpus[i].cpu))
			continue;
		try_producer(p, i, order, top, &next);
		if (next.cost >= best.cost)
			continue;
		best = next;
		producer = i;
	}
	take(p, producer, &best);
}
