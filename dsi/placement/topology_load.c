/* SPDX-License-Identifier: MIT */
/*
 * topology_load.c - hwloc's tree becomes the planner's table.
 *
 * Place: hwloc -> LOAD -> topology_table.h.  The only file that knows hwloc.
 *
 * hwloc's discovery of this machine is slow where it asks what a stream does
 * not need: it runs cpuid on every CPU (component x86), opens displays (gl),
 * and looks at PCI and GPUs.  These are left out, and of the objects only the
 * kinds that the rules speak of are kept.
 */
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology_table.h"

struct load {
	hwloc_topology_t tree;
	struct dsi_topology *table;
	char *why;
	uint32_t why_bytes;
};

static int fail(const struct load *l, int err, const char *source,
		const char *what)
{
	if (l->why && l->why_bytes)
		snprintf(l->why, l->why_bytes, "%s: %s",
			 source ? source : "this machine", what);
	return err;
}

/* ---- the tree ------------------------------------------------------------ */

static int is_file(const char *source)
{
	size_t n = strlen(source);

	return strchr(source, '/') ||
	       (n > 4 && strcmp(source + n - 4, ".xml") == 0);
}

static int keep_needed(hwloc_topology_t tree)
{
	static const hwloc_obj_type_t needed[] = {
		HWLOC_OBJ_PACKAGE, HWLOC_OBJ_CORE, HWLOC_OBJ_L2CACHE,
		HWLOC_OBJ_L3CACHE, HWLOC_OBJ_MEMCACHE};
	int err = hwloc_topology_set_all_types_filter(
		tree, HWLOC_TYPE_FILTER_KEEP_NONE);

	/* Nodes that are part of a package hang below a group. */
	err |= hwloc_topology_set_type_filter(tree, HWLOC_OBJ_GROUP,
					      HWLOC_TYPE_FILTER_KEEP_STRUCTURE);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		err |= hwloc_topology_set_type_filter(
			tree, needed[i], HWLOC_TYPE_FILTER_KEEP_ALL);
	return err;
}

static void skip_slow(hwloc_topology_t tree)
{
	static const char *const slow[] = {"x86",  "pci",  "opencl",	"cuda",
					   "nvml", "rsmi", "levelzero", "gl"};

	/* One that this hwloc does not have is refused: as well. */
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		(void)hwloc_topology_set_components(
			tree, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
			slow[i]);
}

static int read_tree(struct load *l, const char *source)
{
	if (hwloc_topology_init(&l->tree) < 0)
		return fail(l, -DSI_ENOMEM, source, "no memory for a topology");
	if (keep_needed(l->tree) < 0 ||
	    hwloc_topology_set_flags(
		    l->tree, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) < 0)
		return fail(l, -DSI_EINVAL, source,
			    "this hwloc does not know the needed filters");
	if (!source)
		skip_slow(l->tree);
	else if (is_file(source)
			 ? hwloc_topology_set_xml(l->tree, source) < 0
			 : hwloc_topology_set_synthetic(l->tree, source) < 0)
		return fail(l, -DSI_EINVAL, source,
			    "hwloc can read it neither as XML of lstopo nor as "
			    "a synthetic description");
	if (hwloc_topology_load(l->tree) < 0)
		return fail(l, -DSI_EINVAL, source,
			    "hwloc could not make a topology of it");
	/* Its own variables come before what we ask for. */
	if (!source && !hwloc_topology_is_thissystem(l->tree))
		return fail(l, -DSI_EINVAL, source,
			    "hwloc reads another one instead: unset "
			    "HWLOC_XMLFILE, HWLOC_SYNTHETIC and HWLOC_FSROOT");
	return 0;
}

/* ---- nodes --------------------------------------------------------------- */

static uint32_t kind_of(const char *subtype)
{
	static const struct {
		const char *word;
		uint32_t kind;
	} kinds[] = {{"HBM", DSI_MEMORY_FAST},	{"MCDRAM", DSI_MEMORY_FAST},
		     {"GPU", DSI_MEMORY_OTHER}, {"SPM", DSI_MEMORY_OTHER},
		     {"CXL", DSI_MEMORY_FAR},	{"NVM", DSI_MEMORY_FAR},
		     {"DAX", DSI_MEMORY_FAR}};

	for (size_t i = 0; subtype && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(subtype, kinds[i].word, strlen(kinds[i].word)) == 0)
			return kinds[i].kind;
	return DSI_MEMORY_NORMAL;
}

static uint64_t memory_side_cache(hwloc_obj_t node)
{
	uint64_t bytes = 0;

	for (hwloc_obj_t at = node->parent;
	     at && at->type == HWLOC_OBJ_MEMCACHE; at = at->parent)
		bytes += at->attr->cache.size;
	return bytes;
}

static uint32_t package_around(hwloc_topology_t tree, hwloc_const_cpuset_t cpus)
{
	uint32_t found = DSI_INDEX_NONE;
	hwloc_obj_t package = NULL;

	while ((package = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_PACKAGE,
						     package))) {
		if (!hwloc_bitmap_intersects(package->cpuset, cpus))
			continue;
		if (found != DSI_INDEX_NONE)
			return DSI_INDEX_NONE;
		found = package->logical_index;
	}
	return found;
}

static int by_node(const void *a, const void *b)
{
	const struct dsi_topology_node *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

static int read_nodes(struct load *l, const char *source)
{
	hwloc_const_nodeset_t allowed =
		hwloc_topology_get_allowed_nodeset(l->tree);
	int n = hwloc_get_nbobjs_by_type(l->tree, HWLOC_OBJ_NUMANODE);
	struct dsi_topology *table = l->table;
	hwloc_obj_t obj = NULL;

	table->nodes = calloc((size_t)n, sizeof(*table->nodes));
	if (!table->nodes)
		return fail(l, -DSI_ENOMEM, source, "no memory");
	while ((obj = hwloc_get_next_obj_by_type(l->tree, HWLOC_OBJ_NUMANODE,
						 obj))) {
		struct dsi_topology_node *node = &table->nodes[table->n_nodes];

		if (obj->os_index >= DSI_NODES_MAX)
			return fail(l, -DSI_EOVERFLOW, source, "node numbers");
		table->n_nodes++;
		node->size = sizeof(*node);
		node->node = (int32_t)obj->os_index;
		node->kind = kind_of(obj->subtype);
		node->allowed = hwloc_bitmap_isset(allowed, obj->os_index) != 0;
		node->package = package_around(l->tree, obj->cpuset);
		node->bytes = obj->attr->numanode.local_memory;
		node->cache_bytes = memory_side_cache(obj);
		table->sized |= node->bytes > 0;
	}
	qsort(table->nodes, table->n_nodes, sizeof(*table->nodes), by_node);
	return 0;
}

/* ---- distances ----------------------------------------------------------- */

static void take_distances(struct dsi_topology *t,
			   const struct hwloc_distances_s *given)
{
	for (unsigned a = 0; a < given->nbobjs; a++)
		for (unsigned b = 0; b < given->nbobjs; b++) {
			hwloc_obj_t from = given->objs[a], to = given->objs[b];
			uint64_t value = given->values[a * given->nbobjs + b];
			uint32_t i, j;

			if (!from || !to || value == 0 || value > 65535)
				continue;
			i = topology_node_index(t, (int32_t)from->os_index);
			j = topology_node_index(t, (int32_t)to->os_index);
			t->distances[i * t->n_nodes + j] = (uint32_t)value;
		}
}

static int read_distances(struct load *l, const char *source)
{
	struct dsi_topology *t = l->table;
	struct hwloc_distances_s *given[1];
	unsigned n = 1;

	t->distances =
		calloc((size_t)t->n_nodes * t->n_nodes, sizeof(*t->distances));
	if (!t->distances)
		return fail(l, -DSI_ENOMEM, source, "no memory");
	for (uint32_t a = 0; a < t->n_nodes; a++)
		for (uint32_t b = 0; b < t->n_nodes; b++)
			t->distances[a * t->n_nodes + b] =
				topology_assumed(t, a, b);
	if (hwloc_distances_get_by_type(l->tree, HWLOC_OBJ_NUMANODE, &n, given,
					HWLOC_DISTANCES_KIND_MEANS_LATENCY,
					0) < 0 ||
	    n < 1)
		return 0;
	take_distances(t, given[0]);
	hwloc_distances_release(l->tree, given[0]);
	return 0;
}

/* ---- CPUs ---------------------------------------------------------------- */

/* Several nodes may be local to a CPU: memory of its package, HBM beside it,
 * and CXL memory that firmware or hwloc hang up there.  The first normal one
 * is home: firmware numbers memory that has CPUs before memory that has none.
 * A CPU without memory of its own, or whose node the cpuset forbids, is at
 * home where the way is shortest. */
static int32_t home_of(struct load *l, hwloc_obj_t pu)
{
	struct dsi_topology *t = l->table;
	uint32_t local = DSI_INDEX_NONE, home = DSI_INDEX_NONE;

	for (uint32_t i = 0; i < t->n_nodes && home == DSI_INDEX_NONE; i++) {
		hwloc_obj_t obj = hwloc_get_numanode_obj_by_os_index(
			l->tree, (unsigned)t->nodes[i].node);

		if (!obj || !hwloc_bitmap_isset(obj->cpuset, pu->os_index))
			continue;
		if (local == DSI_INDEX_NONE)
			local = i;
		if (node_usable(t, i) && t->nodes[i].kind == DSI_MEMORY_NORMAL)
			home = i;
	}
	if (home == DSI_INDEX_NONE)
		home = topology_nearest(t, local);
	/* Nothing but fast or far memory: that is normal here. */
	if (home == DSI_INDEX_NONE)
		home = local == DSI_INDEX_NONE ? 0 : local;
	t->nodes[home].n_cpus++;
	return t->nodes[home].node;
}

static uint32_t around(hwloc_topology_t tree, hwloc_obj_t pu,
		       hwloc_obj_type_t type, uint32_t otherwise)
{
	hwloc_obj_t obj = hwloc_get_ancestor_obj_by_type(tree, type, pu);

	return obj ? obj->logical_index : otherwise;
}

/* hwloc's efficiency grows with speed; -1 = not known. */
static uint32_t speed_of(hwloc_topology_t tree, hwloc_obj_t pu)
{
	int kind = hwloc_cpukinds_get_by_cpuset(tree, pu->cpuset, 0);
	int efficiency = 0;

	if (kind < 0 || hwloc_cpukinds_get_info(tree, (unsigned)kind, NULL,
						&efficiency, NULL, NULL, 0) < 0)
		return 0;
	return efficiency > 0 ? (uint32_t)efficiency : 0;
}

static void read_cpu(struct load *l, hwloc_obj_t pu,
		     struct dsi_topology_cpu *cpu)
{
	hwloc_topology_t tree = l->tree;

	cpu->size = sizeof(*cpu);
	cpu->cpu = (int32_t)pu->os_index;
	cpu->node = home_of(l, pu);
	cpu->core = around(tree, pu, HWLOC_OBJ_CORE, pu->logical_index);
	cpu->l2 = around(tree, pu, HWLOC_OBJ_L2CACHE, DSI_INDEX_NONE);
	cpu->l3 = around(tree, pu, HWLOC_OBJ_L3CACHE, DSI_INDEX_NONE);
	cpu->package = around(tree, pu, HWLOC_OBJ_PACKAGE, 0);
	cpu->speed = speed_of(tree, pu);
}

static int by_cpu(const void *a, const void *b)
{
	const struct dsi_topology_cpu *x = a, *y = b;

	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int read_cpus(struct load *l, const char *source)
{
	hwloc_const_cpuset_t allowed =
		hwloc_topology_get_allowed_cpuset(l->tree);
	int n = hwloc_get_nbobjs_by_type(l->tree, HWLOC_OBJ_PU);
	struct dsi_topology *table = l->table;
	hwloc_obj_t pu = NULL;

	table->cpus = calloc((size_t)n, sizeof(*table->cpus));
	if (!table->cpus)
		return fail(l, -DSI_ENOMEM, source, "no memory");
	while ((pu = hwloc_get_next_obj_by_type(l->tree, HWLOC_OBJ_PU, pu))) {
		if (pu->os_index >= DSI_CPUS_MAX)
			return fail(l, -DSI_EOVERFLOW, source, "CPU numbers");
		read_cpu(l, pu, &table->cpus[table->n_cpus]);
		if (hwloc_bitmap_isset(allowed, pu->os_index))
			table->n_cpus++;
	}
	if (table->n_cpus == 0)
		return fail(l, -DSI_EINVAL, source, "no CPU is allowed");
	qsort(table->cpus, table->n_cpus, sizeof(*table->cpus), by_cpu);
	return 0;
}

int dsi_topology_load(const char *source, struct dsi_topology **out_topology,
		      char *why, uint32_t why_bytes)
{
	struct load l = {.why = why, .why_bytes = why_bytes};
	int err;

	if (!out_topology)
		return -DSI_EINVAL;
	l.table = calloc(1, sizeof(*l.table));
	if (!l.table)
		return fail(&l, -DSI_ENOMEM, source, "no memory");
	err = read_tree(&l, source);
	if (!err)
		err = read_nodes(&l, source);
	if (!err)
		err = read_distances(&l, source);
	if (!err)
		err = read_cpus(&l, source);
	if (l.tree)
		hwloc_topology_destroy(l.tree);
	if (err) {
		dsi_topology_destroy(l.table);
		return err;
	}
	topology_name_the_rest(l.table);
	*out_topology = l.table;
	return 0;
}
