// SPDX-License-Identifier: MIT
/*
 * pipeline_analyse.c - the whole analysis, and what is read from its results.
 */
#include "pipeline/pipeline_private.h"

/* Results of an earlier call would be where the iteration begins. */
static void forget(struct pipeline *p)
{
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		p->nodes[i].in.n_parts = p->nodes[i].out.n_parts = 0;
		p->nodes[i].response = 0;
		p->nodes[i].critical = PIPELINE_NONE;
		p->nodes[i].underrun = p->nodes[i].fresh = false;
	}
	p->why[0] = '\0';
}

enum pipeline_status pipeline_analyse(struct pipeline *p)
{
	enum pipeline_status status;

	forget(p);
	status = pipeline_prepare(p);
	if (status == PIPELINE_OK)
		status = pipeline_solve(p);
	if (status == PIPELINE_OK)
		status = pipeline_rings(p);
	return status;
}

dsi_wide pipeline_latency_worst(const struct pipeline_node *node)
{
	dsi_wide worst = 0;
	uint32_t i;

	for (i = 0; i < node->out.n_parts; i++)
		worst = wide_max(worst, node->out.parts[i].age_high);
	return worst;
}

dsi_wide pipeline_latency_best(const struct pipeline_node *node)
{
	dsi_wide best = node->out.n_parts ? node->out.parts[0].age_low : 0;
	uint32_t i;

	for (i = 1; i < node->out.n_parts; i++)
		best = wide_min(best, node->out.parts[i].age_low);
	return best;
}

dsi_wide pipeline_latency_share(const struct pipeline *p, uint32_t node)
{
	const struct pipeline_node *n = &p->nodes[node];
	dsi_wide before = 0;

	if (n->critical != PIPELINE_NONE)
		before = pipeline_latency_worst(
			&p->nodes[p->edges[n->critical].from]);
	return pipeline_latency_worst(n) - before;
}
