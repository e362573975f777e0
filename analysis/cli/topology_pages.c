// SPDX-License-Identifier: MIT
/*
 * topology_pages.c - where the pages of a region are, and moving them.
 *
 * The pages are asked for, and moved, at the producer's addresses: it has
 * mapped all regions of its stream, and move_pages() takes another process's.
 * Nothing is mapped here, so nothing of the stream is kept alive, and a page
 * that moves takes its contents along while the stream runs.
 *
 * Trust: the addresses are the producer's word.  The system is asked what it
 * has mapped there, and only memory that it shares is touched, no more than the
 * machine has; a liar can have what it has mapped shared, which may be a file
 * that others use, moved between nodes, and nothing more.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <inttypes.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "topology.h"

#define BATCH 1024u
/* Somebody in the kernel may hold a page just now, and may itself have to wait
 * for a CPU: pauses of 1, 2, 4, ... ms, about 2 s for a whole region. */
#define PAUSES 12u
#define PAUSE_NS 1000000L
#define PAUSE_MOST_NS 256000000L

struct batch {
	void *pages[BATCH];
	int nodes[BATCH];
	int status[BATCH];
	unsigned long n;
};

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int code_of(int error)
{
	switch (error) {
	case ESRCH:
	case ENOENT:
		return -DSI_EPIPE;
	case EPERM:
	case EACCES:
		return -DSI_EPERM;
	case ENOSYS:
		return -DSI_ENOTSUP;
	case ENOMEM:
		return -DSI_ENOMEM;
	default:
		return -DSI_EPROTO;
	}
}

/* ---- what is mapped there ------------------------------------------------ */

/* Shared mappings side by side count as one. */
static int check_lines(FILE *maps, uint64_t from, uint64_t to)
{
	char line[512];
	char rights[5];
	uint64_t begin, end;

	while (from < to && fgets(line, sizeof(line), maps)) {
		/* The rest of a long line begins with no address. */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &begin, &end,
			   rights) != 3 ||
		    begin > from || end <= from)
			continue;
		if (rights[3] != 's')
			return -DSI_EPROTO;
		from = end;
	}
	return from < to ? -DSI_EPROTO : 0;
}

/* All pages of a stream are there.  Of a file full of holes, which costs its
 * owner nothing, each page would have to be asked for: for days. */
static int fits_machine(uint64_t bytes)
{
	struct sysinfo machine;
	uint64_t units;

	if (sysinfo(&machine) < 0)
		return 1;
	units = (uint64_t)machine.totalram + machine.totalswap;
	return bytes / machine.mem_unit <= units;
}

static int check_mapped(const struct topology_region *region)
{
	const struct dsi_region_info *info = &region->info;
	char path[64];
	FILE *maps;
	int err;

	if (!fits_machine(info->bytes))
		return -DSI_EPROTO;
	snprintf(path, sizeof(path), "/proc/%u/maps", info->producer.pid);
	maps = fopen(path, "re");
	if (!maps)
		return code_of(errno);
	err = check_lines(maps, info->address, info->address + info->bytes);
	/* Without the right to look the file is there, and cannot be read. */
	if (err && ferror(maps))
		err = -DSI_EPERM;
	fclose(maps);
	return err;
}

/* ---- ask ----------------------------------------------------------------- */

static void fill(struct batch *batch, const struct topology_region *region,
		 uint64_t first)
{
	uint64_t left = region->pages - first;

	batch->n = left < BATCH ? (unsigned long)left : BATCH;
	for (unsigned long i = 0; i < batch->n; i++)
		batch->pages[i] =
			(void *)(uintptr_t)(region->info.address +
					    (first + i) * page_bytes());
}

static int ask(const struct topology_region *region, struct batch *batch,
	       uint64_t first)
{
	fill(batch, region, first);
	if (move_pages((int)region->info.producer.pid, batch->n, batch->pages,
		       NULL, batch->status, 0) < 0)
		return code_of(errno);
	return 0;
}

static void count(struct topology_region *region, const struct batch *batch)
{
	for (unsigned long i = 0; i < batch->n; i++) {
		int node = batch->status[i];

		if (node < 0 || node >= (int)DSI_NODES_MAX) {
			region->absent++;
			continue;
		}
		region->on[node]++;
		if (region->n_plan &&
		    !topology_has_node(&region->plan, (uint32_t)node))
			region->misplaced++;
	}
}

void topology_find(struct topology_region *region)
{
	static struct batch batch;

	memset(region->on, 0, sizeof(region->on));
	region->absent = 0;
	region->misplaced = 0;
	region->pages = region->info.bytes / page_bytes();
	region->error = check_mapped(region);
	for (uint64_t at = 0; !region->error && at < region->pages;
	     at += batch.n) {
		region->error = ask(region, &batch, at);
		if (!region->error)
			count(region, &batch);
	}
}

/* ---- move ---------------------------------------------------------------- */

/* What became of pages that were to move. */
struct outcome {
	int flags;
	int error; /* the last one's, 0: all are where they should be */
	uint32_t pauses;
	uint64_t left;
	uint64_t shared; /* mapped by others, which takes a right */
};

/* Keep those of a batch that are on a wrong node, and say where they go. */
static void pick(struct batch *batch, const struct topology_region *region,
		 uint64_t first)
{
	unsigned long n = 0;

	for (unsigned long i = 0; i < batch->n; i++) {
		if (batch->status[i] < 0 ||
		    topology_has_node(&region->plan,
				      (uint32_t)batch->status[i]))
			continue;
		batch->nodes[n] = topology_turn(&region->plan, first + i);
		batch->pages[n] = batch->pages[i];
		/* It stays so if the system stops before this page. */
		batch->status[n++] = -EAGAIN;
	}
	batch->n = n;
}

static int push(const struct topology_region *region, struct batch *batch,
		struct outcome *outcome)
{
	long left = move_pages((int)region->info.producer.pid, batch->n,
			       batch->pages, batch->nodes, batch->status,
			       outcome->flags);

	/* Without CAP_SYS_NICE only pages that nobody else has mapped. */
	if (left < 0 && errno == EPERM && outcome->flags == MPOL_MF_MOVE_ALL) {
		outcome->flags = MPOL_MF_MOVE;
		return push(region, batch, outcome);
	}
	if (left < 0)
		return errno == EACCES ? -DSI_EACCES : code_of(errno);
	return 0;
}

/* Why pages stayed; the numbers are those of the last try. */
static void judge(const struct batch *batch, struct outcome *outcome)
{
	for (unsigned long i = 0; i < batch->n; i++) {
		int status = batch->status[i];

		if (status == batch->nodes[i])
			continue;
		outcome->left++;
		outcome->shared += status == -EACCES;
		if (status < 0)
			outcome->error = code_of(-status);
	}
}

static void rest(uint32_t before)
{
	long ns = PAUSE_NS << before;
	struct timespec pause = {.tv_nsec = ns < PAUSE_MOST_NS ? ns
							       : PAUSE_MOST_NS};

	(void)nanosleep(&pause, NULL);
}

static int move_batch(const struct topology_region *region, uint64_t first,
		      struct batch *batch, struct outcome *outcome)
{
	struct outcome before = *outcome;
	int err;

	for (;;) {
		*outcome = before;
		err = ask(region, batch, first);
		if (err)
			return err;
		pick(batch, region, first);
		if (!batch->n)
			return 0;
		err = push(region, batch, outcome);
		before.flags = outcome->flags;
		if (err)
			return err;
		judge(batch, outcome);
		/* What has no room has none in a moment either. */
		if (outcome->left == before.left ||
		    outcome->error == -DSI_ENOMEM || before.pauses == PAUSES ||
		    (outcome->shared && outcome->flags == MPOL_MF_MOVE))
			return 0;
		rest(before.pauses++);
	}
}

/* What is in the way, as a code, and in words. */
static int say(const struct outcome *outcome, int err,
	       char why[TOPOLOGY_WHY_BYTES])
{
	if (!err && outcome->shared && outcome->flags == MPOL_MF_MOVE) {
		snprintf(why, TOPOLOGY_WHY_BYTES,
			 "%" PRIu64 " pages are mapped by other processes "
			 "too; moving those takes CAP_SYS_NICE: run it as root",
			 outcome->left);
		return -DSI_EPERM;
	}
	/* The system may stop at the first, and then does not count them. */
	if (err == -DSI_ENOMEM || (!err && outcome->error == -DSI_ENOMEM)) {
		snprintf(why, TOPOLOGY_WHY_BYTES,
			 "pages found no room on their node");
		return -DSI_ENOMEM;
	}
	if (!err) {
		snprintf(why, TOPOLOGY_WHY_BYTES,
			 "%" PRIu64 " pages are in use and stayed; try again",
			 outcome->left);
		return -DSI_EBUSY;
	}
	snprintf(why, TOPOLOGY_WHY_BYTES, "%s",
		 err == -DSI_EPERM ? "no right to move pages of that process: "
				     "be its user or root"
		 : err == -DSI_EACCES
			 ? "the cpuset of that process has no memory of the "
			   "node where they should be"
			 : dsi_strerror(err));
	return err;
}

int topology_move(const struct topology_region *region,
		  char why[TOPOLOGY_WHY_BYTES])
{
	static struct batch batch;
	struct outcome outcome = {.flags = MPOL_MF_MOVE_ALL};
	int err = check_mapped(region);

	for (uint64_t at = 0; !err && at < region->pages; at += BATCH)
		err = move_batch(region, at, &batch, &outcome);
	return !err && !outcome.left ? 0 : say(&outcome, err, why);
}
