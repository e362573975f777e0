/* SPDX-License-Identifier: MIT */
/*
 * fake_loan.c - pages that a peer sees only for a time: a range of addresses with
 * nothing in it, over which pages of the lender's region are mapped and taken away
 * again.
 *
 * All processes of this port share one address space, so a peer could look at the
 * lender's own mapping; what counts here is that it cannot through its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fake_world.h"

/* What a peer borrows through. */
struct fake_loan {
	struct fake_object object;
	struct fake_region *data;
	struct fake_region *table;
	void *words; /* the table, mapped */
	uint64_t offset;
	uint64_t unit_bytes;
	uint32_t units;
};

int dsi_port_loan_possible(void)
{
	return 0;
}

static int loan_fill(struct fake_loan *loan)
{
	loan->words = mmap(NULL, loan->table->bytes, PROT_READ, MAP_SHARED,
			   loan->table->fd, 0);
	return loan->words == MAP_FAILED ? -DSI_ENOMEM : 0;
}

int dsi_port_loan_create(const struct dsi_port_region *data,
			 uint64_t unit_bytes, uint32_t units,
			 const struct dsi_port_region *table, uint64_t offset,
			 int32_t *out_handle)
{
	struct fake_loan *loan = calloc(1, sizeof(*loan));

	fake__point();
	*out_handle = -1;
	if (!loan)
		return -DSI_ENOMEM;
	loan->object = (struct fake_object){.type = FAKE_LOAN, .refs = 1};
	loan->data = fake__handle_get(data->handle, FAKE_REGION);
	loan->table = fake__handle_get(table->handle, FAKE_REGION);
	loan->offset = offset;
	loan->unit_bytes = unit_bytes;
	loan->units = units;
	if (!loan->data || !loan->table ||
	    unit_bytes % dsi_port_page_bytes() != 0 ||
	    unit_bytes * units > loan->data->bytes ||
	    offset + 4u * (uint64_t)units > loan->table->bytes ||
	    loan_fill(loan)) {
		free(loan);
		return -DSI_EINVAL;
	}
	loan->data->object.refs++;
	loan->table->object.refs++;
	*out_handle = fake__handle_new(&loan->object);
	return *out_handle < 0 ? *out_handle : 0;
}

void fake__loan_end(struct fake_loan *loan)
{
	munmap(loan->words, loan->table->bytes);
	fake__object_put(&loan->data->object);
	fake__object_put(&loan->table->object);
}

/* ---- the lender ---------------------------------------------------------- */

/* Nothing is there any more. */
static void take_away(const struct fake_mapping *window, uint64_t offset,
		      uint64_t bytes)
{
	if (mmap(window->addr + offset, bytes, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		 0) == MAP_FAILED)
		fake_report("no memory to take %llu bytes away",
			    (unsigned long long)bytes);
}

/* Whole pages around a range. */
static void round_out(uint64_t *offset, uint64_t *bytes)
{
	uint64_t page = dsi_port_page_bytes();
	uint64_t end = (*offset + *bytes + page - 1u) & ~(page - 1u);

	*offset &= ~(page - 1u);
	*bytes = end - *offset;
}

int dsi_port_loan_recall(const struct dsi_port_region *data, uint64_t offset,
			 uint64_t bytes)
{
	struct fake_region *region =
		fake__handle_get(data->handle, FAKE_REGION);
	const struct fake_mapping *own =
		fake__mapping_find((uintptr_t)data->addr, fake__process());

	fake__point();
	if (!region || !own)
		return -DSI_EINVAL;
	if (!own->writable)
		return -DSI_EACCES;
	round_out(&offset, &bytes);
	for (struct fake_mapping *m = fake__world.mappings; m; m = m->next)
		if (m->loan && m->loan->data == region)
			take_away(m, offset, bytes);
	return 0;
}

/* ---- the borrower -------------------------------------------------------- */

int dsi_port_loan_attach(struct dsi_port_region *region, int32_t handle,
			 uint64_t bytes, uint64_t unit_bytes,
			 uint64_t *out_loan)
{
	struct fake_loan *loan = NULL;
	struct fake_mapping *window;
	int err;

	fake__point();
	*region = (struct dsi_port_region){.handle = -1};
	*out_loan = 0;
	if (handle >= 0)
		loan = fake__handle_get(handle, FAKE_LOAN);
	err = loan && loan->data->bytes == bytes &&
			      loan->unit_bytes == unit_bytes
		      ? fake__map(loan->data, PROT_NONE, &window)
		      : -DSI_EPROTO;
	if (err) {
		dsi_port_handle_close(handle);
		return err;
	}
	window->loan = loan;
	take_away(window, 0, bytes);
	*region = (struct dsi_port_region){
		.addr = window->addr, .bytes = bytes, .handle = handle};
	*out_loan = (uint64_t)handle;
	return 0;
}

/* Are these pages lent?  The word may change at any time. */
static int is_lent(const struct fake_loan *loan, uint64_t offset,
		   uint64_t bytes)
{
	uint64_t unit = offset / loan->unit_bytes;
	uint64_t end = offset % loan->unit_bytes + bytes;
	_Atomic uint32_t *words =
		(void *)((unsigned char *)loan->words + loan->offset);

	return unit < loan->units && end <= loan->unit_bytes &&
	       end <= atomic_load(&words[unit]) * dsi_port_page_bytes();
}

int dsi_port_loan_take(const struct dsi_port_region *region, uint64_t loan,
		       uint64_t offset, uint64_t bytes)
{
	struct fake_mapping *window =
		fake__mapping_find((uintptr_t)region->addr, fake__process());
	const struct fake_loan *from = window ? window->loan : NULL;

	fake__point();
	if (!from || loan != (uint64_t)region->handle)
		return -DSI_EINVAL;
	round_out(&offset, &bytes);
	if (bytes > region->bytes || offset > region->bytes - bytes)
		return -DSI_EINVAL;
	if (!is_lent(from, offset, bytes)) {
		take_away(window, offset, bytes);
		return -DSI_EACCES;
	}
	return mmap(window->addr + offset, bytes, PROT_READ,
		    MAP_SHARED | MAP_FIXED, from->data->fd,
		    (off_t)offset) == MAP_FAILED
		       ? -DSI_ENOMEM
		       : 0;
}

void dsi_port_loan_give(const struct dsi_port_region *region, uint64_t offset,
			uint64_t bytes)
{
	const struct fake_mapping *window =
		fake__mapping_find((uintptr_t)region->addr, fake__process());

	fake__point();
	round_out(&offset, &bytes);
	if (window && window->loan)
		take_away(window, offset, bytes);
	else
		fake_report("fiber %d gives back what it has not borrowed",
			    fake__world.current->id);
}
