/* SPDX-License-Identifier: MIT */
/*
 * kswitch.h - from one thread to another: the part that the scheduler and the
 * fast path of IPC share.  Inline, because every instruction of it is paid for
 * twice in each call and reply.
 */
#ifndef MK_KSWITCH_H
#define MK_KSWITCH_H

#include <karch.h>
#include <ksched.h>
#include <ktask.h>

/* @t leaves the CPU: keep what is only in the CPU so far. */
static inline void switch_from(struct thread *t, uint64_t now)
{
	t->run_tsc += now;
	t->on = NULL;
	__asm__ volatile("fxsave64 %0" : "=m"(t->fpu));
}

/* Where a task state segment has the map of open ports; nowhere: beyond it. */
#define IO_MAP 104
#define IO_NONE 0xffff

/* Copied only if it is another one than the last that was: a driver and its
 * clients who have no ports can take turns.  Version 0 is no port, even if
 * there is a map already: what is behind the segment then, is nobody's. */
static inline void load_io(struct cpu *c, const struct task *t)
{
	const void *from = t->io_map;
	void *to = c->io_map;
	uint64_t bytes = IO_MAP_BYTES, version = t->io_version;

	c->io_version = version;
	*c->io_offset = version ? IO_MAP : IO_NONE;
	if (likely(!version || c->io_copied == version))
		return;
	c->io_copied = version;
	/* memcpy(), without the registers that a call would cost. */
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(bytes)
			 :
			 : "memory");
}

/* @t gets the CPU: its address space, its stack for interrupts, segments, I/O
 * ports, FPU. */
static inline void switch_to(struct cpu *c, struct thread *t, uint64_t now)
{
	struct task *task = t->task;

	t->run_tsc -= now;
	t->on = c;
	c->current = t;
	c->counter[MK_COUNTER_SWITCHES]++;
	if (c->space != task) {
		c->space = task;
		load_cr3(task->cr3);
		if (c->io_version != task->io_version)
			load_io(c, task);
	}
	*c->rsp0 = (uint64_t)&t->regs + sizeof(t->regs);
	load_msr(MSR_KERNEL_GS_BASE, &t->utcb_address);
	/* Whatever was loaded before: a user can change the base by loading a
	 * segment, and nobody would notice. */
	load_msr(MSR_FS_BASE, &t->fs_base);
	/* Always, not when it is first used: registers of another thread must
	 * not even be speculated about. */
	__asm__ volatile("fxrstor64 %0" ::"m"(t->fpu));
}

/* To a thread that takes over for @t, with what is left of its slice. */
static inline void sched_hand_over(struct cpu *c, struct thread *t,
				   struct thread *next)
{
	uint64_t now = now_tsc();

	switch_from(t, now);
	switch_to(c, next, now);
}

#endif
