/* SPDX-License-Identifier: MIT */
/*
 * packet_table.h - the packets of one socket, in private memory.
 *
 * Place in the data flow: socket -> producer|consumer -> PACKET TABLE.
 *
 * A packet object is what the application holds.  A producer has one for
 * each data slot of the stream; its index is the token that travels in the
 * descriptor and comes back in a return ring.  A consumer has one for each
 * packet it may hold at once.
 *
 * Free packets wait in a double-ended queue: taken last in, first out, the
 * slot that is still in the cache is used again first; taken first in, first
 * out, data lives longest for readers that may be late (RECLAIM).
 */
#ifndef DSI_PACKET_TABLE_H
#define DSI_PACKET_TABLE_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "dsi/check.h"

struct dsi_data_plane;

#define DSI_NO_OWNER UINT32_MAX

struct dsi_sg_element {
	uint64_t offset;
	uint32_t size;
	uint32_t owner; /* packet whose slot this is, or DSI_NO_OWNER */
};

/* State of a packet object. */
#define DSI_PKT_FREE 0u
#define DSI_PKT_HELD 1u	  /* the application has it */
#define DSI_PKT_FLIGHT 2u /* producer: committed, not back, or kept */

/* What was changed since the packet was new: only that must be renewed before
 * it is taken again, and looked at when it is committed. */
#define DSI_GIVEN_NUMBER 1u /* by the application */
#define DSI_GIVEN_TIME 2u
#define DSI_GIVEN_EXPIRY 4u
#define DSI_GIVEN_FLAGS 8u
#define DSI_GIVEN_DATA 16u   /* size or elements */
#define DSI_GIVEN_LOAN 32u   /* elements of other packets */
#define DSI_GIVEN_SLOT 64u   /* its slot, to another packet */
#define DSI_GIVEN_NEVER 128u /* it was never new */
#define DSI_GIVEN_LINK 256u  /* links to what it was made from */
/* Not by anybody, but off the usual way as well: its slot is lent (MAP). */
#define DSI_GIVEN_LENT 512u

#define DSI_NO_POSITION UINT64_MAX

/* A packet of another stream that one was made from, for traces. */
#define DSI_PACKET_LINKS 2u
struct dsi_packet_origin {
	uint64_t stream;
	uint64_t number;
};

/* The first line of the cache is what each get and commit touches. */
struct dsi_packet {
	alignas(64) struct dsi_sg_element *sg;
	uint64_t position; /* in the ring; producer: of its last commit */
	uint64_t number;
	uint64_t time_ns;
	uint32_t state;
	uint32_t given;
	uint32_t token; /* producer: its place in the table, for ever;
			 * consumer: what to put into the return ring */
	uint32_t flags;
	uint32_t sg_count;
	uint32_t pending; /* producer: bit i = consumer i has not returned */
	uint32_t keeps;	  /* producer: dsi_packet_keep() */
	uint32_t shares;  /* producer: packets that share this one's slot */

	uint64_t expires_ns;
	struct dsi_data_plane *plane;
	/* Since when the application has it, where that is measured or traced;
	 * 0 = not known. */
	uint64_t got_ns;
	/* Traced sockets only. */
	struct dsi_packet_origin links[DSI_PACKET_LINKS];
	uint32_t n_links; /* with DSI_GIVEN_LINK */
};
static_assert(sizeof(struct dsi_packet) == 128,
	      "a power of two: dsi__packet_table_has() need not divide");

struct dsi_packet_table {
	struct dsi_packet *packets;
	struct dsi_sg_element *sg;
	struct dsi_packet **free; /* a power of two of places */
	uint32_t free_mask;
	uint32_t free_head; /* free-running; oldest */
	uint32_t free_tail;
	uint32_t count;
	uint32_t max_sg;
};

/* Allocate.  Return 0 or -DSI_ENOMEM.  Context: control plane. */
int dsi__packet_table_init(struct dsi_packet_table *table,
			   struct dsi_data_plane *plane, uint32_t count,
			   uint32_t max_sg);
void dsi__packet_table_fini(struct dsi_packet_table *table);

/* Is @pkt one of the table's packets?  For any pointer value. */
static inline int dsi__packet_table_has(const struct dsi_packet_table *table,
					const struct dsi_packet *pkt)
{
	uintptr_t offset = (uintptr_t)pkt - (uintptr_t)table->packets;

	return offset < (uintptr_t)table->count * sizeof(*pkt) &&
	       offset % sizeof(*pkt) == 0;
}

static inline uint32_t dsi__packet_table_free(
	const struct dsi_packet_table *table)
{
	return table->free_tail - table->free_head;
}

/* Both: NULL if there is none. */
static inline struct dsi_packet *dsi__packet_table_newest(
	struct dsi_packet_table *table)
{
	if (table->free_tail == table->free_head)
		return NULL;
	return table->free[--table->free_tail & table->free_mask];
}

static inline struct dsi_packet *dsi__packet_table_oldest(
	struct dsi_packet_table *table)
{
	if (table->free_tail == table->free_head)
		return NULL;
	return table->free[table->free_head++ & table->free_mask];
}

/* The newest but @n; fewer than dsi__packet_table_free(). */
static inline struct dsi_packet *dsi__packet_table_peek(
	const struct dsi_packet_table *table, uint32_t n)
{
	return table->free[(table->free_tail - 1u - n) & table->free_mask];
}

/* The @n newest were taken. */
static inline void dsi__packet_table_drop(struct dsi_packet_table *table,
					  uint32_t n)
{
	table->free_tail -= n;
}

static inline void dsi__packet_table_put(struct dsi_packet_table *table,
					 struct dsi_packet *pkt)
{
	pkt->state = DSI_PKT_FREE;
	table->free[table->free_tail++ & table->free_mask] = pkt;
}

static inline void dsi__packet_table_put_all(struct dsi_packet_table *table,
					     struct dsi_packet *const *pkts,
					     uint32_t n)
{
	const struct dsi_packet_table now = *table;

	for (uint32_t i = 0; i < n; i++) {
		pkts[i]->state = DSI_PKT_FREE;
		now.free[(now.free_tail + i) & now.free_mask] = pkts[i];
	}
	table->free_tail += n;
}

#endif /* DSI_PACKET_TABLE_H */
