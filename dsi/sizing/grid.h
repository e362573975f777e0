/* SPDX-License-Identifier: MIT */
/* grid.h - two grids: the words that grid.c and grid_scan.c share. */
#ifndef DSI_GRID_H
#define DSI_GRID_H

#include "dsi/sizing/sizing_private.h"

/* Most batches that are looked at one by one. */
#define GRID_MAX_STEPS ((dsi_wide)1 << 20)

/* See the top of grid.c.  Times in parts of a tick, u in ticks. */
struct grid {
	dsi_wide u;
	dsi_wide a, b;	  /* units in a packet, in a portion */
	dsi_wide kp;	  /* packets in a batch */
	dsi_wide A, B, g; /* units in a batch of each side, their gcd */
	dsi_wide O;
	dsi_wide read_late; /* O + tau_c (+ l T): latest get */
	dsi_wide X;	    /* O + tau_c + Hc + Hp (+ l T) */
};

/* Choose O: the given one, or the least. */
void grid_start(struct sizing *s, struct grid *g, dsi_wide least,
		struct dsi_sizing_need *need);

/* A finite stream, with or without drift, batch by batch. */
int grid_scan(struct sizing *s, struct grid *g, struct dsi_sizing_need *need);

#endif /* DSI_GRID_H */
