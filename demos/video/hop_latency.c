/* SPDX-License-Identifier: MIT */
/*
 * hop_latency.c - percentiles of the time packets spent on one hop.
 */
#include "hop_latency.h"

/* Values below 32 have a cell each.  A larger one is shifted right until it
 * is below 32, then it is 16..31: its cell is that plus 16 for every shift.
 * The cells follow each other without a hole. */
static uint32_t cell_of(uint64_t value)
{
	uint32_t shift = 0;

	while (value >> shift >= 32)
		shift++;
	return 16 * shift + (uint32_t)(value >> shift);
}

static uint64_t upper_bound_of(uint32_t cell)
{
	uint32_t shift = cell < 32 ? 0 : cell / 16 - 1;
	uint64_t head = cell - 16 * shift;

	return (head << shift) + (((uint64_t)1 << shift) - 1);
}

void hop_latency_add(struct hop_latency *hop, uint64_t value_ns)
{
	hop->count++;
	hop->cells[cell_of(value_ns)]++;
	if (value_ns > hop->max_ns)
		hop->max_ns = value_ns;
}

uint64_t hop_latency_percentile(const struct hop_latency *hop, uint32_t percent)
{
	uint64_t rank = (hop->count * percent + 99) / 100;
	uint64_t seen = 0;
	uint64_t bound;
	uint32_t i;

	for (i = 0; i < LATENCY_CELLS; i++) {
		seen += hop->cells[i];
		if (seen >= rank && seen > 0) {
			bound = upper_bound_of(i);
			return bound < hop->max_ns ? bound : hop->max_ns;
		}
	}
	return 0;
}
