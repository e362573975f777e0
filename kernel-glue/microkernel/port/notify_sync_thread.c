/* SPDX-License-Identifier: MIT */
/*
 * notify_sync_thread.c - the back-end "sync-thread": a waiter calls a thread of
 * its peer, as in the original DSI; who wakes it sends it a message with
 * timeout 0.
 *
 * Place in the data flow: the end of notification.  RT-safe, but meet() and
 * begin().
 *
 * A task that makes regions has one synchronisation thread, which does nothing
 * but compare words of these regions for others:
 *
 *   waiter: one entry: send it "I wait while *word is as expected", and begin
 *           to receive
 *   thread: *word is another: wake who waits for it; else nothing
 *   waker:  *word = new; send to the waiter with timeout 0
 *
 * The waiter's operation is whole: with the delivery of its message it receives,
 * and no other thread runs in between.  That is what makes a call atomic, and
 * all that is needed of the kernel.  (It is no MK_CALL: a thread of this kernel
 * owes one reply, and here many wait for one thread.)
 *
 * No wake-up is lost.  If the waker's message comes after the thread took the
 * waiter's, the waiter is in its receive.  If it comes before, the waiter was
 * perhaps not there to get it, but the word has changed before, so the thread
 * sees that it has, and wakes.  What the original notes as PENDING, because its
 * waker cannot know whether the waiter has called yet, is the word itself here.
 * The original's waker sends to its own thread, which answers the waiter; ours
 * sends to the waiter, so it never waits for anybody, and the thread is needed
 * only for who comes too late.
 *
 * Priority: the thread must have at least that of both sides.  While it cannot
 * run, a waiter waits to send, and what wakes it comes to nothing until the
 * thread has compared: a better thread than it, on its CPU, then holds up
 * waiters that are still better.  It gets one more than who begins the program;
 * a waiter with more than that must know this.
 *
 * What a peer can do.  A waiter that floods the thread with calls takes time on
 * its CPU and at its priority, in turn with the other callers of the same
 * priority.  The thread is more urgent than the program, so it keeps to a share
 * of the CPU: a bit more than a 4th part at most, in pieces of CALLS calls, and
 * the honest callers wait for their turn meanwhile.  The waker does not wait for
 * the thread and loses nothing but that time.  Forged numbers name no word, or one of which the caller may know, and
 * then wake who waits for it in vain.  A caller that dies is no loss: it was
 * promised nothing.  A peer whose thread does not receive holds the waiter for
 * SEND_NS, in which no signal gets through to it, and then the waiter looks at
 * the word every SLICE_NS.  Nobody is given a reply, so who calls and waits for
 * one waits for ever.
 */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_notify.h"

#define PROTO 11 /* {mapping, offset, expected} */
#define WORDS 3u
#define SEND_NS 2000000u
#define SLICE_NS 5000000u
#define SHARE 4u /* the thread takes at most the 4th part of its CPU */
#define CALLS 4u /* between two looks at what it took */

/* ---- the thread ---------------------------------------------------------- */

/* What the thread uses of its CPU, and what the exchange does for it. */
struct share {
	uint64_t begin_ns;
	uint64_t ran_ns;  /* by then */
	uint64_t woke_ns; /* in wakes since then */
	uint32_t calls;	  /* since then */
};

static uint64_t ran_ns(void)
{
	uint64_t word[4] = {MK_THREAD_INFO};

	return mk_object_call(mk_port_self()->thread, MK_PROTO_THREAD, 1, word)
		       ? 0
		       : word[3];
}

/* After so many calls: if they took more than the thread's share, it rests until
 * they did not. */
static void share_keep(struct share *share)
{
	uint64_t ran = ran_ns(), now = dsi_port_now();
	uint64_t least = SHARE * (ran - share->ran_ns + share->woke_ns);

	if (now - share->begin_ns < least)
		mk_sleep_us(
			(uint32_t)((least - (now - share->begin_ns)) / 1000) +
			1u);
	*share = (struct share){.begin_ns = dsi_port_now(), .ran_ns = ran};
}

static void compare(const struct mk_message *m, struct share *share)
{
	const _Atomic uint32_t *word;
	uint64_t begin;

	if (m->tag != mk_tag(PROTO, WORDS, 0, 0))
		return;
	word = mk_port_word_changed(m->word[0], m->word[1],
				    (uint32_t)m->word[2]);
	if (!word)
		return;
	begin = dsi_port_now();
	dsi_port_wake(word, 1);
	share->woke_ns += dsi_port_now() - begin;
}

static void serve(void *arg)
{
	struct share share = {.begin_ns = dsi_port_now()};

	(void)arg;
	for (;;) {
		struct mk_message m = {0};

		if (mk_wait(MK_FOREVER, &m))
			compare(&m, &share);
		if (++share.calls == CALLS)
			share_keep(&share);
	}
}

static int begin(void)
{
	struct mk_port_thread *thread;
	uint64_t number;
	int error =
		mk_port_thread_start(serve, NULL, MK_PORT_CPU_SAME, &thread);

	if (error)
		return error;
	mk_port_thread_raise(thread);
	error = mk_create_gate(MK_CAP_FACTORY, MK_PORT_SLOT_SYNC_OWN, 0,
			       thread->thread);
	if (error)
		return -DSI_ENOMEM;
	error = mk_exchange_event_add(
		mk_port_exchange(), MK_FOREVER,
		mk_cap_page(MK_PORT_SLOT_SYNC_OWN, MK_CAP_SEND | MK_CAP_PASS),
		&number);
	if (!error)
		error = mk_exchange_sync_add(mk_port_exchange(), MK_FOREVER,
					     number);
	return error;
}

/* ---- the waiter ---------------------------------------------------------- */

static int meet(struct mk_port_known *known)
{
	int error;

	known->gate = mk_port_message_gate();
	if (known->gate < 0)
		return known->gate;
	/* A peer with another back-end has no such thread, and we none for
	 * ourselves: then it is signals. */
	error = mk_exchange_word_sync(mk_port_exchange(), MK_FOREVER,
				      known->place.mapping, &known->there,
				      known->slot);
	return error;
}

static void part(struct mk_port_known *known)
{
	(void)mk_drop_cap(MK_CAP_TASK, known->slot);
}

static int sleep_called(const struct mk_port_known *known,
			const struct dsi_port_word *word, uint64_t deadline_ns)
{
	struct mk_message m = {
		.tag = mk_tag(PROTO, WORDS, 0, 0),
		.word = {known->there, known->place.offset, word->expected},
	};
	uint64_t slice;
	int result;

	result = mk_port_message_sleep(known->slot, MK_SEND | MK_RECV | MK_OPEN,
				       &m, SEND_NS, deadline_ns);
	if (result != -DSI_EAGAIN)
		return result;
	/* The peer is dying, or hostile, or has no time. */
	slice = dsi_port_now() + SLICE_NS;
	if (deadline_ns <= slice)
		return mk_port_sleep(deadline_ns);
	(void)mk_port_sleep(slice);
	return 0;
}

const struct mk_port_notify mk_port_notify_sync_thread = {
	.name = "sync-thread",
	.begin = begin,
	.meet = meet,
	.part = part,
	.sleep = sleep_called,
};
