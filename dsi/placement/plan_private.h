/* SPDX-License-Identifier: MIT */
/*
 * plan_private.h - what the files of the planner share.
 *
 * Place: topology_table.h -> plan.c (who is at home where) -> plan_cpus.c
 * (which CPUs) -> plan_data.c (where the data area lies).
 */
#ifndef DSI_PLAN_PRIVATE_H
#define DSI_PLAN_PRIVATE_H

#include "topology_table.h"

struct planner {
	const struct dsi_topology *t;
	const struct dsi_plan_request *request;
	struct dsi_plan *plan;
};

/* May the end run on this CPU?  An empty set means anywhere. */
int plan_may_run(const struct dsi_plan_end *end, int32_t cpu);

/* plan_cpus.c: choose CPUs; all in the plan are DSI_CPU_ANY before. */
void plan_choose_cpus(struct planner *p);

/* plan_data.c: the homes are known. */
void plan_place_data(struct planner *p);

#endif /* DSI_PLAN_PRIVATE_H */
