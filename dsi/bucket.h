/* SPDX-License-Identifier: MIT */
/*
 * bucket.h - the log-linear buckets of include/dsi/histogram.h.
 *
 * With b bits for the buckets of one power of two, a value v >= 2^b whose
 * highest bit is e lies in bucket (e - b) * 2^b + (v >> (e - b)): the shift
 * leaves b + 1 bits, of which the highest is set, so that consecutive powers of
 * two have consecutive buckets.  Below 2^b the same formula with e = b gives v.
 */
#ifndef DSI_BUCKET_H
#define DSI_BUCKET_H

#include <assert.h>
#include <stdint.h>

#include <dsi/histogram.h>

#define DSI_BUCKET_SUB (UINT64_C(1) << DSI_HISTOGRAM_BITS)

static_assert(DSI_HISTOGRAM_BUCKETS ==
		      (DSI_HISTOGRAM_RANGE_BITS - DSI_HISTOGRAM_BITS + 1u) *
			      (1u << DSI_HISTOGRAM_BITS),
	      "as many buckets as there are in the range");

/* On the way of each packet: a few instructions, no branch.  Larger values have
 * larger buckets, so what is beyond the last one belongs into it. */
static inline uint32_t dsi__bucket_of(uint64_t value)
{
	uint32_t highest =
		63u ^ (uint32_t)__builtin_clzll(value | DSI_BUCKET_SUB);
	uint32_t shift = highest - DSI_HISTOGRAM_BITS;
	uint32_t bucket =
		(shift << DSI_HISTOGRAM_BITS) + (uint32_t)(value >> shift);

	return bucket < DSI_HISTOGRAM_BUCKETS ? bucket
					      : DSI_HISTOGRAM_BUCKETS - 1u;
}

#endif /* DSI_BUCKET_H */
