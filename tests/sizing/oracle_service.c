/* SPDX-License-Identifier: MIT */
/*
 * oracle_service.c - a reader that takes packets as they come, one by one.
 *
 * What counts for the future is the jitter of the last packet and how long
 * after its commit it is released.  The set of all such states is followed
 * from packet to packet over every wake-up 0..W and every service 0..C, until
 * nothing new appears.  The release of packet i knows nothing of what comes
 * later, so it may meet every packet i + N that its jitter allows.
 */
#include "chain.h"
#include "oracle.h"

#define TIME_BITS 62
#define MAX_ROUNDS 400

/* Bit x: x ticks after the commit, for each jitter. */
struct moments {
	uint64_t got[CHAIN_JITTER + 1];
	uint64_t released[CHAIN_JITTER + 1];
};

struct service {
	struct chain chain;
	int64_t wake, service, hold;
	bool closed;
	bool overflow;
};

static uint64_t up_to(int64_t bits)
{
	return (UINT64_C(1) << (bits + 1)) - 1;
}

static uint64_t later(struct service *s, uint64_t moments, int64_t by)
{
	uint64_t sum = 0;

	for (int64_t shift = 0; shift <= by; shift++) {
		s->overflow |= moments >> (TIME_BITS - shift) != 0;
		sum |= moments << shift;
	}
	return sum;
}

/* When the next packet, `gap` after this one, may be got. */
static uint64_t next_got(const struct service *s, uint64_t released,
			 int64_t gap)
{
	uint64_t got = 0;

	if (gap >= TIME_BITS)
		return up_to(s->wake);
	if (released & up_to(gap))
		got = up_to(s->wake);
	return got | released >> gap;
}

static bool step(struct service *s, struct moments *m)
{
	struct moments old = *m;
	bool grown = false;

	for (int64_t to = 0; to <= s->chain.jitter; to++) {
		for (int64_t from = 0; from <= s->chain.jitter; from++) {
			int64_t gap = s->chain.period + to - from;

			if (gap >= s->chain.distance)
				m->got[to] |=
					next_got(s, old.released[from], gap);
		}
		m->released[to] |= later(s, m->got[to], s->service);
		grown |= m->released[to] != old.released[to];
	}
	return grown;
}

static int64_t longest(uint64_t moments)
{
	return 63 - __builtin_clzll(moments);
}

static bool meets(const struct service *s, const uint64_t *moments,
		  int64_t hold, uint64_t m)
{
	for (int64_t j = 0; j <= s->chain.jitter; j++) {
		int64_t end = longest(moments[j]) + hold;
		int64_t next = s->chain.earliest[m][j];

		if (s->closed ? end > next : end >= next)
			return true;
	}
	return false;
}

/* What packet 0, 1, ... may do.  Later ones may do all that earlier ones may,
 * so with n packets the one N before the last decides. */
static int follow(struct service *s, struct moments *rounds, uint64_t packets)
{
	int last = 0;

	for (int64_t j = 0; j <= s->chain.jitter; j++) {
		rounds[0].got[j] = up_to(s->wake);
		rounds[0].released[j] = later(s, up_to(s->wake), s->service);
	}
	while (last + 1 < MAX_ROUNDS &&
	       (!packets || (uint64_t)last + 1 < packets)) {
		rounds[last + 1] = rounds[last];
		if (!step(s, &rounds[last + 1]) || s->overflow)
			break;
		last++;
	}
	return last;
}

static uint64_t apart(const struct service *s, const struct moments *rounds,
		      int last, uint64_t packets, bool slots)
{
	for (uint64_t m = 1; m < CHAIN_STEPS; m++) {
		uint64_t round = (uint64_t)last;
		const struct moments *at = rounds;

		if (packets && m >= packets)
			return m;
		if (packets && packets - 1 - m < round)
			round = packets - 1 - m;
		at += round;
		if (!meets(s, slots ? at->released : at->got,
			   slots ? s->hold : 0, m))
			return m;
	}
	return 0;
}

bool oracle_service(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    struct oracle_need *need)
{
	static struct moments rounds[MAX_ROUNDS];
	struct service s = {.wake = (int64_t)reader->wake,
			    .service = (int64_t)reader->service,
			    .hold = (int64_t)writer->hold,
			    .closed = writer->ties == DSI_TIES_CLOSED};
	int last = 0;

	*need = (struct oracle_need){.den = 1};
	if (reader->coalesce > 1)
		return oracle_coalesced(writer, reader, need);
	if ((reader->service > writer->stream.period && !writer->packets) ||
	    reader->service > 20 || !chain_make(&writer->stream, &s.chain))
		return false;
	last = follow(&s, rounds, writer->packets);
	for (int64_t j = 0; j <= s.chain.jitter; j++) {
		int64_t got = longest(rounds[last].got[j]);
		int64_t released = longest(rounds[last].released[j]);

		need->get_max = got > need->get_max ? got : need->get_max;
		if (released > need->release_max)
			need->release_max = released;
	}
	need->slots = apart(&s, rounds, last, writer->packets, true);
	need->backlog =
		s.closed && !need->get_max
			? 0
			: apart(&s, rounds, last, writer->packets, false);
	return !s.overflow && last + 1 < MAX_ROUNDS && need->slots;
}
