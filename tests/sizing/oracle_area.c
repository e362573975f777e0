/* SPDX-License-Identifier: MIT */
/*
 * oracle_area.c - does an area ever lack room?
 *
 * All sequences of putting a packet (of every size that may come next) and of
 * freeing the oldest one, over all places where the packets can lie.  A packet
 * lies behind the one before it, or at the beginning if it does not fit there.
 * A mirrored area has no end, only so many bytes.
 */
#include <string.h>

#include "oracle.h"

#define ALIVE 6
#define STATES (1 << 17)

struct state {
	uint8_t head;	     /* where the next one goes, if it fits */
	uint8_t alive;	     /* packets */
	uint8_t at[ALIVE];   /* where each begins, oldest first */
	uint8_t size[ALIVE]; /* rounded up */
	uint8_t next;	     /* in the pattern */
	uint8_t level;	     /* of a burst in a size description */
};

struct area {
	const struct dsi_sizing_area *area;
	int bytes, align;
	struct state states[STATES];
	uint32_t hash[STATES * 2];
	uint32_t known;
	bool overflow;
};

static void add(struct area *a, const struct state *state)
{
	const unsigned char *bytes = (const unsigned char *)state;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*state); i++)
		h = (h ^ bytes[i]) * 16777619u;
	for (h %= STATES * 2; a->hash[h]; h = (h + 1) % (STATES * 2))
		if (!memcmp(&a->states[a->hash[h] - 1], state, sizeof(*state)))
			return;
	if (a->known == STATES) {
		a->overflow = true;
		return;
	}
	a->states[a->known++] = *state;
	a->hash[h] = a->known;
}

static int rounded(const struct area *a, int size)
{
	return (size + a->align - 1) / a->align * a->align;
}

/* Where a packet goes; -1: nowhere. */
static int place(const struct area *a, const struct state *s, int size)
{
	int tail = s->at[0];
	int used = 0;

	if (a->area->layout == DSI_AREA_MIRROR) {
		for (int i = 0; i < s->alive; i++)
			used += s->size[i];
		return used + rounded(a, size) <= a->bytes ? 0 : -1;
	}
	if (s->alive && s->head <= tail)
		return s->head + size <= tail ? s->head : -1;
	if (s->head + size <= a->bytes)
		return s->head;
	if (!s->alive)
		return size <= a->bytes ? 0 : -1;
	return size <= tail ? 0 : -1;
}

static bool put(struct area *a, struct state s, int size)
{
	int at = place(a, &s, size);

	if (at < 0)
		return false;
	s.at[s.alive] = (uint8_t)at;
	s.size[s.alive] = (uint8_t)rounded(a, size);
	s.head = (uint8_t)(at + rounded(a, size));
	s.alive++;
	add(a, &s);
	return true;
}

static bool put_all(struct area *a, struct state s)
{
	const struct dsi_sizing_area *q = a->area;

	if (q->pattern) {
		int size = (int)q->pattern[s.next];

		s.next = (uint8_t)((s.next + 1u) % q->n_pattern);
		return put(a, s, size);
	}
	for (uint64_t size = q->min_bytes; size <= q->max_bytes; size++) {
		struct state next = s;

		if (q->mean_bytes) {
			uint64_t level = s.level + size;

			level = level > q->mean_bytes ? level - q->mean_bytes
						      : 0;
			if (level > q->burst_bytes)
				continue;
			next.level = (uint8_t)level;
		}
		if (!put(a, next, (int)size))
			return false;
	}
	return true;
}

static void free_oldest(struct area *a, struct state s)
{
	s.alive--;
	memmove(s.at, s.at + 1, ALIVE - 1);
	memmove(s.size, s.size + 1, ALIVE - 1);
	s.at[ALIVE - 1] = s.size[ALIVE - 1] = 0;
	add(a, &s);
}

int oracle_area_holds(const struct dsi_sizing_area *area, uint64_t bytes)
{
	static struct area a;
	struct state empty;

	memset(&empty, 0, sizeof(empty));
	memset(a.hash, 0, sizeof(a.hash));
	a.area = area;
	a.bytes = (int)bytes;
	a.align = area->align_bytes ? (int)area->align_bytes : 1;
	a.known = 0;
	a.overflow = area->slots > ALIVE || bytes > 200;
	for (uint64_t i = 0; i < (area->pattern ? area->n_pattern : 1); i++) {
		empty.next = (uint8_t)i;
		add(&a, &empty);
	}
	for (uint32_t i = 0; i < a.known && !a.overflow; i++) {
		struct state s = a.states[i];

		if (s.alive)
			free_oldest(&a, s);
		if (s.alive < area->slots && !put_all(&a, s))
			return 0;
	}
	return a.overflow ? -1 : 1;
}
