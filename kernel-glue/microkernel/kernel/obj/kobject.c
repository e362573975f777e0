/* SPDX-License-Identifier: MIT */
/* kobject.c - birth and death of objects.  See kobject.h. */
#include <kevent.h>
#include <kgate.h>
#include <kmap.h>
#include <kthread.h>
#include <ktask.h>

struct factory root_factory;

struct list objects_dead = {&objects_dead, &objects_dead};

void object_init(struct object *o, unsigned kind, struct factory *owner,
		 unsigned order)
{
	o->kind = (uint8_t)kind;
	o->order = (uint8_t)order;
	o->owner = owner;
	list_init(&o->of_owner);
	list_init(&o->to_reap);
	if (owner)
		list_add_before(&owner->objects, &o->of_owner);
}

void object_kill(struct object *o)
{
	/* The kernel's own objects have no owner and stay. */
	if (o->dead || !o->owner)
		return;
	o->dead = true;
	list_add_before(&objects_dead, &o->to_reap);
}

static void factory_free_if_empty(struct factory *f)
{
	struct factory *parent = f->object.owner;

	if (!f->object.dead || !list_empty(&f->objects))
		return;
	check(f->used == 0);
	factory_refund(parent, f->limit);
	object_free(&f->object, f);
}

static void factory_destroy(struct factory *f)
{
	struct list *l;

	/* All that it paid for dies with it.  It is freed with the last: a
	 * thread may still stand on another CPU. */
	for (l = f->objects.next; l != &f->objects; l = l->next)
		object_kill(container_of(l, struct object, of_owner));
	factory_free_if_empty(f);
}

/* A dead factory that waited for its last object: the loop sees it again. */
static void reap_again(struct object *o)
{
	if (list_empty(&o->to_reap))
		list_add_before(&objects_dead, &o->to_reap);
}

void object_free(struct object *o, void *memory)
{
	struct factory *owner = o->owner;

	check(!o->cap_count);
	list_remove(&o->of_owner);
	factory_give(owner, memory, o->order);
	if (owner->object.dead && list_empty(&owner->objects))
		reap_again(&owner->object);
}

static void destroy(struct object *o)
{
	switch ((enum object_kind)o->kind) {
	case OBJECT_TASK:
		task_destroy(container_of(o, struct task, object));
		break;
	case OBJECT_THREAD:
		thread_destroy(thread_of(o));
		break;
	case OBJECT_GATE:
		gate_destroy(gate_of(o));
		break;
	case OBJECT_EVENT:
		event_destroy(event_of(o));
		break;
	case OBJECT_FACTORY:
		factory_destroy(container_of(o, struct factory, object));
		break;
	case OBJECT_ICU:
	case OBJECT_SCHED:
	case OBJECT_LOG:
		break;
	}
}

void object_reap_all(void)
{
	while (!list_empty(&objects_dead)) {
		struct object *o =
			container_of(objects_dead.next, struct object, to_reap);

		list_remove(&o->to_reap);
		if (o->caps)
			revoke_all(o->caps);
		destroy(o);
	}
}
