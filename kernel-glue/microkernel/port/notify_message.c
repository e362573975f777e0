/* SPDX-License-Identifier: MIT */
/*
 * notify_message.c - being woken by a message: what "flagged" and "sync-thread"
 * share, and the waker's side of both.
 *
 * Place in the data flow: the end of notification.  RT-safe, but
 * mk_port_message_gate(), which is for the first wait for a word.
 *
 * A message is not kept for who is not there to receive it.  So both back-ends
 * wait openly, with the thread's event bound to it: whatever is signalled, for a
 * private word, a handle, a name, or by a waker of a task that does not know of
 * the gate, comes into the same wait, and is kept if there is none.
 *
 * The messages are empty; what is in one is not looked at, and nothing that one
 * carries is taken: there is no window.  Who calls the gate instead of sending
 * gets no reply, and waits until the next call, or for ever.
 */
#include <mklib/clock.h>
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_notify.h"

#define GATE_LABEL 1u

static int gate_make(struct mk_port_thread *self)
{
	uint64_t slot = MK_PORT_SLOT_GATES + self->index;
	int error =
		mk_create_gate(MK_CAP_FACTORY, slot, GATE_LABEL, self->thread);

	if (!error)
		error = mk_event_bind(self->event, self->thread, 0);
	if (error) {
		(void)mk_delete(MK_CAP_TASK, slot);
		return -DSI_ENOMEM;
	}
	self->gate = slot;
	return 0;
}

int32_t mk_port_message_gate(void)
{
	struct mk_port_thread *self = mk_port_self();
	uint64_t number;
	int error = self->gate ? 0 : gate_make(self);

	if (error || self->known_gate >= 0)
		return error ? error : self->known_gate;
	error = mk_exchange_event_add(
		mk_port_exchange(), MK_FOREVER,
		mk_cap_page(self->gate, MK_CAP_SEND | MK_CAP_PASS), &number);
	if (error)
		return error;
	self->known_gate = (int32_t)number;
	return self->known_gate;
}

void mk_port_message_end(struct mk_port_thread *thread)
{
	if (thread->known_gate >= 0)
		(void)mk_exchange_event_remove(mk_port_exchange(), MK_FOREVER,
					       (uint64_t)thread->known_gate);
	thread->known_gate = -1;
	if (thread->gate)
		(void)mk_delete(MK_CAP_TASK, thread->gate);
	thread->gate = 0;
}

/* ---- sleep --------------------------------------------------------------- */

static int why_not(uint64_t error, uint64_t deadline_ns)
{
	switch (error) {
	case MK_IPC_TIMEOUT | MK_IPC_RECEIVE:
		return dsi_port_now() >= deadline_ns ? -DSI_ETIMEDOUT : 0;
	case MK_IPC_CHANGED | MK_IPC_RECEIVE:
	case MK_IPC_CANCELLED | MK_IPC_RECEIVE:
	case MK_IPC_NO_MEMORY | MK_IPC_RECEIVE:
		/* Worth a look; who looks at a word that is gone will see. */
		return 0;
	case MK_IPC_TIMEOUT | MK_IPC_SEND:
	case MK_IPC_CANCELLED | MK_IPC_SEND:
	case MK_IPC_NO_PARTNER | MK_IPC_SEND:
		return -DSI_EAGAIN;
	default:
		/* Anything else would come back at once. */
		dsi_port_assert_failed("a thread can receive", __FILE__,
				       __LINE__);
	}
}

int mk_port_message_sleep(uint64_t cap, unsigned op, struct mk_message *m,
			  uint64_t send_ns, uint64_t deadline_ns)
{
	uint32_t limit = mk_port_limit(deadline_ns);
	uint32_t send_limit = 0;

	if (op & MK_SEND) {
		mk_utcb()->until_ns[MK_IPC_SEND] = dsi_port_now() + send_ns;
		send_limit = MK_ABSOLUTE;
	}
	if (mk_ipc(cap, op, mk_timeouts(send_limit, limit), m)) {
		/* It may have been the event, and then it has no bits left. */
		mk_port_self()->taken++;
		return 0;
	}
	return why_not(mk_error(), deadline_ns);
}

/* ---- wake ---------------------------------------------------------------- */

bool mk_port_message_send(uint64_t gate)
{
	struct mk_message m = {0};

	/* Who is not in its receive has not compared yet: all is well. */
	return mk_send(gate, mk_timeouts(MK_POLL, MK_POLL), &m) ||
	       mk_error() == (MK_IPC_TIMEOUT | MK_IPC_SEND);
}
