/* SPDX-License-Identifier: MIT */
/* ksched.h - who runs next, and time. */
#ifndef MK_KSCHED_H
#define MK_KSCHED_H

#include <kthread.h>

#define SLICE_US_DEFAULT 10000u

static inline uint64_t now_tsc(void)
{
	uint64_t low, high;

	/* It clears the upper halves. */
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

extern uint64_t tsc_khz;
extern bool idle_polls;

/* At the start: how fast it is. */
void tsc_know(uint64_t khz);
uint64_t tsc_from_us(uint64_t us);
uint64_t ns_from_tsc(uint64_t tsc);

/* What the counter counts in a ns, times 2^TSC_SHIFT and rounded up: a time is
 * never early, and in a year 30 000 ticks late. */
#define TSC_SHIFT 40
extern uint64_t tsc_of_ns;

/* By one multiplication: it is made for each wait with a deadline.  What is
 * in the last 2^(64 - TSC_SHIFT) ticks of the counter, or later, is one tick before
 * its end: so one can be added. */
static inline uint64_t tsc_from_ns(uint64_t ns)
{
	uint64_t low = ns, high, rate = tsc_of_ns;

	__asm__("mulq %2" : "+a"(low), "=d"(high) : "r"(rate));
	if (unlikely((high + 1) >> TSC_SHIFT))
		return UINT64_MAX - 1;
	return high << (64 - TSC_SHIFT) | low >> TSC_SHIFT;
}

/* It could run now: its state is ready and it is not suspended. */
void sched_ready(struct thread *t);
/* It may not run now; a no-op if it is not in a ready queue. */
void sched_unready(struct thread *t);
/* The same, and not one instruction more after this returns, on any CPU. */
void sched_stop(struct thread *t);
void sched_move(struct thread *t, struct cpu *to, unsigned priority);
/* At the end of each stay in the kernel: when it returns, current is who
 * should run, with its address space loaded, and the lock is free. */
void sched_leave(void);
_Noreturn void sched_start(void);
void sched_timer(void);

/* The wait of @t that begins ends at @when, if nothing else ends it.  An alarm
 * that is there, on this CPU, and does not come later is left as it is: when it
 * comes, sched_timer() looks whether @t still waits, and until when. */
void timeout_arm(struct thread *t, uint64_t when);
/* For a thread that ends. */
void timeout_disarm(struct thread *t);

static inline bool thread_runs(const struct thread *t)
{
	return t->state == MK_STATE_READY && !t->suspended && !t->object.dead;
}

#endif
