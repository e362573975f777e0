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

#include "port_notify.h"

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

static struct mk_port_address address_of(const _Atomic uint32_t *word)
{
	/* relaxed: too old is not found */
	return (struct mk_port_address){
		word, atomic_load_explicit(&mk_port_regions_ended,
					   memory_order_relaxed)};
}

/* Is it the word that it was? */
static inline int is_at(const struct mk_port_address *address,
			const _Atomic uint32_t *word)
{
	return address->word == word &&
	       /* relaxed: the caller's own regions have not ended */
	       address->regions == atomic_load_explicit(&mk_port_regions_ended,
							memory_order_relaxed);
}

/* ---- what is the same each time ------------------------------------------ */

/* No region has ended since, at whose address another one could be. */
static inline int usual_holds(const struct mk_port_usual *usual)
{
	/* relaxed: the caller's own regions have not */
	return usual->regions == atomic_load_explicit(&mk_port_regions_ended,
						      memory_order_relaxed);
}

/* Before something is noted: what was noted before must hold as long. */
static void usual_begin(struct mk_port_usual *usual)
{
	if (usual_holds(usual))
		return;
	usual->n = 0;
	usual->wake = NULL;
	usual->both = NULL;
	/* relaxed: see usual_holds() */
	usual->regions = atomic_load_explicit(&mk_port_regions_ended,
					      memory_order_relaxed);
}

/* The wait or the wake is another one. */
static void usual_both(struct mk_port_usual *usual)
{
	usual->both = usual->n == 2 && !usual->alone && usual->bits
			      ? usual->wake
			      : NULL;
}

/* Are these the words of the wait?  There are two. */
static inline int usual_words(const struct mk_port_usual *usual,
			      const struct dsi_port_word *words)
{
	return words[0].word == usual->word[0] &&
	       words[1].word == usual->word[1];
}

/* ---- the waiter's side --------------------------------------------------- */

/* An entry for one word more: a free one, or the one that was not used for the
 * longest time.  There are as many as one wait can have, so it is none of this
 * wait. */
static void known_part(struct mk_port_known *known)
{
	if (known->gate >= 0 && mk_port_notify->part)
		mk_port_notify->part(known);
	known->gate = -1;
}

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
	known_part(oldest);
	return oldest;
}

/* By its address, without asking what lies there; NULL: not found.  Those of one
 * wait follow each other the next time as well. */
static struct mk_port_known *known_at(struct mk_port_thread *self,
				      const _Atomic uint32_t *word)
{
	uint32_t at = self->known_next;

	for (uint32_t i = 0; i < self->n_known; i++, at++) {
		if (at >= self->n_known)
			at = 0;
		if (is_at(&self->known[at].address, word)) {
			self->known_next = at + 1;
			return &self->known[at];
		}
	}
	return NULL;
}

static struct mk_port_known *known_in(struct mk_port_thread *self,
				      struct mk_port_place place)
{
	for (uint32_t i = 0; i < self->n_known; i++)
		if (same_place(self->known[i].place, place))
			return &self->known[i];
	return NULL;
}

static int tell_exchange(struct mk_port_thread *self,
			 struct mk_port_place place,
			 struct mk_port_known **out_known)
{
	int32_t event = mk_port_self_event();
	struct mk_port_known *known, failed;
	int error;

	if (event < 0)
		return event;
	known = known_victim(self);
	known->place = place;
	known->used = self->waits;
	known->gate = -1;
	error = mk_exchange_word_wait(mk_port_exchange(), MK_FOREVER,
				      place.mapping, place.offset,
				      (uint64_t)event, MK_PORT_BIT_WAKE);
	if (error) {
		failed = *known;
		*known = self->known[--self->n_known];
		self->known[self->n_known] = failed;
		return error;
	}
	*out_known = known;
	return 0;
}

/* We want messages instead of signals, if that can be. */
static void ask_for_messages(const struct mk_port_thread *self,
			     struct mk_port_known *known)
{
	if (!mk_port_notify->meet || mk_port_notify->meet(known)) {
		known->gate = -1;
		return;
	}
	if (mk_exchange_word_message(mk_port_exchange(), MK_FOREVER,
				     known->place.mapping, known->place.offset,
				     (uint64_t)self->known_event,
				     (uint64_t)known->gate))
		known_part(known);
}

/* Signals again, for good: it is one of several words now. */
static int ask_for_signals(const struct mk_port_thread *self,
			   struct mk_port_known *known)
{
	known_part(known);
	return mk_exchange_word_wait(mk_port_exchange(), MK_FOREVER,
				     known->place.mapping, known->place.offset,
				     (uint64_t)self->known_event,
				     MK_PORT_BIT_WAKE);
}

/* It may be one that we know, at another address than before, or at the same
 * after a mapping has ended. */
static int meet_word(struct mk_port_thread *self, const _Atomic uint32_t *word,
		     int alone, struct mk_port_known **out_known)
{
	struct mk_port_address address = address_of(word);
	struct mk_port_place place;
	int error;

	if (!place_of(word, &place))
		return -DSI_EINVAL;
	*out_known = known_in(self, place);
	if (!*out_known) {
		error = tell_exchange(self, place, out_known);
		if (error)
			return error;
		if (alone)
			ask_for_messages(self, *out_known);
	}
	(*out_known)->address = address;
	return 0;
}

/* Will we be woken for this word?  Words that lie in no region are this task's,
 * whatever the caller says, and need nothing.  @alone: it is the only shared
 * one, and a message may end the wait. */
static int announce(struct mk_port_thread *self, const _Atomic uint32_t *word,
		    int alone, struct mk_port_known **out_known)
{
	struct mk_port_known *known = known_at(self, word);
	int error = known ? 0 : meet_word(self, word, alone, &known);

	if (error)
		return error;
	known->used = self->waits;
	*out_known = known;
	return alone || known->gate < 0 ? 0 : ask_for_signals(self, known);
}

static uint32_t count_shared(const struct dsi_port_word *words, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += words[i].shared != 0;
	return count;
}

/* All shared words.  How the sleep will be stands in the thread. */
static int announce_all(struct mk_port_thread *self,
			const struct dsi_port_word *words, uint32_t n)
{
	int alone = count_shared(words, n) == 1, error = 0;
	struct mk_port_known *known = NULL;

	self->waits++;
	for (uint32_t i = 0; !error && i < n; i++) {
		if (!words[i].shared)
			continue;
		error = announce(self, words[i].word, alone, &known);
		self->alone_word = words[i];
	}
	self->alone = !error && known && known->gate >= 0 ? known : NULL;
	return error;
}

/* After a wait that the exchange need not be told of again. */
static void note_wait(struct mk_port_thread *self,
		      const struct dsi_port_word *words, uint32_t n)
{
	struct mk_port_usual *usual = &self->usual;

	for (uint32_t i = 0; i < n; i++)
		usual->word[i] = words[i].word;
	usual->alone = self->alone;
	usual->n = n;
	usual_both(usual);
}

/* Are these the words of the wait from the third on? */
static __attribute__((noinline)) int usual_others(
	const struct mk_port_usual *usual, const struct dsi_port_word *words)
{
	for (uint32_t i = 2; i < usual->n; i++)
		if (words[i].word != usual->word[i])
			return 0;
	return 1;
}

/* Is it the wait that is known?  That of a stream has two words at most, that
 * of dsi_select() has many, and is the same each time as well. */
static inline int is_usual(const struct mk_port_usual *usual,
			   const struct dsi_port_word *words, uint32_t n)
{
	return n && n == usual->n && usual_holds(usual) &&
	       words[0].word == usual->word[0] &&
	       (n == 1 || words[1].word == usual->word[1]) &&
	       (n <= 2 || usual_others(usual, words));
}

static int wait_new(struct mk_port_thread *self,
		    const struct dsi_port_word *words, uint32_t n,
		    uint64_t deadline_ns)
{
	uint64_t until = deadline_ns;
	int error = n == 0 || n > MK_PORT_WAIT_WORDS ? -DSI_EINVAL : 0;
	int result;

	if (!error)
		error = announce_all(self, words, n);
	if (error && dsi_port_now() + SLICE_NS < until)
		until = dsi_port_now() + SLICE_NS;
	if (n > MK_PORT_WAIT_WORDS)
		n = MK_PORT_WAIT_WORDS;
	result = mk_port_wait_announced(words, n, until);
	if (!error)
		note_wait(self, words, n);
	self->alone = NULL;
	return until == deadline_ns ? result : 0;
}

/* It was one that a message ends: now for other values. */
static int wait_alone_again(struct mk_port_thread *self,
			    const struct dsi_port_word *words, uint32_t n,
			    uint64_t deadline_ns)
{
	int result;

	for (uint32_t i = 0; i < n; i++)
		if (words[i].shared)
			self->alone_word = words[i];
	self->alone = self->usual.alone;
	result = mk_port_wait_again(words, n, deadline_ns);
	self->alone = NULL;
	return result;
}

int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns)
{
	struct mk_port_thread *self = mk_port_self();

	if (is_usual(&self->usual, words, n))
		return self->usual.alone
			       ? wait_alone_again(self, words, n, deadline_ns)
			       : mk_port_wait_again(words, n, deadline_ns);
	usual_begin(&self->usual);
	return wait_new(self, words, n, deadline_ns);
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

static void woken_drop(struct mk_port_thread *self, struct mk_port_woken *woken)
{
	self->usual.wake = NULL;
	self->usual.both = NULL;
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
		good &= mk_port_wake_one(woken_slot(self, woken, i),
					 woken->bits[i]);
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
static void wake_by_exchange(struct mk_port_thread *self,
			     struct mk_port_woken *woken)
{
	if (woken->waiters <= MK_PORT_WAKE_WAITERS)
		woken_fill(self, woken);
	woken->waiters = 0;
	(void)mk_exchange_word_wake(mk_port_exchange(), MK_FOREVER,
				    woken->place.mapping, woken->place.offset,
				    &woken->waiters);
	if (woken->waiters != woken->count)
		woken_drop(self, woken);
}

/* As known_at(). */
static struct mk_port_woken *woken_at(struct mk_port_thread *self,
				      const _Atomic uint32_t *word)
{
	uint32_t at = self->woken_next;

	for (uint32_t i = 0; i < self->n_woken; i++, at++) {
		if (at >= self->n_woken)
			at = 0;
		if (is_at(&self->woken[at].address, word)) {
			self->woken_next = at + 1;
			return &self->woken[at];
		}
	}
	return NULL;
}

/* That of a place, a new one, or another word's, in turn. */
static struct mk_port_woken *woken_for(struct mk_port_thread *self,
				       struct mk_port_place place)
{
	struct mk_port_woken *woken;

	for (uint32_t i = 0; i < self->n_woken; i++)
		if (same_place(self->woken[i].place, place))
			return &self->woken[i];
	woken = self->n_woken < MK_PORT_WAKE_WORDS
			? &self->woken[self->n_woken++]
			: &self->woken[self->woken_turn++ % MK_PORT_WAKE_WORDS];
	woken_drop(self, woken);
	woken->waiters = 0;
	woken->place = place;
	return woken;
}

/* After a wake: who is woken next time? */
static void note_wake(struct mk_port_thread *self, const _Atomic uint32_t *word,
		      const struct mk_port_woken *woken)
{
	struct mk_port_usual *usual = &self->usual;

	usual_begin(usual);
	usual->wake = woken->count == 1 ? word : NULL;
	usual->slot = woken_slot(self, woken, 0);
	usual->bits = woken->bits[0];
	usual_both(usual);
}

static void wake_new(struct mk_port_thread *self, const _Atomic uint32_t *word)
{
	struct mk_port_woken *woken = woken_at(self, word);
	struct mk_port_address address = address_of(word);
	struct mk_port_place place;

	/* The word has changed before we look who waits for it. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!woken) {
		if (!place_of(word, &place))
			return;
		woken = woken_for(self, place);
		woken->address = address;
	}
	if (!woken_signal(self, woken)) {
		woken_drop(self, woken);
		wake_by_exchange(self, woken);
	}
	note_wake(self, word, woken);
}

void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared)
{
	struct mk_port_thread *self = mk_port_self();

	if (!shared) {
		mk_port_wake_private(word);
		return;
	}
	/* The word has changed before the signal: that is a system call. */
	if (word != self->usual.wake || !usual_holds(&self->usual) ||
	    !mk_port_wake_one(self->usual.slot, self->usual.bits))
		wake_new(self, word);
}

/* ---- both ---------------------------------------------------------------- */

/* The signal has not been sent: the capability is dead.  Or it has, and the
 * wait has ended otherwise: time is up, or that is worth a look. */
static __attribute__((noinline)) int wake_wait_failed(
	struct mk_port_thread *self, const _Atomic uint32_t *wake,
	const struct dsi_port_word *words, uint64_t deadline_ns)
{
	if (mk_error() == (MK_IPC_TIMEOUT | MK_IPC_RECEIVE))
		return dsi_port_now() >= deadline_ns ? -DSI_ETIMEDOUT : 0;
	if (mk_error() & MK_IPC_RECEIVE)
		return 0;
	wake_new(self, wake);
	return dsi_port_wait(words, 2, deadline_ns);
}

/* The one step with a deadline. */
static __attribute__((noinline)) int wake_wait_until(
	struct mk_port_thread *self, const _Atomic uint32_t *wake,
	const struct dsi_port_word *words, uint64_t deadline_ns)
{
	mk_utcb()->until_ns[MK_IPC_RECEIVE] = deadline_ns;
	if (!mk_signal_wait(self->usual.slot, self->usual.bits, self->event,
			    MK_ABSOLUTE))
		return wake_wait_failed(self, wake, words, deadline_ns);
	self->taken++;
	return 0;
}

/* Two steps, or the first one is of no use. */
static __attribute__((noinline)) int wake_then_wait(
	const _Atomic uint32_t *wake, const struct dsi_port_word *words,
	uint32_t n, uint64_t deadline_ns)
{
	dsi_port_wake(wake, 1);
	return dsi_port_wait(words, n, deadline_ns);
}

static __attribute__((noinline)) int wake_only(const _Atomic uint32_t *wake)
{
	dsi_port_wake(wake, 1);
	return 0;
}

int dsi_port_wake_wait(const _Atomic uint32_t *wake,
		       const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	struct mk_port_thread *self = mk_port_self();
	const struct mk_port_usual *usual = &self->usual;

	/* One step, if both are what is known, and signals on both sides. */
	if (wake != usual->both || n != 2 || !usual_holds(usual) ||
	    !usual_words(usual, words))
		return wake_then_wait(wake, words, n, deadline_ns);
	atomic_thread_fence(memory_order_seq_cst);
	if (mk_port_changed(words, 2))
		return wake_only(wake);
	if (deadline_ns != DSI_FOREVER)
		return wake_wait_until(self, wake, words, deadline_ns);
	if (!mk_signal_wait(usual->slot, usual->bits, self->event, MK_NEVER))
		return wake_wait_failed(self, wake, words, DSI_FOREVER);
	self->taken++;
	return 0;
}

void mk_port_words_forget(struct mk_port_thread *thread)
{
	for (uint32_t i = 0; i < thread->n_woken; i++)
		woken_drop(thread, &thread->woken[i]);
	for (uint32_t i = 0; i < thread->n_known; i++)
		known_part(&thread->known[i]);
	/* The exchange forgets the rest with the thread's event. */
	thread->n_known = 0;
	thread->n_woken = 0;
	thread->usual = (struct mk_port_usual){0};
	/* relaxed: too late is a signal too many */
	atomic_store_explicit(&thread->waiting, 0, memory_order_relaxed);
}
