/* SPDX-License-Identifier: MIT */
/*
 * placement.h - which memory and which CPUs serve a stream best.
 *
 * Place: beside the data flow; control plane only.  On a machine with several
 * memory nodes the node of a page decides what a cache miss on it costs.  Who
 * writes a page is known (docs/design/20-shm-layout.md), so where it should
 * lie can be said before the first packet flows.
 *
 *   topology   the machine, or another one, as a table of CPUs and nodes
 *   plan       from CPUs of the ends to nodes of the pages: a pure function
 *   memory     bind and move, ask, lock; huge pages
 *   threads    CPUs and real-time policy of the calling thread
 *
 * All of it is in libdsi-placement, which needs hwloc and libnuma.  libdsi
 * does not: it loads this library when a stream asks for a placement and the
 * machine has several nodes (socket.h, types.h: DSI_PLACEMENT_*), and works
 * without it.
 *
 * Nodes and CPUs have the numbers that the operating system gives them.
 */
#ifndef DSI_PLACEMENT_H
#define DSI_PLACEMENT_H

#include <dsi/export.h>
#include <dsi/types.h>

/* ---- sets ---------------------------------------------------------------- */

#define DSI_CPUS_MAX 4096u  /* CPU numbers are below */
#define DSI_NODES_MAX 1024u /* node numbers are below, as in Linux */

/* Bit n % 64 of word n / 64 stands for number n. */
struct dsi_cpus {
	uint64_t words[DSI_CPUS_MAX / 64u];
};
struct dsi_nodes {
	uint64_t words[DSI_NODES_MAX / 64u];
};

#define DSI_NODE_ANY (-1) /* no node in particular: left to the system */
#define DSI_CPU_ANY (-1)

/* ---- the machine --------------------------------------------------------- */

struct dsi_topology;

/* What the memory of a node is. */
#define DSI_MEMORY_NORMAL 0u
#define DSI_MEMORY_FAST 1u  /* high bandwidth, small: HBM, MCDRAM */
#define DSI_MEMORY_FAR 2u   /* behind a link or slow: CXL, NVM */
#define DSI_MEMORY_OTHER 3u /* what nobody should take unasked: GPU memory */

/**
 * struct dsi_topology_node - a memory node.
 * @size:        sizeof(struct dsi_topology_node)
 * @node:        its number
 * @kind:        DSI_MEMORY_*
 * @allowed:     1 if this process may take memory of it
 * @package:     index of the package it belongs to; DSI_INDEX_NONE: several
 * @n_cpus:      CPUs that are at home here, also those that are not ours to
 *               use; 0 = a node of memory alone
 * @bytes:       its memory; 0 = not known, or none
 * @cache_bytes: memory-side cache before it; 0 = none
 */
struct dsi_topology_node {
	uint32_t size;
	int32_t node;
	uint32_t kind;
	uint32_t allowed;
	uint32_t package;
	uint32_t n_cpus;
	uint64_t bytes;
	uint64_t cache_bytes;
};

#define DSI_INDEX_NONE UINT32_MAX

/**
 * struct dsi_topology_cpu - a CPU (a hardware thread).
 * @size:    sizeof(struct dsi_topology_cpu)
 * @cpu:     its number
 * @node:    its home: the node where its memory should come from
 * @core:    index of its core; equal for SMT siblings
 * @l2:      index of its level 2 cache, DSI_INDEX_NONE = has none
 * @l3:      index of its level 3 cache, DSI_INDEX_NONE = has none
 * @package: index of its package (socket)
 * @speed:   rank of its kind of core, 0 = the slowest (or all are equal)
 */
struct dsi_topology_cpu {
	uint32_t size;
	int32_t cpu;
	int32_t node;
	uint32_t core;
	uint32_t l2;
	uint32_t l3;
	uint32_t package;
	uint32_t speed;
};

/**
 * dsi_topology_load - read a topology.
 * @source:       NULL = this machine, as far as this process may use it; else
 *                a synthetic description of hwloc ("pack:2 ..."), or a path of
 *                a file that `lstopo` wrote as XML (it has a '/' or ends in
 *                .xml)
 * @out_topology: the topology
 * @why:          text buffer for the reason of a failure, may be NULL
 * @why_bytes:    its size
 *
 * Return: 0, or
 *   -DSI_EINVAL     hwloc does not understand @source, or its variables
 *                   (HWLOC_XMLFILE) have it read another machine than this
 *   -DSI_ENOMEM     no memory
 *   -DSI_EOVERFLOW  more CPUs or nodes than a set has room for
 * Context: any thread; reads files of the system: milliseconds.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_topology_load(const char *source,
					     struct dsi_topology **out_topology,
					     char *why, uint32_t why_bytes);

/**
 * dsi_topology_load_nodes - read the nodes of this machine, and no more.
 * @out_topology: the topology; each CPU is a core of its own, of the slowest
 *                kind, and shares no cache.  Of CPUs also those are there that
 *                this process may not use
 * @why:          text buffer for the reason of a failure, may be NULL
 * @why_bytes:    its size
 *
 * As much as a plan with DSI_PLAN_NO_CPUS needs: its nodes are the same as with
 * dsi_topology_load().  Does not use hwloc.
 *
 * Return: 0, or
 *   -DSI_ENOTSUP  the kernel knows no nodes, or /sys is not mounted
 *   -DSI_ENOMEM   no memory
 * Context: any thread, but one at a time; reads three small files for a node.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_topology_load_nodes(
	struct dsi_topology **out_topology, char *why, uint32_t why_bytes);

/**
 * dsi_topology_destroy - free it.
 * @topology: topology or NULL
 *
 * Context: any thread.
 * Since:   0.1
 */
DSI_API void dsi_topology_destroy(struct dsi_topology *topology);

/**
 * dsi_topology_nodes - number of memory nodes, also of those not allowed.
 * @topology: topology
 *
 * Return: their number, at least 1.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_topology_nodes(const struct dsi_topology *topology);

/**
 * dsi_topology_node - one of them.
 * @topology: topology
 * @index:    0..nodes - 1, by rising numbers
 * @out_node: set @out_node->size before
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_topology_node(
	const struct dsi_topology *topology, uint32_t index,
	struct dsi_topology_node *out_node);

/**
 * dsi_topology_cpus - number of CPUs that this process may use.
 * @topology: topology
 *
 * Return: their number, at least 1.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_topology_cpus(const struct dsi_topology *topology);

/**
 * dsi_topology_cpu - one of them.
 * @topology: topology
 * @index:    0..cpus - 1, by rising numbers
 * @out_cpu:  set @out_cpu->size before
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_topology_cpu(const struct dsi_topology *topology,
					    uint32_t index,
					    struct dsi_topology_cpu *out_cpu);

/**
 * dsi_topology_distance - how far it is from a CPU at home on a node to memory
 * of a node.
 * @topology: topology
 * @from:     number of a node
 * @to:       number of a node
 *
 * Return: the firmware's figure: 10 = the same node, 20 = takes twice as long;
 *         where the firmware says nothing 12 within a package, else 20.
 *         -DSI_EINVAL: no such node.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_topology_distance(const struct dsi_topology *topology,
				      int32_t from, int32_t to);

/* ---- the plan ------------------------------------------------------------ */

/* SMT siblings, two CPUs of one core. */
#define DSI_SMT_AVOID \
	0u /* each end has a core to itself, if there are enough */
#define DSI_SMT_PREFER 1u /* consumers on siblings of the producer's */
#define DSI_SMT_IGNORE \
	2u /* a sibling is no better and no worse than a core
			   * that shares the same caches */

/* Flags of a request. */
#define DSI_PLAN_PIN 0x0001u /* the ends will run where the plan says */
#define DSI_PLAN_NO_CPUS \
	0x0002u /* only nodes: choose no CPUs, which is what
				  * takes time on large machines */

/**
 * struct dsi_plan_end - an end of a stream.
 * @cpus:   where it may run; empty = anywhere
 * @passes: how often it goes through the bytes of a packet, in hundredths: 100
 *          = once, 25 = it looks at a quarter; 0 = 100
 * @writes: it also writes them (a consumer of a writable stream); then each
 *          of its passes counts twice: a line that was read and changed goes
 *          back
 */
struct dsi_plan_end {
	struct dsi_cpus cpus;
	uint32_t passes;
	uint32_t writes;
};

/**
 * struct dsi_plan_request - what is to be placed.
 * @size:        sizeof(struct dsi_plan_request)
 * @flags:       DSI_PLAN_*
 * @smt:         DSI_SMT_*
 * @n_consumers: 0..DSI_MAX_CONSUMERS
 * @placement:   DSI_PLACEMENT_AUTO, or _NODE: the data area lies on @node
 * @node:        for _NODE
 * @data_bytes:  size of the data area, 0 = not known
 * @producer:    where it may run
 * @consumers:   array
 */
struct dsi_plan_request {
	uint32_t size;
	uint32_t flags;
	uint32_t smt;
	uint32_t n_consumers;
	uint32_t placement;
	int32_t node;
	uint64_t data_bytes;
	const struct dsi_plan_end *producer;
	const struct dsi_plan_end *consumers;
};

/* What two CPUs share, from near to far. */
#define DSI_SHARE_CORE 0u    /* SMT siblings */
#define DSI_SHARE_L2 1u	     /* a level 2 cache */
#define DSI_SHARE_L3 2u	     /* a level 3 cache */
#define DSI_SHARE_NODE 3u    /* a package, and the memory of a node */
#define DSI_SHARE_PACKAGE 4u /* a package of several nodes */
#define DSI_SHARE_NOTHING 5u /* not even a package */
#define DSI_SHARE_UNKNOWN 6u /* one of them has no CPU in the plan */

/* Why the data area lies where it does. */
#define DSI_WHY_ONE_NODE 0u  /* the machine has one node for us */
#define DSI_WHY_ASKED 1u     /* the request names the node */
#define DSI_WHY_ALL_SAME 2u  /* all ends are at home there */
#define DSI_WHY_READERS 3u   /* most passes are made from there */
#define DSI_WHY_PRODUCER 4u  /* no reader counts more than the producer */
#define DSI_WHY_SPREAD 5u    /* interleaved over the nodes of many readers */
#define DSI_WHY_NOT_KNOWN 6u /* no end is at home anywhere: left alone */
#define DSI_WHY_FULL 7u	     /* it does not fit where it should lie */
#define DSI_WHY_NOT_THERE \
	8u /* the node asked for is not there or not allowed:
			       * left alone */

/**
 * struct dsi_plan_consumer - what the plan says of one consumer.
 * @cpu:         where it should run, DSI_CPU_ANY = the plan has none for it
 * @home:        node it is at home on, DSI_NODE_ANY = no single one
 * @page_node:   of its consumer page, which it writes
 * @signal_node: of its signal page, which the producer writes
 * @share:       DSI_SHARE_* with the producer's CPU
 */
struct dsi_plan_consumer {
	int32_t cpu;
	int32_t home;
	int32_t page_node;
	int32_t signal_node;
	uint32_t share;
};

/**
 * struct dsi_plan - where a stream should lie, and its ends run.
 * @size:         sizeof(struct dsi_plan)
 * @why:          DSI_WHY_*: the reason of @data_nodes
 * @producer_cpu: where it should run, DSI_CPU_ANY = the plan has none for it
 * @producer_home: node it is at home on, DSI_NODE_ANY = no single one
 * @control_node: of the control area, which the producer writes
 * @n_consumers:  as asked for
 * @n_data_nodes: 0 = left to the system, 1, or more: pages in turn
 * @reserved:     0
 * @data_nodes:   nodes of the data area
 * @consumers:    one each
 */
struct dsi_plan {
	uint32_t size;
	uint32_t why;
	int32_t producer_cpu;
	int32_t producer_home;
	int32_t control_node;
	uint32_t n_consumers;
	uint32_t n_data_nodes;
	uint32_t reserved;
	struct dsi_nodes data_nodes;
	struct dsi_plan_consumer consumers[DSI_MAX_CONSUMERS];
};

/**
 * dsi_plan_make - plan a stream.
 * @topology: the machine
 * @request:  what is to be placed
 * @out_plan: the plan; set @out_plan->size before
 *
 * A pure function: nothing of the system is asked or changed.  The rules with
 * their reasons are in docs/design/95-placement.md.
 *
 * Return: 0, or
 *   -DSI_EINVAL  a value out of range
 *   -DSI_ENOENT  an end may only run on CPUs that are not there
 * Context: any thread; milliseconds for hundreds of CPUs and many consumers.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_plan_make(const struct dsi_topology *topology,
					 const struct dsi_plan_request *request,
					 struct dsi_plan *out_plan);

/**
 * dsi_plan_reason - DSI_WHY_* as a sentence.
 * @why: DSI_WHY_*
 *
 * Return: text, never NULL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API const char *dsi_plan_reason(uint32_t why);

/* ---- memory -------------------------------------------------------------- */

/* How pages are spread over a set of nodes. */
#define DSI_BIND_PREFER 0u     /* there; elsewhere when these are full */
#define DSI_BIND_STRICT 1u     /* only there; without room the process dies */
#define DSI_BIND_INTERLEAVE 2u /* in turn */

/**
 * dsi_memory_bind - say where the pages of a mapping shall lie, and move those
 * that are there already.
 * @addr:      begin of a page
 * @bytes:     length; the last page counts whole
 * @nodes:     set of nodes, not empty
 * @mode:      DSI_BIND_*
 * @why:       text buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * Of shared memory (a stream's) the object gets the policy: it holds for all
 * who map it, whatever they may do with it themselves.  Pages that another
 * process has mapped as well move only if this one has CAP_SYS_NICE; what
 * cannot move stays, and dsi_memory_where() tells.
 *
 * Return: 0, or
 *   -DSI_EINVAL  arguments, or no such node
 *   -DSI_EACCES  a sandbox forbids it, or the cpuset has none of these nodes
 *   -DSI_ENOTSUP the kernel has no NUMA
 *   -DSI_ENOMEM  no memory, or nothing is mapped there
 * Context: any thread; a page costs about a microsecond when it moves.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_memory_bind(void *addr, uint64_t bytes,
					   const struct dsi_nodes *nodes,
					   uint32_t mode, char *why,
					   uint32_t why_bytes);

/**
 * dsi_memory_where - on which nodes the pages of a mapping lie.
 * @addr:       begin of a page
 * @bytes:      length
 * @out_pages:  array: pages on node 0, 1, ...
 * @n:          length of @out_pages
 * @out_absent: pages that are not in memory (or not yet), or on other nodes
 *
 * Return: 0, or -DSI_EINVAL, -DSI_EACCES (forbidden), -DSI_ENOTSUP.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_memory_where(const void *addr, uint64_t bytes,
					    uint64_t *out_pages, uint32_t n,
					    uint64_t *out_absent);

/* Pages of a data area. */
#define DSI_PAGES_NORMAL 0u
#define DSI_PAGES_THP 1u /* ask for transparent huge pages */
#define DSI_PAGES_2M 2u	 /* from the pool of huge pages of 2 MiB */
#define DSI_PAGES_1G 3u	 /* of 1 GiB */

/**
 * dsi_memory_area - make memory for a data area.
 * @bytes:     least size; rounded up to whole pages of that kind
 * @pages:     DSI_PAGES_*
 * @nodes:     where it shall lie, NULL = wherever
 * @mode:      DSI_BIND_*
 * @out_fd:    descriptor, for DSI_PRODUCER_DATA_FD; the caller closes it
 * @why:       text buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * All its pages are there afterwards.  Of DSI_PAGES_THP the kernel makes what
 * it can; if its setting rules huge pages out, that is an error.
 *
 * Return: 0, or
 *   -DSI_EINVAL   arguments
 *   -DSI_ENOMEM   the pool has not enough huge pages; @why has the setting
 *   -DSI_ENOTSUP  there are no such pages, or transparent ones are not
 *                 permitted for shared memory; @why has the setting
 *   and as dsi_memory_bind()
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_memory_area(uint64_t bytes, uint32_t pages,
					   const struct dsi_nodes *nodes,
					   uint32_t mode, int32_t *out_fd,
					   char *why, uint32_t why_bytes);

/**
 * dsi_memory_lock - no page of a mapping leaves memory, and all are there.
 * @addr:      begin of a page
 * @bytes:     length
 * @why:       text buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * Return: 0, -DSI_EINVAL, -DSI_EACCES (a right or limit is missing, named in
 *         @why), -DSI_ENOMEM.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_memory_lock(const void *addr, uint64_t bytes,
					   char *why, uint32_t why_bytes);

/* ---- threads ------------------------------------------------------------- */

/**
 * dsi_thread_cpus - where a thread may run.
 * @tid:      thread or process, 0 = the calling thread
 * @out_cpus: set of CPUs
 *
 * Return: 0, -DSI_ENOENT (no such thread), -DSI_EACCES.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_thread_cpus(uint32_t tid,
					   struct dsi_cpus *out_cpus);

/**
 * dsi_thread_pin - let the calling thread run on these CPUs only.
 * @cpus:      not empty
 * @why:       text buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * Return: 0, -DSI_EINVAL (none of them is there or in the cpuset),
 *         -DSI_EACCES.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_thread_pin(const struct dsi_cpus *cpus,
					  char *why, uint32_t why_bytes);

/**
 * dsi_thread_fifo - the calling thread runs before all ordinary ones.
 * @priority:  1..99
 * @why:       text buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * SCHED_FIFO.  Threads that it starts are ordinary again.
 *
 * Return: 0, -DSI_EINVAL, -DSI_EACCES (a right is missing, see @why).
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_thread_fifo(uint32_t priority, char *why,
					   uint32_t why_bytes);

/**
 * dsi_thread_deadline - the calling thread gets so much time in each period.
 * @runtime_ns:  at least 1024
 * @deadline_ns: @runtime_ns..@period_ns
 * @period_ns:   period
 * @why:         text buffer for the reason of a failure, may be NULL
 * @why_bytes:   its size
 *
 * SCHED_DEADLINE.  The thread must not be pinned to fewer CPUs than its root
 * domain has; @why says so when the kernel refuses.
 *
 * Return: 0, or
 *   -DSI_EINVAL  arguments
 *   -DSI_EACCES  @why names the right that is missing
 *   -DSI_EBUSY   so much time is not left
 *   -DSI_ENOTSUP the kernel has no such policy
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_thread_deadline(uint64_t runtime_ns,
					       uint64_t deadline_ns,
					       uint64_t period_ns, char *why,
					       uint32_t why_bytes);

#endif /* DSI_PLACEMENT_H */
