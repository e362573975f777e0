/* SPDX-License-Identifier: MIT */
/* version.c - which library is loaded. */
#include <dsi/version.h>

const char *dsi_version(void)
{
	return DSI_VERSION_TEXT;
}
