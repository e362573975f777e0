/* SPDX-License-Identifier: MIT */
/*
 * port_thread.c - threads of this task.
 *
 * Place in the data flow: beside it; the loop of the port has a thread, and so
 * have components.  Control plane, except mk_port_self().
 *
 * A thread needs a stack, a UTCB, a pager and a CPU.  The UTCB and the stack
 * belong to the thread's place and stay for the next one in it: memory of the
 * kernel cannot be given back one UTCB at a time.  Stacks are mapped apart from
 * the heap that they come from, each with nothing below it, so a stack that
 * grows too far is a fault and no damage.
 *
 * A thread cannot free what it stands on.  So it says that it is done and
 * sleeps, and who joins it takes it away; a detached one is taken away by the
 * next start.
 */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_notify.h"

#define STACK_BYTES (64ul << 10)
#define STACK_EACH (1ul << 20) /* with the hole below */
#define UTCBS (MK_PORT_THREADS + MK_PORT_THREADS_MAX * STACK_EACH)

_Static_assert(UTCBS + MK_PORT_THREADS_MAX * MK_PAGE_BYTES <= MK_PORT_MAILBOXES,
	       "addresses of threads");

static struct mk_port_thread threads[MK_PORT_THREADS_MAX];
static struct mk_port_mutex table;
static uint64_t last_serial; /* under the lock of the table */

struct mk_port_thread *mk_port_thread_at(uint32_t index)
{
	return &threads[index];
}

static int error_of(int error)
{
	switch (error) {
	case 0:
		return 0;
	case -MK_EPERM:
		return -DSI_EACCES;
	default:
		return -DSI_ENOMEM;
	}
}

static int event_make(struct mk_port_thread *t)
{
	t->event = MK_PORT_SLOT_THREADS + 2 * t->index + 1;
	t->known_event = -1;
	t->gate = 0;
	t->known_gate = -1;
	t->alone = NULL;
	t->waits = 0;
	t->n_known = 0;
	for (uint32_t i = 0; i < MK_PORT_WAIT_WORDS; i++)
		t->known[i].slot =
			MK_PORT_SLOT_SYNC + t->index * MK_PORT_WAIT_WORDS + i;
	return mk_create_event(MK_CAP_FACTORY, t->event, MK_EVENT_BITS);
}

int mk_port_threads_begin(void)
{
	struct mk_port_thread *first = &threads[0];
	int error;

	for (uint32_t i = 0; i < MK_PORT_THREADS_MAX; i++)
		threads[i].index = i;
	first->thread = MK_CAP_THREAD;
	error = error_of(event_make(first));
	if (error)
		return error;
	mk_utcb()->user[0] = (uintptr_t)first;
	last_serial = 1;
	/* release: wakers that see the serial find the event */
	atomic_store_explicit(&first->serial, 1, memory_order_release);
	return 0;
}

int32_t mk_port_self_event(void)
{
	struct mk_port_thread *self = mk_port_self();
	uint64_t event;
	int error;

	if (self->known_event >= 0)
		return self->known_event;
	error = mk_exchange_event_add(
		mk_port_exchange(), MK_FOREVER,
		mk_cap_page(self->event, MK_CAP_SEND | MK_CAP_PASS), &event);
	if (error)
		return error;
	self->known_event = (int32_t)event;
	return self->known_event;
}

/* ---- start --------------------------------------------------------------- */

static uint64_t stack_end(const struct mk_port_thread *t)
{
	return MK_PORT_THREADS + (t->index + 1) * STACK_EACH;
}

static uint64_t utcb_of(const struct mk_port_thread *t)
{
	return UTCBS + t->index * MK_PAGE_BYTES;
}

/* Stack and UTCB of this place, once. */
static int prepare(struct mk_port_thread *t)
{
	const uint64_t page = MK_PAGE_BYTES;
	uint64_t to = stack_end(t) - STACK_BYTES;
	uint8_t *memory;
	int error;

	if (t->prepared)
		return 0;
	memory = dsi_port_alloc(STACK_BYTES + page - 64);
	if (!memory)
		return -DSI_ENOMEM;
	memory += -(uintptr_t)memory & (page - 1);
	for (uint64_t at = 0; at < STACK_BYTES; at += page) {
		error = mk_map(MK_CAP_TASK, to + at,
			       mk_flexpage(MK_MEMORY, (uintptr_t)memory + at,
					   MK_PAGE_ORDER, MK_R | MK_W));
		if (error)
			return error_of(error);
	}
	error = mk_ku_memory(MK_CAP_TASK, utcb_of(t), MK_PAGE_ORDER);
	if (error)
		return error_of(error);
	t->prepared = 1;
	return 0;
}

/* Ends with a sleep that nobody ends. */
static void run(struct mk_port_thread *t)
{
	mk_utcb()->user[0] = (uintptr_t)t;
	t->fn(t->arg);
	mk_port_words_forget(t);
	if (t->known_event >= 0)
		(void)mk_exchange_event_remove(mk_port_exchange(), MK_FOREVER,
					       (uint64_t)t->known_event);
	t->known_event = -1;
	mk_port_message_end(t);
	/* release: pairs with mk_port_thread_join() and reap() */
	atomic_store_explicit(&t->done, 1, memory_order_release);
	dsi_port_wake(&t->done, 0);
	for (;;)
		mk_sleep_us(MK_NEVER);
}

/* Where and how urgent we are ourselves. */
static int own_place(uint32_t *out_cpu, unsigned *out_priority)
{
	uint64_t word[4] = {MK_THREAD_INFO};
	int error = mk_object_call(mk_port_self()->thread, MK_PROTO_THREAD, 1,
				   word);

	*out_cpu = (uint32_t)word[1];
	*out_priority = (unsigned)word[2];
	return error;
}

void mk_port_thread_raise(const struct mk_port_thread *thread)
{
	unsigned priority;
	uint32_t cpu;

	if (!own_place(&cpu, &priority))
		(void)mk_sched_run(MK_CAP_SCHED, thread->thread, priority + 1,
				   cpu, 0);
}

static int make(struct mk_port_thread *t, uint32_t cpu)
{
	unsigned priority;
	uint32_t own_cpu;
	int error = own_place(&own_cpu, &priority);

	if (cpu == MK_PORT_CPU_SAME)
		cpu = own_cpu;
	if (!error)
		error = mk_create_thread(MK_CAP_FACTORY, t->thread);
	if (!error)
		error = event_make(t);
	if (!error)
		error = mk_thread_control(t->thread, MK_CAP_TASK, utcb_of(t),
					  MK_CAP_PAGER, MK_CAP_PAGER);
	if (!error)
		error = mk_sched_run(MK_CAP_SCHED, t->thread, priority, cpu, 0);
	if (!error)
		error = mk_thread_registers(
			t->thread, (uintptr_t)run, stack_end(t) - 8,
			MK_REGISTERS_IP | MK_REGISTERS_SP |
				MK_REGISTERS_ARGUMENT | MK_REGISTERS_START,
			(uintptr_t)t);
	return error_of(error);
}

/* The place is free again; nothing of the thread runs any more. */
static void take_away(struct mk_port_thread *t)
{
	/* release: who sees 0 does not look for words here */
	atomic_store_explicit(&t->serial, 0, memory_order_release);
	(void)mk_delete(MK_CAP_TASK, t->thread);
	(void)mk_delete(MK_CAP_TASK, t->event);
}

static int reap(struct mk_port_thread *t)
{
	/* acquire: pairs with run() */
	if (!t->detached ||
	    !atomic_load_explicit(&t->done, memory_order_acquire))
		return 0;
	take_away(t);
	return 1;
}

/* A place without a thread.  Under the lock. */
static struct mk_port_thread *free_place(void)
{
	for (uint32_t i = 1; i < MK_PORT_THREADS_MAX; i++) {
		struct mk_port_thread *t = &threads[i];

		/* relaxed: written under the lock */
		if (!atomic_load_explicit(&t->serial, memory_order_relaxed) ||
		    reap(t))
			return t;
	}
	return NULL;
}

static int start(struct mk_port_thread *t, uint32_t cpu)
{
	int error;

	/* relaxed: the thread does not run yet */
	atomic_store_explicit(&t->done, 0, memory_order_relaxed);
	t->thread = MK_PORT_SLOT_THREADS + 2 * t->index;
	t->detached = 0;
	error = prepare(t);
	if (error)
		return error;
	/* release: wakers that see the serial find the place in order */
	atomic_store_explicit(&t->serial, ++last_serial, memory_order_release);
	error = make(t, cpu);
	if (error)
		take_away(t);
	return error;
}

int mk_port_thread_start(void (*fn)(void *arg), void *arg, uint32_t cpu,
			 struct mk_port_thread **out_thread)
{
	struct mk_port_thread *t;
	int error = -DSI_EUSERS;

	mk_port_mutex_lock(&table);
	t = free_place();
	if (t) {
		t->fn = fn;
		t->arg = arg;
		*out_thread = t;
		error = start(t, cpu);
	}
	mk_port_mutex_unlock(&table);
	return error;
}

/* ---- end ----------------------------------------------------------------- */

void mk_port_thread_join(struct mk_port_thread *thread)
{
	mk_port_sleep_while(&thread->done, 0);
	mk_port_mutex_lock(&table);
	take_away(thread);
	mk_port_mutex_unlock(&table);
}

void mk_port_thread_detach(struct mk_port_thread *thread)
{
	mk_port_mutex_lock(&table);
	thread->detached = 1;
	mk_port_mutex_unlock(&table);
}
