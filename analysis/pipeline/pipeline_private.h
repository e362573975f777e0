/* SPDX-License-Identifier: MIT */
/*
 * pipeline_private.h - what the steps of the analysis share.
 *
 *   pipeline_graph.c      nodes and edges
 *   pipeline_order.c      their order, checks
 *   pipeline_combine.c    one node: inputs -> activations
 *   pipeline_response.c   one node: activations -> response time
 *   pipeline_flow.c       one node: both, and its commits
 *   pipeline_solve.c      all nodes, again until nothing changes
 *   pipeline_ring.c       slots and bytes
 */
#ifndef DSI_PIPELINE_PRIVATE_H
#define DSI_PIPELINE_PRIVATE_H

#include "pipeline/pipeline.h"

/* Sets p->why, with FILE:LINE of @line if there are any. */
enum pipeline_status pipeline_fail(struct pipeline *p,
				   enum pipeline_status status, uint32_t line,
				   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void pipeline_free_order(struct pipeline *p);

/* What a round of the fixed-point iteration changed. */
struct pipeline_change {
	bool times;
	bool responses;
	uint32_t node; /* the last one whose times grew */
};

/* New activations, response time and commits of one node. */
enum pipeline_status pipeline_flow(struct pipeline *p, uint32_t index,
				   struct pipeline_change *change);
/* Activations of a reader from what its writers commit. */
enum pipeline_status pipeline_combine(struct pipeline *p,
				      struct pipeline_node *node,
				      struct pipeline_flow *out);
/* Worst response time of a reader to node->in. */
enum pipeline_status pipeline_response(struct pipeline *p,
				       struct pipeline_node *node,
				       dsi_wide *out);
bool pipeline_flow_room(struct pipeline_flow *flow, uint32_t parts);
enum pipeline_status pipeline_solve(struct pipeline *p);
enum pipeline_status pipeline_rings(struct pipeline *p);
/* As the response-time analysis takes it. */
struct arrival pipeline_arrival(const struct pipeline_flow *flow);
/* "12 ms", for messages */
const char *pipeline_time_text(const struct pipeline *p, dsi_wide ticks,
			       char *text);
#define PIPELINE_TIME_BYTES 96u

static inline const struct pipeline_edge *pipeline_input(
	const struct pipeline *p, const struct pipeline_node *node, uint32_t i)
{
	return &p->edges[p->ins[node->first_in + i]];
}

#endif /* DSI_PIPELINE_PRIVATE_H */
