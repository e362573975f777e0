/* SPDX-License-Identifier: MIT */
/*
 * port_loan.c - loans: pages of a peer's region that are here for a time.
 *
 * The exchange lends them, from what the peer's table says (see
 * servers/exchange_loan.c); it takes them back when the peer says so.  Giving
 * back is a courtesy of ours: one call of the kernel, and the exchange need not
 * know.
 */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_state.h"

/* The pages that a range of bytes touches. */
static void pages_of(uint64_t offset, uint64_t bytes, uint64_t *out_page,
		     uint64_t *out_count)
{
	*out_page = offset / MK_PAGE_BYTES;
	*out_count = (offset + bytes + MK_PAGE_BYTES - 1) / MK_PAGE_BYTES -
		     *out_page;
}

/* The largest piece at @page that is aligned, of @count > 0 pages, as order. */
static unsigned piece_order(uint64_t page, uint64_t count)
{
	unsigned most = 63 - (unsigned)__builtin_clzl(count);
	unsigned aligned = page ? (unsigned)__builtin_ctzl(page) : most;

	return aligned < most ? aligned : most;
}

static uint64_t window(const struct dsi_port_region *region, uint64_t page,
		       unsigned order)
{
	return mk_flexpage(MK_MEMORY,
			   (uint64_t)(uintptr_t)region->addr +
				   page * MK_PAGE_BYTES,
			   MK_PAGE_ORDER + order, MK_R | MK_W | MK_X);
}

int dsi_port_loan_possible(void)
{
	return 0;
}

int dsi_port_loan_create(const struct dsi_port_region *data,
			 uint64_t unit_bytes, uint32_t units,
			 const struct dsi_port_region *table, uint64_t offset,
			 int32_t *out_handle)
{
	uint64_t handle;
	int error;

	*out_handle = -1;
	if (unit_bytes % MK_PAGE_BYTES)
		return -DSI_EINVAL;
	error = mk_exchange_loan_create(
		MK_PORT_EXCHANGE, (uint64_t)(uint32_t)data->handle,
		(uint64_t)(uint32_t)table->handle, offset,
		unit_bytes / MK_PAGE_BYTES, units, &handle);
	if (!error)
		*out_handle = (int32_t)handle;
	return mk_port_error(error);
}

int dsi_port_loan_recall(const struct dsi_port_region *data, uint64_t offset,
			 uint64_t bytes)
{
	uint64_t mapping, page, count, start;

	pages_of(offset, bytes, &page, &count);
	if (!mk_port_word_find(data->addr, &mapping, &start))
		return -DSI_EINVAL;
	return mk_port_error(mk_exchange_loan_recall(MK_PORT_EXCHANGE, mapping,
						     page, count));
}

int dsi_port_loan_attach(struct dsi_port_region *region, int32_t handle,
			 uint64_t bytes, uint64_t unit_bytes,
			 uint64_t *out_loan)
{
	int error = -DSI_EPROTO;

	*region = (struct dsi_port_region){.handle = -1};
	if (bytes && bytes % MK_PAGE_BYTES == 0 &&
	    unit_bytes % MK_PAGE_BYTES == 0)
		error = mk_port_error(mk_exchange_loan_open(
			MK_PORT_EXCHANGE, (uint64_t)(uint32_t)handle,
			bytes / MK_PAGE_BYTES, unit_bytes / MK_PAGE_BYTES,
			out_loan));
	if (!error) {
		error = mk_port_region_empty(region, *out_loan, bytes);
		if (error)
			(void)mk_exchange_region_close(MK_PORT_EXCHANGE,
						       *out_loan);
	}
	dsi_port_handle_close(handle);
	return error == -DSI_EINVAL ? -DSI_EPROTO : error;
}

int dsi_port_loan_take(const struct dsi_port_region *region, uint64_t loan,
		       uint64_t offset, uint64_t bytes)
{
	uint64_t first, page, count;
	int error = 0;

	pages_of(offset, bytes, &first, &count);
	for (page = first; !error && count;) {
		unsigned order = piece_order(page, count);

		error = mk_exchange_loan_map(MK_PORT_EXCHANGE, loan, page,
					     order,
					     window(region, page, order));
		page += 1ul << order;
		count -= 1ul << order;
	}
	if (error)
		dsi_port_loan_give(region, first * MK_PAGE_BYTES,
				   (page - first) * MK_PAGE_BYTES);
	return mk_port_error(error);
}

void dsi_port_loan_give(const struct dsi_port_region *region, uint64_t offset,
			uint64_t bytes)
{
	uint64_t page, count;

	pages_of(offset, bytes, &page, &count);
	while (count) {
		unsigned order = piece_order(page, count);

		(void)mk_unmap(MK_CAP_TASK, window(region, page, order),
			       MK_UNMAP_SELF);
		page += 1ul << order;
		count -= 1ul << order;
	}
}
