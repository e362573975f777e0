/* SPDX-License-Identifier: MIT */
/*
 * region.c - memory that two processes see and one of them writes.
 *
 * Place in the data flow: every ring, signal page and data area lies in a
 * region.  Control plane; after create or attach no access to a region
 * enters the kernel, because all pages are there already.
 *
 * A region is a memfd: a file without a name, living in memory, whose
 * descriptor can be sent.  What makes it fit for two parties that distrust
 * each other are its seals, which nobody can take off again:
 *
 *   SHRINK        protects the receiver.  Touching a mapped page beyond the
 *                 end of a file raises SIGBUS; without the seal a peer could
 *                 cut the file under our feet.
 *   FUTURE_WRITE  protects the owner.  Its own mapping was made before and
 *                 stays writable; no new one can be made, no matter what the
 *                 receiver tries with the descriptor (write, mprotect, open
 *                 through /proc).  It forbids punching holes as well, which
 *                 is why a receiver may count on the pages staying there.
 *   GROW, SEAL    make the rest final, so that one look is enough.
 *
 * The receiver believes nothing but what the kernel tells: a descriptor that
 * knows of seals is a memfd (or one on huge pages), no other kind of file
 * answers F_GET_SEALS.  Asking that FIRST matters.  A peer can send a file of
 * its own FUSE server; fstat(), fstatfs(), lseek() and page faults on it wait
 * for that server, and with it the peer decides when we go on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "linux.h"

/* Newer than the headers of some systems we build on. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS_WRITE_SHARED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define SEALS_READ_SHARED (SEALS_WRITE_SHARED | F_SEAL_FUTURE_WRITE)

uint64_t dsi_port_page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The kernel tells no process where its memory lies, and could move it. */
int dsi_port_physical_possible(void)
{
	return -DSI_ENOTSUP;
}

/* Whole pages, or 0 if a size is none that can be mapped. */
static uint64_t pages_of(uint64_t bytes)
{
	uint64_t page = dsi_port_page_bytes();

	if (bytes == 0 || bytes > (uint64_t)PTRDIFF_MAX - page)
		return 0;
	return (bytes + page - 1) & ~(page - 1);
}

static void region_empty(struct dsi_port_region *region)
{
	region->addr = NULL;
	region->bytes = 0;
	region->handle = -1;
	region->physical = 0; /* never known */
}

/* EAGAIN: mlockall() is in force, and more may not be locked. */
static int region_error(int err)
{
	switch (err) {
	case EPERM:
		return -DSI_EACCES;
	case EAGAIN:
	case EDQUOT:
	case EFBIG:
	case ENOSPC:
		return -DSI_ENOMEM;
	default:
		return dsi__error_from(err);
	}
}

static int region_map(struct dsi_port_region *region, int fd, uint64_t bytes,
		      uint32_t access, int populate)
{
	int prot = PROT_READ;
	int flags = MAP_SHARED;
	void *addr;

	if (access & DSI_PORT_WRITE)
		prot |= PROT_WRITE;
	if (populate)
		flags |= MAP_POPULATE;
	addr = mmap(NULL, (size_t)bytes, prot, flags, fd, 0);
	if (addr == MAP_FAILED)
		return region_error(errno);
	region->addr = addr;
	region->bytes = bytes;
	return 0;
}

/* The end of making a region: keep the descriptor, or undo all. */
static int region_own(struct dsi_port_region *region, int fd, int result)
{
	if (result == 0) {
		region->handle = fd;
		return 0;
	}
	if (region->addr)
		(void)munmap(region->addr, (size_t)region->bytes);
	(void)close(fd);
	region_empty(region);
	return result;
}

static int seals_for(uint32_t share)
{
	return share & DSI_PORT_WRITE ? SEALS_WRITE_SHARED : SEALS_READ_SHARED;
}

/* The number behind a key of /proc/meminfo, in bytes. */
static uint64_t meminfo(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

/* Is there so much memory at all?  The kernel does not say: it promises a
 * memfd any size, and when the pages are wanted it kills processes, maybe not
 * even ours.  A look before is no guarantee, but turns a wrong size into an
 * error.  1 or 0. */
static int memory_has(uint64_t bytes)
{
	char text[2048];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	uint64_t available;
	ssize_t n;

	if (fd < 0)
		return 1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return 1;
	text[n] = '\0';
	available = meminfo(text, "MemAvailable:");
	return available == 0 ||
	       bytes <= available + meminfo(text, "SwapFree:");
}

static int memfd_make(uint64_t bytes)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int result;
	int fd;

	if (!memory_has(bytes))
		return -DSI_ENOMEM;
	fd = memfd_create("dsi", flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("dsi", flags);
	if (fd < 0)
		return region_error(errno);
	do
		result = ftruncate(fd, (off_t)bytes) < 0 ? errno : 0;
	while (result == EINTR);
	if (result) {
		(void)close(fd);
		return region_error(result);
	}
	return fd;
}

/* Make all pages, of the memory that they shall be made of: MAP_POPULATE could
 * not wait for that, and says nothing of a page that it could not make, which
 * is a fault later. */
static int region_fill(const struct dsi_port_region *region)
{
	dsi__numa_bind(region->addr, region->bytes);
	if (madvise(region->addr, (size_t)region->bytes, MADV_POPULATE_WRITE) ==
	    0)
		return 0;
	if (errno != EINVAL)
		return -DSI_ENOMEM;
	/* Before Linux 5.14: reading does not do, a hole stays a hole. */
	memset(region->addr, 0, (size_t)region->bytes);
	return 0;
}

int dsi_port_region_create(struct dsi_port_region *region, uint64_t bytes,
			   uint32_t share)
{
	int fd;
	int result;

	region_empty(region);
	bytes = pages_of(bytes);
	if (bytes == 0)
		return -DSI_EINVAL;
	fd = memfd_make(bytes);
	if (fd < 0)
		return fd;

	/* Map first, seal then: afterwards it could not be mapped to write.
	 * The pages come last: where they lie must be said before. */
	result = region_map(region, fd, bytes, DSI_PORT_WRITE, 0);
	if (result == 0)
		result = region_fill(region);
	if (result == 0 && fcntl(fd, F_ADD_SEALS, seals_for(share)) < 0)
		result = region_error(errno);
	return region_own(region, fd, result);
}

/* The size of what an application brought.  dma-bufs know it by lseek()
 * only, most devices not at all. */
static uint64_t file_bytes(int fd)
{
	struct stat st;
	off_t position;
	off_t end;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	/* The position is shared with the caller's descriptor: put it back.
	 * dma-bufs do not tell it, theirs is always 0. */
	position = lseek(fd, 0, SEEK_CUR);
	end = lseek(fd, 0, SEEK_END);
	(void)lseek(fd, position > 0 ? position : 0, SEEK_SET);
	return end > 0 ? (uint64_t)end : 0;
}

int dsi_port_region_import(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t share)
{
	uint64_t have;
	int result;
	int fd;

	region_empty(region);
	fd = fcntl(handle, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return region_error(errno);

	/* The rest of a file's last page can be accessed, so it counts. */
	have = pages_of(file_bytes(fd));
	if (have == 0 || have < bytes)
		result = -DSI_ENOSPC;
	else
		result = region_map(region, fd, have, DSI_PORT_WRITE, 1);
	result = region_own(region, fd, result);
	if (result < 0)
		return result;
	/* Whoever joins refuses what could shrink; but whether that can be
	 * sealed is not ours to decide.  Files that are no memfd, or already
	 * sealed against sealing, stay as they are.  Without FUTURE_WRITE is
	 * second best: it needs Linux 5.1. */
	if (fcntl(fd, F_ADD_SEALS, seals_for(share)) < 0)
		(void)fcntl(fd, F_ADD_SEALS, SEALS_WRITE_SHARED);
	return 0;
}

/* A dma-buf has a fixed size and needs no seal.  fdinfo is written by the
 * kernel about the file, without asking a FUSE server; only the dma-buf code
 * writes "exp_name:". */
static int is_dma_buf(int fd)
{
	char path[32];
	char text[512];
	ssize_t n;
	int info;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return 0;
	n = read(info, text, sizeof(text) - 1);
	(void)close(info);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strstr(text, "\nexp_name:") != NULL;
}

/* Can a peer make an access to it fault?  0: it cannot. */
static int memfd_check(int fd, int seals)
{
	struct statfs fs;

	if (!(seals & F_SEAL_SHRINK))
		return -DSI_EPROTO;
	if (fstatfs(fd, &fs) < 0)
		return -DSI_EPROTO;
	/* A hole in a file on huge pages raises SIGBUS when the pool is
	 * empty; one in normal memory just reads as zero. */
	if ((uint32_t)fs.f_type == HUGETLBFS_MAGIC &&
	    !(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -DSI_EPROTO;
	return 0;
}

static int attach_check(int fd, uint32_t access, uint64_t bytes,
			int *out_populate)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	*out_populate = 0;
	if (!(access & DSI_PORT_UNSEALED)) {
		if (seals < 0 && !is_dma_buf(fd))
			return -DSI_EPROTO;
		if (seals >= 0 && memfd_check(fd, seals) < 0)
			return -DSI_EPROTO;
	}
	if (pages_of(file_bytes(fd)) != bytes)
		return -DSI_EPROTO;

	/* Prefault only what its owner has paid for: populating a file full
	 * of holes would make memory of them, at our expense. */
	if (seals >= 0 && fstat(fd, &st) == 0)
		*out_populate = (uint64_t)st.st_blocks * 512 >= bytes;
	return 0;
}

/* A peer can open its memory so that nobody may read it through the
 * descriptor. */
static int may_read(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	int mode = flags & O_ACCMODE;

	/* There is a fourth mode, for neither. */
	return flags >= 0 && (mode == O_RDONLY || mode == O_RDWR);
}

int dsi_port_region_attach(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t access)
{
	int populate;
	int result;

	region_empty(region);
	if (handle < 0)
		return -DSI_EPROTO;
	if (bytes == 0 || pages_of(bytes) != bytes)
		result = -DSI_EPROTO;
	else
		result = attach_check(handle, access, bytes, &populate);
	if (result == 0)
		result = region_map(region, handle, bytes, access, populate);
	/* What cannot be mapped at all is no region. */
	if (result == -DSI_EIO || result == -DSI_EINVAL ||
	    (result == -DSI_EACCES && !may_read(handle)))
		result = -DSI_EPROTO;
	/* The mapping holds the memory; a number less to run out of. */
	dsi_port_handle_drop(handle);
	return result;
}

int dsi_port_region_check(int32_t handle, uint64_t bytes)
{
	int populate;

	/* Only memory: what else attach would accept may be a device. */
	if (handle < 0 || pages_of(bytes) != bytes ||
	    fcntl(handle, F_GET_SEALS) < 0)
		return -DSI_EPROTO;
	return attach_check(handle, DSI_PORT_READ, bytes, &populate);
}

void dsi_port_region_fini(struct dsi_port_region *region)
{
	/* A zeroed struct owns nothing, least of all descriptor 0. */
	if (!region->addr)
		return;
	(void)munmap(region->addr, (size_t)region->bytes);
	dsi_port_handle_close(region->handle);
	region_empty(region);
}
