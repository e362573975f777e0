/* SPDX-License-Identifier: MIT */
/*
 * handshake_consumer.c - the consumer's side of joining and leaving.
 *
 * Place in the data flow: socket -> HANDSHAKE -> data plane (consumer).
 *
 * The consumer says what it needs, checks what it is offered (the geometry
 * for sense, the regions for size and seals), maps it, and sends its own
 * page.  Afterwards the connection is only watched: its end is the news that
 * the producer closed or died.
 */
#include <string.h>

#include "dsi/need.h"
#include "dsi/socket_private.h"
#include "dsi/wire.h"

/* ---- the offer ----------------------------------------------------------- */

/* Is the geometry possible, before anything is computed with it? */
static int check_offer(const struct dsi_wire_offer *offer, uint32_t policy)
{
	const struct dsi_stream_desc *desc = &offer->desc;
	uint32_t own = offer->own_slots;

	if (!dsi__desc_complete(desc))
		return -DSI_EPROTO;
	if ((policy == DSI_POLICY_DROP_NEW) != (own != 0))
		return -DSI_EPROTO;
	if (own > DSI_MAX_RING_SLOTS || (own & (own - 1u)))
		return -DSI_EPROTO;
	if (desc->data_bytes & (dsi_port_page_bytes() - 1u))
		return -DSI_EPROTO;
	return 0;
}

/* The producer has compared already, but it is not to be trusted. */
static int match_offer(struct dsi_socket *sock,
		       const struct dsi_wire_offer *offer)
{
	const struct dsi_stream_desc *desc = &offer->desc;
	struct dsi_text why = dsi__socket_say(sock);
	struct dsi_wish wish;
	uint32_t have = desc->packets < desc->ring_slots ? desc->packets
							 : desc->ring_slots;
	uint32_t need;
	int err;

	dsi__wish_from_options(&wish, &sock->consumer_options);
	err = dsi__desc_match(desc, &wish, &why);
	if (err)
		return err;
	if (offer->own_slots) /* one is for the end of the stream */
		have = offer->own_slots > 2u ? offer->own_slots - 1u : 1u;
	return dsi__need_match(&desc->traffic, &wish.usage, wish.policy, have,
			       &need, &why);
}

static int map_regions(struct dsi_socket *sock, struct dsi_wire_in *in)
{
	const struct dsi_wire_offer *offer = &in->msg.offer;
	const struct dsi_stream_desc *desc = &offer->desc;
	uint32_t flags = sock->consumer_options.flags;
	uint32_t access =
		flags & DSI_CONSUMER_WRITABLE ? DSI_PORT_WRITE : DSI_PORT_READ;
	int err;

	if (flags & DSI_CONSUMER_ACCEPT_UNSEALED)
		access |= DSI_PORT_UNSEALED;
	err = dsi_port_region_attach(&sock->control,
				     dsi__wire_take(in, DSI_OFFER_CONTROL),
				     dsi__round_to_pages(dsi__control_bytes(
					     desc->ring_slots, desc->max_sg)),
				     DSI_PORT_READ);
	if (err)
		return dsi__socket_fail(sock, err,
					"control area: wrong size or not "
					"sealed");
	err = dsi_port_region_attach(
		&sock->signal, dsi__wire_take(in, DSI_OFFER_SIGNAL),
		dsi__signal_region_bytes(desc, offer->own_slots),
		DSI_PORT_READ);
	if (err)
		return dsi__socket_fail(sock, err,
					"signal page: wrong size or not "
					"sealed");
	if (desc->flags & DSI_STREAM_MAP)
		err = dsi_port_loan_attach(
			&sock->data, dsi__wire_take(in, DSI_OFFER_DATA),
			desc->data_bytes, dsi__desc_stride(desc),
			&sock->plane.as.consumer.transfer.loan);
	else
		err = dsi_port_region_attach(&sock->data,
					     dsi__wire_take(in, DSI_OFFER_DATA),
					     desc->data_bytes, access);
	if (err)
		return dsi__socket_fail(
			sock, err,
			"data area: smaller than declared, or its owner could "
			"still shrink it (see DSI_CONSUMER_ACCEPT_UNSEALED)");
	if ((desc->flags & DSI_STREAM_PHYS) && !sock->data.physical)
		return dsi__socket_fail(sock, -DSI_EPROTO,
					"data area: packets may carry physical "
					"addresses, but nobody vouches for "
					"that of the data area");
	return 0;
}

/* The head of the control area must say what the handshake said. */
static int check_header(struct dsi_socket *sock,
			const struct dsi_stream_desc *desc)
{
	struct dsi_shm_header header;

	memcpy(&header, sock->control.addr, sizeof(header));
	if (header.magic != DSI_SHM_MAGIC || header.endian != DSI_SHM_ENDIAN ||
	    header.abi_major != DSI_SHM_ABI_MAJOR ||
	    header.header_bytes != sizeof(header) ||
	    header.cacheline_bytes != DSI_CACHELINE ||
	    header.ring_slots != desc->ring_slots ||
	    header.max_sg != desc->max_sg ||
	    header.ring_offset != DSI_SHM_PAGE_HEAD ||
	    header.data_bytes != desc->data_bytes)
		return dsi__socket_fail(sock, -DSI_EPROTO,
					"control area: its head does not "
					"match the offer");
	sock->plane.trace.open.stream = header.stream_id;
	return 0;
}

/* ---- the data plane ------------------------------------------------------ */

static void set_up_words(struct dsi_socket *sock, int32_t peer_bell)
{
	struct dsi_consumer *consumer = &sock->plane.as.consumer;
	char *own = sock->page.addr;

	consumer->page = (struct dsi_shm_consumer *)(void *)own;
	consumer->returns =
		(_Atomic uint32_t *)(void *)(own + DSI_SHM_PAGE_HEAD);
	consumer->signal_page = sock->signal.addr;
	consumer->waker = (struct dsi_waker){&consumer->page->signal,
					     &consumer->signal_page->sleep, 0,
					     peer_bell, &sock->plane.trace};
	consumer->waiter = (struct dsi_waiter){&consumer->signal_page->signal,
					       &consumer->page->sleep, 0};
}

static int set_up_plane(struct dsi_socket *sock,
			const struct dsi_wire_offer *offer, int32_t peer_bell)
{
	const struct dsi_stream_desc *desc = &offer->desc;
	const struct dsi_consumer_options *options = &sock->consumer_options;
	struct dsi_data_plane *plane = &sock->plane;
	struct dsi_consumer *consumer = &plane->as.consumer;
	char *ring = (char *)(offer->own_slots ? sock->signal.addr
					       : sock->control.addr) +
		     DSI_SHM_PAGE_HEAD;
	uint32_t slots = offer->own_slots ? offer->own_slots : desc->ring_slots;
	uint32_t hold = dsi__transfer_hold(options, desc->packets);
	int err;

	plane->stream_flags = desc->flags;
	plane->packets = desc->packets;
	plane->lifetime_ns = desc->lifetime_ns;
	plane->packet_bytes = desc->packet_bytes;
	plane->slot_stride = dsi__desc_stride(desc);
	plane->data = sock->data.addr;
	plane->data_bytes = desc->data_bytes;
	plane->physical = sock->data.physical;
	dsi__ring_attach(&consumer->ring, ring, slots, desc->max_sg);
	consumer->return_mask = dsi__pow2(desc->packets) - 1u;
	consumer->lossy = options->policy == DSI_POLICY_RECLAIM;
	consumer->keep_expired = options->flags & DSI_CONSUMER_KEEP_EXPIRED;
	consumer->apart = options->flags & DSI_CONSUMER_APART;
	if (!(desc->flags & DSI_STREAM_MAP))
		consumer->apart &= ~DSI_CONSUMER_MAP;
	consumer->transfer.window = sock->data;
	consumer->on_reclaim = options->on_reclaim;
	consumer->user = options->user;
	set_up_words(sock, peer_bell);
	consumer->early = dsi_port_alloc(((size_t)slots + 63u) / 64u * 8u);
	if (!consumer->early)
		return -DSI_ENOMEM;
	err = dsi__packet_table_init(&plane->table, plane, hold, desc->max_sg);
	return err ? err : dsi__transfer_init(plane, options);
}

/* ---- the end of the connection ------------------------------------------- */

static void link_ready(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_link *link = dsi__link_of(source);
	struct dsi_socket *sock = link->sock;
	struct dsi_wire_in in;
	int type;

	(void)why;
	if (dsi__link_state(link) == DSI_LINK_ENDED)
		return;
	type = dsi__wire_recv(link->conn, &in);
	if (type == -DSI_EAGAIN)
		return;
	dsi__wire_drop(&in);
	dsi__link_set(link, DSI_LINK_ENDED);
	/* First the event, then the flag: who is told -DSI_EPIPE by a get()
	 * finds the reason among the events. */
	dsi__plane_raise(&sock->plane,
			 type == DSI_WIRE_BYE ? DSI_EVENT_PEER_LEFT
					      : DSI_EVENT_PEER_GONE,
			 1);
	if (type != DSI_WIRE_BYE)
		dsi__trace_peer_dead(link);
	dsi__plane_tell(&sock->plane, DSI_PLANE_GONE, 0);
	dsi_port_loop_kick(sock->monitor, &sock->notice);
}

/* ---- attach -------------------------------------------------------------- */

#define CANNOT_SEND "could not send to the producer"

/* What the producer answered instead of what we hoped for. */
static int other_answer(struct dsi_socket *sock, int type,
			const struct dsi_wire_in *in)
{
	struct dsi_text text = dsi__socket_say(sock);

	if (type == -DSI_ETIMEDOUT) {
		dsi__text_add(&text, "the producer does not answer");
		return type;
	}
	if (type == -DSI_EPIPE || type == DSI_WIRE_BYE) {
		dsi__text_add(&text, "the producer closed the connection");
		return -DSI_EPIPE;
	}
	if (type == -DSI_EPROTONOSUPPORT) {
		dsi__text_add(&text, "version: the producer speaks another "
				     "protocol or byte order");
		return type;
	}
	if (type < 0 && type != -DSI_EPROTO) {
		dsi__text_add(&text, "could not receive the answer: ");
		dsi__text_add(&text, dsi_strerror(type));
		return type;
	}
	if (type != DSI_WIRE_REFUSE) {
		dsi__text_add(&text, "the producer's answer makes no sense");
		return -DSI_EPROTO;
	}
	dsi__text_foreign(&text, in->msg.refuse.text, DSI_WIRE_TEXT_BYTES);
	return dsi__wire_error(in->msg.refuse.err);
}

static int say_hello(struct dsi_socket *sock, int32_t conn)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_ATTACH}};
	int err;

	dsi__wish_from_options(&msg.hello.wish, &sock->consumer_options);
	err = dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			     NULL, 0);
	/* A producer that refused at the door has closed already; its reason
	 * is still to be read. */
	return err == -DSI_EPIPE ? 0 : err;
}

/* Our end to listen, and the end that the producer gets. */
static int make_bell(struct dsi_link *link, int32_t *out_give)
{
	int32_t ends[2];
	int err = dsi_port_bell_pair(ends);

	if (err)
		return err;
	link->bell = ends[0];
	*out_give = ends[1];
	return 0;
}

/* Map what is offered and make our page; nothing of it is in use yet. */
static int take_offer(struct dsi_link *link, struct dsi_wire_in *in)
{
	struct dsi_socket *sock = link->sock;
	const struct dsi_wire_offer *offer = &in->msg.offer;
	int err = check_offer(offer, sock->consumer_options.policy);

	if (err)
		return dsi__socket_fail(sock, err,
					"the offered geometry is impossible");
	err = match_offer(sock, offer);
	if (err)
		return err;
	err = map_regions(sock, in);
	if (!err)
		err = check_header(sock, &offer->desc);
	if (err)
		return err;
	link->peer_bell = dsi__wire_take(in, DSI_OFFER_BELL);
	if (link->peer_bell >= 0 && dsi_port_bell_check(link->peer_bell)) {
		dsi_port_handle_drop(link->peer_bell);
		link->peer_bell = -1;
		return dsi__socket_fail(sock, -DSI_EPROTO,
					"bell: not a socket to ring");
	}
	dsi_port_placement_begin(&sock->placement);
	err = dsi_port_region_create(&sock->page,
				     dsi__page_bytes(offer->desc.packets),
				     DSI_PORT_READ);
	dsi_port_placement_end();
	if (!err)
		err = set_up_plane(sock, offer, link->peer_bell);
	sock->desc = offer->desc;
	sock->plane.trace.open.reader = offer->reader;
	return err ? dsi__socket_fail(sock, err,
				      "no memory for the consumer page, its "
				      "packets, or its copies")
		   : 0;
}

static int finish(struct dsi_link *link, uint64_t deadline_ns)
{
	int32_t handles[DSI_ACCEPT_HANDLES] = {
		[DSI_ACCEPT_PAGE] = link->sock->page.handle,
		[DSI_ACCEPT_STATS] = link->sock->stats.handle,
	};
	union dsi_wire msg = {0};
	struct dsi_wire_in in = {.n_handles = 0};
	int type = make_bell(link, &handles[DSI_ACCEPT_BELL]);

	if (type)
		return dsi__socket_fail(link->sock, type,
					"could not make a bell");
	type = dsi__wire_send(link->conn, &msg, DSI_WIRE_ACCEPT,
			      sizeof(msg.head), handles, DSI_ACCEPT_HANDLES);
	dsi_port_handle_close(handles[DSI_ACCEPT_BELL]);
	/* As after HELLO: why it closed is still to be read. */
	if (type && type != -DSI_EPIPE)
		return dsi__socket_fail(link->sock, type, CANNOT_SEND);
	type = dsi__wire_wait(link->conn, &in, deadline_ns);
	if (type > 0)
		dsi__wire_drop(&in);
	return type == DSI_WIRE_READY ? 0 : other_answer(link->sock, type, &in);
}

static int handshake(struct dsi_link *link, uint64_t deadline_ns)
{
	struct dsi_socket *sock = link->sock;
	struct dsi_wire_in in = {.n_handles = 0};
	int err = say_hello(sock, link->conn);
	int type;

	if (err)
		return dsi__socket_fail(sock, err, CANNOT_SEND);
	type = dsi__wire_wait(link->conn, &in, deadline_ns);
	err = type == DSI_WIRE_OFFER ? take_offer(link, &in)
				     : other_answer(sock, type, &in);
	if (type > 0)
		dsi__wire_drop(&in);
	return err ? err : finish(link, deadline_ns);
}

static void unmap(struct dsi_socket *sock)
{
	dsi_port_region_fini(&sock->control);
	dsi_port_region_fini(&sock->data);
	dsi_port_region_fini(&sock->signal);
	dsi_port_region_fini(&sock->page);
	sock->plane.data = NULL;
}

static void undo(struct dsi_socket *sock)
{
	dsi__packet_table_fini(&sock->plane.table);
	dsi_port_free(sock->plane.as.consumer.early);
	dsi__transfer_fini(&sock->plane.as.consumer.transfer);
	sock->plane.as.consumer = (struct dsi_consumer){0};
	unmap(sock);
}

/* Close what belongs to the connection. */
static void free_link(struct dsi_link *link)
{
	dsi_port_handle_close(link->conn);
	dsi_port_handle_close(link->bell);
	dsi_port_handle_close(link->peer_bell);
	dsi_port_free(link);
}

int dsi__consumer_attach(struct dsi_socket *sock, int32_t conn,
			 uint64_t deadline_ns)
{
	struct dsi_link *link = dsi__link_create(sock, conn, link_ready);
	int err;

	if (!link) {
		dsi_port_handle_close(conn);
		return -DSI_ENOMEM;
	}
	err = handshake(link, deadline_ns);
	dsi__link_set(link, DSI_LINK_JOINED);
	sock->links = link;
	if (!err)
		err = dsi_port_loop_add(sock->monitor, &link->source);
	if (!err)
		return 0;
	sock->links = NULL;
	undo(sock);
	free_link(link);
	return err;
}

void dsi__consumer_close_link(struct dsi_socket *sock)
{
	struct dsi_link *link = sock->links;
	/* P1: acquire pairs with dsi_socket_fd(). */
	struct dsi_port_loop *bells =
		atomic_load_explicit(&sock->plane.bells, memory_order_acquire);

	if (link) {
		sock->links = NULL;
		dsi__link_unwatch(link);
		dsi__link_hang_up(link, 1);
		if (link->bell_added)
			dsi_port_loop_remove(bells, &link->bell_source);
		free_link(link);
	}
	unmap(sock);
}
