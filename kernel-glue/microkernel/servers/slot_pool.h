/* SPDX-License-Identifier: MIT */
/*
 * slot_pool.h - slots for capabilities that a server keeps.
 *
 * A capability arrives in the window slot.  To keep it, the server keeps the
 * slot and makes a fresh one the window: nothing has to be moved, which would
 * need the right to pass it on, and could fail.
 */
#ifndef MK_SLOT_POOL_H
#define MK_SLOT_POOL_H

#include <mk/bootinfo.h>
#include <mklib/object_stubs.h>

/* One for each capability that can be kept, and the window. */
struct slot_pool {
	uint64_t window;
	uint64_t *free; /* as many as can be kept */
	unsigned count;
};

static inline void slot_pool_init(struct slot_pool *p, uint64_t first,
				  uint64_t *memory, unsigned count)
{
	p->window = first;
	p->free = memory;
	for (p->count = 0; p->count < count; p->count++)
		memory[p->count] = first + 1 + p->count;
}

/* What is in the window stays; its slot. */
static inline uint64_t slot_keep(struct slot_pool *p)
{
	uint64_t kept = p->window;

	p->window = p->free[--p->count];
	return kept;
}

static inline void slot_drop(struct slot_pool *p, uint64_t slot)
{
	(void)mk_drop_cap(MK_CAP_TASK, slot);
	p->free[p->count++] = slot;
}

#endif
