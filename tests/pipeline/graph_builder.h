/* SPDX-License-Identifier: MIT */
/* graph_builder.h - short words to build pipelines in tests. */
#ifndef DSI_GRAPH_BUILDER_H
#define DSI_GRAPH_BUILDER_H

#include "pipeline/pipeline.h"

static inline uint32_t add_source(struct pipeline *p, const char *name,
				  uint64_t period, uint64_t jitter)
{
	uint32_t node = pipeline_add(p, PIPELINE_SOURCE, name);

	p->nodes[node].period = period;
	p->nodes[node].jitter = jitter;
	return node;
}

/* A stage with given response times, or a sink. */
static inline uint32_t add_reader(struct pipeline *p, enum pipeline_kind kind,
				  const char *name, uint32_t from,
				  uint64_t best, uint64_t worst)
{
	uint32_t node = pipeline_add(p, kind, name);

	p->nodes[node].best = best;
	p->nodes[node].worst = worst;
	if (from != PIPELINE_NONE)
		pipeline_link(p, from, node);
	return node;
}

static inline uint32_t add_stage(struct pipeline *p, const char *name,
				 uint32_t from, uint64_t best, uint64_t worst)
{
	return add_reader(p, PIPELINE_STAGE, name, from, best, worst);
}

static inline uint32_t add_task(struct pipeline *p, const char *name,
				uint32_t from, uint64_t best, uint64_t worst,
				uint32_t cpu, int32_t priority)
{
	uint32_t node = add_stage(p, name, from, best, worst);

	p->nodes[node].service = PIPELINE_PRIORITY;
	p->nodes[node].cpu = cpu;
	p->nodes[node].priority = priority;
	return node;
}

static inline uint32_t add_own_cpu(struct pipeline *p, const char *name,
				   uint32_t from, uint64_t best, uint64_t worst)
{
	uint32_t node = add_stage(p, name, from, best, worst);

	p->nodes[node].service = PIPELINE_OWN_CPU;
	return node;
}

#endif /* DSI_GRAPH_BUILDER_H */
