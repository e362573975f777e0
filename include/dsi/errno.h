/* SPDX-License-Identifier: MIT */
/*
 * errno.h - the error codes of dsi, one table for every system it runs on.
 *
 * Functions return 0 (or a count) on success and a negative code on failure:
 * `-DSI_EAGAIN`, and so on.  The numbers are part of the ABI and equal on all
 * ports; on Linux they equal the system's errno values.
 */
#ifndef DSI_ERRNO_H
#define DSI_ERRNO_H

#include <dsi/export.h>

/* X(name, number, text) */
#define DSI_ERRNO_MAP(X)                                                 \
	X(EPERM, 1, "operation not permitted")                           \
	X(ENOENT, 2, "no stream or component of this name")              \
	X(EINTR, 4, "interrupted")                                       \
	X(EIO, 5, "input or output failed")                              \
	X(EAGAIN, 11, "nothing available now")                           \
	X(ENOMEM, 12, "out of memory")                                   \
	X(EACCES, 13, "permission denied by the access rule")            \
	X(EBUSY, 16, "still in use")                                     \
	X(EEXIST, 17, "name is in use by a live owner")                  \
	X(EINVAL, 22, "bad argument")                                    \
	X(EMFILE, 24, "too many open descriptors")                       \
	X(ENOSPC, 28, "no room for this in the data area or the stream") \
	X(EPIPE, 32, "peer closed the stream or died")                   \
	X(EDOM, 33, "no finite bound exists for these values")           \
	X(ERANGE, 34, "value outside its permitted range")               \
	X(ENAMETOOLONG, 36, "name too long")                             \
	X(ENOSYS, 38, "the system lacks a needed call")                  \
	X(EPROTO, 71, "peer violated the protocol")                      \
	X(EOVERFLOW, 75, "number too large")                             \
	X(EUSERS, 87, "too many consumers")                              \
	X(EMSGSIZE, 90, "message too long")                              \
	X(EPROTONOSUPPORT, 93, "peer speaks another version")            \
	X(ENOTSUP, 95, "not supported")                                  \
	X(ENOBUFS, 105, "all packets of this socket are held")           \
	X(EISCONN, 106, "already connected")                             \
	X(ENOTCONN, 107, "not connected")                                \
	X(ETIMEDOUT, 110, "deadline passed")                             \
	X(ECONNREFUSED, 111, "refused by the peer")                      \
	X(ESTALE, 116, "packet is no longer available")                  \
	X(ECANCELED, 125, "cancelled by stop or abort")                  \
	X(ENOMATCH, 4001, "the two ends' descriptions do not match")

#define DSI_ERRNO_ENUM(name, number, text) DSI_##name = (number),
enum { DSI_ERRNO_MAP(DSI_ERRNO_ENUM) };
#undef DSI_ERRNO_ENUM

/**
 * dsi_strerror - the text of an error code.
 * @err: negative code as returned by a dsi function (a positive one works too)
 *
 * Return: a constant English text, "unknown error" for an unknown code.
 * Context: any thread; RT-safe.
 * Lifetime: static.
 * Since:   0.1
 */
DSI_API const char *dsi_strerror(int err);

#endif /* DSI_ERRNO_H */
