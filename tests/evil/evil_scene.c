/* SPDX-License-Identifier: MIT */
/* evil_scene.c - a producer and honest consumers; see evil_scene.h. */
#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/port.h>

#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_notify.h"

#include "tests/evil/evil_scene.h"

#define PATIENCE_MS 1000u
#define LOOK_NS 500000u
#define GET_MS 2u
#define PACE_NS 20000u
/* More urgent than all but the servers: what is between two looks at the
 * counter is then its own doing. */
#define TURN_PRIORITY 95u
#define TURN_PAUSE_NS 400000u
#define UNITS 16u

uint64_t scene_value(enum scene_value v)
{
	return atomic_load(&conf_shared->values[v]);
}

void scene_set(enum scene_value v, uint64_t value)
{
	atomic_store(&conf_shared->values[v], value);
}

static int await(enum scene_value v, uint64_t at_least, uint64_t at_most)
{
	uint64_t deadline = conf_in_ms(PATIENCE_MS);
	uint64_t now;

	while ((now = scene_value(v)) < at_least || now > at_most) {
		if (dsi_port_now() > deadline) {
			conf_fail(__FILE__, __LINE__,
				  "value %d is %lu and does not become %lu",
				  (int)v, (unsigned long)now,
				  (unsigned long)at_least);
			return 1;
		}
		conf_sleep_until(dsi_port_now() + LOOK_NS);
	}
	return 0;
}

int scene_await(enum scene_value v, uint64_t at_least)
{
	return await(v, at_least, UINT64_MAX);
}

/* ---- packets ------------------------------------------------------------- */

static uint64_t mixed(uint64_t number, uint32_t i)
{
	return (number + 1u) * (UINT64_C(0x9e3779b97f4a7c15) + 2u * i);
}

/* The number, what follows from it, and the sum. */
static int fill(struct dsi_packet *pkt, uint64_t number)
{
	uint64_t words[CONF_WORDS] = {number}, sum = number;
	uint32_t bytes;
	void *addr;

	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, CONF_BYTES);
	for (uint32_t i = 1; i < CONF_WORDS - 1u; i++)
		sum += words[i] = mixed(number, i);
	words[CONF_WORDS - 1u] = sum;
	memcpy(addr, words, sizeof(words));
	return 0;
}

/* As it was filled?  @reclaim: or written over meanwhile, and known to be. */
static int check(const struct dsi_packet *pkt, int reclaim)
{
	uint64_t words[CONF_WORDS], number = dsi_packet_number(pkt), sum;
	uint32_t bytes;
	void *addr;

	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, CONF_BYTES);
	memcpy(words, addr, sizeof(words));
	if (reclaim && dsi_packet_valid(pkt))
		return 0;
	conf_equal(words[0], number);
	sum = number;
	for (uint32_t i = 1; i < CONF_WORDS - 1u; i++) {
		conf_equal(words[i], mixed(number, i));
		sum += words[i];
	}
	conf_equal(words[CONF_WORDS - 1u], sum);
	return 0;
}

/* ---- the producer -------------------------------------------------------- */

/* Its thread has place 1 of every task that has one. */
static uint64_t sync_thread_ns(void)
{
	uint64_t word[4] = {MK_THREAD_INFO};

	if (!mk_port_notify->begin ||
	    mk_object_call(mk_port_thread_at(1)->thread, MK_PROTO_THREAD, 1,
			   word))
		return 0;
	return word[3];
}

static void tell(const struct dsi_socket *sock)
{
	struct dsi_socket_stats stats = conf_stats(sock);

	scene_set(SCENE_CONSUMERS, stats.consumers);
	scene_set(SCENE_WAKES, stats.wakes);
	scene_set(SCENE_SYNC_NS, sync_thread_ns());
	scene_set(SCENE_ERRORS, dsi_socket_event_count(sock, DSI_EVENT_ERROR));
	scene_set(SCENE_GONE,
		  dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE));
}

static int send_one(struct dsi_socket *sock, struct dsi_packet *pkt)
{
	conf_try(fill(pkt, scene_value(SCENE_SENT)));
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	scene_set(SCENE_SENT, scene_value(SCENE_SENT) + 1);
	return 0;
}

/* @pace_ns: after each packet, if nobody may hold it up. */
static int produce_freely(struct dsi_socket *sock, uint64_t pace_ns)
{
	while (!scene_value(SCENE_STOP)) {
		struct dsi_packet *pkt;
		int err;

		scene_set(SCENE_PAUSED, scene_value(SCENE_PAUSE));
		if (scene_value(SCENE_PAUSE)) {
			conf_sleep_until(dsi_port_now() + LOOK_NS);
			continue;
		}
		err = dsi_packet_get(sock, conf_in_ms(GET_MS), &pkt);
		tell(sock);
		if (err == -DSI_ETIMEDOUT)
			continue;
		conf_equal(err, 0);
		conf_try(send_one(sock, pkt));
		if (pace_ns)
			conf_sleep_until(dsi_port_now() + pace_ns);
	}
	return 0;
}

/* What one call to the exchange costs, and one wake in the way of the back-end,
 * of ourselves, who do not wait. */
static int measure_units(void)
{
	uint64_t way = mk_port_self()->event, bits = MK_PORT_BIT_WAKE, begin;

	if (mk_port_notify->meet) {
		conf_check(mk_port_message_gate() >= 0);
		way = mk_port_self()->gate;
		bits = 0;
	}
	begin = __builtin_ia32_rdtsc();
	for (uint32_t i = 0; i < UNITS; i++)
		(void)mk_port_kind(0);
	scene_set(SCENE_UNIT_CALL, (__builtin_ia32_rdtsc() - begin) / UNITS);
	begin = __builtin_ia32_rdtsc();
	for (uint32_t i = 0; i < UNITS; i++)
		(void)mk_port_wake_one(way, bits);
	scene_set(SCENE_UNIT_WAKE, (__builtin_ia32_rdtsc() - begin) / UNITS);
	return 0;
}

/* One packet, filled before the clock is looked at. */
static int take_turn(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	uint64_t cost;

	conf_equal(dsi_packet_get(sock, conf_later(), &pkt), 0);
	conf_try(fill(pkt, scene_value(SCENE_SENT)));
	cost = __builtin_ia32_rdtsc();
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	cost = __builtin_ia32_rdtsc() - cost;
	scene_set(SCENE_SENT, scene_value(SCENE_SENT) + 1);
	scene_set(SCENE_COST, scene_value(SCENE_COST) + cost);
	if (cost > scene_value(SCENE_COST_MOST))
		scene_set(SCENE_COST_MOST, cost);
	return 0;
}

/* Each commit when the liar has told its lie, and all others sleep. */
static int produce_in_turns(struct dsi_socket *sock)
{
	conf_equal(
		mk_sched_run(MK_CAP_SCHED, MK_CAP_THREAD, TURN_PRIORITY, 0, 0),
		0);
	conf_try(measure_units());
	while (!scene_value(SCENE_STOP)) {
		uint64_t turn = scene_value(SCENE_TURN);

		tell(sock);
		conf_sleep_until(dsi_port_now() + TURN_PAUSE_NS);
		if (turn >= scene_value(SCENE_TURNS) ||
		    turn >= scene_value(SCENE_LIES)) {
			/* Who joins is let in, and who leaves let go, here. */
			(void)conf_try_get(sock, 0);
			continue;
		}
		conf_try(take_turn(sock));
		scene_set(SCENE_TURN, turn + 1);
	}
	return 0;
}

static int produce(uint64_t kind)
{
	struct dsi_stream_desc desc = conf_desc(SCENE_PACKETS);
	struct dsi_socket *sock;

	desc.ring_slots = SCENE_SLOTS;
	conf_try(conf_produce(SCENE_NAME, &desc, kind == SCENE_BOTH ? 2 : 1,
			      &sock));
	if (kind == SCENE_TURNWISE)
		conf_try(produce_in_turns(sock));
	else
		conf_try(produce_freely(sock,
					kind == SCENE_RECLAIM ? PACE_NS : 0));
	if (kind != SCENE_RECLAIM)
		conf_equal(dsi_socket_drain(sock, conf_later()), 0);
	dsi_socket_destroy(sock);
	return 0;
}

/* ---- honest consumers ---------------------------------------------------- */

/* @expected: BLOCK loses nothing, others only go forward. */
static int receive(struct dsi_socket *sock, uint32_t policy, uint64_t *expected)
{
	struct dsi_packet *pkt;
	int err = dsi_packet_get(sock, conf_later(), &pkt);

	if (err == -DSI_EPIPE)
		return err;
	conf_equal(err, 0);
	if (policy == DSI_POLICY_BLOCK)
		conf_equal(dsi_packet_number(pkt), *expected);
	else
		conf_check(dsi_packet_number(pkt) >= *expected);
	*expected = dsi_packet_number(pkt) + 1;
	conf_try(check(pkt, policy == DSI_POLICY_RECLAIM));
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	return 0;
}

static int consume(uint64_t policy)
{
	struct dsi_consumer_options opts = conf_policy((uint32_t)policy);
	enum scene_value got =
		policy == DSI_POLICY_DROP_NEW ? SCENE_GOT_DROP : SCENE_GOT;
	struct dsi_socket *sock;
	uint64_t expected = 0;
	int err;

	if (policy == DSI_POLICY_DROP_NEW)
		opts.queue_packets = SCENE_QUEUE;
	conf_try(conf_consume(SCENE_NAME, &opts, &sock));
	while ((err = receive(sock, (uint32_t)policy, &expected)) == 0)
		scene_set(got, scene_value(got) + 1);
	conf_equal(err, -DSI_EPIPE);
	if (policy == DSI_POLICY_BLOCK)
		conf_equal(expected, scene_value(SCENE_SENT));
	dsi_socket_destroy(sock);
	return 0;
}

/* ---- the test's side ----------------------------------------------------- */

static struct {
	int producer, consumers[2];
	uint32_t n;
} scene;

int scene_begin(uint32_t kind)
{
	scene.producer = conf_spawn_process(produce, kind);
	scene.consumers[0] = conf_spawn_process(
		consume,
		kind == SCENE_RECLAIM ? DSI_POLICY_RECLAIM : DSI_POLICY_BLOCK);
	scene.n = 1;
	if (kind == SCENE_BOTH)
		scene.consumers[scene.n++] =
			conf_spawn_process(consume, DSI_POLICY_DROP_NEW);
	if (kind == SCENE_TURNWISE)
		return scene_await(SCENE_CONSUMERS, 1);
	return scene_goes_on(10);
}

int scene_goes_on(uint64_t packets)
{
	uint64_t got = scene_value(SCENE_GOT);
	uint64_t got_drop = scene_value(SCENE_GOT_DROP);

	conf_try(scene_await(SCENE_GOT, got + packets));
	if (scene.n == 2)
		conf_try(scene_await(SCENE_GOT_DROP, got_drop + packets / 8));
	return 0;
}

int scene_alone(void)
{
	return await(SCENE_CONSUMERS, scene.n, scene.n);
}

int scene_end(void)
{
	scene_set(SCENE_PAUSE, 0);
	scene_set(SCENE_STOP, 1);
	conf_equal(conf_join(scene.producer), 0);
	for (uint32_t i = 0; i < scene.n; i++)
		conf_equal(conf_join(scene.consumers[i]), 0);
	return 0;
}
