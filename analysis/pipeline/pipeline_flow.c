// SPDX-License-Identifier: MIT
/*
 * pipeline_flow.c - how a stream goes through one node.
 *
 *   T' = T     low' = low + best     high' = high + worst
 *
 * so the jitter grows by worst - best, and so does what is squeezed out of
 * the distance of packets.  A grid begins anew: at its start, with its own
 * jitter.
 */
#include <string.h>

#include "pipeline/pipeline_private.h"
#include "pipeline/response_time.h"

static void source_flow(struct pipeline_node *node, uint32_t index)
{
	struct pipeline_part *part = &node->in.parts[0];
	struct arrival_part *a = &node->in.arrivals[0];

	memset(part, 0, sizeof(*part));
	memset(a, 0, sizeof(*a));
	a->period = (dsi_wide)node->period;
	a->jitter = (dsi_wide)node->jitter;
	a->distance = (dsi_wide)node->distance;
	part->low = part->born_low = (dsi_wide)node->offset;
	part->high = part->born_high = part->low + a->jitter;
	part->source = index;
	node->in.n_parts = 1;
	node->simple = true;
	node->latency_exact = true;
}

/* A grid reads at its own times whatever comes; it only must not come later.
 * Drift is paid twice: before the first packet and after the last. */
static enum pipeline_status grid_flow(struct pipeline *p,
				      struct pipeline_node *node)
{
	struct pipeline_part *part = &node->in.parts[0];
	struct arrival_part *a = &node->in.arrivals[0];
	dsi_wide drift = (dsi_wide)node->drift;
	dsi_wide need = part->high + drift;
	dsi_wide start = node->start_given ? (dsi_wide)node->start : need;
	bool over = false;

	if (node->in.n_parts != 1)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s' reads on a grid, but its input is a "
				     "merged stream without a period",
				     node->name);
	node->grid_start = start;
	node->grid_need = need;
	node->underrun = p->ties == DSI_TIES_STRICT && node->start_given
				 ? start <= need
				 : start < need;
	a->jitter = (dsi_wide)node->jitter + 2 * drift;
	a->distance = a->squeeze = a->spacing = 0;
	part->low = wide_sub(start, drift, &over);
	part->high = wide_add(part->low, a->jitter, &over);
	part->age_low = wide_sub(part->low, part->born_high, &over);
	part->age_high = wide_sub(part->high, part->born_low, &over);
	return over ? pipeline_fail(p, PIPELINE_RANGE, node->line,
				    "'%s': exact range exceeded", node->name)
		    : PIPELINE_OK;
}

/* Is the node's writer a stage that has a processor of its own, so that both
 * work as one? */
static const struct pipeline_node *chain_before(
	const struct pipeline *p, const struct pipeline_node *node)
{
	const struct pipeline_node *from;

	if (node->service != PIPELINE_OWN_CPU || node->grid || node->n_in != 1)
		return NULL;
	from = &p->nodes[pipeline_input(p, node, 0)->from];
	if (from->kind == PIPELINE_STAGE && from->service == PIPELINE_OWN_CPU &&
	    from->batch <= 1 && from->out.n_parts == 1)
		return from;
	return NULL;
}

static void chain_add(const struct pipeline *p, struct pipeline_node *node,
		      uint32_t index)
{
	const struct pipeline_node *from = chain_before(p, node);

	node->chain_first = from ? from->chain_first : index;
	node->chain_work =
		(from ? from->chain_work : 0) + (dsi_wide)node->worst;
	node->chain_wake = (from ? from->chain_wake : 0) +
			   (node->grid ? 0 : (dsi_wide)node->wake);
	node->chain_best = (from ? from->chain_best : 0) + (dsi_wide)node->best;
	node->chain_longest =
		wide_max(from ? from->chain_longest : 0, (dsi_wide)node->worst);
}

/* Latency through the whole chain: a burst waits only before the slowest. */
static void chain_limit(const struct pipeline *p, struct pipeline_node *node,
			bool *over)
{
	const struct pipeline_node *first = &p->nodes[node->chain_first];
	const struct arrival a = pipeline_arrival(&first->in);
	struct pipeline_part *part = &node->out.parts[0];
	struct arrival_part *out = &node->out.arrivals[0];
	dsi_wide latency = 0;

	if (first == node || first->in.n_parts != 1)
		return;
	if (response_own_cpu(
		    &a,
		    node->chain_wake + node->chain_work - node->chain_longest,
		    node->chain_longest, p->cap, &latency) != RESPONSE_FOUND)
		return;
	part->high = wide_min(part->high,
			      wide_add(first->in.parts[0].high, latency, over));
	part->age_high =
		wide_min(part->age_high,
			 wide_add(first->in.parts[0].age_high, latency, over));
	out->squeeze = wide_min(out->squeeze,
				wide_add(first->in.arrivals[0].squeeze,
					 latency - node->chain_best, over));
}

/* k packets are committed when the last of them is done. */
static void add_batch(struct pipeline_node *node, bool *over)
{
	struct pipeline_part *part = &node->out.parts[0];
	struct arrival_part *a = &node->out.arrivals[0];
	dsi_wide wait = wide_mul((dsi_wide)node->batch - 1, a->period, over);

	part->high = wide_add(part->high, wait, over);
	part->age_high = wide_sub(part->high, part->born_low, over);
	a->distance = a->squeeze = a->spacing = 0;
}

static enum pipeline_status commit_flow(struct pipeline *p,
					struct pipeline_node *node,
					dsi_wide best, dsi_wide worst)
{
	struct pipeline_flow *out = &node->out;
	bool over = false;
	uint32_t i;

	if (!pipeline_flow_room(out, node->in.n_parts))
		return pipeline_fail(p, PIPELINE_NO_MEMORY, 0, "no memory");
	out->n_parts = node->in.n_parts;
	for (i = 0; i < out->n_parts; i++) {
		struct pipeline_part *part = &out->parts[i];
		struct arrival_part *a = &out->arrivals[i];

		*part = node->in.parts[i];
		*a = node->in.arrivals[i];
		part->low = wide_add(part->low, best, &over);
		part->high = wide_add(part->high, worst, &over);
		part->age_low = wide_add(part->age_low, best, &over);
		part->age_high = wide_add(part->age_high, worst, &over);
		a->squeeze = wide_add(a->squeeze, worst - best, &over);
		if (node->kind != PIPELINE_SOURCE) {
			a->spacing = (dsi_wide)node->distance;
			if (node->service != PIPELINE_GIVEN)
				a->spacing = wide_max(a->spacing, best);
		}
	}
	if (node->service == PIPELINE_OWN_CPU && out->n_parts == 1)
		chain_limit(p, node, &over);
	if (node->batch > 1 && out->n_parts != 1)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s': a batch of a merged stream has no "
				     "bound here",
				     node->name);
	if (node->batch > 1)
		add_batch(node, &over);
	for (i = 0; i < out->n_parts; i++)
		out->arrivals[i].jitter =
			wide_sub(out->parts[i].high, out->parts[i].low, &over);
	return over ? pipeline_fail(p, PIPELINE_RANGE, node->line,
				    "'%s': exact range exceeded", node->name)
		    : PIPELINE_OK;
}

/* May any combination of responses happen, so that the bounds are reached? */
static void judge(const struct pipeline *p, struct pipeline_node *node)
{
	const struct pipeline_node *from;

	node->simple = node->latency_exact = false;
	if (node->n_in != 1)
		return;
	from = &p->nodes[pipeline_input(p, node, 0)->from];
	if (node->drift)
		return;
	node->simple = from->simple && !node->grid && node->distance == 0 &&
		       node->batch <= 1 && node->service == PIPELINE_GIVEN;
	node->latency_exact = from->latency_exact && node->distance == 0 &&
			      node->batch <= 1 &&
			      node->service == PIPELINE_GIVEN;
	if (node->service == PIPELINE_OWN_CPU && !node->grid &&
	    node->batch <= 1) {
		const struct pipeline_node *first =
			&p->nodes[node->chain_first];

		from = &p->nodes[pipeline_input(p, first, 0)->from];
		node->latency_exact = first->n_in == 1 &&
				      from->kind == PIPELINE_SOURCE &&
				      from->batch <= 1;
	}
}

/* All values only grow from round to round, but for the earliest times when
 * tokens come in: a sum shows whether one has changed. */
static dsi_wide sum_of(const struct pipeline_flow *flow)
{
	dsi_uwide sum = 0;
	uint32_t i;

	for (i = 0; i < flow->n_parts; i++) {
		const struct pipeline_part *part = &flow->parts[i];

		sum += (dsi_uwide)part->high + (dsi_uwide)part->low +
		       (dsi_uwide)part->age_high + (dsi_uwide)part->age_low +
		       (dsi_uwide)flow->arrivals[i].squeeze +
		       (dsi_uwide)flow->arrivals[i].jitter;
	}
	return (dsi_wide)sum;
}

static void note_change(struct pipeline_change *change,
			const struct pipeline_node *node, uint32_t index,
			dsi_wide old_sum, dsi_wide old_response)
{
	if (node->response != old_response)
		change->responses = true;
	if (sum_of(&node->out) == old_sum)
		return;
	change->times = true;
	change->node = index;
}

enum pipeline_status pipeline_flow(struct pipeline *p, uint32_t index,
				   struct pipeline_change *change)
{
	struct pipeline_node *node = &p->nodes[index];
	dsi_wide old_sum = sum_of(&node->out);
	dsi_wide old_response = node->response;
	enum pipeline_status status;

	if (!pipeline_flow_room(&node->in, 1))
		return pipeline_fail(p, PIPELINE_NO_MEMORY, 0, "no memory");
	if (node->kind == PIPELINE_SOURCE) {
		source_flow(node, index);
		status = commit_flow(p, node, 0, 0);
		if (node->batch > 1)
			node->simple = node->latency_exact = false;
		note_change(change, node, index, old_sum, old_response);
		return status;
	}
	status = pipeline_combine(p, node, &node->in);
	if (status == PIPELINE_OK && node->grid)
		status = grid_flow(p, node);
	if (status == PIPELINE_OK)
		status = pipeline_response(p, node, &node->response);
	if (status != PIPELINE_OK)
		return status;
	chain_add(p, node, index);
	status = commit_flow(p, node, (dsi_wide)node->best, node->response);
	judge(p, node);
	note_change(change, node, index, old_sum, old_response);
	return status;
}
