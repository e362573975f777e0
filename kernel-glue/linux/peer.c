/* SPDX-License-Identifier: MIT */
/*
 * peer.c - who is at the other end.
 *
 * Place in the data flow: admission, before the handshake.  Control plane.
 *
 * The kernel keeps with each connection who made it, as of that moment:
 * connect() for the side that listens, listen() for the one that connects.
 * Nothing the peer sends can change it.  A process number may be used again
 * after its owner died, so @pid is for messages and lists, never for
 * decisions.  Both ends of dsi_port_conn_pair() name the maker of the pair.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "linux.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* More than nearly everybody has; the limit of Linux is 65536. */
#define PEER_GROUPS 64u

int dsi_port_peer(int32_t conn, struct dsi_peer *out_peer)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return dsi__error_from(errno);
	out_peer->pid = (uint32_t)cred.pid;
	out_peer->uid = cred.uid;
	out_peer->gid = cred.gid;
	return 0;
}

static int groups_have(const gid_t *groups, socklen_t size, uint32_t gid)
{
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == gid)
			return 1;
	return 0;
}

int dsi_port_peer_in_group(int32_t conn, uint32_t gid)
{
	gid_t few[PEER_GROUPS];
	socklen_t size = sizeof(few);
	struct dsi_peer peer;
	gid_t *many;
	int member = 0;

	if (dsi_port_peer(conn, &peer) < 0)
		return 0;
	if (peer.gid == gid)
		return 1;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERGROUPS, few, &size) == 0)
		return groups_have(few, size, gid);
	if (errno != ERANGE)
		return 0;

	/* @size is now what it takes; a peer's groups do not change here,
	 * they were copied when it connected. */
	many = dsi_port_alloc(size);
	if (!many)
		return 0;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERGROUPS, many, &size) == 0)
		member = groups_have(many, size, gid);
	dsi_port_free(many);
	return member;
}

void dsi_port_self(struct dsi_peer *out_self)
{
	out_self->pid = (uint32_t)getpid();
	out_self->uid = geteuid();
	out_self->gid = getegid();
}
