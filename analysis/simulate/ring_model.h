/* SPDX-License-Identifier: MIT */
/*
 * ring_model.h - slots that are free or held, and the packets in them.
 *
 * The s-th packet that the ring takes lies in slot s mod N.  A packet is
 * remembered from its get to its release, whether it was taken or lost.
 */
#ifndef DSI_RING_MODEL_H
#define DSI_RING_MODEL_H

#include <stddef.h>

#include "dsi/sizing/wide.h"

enum packet_state {
	PACKET_UNKNOWN, /* its get is still to come */
	PACKET_FILLED,	/* in a slot, being filled */
	PACKET_COMMITTED,
	PACKET_GOT,
	PACKET_LOST, /* never had a slot, or it was overwritten */
	PACKET_RELEASED,
};

struct model_packet {
	enum packet_state state;
	uint64_t slot;
	dsi_wide committed; /* when */
};

struct ring_model {
	uint64_t slots;
	uint64_t *held;		     /* for each slot: packet + 1, 0 = free */
	uint64_t taken;		     /* packets that had a slot */
	uint64_t tail;		     /* the oldest of these not released */
	struct model_packet *window; /* of packets first..end-1 */
	size_t room;		     /* a power of two */
	uint64_t first;
	uint64_t end;
	bool no_memory;
};

bool ring_model_init(struct ring_model *ring, uint64_t slots);
void ring_model_free(struct ring_model *ring);

/* Is there a slot for the next packet? */
bool ring_model_has_slot(const struct ring_model *ring);
/* Take it for @packet, the next one. */
void ring_model_get(struct ring_model *ring, uint64_t packet);
/* @packet, the next one, has none and will not get one. */
void ring_model_lose(struct ring_model *ring, uint64_t packet);
/* Take the slot of the next packet from the one that holds it, and which was
 * in this state. */
enum packet_state ring_model_overwrite(struct ring_model *ring);
void ring_model_commit(struct ring_model *ring, uint64_t packet, dsi_wide at);
void ring_model_take(struct ring_model *ring, uint64_t packet);
/* Free its slot, if it has one.  True if it had. */
bool ring_model_release(struct ring_model *ring, uint64_t packet);

enum packet_state ring_model_state(const struct ring_model *ring,
				   uint64_t packet);
dsi_wide ring_model_committed(const struct ring_model *ring, uint64_t packet);
/* Slots from the oldest in use to the newest. */
uint64_t ring_model_occupied(const struct ring_model *ring);

#endif /* DSI_RING_MODEL_H */
