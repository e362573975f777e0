/* SPDX-License-Identifier: MIT */
/*
 * big_lock.c - the one lock of the kernel: whoever finds it free takes it.
 *
 * One lock is right for a few CPUs: what it protects is short, and there is no
 * order of locks that could be wrong.
 *
 * It is not served in the order of arrival.  A CPU of an emulator or of a guest
 * can stop for milliseconds; if it is that CPU's turn, all others spin until it
 * goes on, and if there are more CPUs than the host has, it is always somebody's
 * turn who does not run.  So a turn is reserved only for a CPU that has looked in
 * vain for long, which keeps the others from starving it:
 *
 *   bit 0       taken
 *   bits 8..15  1 and the number of the CPU for which the next turn is reserved
 *
 * Who takes its reserved turn reserves the next one for the CPU that follows it
 * in the order of numbers and has waited long too.  So a CPU that has waited
 * long gets the lock after at most as many turns as there are CPUs.
 */
#include <karch.h>
#include <paging.h>

#define LONG 16384u /* looks */
#define NEXT_SHIFT 8u

struct big_lock big_lock;

static uint32_t reserved_for(uint32_t number)
{
	return (number + 1) << NEXT_SHIFT;
}

/* Those who have waited long. */
static uint32_t impatient;

static uint32_t next_turn(uint32_t me)
{
	uint32_t all = __atomic_load_n(&impatient, __ATOMIC_RELAXED);

	for (uint32_t i = 1; i < CPUS_MAX; i++) {
		uint32_t number = (me + i) % CPUS_MAX;

		if (all >> number & 1)
			return reserved_for(number);
	}
	return 0;
}

static bool change(uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&big_lock.word, &from, to, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Take it, or reserve a turn. */
static bool try(uint32_t me, bool waited_long)
{
	/* acquire: who is impatient is read after whose turn it is */
	uint32_t seen = __atomic_load_n(&big_lock.word, __ATOMIC_ACQUIRE);

	if (seen == reserved_for(me))
		return change(seen, LOCK_TAKEN | next_turn(me));
	if (seen == 0)
		return change(seen, LOCK_TAKEN);
	if (waited_long && seen == LOCK_TAKEN)
		(void)change(seen, LOCK_TAKEN | reserved_for(me));
	return false;
}

void kernel_lock_wait(void)
{
	struct cpu *me = this_cpu();
	uint32_t looks = 0;

	__atomic_store_n(&me->at_lock, 1, __ATOMIC_RELEASE);
	while (!try(me->id, looks >= LONG)) {
		if (++looks == LONG)
			__atomic_fetch_or(&impatient, 1u << me->id,
					  __ATOMIC_RELAXED);
		me->counter[MK_COUNTER_LOCK_SPINS]++;
		tlb_serve();
		cpu_relax();
	}
	if (looks >= LONG)
		__atomic_fetch_and(&impatient, ~(1u << me->id),
				   __ATOMIC_RELAXED);
	__atomic_store_n(&me->at_lock, 0, __ATOMIC_RELEASE);
}
