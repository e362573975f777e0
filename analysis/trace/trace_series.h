/* SPDX-License-Identifier: MIT */
/*
 * trace_series.h - a value over time, in a fixed number of bins that keep
 * the extremes.
 *
 * The bins double their width when the time outgrows them, so the length of
 * the trace need not be known.
 */
#ifndef DSI_TRACE_SERIES_H
#define DSI_TRACE_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_BINS 1024u

struct trace_bin {
	uint64_t n;
	uint64_t min;
	uint64_t max;
	double sum;
};

/* @bins: NULL before the first value */
struct trace_series {
	struct trace_bin *bins;
	uint64_t start_ns;
	uint64_t width_ns;
	uint32_t used; /* bins up to the last value */
};

/* @start_ns: of the trace, the same for all series.  False: no memory. */
bool trace_series_add(struct trace_series *s, uint64_t start_ns, uint64_t at_ns,
		      uint64_t value);
void trace_series_fini(struct trace_series *s);

#endif /* DSI_TRACE_SERIES_H */
