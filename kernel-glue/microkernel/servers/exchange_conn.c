/* SPDX-License-Identifier: MIT */
/*
 * exchange_conn.c - connections and bells: two ends, each of which tells the
 * other that there is something.  Messages are copied from the sender's mailbox
 * and into the receiver's; nothing in them is looked at.
 */
#include "exchange_state.h"

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
		e->client = c->number;
		e->program = c->program;
	}
	return 0;
}

/* ---- messages ------------------------------------------------------------ */

static uint32_t place_of(const struct end *e, uint32_t i)
{
	return (e->first + i) % QUEUE;
}

struct message *message_at(const struct end *e, uint32_t i)
{
	uint32_t place = place_of(e, i);
	uint32_t page = e->page[place / PAGE_MESSAGES] - 1;

	return (struct message *)pages_address(page) + place % PAGE_MESSAGES;
}

/* Where the page of the next place stands. */
static uint32_t *next_page(struct object *o)
{
	uint32_t place = place_of(&o->end, o->end.queued);

	return &o->end.page[place / PAGE_MESSAGES];
}

/* Is there memory for one more, or can there be? */
static bool message_room(struct object *o)
{
	return *next_page(o) || (o->payer && pages_left(o->payer, 1));
}

/* The next place; NULL: there is no memory. */
static struct message *message_new(struct object *o)
{
	uint64_t page;

	if (!*next_page(o)) {
		if (!message_room(o) || !pages_take(1, &page))
			return NULL;
		*next_page(o) = (uint32_t)page + 1;
		o->end.pages++;
		o->payer->pages_made++;
	}
	return message_at(&o->end, o->end.queued);
}

/* From this one on. */
static void pages_end(struct object *o, uint32_t i)
{
	for (; i < QUEUE_PAGES; i++) {
		if (!o->end.page[i])
			continue;
		pages_give(o->end.page[i] - 1, 1);
		o->end.page[i] = 0;
		o->end.pages--;
		if (o->payer)
			o->payer->pages_made--;
	}
}

/* The first is dealt with.  An empty queue begins again in its first page, and
 * keeps no other. */
static void message_end(struct object *o)
{
	const struct message *m = message_at(&o->end, 0);
	struct object *handle[MK_EXCHANGE_MSG_HANDLES];
	uint32_t count = m->count;

	__builtin_memcpy(handle, m->handle, sizeof(handle));
	o->end.first = (o->end.first + 1) % QUEUE;
	if (--o->end.queued == 0) {
		o->end.first = 0;
		pages_end(o, 1);
	}
	for (uint32_t i = 0; i < count; i++)
		object_put(handle[i]);
}

void end_close(struct object *o)
{
	struct object *peer = o->end.peer;

	o->end.peer = NULL;
	if (peer) {
		peer->end.peer = NULL;
		object_ready(peer);
	}
	while (o->end.queued)
		message_end(o);
	pages_end(o, 0);
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

		__builtin_memcpy(&handle, handles + i * 4, 4);
		m->handle[i] = handle_find(c, handle, 0);
		if (!m->handle[i] || m->handle[i]->kind == MK_EXCHANGE_LISTENER)
			return -DSI_EINVAL;
	}
	m->count = count;
	for (uint32_t i = 0; i < count; i++)
		m->handle[i]->refs++;
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

	if (!error && !message_room(o->end.peer)) {
		/* It may be the peer whom nobody reaches. */
		objects_collect();
		error = may_send(o, mailbox, bytes, handles_bytes);
	}
	if (error)
		return error;
	m = message_new(o->end.peer);
	if (!m)
		return -DSI_EAGAIN;
	error = take_handles(c, m, handles, (uint32_t)handles_bytes / 4);
	if (error)
		return error;
	m->bytes = (uint32_t)bytes;
	__builtin_memcpy(m->text, mailbox_of(c, mailbox), bytes);
	o->end.peer->end.queued++;
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
	const struct message *m;
	int error;

	if (!o || mailbox >= MK_EXCHANGE_MAILBOXES)
		return -DSI_EINVAL;
	if (!o->end.queued)
		return o->end.peer ? -DSI_EAGAIN : -DSI_EPIPE;
	m = message_at(&o->end, 0);
	error = m->bytes > capacity ? -DSI_EPROTO
				    : give_handles(c, m, out_handles);
	if (!error) {
		__builtin_memcpy(mailbox_of(c, mailbox), m->text, m->bytes);
		*out_bytes = m->bytes;
		*out_handles_bytes = m->count * 4ul;
	}
	message_end(o);
	return error;
}
