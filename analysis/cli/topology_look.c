// SPDX-License-Identifier: MIT
/*
 * topology_look.c - the regions of all streams, and where they should be.
 *
 * The plan is made anew from the CPUs that the processes may run on now: what
 * was right when a stream began need not be any more.  What an end asked for
 * in words (a node, or nothing) is kept.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/watch.h>

#include "listing.h"
#include "topology.h"

const char *topology_kind(uint32_t kind)
{
	static const char *const names[] = {"control", "data", "signal",
					    "page"};

	return kind <= DSI_REGION_PAGE ? names[kind] : "?";
}

static bool is_consumers(const struct topology_region *region)
{
	return region->info.kind == DSI_REGION_SIGNAL ||
	       region->info.kind == DSI_REGION_PAGE;
}

const struct dsi_peer *topology_owner(const struct topology_region *region)
{
	return is_consumers(region) ? &region->info.consumer
				    : &region->info.producer;
}

/* ---- the plan ------------------------------------------------------------ */

/* The ends of a stream as the planner wants them. */
struct ends {
	struct dsi_plan_end producer;
	struct dsi_plan_end consumers[DSI_MAX_CONSUMERS];
	uint32_t places[DSI_MAX_CONSUMERS];
	uint32_t n;
};

/* Which consumer's region is it?  DSI_MAX_CONSUMERS: none's. */
static uint32_t find_end(const struct ends *ends, uint32_t place)
{
	uint32_t i = 0;

	while (i < ends->n && ends->places[i] != place)
		i++;
	return i < ends->n ? i : DSI_MAX_CONSUMERS;
}

/* A process that cannot be asked may run anywhere. */
static void collect_ends(const struct topology_stream *stream,
			 struct ends *ends)
{
	memset(ends, 0, sizeof(*ends));
	(void)topology_process_cpus(stream->regions[0].info.producer.pid,
				    &ends->producer.cpus);
	for (uint32_t i = 0; i < stream->n_regions; i++) {
		const struct dsi_region_info *info = &stream->regions[i].info;

		if (info->kind != DSI_REGION_PAGE ||
		    ends->n == DSI_MAX_CONSUMERS ||
		    find_end(ends, info->place) != DSI_MAX_CONSUMERS)
			continue;
		ends->places[ends->n] = info->place;
		(void)topology_process_cpus(info->consumer.pid,
					    &ends->consumers[ends->n].cpus);
		ends->n++;
	}
}

static int make_plan(const struct topology_view *view,
		     const struct topology_stream *stream,
		     const struct ends *ends, struct dsi_plan *plan)
{
	struct dsi_plan_request request = {
		.size = sizeof(request),
		.flags = DSI_PLAN_NO_CPUS,
		.n_consumers = ends->n,
		.producer = &ends->producer,
		.consumers = ends->consumers,
	};

	for (uint32_t i = 0; i < stream->n_regions; i++)
		if (stream->regions[i].info.kind == DSI_REGION_DATA)
			request.data_bytes = stream->regions[i].info.bytes;
	plan->size = sizeof(*plan);
	return dsi_plan_make(view->machine, &request, plan);
}

/* The node that the plan has for a small region. */
static int32_t planned_node(const struct dsi_plan *plan,
			    const struct ends *ends,
			    const struct dsi_region_info *info)
{
	uint32_t end = find_end(ends, info->place);

	if (info->kind == DSI_REGION_CONTROL)
		return plan->control_node;
	if (end >= plan->n_consumers)
		return DSI_NODE_ANY;
	return info->kind == DSI_REGION_SIGNAL
		       ? plan->consumers[end].signal_node
		       : plan->consumers[end].page_node;
}

/* A node that this machine does not have for streams was not bound when it was
 * asked for, and nothing can be moved there either. */
static int32_t node_if_there(const struct topology_view *view, uint32_t node)
{
	struct dsi_plan_end end = {.passes = 0};
	struct dsi_plan_request request = {
		.size = sizeof(request),
		.flags = DSI_PLAN_NO_CPUS,
		.placement = DSI_PLACEMENT_NODE,
		.node = (int32_t)node,
		.producer = &end,
	};
	struct dsi_plan plan = {.size = sizeof(plan)};

	if (node >= DSI_NODES_MAX ||
	    dsi_plan_make(view->machine, &request, &plan) ||
	    plan.n_data_nodes != 1)
		return DSI_NODE_ANY;
	return (int32_t)node;
}

/* What was asked for in words: a node, or DSI_NODE_ANY. */
static int32_t asked_node(const struct topology_view *view,
			  const struct dsi_region_info *info)
{
	struct dsi_cpus cpus;

	if (info->placement == DSI_PLACEMENT_NODE)
		return node_if_there(view, info->placement_of);
	if (info->placement == DSI_PLACEMENT_LIKE &&
	    topology_process_cpus(info->placement_of, &cpus) == 0)
		return topology_home(view->machine, &cpus);
	return DSI_NODE_ANY;
}

static void plan_region(const struct topology_view *view,
			const struct dsi_plan *plan, const struct ends *ends,
			struct topology_region *region)
{
	const struct dsi_region_info *info = &region->info;
	int32_t node;

	if (info->placement == DSI_PLACEMENT_AUTO &&
	    info->kind == DSI_REGION_DATA) {
		region->plan = plan->data_nodes;
		region->n_plan = plan->n_data_nodes;
		return;
	}
	node = info->placement == DSI_PLACEMENT_AUTO
		       ? planned_node(plan, ends, info)
		       : asked_node(view, info);
	if (node == DSI_NODE_ANY)
		return;
	topology_add_node(&region->plan, (uint32_t)node);
	region->n_plan = 1;
}

/* Why the data area should lie where it should. */
static const char *reason_for(const struct topology_region *data,
			      const struct dsi_plan *plan)
{
	switch (data->info.placement) {
	case DSI_PLACEMENT_AUTO:
		return dsi_plan_reason(plan->why);
	case DSI_PLACEMENT_NONE:
		return "no placement is wanted";
	case DSI_PLACEMENT_NODE:
		return dsi_plan_reason(data->n_plan ? DSI_WHY_ASKED
						    : DSI_WHY_NOT_THERE);
	default:
		return data->n_plan ? "the process that was asked for is at "
				      "home there"
				    : "the process that was asked for is not "
				      "there, or not bound to one node";
	}
}

static void plan_stream(const struct topology_view *view,
			struct topology_stream *stream)
{
	struct dsi_plan plan = {0};
	struct ends ends;

	collect_ends(stream, &ends);
	if (make_plan(view, stream, &ends, &plan)) {
		stream->reason = dsi_plan_reason(DSI_WHY_NOT_KNOWN);
		return;
	}
	stream->reason = dsi_plan_reason(plan.why);
	for (uint32_t i = 0; i < stream->n_regions; i++) {
		struct topology_region *region = &stream->regions[i];

		plan_region(view, &plan, &ends, region);
		if (region->info.kind == DSI_REGION_DATA)
			stream->reason = reason_for(region, &plan);
	}
}

/* ---- the streams --------------------------------------------------------- */

static void hear_region(void *user, const struct dsi_region_info *info)
{
	struct topology_stream *stream = user;

	if (stream->n_regions < TOPOLOGY_REGIONS)
		stream->regions[stream->n_regions++].info = *info;
}

static void look_at(struct topology_view *view, struct topology_stream *stream)
{
	int32_t n = dsi_regions(stream->name, 0, hear_region, stream);

	stream->error = n < 0 ? n : 0;
	if (n <= 0) {
		stream->n_regions = 0;
		return;
	}
	plan_stream(view, stream);
	for (uint32_t i = 0; i < stream->n_regions; i++) {
		topology_find(&stream->regions[i]);
		view->misplaced += stream->regions[i].misplaced;
	}
}

static void add_name(void *user, const char *name)
{
	struct topology_view *view = user;
	struct topology_stream *stream;

	if (view->no_memory || (view->only && strcmp(view->only, name) != 0))
		return;
	if (view->n == view->room) {
		size_t room = view->room ? 2 * view->room : 16;
		void *grown = reallocarray(view->streams, room,
					   sizeof(struct topology_stream *));

		view->no_memory = !grown;
		if (!grown)
			return;
		view->streams = grown;
		view->room = room;
	}
	stream = calloc(1, sizeof(*stream));
	view->no_memory = !stream;
	if (!stream)
		return;
	listing_copy_printable(stream->name, name, sizeof(stream->name));
	view->streams[view->n++] = stream;
}

static int compare(const void *a, const void *b)
{
	const struct topology_stream *const *first = a, *const *second = b;

	return strcmp((*first)->name, (*second)->name);
}

/* Those that ended meanwhile, and names whose owner is dead, are left out; of
 * the one that was asked for its error is said. */
static void drop_ended(struct topology_view *view)
{
	size_t kept = 0;

	if (view->only)
		return;
	for (size_t i = 0; i < view->n; i++) {
		int err = view->streams[i]->error;

		if (err == -DSI_ENOENT || err == -DSI_EPIPE)
			free(view->streams[i]);
		else
			view->streams[kept++] = view->streams[i];
	}
	view->n = kept;
}

int topology_look(struct topology_view *view)
{
	int32_t n;

	topology_forget(view);
	n = dsi_watch_names(add_name, view);
	/* No place of names at all is no stream. */
	if (n < 0 && n != -DSI_ENOENT)
		return n;
	if (view->no_memory)
		return -DSI_ENOMEM;
	if (view->n > 1)
		qsort(view->streams, view->n, sizeof(view->streams[0]),
		      compare);
	for (size_t i = 0; i < view->n; i++)
		look_at(view, view->streams[i]);
	drop_ended(view);
	return 0;
}

void topology_forget(struct topology_view *view)
{
	for (size_t i = 0; i < view->n; i++)
		free(view->streams[i]);
	free(view->streams);
	view->streams = NULL;
	view->n = 0;
	view->room = 0;
	view->misplaced = 0;
}
