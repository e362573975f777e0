/* SPDX-License-Identifier: MIT */
/*
 * nodes_test.c - the nodes of machines that we do not have, as libnuma would
 * tell of them.
 *
 * The functions of libnuma that topology_nodes.c calls are here, and say what
 * each scene wants; the sets of nodes are libnuma's own.  It must be compiled
 * with -fvisibility=hidden, or libnuma would call them when it is loaded.
 */
#include <numa.h>
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/placement.h>

#include "expect.h"

#define NODES 9
#define GB (1ll << 30)

/* What libnuma says: number by number. */
struct machine {
	int there[NODES];
	int forbidden[NODES];
	int first[NODES], last[NODES]; /* CPUs; last < first: none */
	long long bytes[NODES];
	int distance[NODES][NODES];
};

static const struct machine *now;

/* ---- libnuma ------------------------------------------------------------- */

int numa_max_node(void)
{
	return NODES - 1;
}

long long numa_node_size64(int node, long long *freep)
{
	(void)freep;
	return now->bytes[node];
}

int numa_distance(int from, int to)
{
	return now->distance[from][to];
}

int numa_node_to_cpus(int node, struct bitmask *mask)
{
	numa_bitmask_clearall(mask);
	for (int cpu = now->first[node]; cpu <= now->last[node]; cpu++)
		numa_bitmask_setbit(mask, (unsigned)cpu);
	return 0;
}

/* ---- scenes -------------------------------------------------------------- */

static int load(const struct machine *m, struct dsi_topology **out, char *why,
		uint32_t bytes)
{
	now = m;
	numa_bitmask_clearall(numa_nodes_ptr);
	numa_bitmask_clearall(numa_all_nodes_ptr);
	for (unsigned node = 0; node < NODES; node++) {
		if (m->there[node])
			numa_bitmask_setbit(numa_nodes_ptr, node);
		if (m->there[node] && !m->forbidden[node])
			numa_bitmask_setbit(numa_all_nodes_ptr, node);
	}
	return dsi_topology_load_nodes(out, why, bytes);
}

static struct dsi_topology *on(const struct machine *m)
{
	struct dsi_topology *t = NULL;

	EXPECT(load(m, &t, NULL, 0), 0);
	return t;
}

static int32_t home(const struct dsi_topology *t, uint32_t index)
{
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};

	EXPECT(dsi_topology_cpu(t, index, &cpu), 0);
	EXPECT(cpu.cpu, index);
	return cpu.node;
}

static struct dsi_topology_node node_at(const struct dsi_topology *t,
					uint32_t index)
{
	struct dsi_topology_node node = {.size = sizeof(node)};

	EXPECT(dsi_topology_node(t, index, &node), 0);
	return node;
}

/* Two sockets, and an expander that the second one is nearer to. */
static void expander(void)
{
	static const struct machine m = {
		.there = {1, 1, 1},
		.first = {0, 4, 1},
		.last = {3, 7, 0},
		.bytes = {64 * GB, 64 * GB, 256 * GB},
		.distance = {{10, 21, 24}, {21, 10, 14}, {24, 14, 10}}};
	struct dsi_topology *t = on(&m);

	EXPECT(dsi_topology_nodes(t), 3);
	EXPECT(dsi_topology_cpus(t), 8);
	EXPECT(home(t, 3), 0);
	EXPECT(home(t, 4), 1);
	EXPECT(node_at(t, 0).n_cpus, 4);
	EXPECT(node_at(t, 0).kind, DSI_MEMORY_NORMAL);
	EXPECT(node_at(t, 2).n_cpus, 0);
	EXPECT(node_at(t, 2).kind, DSI_MEMORY_FAR);
	EXPECT(dsi_topology_distance(t, 1, 2), 14);
	dsi_topology_destroy(t);
}

/* The second socket has no memory.  The expander is nearer, and no home. */
static void no_memory(void)
{
	static const struct machine m = {
		.there = {1, 1, 1},
		.first = {0, 4, 1},
		.last = {3, 7, 0},
		.bytes = {64 * GB, -1, 256 * GB},
		.distance = {{10, 21, 24}, {21, 10, 14}, {24, 14, 10}}};
	struct dsi_topology *t = on(&m);

	EXPECT(home(t, 4), 0);
	EXPECT(node_at(t, 0).n_cpus, 8);
	EXPECT(node_at(t, 1).n_cpus, 0);
	EXPECT(node_at(t, 2).kind, DSI_MEMORY_FAR);
	dsi_topology_destroy(t);
}

/* All memory is behind the link: then that is normal here. */
static void only_far(void)
{
	static const struct machine m = {.there = {1, 1},
					 .first = {0, 1},
					 .last = {7, 0},
					 .bytes = {0, 64 * GB},
					 .distance = {{10, 20}, {20, 10}}};
	struct dsi_topology *t = on(&m);

	EXPECT(home(t, 0), 1);
	EXPECT(node_at(t, 1).kind, DSI_MEMORY_NORMAL);
	EXPECT(node_at(t, 1).n_cpus, 8);
	dsi_topology_destroy(t);
}

/* A cpuset with memory of the second node, numbered 8 as POWER does it.  No
 * word about distances. */
static void cpuset(void)
{
	static const struct machine m = {.there = {1, [8] = 1},
					 .forbidden = {1},
					 .first = {0, 1, 1, 1, 1, 1, 1, 1, 4},
					 .last = {3, [8] = 7},
					 .bytes = {64 * GB, [8] = 64 * GB}};
	struct dsi_topology *t = on(&m);

	EXPECT(dsi_topology_nodes(t), 2);
	EXPECT(node_at(t, 1).node, 8);
	EXPECT(node_at(t, 0).allowed, 0);
	EXPECT(home(t, 0), 8);
	EXPECT(home(t, 7), 8);
	EXPECT(dsi_topology_distance(t, 0, 0), 10);
	EXPECT(dsi_topology_distance(t, 8, 0), 20);
	dsi_topology_destroy(t);
}

/* A cpuset that allows no memory node at all: then each CPU stays where it is. */
static void no_memory_allowed(void)
{
	static const struct machine m = {.there = {1, 1},
					 .forbidden = {1, 1},
					 .first = {0, 2},
					 .last = {1, 3},
					 .bytes = {64 * GB, 64 * GB},
					 .distance = {{10, 20}, {20, 10}}};
	struct dsi_topology *t = on(&m);

	EXPECT(dsi_topology_cpus(t), 4);
	EXPECT(home(t, 1), 0);
	EXPECT(home(t, 2), 1);
	EXPECT(node_at(t, 0).n_cpus, 2);
	EXPECT(node_at(t, 1).n_cpus, 2);
	EXPECT(node_at(t, 1).allowed, 0);
	dsi_topology_destroy(t);
}

static void refused(void)
{
	static const struct machine none = {.there = {0}};
	static const struct machine empty = {
		.there = {1}, .first = {1}, .bytes = {GB}};
	struct dsi_topology *t = NULL;
	char why[128] = "";

	EXPECT(load(&none, &t, why, sizeof(why)), -DSI_ENOTSUP);
	EXPECT(strstr(why, "/sys") != NULL, 1);
	why[0] = '\0';
	EXPECT(load(&empty, &t, why, sizeof(why)), -DSI_ENOTSUP);
	EXPECT(strstr(why, "CPUs") != NULL, 1);
	EXPECT(load(&none, NULL, NULL, 0), -DSI_EINVAL);
	EXPECT(t == NULL, 1);
}

int main(void)
{
	expander();
	no_memory();
	only_far();
	cpuset();
	no_memory_allowed();
	refused();
	printf("%u checks, %u wrong\n", checked, wrong);
	return wrong != 0;
}
