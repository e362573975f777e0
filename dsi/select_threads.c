/* SPDX-License-Identifier: MIT */
/*
 * select_threads.c - sleep with one thread for each source.
 *
 * Place in the data flow: below select.c, above the port.  Not RT-safe: each
 * call that has to sleep makes and ends as many threads as there are sources.
 * For ports whose wait cannot take the words of several sources; here a wait
 * takes those of one and one more.
 *
 *   select thread of source i          the calling thread
 *   wait(words of i, stop)             wait(told)
 *   told++, wake                       stop++, wake; wait(running) until 0
 *   running--, wake                    look at the sources with changed words
 *
 * The calling thread announces all sources and takes the values of the words,
 * before any select thread sleeps on them; what changes in between, the thread
 * finds when it compares.  No thread sleeps on a word when the calling thread
 * withdraws.  A thread is that of a loop: the loop's one source is kicked for
 * each sleep.
 *
 * Ordering edges:
 *   Y1  told store-release (fetch_add) -> told load-acquire
 *       carries nothing: the caller looks at the sources themselves
 *   Y2  running store-release (fetch_sub) -> running load-acquire
 *       carries the end of the thread's wait: its words are nobody's
 */
#include "dsi/select_private.h"
#include "dsi/socket_private.h"

struct dsi_select_thread {
	struct dsi_port_source source;
	struct dsi_port_loop *loop;
	struct dsi_select_sleep *sleep;
	int woken; /* a word has changed, or that is not known */
	uint32_t n_words;
	struct dsi_port_word words[DSI_SELECT_WORDS + 1u];
};

static void tell(struct dsi_select_sleep *sleep)
{
	/* Y1: release pairs with dsi__select_sleep(). */
	atomic_fetch_add_explicit(&sleep->told, 1, memory_order_release);
	dsi_port_wake(&sleep->told, 0);
}

/* On the thread of this source. */
static void thread_waits(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_select_thread *thread =
		(struct dsi_select_thread
			 *)(void *)((char *)source -
				    offsetof(struct dsi_select_thread, source));
	struct dsi_select_sleep *sleep = thread->sleep;

	(void)why;
	(void)dsi_port_wait(thread->words, thread->n_words, DSI_FOREVER);
	tell(sleep);
	/* Y2: release pairs with stop_threads(). */
	atomic_fetch_sub_explicit(&sleep->running, 1, memory_order_release);
	dsi_port_wake(&sleep->running, 0);
}

static int start_thread(struct dsi_select_sleep *sleep,
			struct dsi_select_thread *thread)
{
	int err = dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &thread->loop);

	/* A port may have few threads. */
	if (err)
		return err == -DSI_EUSERS ? -DSI_EMFILE : err;
	thread->sleep = sleep;
	thread->source.ready = thread_waits;
	thread->source.handle = -1;
	return dsi_port_loop_add(thread->loop, &thread->source);
}

int dsi__select_begin(struct dsi_event_source *sources, uint32_t n,
		      struct dsi_select_sleep *sleep)
{
	int err = 0;

	sleep->sources = sources;
	sleep->n = n;
	atomic_init(&sleep->told, 0);
	atomic_init(&sleep->stop, 0);
	atomic_init(&sleep->running, 0);
	sleep->threads = dsi_port_alloc(n * sizeof(*sleep->threads));
	if (!sleep->threads)
		return -DSI_ENOMEM;
	for (uint32_t i = 0; i < n && !err; i++)
		err = start_thread(sleep, &sleep->threads[i]);
	return err;
}

void dsi__select_end(struct dsi_select_sleep *sleep)
{
	for (uint32_t i = 0; sleep->threads && i < sleep->n; i++) {
		struct dsi_select_thread *thread = &sleep->threads[i];

		if (!thread->loop)
			continue;
		dsi_port_loop_remove(thread->loop, &thread->source);
		dsi_port_loop_destroy(thread->loop);
	}
	dsi_port_free(sleep->threads);
}

/* No thread runs. */
int dsi__select_announce(struct dsi_select_sleep *sleep)
{
	/* relaxed: only this thread changes it. */
	const struct dsi_port_word stop = {
		&sleep->stop,
		atomic_load_explicit(&sleep->stop, memory_order_relaxed), 0};

	sleep->at = 0;
	for (uint32_t i = 0; i < sleep->n; i++) {
		struct dsi_select_thread *thread = &sleep->threads[i];

		thread->n_words =
			dsi__select_words(&sleep->sources[i], thread->words, 0);
		thread->words[thread->n_words++] = stop;
		thread->woken = 1;
	}
	return 0;
}

/* Let them sleep.  A source with more words than the port can wait for cannot be
 * waited for. */
static int start_threads(struct dsi_select_sleep *sleep)
{
	for (uint32_t i = 0; i < sleep->n; i++)
		if (sleep->threads[i].n_words > dsi_port_wait_max())
			return -DSI_EMFILE;
	/* relaxed: the kick carries it, and the words. */
	atomic_store_explicit(&sleep->running, sleep->n, memory_order_relaxed);
	for (uint32_t i = 0; i < sleep->n; i++)
		dsi_port_loop_kick(sleep->threads[i].loop,
				   &sleep->threads[i].source);
	return 0;
}

static void stop_threads(struct dsi_select_sleep *sleep)
{
	struct dsi_port_word running = {&sleep->running, 0, 0};

	/* relaxed: a number that differs from the one announced. */
	atomic_fetch_add_explicit(&sleep->stop, 1, memory_order_relaxed);
	dsi_port_wake(&sleep->stop, 0);
	/* Y2: acquire pairs with thread_waits(). */
	while ((running.expected = atomic_load_explicit(
			&sleep->running, memory_order_acquire)) != 0)
		(void)dsi_port_wait(&running, 1, DSI_FOREVER);
}

static int has_changed(const struct dsi_select_thread *thread)
{
	/* The last one is `stop`. */
	for (uint32_t k = 0; k + 1u < thread->n_words; k++)
		if (dsi__select_changed(&thread->words[k]))
			return 1;
	return 0;
}

static void note_woken(struct dsi_select_sleep *sleep)
{
	for (uint32_t i = 0; i < sleep->n; i++)
		sleep->threads[i].woken = has_changed(&sleep->threads[i]);
}

int dsi__select_sleep(struct dsi_select_sleep *sleep, uint64_t deadline_ns)
{
	/* Y1: acquire pairs with tell(); nobody runs, so it stays as it is. */
	const struct dsi_port_word told = {
		&sleep->told,
		atomic_load_explicit(&sleep->told, memory_order_acquire), 0};
	int err = start_threads(sleep);

	if (err)
		return err;
	/* What the threads of the last round woke us for may end a wait, too:
	 * if that ended the sleep, each round would cause the next one. */
	do
		err = dsi_port_wait(&told, 1, deadline_ns);
	while (!err && !dsi__select_changed(&told) &&
	       dsi_port_now() < deadline_ns);
	stop_threads(sleep);
	note_woken(sleep);
	return err;
}

uint32_t dsi__select_woken(struct dsi_select_sleep *sleep)
{
	while (sleep->at < sleep->n && !sleep->threads[sleep->at].woken)
		sleep->at++;
	return sleep->at < sleep->n ? sleep->at++ : sleep->n;
}
