/* SPDX-License-Identifier: MIT */
/*
 * oracle_loss.c - too few slots: what is lost, how long the producer waits.
 *
 * Packets between two grids, each got at its soonest or its latest and
 * released at its soonest or its latest, in all combinations, with the ring
 * played: a packet that finds no slot is lost and never read.
 */
#include "oracle.h"

#define PACKETS 9

struct loss {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	uint64_t slots;
	uint64_t of;
	uint64_t most;
	int64_t start;
	int64_t released[PACKETS]; /* of what was not lost */
	bool lost[PACKETS];
	bool closed;
};

static void count(struct loss *l)
{
	for (uint64_t i = 0; i + l->of <= PACKETS; i++) {
		uint64_t lost = 0;

		for (uint64_t k = i; k < i + l->of; k++)
			lost += l->lost[k];
		l->most = lost > l->most ? lost : l->most;
	}
}

static bool finds_slot(const struct loss *l, int i, int64_t got)
{
	uint64_t alive = 0;

	for (int k = 0; k < i; k++)
		alive += !l->lost[k] && (l->closed ? l->released[k] > got
						   : l->released[k] >= got);
	return alive < l->slots;
}

static void play(struct loss *l, int i)
{
	int64_t due = i * (int64_t)l->writer->stream.period;
	int64_t soonest = l->start + due;
	int64_t latest =
		soonest + (int64_t)(l->reader->jitter + l->reader->hold);

	if (i == PACKETS) {
		count(l);
		return;
	}
	for (int late = 0; late < 2; late++) {
		int64_t got = late ? due + (int64_t)l->writer->stream.jitter
				   : due - (int64_t)l->writer->hold;

		l->lost[i] = !finds_slot(l, i, got);
		l->released[i] = soonest;
		play(l, i + 1);
		if (l->lost[i] || latest == soonest)
			continue;
		l->released[i] = latest;
		play(l, i + 1);
	}
}

bool oracle_lost(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader, uint64_t slots,
		 uint64_t of, uint64_t *lost)
{
	struct loss l = {.writer = writer, .reader = reader, .slots = slots};
	struct oracle_need need;

	if (!oracle_grid(writer, reader, &need) || of > PACKETS)
		return false;
	l.of = of;
	l.start = need.start;
	l.closed = writer->ties == DSI_TIES_CLOSED;
	play(&l, 0);
	*lost = l.most;
	return true;
}

/* A reader on a grid does not wait for the producer, so that no wait makes
 * another one longer: all slots are asked for at the soonest and given back at
 * the latest. */
bool oracle_wait(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader, uint64_t slots,
		 int64_t *wait)
{
	int64_t released[64];
	struct oracle_need need;

	*wait = 0;
	if (!oracle_grid(writer, reader, &need) || need.den != 1 || slots > 32)
		return false;
	for (uint64_t i = 0; i < 64; i++) {
		int64_t due = (int64_t)(i * writer->stream.period);
		int64_t got = due - (int64_t)writer->hold;

		if (writer->packets && i >= writer->packets)
			break;
		if (i >= slots && released[i - slots] - got > *wait)
			*wait = released[i - slots] - got;
		released[i] = need.start + due +
			      (int64_t)(reader->jitter + reader->hold);
	}
	return true;
}
