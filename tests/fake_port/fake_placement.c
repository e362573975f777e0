/* SPDX-License-Identifier: MIT */
/*
 * fake_placement.c - memory with nodes: what the core says about them is
 * remembered and can be asked for.
 *
 * A data area that is planned goes to the home of the first process that is
 * named: enough to see when the core asks, and for whom.
 */
#include <stddef.h>

#include "fake_world.h"

void fake_at_home(int32_t node)
{
	fake__process()->home = node + 1;
}

static struct fake_region *region_at(const void *addr)
{
	const struct fake_mapping *mapping = fake__world.mappings;

	while (mapping &&
	       (mapping->addr != addr || mapping->process != fake__process()))
		mapping = mapping->next;
	return mapping ? mapping->region : NULL;
}

int32_t fake_node_of(const void *addr)
{
	const struct fake_region *region = region_at(addr);

	return region ? region->place - 1 : -2;
}

void dsi_port_placement_init(struct dsi_port_placement *placement,
			     uint32_t policy, uint32_t of)
{
	*placement = (struct dsi_port_placement){
		.policy = policy, .of = of, .node = -1};
	if (policy == DSI_PLACEMENT_NODE)
		placement->node = (int32_t)of;
	else if (policy == DSI_PLACEMENT_AUTO)
		placement->node = fake__process()->home - 1;
}

void dsi_port_placement_begin(const struct dsi_port_placement *placement)
{
	if (fake__world.current->placing)
		fake_report("dsi_port_placement_begin() nests");
	fake__world.current->placing = placement->node + 1;
}

void dsi_port_placement_end(void)
{
	fake__world.current->placing = 0;
}

void dsi_port_placement_data(struct dsi_port_placement *placement,
			     const struct dsi_port_region *data,
			     const uint32_t *pids, uint32_t n_pids)
{
	struct fake_region *region = region_at(data->addr);
	const struct fake_world *w = &fake__world;

	placement->plans++;
	if (!region || n_pids == 0) {
		fake_report("no region, or no consumer, to plan for");
		return;
	}
	for (uint32_t i = 0; i < w->n_processes; i++)
		if (w->processes[i]->id == pids[0])
			region->place = w->processes[i]->home;
}
