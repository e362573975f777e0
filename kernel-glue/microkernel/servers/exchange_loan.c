/* SPDX-License-Identifier: MIT */
/*
 * exchange_loan.c - pages of a region that a client sees only for a time.
 *
 * Who made the region says in a table of its own what is lent now; each client
 * that borrows has another table.  The exchange looks there when a client asks
 * for pages, and never keeps what it saw.  It lends from a second place of the
 * region in its own address space: so what was lent can be taken back from all
 * who have it, whatever they did with it, while the maker keeps what it mapped.
 *
 * Order: the maker changes its table first and recalls then.  We serve one call
 * after the other, so what was lent before the recall is taken by it, and what
 * is asked for later finds the table changed.
 */
#include "exchange_state.h"

/* The second place of page 0 of the pool; the pool is not as large. */
#define LENDING (MK_POOL + (64ul << 30))

static uint64_t lending_address(uint64_t page)
{
	return LENDING + page * MK_PAGE_BYTES;
}

/* The largest aligned piece at @page of @count pages, as order. */
static unsigned piece_order(uint64_t page, uint64_t count)
{
	unsigned most = 63 - (unsigned)__builtin_clzl(count);
	unsigned aligned = page ? (unsigned)__builtin_ctzl(page) : most;

	return aligned < most ? aligned : most;
}

static void take_back(uint64_t first, uint64_t count, unsigned flags)
{
	while (count) {
		unsigned order = piece_order(first, count);

		(void)mk_unmap(MK_CAP_TASK,
			       mk_flexpage(MK_MEMORY, lending_address(first),
					   MK_PAGE_ORDER + order,
					   MK_R | MK_W | MK_X),
			       flags);
		first += 1ul << order;
		count -= 1ul << order;
	}
}

/* Give the region its second place, once.  It goes with the region, as all that
 * was made from its pages does. */
static int prepare(struct region *r)
{
	uint64_t first = r->first, left = r->pages;

	while (!r->lent && left) {
		unsigned order = piece_order(first, left);
		int error = mk_map(MK_CAP_TASK, lending_address(first),
				   mk_flexpage(MK_MEMORY,
					       (uint64_t)pages_address(first),
					       MK_PAGE_ORDER + order, MK_R));

		if (error) {
			take_back(r->first, r->pages, MK_UNMAP_SELF);
			return -DSI_ENOMEM;
		}
		first += 1ul << order;
		left -= 1ul << order;
	}
	r->lent = true;
	return 0;
}

static bool made_by(const struct client *c, const struct object *o)
{
	return o && o->region.maker == c->number && !o->region.withdrawn;
}

static int check(const struct loan *l, const struct region *data,
		 const struct region *table)
{
	uint64_t room = table->pages * MK_PAGE_BYTES;

	if (!l->unit || !l->units || l->unit > data->pages ||
	    l->units > data->pages / l->unit)
		return -DSI_EINVAL;
	if (l->offset % 4 || l->offset > room ||
	    l->units > (room - l->offset) / 4)
		return -DSI_EINVAL;
	return 0;
}

int loan_create(struct client *c, struct object *data, struct object *table,
		const struct loan *wanted, struct object **out)
{
	struct object *o;
	int error;

	if (!data || !table || data->region.physical || table->region.physical)
		return -DSI_EINVAL;
	if (!made_by(c, data) || !made_by(c, table))
		return -DSI_EACCES;
	error = check(wanted, &data->region, &table->region);
	if (error)
		return error;
	if (!objects_room(c, 1))
		return -DSI_EMFILE;
	error = prepare(&data->region);
	if (error)
		return error;
	o = object_new(c, MK_EXCHANGE_LOAN);
	if (!o)
		return -DSI_ENOMEM;
	o->loan = *wanted;
	o->loan.data = data;
	o->loan.table = table;
	o->loan.pages = data->region.pages;
	data->refs++;
	table->refs++;
	*out = o;
	return 0;
}

void loan_end(struct object *o)
{
	struct object *data = o->loan.data, *table = o->loan.table;

	o->loan.data = NULL;
	o->loan.table = NULL;
	if (data)
		object_put(data);
	if (table)
		object_put(table);
}

int loan_open(struct client *c, struct object *o, uint64_t pages, uint64_t unit,
	      uint64_t *out_mapping)
{
	if (!o)
		return -DSI_EINVAL;
	if (o->kind != MK_EXCHANGE_LOAN || !o->loan.data ||
	    o->loan.pages != pages || o->loan.unit != unit)
		return -DSI_EPROTO;
	return mapping_new(c, o, pages, false, out_mapping);
}

/* How many pages of the unit are lent now?  Its maker can write at any time: it
 * is read once, and is no more than a unit has. */
static uint64_t lent_now(const struct loan *l, uint64_t unit)
{
	const uint8_t *words =
		pages_address(l->table->region.first) + l->offset;
	uint64_t lent = __atomic_load_n(
		(const uint32_t *)(const void *)words + unit, __ATOMIC_ACQUIRE);

	return lent <= l->unit ? lent : 0;
}

int loan_map(struct client *c, uint64_t mapping, uint64_t page, uint64_t order,
	     uint64_t *out_page)
{
	const struct mapping *m = mapping_find(c, mapping, MK_EXCHANGE_LOAN);
	const struct loan *l;
	uint64_t lent;

	if (!m)
		return -DSI_EINVAL;
	l = &m->region->loan;
	if (!l->data || l->data->region.withdrawn || l->table->region.withdrawn)
		return -DSI_EPROTO;
	if (order > 40 || (page & ((1ul << order) - 1)) ||
	    page / l->unit >= l->units)
		return -DSI_EINVAL;
	lent = lent_now(l, page / l->unit);
	if (page % l->unit >= lent || 1ul << order > lent - page % l->unit)
		return -DSI_EACCES;
	*out_page = mk_flexpage(MK_MEMORY,
				lending_address(l->data->region.first + page),
				MK_PAGE_ORDER + (unsigned)order, MK_R);
	return 0;
}

int loan_recall(struct client *c, uint64_t mapping, uint64_t page,
		uint64_t pages)
{
	const struct mapping *m = mapping_find(c, mapping, MK_EXCHANGE_REGION);
	const struct region *r;

	if (!m)
		return -DSI_EINVAL;
	r = &m->region->region;
	if (r->maker != c->number)
		return -DSI_EACCES;
	if (page > r->pages || pages > r->pages - page)
		return -DSI_EINVAL;
	if (r->lent && !r->withdrawn)
		take_back(r->first + page, pages, MK_UNMAP_OTHERS);
	return 0;
}
