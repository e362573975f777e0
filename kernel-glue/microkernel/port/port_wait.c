/* SPDX-License-Identifier: MIT */
/*
 * port_wait.c - sleep while words keep their values; wake who sleeps on one.
 *
 * Place in the data flow: the end of notification.  Work threads; RT-safe once
 * the words are known: one system call each, no memory, no lock.
 *
 * Linux compares a word and falls asleep in one step.  Here the step is that
 * an event keeps its signals.  Who waits for a word of a region tells the
 * exchange so before it compares, once, and who wakes asks the exchange for the
 * capabilities of those who wait, once, and keeps them:
 *
 *   waiter: tell the exchange; fence; if (*word is as expected) sleep
 *   waker:  *word = new; fence; take what is kept, or ask; signal
 *
 * A waker that finds nobody does not remember that: who told the exchange
 * later compares later, and sees the new word.  When somebody new waits for a
 * word, the exchange takes back what it gave out for the older ones, so a list
 * that is kept is whole or dead; a signal that fails means: ask again, and let
 * the exchange signal all of them this time.
 *
 * What a peer can do: wait with many threads (each is one signal more, and the
 * exchange bounds them); say that it sleeps and not wait (some calls to the
 * exchange for each such lie).  The signal itself does not block, and carries
 * nothing but "look again".
 */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_thread.h"

/* If the exchange has no room for one more word, we look at it so often. */
#define SLICE_NS 5000000u

static int same_place(struct mk_port_place a, struct mk_port_place b)
{
	return a.offset == b.offset && a.mapping == b.mapping;
}

static bool place_of(const _Atomic uint32_t *word, struct mk_port_place *out)
{
	return mk_port_word_find((const void *)(uintptr_t)word, &out->mapping,
				 &out->offset);
}

/* ---- the waiter's side --------------------------------------------------- */

/* An entry for one word more: a free one, or the one that was not used for the
 * longest time.  There are as many as one wait can have, so it is none of this
 * wait. */
static struct mk_port_known *known_victim(struct mk_port_thread *self)
{
	struct mk_port_known *oldest = &self->known[0];

	if (self->n_known < MK_PORT_WAIT_WORDS)
		return &self->known[self->n_known++];
	for (uint32_t i = 1; i < self->n_known; i++)
		if (self->known[i].used < oldest->used)
			oldest = &self->known[i];
	(void)mk_exchange_word_forget(
		mk_port_exchange(), MK_FOREVER, oldest->place.mapping,
		oldest->place.offset, (uint64_t)self->known_event);
	return oldest;
}

static int tell_exchange(struct mk_port_thread *self,
			 struct mk_port_place place)
{
	int32_t event = mk_port_self_event();
	struct mk_port_known *known;
	int error;

	if (event < 0)
		return event;
	known = known_victim(self);
	error = mk_exchange_word_wait(mk_port_exchange(), MK_FOREVER,
				      place.mapping, place.offset,
				      (uint64_t)event, MK_PORT_BIT_WAKE);
	if (error) {
		*known = self->known[--self->n_known];
		return error;
	}
	*known = (struct mk_port_known){place, self->waits};
	return 0;
}

/* Will we be signalled for this word?  Words that lie in no region are this
 * task's, whatever the caller says, and need nothing. */
static int announce(struct mk_port_thread *self, const _Atomic uint32_t *word)
{
	struct mk_port_place place;

	if (!place_of(word, &place))
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < self->n_known; i++)
		if (same_place(self->known[i].place, place)) {
			self->known[i].used = self->waits;
			return 0;
		}
	return tell_exchange(self, place);
}

int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns)
{
	struct mk_port_thread *self = mk_port_self();
	uint64_t until = deadline_ns;
	int error = n == 0 || n > MK_PORT_WAIT_WORDS ? -DSI_EINVAL : 0;
	int result;

	self->waits++;
	for (uint32_t i = 0; !error && i < n; i++)
		if (words[i].shared)
			error = announce(self, words[i].word);
	if (error && dsi_port_now() + SLICE_NS < until)
		until = dsi_port_now() + SLICE_NS;
	if (n > MK_PORT_WAIT_WORDS)
		n = MK_PORT_WAIT_WORDS;
	result = mk_port_wait_announced(words, n, until);
	return until == deadline_ns ? result : 0;
}

uint32_t dsi_port_wait_max(void)
{
	return MK_PORT_WAIT_WORDS;
}

/* ---- the waker's side ---------------------------------------------------- */

static uint64_t woken_slot(const struct mk_port_thread *self,
			   const struct mk_port_woken *woken, uint32_t i)
{
	uint64_t number = (uint64_t)self->index * MK_PORT_WAKE_WORDS +
			  (uint64_t)(woken - self->woken);

	return MK_PORT_SLOT_WAKERS + number * MK_PORT_WAKE_WAITERS + i;
}

static void woken_drop(const struct mk_port_thread *self,
		       struct mk_port_woken *woken)
{
	for (uint32_t i = 0; i < woken->count; i++)
		(void)mk_drop_cap(MK_CAP_TASK, woken_slot(self, woken, i));
	woken->count = 0;
}

/* Signal all that we have.  0: one of them is dead, or we have none. */
static int woken_signal(const struct mk_port_thread *self,
			const struct mk_port_woken *woken)
{
	int good = woken->count > 0;

	for (uint32_t i = 0; i < woken->count; i++)
		good &= mk_signal(woken_slot(self, woken, i), woken->bits[i]);
	return good;
}

/* Ask for those who wait for the word, the youngest first. */
static void woken_fill(const struct mk_port_thread *self,
		       struct mk_port_woken *woken)
{
	uint64_t number = 0;
	int error = 0;

	while (!error && woken->count < MK_PORT_WAKE_WAITERS) {
		uint32_t n = woken->count;

		error = mk_exchange_word_waiter(
			mk_port_exchange(), MK_FOREVER, woken->place.mapping,
			woken->place.offset, number, &woken->bits[n], &number,
			woken_slot(self, woken, n));
		woken->count += !error;
	}
}

/* Let the exchange signal all who wait for it: what we get from it can die at
 * once, when another one waits.  If we have as many as are signalled now, they
 * are the same: who went or came since the first question has made one of ours
 * die.  Too many are not asked for again as long as they are. */
static void wake_by_exchange(const struct mk_port_thread *self,
			     struct mk_port_woken *woken,
			     struct mk_port_place place)
{
	if (!same_place(woken->place, place))
		woken->waiters = 0;
	woken->place = place;
	if (woken->waiters <= MK_PORT_WAKE_WAITERS)
		woken_fill(self, woken);
	woken->waiters = 0;
	(void)mk_exchange_word_wake(mk_port_exchange(), MK_FOREVER,
				    place.mapping, place.offset,
				    &woken->waiters);
	if (woken->waiters != woken->count)
		woken_drop(self, woken);
}

static struct mk_port_woken *woken_for(struct mk_port_thread *self,
				       struct mk_port_place place)
{
	uint64_t hash = place.offset / sizeof(uint32_t) + place.mapping * 7;

	return &self->woken[hash % MK_PORT_WAKE_WORDS];
}

static void wake_shared(struct mk_port_place place)
{
	struct mk_port_thread *self = mk_port_self();
	struct mk_port_woken *woken = woken_for(self, place);

	/* The word has changed before we look who waits for it. */
	atomic_thread_fence(memory_order_seq_cst);
	if (same_place(woken->place, place) && woken_signal(self, woken))
		return;
	woken_drop(self, woken);
	wake_by_exchange(self, woken, place);
}

void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared)
{
	struct mk_port_place place;

	if (!shared)
		mk_port_wake_private(word);
	else if (place_of(word, &place))
		wake_shared(place);
}

void mk_port_words_forget(struct mk_port_thread *thread)
{
	for (uint32_t i = 0; i < MK_PORT_WAKE_WORDS; i++)
		woken_drop(thread, &thread->woken[i]);
	/* The exchange forgets the rest with the thread's event. */
	thread->n_known = 0;
}
