/* SPDX-License-Identifier: MIT */
/*
 * map_io.c - ranges of I/O ports given to another task.
 *
 * A task has a list of ranges, and, from the first on, the bitmap that the CPU
 * looks at.  Ranges of one task may overlap; a port is allowed if one has it.
 */
#include <kmap.h>
#include <paging.h>
#include <mk/call.h>

struct io_range {
	struct node node;
	struct list of_task;
};

#define RANGE_ORDER 7
_Static_assert(sizeof(struct io_range) <= 1 << RANGE_ORDER, "order");

static struct io_range *range_of(struct list *l)
{
	return container_of(l, struct io_range, of_task);
}

/* The ports of @t are others now: every CPU that runs it must look again. */
static void changed(struct task *t)
{
	static uint64_t last_version;

	t->io_version = ++last_version;
	tlb_note(t);
}

static uint64_t ports_of(const struct node *n)
{
	return 1ul << n->order;
}

static void allow(struct task *t, const struct node *n)
{
	if (n->order >= 3) {
		memset(&t->io_map[n->where / 8], 0, ports_of(n) / 8);
		return;
	}
	for (uint64_t p = n->where; p < n->where + ports_of(n); p++)
		t->io_map[p / 8] &= (uint8_t) ~(1u << p % 8);
}

/* Tasks that have lost ranges.  Their maps are made once when all is gone, not
 * once per range: a task can have thousands that overlap. */
static struct list stale = {&stale, &stale};

/* All bits anew from the ranges. */
static void rebuild(struct task *t)
{
	list_remove(&t->io_stale);
	memset(t->io_map, 0xff, IO_MAP_BYTES);
	for (struct list *l = t->io_ranges.next; l != &t->io_ranges;
	     l = l->next)
		allow(t, &range_of(l)->node);
	changed(t);
}

void io_settle(void)
{
	while (unlikely(!list_empty(&stale)))
		rebuild(container_of(stale.next, struct task, io_stale));
}

static int make_map(struct task *t)
{
	if (t->io_map)
		return 0;
	t->io_map = factory_take(t->object.owner, IO_MAP_ORDER);
	if (!t->io_map)
		return -MK_ENOMEM;
	/* It has no version until a range comes: nobody loads it. */
	memset(t->io_map, 0xff, IO_MAP_BYTES);
	return 0;
}

static struct io_range *find(struct task *t, uint64_t first, unsigned order)
{
	for (struct list *l = t->io_ranges.next; l != &t->io_ranges;
	     l = l->next) {
		struct node *n = &range_of(l)->node;

		if (n->where == first && n->order == order)
			return range_of(l);
	}
	return NULL;
}

static struct node *add(struct task *to, struct node *parent, uint64_t first,
			unsigned order)
{
	struct io_range *r;

	if (make_map(to))
		return NULL;
	r = factory_take(to->object.owner, RANGE_ORDER);
	if (!r)
		return NULL;
	node_attach(parent, &r->node);
	r->node.what = first + 1; /* 0 would be an empty node */
	r->node.task = to;
	r->node.where = first;
	r->node.kind = MK_IO;
	r->node.order = (uint8_t)order;
	r->node.rights = MK_ALL_RIGHTS;
	list_add_before(&to->io_ranges, &r->of_task);
	allow(to, &r->node);
	changed(to);
	return &r->node;
}

int map_root_io(struct task *t, uint64_t first, unsigned order)
{
	return add(t, NULL, first, order) ? 0 : -MK_ENOMEM;
}

/* The part of [first, 2^order) that @n has; aligned powers of two either do
 * not meet or one holds the other. */
static bool common(const struct node *n, uint64_t *first, unsigned *order)
{
	uint64_t end = *first + (1ul << *order);

	if (n->where >= end || n->where + ports_of(n) <= *first)
		return false;
	if (n->order < *order) {
		*first = n->where;
		*order = n->order;
	}
	return true;
}

int map_io(struct task *from, uint64_t first, struct task *to, unsigned order,
	   bool grant)
{
	int error = -MK_ENOENT;
	struct node *made;
	struct list *next;

	if (from == to)
		return -MK_EINVAL;
	for (struct list *l = from->io_ranges.next; l != &from->io_ranges;
	     l = next) {
		struct node *n = &range_of(l)->node;
		uint64_t part = first;
		unsigned part_order = order;

		next = l->next;
		if (!common(n, &part, &part_order))
			continue;
		if (find(to, part, part_order)) {
			error = 0;
			continue;
		}
		/* Only a whole range can move. */
		if (grant ? part_order != n->order : n->depth == NODE_DEPTH_MAX)
			return -MK_EINVAL;
		made = add(to, grant ? NULL : n, part, part_order);
		if (!made)
			return -MK_ENOMEM;
		error = 0;
		if (grant) {
			node_move(made, n);
			made->what = part + 1;
			n->what = part + 1;
			io_clear(n);
		}
	}
	return error;
}

void io_clear(struct node *n)
{
	struct io_range *r = container_of(n, struct io_range, node);
	struct task *t = n->task;

	list_remove(&r->of_task);
	node_detach(n);
	factory_give(t->object.owner, r, RANGE_ORDER);
	if (list_empty(&t->io_stale))
		list_add_before(&stale, &t->io_stale);
}

/* Take what lies in the range; 0, or an error if a range is cut by it.  Each
 * part goes through the list from the start: it has no order. */
int unmap_io(struct task *t, uint64_t first, unsigned order, bool self,
	     uint64_t *left)
{
	struct list *next;
	int error = 0;

	for (struct list *l = t->io_ranges.next; l != &t->io_ranges; l = next) {
		struct node *n = &range_of(l)->node;
		uint64_t part = first;
		unsigned part_order = order;

		next = l->next;
		if (!common(n, &part, &part_order))
			continue;
		if (part_order != n->order) {
			error = -MK_EINVAL;
			continue;
		}
		/* What is below it can be in this list, too. */
		if (!revoke(n, MK_ALL_RIGHTS, false, left))
			return UNMAP_AGAIN;
		next = l->next;
		if (self && !revoke(n, MK_ALL_RIGHTS, true, left))
			return UNMAP_AGAIN;
	}
	return error;
}
