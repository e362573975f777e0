/* SPDX-License-Identifier: MIT */
/* bench_statistics.c - medians, quartiles and percentiles. */
#include <math.h>
#include <stdlib.h>

#include "bench/bench_statistics.h"

#define MILLION 1000000u

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The quantile between neighbours that @quarters / 4 of the way lies at. */
static double quantile(const double *sorted, size_t n, unsigned int quarters)
{
	size_t whole = (n - 1) * quarters / 4;
	double part = (double)((n - 1) * quarters % 4) / 4;
	double next = sorted[whole + 1 < n ? whole + 1 : whole];

	return sorted[whole] + part * (next - sorted[whole]);
}

struct bench_spread bench_spread_of(double *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return (struct bench_spread){
		.least = values[0],
		.low = quantile(values, n, 1),
		.median = quantile(values, n, 2),
		.high = quantile(values, n, 3),
		.most = values[n - 1],
	};
}

void bench_sort(uint64_t *samples, size_t n)
{
	qsort(samples, n, sizeof(samples[0]), by_number);
}

uint64_t bench_percentile(const uint64_t *sorted, size_t n,
			  uint32_t per_million)
{
	uint64_t rank = ((uint64_t)n * per_million + MILLION - 1) / MILLION;

	if (rank < 1)
		rank = 1;
	return sorted[rank > n ? n - 1 : rank - 1];
}

double bench_middle(const uint64_t *sorted, size_t n)
{
	size_t from = n / 4;
	size_t to = n - from;
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += (double)sorted[i];
	return to > from ? sum / (double)(to - from) : (double)NAN;
}
