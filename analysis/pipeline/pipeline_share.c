// SPDX-License-Identifier: MIT
/*
 * pipeline_share.c - batches within a number of bytes.
 */
#include <stdlib.h>

#include "budget/budget.h"
#include "pipeline/pipeline_private.h"
#include "pipeline/pipeline_share.h"

#define COST_DIGITS INT64_C(1000000) /* commits are counted in 10^-6 a second */

struct share_work {
	struct pipeline *p;
	uint32_t *nodes; /* that have a choice */
	struct budget_item *items;
	struct budget_choice *choices; /* PIPELINE_MAX_BATCHES of each item */
	uint32_t n;
	uint64_t base;	/* bytes with the smallest choices */
	uint64_t never; /* more than there are beyond them */
};

static uint32_t smallest(const struct pipeline_node *node)
{
	uint32_t least = node->batches[0];
	uint32_t i;

	for (i = 1; i < node->n_batches; i++)
		least = node->batches[i] < least ? node->batches[i] : least;
	return least;
}

/* Commits of a writer in a second. */
static struct exact commits(const struct pipeline *p,
			    const struct pipeline_node *node, uint32_t batch)
{
	struct exact sum = exact_int(0);
	uint32_t i;

	for (i = 0; i < node->in.n_parts; i++) {
		struct exact period =
			pipeline_seconds(p, node->in.arrivals[i].period);

		sum = exact_add(sum, exact_div(exact_make(1, batch), period));
	}
	return sum;
}

static enum pipeline_status price(struct share_work *w, uint32_t item)
{
	struct pipeline_node *node = &w->p->nodes[w->nodes[item]];
	struct budget_choice *choices =
		&w->choices[item * PIPELINE_MAX_BATCHES];
	enum pipeline_status status = PIPELINE_OK;
	uint32_t i;

	w->items[item].choices = choices;
	w->items[item].n_choices = node->n_batches;
	for (i = 0; i < node->n_batches && status == PIPELINE_OK; i++) {
		node->batch = node->batches[i];
		status = pipeline_analyse(w->p);
		if (status == PIPELINE_NO_BOUND) { /* e.g. in a cycle */
			status = PIPELINE_OK;
			choices[i].bytes = w->never;
			choices[i].cost = 0;
			continue;
		}
		if (status != PIPELINE_OK)
			break;
		choices[i].bytes = w->p->total_bytes > w->base
					   ? w->p->total_bytes - w->base
					   : 0;
		if (!exact_to_u64(exact_ceil(exact_mul(
					  commits(w->p, node, node->batch),
					  exact_int(COST_DIGITS))),
				  &choices[i].cost))
			return pipeline_fail(w->p, PIPELINE_RANGE, node->line,
					     "'%s': exact range exceeded",
					     node->name);
	}
	node->batch = smallest(node);
	return status;
}

static void choose(struct share_work *w, bool least)
{
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		struct pipeline_node *node = &w->p->nodes[w->nodes[i]];

		node->batch = least ? smallest(node)
				    : node->batches[w->items[i].chosen];
	}
}

/* Together the choices may take more than each alone: then less is shared
 * out until they fit. */
static enum pipeline_status settle(struct share_work *w,
				   struct pipeline_share *out)
{
	uint64_t limit = out->budget - out->floor;
	uint64_t ask = limit;
	uint32_t tries;

	for (tries = 0; tries < 64; tries++) {
		struct budget_result result;
		enum pipeline_status status;

		if (budget_share(w->items, w->n, ask, &result) != BUDGET_OK)
			break;
		choose(w, false);
		status = pipeline_analyse(w->p);
		if (status != PIPELINE_OK)
			return status;
		if (w->p->total_bytes <= out->budget) {
			out->least = result.exact && ask == limit;
			return PIPELINE_OK;
		}
		ask = result.bytes - 1;
		if (result.bytes == 0)
			break;
	}
	choose(w, true);
	return pipeline_analyse(w->p);
}

static enum pipeline_status share(struct share_work *w,
				  struct pipeline_share *out)
{
	enum pipeline_status status;
	uint32_t i;

	choose(w, true);
	status = pipeline_analyse(w->p);
	out->floor = w->base = w->p->total_bytes;
	w->never = out->budget > out->floor ? out->budget - out->floor + 1 : 1;
	for (i = 0; i < w->n && status == PIPELINE_OK; i++)
		status = price(w, i);
	if (status != PIPELINE_OK)
		return status;
	if (out->floor <= out->budget && w->n > 0)
		status = settle(w, out);
	else
		status = pipeline_analyse(w->p);
	return status;
}

static enum pipeline_status prepare(struct share_work *w, struct pipeline *p)
{
	uint32_t i;

	w->p = p;
	w->nodes = calloc(p->n_nodes + 1u, sizeof(*w->nodes));
	w->items = calloc(p->n_nodes + 1u, sizeof(*w->items));
	for (i = 0; w->nodes && i < p->n_nodes; i++) {
		if (p->nodes[i].n_batches && p->nodes[i].n_out)
			w->nodes[w->n++] = i;
	}
	w->choices = calloc((size_t)w->n * PIPELINE_MAX_BATCHES + 1,
			    sizeof(*w->choices));
	if (w->nodes && w->items && w->choices)
		return PIPELINE_OK;
	return pipeline_fail(p, PIPELINE_NO_MEMORY, 0, "no memory");
}

enum pipeline_status pipeline_share_out(struct pipeline *p, uint64_t budget,
					struct pipeline_share *out)
{
	struct share_work w = {0};
	enum pipeline_status status = prepare(&w, p);
	uint32_t i;

	*out = (struct pipeline_share){.budget = budget};
	if (status == PIPELINE_OK)
		status = share(&w, out);
	out->choices = w.n;
	out->bytes = p->total_bytes;
	out->fits = status == PIPELINE_OK && p->total_bytes <= budget;
	out->wakeups = exact_int(0);
	for (i = 0; i < p->n_nodes && status == PIPELINE_OK; i++) {
		if (p->nodes[i].n_out)
			out->wakeups = exact_add(
				out->wakeups,
				commits(p, &p->nodes[i], p->nodes[i].batch));
	}
	free(w.nodes);
	free(w.items);
	free(w.choices);
	return status;
}
