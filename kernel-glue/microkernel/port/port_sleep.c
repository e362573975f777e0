/* SPDX-License-Identifier: MIT */
/*
 * port_sleep.c - where a thread sleeps, and the words of its own task.
 *
 * Place in the data flow: the end of notification.  Work threads; RT-safe:
 * no memory, no lock.
 *
 * On a private word nobody is registered anywhere: a waiter writes the words'
 * addresses into its own block and then compares; a waker has changed the word
 * and then looks at the blocks of all threads.  Each does so behind a full
 * fence, so one of the two sees the other:
 *
 *   waiter: block = word; fence; if (*word is as expected) sleep
 *   waker:  *word = new;  fence; if (block is word) signal the event
 *
 * The event keeps a signal that comes between the comparison and the sleep.
 * A block that is read while it is written gives a signal too many, never one
 * too few.  So does one that is left as it is after the wait, until the next:
 * that one may be for the same words.
 */
#include <mklib/ipc_stubs.h>

#include "port_notify.h"

int mk_port_sleep(uint64_t deadline_ns)
{
	struct mk_port_thread *self = mk_port_self();
	struct mk_message m = {0};
	uint32_t limit = mk_port_limit(deadline_ns);

	if (mk_ipc(self->event, MK_RECV, mk_timeouts(0, limit), &m)) {
		self->taken++;
		return 0;
	}
	if (mk_error() == (MK_IPC_TIMEOUT | MK_IPC_RECEIVE))
		return dsi_port_now() >= deadline_ns ? -DSI_ETIMEDOUT : 0;
	/* Cancelled: worth a look.  Anything else would come back at once. */
	if (mk_error() != (MK_IPC_CANCELLED | MK_IPC_RECEIVE))
		dsi_port_assert_failed("a thread has its event", __FILE__,
				       __LINE__);
	return 0;
}

/* ---- private words ------------------------------------------------------- */

static int waits_for(struct mk_port_thread *t, const _Atomic uint32_t *word)
{
	/* acquire: the words were written before their number */
	uint32_t n = atomic_load_explicit(&t->waiting, memory_order_acquire);

	for (uint32_t i = 0; i < n && i < MK_PORT_WAIT_WORDS; i++)
		/* relaxed: only compared */
		if (atomic_load_explicit(&t->word[i], memory_order_relaxed) ==
		    word)
			return 1;
	return 0;
}

void mk_port_wake_private(const _Atomic uint32_t *word)
{
	/* The word has changed before we look who waits for it. */
	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t i = 0; i < MK_PORT_THREADS_MAX; i++) {
		struct mk_port_thread *t = mk_port_thread_at(i);

		if (waits_for(t, word))
			(void)mk_signal(t->event, MK_PORT_BIT_WAKE);
	}
}

int mk_port_wait_announced(const struct dsi_port_word *words, uint32_t n,
			   uint64_t deadline_ns)
{
	struct mk_port_thread *self = mk_port_self();
	uint32_t count = 0;
	int result = 0;

	self->usual.n = 0;
	self->usual.both = NULL;
	for (uint32_t i = 0; i < n; i++)
		if (!words[i].shared)
			/* relaxed: published by the number below */
			atomic_store_explicit(&self->word[count++],
					      words[i].word,
					      memory_order_relaxed);
	/* release: pairs with waits_for() */
	atomic_store_explicit(&self->waiting, count, memory_order_release);
	/* We are there to be seen before we compare. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!mk_port_changed(words, n))
		result = mk_port_rest(self, deadline_ns);
	return result;
}

int mk_port_wait_again(const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	/* After all that the caller did, and the words have long been there to
	 * be seen. */
	atomic_thread_fence(memory_order_seq_cst);
	return mk_port_changed(words, n)
		       ? 0
		       : mk_port_rest(mk_port_self(), deadline_ns);
}

void mk_port_sleep_while(const _Atomic uint32_t *word, uint32_t value)
{
	const struct dsi_port_word w = {word, value, 0};

	/* acquire: what was written before the word is seen */
	while (atomic_load_explicit(word, memory_order_acquire) == value)
		(void)mk_port_wait_announced(&w, 1, DSI_FOREVER);
}

/* ---- the lock ------------------------------------------------------------ */

/*
 * First come, first served.  A lock that whoever is quickest gets would starve
 * others here: a loop that has something to do all the time gives its lock back
 * and takes it again within one time slice, and where it sleeps, in calls to
 * the exchange, it has it.
 */
void mk_port_mutex_lock(struct mk_port_mutex *mutex)
{
	/* seq_cst: before the look at who is served; see unlock */
	uint32_t own = atomic_fetch_add_explicit(&mutex->next, 1,
						 memory_order_seq_cst);
	uint32_t served;

	/* acquire: pairs with mk_port_mutex_unlock() */
	while ((served = atomic_load_explicit(&mutex->served,
					      memory_order_acquire)) != own)
		mk_port_sleep_while(&mutex->served, served);
}

void mk_port_mutex_unlock(struct mk_port_mutex *mutex)
{
	/* relaxed: only the owner changes it */
	uint32_t next =
		atomic_load_explicit(&mutex->served, memory_order_relaxed) + 1;

	/* release: pairs with mk_port_mutex_lock().  seq_cst: before the look
	 * whether somebody waits; either we see him or he sees that he is. */
	atomic_store_explicit(&mutex->served, next, memory_order_seq_cst);
	if (atomic_load_explicit(&mutex->next, memory_order_seq_cst) != next)
		mk_port_wake_private(&mutex->served);
}
