/* SPDX-License-Identifier: MIT */
/*
 * port_thread.h - threads of a task, and what each of them sleeps on.
 *
 *   port_thread.c  start and end of threads
 *   port_sleep.c   the one place where a thread sleeps; wait and wake on
 *                  private words; the lock
 *   port_wait.c    words of regions: who waits for them, and where
 *   port_notify.h  other ways to be woken than by a signal to the event
 *
 * A thread has one event, which latches: what is signalled before the wait is
 * not lost.  Each file that sleeps looks at what it waits for after it has made
 * sure that it will be signalled, and before it sleeps; a signal only means
 * "look again", so one part of the port may take a signal meant for another,
 * as long as the other one looks before it sleeps again.
 */
#ifndef PORT_THREAD_H
#define PORT_THREAD_H

#include <mklib/ipc_stubs.h>

#include "mk_port.h"

#define MK_PORT_THREADS_MAX 24u
#define MK_PORT_WAIT_WORDS 128u
/* Words for which a thread keeps the capabilities of those who wait. */
#define MK_PORT_WAKE_WORDS 64u
#define MK_PORT_WAKE_WAITERS 2u

_Static_assert(2 * MK_PORT_THREADS_MAX + 1 <= MK_EXCHANGE_EVENTS,
	       "the exchange knows the event and the gate of each");
_Static_assert(MK_PORT_SLOT_THREADS + 2 * MK_PORT_THREADS_MAX <=
		       MK_PORT_SLOT_GATES,
	       "slots of threads and their events");
_Static_assert(MK_PORT_SLOT_GATES + MK_PORT_THREADS_MAX <=
		       MK_PORT_SLOT_SYNC_OWN,
	       "slots of the gates of threads");
_Static_assert(MK_PORT_SLOT_WAKERS + MK_PORT_THREADS_MAX * MK_PORT_WAKE_WORDS *
					     MK_PORT_WAKE_WAITERS <=
		       MK_PORT_SLOT_SYNC,
	       "slots of peers' events");
_Static_assert(MK_PORT_SLOT_SYNC + MK_PORT_THREADS_MAX * MK_PORT_WAIT_WORDS <=
		       MK_PORT_SLOT_END,
	       "slots of peers' synchronisation threads");

/* A word of a region. */
struct mk_port_place {
	uint64_t mapping, offset;
};

/* Where a word of a region was when we looked: it is there as long as no mapping
 * of the task has ended.  To find what is known of it by its address. */
struct mk_port_address {
	const _Atomic uint32_t *word;
	uint64_t regions; /* mk_port_regions_ended */
};

/* The exchange signals us when somebody asks for those who wait for it. */
struct mk_port_known {
	struct mk_port_address address;
	struct mk_port_place place;
	uint64_t used;	/* number of the wait that used it last */
	int32_t gate;	/* it is to send to this gate instead; -1: no */
	uint64_t slot;	/* this entry's own, for the back-end */
	uint64_t there; /* the place's mapping in the peer: sync-thread */
};

/* Events of those who wait for it; count 0: not known. */
struct mk_port_woken {
	struct mk_port_address address;
	struct mk_port_place place;
	uint32_t count;
	uint64_t waiters; /* that there were the last time */
	uint64_t bits[MK_PORT_WAKE_WAITERS];
};

/*
 * The last wait and the last wake that the exchange need not be asked for, by
 * the addresses of their words: those of a stream are the same each time.
 *
 * The wait: the exchange signals us for each shared word of it (or has somebody
 * send to us, if `alone` is not NULL), and the private ones stand in `word` of
 * the thread, where they stay after the wait.  Any other wait takes its place.
 * The wake: one thread waits for the word, and its event is in this slot, or its
 * gate if `bits` is 0.  Ends when the capability is dropped; that it is dead is
 * seen when it is used.
 */
struct mk_port_usual {
	uint64_t regions; /* mk_port_regions_ended of both */
	uint32_t n;	  /* words of the wait; 0: none */
	const struct mk_port_known *alone;
	const _Atomic uint32_t *wake; /* NULL: none */
	uint64_t slot, bits;
	/* `wake`, if that is a signal, and the wait is one for signals and for
	 * two words: then both are one call.  NULL: they are not. */
	const _Atomic uint32_t *both;
	const _Atomic uint32_t *word[MK_PORT_WAIT_WORDS];
};

struct mk_port_thread {
	uint32_t index;
	uint32_t detached;
	_Atomic uint64_t serial; /* not used again; 0: no thread here */
	_Atomic uint32_t done;	 /* what it was started for */
	uint64_t thread, event;	 /* slots */
	int32_t known_event;	 /* number at the exchange, -1: not known */
	uint64_t gate;		 /* slot; 0: none.  notify_message.c */
	int32_t known_gate;	 /* number at the exchange, -1: not known */
	uint32_t prepared;	 /* stack and UTCB are there */
	uint64_t taken;		 /* how often it took bits of its event */
	void (*fn)(void *arg);
	void *arg;

	/* Private words that it waits for; its own thread writes them. */
	_Atomic uint32_t waiting;
	const _Atomic uint32_t *_Atomic word[MK_PORT_WAIT_WORDS];

	/* Only for its own thread: port_wait.c. */
	struct mk_port_usual usual;
	uint64_t waits;
	/* The only shared word of the wait under way, if a message ends it. */
	const struct mk_port_known *alone; /* NULL: a signal does */
	struct dsi_port_word alone_word;
	uint32_t n_known;
	uint32_t known_next; /* behind the one that was looked for last */
	struct mk_port_known known[MK_PORT_WAIT_WORDS];
	uint32_t n_woken, woken_next;
	uint32_t woken_turn; /* whose entry a new word gets */
	struct mk_port_woken woken[MK_PORT_WAKE_WORDS];
};

/* ---- threads: port_thread.c ---------------------------------------------- */

/* Once per task, on its first thread, before everything else of the port. */
int mk_port_threads_begin(void);
static inline struct mk_port_thread *mk_port_self(void)
{
	return (struct mk_port_thread *)(uintptr_t)mk_utcb()->user[0];
}
/* By place, 0 to MK_PORT_THREADS_MAX - 1. */
struct mk_port_thread *mk_port_thread_at(uint32_t index);

#define MK_PORT_CPU_SAME UINT32_MAX

/* One priority better than ours, if we may. */
void mk_port_thread_raise(const struct mk_port_thread *thread);
/* A thread with our priority, on our CPU or another one.  -DSI_EUSERS: there
 * are MK_PORT_THREADS_MAX. */
int mk_port_thread_start(void (*fn)(void *arg), void *arg, uint32_t cpu,
			 struct mk_port_thread **out_thread);
/* Wait for its end.  It is gone then. */
void mk_port_thread_join(struct mk_port_thread *thread);
/* Nobody will join it. */
void mk_port_thread_detach(struct mk_port_thread *thread);

/* ---- a lock that sleeps: port_sleep.c ------------------------------------ */

/* For the control plane.  Not recursive. */
struct mk_port_mutex {
	_Atomic uint32_t next, served; /* tickets; equal: free */
};
void mk_port_mutex_lock(struct mk_port_mutex *mutex);
void mk_port_mutex_unlock(struct mk_port_mutex *mutex);

/* ---- sleep ---------------------------------------------------------------- */

/* The receive timeout for a deadline; it goes into the UTCB.  No clock is read:
 * the kernel knows what is over, and its alarm mostly is there already. */
static inline uint32_t mk_port_limit(uint64_t deadline_ns)
{
	if (deadline_ns == DSI_FOREVER)
		return MK_NEVER;
	mk_utcb()->until_ns[MK_IPC_RECEIVE] = deadline_ns;
	return MK_ABSOLUTE;
}

/* ---- private words: port_sleep.c ------------------------------------------ */

/* dsi_port_wait() for a thread that will be signalled for all shared words. */
int mk_port_wait_announced(const struct dsi_port_word *words, uint32_t n,
			   uint64_t deadline_ns);
/* Likewise, and the private words are those of the last wait. */
int mk_port_wait_again(const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns);
/* Has one of them another value than expected? */
static inline int mk_port_changed(const struct dsi_port_word *words, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		/* acquire: what was written before the word is seen */
		if (atomic_load_explicit(words[i].word, memory_order_acquire) !=
		    words[i].expected)
			return 1;
	return 0;
}
void mk_port_wake_private(const _Atomic uint32_t *word);
/* Sleep until a word has another value. */
void mk_port_sleep_while(const _Atomic uint32_t *word, uint32_t value);

/* ---- words of regions: port_wait.c --------------------------------------- */

/* For a thread that ends: its words and capabilities go. */
void mk_port_words_forget(struct mk_port_thread *thread);

#endif /* PORT_THREAD_H */
