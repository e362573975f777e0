/* SPDX-License-Identifier: MIT */
/* access.h - who may connect to a name: the rule, and its application. */
#ifndef DSI_ACCESS_H
#define DSI_ACCESS_H

#include <dsi/socket.h>

/* Copy the application's rule and fill in its defaults.  0, -DSI_EINVAL. */
int dsi__access_copy(struct dsi_access *to, const struct dsi_access *from);
/* Does the rule admit the peer at the other end of @conn?  1 or 0. */
int dsi__access_admits(const struct dsi_access *access, int32_t conn,
		       const struct dsi_peer *peer);

#endif /* DSI_ACCESS_H */
