/* SPDX-License-Identifier: MIT */
/* gate.c - see kgate.h. */
#include <kgate.h>
#include <kipc.h>

#define GATE_ORDER 8
_Static_assert(sizeof(struct gate) <= 1 << GATE_ORDER, "order");

static struct thread *sender_of(struct list *l)
{
	return container_of(l, struct thread, sending);
}

struct gate *gate_create(struct factory *f, uint64_t label, struct thread *t)
{
	struct gate *g = factory_take(f, GATE_ORDER);

	if (!g)
		return NULL;
	object_init(&g->object, OBJECT_GATE, f, GATE_ORDER);
	list_init(&g->of_thread);
	list_init(&g->senders);
	g->label = label;
	if (t)
		gate_bind(g, t, label);
	return g;
}

/* Who waits to send through @g moves to the new thread, in order. */
static void move_senders(struct gate *g, struct list *from, struct thread *to)
{
	struct list *next;

	for (struct list *l = from->next; l != from; l = next) {
		struct thread *s = sender_of(l);

		next = l->next;
		if (s->via != g)
			continue;
		if (ipc_accepts(to, s)) {
			ipc_deliver(s, to, g->label);
		} else {
			list_remove(l);
			ipc_queue_sender(s, &to->senders);
		}
	}
}

void gate_bind(struct gate *g, struct thread *t, uint64_t label)
{
	struct thread *old = g->thread;

	list_remove(&g->of_thread);
	list_add_before(&t->gates, &g->of_thread);
	g->thread = t;
	g->label = label;
	g->state = GATE_BOUND;
	move_senders(g, &g->senders, t);
	if (old && old != t)
		move_senders(g, &old->senders, t);
}

/* The thread is gone, the label stays: who asks can see what it was for. */
void gate_orphan(struct gate *g)
{
	list_remove(&g->of_thread);
	g->thread = NULL;
	g->state = GATE_ORPHAN;
}

static void fail_senders(struct gate *g, struct list *queue)
{
	struct list *next;

	for (struct list *l = queue->next; l != queue; l = next) {
		struct thread *s = sender_of(l);

		next = l->next;
		if (s->via == g)
			ipc_fail(s, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	}
}

void gate_destroy(struct gate *g)
{
	fail_senders(g, &g->senders);
	if (g->thread)
		fail_senders(g, &g->thread->senders);
	list_remove(&g->of_thread);
	object_free(&g->object, g);
}
