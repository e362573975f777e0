/* SPDX-License-Identifier: MIT */
/*
 * cpus_one.h - a kernel for one CPU; included by kcpu.h only.
 *
 * Interrupts are off in the kernel, so nobody else is ever in it: there is no
 * lock, and what concerns other CPUs is left out by the compiler.
 */
#ifndef MK_CPUS_ONE_H
#define MK_CPUS_ONE_H

#define CPUS_MAX 1

extern struct cpu cpus[CPUS_MAX];

static inline struct cpu *this_cpu(void)
{
	return &cpus[0];
}

static inline bool cpu_is_here(const struct cpu *c)
{
	(void)c;
	return true;
}

static inline bool cpu_is(const struct cpu *c, const struct cpu *here)
{
	(void)c;
	(void)here;
	return true;
}

/* Whoever asks does so in the kernel, and is answered before it is left. */
static inline bool cpu_is_asked(const struct cpu *c)
{
	(void)c;
	return false;
}

static inline void kernel_lock(void)
{
}

static inline void kernel_unlock(void)
{
}

#endif
