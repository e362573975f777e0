/* SPDX-License-Identifier: MIT */
/*
 * ipc.c - synchronous IPC: the slow way, which can do everything.
 *
 * A message goes from sender to receiver when both are there; until then one
 * of them waits, and the kernel stores nothing but who waits for whom:
 *
 *   SENDING        in the queue of the receiver, or of a gate without one
 *   RECEIVING      for anybody (op has MK_OPEN) or for `partner`
 *   CALLING        for the reply of `partner`, whose `caller` we are
 *   WAITING_EVENT  in the queue of `event`
 *
 * A wait ends in exactly one of two functions: ipc_finish() or ipc_fail().
 * Both run under the kernel lock, so of a timeout, a message, a cancellation
 * and a death only the first counts.
 */
#include <kevent.h>
#include <kgate.h>
#include <kipc.h>
#include <ksched.h>
#include <ktask.h>
#include <paging.h>

/* Those whose send is over and whose receive has yet to begin.  A list and not
 * a call: one receive can end another send, and so on through any number of
 * threads, and the kernel's stack is small. */
static struct list to_receive = {&to_receive, &to_receive};

/* ---- the end of a wait ----------------------------------------------- */

/* Who is ready has not begun to wait: there is nothing to undo, and if he is
 * running he goes on. */
static void unlink(struct thread *t)
{
	if (t->state != MK_STATE_READY)
		thread_unlink(t);
}

static void ready(struct thread *t)
{
	bool runs_on = t->state == MK_STATE_READY && t->on;

	t->state = MK_STATE_READY;
	t->special_wait = false;
	t->fault = FAULT_NONE;
	if (!runs_on)
		sched_ready(t);
}

void ipc_finish(struct thread *t, uint64_t tag, uint64_t label)
{
	unlink(t);
	/* Who had a fault gets his registers back as they were, or as his
	 * handler made them. */
	if (likely(t->fault == FAULT_NONE)) {
		t->regs.rax = tag;
		t->regs.rsi = label;
	}
	ready(t);
}

void ipc_fail(struct thread *t, uint64_t error)
{
	unlink(t);
	if (t->fault != FAULT_NONE) {
		/* Nobody can help it: it stays where it is. */
		t->state = MK_STATE_STOPPED;
		sched_unready(t);
		return;
	}
	t->regs.rax = mk_tag(0, 0, 0, MK_TAG_ERROR);
	if (t->utcb)
		t->utcb->error = error;
	ready(t);
}

unsigned ipc_phase(const struct thread *t)
{
	return t->state == MK_STATE_SENDING ? MK_IPC_SEND : MK_IPC_RECEIVE;
}

/* ---- the beginning of a wait ----------------------------------------- */

static uint32_t timeout_word(const struct thread *t, unsigned phase)
{
	return (uint32_t)(t->timeouts >> (phase == MK_IPC_SEND ? 0 : 32));
}

/* Set the alarm that ends the wait of @t; false: it must not wait at all. */
static bool arm(struct thread *t, unsigned phase)
{
	uint32_t word = timeout_word(t, phase);
	uint64_t when;

	t->op &= (uint8_t)~OP_TIMED;
	if (word == MK_NEVER)
		return true;
	if (word == MK_POLL)
		return false;
	if (!(word & MK_ABSOLUTE))
		when = now_tsc() + tsc_from_us(word) + 1;
	else if (t->utcb)
		when = ipc_until(t, phase);
	else
		return false;
	if (when <= now_tsc())
		return false;
	t->op |= OP_TIMED;
	timeout_arm(t, when);
	return true;
}

/* A wait can only begin for a thread that has none. */
static bool block(struct thread *t, unsigned state, unsigned phase)
{
	if (!arm(t, phase)) {
		ipc_fail(t, MK_IPC_TIMEOUT | phase);
		return false;
	}
	t->state = (uint8_t)state;
	t->special_wait = (t->op & MK_FLAGGED) || t->fault != FAULT_NONE;
	sched_unready(t);
	return true;
}

static void insert(struct list *queue, struct list *l, size_t offset,
		   unsigned priority)
{
	struct list *at = queue;

	/* From the end: among equals the last comes last. */
	while (at->prev != queue) {
		struct thread *before =
			(struct thread *)(void *)((char *)at->prev - offset);

		if (before->priority >= priority)
			break;
		at = at->prev;
	}
	list_add_before(at, l);
}

void ipc_queue_sender(struct thread *s, struct list *queue)
{
	insert(queue, &s->sending, offsetof(struct thread, sending),
	       s->priority);
}

static void queue_waiter(struct thread *t, struct event *e)
{
	insert(&e->waiters, &t->waiting, offsetof(struct thread, waiting),
	       t->priority);
}

/* The priority of @t has changed. */
void ipc_requeue(struct thread *t)
{
	if (t->state == MK_STATE_SENDING && t->via) {
		struct gate *g = t->via;

		list_remove(&t->sending);
		ipc_queue_sender(t,
				 g->thread ? &g->thread->senders : &g->senders);
	} else if (t->state == MK_STATE_WAITING_EVENT && t->event) {
		list_remove(&t->waiting);
		queue_waiter(t, t->event);
	}
}

/* ---- flagged receive ------------------------------------------------- */

/* The kernel's address of a word of @t that @t may read, and write if @write;
 * NULL: it may not. */
static uint32_t *flag_word(struct thread *t, uint64_t address, bool write)
{
	struct leaf leaf;
	uint64_t offset;

	if ((address & 3) || !paging_find(t->task, address, &leaf) ||
	    (write && !(*leaf.entry & PTE_WRITE)))
		return NULL;
	offset = address & ((1ul << leaf.order) - 1);
	return (uint32_t *)direct((*leaf.entry & PTE_FRAME) + offset);
}

/*
 * The lectures' atomic step.  Between the store and the wait nothing can come:
 * both are under the lock.  So who sees the flag and sends without waiting
 * finds the receiver there.  And the store happens only if the word still is
 * what the receiver saw when it decided to sleep: a token that came in between
 * is not overwritten, or the wake-up would be lost before the step.
 *
 * With both values the same there is nothing to store, so the word may belong
 * to somebody else, who only lets us read it: the one who wakes.  He changes
 * it and then sends without waiting.  If his send comes before the step, under
 * the same lock, so did the change, and the wait does not begin; if it comes
 * after, the receiver is there.  There is nothing to undo at the end, so this
 * is a wait like others.
 */
static unsigned flag_set(struct thread *t)
{
	uint32_t awake = (uint32_t)(t->regs.r10 >> 32);
	uint32_t asleep = (uint32_t)t->regs.r10, seen = awake;
	uint32_t *word = flag_word(t, t->regs.r9, awake != asleep);

	/* Address 0 is no flag, even if there is memory. */
	if (!word || !t->regs.r9)
		return MK_IPC_NO_MEMORY;
	if (awake == asleep) {
		t->special_wait = false;
		seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
		return seen == awake ? 0 : MK_IPC_CHANGED;
	}
	if (!__atomic_compare_exchange_n(word, &seen, asleep, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return MK_IPC_CHANGED;
	t->flag_address = t->regs.r9;
	t->flag_awake = awake;
	t->flag_asleep = asleep;
	return 0;
}

static void set_flag_or_fail(struct thread *t)
{
	unsigned error = flag_set(t);

	if (error)
		ipc_fail(t, error | MK_IPC_RECEIVE);
}

/* The wait is over: nobody may see the flag any longer.  The address is looked
 * up again, because the page may be gone or another. */
void ipc_flag_clear(struct thread *t)
{
	uint32_t *word = flag_word(t, t->flag_address, true);
	uint32_t seen = t->flag_asleep;

	t->flag_address = 0;
	if (word)
		(void)__atomic_compare_exchange_n(word, &seen, t->flag_awake,
						  false, __ATOMIC_SEQ_CST,
						  __ATOMIC_SEQ_CST);
}

/* ---- receive --------------------------------------------------------- */

bool ipc_accepts(const struct thread *r, const struct thread *s)
{
	return r->state == MK_STATE_RECEIVING &&
	       ((r->op & MK_OPEN) || r->partner == s);
}

/* @t is in an open wait, or about to begin one. */
static bool take_event(struct thread *t)
{
	struct event *e = event_pending_of(t);

	if (!e)
		return false;
	ipc_set_word(t, 0, e->label);
	ipc_finish(t, mk_tag(0, 1, 0, MK_TAG_EVENT), event_take(e));
	return true;
}

void ipc_event_pending(struct thread *t)
{
	if (t->state == MK_STATE_RECEIVING && (t->op & MK_OPEN))
		(void)take_event(t);
}

static void wait_for_event(struct thread *t, struct node *cap)
{
	struct event *e = event_of(node_object(cap));
	uint64_t bits;

	if (!(cap->rights & MK_CAP_CONTROL) || (e->thread && e->thread != t)) {
		ipc_fail(t, MK_IPC_DENIED | MK_IPC_RECEIVE);
		return;
	}
	bits = event_take(e);
	if (bits) {
		ipc_finish(t, mk_tag(0, 0, 0, MK_TAG_EVENT), bits);
		return;
	}
	if (!block(t, MK_STATE_WAITING_EVENT, MK_IPC_RECEIVE))
		return;
	t->event = e;
	queue_waiter(t, e);
	if (t->op & MK_FLAGGED)
		set_flag_or_fail(t);
}

static struct thread *sender_for(struct thread *t, struct thread *partner)
{
	if (!partner)
		return list_empty(&t->senders)
			       ? NULL
			       : container_of(t->senders.next, struct thread,
					      sending);
	if (partner->state == MK_STATE_SENDING && partner->via &&
	    partner->via->thread == t)
		return partner;
	return NULL;
}

/* @partner NULL: from anybody. */
static void wait_for_message(struct thread *t, struct thread *partner)
{
	struct thread *s = sender_for(t, partner);

	if (s) {
		ipc_deliver(s, t, s->via->label);
		return;
	}
	if (!block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE))
		return;
	if (partner) {
		t->partner = partner;
		list_add_before(&partner->waiters, &t->waiting);
	}
	if (unlikely(t->op & MK_FLAGGED))
		set_flag_or_fail(t);
}

/* Receive from nobody: sleep. */
static void wait_for_nothing(struct thread *t)
{
	(void)block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE);
}

static void receive(struct thread *t)
{
	uint64_t index = t->regs.rdi >> 8;
	struct node *cap;

	if (t->op & MK_OPEN) {
		if (!take_event(t))
			wait_for_message(t, NULL);
		return;
	}
	if (index == 0) {
		wait_for_nothing(t);
		return;
	}
	cap = cap_find(t->task, index);
	if (!cap)
		ipc_fail(t, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	else if (node_object(cap)->kind == OBJECT_THREAD)
		wait_for_message(t, thread_of(node_object(cap)));
	else if (node_object(cap)->kind == OBJECT_EVENT)
		wait_for_event(t, cap);
	else
		ipc_fail(t, MK_IPC_BAD | MK_IPC_RECEIVE);
}

void ipc_continue(void)
{
	while (unlikely(!list_empty(&to_receive))) {
		struct thread *t =
			container_of(to_receive.next, struct thread, waiting);

		list_remove(&t->waiting);
		receive(t);
	}
}

/* ---- send ------------------------------------------------------------ */

/* The send of @s is over; what else did it want? */
static void sent(struct thread *s)
{
	list_remove(&s->sending);
	s->via = NULL;
	if (s->op & MK_RECV) {
		s->state = MK_STATE_READY;
		list_add_before(&to_receive, &s->waiting);
	} else {
		ipc_finish(s, mk_tag(0, 0, 0, 0), 0);
	}
}

static bool is_call(const struct thread *s)
{
	return (s->op & (MK_RECV | MK_OPEN | MK_REPLY)) == MK_RECV;
}

static void called(struct thread *s, struct thread *server)
{
	struct thread *forgotten = server->caller;

	list_remove(&s->sending);
	s->via = NULL;
	/* A thread owes one reply.  Whoever it owed the last one must not wait
	 * for what cannot come. */
	server->caller = NULL;
	if (forgotten) {
		forgotten->partner = NULL;
		ipc_fail(forgotten, MK_IPC_ABORTED | MK_IPC_RECEIVE);
	}
	if (!block(s, MK_STATE_CALLING, MK_IPC_RECEIVE))
		return;
	s->partner = server;
	server->caller = s;
}

void ipc_deliver(struct thread *s, struct thread *r, uint64_t label)
{
	uint64_t tag = ipc_transfer(s, r);

	ipc_finish(r, tag, label);
	if (is_call(s))
		called(s, r);
	else
		sent(s);
}

static void send_to_gate(struct thread *s, struct gate *g)
{
	struct thread *r = g->thread;

	if (r && ipc_accepts(r, s)) {
		ipc_deliver(s, r, g->label);
		return;
	}
	if (g->state == GATE_ORPHAN) {
		ipc_fail(s, MK_IPC_NO_PARTNER | MK_IPC_SEND);
		return;
	}
	if (r == s) {
		/* It would wait for itself for ever. */
		ipc_fail(s, MK_IPC_TIMEOUT | MK_IPC_SEND);
		return;
	}
	if (!block(s, MK_STATE_SENDING, MK_IPC_SEND))
		return;
	s->via = g;
	ipc_queue_sender(s, r ? &r->senders : &g->senders);
}

static void reply(struct thread *s)
{
	struct thread *r = s->caller;

	if (!r) {
		ipc_fail(s, MK_IPC_NO_PARTNER | MK_IPC_SEND);
		return;
	}
	s->caller = NULL;
	r->partner = NULL;
	ipc_finish(r, ipc_transfer(s, r), 0);
	sent(s);
}

static bool too_long(uint64_t tag)
{
	return mk_tag_words(tag) + mk_tag_items(tag) * MK_ITEM_WORDS >
	       MK_WORDS_MAX;
}

/* Calls to objects of the kernel have no fast path that they could miss. */
static void count_miss(const struct thread *t)
{
	if (t->op == MK_REPLY_WAIT ||
	    (t->op == MK_CALL && mk_tag_proto(t->tag) >= 0))
		this_cpu()->counter[MK_COUNTER_FAST_MISS]++;
}

static void send(struct thread *t)
{
	struct node *cap;

	if (too_long(t->tag)) {
		ipc_fail(t, MK_IPC_TOO_LONG | MK_IPC_SEND);
		return;
	}
	count_miss(t);
	if (t->op & MK_REPLY) {
		reply(t);
		return;
	}
	cap = cap_find(t->task, t->regs.rdi >> 8);
	if (!cap)
		ipc_fail(t, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	else if (mk_tag_proto(t->tag) < 0 ||
		 node_object(cap)->kind != OBJECT_GATE)
		ipc_object(t, cap);
	else if (!(cap->rights & MK_CAP_SEND))
		ipc_fail(t, MK_IPC_DENIED | MK_IPC_SEND);
	else
		send_to_gate(t, gate_of(node_object(cap)));
}

/* ---- signal ---------------------------------------------------------- */

static void signal(struct thread *t)
{
	struct node *cap = cap_find(t->task, t->regs.rdi >> 8);
	uint64_t own = t->regs.r8;

	if (!cap) {
		ipc_fail(t, MK_IPC_NO_PARTNER | MK_IPC_SEND);
		return;
	}
	if (node_object(cap)->kind != OBJECT_EVENT) {
		ipc_fail(t, MK_IPC_BAD | MK_IPC_SEND);
		return;
	}
	if (!(cap->rights & MK_CAP_SEND)) {
		ipc_fail(t, MK_IPC_DENIED | MK_IPC_SEND);
		return;
	}
	event_signal(event_of(node_object(cap)), t->regs.rsi);
	if (!(t->op & MK_RECV)) {
		t->regs.rax = mk_tag(0, 0, 0, 0);
		return;
	}
	cap = cap_find(t->task, own);
	if (!cap)
		ipc_fail(t, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	else if (node_object(cap)->kind != OBJECT_EVENT)
		ipc_fail(t, MK_IPC_BAD | MK_IPC_RECEIVE);
	else
		wait_for_event(t, cap);
}

void ipc_enter(struct thread *t)
{
	t->op = (uint8_t)t->regs.rdi;
	t->tag = t->regs.rax;
	t->timeouts = t->regs.rdx;
	if (t->op & MK_SIGNAL)
		signal(t);
	else if (t->op & MK_SEND)
		send(t);
	else if (t->op & MK_RECV)
		receive(t);
	else
		ipc_fail(t, MK_IPC_BAD | MK_IPC_SEND);
	t->again = false;
}

/* ---- faults ---------------------------------------------------------- */

/* The kernel calls the pager or handler in the thread's name.  Nothing of the
 * thread's own message registers is touched: it may be in the middle of
 * filling them. */
void ipc_fault(struct thread *t, unsigned fault)
{
	bool page = fault == FAULT_PAGE;
	struct node *cap = cap_find(t->task, page ? t->pager : t->handler);

	t->fault = (uint8_t)fault;
	t->op = MK_CALL;
	t->timeouts = mk_timeouts(MK_NEVER, MK_NEVER);
	t->tag = page ? mk_tag(MK_PROTO_FAULT, FAULT_WORDS, 0, 0)
		      : mk_tag(MK_PROTO_EXCEPTION, EXCEPTION_WORDS, 0, 0);
	if (cap && node_object(cap)->kind == OBJECT_GATE &&
	    (cap->rights & MK_CAP_SEND))
		send_to_gate(t, gate_of(node_object(cap)));
	else
		ipc_fail(t, MK_IPC_NO_PARTNER | MK_IPC_SEND);
}
