/* SPDX-License-Identifier: MIT */
/*
 * need.h - how many packets a stream needs, from what its ends declare.
 *
 * Pure functions, control plane.  The mathematics is that of <dsi/sizing.h>;
 * here both ends come to one tick, and answers become reasons to refuse.
 */
#ifndef DSI_NEED_H
#define DSI_NEED_H

#include <dsi/sizing.h>

#include "dsi/desc.h"

/* What this consumer needs; both are checked and declared.  *@out_tick_hz:
 * the tick of @out's times.  0, or as dsi_size_reader(), and -DSI_ENOMATCH if
 * it would start too early, each with a sentence. */
int dsi__need(const struct dsi_traffic *traffic, const struct dsi_usage *usage,
	      uint32_t policy, struct dsi_sizing_need *out,
	      uint64_t *out_tick_hz, struct dsi_text *why);

/* Is it the period that the consumer expects, and will @have packets do: those
 * of the stream, or of its own queue (DROP_NEW)?  0 = as many as it needs.
 * *@out_packets: so many are needed, 0 if that is not known.  0, or
 * -DSI_ENOMATCH and as dsi__need(), with a sentence. */
int dsi__need_match(const struct dsi_traffic *traffic,
		    const struct dsi_usage *usage, uint32_t policy,
		    uint32_t have, uint32_t *out_packets, struct dsi_text *why);

/* The answer for the application, whose struct may be shorter.  0,
 * -DSI_EINVAL, -DSI_EDOM if an end declared nothing, or as dsi__need(). */
int dsi__need_tell(const struct dsi_traffic *traffic,
		   const struct dsi_usage *usage, uint32_t policy,
		   struct dsi_sizing_need *out, uint64_t *out_tick_hz);

/* Packets for several consumers, added one after the other. */
struct dsi_need_sum {
	uint64_t shared; /* for all that BLOCK or RECLAIM */
	uint64_t held;	 /* the most that one wishes to hold at once */
	uint64_t pinned; /* that DROP_NEW queues may keep from the others */
};
/* 0, or -DSI_EINVAL if it did not declare enough, or as dsi__need(). */
int dsi__need_add(struct dsi_need_sum *sum, const struct dsi_traffic *traffic,
		  const struct dsi_wish *wish, struct dsi_text *why);
/* *@out: 1..DSI_MAX_PACKETS.  0, -DSI_ERANGE, -DSI_EINVAL if the ring that was
 * asked for is too short, or as dsi__need(). */
int dsi__need_total(const struct dsi_need_sum *sum,
		    const struct dsi_stream_desc *desc, uint32_t *out,
		    struct dsi_text *why);

#endif /* DSI_NEED_H */
