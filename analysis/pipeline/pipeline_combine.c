// SPDX-License-Identifier: MIT
/*
 * pipeline_combine.c - when a reader with several inputs begins.
 *
 * AND: the latest of its packets; OR: each of them.  An input with tokens
 * brings packet i - tokens, so it counts tokens periods earlier; how long ago
 * the source sent packet i is then only known by the clock, not by the way.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "pipeline/pipeline_private.h"

bool pipeline_flow_room(struct pipeline_flow *flow, uint32_t parts)
{
	struct pipeline_part *more;
	struct arrival_part *arrivals;

	if (parts <= flow->room)
		return true;
	more = reallocarray(flow->parts, parts, sizeof(*more));
	if (more)
		flow->parts = more;
	arrivals = reallocarray(flow->arrivals, parts, sizeof(*arrivals));
	if (arrivals)
		flow->arrivals = arrivals;
	if (!more || !arrivals)
		return false;
	flow->room = parts;
	return true;
}

struct arrival pipeline_arrival(const struct pipeline_flow *flow)
{
	const struct arrival a = {
		.parts = flow->arrivals,
		.n_parts = flow->n_parts,
	};

	return a;
}

static enum pipeline_status merge(struct pipeline *p,
				  struct pipeline_node *node,
				  struct pipeline_flow *out)
{
	uint32_t n = 0;
	uint32_t i, j;

	node->critical = PIPELINE_NONE;
	for (i = 0; i < node->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, node, i);
		const struct pipeline_flow *from = &p->nodes[e->from].out;

		if (n + from->n_parts > PIPELINE_MAX_PARTS)
			return pipeline_fail(p, PIPELINE_BAD, node->line,
					     "'%s' merges more than %u streams",
					     node->name, PIPELINE_MAX_PARTS);
		if (!pipeline_flow_room(out, n + from->n_parts))
			return pipeline_fail(p, PIPELINE_NO_MEMORY, 0,
					     "no memory");
		for (j = 0; j < from->n_parts; j++, n++) {
			out->parts[n] = from->parts[j];
			out->arrivals[n] = from->arrivals[j];
			if (node->critical == PIPELINE_NONE ||
			    from->parts[j].age_high >
				    pipeline_latency_worst(
					    &p->nodes[p->edges[node->critical]
							      .from]))
				node->critical = p->ins[node->first_in + i];
		}
	}
	out->n_parts = n;
	return PIPELINE_OK;
}

static enum pipeline_status check_and(struct pipeline *p,
				      const struct pipeline_node *node)
{
	dsi_wide period = 0;
	const char *first = NULL;
	uint32_t i;

	for (i = 0; i < node->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, node, i);
		const struct pipeline_node *from = &p->nodes[e->from];

		if (from->out.n_parts == 0)
			continue; /* not known in the first round */
		if (from->out.n_parts > 1)
			return pipeline_fail(p, PIPELINE_BAD, node->line,
					     "'%s' waits for one packet of "
					     "each input, but '%s' is a merged "
					     "stream without a period",
					     node->name, from->name);
		if (first && from->out.arrivals[0].period != period)
			return pipeline_fail(
				p, PIPELINE_BAD, node->line,
				"'%s' waits for one packet of each input, but "
				"'%s' and '%s' have different periods; use "
				"join = \"or\", or the same period",
				node->name, first, from->name);
		period = from->out.arrivals[0].period;
		first = from->name;
	}
	return PIPELINE_OK;
}

/* The input as packet i of the reader sees it. */
static struct pipeline_part shifted(const struct pipeline *p,
				    const struct pipeline_edge *e, bool *over)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	struct pipeline_part part = from->out.parts[0];
	dsi_wide earlier =
		wide_mul(e->tokens, from->out.arrivals[0].period, over);

	part.low = wide_sub(part.low, earlier, over);
	part.high = wide_sub(part.high, earlier, over);
	if (e->tokens)
		part.source = PIPELINE_NONE;
	return part;
}

static dsi_wide least_gap(const struct arrival_part *a)
{
	return wide_max(wide_max(a->distance - a->squeeze, a->spacing), 0);
}

/* Age of the reader's packet as seen from input k, when input m comes. */
static void age_with(struct pipeline_part *age, const struct pipeline_part *k,
		     const struct pipeline_part *m, bool *over)
{
	bool same = k->source == m->source && k->source != PIPELINE_NONE;
	dsi_wide low = same ? m->age_low : wide_sub(m->low, k->born_high, over);
	dsi_wide high =
		same ? m->age_high : wide_sub(m->high, k->born_low, over);

	age->age_low = wide_max(age->age_low, low);
	age->age_high = wide_max(age->age_high, high);
}

/* Adds input @k to the join of those before it. */
static void join_part(struct pipeline_part *all, const struct pipeline_part *k,
		      bool first)
{
	if (first) {
		*all = *k;
		return;
	}
	all->born_low = wide_min(all->born_low, k->born_low);
	all->born_high = wide_max(all->born_high, k->born_high);
	all->age_low = wide_min(all->age_low, k->age_low);
	all->age_high = wide_max(all->age_high, k->age_high);
	if (all->source != k->source)
		all->source = PIPELINE_NONE;
}

static void join_ages(struct pipeline *p, struct pipeline_node *node,
		      struct pipeline_part *all, bool *over)
{
	bool first = true;
	dsi_wide longest = 0;
	uint32_t i, j;

	for (i = 0; i < node->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, node, i);
		struct pipeline_part k;

		if (e->tokens)
			continue;
		k = shifted(p, e, over);
		if (first || k.age_high > longest) {
			longest = k.age_high;
			node->critical = p->ins[node->first_in + i];
		}
		for (j = 0; j < node->n_in; j++) {
			const struct pipeline_edge *other =
				pipeline_input(p, node, j);
			struct pipeline_part m;

			if (j == i || p->nodes[other->from].out.n_parts == 0)
				continue;
			m = shifted(p, other, over);
			age_with(&k, &p->nodes[e->from].out.parts[0], &m, over);
		}
		join_part(all, &k, first);
		first = false;
	}
}

static enum pipeline_status all_of(struct pipeline *p,
				   struct pipeline_node *node,
				   struct pipeline_flow *out)
{
	enum pipeline_status status = check_and(p, node);
	struct arrival_part *a = &out->arrivals[0];
	struct pipeline_part *all = &out->parts[0];
	bool over = false;
	bool first = true;
	uint32_t i;

	if (status != PIPELINE_OK)
		return status;
	join_ages(p, node, all, &over);
	for (i = 0; i < node->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, node, i);
		const struct pipeline_flow *from = &p->nodes[e->from].out;
		struct pipeline_part part;

		if (from->n_parts == 0)
			continue;
		part = shifted(p, e, &over);
		all->low = first ? part.low : wide_max(all->low, part.low);
		all->high = first ? part.high : wide_max(all->high, part.high);
		a->spacing = first ? least_gap(&from->arrivals[0])
				   : wide_min(a->spacing,
					      least_gap(&from->arrivals[0]));
		a->period = from->arrivals[0].period;
		first = false;
	}
	a->jitter = wide_sub(all->high, all->low, &over);
	a->distance = a->squeeze = 0;
	out->n_parts = 1;
	return over ? pipeline_fail(p, PIPELINE_RANGE, node->line,
				    "'%s': exact range exceeded", node->name)
		    : PIPELINE_OK;
}

/* Only a stage that waits for all its inputs can wait for a packet of its own
 * past. */
static enum pipeline_status check_tokens(struct pipeline *p,
					 const struct pipeline_node *node)
{
	uint32_t forward = 0;
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		forward += pipeline_input(p, node, i)->tokens == 0;
	if (forward == node->n_in ||
	    (forward > 0 && node->join == PIPELINE_AND))
		return PIPELINE_OK;
	return pipeline_fail(p, PIPELINE_BAD, node->line,
			     "'%s': tokens are for an input beside another one "
			     "without tokens, in a stage with join = \"and\"",
			     node->name);
}

enum pipeline_status pipeline_combine(struct pipeline *p,
				      struct pipeline_node *node,
				      struct pipeline_flow *out)
{
	enum pipeline_status status = check_tokens(p, node);

	if (status != PIPELINE_OK)
		return status;
	if (node->n_in == 1 || node->join == PIPELINE_OR)
		return merge(p, node, out);
	if (!pipeline_flow_room(out, 1))
		return pipeline_fail(p, PIPELINE_NO_MEMORY, 0, "no memory");
	return all_of(p, node, out);
}
