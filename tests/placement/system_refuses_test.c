/* SPDX-License-Identifier: MIT */
/*
 * system_refuses_test.c - what libdsi-placement says and leaves behind when the system,
 * hwloc or libnuma refuse something.
 *
 * The linker puts a function of this file before each call that can be refused.
 * A scene says which call fails, how often and with which errors; it expects the
 * code and the words of the sentence that name the remedy.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <linux/memfd.h>
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dsi/errno.h>
#include <dsi/placement.h>

#include "expect.h"

#define POOL "/sys/kernel/mm/hugepages/"
#define THP "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
#define TWO_MB (UINT64_C(1) << 21)

static char why[512];
#define WHY why, sizeof(why)
#define WHY_HAS(words) EXPECT(strstr(why, words) != NULL, 1)

/* ---- calls that are refused ---------------------------------------------- */

#define DO_IT 0	     /* as the system would */
#define GRANTED (-1) /* say that it was done */

/* Of the calls of this name the first ones end like this; the others, DO_IT. */
static struct {
	const char *call;
	int ends[4];
	unsigned n;
} refuse;

static void let(const char *call, int first, int second)
{
	refuse.call = call;
	refuse.n = 0;
	refuse.ends[0] = first;
	refuse.ends[1] = second;
	refuse.ends[2] = refuse.ends[3] = DO_IT;
	why[0] = '\0';
}

static int end_of(const char *call)
{
	int end = DO_IT;

	if (refuse.call && strcmp(call, refuse.call) == 0) {
		end = refuse.n < 4 ? refuse.ends[refuse.n] : DO_IT;
		refuse.n++;
	}
	if (end > 0)
		errno = end;
	return end;
}

#define WRAP(result, name, parameters, arguments, refused, granted) \
	result __real_##name parameters;                            \
	result __wrap_##name parameters;                            \
	result __wrap_##name parameters                             \
	{                                                           \
		int end = end_of(#name);                            \
                                                                    \
		if (end == DO_IT)                                   \
			return __real_##name arguments;             \
		return end > 0 ? (refused) : (granted);             \
	}

WRAP(void *, malloc, (size_t a), (a), NULL, NULL)
WRAP(void *, calloc, (size_t a, size_t b), (a, b), NULL, NULL)
WRAP(ssize_t, read, (int a, void *b, size_t c), (a, b, c), -1, 0)
WRAP(int, ftruncate64, (int a, off_t b), (a, b), -1, 0)
WRAP(int, mlock, (const void *a, size_t b), (a, b), -1, 0)
WRAP(int, sched_getaffinity, (pid_t a, size_t b, cpu_set_t *c), (a, b, c), -1,
     0)
WRAP(int, sched_setaffinity, (pid_t a, size_t b, const cpu_set_t *c), (a, b, c),
     -1, 0)
WRAP(int, sched_setscheduler, (pid_t a, int b, const struct sched_param *c),
     (a, b, c), -1, 0)
WRAP(void *, mmap64, (void *a, size_t b, int c, int d, int e, off_t f),
     (a, b, c, d, e, f), MAP_FAILED, NULL)
WRAP(long, move_pages,
     (int a, unsigned long b, void **c, const int *d, int *e, int f),
     (a, b, c, d, e, f), -1, 0)
WRAP(struct bitmask *, numa_allocate_cpumask, (void), (), NULL, NULL)
WRAP(int, numa_node_to_cpus, (int a, struct bitmask *b), (a, b), -1, 0)
WRAP(int, numa_max_node, (void), (), -1, 1500)
WRAP(int, hwloc_topology_init, (hwloc_topology_t * a), (a), -1, 0)
WRAP(int, hwloc_topology_set_all_types_filter,
     (hwloc_topology_t a, enum hwloc_type_filter_e b), (a, b), -1, 0)
WRAP(int, hwloc_topology_set_flags, (hwloc_topology_t a, unsigned long b),
     (a, b), -1, 0)
WRAP(int, hwloc_topology_load, (hwloc_topology_t a), (a), -1, 0)
WRAP(int, hwloc_topology_is_thissystem, (hwloc_topology_t a), (a), 0, 0)
WRAP(int, hwloc_cpukinds_get_by_cpuset,
     (hwloc_topology_t a, hwloc_const_bitmap_t b, unsigned long c), (a, b, c),
     -1, 0)
WRAP(int, hwloc_cpukinds_get_info,
     (hwloc_topology_t a, unsigned b, hwloc_bitmap_t c, int *d, unsigned *e,
      struct hwloc_info_s **f, unsigned long g),
     (a, b, c, d, e, f, g), -1, 0)
WRAP(int, hwloc_distances_get_by_type,
     (hwloc_topology_t a, hwloc_obj_type_t b, unsigned *c,
      struct hwloc_distances_s **d, unsigned long e, unsigned long f),
     (a, b, c, d, e, f), -1, 0)

static int full; /* for fallocate() */

int __real_fallocate64(int fd, int mode, off_t from, off_t bytes);
int __wrap_fallocate64(int fd, int mode, off_t from, off_t bytes);
int __wrap_fallocate64(int fd, int mode, off_t from, off_t bytes)
{
	if (!full)
		return __real_fallocate64(fd, mode, from, bytes);
	errno = ENOSPC;
	return -1;
}

/* Huge pages: as if the system had them, of normal ones. */
static unsigned int made_with;

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	made_with = flags;
	return end_of("memfd_create") > 0
		       ? -1
		       : __real_memfd_create(name, flags & (MFD_CLOEXEC |
							    MFD_ALLOW_SEALING));
}

static int advised; /* huge pages */

int __real_madvise(void *addr, size_t bytes, int advice);
int __wrap_madvise(void *addr, size_t bytes, int advice);
int __wrap_madvise(void *addr, size_t bytes, int advice)
{
	int huge = advice == MADV_HUGEPAGE;
	int end = end_of(huge ? "madvise huge" : "madvise");

	advised += huge;
	if (end > 0)
		return -1;
	return huge ? 0 : __real_madvise(addr, bytes, advice);
}

/* What mbind() was asked, call by call. */
static struct {
	int mode;
	unsigned int flags;
	unsigned long low, high; /* words of the mask */
} bound[4];
static unsigned n_bound;

long __real_mbind(void *a, unsigned long b, int c, const unsigned long *d,
		  unsigned long e, unsigned int f);
long __wrap_mbind(void *a, unsigned long b, int c, const unsigned long *d,
		  unsigned long e, unsigned int f);
long __wrap_mbind(void *a, unsigned long b, int c, const unsigned long *d,
		  unsigned long e, unsigned int f)
{
	unsigned i = n_bound++ % 4u;
	int end;

	bound[i].mode = c;
	bound[i].flags = f;
	bound[i].low = d[0];
	bound[i].high = d[DSI_NODES_MAX / 64u - 1u];
	EXPECT(e, DSI_NODES_MAX + 1u);
	end = end_of("mbind");
	if (end != DO_IT)
		return end > 0 ? -1 : 0;
	return __real_mbind(a, b, c, d, e, f);
}

/* Of sched_setattr(). */
static unsigned long long asked[3];

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	const uint64_t *words;
	va_list list;

	va_start(list, number);
	EXPECT(number, SYS_sched_setattr);
	EXPECT(va_arg(list, int), 0);
	words = va_arg(list, const uint64_t *);
	va_end(list);
	for (int i = 0; i < 3; i++)
		asked[i] = words[3 + i];
	return end_of("syscall") > 0 ? -1 : 0;
}

/* ---- files of /sys ------------------------------------------------------- */

static const char *thp_says; /* NULL: no such setting */
static const char *pool_says[3];

static int open_text(const char *text)
{
	int fd = text ? __real_memfd_create("text", 0) : -1;

	if (fd < 0) {
		errno = ENOENT;
		return -1;
	}
	EXPECT(write(fd, text, strlen(text)), strlen(text));
	EXPECT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	EXPECT(strcmp(path, THP), 0);
	EXPECT(flags & O_ACCMODE, O_RDONLY);
	return open_text(thp_says);
}

int __wrap___open64_2(const char *path, int flags);
int __wrap___open64_2(const char *path, int flags)
{
	return __wrap_open64(path, flags);
}

FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	static const char *const figures[] = {"nr_hugepages", "free_hugepages",
					      "resv_hugepages"};
	const char *name = strrchr(path, '/') + 1;
	const char *text = NULL;

	EXPECT(strncmp(path, POOL, strlen(POOL)), 0);
	EXPECT(strcmp(mode, "re"), 0);
	for (int i = 0; i < 3; i++)
		if (strcmp(name, figures[i]) == 0)
			text = pool_says[i];
	return text ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
		    : NULL;
}

static void pool(const char *all, const char *unused, const char *promised)
{
	pool_says[0] = all;
	pool_says[1] = unused;
	pool_says[2] = promised;
}

/* ---- areas --------------------------------------------------------------- */

static int descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int area(uint64_t bytes, uint32_t pages)
{
	int before = descriptors();
	int32_t fd = -77;
	int err = dsi_memory_area(bytes, pages, NULL, 0, &fd, WHY);

	if (err) {
		EXPECT(fd, -77);
		EXPECT(descriptors(), before);
		return err;
	}
	EXPECT(descriptors(), before + 1);
	EXPECT(close(fd), 0);
	return 0;
}

static void areas(void)
{
	static const struct {
		const char *call;
		int error;
		int code;
		const char *words;
	} cases[] = {
		{"memfd_create", EMFILE, -DSI_EINVAL, "memfd_create: "},
		{"memfd_create", ENOMEM, -DSI_ENOMEM, "memfd_create: "},
		{"memfd_create", EPERM, -DSI_EACCES, "memfd_create: "},
		{"memfd_create", ENOSYS, -DSI_ENOTSUP, "memfd_create: "},
		{"memfd_create", EOPNOTSUPP, -DSI_ENOTSUP, "memfd_create: "},
		{"memfd_create", EBUSY, -DSI_EBUSY, "memfd_create: "},
		{"memfd_create", EAGAIN, -DSI_ENOMEM, "memfd_create: "},
		{"memfd_create", EFAULT, -DSI_ENOMEM, "memfd_create: "},
		{"memfd_create", ESRCH, -DSI_ENOENT, "memfd_create: "},
		{"memfd_create", EACCES, -DSI_EACCES, "memfd_create: "},
		{"ftruncate64", EFBIG, -DSI_ENOMEM, "area of 8192 bytes: "},
		{"ftruncate64", EPERM, -DSI_EACCES, "area of 8192 bytes: "},
		{"ftruncate64", EINTR, 0, ""},
		{"mmap64", ENOMEM, -DSI_ENOMEM, "mmap: "},
		{"madvise", ENOMEM, -DSI_ENOMEM, "area of 8192 bytes: "},
		{"madvise", EFAULT, -DSI_ENOMEM, "area of 8192 bytes: "},
		{"madvise", EINVAL, 0, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		let(cases[i].call, cases[i].error, DO_IT);
		EXPECT(area(5000, DSI_PAGES_NORMAL), cases[i].code);
		EXPECT(refuse.n > 0, 1);
		if (cases[i].code)
			WHY_HAS(cases[i].words);
	}
	/* Who does not want to know why is told the code. */
	let("memfd_create", EPERM, EPERM);
	EXPECT(dsi_memory_area(1, 0, NULL, 0, &(int32_t){0}, NULL, 9),
	       -DSI_EACCES);
	EXPECT(dsi_memory_area(1, 0, NULL, 0, &(int32_t){0}, why, 0),
	       -DSI_EACCES);
	EXPECT(why[0], '\0');
	let(NULL, 0, 0);
	EXPECT(area(UINT64_MAX, DSI_PAGES_NORMAL), -DSI_EINVAL);
	EXPECT(area((uint64_t)INT64_MAX - 4095, DSI_PAGES_NORMAL), -DSI_EINVAL);
	EXPECT(dsi_memory_area(1, 0, NULL, 3, &(int32_t){0}, WHY), -DSI_EINVAL);
	EXPECT(dsi_memory_area(1, 0, NULL, 0, NULL, WHY), -DSI_EINVAL);
}

static void old_kernel(void)
{
	static const struct dsi_nodes node_0 = {{1}}, nobody = {{0}};
	int32_t fd = -1;

	let("madvise", EINVAL, DO_IT);
	EXPECT(dsi_memory_area(1, 0, &node_0, DSI_BIND_STRICT, &fd, WHY), 0);
	EXPECT(bound[0].mode, MPOL_BIND);
	EXPECT(bound[0].low, 1);
	EXPECT(close(fd), 0);
	EXPECT(dsi_memory_area(1, 0, &nobody, 0, &fd, WHY), -DSI_EINVAL);
	WHY_HAS("no node is given");
}

static void transparent(void)
{
	static const char *const yes[] = {
		"[always] within_size advise never deny force\n",
		"always [within_size] advise never deny force\n",
		"always within_size [advise] never deny force\n",
		"always within_size advise never deny [force]\n"};
	static const char *const no[] = {
		"always within_size advise [never] deny force\n",
		"always within_size advise never [deny] force\n"};
	static const char *const garbage[] = {"", "advise", "[advise", NULL};

	for (size_t i = 0; i < 4; i++) {
		thp_says = yes[i];
		advised = 0;
		let(NULL, 0, 0);
		EXPECT(area(1, DSI_PAGES_THP), 0);
		EXPECT(advised, 1);
	}
	for (size_t i = 0; i < 2; i++) {
		thp_says = no[i];
		let(NULL, 0, 0);
		EXPECT(area(1, DSI_PAGES_THP), -DSI_ENOTSUP);
		WHY_HAS(i ? "is 'deny'" : "is 'never'");
		WHY_HAS("echo advise > " THP);
	}
	for (size_t i = 0; i < 4; i++) {
		thp_says = garbage[i];
		let(NULL, 0, 0);
		EXPECT(area(1, DSI_PAGES_THP), -DSI_ENOTSUP);
		WHY_HAS("is 'not there'");
	}
	thp_says = yes[0];
	let("read", EIO, DO_IT);
	EXPECT(area(1, DSI_PAGES_THP), -DSI_ENOTSUP);
	WHY_HAS("is 'not there'");
	let("madvise huge", EINVAL, DO_IT);
	EXPECT(area(1, DSI_PAGES_THP), -DSI_ENOTSUP);
	WHY_HAS("madvise: ");
}

static void huge(void)
{
	static const int empty[] = {EFAULT, EHWPOISON, ENOSPC, ENOMEM};
	struct stat st;
	int32_t fd = -1;

	let(NULL, 0, 0);
	EXPECT(dsi_memory_area(TWO_MB + 1, DSI_PAGES_2M, NULL, 0, &fd, WHY), 0);
	EXPECT(made_with,
	       MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_HUGE_2MB);
	EXPECT(fstat(fd, &st), 0);
	EXPECT(st.st_size, 2 * TWO_MB);
	EXPECT(close(fd), 0);

	/* Three of ten are in use, and two promised. */
	pool("10\n", "7\n", "2\n");
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		let("madvise", empty[i], DO_IT);
		EXPECT(area(TWO_MB + 1, DSI_PAGES_2M), -DSI_ENOMEM);
		WHY_HAS("huge pages of 2 MiB: not enough are free; "
			"needed here: 2 of them");
		WHY_HAS("`echo 7 > " POOL "hugepages-2048kB/nr_hugepages`");
	}
	let("madvise", EIO, DO_IT);
	EXPECT(area(1, DSI_PAGES_2M), -DSI_ENOMEM);
	WHY_HAS("a data area of 2097152 bytes: ");
	let("madvise", EINVAL, DO_IT);
	EXPECT(area(1, DSI_PAGES_2M), 0);
	full = 1;
	let("madvise", EINVAL, DO_IT);
	EXPECT(area(1, DSI_PAGES_2M), -DSI_ENOMEM);
	WHY_HAS("not enough are free");
	let("madvise", EINVAL, DO_IT);
	EXPECT(area(1, DSI_PAGES_NORMAL), -DSI_ENOMEM);
	WHY_HAS("a data area of 4096 bytes: ");
	full = 0;
	let("mmap64", ENOMEM, DO_IT);
	EXPECT(area(1, DSI_PAGES_2M), -DSI_ENOMEM);
	WHY_HAS("`echo 6 > ");

	/* The pool says nothing, or nonsense. */
	pool(NULL, "9\n", "many\n");
	let("memfd_create", ENOSYS, DO_IT);
	EXPECT(area(1, DSI_PAGES_1G), -DSI_ENOTSUP);
	WHY_HAS("huge pages of 1 GiB: ");
	WHY_HAS("`echo 1 > " POOL "hugepages-1048576kB/nr_hugepages`");
}

/* ---- binding, looking, locking ------------------------------------------- */

static void binding(void)
{
	static const struct {
		int errors[2];
		int code;
		const char *words;
	} cases[] = {
		{{EPERM, EPERM}, -DSI_EACCES, "CAP_SYS_NICE"},
		{{EACCES, DO_IT}, -DSI_EACCES, "CAP_SYS_NICE"},
		{{EINVAL, DO_IT}, -DSI_EINVAL, "Mems_allowed_list"},
		{{ENOMEM, DO_IT}, -DSI_ENOMEM, "mbind: "},
		{{ENOSYS, DO_IT}, -DSI_ENOTSUP, "mbind: "},
		{{EPERM, GRANTED}, 0, ""},
	};
	static const struct dsi_nodes node_0 = {{1}};
	void *memory = __real_mmap64(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		let("mbind", cases[i].errors[0], cases[i].errors[1]);
		n_bound = 0;
		EXPECT(dsi_memory_bind(memory, 4096, &node_0, DSI_BIND_PREFER,
				       WHY),
		       cases[i].code);
		EXPECT(bound[0].mode, MPOL_PREFERRED);
		EXPECT(bound[0].flags, MPOL_MF_MOVE_ALL);
		EXPECT(n_bound, cases[i].errors[0] == EPERM ? 2 : 1);
		EXPECT(n_bound == 1 || bound[1].flags == MPOL_MF_MOVE, 1);
		WHY_HAS(cases[i].words);
	}
	let(NULL, 0, 0);
	EXPECT(dsi_memory_bind(NULL, 4096, &node_0, 0, WHY), -DSI_EINVAL);
	EXPECT(dsi_memory_bind(memory, 0, &node_0, 0, WHY), -DSI_EINVAL);
	EXPECT(dsi_memory_bind(memory, 4096, NULL, 0, WHY), -DSI_EINVAL);
	EXPECT(munmap(memory, 4096), 0);
}

/* A kernel that has one preferred node: the lowest. */
static void one_preferred(void)
{
	struct dsi_nodes nodes = {{0}};
	void *memory = __real_mmap64(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	nodes.words[0] = 5;
	nodes.words[15] = UINT64_C(3) << 62;
	let("mbind", EINVAL, GRANTED);
	n_bound = 0;
	EXPECT(dsi_memory_bind(memory, 4096, &nodes, DSI_BIND_PREFER, WHY), 0);
	EXPECT(n_bound, 2);
	EXPECT(bound[0].mode, 5); /* MPOL_PREFERRED_MANY */
	EXPECT(bound[0].low, 5);
	EXPECT(bound[0].high, UINT64_C(3) << 62);
	EXPECT(bound[1].mode, MPOL_PREFERRED);
	EXPECT(bound[1].low, 1);
	EXPECT(bound[1].high, 0);
	/* The lowest may be far up, and not there. */
	nodes.words[0] = 0;
	let("mbind", EINVAL, EINVAL);
	n_bound = 0;
	EXPECT(dsi_memory_bind(memory, 4096, &nodes, DSI_BIND_PREFER, WHY),
	       -DSI_EINVAL);
	EXPECT(bound[1].low, 0);
	EXPECT(bound[1].high, UINT64_C(1) << 62);
	WHY_HAS("Mems_allowed_list");
	/* Only for this mode. */
	let("mbind", EINVAL, DO_IT);
	n_bound = 0;
	EXPECT(dsi_memory_bind(memory, 4096, &nodes, DSI_BIND_STRICT, WHY),
	       -DSI_EINVAL);
	EXPECT(n_bound, 1);
	EXPECT(munmap(memory, 4096), 0);
}

static void looking(void)
{
	static char memory[1];
	uint64_t on[2] = {7, 7}, absent = 7;

	let("move_pages", ENOSYS, DO_IT);
	EXPECT(dsi_memory_where(memory, 1, on, 2, &absent), -DSI_ENOTSUP);
	let("move_pages", EACCES, DO_IT);
	EXPECT(dsi_memory_where(memory, 1, on, 2, &absent), -DSI_EACCES);
	let(NULL, 0, 0);
	EXPECT(dsi_memory_where(NULL, 1, on, 2, &absent), -DSI_EINVAL);
	EXPECT(dsi_memory_where(memory, 0, on, 2, &absent), -DSI_EINVAL);
	EXPECT(dsi_memory_where(memory, 1, NULL, 2, &absent), -DSI_EINVAL);
	EXPECT(dsi_memory_where(memory, 1, on, 2, NULL), -DSI_EINVAL);
	/* On a node that the caller has no place for. */
	memory[0] = 1;
	EXPECT(dsi_memory_where(memory, 1, on, 0, &absent), 0);
	EXPECT(absent, 1);
}

static void locking(void)
{
	static const struct {
		int error, code;
		const char *words;
	} cases[] = {
		{EPERM, -DSI_EACCES, "mlock of 4096 bytes: "},
		{ENOMEM, -DSI_ENOMEM, "CAP_IPC_LOCK"},
		{EAGAIN, -DSI_ENOMEM, "RLIMIT_MEMLOCK is "},
		{EINVAL, -DSI_EINVAL, "mlock: "},
	};
	static char memory[1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		let("mlock", cases[i].error, DO_IT);
		EXPECT(dsi_memory_lock(memory, 4096, WHY), cases[i].code);
		WHY_HAS(cases[i].words);
	}
	let(NULL, 0, 0);
	EXPECT(dsi_memory_lock(NULL, 1, WHY), -DSI_EINVAL);
	EXPECT(dsi_memory_lock(memory, 0, WHY), -DSI_EINVAL);
}

/* ---- threads ------------------------------------------------------------- */

static void threads(void)
{
	static const struct {
		int error, code;
		const char *words;
	} cases[] = {
		{EPERM, -DSI_EACCES, "CAP_SYS_NICE"},
		{EBUSY, -DSI_EBUSY, "sched_rt_runtime_us"},
		{ENOSYS, -DSI_ENOTSUP, "sched_setattr"},
		{EINVAL, -DSI_EINVAL, "SCHED_DEADLINE: "},
	};
	struct dsi_cpus cpus = {{1}};

	let("syscall", GRANTED, DO_IT);
	EXPECT(dsi_thread_deadline(2000, 3000, 4000, WHY), 0);
	EXPECT(asked[0], 2000);
	EXPECT(asked[1], 3000);
	EXPECT(asked[2], 4000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		let("syscall", cases[i].error, DO_IT);
		EXPECT(dsi_thread_deadline(2000, 3000, 4000, WHY),
		       cases[i].code);
		WHY_HAS(cases[i].words);
	}
	let("sched_setscheduler", EPERM, EINVAL);
	EXPECT(dsi_thread_fifo(7, WHY), -DSI_EACCES);
	WHY_HAS("RLIMIT_RTPRIO of at least 7");
	EXPECT(dsi_thread_fifo(7, WHY), -DSI_EINVAL);
	WHY_HAS("SCHED_FIFO: ");
	let("sched_setaffinity", EINVAL, EPERM);
	EXPECT(dsi_thread_pin(&cpus, WHY), -DSI_EINVAL);
	WHY_HAS("Cpus_allowed_list");
	EXPECT(dsi_thread_pin(&cpus, WHY), -DSI_EACCES);
	WHY_HAS("sched_setaffinity: ");
	let("sched_getaffinity", ESRCH, EPERM);
	EXPECT(dsi_thread_cpus(1, &cpus), -DSI_ENOENT);
	EXPECT(dsi_thread_cpus(1, &cpus), -DSI_EACCES);
}

/* ---- the machine --------------------------------------------------------- */

#define SQUARE "numa:2 core:2 pu:1"

static int load(const char *source)
{
	struct dsi_topology *t = NULL;
	int err = dsi_topology_load(source, &t, WHY);

	EXPECT(t != NULL, err == 0);
	dsi_topology_destroy(t);
	return err;
}

static int load_nodes(void)
{
	struct dsi_topology *t = NULL;
	int err = dsi_topology_load_nodes(&t, WHY);

	EXPECT(t != NULL, err == 0);
	dsi_topology_destroy(t);
	return err;
}

static void trees(void)
{
	static const struct {
		const char *call;
		int code;
		const char *words;
	} cases[] = {
		{"hwloc_topology_init", -DSI_ENOMEM, "no memory for a"},
		{"hwloc_topology_set_all_types_filter", -DSI_EINVAL, "filters"},
		{"hwloc_topology_set_flags", -DSI_EINVAL, "filters"},
		{"hwloc_topology_load", -DSI_EINVAL, "could not make"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		let(cases[i].call, ENOMEM, DO_IT);
		EXPECT(load(SQUARE), cases[i].code);
		WHY_HAS(SQUARE ": ");
		WHY_HAS(cases[i].words);
	}
	/* Each of the four tables. */
	for (int i = 0; i < 4; i++) {
		let("calloc", DO_IT, DO_IT);
		refuse.ends[i] = ENOMEM;
		EXPECT(load(SQUARE), -DSI_ENOMEM);
		WHY_HAS("no memory");
	}
	let("hwloc_topology_is_thissystem", ENOSYS, DO_IT);
	EXPECT(load(NULL), -DSI_EINVAL);
	WHY_HAS("this machine: ");
	WHY_HAS("unset HWLOC_XMLFILE");
	let(NULL, 0, 0);
	EXPECT(load("numa:2(indexes=0,1024) core:1 pu:1"), -DSI_EOVERFLOW);
	WHY_HAS("node numbers");
	EXPECT(load("numa:1 core:2 pu:1(indexes=0,4096)"), -DSI_EOVERFLOW);
	WHY_HAS("CPU numbers");
	EXPECT(load("numa:x"), -DSI_EINVAL);
	EXPECT(load("x.xml"), -DSI_EINVAL);
	EXPECT(load("/nowhere"), -DSI_EINVAL);
	EXPECT(dsi_topology_load(SQUARE, NULL, WHY), -DSI_EINVAL);
	EXPECT(dsi_topology_load("x", &(struct dsi_topology *){0}, NULL, 1),
	       -DSI_EINVAL);
	EXPECT(dsi_topology_load("x", &(struct dsi_topology *){0}, why, 0),
	       -DSI_EINVAL);
}

/* hwloc does not know it: no distances, no kinds of CPUs. */
static void not_known(void)
{
	struct dsi_topology *t = NULL;
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};

	let("hwloc_distances_get_by_type", ENOSYS, DO_IT);
	EXPECT(dsi_topology_load(SQUARE, &t, WHY), 0);
	EXPECT(dsi_topology_distance(t, 0, 1), 20);
	dsi_topology_destroy(t);
	t = NULL;
	let("hwloc_cpukinds_get_info", EINVAL, EINVAL);
	EXPECT(dsi_topology_load(SQUARE, &t, WHY), 0);
	EXPECT(dsi_topology_cpu(t, 0, &cpu), 0);
	EXPECT(cpu.speed, 0);
	dsi_topology_destroy(t);
}

static void nodes_alone(void)
{
	for (int i = 0; i < 4; i++) {
		let("calloc", DO_IT, DO_IT);
		refuse.ends[i] = ENOMEM;
		EXPECT(load_nodes(), -DSI_ENOMEM);
		WHY_HAS("no memory");
	}
	let("malloc", ENOMEM, DO_IT);
	EXPECT(load_nodes(), -DSI_ENOMEM);
	let("numa_allocate_cpumask", ENOMEM, DO_IT);
	EXPECT(load_nodes(), -DSI_ENOMEM);
	/* No node says which CPUs it has. */
	let("numa_node_to_cpus", EINVAL, EINVAL);
	refuse.ends[2] = refuse.ends[3] = EINVAL;
	if (numa_max_node() < 4) {
		EXPECT(load_nodes(), -DSI_ENOTSUP);
		WHY_HAS("no CPUs in /sys/devices/system/node");
	}
	let("numa_max_node", ENOSYS, DO_IT);
	EXPECT(load_nodes(), -DSI_ENOTSUP);
	WHY_HAS("is /sys mounted?");
}

/* What is asked of a table. */
static void tables(void)
{
	struct {
		struct dsi_topology_cpu cpu;
		uint64_t beyond;
	} longer = {.cpu = {.size = sizeof(longer)}, .beyond = 77};
	struct dsi_topology_node node = {.size = sizeof(node)};
	struct dsi_topology_node early = {.size = 12, .n_cpus = 77};
	struct dsi_topology_node none = {.size = 3};
	struct dsi_topology *t = NULL;

	let(NULL, 0, 0);
	EXPECT(dsi_topology_load(SQUARE, &t, WHY), 0);
	EXPECT(dsi_topology_node(NULL, 0, &node), -DSI_EINVAL);
	EXPECT(dsi_topology_node(t, 0, NULL), -DSI_EINVAL);
	EXPECT(dsi_topology_node(t, 2, &node), -DSI_EINVAL);
	EXPECT(dsi_topology_node(t, 0, &none), -DSI_EINVAL);
	EXPECT(dsi_topology_cpu(NULL, 0, &longer.cpu), -DSI_EINVAL);
	EXPECT(dsi_topology_cpu(t, 0, NULL), -DSI_EINVAL);
	EXPECT(dsi_topology_cpu(t, 4, &longer.cpu), -DSI_EINVAL);
	/* Of a program that is older, and of one that is younger. */
	EXPECT(dsi_topology_node(t, 1, &early), 0);
	EXPECT(early.size, 12);
	EXPECT(early.node, 1);
	EXPECT(early.n_cpus, 77);
	EXPECT(dsi_topology_cpu(t, 3, &longer.cpu), 0);
	EXPECT(longer.cpu.size, sizeof(longer.cpu));
	EXPECT(longer.cpu.cpu, 3);
	EXPECT(longer.beyond, 77);
	EXPECT(dsi_topology_distance(t, 0, 2), -DSI_EINVAL);
	EXPECT(dsi_topology_distance(t, 2, 0), -DSI_EINVAL);
	dsi_topology_destroy(t);
	dsi_topology_destroy(NULL);
}

int main(void)
{
	areas();
	old_kernel();
	transparent();
	huge();
	binding();
	one_preferred();
	looking();
	locking();
	threads();
	trees();
	not_known();
	nodes_alone();
	tables();
	printf("%u checks, %u wrong\n", checked, wrong);
	return wrong != 0;
}
