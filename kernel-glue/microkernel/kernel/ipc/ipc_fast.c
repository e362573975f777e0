/* SPDX-License-Identifier: MIT */
/*
 * ipc_fast.c - the short way for what servers and clients do all day.
 *
 * Everything is checked first and nothing is changed; what does not fit takes
 * the slow way (ipc.c), which would do the same.  The conditions:
 *
 *   both         at most four words, no items, no flags, a user's protocol;
 *                no receive timeout; the partner belongs on this CPU, is not
 *                suspended, has no timeout, flag or fault, and nobody better
 *                is ready
 *   call         a bound gate with the right to send; its thread is in an open
 *                wait (or waits for us) and owes no reply
 *   reply, wait  the caller still waits; nobody waits to send to us; no event
 *                is bound to us
 *   signal       nobody waits for the event, no thread is bound to it
 *   signal, wait somebody waits for the one event, which does not count;
 *                nothing is pending in the other, nobody else waits for it or
 *                is bound to it
 *
 * MK_COUNTER_FAST_HIT, _MISS and SIGNAL_FAST say how often they hold.
 */
#include <kevent.h>
#include <kgate.h>
#include <kipc.h>
#include <ksched.h>
#include <ktask.h>

/* Words 0 to 4, no item, no flag, protocol not negative. */
static bool short_message(uint64_t tag)
{
	return (tag & 0x800000000000ffc0) == 0 &&
	       mk_tag_words(tag) <= MK_WORDS_IN_REGISTERS;
}

/* @t could take over this CPU from @from at once. */
static bool can_switch(const struct cpu *c, const struct thread *from,
		       const struct thread *t)
{
	return t->cpu == c && !t->on && !t->suspended && !t->timeout.link &&
	       !t->flag_address && t->fault == FAULT_NONE && !c->resched &&
	       (t->priority >= from->priority ||
		readyq_best(&c->ready) < t->priority);
}

static void copy_words(struct thread *s, struct thread *r, uint64_t tag)
{
	switch (mk_tag_words(tag)) {
	case 4:
		r->regs.r12 = s->regs.r12;
		/* fall through */
	case 3:
		r->regs.r10 = s->regs.r10;
		/* fall through */
	case 2:
		r->regs.r9 = s->regs.r9;
		/* fall through */
	case 1:
		r->regs.r8 = s->regs.r8;
		/* fall through */
	default:
		break;
	}
}

static void hand_over(struct cpu *c, struct thread *s, struct thread *r,
		      uint64_t label)
{
	uint64_t tag = s->regs.rax;

	copy_words(s, r, tag);
	r->regs.rax = tag;
	r->regs.rsi = label;
	r->state = MK_STATE_READY;
	c->counter[MK_COUNTER_FAST_HIT]++;
	sched_switch(c, r);
}

static bool fast_call(struct cpu *c, struct thread *t)
{
	struct node *cap = cap_find(t->task, t->regs.rdi >> 8);
	struct thread *r;
	struct gate *g;

	if (!cap || !(cap->rights & MK_CAP_SEND) ||
	    node_object(cap)->kind != OBJECT_GATE)
		return false;
	g = gate_of(node_object(cap));
	r = g->thread;
	if (!r || !ipc_accepts(r, t) || r->caller || !can_switch(c, t, r))
		return false;
	/* Point of no return. */
	if (unlikely(r->partner)) {
		list_remove(&r->waiting);
		r->partner = NULL;
	}
	t->op = MK_CALL;
	t->state = MK_STATE_CALLING;
	t->partner = r;
	r->caller = t;
	hand_over(c, t, r, g->label);
	return true;
}

static bool fast_reply_wait(struct cpu *c, struct thread *t)
{
	struct thread *r = t->caller;

	if (!r || !list_empty(&t->senders) || !list_empty(&t->events) ||
	    !can_switch(c, t, r))
		return false;
	/* Point of no return. */
	t->op = MK_REPLY_WAIT;
	t->state = MK_STATE_RECEIVING;
	t->caller = NULL;
	r->partner = NULL;
	hand_over(c, t, r, 0);
	return true;
}

static struct event *event_at(struct thread *t, uint64_t index, unsigned right)
{
	struct node *cap = cap_find(t->task, index);

	if (!cap || !(cap->rights & right) ||
	    node_object(cap)->kind != OBJECT_EVENT)
		return NULL;
	return event_of(node_object(cap));
}

static bool fast_signal_wait(struct cpu *c, struct thread *t)
{
	struct event *e = event_at(t, t->regs.rdi >> 8, MK_CAP_SEND);
	struct event *own = event_at(t, t->regs.r8, MK_CAP_CONTROL);
	struct thread *r;

	if (!e || !own || e == own || e->counts || own->pending ||
	    own->thread || !list_empty(&own->waiters) ||
	    list_empty(&e->waiters))
		return false;
	r = container_of(e->waiters.next, struct thread, waiting);
	if (!can_switch(c, t, r))
		return false;
	/* Point of no return. */
	event_latch(e, t->regs.rsi);
	list_remove(&r->waiting);
	r->event = NULL;
	r->regs.rax = mk_tag(0, 0, 0, MK_TAG_EVENT);
	r->regs.rsi = event_take(e);
	r->state = MK_STATE_READY;
	t->op = MK_SIGNAL | MK_RECV;
	t->state = MK_STATE_WAITING_EVENT;
	t->event = own;
	list_add_before(&own->waiters, &t->waiting);
	c->counter[MK_COUNTER_SIGNAL_FAST]++;
	sched_switch(c, r);
	return true;
}

static bool fast_signal(struct cpu *c, struct thread *t)
{
	struct event *e = event_at(t, t->regs.rdi >> 8, MK_CAP_SEND);

	if (!e || e->thread || !list_empty(&e->waiters))
		return false;
	event_latch(e, t->regs.rsi);
	t->regs.rax = mk_tag(0, 0, 0, 0);
	c->counter[MK_COUNTER_SIGNAL_FAST]++;
	return true;
}

bool ipc_fast(struct thread *t)
{
	uint8_t op = (uint8_t)t->regs.rdi;
	struct cpu *c = this_cpu();
	bool done;

	if (op == MK_SIGNAL)
		return fast_signal(c, t);
	if (t->regs.rdx >> 32 != MK_NEVER)
		return false;
	if (op == (MK_SIGNAL | MK_RECV))
		return fast_signal_wait(c, t);
	if ((op != MK_CALL && op != MK_REPLY_WAIT) ||
	    !short_message(t->regs.rax))
		return false;
	done = op == MK_CALL ? fast_call(c, t) : fast_reply_wait(c, t);
	if (!done)
		c->counter[MK_COUNTER_FAST_MISS]++;
	return done;
}
