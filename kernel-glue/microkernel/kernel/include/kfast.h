/* SPDX-License-Identifier: MIT */
/*
 * kfast.h - signal one event and wait for another, to a partner that does the
 * same: the shortest way through the kernel.  Inline, because the system call's
 * entry takes it before it looks what call it is.
 *
 * The first time ipc_fast.c looks up the two numbers and keeps what they stand
 * for; while cap_changes is the same they stand for nothing else.  What can
 * change without that is looked at each time.  A wait with a deadline is a little
 * longer, and there as well.
 */
#ifndef MK_KFAST_H
#define MK_KFAST_H

#include <kevent.h>
#include <kipc.h>
#include <ksched.h>
#include <ktask.h>
#include <kthread.h>
#include <mk/tag.h>

/* Is the call the one that t->pair is of?  @word is r8 of @t. */
static inline_always bool pair_is(const struct thread *t, uint64_t word)
{
	return t->regs.rdi == t->pair.call && word == t->pair.own_number &&
	       t->pair.cap_changes == cap_changes;
}

/* The receive timeout.  The half word is read by itself: gcc makes less of it.
 */
static inline_always uint32_t receive_timeout(const struct thread *t)
{
	const uint32_t *half = (const uint32_t *)(const void *)&t->regs.rdx;

	return half[1];
}

/* Who waits for the one event; NULL: nobody, or the other one has something or
 * somebody. */
static inline_always struct thread *pair_partner(const struct thread *t)
{
	const struct event *e = t->pair.peer, *own = t->pair.own;

	if (list_empty(&e->waiters) || own->pending ||
	    !list_empty(&own->waiters))
		return NULL;
	return container_of(e->waiters.next, struct thread, waiting);
}

/* The wait of @t that is to begin has no timeout; or there is an alarm of @t, on
 * this CPU, that does not come later, so that no timer need be set.  What it is
 * for `op`, or 0.  Of somebody who runs, `until` means nothing yet. */
static inline_always unsigned pair_op(const struct cpu *c, struct thread *t)
{
	if (receive_timeout(t) == MK_NEVER)
		return MK_SIGNAL | MK_RECV;
	if (receive_timeout(t) != MK_ABSOLUTE || !t->utcb || !t->timeout.link ||
	    !cpu_is(t->timeout_cpu, c))
		return 0;
	t->until = ipc_until(t, MK_IPC_RECEIVE);
	return t->timeout.when <= t->until ? MK_SIGNAL | MK_RECV | OP_TIMED : 0;
}

/* @t waits, with @op, and its partner @r, who can go on, has @bits. */
static inline_always void pair_switch(struct cpu *c, struct thread *t,
				      struct thread *r, uint64_t bits,
				      unsigned op)
{
	struct event *e = t->pair.peer, *own = t->pair.own;

	/* Point of no return.  Whoever waits finds nothing pending, so what it
	 * gets is what is signalled. */
	list_remove_first(&e->waiters);
	r->regs.rax = mk_tag(0, 0, 0, MK_TAG_EVENT);
	r->regs.rsi = bits;
	r->state = MK_STATE_READY;
	t->op = (uint8_t)op;
	t->state = MK_STATE_WAITING_EVENT;
	t->event = own;
	list_add_only(&own->waiters, &t->waiting);
	c->counter[MK_COUNTER_SIGNAL_FAST]++;
}

#endif
