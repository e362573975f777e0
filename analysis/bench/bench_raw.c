/* SPDX-License-Identifier: MIT */
/* bench_raw.c - shared memory for the limits; see bench_raw.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/bench_raw.h"

/* All of it to write, and its first page to read only as well: the pages of a
 * peer that is not trusted. */
static int map_both(struct bench_raw_link *link, int fd)
{
	void *at;

	if (ftruncate(fd, (off_t)link->bytes))
		return -errno;
	at = mmap(NULL, link->bytes, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	link->shared = at;
	at = mmap(NULL, BENCH_RAW_PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE,
		  fd, 0);
	if (at == MAP_FAILED) {
		int err = -errno;

		munmap(link->shared, link->bytes);
		return err;
	}
	link->watched = at;
	return 0;
}

int bench_raw_open_wide(const struct bench_setup *setup, size_t stride,
			void **out_link)
{
	struct bench_raw_link *link = calloc(1, sizeof(*link));
	int fd;
	int err;

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	link->stride = stride;
	link->bytes = sizeof(*link->shared) + setup->ring * stride;
	fd = memfd_create("dsi-bench", MFD_CLOEXEC);
	err = fd < 0 ? -errno : map_both(link, fd);
	if (fd >= 0)
		close(fd);
	if (err) {
		free(link);
		return err;
	}
	link->payloads = (char *)link->shared + sizeof(*link->shared);
	*out_link = link;
	return 0;
}

int bench_raw_open(const struct bench_setup *setup, void **out_link)
{
	size_t stride = ((size_t)setup->payload + 63u) & ~(size_t)63u;

	return bench_raw_open_wide(setup, stride, out_link);
}

void bench_raw_touch(void *at, size_t bytes)
{
	volatile char *page = at;

	for (size_t i = 0; i < bytes; i += BENCH_RAW_PAGE)
		page[i] = page[i];
}

int bench_raw_join(void *raw, uint32_t number, void **out_side, char *why,
		   size_t why_bytes)
{
	struct bench_raw_link *link = raw;
	struct bench_raw_side *side = calloc(1, sizeof(*side));

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	side->shared = link->shared;
	side->number = number;
	side->mask = link->setup.ring - 1u;
	bench_raw_touch(link->shared, link->bytes);
	(void)atomic_load(&link->watched->sent.n);
	*out_side = side;
	return 0;
}

void bench_raw_leave(void *side)
{
	free(side);
}

void bench_raw_close(void *raw)
{
	struct bench_raw_link *link = raw;

	munmap((void *)(uintptr_t)link->watched, BENCH_RAW_PAGE);
	munmap(link->shared, link->bytes);
	free(link);
}

uint64_t bench_raw_calls(void *raw)
{
	const struct bench_raw_side *side = raw;

	return side->calls;
}

/* What the slowest consumer gave back. */
static uint32_t given_by_all(const struct bench_raw_side *side)
{
	uint32_t most_out = 0;

	for (uint32_t i = 0; i < side->link->setup.consumers; i++) {
		uint32_t out = side->done -
			       atomic_load_explicit(&side->shared->taken[i].n,
						    memory_order_acquire);

		most_out = out > most_out ? out : most_out;
	}
	return side->done - most_out;
}

int32_t bench_raw_take(void *raw, void **places, uint32_t n)
{
	struct bench_raw_side *side = raw;
	uint32_t ring = side->mask + 1u;

	if (side->done - side->given > ring - n || n > ring)
		side->given = given_by_all(side);
	if (n > ring - (side->done - side->given))
		n = ring - (side->done - side->given);
	for (uint32_t i = 0; i < n; i++)
		places[i] = bench_raw_payload(side, side->done + i);
	return (int32_t)n;
}

void bench_raw_tell(struct bench_raw_side *side)
{
	if (side->told == side->given)
		return;
	side->told = side->given;
	atomic_store_explicit(&side->shared->taken[side->number - 1].n,
			      side->given, memory_order_release);
}

int bench_raw_release(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	side->given += n;
	if (side->given - side->told > side->mask / 4u)
		bench_raw_tell(side);
	return 0;
}
