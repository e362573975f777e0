/* SPDX-License-Identifier: MIT */
/*
 * arrival.h - how close together the activations of a stage can come.
 *
 * Inside a pipeline a stream is more than period, jitter and distance: each
 * stage may push packets together by its worst minus its best response time,
 * once for a burst of any length, not once for each gap.  So a part of an
 * arrival keeps the distance it had at its source and what was squeezed out
 * since:
 *
 *   delta-(n) = max(0, (n-1) T - tau, (n-1) D - squeeze, (n-1) spacing)
 *
 * For arbitrary responses of stages that keep the order no larger bound
 * holds.  With squeeze 0 this is dsi_jcs_span().  Several parts are merged
 * streams (an OR join).  A table, if there is one, gives larger distances
 * that are known for the first few n.
 */
#ifndef DSI_ARRIVAL_H
#define DSI_ARRIVAL_H

#include "dsi/sizing/wide.h"

/* All ticks; distance and spacing: 0 = not known. */
struct arrival_part {
	dsi_wide period;
	dsi_wide jitter;
	dsi_wide distance;
	dsi_wide squeeze;
	dsi_wide spacing;
};

/* @table: delta-(0..n_table-1) of one part, or NULL; not decreasing */
struct arrival {
	const struct arrival_part *parts;
	uint32_t n_parts;
	uint32_t n_table;
	const dsi_wide *table;
};

/* Most events in a closed window [s, s + w], w >= 0; without a limit (no
 * distance and no period) this sets *over. */
dsi_wide arrival_most_closed(const struct arrival *a, dsi_wide w, bool *over);
/* In a half-open one [s, s + w): 0 for w <= 0. */
dsi_wide arrival_most(const struct arrival *a, dsi_wide w, bool *over);
/* delta-(n): shortest time from the first to the last of n events. */
dsi_wide arrival_span(const struct arrival *a, dsi_wide n, bool *over);

#endif /* DSI_ARRIVAL_H */
