/* SPDX-License-Identifier: MIT */
/*
 * kfast.h - signal one event and wait for another, to a partner that does the
 * same: the shortest way through the kernel.  Inline, because the system call's
 * entry takes it before it looks what call it is.
 *
 * The first time ipc_fast.c looks up the two numbers and keeps what they stand
 * for; while cap_changes is the same they stand for nothing else.  What can
 * change without that is looked at each time.
 */
#ifndef MK_KFAST_H
#define MK_KFAST_H

#include <kevent.h>
#include <ksched.h>
#include <ktask.h>
#include <kthread.h>
#include <mk/tag.h>

/* Is the call the one that t->pair is of?  @timeouts and @word are rdx and r8 of
 * @t. */
static inline_always bool pair_is(const struct thread *t, uint64_t timeouts,
				  uint64_t word)
{
	return t->regs.rdi == t->pair.call && word == t->pair.own_number &&
	       timeouts == t->pair.timeouts &&
	       t->pair.cap_changes == cap_changes;
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

/* @t waits, and its partner @r, who can go on, has @bits. */
static inline_always void pair_switch(struct cpu *c, struct thread *t,
				      struct thread *r, uint64_t bits)
{
	struct event *e = t->pair.peer, *own = t->pair.own;

	/* Point of no return.  Whoever waits finds nothing pending, so what it
	 * gets is what is signalled. */
	list_remove_first(&e->waiters);
	r->regs.rax = mk_tag(0, 0, 0, MK_TAG_EVENT);
	r->regs.rsi = bits;
	r->state = MK_STATE_READY;
	t->op = MK_SIGNAL | MK_RECV;
	t->state = MK_STATE_WAITING_EVENT;
	t->event = own;
	list_add_only(&own->waiters, &t->waiting);
	c->counter[MK_COUNTER_SIGNAL_FAST]++;
}

#endif
