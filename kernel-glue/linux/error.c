/* SPDX-License-Identifier: MIT */
/*
 * error.c - from errno to the codes of dsi.
 *
 * Place in the data flow: last step of every port call that fails.  Any
 * thread; RT-safe.
 *
 * The numbers of dsi are those of Linux, so translating is mostly checking
 * that a number is one of ours.  What the table does not have becomes the
 * nearest thing that it has: a caller must be able to rely on the list in
 * errno.h, also on kernels that invent new errors.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>

#include "linux.h"

/* 4001 and up are our own, the rest must be the system's. */
#define ENOMATCH 4001
#define ERROR_SAME(name, number, text) \
	static_assert(DSI_##name == (name), #name " is not the system's");
DSI_ERRNO_MAP(ERROR_SAME)
#undef ERROR_SAME

int dsi__error_from(int err)
{
	/* Of the system it means memory, of dsi packets. */
	if (err == ENOBUFS)
		return -DSI_ENOMEM;
	switch (err) {
#define ERROR_CASE(name, number, text) case DSI_##name:
		DSI_ERRNO_MAP(ERROR_CASE)
#undef ERROR_CASE
		return -err;
	case ENFILE:
	case ETOOMANYREFS: /* too many descriptors under way in messages */
		return -DSI_EMFILE;
	case ECONNRESET:
		return -DSI_EPIPE;
	case EDQUOT:
		return -DSI_ENOSPC;
	case ENOLCK:
		return -DSI_ENOMEM;
	case EROFS:
		return -DSI_EACCES;
	case EBADF:
		return -DSI_EINVAL;
	case ENOTSOCK:
	case EPROTOTYPE:
		return -DSI_EPROTO; /* a peer's handle is not what it says */
	default:
		return -DSI_EIO;
	}
}
