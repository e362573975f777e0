/* SPDX-License-Identifier: MIT */
/* kevent.c - see kevent.h. */
#include <karch.h>
#include <kevent.h>
#include <kipc.h>

#define EVENT_ORDER 8
_Static_assert(sizeof(struct event) <= 1 << EVENT_ORDER, "order");

struct event *event_create(struct factory *f, bool counts)
{
	struct event *e = factory_take(f, EVENT_ORDER);

	if (!e)
		return NULL;
	object_init(&e->object, OBJECT_EVENT, f, EVENT_ORDER);
	list_init(&e->of_thread);
	list_init(&e->waiters);
	e->counts = counts;
	e->line = -1;
	return e;
}

static struct thread *first_waiter(struct event *e)
{
	return container_of(e->waiters.next, struct thread, waiting);
}

void event_destroy(struct event *e)
{
	while (!list_empty(&e->waiters))
		ipc_fail(first_waiter(e), MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	event_unbind(e);
	if (e->line >= 0)
		irq_unbind((uint32_t)e->line);
	object_free(&e->object, e);
}

uint64_t event_take(struct event *e)
{
	uint64_t got = e->pending;

	if (e->counts) {
		e->pending -= got ? 1 : 0;
		return got ? 1 : 0;
	}
	e->pending = 0;
	return got;
}

void event_latch(struct event *e, uint64_t bits)
{
	bits = event_bits(bits);
	if (!e->counts)
		e->pending |= bits;
	else if (bits <= UINT64_MAX - e->pending)
		e->pending += bits;
	else
		e->pending = UINT64_MAX;
}

void event_signal(struct event *e, uint64_t bits)
{
	event_latch(e, bits);
	/* Bits go to the first all at once; a count wakes as many as it is. */
	while (e->pending && !list_empty(&e->waiters)) {
		struct thread *t = first_waiter(e);

		ipc_finish(t, mk_tag(0, 0, 0, MK_TAG_EVENT), event_take(e));
	}
	if (e->pending && e->thread)
		ipc_event_pending(e->thread);
}

void event_unbind(struct event *e)
{
	list_remove(&e->of_thread);
	e->thread = NULL;
}

struct event *event_pending_of(struct thread *t)
{
	for (struct list *l = t->events.next; l != &t->events; l = l->next) {
		struct event *e = container_of(l, struct event, of_thread);

		if (e->pending)
			return e;
	}
	return NULL;
}
