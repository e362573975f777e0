/* SPDX-License-Identifier: MIT */
/*
 * check.h - what must hold, and what seldom happens.
 *
 * DSI_ASSERT is for our own logic only, never for what a caller or a peer
 * can cause (those get -DSI_EINVAL and -DSI_EPROTO).  It stays on in release
 * builds.
 */
#ifndef DSI_CHECK_H
#define DSI_CHECK_H

#include "dsi/port.h"

#define DSI_ASSERT(cond) \
	((cond) ? (void)0 : dsi_port_assert_failed(#cond, __FILE__, __LINE__))

/* A function off the way of a packet: it is not to be inlined there. */
#define DSI_RARE __attribute__((cold, noinline))

#endif /* DSI_CHECK_H */
