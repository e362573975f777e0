/* SPDX-License-Identifier: MIT */
/*
 * asked_test.c - what numa.c asks libdsi-placement, on machines with several
 * nodes, and what it makes of the answers.
 *
 * The functions of the library are here: they note what they are asked and answer
 * what each scene wants.  So are the files of /proc that numa.c reads.  What is
 * looked for once in a process is looked for in each scene anew: a scene is a
 * process of its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/placement.h>

#include "expect.h"
#include "linux.h"

#define SEVERAL "Name:\tx\nMems_allowed_list:\t0-1\nvoluntary:\t1\n"
#define LIKE_PID 77u

static uint64_t page;

/* ---- what the library is asked, and answers ------------------------------ */

static struct {
	/* Answers. */
	int absent;
	const char *missing; /* a function */
	int load_error;
	int plan_error;
	int plan_error_from; /* the n-th plan, from 1 */
	int32_t home;
	int32_t home_of_cpu; /* of an end with one CPU */
	uint32_t n_data_nodes;
	uint64_t data_nodes;
	uint32_t why;
	int bind_error;
	uint32_t unknown_pid; /* dsi_thread_cpus() refuses it */
	const char *status;   /* of /proc/self */
	const char *stat;     /* of another process */
	int cpu_error;	      /* of the second CPU of the table */
	/* Notes. */
	int loads, plans, binds;
	struct dsi_plan_request request;
	struct dsi_plan_end producer, consumers[DSI_MAX_CONSUMERS];
	struct dsi_nodes bound;
	uint32_t mode;
	void *addr;
	uint64_t bytes;
} fake;

static int one_cpu(const struct dsi_cpus *cpus)
{
	int n = 0;

	for (uint32_t i = 0; i < DSI_CPUS_MAX; i++)
		n += (int)(cpus->words[i / 64] >> (i % 64) & 1u);
	return n == 1;
}

int dsi_topology_load_nodes(struct dsi_topology **out_topology, char *why,
			    uint32_t why_bytes)
{
	fake.loads++;
	if (fake.load_error) {
		(void)snprintf(why, why_bytes, "no nodes to be seen");
		return fake.load_error;
	}
	*out_topology = (struct dsi_topology *)(void *)&fake;
	return 0;
}

/* CPU 3 and CPU 70 at home on node 1, CPU 5 on node 0. */
static const int32_t table[3][2] = {{3, 1}, {5, 0}, {70, 1}};

int32_t dsi_topology_cpus(const struct dsi_topology *topology)
{
	EXPECT((const void *)topology == &fake, 1);
	return 3;
}

int dsi_topology_cpu(const struct dsi_topology *topology, uint32_t index,
		     struct dsi_topology_cpu *out_cpu)
{
	EXPECT((const void *)topology == &fake, 1);
	EXPECT(out_cpu->size, sizeof(*out_cpu));
	if (index == 1 && fake.cpu_error)
		return fake.cpu_error;
	out_cpu->cpu = table[index][0];
	out_cpu->node = table[index][1];
	return 0;
}

int dsi_plan_make(const struct dsi_topology *topology,
		  const struct dsi_plan_request *request,
		  struct dsi_plan *out_plan)
{
	EXPECT((const void *)topology == &fake, 1);
	EXPECT(request->size, sizeof(*request));
	EXPECT(request->flags, DSI_PLAN_NO_CPUS);
	EXPECT(out_plan->size, sizeof(*out_plan));
	fake.plans++;
	fake.request = *request;
	fake.producer = *request->producer;
	for (uint32_t i = 0; i < request->n_consumers; i++)
		fake.consumers[i] = request->consumers[i];
	if (fake.plan_error && fake.plans >= fake.plan_error_from)
		return fake.plan_error;
	out_plan->producer_home = one_cpu(&request->producer->cpus)
					  ? fake.home_of_cpu
					  : fake.home;
	out_plan->n_data_nodes = fake.n_data_nodes;
	out_plan->data_nodes.words[0] = fake.data_nodes;
	out_plan->why = fake.why;
	return 0;
}

const char *dsi_plan_reason(uint32_t why)
{
	EXPECT(why, fake.why);
	return "it is not there";
}

int dsi_memory_bind(void *addr, uint64_t bytes, const struct dsi_nodes *nodes,
		    uint32_t mode, char *why, uint32_t why_bytes)
{
	fake.binds++;
	fake.addr = addr;
	fake.bytes = bytes;
	fake.bound = *nodes;
	fake.mode = mode;
	if (fake.bind_error)
		(void)snprintf(why, why_bytes, "a sandbox forbids it");
	return fake.bind_error;
}

/* Ourselves everywhere; another process with CPUs of its number's bits. */
int dsi_thread_cpus(uint32_t tid, struct dsi_cpus *out_cpus)
{
	if (tid && tid == fake.unknown_pid)
		return -DSI_ENOENT;
	memset(out_cpus, tid ? 0 : 0xff, sizeof(*out_cpus));
	if (tid)
		out_cpus->words[1] = tid;
	return 0;
}

void *dsi__module_load(const char *file)
{
	EXPECT(strcmp(file, "libdsi-placement.so.0"), 0);
	/* An error as the loader would leave it. */
	return dlopen(fake.absent ? "/nowhere/libdsi-placement.so.0" : NULL,
		      RTLD_NOW);
}

void *__real_dlsym(void *object, const char *name);
void *__wrap_dlsym(void *object, const char *name);
void *__wrap_dlsym(void *object, const char *name)
{
	if (fake.missing && strcmp(name, fake.missing) == 0)
		return NULL;
	return __real_dlsym(object, name);
}

static FILE *open_text(const char *text)
{
	return text ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
		    : NULL;
}

FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	EXPECT(strcmp(mode, "re"), 0);
	if (strcmp(path, "/proc/self/status") == 0)
		return open_text(fake.status);
	EXPECT(strcmp(path, "/proc/77/stat"), 0);
	return open_text(fake.stat);
}

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __wrap_fopen64(path, mode);
}

/* ---- scenes -------------------------------------------------------------- */

static char said[4096];

/* What has been said on stderr since the last time. */
static const char *says(void)
{
	ssize_t n = pread(STDERR_FILENO, said, sizeof(said) - 1, 0);

	said[n > 0 ? n : 0] = '\0';
	(void)!ftruncate(STDERR_FILENO, 0);
	(void)lseek(STDERR_FILENO, 0, SEEK_SET);
	return said;
}

#define SAYS(words) EXPECT(strstr(says(), words) != NULL, 1)
#define SAYS_NOTHING() EXPECT(*says(), '\0')

static struct dsi_port_placement init(uint32_t policy, uint32_t of)
{
	struct dsi_port_placement placement;

	memset(&placement, 0xff, sizeof(placement));
	dsi_port_placement_init(&placement, policy, of);
	return placement;
}

static int32_t node_of(uint32_t policy, uint32_t of)
{
	return init(policy, of).node;
}

/* Two nodes, a library that is there, and an end at home on node 1. */
static void good_answers(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.status = SEVERAL;
	fake.home = 1;
	fake.home_of_cpu = 0;
	fake.n_data_nodes = 1;
	fake.data_nodes = 2;
}

static void (*scenes[32])(void);
static const char *names[32];
static uint32_t n_scenes;

static void add(const char *name, void (*scene)(void))
{
	names[n_scenes] = name;
	scenes[n_scenes++] = scene;
}

static void run(uint32_t i)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int fd = memfd_create("stderr", 0);

		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(2);
		good_answers();
		scenes[i]();
		fflush(NULL);
		_exit(wrong != 0);
	}
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	printf("%s: %s\n", names[i], status ? "WRONG" : "ok");
	wrong += status != 0;
}

/* ---- is there anything to decide? ---------------------------------------- */

static void one_node(void)
{
	fake.status = "Mems_allowed_list:\t0\nMore:\t1-2\n";
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	EXPECT(fake.loads, 0);
	fake.status = "Name:\tx\n";
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	fake.status = NULL;
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	EXPECT(fake.loads, 0);
	SAYS_NOTHING();
}

static void several_nodes(void)
{
	fake.status = "Mems_allowed_list:\t0,3\n";
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), 1);
	EXPECT(fake.loads, 1);
	/* All CPUs of this thread. */
	EXPECT(fake.producer.cpus.words[0] == UINT64_MAX, 1);
	fake.status = SEVERAL;
	fake.home = 0;
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), 0);
	EXPECT(fake.loads, 1);
	EXPECT(node_of(DSI_PLACEMENT_NONE, 0), DSI_NODE_ANY);
	EXPECT(fake.plans, 2);
	fake.plan_error = -DSI_EINVAL;
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	SAYS_NOTHING();
}

/* ---- the library --------------------------------------------------------- */

static void no_library(void)
{
	fake.absent = 1;
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	SAYS("left where the system puts them");
	/* Said once. */
	EXPECT(node_of(DSI_PLACEMENT_NODE, 1), DSI_NODE_ANY);
	SAYS_NOTHING();
	EXPECT(fake.plans, 0);
}

static const char *const symbols[] = {
	"dsi_topology_load_nodes", "dsi_topology_cpus", "dsi_topology_cpu",
	"dsi_plan_make",	   "dsi_plan_reason",	"dsi_memory_bind",
	"dsi_thread_cpus"};

/* One function less: nothing of it is called. */
static uint32_t which;

static void other_version(void)
{
	fake.missing = symbols[which];
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	SAYS("libdsi-placement.so.0 is of another version");
	EXPECT(fake.loads + fake.plans, 0);
}

static void no_machine(void)
{
	fake.load_error = -DSI_ENOTSUP;
	EXPECT(node_of(DSI_PLACEMENT_AUTO, 0), DSI_NODE_ANY);
	SAYS("no nodes to be seen; streams are left");
	EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), DSI_NODE_ANY);
	EXPECT(fake.loads, 1);
	EXPECT(fake.plans, 0);
	SAYS_NOTHING();
}

/* ---- asked for ----------------------------------------------------------- */

static void node(void)
{
	EXPECT(node_of(DSI_PLACEMENT_NODE, 1), 1);
	EXPECT(fake.request.placement, DSI_PLACEMENT_NODE);
	EXPECT(fake.request.node, 1);
	EXPECT(node_of(DSI_PLACEMENT_NODE, 0), 0);
	SAYS_NOTHING();
	fake.n_data_nodes = 0;
	fake.why = DSI_WHY_NOT_THERE;
	EXPECT(node_of(DSI_PLACEMENT_NODE, 9), DSI_NODE_ANY);
	SAYS("node:9: it is not there");
	EXPECT(node_of(DSI_PLACEMENT_NODE, 8), DSI_NODE_ANY);
	SAYS_NOTHING();
	fake.plan_error = -DSI_EINVAL;
	EXPECT(node_of(DSI_PLACEMENT_NODE, 1), DSI_NODE_ANY);
}

#define STAT_OF(cpu)                                                          \
	"77 (a) b ) c) R 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 " \
	"23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 " cpu " 40 41\n"

static void like(void)
{
	EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), 1);
	EXPECT(fake.producer.cpus.words[1], LIKE_PID);
	/* It may run anywhere: where it ran last. */
	fake.home = DSI_NODE_ANY;
	fake.home_of_cpu = 3;
	fake.stat = STAT_OF("70");
	EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), 3);
	EXPECT(fake.producer.cpus.words[1], UINT64_C(1) << 6);
	EXPECT(fake.producer.cpus.words[0], 0);
	fake.stat = STAT_OF("4095");
	EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), 3);
	SAYS_NOTHING();
}

static void like_unclear(void)
{
	static const char *const stats[] = {
		NULL,	      STAT_OF("-1"),	STAT_OF("4096"),
		STAT_OF("x"), "77 (short) R 4", "nothing in brackets"};

	fake.home = DSI_NODE_ANY;
	fake.home_of_cpu = 3;
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		fake.stat = stats[i];
		EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), DSI_NODE_ANY);
	}
	SAYS_NOTHING();
}

static void like_nobody(void)
{
	fake.unknown_pid = LIKE_PID;
	EXPECT(node_of(DSI_PLACEMENT_LIKE, LIKE_PID), DSI_NODE_ANY);
	SAYS("like:77: there is no such process");
	EXPECT(node_of(DSI_PLACEMENT_LIKE, 0), DSI_NODE_ANY);
	EXPECT(fake.plans, 0);
	SAYS_NOTHING();
}

/* ---- what the user wants ------------------------------------------------- */

static void wish(const char *text, uint32_t policy, uint32_t of)
{
	struct dsi_port_placement placement;

	(void)setenv("DSI_PLACEMENT", text, 1);
	placement = init(DSI_PLACEMENT_AUTO, 0);
	EXPECT(placement.policy, policy);
	EXPECT(placement.of, of);
	/* What the program says comes first. */
	placement = init(DSI_PLACEMENT_NODE, 2);
	EXPECT(placement.policy, DSI_PLACEMENT_NODE);
	EXPECT(placement.of, 2);
}

static void wishes(void)
{
	wish("", DSI_PLACEMENT_AUTO, 0);
	wish("auto", DSI_PLACEMENT_AUTO, 0);
	wish("none", DSI_PLACEMENT_NONE, 0);
	wish("node:0", DSI_PLACEMENT_NODE, 0);
	wish("node:17", DSI_PLACEMENT_NODE, 17);
	wish("like:77", DSI_PLACEMENT_LIKE, 77);
	wish("like:2147483647", DSI_PLACEMENT_LIKE, INT32_MAX);
	SAYS_NOTHING();
}

static void wrong_wishes(void)
{
	wish("nodes", DSI_PLACEMENT_AUTO, 0);
	SAYS("DSI_PLACEMENT=nodes is ignored");
	wish("node:", DSI_PLACEMENT_AUTO, 0);
	wish("node:x", DSI_PLACEMENT_AUTO, 0);
	wish("node:-1", DSI_PLACEMENT_AUTO, 0);
	wish("node:1x", DSI_PLACEMENT_AUTO, 0);
	wish("node:2147483648", DSI_PLACEMENT_AUTO, 0);
	wish("like:99999999999999999999999", DSI_PLACEMENT_AUTO, 0);
	SAYS_NOTHING();
}

/* ---- regions ------------------------------------------------------------- */

static char area[1];

static void regions(void)
{
	struct dsi_port_placement placement = {.node = 65};

	dsi__numa_bind(area, page);
	EXPECT(fake.binds, 0);
	(void)init(DSI_PLACEMENT_NODE, 1);
	dsi_port_placement_begin(&placement);
	dsi__numa_bind(area, 3 * page);
	EXPECT(fake.binds, 1);
	EXPECT(fake.addr == area, 1);
	EXPECT(fake.bytes, 3 * page);
	EXPECT(fake.mode, DSI_BIND_PREFER);
	EXPECT(fake.bound.words[0], 0);
	EXPECT(fake.bound.words[1], 2);
	fake.bind_error = -DSI_EACCES;
	SAYS_NOTHING();
	dsi__numa_bind(area, page);
	SAYS("a sandbox forbids it; streams are left");
	dsi__numa_bind(area, page);
	SAYS_NOTHING();
	dsi_port_placement_end();
	dsi__numa_bind(area, page);
	EXPECT(fake.binds, 3);
}

static const struct dsi_port_region data = {.addr = area, .bytes = 12345};

static void data_areas(void)
{
	static const uint32_t pids[3] = {8, 0, 9};
	struct dsi_port_placement placement = init(DSI_PLACEMENT_AUTO, 0);

	fake.unknown_pid = 9;
	dsi_port_placement_data(&placement, &data, pids, 3);
	EXPECT(fake.plans, 2);
	EXPECT(placement.plans, 1);
	EXPECT(fake.request.data_bytes, 12345);
	EXPECT(fake.request.n_consumers, 3);
	/* The producer: the CPUs of its node.  The first consumer: its own;
	 * of the others nothing is known. */
	EXPECT(fake.producer.cpus.words[0], 1 << 3);
	EXPECT(fake.producer.cpus.words[1], 1 << 6);
	EXPECT(fake.consumers[0].cpus.words[1], 8);
	EXPECT(fake.consumers[1].cpus.words[1], 0);
	EXPECT(fake.consumers[2].cpus.words[1], 0);
	EXPECT(fake.binds, 1);
	EXPECT(fake.addr == area, 1);
	EXPECT(fake.bytes, 12345);
	EXPECT(fake.mode, DSI_BIND_PREFER);
	EXPECT(fake.bound.words[0], 2);
	fake.n_data_nodes = 2;
	fake.data_nodes = 3;
	fake.cpu_error = -DSI_EINVAL;
	placement.node = 0;
	dsi_port_placement_data(&placement, &data, pids, 1);
	EXPECT(fake.producer.cpus.words[0], 0);
	EXPECT(fake.mode, DSI_BIND_INTERLEAVE);
	EXPECT(fake.bound.words[0], 3);
	EXPECT(fake.binds, 2);
}

static void data_areas_left_alone(void)
{
	static const uint32_t pids[DSI_MAX_CONSUMERS + 1] = {8};
	struct dsi_port_placement placement = init(DSI_PLACEMENT_AUTO, 0);
	struct dsi_port_placement asked = init(DSI_PLACEMENT_NODE, 1);

	dsi_port_placement_data(&asked, &data, pids, 1);
	dsi_port_placement_data(&placement, &data, pids, DSI_MAX_CONSUMERS + 1);
	EXPECT(placement.plans, 0);
	fake.n_data_nodes = 0;
	dsi_port_placement_data(&placement, &data, pids, 1);
	fake.n_data_nodes = 1;
	fake.plan_error = -DSI_EINVAL;
	dsi_port_placement_data(&placement, &data, pids, 1);
	EXPECT(placement.plans, 2);
	fake.plan_error = 0;
	EXPECT(fake.binds, 0);
	/* Who makes consumers come and go does not keep the producer busy. */
	for (int i = 0; i < 100; i++)
		dsi_port_placement_data(&placement, &data, pids, 1);
	EXPECT(placement.plans, 64);
	EXPECT(fake.binds, 62);
	placement.plans = 0;
	fake.status = NULL;
	dsi_port_placement_data(&placement, &data, pids, 1);
	EXPECT(placement.plans, 0);
}

static void data_areas_without_library(void)
{
	static const uint32_t pids[1] = {8};
	struct dsi_port_placement placement = {.policy = DSI_PLACEMENT_AUTO,
					       .node = DSI_NODE_ANY};

	fake.load_error = -DSI_ENOTSUP;
	dsi_port_placement_data(&placement, &data, pids, 1);
	EXPECT(fake.plans + fake.binds, 0);
}

int main(void)
{
	page = (uint64_t)sysconf(_SC_PAGESIZE);
	(void)unsetenv("DSI_PLACEMENT");
	add("one node", one_node);
	add("several nodes", several_nodes);
	add("no library", no_library);
	add("no machine", no_machine);
	add("node", node);
	add("like", like);
	add("like, unclear", like_unclear);
	add("like nobody", like_nobody);
	add("wishes", wishes);
	add("wrong wishes", wrong_wishes);
	add("regions", regions);
	add("data areas", data_areas);
	add("data areas left alone", data_areas_left_alone);
	add("data areas without library", data_areas_without_library);
	for (uint32_t i = 0; i < n_scenes; i++)
		run(i);
	add("other version", other_version);
	for (; which < sizeof(symbols) / sizeof(symbols[0]); which++)
		run(n_scenes - 1);
	return wrong != 0;
}
