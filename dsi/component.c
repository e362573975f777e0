/* SPDX-License-Identifier: MIT */
/*
 * component.c - the server side: requests of control applications become
 * callbacks, events of sockets become messages.
 *
 * Place in the data flow: control application (stream.c) -> COMPONENT ->
 * socket.  Contracts: include/dsi/component.h; messages: wire.h.
 *
 * Everything runs on the thread that serves the component, but for dialling
 * from the same process.  A control application that goes away takes its
 * sockets with it: they are stopped and closed.
 *
 * Ordering edges:
 *   E1  ended store-release -> ended load-acquire
 *       carries everything that ending did
 */
#include <string.h>

#include "dsi/access.h"
#include "dsi/component_private.h"
#include "dsi/socket_private.h"
#include "dsi/traffic.h"
#include "dsi/wire.h"

#define MAX_CONTROLS 64u
#define MAX_PARTS 1024u
#define RESEND_NS UINT64_C(20000000)
#define FORWARDED (~(DSI_EVENT_DATA | DSI_EVENT_SPACE))

/* One control application. */
struct control {
	struct dsi_port_source source;
	struct dsi_component *component;
	struct control *next;
	int32_t conn;
};

/* One socket of ours, opened for a control application. */
struct part {
	struct part *next;
	struct control *control;
	struct dsi_socket *sock;
	uint32_t number;
	uint32_t unsent;  /* events the connection had no room for */
	uint32_t started; /* the start callback ran, and stop is owed */
};

struct dsi_component {
	struct dsi_component_ops ops;
	void *user;
	struct dsi_access access;
	struct dsi_port_loop *loop;
	struct dsi_port_listener *listener;
	struct dsi_port_source door;
	struct dsi_port_source events; /* kicked by our sockets */
	struct control *controls;
	struct part *parts;
	uint32_t n_controls;
	uint32_t n_parts;
	uint32_t next_number;
	uint32_t has_thread;
	_Atomic uint32_t shut_down;
	_Atomic uint32_t ending; /* to be ended by its own thread */
	_Atomic uint32_t ended;
};

static void end(struct dsi_component *component);

/* ---- sockets ------------------------------------------------------------- */

static struct part *find_part(const struct control *control, uint32_t number)
{
	struct part *part = control->component->parts;

	while (part && (part->number != number || part->control != control))
		part = part->next;
	return part;
}

static void stop_part(struct dsi_component *component, struct part *part)
{
	if (!part->started)
		return;
	/* Also for a socket that failed: its work thread is to leave it. */
	part->started = 0;
	(void)dsi_socket_stop(part->sock);
	if (component->ops.stop)
		(void)component->ops.stop(component->user, part->sock);
}

static void close_part(struct dsi_component *component, struct part *part)
{
	struct part **at = &component->parts;

	stop_part(component, part);
	while (*at != part)
		at = &(*at)->next;
	*at = part->next;
	component->n_parts--;
	component->ops.close(component->user, part->sock);
	dsi_port_free(part);
}

static void send_events(struct part *part)
{
	union dsi_wire msg = {.event = {.socket = part->number}};
	uint32_t events = dsi__socket_events(part->sock, FORWARDED);

	events |= part->unsent;
	if (!events)
		return;
	msg.event.events = events;
	part->unsent = 0;
	if (dsi__wire_send(part->control->conn, &msg, DSI_WIRE_EVENT,
			   sizeof(msg.event), NULL, 0) == -DSI_EAGAIN)
		part->unsent = events;
}

static void events_ready(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_component *component =
		(struct dsi_component *)(void *)((char *)source -
						 offsetof(struct dsi_component,
							  events));
	uint32_t unsent = 0;

	(void)why;
	/* relaxed: the kick ordered it. */
	if (atomic_load_explicit(&component->ending, memory_order_relaxed)) {
		end(component);
		return;
	}
	for (struct part *part = component->parts; part; part = part->next) {
		send_events(part);
		unsent |= part->unsent;
	}
	dsi_port_loop_timer(component->loop, source,
			    unsent ? dsi_port_now() + RESEND_NS : DSI_FOREVER);
}

/* ---- requests ------------------------------------------------------------ */

static int do_open(struct control *control, const struct dsi_wire_request *req,
		   struct dsi_wire_reply *reply)
{
	struct dsi_component *component = control->component;
	struct dsi_open_request open = {.role = req->role, .desc = req->desc};
	struct dsi_text none = dsi__text(NULL, 0);
	struct dsi_socket *sock = NULL;
	struct part *part;
	int err;

	if ((req->role != DSI_ROLE_PRODUCER &&
	     req->role != DSI_ROLE_CONSUMER) ||
	    dsi__wish_check(&req->wish, &none) ||
	    dsi__traffic_check(&req->desc.traffic, &none) ||
	    dsi__string_length(req->desc.format, DSI_FORMAT_BYTES) ==
		    DSI_FORMAT_BYTES ||
	    dsi__string_copy(open.argument, req->argument, DSI_ARGUMENT_BYTES))
		return -DSI_EPROTO;
	if (component->n_parts == MAX_PARTS)
		return -DSI_EMFILE;
	open.desc.size = sizeof(open.desc);
	dsi__wish_to_options(&open.consumer, &req->wish);
	(void)dsi_port_peer(control->conn, &open.peer);
	part = dsi_port_alloc(sizeof(*part));
	if (!part)
		return -DSI_ENOMEM;
	err = component->ops.open(component->user, &open, &sock);
	if (!err && sock && sock->plane.role != req->role) {
		component->ops.close(component->user, sock);
		sock = NULL;
	}
	if (!err && !sock)
		err = -DSI_EINVAL;
	if (err) {
		dsi_port_free(part);
		return err;
	}
	part->sock = sock;
	part->control = control;
	part->number = ++component->next_number;
	part->next = component->parts;
	component->parts = part;
	component->n_parts++;
	dsi__socket_observe(sock, component->loop, &component->events);
	reply->socket = part->number;
	return 0;
}

static int do_connect(struct control *control, struct part *part, int32_t conn)
{
	struct dsi_component *component = control->component;
	int err;

	if (conn < 0)
		return -DSI_EPROTO;
	err = dsi_port_conn_check(conn);
	if (err) {
		dsi_port_handle_drop(conn);
		return err;
	}
	err = dsi__socket_adopt_conn(part->sock, conn);
	if (!err && component->ops.connect)
		err = component->ops.connect(component->user, part->sock);
	return err;
}

static int do_start(struct control *control, struct part *part)
{
	struct dsi_component *component = control->component;
	int err;

	if (part->started)
		return 0; /* the callbacks see each start once */
	err = dsi_socket_start(part->sock);
	if (err)
		return err;
	if (component->ops.start)
		err = component->ops.start(component->user, part->sock);
	part->started = !err;
	if (err)
		(void)dsi_socket_stop(part->sock);
	return err;
}

static int do_request(struct control *control, struct dsi_wire_in *in,
		      struct dsi_wire_reply *reply, struct part **out_part)
{
	const struct dsi_wire_request *req = &in->msg.request;
	struct part *part;

	if (req->request == DSI_REQUEST_OPEN) {
		int err = do_open(control, req, reply);

		*out_part = err ? NULL : find_part(control, reply->socket);
		return err;
	}
	part = find_part(control, req->socket);
	*out_part = part;
	if (!part)
		return -DSI_ENOENT;
	reply->socket = part->number;
	switch (req->request) {
	case DSI_REQUEST_CONNECT:
		return do_connect(control, part, dsi__wire_take(in, 0));
	case DSI_REQUEST_START:
		return do_start(control, part);
	case DSI_REQUEST_STOP:
		stop_part(control->component, part);
		return 0;
	case DSI_REQUEST_CLOSE:
		close_part(control->component, part);
		*out_part = NULL;
		return 0;
	case DSI_REQUEST_STATS:
		reply->stats.size = sizeof(reply->stats);
		return dsi_socket_stats(part->sock, &reply->stats);
	default:
		return -DSI_EPROTO;
	}
}

static int answer(struct control *control, struct dsi_wire_in *in)
{
	union dsi_wire out = {.reply = {.serial = in->msg.request.serial}};
	struct part *part = NULL;
	struct dsi_text text =
		dsi__text(out.reply.text, sizeof(out.reply.text));
	int err;

	out.reply.err = do_request(control, in, &out.reply, &part);
	if (part) {
		out.reply.desc = part->sock->desc;
		out.reply.usage = part->sock->consumer_options.usage;
		out.reply.policy = part->sock->consumer_options.policy;
	}
	if (out.reply.err && part && dsi_socket_error(part->sock)[0])
		dsi__text_add(&text, dsi_socket_error(part->sock));
	else if (out.reply.err)
		dsi__text_add(&text, dsi_strerror(out.reply.err));
	err = dsi__wire_send(control->conn, &out, DSI_WIRE_REPLY,
			     sizeof(out.reply), NULL, 0);
	if (!err && part)
		send_events(part);
	return err;
}

/* ---- control applications come and go ------------------------------------ */

static void drop_control(struct control *control)
{
	struct dsi_component *component = control->component;
	struct control **at = &component->controls;
	struct part *part = component->parts;

	dsi_port_loop_remove(component->loop, &control->source);
	while (part) {
		struct part *next = part->next;

		if (part->control == control)
			close_part(component, part);
		part = next;
	}
	dsi_port_lock();
	while (*at != control)
		at = &(*at)->next;
	*at = control->next;
	component->n_controls--;
	dsi_port_unlock();
	dsi_port_handle_close(control->conn);
	dsi_port_free(control);
}

static void control_ready(struct dsi_port_source *source, uint32_t why)
{
	struct control *control =
		(struct control *)(void *)((char *)source -
					   offsetof(struct control, source));
	struct dsi_wire_in in;
	int type = dsi__wire_recv(control->conn, &in);

	(void)why;
	if (type == -DSI_EAGAIN)
		return;
	/* Who waits for an answer that cannot be sent shall not wait for ever:
	 * hang up. */
	if (type == DSI_WIRE_REQUEST)
		type = answer(control, &in) ? -DSI_EPIPE : type;
	else if (type == -DSI_EPROTONOSUPPORT)
		dsi__wire_refuse(control->conn, type,
				 "version: this component speaks dsi protocol "
				 "1 in its own byte order");
	dsi__wire_drop(&in);
	if (type != DSI_WIRE_REQUEST)
		drop_control(control);
}

static int add_control(struct dsi_component *component, int32_t conn)
{
	struct control *control = NULL;
	int err = -DSI_EMFILE;

	dsi_port_lock();
	if (component->n_controls < MAX_CONTROLS) {
		component->n_controls++;
		err = 0;
	}
	dsi_port_unlock();
	if (!err) {
		control = dsi_port_alloc(sizeof(*control));
		err = control ? 0 : -DSI_ENOMEM;
	}
	if (err) {
		dsi_port_lock();
		component->n_controls -= err == -DSI_ENOMEM;
		dsi_port_unlock();
		dsi_port_handle_close(conn);
		return err;
	}
	control->component = component;
	control->conn = conn;
	control->source.ready = control_ready;
	control->source.handle = conn;
	control->source.deadline_ns = DSI_FOREVER;
	dsi_port_lock();
	control->next = component->controls;
	component->controls = control;
	dsi_port_unlock();
	err = dsi_port_loop_add(component->loop, &control->source);
	if (err)
		drop_control(control);
	return err;
}

static void door_ready(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_component *component =
		(struct dsi_component *)(void *)((char *)source -
						 offsetof(struct dsi_component,
							  door));
	struct dsi_peer peer;
	int32_t conn;

	(void)why;
	if (dsi_port_accept(component->listener, &conn, &peer))
		return;
	if (dsi__access_admits(&component->access, conn, &peer)) {
		(void)add_control(component, conn);
		return;
	}
	dsi__wire_refuse(conn, -DSI_EACCES,
			 "access: the component's rule does not admit this "
			 "user");
	dsi_port_handle_close(conn);
}

int dsi__component_dial(struct dsi_component *component, int32_t *out_conn)
{
	int32_t ends[2];
	int err = dsi_port_conn_pair(ends);

	if (err)
		return err;
	err = add_control(component, ends[0]);
	if (err)
		dsi_port_handle_close(ends[1]);
	else
		*out_conn = ends[1];
	return err;
}

/* ---- create, serve, destroy ---------------------------------------------- */

static int open_door(struct dsi_component *component, const char *name)
{
	int err = dsi__name_check(name);

	if (!err)
		err = dsi_port_listen(name, DSI_PORT_COMPONENT,
				      &component->access, &component->listener);
	if (err) {
		component->listener = NULL;
		return err;
	}
	component->door.ready = door_ready;
	component->door.handle = dsi_port_listener_handle(component->listener);
	component->door.deadline_ns = DSI_FOREVER;
	return dsi_port_loop_add(component->loop, &component->door);
}

int dsi_component_create(const char *name, const struct dsi_access *access,
			 const struct dsi_component_ops *ops, void *user,
			 uint32_t flags, struct dsi_component **out_component)
{
	struct dsi_component *component;
	int err;

	if (!out_component || !ops || (flags & ~DSI_COMPONENT_THREAD))
		return -DSI_EINVAL;
	component = dsi_port_alloc(sizeof(*component));
	if (!component)
		return -DSI_ENOMEM;
	component->user = user;
	component->events.ready = events_ready;
	component->events.handle = -1;
	component->events.deadline_ns = DSI_FOREVER;
	err = dsi__options_copy(&component->ops, ops, sizeof(component->ops));
	if (!err && (!component->ops.open || !component->ops.close ||
		     component->ops.reserved))
		err = -DSI_EINVAL;
	if (!err)
		err = dsi__access_copy(&component->access, access);
	if (!err)
		err = dsi_port_loop_create(flags ? DSI_PORT_LOOP_THREAD : 0,
					   &component->loop);
	if (err) {
		dsi_port_free(component);
		return err;
	}
	err = dsi_port_loop_add(component->loop, &component->events);
	component->has_thread = !err && (flags & DSI_COMPONENT_THREAD);
	if (!err && name)
		err = open_door(component, name);
	if (err)
		dsi_component_destroy(component);
	else
		*out_component = component;
	return err;
}

static int is_shut_down(const struct dsi_component *component)
{
	/* relaxed: a flag; the kick that comes with it orders. */
	return (int)atomic_load_explicit(&component->shut_down,
					 memory_order_relaxed);
}

int dsi_component_serve(struct dsi_component *component, uint64_t deadline_ns)
{
	int err;

	if (!component)
		return -DSI_EINVAL;
	if (is_shut_down(component))
		return -DSI_ECANCELED;
	err = dsi_port_loop_dispatch(component->loop, deadline_ns);
	if (is_shut_down(component))
		return -DSI_ECANCELED;
	return err == -DSI_ETIMEDOUT && deadline_ns == 0 ? -DSI_EAGAIN : err;
}

void dsi_component_shutdown(struct dsi_component *component)
{
	if (!component)
		return;
	/* relaxed: as in is_shut_down(). */
	atomic_store_explicit(&component->shut_down, 1, memory_order_relaxed);
	dsi_port_loop_kick(component->loop, &component->events);
}

int32_t dsi_component_sockets(const struct dsi_component *component)
{
	return component ? (int32_t)component->n_parts : -DSI_EINVAL;
}

/* Hang up everybody, stop and close all sockets.  On the serving thread. */
static void end(struct dsi_component *component)
{
	if (component->door.ready)
		dsi_port_loop_remove(component->loop, &component->door);
	while (component->controls)
		drop_control(component->controls);
	dsi_port_loop_remove(component->loop, &component->events);
	/* E1: release pairs with dsi_component_destroy(). */
	atomic_store_explicit(&component->ended, 1, memory_order_release);
	dsi_port_wake(&component->ended, 0);
}

/* The component's own thread ends it, because it may be in a callback now;
 * a component without one is ended by the caller. */
static void await_end(struct dsi_component *component)
{
	struct dsi_port_word word = {&component->ended, 0, 0};

	/* relaxed: the kick orders it. */
	atomic_store_explicit(&component->ending, 1, memory_order_relaxed);
	dsi_port_loop_kick(component->loop, &component->events);
	/* E1: acquire pairs with end(). */
	while (!atomic_load_explicit(&component->ended, memory_order_acquire))
		(void)dsi_port_wait(&word, 1, DSI_FOREVER);
}

void dsi_component_destroy(struct dsi_component *component)
{
	if (!component)
		return;
	if (component->has_thread)
		await_end(component);
	else
		end(component);
	if (component->listener)
		dsi_port_listener_close(component->listener);
	dsi_port_loop_destroy(component->loop);
	dsi_port_free(component);
}
