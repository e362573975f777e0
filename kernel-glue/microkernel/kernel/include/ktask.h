/* SPDX-License-Identifier: MIT */
/*
 * ktask.h - a task: an address space, a table of capabilities, ranges of I/O
 * ports.  It has threads; it does not run.
 */
#ifndef MK_KTASK_H
#define MK_KTASK_H

#include <derivation.h>
#include <kobject.h>
#include <mk/flexpage.h>

#define CAPS_PER_PAGE 64u
#define CAP_PAGES (MK_CAP_SLOTS / CAPS_PER_PAGE)
#define IO_MAP_BYTES (MK_IO_PORTS / 8)
#define IO_MAP_ORDER 13
/* A flexpage over all that a user can have. */
#define MK_SPACE_ORDER 47

struct task {
	struct object object;
	/* Nothing is left in it but threads that stand on some CPU. */
	bool emptied;
	uint64_t *pml4;
	uint64_t cr3;
	struct node **cap_pages; /* CAP_PAGES pointers, one page */
	uint8_t *io_map; /* as the CPU wants it: bit 0 = allowed; NULL: none */
	uint64_t io_version; /* another for each content, ever; 0: no port */
	struct list threads;
	struct list ku_blocks;
	struct list io_ranges;
	struct list io_stale; /* lost ranges: see map_io.c */
};

struct task *task_create(struct factory *f);
void task_destroy(struct task *t);
/* Once its last thread is gone. */
void task_free_if_empty(struct task *t);
int task_add_ku_memory(struct task *t, uint64_t va, unsigned order,
		       unsigned rights);
/* The kernel's own address of @bytes of kernel-user memory, or NULL. */
void *task_ku_address(struct task *t, uint64_t va, uint64_t bytes);

/* Another value whenever a capability is lost or loses rights, or an event is
 * bound: what a call found behind numbers of slots it finds again as long as
 * this is the same. */
extern uint64_t cap_changes;

/* A free slot, or NULL and the reason. */
struct node *cap_slot_make(struct task *t, uint64_t index, int *out_error);
/* Make the slot, already in a tree, a capability. */
void cap_fill(struct task *t, struct node *slot, uint64_t index,
	      struct object *o, unsigned rights);
/* The first capability to a new object: the root of a tree. */
void cap_insert(struct task *t, struct node *slot, uint64_t index,
		struct object *o, unsigned rights);

static inline struct object *node_object(const struct node *n)
{
	return (struct object *)n->what;
}

/* The fast way from a number to a capability; NULL if there is none. */
static inline struct node *cap_find(struct task *t, uint64_t index)
{
	struct node *page;

	if (unlikely(index >= MK_CAP_SLOTS))
		return NULL;
	page = t->cap_pages[index / CAPS_PER_PAGE];
	if (unlikely(!page))
		return NULL;
	page += index % CAPS_PER_PAGE;
	return page->what ? page : NULL;
}

#endif
