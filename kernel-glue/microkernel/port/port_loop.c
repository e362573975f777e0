/* SPDX-License-Identifier: MIT */
/*
 * port_loop.c - one thread that watches many handles.
 *
 * Place in the data flow: beside it.  Here a task hears that a peer connects,
 * speaks, or died.  Control plane, except dsi_port_loop_kick(), which is
 * RT-safe.
 *
 * A thread that sleeps on a loop has asked the exchange to signal its event
 * when a handle of the loop becomes readable ("attends" the loop), and waits
 * for a private word that changes with each kick, each new source and each new
 * timer.  Before it sleeps it looks at everything: which handles are readable,
 * which source was kicked, whose deadline has passed.  So it does not matter
 * who took the bits of its event, or how often it was signalled.
 *
 * A ready() may remove and free any source, also the one that is next: a round
 * goes on from a cursor that remove() moves.  remove() on another thread waits
 * for a running ready().  No lock is held during ready().
 */
#include "port_thread.h"

/* Sources have 31-bit numbers; this one's handle was readable when we asked. */
#define READABLE 0x80000000u

struct dsi_port_loop {
	struct mk_port_mutex mutex;
	_Atomic uint32_t changes;  /* something is new: look */
	_Atomic uint32_t returned; /* a ready() has returned */
	struct dsi_port_source *first;
	struct dsi_port_source *cursor;	 /* next to look at in this round */
	struct dsi_port_source *running; /* its ready() runs, on ... */
	struct mk_port_thread *runner;	 /* ... this thread */
	struct mk_port_thread *thread;	 /* of a loop that has one */
	int begun;			 /* what its thread's begin said */
	_Atomic uint32_t begin_done;
	_Atomic uint32_t stop;
	_Atomic uint32_t orphan; /* the thread itself frees the loop */
	uint32_t flags;
	uint32_t last_id;
	/* Serial numbers of the threads that attend. */
	uint64_t attends[MK_PORT_THREADS_MAX];
};

/* Changes with every loop of the task: for those who wait for many. */
static _Atomic uint32_t any_change;

static void loop_changed(struct dsi_port_loop *loop)
{
	/* release: who sees the number sees what is new */
	atomic_fetch_add_explicit(&loop->changes, 1, memory_order_release);
	atomic_fetch_add_explicit(&any_change, 1, memory_order_release);
	mk_port_wake_private(&loop->changes);
	mk_port_wake_private(&any_change);
}

/* ---- who attends --------------------------------------------------------- */

/* The thread at this place attends the loop, and lives. */
static struct mk_port_thread *attendant(const struct dsi_port_loop *loop,
					uint32_t index)
{
	struct mk_port_thread *t = mk_port_thread_at(index);
	uint64_t serial = loop->attends[index];

	/* acquire: its event's number was written before */
	if (!serial ||
	    atomic_load_explicit(&t->serial, memory_order_acquire) != serial)
		return NULL;
	return t;
}

static void unwatch(const struct dsi_port_loop *loop,
		    const struct dsi_port_source *source)
{
	for (uint32_t i = 0; i < MK_PORT_THREADS_MAX; i++) {
		struct mk_port_thread *t = attendant(loop, i);

		if (t && t->known_event >= 0)
			mk_port_unwatch(source->handle, t->known_event);
	}
}

/* All who attend hear of this source's handle. */
static int watch(const struct dsi_port_loop *loop,
		 const struct dsi_port_source *source)
{
	for (uint32_t i = 0; i < MK_PORT_THREADS_MAX; i++) {
		struct mk_port_thread *t = attendant(loop, i);
		int error = 0;

		if (t && t->known_event >= 0)
			error = mk_port_watch(source->handle, t->known_event,
					      MK_PORT_BIT_READY);
		if (error) {
			unwatch(loop, source);
			return error;
		}
	}
	return 0;
}

/* From now on this thread's event is signalled for the loop's handles. */
static int attend(struct dsi_port_loop *loop)
{
	struct mk_port_thread *self = mk_port_self();
	int32_t event = mk_port_self_event();
	int error = event < 0 ? event : 0;

	mk_port_mutex_lock(&loop->mutex);
	if (!error && attendant(loop, self->index) != self) {
		for (struct dsi_port_source *s = loop->first; s && !error;
		     s = s->next)
			if (s->handle >= 0)
				error = mk_port_watch(s->handle, event,
						      MK_PORT_BIT_READY);
		if (!error)
			/* relaxed: our own */
			loop->attends[self->index] = atomic_load_explicit(
				&self->serial, memory_order_relaxed);
	}
	mk_port_mutex_unlock(&loop->mutex);
	return error;
}

/* ---- one round ----------------------------------------------------------- */

/* Mark the sources whose handles are readable.  Under the lock. */
static void mark_readable(struct dsi_port_loop *loop)
{
	struct dsi_port_source *group[MK_PORT_READY_MAX];
	int32_t handles[MK_PORT_READY_MAX];
	struct dsi_port_source *s = loop->first;

	while (s) {
		uint32_t n = 0;
		uint64_t ready;

		for (; s && n < MK_PORT_READY_MAX; s = s->next) {
			s->state &= ~READABLE;
			if (s->handle < 0)
				continue;
			handles[n] = s->handle;
			group[n++] = s;
		}
		ready = n ? mk_port_ready(handles, n) : 0;
		for (uint32_t i = 0; i < n; i++)
			if (ready >> i & 1)
				group[i]->state |= READABLE;
	}
}

/* Why call this source?  0: no reason.  Consumes kick and deadline. */
static uint32_t loop_why(struct dsi_port_source *source, uint64_t now)
{
	uint32_t why = 0;

	if (source->state & READABLE)
		why |= DSI_PORT_WHY_READY;
	source->state &= ~READABLE;
	if (source->deadline_ns <= now) {
		source->deadline_ns = DSI_FOREVER;
		why |= DSI_PORT_WHY_TIMER;
	}
	/* acquire: what was written before the kick is seen in ready() */
	if (atomic_exchange_explicit(&source->kicked, 0, memory_order_acq_rel))
		why |= DSI_PORT_WHY_KICK;
	return why;
}

static void loop_call(struct dsi_port_loop *loop,
		      struct dsi_port_source *source, uint32_t why)
{
	loop->running = source;
	loop->runner = mk_port_self();
	mk_port_mutex_unlock(&loop->mutex);
	source->ready(source, why);
	/* From here on @source may not exist any more. */
	mk_port_mutex_lock(&loop->mutex);
	loop->running = NULL;
	/* release: pairs with dsi_port_loop_remove() */
	atomic_fetch_add_explicit(&loop->returned, 1, memory_order_release);
	mk_port_wake_private(&loop->returned);
}

/* Call everything that is ready now; returns the number of calls. */
static uint32_t loop_round(struct dsi_port_loop *loop)
{
	struct dsi_port_source *source;
	uint32_t calls = 0;
	uint64_t now;

	mk_port_mutex_lock(&loop->mutex);
	mark_readable(loop);
	now = dsi_port_now();
	/* The list may change during a call; remove() moves the cursor on. */
	for (loop->cursor = loop->first; (source = loop->cursor) != NULL;) {
		uint32_t why = loop_why(source, now);

		loop->cursor = source->next;
		if (why) {
			calls++;
			loop_call(loop, source, why);
		}
	}
	mk_port_mutex_unlock(&loop->mutex);
	return calls;
}

/* Is there something to do?  And when, at the latest? */
static int loop_look(struct dsi_port_loop *loop, uint64_t *deadline_ns)
{
	uint64_t now = dsi_port_now();
	int found = 0;

	mk_port_mutex_lock(&loop->mutex);
	mark_readable(loop);
	for (struct dsi_port_source *s = loop->first; s; s = s->next) {
		/* relaxed: what comes of it takes it with acquire */
		found |= s->deadline_ns <= now || s->state & READABLE ||
			 atomic_load_explicit(&s->kicked, memory_order_relaxed);
		if (s->deadline_ns < *deadline_ns)
			*deadline_ns = s->deadline_ns;
	}
	mk_port_mutex_unlock(&loop->mutex);
	return found;
}

/* ---- sleeping ------------------------------------------------------------ */

static void sleep_on(const _Atomic uint32_t *word, uint32_t seen,
		     uint64_t deadline_ns)
{
	const struct dsi_port_word w = {word, seen, 0};

	(void)mk_port_wait_announced(&w, 1, deadline_ns);
}

/* Look at all of them.  A lock that was taken meanwhile may have been waited
 * for, and that takes the bits of our event: then look again. */
static int look_at_all(struct dsi_port_loop *const *loops, uint32_t n,
		       uint64_t *deadline_ns)
{
	const struct mk_port_thread *self = mk_port_self();
	uint64_t limit = *deadline_ns, taken;
	int found;

	do {
		taken = self->taken;
		*deadline_ns = limit;
		found = 0;
		for (uint32_t i = 0; i < n && !found; i++)
			found = loop_look(loops[i], deadline_ns);
	} while (!found && self->taken != taken);
	return found;
}

static int wait_for(struct dsi_port_loop *const *loops, uint32_t n,
		    const _Atomic uint32_t *word, uint64_t deadline_ns)
{
	for (;;) {
		/* acquire: pairs with loop_changed() */
		uint32_t seen =
			atomic_load_explicit(word, memory_order_acquire);
		uint64_t now = dsi_port_now();
		uint64_t until = deadline_ns;

		if (look_at_all(loops, n, &until))
			return 0;
		if (now >= deadline_ns)
			return -DSI_ETIMEDOUT;
		sleep_on(word, seen, until);
	}
}

int dsi_port_loop_dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns)
{
	int result = attend(loop);

	/* Again if it was nothing: somebody else may have taken it. */
	while (!result) {
		result = wait_for(&loop, 1, &loop->changes, deadline_ns);
		if (!result && loop_round(loop) > 0)
			break;
	}
	return result;
}

int32_t dsi_port_loop_handle(struct dsi_port_loop *loop)
{
	(void)loop;
	return -DSI_ENOTSUP;
}

int dsi_port_loop_wait_any(struct dsi_port_loop *const *loops, uint32_t n,
			   uint64_t deadline_ns)
{
	int error = 0;

	for (uint32_t i = 0; i < n && !error; i++)
		error = attend(loops[i]);
	if (error)
		return error;
	return wait_for(loops, n, n == 1 ? &loops[0]->changes : &any_change,
			deadline_ns);
}

/* ---- sources ------------------------------------------------------------- */

/* Handles come from peers as well. */
static int may_be_watched(int32_t handle)
{
	int kind = handle < 0 ? 0 : mk_port_kind(handle);

	if (kind < 0)
		return kind;
	return kind == (int)MK_EXCHANGE_REGION ? -DSI_EPROTO : 0;
}

/* A number that no source has. */
static uint32_t loop_new_id(struct dsi_port_loop *loop)
{
	struct dsi_port_source *s;

	do {
		loop->last_id = (loop->last_id + 1) & ~READABLE;
		for (s = loop->first; s; s = s->next)
			if ((s->state & ~READABLE) == loop->last_id)
				break;
	} while (s || loop->last_id == 0);
	return loop->last_id;
}

static void loop_link(struct dsi_port_loop *loop,
		      struct dsi_port_source *source)
{
	source->state = loop_new_id(loop);
	source->prev = NULL;
	source->next = loop->first;
	if (source->next)
		source->next->prev = source;
	loop->first = source;
}

int dsi_port_loop_add(struct dsi_port_loop *loop,
		      struct dsi_port_source *source)
{
	int result = may_be_watched(source->handle);

	source->state = 0;
	if (result)
		return result;
	mk_port_mutex_lock(&loop->mutex);
	source->deadline_ns = DSI_FOREVER;
	/* relaxed: nobody may kick it yet */
	atomic_store_explicit(&source->kicked, 0, memory_order_relaxed);
	if (source->handle >= 0)
		result = watch(loop, source);
	if (result == 0)
		loop_link(loop, source);
	mk_port_mutex_unlock(&loop->mutex);
	if (result == 0)
		loop_changed(loop);
	return result;
}

static void loop_unlink(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	if (loop->cursor == source)
		loop->cursor = source->next;
	if (source->next)
		source->next->prev = source->prev;
	if (source->prev)
		source->prev->next = source->next;
	else
		loop->first = source->next;
	source->state = 0;
	if (source->handle >= 0)
		unwatch(loop, source);
}

void dsi_port_loop_remove(struct dsi_port_loop *loop,
			  struct dsi_port_source *source)
{
	mk_port_mutex_lock(&loop->mutex);
	if (source->state)
		loop_unlink(loop, source);
	while (loop->running == source && loop->runner != mk_port_self()) {
		/* acquire: pairs with loop_call() */
		uint32_t seen = atomic_load_explicit(&loop->returned,
						     memory_order_acquire);

		mk_port_mutex_unlock(&loop->mutex);
		mk_port_sleep_while(&loop->returned, seen);
		mk_port_mutex_lock(&loop->mutex);
	}
	mk_port_mutex_unlock(&loop->mutex);
}

void dsi_port_loop_timer(struct dsi_port_loop *loop,
			 struct dsi_port_source *source, uint64_t deadline_ns)
{
	mk_port_mutex_lock(&loop->mutex);
	if (source->state)
		source->deadline_ns = deadline_ns;
	mk_port_mutex_unlock(&loop->mutex);
	loop_changed(loop);
}

void dsi_port_loop_kick(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	/* release: ready() sees what was written before.  Only the first kick
	 * since the last call wakes. */
	if (!atomic_exchange_explicit(&source->kicked, 1, memory_order_acq_rel))
		loop_changed(loop);
}

/* ---- life ---------------------------------------------------------------- */

static void loop_thread(void *argument)
{
	struct dsi_port_loop *loop = argument;

	loop->begun = attend(loop);
	/* release: pairs with loop_start() */
	atomic_store_explicit(&loop->begin_done, 1, memory_order_release);
	mk_port_wake_private(&loop->begin_done);
	if (loop->begun)
		return;
	/* acquire: pairs with dsi_port_loop_destroy() */
	while (!atomic_load_explicit(&loop->stop, memory_order_acquire)) {
		/* acquire: pairs with loop_changed() */
		uint32_t seen = atomic_load_explicit(&loop->changes,
						     memory_order_acquire);
		uint64_t until = DSI_FOREVER;

		if (loop_round(loop) > 0 || look_at_all(&loop, 1, &until))
			continue;
		/* acquire: the last look before the sleep */
		if (!atomic_load_explicit(&loop->stop, memory_order_acquire))
			sleep_on(&loop->changes, seen, until);
	}
	/* acquire: likewise */
	if (atomic_load_explicit(&loop->orphan, memory_order_acquire))
		dsi_port_free(loop);
}

static int loop_start(struct dsi_port_loop *loop)
{
	int error = mk_port_thread_start(loop_thread, loop, MK_PORT_CPU_SAME,
					 &loop->thread);

	if (error)
		return error;
	mk_port_sleep_while(&loop->begin_done, 0);
	if (loop->begun)
		mk_port_thread_join(loop->thread);
	return loop->begun;
}

int dsi_port_loop_create(uint32_t flags, struct dsi_port_loop **out_loop)
{
	struct dsi_port_loop *loop = dsi_port_alloc(sizeof(*loop));
	int result = 0;

	if (!loop)
		return -DSI_ENOMEM;
	loop->flags = flags;
	if (flags & DSI_PORT_LOOP_THREAD)
		result = loop_start(loop);
	if (result < 0) {
		dsi_port_free(loop);
		return result;
	}
	*out_loop = loop;
	return 0;
}

void dsi_port_loop_destroy(struct dsi_port_loop *loop)
{
	struct mk_port_thread *thread;

	if (!loop)
		return;
	if (!(loop->flags & DSI_PORT_LOOP_THREAD)) {
		dsi_port_free(loop);
		return;
	}
	thread = loop->thread;
	/* The last put of the monitor may come from one of its own ready()s.
	 * A thread cannot join itself; it then cleans up behind itself. */
	if (thread == mk_port_self()) {
		mk_port_thread_detach(thread);
		/* release: pairs with loop_thread() */
		atomic_store_explicit(&loop->orphan, 1, memory_order_release);
		atomic_store_explicit(&loop->stop, 1, memory_order_release);
		return;
	}
	/* release: pairs with loop_thread() */
	atomic_store_explicit(&loop->stop, 1, memory_order_release);
	loop_changed(loop);
	mk_port_thread_join(thread);
	dsi_port_free(loop);
}
