/* SPDX-License-Identifier: MIT */
/*
 * shm_check.h - the distrust of what a peer wrote.  Pure functions over
 * private copies; ranges are checked by subtraction, so nothing can wrap.
 */
#ifndef DSI_SHM_CHECK_H
#define DSI_SHM_CHECK_H

#include <dsi/types.h>

#include "dsi/ring.h"

#define DSI_DESC_FLAGS                                                    \
	(DSI_PACKET_GAP | DSI_PACKET_EOS | DSI_PACKET_PHYS |              \
	 DSI_PACKET_DROPPED_BEFORE | DSI_PACKET_USER | DSI_DESC_STAMPED | \
	 DSI_DESC_EXT)

/* Does [offset, offset + size) lie inside [0, area)? */
static inline int dsi__range_inside(uint64_t offset, uint64_t size,
				    uint64_t area)
{
	return offset <= area && size <= area - offset;
}

/* Likewise of an element in a data area of @area bytes, whose offset counts from
 * @physical, the address of the area, if it is of a packet with PHYS. */
static inline int dsi__element_inside(uint32_t flags, uint64_t offset,
				      uint64_t size, uint64_t physical,
				      uint64_t area)
{
	if (flags & DSI_PACKET_PHYS) {
		if (!physical || offset < physical)
			return 0;
		offset -= physical;
	}
	return dsi__range_inside(offset, size, area);
}

/* Are the flags possible in this stream, and the token? */
static inline int dsi__entry_possible(const struct dsi_ring_entry *entry,
				      uint32_t stream_flags, uint32_t packets)
{
	if (entry->flags & ~DSI_DESC_FLAGS)
		return 0;
	if ((entry->flags & DSI_PACKET_PHYS) &&
	    !(stream_flags & DSI_STREAM_PHYS))
		return 0;
	return entry->token < packets;
}

/* Did a counter of the peer move forward, and not beyond @most? */
static inline int dsi__counter_possible(uint64_t value, uint64_t last,
					uint64_t most)
{
	return value - last <= most - last;
}

#endif /* DSI_SHM_CHECK_H */
