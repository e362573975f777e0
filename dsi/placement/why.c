/* SPDX-License-Identifier: MIT */
/* why.c - a negative code, and a sentence about it; see why.h. */
#include "why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int why_fail(struct why why, int err, const char *format, ...)
{
	va_list args;

	if (!why.text || !why.bytes)
		return err;
	va_start(args, format);
	vsnprintf(why.text, why.bytes, format, args);
	va_end(args);
	return err;
}

int why_code(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return -DSI_EACCES;
	case ESRCH:
		return -DSI_ENOENT;
	case ENOMEM:
	case EFAULT:
	case EAGAIN:
		return -DSI_ENOMEM;
	case ENOSYS:
	case EOPNOTSUPP:
		return -DSI_ENOTSUP;
	case EBUSY:
		return -DSI_EBUSY;
	default:
		return -DSI_EINVAL;
	}
}
