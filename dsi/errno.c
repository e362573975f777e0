/* SPDX-License-Identifier: MIT */
/* errno.c - the texts of the error table in include/dsi/errno.h. */
#include <dsi/errno.h>

const char *dsi_strerror(int err)
{
	switch (err < 0 ? 0u - (unsigned int)err : (unsigned int)err) {
	case 0:
		return "success";
#define DSI_ERRNO_CASE(name, number, text) \
	case DSI_##name:                   \
		return text;
		DSI_ERRNO_MAP(DSI_ERRNO_CASE)
	default:
		return "unknown error";
	}
}
