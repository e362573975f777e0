// SPDX-License-Identifier: MIT
/*
 * pipeline_solve.c - the least times that fit together.
 *
 * Jitters give response times, and these give jitters.  Both only grow with
 * each other, so rounds from the sources on, beginning with nothing, come to
 * the least solution if there is one.  Without shared processors and cycles
 * one round in the order of the graph is enough.
 *
 * With constant response times a solution is there after as many rounds as
 * there are inputs with tokens: the longest way that passes none of them
 * twice.  What still grows then is a cycle that takes longer than its tokens
 * last, and grows for ever.
 */
#include <stdio.h>
#include <string.h>

#include "pipeline/pipeline_private.h"

#define MAX_ROUNDS 1000u

static bool one_round_is_enough(const struct pipeline *p)
{
	uint32_t i;

	for (i = 0; i < p->n_edges; i++) {
		if (p->edges[i].tokens)
			return false;
	}
	return p->cpu_first[p->n_cpus] == 0;
}

static uint32_t count_tokens(const struct pipeline *p)
{
	uint32_t n = 0;
	uint32_t i;

	for (i = 0; i < p->n_edges; i++)
		n += p->edges[i].tokens > 0;
	return n;
}

static void set_cap(struct pipeline *p)
{
	dsi_wide longest = 1;
	uint32_t i;

	if (p->cap > 0)
		return;
	for (i = 0; i < p->n_nodes; i++)
		longest = wide_max(longest, (dsi_wide)p->nodes[i].period);
	p->cap = 1000 * longest;
}

/* The input that decides when the node can begin. */
static const struct pipeline_edge *latest_input(const struct pipeline *p,
						const struct pipeline_node *n)
{
	const struct pipeline_edge *latest = pipeline_input(p, n, 0);
	dsi_wide when = 0;
	uint32_t i;

	for (i = 0; i < n->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, n, i);
		const struct pipeline_flow *from = &p->nodes[e->from].out;
		dsi_wide high;

		if (from->n_parts == 0)
			continue;
		high = from->parts[0].high -
		       (dsi_wide)e->tokens * from->arrivals[0].period;
		if (i == 0 || high > when) {
			when = high;
			latest = e;
		}
	}
	return latest;
}

/* Follow the deciding inputs back until they come round. */
static enum pipeline_status fail_cycle(struct pipeline *p, uint32_t at)
{
	dsi_wide takes = 0, lasts = 0;
	uint64_t tokens = 0;
	uint32_t begin;
	uint32_t i;
	char takes_text[PIPELINE_TIME_BYTES], lasts_text[PIPELINE_TIME_BYTES];

	for (i = 0; i < p->n_nodes && p->nodes[at].n_in; i++)
		at = latest_input(p, &p->nodes[at])->from;
	begin = at;
	do {
		const struct pipeline_node *node = &p->nodes[at];
		const struct pipeline_edge *e;

		if (node->n_in == 0) /* not in a cycle: growing responses */
			return pipeline_fail(p, PIPELINE_NO_BOUND, 0,
					     "no bound found: the times do not "
					     "converge in %u rounds",
					     p->rounds);
		e = latest_input(p, node);
		takes += node->response;
		tokens += e->tokens;
		lasts += (dsi_wide)e->tokens * node->in.arrivals[0].period;
		at = e->from;
	} while (at != begin);
	return pipeline_fail(p, PIPELINE_NO_BOUND, p->nodes[begin].line,
			     "no bound exists: the cycle through '%s' takes up "
			     "to %s, but its %llu packets at the start "
			     "(tokens) only last for %s; give it more tokens "
			     "or make it faster",
			     p->nodes[begin].name,
			     pipeline_time_text(p, takes, takes_text),
			     (unsigned long long)tokens,
			     pipeline_time_text(p, lasts, lasts_text));
}

enum pipeline_status pipeline_solve(struct pipeline *p)
{
	uint32_t patience = count_tokens(p) + 1;
	uint32_t quiet = 0;
	bool once = one_round_is_enough(p);
	uint32_t i;

	set_cap(p);
	for (p->rounds = 1;; p->rounds++) {
		struct pipeline_change change = {0};

		for (i = 0; i < p->n_nodes; i++) {
			enum pipeline_status status =
				pipeline_flow(p, p->order[i], &change);

			if (status != PIPELINE_OK)
				return status;
		}
		if (once || (!change.times && !change.responses))
			return PIPELINE_OK;
		quiet = change.responses ? 0 : quiet + 1;
		if (quiet > patience || p->rounds == MAX_ROUNDS)
			return fail_cycle(p, change.node);
	}
}
