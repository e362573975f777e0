// SPDX-License-Identifier: MIT
/*
 * pipeline_order.c - the order of the work: writers before readers, the most
 * urgent of a processor first; and the checks that need the whole graph.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "pipeline/pipeline_private.h"

void pipeline_free_order(struct pipeline *p)
{
	free(p->order);
	free(p->ins);
	free(p->outs);
	free(p->by_cpu);
	free(p->cpu_first);
	p->order = p->ins = p->outs = p->by_cpu = p->cpu_first = NULL;
}

/* Edges by reader and by writer, in the order they were made. */
static void sort_edges(struct pipeline *p)
{
	uint32_t i, in = 0, out = 0;

	for (i = 0; i < p->n_nodes; i++)
		p->nodes[i].n_in = p->nodes[i].n_out = 0;
	for (i = 0; i < p->n_edges; i++) {
		p->nodes[p->edges[i].to].n_in++;
		p->nodes[p->edges[i].from].n_out++;
	}
	for (i = 0; i < p->n_nodes; i++) {
		struct pipeline_node *node = &p->nodes[i];

		node->first_in = in;
		node->first_out = out;
		in += node->n_in;
		out += node->n_out;
		node->n_in = node->n_out = 0;
	}
	for (i = 0; i < p->n_edges; i++) {
		struct pipeline_node *to = &p->nodes[p->edges[i].to];
		struct pipeline_node *from = &p->nodes[p->edges[i].from];

		p->ins[to->first_in + to->n_in++] = i;
		p->outs[from->first_out + from->n_out++] = i;
	}
}

/* A cycle without tokens among the nodes that could not be put in order: go
 * back from one of them until a node comes again. */
static enum pipeline_status fail_cycle(struct pipeline *p, uint32_t *missing)
{
	const struct pipeline_node *node;
	uint32_t at = 0;
	uint32_t i;

	while (missing[at] == 0)
		at++;
	for (i = 0; i < p->n_nodes; i++) {
		uint32_t j;

		node = &p->nodes[at];
		for (j = 0; j < node->n_in; j++) {
			const struct pipeline_edge *e =
				pipeline_input(p, node, j);

			if (e->tokens == 0 && missing[e->from])
				break;
		}
		at = pipeline_input(p, node, j)->from;
	}
	node = &p->nodes[at];
	return pipeline_fail(p, PIPELINE_BAD, node->line,
			     "'%s' waits for itself: the cycle through it has "
			     "no packets at the start; give one of its inputs "
			     "tokens, at least 1",
			     node->name);
}

/* Writers before readers.  An input with tokens leads back in the graph and
 * does not count. */
static enum pipeline_status find_order(struct pipeline *p, uint32_t *missing)
{
	uint32_t done = 0, n = 0;
	uint32_t i, j;

	for (i = 0; i < p->n_edges; i++)
		missing[p->edges[i].to] += p->edges[i].tokens == 0;
	for (i = 0; i < p->n_nodes; i++) {
		if (missing[i] == 0)
			p->order[n++] = i;
	}
	for (; done < n; done++) {
		const struct pipeline_node *node = &p->nodes[p->order[done]];

		for (j = 0; j < node->n_out; j++) {
			const struct pipeline_edge *e =
				&p->edges[p->outs[node->first_out + j]];

			if (e->tokens == 0 && --missing[e->to] == 0)
				p->order[n++] = e->to;
		}
	}
	return n == p->n_nodes ? PIPELINE_OK : fail_cycle(p, missing);
}

/* The nodes of each cpu, the most urgent first. */
static int more_urgent(const void *a, const void *b, void *user)
{
	const struct pipeline *p = user;
	const struct pipeline_node *x = &p->nodes[*(const uint32_t *)a];
	const struct pipeline_node *y = &p->nodes[*(const uint32_t *)b];

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void sort_cpus(struct pipeline *p)
{
	uint32_t n = 0;
	uint32_t i, cpu;

	for (i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].service == PIPELINE_PRIORITY)
			p->by_cpu[n++] = i;
	}
	qsort_r(p->by_cpu, n, sizeof(*p->by_cpu), more_urgent, p);
	for (cpu = 0, i = 0; cpu <= p->n_cpus; cpu++) {
		while (i < n && p->nodes[p->by_cpu[i]].cpu < cpu)
			i++;
		p->cpu_first[cpu] = i;
	}
}

static enum pipeline_status check_node(struct pipeline *p,
				       const struct pipeline_node *node)
{
	if (node->kind == PIPELINE_SOURCE && node->period == 0)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "source '%s' has no period", node->name);
	if (node->kind == PIPELINE_SOURCE && node->distance > node->period)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "source '%s': distance is longer than "
				     "the period",
				     node->name);
	if (node->kind == PIPELINE_SOURCE && node->n_in)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "source '%s' has an input", node->name);
	if (node->kind != PIPELINE_SOURCE && node->n_in == 0)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s' has no input", node->name);
	if (node->kind == PIPELINE_SINK && node->n_out)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s' is a sink, nothing can read it",
				     node->name);
	if (node->best > node->worst)
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s': the best time is longer than the "
				     "worst",
				     node->name);
	if (node->service == PIPELINE_RESERVATION &&
	    (node->runtime == 0 || node->runtime > node->budget_period))
		return pipeline_fail(p, PIPELINE_BAD, node->line,
				     "'%s': the runtime must be more than 0 "
				     "and at most the reservation's period",
				     node->name);
	return PIPELINE_OK;
}

enum pipeline_status pipeline_prepare(struct pipeline *p)
{
	enum pipeline_status status = PIPELINE_OK;
	uint32_t *missing = calloc(p->n_nodes + 1u, sizeof(*missing));
	uint32_t i;

	pipeline_free_order(p);
	p->order = calloc(p->n_nodes + 1u, sizeof(*p->order));
	p->by_cpu = calloc(p->n_nodes + 1u, sizeof(*p->by_cpu));
	p->ins = calloc(p->n_edges + 1u, sizeof(*p->ins));
	p->outs = calloc(p->n_edges + 1u, sizeof(*p->outs));
	p->cpu_first = calloc(p->n_cpus + 2u, sizeof(*p->cpu_first));
	if (!missing || !p->order || !p->by_cpu || !p->ins || !p->outs ||
	    !p->cpu_first) {
		free(missing);
		return pipeline_fail(p, PIPELINE_NO_MEMORY, 0, "no memory");
	}
	sort_edges(p);
	sort_cpus(p);
	for (i = 0; i < p->n_nodes && status == PIPELINE_OK; i++)
		status = check_node(p, &p->nodes[i]);
	if (status == PIPELINE_OK)
		status = find_order(p, missing);
	free(missing);
	return status;
}
