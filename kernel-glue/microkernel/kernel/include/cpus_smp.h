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
	uint32_t next, serving;
};

extern struct big_lock big_lock;

/* It leaves all registers as they were, and is called in a way in which the
 * compiler need not know of the call: so the fast path, which calls nothing
 * else, saves no registers for it. */
__attribute__((no_caller_saved_registers)) void kernel_lock_wait(
	uint32_t ticket);

static inline void kernel_lock(void)
{
	uint32_t mine = __atomic_fetch_add(&big_lock.next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&big_lock.serving, __ATOMIC_ACQUIRE) !=
		     mine))
		__asm__ volatile("push %%rdi\n\t"
				 "mov %0,%%edi\n\t"
				 "call %P1\n\t"
				 "pop %%rdi"
				 :
				 : "r"(mine), "i"(kernel_lock_wait)
				 : "memory", "cc");
}

static inline void kernel_unlock(void)
{
	/* Only the holder writes it, so the addition need not be atomic; on
	 * this machine every store is a release. */
	__asm__ volatile("incl %0" : "+m"(big_lock.serving) : : "memory");
}

#endif
