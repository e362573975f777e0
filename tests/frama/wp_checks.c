/* SPDX-License-Identifier: MIT */
/*
 * wp_checks.c - contracts of the functions that judge what a peer wrote, in the
 * numbers of mathematics, where nothing wraps; proved by Frama-C's WP.
 *
 * A contract stands before the header that defines its function.
 */
#include "dsi/bucket.h"
#include "dsi/data_plane.h"

/*@ assigns \nothing;
    ensures \result != 0 <==> offset + size <= area; */
static inline int dsi__range_inside(uint64_t offset, uint64_t size,
				    uint64_t area);

/*@ assigns \nothing;
    ensures !(flags & DSI_PACKET_PHYS) ==>
	(\result != 0 <==> offset + size <= area);
    ensures (flags & DSI_PACKET_PHYS) != 0 ==>
	(\result != 0 <==> physical != 0 && offset >= physical &&
	 (offset - physical) + size <= area); */
static inline int dsi__element_inside(uint32_t flags, uint64_t offset,
				      uint64_t size, uint64_t physical,
				      uint64_t area);

/*@ requires \valid_read(entry);
    assigns \nothing;
    ensures \result != 0 ==> entry->token < packets;
    ensures \result != 0 && (entry->flags & DSI_PACKET_PHYS) != 0 ==>
	(stream_flags & DSI_STREAM_PHYS) != 0; */
static inline int dsi__entry_possible(const struct dsi_ring_entry *entry,
				      uint32_t stream_flags, uint32_t packets);

/* C11 6.3.1.3, 2: of a number that does not fit; WP's own theory leaves it open. */
/*@ axiomatic Conversion {
      axiom wraps: \forall integer x; -18446744073709551616 < x < 0 ==>
	(uint64_t)x == x + 18446744073709551616; } */

/* Forward, and not beyond the most. */
/*@ requires last <= most;
    assigns \nothing;
    ensures \result != 0 <==> last <= value <= most; */
static inline int dsi__counter_possible(uint64_t value, uint64_t last,
					uint64_t most);

/* All it lets pass is inside the data area: see note_limits() in consumer.c. */
/*@ requires \valid_read(consumer);
    assigns \nothing;
    ensures \result != 0 ==> (uint32_t)place <= consumer->usual_size;
    ensures \result != 0 ==> place < consumer->usual_end;
    ensures \result != 0 ==>
	\forall integer packets, area, offset;
	consumer->usual_end == packets * 281474976710656 &&
	consumer->usual_size + consumer->usual_offset == area &&
	0 <= offset <= consumer->usual_offset ==>
		place / 281474976710656 < packets &&
		offset + (uint32_t)place <= area; */
static inline int dsi__usual_place(const struct dsi_consumer *consumer,
				   uint64_t place, uint64_t flags);

#include "dsi/shm_check.h"
#include "dsi/usual_consumer.h"
