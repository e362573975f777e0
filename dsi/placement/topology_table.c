/* SPDX-License-Identifier: MIT */
/* topology_table.c - what is looked up in the table; see topology_table.h. */
#include "topology_table.h"

#include <stdlib.h>
#include <string.h>

uint32_t topology_node_index(const struct dsi_topology *topology, int32_t node)
{
	for (uint32_t i = 0; i < topology->n_nodes; i++)
		if (topology->nodes[i].node == node)
			return i;
	return DSI_INDEX_NONE;
}

uint32_t topology_assumed(const struct dsi_topology *t, uint32_t a, uint32_t b)
{
	if (a == b)
		return DISTANCE_SAME;
	return t->nodes[a].package == t->nodes[b].package &&
			       t->nodes[a].package != DSI_INDEX_NONE
		       ? DISTANCE_PACKAGE
		       : DISTANCE_OTHER;
}

uint32_t topology_nearest(const struct dsi_topology *t, uint32_t from)
{
	uint32_t best = DSI_INDEX_NONE, best_distance = UINT32_MAX;

	for (uint32_t i = 0; i < t->n_nodes; i++) {
		uint32_t distance =
			from == DSI_INDEX_NONE
				? 0
				: t->distances[from * t->n_nodes + i];

		if (!node_usable(t, i) ||
		    t->nodes[i].kind != DSI_MEMORY_NORMAL ||
		    distance >= best_distance)
			continue;
		best = i;
		best_distance = distance;
	}
	return best;
}

void topology_name_the_rest(struct dsi_topology *t)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
		if (t->nodes[i].n_cpus == 0 && node_usable(t, i) &&
		    t->nodes[i].kind == DSI_MEMORY_NORMAL)
			t->nodes[i].kind = DSI_MEMORY_FAR;
}

int32_t dsi_topology_nodes(const struct dsi_topology *topology)
{
	return (int32_t)topology->n_nodes;
}

int32_t dsi_topology_cpus(const struct dsi_topology *topology)
{
	return (int32_t)topology->n_cpus;
}

/* As much as the caller's struct has room for. */
static int copy_out(void *to, const void *from, uint32_t bytes)
{
	uint32_t size;

	memcpy(&size, to, sizeof(size));
	if (size < sizeof(size))
		return -DSI_EINVAL;
	if (size > bytes)
		size = bytes;
	memcpy(to, from, size);
	memcpy(to, &size, sizeof(size));
	return 0;
}

int dsi_topology_node(const struct dsi_topology *topology, uint32_t index,
		      struct dsi_topology_node *out_node)
{
	if (!topology || !out_node || index >= topology->n_nodes)
		return -DSI_EINVAL;
	return copy_out(out_node, &topology->nodes[index], sizeof(*out_node));
}

int dsi_topology_cpu(const struct dsi_topology *topology, uint32_t index,
		     struct dsi_topology_cpu *out_cpu)
{
	if (!topology || !out_cpu || index >= topology->n_cpus)
		return -DSI_EINVAL;
	return copy_out(out_cpu, &topology->cpus[index], sizeof(*out_cpu));
}

int32_t dsi_topology_distance(const struct dsi_topology *topology, int32_t from,
			      int32_t to)
{
	uint32_t row = topology_node_index(topology, from);
	uint32_t column = topology_node_index(topology, to);

	if (row == DSI_INDEX_NONE || column == DSI_INDEX_NONE)
		return -DSI_EINVAL;
	return (int32_t)topology->distances[row * topology->n_nodes + column];
}

void dsi_topology_destroy(struct dsi_topology *topology)
{
	if (!topology)
		return;
	free(topology->cpus);
	free(topology->nodes);
	free(topology->distances);
	free(topology);
}
