/* SPDX-License-Identifier: MIT */
/*
 * rig.h - a stream put together by hand.
 *
 * Producer and consumers of one stream as the handshake would leave them
 * (handshake_producer.c set_up_peer(), handshake_consumer.c set_up_plane()),
 * with the regions in the explorer's memory.  Producer and consumers see them
 * at the same addresses, which makes no difference to them.
 */
#ifndef MODEL_RIG_H
#define MODEL_RIG_H

#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/data_plane.h"
#include "dsi/socket_private.h"
#include "explorer/explorer.h"

enum { RIG_READERS = 2, RIG_PAYLOAD = 2 }; /* payload: words of 8 bytes */

struct rig_options {
	uint32_t ring_slots;
	uint32_t packets;
	uint32_t policy; /* of all consumers */
	uint32_t quota;	 /* DROP_NEW */
	uint32_t readers;
	uint32_t total;	    /* packets that are sent */
	uint32_t numbered;  /* packets carry an extension row */
	uint32_t ordinary;  /* nothing is done to packets but to write them */
	uint32_t cool;	    /* so many that came back lie still */
	uint32_t max_sg;    /* 0: 1 */
	uint32_t wait_for;  /* consumers the producer waits for */
	uint32_t join_late; /* a scenario lets the consumers in by itself */
};

struct rig_reader {
	struct dsi_socket *socket;
	struct dsi_data_plane *plane;
	struct dsi_shm_signal *signal_page;
	struct dsi_shm_consumer *page;
	size_t signal_bytes, page_bytes;
	struct dsi_producer_peer *peer;
};

struct rig {
	struct rig_options options;
	struct dsi_socket *socket; /* the producer's */
	struct dsi_data_plane *plane;
	uint8_t *control;
	uint64_t *data;
	struct rig_reader readers[RIG_READERS];
	/* For scenarios; each word of one thread. */
	uint64_t *plain;
	_Atomic uint32_t *over;
};
extern struct rig rig;
extern int rig_setting_up;

void rig_build(const struct rig_options *options);
/* The control plane's part of a consumer's arrival. */
void rig_set_up_peer(uint32_t reader);
/* Its bell, a number for explorer.h. */
uint32_t rig_bell_of(const struct dsi_port_loop *loop);
struct dsi_port_loop *rig_loop_of(uint32_t bell);

#endif /* MODEL_RIG_H */
