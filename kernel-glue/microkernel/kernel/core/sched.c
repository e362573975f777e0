/* SPDX-License-Identifier: MIT */
/*
 * sched.c - the best ready thread of each CPU runs; equals take turns.
 *
 * The running thread is in no queue.  Nothing is decided before the end of a
 * stay in the kernel: whoever readies or stops a thread only sets `resched`,
 * and sched_leave() looks once.
 */
#include <karch.h>
#include <kipc.h>
#include <kswitch.h>
#include <paging.h>

uint64_t tsc_khz, tsc_of_ns;
bool idle_polls;
struct cpu cpus[CPUS_MAX];
uint32_t cpu_count = 1;

void tsc_know(uint64_t khz)
{
	check(khz < 1ul << (64 - TSC_SHIFT));
	tsc_khz = khz;
	tsc_of_ns = ((khz << TSC_SHIFT) + 999999) / 1000000;
}

uint64_t tsc_from_us(uint64_t us)
{
	return us * tsc_khz / 1000;
}

/* Seconds and the rest apart, so that nothing overflows for as long as the
 * counter runs. */
uint64_t ns_from_tsc(uint64_t tsc)
{
	uint64_t hz = tsc_khz * 1000;

	return tsc / hz * 1000000000 + tsc % hz * 1000000 / tsc_khz;
}

static struct thread *thread_of_ready(struct list *l)
{
	return container_of(l, struct thread, ready);
}

static void enqueue(struct thread *t, bool first)
{
	struct readyq *q = &t->cpu->ready;

	if (first)
		readyq_put_first(q, &t->ready, t->priority);
	else
		readyq_put_last(q, &t->ready, t->priority);
	t->queued = true;
}

/* A CPU that idles, or runs somebody less important, must look again.  A busy
 * one does not look by itself: forgetting that case hangs the thread. */
static void tell(struct cpu *c, struct thread *t)
{
	if (c->current && thread_runs(c->current) && c->current->cpu == c &&
	    c->current->priority >= t->priority)
		return;
	c->resched = true;
	if (!cpu_is_here(c))
		apic_send(c, VECTOR_RESCHED);
}

void sched_ready(struct thread *t)
{
	if (t->queued || !thread_runs(t))
		return;
	if (t->on) {
		/* Its CPU puts it where it belongs once it has left it. */
		t->on->resched = true;
		return;
	}
	enqueue(t, false);
	tell(t->cpu, t);
}

void sched_unready(struct thread *t)
{
	if (t->queued) {
		readyq_remove(&t->cpu->ready, &t->ready, t->priority);
		t->queued = false;
	}
	if (t->on) {
		t->on->resched = true;
		if (!cpu_is_here(t->on))
			apic_send(t->on, VECTOR_RESCHED);
	}
}

/* We hold the lock, so the other CPU comes as far as to it and no further. */
void sched_stop(struct thread *t)
{
	struct cpu *c = t->on;

	sched_unready(t);
	while (c && !cpu_is_here(c) &&
	       !__atomic_load_n(&c->at_lock, __ATOMIC_ACQUIRE))
		cpu_relax();
}

void sched_move(struct thread *t, struct cpu *to, unsigned priority)
{
	sched_unready(t);
	t->priority = (uint8_t)priority;
	t->cpu = to;
	/* Where it still runs, choose() passes it on. */
	sched_ready(t);
}

/* ---- time ------------------------------------------------------------ */

void timeout_arm(struct thread *t, uint64_t when)
{
	/* On the CPU that arms it: only that one can set its own timer. */
	struct cpu *c = this_cpu();

	t->until = when;
	if (t->timeout.link && cpu_is(t->timeout_cpu, c) &&
	    t->timeout.when <= when)
		return;
	timeout_disarm(t);
	t->timeout.when = when;
	t->timeout_cpu = c;
	timeoutq_add(&c->timeouts, &t->timeout);
}

void timeout_disarm(struct thread *t)
{
	if (t->timeout.link)
		timeoutq_remove(&t->timeout_cpu->timeouts, &t->timeout);
}

static void set_alarm(struct cpu *c)
{
	struct timeout *first = timeoutq_first(&c->timeouts);
	uint64_t when = c->current ? c->slice_end : ~0ul;

	if (first && first->when < when)
		when = first->when;
	/* An alarm that comes too early does no harm. */
	if (when < c->alarm) {
		c->alarm = when;
		apic_alarm(when);
	}
}

/* The alarm of @t has come.  It may be that of an earlier wait. */
static void timeout_came(struct thread *t, uint64_t now)
{
	timeout_disarm(t);
	if (!(t->op & OP_TIMED) || t->state == MK_STATE_READY ||
	    t->state == MK_STATE_STOPPED)
		return;
	if (t->until > now)
		timeout_arm(t, t->until);
	else
		ipc_fail(t, MK_IPC_TIMEOUT | ipc_phase(t));
}

void sched_timer(void)
{
	struct cpu *c = this_cpu();
	uint64_t now = now_tsc();
	struct timeout *first;

	c->alarm = ~0ul;
	while ((first = timeoutq_first(&c->timeouts)) && first->when <= now)
		timeout_came(container_of(first, struct thread, timeout), now);
	if (c->current && now >= c->slice_end) {
		c->slice_over = true;
		c->resched = true;
	}
}

/* ---- switching ------------------------------------------------------- */

static void run(struct cpu *c, struct thread *next)
{
	uint64_t now = now_tsc();

	if (c->current)
		switch_from(c->current, now);
	c->slice_end = now + next->slice_tsc;
	switch_to(c, next, now);
}

/* Who was stopped while he ran is put where he belongs. */
static void put_away(struct cpu *c, struct thread *t)
{
	if (!t)
		return;
	if (t->object.dead)
		thread_free(t);
	else if (t->cpu != c)
		sched_ready(t);
}

static struct thread *take_best(struct cpu *c, int priority)
{
	struct list *first = readyq_first(&c->ready, (unsigned)priority);
	struct thread *t = thread_of_ready(first);

	readyq_remove(&c->ready, first, (unsigned)priority);
	t->queued = false;
	return t;
}

/* The CPU has nobody: leave the address space, so that it can be destroyed. */
static void step_off(struct cpu *c, struct thread *prev, uint64_t now)
{
	switch_from(prev, now);
	c->current = NULL;
	c->space = NULL;
	paging_load_kernel();
	put_away(c, prev);
}

extern _Noreturn void return_to_user(void);

/* The first instruction after sti is not interrupted, and QEMU takes none right
 * after a pause there: so some before it.  Many, because for QEMU a pause is the
 * most expensive instruction there is. */
static void poll_once(void)
{
	unsigned steps = 64;

	__asm__ volatile("sti\n1:\n\tdec %0\n\tjnz 1b\n\tpause\n\tcli"
			 : "+r"(steps)
			 :
			 : "cc", "memory");
}

/* Wait for an interrupt: with it, trap_in_idle() begins on an empty stack, and
 * nothing comes back here.  Who polls may see a thread before. */
static _Noreturn void idle(struct cpu *c)
{
	c->idle_since = now_tsc();
	if (c->current)
		step_off(c, c->current, c->idle_since);
	set_alarm(c);
	do {
		kernel_unlock();
		if (idle_polls)
			poll_once();
		else
			__asm__ volatile("sti; hlt; cli" ::: "memory");
		kernel_lock();
	} while (readyq_best(&c->ready) < 0);
	sched_leave();
	return_to_user();
}

/* Someone else has to run, or the running thread may not. */
static void choose(struct cpu *c)
{
	struct thread *prev = c->current;
	bool stays = prev && thread_runs(prev) && prev->cpu == c;
	int best = readyq_best(&c->ready);

	c->resched = false;
	if (stays && (best < prev->priority ||
		      (best == prev->priority && !c->slice_over))) {
		if (c->slice_over)
			c->slice_end = now_tsc() + prev->slice_tsc;
		c->slice_over = false;
		return;
	}
	if (!prev)
		c->idle_tsc += now_tsc() - c->idle_since;
	else if (stays)
		enqueue(prev, !c->slice_over);
	c->slice_over = false;
	if (best < 0)
		idle(c);
	run(c, take_best(c, best));
	if (prev && !stays)
		put_away(c, prev);
}

void sched_leave(void)
{
	struct cpu *c = this_cpu();

	while (c->resched || !c->current)
		choose(c);
	set_alarm(c);
	kernel_unlock();
}

/* With the lock held; on the CPU's own stack. */
_Noreturn void sched_start(void)
{
	struct cpu *c = this_cpu();

	c->alarm = ~0ul;
	c->idle_since = now_tsc();
	c->resched = true;
	sched_leave();
	return_to_user();
}
