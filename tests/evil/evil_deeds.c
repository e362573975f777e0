/* SPDX-License-Identifier: MIT */
/*
 * evil_deeds.c - what an evil consumer can do without dying, one test each: the
 * others go on, and lose nothing.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/packet.h>
#include <dsi/port.h>

#include <mklib/object_stubs.h>

#include "port_notify.h"

#include "dsi/notify.h"
#include "tests/evil/evil_guest.h"
#include "tests/evil/evil_scene.h"
#include "tests/unit/must.h"

#define ACTS 0u /* step: it has begun to do what it does */
#define ENOUGH 200u
#define RECLAIM DSI_POLICY_RECLAIM
#define CROWD 14u
#define SLOWER 8u
#define MOST_PERCENT 30u

static void is_at_it(void)
{
	conf_step(ACTS);
	guest_lower();
}

/* It does it, and the others go on; then it dies, and they do. */
static int survive(int (*deed)(uint64_t arg), uint64_t arg, uint64_t packets)
{
	uint32_t acts = atomic_load(&conf_shared->steps[ACTS]);
	int peer = conf_spawn_process(deed, arg);

	conf_try(conf_await(ACTS, acts + 1));
	conf_try(scene_goes_on(packets));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(scene_alone());
	return scene_goes_on(ENOUGH / 4);
}

/* ---- sets its flag and never waits --------------------------------------- */

static int claim(uint64_t registered)
{
	struct guest guest;

	guest_join(&guest, RECLAIM);
	if (registered)
		MUST_BE(guest_register(&guest, 0, !guest_is("event")), 0);
	is_at_it();
	for (;;) {
		guest_claims_sleep(&guest, 0);
		guest_rests();
	}
	return 0;
}

static int sleeps_never(void)
{
	uint64_t wakes, sent;

	conf_try(scene_begin(SCENE_BOTH));
	wakes = scene_value(SCENE_WAKES);
	sent = scene_value(SCENE_SENT);
	conf_try(survive(claim, 1, ENOUGH));
	conf_try(survive(claim, 0, ENOUGH));
	/* One for each consumer and commit, whatever they say. */
	conf_check(scene_value(SCENE_WAKES) - wakes <=
		   3 * (scene_value(SCENE_SENT) + 1 - sent));
	return scene_end();
}

static int claim_bell(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	guest_join(&guest, RECLAIM);
	is_at_it();
	for (;;) {
		guest_claims_sleep(&guest, DSI_SLEEP_BELL);
		guest_rests();
	}
	return 0;
}

static int wants_the_bell(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	conf_try(survive(claim_bell, 0, ENOUGH));
	return scene_end();
}

/* Waits and does not, with all events that it may have: what the producer knows
 * of it is wrong each time. */
static int churn(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	guest_join(&guest, RECLAIM);
	is_at_it();
	for (uint32_t i = 0;; i++) {
		guest_claims_sleep(&guest, 0);
		(void)guest_register(&guest, i % GUEST_EVENTS,
				     i & 1u && !guest_is("event"));
		guest_claims_sleep(&guest, 0);
		if (i % 3u == 0)
			guest_unregister(&guest, (i + 1u) % GUEST_EVENTS);
		guest_rests();
	}
	return 0;
}

static int waits_and_does_not(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	conf_try(survive(churn, 0, ENOUGH));
	return scene_end();
}

/* ---- never releases ------------------------------------------------------ */

static int keep(uint64_t policy)
{
	struct guest guest;

	guest_join(&guest, (uint32_t)policy);
	is_at_it();
	for (;;)
		mk_sleep_us(MK_NEVER);
	return 0;
}

/* For BLOCK it is what the producer has agreed to: it stops, until the consumer
 * is gone. */
static int keeps_all(void)
{
	int peer;

	conf_try(scene_begin(SCENE_BOTH));
	conf_try(survive(keep, DSI_POLICY_DROP_NEW, ENOUGH));
	conf_try(survive(keep, DSI_POLICY_RECLAIM, ENOUGH));
	peer = conf_spawn_process(keep, DSI_POLICY_BLOCK);
	conf_try(conf_await(ACTS, 3));
	conf_sleep_until(conf_in_ms(20));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(scene_alone());
	conf_try(scene_goes_on(ENOUGH));
	return scene_end();
}

/* ---- scribbles ----------------------------------------------------------- */

static void scribble(struct evil_consumer *evil, uint64_t *random)
{
	struct dsi_shm_consumer *page = evil_page(evil);
	uint32_t shift = (uint32_t)must_random(random) % 64u;

	for (uint32_t i = 0; i < SCENE_PACKETS; i++)
		atomic_store(&evil_returns(evil)[i],
			     (uint32_t)(must_random(random) >> shift));
	atomic_store(&page->signal, (uint32_t)must_random(random));
	atomic_store(&page->sleep, must_random(random));
	atomic_store(&page->cpu, (uint32_t)must_random(random) >> shift % 32u);
	atomic_store(&page->taken, must_random(random) >> shift);
	atomic_store(&page->returned, must_random(random) >> shift);
}

/* Thrown out, it comes again. */
static int scribble_always(uint64_t policy)
{
	uint64_t random = 20010520 + policy;
	struct dsi_wire_in in;
	struct guest guest;

	guest_lower();
	for (;;) {
		guest_join(&guest, (uint32_t)policy);
		MUST_BE(guest_register(&guest, 0, !guest_is("event")), 0);
		conf_step(ACTS);
		do {
			scribble(&guest.evil, &random);
			guest_rests();
		} while (dsi__wire_recv(guest.evil.conn, &in) == -DSI_EAGAIN);
		evil_hang_up(&guest.evil);
	}
	return 0;
}

/* Whatever it is told. */
static int scribble_on(uint64_t arg)
{
	uint64_t random = 20010521 + arg;
	struct guest guest;

	guest_join(&guest, RECLAIM);
	is_at_it();
	for (;;) {
		scribble(&guest.evil, &random);
		guest_rests();
	}
	return 0;
}

/* One packet is given back, and it is one that it never got. */
static int forge(uint64_t token)
{
	struct dsi_wire_in in;
	struct guest guest;
	uint64_t first;
	int type;

	guest_join(&guest, DSI_POLICY_BLOCK);
	first = atomic_load(&evil_signal(&guest.evil)->start) - 1u;
	while (!guest_gives_back(&guest))
		mk_sleep_us(20);
	while (atomic_load(&evil_signal(&guest.evil)->signal) < 2)
		mk_sleep_us(20);
	atomic_store(&evil_returns(&guest.evil)[1], (uint32_t)token);
	atomic_store(&evil_page(&guest.evil)->returned, 2);
	/* It reads on, so that the producer needs its packets back. */
	do {
		atomic_store(
			&evil_page(&guest.evil)->taken,
			first + atomic_load(&evil_signal(&guest.evil)->signal));
		atomic_fetch_add(&evil_page(&guest.evil)->signal, 1);
		mk_sleep_us(20);
		type = dsi__wire_recv(guest.evil.conn, &in);
	} while (type == -DSI_EAGAIN);
	MUST_BE(type, -DSI_EPIPE);
	evil_hang_up(&guest.evil);
	return 0;
}

static int forges_tokens(void)
{
	static const uint32_t tokens[] = {
		SCENE_PACKETS,	   UINT16_MAX, UINT32_C(1) << 24,
		UINT32_C(1) << 31, UINT32_MAX,
	};
	uint64_t errors;

	conf_try(scene_begin(SCENE_BOTH));
	errors = scene_value(SCENE_ERRORS);
	for (uint32_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		conf_equal(conf_join(conf_spawn_process(forge, tokens[i])), 0);
		conf_try(scene_alone());
		conf_try(scene_await(SCENE_ERRORS, errors + i + 1u));
		conf_try(scene_goes_on(ENOUGH / 4));
	}
	conf_equal(scene_value(SCENE_ERRORS),
		   errors + sizeof(tokens) / sizeof(tokens[0]));
	return scene_end();
}

static int scribbles(void)
{
	uint64_t errors;

	conf_try(scene_begin(SCENE_BOTH));
	errors = scene_value(SCENE_ERRORS);
	for (uint64_t policy = 0; policy < 3; policy++) {
		conf_try(survive(scribble_always, policy, ENOUGH));
		/* RECLAIM: nothing in its page is believed. */
		if (policy == DSI_POLICY_RECLAIM)
			conf_equal(scene_value(SCENE_ERRORS), errors);
		else
			conf_check(scene_value(SCENE_ERRORS) > errors);
		errors = scene_value(SCENE_ERRORS);
	}
	return scene_end();
}

/* ---- floods -------------------------------------------------------------- */

static _Atomic uint64_t flood_bits;

/* Whatever the producer sleeps on, by all ways there are. */
static void flood_sleeper(void *arg)
{
	(void)arg;
	for (uint32_t i = 0;; i++) {
		struct mk_message m = {.tag = mk_tag(i % 7, i % 60, 0, 0)};
		uint64_t bits = atomic_load(&flood_bits);

		if (bits)
			(void)mk_signal(GUEST_SLOT_WAKES,
					i & 1u ? ~UINT64_C(0) : bits);
		else
			(void)mk_send(GUEST_SLOT_WAKES,
				      mk_timeouts(MK_POLL, MK_POLL), &m);
		guest_rests();
	}
}

/* It is never answered. */
static void call_sleeper(void *arg)
{
	(void)arg;
	for (;;) {
		struct mk_message m = {0};

		(void)mk_call(GUEST_SLOT_WAKES, MK_FOREVER, &m);
		mk_sleep_us(50);
	}
}

static void give_back_slowly(struct guest *guest)
{
	for (;;) {
		uint64_t bits = atomic_load(&flood_bits);
		struct mk_message m = {0};

		if (!guest_gives_back(guest)) {
			mk_sleep_us(20);
			continue;
		}
		if (bits)
			(void)mk_signal(GUEST_SLOT_WAKES, bits);
		else
			(void)mk_send(GUEST_SLOT_WAKES,
				      mk_timeouts(MK_POLL, MK_POLL), &m);
		mk_sleep_us(100);
	}
}

static int wake_always(uint64_t arg)
{
	struct guest guest;
	uint64_t bits;

	(void)arg;
	guest_join(&guest, DSI_POLICY_BLOCK);
	/* It waits, because we took nothing. */
	while (guest_finds_sleeper(&guest, &bits))
		mk_sleep_us(100);
	atomic_store(&flood_bits, bits);
	guest_crowd(flood_sleeper, NULL, 1);
	guest_crowd(call_sleeper, NULL, 1);
	is_at_it();
	give_back_slowly(&guest);
	return 0;
}

/* The producer waits for the evil one alone, so in the way of the back-end. */
static int wakes_always(void)
{
	conf_try(scene_begin(SCENE_RECLAIM));
	conf_try(survive(wake_always, 0, ENOUGH / 2));
	return scene_end();
}

static struct guest flooder;
static _Atomic uint32_t flooders;

/* True numbers, forged ones, and what is no request. */
static void flood_sync(void *arg)
{
	uint64_t random = 1 + atomic_fetch_add(&flooders, 1), there;

	(void)arg;
	guest_finds_sync(&flooder, &there);
	for (uint32_t i = 0;; i++) {
		struct mk_message m = {
			.tag = mk_tag(11, 3, 0, 0),
			.word = {there, flooder.sleeps_on.offset, 0},
		};

		if (i % 4 == 1)
			m.word[0] = must_random(&random) >> (i % 64);
		if (i % 4 == 2)
			m.word[1] = must_random(&random) >> (i % 64);
		if (i % 4 == 3)
			m.tag = mk_tag((int64_t)i % 13, i % 60, 0, 0);
		(void)mk_send(GUEST_SLOT_SYNC, MK_FOREVER, &m);
	}
}

static void call_sync(void *arg)
{
	struct mk_message m = {.tag = mk_tag(11, 3, 0, 0)};

	(void)arg;
	for (;;)
		(void)mk_call(GUEST_SLOT_SYNC, MK_FOREVER, &m);
}

/* While a thread rests so often, the emulated CPUs take turns as quickly: calls
 * are waiting whenever the producer's CPU looks for them. */
static void keep_turning(void *arg)
{
	(void)arg;
	for (;;)
		guest_rests();
}

static int flood(uint64_t arg)
{
	uint64_t there;

	(void)arg;
	guest_join(&flooder, RECLAIM);
	guest_finds_sync(&flooder, &there);
	MUST_BE(guest_register(&flooder, 0, 1), 0);
	guest_crowd(flood_sync, NULL, CROWD);
	guest_crowd(call_sync, NULL, 1);
	guest_crowd(keep_turning, NULL, 1);
	is_at_it();
	flood_sync(NULL);
	return 0;
}

/* How long one packet takes, and what part of the time, in percent, the
 * producer's thread runs. */
static int pace(uint64_t *out_ns, uint64_t *out_percent)
{
	uint64_t got = scene_value(SCENE_GOT), begin = dsi_port_now();
	uint64_t ran = scene_value(SCENE_SYNC_NS);

	conf_try(scene_goes_on(5 * ENOUGH));
	begin = dsi_port_now() - begin;
	*out_ns = begin / (scene_value(SCENE_GOT) - got);
	*out_percent = (scene_value(SCENE_SYNC_NS) - ran) * 100 / begin;
	return 0;
}

/* The thread is more urgent than the producer, on its CPU, and always has
 * something to do: it may take a 4th part of the CPU, and not all. */
static int floods_the_thread(void)
{
	uint64_t before, during, percent;
	int peer;

	if (!guest_is("sync-thread"))
		return 0;
	conf_try(scene_begin(SCENE_BOTH));
	conf_try(pace(&before, &percent));
	peer = conf_spawn_process(flood, 0);
	conf_try(conf_await(ACTS, 1));
	conf_try(pace(&during, &percent));
	printf("# cost %s: flood: a packet takes %lu ns, without %lu; the "
	       "thread runs %lu %% of the time\n",
	       mk_port_notify->name, (unsigned long)during,
	       (unsigned long)before, (unsigned long)percent);
	conf_check(percent <= MOST_PERCENT);
	conf_check(during <= SLOWER * before);
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(scene_alone());
	conf_try(scene_goes_on(ENOUGH));
	return scene_end();
}

/* Its synchronisation thread, place 1 of every task that has one, stops. */
static int be_deaf(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	MUST_BE(mk_thread_suspend(mk_port_thread_at(1)->thread), 0);
	guest_join(&guest, DSI_POLICY_BLOCK);
	is_at_it();
	/* So slowly that it is waited for, and without a wake. */
	for (;;) {
		(void)guest_gives_back(&guest);
		mk_sleep_us(200);
	}
	return 0;
}

static int serves_no_thread(void)
{
	if (!guest_is("sync-thread"))
		return 0;
	conf_try(scene_begin(SCENE_RECLAIM));
	conf_try(survive(be_deaf, 0, ENOUGH / 2));
	return scene_end();
}

/* ---- and stays ----------------------------------------------------------- */

/* The producer closes while one lies and another one scribbles. */
static int outlives_the_producer(void)
{
	int peers[2];

	conf_try(scene_begin(SCENE_BOTH));
	peers[0] = conf_spawn_process(claim, 1);
	conf_try(conf_await(ACTS, 1));
	peers[1] = conf_spawn_process(scribble_on, 0);
	conf_try(conf_await(ACTS, 2));
	conf_try(scene_goes_on(ENOUGH / 4));
	conf_try(scene_end());
	for (uint32_t i = 0; i < 2; i++)
		conf_kill(peers[i]);
	return 0;
}

const struct conf_test evil_deed_tests[] = {
	{"sleeps_never", sleeps_never},
	{"wants_the_bell", wants_the_bell},
	{"waits_and_does_not", waits_and_does_not},
	{"keeps_all", keeps_all},
	{"scribbles", scribbles},
	{"forges_tokens", forges_tokens},
	{"wakes_always", wakes_always},
	{"floods_the_thread", floods_the_thread},
	{"serves_no_thread", serves_no_thread},
	{"outlives_the_producer", outlives_the_producer},
	{NULL, NULL},
};
