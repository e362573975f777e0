/* SPDX-License-Identifier: MIT */
/* time.c - the time base, as the port gives it. */
#include "dsi/port.h"

uint64_t dsi_now(void)
{
	return dsi_port_now();
}
