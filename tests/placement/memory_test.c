/* SPDX-License-Identifier: MIT */
/*
 * memory_test.c - binding, asking, locking, huge pages, threads: what works
 * here does what it says, and what does not names what is missing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>
#include <dsi/placement.h>

#define PAGES 100u

#define CHECK(what)                                                            \
	do {                                                                   \
		if (!(what)) {                                                 \
			printf("memory_test.c:%d: %s (%s)\n", __LINE__, #what, \
			       why);                                           \
			failed = 1;                                            \
		}                                                              \
	} while (0)

static int failed;
static char why[512];

static const struct dsi_nodes node_0 = {{1}};
static uint64_t page;

/* Run in a child, so that what it gives up is not given up for all. */
static void apart(void (*fn)(void))
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn();
		fflush(NULL);
		_exit(failed);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (status)
		failed = 1;
}

/* ---- memory -------------------------------------------------------------- */

static void where_and_bind(void)
{
	uint64_t bytes = PAGES * page, on[2], absent;
	char *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mode = -1;

	memset(addr, 1, bytes / 2);
	CHECK(dsi_memory_where(addr, bytes, on, 2, &absent) == 0);
	CHECK(on[0] + on[1] == PAGES / 2 && absent == PAGES / 2);
	CHECK(dsi_memory_bind(addr, bytes, &node_0, DSI_BIND_STRICT, why,
			      sizeof(why)) == 0);
	CHECK(get_mempolicy(&mode, NULL, 0, addr, MPOL_F_ADDR) == 0);
	CHECK(mode == MPOL_BIND);
	memset(addr, 1, bytes);
	CHECK(dsi_memory_where(addr, bytes, on, 2, &absent) == 0);
	CHECK(on[0] == PAGES && absent == 0);
	CHECK(dsi_memory_bind(addr, bytes, &node_0, DSI_BIND_INTERLEAVE, why,
			      sizeof(why)) == 0);
	CHECK(get_mempolicy(&mode, NULL, 0, addr, MPOL_F_ADDR) == 0);
	CHECK(mode == MPOL_INTERLEAVE);
	munmap(addr, bytes);
}

static void bind_refused(void)
{
	struct dsi_nodes none = {{0}}, nowhere = {{0}}, two = {{1}};
	char *addr = mmap(NULL, page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mode = -1;

	nowhere.words[15] = UINT64_C(1) << 63;
	two.words[15] = UINT64_C(1) << 63;
	CHECK(dsi_memory_bind(addr, page, &none, 0, why, sizeof(why)) ==
	      -DSI_EINVAL);
	CHECK(dsi_memory_bind(addr, page, &nowhere, 0, why, sizeof(why)) ==
	      -DSI_EINVAL);
	CHECK(strstr(why, "Mems_allowed_list"));
	CHECK(dsi_memory_bind(addr + 1, page, &node_0, 0, why, sizeof(why)) ==
	      -DSI_EINVAL);
	CHECK(strstr(why, "begin of a page"));
	CHECK(dsi_memory_bind(addr, page, &node_0, 3, why, sizeof(why)) ==
	      -DSI_EINVAL);
	/* Of two preferred ones the one that is there counts. */
	CHECK(dsi_memory_bind(addr, page, &two, DSI_BIND_PREFER, why,
			      sizeof(why)) == 0);
	CHECK(get_mempolicy(&mode, NULL, 0, addr, MPOL_F_ADDR) == 0);
	CHECK(mode == MPOL_PREFERRED || mode == 5 /* _MANY */);
	munmap(addr, page);
	CHECK(dsi_memory_bind(addr, page, &node_0, 0, why, sizeof(why)) ==
	      -DSI_ENOMEM);
}

static void normal_area(void)
{
	uint64_t on[1], absent;
	struct stat st;
	int32_t fd = -1;
	char *addr;

	CHECK(dsi_memory_area(PAGES * page - 5, DSI_PAGES_NORMAL, &node_0,
			      DSI_BIND_PREFER, &fd, why, sizeof(why)) == 0);
	CHECK(fstat(fd, &st) == 0 && (uint64_t)st.st_size == PAGES * page);
	/* All of it is there. */
	CHECK((uint64_t)st.st_blocks * 512 >= PAGES * page);
	CHECK(fcntl(fd, F_GET_SEALS) == 0);
	addr = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED | MAP_POPULATE,
		    fd, 0);
	CHECK(dsi_memory_where(addr, PAGES * page, on, 1, &absent) == 0);
	CHECK(on[0] == PAGES);
	munmap(addr, PAGES * page);
	close(fd);
	CHECK(dsi_memory_area(0, 0, NULL, 0, &fd, why, sizeof(why)) ==
	      -DSI_EINVAL);
	CHECK(dsi_memory_area(1, 4, NULL, 0, &fd, why, sizeof(why)) ==
	      -DSI_EINVAL);
}

static unsigned long long pool(const char *setting, const char *figure)
{
	unsigned long long n = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/%s", setting,
		 figure);
	file = fopen(path, "re");
	if (!file)
		return 0;
	CHECK(fscanf(file, "%llu", &n) == 1);
	fclose(file);
	return n;
}

/* To follow it must not take from others what they have. */
static void check_advice(uint32_t pages, const char *setting)
{
	const char *echo = strstr(why, "`echo ");

	if (pages == DSI_PAGES_THP)
		return;
	CHECK(echo && strtoull(echo + 6, NULL, 10) ==
			      pool(setting, "nr_hugepages") -
				      pool(setting, "free_hugepages") +
				      pool(setting, "resv_hugepages") + 1);
}

/* Either it is made of them, or the sentence says how to get them. */
static void huge_area(uint32_t pages, uint64_t bytes, const char *setting)
{
	struct stat st;
	int32_t fd = -1;
	int err;

	why[0] = '\0';
	err = dsi_memory_area(1, pages, NULL, 0, &fd, why, sizeof(why));
	if (err) {
		CHECK(err == -DSI_ENOMEM || err == -DSI_ENOTSUP);
		CHECK(strstr(why, setting));
		check_advice(pages, setting);
		printf("%s\n", why);
		return;
	}
	CHECK(fstat(fd, &st) == 0 && (uint64_t)st.st_size == bytes);
	if (pages != DSI_PAGES_THP)
		CHECK((uint64_t)st.st_blksize == bytes);
	close(fd);
}

static void lock(void)
{
	uint64_t bytes = PAGES * page, on[DSI_NODES_MAX], absent, n = 0;
	char *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(dsi_memory_lock(addr, bytes, why, sizeof(why)) == 0);
	CHECK(dsi_memory_where(addr, bytes, on, DSI_NODES_MAX, &absent) == 0);
	for (uint32_t i = 0; i < DSI_NODES_MAX; i++)
		n += on[i]; /* whichever node we run on */
	CHECK(n == PAGES && absent == 0);
	munmap(addr, bytes);
}

/* ---- nodes --------------------------------------------------------------- */

static int32_t home_in(const struct dsi_topology *t, int32_t cpu)
{
	struct dsi_topology_cpu at = {.size = sizeof(at)};

	for (uint32_t i = 0; i < (uint32_t)dsi_topology_cpus(t); i++)
		if (dsi_topology_cpu(t, i, &at) == 0 && at.cpu == cpu)
			return at.node;
	return DSI_NODE_ANY;
}

static void same_node(const struct dsi_topology *all,
		      const struct dsi_topology *nodes, uint32_t index)
{
	struct dsi_topology_node a = {.size = sizeof(a)};
	struct dsi_topology_node b = {.size = sizeof(b)};
	struct dsi_topology_node other = {.size = sizeof(other)};

	CHECK(dsi_topology_node(all, index, &a) == 0);
	CHECK(dsi_topology_node(nodes, index, &b) == 0);
	CHECK(a.node == b.node && a.allowed == b.allowed);
	CHECK((a.bytes == 0) == (b.bytes == 0));
	CHECK((a.kind == DSI_MEMORY_NORMAL) == (b.kind == DSI_MEMORY_NORMAL));
	for (uint32_t i = 0; i < (uint32_t)dsi_topology_nodes(all); i++)
		if (dsi_topology_node(all, i, &other) == 0)
			CHECK(dsi_topology_distance(all, a.node, other.node) ==
			      dsi_topology_distance(nodes, a.node, other.node));
}

/* What is read without hwloc is what hwloc says of this machine. */
static void nodes_alone(void)
{
	struct dsi_topology *all = NULL, *nodes = NULL;
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};

	CHECK(dsi_topology_load(NULL, &all, why, sizeof(why)) == 0);
	CHECK(dsi_topology_load_nodes(&nodes, why, sizeof(why)) == 0);
	if (!all || !nodes)
		return;
	CHECK(dsi_topology_nodes(all) == dsi_topology_nodes(nodes));
	for (uint32_t i = 0; i < (uint32_t)dsi_topology_nodes(all); i++)
		same_node(all, nodes, i);
	for (uint32_t i = 0; i < (uint32_t)dsi_topology_cpus(all); i++) {
		CHECK(dsi_topology_cpu(all, i, &cpu) == 0);
		CHECK(home_in(nodes, cpu.cpu) == cpu.node);
	}
	dsi_topology_destroy(all);
	dsi_topology_destroy(nodes);
}

/* ---- rights -------------------------------------------------------------- */

static void give_up_rights(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}, {0}};
	struct rlimit none = {0, 0}, some = {65536, 65536};

	CHECK(setrlimit(RLIMIT_RTPRIO, &none) == 0);
	CHECK(setrlimit(RLIMIT_MEMLOCK, &some) == 0);
	CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void without_rights(void)
{
	char *addr = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	give_up_rights();
	CHECK(dsi_thread_fifo(10, why, sizeof(why)) == -DSI_EACCES);
	CHECK(strstr(why, "CAP_SYS_NICE") && strstr(why, "RLIMIT_RTPRIO"));
	CHECK(dsi_thread_deadline(1000000, 5000000, 10000000, why,
				  sizeof(why)) == -DSI_EACCES);
	CHECK(strstr(why, "CAP_SYS_NICE"));
	CHECK(dsi_memory_lock(addr, PAGES * page, why, sizeof(why)) ==
	      -DSI_ENOMEM);
	CHECK(strstr(why, "CAP_IPC_LOCK") && strstr(why, "65536"));
	/* This needs none. */
	CHECK(dsi_memory_bind(addr, page, &node_0, 0, why, sizeof(why)) == 0);
}

static void with_rights(void)
{
	int err = dsi_thread_fifo(10, why, sizeof(why));

	CHECK(err == 0 || err == -DSI_EACCES);
	if (!err)
		CHECK((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) ==
		      SCHED_FIFO);
	CHECK(dsi_thread_fifo(0, why, sizeof(why)) == -DSI_EINVAL);
	CHECK(dsi_thread_fifo(100, why, sizeof(why)) == -DSI_EINVAL);
	CHECK(dsi_thread_deadline(10, 5, 20, why, sizeof(why)) == -DSI_EINVAL);
	err = dsi_thread_deadline(1000000, 5000000, 10000000, why, sizeof(why));
	CHECK(err == 0 || err == -DSI_EACCES || err == -DSI_EBUSY ||
	      err == -DSI_ENOTSUP);
	if (!err)
		CHECK((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) ==
		      SCHED_DEADLINE);
	else
		printf("%s\n", why);
}

static void pin(void)
{
	struct dsi_cpus all, one = {{0}}, now, far = {{0}};
	uint32_t first = 0;

	CHECK(dsi_thread_cpus(0, &all) == 0);
	while (!(all.words[first / 64] >> (first % 64) & 1))
		first++;
	one.words[first / 64] = UINT64_C(1) << (first % 64);
	CHECK(dsi_thread_pin(&one, why, sizeof(why)) == 0);
	CHECK(dsi_thread_cpus(0, &now) == 0);
	CHECK(memcmp(&one, &now, sizeof(one)) == 0);
	far.words[DSI_CPUS_MAX / 64 - 1] = UINT64_C(1) << 63;
	CHECK(dsi_thread_pin(&far, why, sizeof(why)) == -DSI_EINVAL);
	CHECK(strstr(why, "Cpus_allowed_list"));
	CHECK(dsi_thread_pin(&all, why, sizeof(why)) == 0);
	CHECK(dsi_thread_cpus(INT32_MAX, &now) == -DSI_ENOENT);
}

int main(void)
{
	page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) < 0 &&
	    errno == ENOSYS) {
		printf("skipped: this kernel has no memory policies\n");
		return 77;
	}
	nodes_alone();
	where_and_bind();
	bind_refused();
	normal_area();
	huge_area(DSI_PAGES_THP, UINT64_C(1) << 21, "shmem_enabled");
	huge_area(DSI_PAGES_2M, UINT64_C(1) << 21, "hugepages-2048kB");
	huge_area(DSI_PAGES_1G, UINT64_C(1) << 30, "hugepages-1048576kB");
	lock();
	apart(without_rights);
	apart(with_rights);
	apart(pin);
	return failed;
}
