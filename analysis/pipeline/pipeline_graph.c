// SPDX-License-Identifier: MIT
/*
 * pipeline_graph.c - nodes and edges in memory.
 */
#define _GNU_SOURCE 1
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe/quantity.h"
#include "pipeline/pipeline_private.h"

struct pipeline *pipeline_create(const char *name)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->name = strdup(name);
	p->tick = exact_make(1, 1000000000);
	if (!p->name) {
		free(p);
		return NULL;
	}
	return p;
}

void pipeline_destroy(struct pipeline *p)
{
	uint32_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_nodes; i++) {
		free(p->nodes[i].name);
		free(p->nodes[i].in.parts);
		free(p->nodes[i].in.arrivals);
		free(p->nodes[i].out.parts);
		free(p->nodes[i].out.arrivals);
	}
	for (i = 0; i < p->n_cpus; i++)
		free(p->cpus[i].name);
	for (i = 0; i < p->n_warnings; i++)
		free(p->warnings[i]);
	pipeline_free_order(p);
	free(p->nodes);
	free(p->edges);
	free(p->cpus);
	free(p->name);
	free(p->file);
	free(p);
}

/* Room for one more of @bytes; NULL: no memory. */
static void *grown(void *array, uint32_t n, uint32_t *room, size_t bytes)
{
	uint32_t more = *room ? 2 * *room : 16;

	if (n < *room)
		return array;
	array = reallocarray(array, more, bytes);
	if (array)
		*room = more;
	return array;
}

uint32_t pipeline_add(struct pipeline *p, enum pipeline_kind kind,
		      const char *name)
{
	void *nodes =
		grown(p->nodes, p->n_nodes, &p->room_nodes, sizeof(*p->nodes));
	struct pipeline_node *node;

	if (!nodes)
		return PIPELINE_NONE;
	p->nodes = nodes;
	node = &p->nodes[p->n_nodes];
	memset(node, 0, sizeof(*node));
	node->name = strdup(name);
	if (!node->name)
		return PIPELINE_NONE;
	node->kind = kind;
	node->batch = 1;
	node->critical = PIPELINE_NONE;
	node->area.size = sizeof(node->area);
	return p->n_nodes++;
}

uint32_t pipeline_link(struct pipeline *p, uint32_t from, uint32_t to)
{
	void *edges =
		grown(p->edges, p->n_edges, &p->room_edges, sizeof(*p->edges));

	if (!edges)
		return PIPELINE_NONE;
	p->edges = edges;
	memset(&p->edges[p->n_edges], 0, sizeof(*p->edges));
	p->edges[p->n_edges].from = from;
	p->edges[p->n_edges].to = to;
	p->edges[p->n_edges].policy = DSI_POLICY_BLOCK;
	return p->n_edges++;
}

uint32_t pipeline_add_cpu(struct pipeline *p, const char *name)
{
	void *cpus = grown(p->cpus, p->n_cpus, &p->room_cpus, sizeof(*p->cpus));

	if (!cpus)
		return PIPELINE_NONE;
	p->cpus = cpus;
	memset(&p->cpus[p->n_cpus], 0, sizeof(*p->cpus));
	p->cpus[p->n_cpus].name = strdup(name);
	return p->cpus[p->n_cpus].name ? p->n_cpus++ : PIPELINE_NONE;
}

enum pipeline_status pipeline_fail(struct pipeline *p,
				   enum pipeline_status status, uint32_t line,
				   const char *format, ...)
{
	va_list args;
	int used = 0;

	if (line)
		used = snprintf(p->why, sizeof(p->why),
				"%s:%u: ", p->file ? p->file : p->name, line);
	if (used < 0 || (size_t)used >= sizeof(p->why))
		used = 0;
	va_start(args, format);
	vsnprintf(p->why + used, sizeof(p->why) - (size_t)used, format, args);
	va_end(args);
	return status;
}

struct exact pipeline_seconds(const struct pipeline *p, dsi_wide ticks)
{
	return exact_mul(exact_make(ticks, 1), p->tick);
}

const char *pipeline_time_text(const struct pipeline *p, dsi_wide ticks,
			       char *text)
{
	return quantity_show_time(pipeline_seconds(p, ticks), text);
}

const char *pipeline_service_name(enum pipeline_service service)
{
	static const char *const names[] = {
		[PIPELINE_GIVEN] = "given response time",
		[PIPELINE_OWN_CPU] = "own processor",
		[PIPELINE_PRIORITY] = "fixed priority",
		[PIPELINE_RESERVATION] = "reservation",
		[PIPELINE_BOUNDED_DELAY] = "bounded delay",
	};

	return names[service];
}

const char *pipeline_bound_name(enum pipeline_bound bound)
{
	static const char *const names[] = {
		[PIPELINE_BY_LIFE_TIME] = "life time",
		[PIPELINE_BY_EVENTS] = "events",
		[PIPELINE_BY_SERVICE] = "service",
	};

	return names[bound];
}
