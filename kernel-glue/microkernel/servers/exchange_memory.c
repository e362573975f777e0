/* SPDX-License-Identifier: MIT */
/*
 * exchange_memory.c - pages, and the regions that are made of them.
 *
 * All memory is the exchange's own, but that of a device (exchange_device.c).  A client gets pages with the rights that
 * the region permits; when nobody has the region any more the pages are taken
 * back from whoever kept them mapped, and only then are they used again.
 */
#include "exchange_state.h"

#define PAGES_MOST 262144u /* 1 GiB */

static uint64_t used[PAGES_MOST / 64];
static uint64_t pages, each;

void memory_begin(void)
{
	uint64_t mailboxes;

	pages = mk_boot_info()->pool_pages;
	if (pages > PAGES_MOST)
		pages = PAGES_MOST;
	mailboxes = (uint64_t)clients_most()
		    << (MK_EXCHANGE_MAILBOX_ORDER - MK_PAGE_ORDER);
	/* What a client made and what it mapped can outlive one another. */
	each = pages > mailboxes ? (pages - mailboxes) / clients_most() / 2 : 0;
}

uint64_t pages_each(void)
{
	return each;
}

bool pages_left(const struct client *c, uint64_t count)
{
	return count <= each && c->pages_made + count <= each;
}

bool pages_room(const struct client *c, uint64_t count)
{
	if (!pages_left(c, count))
		objects_collect();
	return pages_left(c, count);
}

uint8_t *pages_address(uint64_t first)
{
	return (uint8_t *)(MK_POOL + first * MK_PAGE_BYTES);
}

static bool taken(uint64_t page)
{
	return used[page / 64] >> page % 64 & 1;
}

static void mark(uint64_t first, uint64_t count, bool take)
{
	for (uint64_t i = first; i < first + count; i++) {
		if (take)
			used[i / 64] |= 1ul << i % 64;
		else
			used[i / 64] &= ~(1ul << i % 64);
	}
}

/* The largest power of two in it: pieces are given out in falling order, so
 * that all of them lie where flexpages can. */
static uint64_t largest(uint64_t count)
{
	return 1ul << (63 - __builtin_clzl(count));
}

static bool all_free(uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (taken(first + i))
			return false;
	return true;
}

bool pages_take(uint64_t count, uint64_t *out_first)
{
	uint64_t align = largest(count);

	for (uint64_t at = 0; at < pages && count <= pages - at; at += align) {
		if (!all_free(at, count))
			continue;
		mark(at, count, true);
		__builtin_memset(pages_address(at), 0, count * MK_PAGE_BYTES);
		*out_first = at;
		return true;
	}
	return false;
}

static void take_back(uint64_t first, uint64_t count)
{
	while (count) {
		uint64_t piece = largest(count);
		unsigned order = (unsigned)__builtin_ctzl(piece);

		(void)mk_unmap(
			MK_CAP_TASK,
			mk_flexpage(MK_MEMORY, (uint64_t)pages_address(first),
				    MK_PAGE_ORDER + order, MK_R | MK_W | MK_X),
			MK_UNMAP_OTHERS);
		first += piece;
		count -= piece;
	}
}

void pages_give(uint64_t first, uint64_t count)
{
	take_back(first, count);
	mark(first, count, false);
}

/* ---- regions ------------------------------------------------------------- */

int region_create(struct client *c, uint64_t bytes, uint64_t flags,
		  struct object **out)
{
	uint64_t count = bytes / MK_PAGE_BYTES + !!(bytes % MK_PAGE_BYTES);
	struct object *o;
	uint64_t first;

	if (!bytes || flags > 7)
		return -DSI_EINVAL;
	if (!pages_room(c, count))
		return -DSI_ENOMEM;
	if (!objects_room(c, 1))
		return -DSI_EMFILE;
	o = object_new(c, MK_EXCHANGE_REGION);
	if (!o)
		return -DSI_ENOMEM;
	if (!pages_take(count, &first)) {
		object_put(o);
		return -DSI_ENOMEM;
	}
	o->region = (struct region){
		.first = first,
		.pages = count,
		.maker = c->number,
		.share_write = flags & MK_EXCHANGE_SHARE_WRITE,
		.unsealed =
			flags & (MK_EXCHANGE_UNSEALED | MK_EXCHANGE_UNSEALABLE),
		.unsealable = flags & MK_EXCHANGE_UNSEALABLE,
	};
	c->pages_made += count;
	*out = o;
	return 0;
}

uint64_t region_cost(const struct region *r)
{
	return r->physical ? 0 : r->pages;
}

static void region_pages_give(const struct region *r)
{
	if (r->physical) {
		take_back(r->first, r->pages);
		device_end();
	} else {
		pages_give(r->first, r->pages);
	}
}

/* Nobody has it. */
void region_end(struct object *o)
{
	if (!o->payer)
		return;
	region_pages_give(&o->region);
	o->payer->pages_made -= region_cost(&o->region);
}

void region_abandon(struct object *o)
{
	if (o->payer)
		o->payer->pages_made -= region_cost(&o->region);
	region_pages_give(&o->region);
	o->payer = NULL;
	o->region.withdrawn = true;
}

int region_import(struct client *c, struct object *o, uint64_t bytes,
		  uint64_t flags)
{
	struct region *r = &o->region;

	if (flags & ~(uint64_t)MK_EXCHANGE_SHARE_WRITE)
		return -DSI_EINVAL;
	if (r->withdrawn || (r->maker != c->number && !r->share_write))
		return -DSI_EACCES;
	if (bytes > r->pages * MK_PAGE_BYTES)
		return -DSI_ENOSPC;
	if (!r->unsealable)
		r->unsealed = false;
	r->share_write = flags & MK_EXCHANGE_SHARE_WRITE;
	r->maker = c->number;
	return 0;
}

static int may_open(const struct client *c, const struct region *r,
		    uint64_t bytes, uint64_t access)
{
	if (access > 7)
		return -DSI_EINVAL;
	if (r->withdrawn || (bytes && bytes != r->pages * MK_PAGE_BYTES))
		return -DSI_EPROTO;
	if (access & MK_EXCHANGE_MAP_MAKER)
		return r->maker == c->number ? 0 : -DSI_EACCES;
	if ((access & MK_EXCHANGE_MAP_WRITE) && !r->share_write)
		return -DSI_EACCES;
	if (r->unsealed && !(access & MK_EXCHANGE_MAP_UNSEALED))
		return -DSI_EPROTO;
	return 0;
}

int mapping_new(struct client *c, struct object *o, uint64_t pages_of_it,
		bool write, uint64_t *out_mapping)
{
	uint64_t i = 0;

	while (i < MK_EXCHANGE_MAPPINGS && c->mapping[i].region)
		i++;
	if (i == MK_EXCHANGE_MAPPINGS)
		return -DSI_EMFILE;
	if (pages_of_it > each - c->pages_mapped)
		return -DSI_ENOMEM;
	c->pages_mapped += pages_of_it;
	o->refs++;
	*out_mapping = i + ++c->mappings * MK_EXCHANGE_MAPPINGS;
	c->mapping[i] = (struct mapping){
		.region = o, .number = *out_mapping, .write = write};
	return 0;
}

int region_open(struct client *c, struct object *o, uint64_t bytes,
		uint64_t access, uint64_t *out_mapping)
{
	int error = may_open(c, &o->region, bytes, access);

	return error ? error
		     : mapping_new(c, o, region_cost(&o->region),
				   access & MK_EXCHANGE_MAP_WRITE, out_mapping);
}

static struct mapping *mapping_any(struct client *c, uint64_t mapping)
{
	struct mapping *m = &c->mapping[mapping % MK_EXCHANGE_MAPPINGS];

	return m->region && m->number == mapping ? m : NULL;
}

struct mapping *mapping_find(struct client *c, uint64_t mapping, uint32_t kind)
{
	struct mapping *m = mapping_any(c, mapping);

	return m && m->region->kind == kind ? m : NULL;
}

int region_map(struct client *c, uint64_t mapping, uint64_t page,
	       uint64_t order, uint64_t *out_page)
{
	const struct mapping *m = mapping_find(c, mapping, MK_EXCHANGE_REGION);
	const struct region *r;

	if (!m)
		return -DSI_EINVAL;
	r = &m->region->region;
	if (r->withdrawn)
		return -DSI_EPROTO;
	if (order > 40 || (page & ((1ul << order) - 1)) || page >= r->pages ||
	    1ul << order > r->pages - page)
		return -DSI_EINVAL;
	*out_page = mk_flexpage(
		MK_MEMORY, (uint64_t)pages_address(r->first + page),
		MK_PAGE_ORDER + (unsigned)order, MK_R | (m->write ? MK_W : 0));
	return 0;
}

int region_close(struct client *c, uint64_t mapping)
{
	struct mapping *m = mapping_any(c, mapping);
	struct object *o;

	if (!m)
		return -DSI_EINVAL;
	waiters_of_mapping(c, mapping);
	o = m->region;
	m->region = NULL;
	c->pages_mapped -= o->kind == MK_EXCHANGE_LOAN
				   ? o->loan.pages
				   : region_cost(&o->region);
	object_put(o);
	return 0;
}

int region_withdraw(const struct client *c, struct object *o)
{
	if (o->region.maker != c->number || !o->region.unsealed)
		return -DSI_EACCES;
	o->region.withdrawn = true;
	take_back(o->region.first, o->region.pages);
	return 0;
}
