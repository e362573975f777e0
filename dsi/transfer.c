/* SPDX-License-Identifier: MIT */
/*
 * transfer.c - copies of packets, and packets that are lent.
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
static uint64_t bytes_of(const struct dsi_packet *pkt, uint32_t elements)
{
	uint64_t bytes = elements ? pkt->entry.size : 0;

	for (uint32_t i = 1; i < elements; i++)
		bytes += pkt->sg[i].size;
	return bytes;
}

/* Copy one element to @to, which moves on.  Return where it was. */
static uint64_t copy(const struct dsi_transfer *transfer, uint64_t *to,
		     uint64_t from, uint32_t size)
{
	uint64_t begin = *to;

	memcpy(transfer->buffer + begin, transfer->area + from, size);
	*to += size;
	return begin;
}

int dsi__transfer_copy(struct dsi_data_plane *plane, struct dsi_packet *pkt)
{
	const uint32_t elements = dsi__packet_elements(pkt);
	const struct dsi_transfer *transfer = &plane->as.consumer.transfer;
	uint64_t offset =
		(uint64_t)(pkt - plane->table.packets) * transfer->stride;

	if (bytes_of(pkt, elements) > transfer->most) {
		pkt->given |= DSI_GIVEN_DATA;
		pkt->sg_count = 0;
		pkt->entry.size = 0;
		pkt->entry.flags |= DSI_PACKET_GAP;
		return -DSI_ENOSPC;
	}
	if (elements)
		pkt->entry.offset = copy(transfer, &offset, pkt->entry.offset,
					 pkt->entry.size);
	for (uint32_t i = 1; i < elements; i++)
		pkt->sg[i].offset = copy(transfer, &offset, pkt->sg[i].offset,
					 pkt->sg[i].size);
	return 0;
}

/* ---- borrowing ----------------------------------------------------------- */

/* What there is to be mapped of a packet; false: nothing. */
static int lent_range(const struct dsi_packet *pkt, uint64_t *out_offset,
		      uint64_t *out_bytes)
{
	if (pkt->sg_count == 0 || pkt->entry.size == 0)
		return 0;
	*out_offset = pkt->entry.offset;
	*out_bytes = pkt->entry.size;
	return 1;
}

int dsi__transfer_borrow(struct dsi_data_plane *plane,
			 const struct dsi_packet *pkt)
{
	const struct dsi_transfer *transfer = &plane->as.consumer.transfer;
	uint64_t slot = pkt->entry.token * plane->slot_stride;
	uint64_t offset, bytes;
	int err;

	if (!lent_range(pkt, &offset, &bytes))
		return 0;
	/* The token is in range, and slots lie inside the area. */
	if (offset != slot || bytes > plane->packet_bytes)
		return -DSI_EPROTO;
	err = dsi_port_loan_take(&transfer->window, transfer->loan, offset,
				 bytes);
	if (err == -DSI_ENOMEM)
		return -DSI_ENOBUFS;
	return err ? -DSI_EPROTO : 0;
}

void dsi__transfer_give_back(const struct dsi_data_plane *plane,
			     const struct dsi_packet *pkt)
{
	uint64_t offset, bytes;

	if (lent_range(pkt, &offset, &bytes))
		dsi_port_loan_give(&plane->as.consumer.transfer.window, offset,
				   bytes);
}

/* ---- lending ------------------------------------------------------------- */

void dsi__transfer_begin_lending(struct dsi_data_plane *plane,
				 const struct dsi_port_region *area)
{
	plane->as.producer.area = area;
	for (uint32_t i = 0; i < plane->table.count; i++)
		plane->table.packets[i].given |= DSI_GIVEN_LENT;
}

static void set_lent(const struct dsi_producer_peer *peer, uint32_t token,
		     uint32_t pages)
{
	/* relaxed: the commit or the call that follows carries it. */
	atomic_store_explicit(&peer->lent[token], pages, memory_order_relaxed);
}

void dsi__transfer_lend(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt, uint32_t mask)
{
	uint64_t page = dsi_port_page_bytes();
	uint64_t offset, bytes = 0;

	(void)lent_range(pkt, &offset, &bytes);
	for (uint32_t i = 0; mask; i++, mask >>= 1)
		if (mask & 1u)
			set_lent(&plane->as.producer.peers[i], pkt->entry.token,
				 (uint32_t)((bytes + page - 1u) / page));
}

void dsi__transfer_recall(struct dsi_data_plane *plane,
			  const struct dsi_packet *pkt)
{
	struct dsi_producer *producer = &plane->as.producer;
	uint32_t mask = producer->active_mask;

	for (uint32_t i = 0; mask; i++, mask >>= 1)
		if (mask & 1u)
			set_lent(&producer->peers[i], pkt->entry.token, 0);
	if (dsi_port_loan_recall(producer->area,
				 pkt->entry.token * plane->slot_stride,
				 plane->packet_bytes))
		(void)dsi__plane_fail(plane);
}

void dsi__transfer_forget(const struct dsi_data_plane *plane,
			  const struct dsi_producer_peer *peer)
{
	for (uint32_t i = 0; peer->lent && i < plane->table.count; i++)
		set_lent(peer, i, 0);
}
