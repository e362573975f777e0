/* SPDX-License-Identifier: MIT */
/*
 * hop_latency.h - percentiles of the time packets spent on one hop.
 *
 * A histogram whose cells grow with the value (16 per power of two), so that
 * it is small, never grows, and is right to 1/16 everywhere.
 */
#ifndef DEMO_HOP_LATENCY_H
#define DEMO_HOP_LATENCY_H

#include <stdint.h>

#define LATENCY_CELLS (64u * 16u)

struct hop_latency {
	uint64_t count;
	uint64_t max_ns;
	uint64_t cells[LATENCY_CELLS];
};

void hop_latency_add(struct hop_latency *hop, uint64_t value_ns);

/* The value that @percent of all values do not exceed (upper bound of its
 * cell), 0 if there are none. */
uint64_t hop_latency_percentile(const struct hop_latency *hop,
				uint32_t percent);

#endif /* DEMO_HOP_LATENCY_H */
