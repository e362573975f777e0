/* SPDX-License-Identifier: MIT */
/*
 * trace_hooks.h - where packets pass, a word to the trace provider.
 *
 * Place in the data flow: producer, consumer, data plane -> TRACE HOOKS ->
 * provider.  Use:
 *
 *	if (dsi__traced(plane))
 *		dsi__trace_...(plane, ...);
 *
 * once for each call of the application, whatever its batch.  Without a
 * provider that is a comparison and a branch not taken; all else is out of
 * line.  With one the hook looks whether the event is wanted, and returns.
 *
 * Work thread of the socket, RT-safe as far as the provider is.
 */
#ifndef DSI_TRACE_HOOKS_H
#define DSI_TRACE_HOOKS_H

#include "dsi/check.h"
#include "dsi/data_plane.h"

static inline int dsi__traced(const struct dsi_data_plane *plane)
{
	return __builtin_expect(plane->trace.provider != NULL, 0) != 0;
}

/* Would the provider, if there is one, be told nothing of packets now? */
DSI_RARE int dsi__trace_quiet(const struct dsi_data_plane *plane);

/* Packets were taken from the free ones. */
DSI_RARE void dsi__trace_reserve(struct dsi_data_plane *plane,
				 struct dsi_packet *const *pkts, uint32_t n);
/* Packets are about to be committed, from the present position on. */
DSI_RARE void dsi__trace_commit(struct dsi_data_plane *plane,
				struct dsi_packet *const *pkts, uint32_t n);
/* All free packets from @tail of the table's queue on are newly free. */
DSI_RARE void dsi__trace_reclaim(struct dsi_data_plane *plane, uint32_t tail);
/* The consumer left with this packet not given back. */
DSI_RARE void dsi__trace_left(struct dsi_data_plane *plane,
			      const struct dsi_producer_peer *peer,
			      const struct dsi_packet *pkt);
/* The DROP_NEW consumer has no room for the packet. */
DSI_RARE void dsi__trace_no_space(struct dsi_data_plane *plane,
				  const struct dsi_producer_peer *peer,
				  const struct dsi_packet *pkt);

/* The consumer took packets. */
DSI_RARE void dsi__trace_get(struct dsi_data_plane *plane,
			     struct dsi_packet *const *pkts, uint32_t n);
/* It is about to give them back. */
DSI_RARE void dsi__trace_release(struct dsi_data_plane *plane,
				 struct dsi_packet *const *pkts, uint32_t n);
/* It will not get @count packets from @number on. */
DSI_RARE void dsi__trace_lost(struct dsi_data_plane *plane, uint64_t number,
			      uint64_t count, uint32_t reason);

/* A call blocks (several times for one wait), and its wait ended. */
DSI_RARE void dsi__trace_wait(struct dsi_data_plane *plane, uint32_t method);
DSI_RARE void dsi__trace_waited(struct dsi_data_plane *plane, int result);

/* Tell what this end is, if the trace does not know yet. */
void dsi__trace_describe(struct dsi_trace_end *end);

#endif /* DSI_TRACE_HOOKS_H */
