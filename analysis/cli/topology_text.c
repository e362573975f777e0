// SPDX-License-Identifier: MIT
/* topology_text.c - the machine and its streams as tables for people. */
#include <inttypes.h>
#include <stdio.h>

#include "listing.h"
#include "topology.h"

#define NODES_BYTES 512u

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {"normal", "fast", "far", "other"};

	return kind <= DSI_MEMORY_OTHER ? names[kind] : "?";
}

/* How many different ones of something the CPUs of a node have. */
static uint32_t count_of(const struct dsi_topology *machine, int32_t node,
			 uint32_t (*index)(const struct dsi_topology_cpu *cpu))
{
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};
	int32_t n = dsi_topology_cpus(machine);
	uint32_t own;
	uint32_t count = 0;

	/* CPUs that share something need not have numbers side by side:
	 * look whether one before has it as well. */
	for (int32_t i = 0; i < n; i++) {
		struct dsi_topology_cpu before = {.size = sizeof(before)};
		bool seen = false;

		if (dsi_topology_cpu(machine, (uint32_t)i, &cpu) ||
		    cpu.node != node)
			continue;
		own = index(&cpu);
		for (int32_t k = 0; k < i && !seen; k++)
			seen = dsi_topology_cpu(machine, (uint32_t)k,
						&before) == 0 &&
			       before.node == node && index(&before) == own;
		count += !seen && own != DSI_INDEX_NONE;
	}
	return count;
}

static uint32_t core_of(const struct dsi_topology_cpu *cpu)
{
	return cpu->core;
}

static uint32_t l2_of(const struct dsi_topology_cpu *cpu)
{
	return cpu->l2;
}

static uint32_t l3_of(const struct dsi_topology_cpu *cpu)
{
	return cpu->l3;
}

static void print_node(const struct dsi_topology *machine,
		       const struct dsi_topology_node *node)
{
	int32_t n = dsi_topology_nodes(machine);
	char cpus[NODES_BYTES];

	topology_print_cpus(machine, node->node, cpus, sizeof(cpus));
	if (node->package == DSI_INDEX_NONE)
		printf("%4" PRId32 " %7s ", node->node, "-");
	else
		printf("%4" PRId32 " %7" PRIu32 " ", node->node, node->package);
	printf("%6" PRIu64 " %-6s %5" PRIu32 " %2" PRIu32 " %2" PRIu32 " %-10s",
	       node->bytes >> 20,
	       node->allowed ? kind_name(node->kind) : "closed",
	       count_of(machine, node->node, core_of),
	       count_of(machine, node->node, l2_of),
	       count_of(machine, node->node, l3_of), cpus[0] ? cpus : "-");
	for (int32_t i = 0; i < n; i++) {
		struct dsi_topology_node to = {.size = sizeof(to)};

		if (dsi_topology_node(machine, (uint32_t)i, &to) == 0)
			printf(" %" PRId32,
			       dsi_topology_distance(machine, node->node,
						     to.node));
	}
	putchar('\n');
}

static void print_machine(const struct dsi_topology *machine)
{
	int32_t n = dsi_topology_nodes(machine);

	printf("%4s %7s %6s %-6s %5s %2s %2s %-10s %s\n", "NODE", "PACKAGE",
	       "MIB", "MEMORY", "CORES", "L2", "L3", "CPUS", "DISTANCES");
	for (int32_t i = 0; i < n; i++) {
		struct dsi_topology_node node = {.size = sizeof(node)};

		if (dsi_topology_node(machine, (uint32_t)i, &node) == 0)
			print_node(machine, &node);
	}
}

/* Where the pages are: "0:12 1:3 none:1". */
static void print_where(const struct topology_region *region)
{
	if (region->error) {
		printf(" %s", listing_error(region->error));
		return;
	}
	for (uint32_t node = 0; node < DSI_NODES_MAX; node++)
		if (region->on[node])
			printf(" %" PRIu32 ":%" PRIu64, node, region->on[node]);
	if (region->absent)
		printf(" none:%" PRIu64, region->absent);
	if (region->misplaced)
		printf("  misplaced");
}

static void print_region(const struct topology_stream *stream,
			 const struct topology_region *region)
{
	char plan[NODES_BYTES];

	topology_print_nodes(&region->plan, plan, sizeof(plan));
	printf("%-16s %-7s %7" PRIu32 " %-12s %6" PRIu64 " %-5s", stream->name,
	       topology_kind(region->info.kind), topology_owner(region)->pid,
	       region->info.label, region->pages, plan[0] ? plan : "-");
	print_where(region);
	putchar('\n');
}

void topology_print_table(const struct topology_view *view)
{
	print_machine(view->machine);
	if (view->n)
		printf("\n%-16s %-7s %7s %-12s %6s %-5s %s\n", "NAME", "REGION",
		       "PID", "LABEL", "PAGES", "PLAN", "NODES");
	for (size_t i = 0; i < view->n; i++) {
		const struct topology_stream *stream = view->streams[i];

		if (stream->error)
			printf("%-16s %s\n", stream->name,
			       listing_error(stream->error));
		for (uint32_t k = 0; k < stream->n_regions; k++)
			print_region(stream, &stream->regions[k]);
		if (stream->n_regions)
			printf("%-16s data area: %s\n", stream->name,
			       stream->reason);
	}
}
