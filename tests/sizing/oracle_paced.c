/* SPDX-License-Identifier: MIT */
/*
 * oracle_paced.c - readers that wait for packets but do not queue behind their
 * own work: a grid that may stall, and a known response time.
 *
 * What happens to packet i depends on its own commit alone; the slot of packet
 * i is asked for by packet i + N.  So all pairs of their jitters that a trace
 * can have decide.
 */
#include "chain.h"
#include "oracle.h"

/* With jitter j: when packet i is got and released at latest, after its
 * commit. */
struct pace {
	int64_t got[CHAIN_JITTER + 1];
	int64_t released[CHAIN_JITTER + 1];
};

static bool after(int64_t a, int64_t b, bool closed)
{
	return closed ? a > b : a >= b;
}

/* Least m so that no packet with `time` left meets the one m later. */
static uint64_t apart(const struct chain *chain, const int64_t *time,
		      int64_t hold, bool closed, uint64_t packets)
{
	for (uint64_t m = 1; m < CHAIN_STEPS; m++) {
		bool meets = false;

		if (packets && m >= packets)
			return m;
		for (int64_t j = 0; j <= chain->jitter; j++)
			meets |= after(time[j] + hold, chain->earliest[m][j],
				       closed);
		if (!meets)
			return m;
	}
	return 0;
}

static bool answer(const struct dsi_sizing_writer *writer,
		   const struct chain *chain, const struct pace *pace,
		   struct oracle_need *need)
{
	bool closed = writer->ties == DSI_TIES_CLOSED;
	bool none = closed;

	for (int64_t j = 0; j <= chain->jitter; j++) {
		if (pace->got[j] > need->get_max)
			need->get_max = pace->got[j];
		if (pace->released[j] > need->release_max)
			need->release_max = pace->released[j];
		none &= pace->got[j] <= 0;
	}
	need->den = 1;
	need->slots = apart(chain, pace->released, (int64_t)writer->hold,
			    closed, writer->packets);
	need->backlog =
		none ? 0 : apart(chain, pace->got, 0, closed, writer->packets);
	return need->slots && (none || need->backlog);
}

bool oracle_stall(const struct dsi_sizing_writer *writer,
		  const struct dsi_sizing_reader *reader,
		  struct oracle_need *need)
{
	bool given = reader->flags & DSI_READER_START_GIVEN;
	struct chain chain;
	struct pace pace;

	*need = (struct oracle_need){0};
	if (!chain_make(&writer->stream, &chain))
		return false;
	need->start = given ? (int64_t)reader->start : 0;
	need->get_min = INT64_MAX;
	for (int64_t j = 0; j <= chain.jitter; j++) {
		int64_t soonest = need->start - j;

		pace.got[j] = soonest + (int64_t)reader->jitter;
		if (pace.got[j] < (int64_t)reader->wake)
			pace.got[j] = (int64_t)reader->wake;
		pace.released[j] = pace.got[j] + (int64_t)reader->hold;
		soonest = soonest < 0 ? 0 : soonest;
		if (soonest < need->get_min)
			need->get_min = soonest;
	}
	return answer(writer, &chain, &pace, need);
}

bool oracle_response(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader,
		     struct oracle_need *need)
{
	struct chain chain;
	struct pace pace;

	*need = (struct oracle_need){0};
	if (!chain_make(&writer->stream, &chain))
		return false;
	for (int64_t j = 0; j <= chain.jitter; j++)
		pace.got[j] = pace.released[j] = (int64_t)reader->response;
	return answer(writer, &chain, &pace, need);
}
