/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - CPUs remember translations; when one is taken back, they must forget
 * before anybody is told that it is gone.
 *
 * Whoever removes translations notes the CPUs that run the task, and at the
 * end sends them one interrupt and waits.  He holds the kernel lock, so who
 * runs what cannot change under him.  A CPU that waits for the lock has
 * interrupts off; kernel_lock() therefore looks at flush_wanted while it spins.
 */
#include <karch.h>
#include <paging.h>

static uint32_t noted; /* a bit per CPU; under the kernel lock */

void tlb_note(struct task *t)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i].space == t)
			noted |= 1u << i;
}

/* The ports of a task are a kind of translation, too. */
static void flush_here(struct cpu *me)
{
	uint64_t cr3;

	if (me->space)
		cpu_load_io(me, me->space);
	__asm__ volatile("mov %%cr3,%0" : "=r"(cr3));
	load_cr3(cr3);
}

void tlb_serve(void)
{
	struct cpu *me = this_cpu();

	if (__atomic_load_n(&me->flush_wanted, __ATOMIC_ACQUIRE)) {
		flush_here(me);
		__atomic_store_n(&me->flush_wanted, 0, __ATOMIC_RELEASE);
	}
}

void tlb_flush_noted(void)
{
	struct cpu *me = this_cpu();
	uint32_t others = noted & ~(1u << me->id);

	if (noted & 1u << me->id)
		flush_here(me);
	noted = 0;
	if (!others)
		return;
	me->counter[MK_COUNTER_SHOOTDOWNS]++;
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (others & 1u << i) {
			__atomic_store_n(&cpus[i].flush_wanted, 1,
					 __ATOMIC_RELEASE);
			apic_send(&cpus[i], VECTOR_FLUSH);
		}
	}
	for (uint32_t i = 0; i < cpu_count; i++)
		while ((others & 1u << i) &&
		       __atomic_load_n(&cpus[i].flush_wanted, __ATOMIC_ACQUIRE))
			cpu_relax();
}
