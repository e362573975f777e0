/* SPDX-License-Identifier: MIT */
/* cpus_smp.h - a kernel for several CPUs; included by kcpu.h only. */
#ifndef MK_CPUS_SMP_H
#define MK_CPUS_SMP_H

#define CPUS_MAX 8

extern struct cpu cpus[CPUS_MAX];

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__("mov %%gs:0,%0" : "=r"(c));
	return c;
}

static inline bool cpu_is_here(const struct cpu *c)
{
	return c == this_cpu();
}

/* For who has this_cpu() at hand. */
static inline bool cpu_is(const struct cpu *c, const struct cpu *here)
{
	return c == here;
}

/* Whether somebody wants it to look who is to run. */
static inline bool cpu_is_asked(const struct cpu *c)
{
	return c->resched;
}

struct big_lock {
	uint32_t word; /* see big_lock.c */
};

#define LOCK_TAKEN 1u

extern struct big_lock big_lock;

/* It leaves all registers as they were, and is called in a way in which the
 * compiler need not know of the call: so the fast path, which calls nothing
 * else, saves no registers for it. */
__attribute__((no_caller_saved_registers)) void kernel_lock_wait(void);

static inline void kernel_lock(void)
{
	uint32_t expected = 0;

	if (unlikely(!__atomic_compare_exchange_n(
		    &big_lock.word, &expected, LOCK_TAKEN, false,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		__asm__ volatile("call %P0"
				 :
				 : "i"(kernel_lock_wait)
				 : "memory", "cc");
}

static inline void kernel_unlock(void)
{
	/* The low byte alone; on this machine every store is a release. */
	__asm__ volatile("movb $0,%0" : "+m"(big_lock.word) : : "memory");
}

#endif
