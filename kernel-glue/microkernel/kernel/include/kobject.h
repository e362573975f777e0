/* SPDX-License-Identifier: MIT */
/*
 * kobject.h - what all objects of the kernel have in common, and factories.
 *
 * An object lives as long as a capability to it.  When the last goes, or when
 * the factory that paid for it goes, it is put on the list of the dead and
 * taken apart before the system call ends: object_reap() is a loop, so objects
 * that own objects that own objects cannot overflow the stack.
 */
#ifndef MK_KOBJECT_H
#define MK_KOBJECT_H

#include <kbase.h>

enum object_kind {
	OBJECT_TASK,
	OBJECT_THREAD,
	OBJECT_GATE,
	OBJECT_EVENT,
	OBJECT_FACTORY,
	OBJECT_ICU,
	OBJECT_SCHED,
	OBJECT_LOG,
};

struct factory;
struct node;

struct object {
	uint8_t kind;
	uint8_t order; /* of its memory */
	bool dead;
	struct factory *owner; /* who pays; NULL: the kernel's own */
	struct list of_owner;
	struct node *caps; /* the first capability: root of the tree */
	uint64_t cap_count;
	struct list to_reap;
};

struct factory {
	struct object object;
	uint64_t limit, used;
	struct list objects;
};

extern struct factory root_factory;

/* Kernel memory that @f pays for, zeroed; NULL if the quota or memory ends. */
void *factory_take(struct factory *f, unsigned order);
void factory_give(struct factory *f, void *memory, unsigned order);
int factory_charge(struct factory *f, uint64_t bytes);
void factory_refund(struct factory *f, uint64_t bytes);

void object_init(struct object *o, unsigned kind, struct factory *owner,
		 unsigned order);
/* Mark it dead; object_reap() does the rest. */
void object_kill(struct object *o);
void object_reap_all(void);
extern struct list objects_dead;

static inline void object_reap(void)
{
	if (unlikely(!list_empty(&objects_dead)))
		object_reap_all();
}
/* Give its @memory back: the last thing that happens to it. */
void object_free(struct object *o, void *memory);

#endif
