/* SPDX-License-Identifier: MIT */
/*
 * port_thread.h - threads of a task, and what each of them sleeps on.
 *
 *   port_thread.c  start and end of threads
 *   port_sleep.c   the one place where a thread sleeps; wait and wake on
 *                  private words; the lock
 *   port_wait.c    words of regions: who waits for them, and where
 *
 * A thread has one event, which latches: what is signalled before the wait is
 * not lost.  Each file that sleeps looks at what it waits for after it has made
 * sure that it will be signalled, and before it sleeps; a signal only means
 * "look again", so one part of the port may take a signal meant for another,
 * as long as the other one looks before it sleeps again.
 */
#ifndef PORT_THREAD_H
#define PORT_THREAD_H

#include "mk_port.h"

/* As many as the exchange knows events of one task. */
#define MK_PORT_THREADS_MAX MK_EXCHANGE_EVENTS
#define MK_PORT_WAIT_WORDS 64u
/* Words for which a thread keeps the capabilities of those who wait. */
#define MK_PORT_WAKE_WORDS 64u
#define MK_PORT_WAKE_WAITERS 2u

_Static_assert(MK_PORT_SLOT_THREADS + 2 * MK_PORT_THREADS_MAX <=
		       MK_PORT_SLOT_WAKERS,
	       "slots of threads and their events");
_Static_assert(MK_PORT_SLOT_WAKERS + MK_PORT_THREADS_MAX * MK_PORT_WAKE_WORDS *
					     MK_PORT_WAKE_WAITERS <=
		       MK_PORT_SLOT_END,
	       "slots of peers' events");

/* A word of a region. */
struct mk_port_place {
	uint64_t mapping, offset;
};

/* The exchange signals us when somebody asks for those who wait for it. */
struct mk_port_known {
	struct mk_port_place place;
	uint64_t used; /* number of the wait that used it last */
};

/* Events of those who wait for it; count 0: not known. */
struct mk_port_woken {
	struct mk_port_place place;
	uint32_t count;
	uint64_t waiters; /* that there were the last time */
	uint64_t bits[MK_PORT_WAKE_WAITERS];
};

struct mk_port_thread {
	uint32_t index;
	uint32_t detached;
	_Atomic uint64_t serial; /* not used again; 0: no thread here */
	_Atomic uint32_t done;	 /* what it was started for */
	uint64_t thread, event;	 /* slots */
	int32_t known_event;	 /* number at the exchange, -1: not known */
	uint32_t prepared;	 /* stack and UTCB are there */
	uint64_t taken;		 /* how often it took bits of its event */
	void (*fn)(void *arg);
	void *arg;

	/* Private words that it waits for; its own thread writes them. */
	_Atomic uint32_t waiting;
	const _Atomic uint32_t *_Atomic word[MK_PORT_WAIT_WORDS];

	/* Only for its own thread: port_wait.c. */
	uint64_t waits;
	uint32_t n_known;
	struct mk_port_known known[MK_PORT_WAIT_WORDS];
	struct mk_port_woken woken[MK_PORT_WAKE_WORDS];
};

/* ---- threads: port_thread.c ---------------------------------------------- */

/* Once per task, on its first thread, before everything else of the port. */
int mk_port_threads_begin(void);
struct mk_port_thread *mk_port_self(void);
/* By place, 0 to MK_PORT_THREADS_MAX - 1. */
struct mk_port_thread *mk_port_thread_at(uint32_t index);

#define MK_PORT_CPU_SAME UINT32_MAX

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

/* ---- private words: port_sleep.c ------------------------------------------ */

/* dsi_port_wait() for a thread that will be signalled for all shared words. */
int mk_port_wait_announced(const struct dsi_port_word *words, uint32_t n,
			   uint64_t deadline_ns);
void mk_port_wake_private(const _Atomic uint32_t *word);
/* Sleep until a word has another value. */
void mk_port_sleep_while(const _Atomic uint32_t *word, uint32_t value);

/* ---- words of regions: port_wait.c --------------------------------------- */

/* For a thread that ends: its words and capabilities go. */
void mk_port_words_forget(struct mk_port_thread *thread);

#endif /* PORT_THREAD_H */
