/* SPDX-License-Identifier: MIT */
/*
 * loan.c - pages that a peer sees only for a time: Linux has no way
 * to take a page out of another process that does not agree, so there are none.
 */
#include "linux.h"

int dsi_port_loan_possible(void)
{
	return -DSI_ENOTSUP;
}

int dsi_port_loan_create(const struct dsi_port_region *data,
			 uint64_t unit_bytes, uint32_t units,
			 const struct dsi_port_region *table, uint64_t offset,
			 int32_t *out_handle)
{
	(void)data;
	(void)unit_bytes;
	(void)units;
	(void)table;
	(void)offset;
	*out_handle = -1;
	return -DSI_ENOTSUP;
}

int dsi_port_loan_recall(const struct dsi_port_region *data, uint64_t offset,
			 uint64_t bytes)
{
	(void)data;
	(void)offset;
	(void)bytes;
	return -DSI_ENOTSUP;
}

int dsi_port_loan_attach(struct dsi_port_region *region, int32_t handle,
			 uint64_t bytes, uint64_t unit_bytes,
			 uint64_t *out_loan)
{
	(void)bytes;
	(void)unit_bytes;
	*region = (struct dsi_port_region){.handle = -1};
	*out_loan = 0;
	dsi_port_handle_close(handle);
	return -DSI_ENOTSUP;
}

int dsi_port_loan_take(const struct dsi_port_region *region, uint64_t loan,
		       uint64_t offset, uint64_t bytes)
{
	(void)region;
	(void)loan;
	(void)offset;
	(void)bytes;
	return -DSI_ENOTSUP;
}

void dsi_port_loan_give(const struct dsi_port_region *region, uint64_t offset,
			uint64_t bytes)
{
	(void)region;
	(void)offset;
	(void)bytes;
}
