/* SPDX-License-Identifier: MIT */
/*
 * memory_area.c - memory for a data area: of which pages, on which nodes.
 *
 * Place: application -> AREA -> DSI_PRODUCER_DATA_FD -> a stream's data area.
 *
 * The policy is set before the pages are there: each page is then made where
 * it shall lie, and none has to move.  The library that imports the
 * descriptor seals it, so it is made to permit that.
 */
#define _GNU_SOURCE
#include <dsi/placement.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "why.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define SHMEM_THP "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

struct kind {
	uint64_t bytes; /* of a page */
	unsigned int flags;
	const char *name;
	const char *pool; /* the folder where their number is set */
};

static const struct kind kinds[] = {
	[DSI_PAGES_NORMAL] = {4096, 0, "normal pages", NULL},
	[DSI_PAGES_THP] = {UINT64_C(1) << 21, 0, "transparent huge pages",
			   NULL},
	[DSI_PAGES_2M] = {UINT64_C(1) << 21, MFD_HUGETLB | MFD_HUGE_2MB,
			  "huge pages of 2 MiB",
			  "/sys/kernel/mm/hugepages/hugepages-2048kB"},
	[DSI_PAGES_1G] = {UINT64_C(1) << 30, MFD_HUGETLB | MFD_HUGE_1GB,
			  "huge pages of 1 GiB",
			  "/sys/kernel/mm/hugepages/hugepages-1048576kB"},
};

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	if (bytes > (uint64_t)INT64_MAX - unit)
		return 0;
	return (bytes + unit - 1) / unit * unit;
}

/* What stands in [brackets] in the kernel's setting; "" = no such setting. */
static void thp_setting(char *word, size_t bytes)
{
	char text[128];
	int fd = open(SHMEM_THP, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	char *from, *to;

	word[0] = '\0';
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(word, bytes, "%.*s", (int)(to - from - 1), from + 1);
}

static int thp_possible(struct why why)
{
	char word[32];

	thp_setting(word, sizeof(word));
	if (strcmp(word, "always") == 0 || strcmp(word, "within_size") == 0 ||
	    strcmp(word, "advise") == 0 || strcmp(word, "force") == 0)
		return 0;
	return why_fail(why, -DSI_ENOTSUP,
			"transparent huge pages are not permitted for shared "
			"memory: " SHMEM_THP
			" is '%s'; `echo advise > " SHMEM_THP
			"` as root permits them",
			word[0] ? word : "not there");
}

/* One of the figures of a pool; 0 without such a pool. */
static uint64_t pool_figure(const struct kind *kind, const char *name)
{
	char path[128];
	unsigned long long figure = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", kind->pool, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu", &figure) != 1)
		figure = 0;
	(void)fclose(file);
	return figure;
}

/* Pages that others have, or were promised, are part of the number to set. */
static int no_huge_pages(struct why why, const struct kind *kind,
			 uint64_t bytes, int error)
{
	uint64_t needed = bytes / kind->bytes;
	uint64_t all = pool_figure(kind, "nr_hugepages");
	uint64_t unused = pool_figure(kind, "free_hugepages");
	uint64_t taken = pool_figure(kind, "resv_hugepages") +
			 (all > unused ? all - unused : 0);

	return why_fail(why, error == ENOMEM ? -DSI_ENOMEM : -DSI_ENOTSUP,
			"%s: %s; needed here: %llu of them, set by `echo %llu "
			"> %s/nr_hugepages` as root",
			kind->name,
			error == ENOMEM ? "not enough are free"
					: strerror(error),
			(unsigned long long)needed,
			(unsigned long long)(needed + taken), kind->pool);
}

static int make_fd(const struct kind *kind, uint64_t bytes, struct why why)
{
	int fd = memfd_create("dsi-area",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING | kind->flags);
	int error;

	if (fd < 0 && kind->flags)
		return no_huge_pages(why, kind, bytes, errno);
	if (fd < 0)
		return why_fail(why, why_code(errno), "memfd_create: %s",
				strerror(errno));
	do
		error = ftruncate(fd, (off_t)bytes) < 0 ? errno : 0;
	while (error == EINTR);
	if (!error)
		return fd;
	(void)close(fd);
	return why_fail(why, error == EFBIG ? -DSI_ENOMEM : why_code(error),
			"a data area of %llu bytes: %s",
			(unsigned long long)bytes, strerror(error));
}

/* All pages, by system call: an error is an error, and no signal. */
static int fill(const struct kind *kind, int fd, void *addr, uint64_t bytes,
		struct why why)
{
	int error;

	if (madvise(addr, bytes, MADV_POPULATE_WRITE) == 0)
		return 0;
	error = errno;
	if (error == EINVAL) { /* an old kernel */
		/* By the policy of the object, as a fault would. */
		if (fallocate(fd, 0, 0, (off_t)bytes) == 0)
			return 0;
		error = errno;
	}
	/* A pool that is empty answers like this. */
	if (kind->flags && (error == EFAULT || error == EHWPOISON ||
			    error == ENOSPC || error == ENOMEM))
		return no_huge_pages(why, kind, bytes, ENOMEM);
	return why_fail(why, -DSI_ENOMEM, "a data area of %llu bytes: %s",
			(unsigned long long)bytes, strerror(error));
}

static int map_and_fill(const struct kind *kind, int fd, uint64_t bytes,
			const struct dsi_nodes *nodes, uint32_t mode,
			struct why why)
{
	void *addr =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int err = 0;

	if (addr == MAP_FAILED && kind->flags)
		return no_huge_pages(why, kind, bytes, errno);
	if (addr == MAP_FAILED)
		return why_fail(why, -DSI_ENOMEM, "mmap: %s", strerror(errno));
	if (nodes)
		err = dsi_memory_bind(addr, bytes, nodes, mode, why.text,
				      why.bytes);
	if (err >= 0 && kind == &kinds[DSI_PAGES_THP] &&
	    madvise(addr, bytes, MADV_HUGEPAGE) < 0)
		err = why_fail(why, -DSI_ENOTSUP, "madvise: %s",
			       strerror(errno));
	if (err >= 0)
		err = fill(kind, fd, addr, bytes, why);
	(void)munmap(addr, bytes);
	return err < 0 ? err : 0;
}

int dsi_memory_area(uint64_t bytes, uint32_t pages,
		    const struct dsi_nodes *nodes, uint32_t mode,
		    int32_t *out_fd, char *why, uint32_t why_bytes)
{
	struct why reason = {why, why_bytes};
	const struct kind *kind = &kinds[pages <= DSI_PAGES_1G ? pages : 0];
	int fd;
	int err;

	bytes = round_up(bytes, kind->bytes);
	if (!bytes || pages > DSI_PAGES_1G || mode > DSI_BIND_INTERLEAVE ||
	    !out_fd)
		return -DSI_EINVAL;
	err = pages == DSI_PAGES_THP ? thp_possible(reason) : 0;
	if (err)
		return err;
	fd = make_fd(kind, bytes, reason);
	if (fd < 0)
		return fd;
	err = map_and_fill(kind, fd, bytes, nodes, mode, reason);
	if (err) {
		(void)close(fd);
		return err;
	}
	*out_fd = fd;
	return 0;
}
