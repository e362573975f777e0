/* SPDX-License-Identifier: MIT */
/*
 * test_wait.c - sleep on words and wake: a wait may return early, but no
 * wake after a change may be lost.
 */
#include <dsi/port.h>

#include "conf.h"

/* Wait with an expected value until the word has another one. */
static int sleep_while(const _Atomic uint32_t *word, uint32_t value,
		       uint32_t shared, uint64_t deadline_ns)
{
	struct dsi_port_word w = {word, value, shared};

	while (atomic_load_explicit(word, memory_order_acquire) == value)
		conf_equal(dsi_port_wait(&w, 1, deadline_ns), 0);
	return 0;
}

/* ---- one thread --------------------------------------------------------- */

static int wait_returns_if_word_differs(void)
{
	_Atomic uint32_t words[2] = {5, 6};
	struct dsi_port_word w[2] = {{&words[0], 5, 0}, {&words[1], 5, 0}};

	conf_equal(dsi_port_wait(&w[1], 1, DSI_FOREVER), 0);
	conf_equal(dsi_port_wait(w, 2, DSI_FOREVER), 0);
	return 0;
}

static int time_out(uint64_t deadline_ns)
{
	_Atomic uint32_t words[2] = {5, 6};
	struct dsi_port_word w[2] = {{&words[0], 5, 0}, {&words[1], 6, 0}};
	int err;

	for (uint32_t n = 1; n <= 2; n++) {
		do {
			err = dsi_port_wait(w, n, deadline_ns);
		} while (err == 0);
		conf_equal(err, -DSI_ETIMEDOUT);
		conf_check(dsi_port_now() >= deadline_ns);
	}
	return 0;
}

static int wait_deadline(void)
{
	conf_try(time_out(0));
	conf_try(time_out(1));
	conf_try(time_out(dsi_port_now() - 1));
	conf_try(time_out(conf_soon()));
	return 0;
}

static int wait_max_is_enough(void)
{
	conf_check(dsi_port_wait_max() >= DSI_MAX_CONSUMERS + 1);
	return 0;
}

static int wake_nobody(void)
{
	struct dsi_port_region region;
	_Atomic uint32_t word = 0;

	conf_equal(dsi_port_region_create(&region, 1, DSI_PORT_READ), 0);
	dsi_port_wake(&word, 0);
	dsi_port_wake(region.addr, 1);
	dsi_port_region_fini(&region);
	/* And it was not kept for later. */
	return time_out(conf_soon());
}

/* ---- threads ------------------------------------------------------------ */

struct pair {
	_Atomic uint32_t ping, pong;
};

static int answer(void *arg)
{
	struct pair *pair = arg;

	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		conf_try(sleep_while(&pair->ping, i, 0, DSI_FOREVER));
		atomic_store_explicit(&pair->pong, i + 1, memory_order_release);
		dsi_port_wake(&pair->pong, 0);
	}
	return 0;
}

static int wake_is_not_lost(void)
{
	struct pair pair = {0, 0};
	int peer = conf_spawn_thread(answer, &pair);

	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		atomic_store_explicit(&pair.ping, i + 1, memory_order_release);
		dsi_port_wake(&pair.ping, 0);
		conf_try(sleep_while(&pair.pong, i, 0, conf_later()));
	}
	conf_equal(conf_join(peer), 0);
	return 0;
}

static int sleep_on_zero(void *arg)
{
	conf_step(0);
	return sleep_while(arg, 0, 0, DSI_FOREVER);
}

static int wake_after_sleep(void)
{
	_Atomic uint32_t word = 0;
	int peer = conf_spawn_thread(sleep_on_zero, &word);

	/* Give it time to fall asleep; if it does not, nothing is lost. */
	conf_try(conf_await(0, 1));
	conf_sleep_until(conf_soon());
	atomic_store(&word, 1);
	dsi_port_wake(&word, 0);
	conf_equal(conf_join(peer), 0);
	return 0;
}

static int wake_wakes_one_each(void)
{
	_Atomic uint32_t word = 0;
	int peers[4];

	for (uint32_t i = 0; i < 4; i++)
		peers[i] = conf_spawn_thread(sleep_on_zero, &word);
	conf_try(conf_await(0, 4));
	conf_sleep_until(conf_soon());
	atomic_store(&word, 1);
	for (uint32_t i = 0; i < 4; i++)
		dsi_port_wake(&word, 0);
	for (uint32_t i = 0; i < 4; i++)
		conf_equal(conf_join(peers[i]), 0);
	return 0;
}

#define MANY 256u

struct many {
	_Atomic uint32_t words[MANY];
	_Atomic uint32_t heard;
	uint32_t n;
};

static int find_changed(const struct many *many, uint32_t round)
{
	for (uint32_t i = 0; i < many->n; i++)
		if (atomic_load(&many->words[i]) != round)
			return (int)i;
	return -1;
}

/* Round k changes all words to k + 1, but only wakes word k. */
static int sleep_on_many(void *arg)
{
	struct dsi_port_word w[MANY];
	struct many *many = arg;

	for (uint32_t round = 0; round < many->n; round++) {
		for (uint32_t i = 0; i < many->n; i++) {
			w[i].word = &many->words[i];
			w[i].expected = 0;
			w[i].shared = 0;
		}
		while (find_changed(many, 0) < 0)
			conf_equal(dsi_port_wait(w, many->n, DSI_FOREVER), 0);
		conf_equal(find_changed(many, 0), round);
		atomic_store(&many->words[round], 0);
		atomic_store(&many->heard, round + 1);
		dsi_port_wake(&many->heard, 0);
	}
	return 0;
}

static int wake_any_of_many_words(void)
{
	static struct many many;
	int peer;

	for (uint32_t i = 0; i < MANY; i++)
		atomic_store(&many.words[i], 0);
	atomic_store(&many.heard, 0);
	many.n = dsi_port_wait_max() < MANY ? dsi_port_wait_max() : MANY;
	peer = conf_spawn_thread(sleep_on_many, &many);
	for (uint32_t i = 0; i < many.n; i++) {
		atomic_store(&many.words[i], 1);
		dsi_port_wake(&many.words[i], 0);
		conf_try(sleep_while(&many.heard, i, 0, conf_later()));
	}
	conf_equal(conf_join(peer), 0);
	return 0;
}

/* ---- processes ---------------------------------------------------------- */

/* What one process writes and the other one sleeps on. */
struct page {
	_Atomic uint32_t word;
};

struct link {
	struct dsi_port_region own, peer;
	int32_t conn;
};

static int exchange(struct link *link)
{
	uint64_t bytes;
	int32_t handle;

	conf_equal(dsi_port_region_create(&link->own, 1, DSI_PORT_READ), 0);
	conf_try(conf_send(link->conn, link->own.bytes, link->own.handle));
	conf_try(conf_recv(link->conn, &bytes, &handle));
	conf_equal(dsi_port_region_attach(&link->peer, handle, bytes,
					  DSI_PORT_READ),
		   0);
	return 0;
}

static void unlink_pages(struct link *link)
{
	dsi_port_region_fini(&link->peer);
	dsi_port_region_fini(&link->own);
	dsi_port_handle_close(link->conn);
}

static void say(struct link *link, uint32_t value)
{
	struct page *page = link->own.addr;

	atomic_store_explicit(&page->word, value, memory_order_release);
	dsi_port_wake(&page->word, 1);
}

/* Sleep on the peer's word and, at the same time, on a private one. */
static int hear(const struct link *link, uint32_t not_value,
		uint64_t deadline_ns)
{
	const struct page *page = link->peer.addr;
	_Atomic uint32_t own = 0;
	struct dsi_port_word w[2] = {{&page->word, not_value, 1}, {&own, 0, 0}};

	while (atomic_load_explicit(&page->word, memory_order_acquire) ==
	       not_value)
		conf_equal(dsi_port_wait(w, 2, deadline_ns), 0);
	return 0;
}

static int answer_process(uint64_t arg)
{
	struct link link;

	(void)arg;
	conf_try(conf_connect("conf.wait", &link.conn));
	conf_try(exchange(&link));
	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		conf_try(hear(&link, i, DSI_FOREVER));
		say(&link, i + 1);
	}
	unlink_pages(&link);
	return 0;
}

static int wake_between_processes(void)
{
	int peer = conf_spawn_process(answer_process, 0);
	struct dsi_port_listener *listener;
	struct link link;

	conf_try(conf_offer("conf.wait", &listener));
	conf_try(conf_accept(listener, &link.conn));
	conf_try(exchange(&link));
	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		say(&link, i + 1);
		conf_try(hear(&link, i, conf_later()));
	}
	conf_equal(conf_join(peer), 0);
	unlink_pages(&link);
	dsi_port_listener_close(listener);
	return 0;
}

/* Say it and sleep until the peer has answered, in one step. */
static int say_and_hear(struct link *link, uint32_t value, uint32_t not_value,
			uint64_t deadline_ns)
{
	struct page *own = link->own.addr;
	const struct page *page = link->peer.addr;
	_Atomic uint32_t private_word = 0;
	struct dsi_port_word w[2] = {{&page->word, not_value, 1},
				     {&private_word, 0, 0}};

	atomic_store_explicit(&own->word, value, memory_order_release);
	do {
		conf_equal(dsi_port_wake_wait(&own->word, w, 2, deadline_ns),
			   0);
	} while (atomic_load_explicit(&page->word, memory_order_acquire) ==
		 not_value);
	return 0;
}

static int answer_in_one_step(uint64_t arg)
{
	struct link link;

	(void)arg;
	conf_try(conf_connect("conf.step", &link.conn));
	conf_try(exchange(&link));
	conf_try(hear(&link, 0, DSI_FOREVER));
	for (uint32_t i = 1; i < CONF_ROUNDS; i++)
		conf_try(say_and_hear(&link, i, i, DSI_FOREVER));
	say(&link, CONF_ROUNDS);
	unlink_pages(&link);
	return 0;
}

/* The sleeper is woken, whoever has changed which word meanwhile. */
static int wake_and_wait_between_processes(void)
{
	int peer = conf_spawn_process(answer_in_one_step, 0);
	struct dsi_port_listener *listener;
	struct link link;

	conf_try(conf_offer("conf.step", &listener));
	conf_try(conf_accept(listener, &link.conn));
	conf_try(exchange(&link));
	for (uint32_t i = 0; i < CONF_ROUNDS; i++)
		conf_try(say_and_hear(&link, i + 1, i, conf_later()));
	conf_equal(conf_join(peer), 0);
	unlink_pages(&link);
	dsi_port_listener_close(listener);
	return 0;
}

#define CALLS 16u

/* Sleeps on every value, and answers only the last. */
static int listen_process(uint64_t arg)
{
	const struct page *page;
	struct link link;
	uint32_t heard;

	(void)arg;
	conf_try(conf_connect("conf.wait", &link.conn));
	conf_try(exchange(&link));
	page = link.peer.addr;
	do {
		heard = atomic_load_explicit(&page->word, memory_order_acquire);
		if (heard < CALLS)
			conf_try(hear(&link, heard, DSI_FOREVER));
	} while (heard < CALLS);
	say(&link, 1);
	unlink_pages(&link);
	return 0;
}

/* Nothing changes any more. */
static int wake_and_time_out(const _Atomic uint32_t *wake,
			     const struct dsi_port_word *w,
			     uint64_t deadline_ns)
{
	int err;

	do {
		err = dsi_port_wake_wait(wake, w, 2, deadline_ns);
	} while (err == 0);
	conf_equal(err, -DSI_ETIMEDOUT);
	conf_check(dsi_port_now() >= deadline_ns);
	return 0;
}

/* It wakes also if there is nothing to wait for, and keeps the deadline. */
static int wake_and_wait_without_waiting(void)
{
	int peer = conf_spawn_process(listen_process, 0);
	struct dsi_port_listener *listener;
	_Atomic uint32_t changed = 1;
	struct dsi_port_word w[2];
	const struct page *peers;
	struct page *page;
	struct link link;

	conf_try(conf_offer("conf.wait", &listener));
	conf_try(conf_accept(listener, &link.conn));
	conf_try(exchange(&link));
	page = link.own.addr;
	peers = link.peer.addr;
	w[0] = (struct dsi_port_word){&peers->word, 0, 1};
	w[1] = (struct dsi_port_word){&changed, 0, 0};
	for (uint32_t i = 0; i < CALLS; i++) {
		/* Time for it to fall asleep; if it does not, so be it. */
		conf_sleep_until(conf_soon());
		atomic_store_explicit(&page->word, i + 1, memory_order_release);
		conf_equal(dsi_port_wake_wait(&page->word, w, 2, DSI_FOREVER),
			   0);
	}
	conf_try(hear(&link, 0, conf_later()));
	w[0].expected = 1;
	w[1].expected = 1;
	conf_try(wake_and_time_out(&page->word, w, 1));
	conf_try(wake_and_time_out(&page->word, w, conf_soon()));
	conf_equal(conf_join(peer), 0);
	unlink_pages(&link);
	dsi_port_listener_close(listener);
	return 0;
}

/* Words and peers come and go: what was learnt of one must not be used for
 * another at the same address. */
static int wake_and_wait_with_new_peers(void)
{
	for (uint32_t i = 0; i < 4; i++)
		conf_try(wake_and_wait_between_processes());
	return 0;
}

/* A private word ends a wait that also sleeps on a peer's: how the death of
 * the peer is told. */
struct mixed {
	struct dsi_port_region region;
	_Atomic uint32_t own;
};

static int sleep_mixed(void *arg)
{
	struct mixed *mixed = arg;
	const struct page *page = mixed->region.addr;
	struct dsi_port_word w[2] = {{&page->word, 0, 1}, {&mixed->own, 0, 0}};

	conf_step(0);
	while (atomic_load(&mixed->own) == 0)
		conf_equal(dsi_port_wait(w, 2, DSI_FOREVER), 0);
	return 0;
}

static int wake_private_beside_shared(void)
{
	struct mixed mixed = {.own = 0};
	int peer;

	conf_equal(dsi_port_region_create(&mixed.region, 1, DSI_PORT_READ), 0);
	peer = conf_spawn_thread(sleep_mixed, &mixed);
	conf_try(conf_await(0, 1));
	conf_sleep_until(conf_soon());
	atomic_store(&mixed.own, 1);
	dsi_port_wake(&mixed.own, 0);
	conf_equal(conf_join(peer), 0);
	dsi_port_region_fini(&mixed.region);
	return 0;
}

const struct conf_test conf_wait_tests[] = {
	{"wait_returns_if_word_differs", wait_returns_if_word_differs},
	{"wait_deadline", wait_deadline},
	{"wait_max_is_enough", wait_max_is_enough},
	{"wake_nobody", wake_nobody},
	{"wake_is_not_lost", wake_is_not_lost},
	{"wake_after_sleep", wake_after_sleep},
	{"wake_wakes_one_each", wake_wakes_one_each},
	{"wake_any_of_many_words", wake_any_of_many_words},
	{"wake_between_processes", wake_between_processes},
	{"wake_and_wait_between_processes", wake_and_wait_between_processes},
	{"wake_and_wait_without_waiting", wake_and_wait_without_waiting},
	{"wake_and_wait_with_new_peers", wake_and_wait_with_new_peers},
	{"wake_private_beside_shared", wake_private_beside_shared},
	{NULL, NULL},
};
