/* SPDX-License-Identifier: MIT */
/* thread.c - threads: birth, death, and registers set from outside. */
#include <karch.h>
#include <kevent.h>
#include <kgate.h>
#include <kipc.h>
#include <ksched.h>
#include <ktask.h>

/* Flags that a user may set: arithmetic, trap, direction. */
#define RFLAGS_USER 0xdd5u
#define RFLAGS_ALWAYS 0x202u /* interrupts on; bit 1 is always 1 */

struct thread *thread_create(struct factory *f, struct thread *creator)
{
	struct thread *t = factory_take(f, THREAD_ORDER);

	if (!t)
		return NULL;
	object_init(&t->object, OBJECT_THREAD, f, THREAD_ORDER);
	list_init(&t->ready);
	list_init(&t->of_task);
	list_init(&t->senders);
	list_init(&t->sending);
	list_init(&t->waiters);
	list_init(&t->waiting);
	list_init(&t->gates);
	list_init(&t->events);
	t->state = MK_STATE_STOPPED;
	t->priority = 1;
	t->max_priority = creator ? creator->max_priority : 255;
	t->cpu = creator ? creator->cpu : &cpus[0];
	t->slice_tsc = tsc_from_us(SLICE_US_DEFAULT);
	t->regs.cs = SEL_UCODE;
	t->regs.ss = SEL_UDATA;
	t->regs.rflags = RFLAGS_ALWAYS;
	fpu_init(t->fpu);
	return t;
}

/* An alarm that comes now finds nobody who waits for it. */
void thread_unlink(struct thread *t)
{
	list_remove(&t->sending);
	list_remove(&t->waiting);
	if (t->partner && t->partner->caller == t)
		t->partner->caller = NULL;
	t->partner = NULL;
	t->event = NULL;
	t->via = NULL;
	if (unlikely(t->flag_address))
		ipc_flag_clear(t);
}

/* Break what it waits for; it gets the error with the phase it was in. */
static void thread_cancel(struct thread *t, uint64_t error)
{
	if (t->state != MK_STATE_READY && t->state != MK_STATE_STOPPED)
		ipc_fail(t, error | ipc_phase(t));
}

static struct thread *first_of(struct list *l, size_t offset)
{
	return (struct thread *)(void *)((char *)l->next - offset);
}

/* Everybody who waits for @t learns that there is no such thread. */
static void turn_away(struct thread *t)
{
	while (!list_empty(&t->senders))
		ipc_fail(
			first_of(&t->senders, offsetof(struct thread, sending)),
			MK_IPC_NO_PARTNER | MK_IPC_SEND);
	while (!list_empty(&t->waiters))
		ipc_fail(
			first_of(&t->waiters, offsetof(struct thread, waiting)),
			MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	if (t->caller)
		ipc_fail(t->caller, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
}

void thread_destroy(struct thread *t)
{
	sched_stop(t);
	t->state = MK_STATE_STOPPED;
	timeout_disarm(t);
	thread_unlink(t);
	turn_away(t);
	while (!list_empty(&t->gates))
		gate_orphan(
			container_of(t->gates.next, struct gate, of_thread));
	while (!list_empty(&t->events))
		event_unbind(
			container_of(t->events.next, struct event, of_thread));
	if (!t->on)
		thread_free(t);
}

void thread_free(struct thread *t)
{
	struct task *task = t->task;

	list_remove(&t->of_task);
	object_free(&t->object, t);
	if (task)
		task_free_if_empty(task);
}

static void set_registers(struct thread *t, uint64_t flags, uint64_t ip,
			  uint64_t sp, uint64_t argument)
{
	if (flags & MK_REGISTERS_IP)
		t->regs.rip = ip;
	if (flags & MK_REGISTERS_SP)
		t->regs.rsp = sp;
	if (flags & MK_REGISTERS_ARGUMENT)
		t->regs.rdi = argument;
	/* Leave by iret, which loads every register. */
	if (flags & (MK_REGISTERS_IP | MK_REGISTERS_ARGUMENT))
		t->regs.vector = 0;
}

void thread_apply_registers(struct thread *t)
{
	uint64_t flags = t->new_flags;

	t->new_flags = 0;
	set_registers(t, flags, t->new_ip, t->new_sp, t->new_argument);
}

void thread_registers(struct thread *t, uint64_t flags, uint64_t ip,
		      uint64_t sp, uint64_t argument)
{
	if (flags & MK_REGISTERS_CANCEL)
		thread_cancel(t, MK_IPC_CANCELLED);
	flags &= ~(uint64_t)MK_REGISTERS_CANCEL;
	if (t->on && !cpu_is_here(t->on)) {
		uint64_t set = flags & ~(uint64_t)MK_REGISTERS_START;

		/* It comes in as soon as it gets the interrupt.  What somebody
		 * wanted before, and is not done yet, is wanted still; but a
		 * call in parts begins again. */
		t->new_flags = (uint8_t)((t->new_flags & ~THREAD_AGAIN) | set);
		if (set & MK_REGISTERS_IP)
			t->new_ip = ip;
		if (set & MK_REGISTERS_SP)
			t->new_sp = sp;
		if (set & MK_REGISTERS_ARGUMENT)
			t->new_argument = argument;
		if (set)
			apic_send(t->on, VECTOR_RESCHED);
	} else {
		/* A call in parts that comes again begins again. */
		t->new_flags = 0;
		set_registers(t, flags, ip, sp, argument);
	}
	if ((flags & MK_REGISTERS_START) && t->state == MK_STATE_STOPPED) {
		t->fault = FAULT_NONE;
		t->special_wait = false;
		t->state = MK_STATE_READY;
		sched_ready(t);
	}
}

/* What a handler may make of the registers of who had the exception: never a
 * way into the kernel. */
void thread_load_registers(struct thread *t, const uint64_t *words)
{
	struct regs *r = &t->regs;

	memcpy(r, words, offsetof(struct regs, vector));
	r->vector = 0;
	r->error = 0;
	r->rip = words[offsetof(struct regs, rip) / 8];
	r->rsp = words[offsetof(struct regs, rsp) / 8];
	r->rflags = (words[offsetof(struct regs, rflags) / 8] & RFLAGS_USER) |
		    RFLAGS_ALWAYS;
	if (r->rip >= MK_USER_END)
		r->rip = 0;
}
