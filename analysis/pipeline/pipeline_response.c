// SPDX-License-Identifier: MIT
/*
 * pipeline_response.c - the worst response time of one reader.
 */
#include <stdlib.h>

#include "pipeline/pipeline_private.h"
#include "pipeline/reservation.h"

/* The work on its processor that may delay it, and how long less urgent work
 * keeps it. */
static uint32_t gather(const struct pipeline *p,
		       const struct pipeline_node *node,
		       struct response_load *higher, dsi_wide *blocking)
{
	uint32_t n = 0;
	uint32_t i;

	for (i = p->cpu_first[node->cpu]; i < p->cpu_first[node->cpu + 1];
	     i++) {
		const struct pipeline_node *other = &p->nodes[p->by_cpu[i]];

		if (other == node || other->in.n_parts == 0)
			continue;
		if (other->priority < node->priority) {
			if (p->cpus[node->cpu].non_preemptive)
				*blocking = wide_max(*blocking,
						     (dsi_wide)other->worst);
			continue;
		}
		higher[n].arrival = pipeline_arrival(&other->in);
		higher[n++].execution = (dsi_wide)other->worst;
	}
	return n;
}

static enum response_outcome fixed_priority(struct pipeline *p,
					    const struct pipeline_node *node,
					    dsi_wide *out)
{
	struct response_question question = {
		.own.arrival = pipeline_arrival(&node->in),
		.own.execution = (dsi_wide)node->worst,
		.non_preemptive = p->cpus[node->cpu].non_preemptive,
		.cap = p->cap,
	};
	size_t room = p->cpu_first[node->cpu + 1] - p->cpu_first[node->cpu];
	struct response_load *higher = calloc(room, sizeof(*higher));
	enum response_outcome found;

	if (!higher)
		return RESPONSE_RANGE;
	question.n_higher = gather(p, node, higher, &question.blocking);
	question.higher = higher;
	question.blocking =
		wide_max(question.blocking, (dsi_wide)node->blocking) +
		(dsi_wide)node->wake;
	found = response_fixed_priority(&question, out);
	free(higher);
	return found;
}

static enum response_outcome find(struct pipeline *p,
				  struct pipeline_node *node, dsi_wide *out)
{
	const struct arrival a = pipeline_arrival(&node->in);
	const struct reservation reservation = {
		.runtime = (dsi_wide)node->runtime,
		.period = (dsi_wide)node->budget_period,
	};
	dsi_wide wake = node->grid ? 0 : (dsi_wide)node->wake;

	switch (node->service) {
	case PIPELINE_OWN_CPU:
		return response_own_cpu(&a, wake, (dsi_wide)node->worst, p->cap,
					out);
	case PIPELINE_BOUNDED_DELAY:
		return response_own_cpu(&a, wake + (dsi_wide)node->delay,
					(dsi_wide)node->worst, p->cap, out);
	case PIPELINE_PRIORITY:
		return fixed_priority(p, node, out);
	case PIPELINE_RESERVATION:
		return reservation_response(&a, &reservation, wake,
					    (dsi_wide)node->worst, p->cap, out,
					    &node->fresh);
	case PIPELINE_GIVEN:
	default:
		*out = wake + (dsi_wide)node->worst;
		return RESPONSE_FOUND;
	}
}

static enum pipeline_status fail_overload(struct pipeline *p,
					  const struct pipeline_node *node)
{
	dsi_wide period = node->in.arrivals[0].period;
	char cap[PIPELINE_TIME_BYTES], work[PIPELINE_TIME_BYTES];

	if (node->in.n_parts == 1 && (dsi_wide)node->worst > period)
		return pipeline_fail(
			p, PIPELINE_NO_BOUND, node->line,
			"'%s': no bound exists: it takes up to %s "
			"for one packet, and they come every %s",
			node->name,
			pipeline_time_text(p, (dsi_wide)node->worst, work),
			pipeline_time_text(p, period, cap));
	return pipeline_fail(p, PIPELINE_NO_BOUND, node->line,
			     "'%s': no bound found for its response time (%s): "
			     "does not converge below %s; its work and what "
			     "comes before it take all of the processor, or "
			     "nearly so",
			     node->name, pipeline_service_name(node->service),
			     pipeline_time_text(p, p->cap, cap));
}

enum pipeline_status pipeline_response(struct pipeline *p,
				       struct pipeline_node *node,
				       dsi_wide *out)
{
	enum response_outcome found = find(p, node, out);

	if (found == RESPONSE_FOUND)
		return PIPELINE_OK;
	if (found == RESPONSE_RANGE)
		return pipeline_fail(p, PIPELINE_RANGE, node->line,
				     "'%s': exact range exceeded", node->name);
	return fail_overload(p, node);
}
