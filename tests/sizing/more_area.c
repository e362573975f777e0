/* SPDX-License-Identifier: MIT */
/* more_area.c - bytes of the data area. */
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "family.h"
#include "oracle_more.h"

#define PATTERN 5

static void draw_area(uint64_t *seed, uint64_t pattern[PATTERN],
		      struct dsi_sizing_area *area)
{
	*area = (struct dsi_sizing_area){.size = sizeof(*area)};
	area->layout = (uint32_t)draw(seed, 2);
	area->slots = 1 + draw(seed, 3);
	area->max_bytes = 1 + draw(seed, 6);
	area->min_bytes = 1 + draw(seed, area->max_bytes - 1);
	area->align_bytes = draw(seed, 1) ? draw(seed, 4) : 0;
	area->page_bytes = draw(seed, 2) ? 0 : 1 + draw(seed, 7);
	area->control_bytes = draw(seed, 3);
	if (draw(seed, 3) == 0) {
		area->mean_bytes =
			area->min_bytes +
			draw(seed, area->max_bytes - area->min_bytes);
		area->burst_bytes =
			area->max_bytes - area->mean_bytes + draw(seed, 3);
	} else if (draw(seed, 2) == 0) {
		area->pattern = pattern;
		area->n_pattern = 1 + draw(seed, PATTERN - 1);
		for (uint64_t i = 0; i < area->n_pattern; i++)
			pattern[i] = 1 + draw(seed, 6);
	}
}

/* Most bytes in so many packets in a row, each rounded up: all that may come.
 * level: of the burst, as in oracle_area.c */
static uint64_t most_bytes(const struct dsi_sizing_area *a, uint64_t packets,
			   uint64_t align, uint64_t next, uint64_t level)
{
	uint64_t most = 0;

	if (!packets)
		return 0;
	if (a->pattern) {
		uint64_t size = a->pattern[next];

		return (size + align - 1) / align * align +
		       most_bytes(a, packets - 1, align,
				  (next + 1) % a->n_pattern, 0);
	}
	for (uint64_t size = a->min_bytes; size <= a->max_bytes; size++) {
		uint64_t sum = level + size;
		uint64_t bytes = (size + align - 1) / align * align;

		sum = sum > a->mean_bytes ? sum - a->mean_bytes : 0;
		if (a->mean_bytes && sum > a->burst_bytes)
			continue;
		bytes += most_bytes(a, packets - 1, align, 0, sum);
		most = bytes > most ? bytes : most;
	}
	return most;
}

static uint64_t live_bytes(const struct dsi_sizing_area *a, uint64_t align)
{
	uint64_t most = 0;

	for (uint64_t i = 0; i < (a->pattern ? a->n_pattern : 1); i++) {
		uint64_t bytes = most_bytes(a, a->slots, align, i, 0);

		most = bytes > most ? bytes : most;
	}
	return most;
}

/* Is there an area with fewer pages that would do?  A packet takes whole
 * multiples of the alignment, the last one as well. */
static bool smaller_holds(const struct dsi_sizing_area *area, uint64_t bytes)
{
	uint64_t align = area->align_bytes ? area->align_bytes : 1;
	uint64_t page = area->page_bytes ? area->page_bytes : 1;

	return bytes > page &&
	       oracle_area_holds(area, (bytes - page) / align * align) > 0;
}

static const char *slots_wrong(const struct dsi_sizing_area *a,
			       const struct dsi_sizing_bytes *b)
{
	uint64_t align = a->align_bytes ? a->align_bytes : 1;
	uint64_t page = a->page_bytes ? a->page_bytes : 1;
	uint64_t largest = a->max_bytes;
	uint64_t bytes = 0;

	for (uint64_t i = 0; a->pattern && i < a->n_pattern; i++)
		largest =
			i && a->pattern[i] < largest ? largest : a->pattern[i];
	bytes = (largest + align - 1) / align * align * a->slots;
	bytes = (bytes + page - 1) / page * page;
	return b->area == bytes ? NULL : "slots of the largest size";
}

static const char *area_wrong(const struct dsi_sizing_area *a,
			      const struct dsi_sizing_bytes *b)
{
	uint64_t align = a->align_bytes ? a->align_bytes : 1;

	if (b->payload < live_bytes(a, 1) ||
	    (!a->mean_bytes && b->payload > live_bytes(a, 1)))
		return "payload";
	if (b->live < live_bytes(a, align) ||
	    (!a->mean_bytes && b->live > live_bytes(a, align)))
		return "live";
	if (b->padding != b->area - b->payload ||
	    b->control != a->slots * a->control_bytes ||
	    b->total != b->area + b->control ||
	    (a->page_bytes && b->area % a->page_bytes))
		return "sums";
	if (a->layout == DSI_AREA_SLOTS)
		return slots_wrong(a, b);
	if (!oracle_area_holds(a, b->area)) /* -1: not known */
		return "the area is too small";
	if (b->exact && smaller_holds(a, b->area))
		return "a smaller area will do";
	return NULL;
}

enum verdict ask_area(uint64_t *seed, char text[MORE_TEXT])
{
	uint64_t pattern[PATTERN] = {0};
	struct dsi_sizing_area area;
	struct dsi_sizing_bytes bytes = {.size = sizeof(bytes)};
	char why[DSI_SIZING_WHY_BYTES] = "";
	const char *wrong = NULL;
	int err = 0;

	draw_area(seed, pattern, &area);
	err = dsi_size_area(&area, &bytes, why, sizeof(why));
	wrong = err ? why : area_wrong(&area, &bytes);
	if (!wrong)
		return bytes.exact ? LEAST : RIGHT;
	snprintf(text, MORE_TEXT,
		 "layout %u N=%llu sizes %llu..%llu align %llu page %llu mean "
		 "%llu+%llu pattern %llu: %llu %llu %llu %llu %llu\n    %s: "
		 "error %d area %llu live %llu payload %llu exact %u",
		 area.layout, (unsigned long long)area.slots,
		 (unsigned long long)area.min_bytes,
		 (unsigned long long)area.max_bytes,
		 (unsigned long long)area.align_bytes,
		 (unsigned long long)area.page_bytes,
		 (unsigned long long)area.mean_bytes,
		 (unsigned long long)area.burst_bytes,
		 (unsigned long long)area.n_pattern,
		 (unsigned long long)pattern[0], (unsigned long long)pattern[1],
		 (unsigned long long)pattern[2], (unsigned long long)pattern[3],
		 (unsigned long long)pattern[4], wrong, err,
		 (unsigned long long)bytes.area, (unsigned long long)bytes.live,
		 (unsigned long long)bytes.payload, bytes.exact);
	return WRONG;
}
