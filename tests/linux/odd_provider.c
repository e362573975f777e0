/* SPDX-License-Identifier: MIT */
/* odd_provider.c - a shared object that says when it is loaded, and that offers
 * no table as a trace provider. */
#include <stdio.h>

#include <dsi/trace.h>

__attribute__((visibility("default"))) const struct dsi_trace_provider *
dsi_trace_provider(void);

const struct dsi_trace_provider *dsi_trace_provider(void)
{
	return NULL;
}

__attribute__((constructor)) static void tell(void)
{
	fprintf(stderr, "odd provider: loaded\n");
}
