/* SPDX-License-Identifier: MIT */
/*
 * fake_names.c - names, listeners, connecting.
 *
 * A name whose owner was killed stays, as the file of a UNIX socket would,
 * until somebody takes it over or dsi_port_names() comes by.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"

#define VISIT_MAX 64u

static struct fake_name *find(const char *text, uint32_t kind)
{
	for (struct fake_name *n = fake__world.names; n; n = n->next)
		if (n->kind == kind && !strcmp(n->text, text))
			return n;
	return NULL;
}

static void name_remove(struct fake_name *name)
{
	struct fake_name **link = &fake__world.names;

	while (*link != name)
		link = &(*link)->next;
	*link = name->next;
	free(name);
	fake__world.names_generation++;
}

void fake__names_end(void)
{
	while (fake__world.names)
		name_remove(fake__world.names);
}

/* As the bits of a file would: the first class that fits decides. */
static bool admitted(const struct fake_name *name, const struct dsi_peer *who)
{
	uint32_t mode = name->access.mode ? name->access.mode : 0600;
	uint32_t uid = name->owner.uid;
	uint32_t gid = name->owner.gid;

	if (name->access.permit || who->uid == 0)
		return true;
	if (name->access.owner_given) {
		uid = name->access.uid;
		gid = name->access.gid;
	}
	if (who->uid == uid)
		return mode & 0600;
	if (who->gid == gid)
		return mode & 0060;
	return mode & 0006;
}

/* ---- the owner's side --------------------------------------------------- */

/* A fresh name, or that of a dead owner. */
static int name_claim(const char *text, uint32_t kind,
		      struct fake_name **out_name)
{
	struct fake_name *name = find(text, kind);

	*out_name = name;
	if (name)
		return name->listener ? -DSI_EEXIST : 0;
	if (strlen(text) >= sizeof(name->text))
		return -DSI_ENAMETOOLONG;
	name = calloc(1, sizeof(*name));
	if (!name)
		return -DSI_ENOMEM;
	strcpy(name->text, text);
	name->kind = kind;
	name->next = fake__world.names;
	fake__world.names = name;
	*out_name = name;
	return 0;
}

static struct dsi_port_listener *listener_new(void)
{
	struct dsi_port_listener *listener = calloc(1, sizeof(*listener));
	struct fake_listener *object = calloc(1, sizeof(*object));

	if (!listener || !object) {
		free(listener);
		free(object);
		return NULL;
	}
	object->object.type = FAKE_LISTENER;
	object->object.refs = 1;
	listener->listener = object;
	listener->process = fake__process();
	listener->handle = fake__handle_new(&object->object);
	if (listener->handle < 0) {
		free(listener);
		return NULL;
	}
	return listener;
}

int dsi_port_listen(const char *name, uint32_t kind,
		    const struct dsi_access *access,
		    struct dsi_port_listener **out_listener)
{
	struct fake_process *process = fake__process();
	struct dsi_port_listener *listener;
	struct fake_name *entry;
	int err;

	fake__point();
	err = fake__inject(FAKE_LISTEN);
	if (!err)
		err = name_claim(name, kind, &entry);
	if (err)
		return err;
	listener = listener_new();
	if (!listener)
		return -DSI_EMFILE;
	listener->next = process->listeners;
	process->listeners = listener;
	memset(&entry->access, 0, sizeof(entry->access));
	if (access)
		entry->access = *access;
	entry->owner = process->who;
	entry->listener = listener->listener;
	listener->listener->name = entry;
	fake__world.names_generation++;
	*out_listener = listener;
	return 0;
}

/* The last handle on it is closed: connections that nobody took hang up. */
void fake__listener_end(struct fake_listener *listener)
{
	if (listener->name)
		listener->name->listener = NULL;
	for (uint32_t i = 0; i < listener->n_waiting; i++)
		fake__object_put(&listener->waiting[i]->object);
	fake__world.names_generation++;
}

void dsi_port_listener_close(struct dsi_port_listener *listener)
{
	struct dsi_port_listener **link = &fake__process()->listeners;
	struct fake_name *name;

	fake__point();
	if (!listener)
		return;
	while (*link && *link != listener)
		link = &(*link)->next;
	if (!*link) {
		fake_report("fiber %d closes a listener that is not its own",
			    fake__world.current->id);
		return;
	}
	*link = listener->next;
	name = listener->listener->name;
	listener->listener->name = NULL;
	name_remove(name);
	dsi_port_handle_close(listener->handle);
	free(listener);
}

uint32_t fake__listeners_end(struct fake_process *process)
{
	uint32_t n = 0;

	while (process->listeners) {
		struct dsi_port_listener *listener = process->listeners;

		process->listeners = listener->next;
		free(listener); /* the object goes with its handle */
		n++;
	}
	return n;
}

int32_t dsi_port_listener_handle(const struct dsi_port_listener *listener)
{
	return listener->handle;
}

int dsi_port_accept(struct dsi_port_listener *listener, int32_t *out_conn,
		    struct dsi_peer *out_peer)
{
	struct fake_listener *l = listener->listener;
	struct fake_conn *conn;
	int err;

	fake__point();
	err = fake__inject(FAKE_ACCEPT);
	if (err)
		return err;
	if (l->n_waiting == 0)
		return -DSI_EAGAIN;
	conn = l->waiting[0];
	l->n_waiting--;
	memmove(l->waiting, l->waiting + 1,
		l->n_waiting * sizeof(l->waiting[0]));
	*out_peer = conn->who;
	*out_conn = fake__handle_new(&conn->object);
	return *out_conn < 0 ? *out_conn : 0;
}

/* ---- the other side ----------------------------------------------------- */

int dsi_port_connect(const char *name, uint32_t kind, int32_t *out_conn)
{
	const struct dsi_peer *self = &fake__process()->who;
	struct fake_conn *ends[2];
	struct fake_name *entry;
	int err;

	fake__point();
	fake__world.current->names_seen = fake__world.names_generation;
	err = fake__inject(FAKE_CONNECT);
	if (err)
		return err;
	entry = find(name, kind);
	if (!entry || !entry->listener)
		return -DSI_ENOENT;
	if (!admitted(entry, self))
		return -DSI_EACCES;
	if (entry->listener->n_waiting == FAKE_BACKLOG)
		return -DSI_EAGAIN;
	err = fake__conn_pair(ends, &entry->owner, self);
	if (err)
		return err;
	*out_conn = fake__handle_new(&ends[0]->object);
	if (*out_conn < 0) {
		fake__object_put(&ends[1]->object);
		return *out_conn;
	}
	entry->listener->waiting[entry->listener->n_waiting++] = ends[1];
	return 0;
}

static bool names_changed(void *object)
{
	const struct fake_fiber *fiber = object;

	return fiber->names_seen != fake__world.names_generation;
}

/* A change since this fiber's last look counts: between a connect that
 * failed and this call a name may have come. */
int dsi_port_names_wait(uint64_t deadline_ns)
{
	struct fake_fiber *self = fake__world.current;
	struct fake_sleep sleep = {.what = "wait for a name",
				   .ready = names_changed,
				   .object = self,
				   .deadline_ns = deadline_ns};
	int err = fake__block(&sleep);

	self->names_seen = fake__world.names_generation;
	return err;
}

static uint32_t collect(uint32_t kind, bool remove,
			char (*texts)[DSI_NAME_BYTES + 8])
{
	struct fake_name *name = fake__world.names;
	struct fake_name *next;
	uint32_t n = 0;

	for (; name; name = next) {
		next = name->next;
		if (name->kind != kind)
			continue;
		if (!name->listener && remove)
			name_remove(name);
		else if (n < VISIT_MAX)
			strcpy(texts[n++], name->text);
	}
	return n;
}

static int32_t names(uint32_t kind, bool remove,
		     void (*visit)(void *, const char *name), void *user)
{
	char texts[VISIT_MAX][DSI_NAME_BYTES + 8];
	uint32_t n;

	fake__point();
	n = collect(kind, remove, texts);
	fake__world.current->names_seen = fake__world.names_generation;
	for (uint32_t i = 0; i < n; i++)
		visit(user, texts[i]);
	return (int32_t)n;
}

int32_t dsi_port_names(uint32_t kind, void (*visit)(void *, const char *name),
		       void *user)
{
	return names(kind, true, visit, user);
}

int32_t dsi_port_names_look(uint32_t kind,
			    void (*visit)(void *, const char *name), void *user)
{
	return names(kind, false, visit, user);
}
