/* SPDX-License-Identifier: MIT */
/*
 * mk_port.h - what the files of the microkernel's port know of each other.
 *
 *   port_begin.c     the session with the exchange; who we are
 *   port_region.c    regions: where they are mapped, and what a word belongs to
 *   port_loan.c      regions whose pages come and go
 *   port_handle.c    handles, readiness
 *   port_conn.c      connections and bells
 *   port_names.c     listeners, names
 *   port_notify.c    how a thread is woken: port_notify.h
 *   port_thread.c, port_wait.c, port_loop.c, ...: see docs/microkernel/port.md
 *
 * A process of dsi/port.h is a task.  All tables here belong to it.  A client
 * of the exchange has everything by numbers, so the only capabilities of the
 * port are the gate to the exchange, events, and threads.
 */
#ifndef MK_PORT_H
#define MK_PORT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <dsi/port.h>

#include <mklib/exchange.h>

/* ---- what the port uses of a task ---------------------------------------- */

/* Slots of capabilities.  A program that uses the port leaves them alone. */
#define MK_PORT_SLOT_EXCHANGE 4096ul /* found there at the begin */
#define MK_PORT_SLOT_SCRATCH 4097ul
#define MK_PORT_SLOT_THREADS \
	4352ul			  /* threads and their events: port_thread.c */
#define MK_PORT_SLOT_GATES 4448ul /* of threads: notify_message.c */
#define MK_PORT_SLOT_SYNC_OWN 4480ul
#define MK_PORT_SLOT_WAKERS 5120ul /* events of peers: port_wait.c */
#define MK_PORT_SLOT_SYNC 8192ul   /* of peers: notify_sync_thread.c */
#define MK_PORT_SLOT_END 11264ul

/* Addresses. */
#define MK_PORT_THREADS 0x100000000ul /* stacks, UTCBs: port_thread.c */
#define MK_PORT_MAILBOXES 0x1f0000000ul
#define MK_PORT_REGIONS 0x200000000ul
#define MK_PORT_REGIONS_END 0x400000000ul

/* ---- begin: port_begin.c ------------------------------------------------- */

/* Once per task, before everything else.  @exchange is a gate to the exchange,
 * opened by the reference monitor for this task alone; @thread is the task's
 * first thread: with its end the task is dead for all others.  Allocates
 * nothing; the thread that calls must be known to port_thread.c. */
int mk_port_begin(uint64_t exchange, uint64_t thread);

/* Open a session with the exchange for this task (or, with the gate passed on,
 * for one that this program makes) into the empty slot @slot.  Needs
 * `connect PROGRAM dsi.exchange` in monitor.policy, with `pass` to pass it on.
 */
int mk_port_session_open(uint64_t slot, uint64_t *out_session);

/* The gate of the session. */
uint64_t mk_port_exchange(void);

/* ---- how threads are woken: port_notify.c -------------------------------- */

/* Choose the back-end of this task by its name, once, after mk_port_begin().
 * -DSI_EINVAL: there is none of this name; the others mean that it could not
 * begin, and then the task may go on with the default, "event". */
int mk_port_notify_use(const char *name);
/* The name of the index-th; NULL: there are no more. */
const char *mk_port_notify_name(uint32_t index);
/* What the command line of the boot says for this program: notify.PROGRAM=NAME,
 * or notify=NAME for all; else the default. */
void mk_port_notify_asked(char *out, uint32_t bytes);

/* ---- a short lock for tables --------------------------------------------- */

/* Nothing in it may block or call the exchange.  Not for the data path. */
struct mk_port_guard {
	_Atomic uint32_t taken;
};
void mk_port_guard_take(struct mk_port_guard *guard);
void mk_port_guard_give(struct mk_port_guard *guard);

/* ---- threads: port_thread.c, port_wait.c --------------------------------- */

/* Bits that the exchange and peers signal to a thread's event.  They only say
 * that it is worth looking again. */
#define MK_PORT_BIT_WAKE 1ul  /* a word */
#define MK_PORT_BIT_READY 2ul /* a handle that it watches */
#define MK_PORT_BIT_NAMES 4ul
#define MK_PORT_BIT_KICK 8ul

/* The number by which the exchange knows the calling thread's event, made
 * known to it with the first call.  Negative code: it has no room. */
int32_t mk_port_self_event(void);
/* Wait for the calling thread's event, taking all its bits.
 * 0 or -DSI_ETIMEDOUT. */
int mk_port_sleep(uint64_t deadline_ns);

/* ---- regions: port_region.c ---------------------------------------------- */

/* How many mappings have ended: who keeps something by an address keeps it as
 * long as this is the same. */
extern _Atomic uint64_t mk_port_regions_ended;

/* The mapping and offset of a word in a region.  False: it is in none.
 * RT-safe, takes no lock. */
bool mk_port_word_find(const void *word, uint64_t *out_mapping,
		       uint64_t *out_offset);
/* Is there another number than @expected at @offset of the mapping, which is one
 * of a region that we made?  Its address, or NULL.  Whatever the numbers are. */
const _Atomic uint32_t *mk_port_word_changed(uint64_t mapping, uint64_t offset,
					     uint32_t expected);
/* A region of which nothing is mapped, for port_loan.c.  Takes @mapping over if
 * it succeeds: 0, or -DSI_ENOMEM. */
int mk_port_region_empty(struct dsi_port_region *region, uint64_t mapping,
			 uint64_t bytes);
/* For the tests: memory as an application may bring it, and taking it back
 * from all who have mapped it. */
int32_t mk_port_memory(uint64_t bytes, bool sealable);
int mk_port_memory_withdraw(int32_t handle);

/* ---- handles: port_handle.c ---------------------------------------------- */

/* MK_EXCHANGE_REGION... or -DSI_EINVAL. */
int mk_port_kind(int32_t handle);
/* How many this task has, or a negative error. */
int mk_port_handles(void);
/* Signal @bits to an event (mk_port_self_event()) of ours whenever the handle
 * becomes readable, and at once if it is.  Counted: each needs an unwatch. */
int mk_port_watch(int32_t handle, int32_t event, uint64_t bits);
void mk_port_unwatch(int32_t handle, int32_t event);
/* Which of up to 64 are readable or hung up; what is no handle is not. */
#define MK_PORT_READY_MAX 64u
uint64_t mk_port_ready(const int32_t *handles, uint32_t n);

#endif /* MK_PORT_H */
