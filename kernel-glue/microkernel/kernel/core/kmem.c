/* SPDX-License-Identifier: MIT */
/*
 * kmem.c - a binary buddy allocator over one pool, from 64 bytes to 2 MiB.
 *
 * A free block holds its list links, so it needs no other memory; one byte per
 * smallest block says whether a free block begins there, and of which order.
 * Splitting and merging take at most one step per order.
 */
#include <kmem.h>

#define ORDERS (KMEM_LARGEST_ORDER - KMEM_SMALLEST_ORDER + 1)
#define NOT_FREE 0

static struct list free_blocks[ORDERS];
static uint8_t *base;
static uint8_t *free_order; /* of the block that begins there, or NOT_FREE */
static size_t pool_bytes;
static size_t free_bytes;

static uint8_t *state_of(const void *block)
{
	return &free_order[(size_t)((const uint8_t *)block - base) >>
			   KMEM_SMALLEST_ORDER];
}

static void put(void *block, unsigned order)
{
	list_add_before(&free_blocks[order - KMEM_SMALLEST_ORDER], block);
	*state_of(block) = (uint8_t)order;
	free_bytes += (size_t)1 << order;
}

static void take(void *block, unsigned order)
{
	list_remove(block);
	*state_of(block) = NOT_FREE;
	free_bytes -= (size_t)1 << order;
}

void kmem_init(void *pool, size_t bytes)
{
	const size_t largest = (size_t)1 << KMEM_LARGEST_ORDER;
	size_t states;

	for (unsigned i = 0; i < ORDERS; i++)
		list_init(&free_blocks[i]);
	/* The states lie at the end of the pool; what is left is cut to whole
	 * largest blocks. */
	states = bytes >> KMEM_SMALLEST_ORDER;
	base = pool;
	pool_bytes = (bytes - states) & ~(largest - 1);
	free_order = base + pool_bytes;
	free_bytes = 0;
	memset(free_order, NOT_FREE, pool_bytes >> KMEM_SMALLEST_ORDER);
	for (size_t at = 0; at < pool_bytes; at += largest)
		put(base + at, KMEM_LARGEST_ORDER);
}

void *kmem_take(unsigned order)
{
	unsigned from = order;
	void *block;

	check(order >= KMEM_SMALLEST_ORDER && order <= KMEM_LARGEST_ORDER);
	while (list_empty(&free_blocks[from - KMEM_SMALLEST_ORDER]))
		if (++from > KMEM_LARGEST_ORDER)
			return NULL;
	block = free_blocks[from - KMEM_SMALLEST_ORDER].next;
	take(block, from);
	while (from > order) {
		from--;
		put((uint8_t *)block + ((size_t)1 << from), from);
	}
	memset(block, 0, (size_t)1 << order);
	return block;
}

void kmem_give(void *memory, unsigned order)
{
	size_t at = (size_t)((uint8_t *)memory - base);

	check(at < pool_bytes && !(at & (((size_t)1 << order) - 1)));
	check(*state_of(memory) == NOT_FREE);
	for (; order < KMEM_LARGEST_ORDER; order++) {
		size_t buddy = at ^ (size_t)1 << order;

		if (*state_of(base + buddy) != order)
			break;
		take(base + buddy, order);
		at &= ~((size_t)1 << order);
	}
	put(base + at, order);
}

size_t kmem_free_bytes(void)
{
	return free_bytes;
}
