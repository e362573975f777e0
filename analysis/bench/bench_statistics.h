/* SPDX-License-Identifier: MIT */
/*
 * bench_statistics.h - what several runs say together.
 */
#ifndef DSI_BENCH_STATISTICS_H
#define DSI_BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct bench_spread - the values of all runs.
 * @low, @high: quartiles; half of the runs are between them
 */
struct bench_spread {
	double least;
	double low;
	double median;
	double high;
	double most;
};

/* Sorts @values; @n at least 1. */
struct bench_spread bench_spread_of(double *values, size_t n);

void bench_sort(uint64_t *samples, size_t n);

/* Nearest rank, as dsi_histogram_percentile(), of @n > 0 sorted samples. */
uint64_t bench_percentile(const uint64_t *sorted, size_t n,
			  uint32_t per_million);

/* The mean of the middle half of @n sorted samples; NAN of none. */
double bench_middle(const uint64_t *sorted, size_t n);

#endif /* DSI_BENCH_STATISTICS_H */
