/* SPDX-License-Identifier: MIT */
/*
 * more_spans.c - how long a row of packets takes, how many packets a window
 * sees, and other descriptions of the same stream.
 *
 * All traces of a few packets; windows begin at every quarter of a tick.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "chain.h"
#include "family.h"
#include "oracle_more.h"

#define PACKETS 6

struct traces {
	struct dsi_jcs jcs;
	int64_t t[PACKETS];
	/* of the windows, in quarters */
	int64_t window;
	uint32_t kind;
	uint64_t fewest, most;
	/* of gcra and the like */
	struct dsi_gcra gcra;
	bool gcra_broken;
	uint64_t row; /* longest row at the least distance */
	struct dsi_lbap lbap;
	bool lbap_broken, lbap_reached;
	void (*visit)(struct traces *traces);
};

static void walk(struct traces *x, int i)
{
	if (i == PACKETS) {
		x->visit(x);
		return;
	}
	for (int64_t j = 0; j <= (int64_t)x->jcs.jitter; j++) {
		x->t[i] = i * (int64_t)x->jcs.period + j;
		if (!i || x->t[i] - x->t[i - 1] >= (int64_t)x->jcs.distance)
			walk(x, i + 1);
	}
}

static void draw_jcs(uint64_t *seed, struct dsi_jcs *jcs)
{
	*jcs = (struct dsi_jcs){.size = sizeof(*jcs)};
	jcs->period = 1 + draw(seed, 3);
	jcs->jitter = draw(seed, 3);
	jcs->distance = draw(seed, jcs->period);
	jcs->max_bytes = 1 + draw(seed, 20);
}

static bool inside(int64_t at, int64_t from, int64_t to, uint32_t kind)
{
	if (kind == DSI_WINDOW_CLOSED)
		return at >= from && at <= to;
	if (kind == DSI_WINDOW_OPEN)
		return at > from && at < to;
	return at >= from && at < to;
}

/* A window that sees the first or the last packet may miss one before or
 * after it: then it says nothing about the fewest. */
static void look_through(struct traces *x)
{
	int64_t end = x->t[PACKETS - 1] * 4;

	for (int64_t from = x->t[0] * 4 - 2; from <= end + 2; from++) {
		int64_t to = from + x->window;
		uint64_t count = 0;

		for (int i = 0; i < PACKETS; i++)
			count += inside(x->t[i] * 4, from, to, x->kind);
		if (count > x->most)
			x->most = count;
		if (from >= x->t[0] * 4 && to <= end && count < x->fewest)
			x->fewest = count;
	}
}

static bool span_wrong(const struct dsi_jcs *jcs, struct chain *chain,
		       uint64_t packets)
{
	uint64_t least = 0;
	uint64_t most = 0;
	int64_t shortest = INT64_MAX;
	int64_t longest = 0;

	for (uint64_t j = 0; j <= jcs->jitter; j++) {
		int64_t s = chain->earliest[packets - 1][j];
		int64_t l = chain->latest[packets - 1][j];

		shortest = s < shortest ? s : shortest;
		longest = l > longest ? l : longest;
	}
	return dsi_jcs_span(jcs, packets, &least, &most) ||
	       least != (uint64_t)shortest || most != (uint64_t)longest;
}

enum verdict ask_spans(uint64_t *seed, char text[MORE_TEXT])
{
	static struct chain chain;
	struct traces x = {.visit = look_through, .fewest = UINT64_MAX};
	uint64_t packets = 1 + draw(seed, 20);
	uint64_t window = draw(seed, 9);
	uint64_t least = 0;
	uint64_t most = 0;
	int err = 0;

	draw_jcs(seed, &x.jcs);
	x.kind = (uint32_t)draw(seed, 2);
	x.window = (int64_t)window * 4;
	walk(&x, 0);
	err = dsi_jcs_count(&x.jcs, window, x.kind, &least, &most);
	if (chain_make(&x.jcs, &chain) &&
	    !span_wrong(&x.jcs, &chain, packets) && !err &&
	    (x.most >= PACKETS ? most >= PACKETS : most == x.most) &&
	    (x.fewest == UINT64_MAX || least == x.fewest ||
	     (least < x.fewest && window > 2 * x.jcs.period)))
		return x.most < PACKETS ? LEAST : RIGHT;
	snprintf(text, MORE_TEXT,
		 "T=%llu tau=%llu D=%llu window %llu kind %u, row %llu: error "
		 "%d, %llu..%llu, oracle %llu..%llu",
		 (unsigned long long)x.jcs.period,
		 (unsigned long long)x.jcs.jitter,
		 (unsigned long long)x.jcs.distance, (unsigned long long)window,
		 x.kind, (unsigned long long)packets, err,
		 (unsigned long long)least, (unsigned long long)most,
		 (unsigned long long)x.fewest, (unsigned long long)x.most);
	return WRONG;
}

/* Virtual scheduling, and a count in every closed window. */
static void keep_to_forms(struct traces *x)
{
	int64_t due = x->t[0];
	uint64_t row = 1;

	for (int i = 0; i < PACKETS; i++) {
		if (x->t[i] < due - (int64_t)x->gcra.limit)
			x->gcra_broken = true;
		due = (due > x->t[i] ? due : x->t[i]) +
		      (int64_t)x->gcra.increment;
		row = i && x->t[i] - x->t[i - 1] == (int64_t)x->jcs.distance
			      ? row + 1
			      : 1;
		x->row = row > x->row ? row : x->row;
		for (int k = 0; k <= i; k++) {
			/* i - k + 1 <= burst + rate (t_i - t_k) */
			int64_t bd = (int64_t)x->lbap.burst.den;
			int64_t rd = (int64_t)x->lbap.rate.den;
			int64_t left = (i - k + 1) * bd * rd;
			int64_t right = (int64_t)x->lbap.burst.num * rd +
					(int64_t)x->lbap.rate.num * bd *
						(x->t[i] - x->t[k]);

			x->lbap_broken |= left > right;
			x->lbap_reached |= left == right;
		}
	}
}

/* Packets at least T apart never come in a burst: nobody sees their jitter
 * who only counts the most that may come. */
static uint64_t jitter_seen(const struct dsi_jcs *jcs)
{
	return jcs->distance == jcs->period ? 0 : jcs->jitter;
}

static const char *upper_forms(struct traces *x)
{
	struct dsi_jcs back;
	struct dsi_vbr vbr;

	x->visit = keep_to_forms;
	if (dsi_jcs_to_gcra(&x->jcs, &x->gcra) ||
	    dsi_jcs_to_lbap(&x->jcs, &x->lbap) || dsi_jcs_to_vbr(&x->jcs, &vbr))
		return "an error";
	walk(x, 0);
	if (x->gcra_broken)
		return "gcra";
	if (x->lbap_broken)
		return "lbap";
	if (x->jcs.distance < x->jcs.period && !x->lbap_reached &&
	    x->jcs.jitter <= 2)
		return "lbap is not tight";
	if (vbr.burst < PACKETS ? x->row != vbr.burst : x->row < PACKETS)
		return "burst of vbr";
	if (dsi_jcs_from_lbap(&x->lbap, &back) ||
	    back.period != x->jcs.period ||
	    back.jitter != jitter_seen(&x->jcs) ||
	    !(back.flags & DSI_JCS_UPPER_ONLY))
		return "back from lbap";
	if (dsi_jcs_from_gcra(&x->gcra, &back) ||
	    back.period != x->jcs.period ||
	    back.jitter < jitter_seen(&x->jcs) || back.distance ||
	    !(back.flags & DSI_JCS_UPPER_ONLY))
		return "back from gcra";
	if (x->jcs.distance &&
	    (dsi_jcs_from_vbr(&vbr, &back) || back.period != x->jcs.period ||
	     back.distance != x->jcs.distance))
		return "back from vbr";
	if (!x->gcra.limit)
		return NULL;
	x->gcra.limit--;
	x->gcra_broken = false;
	walk(x, 0);
	/* A least distance can make the last tick of the jitter harmless only
	 * if the row of packets is longer than the traces here. */
	return x->gcra_broken || x->jcs.distance ? NULL : "gcra is not tight";
}

static const char *other_forms(const struct dsi_jcs *jcs)
{
	struct dsi_jcs back;
	struct dsi_pjd pjd;
	struct dsi_token_bucket bucket;
	struct dsi_tspec tspec;

	if (dsi_jcs_to_pjd(jcs, &pjd) || dsi_jcs_from_pjd(&pjd, &back) ||
	    back.period != jcs->period || back.jitter != jcs->jitter ||
	    back.distance != jcs->distance || back.flags)
		return "pjd";
	if (dsi_jcs_to_token_bucket(jcs, &bucket) ||
	    dsi_jcs_from_token_bucket(&bucket, &back) ||
	    back.period != jcs->period || back.jitter != jitter_seen(jcs))
		return "token bucket";
	if (dsi_jcs_to_tspec(jcs, &tspec) ||
	    dsi_jcs_from_tspec(&tspec, &back) || back.period != jcs->period ||
	    back.jitter != jitter_seen(jcs) || back.distance != jcs->distance)
		return "tspec";
	return NULL;
}

enum verdict ask_forms(uint64_t *seed, char text[MORE_TEXT])
{
	struct traces x = {0};
	const char *wrong = NULL;

	draw_jcs(seed, &x.jcs);
	wrong = upper_forms(&x);
	if (!wrong)
		wrong = other_forms(&x.jcs);
	if (!wrong)
		return LEAST;
	snprintf(text, MORE_TEXT, "T=%llu tau=%llu D=%llu: %s",
		 (unsigned long long)x.jcs.period,
		 (unsigned long long)x.jcs.jitter,
		 (unsigned long long)x.jcs.distance, wrong);
	return WRONG;
}
