/* SPDX-License-Identifier: MIT */
/*
 * port_alloc.c - private memory: a heap at MK_HEAP.
 *
 * Place in the data flow: control plane only; after start the library does not
 * allocate.
 *
 * A list of blocks without gaps, in the order of their addresses.  Each begins
 * with a header of one cache line, so what is given out is aligned to 64 bytes
 * and no two allocations share a line.  First fit, and neighbours that are free
 * become one.  The time of a call grows with the number of blocks; that is fine
 * for what is called when a stream is made or ended.
 *
 * A program that uses the port leaves MK_HEAP to it.
 */
#include <mklib/start.h>

#include "port_thread.h"

#define LINE 64u
#define MAGIC_FREE 0x66726565u
#define MAGIC_USED 0x75736564u

struct block {
	uint64_t bytes; /* after the header */
	struct block *next, *prev;
	uint32_t magic;
};

_Static_assert(sizeof(struct block) <= LINE, "header of a block");

static struct block *first;
static struct mk_port_mutex heap;

static uint8_t *memory_of(struct block *b)
{
	return (uint8_t *)b + LINE;
}

/* The pages of the heap come when they are touched. */
static void begin(void)
{
	first = (struct block *)MK_HEAP;
	*first = (struct block){.bytes = MK_HEAP_BYTES - LINE,
				.magic = MAGIC_FREE};
}

/* Cut off what is more than @bytes, if it is worth a block. */
static void cut(struct block *b, uint64_t bytes)
{
	struct block *rest;

	if (b->bytes - bytes < 2 * LINE)
		return;
	rest = (struct block *)(void *)(memory_of(b) + bytes);
	*rest = (struct block){.bytes = b->bytes - bytes - LINE,
			       .next = b->next,
			       .prev = b,
			       .magic = MAGIC_FREE};
	if (rest->next)
		rest->next->prev = rest;
	b->next = rest;
	b->bytes = bytes;
}

/* @b and the next one become one. */
static void join(struct block *b)
{
	struct block *next = b->next;

	b->bytes += LINE + next->bytes;
	b->next = next->next;
	if (b->next)
		b->next->prev = b;
}

static struct block *find(uint64_t bytes)
{
	struct block *b;

	for (b = first; b; b = b->next)
		if (b->magic == MAGIC_FREE && b->bytes >= bytes)
			return b;
	return NULL;
}

void *dsi_port_alloc(size_t bytes)
{
	struct block *b;

	if (bytes > MK_HEAP_BYTES)
		return NULL;
	bytes = (bytes + LINE - 1) & ~(size_t)(LINE - 1);
	if (bytes == 0)
		bytes = LINE;
	mk_port_mutex_lock(&heap);
	if (!first)
		begin();
	b = find(bytes);
	if (b) {
		cut(b, bytes);
		b->magic = MAGIC_USED;
	}
	mk_port_mutex_unlock(&heap);
	if (!b)
		return NULL;
	__builtin_memset(memory_of(b), 0, bytes);
	return memory_of(b);
}

void dsi_port_free(void *memory)
{
	struct block *b;

	if (!memory)
		return;
	b = (struct block *)(void *)((uint8_t *)memory - LINE);
	if (b->magic != MAGIC_USED)
		dsi_port_assert_failed("what is freed was allocated", __FILE__,
				       __LINE__);
	mk_port_mutex_lock(&heap);
	b->magic = MAGIC_FREE;
	if (b->next && b->next->magic == MAGIC_FREE)
		join(b);
	if (b->prev && b->prev->magic == MAGIC_FREE)
		join(b->prev);
	mk_port_mutex_unlock(&heap);
}
