/* SPDX-License-Identifier: MIT */
/*
 * captable.c - the capabilities of a task: a page of pointers to pages of
 * slots, made when they are first used, paid by the task's factory.
 */
#include <kmem.h>
#include <ktask.h>
#include <mk/call.h>

/* Never 0, which is what a new thread has. */
uint64_t cap_changes = 1;

struct node *cap_slot_make(struct task *t, uint64_t index, int *out_error)
{
	struct node **page;

	*out_error = -MK_EINVAL;
	if (index == 0 || index >= MK_CAP_SLOTS)
		return NULL;
	page = &t->cap_pages[index / CAPS_PER_PAGE];
	*out_error = -MK_ENOMEM;
	if (!*page)
		*page = factory_take(t->object.owner, KMEM_PAGE_ORDER);
	if (!*page)
		return NULL;
	*out_error = -MK_EEXIST;
	if ((*page)[index % CAPS_PER_PAGE].what)
		return NULL;
	*out_error = 0;
	return &(*page)[index % CAPS_PER_PAGE];
}

void cap_fill(struct task *t, struct node *slot, uint64_t index,
	      struct object *o, unsigned rights)
{
	slot->what = (uint64_t)o;
	slot->task = t;
	slot->where = index;
	slot->kind = MK_CAPS;
	slot->rights = (uint8_t)rights;
	o->cap_count++;
}

void cap_insert(struct task *t, struct node *slot, uint64_t index,
		struct object *o, unsigned rights)
{
	node_attach(NULL, slot);
	cap_fill(t, slot, index, o, rights);
	o->caps = slot;
}
