/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - packets whose data does not simply lie in the data area that the
 * consumer has mapped.
 *
 * Place in the data flow: producer|consumer -> TRANSFER, off the usual way of packets: a
 * socket that wants none of it never comes here.
 *
 * COPY: get() copies the data into a buffer of the consumer's own, one for each
 * packet that it may hold, made when it connects.  The packet goes back to the
 * producer at once.
 *
 * MAP: the consumer has an address range as large as the data area, and nothing
 * in it.  get() maps the pages of a packet there, commit unmaps them.  The
 * producer says in a table for each consumer, in that consumer's signal page,
 * what the port may lend: the pages of a slot from its commit on, none from
 * when it takes the slot again; then it recalls them, before anything is written
 * there.  The table of a consumer that leaves is emptied, for it may have died
 * to the stream alone.
 *
 * Ordering edge: a table's words are stored relaxed, before the commit (R1),
 * and before the call that recalls.  Who reads them is no thread of ours.
 *
 * The elements of a held packet are offsets from `plane->data`, whatever the
 * mode: with COPY that is the first of the buffers, with MAP the address range.
 */
#ifndef DSI_TRANSFER_H
#define DSI_TRANSFER_H

#include <stdatomic.h>
#include <stdint.h>

#include <dsi/types.h>

#include "dsi/port.h"

struct dsi_data_plane;
struct dsi_packet;
struct dsi_producer_peer;

/* What a consumer may ask for that ordinary packets do not have. */
#define DSI_CONSUMER_APART \
	(DSI_CONSUMER_TIME_HOLD | DSI_CONSUMER_COPY | DSI_CONSUMER_MAP)

struct dsi_transfer {
	const uint8_t *area; /* COPY: the data area, to copy from */
	uint8_t *buffer;     /* COPY: one for each packet */
	uint64_t bytes;	     /* of all buffers */
	uint64_t stride;     /* from one buffer to the next */
	uint32_t most;	     /* bytes of a packet */
	uint64_t loan;	     /* MAP: for the port, and where it lends to */
	struct dsi_port_region window;
};

/* How many packets may a consumer hold? */
uint32_t dsi__transfer_hold(const struct dsi_consumer_options *options,
			    uint32_t packets);
/* The plane is set up, as for an ordinary consumer.  0 or -DSI_ENOMEM.
 * Context: control plane, as is fini. */
int dsi__transfer_init(struct dsi_data_plane *plane,
		       const struct dsi_consumer_options *options);
void dsi__transfer_fini(struct dsi_transfer *transfer);

/* Work thread.  Copy the data of a packet whose elements were checked, and let
 * its elements be the copies.  0, or -DSI_ENOSPC: it has too much, and is a
 * packet without data now. */
int dsi__transfer_copy(struct dsi_data_plane *plane, struct dsi_packet *pkt);

/* MAP, consumer, work thread.  Map the packet's data.  0, -DSI_EPROTO: it is no
 * slot, or was not lent; -DSI_ENOBUFS: there is no room for the mapping now. */
int dsi__transfer_borrow(struct dsi_data_plane *plane,
			 const struct dsi_packet *pkt);
void dsi__transfer_give_back(const struct dsi_data_plane *plane,
			     const struct dsi_packet *pkt);

/* MAP, producer, control plane: its packets are lent from @area. */
void dsi__transfer_begin_lending(struct dsi_data_plane *plane,
				 const struct dsi_port_region *area);
/* MAP, producer, work thread.  Lend the packet to the consumers of @mask, who
 * get it with the commit that follows. */
void dsi__transfer_lend(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt, uint32_t mask);
/* Nobody may have the packet's slot any more. */
void dsi__transfer_recall(struct dsi_data_plane *plane,
			  const struct dsi_packet *pkt);
/* A peer of any stream is let go of; its memory is still there. */
void dsi__transfer_forget(const struct dsi_data_plane *plane,
			  const struct dsi_producer_peer *peer);

#endif /* DSI_TRANSFER_H */
