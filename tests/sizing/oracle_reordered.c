/* SPDX-License-Identifier: MIT */
/*
 * oracle_reordered.c - packets that are read out of their order.
 *
 * All orders of seven packets in which packet i is read at most e places
 * before and l places after place i; every slot can be freed by itself.  The
 * slots that are needed are the packets alive at once.
 */
#include "oracle.h"

#define PACKETS 7

struct order {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	struct oracle_need *need;
	int place[PACKETS];
	unsigned taken;
	int64_t start;
};

static int64_t period(const struct order *o)
{
	return (int64_t)o->writer->stream.period;
}

static void needs_start(struct order *o)
{
	for (int i = 0; i < PACKETS; i++) {
		int64_t due = (i - o->place[i]) * period(o) +
			      (int64_t)o->writer->stream.jitter;

		if (due > o->need->start)
			o->need->start = due;
	}
}

static void needs_slots(struct order *o)
{
	bool closed = o->writer->ties == DSI_TIES_CLOSED;

	for (int i = 0; i < PACKETS; i++) {
		int64_t got = i * period(o) - (int64_t)o->writer->hold;
		uint64_t alive = 1;

		for (int k = 0; k < i; k++) {
			int64_t end =
				o->start + o->place[k] * period(o) +
				(int64_t)(o->reader->jitter + o->reader->hold);

			alive += o->place[k] > o->place[i] || end > got ||
				 (!closed && end == got);
		}
		if (alive > o->need->slots)
			o->need->slots = alive;
	}
}

static void permute(struct order *o, int i, void (*visit)(struct order *))
{
	if (i == PACKETS) {
		visit(o);
		return;
	}
	for (int place = 0; place < PACKETS; place++) {
		if (o->taken & 1u << place ||
		    place < i - (int)o->reader->early ||
		    place > i + (int)o->reader->late)
			continue;
		o->taken |= 1u << place;
		o->place[i] = place;
		permute(o, i + 1, visit);
		o->taken &= ~(1u << place);
	}
}

bool oracle_reordered(const struct dsi_sizing_writer *writer,
		      const struct dsi_sizing_reader *reader,
		      struct oracle_need *need)
{
	struct order o = {.writer = writer, .reader = reader, .need = need};

	*need = (struct oracle_need){.den = 1, .slots = 1};
	permute(&o, 0, needs_start);
	o.start = need->start;
	if (reader->flags & DSI_READER_START_GIVEN)
		o.start = (int64_t)reader->start;
	permute(&o, 0, needs_slots);
	/* all of them at once: a longer stream might need more */
	return need->slots < PACKETS;
}
