// SPDX-License-Identifier: MIT
/*
 * ring_model.c - slots that are free or held, and the packets in them.
 */
#include <stdlib.h>

#include "simulate/ring_model.h"

#define FIRST_ROOM 64u

bool ring_model_init(struct ring_model *ring, uint64_t slots)
{
	*ring = (struct ring_model){.slots = slots, .room = FIRST_ROOM};
	ring->held = calloc((size_t)slots, sizeof(*ring->held));
	ring->window = calloc(ring->room, sizeof(*ring->window));
	return ring->held && ring->window;
}

void ring_model_free(struct ring_model *ring)
{
	free(ring->held);
	free(ring->window);
	ring->held = NULL;
	ring->window = NULL;
}

static struct model_packet *find(const struct ring_model *ring, uint64_t packet)
{
	return &ring->window[packet & (ring->room - 1)];
}

static bool grow(struct ring_model *ring)
{
	struct ring_model wider = *ring;
	uint64_t i;

	wider.room = 2 * ring->room;
	wider.window = calloc(wider.room, sizeof(*wider.window));
	if (!wider.window)
		return false;
	for (i = ring->first; i < ring->end; i++)
		*find(&wider, i) = *find(ring, i);
	free(ring->window);
	*ring = wider;
	return true;
}

static struct model_packet *append(struct ring_model *ring, uint64_t packet)
{
	if (ring->end - ring->first == ring->room && !grow(ring)) {
		ring->no_memory = true;
		return NULL;
	}
	ring->end = packet + 1;
	return find(ring, packet);
}

bool ring_model_has_slot(const struct ring_model *ring)
{
	return ring->held[ring->taken % ring->slots] == 0;
}

void ring_model_get(struct ring_model *ring, uint64_t packet)
{
	struct model_packet *p = append(ring, packet);
	uint64_t slot = ring->taken % ring->slots;

	if (!p)
		return;
	ring->held[slot] = packet + 1;
	ring->taken++;
	*p = (struct model_packet){PACKET_FILLED, slot, 0};
}

void ring_model_lose(struct ring_model *ring, uint64_t packet)
{
	struct model_packet *p = append(ring, packet);

	if (p)
		*p = (struct model_packet){PACKET_LOST, 0, 0};
}

static void move_tail(struct ring_model *ring)
{
	while (ring->tail < ring->taken &&
	       ring->held[ring->tail % ring->slots] == 0)
		ring->tail++;
}

enum packet_state ring_model_overwrite(struct ring_model *ring)
{
	uint64_t *held = &ring->held[ring->taken % ring->slots];
	struct model_packet *p = find(ring, *held - 1);
	enum packet_state was = p->state;

	p->state = PACKET_LOST;
	*held = 0;
	move_tail(ring);
	return was;
}

void ring_model_commit(struct ring_model *ring, uint64_t packet, dsi_wide at)
{
	struct model_packet *p = find(ring, packet);

	if (ring_model_state(ring, packet) != PACKET_FILLED)
		return;
	p->state = PACKET_COMMITTED;
	p->committed = at;
}

void ring_model_take(struct ring_model *ring, uint64_t packet)
{
	if (ring_model_state(ring, packet) == PACKET_COMMITTED)
		find(ring, packet)->state = PACKET_GOT;
}

bool ring_model_release(struct ring_model *ring, uint64_t packet)
{
	struct model_packet *p = find(ring, packet);
	bool had = ring_model_state(ring, packet) == PACKET_GOT;

	if (had)
		ring->held[p->slot] = 0;
	p->state = PACKET_RELEASED;
	while (ring->first < ring->end &&
	       find(ring, ring->first)->state == PACKET_RELEASED)
		ring->first++;
	move_tail(ring);
	return had;
}

enum packet_state ring_model_state(const struct ring_model *ring,
				   uint64_t packet)
{
	if (packet < ring->first)
		return PACKET_RELEASED;
	return packet < ring->end ? find(ring, packet)->state : PACKET_UNKNOWN;
}

dsi_wide ring_model_committed(const struct ring_model *ring, uint64_t packet)
{
	return find(ring, packet)->committed;
}

uint64_t ring_model_occupied(const struct ring_model *ring)
{
	return ring->taken - ring->tail;
}
