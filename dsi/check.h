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

/* A function on the way of each packet, to be inlined there; and one off it,
 * which shall not be. */
#define DSI_USUAL __attribute__((always_inline)) static inline
#define DSI_RARE __attribute__((noinline))

#endif /* DSI_CHECK_H */
