/* SPDX-License-Identifier: MIT */
/*
 * handshake_producer.c - the producer's side of joining and leaving.
 *
 * Place in the data flow: socket -> HANDSHAKE -> data plane (peers).
 *
 * Everything here runs on the monitor's thread but for adopting a connection
 * and closing.  A link's callback only reads its messages and marks the link;
 * tearing down is done in one place, the notice callback, so that closing
 * the socket has to wait for no more than the callbacks to end.
 *
 * Trust: who connects is nobody until its credentials were checked, and then
 * still hostile: it gets a bounded time, bounded messages, and its page is
 * mapped only if its size can never change.
 */
#include <string.h>

#include "dsi/access.h"
#include "dsi/need.h"
#include "dsi/socket_private.h"
#include "dsi/wire.h"

#define GREETING_NS UINT64_C(2000000000) /* to finish the handshake */
#define MAX_GREETING 32u		 /* connections in a handshake */
#define ACCEPTS_PER_CALL 16u
#define MESSAGES_PER_CALL 4u

static struct dsi_socket *socket_of_door(struct dsi_port_source *source)
{
	return (struct dsi_socket *)(void *)((char *)source -
					     offsetof(struct dsi_socket, door));
}

static void parted(struct dsi_link *link, uint32_t event);

/* One that has joined already is gone by that. */
static void refuse(struct dsi_link *link, int err, const char *text)
{
	dsi__wire_refuse(link->conn, err, text);
	parted(link, DSI_EVENT_PEER_GONE);
}

/* ---- hello: does it match, and is there room? ---------------------------- */

/* Who joined or is about to. */
struct crowd {
	uint32_t consumers;
	uint32_t pinned; /* packets that their own queues may keep */
	uint32_t need;	 /* the most that one who BLOCKs needs */
};

static struct crowd count_consumers(struct dsi_socket *sock)
{
	struct crowd crowd = {0};

	dsi_port_lock();
	for (struct dsi_link *link = sock->links; link; link = link->next) {
		if (dsi__link_state(link) != DSI_LINK_OFFERED &&
		    dsi__link_state(link) != DSI_LINK_JOINED)
			continue;
		crowd.consumers++;
		if (link->policy == DSI_POLICY_DROP_NEW)
			crowd.pinned += link->quota + 1u;
		else if (link->policy == DSI_POLICY_BLOCK &&
			 crowd.need < link->need)
			crowd.need = link->need;
	}
	dsi_port_unlock();
	return crowd;
}

/* A DROP_NEW queue may never pin all packets: one, and what others are known
 * to need, stays for them, and each queue has a place more for the end of the
 * stream. */
static int choose_quota(struct dsi_link *link, uint32_t wanted,
			const struct crowd *crowd, struct dsi_text *why)
{
	uint32_t packets = link->sock->desc.packets;
	uint32_t kept = crowd->pinned + 1u + (crowd->need ? crowd->need : 1u);
	uint32_t left = packets > kept ? packets - kept : 0;

	link->quota = wanted ? wanted : packets / 4u ? packets / 4u : 1u;
	if (!wanted && link->quota > left)
		link->quota = left;
	if (link->quota == 0 || link->quota > left) {
		dsi__text_add(why, "queue_packets: the stream's ");
		dsi__text_number(why, packets);
		dsi__text_add(why, " packets leave at most ");
		dsi__text_number(why, left);
		dsi__text_add(why, " for this DROP_NEW queue; the producer "
				   "needs more packets");
		return -DSI_ENOSPC;
	}
	link->own_slots = dsi__pow2(link->quota + 1u);
	return 0;
}

/* Packets that this consumer will have to itself, or with others that BLOCK
 * or RECLAIM; 0 for a queue that is still to be chosen. */
static uint32_t packets_for(const struct dsi_socket *sock,
			    const struct dsi_wish *wish,
			    const struct crowd *crowd)
{
	uint32_t packets = sock->desc.packets;

	if (wish->policy == DSI_POLICY_DROP_NEW)
		return wish->queue_packets;
	packets = packets > crowd->pinned + 1u ? packets - crowd->pinned : 1u;
	return packets < sock->desc.ring_slots ? packets
					       : sock->desc.ring_slots;
}

static int admit(struct dsi_link *link, const struct dsi_wish *wish,
		 struct dsi_text *why)
{
	struct dsi_socket *sock = link->sock;
	struct crowd crowd = count_consumers(sock);
	uint32_t wanted = wish->queue_packets;
	int err = dsi__wish_check(wish, why);

	if (!err)
		err = dsi__desc_match(&sock->desc, wish, why);
	if (!err)
		err = dsi__need_match(
			&sock->desc.traffic, &wish->usage, wish->policy,
			packets_for(sock, wish, &crowd), &link->need, why);
	if (err)
		return err;
	if (crowd.consumers >= DSI_MAX_CONSUMERS) {
		dsi__text_field(why, "consumers", crowd.consumers,
				"have joined already, more are not possible");
		return -DSI_EUSERS;
	}
	link->policy = wish->policy;
	if (wish->policy != DSI_POLICY_DROP_NEW)
		return 0;
	return choose_quota(link, wanted ? wanted : link->need, &crowd, why);
}

/* The data area, or what to borrow it through; the caller's in that case. */
static int32_t data_handle(const struct dsi_link *link, int *out_err)
{
	const struct dsi_socket *sock = link->sock;
	const struct dsi_stream_desc *desc = &sock->desc;
	int32_t handle = sock->data.handle;

	*out_err = 0;
	if (desc->flags & DSI_STREAM_MAP)
		*out_err = dsi_port_loan_create(
			&sock->data, dsi__desc_stride(desc), desc->packets,
			&link->signal,
			dsi__lent_offset(link->own_slots, desc->max_sg, 0),
			&handle);
	return handle;
}

/* Before a consumer maps the data area it can still move: where it lies is
 * planned for all that are there, until the first packet is committed. */
static void place_data(struct dsi_link *newcomer)
{
	struct dsi_socket *sock = newcomer->sock;
	uint32_t pids[DSI_MAX_CONSUMERS];
	uint32_t n = 0;

	/* relaxed: who commits just now has the data moved under its hands,
	 * which takes time and nothing else. */
	if (sock->placement.policy != DSI_PLACEMENT_AUTO ||
	    (sock->producer_options.flags & DSI_PRODUCER_DATA_FD) ||
	    atomic_load_explicit(&sock->plane.stats->committed,
				 memory_order_relaxed))
		return;
	dsi_port_lock();
	for (struct dsi_link *link = sock->links; link; link = link->next) {
		struct dsi_peer peer;

		if ((link != newcomer &&
		     dsi__link_state(link) != DSI_LINK_OFFERED &&
		     dsi__link_state(link) != DSI_LINK_JOINED) ||
		    n == DSI_MAX_CONSUMERS)
			continue;
		pids[n++] = dsi_port_peer(link->conn, &peer) ? 0 : peer.pid;
	}
	dsi_port_unlock();
	if (n) /* else the socket is being closed */
		dsi_port_placement_data(&sock->placement, &sock->data, pids, n);
}

static int make_signal_page(struct dsi_link *link)
{
	struct dsi_socket *sock = link->sock;
	int err;

	/* The monitor's thread may run on another node than its writer. */
	dsi_port_placement_begin(&sock->placement);
	err = dsi_port_region_create(
		&link->signal,
		dsi__signal_region_bytes(&sock->desc, link->own_slots),
		DSI_PORT_READ);
	dsi_port_placement_end();
	return err;
}

/* Make what this consumer gets of its own, and send it all. */
static int offer(struct dsi_link *link)
{
	struct dsi_socket *sock = link->sock;
	union dsi_wire msg = {.offer = {.own_slots = link->own_slots,
					.reader = ++sock->readers,
					.desc = sock->desc}};
	int32_t handles[DSI_OFFER_HANDLES];
	int32_t bells[2];
	int err = make_signal_page(link);

	link->reader = sock->readers;
	if (err)
		return err;
	place_data(link);
	err = dsi_port_bell_pair(bells);
	if (err)
		return err;
	link->bell = bells[0];
	handles[DSI_OFFER_CONTROL] = sock->control.handle;
	handles[DSI_OFFER_DATA] = data_handle(link, &err);
	handles[DSI_OFFER_SIGNAL] = link->signal.handle;
	handles[DSI_OFFER_BELL] = bells[1];
	if (!err)
		err = dsi__wire_send(link->conn, &msg, DSI_WIRE_OFFER,
				     sizeof(msg.offer), handles,
				     DSI_OFFER_HANDLES);
	dsi_port_handle_close(bells[1]);
	if (sock->desc.flags & DSI_STREAM_MAP)
		dsi_port_handle_close(handles[DSI_OFFER_DATA]);
	return err;
}

static void answer_question(struct dsi_link *link)
{
	struct dsi_socket *sock = link->sock;
	union dsi_wire msg = {.info = {.desc = sock->desc}};

	msg.info.state = dsi__state_now(&sock->state);
	/* relaxed: for statistics. */
	msg.info.consumers = atomic_load_explicit(
		&sock->plane.as.producer.present, memory_order_relaxed);
	/* relaxed: for statistics. */
	msg.info.committed = atomic_load_explicit(&sock->plane.stats->committed,
						  memory_order_relaxed);
	(void)dsi__wire_send(link->conn, &msg, DSI_WIRE_INFO, sizeof(msg.info),
			     NULL, 0);
	dsi__link_end(link);
}

static void tell_regions(struct dsi_link *link)
{
	if (dsi__regions_tell(link) == -DSI_EPERM)
		refuse(link, -DSI_EPERM,
		       "regions: only the producer's own user and root are "
		       "told where they lie");
	else
		dsi__link_end(link);
}

static void hello(struct dsi_link *link, const struct dsi_wire_hello *msg)
{
	char sentence[DSI_WIRE_TEXT_BYTES];
	struct dsi_text why = dsi__text(sentence, sizeof(sentence));
	int err;

	if (msg->purpose == DSI_HELLO_ASK) {
		answer_question(link);
		return;
	}
	if (msg->purpose == DSI_HELLO_WATCH) {
		err = dsi__watcher_greet(link);
		if (err)
			refuse(link, err, "too many watch this stream already");
		return;
	}
	if (msg->purpose == DSI_HELLO_REGIONS) {
		tell_regions(link);
		return;
	}
	err = admit(link, &msg->wish, &why);
	if (err) {
		refuse(link, err, sentence);
		return;
	}
	memcpy(link->label, msg->wish.label, sizeof(link->label));
	link->placement = msg->wish.placement;
	link->placement_of = msg->wish.placement_of;
	err = offer(link);
	if (err)
		refuse(link, err, "the producer could not make a signal page");
	else
		dsi__link_set(link, DSI_LINK_OFFERED);
}

/* ---- accept: map its page and let it in ---------------------------------- */

/* Its statistics are for others; without them it is as good a consumer.  What
 * is no memory is not kept: it could be the consumer's end of a connection. */
static void take_stats(struct dsi_link *link, struct dsi_wire_in *in)
{
	int32_t handle = dsi__wire_take(in, DSI_ACCEPT_STATS);
	uint64_t bytes = dsi__round_to_pages(sizeof(struct dsi_shm_stats));

	if (handle >= 0 && dsi_port_region_check(handle, bytes)) {
		dsi_port_handle_drop(handle);
		handle = -1;
	}
	link->stats = handle;
}

static int map_page(struct dsi_link *link, struct dsi_wire_in *in)
{
	struct dsi_socket *sock = link->sock;
	uint64_t bytes =
		dsi__round_to_pages(dsi__page_bytes(sock->desc.packets));

	link->peer_bell = dsi__wire_take(in, DSI_ACCEPT_BELL);
	if (link->peer_bell >= 0 && dsi_port_bell_check(link->peer_bell)) {
		dsi_port_handle_drop(link->peer_bell);
		link->peer_bell = -1;
		return -DSI_EPROTO;
	}
	return dsi_port_region_attach(&link->page,
				      dsi__wire_take(in, DSI_ACCEPT_PAGE),
				      bytes, DSI_PORT_READ);
}

static void set_up_peer(struct dsi_link *link, struct dsi_producer_peer *peer)
{
	struct dsi_socket *sock = link->sock;
	char *own = link->signal.addr;
	const char *page = link->page.addr;

	peer->policy = link->policy;
	peer->quota = link->quota;
	peer->reader = link->reader;
	/* relaxed: JOINING carries it. */
	atomic_store_explicit(&peer->orderly, 0, memory_order_relaxed);
	peer->return_mask = dsi__pow2(sock->desc.packets) - 1u;
	if (link->own_slots)
		dsi__ring_attach(&peer->ring, own + DSI_SHM_PAGE_HEAD,
				 link->own_slots, sock->desc.max_sg);
	peer->lent = NULL;
	if (sock->desc.flags & DSI_STREAM_MAP)
		peer->lent =
			(_Atomic uint32_t *)(void *)(own +
						     dsi__lent_offset(
							     link->own_slots,
							     sock->desc.max_sg,
							     0));
	peer->signal_page = (struct dsi_shm_signal *)(void *)own;
	peer->page = (const struct dsi_shm_consumer *)(const void *)page;
	peer->returns =
		(const _Atomic uint32_t *)(const void *)(page +
							 DSI_SHM_PAGE_HEAD);
	peer->waker = (struct dsi_waker){&peer->signal_page->signal,
					 &peer->page->sleep, 0, link->peer_bell,
					 &sock->plane.trace};
	peer->waiter = (struct dsi_waiter){&peer->page->signal,
					   &peer->signal_page->sleep, 0};
}

static void accept(struct dsi_link *link, struct dsi_wire_in *in)
{
	struct dsi_socket *sock = link->sock;
	struct dsi_producer_peer *peer = dsi__producer_place(&sock->plane);
	union dsi_wire msg = {0};
	int err;

	if (!peer) {
		refuse(link, -DSI_EUSERS,
		       "consumers: the producer is not taking notice of those "
		       "that left; try again later");
		return;
	}
	err = map_page(link, in);
	if (err) {
		refuse(link, err,
		       err == -DSI_EPROTO
			       ? "consumer page or bell: not what it should be"
			       : "the producer could not map the consumer "
				 "page");
		return;
	}
	take_stats(link, in);
	set_up_peer(link, peer);
	link->peer = peer;
	dsi__link_set(link, DSI_LINK_JOINED);
	dsi_port_lock();
	(void)dsi__link_add_bell(link);
	dsi_port_unlock();
	/* First in, then told so: whoever hears of READY, and then lets the
	 * producer go on, can rely on getting the very next packet. */
	dsi__producer_join(&sock->plane, peer);
	dsi__plane_raise(&sock->plane, DSI_EVENT_PEER_JOINED, 1);
	dsi_port_loop_timer(sock->monitor, &link->source, DSI_FOREVER);
	if (dsi__wire_send(link->conn, &msg, DSI_WIRE_READY, sizeof(msg.head),
			   NULL, 0))
		parted(link, DSI_EVENT_PEER_GONE);
	dsi__watchers_joined(link);
}

/* ---- a link's messages --------------------------------------------------- */

/* Joined and now leaving, with or without a word. */
static void parted(struct dsi_link *link, uint32_t event)
{
	if (dsi__link_state(link) == DSI_LINK_JOINED) {
		dsi__plane_raise(&link->sock->plane, event, 1);
		if (event == DSI_EVENT_PEER_GONE)
			dsi__trace_peer_dead(link);
		else
			/* relaxed: LEAVING carries it; a thread that lets
			 * go of a liar meanwhile may see either. */
			atomic_store_explicit(&link->peer->orderly, 1,
					      memory_order_relaxed);
	}
	dsi__link_end(link);
}

static void message(struct dsi_link *link, int type, struct dsi_wire_in *in)
{
	if (type == DSI_WIRE_HELLO &&
	    dsi__link_state(link) == DSI_LINK_GREETING)
		hello(link, &in->msg.hello);
	else if (type == DSI_WIRE_ACCEPT &&
		 dsi__link_state(link) == DSI_LINK_OFFERED)
		accept(link, in);
	else if (type == DSI_WIRE_BYE)
		parted(link, DSI_EVENT_PEER_LEFT);
	else if (type == -DSI_EPIPE)
		parted(link, DSI_EVENT_PEER_GONE);
	else if (type == -DSI_EPROTONOSUPPORT)
		refuse(link, type,
		       "version: this producer speaks dsi protocol 1 in its "
		       "own byte order");
	else if (type < 0 && type != -DSI_EPROTO)
		refuse(link, type, "the producer could not receive a message");
	else
		refuse(link, -DSI_EPROTO, "unexpected message");
}

static void link_ready(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_link *link = dsi__link_of(source);
	struct dsi_wire_in in;

	for (uint32_t i = 0; i < MESSAGES_PER_CALL; i++) {
		int type;

		if (dsi__link_state(link) == DSI_LINK_ENDED)
			return;
		type = dsi__wire_recv(link->conn, &in);
		if (type == -DSI_EAGAIN)
			break;
		message(link, type, &in);
		dsi__wire_drop(&in);
	}
	if ((why & DSI_PORT_WHY_TIMER) &&
	    dsi__link_state(link) < DSI_LINK_JOINED)
		refuse(link, -DSI_ETIMEDOUT, "the handshake took too long");
}

/* ---- the door ------------------------------------------------------------ */

static uint32_t count_greeting(struct dsi_socket *sock)
{
	uint32_t n = 0;

	dsi_port_lock();
	for (struct dsi_link *link = sock->links; link; link = link->next)
		n += dsi__link_state(link) < DSI_LINK_JOINED;
	dsi_port_unlock();
	return n;
}

int dsi__producer_adopt_conn(struct dsi_socket *sock, int32_t conn)
{
	struct dsi_link *link = NULL;
	int err = -DSI_EAGAIN;

	/* The door has looked, and said why; a control application has not. */
	if (count_greeting(sock) < MAX_GREETING) {
		link = dsi__link_create(sock, conn, link_ready);
		err = -DSI_ENOMEM;
	}
	if (!link) {
		dsi_port_handle_close(conn);
		return err;
	}
	/* Under the lock the link cannot be freed, though its peer may hang
	 * up as soon as it is watched. */
	dsi_port_lock();
	link->next = sock->links;
	sock->links = link;
	err = dsi_port_loop_add(sock->monitor, &link->source);
	if (err)
		link->source.handle = -1;
	else
		dsi_port_loop_timer(sock->monitor, &link->source,
				    dsi_port_now() + GREETING_NS);
	if (err)
		dsi__link_end(link);
	dsi_port_unlock();
	return err;
}

void dsi__producer_door(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_socket *sock = socket_of_door(source);
	struct dsi_peer peer;
	int32_t conn;

	(void)why;
	for (uint32_t i = 0; i < ACCEPTS_PER_CALL; i++) {
		if (dsi_port_accept(sock->listener, &conn, &peer))
			return;
		if (!dsi__access_admits(&sock->access, conn, &peer))
			dsi__wire_refuse(conn, -DSI_EACCES,
					 "access: the stream's rule does not "
					 "admit this user");
		else if (count_greeting(sock) >= MAX_GREETING)
			dsi__wire_refuse(conn, -DSI_EAGAIN,
					 "too many handshakes at once; try "
					 "again");
		else {
			(void)dsi__producer_adopt_conn(sock, conn);
			continue;
		}
		dsi_port_handle_close(conn);
	}
}

/* ---- tearing down -------------------------------------------------------- */

static void free_link(struct dsi_link *link)
{
	/* P1: acquire pairs with dsi_socket_fd(). */
	struct dsi_port_loop *bells = atomic_load_explicit(
		&link->sock->plane.bells, memory_order_acquire);

	if (link->bell_added)
		dsi_port_loop_remove(bells, &link->bell_source);
	dsi_port_handle_close(link->bell);
	dsi_port_handle_close(link->peer_bell);
	dsi_port_handle_close(link->stats);
	dsi_port_region_fini(&link->signal);
	dsi_port_region_fini(&link->page);
	if (link->peer)
		dsi__producer_vacate(link->peer);
	dsi_port_free(link);
}

/* The first link for which there is something to do, taken out of the list
 * if it can be freed.  *@out_free says which. */
static struct dsi_link *next_task(struct dsi_socket *sock, int *out_free)
{
	struct dsi_link **at;
	struct dsi_link *found = NULL;

	dsi_port_lock();
	for (at = &sock->links; *at && !found; at = &(*at)->next) {
		struct dsi_link *link = *at;
		int ended = dsi__link_state(link) == DSI_LINK_ENDED;

		*out_free = ended && link->conn < 0 &&
			    (!link->peer || dsi__producer_left(link->peer));
		if (*out_free)
			*at = link->next;
		if (*out_free || (ended && link->conn >= 0) ||
		    (dsi__link_state(link) == DSI_LINK_JOINED &&
		     dsi__producer_broken(link->peer)))
			found = link;
		if (found)
			break;
	}
	dsi_port_unlock();
	return found;
}

void dsi__producer_reap(struct dsi_socket *sock)
{
	struct dsi_link *link;
	int free_it;

	while ((link = next_task(sock, &free_it))) {
		if (free_it) {
			free_link(link);
			continue;
		}
		dsi__link_set(link, DSI_LINK_ENDED);
		dsi__link_unwatch(link);
		dsi__link_hang_up(link, 0);
		if (link->peer) {
			dsi__watchers_parted(link);
			(void)dsi__producer_leave(&sock->plane, link->peer);
		}
	}
}

void dsi__producer_close_links(struct dsi_socket *sock)
{
	struct dsi_link *link;

	for (;;) {
		dsi_port_lock();
		link = sock->links;
		if (link)
			sock->links = link->next;
		dsi_port_unlock();
		if (!link)
			return;
		dsi__link_unwatch(link);
		dsi__link_hang_up(link, 1);
		free_link(link);
	}
}
