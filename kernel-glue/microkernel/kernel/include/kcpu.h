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

struct task;
struct thread;

/* 64 bits at any multiple of 4: such words are in structures of the CPU. */
typedef uint64_t half_aligned_word __attribute__((aligned(4)));

struct cpu {
	struct cpu *self;	/* CPU_SELF: %gs:0 */
	struct thread *current; /* CPU_CURRENT: NULL while idle */
	uint64_t stack;		/* CPU_STACK: its end */
	uint64_t scratch;	/* CPU_SCRATCH: of the system call's entry */
	struct task *space;	/* whose page table is loaded, NULL: none */
	/* What cpu.c has to keep for the CPU itself: where it looks for a stack
	 * and for the ports of a user; and what is there now. */
	half_aligned_word *rsp0;
	uint16_t *io_offset;
	uint8_t *io_map;
	uint64_t io_version; /* whose ports are open; 0: none are */
	uint64_t io_copied;  /* whose map is in its place */
	uint32_t id;
	uint32_t apic_id;
	bool resched;	 /* somebody better than current may be ready */
	bool slice_over; /* current has had its time */
	uint64_t slice_end;
	uint64_t alarm; /* what the timer is set to, TSC */
	struct readyq ready;
	struct timeoutq timeouts;
	uint64_t idle_tsc, idle_since;
	uint64_t counter[MK_COUNTERS_END];
	/* 1 while another CPU waits for us to forget translations.  Written
	 * without the lock: see tlb.c. */
	uint32_t flush_wanted;
	uint32_t online;
	/* 1 while we wait for the kernel lock: our thread's registers are in
	 * its control block, and it cannot go on without the lock. */
	uint32_t at_lock;
};

extern uint32_t cpu_count;

/* cpus_smp.h or cpus_one.h, as CMake says: how many CPUs there can be, which
 * one this is, and the lock. */
#include KERNEL_CPUS

#endif
