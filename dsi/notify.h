/* SPDX-License-Identifier: MIT */
/*
 * notify.h - flag and wait: a wake-up that cannot be lost and costs nothing
 * while nobody sleeps.
 *
 * Place in the data flow: producer|consumer -> ring + NOTIFY -> port.
 *
 * The problem of the lectures: a waiter looks, finds nothing, says "wake me"
 * and sleeps; a waker commits, asks "does anybody sleep?" and goes on.  If
 * each may miss the other's step, the waiter sleeps for ever.  Here:
 *
 *   waker    N1 publish what there is to find (ring.h, or the taken and
 *               returned counters); store the signal word
 *            N2 fence
 *            N3 load the peer's sleep index; if it says "asleep, having seen
 *               a signal older than mine", and was not woken for this sleep:
 *               wake
 *   waiter   snapshot the signal word; store "asleep, having seen that"
 *            N2 fence
 *            look again; if nothing: port wait while signal == snapshot
 *            store "awake"; look again
 *
 * The look may also come between the snapshot and the store (usual_wait.h): what
 * is published after it changes the signal, and that is compared behind the
 * fence, by the port, which has one (port.h).
 *
 * The fence keeps each side's store ahead of its load of the other's word
 * (a store buffer may not hide either): whoever comes second sees the first.
 * If that is the waker, it wakes; if it is the waiter, it finds the packet,
 * or the signal differs from its snapshot and the port does not sleep.
 *
 * Words (each has one writer; the other maps it read-only):
 *   signal  32 bits, stored by the waker, changes with every publication
 *   sleep   64 bits, stored by the waiter: bits 0..31 the signal it has
 *           seen, bit 32 asleep, bit 33 ring the bell instead of waking the
 *           word, bits 34..63 a count of sleeps, so that no two are equal
 *
 * The waker remembers in private memory the last sleep index it woke: one
 * wake for each sleep, not for each commit.  "Older than mine" matters: a
 * commit that the sleeper had already seen must not use up its wake-up.
 *
 * Who spins before it sleeps asks where the peer runs: on the same CPU spinning
 * only keeps it from running.  Each end has a word beside its sleep index,
 *   cpu     32 bits, 1 + the CPU it was on when it last woke this peer, or went
 *           to spin
 * A spin that does not help ends in a sleep, and a sleep in a wake, which brings
 * the news: so what is stale misleads once, and who is silent is not spun for.
 *
 * Ordering edges:
 *   N1  signal store-release -> signal load-acquire
 *       carries what was published before it, for readers that go by the
 *       signal alone.
 *   N2  the store-load fence, the one full fence of the library.
 *
 * Trust: an evil waiter that says "asleep" and is not costs the waker one
 * non-blocking wake for each change of its index, and nothing else.  One that
 * lies about its CPU makes us spin or not; we never spin longer than we were told.
 *
 * Evidence: tests/model/ (Spin model and explorer runs with mutants).
 */
#ifndef DSI_NOTIFY_H
#define DSI_NOTIFY_H

#include "dsi/port.h"
#include "dsi/trace_end.h"

#define DSI_SLEEP_ASLEEP (UINT64_C(1) << 32)
#define DSI_SLEEP_BELL (UINT64_C(1) << 33)
#define DSI_SLEEP_COUNT (UINT64_C(1) << 34)

/* The end that wakes. */
struct dsi_waker {
	_Atomic uint32_t *signal;	   /* ours */
	const _Atomic uint64_t *sleep;	   /* the peer's */
	uint64_t woken;			   /* last sleep index we woke */
	int32_t bell;			   /* or -1 */
	uint32_t here;			   /* what we said last in cpu */
	_Atomic uint32_t *cpu;		   /* ours */
	const struct dsi_trace_end *trace; /* or NULL */
};

/* The end that sleeps. */
struct dsi_waiter {
	const _Atomic uint32_t *signal; /* the peer's */
	_Atomic uint64_t *sleep;	/* ours */
	uint64_t count;			/* sleeps so far, in bits 34.. */
	const _Atomic uint32_t *cpu;	/* the peer's */
};

static inline void dsi__waker_signal(struct dsi_waker *waker, uint32_t signal)
{
	/* N1: release pairs with dsi__waiter_word(). */
	atomic_store_explicit(waker->signal, signal, memory_order_release);
}

/* Between dsi__waker_signal() and dsi__waker_due(), and between
 * dsi__waiter_announce() and what comes next, if that is no wait of the port. */
static inline void dsi__notify_fence(void)
{
	/* N2: seq_cst pairs with itself on the other side. */
	atomic_thread_fence(memory_order_seq_cst);
}

/* Does the peer sleep?  A hint unless a fence came before. */
static inline int dsi__waker_asleep(const struct dsi_waker *waker)
{
	/* relaxed: a flag, carries nothing. */
	return (atomic_load_explicit(waker->sleep, memory_order_relaxed) &
		DSI_SLEEP_ASLEEP) != 0;
}

/* The kernel's part of a wake, for the sleep that is noted in @waker: seldom
 * needed, so out of line (data_plane.c). */
void dsi__waker_ring(const struct dsi_waker *waker);

/* Does the peer sleep, and has not seen @signal, and was not woken yet?  Then
 * the sleep is noted in @waker: dsi__waker_ring() must follow. */
static inline int dsi__waker_due(struct dsi_waker *waker, uint32_t signal)
{
	/* relaxed: ordered by N2; carries nothing. */
	uint64_t sleep =
		atomic_load_explicit(waker->sleep, memory_order_relaxed);

	if (!(sleep & DSI_SLEEP_ASLEEP) || sleep == waker->woken ||
	    (int32_t)(signal - (uint32_t)sleep) <= 0)
		return 0;
	waker->woken = sleep;
	return 1;
}

/* The snapshot: what the port is to wait for.  A look that comes after it finds
 * what was published before it. */
static inline struct dsi_port_word dsi__waiter_word(
	const struct dsi_waiter *waiter)
{
	const _Atomic uint32_t *signal = waiter->signal;
	/* N1: acquire pairs with dsi__waker_signal(). */
	uint32_t seen = atomic_load_explicit(signal, memory_order_acquire);

	return (struct dsi_port_word){signal, seen, 1u};
}

/* Say that we are about to sleep, and have seen the signal @seen.  @bell:
 * DSI_SLEEP_BELL or 0. */
static inline void dsi__waiter_announce(struct dsi_waiter *waiter,
					uint32_t seen, uint64_t bell)
{
	uint64_t count = waiter->count + DSI_SLEEP_COUNT;

	waiter->count = count;
	/* relaxed: ordered by N2; carries nothing. */
	atomic_store_explicit(waiter->sleep,
			      count | bell | DSI_SLEEP_ASLEEP | seen,
			      memory_order_relaxed);
}

static inline void dsi__waiter_withdraw(struct dsi_waiter *waiter)
{
	/* relaxed: late news costs the peer one needless wake. */
	atomic_store_explicit(waiter->sleep, 0u, memory_order_relaxed);
}

/* Say on which CPU we are, as dsi_port_cpu() has it.  The line is the peer's to
 * look at, so nothing is stored that it knows. */
static inline void dsi__waker_here(struct dsi_waker *waker, uint32_t here)
{
	if (waker->here == here)
		return;
	waker->here = here;
	/* relaxed: a hint, carries nothing. */
	atomic_store_explicit(waker->cpu, here, memory_order_relaxed);
}

/* Did the peer say that it was on another CPU than @here?  Any answer is right,
 * see notify.h. */
static inline int dsi__waiter_apart(const struct dsi_waiter *waiter,
				    uint32_t here)
{
	/* relaxed: a hint, carries nothing. */
	uint32_t there =
		atomic_load_explicit(waiter->cpu, memory_order_relaxed);

	return there != 0 && there != here;
}

#endif /* DSI_NOTIFY_H */
