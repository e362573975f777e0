/* SPDX-License-Identifier: MIT */
/*
 * chain.h - all ways the jitter may go from one packet to a later one.
 *
 * Only neighbours restrict each other (t_(i+1) - t_i >= D), so that walking
 * packet by packet over all values of the jitter visits every trace: what is
 * reachable from one jitter does not depend on how it was reached.
 */
#ifndef SIZING_CHAIN_H
#define SIZING_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/jcs.h>

#define CHAIN_STEPS 96
#define CHAIN_JITTER 24

/* From a packet with jitter j to the one `steps` later: the shortest and the
 * longest time between them. */
struct chain {
	int64_t period;
	int64_t jitter;
	int64_t distance;
	int64_t earliest[CHAIN_STEPS + 1][CHAIN_JITTER + 1];
	int64_t latest[CHAIN_STEPS + 1][CHAIN_JITTER + 1];
};

/* False: too large for the tables. */
bool chain_make(const struct dsi_jcs *jcs, struct chain *chain);

#endif /* SIZING_CHAIN_H */
