/* SPDX-License-Identifier: MIT */
/*
 * sizing_private.h - one question about one writer and one reader, checked
 * and in wide numbers; the answer of each pace fills a dsi_sizing_need.
 *
 * Way of a question: reader.c (check, choose) -> grid.c, anchored.c, stall.c,
 * service.c (one pace each) -> reader.c (finish).
 *
 * With drift, lengths are rational: everything is then counted in parts of a
 * tick, `scale` of them in a tick (10^9, or 1 without drift).
 */
#ifndef DSI_SIZING_PRIVATE_H
#define DSI_SIZING_PRIVATE_H

#include <dsi/sizing.h>

#include "dsi/sizing/curve_jcs.h"

struct sizing {
	struct dsi_jcs stream;
	dsi_wide T, tau, D, Hp; /* the writer, ticks */
	dsi_wide n;		/* packets, 0 = endless */
	dsi_wide kp, a;		/* its batch, units in a packet */
	dsi_wide tau_c, Hc, W, C, R;
	dsi_wide start; /* O or d if it was given */
	dsi_wide kc, b; /* the reader's batch, units in a portion */
	dsi_wide prefill, early, late, coalesce, coalesce_wait;
	dsi_wide scale;		 /* parts in a tick */
	dsi_wide fast, slow;	 /* writer: scale - rho_p, scale + rho_p */
	dsi_wide fast_c, slow_c; /* reader */
	bool start_given;
	bool strict;
	bool over; /* exact range exceeded; see wide.h */
	struct dsi_text why;
};

/* ceil(x / period), or the same with ties in the worst order:
 * floor(x / period) + 1 */
static inline dsi_wide sizing_periods(dsi_wide x, dsi_wide period, bool strict)
{
	return strict ? wide_floor(x, period) + 1 : wide_ceil(x, period);
}

/* At least one, and of a finite stream no more than there are. */
static inline dsi_wide sizing_limit(const struct sizing *s, dsi_wide slots)
{
	slots = wide_max(slots, 1);
	return s->n ? wide_min(slots, s->n) : slots;
}

/* A number of parts as an exact time. */
struct dsi_ticks sizing_ticks(struct sizing *s, dsi_wide parts);
/* A count that must fit in 64 bits. */
uint64_t sizing_count(struct sizing *s, dsi_wide count);
/* slots (by the question's tie rule) and slots_closed */
void sizing_slots(struct sizing *s, struct dsi_sizing_need *need,
		  dsi_wide strict, dsi_wide closed);

/* One for each pace: 0 or a negative code with s->why. */
int sizing_grid(struct sizing *s, struct dsi_sizing_need *need);
int sizing_anchored(struct sizing *s, struct dsi_sizing_need *need);
int sizing_stall(struct sizing *s, struct dsi_sizing_need *need);
int sizing_service(struct sizing *s, struct dsi_sizing_need *need);
int sizing_response(struct sizing *s, struct dsi_sizing_need *need);

/* Say why, return @err. */
int sizing_refuse(struct sizing *s, int err, const char *sentence);

#endif /* DSI_SIZING_PRIVATE_H */
