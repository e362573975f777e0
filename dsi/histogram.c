/* SPDX-License-Identifier: MIT */
/* histogram.c - count, merge, ask for percentiles; contracts: histogram.h. */
#include <dsi/errno.h>
#include <dsi/histogram.h>

#include "dsi/bucket.h"

#define MILLION 1000000u
#define LAST (DSI_HISTOGRAM_BUCKETS - 1u)

uint32_t dsi_histogram_bucket(uint64_t value)
{
	return dsi__bucket_of(value);
}

/* The inverse of dsi__bucket_of(): in each power of two but the first the
 * highest bit of the shifted value is set. */
uint64_t dsi_histogram_least(uint32_t bucket)
{
	uint64_t sub;
	uint32_t shift;

	if (bucket > LAST)
		bucket = LAST;
	if (bucket < DSI_BUCKET_SUB)
		return bucket;
	shift = (bucket >> DSI_HISTOGRAM_BITS) - 1u;
	sub = bucket & (DSI_BUCKET_SUB - 1u);
	return (DSI_BUCKET_SUB + sub) << shift;
}

uint64_t dsi_histogram_most(uint32_t bucket)
{
	return bucket < LAST ? dsi_histogram_least(bucket + 1u) - 1u
			     : UINT64_MAX;
}

static int is_one(const struct dsi_histogram *histogram)
{
	return histogram && histogram->size == sizeof(*histogram);
}

int dsi_histogram_add(struct dsi_histogram *histogram, uint64_t value,
		      uint64_t times)
{
	if (!is_one(histogram))
		return -DSI_EINVAL;
	if (times == 0)
		return 0;
	histogram->counts[dsi__bucket_of(value)] += times;
	histogram->count += times;
	if (value > histogram->largest)
		histogram->largest = value;
	return 0;
}

int dsi_histogram_merge(struct dsi_histogram *into,
			const struct dsi_histogram *from)
{
	if (!is_one(into) || !is_one(from))
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++)
		into->counts[i] += from->counts[i];
	into->count += from->count;
	if (from->largest > into->largest)
		into->largest = from->largest;
	return 0;
}

/* ceil(count * per_million / 10^6), at least 1, without a wider type. */
static uint64_t rank_of(uint64_t count, uint32_t per_million)
{
	uint64_t whole = count / MILLION * per_million;
	uint64_t rest =
		(count % MILLION * per_million + MILLION - 1u) / MILLION;

	return whole + rest ? whole + rest : 1u;
}

uint64_t dsi_histogram_percentile(const struct dsi_histogram *histogram,
				  uint32_t per_million)
{
	uint64_t below = 0;
	uint64_t rank;

	if (!is_one(histogram) || histogram->count == 0)
		return 0;
	if (per_million >= MILLION)
		return histogram->largest;
	rank = rank_of(histogram->count, per_million);
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		uint64_t most;

		below += histogram->counts[i];
		if (below < rank)
			continue;
		most = dsi_histogram_most(i);
		return most < histogram->largest ? most : histogram->largest;
	}
	return histogram->largest;
}
