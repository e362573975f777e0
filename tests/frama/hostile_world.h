/* SPDX-License-Identifier: MIT */
/*
 * hostile_world.h - what the harnesses for Frama-C's EVA share: any value, and
 * the library below the file under analysis, which may answer anything.
 *
 * A harness includes one file of the library as it is, puts the socket's
 * private memory together the way the handshake does, for one small geometry, and
 * calls the functions in any order, any number of times.  Shared words are
 * volatile (include/stdatomic.h).  EVA then proves of every access that it
 * lies in its object, whatever the peer writes and whenever.
 */
#ifndef FRAMA_HOSTILE_WORLD_H
#define FRAMA_HOSTILE_WORLD_H

#include "dsi/data_plane.h"
#include "dsi/trace_hooks.h"

enum { PACKETS = 2, SLOTS = 2, MAX_SG = 3, EXT_WORDS = DSI_EXT_WORDS(MAX_SG) };

static volatile uint64_t any_u64;
static volatile uint32_t any_u32;
static volatile int any_int;

/* A ring as it lies in shared memory: descriptors, then extension rows. */
struct ring_memory {
	struct dsi_shm_desc desc[SLOTS];
	_Atomic uint64_t ext[SLOTS * EXT_WORDS];
};

static struct ring_memory ring_memory;
static struct dsi_shm_stats stats;
static struct dsi_data_plane plane;

/* ---- below the file under analysis ----------------------------------------- */

static struct dsi_packet packets[PACKETS];
static struct dsi_sg_element elements[PACKETS * MAX_SG];
static struct dsi_packet *free_packets[PACKETS];

/* The table of packet_table.h as its init leaves it. */
static void make_table(void)
{
	plane.table.packets = packets;
	plane.table.sg = elements;
	plane.table.free = free_packets;
	plane.table.foreign = ~((PACKETS - 1u) * sizeof(packets[0]));
	plane.table.free_mask = PACKETS - 1u;
	plane.table.free_head = 0;
	plane.table.free_tail = 0;
	plane.table.count = PACKETS;
	plane.table.max_sg = MAX_SG;
	for (uint32_t i = 0; i < PACKETS; i++) {
		packets[i].plane = &plane;
		packets[i].sg = &elements[i * MAX_SG];
		packets[i].entry.token = (uint16_t)i;
		packets[i].sg_count = 1;
		packets[i].given = DSI_GIVEN_NEVER;
		packets[i].position = DSI_NO_POSITION;
		dsi__packet_table_put(&plane.table, &packets[i]);
	}
}

static void make_plane(uint32_t role)
{
	plane.role = role;
	plane.stats = &stats;
	plane.stream_flags = any_u32;
	plane.packets = PACKETS;
	plane.slot_stride = any_u64;
	plane.packet_bytes = any_u32;
	plane.data_bytes = any_u64;
	plane.physical = any_u64;
	plane.lifetime_ns = any_u64;
	plane.held = any_u32;
	make_table();
}

uint64_t dsi_port_now(void)
{
	return any_u64;
}

int dsi__plane_wake_peer(struct dsi_data_plane *p, struct dsi_waker *waker,
			 uint32_t signal)
{
	(void)p, (void)waker, (void)signal;
	return 0;
}

void dsi__plane_raise(struct dsi_data_plane *p, uint32_t event, uint64_t count)
{
	(void)p, (void)event, (void)count;
}

int dsi__plane_fail(struct dsi_data_plane *p)
{
	(void)p;
	return -DSI_EPROTO;
}

void dsi__plane_note_usual(struct dsi_data_plane *p)
{
	(void)p;
}

#endif /* FRAMA_HOSTILE_WORLD_H */
