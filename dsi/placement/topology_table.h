/* SPDX-License-Identifier: MIT */
/*
 * topology_table.h - a topology as the planner sees it: a table.
 *
 * Place: topology_load.c (hwloc) or topology_nodes.c (libnuma) -> TABLE ->
 * plan.c.  The machine is asked once; what the rules need of it is one line for
 * a CPU and one for a node.
 */
#ifndef DSI_TOPOLOGY_TABLE_H
#define DSI_TOPOLOGY_TABLE_H

#include <dsi/errno.h>
#include <dsi/placement.h>

/* Both arrays by rising numbers; distances from row to column, by index. */
struct dsi_topology {
	uint32_t n_cpus;
	uint32_t n_nodes;
	uint32_t sized; /* the sizes of nodes are known */
	struct dsi_topology_cpu *cpus;
	struct dsi_topology_node *nodes;
	uint32_t *distances;
};

/* The firmware's words for "the same" and what is assumed without it. */
#define DISTANCE_SAME 10u
#define DISTANCE_PACKAGE 12u
#define DISTANCE_OTHER 20u

static inline int set_has(const uint64_t *words, uint32_t n)
{
	return (int)(words[n / 64u] >> (n % 64u) & 1u);
}

static inline void set_add(uint64_t *words, uint32_t n)
{
	words[n / 64u] |= UINT64_C(1) << (n % 64u);
}

/* Index of the node with a number, or DSI_INDEX_NONE. */
uint32_t topology_node_index(const struct dsi_topology *topology, int32_t node);

/* The distance between two nodes, by index, of which nobody says it. */
uint32_t topology_assumed(const struct dsi_topology *t, uint32_t a, uint32_t b);

/* Index of the nearest node from which an end may take memory unasked. */
uint32_t topology_nearest(const struct dsi_topology *t, uint32_t from);

/* Memory that is no CPU's home, and of which nobody says what it is, hangs
 * behind a link. */
void topology_name_the_rest(struct dsi_topology *t);

/* May memory be taken from it, and is there any? */
static inline int node_usable(const struct dsi_topology *topology,
			      uint32_t index)
{
	const struct dsi_topology_node *node = &topology->nodes[index];

	return node->allowed && (node->bytes > 0 || !topology->sized);
}

#endif /* DSI_TOPOLOGY_TABLE_H */
