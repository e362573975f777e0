/* SPDX-License-Identifier: MIT */
/*
 * traffic.h - what both ends declare of their timing: is it valid, and is it
 * the same period?  Pure functions, control plane.
 */
#ifndef DSI_TRAFFIC_H
#define DSI_TRAFFIC_H

#include <assert.h>

#include <dsi/types.h>

#include "dsi/text.h"

/* Both travel between processes. */
static_assert(sizeof(struct dsi_traffic) == 64, "no padding");
static_assert(sizeof(struct dsi_usage) == 88, "no padding");

static inline int dsi__traffic_given(const struct dsi_traffic *traffic)
{
	return traffic->tick_hz != 0;
}

static inline int dsi__usage_given(const struct dsi_usage *usage)
{
	return usage->tick_hz != 0;
}

/* Of the application or of a peer.  0, or -DSI_EINVAL with the field named. */
int dsi__traffic_check(const struct dsi_traffic *traffic, struct dsi_text *why);
int dsi__usage_check(const struct dsi_usage *usage, struct dsi_text *why);

/* Is the period the one that the consumer expects?  0, or -DSI_ENOMATCH with
 * both named. */
int dsi__period_match(const struct dsi_traffic *traffic,
		      const struct dsi_usage *usage, struct dsi_text *why);

/* "40 ms", or, if that is no whole number of nanoseconds, "1001/30000 s". */
void dsi__text_ticks(struct dsi_text *text, uint64_t ticks, uint64_t tick_hz);

uint64_t dsi__gcd(uint64_t a, uint64_t b);

#endif /* DSI_TRAFFIC_H */
