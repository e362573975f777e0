/* SPDX-License-Identifier: MIT */
/*
 * packet_table.c - the packets of one socket: making and unmaking them.
 */
#include "dsi/packet_table.h"
#include "dsi/port.h"

int dsi__packet_table_init(struct dsi_packet_table *table,
			   struct dsi_data_plane *plane, uint32_t count,
			   uint32_t max_sg)
{
	uint32_t places = dsi__pow2(count);

	table->packets = dsi_port_alloc(places * sizeof(*table->packets));
	table->sg = dsi_port_alloc((size_t)count * max_sg * sizeof(*table->sg));
	table->free = dsi_port_alloc(places * sizeof(*table->free));
	if (!table->packets || !table->sg || !table->free) {
		dsi__packet_table_fini(table);
		return -DSI_ENOMEM;
	}
	table->foreign = ~((places - 1u) * sizeof(*table->packets));
	table->free_mask = places - 1u;
	table->free_head = 0;
	table->free_tail = 0;
	table->count = count;
	table->max_sg = max_sg;
	for (uint32_t i = count; i-- > 0;) {
		struct dsi_packet *pkt = &table->packets[i];

		pkt->plane = plane;
		pkt->sg = &table->sg[(size_t)i * max_sg];
		pkt->entry.token = (uint16_t)i;
		pkt->sg_count = 1;
		pkt->given = DSI_GIVEN_NEVER;
		pkt->position = DSI_NO_POSITION;
		dsi__packet_table_put(table, pkt);
	}
	return 0;
}

void dsi__packet_table_fini(struct dsi_packet_table *table)
{
	dsi_port_free(table->packets);
	dsi_port_free(table->sg);
	dsi_port_free(table->free);
	*table = (struct dsi_packet_table){0};
}
