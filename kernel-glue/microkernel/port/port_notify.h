/* SPDX-License-Identifier: MIT */
/*
 * port_notify.h - the ways in which a thread can be woken from its wait for a
 * word of a region.
 *
 *   port_notify.c         chooses one, by name, where a program begins
 *   notify_event.c        "event": a signal, which the event keeps
 *   notify_flagged.c      "flagged": a message; the kernel compares the word
 *   notify_sync_thread.c  "sync-thread": a message; a thread of the peer does
 *   notify_message.c      what the last two share
 *
 * Each is one side only, how to sleep: a waiter tells the exchange how it wants
 * to be woken, and a waker does what each of its waiters wants.  So tasks with
 * different ones can share a stream.
 *
 * By a message only a wait for one word of a region can end: it is not kept, so
 * something must compare the word after the waiter can receive, and that is
 * one word for each entry into the kernel.  A wait for several is one for
 * signals, with any back-end; private words, handles and names are as well.
 * See docs/microkernel/port.md.
 */
#ifndef PORT_NOTIFY_H
#define PORT_NOTIFY_H

#include <mklib/ipc_stubs.h>

#include "port_thread.h"

struct mk_port_notify {
	const char *name;
	/* Once per task, after its session has begun; NULL: nothing to do. */
	int (*begin)(void);
	/* The calling thread will wait for a word for the first time: whatever
	 * it needs for sleep().  An error: it will wait for signals.  NULL: it
	 * always does. */
	int (*meet)(struct mk_port_known *known);
	/* Its end; NULL: nothing to do. */
	void (*part)(struct mk_port_known *known);
	/* Sleep unless the word has changed.  0 or -DSI_ETIMEDOUT.  RT-safe. */
	int (*sleep)(const struct mk_port_known *known,
		     const struct dsi_port_word *word, uint64_t deadline_ns);
};

extern const struct mk_port_notify mk_port_notify_event;
extern const struct mk_port_notify mk_port_notify_flagged;
extern const struct mk_port_notify mk_port_notify_sync_thread;

/* The chosen one. */
extern const struct mk_port_notify *mk_port_notify;

/* Sleep as `alone` of the thread says: see port_thread.h. */
static inline int mk_port_rest(const struct mk_port_thread *self,
			       uint64_t deadline_ns)
{
	return self->alone
		       ? mk_port_notify->sleep(self->alone, &self->alone_word,
					       deadline_ns)
		       : mk_port_sleep(deadline_ns);
}

/* ---- woken by a message: notify_message.c -------------------------------- */

/* The calling thread gets a gate, once, and its event comes into its open
 * waits.  The number by which the exchange knows the gate, or a negative code.
 */
int32_t mk_port_message_gate(void);
/* For a thread that ends. */
void mk_port_message_end(struct mk_port_thread *thread);
/* One entry into the kernel that ends with an open wait for messages and for
 * the thread's event.  @op with SEND: @cap and @m are what is sent first, for
 * at most @send_ns.  0, -DSI_ETIMEDOUT, or -DSI_EAGAIN: nothing could be sent.
 */
int mk_port_message_sleep(uint64_t cap, unsigned op, struct mk_message *m,
			  uint64_t send_ns, uint64_t deadline_ns);
/* Never blocks.  False: the capability is dead. */
bool mk_port_message_send(uint64_t gate);

/* ---- the waker's side ---------------------------------------------------- */

/* @bits 0: by a message.  False: ask the exchange again. */
static inline bool mk_port_wake_one(uint64_t slot, uint64_t bits)
{
	return bits ? mk_signal(slot, bits) : mk_port_message_send(slot);
}

#endif /* PORT_NOTIFY_H */
