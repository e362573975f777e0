/* SPDX-License-Identifier: MIT */
/*
 * map_memory.c - pages given to another address space.
 *
 * A page is shared whole or in smaller pages, never in larger ones.  What is
 * at the destination goes, with all that was made from it; only what the page
 * itself comes from may not be there.
 */
#include <kmap.h>
#include <paging.h>
#include <mk/call.h>

#define NODE_ORDER 6

static uint64_t bytes_of(unsigned order)
{
	return 1ul << order;
}

static bool is_ancestor(const struct node *old, const struct node *n)
{
	for (; n; n = n->parent)
		if (n == old)
			return true;
	return false;
}

/* The same page from the same place again: only rights can change. */
static bool refresh(struct node *n, struct node *old, struct leaf *at,
		    uint64_t frame, unsigned order, unsigned rights)
{
	if (old->what != frame || old->order != order || old->parent != n)
		return false;
	old->rights |= (uint8_t)rights;
	*at->entry = paging_entry(frame, old->rights, order);
	tlb_note(old->task);
	return true;
}

/* Make room at the destination. */
static int clear_room(struct task *to, uint64_t at, unsigned order,
		      const struct node *n)
{
	struct node *old;
	struct leaf leaf;

	if (paging_find(to, at, &leaf)) {
		if (!*leaf.node)
			return leaf.order == MK_PAGE_ORDER ? -MK_EEXIST
							   : -MK_EINVAL;
		if (is_ancestor(*leaf.node, n))
			return -MK_EINVAL;
		revoke_all(*leaf.node);
	}
	while ((old = paging_next_node(to, at, at + bytes_of(order)))) {
		if (is_ancestor(old, n))
			return -MK_EINVAL;
		revoke_all(old);
	}
	/* Other CPUs must forget before the place means something new. */
	tlb_flush_noted();
	return 0;
}

static struct node *new_node(struct task *to, uint64_t at, uint64_t frame,
			     unsigned order, unsigned rights)
{
	struct node *made = factory_take(to->object.owner, NODE_ORDER);

	if (!made)
		return NULL;
	made->what = frame;
	made->task = to;
	made->where = at;
	made->kind = MK_MEMORY;
	made->order = (uint8_t)order;
	made->rights = (uint8_t)rights;
	return made;
}

static void forget_entry(struct node *n)
{
	struct leaf leaf;

	check(paging_find(n->task, n->where, &leaf) && *leaf.node == n);
	*leaf.entry = 0;
	*leaf.node = NULL;
	tlb_note(n->task);
}

static int place(struct task *to, uint64_t at, struct node *parent,
		 struct node *grant_from, uint64_t frame, unsigned order,
		 unsigned rights)
{
	struct node *made = new_node(to, at, frame, order, rights);
	struct leaf leaf;
	int error = made ? paging_make(to, at, order, &leaf) : -MK_ENOMEM;

	if (error) {
		if (made)
			factory_give(to->object.owner, made, NODE_ORDER);
		return error;
	}
	if (grant_from) {
		forget_entry(grant_from);
		node_move(made, grant_from);
		made->what = frame;
		factory_give(grant_from->task->object.owner, grant_from,
			     NODE_ORDER);
	} else {
		node_attach(parent, made);
	}
	*leaf.entry = paging_entry(frame, rights, order);
	*leaf.node = made;
	return 0;
}

int map_memory(struct task *from, uint64_t va, struct task *to, uint64_t at,
	       unsigned order, unsigned rights, bool grant)
{
	struct leaf source, target;
	struct node *n;
	uint64_t frame;
	int error;

	if (!paging_find(from, va, &source) || !*source.node)
		return -MK_ENOENT;
	n = *source.node;
	rights &= n->rights;
	if (source.order < order || !(rights & MK_R) ||
	    (grant && source.order != order) ||
	    (!grant && n->depth == NODE_DEPTH_MAX))
		return -MK_EINVAL;
	frame = n->what + (va & (bytes_of(source.order) - 1));
	if (!grant && paging_find(to, at, &target) && *target.node &&
	    refresh(n, *target.node, &target, frame, order, rights))
		return 0;
	error = clear_room(to, at, order, n);
	if (error)
		return error;
	return place(to, at, n, grant ? n : NULL, frame, order, rights);
}

int map_root_memory(struct task *t, uint64_t va, uint64_t frame, unsigned order,
		    unsigned rights)
{
	return place(t, va, NULL, NULL, frame, order, rights);
}

void memory_clear(struct node *n)
{
	forget_entry(n);
	node_detach(n);
	factory_give(n->task->object.owner, n, NODE_ORDER);
}

/* Rights were taken: write them into the page table. */
void memory_reduce(struct node *n)
{
	struct leaf leaf;

	check(paging_find(n->task, n->where, &leaf));
	*leaf.entry = paging_entry(n->what, n->rights, n->order);
	tlb_note(n->task);
}
