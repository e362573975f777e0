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
#include "dsi/ring.h"

struct dsi_data_plane;

#define DSI_NO_OWNER UINT32_MAX

struct dsi_sg_element {
	uint64_t offset;
	uint32_t size;
	uint32_t owner; /* packet whose slot this is, or DSI_NO_OWNER */
};

/* Who has a packet: one bit for each consumer that has not given it back, and
 * the lowest one for the application.  Nobody: it is free, or about to be. */
#define DSI_OWNER_US 1u

/* The owners that these consumers are, of a mask by place. */
static inline uint32_t dsi__owners(uint32_t mask)
{
	return mask << 1;
}

/* What was changed since the packet was new: only that must be renewed before
 * it is taken again, and looked at when it is committed.  0 is an ordinary
 * packet; whoever does something special to one sets a bit here, and the fast
 * ways (usual_*.h) leave it to the ones that can do everything. */
#define DSI_GIVEN_NUMBER 1u /* by the application */
#define DSI_GIVEN_TIME 2u
#define DSI_GIVEN_EXPIRY 4u
#define DSI_GIVEN_FLAGS 8u
#define DSI_GIVEN_DATA 16u   /* size or elements */
#define DSI_GIVEN_LOAN 32u   /* elements of other packets */
#define DSI_GIVEN_SLOT 64u   /* its slot, to another packet */
#define DSI_GIVEN_NEVER 128u /* it was never new */
#define DSI_GIVEN_LINK 256u  /* links to what it was made from */
#define DSI_GIVEN_KEEP 512u  /* dsi_packet_keep() */
/* Not by anybody, but off the usual way as well: its slot is lent (MAP). */
#define DSI_GIVEN_LENT 1024u

#define DSI_NO_POSITION UINT64_MAX

/* A packet of another stream that one was made from, for traces. */
#define DSI_PACKET_LINKS 2u
struct dsi_packet_origin {
	uint64_t stream;
	uint64_t number;
};

union dsi_packet_mark {
	struct {
		uint32_t owners;
		uint32_t given;
	};
	uint64_t mark; /* both, to be compared at once */
};

/* The first line of the cache is what is touched of each packet.  Element 0
 * and what else the descriptor says lie here in its form, to be copied as they
 * are; a packet whose entry is all there is has given == 0. */
struct dsi_packet {
	alignas(64) struct dsi_ring_entry entry;
	/* In the ring; producer: of its last commit. */
	uint64_t position;
	union {
		struct {
			uint32_t owners;
			uint32_t given;
		};
		uint64_t mark; /* see dsi__packet_mark() */
	};
	uint32_t sg_count; /* consumer: with DSI_GIVEN_DATA */
	uint32_t keeps;	   /* producer: dsi_packet_keep() */
	uint32_t shares;   /* producer: packets that share this one's slot */
	uint32_t n_links;  /* with DSI_GIVEN_LINK */
	struct dsi_data_plane *plane;

	/* With DSI_GIVEN_NUMBER, else the position. */
	alignas(64) uint64_t number;
	uint64_t expires_ns;	   /* with DSI_GIVEN_EXPIRY, else never */
	struct dsi_sg_element *sg; /* elements 1 and up; sg[0] is not used */
	/* Since when the application has it, where that is measured or traced;
	 * 0 = not known. */
	uint64_t got_ns;
	/* Traced sockets only. */
	struct dsi_packet_origin links[DSI_PACKET_LINKS];
};
static_assert(sizeof(struct dsi_packet) == 128 &&
		      offsetof(struct dsi_packet, number) == 64,
	      "two lines, and a power of two: see dsi__packet_table_near()");

/* The mark of a packet with these owners and nothing special. */
static inline uint64_t dsi__packet_mark(uint32_t owners)
{
	return (const union dsi_packet_mark){{owners, 0}}.mark;
}

static inline uint64_t dsi__packet_number(const struct dsi_packet *pkt)
{
	return pkt->given & DSI_GIVEN_NUMBER ? pkt->number : pkt->position;
}

static inline uint64_t dsi__packet_expiry(const struct dsi_packet *pkt)
{
	return pkt->given & DSI_GIVEN_EXPIRY ? pkt->expires_ns : DSI_FOREVER;
}

/* How many elements.  An entry alone is one, or none if it has no size. */
static inline uint32_t dsi__packet_elements(const struct dsi_packet *pkt)
{
	return pkt->given & DSI_GIVEN_DATA ? pkt->sg_count
					   : pkt->entry.size != 0;
}

struct dsi_packet_table {
	struct dsi_packet *packets; /* a power of two of places, and so here: */
	struct dsi_packet **free;
	uintptr_t foreign; /* bits that no packet's distance to the first has */
	struct dsi_sg_element *sg;
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

/* Likewise with one test, for those who look at the packet's owners next: the
 * places behind the last packet are never anybody's. */
static inline int dsi__packet_table_near(const struct dsi_packet_table *table,
					 const struct dsi_packet *pkt)
{
	return !(((uintptr_t)pkt - (uintptr_t)table->packets) & table->foreign);
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

/* The @n newest as one block, the newest last; NULL if they do not lie in one
 * piece.  There must be as many.  They stay until they are dropped. */
static inline struct dsi_packet **dsi__packet_table_block(
	const struct dsi_packet_table *table, uint32_t n)
{
	uint32_t at = (table->free_tail - n) & table->free_mask;

	if (n > 1 && table->free_mask + 1u - at < n)
		return NULL;
	return &table->free[at];
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
	pkt->owners = 0;
	table->free[table->free_tail++ & table->free_mask] = pkt;
}

static inline void dsi__packet_table_put_all(struct dsi_packet_table *table,
					     struct dsi_packet *const *pkts,
					     uint32_t n)
{
	const struct dsi_packet_table now = *table;

	for (uint32_t i = 0; i < n; i++) {
		pkts[i]->owners = 0;
		now.free[(now.free_tail + i) & now.free_mask] = pkts[i];
	}
	table->free_tail += n;
}

#endif /* DSI_PACKET_TABLE_H */
