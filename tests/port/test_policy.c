/* SPDX-License-Identifier: MIT */
/*
 * test_policy.c - what happens when a consumer is too slow: the producer
 * waits, drops, or overwrites.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>

#include "conf.h"

#define NAME "conf.policy"

static int policy_block(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, NULL, &consumer));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(conf_try_get(producer, 0), -DSI_EAGAIN);
	conf_equal(conf_try_get(producer, conf_soon()), -DSI_ETIMEDOUT);
	for (uint64_t i = 4; i < 20; i++) {
		conf_try(conf_take(consumer, i - 4, 0));
		conf_try(conf_put(producer, i, 0));
	}
	conf_equal(conf_stats(producer).dropped, 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* The slowest one of several decides. */
static int policy_block_gates_for_all(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *fast, *slow;

	conf_try(conf_produce(NAME, &desc, 2, &producer));
	conf_try(conf_consume(NAME, NULL, &fast));
	conf_try(conf_consume(NAME, NULL, &slow));
	for (uint64_t i = 0; i < 4; i++) {
		conf_try(conf_put(producer, i, 0));
		conf_try(conf_take(fast, i, 0));
	}
	conf_equal(conf_try_get(producer, 0), -DSI_EAGAIN);
	conf_try(conf_take(slow, 0, 0));
	conf_try(conf_put(producer, 4, 0));
	conf_equal(conf_try_get(producer, 0), -DSI_EAGAIN);
	/* It goes: what it did not take is free. */
	dsi_socket_destroy(slow);
	for (uint64_t i = 5; i < 20; i++) {
		conf_try(conf_take(fast, i - 1, 0));
		conf_try(conf_put(producer, i, 0));
	}
	dsi_socket_destroy(fast);
	dsi_socket_destroy(producer);
	return 0;
}

/* A ring that is smaller than the number of packets gates as well. */
static int policy_block_small_ring(void)
{
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_socket *producer, *consumer;

	desc.ring_slots = 2;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, NULL, &consumer));
	for (uint64_t n = 0; n < 40; n += 2) {
		conf_try(conf_put(producer, n, 0));
		conf_try(conf_put(producer, n + 1, 0));
		conf_equal(conf_try_get(producer, 0), -DSI_EAGAIN);
		conf_try(conf_take(consumer, n, 0));
		conf_try(conf_take(consumer, n + 1, 0));
	}
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* And one that is larger only leaves room. */
static int policy_block_large_ring(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;

	desc.ring_slots = 64;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, NULL, &consumer));
	for (uint64_t n = 0; n < 400; n += 2) {
		conf_try(conf_put(producer, n, 0));
		conf_try(conf_put(producer, n + 1, 0));
		conf_equal(conf_try_get(producer, 0), -DSI_EAGAIN);
		conf_try(conf_take(consumer, n, 0));
		conf_try(conf_take(consumer, n + 1, 0));
	}
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* ---- DROP_NEW ----------------------------------------------------------- */

static int policy_drop_new(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(16);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *held;

	opts.queue_packets = 3;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint64_t i = 0; i < 10; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(conf_stats(producer).dropped, 7);
	conf_equal(dsi_socket_event_count(producer, DSI_EVENT_DROPPED), 7);
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_take(consumer, i, 0));
	conf_equal(conf_try_get(consumer, 0), -DSI_EAGAIN);
	/* The first after the hole says so, the second does not. */
	conf_try(conf_put(producer, 10, 0));
	conf_try(conf_put(producer, 11, 0));
	conf_equal(dsi_packet_get(consumer, conf_later(), &held), 0);
	conf_equal(dsi_packet_flags(held), DSI_PACKET_DROPPED_BEFORE);
	conf_equal(dsi_packet_number(held), 10);
	conf_try(conf_filled(held, 10));
	conf_equal(conf_stats(consumer).dropped, 7);
	conf_try(conf_take(consumer, 11, 0));
	/* What is held counts as well as what waits. */
	for (uint64_t i = 12; i < 20; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(conf_stats(producer).dropped, 13);
	conf_try(conf_filled(held, 10));
	conf_equal(dsi_packet_commit(consumer, held), 0);
	conf_try(conf_take(consumer, 12, 0));
	conf_try(conf_take(consumer, 13, 0));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int policy_drop_new_default_queue(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(16);
	struct dsi_socket *producer, *consumer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint64_t i = 0; i < 10; i++)
		conf_try(conf_put(producer, i, 0));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(conf_take(consumer, i, 0));
	conf_equal(conf_try_get(consumer, 0), -DSI_EAGAIN);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* Queues may never keep the producer from its last packet. */
static int policy_drop_new_needs_packets(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;

	opts.queue_packets = 4;
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_consumer_create(&opts, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()),
		   -DSI_ENOSPC);
	conf_check(strstr(dsi_socket_error(consumer), "queue_packets"));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int policy_stopped_consumer(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_socket *producer, *consumer;

	opts.queue_packets = 2;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_equal(dsi_socket_stop(consumer), 0);
	for (uint64_t i = 0; i < 30; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_socket_start(consumer), 0);
	conf_try(conf_take(consumer, 0, 0));
	conf_try(conf_take(consumer, 1, 0));
	conf_try(conf_put(producer, 30, 0));
	conf_try(conf_take(consumer, 30, DSI_PACKET_DROPPED_BEFORE));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* A process that takes what it gets, with holes, and adds up what the flag
 * and the numbers say. */
static int take_with_holes(uint64_t policy)
{
	struct dsi_consumer_options opts = conf_policy((uint32_t)policy);
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	uint64_t next = 0, taken = 0;
	int err;

	opts.queue_packets = 2;
	conf_try(conf_consume(NAME, &opts, &sock));
	while ((err = dsi_packet_get(sock, conf_later(), &pkt)) == 0) {
		uint64_t number = dsi_packet_number(pkt);
		uint32_t flags = dsi_packet_flags(pkt);

		conf_check(number >= next);
		conf_equal((flags & DSI_PACKET_DROPPED_BEFORE) != 0,
			   number != next);
		conf_try(conf_filled(pkt, number));
		next = number + 1;
		conf_equal(dsi_packet_commit(sock, pkt), 0);
		if (++taken % 16 == 0)
			conf_sleep_until(dsi_now() + 100000);
	}
	conf_equal(err, -DSI_EPIPE);
	conf_check(taken > 0);
	conf_equal(conf_stats(sock).committed, taken);
	atomic_store(&conf_shared->values[0], taken);
	dsi_socket_destroy(sock);
	return 0;
}

static int policy_drop_new_while_running(void)
{
	int peer = conf_spawn_process(take_with_holes, DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_socket *producer;
	uint64_t dropped;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint64_t i = 0; i < 2000; i++)
		conf_try(conf_put(producer, i, 0));
	dropped = conf_stats(producer).dropped;
	dsi_socket_destroy(producer);
	conf_equal(conf_join(peer), 0);
	conf_equal(atomic_load(&conf_shared->values[0]) + dropped, 2000);
	return 0;
}

/* ---- RECLAIM ------------------------------------------------------------ */

static void add_reclaimed(void *user, uint64_t packets)
{
	uint64_t *sum = user;

	*sum += packets;
}

static int policy_reclaim(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_RECLAIM);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkt;
	uint64_t reclaimed = 0;
	uint64_t number;

	opts.on_reclaim = add_reclaimed;
	opts.user = &reclaimed;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	/* In time: as with the other policies. */
	conf_try(conf_put(producer, 0, 0));
	conf_equal(dsi_packet_get(consumer, conf_later(), &pkt), 0);
	conf_try(conf_filled(pkt, 0));
	conf_equal(dsi_packet_valid(pkt), 1);
	conf_equal(dsi_packet_flags(pkt), 0);
	conf_equal(dsi_packet_commit(consumer, pkt), 0);
	conf_equal(reclaimed, 0);
	/* Too late: the producer did not wait. */
	for (uint64_t i = 1; i < 21; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_packet_get(consumer, conf_later(), &pkt), 0);
	number = dsi_packet_number(pkt);
	conf_check(number > 1);
	conf_equal(dsi_packet_flags(pkt), DSI_PACKET_DROPPED_BEFORE);
	conf_try(conf_filled(pkt, number));
	conf_equal(dsi_packet_valid(pkt), 1);
	conf_equal(reclaimed, number - 1);
	conf_equal(conf_stats(consumer).reclaimed, number - 1);
	conf_check(dsi_socket_event_count(consumer, DSI_EVENT_RECLAIMED) > 0);
	/* While it is held. */
	for (uint64_t i = 21; i < 41; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_packet_valid(pkt), 0);
	conf_equal(dsi_packet_commit(consumer, pkt), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* Read while it may be overwritten; believe only what was valid. */
static int read_at_risk(uint64_t arg)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_RECLAIM);
	uint64_t next = 0, whole = 0;
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	int err;

	(void)arg;
	conf_try(conf_consume(NAME, &opts, &sock));
	while ((err = dsi_packet_get(sock, conf_later(), &pkt)) == 0) {
		const _Atomic uint64_t *words;
		uint64_t number = dsi_packet_number(pkt);
		uint64_t copy[CONF_WORDS];
		uint32_t bytes;
		void *addr;

		conf_check(number >= next);
		next = number + 1;
		conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
		words = addr;
		for (uint32_t i = 0; i < CONF_WORDS; i++)
			copy[i] = atomic_load_explicit(&words[i],
						       memory_order_relaxed);
		if (dsi_packet_valid(pkt) == 1) {
			for (uint32_t i = 0; i < CONF_WORDS; i++)
				conf_equal(copy[i], number);
			whole++;
		}
		conf_equal(dsi_packet_commit(sock, pkt), 0);
		if (number % 50 == 0)
			conf_sleep_until(dsi_now() + 100000);
	}
	conf_equal(err, -DSI_EPIPE);
	conf_check(whole > 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int policy_reclaim_while_running(void)
{
	int peer = conf_spawn_process(read_at_risk, 0);
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_socket *producer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint64_t i = 0; i < 3000; i++) {
		struct dsi_packet *pkt;
		_Atomic uint64_t *words;
		uint32_t bytes;
		void *addr;

		conf_equal(dsi_packet_get(producer, conf_later(), &pkt), 0);
		conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
		words = addr;
		for (uint32_t k = 0; k < CONF_WORDS; k++)
			atomic_store_explicit(&words[k], i,
					      memory_order_relaxed);
		conf_equal(dsi_packet_commit(producer, pkt), 0);
	}
	/* The last ones stay: it has something to read in any case. */
	conf_sleep_until(conf_soon());
	dsi_socket_destroy(producer);
	conf_equal(conf_join(peer), 0);
	return 0;
}

/* ---- together ----------------------------------------------------------- */

static int policy_mixed(void)
{
	struct dsi_consumer_options drop = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_consumer_options reclaim = conf_policy(DSI_POLICY_RECLAIM);
	struct dsi_socket *producer, *block, *dropper, *reclaimer;
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_packet *pkt;

	drop.queue_packets = 2;
	conf_try(conf_produce(NAME, &desc, 3, &producer));
	conf_try(conf_consume(NAME, NULL, &block));
	conf_try(conf_consume(NAME, &drop, &dropper));
	conf_try(conf_consume(NAME, &reclaim, &reclaimer));
	/* Two sleep, one works. */
	for (uint64_t i = 0; i < 100; i++) {
		conf_try(conf_put(producer, i, 0));
		conf_try(conf_take(block, i, 0));
	}
	conf_try(conf_take(dropper, 0, 0));
	conf_try(conf_take(dropper, 1, 0));
	conf_equal(conf_try_get(dropper, 0), -DSI_EAGAIN);
	conf_equal(conf_stats(producer).dropped, 98);
	conf_equal(dsi_packet_get(reclaimer, conf_later(), &pkt), 0);
	conf_check(dsi_packet_number(pkt) > 50);
	conf_try(conf_filled(pkt, dsi_packet_number(pkt)));
	conf_equal(dsi_packet_valid(pkt), 1);
	conf_equal(dsi_packet_commit(reclaimer, pkt), 0);
	dsi_socket_destroy(block);
	dsi_socket_destroy(dropper);
	dsi_socket_destroy(reclaimer);
	dsi_socket_destroy(producer);
	return 0;
}

const struct conf_test conf_policy_tests[] = {
	{"policy_block", policy_block},
	{"policy_block_gates_for_all", policy_block_gates_for_all},
	{"policy_block_small_ring", policy_block_small_ring},
	{"policy_block_large_ring", policy_block_large_ring},
	{"policy_drop_new", policy_drop_new},
	{"policy_drop_new_default_queue", policy_drop_new_default_queue},
	{"policy_drop_new_needs_packets", policy_drop_new_needs_packets},
	{"policy_stopped_consumer", policy_stopped_consumer},
	{"policy_drop_new_while_running", policy_drop_new_while_running},
	{"policy_reclaim", policy_reclaim},
	{"policy_reclaim_while_running", policy_reclaim_while_running},
	{"policy_mixed", policy_mixed},
	{NULL, NULL},
};
