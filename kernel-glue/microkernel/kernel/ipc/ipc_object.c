/* SPDX-License-Identifier: MIT */
/*
 * ipc_object.c - calls to objects of the kernel.  Word 0 is the method, the
 * others its arguments; what they name is looked up in the caller's task.
 */
#include <karch.h>
#include <kevent.h>
#include <kgate.h>
#include <kipc.h>
#include <kmap.h>
#include <kmem.h>
#include <kswitch.h>
#include <ktask.h>
#include <mk/utcb.h>

/* What a method gives back: an error and some words. */
struct answer {
	int error;
	unsigned words;
	uint64_t word[4];
	bool again; /* no answer yet: the thread makes the call once more */
};

static struct answer failed(int error)
{
	return (struct answer){.error = error};
}

static struct answer words3(uint64_t a, uint64_t b, uint64_t c)
{
	return (struct answer){.words = 3, .word = {a, b, c}};
}

static struct object *object_at(struct thread *t, uint64_t index, unsigned kind,
				unsigned rights)
{
	struct node *cap = cap_find(t->task, index);

	if (!cap || node_object(cap)->kind != kind ||
	    (cap->rights & rights) != rights)
		return NULL;
	return node_object(cap);
}

static struct thread *thread_at(struct thread *t, uint64_t index)
{
	struct object *o = object_at(t, index, OBJECT_THREAD, MK_CAP_CONTROL);

	return o ? thread_of(o) : NULL;
}

/* ---- factory --------------------------------------------------------- */

#define FACTORY_ORDER 8
_Static_assert(sizeof(struct factory) <= 1 << FACTORY_ORDER, "order");

static struct object *create_factory(struct factory *f, uint64_t limit)
{
	struct factory *sub;

	/* The child's whole limit is the parent's expense. */
	if (factory_charge(f, limit))
		return NULL;
	sub = factory_take(f, FACTORY_ORDER);
	if (!sub) {
		factory_refund(f, limit);
		return NULL;
	}
	object_init(&sub->object, OBJECT_FACTORY, f, FACTORY_ORDER);
	list_init(&sub->objects);
	sub->limit = limit;
	return &sub->object;
}

static struct object *create_gate(struct thread *t, struct factory *f,
				  int *out_error)
{
	uint64_t label = ipc_word(t, 3), index = ipc_word(t, 4);
	struct thread *to = index ? thread_at(t, index) : NULL;
	struct gate *g;

	if (index && !to) {
		*out_error = -MK_ENOENT;
		return NULL;
	}
	g = gate_create(f, label, to);
	return g ? &g->object : NULL;
}

static struct object *create(struct thread *t, struct factory *f,
			     int *out_error)
{
	struct thread *thread;
	struct event *event;
	struct task *task;

	*out_error = -MK_ENOMEM;
	switch ((int64_t)ipc_word(t, 1)) {
	case MK_PROTO_TASK:
		task = task_create(f);
		return task ? &task->object : NULL;
	case MK_PROTO_THREAD:
		thread = thread_create(f, t);
		return thread ? &thread->object : NULL;
	case MK_PROTO_GATE:
		return create_gate(t, f, out_error);
	case MK_PROTO_EVENT:
		event = event_create(f, ipc_word(t, 3) == MK_EVENT_COUNT);
		return event ? &event->object : NULL;
	case MK_PROTO_FACTORY:
		return create_factory(f, ipc_word(t, 3));
	default:
		*out_error = -MK_EINVAL;
		return NULL;
	}
}

static struct answer factory_call(struct thread *t, struct node *cap)
{
	struct factory *f =
		container_of(node_object(cap), struct factory, object);
	uint64_t index = ipc_word(t, 2);
	struct object *made;
	struct node *slot;
	int error;

	if (ipc_word(t, 0) == MK_FACTORY_INFO)
		return (struct answer){.words = 2, .word = {f->limit, f->used}};
	if (ipc_word(t, 0) != MK_FACTORY_CREATE)
		return failed(-MK_ENOSYS);
	slot = cap_slot_make(t->task, index, &error);
	if (!slot)
		return failed(error);
	made = create(t, f, &error);
	if (!made)
		return failed(error);
	cap_insert(t->task, slot, index, made, MK_ALL_RIGHTS);
	return failed(0);
}

/* ---- task ------------------------------------------------------------ */

static struct answer task_map(struct thread *t, struct task *to)
{
	uint64_t hot_spot = ipc_word(t, 1), page = ipc_word(t, 2);
	unsigned kind = mk_flexpage_kind(page);
	uint64_t mapped, window;

	/* The hot spot is the place itself: a window of the same size. */
	window =
		mk_flexpage(kind, kind == MK_MEMORY ? hot_spot : hot_spot >> 12,
			    mk_flexpage_order(page), MK_ALL_RIGHTS);
	return failed(map_flexpage(t->task, page, to, window, 0,
				   hot_spot & MK_ITEM_GRANT, &mapped));
}

/*
 * One part of it.  Somebody may map again below @page as fast as it is taken
 * away; so a part is longer than the others by what was mapped since the last,
 * and there is less left after each.
 */
static struct answer task_unmap(struct thread *t, struct task *to,
				uint64_t page, unsigned flags)
{
	struct unmapping *u = &t->unmapping;
	int error;

	if (!t->again || u->task != to || u->page != page || u->flags != flags)
		*u = (struct unmapping){
			.task = to,
			.page = page,
			.flags = flags,
			.made = nodes_made,
		};
	u->left = UNMAP_PART + (nodes_made - u->made);
	error = unmap_flexpage(to, page, flags, u);
	u->made = nodes_made;
	/* It has taken away what it would come in with: all in one go then. */
	if (error == UNMAP_AGAIN && object_at(t, t->regs.rdi >> 8, OBJECT_TASK,
					      MK_CAP_SEND) != &to->object) {
		u->left = UNMAP_ALL;
		error = unmap_flexpage(to, page, flags, u);
	}
	return (struct answer){.error = error, .again = error == UNMAP_AGAIN};
}

static struct answer task_call(struct thread *t, struct node *cap)
{
	struct task *to = container_of(node_object(cap), struct task, object);
	uint64_t a = ipc_word(t, 1), b = ipc_word(t, 2);
	struct node *x = cap_find(to, a), *y = cap_find(to, b);

	switch (ipc_word(t, 0)) {
	case MK_TASK_MAP:
		return task_map(t, to);
	case MK_TASK_UNMAP:
		return task_unmap(t, to, a, (unsigned)b);
	case MK_TASK_CAP_VALID:
		return (struct answer){.words = 1, .word = {x ? x->rights : 0}};
	case MK_TASK_CAP_EQUAL:
		return (struct answer){.words = 1,
				       .word = {x && y && x->what == y->what}};
	case MK_TASK_KU_MEMORY:
		if (mk_flexpage_kind(a) != MK_MEMORY)
			return failed(-MK_EINVAL);
		return failed(task_add_ku_memory(to, mk_flexpage_first(a),
						 mk_flexpage_order(a),
						 MK_R | MK_W));
	default:
		return failed(-MK_ENOSYS);
	}
}

/* ---- thread ---------------------------------------------------------- */

static int thread_control(struct thread *t, struct thread *target)
{
	struct object *o =
		object_at(t, ipc_word(t, 1), OBJECT_TASK, MK_CAP_CONTROL);
	uint64_t utcb = ipc_word(t, 2);
	struct task *task;
	void *memory;

	if (!o)
		return -MK_ENOENT;
	task = container_of(o, struct task, object);
	/* A thread that has run belongs where it is. */
	if (target->task || o->dead)
		return -MK_EBUSY;
	memory = (utcb & (MK_UTCB_BYTES - 1))
			 ? NULL
			 : task_ku_address(task, utcb, MK_UTCB_BYTES);
	if (!memory)
		return -MK_EINVAL;
	target->task = task;
	target->utcb = memory;
	target->utcb_address = utcb;
	target->utcb->self = utcb;
	target->pager = ipc_word(t, 3);
	target->handler = ipc_word(t, 4);
	list_add_before(&task->threads, &target->of_task);
	return 0;
}

static int thread_set_registers(struct thread *t, struct thread *target)
{
	uint64_t ip = ipc_word(t, 1), flags = ipc_word(t, 3);

	if (!target->task || (flags & ~(uint64_t)MK_REGISTERS_ALL))
		return -MK_EINVAL;
	/* sysret and iret of an address that is none fail in the kernel. */
	if ((flags & MK_REGISTERS_IP) && ip >= MK_USER_END)
		return -MK_EINVAL;
	thread_registers(target, flags, ip, ipc_word(t, 2), ipc_word(t, 4));
	return 0;
}

static struct answer thread_info(const struct thread *t)
{
	uint64_t run = t->run_tsc;

	if (t->on)
		run += now_tsc();
	return (struct answer){
		.words = 4,
		.word = {t->state, t->cpu->id, t->priority, ns_from_tsc(run)}};
}

static struct answer thread_call(struct thread *t, struct node *cap)
{
	struct thread *target = thread_of(node_object(cap));

	if (!(cap->rights & MK_CAP_CONTROL))
		return failed(-MK_EPERM);
	switch (ipc_word(t, 0)) {
	case MK_THREAD_CONTROL:
		return failed(thread_control(t, target));
	case MK_THREAD_REGISTERS:
		return failed(thread_set_registers(t, target));
	case MK_THREAD_SUSPEND:
		target->suspended = true;
		sched_stop(target);
		return failed(0);
	case MK_THREAD_RESUME:
		target->suspended = false;
		if (target->task)
			sched_ready(target);
		return failed(0);
	case MK_THREAD_INFO:
		return thread_info(target);
	case MK_THREAD_FS:
		if (target->on && target != t)
			return failed(-MK_EBUSY);
		if (ipc_word(t, 1) >= MK_USER_END)
			return failed(-MK_EINVAL);
		target->fs_base = ipc_word(t, 1);
		if (target == t)
			write_msr(MSR_FS_BASE, t->fs_base);
		return failed(0);
	default:
		return failed(-MK_ENOSYS);
	}
}

/* ---- gate, event, interrupts ----------------------------------------- */

static struct answer gate_call(struct thread *t, struct node *cap)
{
	struct gate *g = gate_of(node_object(cap));
	struct thread *to;

	switch (ipc_word(t, 0)) {
	case MK_GATE_BIND:
		if (!(cap->rights & MK_CAP_CONTROL))
			return failed(-MK_EPERM);
		to = thread_at(t, ipc_word(t, 1));
		if (!to)
			return failed(-MK_ENOENT);
		gate_bind(g, to, ipc_word(t, 2));
		return failed(0);
	case MK_GATE_INFO:
		return (struct answer){.words = 2,
				       .word = {g->label, g->state}};
	default:
		return failed(-MK_ENOSYS);
	}
}

static int event_bind(struct thread *t, struct event *e)
{
	struct thread *to = thread_at(t, ipc_word(t, 1));

	if (!to)
		return -MK_ENOENT;
	if (e->thread || !list_empty(&e->waiters))
		return -MK_EBUSY;
	e->thread = to;
	cap_changes++;
	e->label = ipc_word(t, 2);
	list_add_before(&to->events, &e->of_thread);
	if (e->pending)
		ipc_event_pending(to);
	return 0;
}

static struct answer event_call(struct thread *t, struct node *cap)
{
	struct event *e = event_of(node_object(cap));
	uint64_t method = ipc_word(t, 0);

	if (!(cap->rights & MK_CAP_CONTROL))
		return failed(-MK_EPERM);
	switch (method) {
	case MK_EVENT_BIND:
		return failed(event_bind(t, e));
	case MK_EVENT_UNBIND:
		event_unbind(e);
		return failed(0);
	case MK_EVENT_UNMASK:
	case MK_EVENT_MASK:
		if (e->line < 0)
			return failed(-MK_EINVAL);
		irq_set_masked(e, method == MK_EVENT_MASK);
		return failed(0);
	default:
		return failed(-MK_ENOSYS);
	}
}

static struct answer icu_call(struct thread *t, struct node *cap)
{
	uint64_t line = ipc_word(t, 1);
	struct object *o;

	(void)cap;
	switch (ipc_word(t, 0)) {
	case MK_ICU_BIND:
		o = object_at(t, ipc_word(t, 2), OBJECT_EVENT, MK_CAP_CONTROL);
		if (!o || line >= ioapic_lines())
			return failed(o ? -MK_EINVAL : -MK_ENOENT);
		irq_bind((uint32_t)line, event_of(o), ipc_word(t, 3) & 1);
		return failed(0);
	case MK_ICU_UNBIND:
		if (line >= ioapic_lines())
			return failed(-MK_EINVAL);
		irq_unbind((uint32_t)line);
		return failed(0);
	case MK_ICU_INFO:
		return (struct answer){.words = 1, .word = {ioapic_lines()}};
	default:
		return failed(-MK_ENOSYS);
	}
}

/* ---- scheduler, log -------------------------------------------------- */

static int sched_run(struct thread *t)
{
	struct thread *target = thread_at(t, ipc_word(t, 1));
	uint64_t priority = ipc_word(t, 2), cpu = ipc_word(t, 3);
	uint64_t slice_us = ipc_word(t, 4);

	if (!target)
		return -MK_ENOENT;
	if (priority > 255 || cpu >= cpu_count || slice_us > 10000000)
		return -MK_EINVAL;
	if (priority > t->max_priority)
		return -MK_EPERM;
	if (slice_us)
		target->slice_tsc = tsc_from_us(slice_us);
	sched_move(target, &cpus[cpu], (unsigned)priority);
	ipc_requeue(target);
	return 0;
}

static int sched_limit(struct thread *t)
{
	struct thread *target = thread_at(t, ipc_word(t, 1));

	if (!target)
		return -MK_ENOENT;
	if (ipc_word(t, 2) > t->max_priority)
		return -MK_EPERM;
	target->max_priority = (uint8_t)ipc_word(t, 2);
	return 0;
}

static struct answer sched_call(struct thread *t, struct node *cap)
{
	uint64_t cpu = ipc_word(t, 1);

	(void)cap;
	switch (ipc_word(t, 0)) {
	case MK_SCHED_RUN:
		return failed(sched_run(t));
	case MK_SCHED_LIMIT:
		return failed(sched_limit(t));
	case MK_SCHED_INFO:
		return words3(cpu_count, tsc_khz, ns_from_tsc(now_tsc()));
	case MK_SCHED_IDLE:
		if (cpu >= cpu_count)
			return failed(-MK_EINVAL);
		return (struct answer){
			.words = 1, .word = {ns_from_tsc(cpus[cpu].idle_tsc)}};
	default:
		return failed(-MK_ENOSYS);
	}
}

static void log_write(struct thread *t)
{
	uint64_t bytes = ipc_word(t, 1);

	for (unsigned i = 0; i < bytes && i < MK_LOG_WORDS * 8; i++)
		serial_put((char)(ipc_word(t, 2 + i / 8) >> i % 8 * 8));
}

static struct answer log_call(struct thread *t, struct node *cap)
{
	uint64_t number = ipc_word(t, 1), sum = 0;

	switch (ipc_word(t, 0)) {
	case MK_LOG_WRITE:
		log_write(t);
		return failed(0);
	case MK_LOG_EXIT:
		if (!(cap->rights & MK_CAP_CONTROL))
			return failed(-MK_EPERM);
		machine_exit((uint8_t)number);
	case MK_LOG_COUNTER:
		if (number >= MK_COUNTERS_END)
			return failed(-MK_EINVAL);
		for (uint32_t i = 0; i < cpu_count; i++)
			sum += cpus[i].counter[number];
		return (struct answer){.words = 1, .word = {sum}};
	default:
		return failed(-MK_ENOSYS);
	}
}

/* ---- all ------------------------------------------------------------- */

struct method_table {
	int64_t proto;
	struct answer (*call)(struct thread *t, struct node *cap);
};

static const struct method_table tables[] = {
	[OBJECT_TASK] = {MK_PROTO_TASK, task_call},
	[OBJECT_THREAD] = {MK_PROTO_THREAD, thread_call},
	[OBJECT_GATE] = {MK_PROTO_GATE, gate_call},
	[OBJECT_EVENT] = {MK_PROTO_EVENT, event_call},
	[OBJECT_FACTORY] = {MK_PROTO_FACTORY, factory_call},
	[OBJECT_ICU] = {MK_PROTO_ICU, icu_call},
	[OBJECT_SCHED] = {MK_PROTO_SCHED, sched_call},
	[OBJECT_LOG] = {MK_PROTO_LOG, log_call},
};

void ipc_object(struct thread *t, struct node *cap)
{
	const struct method_table *m = &tables[node_object(cap)->kind];
	struct answer a;

	if (m->proto != mk_tag_proto(t->tag))
		a = failed(-MK_ENOSYS);
	else if (!(cap->rights & MK_CAP_SEND))
		a = failed(-MK_EPERM);
	else
		a = m->call(t, cap);
	if (a.again) {
		/* All registers are as they were. */
		t->regs.rip -= SYSCALL_BYTES;
		t->new_flags |= THREAD_AGAIN;
		return;
	}
	for (unsigned i = 0; i < a.words; i++)
		ipc_set_word(t, i, a.word[i]);
	t->regs.rax = mk_tag(a.error, a.words, 0, 0);
}
