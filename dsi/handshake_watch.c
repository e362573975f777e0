/* SPDX-License-Identifier: MIT */
/*
 * handshake_watch.c - the producer's side of being watched.
 *
 * Place in the data flow: handshake_producer -> WATCH -> watch.c of another
 * process.
 *
 * Who watches gets the statistics pages of the producer and of its consumers,
 * all of them regions that it can map to read only, and is told who comes and
 * goes.  It has no place among the consumers and nothing that the data plane
 * knows of.
 *
 * Trust: it passed the same door as a consumer.  It is told, never asked; one
 * that does not read is hung up on as soon as its queue is full.  All of it
 * runs on the monitor's thread; the lock keeps the links where they are.
 */
#include <string.h>

#include "dsi/socket_private.h"
#include "dsi/wire.h"

#define MAX_WATCHERS 16u

static uint32_t count_watchers(const struct dsi_socket *sock)
{
	uint32_t n = 0;

	for (struct dsi_link *link = sock->links; link; link = link->next)
		n += dsi__link_state(link) == DSI_LINK_WATCHING;
	return n;
}

/* ---- what is told -------------------------------------------------------- */

struct batch {
	union dsi_wire msg;
	int32_t handles[DSI_PEERS_MAX];
	uint32_t n_handles;
};

static void add_peer(struct batch *batch, const struct dsi_link *consumer)
{
	struct dsi_wire_peers *msg = &batch->msg.peers;
	struct dsi_wire_peer *peer = &msg->peers[msg->n++];

	peer->place = (uint32_t)(consumer->peer -
				 consumer->sock->plane.as.producer.peers);
	peer->policy = consumer->policy;
	peer->queue_packets = consumer->quota;
	if (consumer->conn >= 0)
		(void)dsi_port_peer(consumer->conn, &peer->who);
	memcpy(peer->label, consumer->label, sizeof(peer->label));
	if (consumer->stats < 0)
		return;
	batch->handles[batch->n_handles++] = consumer->stats;
	peer->page = batch->n_handles;
}

static int send_batch(struct dsi_link *watcher, struct batch *batch)
{
	return dsi__wire_send(watcher->conn, &batch->msg, DSI_WIRE_PEERS,
			      sizeof(batch->msg.peers), batch->handles,
			      batch->n_handles);
}

static int send_stream(struct dsi_link *watcher)
{
	const struct dsi_socket *sock = watcher->sock;
	union dsi_wire msg = {.watch = {.desc = sock->desc}};

	return dsi__wire_send(watcher->conn, &msg, DSI_WIRE_WATCH,
			      sizeof(msg.watch), &sock->stats.handle, 1);
}

/* All that are there now; the last message says that it is the last. */
static int send_consumers(struct dsi_link *watcher)
{
	struct batch batch = {.n_handles = 0};
	struct dsi_link *link;
	int err = 0;

	for (link = watcher->sock->links; link && !err; link = link->next) {
		if (dsi__link_state(link) != DSI_LINK_JOINED)
			continue;
		if (batch.msg.peers.n == DSI_PEERS_MAX) {
			batch.msg.peers.more = 1;
			err = send_batch(watcher, &batch);
			memset(&batch, 0, sizeof(batch));
		}
		add_peer(&batch, link);
	}
	return err ? err : send_batch(watcher, &batch);
}

/* ---- when ---------------------------------------------------------------- */

int dsi__watcher_greet(struct dsi_link *link)
{
	struct dsi_socket *sock = link->sock;
	int err = 0;

	dsi_port_lock();
	if (count_watchers(sock) >= MAX_WATCHERS) {
		dsi_port_unlock();
		return -DSI_EUSERS;
	}
	err = send_stream(link);
	if (!err)
		err = send_consumers(link);
	dsi__link_set(link, DSI_LINK_WATCHING);
	dsi_port_unlock();
	if (err)
		dsi__link_end(link);
	else
		dsi_port_loop_timer(sock->monitor, &link->source, DSI_FOREVER);
	return 0;
}

void dsi__watchers_joined(const struct dsi_link *consumer)
{
	dsi_port_lock();
	for (struct dsi_link *link = consumer->sock->links; link;
	     link = link->next) {
		struct batch batch = {.n_handles = 0};

		if (dsi__link_state(link) != DSI_LINK_WATCHING)
			continue;
		add_peer(&batch, consumer);
		if (send_batch(link, &batch))
			dsi__link_end(link);
	}
	dsi_port_unlock();
}

void dsi__watchers_parted(const struct dsi_link *consumer)
{
	const struct dsi_socket *sock = consumer->sock;
	uint32_t place =
		(uint32_t)(consumer->peer - sock->plane.as.producer.peers);

	dsi_port_lock();
	for (struct dsi_link *link = sock->links; link; link = link->next) {
		union dsi_wire msg = {.parted = {.place = place}};

		if (dsi__link_state(link) == DSI_LINK_WATCHING &&
		    dsi__wire_send(link->conn, &msg, DSI_WIRE_PARTED,
				   sizeof(msg.parted), NULL, 0))
			dsi__link_end(link);
	}
	dsi_port_unlock();
}
