/* SPDX-License-Identifier: MIT */
/*
 * handshake_regions.c - the producer's side of telling where its regions lie.
 *
 * Place in the data flow: handshake_producer -> REGIONS -> regions.c of another
 * process.
 *
 * One question, one answer in as many messages as it takes, and the connection
 * ends.  Runs on the monitor's thread; the lock keeps the links, and with them
 * the regions, where they are.
 *
 * Trust: addresses help who wants to break in, so only who could look into the
 * process anyway is told.
 */
#include <string.h>

#include "dsi/socket_private.h"
#include "dsi/wire.h"

struct batch {
	struct dsi_link *link; /* who asked */
	union dsi_wire msg;
	int err;
};

static void flush(struct batch *batch, uint32_t more)
{
	struct dsi_wire_regions *msg = &batch->msg.regions;

	msg->more = more;
	if (!batch->err)
		batch->err =
			dsi__wire_send(batch->link->conn, &batch->msg,
				       DSI_WIRE_REGIONS, sizeof(*msg), NULL, 0);
	memset(msg, 0, sizeof(*msg));
}

/* @consumer: whose region it is, or NULL */
static void add(struct batch *batch, uint32_t kind,
		const struct dsi_port_region *region,
		const struct dsi_link *consumer)
{
	const struct dsi_socket *sock = batch->link->sock;
	struct dsi_wire_regions *msg = &batch->msg.regions;
	struct dsi_wire_region *to;

	if (msg->n == DSI_REGIONS_MAX)
		flush(batch, 1);
	to = &msg->regions[msg->n++];
	to->kind = kind;
	to->address = (uint64_t)(uintptr_t)region->addr;
	to->bytes = region->bytes;
	to->placement = sock->placement.policy;
	to->placement_of = sock->placement.of;
	/* Who brought it placed it, as it wanted. */
	if (kind == DSI_REGION_DATA &&
	    (sock->producer_options.flags & DSI_PRODUCER_DATA_FD))
		to->placement = DSI_PLACEMENT_NONE;
	if (!consumer)
		return;
	if (kind == DSI_REGION_PAGE) { /* which it made itself */
		to->placement = consumer->placement;
		to->placement_of = consumer->placement_of;
	}
	to->place = (uint32_t)(consumer->peer -
			       consumer->sock->plane.as.producer.peers);
	to->policy = consumer->policy;
	if (consumer->conn >= 0)
		(void)dsi_port_peer(consumer->conn, &to->who);
	memcpy(to->label, consumer->label, sizeof(to->label));
}

static int may_know(const struct dsi_link *link)
{
	struct dsi_peer self, peer;

	dsi_port_self(&self);
	return dsi_port_peer(link->conn, &peer) == 0 &&
	       (peer.uid == self.uid || peer.uid == 0);
}

int dsi__regions_tell(struct dsi_link *link)
{
	const struct dsi_socket *sock = link->sock;
	struct batch batch = {.link = link};

	if (!may_know(link))
		return -DSI_EPERM;
	dsi_port_lock();
	add(&batch, DSI_REGION_CONTROL, &sock->control, NULL);
	add(&batch, DSI_REGION_DATA, &sock->data, NULL);
	for (const struct dsi_link *peer = sock->links; peer;
	     peer = peer->next) {
		if (dsi__link_state(peer) != DSI_LINK_JOINED)
			continue;
		add(&batch, DSI_REGION_SIGNAL, &peer->signal, peer);
		add(&batch, DSI_REGION_PAGE, &peer->page, peer);
	}
	flush(&batch, 0);
	dsi_port_unlock();
	return batch.err;
}
