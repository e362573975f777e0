/* SPDX-License-Identifier: MIT */
/*
 * plan_test.c - the planner on machines that we do not have.
 *
 * Each function is one machine, synthetic or an XML file of topologies/, with
 * what is expected on it and why.  It uses nothing but the public header, so
 * that a changed planner can be put under it (plan_mutants.py).
 *
 * usage: plan_test TOPOLOGIES
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/placement.h>

#include "expect.h"

#define ENDS 8u

/* One machine, one stream on it, and its plan. */
struct scene {
	struct dsi_topology *t;
	struct dsi_plan_request request;
	struct dsi_plan_end producer;
	struct dsi_plan_end consumers[ENDS];
	struct dsi_plan plan;
};

static const char *folder;

/* ---- saying what is there ------------------------------------------------ */

static struct scene on(const char *machine)
{
	struct scene s = {.request = {.size = sizeof(s.request)},
			  .plan = {.size = sizeof(s.plan)}};
	char path[PATH_MAX];
	char why[256] = "";

	snprintf(path, sizeof(path), "%s/%s.xml", folder, machine);
	if (dsi_topology_load(strpbrk(machine, " :") ? machine : path, &s.t,
			      why, sizeof(why))) {
		printf("%s: %s\n", machine, why);
		exit(1);
	}
	return s;
}

static struct dsi_plan_end runs_on(int first, int last)
{
	struct dsi_plan_end end = {.passes = 0};

	for (int i = first; i <= last; i++)
		end.cpus.words[i / 64] |= UINT64_C(1) << (i % 64);
	return end;
}

static struct dsi_plan_end anywhere(void)
{
	return (struct dsi_plan_end){.passes = 0};
}

static void reader(struct scene *s, struct dsi_plan_end end)
{
	s->consumers[s->request.n_consumers++] = end;
}

static int plan(struct scene *s)
{
	s->request.producer = &s->producer;
	s->request.consumers = s->consumers;
	return dsi_plan_make(s->t, &s->request, &s->plan);
}

/* Forget the consumers. */
static void again(struct scene *s)
{
	s->request = (struct dsi_plan_request){.size = sizeof(s->request)};
	s->producer = anywhere();
}

static void off(struct scene *s)
{
	dsi_topology_destroy(s->t);
}

static int on_node(const struct scene *s, uint32_t node)
{
	return (int)(s->plan.data_nodes.words[node / 64] >> (node % 64) & 1);
}

/* The data area lies on this node and no other. */
#define EXPECT_DATA(s, node, reason)               \
	do {                                       \
		EXPECT((s)->plan.n_data_nodes, 1); \
		EXPECT(on_node((s), (node)), 1);   \
		EXPECT((s)->plan.why, (reason));   \
	} while (0)

static struct dsi_topology_node node_at(const struct scene *s, uint32_t index)
{
	struct dsi_topology_node node = {.size = sizeof(node)};

	EXPECT(dsi_topology_node(s->t, index, &node), 0);
	return node;
}

static struct dsi_topology_cpu cpu_at(const struct scene *s, uint32_t index)
{
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};

	EXPECT(dsi_topology_cpu(s->t, index, &cpu), 0);
	return cpu;
}

/* ---- machines ------------------------------------------------------------ */

/* A laptop.  One node: every page lies there, whoever runs where. */
static void one_node(void)
{
	struct scene s = on("pack:1 [numa(memory=16GB)] l3:1 l2:4 core:1 pu:2");

	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ONE_NODE);
	EXPECT(s.plan.producer_home, 0);
	EXPECT(s.plan.control_node, 0);
	/* CPU 1 is the producer's sibling: the next core is CPU 2. */
	EXPECT(s.plan.producer_cpu, 0);
	EXPECT(s.plan.consumers[0].cpu, 2);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_L3);
	/* One node: also what is too large lies there. */
	s.request.data_bytes = UINT64_C(15) << 30;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ONE_NODE);
	off(&s);
}

/* Two sockets of four cores, two threads each; CPUs 0-7 and 8-15. */
static void two_sockets(void)
{
	struct scene s = on("pack:2 [numa(memory=64GB)] l3:1 l2:4 core:1 pu:2");

	/* One end on each.  Each page at its writer's: control area and
	 * signal page at the producer's, the consumer page at the consumer's.
	 * The data at the reader's: its loads wait, the producer's stores go
	 * on in the background. */
	s.producer = runs_on(0, 7);
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 0);
	EXPECT(s.plan.consumers[0].signal_node, 0);
	EXPECT(s.plan.consumers[0].page_node, 1);
	EXPECT_DATA(&s, 1, DSI_WHY_READERS);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_NOTHING);

	/* It looks at a quarter of the data: the producer touches more. */
	s.consumers[0].passes = 25;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_PRODUCER);
	/* ... but it also writes what it looks at, and three quarters of it:
	 * 150 against 100. */
	s.consumers[0].passes = 75;
	s.consumers[0].writes = 1;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 1, DSI_WHY_READERS);

	/* A second reader beside the producer: 200 passes there, 100 here. */
	s.consumers[0] = runs_on(8, 15);
	reader(&s, runs_on(0, 7));
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_READERS);
	/* And one more over there: 200 on both.  Equal: the producer's. */
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_READERS);

	/* All on one socket. */
	again(&s);
	s.producer = runs_on(8, 15);
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 1, DSI_WHY_ALL_SAME);
	EXPECT(s.plan.control_node, 1);
	off(&s);
}

/* The same machine: ends that may wander between nodes have no home.  Binding
 * for where they happen to be now would be wrong a second later. */
static void wanderers(void)
{
	struct scene s = on("pack:2 [numa(memory=64GB)] l3:1 l2:4 core:1 pu:2");

	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.n_data_nodes, 0);
	EXPECT(s.plan.why, DSI_WHY_NOT_KNOWN);
	EXPECT(s.plan.control_node, DSI_NODE_ANY);
	EXPECT(s.plan.consumers[0].page_node, DSI_NODE_ANY);

	/* Only the reader is at home: its page and the data follow it. */
	s.consumers[0] = runs_on(8, 9);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, DSI_NODE_ANY);
	EXPECT(s.plan.consumers[0].signal_node, DSI_NODE_ANY);
	EXPECT(s.plan.consumers[0].page_node, 1);
	EXPECT_DATA(&s, 1, DSI_WHY_READERS);

	/* Only the producer is. */
	s.producer = runs_on(0, 7);
	s.consumers[0] = runs_on(7, 8);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].page_node, DSI_NODE_ANY);
	EXPECT_DATA(&s, 0, DSI_WHY_PRODUCER);

	/* Who will be pinned as the plan says is at home there. */
	again(&s);
	s.request.flags = DSI_PLAN_PIN;
	s.producer = runs_on(4, 11);
	reader(&s, runs_on(8, 11));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_home, 1);
	EXPECT_DATA(&s, 1, DSI_WHY_ALL_SAME);

	/* A node that was asked for; one that is not there. */
	s.request.placement = DSI_PLACEMENT_NODE;
	s.request.node = 0;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ASKED);
	EXPECT(s.plan.control_node, 1);
	s.request.node = 2;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.n_data_nodes, 0);
	EXPECT(s.plan.why, DSI_WHY_NOT_THERE);
	off(&s);
}

/* Four sockets in a square (firmware: 21 along a side, 31 across): CPUs 0-7,
 * 8-15, 16-23, 24-31. */
static void four_sockets(void)
{
	struct scene s = on("square");

	/* Readers on the opposite corner and next door: equal passes, and the
	 * producer's stores have the shorter way next door. */
	s.producer = runs_on(0, 7);
	reader(&s, runs_on(16, 23));
	reader(&s, runs_on(24, 31));
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 3, DSI_WHY_READERS);

	/* Three readers on three nodes: wherever it lies, two of them load one
	 * memory controller through one link each.  Spread it. */
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.why, DSI_WHY_SPREAD);
	EXPECT(s.plan.n_data_nodes, 3);
	EXPECT(on_node(&s, 0), 0);
	EXPECT(on_node(&s, 1) + on_node(&s, 2) + on_node(&s, 3), 3);

	/* One of them does as much as all others: no spreading for it. */
	s.consumers[1].passes = 300;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 3, DSI_WHY_READERS);

	/* The nearest CPU for a reader that may not stay on the producer's
	 * socket: next door, not across. */
	again(&s);
	s.producer = runs_on(16, 17);
	reader(&s, runs_on(0, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 8);
	off(&s);
}

/* Sub-NUMA clustering: two sockets, two nodes in each, one L3 for both nodes of
 * a socket.  CPUs 0-7, 8-15 | 16-23, 24-31. */
static void sub_numa(void)
{
	struct scene s = on("pack:2 l3:1 numa:2(memory=32GB) core:4 pu:2");

	/* All of them share the L3; the same node is nearer still. */
	s.producer = runs_on(8, 8);
	reader(&s, runs_on(0, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 10);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_L3);
	/* The mask spans both nodes of the socket: no home, as a half is not
	 * the whole.  The producer's node takes the data. */
	EXPECT(s.plan.consumers[0].home, DSI_NODE_ANY);
	EXPECT_DATA(&s, 1, DSI_WHY_PRODUCER);

	/* Readers on all three other nodes: 12 in the package, 20 beyond. */
	EXPECT(dsi_topology_distance(s.t, 1, 0), 12);
	EXPECT(dsi_topology_distance(s.t, 1, 2), 20);
	again(&s);
	s.producer = runs_on(8, 15);
	reader(&s, runs_on(24, 31));
	reader(&s, runs_on(0, 7));
	EXPECT(plan(&s), 0);
	/* Equal, so the one in the producer's package. */
	EXPECT_DATA(&s, 0, DSI_WHY_READERS);
	off(&s);
}

/* EPYC-like, one node for the socket (NPS1), eight L3 groups of four cores:
 * CPUs 0-7 have the first L3, 8-15 the second ... */
static void many_l3(void)
{
	struct scene s =
		on("pack:1 [numa(memory=256GB)] l3:8 l2:4 core:1 pu:2");

	/* Between L3 groups lines go through the I/O die: the pair must share
	 * one.  No siblings. */
	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, 0);
	EXPECT(s.plan.consumers[0].cpu, 2);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_L3);

	/* The reader is confined to the sixth group: the producer goes there,
	 * rather than to CPU 0. */
	s.consumers[0] = runs_on(40, 47);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, 40);
	EXPECT(s.plan.consumers[0].cpu, 42);

	/* Four readers and the producer: a group has four cores, so the last
	 * one goes to the next group, and not onto a sibling. */
	again(&s);
	for (unsigned i = 0; i < 4; i++)
		reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[2].cpu, 6);
	EXPECT(s.plan.consumers[2].share, DSI_SHARE_L3);
	EXPECT(s.plan.consumers[3].cpu, 8);
	EXPECT(s.plan.consumers[3].share, DSI_SHARE_NODE);
	off(&s);
}

/* Two EPYC-like sockets with four nodes each (NPS4): 8 nodes, two L3 groups of
 * three cores in each, 12 CPUs to a node. */
static void many_nodes(void)
{
	struct scene s = on("pack:2 numa:4(memory=32GB) l3:2 core:3 pu:2");

	EXPECT(dsi_topology_nodes(s.t), 8);
	EXPECT(dsi_topology_cpus(s.t), 96);
	s.producer = runs_on(84, 95);
	reader(&s, runs_on(72, 83));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 7);
	EXPECT(s.plan.consumers[0].page_node, 6);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_PACKAGE);
	EXPECT_DATA(&s, 6, DSI_WHY_READERS);

	/* Wider than a node, though within the socket: no home. */
	s.producer = runs_on(48, 95);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, DSI_NODE_ANY);

	/* More than half of a node of 32 GB: all nodes, in turn. */
	s.request.data_bytes = UINT64_C(17000000000);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.why, DSI_WHY_FULL);
	EXPECT(s.plan.n_data_nodes, 8);
	s.request.data_bytes = UINT64_C(15000000000);
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 6, DSI_WHY_READERS);
	off(&s);
}

/* Fast cores 0-3 (CPUs 0-7, two threads each) and slow ones (CPUs 8-15) in
 * clusters of four that share an L2. */
static void heterogeneous(void)
{
	struct scene s = on("hybrid");

	EXPECT(cpu_at(&s, 0).speed, 1);
	EXPECT(cpu_at(&s, 15).speed, 0);
	/* Two slow cores share an L2 and two fast ones do not; but a stream
	 * is as fast as its slower end. */
	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, 0);
	EXPECT(s.plan.consumers[0].cpu, 2);

	/* Three readers fill the fast cores; a fourth gets a slow core for
	 * itself rather than half of a fast one. */
	for (unsigned i = 0; i < 3; i++)
		reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[2].cpu, 6);
	EXPECT(s.plan.consumers[3].cpu, 8);

	/* On slow cores only: one cluster, sharing its L2. */
	again(&s);
	s.producer = runs_on(10, 15);
	reader(&s, runs_on(12, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, 12);
	EXPECT(s.plan.consumers[0].cpu, 13);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_L2);
	off(&s);
}

/* A memory expander behind CXL: node 2, 256 GB, without CPUs. */
static void cxl(void)
{
	struct scene s = on("cxl");

	EXPECT(node_at(&s, 2).n_cpus, 0);
	EXPECT(node_at(&s, 2).kind, DSI_MEMORY_FAR);
	/* Nobody is at home there, although it is the largest by far. */
	s.producer = runs_on(0, 7);
	reader(&s, runs_on(0, 7));
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ALL_SAME);
	/* Too large for a socket: both sockets, still not the expander. */
	s.request.data_bytes = UINT64_C(40000000000);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.why, DSI_WHY_FULL);
	EXPECT(s.plan.n_data_nodes, 2);
	EXPECT(on_node(&s, 2), 0);
	/* Who asks for it gets it. */
	s.request.placement = DSI_PLACEMENT_NODE;
	s.request.node = 2;
	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 2, DSI_WHY_ASKED);
	off(&s);
}

/* Sockets with high-bandwidth memory beside the normal one, as nodes of their
 * own (2 and 3).  It is small, and for one stream no faster. */
static void fast_memory(void)
{
	struct scene s = on("hbm");

	EXPECT(node_at(&s, 2).kind, DSI_MEMORY_FAST);
	EXPECT(cpu_at(&s, 8).node, 1);
	s.producer = runs_on(0, 7);
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 0);
	EXPECT_DATA(&s, 1, DSI_WHY_READERS);
	off(&s);
}

/* Two sockets without any other memory: that is home, and stays what it is.  What
 * the firmware says of the distance between them is none. */
static void only_fast_memory(void)
{
	struct scene s = on("hbm_only");

	EXPECT(node_at(&s, 0).kind, DSI_MEMORY_FAST);
	EXPECT(node_at(&s, 1).n_cpus, 2);
	EXPECT(cpu_at(&s, 1).node, 0);
	EXPECT(cpu_at(&s, 2).node, 1);
	EXPECT(dsi_topology_distance(s.t, 0, 0), 10);
	EXPECT(dsi_topology_distance(s.t, 0, 1), 20);
	EXPECT(dsi_topology_distance(s.t, 1, 0), 20);
	off(&s);
}

/* A cpuset without a CPU: there is nobody to plan for. */
static void no_cpu(void)
{
	struct dsi_topology *t = NULL;
	char path[PATH_MAX];
	char why[256] = "";

	snprintf(path, sizeof(path), "%s/nobody.xml", folder);
	EXPECT(dsi_topology_load(path, &t, why, sizeof(why)), -DSI_EINVAL);
	EXPECT(strstr(why, "no CPU is allowed") != NULL, 1);
	EXPECT(t == NULL, 1);
}

/* A cache between CPUs and memory belongs to its node: seen, and transparent.
 * Both sockets have 1 TB of slow memory with a cache, and no other. */
static void memory_side_cache(void)
{
	struct scene s = on("memory_side_cache");

	EXPECT(node_at(&s, 0).cache_bytes, 16000000000);
	EXPECT(node_at(&s, 1).kind, DSI_MEMORY_NORMAL);
	s.producer = runs_on(0, 1);
	reader(&s, runs_on(2, 3));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 0);
	EXPECT_DATA(&s, 1, DSI_WHY_READERS);
	off(&s);
}

/* POWER-like: nodes 0 and 8 with CPUs, 254 and 255 are memory of GPUs, into
 * which nothing may spill.  Four threads to a core, two cores to an L3. */
static void gpu_memory(void)
{
	struct scene s = on("gpu_memory");

	EXPECT(node_at(&s, 3).node, 255);
	EXPECT(node_at(&s, 3).kind, DSI_MEMORY_OTHER);
	EXPECT(dsi_topology_distance(s.t, 0, 8), 40);
	s.producer = runs_on(16, 31);
	reader(&s, runs_on(0, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 8);
	EXPECT_DATA(&s, 0, DSI_WHY_READERS);
	s.request.data_bytes = UINT64_C(100000000000);
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.n_data_nodes, 2);
	EXPECT(on_node(&s, 0) + on_node(&s, 8), 2);
	off(&s);
}

/* The second socket has CPUs 8-15 and no memory: its CPUs are at home on the
 * first one's, for want of another. */
static void memoryless(void)
{
	struct scene s = on("memoryless");

	EXPECT(cpu_at(&s, 8).node, 0);
	s.producer = runs_on(8, 15);
	reader(&s, runs_on(0, 7));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ONE_NODE);
	/* Same home, but the caches are each socket's own: a reader that may
	 * choose stays on the producer's socket. */
	s.consumers[0] = anywhere();
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, 8);
	EXPECT(s.plan.consumers[0].cpu, 10);
	/* What is empty cannot be asked for. */
	s.request.placement = DSI_PLACEMENT_NODE;
	s.request.node = 1;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.why, DSI_WHY_NOT_THERE);
	off(&s);
}

/* A container with CPUs 0-3 and 8-15, and memory of node 1 only. */
static void container(void)
{
	struct scene s = on("cpuset");

	EXPECT(dsi_topology_cpus(s.t), 12);
	EXPECT(node_at(&s, 0).allowed, 0);
	s.producer = runs_on(0, 3);
	reader(&s, runs_on(8, 15));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.control_node, 1);
	EXPECT_DATA(&s, 1, DSI_WHY_ONE_NODE);
	s.request.placement = DSI_PLACEMENT_NODE;
	s.request.node = 0;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.why, DSI_WHY_NOT_THERE);
	/* CPUs that are not in it. */
	s.producer = runs_on(4, 7);
	EXPECT(plan(&s), -DSI_ENOENT);
	off(&s);
}

/* CPUs numbered round robin over the sockets, as much firmware does: even ones
 * in the first, odd ones in the second. */
static void interleaved_numbers(void)
{
	struct scene s = on("pack:2 [numa(memory=64GB)] l3:1 core:4 "
			    "pu:1(indexes=0,2,4,6,1,3,5,7)");

	EXPECT(cpu_at(&s, 1).node, 1);
	EXPECT(cpu_at(&s, 2).node, 0);
	/* CPUs 0-3 look like neighbours, and are on both sockets. */
	s.producer = runs_on(0, 0);
	reader(&s, runs_on(1, 3));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 2);
	EXPECT(s.plan.consumers[0].home, DSI_NODE_ANY);
	off(&s);
}

/* Siblings, by policy: a machine of two cores, four threads, L2 each. */
static void siblings(void)
{
	struct scene s = on("pack:1 [numa(memory=8GB)] l3:1 l2:2 core:1 pu:2");

	s.producer = runs_on(0, 0);
	reader(&s, anywhere());
	s.request.smt = DSI_SMT_PREFER;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 1);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_CORE);
	/* A sibling shares the L2, the other core does not. */
	s.request.smt = DSI_SMT_IGNORE;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 1);
	s.request.smt = DSI_SMT_AVOID;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 2);

	/* More ends than cores: then a sibling, rather than nothing. */
	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[1].cpu, 1);
	/* More ends than threads: the last has no CPU of its own. */
	reader(&s, anywhere());
	reader(&s, anywhere());
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[3].cpu, DSI_CPU_ANY);
	EXPECT(s.plan.consumers[3].share, DSI_SHARE_UNKNOWN);

	/* Who has one place only chooses first: reader 1 must have CPU 2, so
	 * reader 0 goes elsewhere. */
	again(&s);
	s.producer = runs_on(0, 0);
	reader(&s, runs_on(2, 3));
	reader(&s, runs_on(2, 2));
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[1].cpu, 2);
	EXPECT(s.plan.consumers[0].cpu, 3);
	off(&s);

	/* Two cores share an L2; core 0 has CPUs 0 and 2. */
	s = on("pack:1 l3:1 l2:1 core:2 pu:2(indexes=0,2,1,3)");
	s.producer = runs_on(0, 0);
	reader(&s, anywhere());
	s.request.smt = DSI_SMT_PREFER;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 2);
	s.request.smt = DSI_SMT_IGNORE;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.consumers[0].cpu, 1);
	EXPECT(s.plan.consumers[0].share, DSI_SHARE_L2);
	off(&s);
}

static void refusals(void)
{
	struct scene s = on("pack:1 core:2 pu:1");
	struct dsi_topology *none = NULL;
	char why[128] = "";

	EXPECT(plan(&s), 0);
	EXPECT_DATA(&s, 0, DSI_WHY_ONE_NODE);
	s.request.smt = 3;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.request.smt = 0;
	s.request.placement = DSI_PLACEMENT_LIKE;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.request.placement = 0;
	s.request.n_consumers = DSI_MAX_CONSUMERS + 1;
	EXPECT(plan(&s), -DSI_EINVAL);
	EXPECT(dsi_topology_distance(s.t, 0, 1), -DSI_EINVAL);
	EXPECT(dsi_topology_load("pack:two", &none, why, sizeof(why)),
	       -DSI_EINVAL);
	EXPECT(strlen(why) > 0, 1);
	off(&s);
}

/* Who reads more often than can be counted, with options that are none; homes by
 * CPUs that were not chosen stay what they are; and a reason that is none. */
static void odd_requests(void)
{
	struct scene s = on("pack:2 [numa] core:1 pu:1");
	char none[] = "unknown reason";

	s.producer = runs_on(1, 1);
	s.consumers[0] = runs_on(1, 1);
	s.request.n_consumers = 1;
	s.request.flags = DSI_PLAN_PIN | DSI_PLAN_NO_CPUS;
	EXPECT(plan(&s), 0);
	EXPECT(s.plan.producer_cpu, DSI_CPU_ANY);
	EXPECT(s.plan.producer_home, 1);
	EXPECT(s.plan.consumers[0].home, 1);
	s.request.flags = 1u << 31;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.request.flags = 0;
	s.consumers[0].passes = 1000000;
	EXPECT(plan(&s), 0);
	s.consumers[0].passes++;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.consumers[0].passes = 0;
	s.producer.passes = 1000001;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.producer.passes = 0;
	s.request.size--;
	EXPECT(plan(&s), -DSI_EINVAL);
	s.request.size++;
	s.plan.size--;
	EXPECT(plan(&s), -DSI_EINVAL);
	EXPECT(strcmp(dsi_plan_reason(UINT32_MAX), none), 0);
	/* Two that read alike, and a producer that is at home nowhere. */
	s.plan.size++;
	s.producer = anywhere();
	s.consumers[0] = runs_on(1, 1);
	s.consumers[1] = runs_on(0, 0);
	s.request.n_consumers = 2;
	EXPECT(plan(&s), 0);
	off(&s);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: plan_test TOPOLOGIES\n");
		return 2;
	}
	folder = argv[1];
	one_node();
	two_sockets();
	wanderers();
	four_sockets();
	sub_numa();
	many_l3();
	many_nodes();
	heterogeneous();
	cxl();
	fast_memory();
	only_fast_memory();
	no_cpu();
	memory_side_cache();
	gpu_memory();
	memoryless();
	container();
	interleaved_numbers();
	siblings();
	refusals();
	odd_requests();
	printf("%u checks, %u wrong\n", checked, wrong);
	return wrong != 0;
}
