/* SPDX-License-Identifier: MIT */
/*
 * kcpu.h - what each CPU has for itself, and the big kernel lock.
 *
 * The kernel is an event kernel: one stack per CPU, no thread ever sleeps in
 * it.  Interrupts are off in it; all that more than one CPU can touch is
 * touched under one lock, taken right after the registers are saved.
 */
#ifndef MK_KCPU_H
#define MK_KCPU_H

#include <kbase.h>
#include <kregs.h>
#include <mk/call.h>
#include <readyq.h>
#include <timeoutq.h>

#define CPUS_MAX 8

struct task;
struct thread;

struct cpu {
	struct cpu *self;	/* CPU_SELF: %gs:0 */
	struct thread *current; /* CPU_CURRENT: NULL while idle */
	uint64_t stack;		/* CPU_STACK: its end */
	uint64_t scratch;	/* CPU_SCRATCH: of the system call's entry */
	struct task *space;	/* whose page table is loaded, NULL: none */
	uint32_t id;
	uint32_t apic_id;
	bool resched;	 /* somebody better than current may be ready */
	bool slice_over; /* current has had its time */
	uint64_t slice_end;
	uint64_t alarm; /* what the timer is set to, TSC */
	struct readyq ready;
	struct timeoutq timeouts;
	uint64_t idle_tsc;
	uint64_t counter[MK_COUNTERS_END];
	/* 1 while another CPU waits for us to forget translations.  Written
	 * without the lock: see tlb.c. */
	uint32_t flush_wanted;
	uint32_t online;
	/* 1 while we wait for the kernel lock: our thread's registers are in
	 * its control block, and it cannot go on without the lock. */
	uint32_t at_lock;
};

extern struct cpu cpus[CPUS_MAX];
extern uint32_t cpu_count;

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__("mov %%gs:0,%0" : "=r"(c));
	return c;
}

struct big_lock {
	uint32_t next, serving;
};

extern struct big_lock big_lock;

void kernel_lock_wait(struct cpu *me, uint32_t ticket);

static inline void kernel_lock(void)
{
	uint32_t mine = __atomic_fetch_add(&big_lock.next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&big_lock.serving, __ATOMIC_ACQUIRE) !=
		     mine))
		kernel_lock_wait(this_cpu(), mine);
}

static inline void kernel_unlock(void)
{
	/* Only the holder writes it. */
	__atomic_store_n(&big_lock.serving, big_lock.serving + 1,
			 __ATOMIC_RELEASE);
}

#endif
