/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - packets whose data does not simply lie in the data area that the
 * consumer has mapped.
 *
 * Place in the data flow: consumer -> TRANSFER, off the usual way of packets: a
 * socket that wants none of it never comes here.
 *
 * COPY: get() copies the data into a buffer of the consumer's own, one for each
 * packet that it may hold, made when it connects.  The packet goes back to the
 * producer at once.
 *
 * The elements of a held packet are offsets from `plane->data`, whatever the
 * mode: with COPY that is the first of the buffers.
 */
#ifndef DSI_TRANSFER_H
#define DSI_TRANSFER_H

#include <stdint.h>

#include <dsi/types.h>

struct dsi_data_plane;
struct dsi_packet;

/* What a consumer may ask for that ordinary packets do not have. */
#define DSI_CONSUMER_APART (DSI_CONSUMER_TIME_HOLD | DSI_CONSUMER_COPY)

struct dsi_transfer {
	const uint8_t *area; /* COPY: the data area, to copy from */
	uint8_t *buffer;     /* COPY: one for each packet */
	uint64_t bytes;	     /* of all buffers */
	uint64_t stride;     /* from one buffer to the next */
	uint32_t most;	     /* bytes of a packet */
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

#endif /* DSI_TRANSFER_H */
