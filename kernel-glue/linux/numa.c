/* SPDX-License-Identifier: MIT */
/*
 * numa.c - of which node's memory a region is made.
 *
 * Place in the data flow: below region.c; control plane.
 *
 * What is decided, and how it is carried out, is in libdsi-placement, which
 * needs hwloc and libnuma.  It is loaded when there is something to decide: for
 * a placement that was asked for, or for AUTO on a machine with several nodes.
 * Without it, and where a sandbox forbids to bind, everything works and lies
 * wherever it is touched first; the user is told so, once.
 *
 * What a program leaves to AUTO its user may decide: DSI_PLACEMENT has the words
 * of `dsi send --placement`.  A process that runs with other rights than its
 * user's does not listen to the environment.
 *
 * A policy belongs to the object behind a shared mapping.  So the owner of a
 * region places it for all who map it, and who only reads it needs no right to
 * anything.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/placement.h>

#include "linux.h"

#define LIBRARY "libdsi-placement.so.0"

/* Each plan may move the whole area; who makes consumers come and go shall not
 * make the producer's memory bus busy for ever. */
#define PLANS_MAX 64u

/* Functions of the library.  Set once, under the lock, before use. */
static struct {
	__typeof__(dsi_topology_load_nodes) *topology_load;
	__typeof__(dsi_topology_cpus) *topology_cpus;
	__typeof__(dsi_topology_cpu) *topology_cpu;
	__typeof__(dsi_plan_make) *plan_make;
	__typeof__(dsi_plan_reason) *plan_reason;
	__typeof__(dsi_memory_bind) *memory_bind;
	__typeof__(dsi_thread_cpus) *thread_cpus;
} call;

static pthread_mutex_t numa_lock = PTHREAD_MUTEX_INITIALIZER;
static int looked;		     /* for the library */
static struct dsi_topology *machine; /* NULL: there is no placement */
static _Atomic uint32_t said;

/* What can be said once. */
#define SAY_LIBRARY 1u
#define SAY_NODE 2u
#define SAY_PROCESS 4u
#define SAY_BIND 8u
#define SAY_WISH 16u

/* Regions that this thread makes shall lie there. */
static _Thread_local int32_t node_now = DSI_NODE_ANY;

__attribute__((format(printf, 2, 3))) static void say(uint32_t what,
						      const char *format, ...)
{
	char text[512];
	va_list args;

	/* relaxed: at most one gets to say it. */
	if (atomic_fetch_or_explicit(&said, what, memory_order_relaxed) & what)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "dsi: placement: %s\n", text);
}

/* ---- is there anything to decide? ---------------------------------------- */

/* May this process take memory from more than one node?  1 or 0. */
static int several_nodes(void)
{
	static const char key[] = "Mems_allowed_list:\t";
	FILE *file = fopen("/proc/self/status", "re");
	char *line = NULL;
	size_t room = 0;
	int several = 0;

	/* Lines before it, of groups and CPUs, may be long. */
	while (file && getline(&line, &room, file) > 0) {
		if (strncmp(line, key, sizeof(key) - 1) != 0)
			continue;
		several = strpbrk(line + sizeof(key) - 1, ",-") != NULL;
		break;
	}
	free(line);
	if (file)
		(void)fclose(file);
	return several;
}

/* ---- the library --------------------------------------------------------- */

static int resolve(void *object, const char *name, void *function)
{
	void *symbol = dlsym(object, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static void load(void)
{
	void *object = dsi__module_load(LIBRARY);
	char why[256] = "";

	if (!object ||
	    !resolve(object, "dsi_topology_load_nodes", &call.topology_load) ||
	    !resolve(object, "dsi_topology_cpus", &call.topology_cpus) ||
	    !resolve(object, "dsi_topology_cpu", &call.topology_cpu) ||
	    !resolve(object, "dsi_plan_make", &call.plan_make) ||
	    !resolve(object, "dsi_plan_reason", &call.plan_reason) ||
	    !resolve(object, "dsi_memory_bind", &call.memory_bind) ||
	    !resolve(object, "dsi_thread_cpus", &call.thread_cpus)) {
		const char *reason = dlerror();

		say(SAY_LIBRARY,
		    "%s; streams are left where the system puts them",
		    reason ? reason : LIBRARY " is of another version");
		return;
	}
	/* Kept as long as the process lives. */
	if (call.topology_load(&machine, why, sizeof(why))) {
		machine = NULL;
		say(SAY_LIBRARY,
		    "%s; streams are left where the system puts "
		    "them",
		    why);
	}
}

/* The machine, or NULL if nothing can be placed. */
static const struct dsi_topology *get_machine(void)
{
	(void)pthread_mutex_lock(&numa_lock);
	if (!looked) {
		looked = 1;
		load();
	}
	(void)pthread_mutex_unlock(&numa_lock);
	return machine;
}

/* ---- where an end is at home --------------------------------------------- */

static int32_t home_of(const struct dsi_topology *t,
		       const struct dsi_cpus *cpus)
{
	struct dsi_plan_end end = {.cpus = *cpus};
	struct dsi_plan_request request = {.size = sizeof(request),
					   .flags = DSI_PLAN_NO_CPUS,
					   .producer = &end};
	struct dsi_plan plan = {.size = sizeof(plan)};

	return call.plan_make(t, &request, &plan) ? DSI_NODE_ANY
						  : plan.producer_home;
}

/* The CPU on which a process ran last, or -1: field 39 of its stat, counted
 * from behind its name, which may have anything in it. */
static int last_cpu(uint32_t pid)
{
	char path[64], text[1024];
	const char *at;
	FILE *file;
	size_t n;
	int cpu = -1;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	n = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 39; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || sscanf(at, "%d", &cpu) != 1)
		return -1;
	return cpu;
}

static int32_t home_like(const struct dsi_topology *t, uint32_t pid)
{
	struct dsi_cpus cpus;
	int32_t home = DSI_NODE_ANY;
	int cpu;

	if (pid == 0 || call.thread_cpus(pid, &cpus)) {
		say(SAY_PROCESS,
		    "like:%u: there is no such process, or it may not be "
		    "looked "
		    "at; left to the system",
		    pid);
		return DSI_NODE_ANY;
	}
	home = home_of(t, &cpus);
	if (home != DSI_NODE_ANY)
		return home;
	/* It may wander: then where it is now. */
	cpu = last_cpu(pid);
	if (cpu < 0 || cpu >= (int)DSI_CPUS_MAX)
		return DSI_NODE_ANY;
	memset(&cpus, 0, sizeof(cpus));
	cpus.words[cpu / 64] = UINT64_C(1) << (cpu % 64);
	return home_of(t, &cpus);
}

static int32_t home_asked(const struct dsi_topology *t, uint32_t node)
{
	struct dsi_plan_end end = {.passes = 0};
	struct dsi_plan_request request = {.size = sizeof(request),
					   .flags = DSI_PLAN_NO_CPUS,
					   .placement = DSI_PLACEMENT_NODE,
					   .node = (int32_t)node,
					   .producer = &end};
	struct dsi_plan plan = {.size = sizeof(plan)};

	if (call.plan_make(t, &request, &plan))
		return DSI_NODE_ANY;
	if (plan.n_data_nodes == 1)
		return (int32_t)node;
	say(SAY_NODE, "node:%u: %s", node, call.plan_reason(plan.why));
	return DSI_NODE_ANY;
}

/* "node:N" or "like:PID": 1 and its number, else 0. */
static int numbered(const char *wish, const char *word, uint32_t *out_of)
{
	size_t n = strlen(word);
	char *end;
	unsigned long of;

	if (strncmp(wish, word, n) != 0 || wish[n] < '0' || wish[n] > '9')
		return 0;
	of = strtoul(wish + n, &end, 10);
	if (*end || of > INT32_MAX)
		return 0;
	*out_of = (uint32_t)of;
	return 1;
}

/* What the user wants for a stream that leaves it open. */
static void ask_user(struct dsi_port_placement *placement)
{
	const char *wish = secure_getenv("DSI_PLACEMENT");

	if (!wish || !*wish || strcmp(wish, "auto") == 0)
		return;
	if (strcmp(wish, "none") == 0)
		placement->policy = DSI_PLACEMENT_NONE;
	else if (numbered(wish, "node:", &placement->of))
		placement->policy = DSI_PLACEMENT_NODE;
	else if (numbered(wish, "like:", &placement->of))
		placement->policy = DSI_PLACEMENT_LIKE;
	else
		say(SAY_WISH,
		    "DSI_PLACEMENT=%.64s is ignored; it may be auto, none, "
		    "node:N or like:PID",
		    wish);
}

void dsi_port_placement_init(struct dsi_port_placement *placement,
			     uint32_t policy, uint32_t of)
{
	const struct dsi_topology *t;
	struct dsi_cpus cpus;

	*placement = (struct dsi_port_placement){
		.policy = policy, .of = of, .node = DSI_NODE_ANY};
	if (policy == DSI_PLACEMENT_AUTO)
		ask_user(placement);
	policy = placement->policy;
	of = placement->of;
	if (policy == DSI_PLACEMENT_NONE ||
	    (policy == DSI_PLACEMENT_AUTO && !several_nodes()))
		return;
	t = get_machine();
	if (!t)
		return;
	if (policy == DSI_PLACEMENT_NODE)
		placement->node = home_asked(t, of);
	else if (policy == DSI_PLACEMENT_LIKE)
		placement->node = home_like(t, of);
	else if (call.thread_cpus(0, &cpus) == 0)
		placement->node = home_of(t, &cpus);
}

/* ---- regions ------------------------------------------------------------- */

static void bind_to(void *addr, uint64_t bytes, const struct dsi_nodes *nodes,
		    uint32_t mode)
{
	char why[256] = "";

	if (call.memory_bind(addr, bytes, nodes, mode, why, sizeof(why)))
		say(SAY_BIND, "%s; streams are left where the system puts them",
		    why);
}

void dsi_port_placement_begin(const struct dsi_port_placement *placement)
{
	node_now = placement->node;
}

void dsi_port_placement_end(void)
{
	node_now = DSI_NODE_ANY;
}

void dsi__numa_bind(void *addr, uint64_t bytes)
{
	struct dsi_nodes nodes = {{0}};

	/* No node without the library. */
	if (node_now == DSI_NODE_ANY)
		return;
	nodes.words[node_now / 64] = UINT64_C(1) << (node_now % 64);
	bind_to(addr, bytes, &nodes, DSI_BIND_PREFER);
}

/* The CPUs at home on a node; none: it may run anywhere. */
static struct dsi_cpus cpus_of(const struct dsi_topology *t, int32_t node)
{
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};
	struct dsi_cpus cpus = {{0}};

	for (uint32_t i = 0; i < (uint32_t)call.topology_cpus(t); i++)
		if (call.topology_cpu(t, i, &cpu) == 0 && cpu.node == node)
			cpus.words[cpu.cpu / 64] |= UINT64_C(1)
						    << (cpu.cpu % 64);
	return cpus;
}

static int plan_for(const struct dsi_topology *t, int32_t home, uint64_t bytes,
		    const uint32_t *pids, uint32_t n, struct dsi_plan *plan)
{
	struct dsi_plan_end producer = {.cpus = cpus_of(t, home)};
	struct dsi_plan_end consumers[DSI_MAX_CONSUMERS];
	struct dsi_plan_request request = {.size = sizeof(request),
					   .flags = DSI_PLAN_NO_CPUS,
					   .n_consumers = n,
					   .data_bytes = bytes,
					   .producer = &producer,
					   .consumers = consumers};

	memset(consumers, 0, sizeof(consumers));
	for (uint32_t i = 0; i < n; i++) {
		if (pids[i] &&
		    call.thread_cpus(pids[i], &consumers[i].cpus) == 0)
			continue;
		memset(&consumers[i], 0, sizeof(consumers[i]));
	}
	*plan = (struct dsi_plan){.size = sizeof(*plan)};
	return call.plan_make(t, &request, plan);
}

void dsi_port_placement_data(struct dsi_port_placement *placement,
			     const struct dsi_port_region *data,
			     const uint32_t *pids, uint32_t n_pids)
{
	const struct dsi_topology *t;
	struct dsi_plan plan;

	if (placement->policy != DSI_PLACEMENT_AUTO || !several_nodes() ||
	    placement->plans >= PLANS_MAX || n_pids > DSI_MAX_CONSUMERS)
		return;
	placement->plans++;
	t = get_machine();
	if (!t ||
	    plan_for(t, placement->node, data->bytes, pids, n_pids, &plan))
		return;
	if (plan.n_data_nodes)
		bind_to(data->addr, data->bytes, &plan.data_nodes,
			plan.n_data_nodes > 1 ? DSI_BIND_INTERLEAVE
					      : DSI_BIND_PREFER);
}
