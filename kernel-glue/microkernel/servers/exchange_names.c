/* SPDX-License-Identifier: MIT */
/*
 * exchange_names.c - names of streams and components, and connecting to them.
 *
 * Who may offer and who may connect to which name says exchange.policy:
 *
 *   listen  camera  left
 *   connect *       left
 *
 * A name belongs to the client that listens, and goes with it.
 */
#include "exchange_state.h"

/* Listeners that have a name. */
static struct object *named[CLIENTS * 32];
#define NAMED (sizeof(named) / sizeof(named[0]))
static uint64_t generation = 1;

static void names_changed(void)
{
	generation++;
	for (struct client *c = clients; c < clients + CLIENTS; c++)
		for (uint32_t i = 0; i < MK_EXCHANGE_EVENTS; i++) {
			if (!c->names_bits[i])
				continue;
			event_signal(c, i, c->names_bits[i]);
			c->names_bits[i] = 0;
		}
}

static bool allowed(const struct client *c, enum verb verb, const char *name)
{
	return access_find(&rules, verb, (unsigned)c->program, name) != NULL;
}

/* Nobody says when a task dies on another CPU: its watcher may come later. */
static struct object *name_find(const char *name, uint64_t kind)
{
	for (unsigned i = 0; i < NAMED; i++) {
		struct object *o = named[i];

		if (!o || o->listener.kind != kind ||
		    !access_same(o->listener.name, name))
			continue;
		if (client_alive(o->listener.owner))
			return o;
		client_end(o->listener.owner);
		return NULL;
	}
	return NULL;
}

static struct object **name_place(const struct client *c)
{
	struct object **found = NULL;
	unsigned own = 0;

	for (unsigned i = 0; i < NAMED; i++) {
		own += named[i] && named[i]->listener.owner == c;
		if (!named[i] && !found)
			found = &named[i];
	}
	return own < NAMED / CLIENTS ? found : NULL;
}

int name_listen(struct client *c, const char *name, uint64_t kind,
		struct object **out)
{
	struct object **place;
	struct object *o;

	if (!access_name_valid(name) || name[0] == '/' || kind > 1)
		return -DSI_EINVAL;
	if (!allowed(c, LISTEN, name))
		return -DSI_EACCES;
	if (name_find(name, kind))
		return -DSI_EEXIST;
	/* The dead owner may have been the one who asks. */
	if (c->life != LIVE)
		return -DSI_EPERM;
	place = name_place(c);
	if (!place || !objects_room(c, 1))
		return -DSI_EMFILE;
	o = object_new(c, MK_EXCHANGE_LISTENER);
	if (!o)
		return -DSI_ENOMEM;
	o->listener.kind = kind;
	o->listener.owner = c;
	o->listener.last = &o->listener.first;
	access_copy(o->listener.name, name);
	*place = o;
	*out = o;
	names_changed();
	return 0;
}

void listener_withdraw(struct object *o)
{
	struct listener *l = &o->listener;

	for (unsigned i = 0; i < NAMED; i++) {
		if (named[i] != o)
			continue;
		named[i] = NULL;
		names_changed();
	}
	while (l->first) {
		struct object *conn = l->first;

		l->first = conn->behind;
		object_put(conn);
	}
	l->last = &l->first;
	l->count = 0;
}

/* ---- the other side ------------------------------------------------------ */

int name_connect(struct client *c, const char *name, uint64_t kind,
		 struct object **out)
{
	struct object *ends[2], *o;
	struct listener *l;
	int error;

	if (!access_name_valid(name) || kind > 1)
		return -DSI_EINVAL;
	if (!allowed(c, CONNECT, name))
		return -DSI_EACCES;
	o = name_find(name, kind);
	if (!o || c->life != LIVE)
		return -DSI_ENOENT;
	l = &o->listener;
	if (l->count == BACKLOG)
		return -DSI_EAGAIN;
	error = pair_new(c, MK_EXCHANGE_CONN, ends);
	if (error)
		return error;
	/* Each end says who is at the other one. */
	ends[0]->end.client = l->owner->number;
	ends[0]->end.program = l->owner->program;
	ends[1]->behind = NULL;
	*l->last = ends[1];
	l->last = &ends[1]->behind;
	l->count++;
	object_ready(o);
	*out = ends[0];
	return 0;
}

int listener_accept(struct object *o, struct object **out)
{
	struct listener *l = &o->listener;

	*out = l->first;
	if (!l->first)
		return -DSI_EAGAIN;
	l->first = l->first->behind;
	if (!l->first)
		l->last = &l->first;
	l->count--;
	return 0;
}

/* Those that the client may connect to. */
int name_list(struct client *c, uint64_t kind, uint64_t index, char *out)
{
	for (unsigned i = 0; i < NAMED; i++) {
		struct object *o = named[i];

		if (!o || o->listener.kind != kind ||
		    !allowed(c, CONNECT, o->listener.name))
			continue;
		if (!client_alive(o->listener.owner)) {
			client_end(o->listener.owner);
			continue;
		}
		if (index--)
			continue;
		__builtin_memcpy(out, o->listener.name, MK_EXCHANGE_NAME_BYTES);
		return 0;
	}
	return -DSI_ENOENT;
}

int names_watch(struct client *c, uint64_t seen, uint64_t event, uint64_t bits,
		uint64_t *out_generation)
{
	if (!event_valid(c, event) || !bits)
		return -DSI_EINVAL;
	*out_generation = generation;
	if (seen != generation)
		event_signal(c, (uint32_t)event, bits);
	else
		c->names_bits[event] |= bits;
	return 0;
}
