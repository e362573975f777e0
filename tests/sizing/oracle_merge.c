/* SPDX-License-Identifier: MIT */
/*
 * oracle_merge.c - several producers, one ring, one consumer.
 *
 * Tick by tick over all reachable states: how far each stream is from its
 * next due time and from its last packet, what the consumer does and for how
 * long still, and how many packets wait.  All phases of the streams occur.
 */
#include <string.h>

#include "oracle.h"

#define STREAMS 3
#define STATES (1 << 16)

enum doing { ASLEEP, WAKING, SERVING };

/* All in a few bits each, so that a state is a number. */
struct state {
	int8_t lag[STREAMS]; /* now - when the next packet is due */
	int8_t age[STREAMS]; /* since the last packet, up to the distance */
	int8_t doing;
	int8_t rest; /* of that */
	int8_t queue;
};

struct merge {
	const struct dsi_jcs *streams;
	uint32_t n;
	bool closed;
	int wake, service;
	struct oracle_need *need;
	struct state states[STATES];
	uint32_t hash[STATES * 2];
	uint32_t known;
	bool overflow;
};

static void add(struct merge *m, const struct state *state)
{
	const unsigned char *bytes = (const unsigned char *)state;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*state); i++)
		h = (h ^ bytes[i]) * 16777619u;
	for (h %= STATES * 2; m->hash[h]; h = (h + 1) % (STATES * 2))
		if (!memcmp(&m->states[m->hash[h] - 1], state, sizeof(*state)))
			return;
	if (m->known == STATES || state->queue > 60) {
		m->overflow = true;
		return;
	}
	m->states[m->known++] = *state;
	m->hash[h] = m->known;
}

static void wait_count(struct merge *m, const struct state *s)
{
	if ((uint64_t)s->queue > m->need->backlog)
		m->need->backlog = (uint64_t)s->queue;
}

/* One more packet is in the ring: how many are, and how long may it stay? */
static void arrived(struct merge *m, const struct state *s)
{
	uint64_t alive = (uint64_t)s->queue + (s->doing == SERVING);
	int64_t got = (s->queue - 1) * m->service +
		      (s->doing == ASLEEP ? m->wake : s->rest);

	if (alive > m->need->slots)
		m->need->slots = alive;
	if (!m->closed)
		wait_count(m, s);
	if (got > m->need->get_max)
		m->need->get_max = got;
	if (got + m->service > m->need->release_max)
		m->need->release_max = got + m->service;
}

static void tick(struct merge *m, struct state s)
{
	/* closed: what is got at once has never waited */
	wait_count(m, &s);
	for (uint32_t i = 0; i < m->n; i++) {
		if (s.lag[i] >= (int)m->streams[i].jitter)
			return; /* it had to come by now */
		s.lag[i]++;
		if (s.age[i] < (int)m->streams[i].distance)
			s.age[i]++;
	}
	s.rest = (int8_t)(s.rest - (s.doing != ASLEEP));
	add(m, &s);
}

static void instant(struct merge *m, struct state s, bool released, int depth);

/* The consumer goes on with what it does, if its time is over. */
static void consume(struct merge *m, struct state s, int depth)
{
	if (s.doing == ASLEEP && s.queue)
		for (int w = 0; w <= m->wake; w++) {
			s.doing = WAKING;
			s.rest = (int8_t)w;
			instant(m, s, true, depth + 1);
		}
	else if (s.doing != ASLEEP && !s.rest && s.queue)
		for (int c = 0; c <= m->service; c++) {
			struct state next = s;

			next.queue--;
			next.doing = SERVING;
			next.rest = (int8_t)c;
			instant(m, next, true, depth + 1);
		}
	else if (s.doing == SERVING && !s.rest) {
		s.doing = ASLEEP;
		instant(m, s, true, depth + 1);
	}
}

static void arrive(struct merge *m, struct state s, bool released, int depth)
{
	for (uint32_t i = 0; i < m->n; i++) {
		struct state next = s;

		if (s.lag[i] < 0 || s.age[i] < (int)m->streams[i].distance)
			continue;
		next.lag[i] = (int8_t)(s.lag[i] - (int)m->streams[i].period);
		next.age[i] = 0;
		next.queue++;
		arrived(m, &next);
		instant(m, next, released, depth + 1);
	}
}

/* All that may happen without time going on. */
static void instant(struct merge *m, struct state s, bool released, int depth)
{
	bool due = s.doing == SERVING && !s.rest;

	if (depth > 40 || m->overflow) {
		m->overflow = true;
		return;
	}
	/* closed: what is over is released before anything arrives */
	if (!(m->closed && due))
		arrive(m, s, released, depth);
	if (s.doing == ASLEEP ? s.queue > 0 : !s.rest)
		consume(m, s, depth);
	if (!(s.doing == ASLEEP ? s.queue > 0 : !s.rest))
		tick(m, s);
}

static void begin(struct merge *m, struct state s, uint32_t i)
{
	if (i == m->n) {
		add(m, &s);
		return;
	}
	s.age[i] = (int8_t)m->streams[i].distance;
	for (int lag = 1 - (int)m->streams[i].period; lag <= 0; lag++) {
		s.lag[i] = (int8_t)lag;
		begin(m, s, i + 1);
	}
}

bool oracle_merge(const struct dsi_jcs *streams, uint32_t n_streams,
		  uint32_t ties, uint64_t wake, uint64_t service,
		  struct oracle_need *need)
{
	static struct merge m;
	struct state empty;

	memset(&empty, 0, sizeof(empty));
	memset(m.hash, 0, sizeof(m.hash));
	*need = (struct oracle_need){.den = 1};
	m.streams = streams;
	m.n = n_streams;
	m.closed = ties == DSI_TIES_CLOSED;
	m.wake = (int)wake;
	m.service = (int)service;
	m.need = need;
	m.known = 0;
	m.overflow = n_streams > STREAMS;
	if (m.overflow)
		return false;
	begin(&m, empty, 0);
	for (uint32_t i = 0; i < m.known && !m.overflow; i++)
		instant(&m, m.states[i], false, 0);
	return !m.overflow;
}
