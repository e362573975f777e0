/* SPDX-License-Identifier: MIT */
/*
 * ipc_fast.c - the short way for what servers and clients do all day.
 *
 * Everything is checked first and nothing is changed; what does not fit takes
 * the slow way (ipc.c), which would do the same.  The conditions:
 *
 *   all          nothing better has become ready on this CPU meanwhile
 *   call, reply, signal and wait
 *                the partner is not suspended, has no flag or fault; if it
 *                belongs on this CPU, nobody better is ready here
 *   call, reply  no receive timeout; at most four words, no items, no flags, a
 *                user's protocol
 *   call         a bound gate with the right to send; its thread is in an open
 *                wait (or waits for us) and owes no reply
 *   reply, wait  the caller still waits; nobody waits to send to us; no event
 *                that is bound to us has something
 *   signal       nobody waits for the event, no thread is bound to it
 *   signal, wait no receive timeout, or one in the UTCB that is not before an
 *                alarm of ours that is there; somebody waits for the one
 *                event, which does not count; nothing is pending in the other,
 *                nobody else waits for it or is bound to it
 *
 * On this CPU the partner runs on what is left of the slice: two that talk to
 * each other get no more time than one that does not.
 *
 * MK_COUNTER_FAST_HIT and SIGNAL_FAST say how often they hold, FAST_MISS how
 * often the slow way had a call or a reply.
 */
#include <kevent.h>
#include <kfast.h>
#include <kgate.h>
#include <kipc.h>
#include <ksched.h>
#include <ktask.h>

/* @t waits, as @state says, and nobody here has more right to the CPU that
 * @from leaves. */
static inline_always bool can_go_on(const struct cpu *c,
				    const struct thread *from,
				    const struct thread *t, unsigned state)
{
	return t->condition == state &&
	       (t->priority >= from->priority || !cpu_is(t->cpu, c) ||
		readyq_best(&c->ready) < t->priority);
}

/* Words 0 to 4, no item, no flag, protocol not negative. */
static bool short_message(uint64_t tag)
{
	return (uint16_t)tag <= MK_WORDS_IN_REGISTERS && (int64_t)tag >= 0;
}

static inline_always void copy_words(const struct thread *s, struct thread *r,
				     unsigned words)
{
	if (words == 0)
		return;
	r->regs.r8 = s->regs.r8;
	if (words == 1)
		return;
	r->regs.r9 = s->regs.r9;
	if (words == 2)
		return;
	r->regs.r10 = s->regs.r10;
	if (words == 4)
		r->regs.r12 = s->regs.r12;
}

static inline_always void hand_over(struct cpu *c, struct thread *s,
				    struct thread *r, uint64_t label)
{
	uint64_t tag = s->regs.rax;

	copy_words(s, r, mk_tag_words(tag));
	r->regs.rax = tag;
	r->regs.rsi = label;
	r->state = MK_STATE_READY;
	c->counter[MK_COUNTER_FAST_HIT]++;
}

/* Each of these returns who is to run now, or NULL: go the slow way. */

static struct thread *fast_call(struct cpu *c, struct thread *t)
{
	struct node *cap = cap_find(t->task, t->regs.rdi >> 8);
	struct thread *r;
	struct gate *g;

	if (!cap || !(cap->rights & MK_CAP_SEND) ||
	    node_object(cap)->kind != OBJECT_GATE)
		return NULL;
	g = gate_of(node_object(cap));
	r = g->thread;
	if (!r || r->caller || !can_go_on(c, t, r, MK_STATE_RECEIVING))
		return NULL;
	if (unlikely(!(r->op & MK_OPEN))) {
		if (r->partner != t)
			return NULL;
		/* Point of no return. */
		list_remove(&r->waiting);
		r->partner = NULL;
	}
	t->op = MK_CALL;
	t->state = MK_STATE_CALLING;
	t->partner = r;
	r->caller = t;
	hand_over(c, t, r, g->label);
	return r;
}

static struct thread *fast_reply_wait(struct cpu *c, struct thread *t)
{
	struct thread *r = t->caller;

	if (!r || !list_empty(&t->senders) ||
	    (unlikely(!list_empty(&t->events)) && event_pending_of(t)) ||
	    !can_go_on(c, t, r, MK_STATE_CALLING))
		return NULL;
	/* Point of no return. */
	t->op = MK_REPLY_WAIT;
	t->state = MK_STATE_RECEIVING;
	t->caller = NULL;
	r->partner = NULL;
	hand_over(c, t, r, 0);
	return r;
}

static inline_always struct event *event_at(struct thread *t, uint64_t index,
					    unsigned right)
{
	struct node *cap = cap_find(t->task, index);

	if (!cap || !(cap->rights & right) ||
	    node_object(cap)->kind != OBJECT_EVENT)
		return NULL;
	return event_of(node_object(cap));
}

/* The two events are looked up once, as long as nothing changes. */
static bool pair_find(struct thread *t)
{
	struct event *e = event_at(t, t->regs.rdi >> 8, MK_CAP_SEND), *own;

	if (!e || e->counts)
		return false;
	own = event_at(t, t->regs.r8, MK_CAP_CONTROL);
	if (!own || own->thread)
		return false;
	t->pair = (struct event_pair){
		.cap_changes = cap_changes,
		.call = t->regs.rdi,
		.own_number = t->regs.r8,
		.peer = e,
		.own = own,
	};
	return true;
}

struct thread *ipc_fast_pair(struct cpu *c, struct thread *t, uint64_t bits)
{
	struct thread *r;
	unsigned op;

	if (!pair_is(t, t->regs.r8) && !pair_find(t))
		return NULL;
	r = pair_partner(t);
	if (!r || !can_go_on(c, t, r, MK_STATE_WAITING_EVENT))
		return NULL;
	op = pair_op(c, t);
	if (!op)
		return NULL;
	pair_switch(c, t, r, event_bits(bits), op);
	return r;
}

static struct thread *fast_signal(struct cpu *c, struct thread *t,
				  uint64_t bits)
{
	struct event *e = event_at(t, t->regs.rdi >> 8, MK_CAP_SEND);

	if (!e || e->thread || !list_empty(&e->waiters))
		return NULL;
	event_latch(e, bits);
	t->regs.rax = mk_tag(0, 0, 0, 0);
	c->counter[MK_COUNTER_SIGNAL_FAST]++;
	return t;
}

struct thread *ipc_fast(struct cpu *c, struct thread *t, uint64_t bits)
{
	uint8_t op = (uint8_t)t->regs.rdi;

	if (op == MK_SIGNAL)
		return fast_signal(c, t, bits);
	if (receive_timeout(t) != MK_NEVER)
		return NULL;
	if (!short_message(t->regs.rax))
		return NULL;
	if (op == MK_CALL)
		return fast_call(c, t);
	return op == MK_REPLY_WAIT ? fast_reply_wait(c, t) : NULL;
}
