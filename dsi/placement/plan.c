/* SPDX-License-Identifier: MIT */
/*
 * plan.c - from the CPUs of a stream's ends to the nodes of its pages.
 *
 * Place: topology_table.h -> PLAN; a pure function.  The rules, with reasons,
 * are in docs/design/95-placement.md:
 *
 *   - An end is at home on a node if all CPUs that it may use are.  One that
 *     may wander between nodes has no home, and nothing is bound for it.
 *   - A page lies at its writer's home (dsi/shm_layout.h says who that is).
 *   - The data area: plan_data.c.  CPUs: plan_cpus.c.
 */
#include <string.h>

#include "plan_private.h"

/* More is no stream's behaviour, and sums stay below 2^32. */
#define PASSES_MAX 1000000u

int plan_may_run(const struct dsi_plan_end *end, int32_t cpu)
{
	static const struct dsi_cpus none;

	return set_has(end->cpus.words, (uint32_t)cpu) ||
	       memcmp(&end->cpus, &none, sizeof(none)) == 0;
}

/* -DSI_ENOENT: it may run nowhere. */
static int find_home(const struct dsi_topology *t,
		     const struct dsi_plan_end *end, int32_t *out_home)
{
	uint32_t found = 0;

	*out_home = DSI_NODE_ANY;
	for (uint32_t i = 0; i < t->n_cpus; i++) {
		if (!plan_may_run(end, t->cpus[i].cpu))
			continue;
		if (found++ == 0)
			*out_home = t->cpus[i].node;
		else if (*out_home != t->cpus[i].node)
			*out_home = DSI_NODE_ANY;
		if (*out_home == DSI_NODE_ANY)
			return 0;
	}
	return found ? 0 : -DSI_ENOENT;
}

static int find_homes(struct planner *p)
{
	int err =
		find_home(p->t, p->request->producer, &p->plan->producer_home);

	for (uint32_t i = 0; i < p->plan->n_consumers && !err; i++)
		err = find_home(p->t, &p->request->consumers[i],
				&p->plan->consumers[i].home);
	return err;
}

static int32_t home_of_cpu(const struct dsi_topology *t, int32_t cpu,
			   int32_t otherwise)
{
	for (uint32_t i = 0; i < t->n_cpus; i++)
		if (t->cpus[i].cpu == cpu)
			return t->cpus[i].node;
	return otherwise;
}

/* Who will run where the plan says is at home there. */
static void settle(struct planner *p)
{
	struct dsi_plan *plan = p->plan;

	plan->producer_home =
		home_of_cpu(p->t, plan->producer_cpu, plan->producer_home);
	for (uint32_t i = 0; i < plan->n_consumers; i++)
		plan->consumers[i].home = home_of_cpu(
			p->t, plan->consumers[i].cpu, plan->consumers[i].home);
}

/* Each page at its writer's. */
static void place_pages(struct dsi_plan *plan)
{
	plan->control_node = plan->producer_home;
	for (uint32_t i = 0; i < plan->n_consumers; i++) {
		plan->consumers[i].signal_node = plan->producer_home;
		plan->consumers[i].page_node = plan->consumers[i].home;
	}
}

static int check_request(const struct dsi_plan_request *r)
{
	if (!r || r->size < sizeof(*r) || !r->producer ||
	    (r->flags & ~(DSI_PLAN_PIN | DSI_PLAN_NO_CPUS)) ||
	    r->smt > DSI_SMT_IGNORE || r->n_consumers > DSI_MAX_CONSUMERS ||
	    (r->n_consumers && !r->consumers) ||
	    r->producer->passes > PASSES_MAX)
		return -DSI_EINVAL;
	if (r->placement != DSI_PLACEMENT_AUTO &&
	    r->placement != DSI_PLACEMENT_NODE)
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < r->n_consumers; i++)
		if (r->consumers[i].passes > PASSES_MAX)
			return -DSI_EINVAL;
	return 0;
}

static void clear(struct dsi_plan *plan, uint32_t n_consumers)
{
	*plan = (struct dsi_plan){.size = sizeof(*plan),
				  .producer_cpu = DSI_CPU_ANY,
				  .n_consumers = n_consumers};
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		plan->consumers[i] = (struct dsi_plan_consumer){
			DSI_CPU_ANY, DSI_NODE_ANY, DSI_NODE_ANY, DSI_NODE_ANY,
			DSI_SHARE_UNKNOWN};
}

int dsi_plan_make(const struct dsi_topology *topology,
		  const struct dsi_plan_request *request,
		  struct dsi_plan *out_plan)
{
	struct planner p = {topology, request, out_plan};
	int err = check_request(request);

	if (err || !topology || !out_plan || out_plan->size < sizeof(*out_plan))
		return -DSI_EINVAL;
	clear(out_plan, request->n_consumers);
	err = find_homes(&p);
	if (err)
		return err;
	if (!(request->flags & DSI_PLAN_NO_CPUS))
		plan_choose_cpus(&p);
	if (request->flags & DSI_PLAN_PIN)
		settle(&p);
	place_pages(out_plan);
	plan_place_data(&p);
	return 0;
}

const char *dsi_plan_reason(uint32_t why)
{
	static const char *const reasons[] = {
		[DSI_WHY_ONE_NODE] = "there is one node",
		[DSI_WHY_ASKED] = "the node was asked for",
		[DSI_WHY_ALL_SAME] = "all ends are at home there",
		[DSI_WHY_READERS] = "most of the reading is done from there",
		[DSI_WHY_PRODUCER] = "no reader counts more than the producer",
		[DSI_WHY_SPREAD] =
			"spread over the nodes of readers, as none of them "
			"has half of the work",
		[DSI_WHY_NOT_KNOWN] = "no end is bound to one node: left to "
				      "the system",
		[DSI_WHY_FULL] = "it would take more than half of the node "
				 "where it should lie: spread over all",
		[DSI_WHY_NOT_THERE] = "the node that was asked for is not "
				      "there, has no memory or is not allowed: "
				      "left to the system",
	};

	if (why >= sizeof(reasons) / sizeof(reasons[0]))
		return "unknown reason";
	return reasons[why];
}
