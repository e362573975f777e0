/* SPDX-License-Identifier: MIT */
/*
 * check.h - the two kinds of check that never leave the library.
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

#endif /* DSI_CHECK_H */
