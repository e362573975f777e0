/* SPDX-License-Identifier: MIT */
/*
 * exchange_object.c - what handles stand for, and who pays for it.
 *
 * An object lives as long as somebody refers to it.  A handle that travels in a
 * message refers too, so two connections can keep each other alive, each in a
 * message of the other: such islands are looked for when a client has ended and
 * when one has no room for another object.  Who made an object pays for it; when
 * the maker ends, the first who can reach the object.
 */
#include "exchange_state.h"

#define OBJECTS (CLIENTS * OBJECTS_EACH * 2)

static struct object objects[OBJECTS];
static struct object *free_objects;
/* Nobody refers to them.  What ends refers to others that end with it, so they
 * end one after the other, not one within the other. */
static struct object *ending;
static bool busy_ending;
/* Somebody let go of a connection that others still refer to. */
static bool islands;

static void look_around(struct client *dead);

void objects_begin(void)
{
	for (unsigned i = OBJECTS; i-- > 0;) {
		objects[i].next = free_objects;
		free_objects = &objects[i];
	}
}

void objects_collect(void)
{
	/* Looking is long, so it has to be worth it. */
	if (islands)
		look_around(NULL);
}

bool objects_room(struct client *c, uint32_t count)
{
	if (c->made + count > OBJECTS_EACH)
		objects_collect();
	return c->made + count <= OBJECTS_EACH;
}

struct object *object_new(struct client *c, uint32_t kind)
{
	struct object *o = free_objects;

	if (c->made == OBJECTS_EACH || !o)
		return NULL;
	free_objects = o->next;
	*o = (struct object){.kind = kind, .refs = 1, .payer = c};
	c->made++;
	return o;
}

static void discharge(struct object *o)
{
	struct client *c = o->payer;

	if (!c)
		return;
	if (o->inherited)
		c->inherited--;
	else
		c->made--;
}

/* All watches belong to handles, and there is none. */
static void object_end(struct object *o)
{
	if (o->kind == MK_EXCHANGE_REGION)
		region_end(o);
	else if (o->kind == MK_EXCHANGE_LISTENER)
		listener_withdraw(o);
	else if (o->kind == MK_EXCHANGE_LOAN)
		loan_end(o);
	else
		end_close(o);
	discharge(o);
	o->kind = 0;
	o->next = free_objects;
	free_objects = o;
}

void object_put(struct object *o)
{
	if (--o->refs) {
		islands |= o->kind == MK_EXCHANGE_CONN;
		return;
	}
	o->next = ending;
	ending = o;
	if (busy_ending)
		return;
	busy_ending = true;
	while (ending) {
		o = ending;
		ending = o->next;
		object_end(o);
	}
	busy_ending = false;
}

/* ---- who can reach what -------------------------------------------------- */

/* Its quota of inherited objects is as large as that of its own.  What it has
 * mapped it must not lose; that is as much as it may map, beyond its own. */
static bool inherit(struct object *o, struct client *heir, bool mapped)
{
	uint64_t most = mapped ? 2 * pages_each() : pages_each();
	uint64_t pages = 0;

	if (heir->inherited >= OBJECTS_EACH && !mapped)
		return false;
	if (o->kind == MK_EXCHANGE_REGION)
		pages = region_cost(&o->region);
	else if (o->kind == MK_EXCHANGE_CONN)
		pages = o->end.pages;
	if (heir->pages_made + pages > most)
		return false;
	heir->pages_made += pages;
	heir->inherited++;
	o->inherited = true;
	o->payer = heir;
	return true;
}

static void adopt(struct object *o, struct client *by,
		  const struct client *dead, bool mapped)
{
	if (dead && o->payer == dead)
		o->payer = NULL;
	if (dead && !o->payer)
		(void)inherit(o, by, mapped);
}

static void visit(struct object *o, struct client *by, struct client *dead,
		  struct object **work)
{
	adopt(o, by, dead, false);
	if (o->seen)
		return;
	o->seen = true;
	o->next = *work;
	*work = o;
}

static void visit_inside(struct object *o, struct client *by,
			 struct client *dead, struct object **work)
{
	if (o->kind == MK_EXCHANGE_LISTENER)
		for (struct object *w = o->listener.first; w; w = w->behind)
			visit(w, by, dead, work);
	if (o->kind == MK_EXCHANGE_LOAN && o->loan.data) {
		visit(o->loan.data, by, dead, work);
		visit(o->loan.table, by, dead, work);
	}
	if (o->kind != MK_EXCHANGE_CONN)
		return;
	for (uint32_t i = 0; i < o->end.queued; i++) {
		const struct message *m = message_at(&o->end, i);

		for (uint32_t k = 0; k < m->count; k++)
			visit(m->handle[k], by, dead, work);
	}
}

/* What it has mapped it must not lose, nor what it can borrow. */
static void visit_mapped(struct object *o, struct client *c,
			 struct client *dead, struct object **work)
{
	if (o->kind == MK_EXCHANGE_LOAN && o->loan.data) {
		adopt(o->loan.data, c, dead, true);
		adopt(o->loan.table, c, dead, true);
	}
	adopt(o, c, dead, true);
	visit(o, c, dead, work);
}

static void visit_client(struct client *c, struct client *dead)
{
	struct object *work = NULL;

	for (unsigned i = 0; i < MK_EXCHANGE_MAPPINGS; i++)
		if (c->mapping[i].region)
			visit_mapped(c->mapping[i].region, c, dead, &work);
	for (unsigned i = 0; i < MK_EXCHANGE_HANDLES; i++)
		if (c->handle[i])
			visit(c->handle[i], c, dead, &work);
	while (work) {
		struct object *o = work;

		work = o->next;
		visit_inside(o, c, dead, &work);
	}
}

static bool lost(const struct object *o, const struct client *dead)
{
	return o->kind && (!o->seen || (dead && !o->payer));
}

/* Ends what is left over.  To empty a queue can end others, so each is held
 * while its contents go. */
static void sweep(struct client *dead)
{
	for (struct object *o = objects; o < objects + OBJECTS; o++) {
		if (!lost(o, dead))
			continue;
		o->refs++;
		if (o->kind == MK_EXCHANGE_LISTENER)
			listener_withdraw(o);
		else if (o->kind == MK_EXCHANGE_LOAN)
			loan_end(o);
		else if (o->kind != MK_EXCHANGE_REGION)
			end_close(o);
		else if (o->seen)
			region_abandon(o);
		o->seen = true;
		object_put(o);
	}
	for (struct object *o = objects; o < objects + OBJECTS; o++)
		o->seen = false;
}

static void look_around(struct client *dead)
{
	for (struct client *c = clients; c < clients + CLIENTS; c++)
		if (c->life == LIVE)
			visit_client(c, dead);
	sweep(dead);
	islands = false;
}

void objects_inherit(struct client *dead)
{
	look_around(dead);
}
