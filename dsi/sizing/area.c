/* SPDX-License-Identifier: MIT */
/*
 * area.c - bytes of the data area.
 *
 * Let each packet be rounded up to the alignment A, and M be the most rounded
 * bytes that live together.
 *
 *   slots    N times the largest packet
 *   mirror   M
 *   ring     M + largest - A: a packet must lie in one piece, and the gap
 *            that it leaves at the end of the area is smaller than itself.
 *            With one packet, or packets of one size, there is no such gap.
 */
#include <dsi/errno.h>
#include <dsi/sizing.h>

#include "dsi/desc.h"
#include "dsi/sizing/wide.h"

struct area {
	struct dsi_sizing_area in;
	dsi_wide N, A;
	dsi_wide largest;	/* rounded */
	dsi_wide live, payload; /* most alive at once: rounded, as they are */
	bool one_size;		/* all packets round to the same */
	bool free_sizes;	/* any size from smallest to largest */
	bool over;
	struct dsi_text why;
};

static int bad(struct area *a, const char *field, uint64_t value,
	       const char *sentence)
{
	dsi__text_field(&a->why, field, value, sentence);
	return -DSI_EINVAL;
}

static dsi_wide round_up(struct area *a, dsi_wide bytes)
{
	return wide_mul(wide_ceil(bytes, a->A), a->A, &a->over);
}

/* Largest sum of @rest sizes in a row of a pattern that repeats. */
static dsi_wide window_max(struct area *a, dsi_wide rest, bool rounded)
{
	const uint64_t *sizes = a->in.pattern;
	uint64_t p = a->in.n_pattern;
	dsi_wide sum = 0;
	dsi_wide most = 0;

	for (uint64_t i = 0; i < p + (uint64_t)rest; i++) {
		dsi_wide in = (dsi_wide)sizes[i % p];
		dsi_wide out = 0;

		if ((dsi_wide)i >= rest)
			out = (dsi_wide)sizes[(i - (uint64_t)rest) % p];
		if (rounded) {
			in = round_up(a, in);
			out = round_up(a, out);
		}
		sum = wide_add(sum, in - out, &a->over);
		most = wide_max(most, sum);
	}
	return rest ? most : 0;
}

static dsi_wide pattern_live(struct area *a, bool rounded)
{
	dsi_wide p = (dsi_wide)a->in.n_pattern;
	dsi_wide whole = wide_floor(a->N, p);
	dsi_wide all = window_max(a, p, rounded);

	return wide_add(wide_mul(whole, all, &a->over),
			window_max(a, a->N - whole * p, rounded), &a->over);
}

/* k mean + burst, each packet rounded: at most A - 1 more for each. */
static void limit_by_mean(struct area *a)
{
	dsi_wide raw =
		wide_add(wide_mul(a->N, (dsi_wide)a->in.mean_bytes, &a->over),
			 (dsi_wide)a->in.burst_bytes, &a->over);
	dsi_wide rounded =
		wide_add(raw, wide_mul(a->N, a->A - 1, &a->over), &a->over);

	a->payload = wide_min(a->payload, raw);
	a->live = wide_min(a->live, wide_floor(rounded, a->A) * a->A);
	a->free_sizes = false;
}

static void measure_pattern(struct area *a)
{
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;

	for (uint64_t i = 0; i < a->in.n_pattern; i++) {
		uint64_t size = a->in.pattern[i];

		least = size < least ? size : least;
		most = size > most ? size : most;
	}
	a->in.min_bytes = least;
	a->in.max_bytes = most;
	a->payload = pattern_live(a, false);
	a->live = pattern_live(a, true);
	a->free_sizes = false;
}

static void measure(struct area *a)
{
	a->free_sizes = true;
	if (a->in.pattern)
		measure_pattern(a);
	a->largest = round_up(a, (dsi_wide)a->in.max_bytes);
	a->one_size = round_up(a, (dsi_wide)a->in.min_bytes) == a->largest;
	if (!a->in.pattern) {
		a->payload =
			wide_mul(a->N, (dsi_wide)a->in.max_bytes, &a->over);
		a->live = wide_mul(a->N, a->largest, &a->over);
	}
	if (a->in.mean_bytes)
		limit_by_mean(a);
}

static dsi_wide capacity(struct area *a, uint32_t *exact)
{
	*exact = 1;
	if (a->in.layout == DSI_AREA_SLOTS || (a->N == 1 && !a->in.mean_bytes))
		return wide_mul(a->N, a->largest, &a->over);
	*exact = a->free_sizes || a->one_size;
	if (a->in.layout == DSI_AREA_MIRROR || a->one_size) {
		*exact = *exact || !a->in.mean_bytes;
		return a->live;
	}
	return wide_add(a->live, a->largest - a->A, &a->over);
}

static int check(struct area *a)
{
	struct dsi_sizing_area *in = &a->in;

	if (in->layout > DSI_AREA_MIRROR)
		return bad(a, "layout", in->layout, "is no DSI_AREA_*");
	if (in->slots == 0)
		return bad(a, "slots", 0, "is not at least 1");
	if (!in->pattern != !in->n_pattern)
		return bad(a, "n_pattern", in->n_pattern,
			   "does not belong to the pattern");
	if (in->align_bytes > DSI_TICKS_MAX || in->page_bytes > DSI_TICKS_MAX)
		return bad(a, "align_bytes, page_bytes", in->align_bytes,
			   "is more than 2^62");
	if (!in->pattern && in->max_bytes == 0)
		return bad(a, "max_bytes", 0, "is not at least 1");
	if (!in->pattern && in->min_bytes > in->max_bytes)
		return bad(a, "min_bytes", in->min_bytes,
			   "is more than max_bytes");
	if (in->burst_bytes && !in->mean_bytes)
		return bad(a, "burst_bytes", in->burst_bytes,
			   "needs mean_bytes");
	if (in->mean_bytes && in->max_bytes > in->mean_bytes &&
	    in->max_bytes - in->mean_bytes > in->burst_bytes)
		return bad(a, "max_bytes", in->max_bytes,
			   "is more than mean_bytes + burst_bytes, which is "
			   "the most that one packet may have");
	a->N = (dsi_wide)in->slots;
	a->A = in->align_bytes ? (dsi_wide)in->align_bytes : 1;
	return 0;
}

int dsi_size_area(const struct dsi_sizing_area *area,
		  struct dsi_sizing_bytes *out_bytes, char *why,
		  uint32_t why_bytes)
{
	struct area a = {.why = dsi__text(why, why_bytes)};
	struct dsi_sizing_bytes bytes = {.size = sizeof(bytes)};
	dsi_wide room, page, control, total;
	int err;

	if (!area || dsi__options_copy(&a.in, area, sizeof(a.in)) ||
	    !out_bytes || out_bytes->size != sizeof(bytes)) {
		dsi__text_add(&a.why, "size: is not the size of a known "
				      "struct");
		return -DSI_EINVAL;
	}
	err = check(&a);
	if (err)
		return err;
	measure(&a);
	room = capacity(&a, &bytes.exact);
	page = a.in.page_bytes ? (dsi_wide)a.in.page_bytes : 1;
	room = wide_mul(wide_ceil(room, page), page, &a.over);
	control = wide_mul(a.N, (dsi_wide)a.in.control_bytes, &a.over);
	total = wide_add(room, control, &a.over);
	if (a.over || total > UINT64_MAX || a.live > UINT64_MAX) {
		dsi__text_add(&a.why, "the exact range is exceeded: more "
				      "than 2^64 bytes");
		return -DSI_EOVERFLOW;
	}
	bytes.payload = (uint64_t)a.payload;
	bytes.live = (uint64_t)a.live;
	bytes.area = (uint64_t)room;
	bytes.padding = bytes.area - bytes.payload;
	bytes.control = (uint64_t)control;
	bytes.total = (uint64_t)total;
	*out_bytes = bytes;
	return 0;
}
