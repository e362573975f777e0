/* SPDX-License-Identifier: MIT */
/*
 * transfer.c - copies of packets.
 *
 * What is copied, and how much, is decided by the private copy of the
 * descriptor alone, after it was checked: a producer that changes its mind
 * changes bytes and no lengths.
 */
#include "dsi/transfer.h"

#include <string.h>

#include "dsi/data_plane.h"

/* Buffers do not share lines of the cache. */
#define BUFFER_ALIGN 64u

uint32_t dsi__transfer_hold(const struct dsi_consumer_options *options,
			    uint32_t packets)
{
	if (options->hold_packets)
		return options->hold_packets;
	return options->flags & DSI_CONSUMER_COPY ? 1u : packets;
}

int dsi__transfer_init(struct dsi_data_plane *plane,
		       const struct dsi_consumer_options *options)
{
	struct dsi_transfer *transfer = &plane->as.consumer.transfer;

	if (!(options->flags & DSI_CONSUMER_COPY))
		return 0;
	transfer->most = options->max_packet_bytes;
	transfer->stride = ((uint64_t)transfer->most + BUFFER_ALIGN - 1u) &
			   ~(uint64_t)(BUFFER_ALIGN - 1u);
	transfer->bytes = transfer->stride * plane->table.count;
	if (transfer->bytes > SIZE_MAX)
		return -DSI_ENOMEM;
	transfer->buffer = dsi_port_alloc((size_t)transfer->bytes);
	if (!transfer->buffer)
		return -DSI_ENOMEM;
	transfer->area = plane->data;
	plane->data = transfer->buffer;
	return 0;
}

void dsi__transfer_fini(struct dsi_transfer *transfer)
{
	dsi_port_free(transfer->buffer);
	*transfer = (struct dsi_transfer){0};
}

/* At most DSI_MAX_SG sizes of 32 bits. */
static uint64_t bytes_of(const struct dsi_packet *pkt)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < pkt->sg_count; i++)
		bytes += pkt->sg[i].size;
	return bytes;
}

int dsi__transfer_copy(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	const struct dsi_transfer *transfer = &plane->as.consumer.transfer;
	uint64_t offset =
		(uint64_t)(pkt - plane->table.packets) * transfer->stride;

	if (bytes_of(pkt) > transfer->most) {
		pkt->sg_count = 0;
		pkt->flags |= DSI_PACKET_GAP;
		return -DSI_ENOSPC;
	}
	for (uint32_t i = 0; i < pkt->sg_count; i++) {
		struct dsi_sg_element *element = &pkt->sg[i];

		memcpy(transfer->buffer + offset,
		       transfer->area + element->offset, element->size);
		element->offset = offset;
		offset += element->size;
	}
	return 0;
}
