/* SPDX-License-Identifier: MIT */
/*
 * evil_peer.h - both ends of the handshake without the library: message by
 * message, so that each can be wrong.
 */
#ifndef DSI_TEST_EVIL_PEER_H
#define DSI_TEST_EVIL_PEER_H

#include "dsi/wire.h"

/* A consumer that knows the words of the protocol and obeys nothing. */
struct evil_consumer {
	int32_t conn;
	int32_t bell;	  /* rings the producer */
	int32_t own_bell; /* rings us; we never listen */
	struct dsi_wire_offer offer;
	struct dsi_port_region control;
	struct dsi_port_region signal;
	struct dsi_port_region page; /* ours to write */
};

static inline struct dsi_shm_consumer *evil_page(struct evil_consumer *evil)
{
	return evil->page.addr;
}

static inline const struct dsi_shm_signal *evil_signal(
	struct evil_consumer *evil)
{
	return evil->signal.addr;
}

static inline _Atomic uint32_t *evil_returns(struct evil_consumer *evil)
{
	return (_Atomic uint32_t *)(void *)((char *)evil->page.addr +
					    DSI_SHM_PAGE_HEAD);
}

/* A head as it should be. */
struct dsi_wire_head evil_head(uint32_t type, uint32_t bytes);
/* Connect to a name. */
int32_t evil_dial(const char *name);
/* A HELLO that asks for nothing special. */
void evil_hello(int32_t conn, uint32_t policy, uint32_t queue_packets);
/* The next message: type, or a negative code.  Handles are closed. */
int evil_hear(int32_t conn, struct dsi_wire_in *in);
/* The handshake up to the offer, whose regions are mapped; then our answer. */
void evil_meet(struct evil_consumer *evil, const char *name, uint32_t policy,
	       uint32_t queue_packets);
void evil_accept(struct evil_consumer *evil, int32_t stats);
/* The whole handshake, in order. */
void evil_join(struct evil_consumer *evil, const char *name, uint32_t policy,
	       uint32_t queue_packets);
/* Likewise with this handle as its statistics page; -1: without, EVIL_OWN_END:
 * the consumer's own end of the connection. */
#define EVIL_OWN_END (-2)
void evil_join_watched(struct evil_consumer *evil, const char *name,
		       uint32_t policy, uint32_t queue_packets, int32_t stats);
void evil_hang_up(struct evil_consumer *evil);

#endif /* DSI_TEST_EVIL_PEER_H */
