/* SPDX-License-Identifier: MIT */
/*
 * memory_bind.c - where pages shall lie, where they lie, and that they stay.
 *
 * Place: beside the data flow; called with addresses of this process.
 *
 * mbind() on a shared mapping sets the policy of the object behind it, so
 * that it holds for whoever touches a page first: an owner can place what
 * others only read.  Pages that are there already move; those that another
 * process has mapped as well need MPOL_MF_MOVE_ALL and with it CAP_SYS_NICE.
 */
#define _GNU_SOURCE
#include <dsi/placement.h>

#include <errno.h>
#include <numaif.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "why.h"

#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5 /* Linux 5.15, and newer than some headers */
#endif

#define QUERY_PAGES 1024u

struct mask {
	unsigned long words[DSI_NODES_MAX / (8 * sizeof(unsigned long))];
};

/* The kernel reads one bit less than it is told. */
#define MASK_BITS (DSI_NODES_MAX + 1u)

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint32_t make_mask(const struct dsi_nodes *nodes, struct mask *mask)
{
	const uint32_t bits = 8u * sizeof(mask->words[0]);
	uint32_t n = 0;

	memset(mask, 0, sizeof(*mask));
	for (uint32_t i = 0; i < DSI_NODES_MAX; i++) {
		if (!(nodes->words[i / 64u] >> (i % 64u) & 1u))
			continue;
		mask->words[i / bits] |= 1ul << (i % bits);
		n++;
	}
	return n;
}

static int mode_of(uint32_t mode, uint32_t n)
{
	if (mode == DSI_BIND_STRICT)
		return MPOL_BIND;
	if (mode == DSI_BIND_INTERLEAVE)
		return MPOL_INTERLEAVE;
	return n == 1 ? MPOL_PREFERRED : MPOL_PREFERRED_MANY;
}

/* With the right to do so move everybody's pages, else our own. */
static long bind_and_move(void *addr, uint64_t bytes, int mode,
			  const struct mask *mask)
{
	long err = mbind(addr, bytes, mode, mask->words, MASK_BITS,
			 MPOL_MF_MOVE_ALL);

	if (err && errno == EPERM)
		err = mbind(addr, bytes, mode, mask->words, MASK_BITS,
			    MPOL_MF_MOVE);
	return err;
}

/* Before Linux 5.15 there is one preferred node: take the lowest. */
static long bind_preferred(void *addr, uint64_t bytes, const struct mask *mask)
{
	struct mask one = {{0}};

	for (size_t i = 0; i < sizeof(one.words) / sizeof(one.words[0]); i++) {
		if (!mask->words[i])
			continue;
		one.words[i] = mask->words[i] & -mask->words[i];
		break;
	}
	return bind_and_move(addr, bytes, MPOL_PREFERRED, &one);
}

static int bind_failed(struct why why, int error)
{
	if (error == EPERM || error == EACCES)
		return why_fail(why, -DSI_EACCES,
				"mbind: not permitted; a sandbox forbids it "
				"(containers: allow mbind, or add "
				"CAP_SYS_NICE)");
	if (error == EINVAL)
		return why_fail(
			why, -DSI_EINVAL,
			"mbind: none of these nodes has memory that "
			"this process may use (see Mems_allowed_list in "
			"/proc/self/status)");
	return why_fail(why, why_code(error), "mbind: %s", strerror(error));
}

int dsi_memory_bind(void *addr, uint64_t bytes, const struct dsi_nodes *nodes,
		    uint32_t mode, char *why, uint32_t why_bytes)
{
	struct why reason = {why, why_bytes};
	struct mask mask;
	uint32_t n;
	long err;

	if (!addr || !bytes || !nodes || mode > DSI_BIND_INTERLEAVE)
		return -DSI_EINVAL;
	if ((uintptr_t)addr % page_bytes())
		return why_fail(reason, -DSI_EINVAL,
				"the address is not the begin of a page");
	n = make_mask(nodes, &mask);
	if (!n)
		return why_fail(reason, -DSI_EINVAL, "no node is given");
	err = bind_and_move(addr, bytes, mode_of(mode, n), &mask);
	if (err && errno == EINVAL && mode_of(mode, n) == MPOL_PREFERRED_MANY)
		err = bind_preferred(addr, bytes, &mask);
	return err ? bind_failed(reason, errno) : 0;
}

/* ---- where they are ------------------------------------------------------ */

static void count(const int *status, uint64_t n, uint64_t *out_pages,
		  uint32_t n_nodes, uint64_t *absent)
{
	for (uint64_t i = 0; i < n; i++)
		if (status[i] >= 0 && (uint32_t)status[i] < n_nodes)
			out_pages[status[i]]++;
		else
			++*absent;
}

int dsi_memory_where(const void *addr, uint64_t bytes, uint64_t *out_pages,
		     uint32_t n, uint64_t *out_absent)
{
	uint64_t page = page_bytes();
	uint64_t left = (bytes + page - 1) / page;
	const char *at = addr;

	if (!addr || !bytes || !out_pages || !out_absent)
		return -DSI_EINVAL;
	memset(out_pages, 0, n * sizeof(*out_pages));
	*out_absent = 0;
	while (left) {
		uint64_t some = left < QUERY_PAGES ? left : QUERY_PAGES;
		void *pages[QUERY_PAGES];
		int status[QUERY_PAGES];

		for (uint64_t i = 0; i < some; i++)
			pages[i] = (void *)(uintptr_t)(at + i * page);
		if (move_pages(0, some, pages, NULL, status, 0) < 0)
			return why_code(errno);
		count(status, some, out_pages, n, out_absent);
		at += some * page;
		left -= some;
	}
	return 0;
}

/* ---- that they stay ------------------------------------------------------ */

static int lock_failed(struct why why, int error, uint64_t bytes)
{
	struct rlimit limit = {0, 0};

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	if (error == EPERM || error == ENOMEM || error == EAGAIN)
		return why_fail(
			why, error == EPERM ? -DSI_EACCES : -DSI_ENOMEM,
			"mlock of %llu bytes: %s; this needs CAP_IPC_LOCK or a "
			"larger `ulimit -l` (RLIMIT_MEMLOCK is %llu bytes)",
			(unsigned long long)bytes, strerror(error),
			(unsigned long long)limit.rlim_cur);
	return why_fail(why, why_code(error), "mlock: %s", strerror(error));
}

int dsi_memory_lock(const void *addr, uint64_t bytes, char *why,
		    uint32_t why_bytes)
{
	if (!addr || !bytes)
		return -DSI_EINVAL;
	/* Brings in all pages as well. */
	if (mlock(addr, bytes) < 0)
		return lock_failed((struct why){why, why_bytes}, errno, bytes);
	return 0;
}
