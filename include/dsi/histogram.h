/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - counts of values by size, fine enough for percentiles.
 *
 * Log-linear: each power of two is divided into 32 buckets of equal width, as
 * HdrHistogram does (Gil Tene, 2012).  So no bucket is wider than 2^-5 of the
 * least value in it: what is read from a histogram is never too small, and at
 * most 3.2 % too large.  Values below 64 are exact.  The last bucket takes
 * whatever is 2^42 - 2^36 or more; in nanoseconds that is 72 minutes.
 *
 * Pure functions on the caller's memory, integers only.
 */
#ifndef DSI_HISTOGRAM_H
#define DSI_HISTOGRAM_H

#include <stdint.h>

#include <dsi/export.h>

#define DSI_HISTOGRAM_BITS 5u /* 2^5 buckets for each power of two */
#define DSI_HISTOGRAM_RANGE_BITS \
	42u			    /* values from 2^42 on are not told apart */
#define DSI_HISTOGRAM_BUCKETS 1216u /* (42 - 5 + 1) * 2^5 */

/**
 * struct dsi_histogram - how often values of each size came.
 * @size:     sizeof(struct dsi_histogram); all else zero: nothing counted
 * @reserved: must be 0
 * @count:    values counted, the sum of @counts
 * @largest:  the largest of them, exactly; 0 if there are none
 * @counts:   for each bucket
 */
struct dsi_histogram {
	uint32_t size;
	uint32_t reserved;
	uint64_t count;
	uint64_t largest;
	uint64_t counts[DSI_HISTOGRAM_BUCKETS];
};

/**
 * dsi_histogram_bucket - the bucket that counts a value.
 * @value: any
 *
 * Return: 0..DSI_HISTOGRAM_BUCKETS - 1.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API uint32_t dsi_histogram_bucket(uint64_t value);

/**
 * dsi_histogram_least - the least value that a bucket counts.
 * @bucket: 0..DSI_HISTOGRAM_BUCKETS - 1; beyond: the last
 *
 * Return: the value.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API uint64_t dsi_histogram_least(uint32_t bucket);

/**
 * dsi_histogram_most - the largest value that a bucket counts.
 * @bucket: 0..DSI_HISTOGRAM_BUCKETS - 1; beyond: the last
 *
 * Return: the value; UINT64_MAX for the last bucket.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API uint64_t dsi_histogram_most(uint32_t bucket);

/**
 * dsi_histogram_add - count a value.
 * @histogram: where
 * @value:     any
 * @times:     how often it came
 *
 * Return: 0, or -DSI_EINVAL: no histogram, or one of another size.
 * Context: any thread, one at a time for each histogram; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_histogram_add(struct dsi_histogram *histogram, uint64_t value,
			      uint64_t times);

/**
 * dsi_histogram_merge - count all that another histogram has counted.
 * @into: where
 * @from: what
 *
 * Return: as dsi_histogram_add().
 * Context: any thread, one at a time for each histogram; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_histogram_merge(struct dsi_histogram *into,
				const struct dsi_histogram *from);

/**
 * dsi_histogram_percentile - the value that so many are not above.
 * @histogram:   what was counted
 * @per_million: 500000 for the median, 999900 for p99.99; 1000000 and more
 *               for the largest
 *
 * The nearest-rank percentile: of the values in ascending order the one at
 * place ceil(count * per_million / 10^6), at least 1.  It is told as the
 * largest value of its bucket, but not beyond the largest that was counted:
 * never less than the exact one, and at most 2^-5 of that more.
 *
 * Return: the value; 0 if nothing was counted or @histogram is none.
 * Context: any thread; RT-safe.
 * Source:  HdrHistogram, AbstractHistogram.getValueAtPercentile()
 * Since:   0.1
 */
DSI_API uint64_t dsi_histogram_percentile(const struct dsi_histogram *histogram,
					  uint32_t per_million);

#endif /* DSI_HISTOGRAM_H */
