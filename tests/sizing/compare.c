/* SPDX-License-Identifier: MIT */
/* compare.c - see compare.h */
#include "compare.h"

static long long in_den(const struct dsi_ticks *ticks, int64_t den)
{
	__extension__ typedef __int128 wide;
	wide num = (wide)ticks->num * den;

	if (!ticks->den || num % ticks->den)
		return -999999999;
	return (long long)(ticks->whole * den + num / ticks->den);
}

/* sign: +1 an answer may be larger, -1 smaller, if it is not exact */
static bool differs(struct difference *d, const char *what, long long num,
		    long long oracle, bool exact, int sign)
{
	*d = (struct difference){what, num, oracle};
	if (exact)
		return num != oracle;
	return sign > 0 ? num < oracle : num > oracle;
}

static bool compare(const struct question *q, const struct dsi_sizing_need *n,
		    const struct oracle_need *o, struct difference *d)
{
	uint32_t e = n->exact;
	bool given = q->reader.flags & DSI_READER_START_GIVEN;

	return (!given && differs(d, "start", in_den(&n->start, o->den),
				  o->start, e & DSI_EXACT_START, 1)) ||
	       (given && differs(d, "underrun", n->underrun, o->underrun,
				 e & DSI_EXACT_START, 1)) ||
	       differs(d, "slots", (long long)n->slots, (long long)o->slots,
		       e & DSI_EXACT_SLOTS, 1) ||
	       (o->units && n->units &&
		differs(d, "units", (long long)n->units, (long long)o->units,
			e & DSI_EXACT_SLOTS, 1)) ||
	       differs(d, "get_min", in_den(&n->get_min, o->den), o->get_min,
		       e & DSI_EXACT_LATENCY, -1) ||
	       differs(d, "get_max", in_den(&n->get_max, o->den), o->get_max,
		       e & DSI_EXACT_LATENCY, 1) ||
	       differs(d, "release_max", in_den(&n->release_max, o->den),
		       o->release_max, e & DSI_EXACT_LATENCY, 1) ||
	       differs(d, "backlog", (long long)n->backlog,
		       (long long)o->backlog, e & DSI_EXACT_BACKLOG, 1);
}

/* What the oracle does not tell is not compared. */
static void fill_unknown(const struct family *f, const struct question *q,
			 const struct dsi_sizing_need *n, struct oracle_need *o)
{
	if (f->oracle == oracle_reordered) {
		o->get_min = in_den(&n->get_min, o->den);
		o->get_max = in_den(&n->get_max, o->den);
		o->release_max = in_den(&n->release_max, o->den);
	}
	/* No packet is released within the stream. */
	if (o->release_max == INT64_MIN)
		o->release_max = in_den(&n->release_max, o->den);
	/* What misses a packet does not get it at all. */
	if (f->oracle == oracle_joint || f->oracle == oracle_reordered ||
	    o->underrun)
		o->backlog = n->backlog;
	if (q->reader.pace == DSI_PACE_RESPONSE || q->reader.coalesce > 1)
		o->get_min = in_den(&n->get_min, o->den);
}

bool need_differs(const struct family *f, const struct question *q,
		  const struct dsi_sizing_need *n, struct oracle_need *o,
		  struct difference *d)
{
	fill_unknown(f, q, n, o);
	return compare(q, n, o, d);
}
