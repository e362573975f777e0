/* SPDX-License-Identifier: MIT */
/*
 * exchange_client.c - clients: who they are, their events and handles, and what
 * becomes of it all when they end.
 */
#include <mklib/monitor.h>
#include <mklib/program.h>

#include "exchange_state.h"
#include "slot_pool.h"

#define KEPT (CLIENTS * (MK_EXCHANGE_EVENTS + 1))

struct client clients[CLIENTS];
static struct slot_pool slots;
static uint64_t serial;

static unsigned places = CLIENTS;

/* `clients=N` of the command line: fewer, of which each has more memory. */
static void read_places(void)
{
	unsigned number = 0;
	char text[4];

	if (!mk_option(mk_boot_info()->command, "clients", text, sizeof(text)))
		return;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		number = number * 10 + (unsigned)(*p - '0');
	if (number && number < CLIENTS)
		places = number;
}

unsigned clients_most(void)
{
	return places;
}

void clients_begin(void)
{
	static uint64_t memory[KEPT];

	read_places();
	slot_pool_init(&slots, SLOT_KEPT, memory, KEPT);
}

const uint64_t *client_window(void)
{
	return &slots.window;
}

struct client *client_of(uint64_t session)
{
	for (struct client *c = clients; c < clients + CLIENTS; c++)
		if (c->life == LIVE && c->session == session)
			return c;
	return NULL;
}

struct client *client_numbered(uint64_t number)
{
	for (struct client *c = clients; c < clients + CLIENTS; c++)
		if (c->life == LIVE && c->number == number)
			return c;
	return NULL;
}

/* ---- hello --------------------------------------------------------------- */

/* A capability to a thread, with which it can be waited for. */
static bool is_thread(uint64_t slot)
{
	if (mk_create_gate(MK_CAP_FACTORY, SLOT_TRIAL, 0, slot))
		return false;
	(void)mk_drop_cap(MK_CAP_TASK, SLOT_TRIAL);
	return true;
}

static struct client *place_find(void)
{
	for (struct client *c = clients; c < clients + places; c++)
		if (c->life == FREE)
			return c;
	return NULL;
}

static void lists_begin(struct client *c)
{
	for (unsigned i = 0; i < MK_EXCHANGE_WATCHES; i++) {
		c->watch[i].next = c->free_watches;
		c->free_watches = &c->watch[i];
	}
}

int client_hello(uint64_t session, uint64_t thread_slot)
{
	struct client *c = place_find();
	uint64_t mailboxes;

	/* Only the monitor makes gates with such labels. */
	if (!mk_session_program(session) || client_of(session))
		return -DSI_EPERM;
	if (!is_thread(thread_slot))
		return -DSI_EINVAL;
	if (!c ||
	    !pages_take(1ul << (MK_EXCHANGE_MAILBOX_ORDER - MK_PAGE_ORDER),
			&mailboxes))
		return -DSI_EUSERS;
	__builtin_memset(c, 0, sizeof(*c));
	c->life = LIVE;
	c->session = session;
	c->number = ++serial;
	c->program = mk_session_program(session);
	c->mailboxes = mailboxes;
	c->thread = slot_keep(&slots);
	c->sync = NO_GATE;
	lists_begin(c);
	life_watch((unsigned)(c - clients), c->thread);
	return 0;
}

bool client_alive(struct client *c)
{
	return c->life == LIVE && mk_cap_rights(MK_CAP_TASK, c->thread);
}

/* ---- events -------------------------------------------------------------- */

/* It came into the window. */
int event_add(struct client *c, uint64_t *out_event)
{
	for (unsigned i = 0; i < MK_EXCHANGE_EVENTS; i++) {
		if (c->event[i])
			continue;
		c->event[i] = slot_keep(&slots);
		*out_event = i;
		return 0;
	}
	return -DSI_EMFILE;
}

bool event_valid(const struct client *c, uint64_t event)
{
	return event < MK_EXCHANGE_EVENTS && c->event[event];
}

bool event_passable(const struct client *c, uint64_t event)
{
	return event_valid(c, event) &&
	       mk_cap_rights(MK_CAP_TASK, c->event[event]) & MK_CAP_PASS;
}

/* What is no event, or not there any longer, is the client's loss. */
void event_signal(const struct client *c, uint32_t event, uint64_t bits)
{
	(void)mk_signal(c->event[event], bits);
}

static void event_drop(struct client *c, uint64_t event)
{
	waiters_of_event(c, event);
	slot_drop(&slots, c->event[event]);
	c->event[event] = 0;
	c->names_bits[event] = 0;
	if (c->sync == event)
		c->sync = NO_GATE;
}

int event_remove(struct client *c, uint64_t event)
{
	if (!event_valid(c, event))
		return -DSI_EINVAL;
	for (unsigned i = 0; i < MK_EXCHANGE_HANDLES; i++)
		if (c->handle[i])
			watch_remove(c, c->handle[i], i, event);
	event_drop(c, event);
	return 0;
}

/* ---- handles ------------------------------------------------------------- */

int handle_new(struct client *c, struct object *o, uint64_t *out_handle)
{
	for (unsigned i = 0; i < MK_EXCHANGE_HANDLES; i++) {
		if (c->handle[i])
			continue;
		c->handle[i] = o;
		*out_handle = i;
		return 0;
	}
	object_put(o);
	return -DSI_EMFILE;
}

struct object *handle_find(const struct client *c, uint64_t handle,
			   uint32_t kind)
{
	struct object *o =
		handle < MK_EXCHANGE_HANDLES ? c->handle[handle] : NULL;

	return o && (!kind || o->kind == kind) ? o : NULL;
}

uint64_t handle_count(const struct client *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < MK_EXCHANGE_HANDLES; i++)
		n += c->handle[i] != NULL;
	return n;
}

int handle_close(struct client *c, uint64_t handle)
{
	struct object *o = handle_find(c, handle, 0);

	if (!o)
		return -DSI_EINVAL;
	watch_remove(c, o, handle, MK_EXCHANGE_EVENTS);
	c->handle[handle] = NULL;
	object_put(o);
	return 0;
}

/* ---- the end ------------------------------------------------------------- */

void client_end(struct client *c)
{
	if (c->life != LIVE)
		return;
	c->life = ENDED;
	for (uint64_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++)
		(void)region_close(c, c->mapping[i].number);
	for (uint64_t i = 0; i < MK_EXCHANGE_HANDLES; i++)
		(void)handle_close(c, i);
	for (uint64_t i = 0; i < MK_EXCHANGE_EVENTS; i++)
		if (c->event[i])
			event_drop(c, i);
	objects_inherit(c);
	pages_give(c->mailboxes,
		   1ul << (MK_EXCHANGE_MAILBOX_ORDER - MK_PAGE_ORDER));
	/* The monitor would count it for ever. */
	(void)mk_monitor_revoke(MK_CAP_MONITOR, MK_FOREVER, c->session);
}

void client_watched(unsigned place)
{
	struct client *c = &clients[place];

	client_end(c);
	slot_drop(&slots, c->thread);
	c->life = FREE;
}
