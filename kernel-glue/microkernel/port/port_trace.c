/* SPDX-License-Identifier: MIT */
/*
 * port_trace.c - trace providers: the system knows of none.  A program that
 * brings one attaches it itself, with dsi_trace_attach().
 */
#include <dsi/port.h>

void dsi_port_trace(int (*attach)(const struct dsi_trace_provider *provider,
				  char *why, uint32_t why_bytes))
{
	(void)attach;
}
