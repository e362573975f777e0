/* SPDX-License-Identifier: MIT */
/*
 * test_death.c - peers that leave or are killed, at any moment: the others
 * notice, get back what is theirs, and go on.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/port.h>

#include "conf.h"

#define NAME "conf.death"

/* Wait until an event was counted. */
static int await_event(const struct dsi_socket *sock, uint32_t event,
		       uint64_t count)
{
	uint64_t deadline = conf_later();

	while (dsi_socket_event_count(sock, event) < count) {
		conf_check(dsi_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_equal(dsi_socket_event_count(sock, event), count);
	return 0;
}

static int kill_later(void *arg)
{
	conf_try(conf_await(0, 1));
	conf_sleep_until(conf_soon());
	conf_kill(*(int *)arg);
	return 0;
}

/* ---- the consumer ------------------------------------------------------- */

static int hold_two(uint64_t policy)
{
	struct dsi_consumer_options opts = conf_policy((uint32_t)policy);
	struct dsi_packet *pkts[2];
	struct dsi_socket *sock;

	conf_try(conf_consume(NAME, &opts, &sock));
	conf_equal(dsi_packet_get(sock, conf_later(), &pkts[0]), 0);
	conf_equal(dsi_packet_get(sock, conf_later(), &pkts[1]), 0);
	conf_step(0);
	conf_sleep_until(DSI_FOREVER / 2);
	return 0;
}

static int death_of_holding_consumer(void)
{
	int peer = conf_spawn_process(hold_two, DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_packet *pkts[3];
	struct dsi_socket *sock;
	int killer;

	conf_try(conf_produce(NAME, &desc, 1, &sock));
	killer = conf_spawn_thread(kill_later, &peer);
	/* It blocks, until what the dead one held is free. */
	for (uint64_t i = 0; i < 10; i++)
		conf_try(conf_put(sock, i, 0));
	conf_equal(conf_join(killer), 0);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(await_event(sock, DSI_EVENT_PEER_GONE, 1));
	conf_equal(dsi_socket_event_count(sock, DSI_EVENT_PEER_LEFT), 0);
	conf_equal(conf_stats(sock).consumers, 0);
	/* All of it. */
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(dsi_packet_get(sock, 0, &pkts[i]), 0);
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(dsi_packet_discard(sock, pkts[i]), 0);
	conf_equal(dsi_socket_drain(sock, 0), 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int death_of_dropping_consumer(void)
{
	int peer = conf_spawn_process(hold_two, DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(16);
	struct dsi_socket *sock;
	struct dsi_packet *pkts[16];
	uint64_t deadline;

	conf_try(conf_produce(NAME, &desc, 1, &sock));
	for (uint64_t i = 0; i < 10; i++)
		conf_try(conf_put(sock, i, 0));
	conf_try(conf_await(0, 1));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(await_event(sock, DSI_EVENT_PEER_GONE, 1));
	for (deadline = conf_later(); conf_stats(sock).consumers;) {
		conf_check(dsi_now() < deadline);
		conf_try(conf_put(sock, 0, 0));
	}
	conf_equal(dsi_packet_get_many(sock, conf_later(), pkts, 16), 16);
	dsi_socket_destroy(sock);
	return 0;
}

static int take_some(uint64_t n)
{
	struct dsi_socket *sock;
	uint64_t i = 0;

	conf_try(conf_consume(NAME, NULL, &sock));
	while (i < n)
		conf_try(conf_take(sock, i++, 0));
	conf_try(conf_ended(sock));
	dsi_socket_destroy(sock);
	return 0;
}

static int death_of_one_of_three(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	int stay[2], victim, killer;
	struct dsi_socket *sock;

	stay[0] = conf_spawn_process(take_some, 100);
	victim = conf_spawn_process(hold_two, DSI_POLICY_BLOCK);
	stay[1] = conf_spawn_process(take_some, 100);
	conf_try(conf_produce(NAME, &desc, 3, &sock));
	killer = conf_spawn_thread(kill_later, &victim);
	for (uint64_t i = 0; i < 100; i++)
		conf_try(conf_put(sock, i, 0));
	conf_equal(conf_join(killer), 0);
	conf_equal(conf_join(victim), CONF_KILLED);
	conf_equal(dsi_socket_drain(sock, conf_later()), 0);
	conf_equal(conf_stats(sock).consumers, 2);
	dsi_socket_destroy(sock);
	conf_equal(conf_join(stay[0]), 0);
	conf_equal(conf_join(stay[1]), 0);
	return 0;
}

static int leave_in_order(uint64_t arg)
{
	struct dsi_socket *sock;

	(void)arg;
	conf_try(conf_consume(NAME, NULL, &sock));
	conf_try(conf_take(sock, 0, 0));
	dsi_socket_destroy(sock);
	return 0;
}

static int leaving_is_not_dying(void)
{
	int peer = conf_spawn_process(leave_in_order, 0);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *sock, *consumer;

	conf_try(conf_produce(NAME, &desc, 1, &sock));
	conf_try(conf_put(sock, 0, 0));
	conf_equal(conf_join(peer), 0);
	conf_try(await_event(sock, DSI_EVENT_PEER_LEFT, 1));
	conf_equal(dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE), 0);
	/* The producer leaves. */
	conf_try(conf_consume(NAME, NULL, &consumer));
	dsi_socket_destroy(sock);
	conf_try(conf_ended(consumer));
	conf_try(await_event(consumer, DSI_EVENT_PEER_LEFT, 1));
	conf_equal(dsi_socket_event_count(consumer, DSI_EVENT_PEER_GONE), 0);
	dsi_socket_destroy(consumer);
	return 0;
}

/* Whenever it is killed, the producer can go on. */
struct murder {
	int victim;
	uint32_t point;
};

static int kill_at(void *arg)
{
	const struct murder *murder = arg;

	conf_kill_at(murder->victim, murder->point);
	return 0;
}

static int take_for_ever(uint64_t policy)
{
	struct dsi_consumer_options opts = conf_policy((uint32_t)policy);
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	int err;

	conf_try(conf_consume(NAME, &opts, &sock));
	while ((err = dsi_packet_get(sock, DSI_FOREVER, &pkt)) == 0) {
		if (policy != DSI_POLICY_RECLAIM)
			conf_try(conf_filled(pkt, DSI_FOREVER));
		conf_equal(dsi_packet_commit(sock, pkt), 0);
	}
	conf_equal(err, -DSI_EPIPE);
	dsi_socket_destroy(sock);
	return 0;
}

#define MURDERS 40u

static int death_of_consumer_at_any_point(void)
{
	struct dsi_stream_desc desc = conf_desc(5);

	for (uint32_t point = 1; point <= MURDERS; point++) {
		struct murder murder = {0, point};
		uint32_t policy = point % 3;
		struct dsi_packet *pkts[5];
		struct dsi_socket *sock;
		int result, killer;

		murder.victim = conf_spawn_process(take_for_ever, policy);
		conf_try(conf_produce(NAME, &desc, 0, &sock));
		killer = conf_spawn_thread(kill_at, &murder);
		for (uint64_t i = 0; i < 40; i++)
			conf_try(conf_put(sock, i, 0));
		conf_equal(conf_join(killer), 0);
		conf_kill(murder.victim);
		result = conf_join(murder.victim);
		conf_check(result == 0 || result == CONF_KILLED);
		/* Everything comes back. */
		conf_equal(dsi_socket_drain(sock, conf_later()), 0);
		for (uint32_t i = 0; i < 5; i++)
			conf_equal(dsi_packet_get(sock, conf_later(), &pkts[i]),
				   0);
		dsi_socket_destroy(sock);
	}
	return 0;
}

/* ---- the producer ------------------------------------------------------- */

static int put_three_and_die(uint64_t arg)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *sock;

	(void)arg;
	conf_try(conf_produce(NAME, &desc, 1, &sock));
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_put(sock, i, 0));
	/* Not before the consumer knows that it has joined. */
	conf_try(conf_await(2, 1));
	conf_step(0);
	conf_die();
}

static int death_of_producer(void)
{
	int peer = conf_spawn_process(put_three_and_die, 0);
	struct dsi_socket *sock;

	conf_try(conf_consume(NAME, NULL, &sock));
	conf_step(2);
	conf_try(conf_await(0, 1));
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(await_event(sock, DSI_EVENT_PEER_GONE, 1));
	/* What was committed is still there. */
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_take(sock, i, 0));
	conf_try(conf_ended(sock));
	conf_equal(dsi_socket_event_count(sock, DSI_EVENT_PEER_LEFT), 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int put_one_and_wait(uint64_t arg)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *sock;

	(void)arg;
	conf_try(conf_produce(NAME, &desc, 1, &sock));
	conf_try(conf_put(sock, 0, 0));
	conf_step(0);
	conf_sleep_until(DSI_FOREVER / 2);
	return 0;
}

static int death_wakes_blocked_consumer(void)
{
	int peer = conf_spawn_process(put_one_and_wait, 0);
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	int killer;

	conf_try(conf_consume(NAME, NULL, &sock));
	conf_try(conf_take(sock, 0, 0));
	killer = conf_spawn_thread(kill_later, &peer);
	conf_equal(dsi_packet_get(sock, DSI_FOREVER, &pkt), -DSI_EPIPE);
	conf_equal(conf_join(killer), 0);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(await_event(sock, DSI_EVENT_PEER_GONE, 1));
	dsi_socket_destroy(sock);
	return 0;
}

static int take_name_again(uint64_t arg)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *sock;

	(void)arg;
	conf_try(conf_await(1, 1));
	conf_try(conf_produce(NAME, &desc, 1, &sock));
	conf_try(conf_put(sock, 55, 0));
	conf_equal(dsi_socket_drain(sock, conf_later()), 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int name_of_dead_producer(void)
{
	int first = conf_spawn_process(put_three_and_die, 0);
	int second = conf_spawn_process(take_name_again, 0);
	struct dsi_socket *sock;

	conf_try(conf_consume(NAME, NULL, &sock));
	conf_step(2);
	conf_equal(conf_join(first), CONF_KILLED);
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_take(sock, i, 0));
	conf_try(conf_ended(sock));
	dsi_socket_destroy(sock);
	conf_equal(dsi_consumer_create(NULL, &sock), 0);
	conf_equal(dsi_socket_connect(sock, NAME, 0), -DSI_ENOENT);
	conf_step(1);
	conf_equal(dsi_socket_connect(sock, NAME, conf_later()), 0);
	conf_equal(dsi_socket_start(sock), 0);
	conf_try(conf_take(sock, 55, 0));
	conf_try(conf_ended(sock));
	dsi_socket_destroy(sock);
	conf_equal(conf_join(second), 0);
	return 0;
}

static int put_for_ever(uint64_t arg)
{
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_socket *sock;

	(void)arg;
	conf_try(conf_produce(NAME, &desc, 0, &sock));
	for (uint64_t i = 0;; i++) {
		struct dsi_packet *pkt;

		conf_equal(dsi_packet_get(sock, DSI_FOREVER, &pkt), 0);
		conf_try(conf_fill(pkt, i));
		conf_equal(dsi_packet_set_number(pkt, i), 0);
		conf_equal(dsi_packet_commit(sock, pkt), 0);
		if (i % 8 == 7)
			conf_sleep_until(dsi_now() + 50000);
	}
}

static int take_until_it_dies(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	uint64_t next = 0;
	int err;

	while ((err = dsi_packet_get(sock, conf_later(), &pkt)) == 0) {
		uint64_t number = dsi_packet_number(pkt);

		conf_check(next == 0 || number == next);
		next = number + 1;
		conf_try(conf_filled(pkt, number));
		conf_equal(dsi_packet_commit(sock, pkt), 0);
	}
	conf_equal(err, -DSI_EPIPE);
	return 0;
}

static int death_of_producer_at_any_point(void)
{
	for (uint32_t point = 1; point <= MURDERS; point++) {
		struct murder murder = {0, 2 * point};
		struct dsi_socket *sock;
		int killer, err;

		murder.victim = conf_spawn_process(put_for_ever, 0);
		killer = conf_spawn_thread(kill_at, &murder);
		conf_equal(dsi_consumer_create(NULL, &sock), 0);
		err = dsi_socket_connect(sock, NAME, conf_in_ms(50));
		if (!err) {
			conf_equal(dsi_socket_start(sock), 0);
			conf_try(take_until_it_dies(sock));
		} else {
			/* It was dead before it could answer. */
			conf_check(err == -DSI_ETIMEDOUT || err == -DSI_EPIPE);
		}
		dsi_socket_destroy(sock);
		conf_equal(conf_join(killer), 0);
		conf_kill(murder.victim);
		conf_equal(conf_join(murder.victim), CONF_KILLED);
	}
	return 0;
}

const struct conf_test conf_death_tests[] = {
	{"death_of_holding_consumer", death_of_holding_consumer},
	{"death_of_dropping_consumer", death_of_dropping_consumer},
	{"death_of_one_of_three", death_of_one_of_three},
	{"leaving_is_not_dying", leaving_is_not_dying},
	{"death_of_consumer_at_any_point", death_of_consumer_at_any_point},
	{"death_of_producer", death_of_producer},
	{"death_wakes_blocked_consumer", death_wakes_blocked_consumer},
	{"name_of_dead_producer", name_of_dead_producer},
	{"death_of_producer_at_any_point", death_of_producer_at_any_point},
	{NULL, NULL},
};
