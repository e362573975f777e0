/* SPDX-License-Identifier: MIT */
/*
 * big_lock.c - the one lock of the kernel: a ticket lock, first come first served.
 *
 * One lock is right for a few CPUs: what it protects is short, and there is no
 * order of locks that could be wrong.
 */
#include <karch.h>
#include <paging.h>

static uint32_t next_ticket, now_serving;

void kernel_lock(void)
{
	uint32_t mine = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
	struct cpu *me = this_cpu();

	if (likely(__atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) == mine))
		return;
	__atomic_store_n(&me->at_lock, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) != mine) {
		me->counter[MK_COUNTER_LOCK_SPINS]++;
		tlb_serve();
		cpu_relax();
	}
	__atomic_store_n(&me->at_lock, 0, __ATOMIC_RELEASE);
}

void kernel_unlock(void)
{
	/* Only the holder writes it. */
	__atomic_store_n(&now_serving, now_serving + 1, __ATOMIC_RELEASE);
}
