/* SPDX-License-Identifier: MIT */
/*
 * port_placement.c - there is one kind of memory, and one place to have it from:
 * no end is at home anywhere in particular, and what is asked for makes no
 * difference.
 */
#include <dsi/port.h>

void dsi_port_placement_init(struct dsi_port_placement *placement,
			     uint32_t policy, uint32_t of)
{
	*placement = (struct dsi_port_placement){
		.policy = policy, .of = of, .node = -1};
}

void dsi_port_placement_begin(const struct dsi_port_placement *placement)
{
	(void)placement;
}

void dsi_port_placement_end(void)
{
}

void dsi_port_placement_data(struct dsi_port_placement *placement,
			     const struct dsi_port_region *data,
			     const uint32_t *pids, uint32_t n_pids)
{
	(void)placement;
	(void)data;
	(void)pids;
	(void)n_pids;
}
