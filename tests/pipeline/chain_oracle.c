// SPDX-License-Identifier: MIT
/*
 * chain_oracle.c - reachability over packets.
 *
 * A situation is packed into one number: when the last packet was committed
 * by the source and by each stage (after it was due), and when the packets
 * before it were given back by the reader of the ring that is looked at.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "chain_oracle.h"

#define BITS 6u
#define MASK 63u
#define SET_SLOTS (1u << 19)
#define SET_MOST (SET_SLOTS / 2)

struct search {
	const struct chain *chain;
	struct chain_truth *truth;
	int writer, reader, which; /* the ring: node, stage, its input */
	int nodes;		   /* stages followed */
	int now[CHAIN_MAX + 1];	   /* ends of the packet being made */
	int begun[CHAIN_MAX];	   /* when its stages were activated */
	uint64_t *set;		   /* hash table of situations, + 1 */
	uint64_t *queue;
	uint32_t *used; /* places in the table */
	uint32_t head, tail;
	bool full;
};

/* Values: 0 is the source's commit, s + 1 the end of stage s, after them the
 * releases of earlier packets. */
static int field(uint64_t state, int at)
{
	return (int)(state >> (BITS * (unsigned)at) & MASK);
}

static void insert(struct search *s, uint64_t state)
{
	uint64_t hash = (state + 1) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(hash >> 40) & (SET_SLOTS - 1);

	while (s->set[at]) {
		if (s->set[at] == state + 1)
			return;
		at = (at + 1) & (SET_SLOTS - 1);
	}
	if (s->tail == SET_MOST) {
		s->full = true;
		return;
	}
	s->set[at] = state + 1;
	s->used[s->tail] = at;
	s->queue[s->tail++] = state;
}

/* When the slot is taken: by the source, or when a stage is activated. */
static int get_time(const struct search *s)
{
	return s->writer == 0 ? s->now[0] - s->chain->hold
			      : s->begun[s->writer - 1];
}

/* Packets alive when the new one takes its slot, itself included.  The one
 * before it is given back with the reader's packet before this one, or, with
 * a token, with this one. */
static void count(struct search *s, const int *released)
{
	int *slots = s->truth->slots[s->reader][s->which];
	int tokens = s->which ? s->chain->stage[s->reader].tokens : 0;
	int get = get_time(s);
	int strict = 1, closed = 1;
	int m;

	for (m = 1 - tokens; m <= CHAIN_KEPT; m++) {
		int end = m ? released[m - 1] : s->now[s->reader + 1];
		int back = end - m * s->chain->period;

		if (end < 0)
			break;
		strict += back >= get;
		closed += back > get;
		if (m == CHAIN_KEPT && back >= get)
			s->full = true;
	}
	slots[0] = strict > slots[0] ? strict : slots[0];
	slots[1] = closed > slots[1] ? closed : slots[1];
}

static void note_times(struct search *s, const int *before)
{
	struct chain_truth *t = s->truth;
	int i;

	for (i = 0; i < s->nodes; i++) {
		int end = s->now[i + 1];
		int age = end - s->now[0];
		int gap;

		if (age < t->latency_best[i])
			t->latency_best[i] = age;
		if (age > t->latency_worst[i])
			t->latency_worst[i] = age;
		if (end < t->low[i])
			t->low[i] = end;
		if (end > t->high[i])
			t->high[i] = end;
		if (!before)
			continue;
		gap = end + s->chain->period - before[i + 1];
		if (gap < t->gap[i])
			t->gap[i] = gap;
	}
}

/* The new situation, without what cannot matter any more. */
static void keep(struct search *s, const int *released)
{
	uint64_t state = 0;
	int at = 0;
	int i, m;

	for (i = 0; i <= s->nodes; i++, at++)
		state |= (uint64_t)s->now[i] << (BITS * (unsigned)at);
	for (m = 0; m < CHAIN_KEPT - 1; m++, at++) {
		int value = released[m];
		int back = value - (m + 2) * s->chain->period;

		if (value < 0 || back < -s->chain->hold)
			value = 0;
		state |= (uint64_t)value << (BITS * (unsigned)at);
	}
	insert(s, state);
}

/* Tries all ends of stage i and of those after it. */
static void try_stage(struct search *s, const int *before, int i)
{
	const struct chain_stage *stage = &s->chain->stage[i];
	int released[CHAIN_KEPT];
	int come, last, wake, time;

	if (i == s->nodes) {
		int m;

		for (m = 0; m < CHAIN_KEPT; m++)
			released[m] = !before ? -1
				      : m     ? before[s->nodes + m]
					      : before[s->reader + 1];
		count(s, released);
		note_times(s, before);
		keep(s, released);
		return;
	}
	come = s->now[stage->input];
	if (stage->second >= 0 && stage->tokens == 0 &&
	    s->now[stage->second] > come)
		come = s->now[stage->second];
	if (stage->second >= 0 && stage->tokens == 1 && before &&
	    before[stage->second] - s->chain->period > come)
		come = before[stage->second] - s->chain->period;
	s->begun[i] = come;
	last = before ? before[i + 1] - s->chain->period : INT_MIN;
	for (wake = 0; wake <= stage->wake; wake++) {
		int begin = come + wake;

		if (stage->kind == CHAIN_GRID) {
			begin = stage->start + wake;
			s->truth->underrun[i] |= begin < come;
			s->begun[i] = begin;
		}
		if (stage->kind == CHAIN_OWN_CPU && come < last) {
			if (wake)
				break;
			begin = last;
		}
		for (time = stage->best; time <= stage->worst; time++) {
			s->now[i + 1] = begin + time;
			if (s->now[i + 1] < last)
				continue;
			if (s->now[i + 1] > CHAIN_LONGEST) {
				s->full = true;
				return;
			}
			try_stage(s, before, i + 1);
		}
	}
}

static void step(struct search *s, const int *before)
{
	int j;

	for (j = 0; j <= s->chain->jitter; j++) {
		if (before &&
		    j + s->chain->period - before[0] < s->chain->distance)
			continue;
		s->now[0] = j;
		try_stage(s, before, 0);
	}
}

static bool explore_ring(struct search *s)
{
	int before[CHAIN_MAX + 1 + CHAIN_KEPT];

	while (s->tail > 0)
		s->set[s->used[--s->tail]] = 0;
	s->head = 0;
	step(s, NULL);
	while (s->head < s->tail && !s->full) {
		uint64_t state = s->queue[s->head++];
		int i;

		for (i = 0; i < s->nodes + CHAIN_KEPT; i++)
			before[i] = field(state, i);
		step(s, before);
	}
	return !s->full;
}

static bool has_tokens(const struct chain *chain)
{
	int i;

	for (i = 0; i < chain->stages; i++) {
		if (chain->stage[i].second >= 0 && chain->stage[i].tokens)
			return true;
	}
	return false;
}

/* Stages behind the reader do not matter, unless something comes back. */
static bool explore_rings(struct search *s)
{
	const struct chain *chain = s->chain;

	for (s->reader = 0; s->reader < chain->stages; s->reader++) {
		const struct chain_stage *stage = &chain->stage[s->reader];

		s->nodes = has_tokens(chain) ? chain->stages : s->reader + 1;
		for (s->which = 0; s->which < 2; s->which++) {
			s->writer = s->which ? stage->second : stage->input;
			if (s->writer >= 0 && !explore_ring(s))
				return false;
		}
	}
	return true;
}

bool chain_explore(const struct chain *chain, struct chain_truth *truth)
{
	struct search s = {.chain = chain, .truth = truth};
	bool all;
	int i;

	memset(truth, 0, sizeof(*truth));
	for (i = 0; i < CHAIN_MAX; i++) {
		truth->low[i] = truth->latency_best[i] = INT_MAX;
		truth->gap[i] = INT_MAX;
	}
	s.set = calloc(SET_SLOTS, sizeof(*s.set));
	s.used = malloc(SET_MOST * sizeof(*s.used));
	s.queue = malloc(SET_MOST * sizeof(*s.queue));
	all = s.set && s.used && s.queue && explore_rings(&s);
	free(s.set);
	free(s.used);
	free(s.queue);
	return all;
}
