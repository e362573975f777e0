/* SPDX-License-Identifier: MIT */
/* unit_kmem_test.c - the kernel's memory: blocks are aligned, zeroed, apart,
 * and all of it comes back; a quota is exact. */
#include "unit_common.h"

#include <kmem.h>
#include <kobject.h>

#define POOL (16ul << 20)
#define BLOCKS 400u
#define STEPS 60000u

struct block {
	uint8_t *memory;
	unsigned order;
};

static struct block blocks[BLOCKS];

static void take(struct block *b)
{
	b->order = KMEM_SMALLEST_ORDER + below(12);
	b->memory = kmem_take(b->order);
	if (!b->memory)
		return;
	EXPECT(((uintptr_t)b->memory & (((size_t)1 << b->order) - 1)) == 0);
	for (size_t i = 0; i < (size_t)1 << b->order; i++)
		EXPECT(b->memory[i] == 0);
	/* Who else has it would be seen when it is given back. */
	memset(b->memory, (int)(b - blocks) % 255 + 1, (size_t)1 << b->order);
}

static void give(struct block *b)
{
	for (size_t i = 0; i < (size_t)1 << b->order; i++)
		EXPECT(b->memory[i] == (uint8_t)((b - blocks) % 255 + 1));
	kmem_give(b->memory, b->order);
	b->memory = NULL;
}

static void random_blocks(void)
{
	size_t all = kmem_free_bytes();

	for (unsigned step = 0; step < STEPS; step++) {
		struct block *b = &blocks[below(BLOCKS)];

		if (b->memory)
			give(b);
		else
			take(b);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].memory)
			give(&blocks[i]);
	EXPECT(kmem_free_bytes() == all);
	/* Merged again: the largest block is there. */
	blocks[0].memory = kmem_take(KMEM_LARGEST_ORDER);
	EXPECT(blocks[0].memory);
	kmem_give(blocks[0].memory, KMEM_LARGEST_ORDER);
}

static void exhaust(void)
{
	size_t all = kmem_free_bytes(), count = 0;
	void *chain = NULL, *p;

	while ((p = kmem_take(KMEM_PAGE_ORDER))) {
		*(void **)p = chain;
		chain = p;
		count++;
	}
	EXPECT(count == all >> KMEM_PAGE_ORDER);
	EXPECT(!kmem_take(KMEM_SMALLEST_ORDER));
	while (chain) {
		p = chain;
		chain = *(void **)p;
		kmem_give(p, KMEM_PAGE_ORDER);
	}
	EXPECT(kmem_free_bytes() == all);
}

static void quota(void)
{
	struct factory f = {.limit = 10000};
	void *page, *small;

	EXPECT(factory_charge(&f, 10001) < 0);
	EXPECT(factory_charge(&f, ~0ul) < 0);
	EXPECT(f.used == 0);
	page = factory_take(&f, 12);
	EXPECT(page && f.used == 4096);
	EXPECT(!factory_take(&f, 13));
	EXPECT(f.used == 4096);
	small = factory_take(&f, 6);
	EXPECT(small && f.used == 4160);
	factory_give(&f, page, 12);
	factory_give(&f, small, 6);
	EXPECT(f.used == 0);
}

int main(void)
{
	void *pool = aligned_alloc(1u << KMEM_LARGEST_ORDER, POOL);

	EXPECT(pool);
	kmem_init(pool, POOL);
	EXPECT(kmem_free_bytes() > POOL / 2);
	random_blocks();
	exhaust();
	quota();
	free(pool);
	return 0;
}
