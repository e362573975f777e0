/* SPDX-License-Identifier: MIT */
/* link.c - a socket's connection to one peer, as the monitor watches it. */
#include "dsi/socket_private.h"
#include "dsi/wire.h"

/* The peer rang: the descriptor was readable, that is all it is for. */
static void silence(struct dsi_port_source *source, uint32_t why)
{
	(void)why;
	dsi_port_bell_silence(source->handle);
}

struct dsi_link *dsi__link_create(struct dsi_socket *sock, int32_t conn,
				  void (*ready)(struct dsi_port_source *,
						uint32_t))
{
	struct dsi_link *link = dsi_port_alloc(sizeof(*link));

	if (!link)
		return NULL;
	link->sock = sock;
	link->conn = conn;
	link->bell = -1;
	link->peer_bell = -1;
	link->stats = -1;
	link->signal.handle = -1;
	link->page.handle = -1;
	link->source.ready = ready;
	link->source.handle = conn;
	link->source.deadline_ns = DSI_FOREVER;
	link->bell_source.ready = silence;
	link->bell_source.deadline_ns = DSI_FOREVER;
	return link;
}

int dsi__link_add_bell(struct dsi_link *link)
{
	/* P1: acquire pairs with dsi_socket_fd(). */
	struct dsi_port_loop *bells = atomic_load_explicit(
		&link->sock->plane.bells, memory_order_acquire);
	int err;

	if (!bells || link->bell < 0 || link->bell_added)
		return 0;
	link->bell_source.handle = link->bell;
	err = dsi_port_loop_add(bells, &link->bell_source);
	link->bell_added = !err;
	return err;
}

void dsi__link_unwatch(struct dsi_link *link)
{
	if (link->source.handle >= 0)
		dsi_port_loop_remove(link->sock->monitor, &link->source);
	link->source.handle = -1;
}

void dsi__link_end(struct dsi_link *link)
{
	dsi__link_set(link, DSI_LINK_ENDED);
	dsi_port_loop_kick(link->sock->monitor, &link->sock->notice);
}

void dsi__link_hang_up(struct dsi_link *link, int bye)
{
	union dsi_wire msg = {0};

	if (link->conn < 0)
		return;
	if (bye)
		(void)dsi__wire_send(link->conn, &msg, DSI_WIRE_BYE,
				     sizeof(msg.head), NULL, 0);
	dsi_port_handle_close(link->conn);
	link->conn = -1;
}
