/* SPDX-License-Identifier: MIT */
/*
 * access.c - who may connect to a name.
 *
 * The peer's identity comes from the system, never from the peer.  Where the
 * system has a rule of its own (the mode of a socket file), the port sets it
 * as well; this check stands behind it.
 */
#include "dsi/access.h"
#include "dsi/desc.h"
#include "dsi/port.h"

int dsi__access_copy(struct dsi_access *to, const struct dsi_access *from)
{
	struct dsi_peer self;

	if (dsi__options_copy(to, from, sizeof(*to)) || to->owner_given > 1 ||
	    to->reserved || (to->mode & ~0666u))
		return -DSI_EINVAL;
	if (!to->mode)
		to->mode = 0600u;
	if (!to->owner_given) {
		dsi_port_self(&self);
		to->uid = self.uid;
		to->gid = self.gid;
	}
	return 0;
}

int dsi__access_admits(const struct dsi_access *access, int32_t conn,
		       const struct dsi_peer *peer)
{
	if (access->permit)
		return access->permit(access->user, peer) != 0;
	if (peer->uid == 0 || (access->mode & 0006u) == 0006u)
		return 1;
	if (peer->uid == access->uid)
		return (access->mode & 0600u) == 0600u;
	return (access->mode & 0060u) == 0060u &&
	       dsi_port_peer_in_group(conn, access->gid);
}
