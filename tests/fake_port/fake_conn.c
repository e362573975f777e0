/* SPDX-License-Identifier: MIT */
/*
 * fake_conn.c - bells and connections.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"

/* ---- bells -------------------------------------------------------------- */

void dsi_port_handle_drop(int32_t handle)
{
	dsi_port_handle_close(handle);
}

int dsi_port_bell_check(int32_t end)
{
	struct fake_object *object = fake__handle_object(end);

	return object && object->type == FAKE_BELL ? 0 : -DSI_EPROTO;
}

int dsi_port_conn_check(int32_t conn)
{
	struct fake_object *object = fake__handle_object(conn);

	return object && object->type == FAKE_CONN ? 0 : -DSI_EPROTO;
}

int dsi_port_bell_pair(int32_t out_ends[2])
{
	struct fake_bell *a, *b;
	int err;

	fake__point();
	err = fake__inject(FAKE_BELL_PAIR);
	if (err)
		return err;
	a = calloc(1, sizeof(*a));
	b = calloc(1, sizeof(*b));
	if (!a || !b) {
		free(a);
		free(b);
		return -DSI_ENOMEM;
	}
	a->object.type = b->object.type = FAKE_BELL;
	a->object.refs = b->object.refs = 1;
	a->peer = b;
	b->peer = a;
	out_ends[0] = fake__handle_new(&a->object);
	if (out_ends[0] < 0) {
		fake__object_put(&b->object);
		return out_ends[0];
	}
	out_ends[1] = fake__handle_new(&b->object);
	if (out_ends[1] < 0) {
		dsi_port_handle_close(out_ends[0]);
		return out_ends[1];
	}
	return 0;
}

void fake__bell_end(struct fake_bell *bell)
{
	if (bell->peer)
		bell->peer->peer = NULL;
}

void dsi_port_bell_ring(int32_t end)
{
	struct fake_bell *bell;

	fake__point();
	fake__count(bells_rung);
	bell = fake__handle_get(end, FAKE_BELL);
	if (bell && bell->peer)
		bell->peer->rung = 1;
}

void dsi_port_bell_silence(int32_t end)
{
	struct fake_bell *bell;

	fake__point();
	fake__count(bells_silenced);
	bell = fake__handle_get(end, FAKE_BELL);
	if (bell)
		bell->rung = 0;
}

/* ---- pairs -------------------------------------------------------------- */

/* @who0 is seen by end 0 as its peer, @who1 by end 1. */
int fake__conn_pair(struct fake_conn *out_ends[2], const struct dsi_peer *who0,
		    const struct dsi_peer *who1)
{
	struct fake_conn *a = calloc(1, sizeof(*a));
	struct fake_conn *b = calloc(1, sizeof(*b));

	if (!a || !b) {
		free(a);
		free(b);
		return -DSI_ENOMEM;
	}
	a->object.type = b->object.type = FAKE_CONN;
	a->object.refs = b->object.refs = 1;
	a->peer = b;
	b->peer = a;
	a->last = &a->first;
	b->last = &b->first;
	a->who = *who0;
	b->who = *who1;
	out_ends[0] = a;
	out_ends[1] = b;
	return 0;
}

int dsi_port_conn_pair(int32_t out_ends[2])
{
	const struct dsi_peer *self = &fake__process()->who;
	struct fake_conn *ends[2];
	int err;

	fake__point();
	err = fake__inject(FAKE_CONN_PAIR);
	if (err)
		return err;
	err = fake__conn_pair(ends, self, self);
	if (err)
		return err;
	out_ends[0] = fake__handle_new(&ends[0]->object);
	if (out_ends[0] < 0) {
		fake__object_put(&ends[1]->object);
		return out_ends[0];
	}
	out_ends[1] = fake__handle_new(&ends[1]->object);
	if (out_ends[1] < 0) {
		dsi_port_handle_close(out_ends[0]);
		return out_ends[1];
	}
	return 0;
}

static void message_end(struct fake_message *message)
{
	for (uint32_t i = 0; i < message->n_objects; i++)
		fake__object_put(message->objects[i]);
	free(message);
}

static struct fake_message *dequeue(struct fake_conn *conn)
{
	struct fake_message *message = conn->first;

	conn->first = message->next;
	if (!conn->first)
		conn->last = &conn->first;
	conn->queued--;
	return message;
}

void fake__conn_end(struct fake_conn *conn)
{
	if (conn->peer)
		conn->peer->peer = NULL;
	while (conn->first)
		message_end(dequeue(conn));
}

int dsi_port_peer(int32_t conn, struct dsi_peer *out_peer)
{
	const struct fake_conn *c;

	fake__point();
	c = fake__handle_get(conn, FAKE_CONN);
	if (!c)
		return -DSI_EINVAL;
	*out_peer = c->who;
	return 0;
}

int dsi_port_peer_in_group(int32_t conn, uint32_t gid)
{
	struct dsi_peer peer;

	return !dsi_port_peer(conn, &peer) && peer.gid == gid;
}

/* ---- messages ----------------------------------------------------------- */

int dsi_port_send(int32_t conn, const void *msg, uint32_t bytes,
		  const int32_t *handles, uint32_t n_handles)
{
	struct fake_message *message;
	struct fake_conn *c;
	int err;

	fake__point();
	fake__count(sends);
	err = fake__inject(FAKE_SEND);
	if (err)
		return err;
	c = fake__handle_get(conn, FAKE_CONN);
	if (!c || bytes == 0 || n_handles > FAKE_SEND_HANDLES)
		return -DSI_EINVAL;
	if (bytes > DSI_PORT_MSG_BYTES)
		return -DSI_EMSGSIZE;
	if (!c->peer)
		return -DSI_EPIPE;
	if (c->peer->queued == FAKE_QUEUE)
		return -DSI_EAGAIN;
	message = calloc(1, sizeof(*message));
	if (!message)
		return -DSI_ENOMEM;
	memcpy(message->data, msg, bytes);
	message->bytes = bytes;
	for (uint32_t i = 0; i < n_handles; i++) {
		struct fake_object *object = fake__handle_object(handles[i]);

		if (!object) {
			message_end(message);
			return -DSI_EINVAL;
		}
		object->refs++;
		message->objects[message->n_objects++] = object;
	}
	*c->peer->last = message;
	c->peer->last = &message->next;
	c->peer->queued++;
	return 0;
}

static int32_t hand_over(struct fake_message *message, void *buffer,
			 int32_t *out_handles, uint32_t *out_n_handles)
{
	for (uint32_t i = 0; i < message->n_objects; i++) {
		int32_t handle;

		message->objects[i]->refs++;
		handle = fake__handle_new(message->objects[i]);
		if (handle < 0) {
			while (i--)
				dsi_port_handle_close(out_handles[i]);
			return handle;
		}
		out_handles[i] = handle;
	}
	memcpy(buffer, message->data, message->bytes);
	*out_n_handles = message->n_objects;
	return (int32_t)message->bytes;
}

int32_t dsi_port_recv(int32_t conn, void *buffer, uint32_t capacity,
		      int32_t *out_handles, uint32_t *out_n_handles)
{
	struct fake_message *message;
	struct fake_conn *c;
	int32_t n;

	fake__point();
	fake__count(receives);
	*out_n_handles = 0;
	n = fake__inject(FAKE_RECV);
	if (n)
		return n;
	c = fake__handle_get(conn, FAKE_CONN);
	if (!c)
		return -DSI_EINVAL;
	if (!c->first)
		return c->peer ? -DSI_EAGAIN : -DSI_EPIPE;
	message = dequeue(c);
	if (message->bytes > capacity ||
	    message->n_objects > DSI_PORT_MSG_HANDLES)
		n = -DSI_EPROTO;
	else
		n = hand_over(message, buffer, out_handles, out_n_handles);
	message_end(message);
	return n;
}

static bool readable(void *object)
{
	return fake__object_readable(object);
}

int dsi_port_conn_wait(int32_t conn, uint64_t deadline_ns)
{
	struct fake_sleep sleep = {.what = "wait for a message",
				   .ready = readable,
				   .deadline_ns = deadline_ns};

	fake__point();
	sleep.object = fake__handle_get(conn, FAKE_CONN);
	if (!sleep.object)
		return 0;
	return fake__block(&sleep);
}
