/* SPDX-License-Identifier: MIT */
/*
 * big_lock.c - the one lock of the kernel: a ticket lock, first come first served.
 *
 * One lock is right for a few CPUs: what it protects is short, and there is no
 * order of locks that could be wrong.
 */
#include <karch.h>
#include <paging.h>

struct big_lock big_lock;

void kernel_lock_wait(uint32_t mine)
{
	struct cpu *me = this_cpu();

	__atomic_store_n(&me->at_lock, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&big_lock.serving, __ATOMIC_ACQUIRE) != mine) {
		me->counter[MK_COUNTER_LOCK_SPINS]++;
		tlb_serve();
		cpu_relax();
	}
	__atomic_store_n(&me->at_lock, 0, __ATOMIC_RELEASE);
}
