// SPDX-License-Identifier: MIT
/*
 * trace_gaps.c - are the packets that a reader missed those that were dropped?
 */
#include <string.h>

#include "trace/trace_gaps.h"

/* Those that the reader has passed now. */
static void settle(struct trace_gaps *g)
{
	unsigned int done = 0;

	while (done < g->n && g->pending[done].seq < g->next) {
		struct trace_run *run = &g->pending[done];
		uint64_t passed = g->next - run->seq;

		if (passed < run->n) {
			g->dropped += passed;
			run->seq += passed;
			run->n -= passed;
			break;
		}
		g->dropped += run->n;
		done++;
	}
	g->n -= done;
	memmove(g->pending, g->pending + done, g->n * sizeof(g->pending[0]));
}

void trace_gaps_get(struct trace_gaps *g, uint64_t seq, uint64_t at_ns)
{
	if (!g->any) {
		g->any = true;
		g->first = g->next = seq;
		g->n = 0; /* what was dropped before is no gap */
	}
	if (seq < g->next) {
		if (seq >= g->first)
			g->missing--;
		return;
	}
	if (seq > g->next && !g->has_gap) {
		g->has_gap = true;
		g->first_gap = g->next;
		g->first_gap_ns = at_ns;
	}
	g->missing += (int64_t)(seq - g->next);
	g->next = seq + 1;
	settle(g);
}

void trace_gaps_drop(struct trace_gaps *g, uint64_t seq, uint64_t n)
{
	struct trace_run *last = g->n ? &g->pending[g->n - 1] : NULL;

	if (!g->any || seq + n <= g->first)
		return;
	if (last && last->seq + last->n == seq) {
		last->n += n;
	} else if (g->n == TRACE_GAPS_PENDING ||
		   (last && seq < last->seq + last->n)) {
		g->blind = true;
	} else {
		g->pending[g->n++] = (struct trace_run){seq, n};
	}
	settle(g);
}

int64_t trace_gaps_unexplained(const struct trace_gaps *g)
{
	return g->blind ? 0 : g->missing - (int64_t)g->dropped;
}
