// SPDX-License-Identifier: MIT
/*
 * pipeline_ring.c - slots and bytes of each ring.
 *
 * The writer takes a slot when it is activated, the reader gives it back when
 * it is done.  Each of these bounds is safe, the least counts:
 *
 *   life time   from the earliest get to the latest release of one packet,
 *               counted in periods
 *   events      activations of the writer in the time that one packet is
 *               with the writer, waits for others, and is with the reader
 *   service     of a single hop: a source, and a reader with a processor of
 *               its own (dsi_size_reader)
 */
#include "pipeline/pipeline_private.h"

/* A life time of @x needs so many slots. */
static dsi_wide slots_of_life(const struct pipeline *p, dsi_wide x,
			      dsi_wide period)
{
	dsi_wide n = p->ties == DSI_TIES_STRICT ? wide_floor(x, period) + 1
						: wide_ceil(x, period);

	return wide_max(n, 1);
}

/* Earliest get of a slot by a part of the writer's stream. */
static dsi_wide first_get(const struct pipeline_node *from, uint32_t part)
{
	return from->in.parts[part].low - (dsi_wide)from->hold;
}

/* Longest time between arrival at the reader and its begin: it may wait for
 * its other inputs. */
static dsi_wide longest_wait(const struct pipeline *p,
			     const struct pipeline_edge *e, bool *over)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	dsi_wide arrives;

	if (to->n_in == 1 || to->join == PIPELINE_OR)
		return 0;
	arrives = wide_sub(
		from->out.parts[0].low,
		wide_mul(e->tokens, from->out.arrivals[0].period, over), over);
	return wide_max(wide_sub(to->in.parts[0].high, arrives, over), 0);
}

/* The part of @to's input that came over this edge begins here. */
static uint32_t first_part(const struct pipeline *p,
			   const struct pipeline_edge *e)
{
	const struct pipeline_node *to = &p->nodes[e->to];
	uint32_t at = 0;
	uint32_t i;

	if (to->n_in == 1 || to->join != PIPELINE_OR)
		return 0;
	for (i = 0; &p->edges[p->ins[to->first_in + i]] != e; i++)
		at += p->nodes[pipeline_input(p, to, i)->from].out.n_parts;
	return at;
}

/* Of a merged stream the needs of all its parts together. */
static dsi_wide by_life(const struct pipeline *p, struct pipeline_edge *e,
			bool *over)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	uint32_t at = first_part(p, e);
	dsi_wide slots = 0;
	uint32_t i;

	for (i = 0; i < from->in.n_parts; i++) {
		dsi_wide period = from->in.arrivals[i].period;
		dsi_wide done =
			wide_add(to->in.parts[at + i].high, to->response, over);
		dsi_wide life;

		if (to->out.n_parts && to->batch <= 1)
			done = wide_min(done, to->out.parts[at + i].high);
		done = wide_add(done, wide_mul(e->tokens, period, over), over);
		life = wide_sub(done, first_get(from, i), over);
		slots += slots_of_life(p, life, period);
		e->lifetime = from->in.n_parts == 1 ? life : 0;
	}
	return slots;
}

static dsi_wide by_events(const struct pipeline *p,
			  const struct pipeline_edge *e, bool *over)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	const struct arrival a = pipeline_arrival(&from->in);
	dsi_wide with = from->kind == PIPELINE_SOURCE ? (dsi_wide)from->hold
						      : from->response;

	with = wide_add(with, to->response, over);
	with = wide_add(with, longest_wait(p, e, over), over);
	if (from->batch > 1)
		with = wide_add(
			with,
			wide_add(from->in.arrivals[0].jitter,
				 wide_mul((dsi_wide)from->batch - 1,
					  from->in.arrivals[0].period, over),
				 over),
			over);
	return p->ties == DSI_TIES_STRICT
		       ? arrival_most_closed(&a, with, over)
		       : wide_max(arrival_most(&a, with, over), 1);
}

/* 0: the hop is not of this kind. */
static uint64_t by_service(const struct pipeline *p,
			   const struct pipeline_edge *e, bool *exact)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	struct dsi_sizing_writer writer = {.size = sizeof(writer),
					   .ties = p->ties};
	struct dsi_sizing_reader reader = {.size = sizeof(reader),
					   .pace = DSI_PACE_SERVICE};
	struct dsi_sizing_need need = {.size = sizeof(need)};

	if (from->kind != PIPELINE_SOURCE || from->batch > 1 ||
	    to->service != PIPELINE_OWN_CPU || to->grid || to->n_in != 1)
		return 0;
	writer.stream.size = sizeof(writer.stream);
	writer.stream.period = from->period;
	writer.stream.jitter = from->jitter;
	writer.stream.distance = from->distance;
	writer.hold = from->hold;
	reader.policy = DSI_POLICY_BLOCK;
	reader.wake = to->wake;
	reader.service = to->worst;
	if (dsi_size_reader(&writer, &reader, &need, NULL, 0) != 0)
		return 0;
	*exact = need.exact & DSI_EXACT_SLOTS;
	return need.slots;
}

static enum pipeline_status size_edge(struct pipeline *p,
				      struct pipeline_edge *e)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	bool over = false;
	bool service_exact = false;
	dsi_wide slots = by_life(p, e, &over);
	dsi_wide events = DSI_WIDE_MAX;
	uint64_t service = by_service(p, e, &service_exact);

	e->bound = PIPELINE_BY_LIFE_TIME;
	e->exact = from->simple &&
		   (to->simple || (to->grid && to->n_in == 1 && !to->drift));
	if (!to->grid)
		events = by_events(p, e, &over);
	if (events < slots) {
		slots = events;
		e->bound = PIPELINE_BY_EVENTS;
	}
	if (service && (dsi_wide)service <= slots) {
		slots = (dsi_wide)service;
		e->bound = PIPELINE_BY_SERVICE;
		e->exact = service_exact;
	}
	slots = wide_max(slots, (dsi_wide)wide_max(e->tokens, from->batch));
	if (over || slots > (dsi_wide)UINT64_MAX)
		return pipeline_fail(p, PIPELINE_RANGE, from->line,
				     "'%s': exact range exceeded", from->name);
	e->slots = (uint64_t)slots;
	e->exact |= slots == 1;
	return PIPELINE_OK;
}

static enum pipeline_status size_bytes(struct pipeline *p,
				       struct pipeline_node *node)
{
	char why[DSI_SIZING_WHY_BYTES];

	node->bytes.size = 0;
	if (node->area.max_bytes == 0)
		return PIPELINE_OK;
	node->bytes.size = sizeof(node->bytes);
	node->area.slots = node->slots;
	if (dsi_size_area(&node->area, &node->bytes, why, sizeof(why)) != 0)
		return pipeline_fail(p, PIPELINE_BAD, node->line, "'%s': %s",
				     node->name, why);
	if (__builtin_add_overflow(p->total_bytes, node->bytes.total,
				   &p->total_bytes))
		return pipeline_fail(p, PIPELINE_RANGE, 0,
				     "the bytes of all rings together do not "
				     "fit in 64 bits");
	return PIPELINE_OK;
}

/* One ring: what its most demanding blocking reader needs. */
static enum pipeline_status size_ring(struct pipeline *p,
				      struct pipeline_node *node)
{
	uint32_t i;

	node->slots = wide_max(node->batch, 1) > 1 ? node->batch : 1;
	node->slots_exact = node->batch <= 1;
	for (i = 0; i < node->n_out; i++) {
		struct pipeline_edge *e =
			&p->edges[p->outs[node->first_out + i]];
		enum pipeline_status status = size_edge(p, e);

		if (status != PIPELINE_OK)
			return status;
		if (e->policy != DSI_POLICY_BLOCK || e->slots < node->slots)
			continue;
		node->slots_exact = e->slots > node->slots
					    ? e->exact
					    : node->slots_exact || e->exact;
		node->slots = e->slots;
	}
	return size_bytes(p, node);
}

enum pipeline_status pipeline_rings(struct pipeline *p)
{
	uint32_t i;

	p->total_bytes = 0;
	for (i = 0; i < p->n_nodes; i++) {
		struct pipeline_node *node = &p->nodes[i];
		enum pipeline_status status = PIPELINE_OK;

		if (node->n_out)
			status = size_ring(p, node);
		if (status != PIPELINE_OK)
			return status;
	}
	return PIPELINE_OK;
}
