/* SPDX-License-Identifier: MIT */
/*
 * topology_nodes.c - nodes, and which CPUs are at home on them; no more.
 *
 * Place: libnuma -> NODES -> topology_table.h.  What a stream asks of this
 * machine before it is created.  hwloc takes milliseconds to find out what is
 * not needed for that: cores and caches, and which of its plugins there are.
 *
 * A node without CPUs is nobody's home, whatever its memory is; so it does not
 * matter that the kernel does not say here whether it is fast or far.
 */
#include <numa.h>
#include <stdlib.h>

#include "topology_table.h"
#include "why.h"

static int is_there(int node)
{
	return numa_bitmask_isbitset(numa_nodes_ptr, (unsigned)node);
}

static uint32_t count_nodes(void)
{
	uint32_t n = 0;

	for (int node = 0; node <= numa_max_node(); node++)
		n += is_there(node) != 0;
	return n;
}

static void read_node(struct dsi_topology *t, int number)
{
	struct dsi_topology_node *node = &t->nodes[t->n_nodes++];
	long long bytes = numa_node_size64(number, NULL);

	*node = (struct dsi_topology_node){
		.size = sizeof(*node),
		.node = number,
		.kind = DSI_MEMORY_NORMAL,
		.allowed = numa_bitmask_isbitset(numa_all_nodes_ptr,
						 (unsigned)number) != 0,
		.package = DSI_INDEX_NONE,
		.bytes = bytes > 0 ? (uint64_t)bytes : 0,
	};
	t->sized |= node->bytes > 0;
}

static void read_distances(struct dsi_topology *t)
{
	for (uint32_t a = 0; a < t->n_nodes; a++)
		for (uint32_t b = 0; b < t->n_nodes; b++) {
			int value = numa_distance(t->nodes[a].node,
						  t->nodes[b].node);

			t->distances[a * t->n_nodes + b] =
				value > 0 ? (uint32_t)value
					  : topology_assumed(t, a, b);
		}
}

static void read_cpu(struct dsi_topology *t, uint32_t cpu, uint32_t node)
{
	t->cpus[t->n_cpus++] = (struct dsi_topology_cpu){
		.size = sizeof(t->cpus[0]),
		.cpu = (int32_t)cpu,
		.node = t->nodes[node].node,
		.core = cpu,
		.l2 = DSI_INDEX_NONE,
		.l3 = DSI_INDEX_NONE,
		.package = 0,
	};
	t->nodes[node].n_cpus++;
}

/* The CPUs of each node as the kernel has it. */
static int read_cpus(struct dsi_topology *t)
{
	struct bitmask *local = numa_allocate_cpumask();
	int32_t *node_of = malloc(DSI_CPUS_MAX * sizeof(*node_of));

	for (uint32_t cpu = 0; node_of && cpu < DSI_CPUS_MAX; cpu++)
		node_of[cpu] = DSI_NODE_ANY;
	for (uint32_t i = 0; local && node_of && i < t->n_nodes; i++) {
		if (numa_node_to_cpus(t->nodes[i].node, local) < 0)
			continue;
		for (uint32_t cpu = 0; cpu < DSI_CPUS_MAX && cpu < local->size;
		     cpu++)
			if (numa_bitmask_isbitset(local, cpu))
				node_of[cpu] = (int32_t)i;
	}
	for (uint32_t cpu = 0; local && node_of && cpu < DSI_CPUS_MAX; cpu++)
		if (node_of[cpu] != DSI_NODE_ANY)
			read_cpu(t, cpu, (uint32_t)node_of[cpu]);
	free(node_of);
	if (!local)
		return -DSI_ENOMEM;
	numa_bitmask_free(local);
	return node_of ? 0 : -DSI_ENOMEM;
}

/* A CPU whose node has no memory for us is at home on the nearest that has. */
static void move_homes(struct dsi_topology *t)
{
	uint32_t homes[DSI_NODES_MAX];

	for (uint32_t i = 0; i < t->n_nodes; i++) {
		int normal = t->nodes[i].kind == DSI_MEMORY_NORMAL;

		homes[i] = i;
		if (!node_usable(t, i) || !normal)
			homes[i] = topology_nearest(t, i);
		if (homes[i] == DSI_INDEX_NONE)
			homes[i] = i;
	}
	for (uint32_t i = 0; i < t->n_nodes; i++)
		t->nodes[i].n_cpus = 0;
	for (uint32_t i = 0; i < t->n_cpus; i++) {
		struct dsi_topology_cpu *cpu = &t->cpus[i];
		uint32_t at = homes[topology_node_index(t, cpu->node)];

		cpu->node = t->nodes[at].node;
		t->nodes[at].n_cpus++;
	}
}

static int has_home(const struct dsi_topology *t)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
		if (t->nodes[i].n_cpus && node_usable(t, i))
			return 1;
	return 0;
}

static int make_room(struct dsi_topology *t, uint32_t n)
{
	t->nodes = calloc(n, sizeof(*t->nodes));
	t->distances = calloc((size_t)n * n, sizeof(*t->distances));
	t->cpus = calloc(DSI_CPUS_MAX, sizeof(*t->cpus));
	return t->nodes && t->distances && t->cpus ? 0 : -DSI_ENOMEM;
}

static int read_machine(struct dsi_topology *t, struct why why)
{
	uint32_t n = count_nodes();

	if (n == 0 || n > DSI_NODES_MAX)
		return why_fail(why, -DSI_ENOTSUP,
				"no memory nodes in /sys/devices/system/node "
				"(is /sys mounted?)");
	if (make_room(t, n))
		return why_fail(why, -DSI_ENOMEM, "no memory");
	for (int node = 0; node <= numa_max_node(); node++)
		if (is_there(node))
			read_node(t, node);
	read_distances(t);
	if (read_cpus(t))
		return why_fail(why, -DSI_ENOMEM, "no memory");
	if (t->n_cpus == 0)
		return why_fail(why, -DSI_ENOTSUP,
				"no CPUs in /sys/devices/system/node");
	/* Memory alone is far, unless there is no other. */
	if (has_home(t))
		topology_name_the_rest(t);
	move_homes(t);
	topology_name_the_rest(t);
	return 0;
}

int dsi_topology_load_nodes(struct dsi_topology **out_topology, char *why,
			    uint32_t why_bytes)
{
	struct why reason = {why, why_bytes};
	struct dsi_topology *t;
	int err;

	if (!out_topology)
		return -DSI_EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return why_fail(reason, -DSI_ENOMEM, "no memory");
	err = read_machine(t, reason);
	if (err) {
		dsi_topology_destroy(t);
		return err;
	}
	*out_topology = t;
	return 0;
}
