/* SPDX-License-Identifier: MIT */
/*
 * task.c - tasks: made empty, filled by whoever has the capability.
 */
#include <karch.h>
#include <kmap.h>
#include <kmem.h>
#include <ksched.h>
#include <kthread.h>
#include <paging.h>

/* A piece of kernel-user memory; it goes only with its task. */
struct ku_block {
	struct list of_task;
	void *memory;
	unsigned order;
};

#define KU_BLOCK_ORDER 6
#define TASK_ORDER 8
_Static_assert(sizeof(struct ku_block) <= 1 << KU_BLOCK_ORDER, "order");
_Static_assert(sizeof(struct task) <= 1 << TASK_ORDER, "order");

struct task *task_create(struct factory *f)
{
	struct task *t = factory_take(f, TASK_ORDER);

	if (!t)
		return NULL;
	object_init(&t->object, OBJECT_TASK, f, TASK_ORDER);
	list_init(&t->threads);
	list_init(&t->ku_blocks);
	list_init(&t->io_ranges);
	list_init(&t->io_stale);
	t->cap_pages = factory_take(f, KMEM_PAGE_ORDER);
	if (t->cap_pages && !paging_create(t))
		return t;
	if (t->cap_pages)
		factory_give(f, t->cap_pages, KMEM_PAGE_ORDER);
	object_free(&t->object, t);
	return NULL;
}

static void drop_caps(struct task *t)
{
	for (unsigned page = 0; page < CAP_PAGES; page++) {
		struct node *slots = t->cap_pages[page];

		for (unsigned i = 0; slots && i < CAPS_PER_PAGE; i++)
			if (slots[i].what)
				revoke_all(&slots[i]);
	}
}

static void drop_all(struct task *t, uint64_t page)
{
	struct unmapping u = {.left = UNMAP_ALL};

	(void)unmap_flexpage(t, page, MK_UNMAP_SELF, &u);
}

static void free_caps(struct task *t)
{
	for (unsigned page = 0; page < CAP_PAGES; page++)
		if (t->cap_pages[page])
			factory_give(t->object.owner, t->cap_pages[page],
				     KMEM_PAGE_ORDER);
	factory_give(t->object.owner, t->cap_pages, KMEM_PAGE_ORDER);
}

void task_destroy(struct task *t)
{
	struct list *l;

	drop_caps(t);
	drop_all(t, mk_flexpage(MK_MEMORY, 0, MK_SPACE_ORDER, MK_ALL_RIGHTS));
	drop_all(t, mk_flexpage(MK_IO, 0, 16, MK_ALL_RIGHTS));
	for (l = t->threads.next; l != &t->threads; l = l->next) {
		struct thread *thread = container_of(l, struct thread, of_task);

		object_kill(&thread->object);
	}
	t->emptied = true;
	task_free_if_empty(t);
}

void task_free_if_empty(struct task *t)
{
	struct factory *f = t->object.owner;

	if (!t->emptied || !list_empty(&t->threads))
		return;
	free_caps(t);
	paging_destroy(t);
	if (t->io_map)
		factory_give(f, t->io_map, IO_MAP_ORDER);
	while (!list_empty(&t->ku_blocks)) {
		struct ku_block *b = container_of(t->ku_blocks.next,
						  struct ku_block, of_task);

		list_remove(&b->of_task);
		factory_give(f, b->memory, b->order);
		factory_give(f, b, KU_BLOCK_ORDER);
	}
	object_free(&t->object, t);
}

static int map_ku_pages(struct task *t, uint64_t va, struct ku_block *b,
			unsigned rights)
{
	for (uint64_t at = 0; at < 1ul << b->order; at += MK_PAGE_BYTES) {
		struct leaf leaf;
		int error = paging_make(t, va + at, MK_PAGE_ORDER, &leaf);

		if (error)
			return error;
		*leaf.entry = physical((uint8_t *)b->memory + at) | PTE_KU |
			      paging_flags(rights, MK_PAGE_ORDER);
	}
	return 0;
}

static void unmap_ku_pages(struct task *t, uint64_t va, struct ku_block *b)
{
	for (uint64_t at = 0; at < 1ul << b->order; at += MK_PAGE_BYTES) {
		struct leaf leaf;
		uint64_t frame = physical((uint8_t *)b->memory + at);

		if (paging_find(t, va + at, &leaf) &&
		    (*leaf.entry & PTE_FRAME) == frame)
			*leaf.entry = 0;
	}
}

int task_add_ku_memory(struct task *t, uint64_t va, unsigned order,
		       unsigned rights)
{
	struct factory *f = t->object.owner;
	struct ku_block *b;
	int error = -MK_ENOMEM;

	if (order < MK_PAGE_ORDER || order > KMEM_LARGEST_ORDER ||
	    (va & ((1ul << order) - 1)) || va >= MK_USER_END ||
	    1ul << order > MK_USER_END - va)
		return -MK_EINVAL;
	b = factory_take(f, KU_BLOCK_ORDER);
	if (!b)
		return -MK_ENOMEM;
	b->order = order;
	b->memory = factory_take(f, order);
	if (b->memory) {
		error = map_ku_pages(t, va, b, rights);
		if (!error) {
			list_add_before(&t->ku_blocks, &b->of_task);
			return 0;
		}
		/* Nobody was told of them, but a CPU may have looked. */
		unmap_ku_pages(t, va, b);
		tlb_note(t);
		tlb_flush_noted();
		factory_give(f, b->memory, order);
	}
	factory_give(f, b, KU_BLOCK_ORDER);
	return error;
}

void *task_ku_address(struct task *t, uint64_t va, uint64_t bytes)
{
	struct leaf leaf;

	if ((va & (MK_PAGE_BYTES - 1)) + bytes > MK_PAGE_BYTES ||
	    !paging_find(t, va, &leaf) || !(*leaf.entry & PTE_KU))
		return NULL;
	return (uint8_t *)direct(*leaf.entry & PTE_FRAME) +
	       (va & (MK_PAGE_BYTES - 1));
}
