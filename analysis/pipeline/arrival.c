// SPDX-License-Identifier: MIT
/*
 * arrival.c - shortest spans and most events of streams inside a pipeline.
 */
#include <stddef.h>

#include "pipeline/arrival.h"

static dsi_wide part_span(const struct arrival_part *p, dsi_wide n, bool *over)
{
	dsi_wide gaps = n - 1;
	dsi_wide span =
		wide_sub(wide_mul(gaps, p->period, over), p->jitter, over);

	span = wide_max(span, wide_sub(wide_mul(gaps, p->distance, over),
				       p->squeeze, over));
	span = wide_max(span, wide_mul(gaps, p->spacing, over));
	return wide_max(span, 0);
}

/* Most n with delta-(n) <= w: each of the three lines ends somewhere. */
static dsi_wide part_most(const struct arrival_part *p, dsi_wide w, bool *over)
{
	dsi_wide most = wide_floor(wide_add(w, p->jitter, over), p->period);

	if (p->distance > 0)
		most = wide_min(most, wide_floor(wide_add(w, p->squeeze, over),
						 p->distance));
	if (p->spacing > 0)
		most = wide_min(most, wide_floor(w, p->spacing));
	return most + 1;
}

/* The largest n below n_table with table[n] <= w. */
static dsi_wide table_most(const struct arrival *a, dsi_wide w)
{
	uint32_t low = 0;
	uint32_t high = a->n_table - 1;

	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;

		if (a->table[middle] <= w)
			low = middle;
		else
			high = middle - 1;
	}
	return (dsi_wide)low;
}

dsi_wide arrival_most_closed(const struct arrival *a, dsi_wide w, bool *over)
{
	dsi_wide most = 0;
	uint32_t i;

	for (i = 0; i < a->n_parts; i++)
		most = wide_add(most, part_most(&a->parts[i], w, over), over);
	if (a->n_table && a->table[a->n_table - 1] > w)
		most = wide_min(most, table_most(a, w));
	return most;
}

dsi_wide arrival_most(const struct arrival *a, dsi_wide w, bool *over)
{
	return w <= 0 ? 0 : arrival_most_closed(a, w - 1, over);
}

/* The shortest window that can hold n events of all parts together. */
static dsi_wide merged_span(const struct arrival *a, dsi_wide n, bool *over)
{
	dsi_wide low = 0;
	dsi_wide high = part_span(&a->parts[0], n, over);

	while (low < high && !*over) {
		dsi_wide middle = low + (high - low) / 2;

		if (arrival_most_closed(a, middle, over) >= n)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

dsi_wide arrival_span(const struct arrival *a, dsi_wide n, bool *over)
{
	dsi_wide span;

	if (n <= 1 || a->n_parts == 0)
		return 0;
	if (a->n_parts > 1)
		return merged_span(a, n, over);
	span = part_span(&a->parts[0], n, over);
	if (n < (dsi_wide)a->n_table)
		span = wide_max(span, a->table[n]);
	return span;
}
