/* SPDX-License-Identifier: MIT */
/*
 * map.c - flexpages: which part of what is sent goes where, and taking back.
 */
#include <kmap.h>
#include <paging.h>
#include <mk/call.h>

#define CAP_ORDER_MAX 15u
#define IO_ORDER_MAX 16u

/* A place of 2^order units, as sender or window. */
struct piece {
	uint64_t first;
	unsigned order;
};

static bool piece_of(uint64_t page, struct piece *out)
{
	unsigned kind = mk_flexpage_kind(page);
	uint64_t end = kind == MK_MEMORY ? 1ul << MK_SPACE_ORDER
		       : kind == MK_IO	 ? MK_IO_PORTS
					 : MK_CAP_SLOTS;
	unsigned most = kind == MK_MEMORY ? MK_SPACE_ORDER
			: kind == MK_IO	  ? IO_ORDER_MAX
					  : CAP_ORDER_MAX;

	out->first = mk_flexpage_first(page);
	out->order = mk_flexpage_order(page);
	if (kind == 0 || out->order > most ||
	    (kind == MK_MEMORY && out->order < MK_PAGE_ORDER))
		return false;
	return !(out->first & ((1ul << out->order) - 1)) && out->first < end &&
	       1ul << out->order <= end - out->first;
}

/* The larger of the two is cut to the size of the smaller; the hot spot says
 * which part of it is meant. */
static void fit(struct piece *page, struct piece *window, uint64_t hot_spot)
{
	struct piece *larger = page, *smaller = window;
	uint64_t offset;

	if (window->order > page->order) {
		larger = window;
		smaller = page;
	}
	offset = hot_spot & ((1ul << larger->order) - 1) &
		 ~((1ul << smaller->order) - 1);
	larger->first += offset;
	larger->order = smaller->order;
}

static int map_pages(struct task *from, struct task *to, struct piece page,
		     uint64_t at, unsigned rights, bool grant)
{
	uint64_t end = page.first + (1ul << page.order), va = page.first;
	uint64_t shift = at - page.first;
	int result = -MK_ENOENT, error;
	struct node *n;

	while ((n = paging_next_node(from, va, end))) {
		unsigned order = n->order;

		if (n->where > va)
			va = n->where;
		/* A superpage stays one where all of it fits. */
		if (order == MK_SUPERPAGE_ORDER &&
		    ((va | (va + shift)) & (MK_SUPERPAGE_BYTES - 1) ||
		     end - va < MK_SUPERPAGE_BYTES))
			order = MK_PAGE_ORDER;
		if (va + shift + (1ul << order) > MK_USER_END)
			return result ? -MK_EINVAL : 0;
		error = map_memory(from, va, to, va + shift, order, rights,
				   grant);
		if (error)
			return error;
		result = 0;
		va += 1ul << order;
	}
	return result;
}

static int map_slots(struct task *from, struct task *to, struct piece page,
		     uint64_t at, unsigned rights, bool grant)
{
	int result = -MK_ENOENT;

	for (uint64_t i = 0; i < 1ul << page.order; i++) {
		int error = map_cap(from, page.first + i, to, at + i, rights,
				    grant);

		if (error && error != -MK_ENOENT)
			return error;
		if (!error)
			result = 0;
	}
	return result;
}

int map_flexpage(struct task *from, uint64_t page, struct task *to,
		 uint64_t window, uint64_t hot_spot, bool grant,
		 uint64_t *out_mapped)
{
	unsigned kind = mk_flexpage_kind(page), rights;
	struct piece source, target;
	int error;

	if (kind != mk_flexpage_kind(window) || !piece_of(page, &source) ||
	    !piece_of(window, &target))
		return -MK_EINVAL;
	if (kind != MK_MEMORY)
		hot_spot >>= 12;
	fit(&source, &target, hot_spot);
	rights = mk_flexpage_rights(page);
	if (from == to && source.first == target.first)
		return -MK_EINVAL;
	if (kind == MK_MEMORY)
		error = map_pages(from, to, source, target.first, rights,
				  grant);
	else if (kind == MK_IO)
		error = map_io(from, source.first, to, source.order, grant);
	else
		error = map_slots(from, to, source, target.first, rights,
				  grant);
	io_settle();
	tlb_flush_noted();
	*out_mapped = mk_flexpage(kind, target.first, target.order, rights);
	return error;
}

/* ---- taking back ----------------------------------------------------- */

/* Remove one node that has nothing below it. */
static void node_drop(struct node *n)
{
	if (n->kind == MK_MEMORY)
		memory_clear(n);
	else if (n->kind == MK_IO)
		io_clear(n);
	else
		cap_clear(n);
}

static void reduce(struct node *n, unsigned rights)
{
	n->rights &= (uint8_t)~rights;
	cap_changes++;
	if (n->kind == MK_MEMORY)
		memory_reduce(n);
}

static bool takes_all(const struct node *n, unsigned rights)
{
	if (n->kind == MK_MEMORY)
		return rights & MK_R;
	return n->kind == MK_IO || !(n->rights & ~rights);
}

static bool spend(uint64_t *left)
{
	if (*left == 0)
		return false;
	(*left)--;
	return true;
}

bool revoke(struct node *top, unsigned rights, bool self, uint64_t *left)
{
	struct node *n, *above;

	if (!takes_all(top, rights)) {
		for (n = self ? top : node_walk(top, top); n;
		     n = node_walk(n, top))
			reduce(n, rights);
		return true;
	}
	/* Leaves first: what is still there can always be reached. */
	for (n = node_leaf(top); n != top; n = node_leaf(above)) {
		if (!spend(left))
			return false;
		above = n->parent;
		node_drop(n);
	}
	if (!self)
		return true;
	if (!spend(left))
		return false;
	node_drop(top);
	return true;
}

void revoke_all(struct node *n)
{
	uint64_t left = UNMAP_ALL;

	(void)revoke(n, MK_ALL_RIGHTS, true, &left);
}

static int unmap_pages(struct task *t, struct piece page, unsigned rights,
		       bool self, struct unmapping *u)
{
	uint64_t end = page.first + (1ul << page.order), va = page.first;
	struct node *n;

	if (va < u->at)
		va = u->at;
	while ((n = paging_next_node(t, va, end))) {
		uint64_t next = n->where + (1ul << n->order);

		u->at = n->where;
		/* To look at a page is work, too. */
		if (!spend(&u->left))
			return UNMAP_AGAIN;
		/* A superpage is taken as a whole or not at all. */
		if (n->where < page.first || next > end)
			u->error = -MK_EINVAL;
		else if (!revoke(n, rights, self, &u->left))
			return UNMAP_AGAIN;
		va = next;
	}
	return u->error;
}

static int unmap_slots(struct task *t, struct piece page, unsigned rights,
		       unsigned flags, struct unmapping *u)
{
	uint64_t i = page.first, end = page.first + (1ul << page.order);

	for (i = i < u->at ? u->at : i; i < end; i++) {
		struct node *n = cap_find(t, i);

		if (!n)
			continue;
		u->at = i;
		if (!spend(&u->left))
			return UNMAP_AGAIN;
		if (flags & MK_UNMAP_DELETE) {
			if (n->rights & MK_CAP_DELETE)
				object_kill(node_object(n));
			else
				u->error = -MK_EPERM;
		} else if (!revoke(n, rights, flags & MK_UNMAP_SELF,
				   &u->left)) {
			return UNMAP_AGAIN;
		}
	}
	return u->error;
}

int unmap_flexpage(struct task *t, uint64_t page, unsigned flags,
		   struct unmapping *u)
{
	unsigned rights = mk_flexpage_rights(page);
	bool self = flags & MK_UNMAP_SELF;
	struct piece piece;
	int error;

	if (!piece_of(page, &piece))
		return -MK_EINVAL;
	if (mk_flexpage_kind(page) == MK_MEMORY)
		error = unmap_pages(t, piece, rights, self, u);
	else if (mk_flexpage_kind(page) == MK_IO)
		error = unmap_io(t, piece.first, piece.order, self, &u->left);
	else
		error = unmap_slots(t, piece, rights, flags, u);
	io_settle();
	tlb_flush_noted();
	return error;
}
