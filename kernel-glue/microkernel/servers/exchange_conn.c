/* SPDX-License-Identifier: MIT */
/*
 * exchange_conn.c - connections and bells: two ends, each of which tells the
 * other that there is something.  Messages are copied from the sender's mailbox
 * and into the receiver's; nothing in them is looked at.
 */
#include "exchange_state.h"

#define MESSAGES (CLIENTS * MESSAGES_EACH * 2)

static struct message messages[MESSAGES];
static struct message *free_messages;
static uint32_t never_used; /* from here on */

/* ---- pairs --------------------------------------------------------------- */

int pair_new(struct client *c, uint32_t kind, struct object *out[2])
{
	if (!objects_room(c, 2))
		return -DSI_EMFILE;
	out[0] = object_new(c, kind);
	if (!out[0])
		return -DSI_ENOMEM;
	out[1] = object_new(c, kind);
	if (!out[1]) {
		object_put(out[0]);
		return -DSI_ENOMEM;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = &out[i]->end;

		e->peer = out[1 - i];
		e->last = &e->first;
		e->client = c->number;
		e->program = c->program;
	}
	return 0;
}

/* ---- messages ------------------------------------------------------------ */

static struct message *message_new(struct client *c)
{
	struct message *m;

	if (c->sent == MESSAGES_EACH)
		objects_collect();
	m = free_messages;
	if (c->sent == MESSAGES_EACH)
		return NULL;
	if (m)
		free_messages = m->next;
	else if (never_used < MESSAGES)
		m = &messages[never_used++];
	else
		return NULL;
	m->next = NULL;
	m->payer = c;
	m->inherited = false;
	m->count = 0;
	c->sent++;
	return m;
}

static void message_free(struct message *m)
{
	if (m->inherited)
		m->payer->left--;
	else
		m->payer->sent--;
	for (uint32_t i = 0; i < m->count; i++)
		object_put(m->handle[i]);
	m->next = free_messages;
	free_messages = m;
}

static struct message *dequeue(struct end *e)
{
	struct message *m = e->first;

	e->first = m->next;
	if (!e->first)
		e->last = &e->first;
	e->queued--;
	return m;
}

static void enqueue(struct end *e, struct message *m)
{
	m->next = NULL;
	*e->last = m;
	e->last = &m->next;
	e->queued++;
}

void end_close(struct object *o)
{
	struct object *peer = o->end.peer;

	o->end.peer = NULL;
	if (peer) {
		peer->end.peer = NULL;
		object_ready(peer);
	}
	while (o->end.first)
		message_free(dequeue(&o->end));
}

/* They are the reader's now; what goes beyond its share is lost. */
void messages_inherit(struct client *dead, struct object *o,
		      struct client *reader)
{
	struct end *e = &o->end;
	uint32_t count = e->queued;

	while (count--) {
		struct message *m = dequeue(e);

		if (m->payer != dead) {
			enqueue(e, m);
		} else if (reader->left == MESSAGES_EACH) {
			message_free(m);
		} else {
			dead->sent -= !m->inherited;
			dead->left -= m->inherited;
			m->payer = reader;
			m->inherited = true;
			reader->left++;
			enqueue(e, m);
		}
	}
}

/* ---- send and receive ---------------------------------------------------- */

static uint8_t *mailbox_of(const struct client *c, uint64_t mailbox)
{
	return pages_address(c->mailboxes) +
	       mailbox * MK_EXCHANGE_MAILBOX_BYTES;
}

/* A listener is its owner's alone: it is not passed on. */
static int take_handles(const struct client *c, struct message *m,
			const uint8_t *handles, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t handle;
		struct object *o;

		__builtin_memcpy(&handle, handles + i * 4, 4);
		o = handle_find(c, handle, 0);
		if (!o || o->kind == MK_EXCHANGE_LISTENER)
			return -DSI_EINVAL;
		o->refs++;
		m->handle[m->count++] = o;
	}
	return 0;
}

static int may_send(const struct object *o, uint64_t mailbox, uint64_t bytes,
		    uint64_t handles_bytes)
{
	if (!o || mailbox >= MK_EXCHANGE_MAILBOXES || !bytes ||
	    handles_bytes % 4)
		return -DSI_EINVAL;
	if (bytes > MK_EXCHANGE_MSG_BYTES ||
	    handles_bytes > MK_EXCHANGE_MSG_HANDLES * 4)
		return -DSI_EMSGSIZE;
	if (!o->end.peer)
		return -DSI_EPIPE;
	return o->end.peer->end.queued == QUEUE ? -DSI_EAGAIN : 0;
}

int conn_send(struct client *c, struct object *o, uint64_t mailbox,
	      uint64_t bytes, const void *handles, uint64_t handles_bytes)
{
	int error = may_send(o, mailbox, bytes, handles_bytes);
	struct message *m;

	if (error)
		return error;
	m = message_new(c);
	if (!m)
		return -DSI_EAGAIN;
	error = take_handles(c, m, handles, (uint32_t)handles_bytes / 4);
	if (error) {
		message_free(m);
		return error;
	}
	m->bytes = (uint32_t)bytes;
	__builtin_memcpy(m->text, mailbox_of(c, mailbox), bytes);
	enqueue(&o->end.peer->end, m);
	object_ready(o->end.peer);
	return 0;
}

static int give_handles(struct client *c, const struct message *m,
			uint8_t *out_handles)
{
	uint64_t given[MK_EXCHANGE_MSG_HANDLES];

	for (uint32_t i = 0; i < m->count; i++) {
		int error;
		uint32_t handle;

		m->handle[i]->refs++;
		error = handle_new(c, m->handle[i], &given[i]);
		if (error) {
			while (i--)
				(void)handle_close(c, given[i]);
			return error;
		}
		handle = (uint32_t)given[i];
		__builtin_memcpy(out_handles + i * 4, &handle, 4);
	}
	return 0;
}

int conn_recv(struct client *c, struct object *o, uint64_t mailbox,
	      uint64_t capacity, uint64_t *out_bytes, uint8_t *out_handles,
	      uint64_t *out_handles_bytes)
{
	struct message *m;
	int error;

	if (!o || mailbox >= MK_EXCHANGE_MAILBOXES)
		return -DSI_EINVAL;
	if (!o->end.first)
		return o->end.peer ? -DSI_EAGAIN : -DSI_EPIPE;
	m = dequeue(&o->end);
	error = m->bytes > capacity ? -DSI_EPROTO
				    : give_handles(c, m, out_handles);
	if (!error) {
		__builtin_memcpy(mailbox_of(c, mailbox), m->text, m->bytes);
		*out_bytes = m->bytes;
		*out_handles_bytes = m->count * 4ul;
	}
	message_free(m);
	return error;
}
