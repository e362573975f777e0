/* SPDX-License-Identifier: MIT */
/*
 * oracle_anchored.c - a reader whose grid begins when it saw packet k - 1.
 *
 * All its instants hang on that one commit, so a condition joins the jitter of
 * packet k - 1 with that of one other packet: all pairs that a trace can have
 * are tried.  Before packet k - 1 is there nothing is released.
 *
 * With drift the two clocks run at every pair of extreme rates from there on;
 * the jitters are then taken as free, which a trace can have if T (1 - rho)
 * is at least tau and no distance is asked for.
 */
#include "chain.h"
#include "oracle.h"

struct anchored {
	struct chain chain;
	int64_t den;
	int64_t rho_p, rho_c;
	int64_t anchor; /* packet k - 1 */
	int64_t delay;	/* of den */
	int64_t late;	/* wake and jitter of the reader, ticks */
	int64_t hold_p, hold_c;
	int64_t packets; /* INT64_MAX: without end */
	bool closed;
};

/* From a commit with jitter j to the one so many packets later. */
static int64_t gap(const struct anchored *a, int64_t steps, int64_t j,
		   bool soon)
{
	if (a->den == 1)
		return soon ? a->chain.earliest[steps][j]
			    : a->chain.latest[steps][j];
	if (!steps)
		return 0;
	if (soon)
		return steps * a->chain.period * (a->den - a->rho_p) -
		       j * a->den;
	return steps * a->chain.period * (a->den + a->rho_p) +
	       (a->chain.jitter - j) * a->den;
}

/* Commit of packet i after that of the anchor, which has jitter j. */
static int64_t commit_after(const struct anchored *a, int64_t i, int64_t j,
			    bool soon)
{
	return gap(a, i - a->anchor, j, soon);
}

static int64_t grid_min(const struct anchored *a, int64_t i)
{
	return a->delay + i * a->chain.period * (a->den - a->rho_c);
}

static int64_t grid_max(const struct anchored *a, int64_t i)
{
	return a->delay + a->late * a->den +
	       i * a->chain.period * (a->den + a->rho_c);
}

/* After so many packets the jitter is wherever it can get. */
static int64_t end_of(const struct anchored *a, int64_t from)
{
	int64_t first = from > a->anchor ? from : a->anchor;
	int64_t end = first + a->chain.jitter + 3;

	return a->packets == INT64_MAX ? end : a->packets;
}

static bool after(const struct anchored *a, int64_t x, int64_t y)
{
	return a->closed ? x > y : x >= y;
}

static bool slots_suffice(const struct anchored *a, int64_t slots)
{
	for (int64_t i = slots; i < end_of(a, slots); i++) {
		int64_t freed = grid_max(a, i - slots) + a->hold_c * a->den;

		if (i <= a->anchor)
			return false;
		for (int64_t j = 0; j <= a->chain.jitter; j++)
			if (after(a, freed,
				  commit_after(a, i, j, true) -
					  a->hold_p * a->den))
				return false;
	}
	return true;
}

/* Can packet i - m + 1 still be there, not got, when i is committed? */
static bool backlog_reaches(const struct anchored *a, int64_t m)
{
	if (m <= a->anchor + 1)
		return true;
	for (int64_t i = m - 1; i < end_of(a, m); i++)
		for (int64_t j = 0; j <= a->chain.jitter; j++)
			if (after(a, grid_max(a, i - m + 1),
				  commit_after(a, i, j, true)))
				return true;
	return false;
}

static int64_t least_delay(const struct anchored *a)
{
	int64_t delay = 0;

	for (int64_t i = a->anchor; i < end_of(a, 0); i++)
		for (int64_t j = 0; j <= a->chain.jitter; j++) {
			int64_t need =
				commit_after(a, i, j, false) - grid_min(a, i);

			delay = need > delay ? need : delay;
		}
	return delay;
}

/* Packets up to the anchor are there when it begins, at whatever tie. */
static bool misses(const struct anchored *a)
{
	for (int64_t i = a->anchor + 1; i < end_of(a, 0); i++)
		for (int64_t j = 0; j <= a->chain.jitter; j++)
			if (after(a, commit_after(a, i, j, false),
				  grid_min(a, i)))
				return true;
	return false;
}

static void latency_of(const struct anchored *a, int64_t i, int64_t j,
		       struct oracle_need *need)
{
	int64_t shortest = grid_min(a, i);
	int64_t longest = grid_max(a, i);

	if (i >= a->anchor) {
		shortest -= commit_after(a, i, j, false);
		longest -= commit_after(a, i, j, true);
	} else {
		shortest += gap(a, a->anchor - i, j, true);
		longest += gap(a, a->anchor - i, j, false);
	}
	if (shortest < need->get_min)
		need->get_min = shortest;
	if (longest > need->get_max)
		need->get_max = longest;
}

static bool describe(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader, struct anchored *a)
{
	if (!chain_make(&writer->stream, &a->chain))
		return false;
	a->den = 1;
	a->rho_p = a->rho_c = 0;
	if (writer->stream.drift_ppb || reader->drift_ppb) {
		a->den = 1000;
		a->rho_p = writer->stream.drift_ppb / 1000000;
		a->rho_c = reader->drift_ppb / 1000000;
		if (!writer->packets || a->chain.distance ||
		    a->chain.jitter * a->den >
			    a->chain.period * (a->den - a->rho_p))
			return false;
	}
	a->anchor = (reader->prefill ? reader->prefill : 1) - 1;
	a->delay = 0;
	a->late = (int64_t)(reader->wake + reader->jitter);
	a->hold_p = (int64_t)writer->hold;
	a->hold_c = (int64_t)reader->hold;
	a->packets = writer->packets ? (int64_t)writer->packets : INT64_MAX;
	a->closed = writer->ties == DSI_TIES_CLOSED;
	return a->packets > a->anchor;
}

bool oracle_anchored(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader,
		     struct oracle_need *need)
{
	struct anchored a;

	*need = (struct oracle_need){.get_min = INT64_MAX,
				     .get_max = INT64_MIN};
	if (!describe(writer, reader, &a))
		return false;
	need->den = a.den;
	need->start = a.delay = least_delay(&a);
	if (reader->flags & DSI_READER_START_GIVEN)
		need->start = (int64_t)reader->start * a.den;
	a.delay = need->start;
	if (reader->flags & DSI_READER_START_GIVEN && !reader->prefill &&
	    a.den == 1)
		while (misses(&a))
			if (++a.anchor >= a.packets)
				return false;
	while (!slots_suffice(&a, (int64_t)++need->slots))
		;
	while (backlog_reaches(&a, (int64_t)need->backlog + 1))
		need->backlog++;
	for (int64_t i = 0; i < end_of(&a, 0); i++)
		for (int64_t j = 0; j <= a.chain.jitter; j++)
			latency_of(&a, i, j, need);
	need->release_max = need->get_max + a.hold_c * a.den;
	need->underrun = reader->flags & DSI_READER_START_GIVEN && misses(&a);
	return true;
}
