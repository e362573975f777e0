/* SPDX-License-Identifier: MIT */
/*
 * trap.c - what entry.S calls: system calls, exceptions, interrupts.
 *
 * The registers are saved before the lock is taken.  While a CPU waits for the
 * lock, another may have stopped, changed or killed the thread that came in;
 * so the first thing under the lock is to look whether it may still act.
 */
#include <karch.h>
#include <kfast.h>
#include <kipc.h>
#include <kswitch.h>
#include <paging.h>

#define VECTOR_BREAKPOINT 3
#define VECTOR_PAGE_FAULT 14
#define FAULT_ON_WRITE 2u
#define FAULT_OF_USER 4u
#define FAULT_ON_FETCH 16u

void syscall_main(struct thread *t, uint64_t bits, uint64_t unused,
		  uint64_t none, uint64_t word);
void trap_main(struct regs *regs);
void trap_in_idle(uint64_t vector);
_Noreturn void trap_in_kernel(const struct regs *regs);
_Noreturn void trap_fatal(const uint64_t *frame);

/* A thread that was stopped on its way in does it again when it goes on. */
static void restart(struct regs *regs)
{
	if (regs->vector == VECTOR_SYSCALL)
		regs->rip -= SYSCALL_BYTES;
	else if (regs->vector == VECTOR_BREAKPOINT)
		regs->rip -= 1;
}

/* It comes with the next part of a long call, unless something else has come
 * between; an interrupt is nothing else. */
static void enter_again(struct thread *t)
{
	if (t->regs.vector >= VECTOR_IRQ && t->regs.vector != VECTOR_SYSCALL)
		return;
	t->new_flags = 0;
	/* What has a user's protocol may take the fast path, where nobody
	 * would take this back. */
	t->again = t->regs.vector == VECTOR_SYSCALL &&
		   mk_tag_proto(t->regs.rax) == MK_PROTO_TASK;
}

/* Under the lock: whether the thread may do what it came for. */
static bool may_act(struct thread *t)
{
	if (likely(!t->new_flags && thread_runs(t)))
		return true;
	if (t->new_flags == THREAD_AGAIN && thread_runs(t)) {
		enter_again(t);
		return true;
	}
	restart(&t->regs);
	if (t->new_flags && !t->object.dead)
		thread_apply_registers(t);
	return false;
}

static bool enter(struct thread *t)
{
	kernel_lock();
	return may_act(t);
}

static void leave(void)
{
	ipc_continue();
	object_reap();
	sched_leave();
}

static __attribute__((noinline)) void syscall_slow(struct thread *t)
{
	if (may_act(t))
		ipc_enter(t);
	leave();
}

/* The partner goes on where it belongs, and here somebody else. */
static __attribute__((noinline)) void syscall_elsewhere(struct cpu *c,
							struct thread *next)
{
	sched_ready(next);
	c->resched = true;
	sched_leave();
}

/* @next: of one of the functions of ipc_fast.c. */
static inline_always void syscall_fast(struct cpu *c, struct thread *t,
				       struct thread *next)
{
	if (!next) {
		syscall_slow(t);
		return;
	}
	if (next != t) {
		if (!cpu_is(next->cpu, c)) {
			syscall_elsewhere(c, next);
			return;
		}
		sched_hand_over(c, t, next);
	}
	/* The fast path kills nobody and sets no alarm: nothing to look after. */
	kernel_unlock();
}

/* Each of these by itself: so one does not save registers for the other. */

static __attribute__((noinline)) void syscall_pair(struct thread *t,
						   uint64_t bits)
{
	struct cpu *c = this_cpu();

	syscall_fast(c, t, ipc_fast_pair(c, t, bits));
}

static __attribute__((noinline)) void syscall_other(struct thread *t,
						    uint64_t bits)
{
	struct cpu *c = this_cpu();

	if ((uint8_t)t->regs.rdi == (MK_SIGNAL | MK_RECV))
		syscall_pair(t, bits);
	else
		syscall_fast(c, t, ipc_fast(c, t, bits));
}

/* Is @next there, and no less important than @t? */
static inline_always bool pair_can_go_on(const struct thread *t,
					 const struct thread *next)
{
	return next && next->condition == MK_STATE_WAITING_EVENT &&
	       next->priority >= t->priority;
}

static inline_always void pair_go(struct cpu *c, struct thread *t,
				  struct thread *next, uint64_t bits,
				  unsigned op)
{
	pair_switch(c, t, next, bits, op);
	if (unlikely(!cpu_is(next->cpu, c))) {
		syscall_elsewhere(c, next);
		return;
	}
	sched_hand_over(c, t, next);
	kernel_unlock();
}

/* A wait with a deadline, by itself as well. */
static __attribute__((noinline)) void syscall_until(struct thread *t,
						    uint64_t bits)
{
	struct cpu *c = this_cpu();
	struct thread *next = pair_partner(t);
	unsigned op = pair_can_go_on(t, next) ? pair_op(c, t) : 0;

	if (op)
		pair_go(c, t, next, bits, op);
	else
		syscall_other(t, bits);
}

/* What the user has in registers that are C's for arguments as well: rsi and r8;
 * rdx and rcx are not used here. */
void syscall_main(struct thread *t, uint64_t bits, uint64_t unused,
		  uint64_t none, uint64_t word)
{
	struct cpu *c = this_cpu();
	struct thread *next;

	(void)unused;
	(void)none;
	kernel_lock();
	/* Whoever stops a running thread makes it not ready, or its CPU look
	 * again. */
	if (unlikely(t->condition != MK_STATE_READY || cpu_is_asked(c))) {
		syscall_slow(t);
		return;
	}
	if (!pair_is(t, word) || !bits) {
		syscall_other(t, bits);
		return;
	}
	if (receive_timeout(t) != MK_NEVER) {
		syscall_until(t, bits);
		return;
	}
	next = pair_partner(t);
	if (pair_can_go_on(t, next))
		pair_go(c, t, next, bits, MK_SIGNAL | MK_RECV);
	else
		syscall_other(t, bits);
}

/* While this CPU waited for the lock, another may have mapped what was
 * missing, e.g. while it replaced one page by another.  What the CPU itself
 * looked for in the user's memory cannot become right by that. */
static bool is_mapped_now(struct thread *t, uint64_t address, uint64_t error)
{
	struct leaf leaf;

	return (error & FAULT_OF_USER) &&
	       paging_find(t->task, address, &leaf) &&
	       (!(error & FAULT_ON_WRITE) || (*leaf.entry & PTE_WRITE)) &&
	       (!(error & FAULT_ON_FETCH) || !(*leaf.entry & PTE_NX));
}

static void exception(struct thread *t)
{
	uint64_t address;

	/* Another fault could overwrite it from here on. */
	__asm__ volatile("mov %%cr2,%0" : "=r"(address));
	if (!enter(t))
		return;
	if (t->regs.vector == VECTOR_PAGE_FAULT) {
		if (is_mapped_now(t, address, t->regs.error))
			return;
		t->fault_word[0] = address;
		t->fault_word[1] = t->regs.rip;
		t->fault_word[2] = t->regs.error;
		ipc_fault(t, FAULT_PAGE);
	} else {
		ipc_fault(t, FAULT_EXCEPTION);
	}
}

void trap_main(struct regs *regs)
{
	struct thread *t = container_of(regs, struct thread, regs);

	check(!(read_flags() & (RFLAGS_DF | RFLAGS_AC)));
	if (regs->vector == VECTOR_FLUSH) {
		/* Without the lock: who wants it holds that. */
		tlb_serve();
		apic_eoi();
		return;
	}
	if (regs->vector < VECTOR_IRQ) {
		exception(t);
	} else {
		(void)enter(t);
		irq_dispatch(regs->vector);
	}
	leave();
}

static void print_regs(const struct regs *r)
{
	print("\nvector ");
	print_hex(r->vector);
	print(" error ");
	print_hex(r->error);
	print(" rip ");
	print_hex(r->rip);
	print(" rsp ");
	print_hex(r->rsp);
}

/* An interrupt in idle(), which does not go on: what is to be done is decided
 * anew. */
void trap_in_idle(uint64_t vector)
{
	if (vector == VECTOR_FLUSH)
		tlb_serve();
	kernel_lock();
	if (likely(vector == VECTOR_RESCHED)) {
		apic_eoi();
	} else {
		irq_dispatch(vector);
		object_reap();
	}
	sched_leave();
}

/* Anything else from kernel mode is a mistake.  Of @regs there is only what the
 * CPU pushed. */
_Noreturn void trap_in_kernel(const struct regs *regs)
{
	uint64_t address;

	__asm__ volatile("mov %%cr2,%0" : "=r"(address));
	print_regs(regs);
	panic("exception in the kernel", address);
}

_Noreturn void trap_fatal(const uint64_t *frame)
{
	/* Double faults push an error code, the others do not; so both. */
	print("\nfatal trap ");
	print_hex(frame[0]);
	print(" ");
	print_hex(frame[1]);
	panic("stack overflow or broken hardware", frame[3]);
}
