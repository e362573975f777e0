/* SPDX-License-Identifier: MIT */
/*
 * test_stream.c - streams by name: one producer, one or several consumers,
 * deadlines, abort, stop, order, batches, numbers, time.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/socket.h>

#include "conf.h"

#define NAME "conf.stream"

/* ---- hello -------------------------------------------------------------- */

/* A process that takes @n packets with the values 0.. and the end. */
static int take_all(uint64_t n)
{
	struct dsi_socket *sock;

	conf_try(conf_consume(NAME, NULL, &sock));
	for (uint64_t i = 0; i < n; i++) {
		struct dsi_packet *pkt;

		conf_equal(dsi_packet_get(sock, DSI_FOREVER, &pkt), 0);
		conf_equal(dsi_packet_number(pkt), i);
		conf_equal(dsi_packet_count(pkt), 1);
		conf_equal(dsi_packet_flags(pkt),
			   i + 1 == n ? DSI_PACKET_EOS : 0);
		conf_try(conf_filled(pkt, i));
		conf_equal(dsi_packet_commit(sock, pkt), 0);
	}
	conf_try(conf_ended(sock));
	dsi_socket_destroy(sock);
	return 0;
}

static int put_all(struct dsi_socket *sock, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		conf_try(conf_put(sock, i, i + 1 == n ? DSI_PACKET_EOS : 0));
	return 0;
}

static int hello(uint32_t packets, uint32_t consumers)
{
	struct dsi_stream_desc desc = conf_desc(packets);
	struct dsi_socket *sock;
	int peers[DSI_MAX_CONSUMERS];

	for (uint32_t i = 0; i < consumers; i++)
		peers[i] = conf_spawn_process(take_all, CONF_ROUNDS);
	conf_try(conf_produce(NAME, &desc, consumers, &sock));
	conf_try(put_all(sock, CONF_ROUNDS));
	conf_equal(dsi_socket_drain(sock, conf_later()), 0);
	conf_equal(dsi_socket_close(sock), 0);
	for (uint32_t i = 0; i < consumers; i++)
		conf_equal(conf_join(peers[i]), 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int stream_hello(void)
{
	return hello(8, 1);
}

static int stream_hello_one_packet(void)
{
	return hello(1, 1);
}

static int stream_several_consumers(void)
{
	return hello(5, 4);
}

/* A producer that closes without waiting loses nothing. */
static int stream_close_without_drain(void)
{
	struct dsi_stream_desc desc = conf_desc(16);
	int peer = conf_spawn_process(take_all, 12);
	struct dsi_socket *sock;

	conf_try(conf_produce(NAME, &desc, 1, &sock));
	conf_try(put_all(sock, 12));
	dsi_socket_destroy(sock);
	conf_equal(conf_join(peer), 0);
	return 0;
}

/* Both ends in this process. */
struct pair {
	struct dsi_socket *producer, *consumer;
};

static int pair_begin(struct pair *pair, uint32_t packets)
{
	struct dsi_stream_desc desc = conf_desc(packets);

	conf_try(conf_produce(NAME, &desc, 1, &pair->producer));
	conf_try(conf_consume(NAME, NULL, &pair->consumer));
	return 0;
}

static int pair_end(struct pair *pair)
{
	dsi_socket_destroy(pair->consumer);
	dsi_socket_destroy(pair->producer);
	return 0;
}

static int take_thread(void *arg)
{
	struct pair *pair = arg;

	for (uint64_t i = 0; i < CONF_ROUNDS; i++)
		conf_try(conf_take(pair->consumer, i, 0));
	return 0;
}

static int stream_in_one_process(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 3));
	peer = conf_spawn_thread(take_thread, &pair);
	for (uint64_t i = 0; i < CONF_ROUNDS; i++)
		conf_try(conf_put(pair.producer, i, 0));
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

/* Two streams, producer and consumer of each in another process. */
static int relay(uint64_t n)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *in, *out;

	conf_try(conf_produce(NAME ".2", &desc, 1, &out));
	conf_try(conf_consume(NAME ".1", NULL, &in));
	for (uint64_t i = 0; i < n; i++) {
		conf_try(conf_take(in, i, 0));
		conf_try(conf_put(out, i, 0));
	}
	conf_try(conf_ended(in));
	dsi_socket_destroy(in);
	dsi_socket_destroy(out);
	return 0;
}

static int feed(uint64_t n)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *out;

	conf_try(conf_produce(NAME ".1", &desc, 1, &out));
	for (uint64_t i = 0; i < n; i++)
		conf_try(conf_put(out, i, 0));
	dsi_socket_destroy(out);
	return 0;
}

static int stream_chain_of_processes(void)
{
	int feeder = conf_spawn_process(feed, 100);
	int relayer = conf_spawn_process(relay, 100);
	struct dsi_socket *in;

	conf_try(conf_consume(NAME ".2", NULL, &in));
	for (uint64_t i = 0; i < 100; i++)
		conf_try(conf_take(in, i, 0));
	conf_try(conf_ended(in));
	dsi_socket_destroy(in);
	conf_equal(conf_join(feeder), 0);
	conf_equal(conf_join(relayer), 0);
	return 0;
}

static int stream_spinning(void)
{
	struct dsi_consumer_options copts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_producer_options popts = {
		.size = sizeof(popts), .wait_consumers = 1, .spin_ns = 20000};
	struct dsi_stream_desc desc = conf_desc(2);
	struct pair pair;
	int peer;

	copts.spin_ns = 20000;
	conf_equal(dsi_producer_create(&desc, &popts, &pair.producer), 0);
	conf_equal(dsi_socket_listen(pair.producer, NAME, NULL), 0);
	conf_equal(dsi_socket_start(pair.producer), 0);
	conf_try(conf_consume(NAME, &copts, &pair.consumer));
	peer = conf_spawn_thread(take_thread, &pair);
	for (uint64_t i = 0; i < CONF_ROUNDS; i++)
		conf_try(conf_put(pair.producer, i, 0));
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

/* ---- joining and leaving ------------------------------------------------ */

/* Takes @n packets from wherever it joins, without a hole, and leaves. */
static int visit(uint64_t n)
{
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	uint64_t first = 0;

	conf_try(conf_await(0, 1));
	conf_try(conf_consume(NAME, NULL, &sock));
	for (uint64_t i = 0; i < n; i++) {
		conf_equal(dsi_packet_get(sock, conf_later(), &pkt), 0);
		if (i == 0)
			first = dsi_packet_number(pkt);
		conf_equal(dsi_packet_number(pkt), first + i);
		conf_try(conf_filled(pkt, first + i));
		conf_equal(dsi_packet_commit(sock, pkt), 0);
	}
	dsi_socket_destroy(sock);
	conf_step(1);
	return 0;
}

static int stay(uint64_t arg)
{
	struct dsi_socket *sock;
	uint64_t i = 0;
	int err;

	(void)arg;
	conf_try(conf_consume(NAME, NULL, &sock));
	for (;; i++) {
		struct dsi_packet *pkt;

		err = dsi_packet_get(sock, conf_later(), &pkt);
		if (err)
			break;
		conf_equal(dsi_packet_number(pkt), i);
		conf_try(conf_filled(pkt, i));
		conf_equal(dsi_packet_commit(sock, pkt), 0);
	}
	conf_equal(err, -DSI_EPIPE);
	atomic_store(&conf_shared->values[0], i);
	dsi_socket_destroy(sock);
	return 0;
}

static int stream_consumers_come_and_go(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	int stayer = conf_spawn_process(stay, 0);
	struct dsi_socket *sock;
	int visitors[3];
	uint64_t n = 0;

	for (uint32_t i = 0; i < 3; i++)
		visitors[i] = conf_spawn_process(visit, 10 + i);
	conf_try(conf_produce(NAME, &desc, 1, &sock));
	for (; n < 10; n++)
		conf_try(conf_put(sock, n, 0));
	conf_step(0);
	while (atomic_load(&conf_shared->steps[1]) < 3) {
		conf_try(conf_put(sock, n++, 0));
		conf_check(!atomic_load(&conf_shared->failed));
	}
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(conf_join(visitors[i]), 0);
	for (uint64_t end = n + 20; n < end; n++)
		conf_try(conf_put(sock, n, 0));
	dsi_socket_destroy(sock);
	conf_equal(conf_join(stayer), 0);
	conf_equal(atomic_load(&conf_shared->values[0]), n);
	return 0;
}

static int stream_without_consumer(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *sock;

	conf_try(conf_produce(NAME, &desc, 0, &sock));
	for (uint64_t i = 0; i < 10; i++)
		conf_try(conf_put(sock, i, 0));
	conf_equal(conf_stats(sock).unclaimed, 10);
	conf_equal(conf_stats(sock).committed, 10);
	conf_equal(conf_stats(sock).consumers, 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int stream_waits_for_consumers(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *sock, *first, *second;

	conf_try(conf_produce(NAME, &desc, 2, &sock));
	conf_equal(conf_try_get(sock, 0), -DSI_EAGAIN);
	conf_try(conf_consume(NAME, NULL, &first));
	conf_equal(conf_try_get(sock, conf_soon()), -DSI_ETIMEDOUT);
	conf_try(conf_consume(NAME, NULL, &second));
	conf_try(conf_put(sock, 0, 0));
	conf_try(conf_take(first, 0, 0));
	conf_try(conf_take(second, 0, 0));
	/* Joins count, not who is still there. */
	dsi_socket_destroy(first);
	dsi_socket_destroy(second);
	conf_try(conf_put(sock, 1, 0));
	dsi_socket_destroy(sock);
	return 0;
}

static int connect_late(void *arg)
{
	struct pair *pair = arg;

	return conf_consume(NAME, NULL, &pair->consumer);
}

/* Who is first does not matter. */
static int stream_consumer_waits_for_name(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct pair pair;
	int peer = conf_spawn_thread(connect_late, &pair);

	conf_sleep_until(conf_soon());
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	conf_equal(conf_join(peer), 0);
	conf_try(conf_put(pair.producer, 5, 0));
	conf_try(conf_take(pair.consumer, 5, 0));
	return pair_end(&pair);
}

/* ---- deadlines, abort, stop --------------------------------------------- */

static int stream_deadlines(void)
{
	struct dsi_packet *pkts[2];
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t soon;

	conf_try(pair_begin(&pair, 2));
	conf_equal(dsi_packet_get(pair.consumer, 0, &pkt), -DSI_EAGAIN);
	soon = conf_soon();
	conf_equal(dsi_packet_get(pair.consumer, soon, &pkt), -DSI_ETIMEDOUT);
	conf_check(dsi_now() >= soon);
	/* One that has passed already is no reason not to look. */
	conf_try(conf_put(pair.producer, 0, 0));
	conf_equal(dsi_packet_get(pair.consumer, 1, &pkts[0]), 0);
	conf_equal(dsi_packet_get(pair.consumer, 1, &pkt), -DSI_ETIMEDOUT);
	conf_try(conf_put(pair.producer, 1, 0));
	conf_equal(dsi_packet_get(pair.consumer, 0, &pkts[1]), 0);
	/* Now the producer has to wait. */
	conf_equal(dsi_packet_get(pair.producer, 0, &pkt), -DSI_EAGAIN);
	soon = conf_soon();
	conf_equal(dsi_packet_get(pair.producer, soon, &pkt), -DSI_ETIMEDOUT);
	conf_check(dsi_now() >= soon);
	conf_equal(dsi_packet_commit(pair.consumer, pkts[1]), 0);
	conf_equal(dsi_packet_get(pair.producer, conf_later(), &pkt), 0);
	conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
	conf_equal(dsi_packet_commit(pair.consumer, pkts[0]), 0);
	return pair_end(&pair);
}

static int stream_application_holds_all(void)
{
	struct dsi_packet *pkts[3];
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	conf_equal(dsi_packet_get(pair.producer, conf_later(), &pkts[0]), 0);
	conf_equal(dsi_packet_get(pair.producer, 0, &pkts[1]), 0);
	conf_equal(dsi_packet_get(pair.producer, 0, &pkts[2]), -DSI_ENOBUFS);
	conf_equal(dsi_packet_get(pair.producer, DSI_FOREVER, &pkts[2]),
		   -DSI_ENOBUFS);
	conf_equal(conf_stats(pair.producer).held, 2);
	conf_equal(dsi_packet_discard(pair.producer, pkts[0]), 0);
	conf_equal(dsi_packet_get(pair.producer, 0, &pkts[0]), 0);
	conf_equal(dsi_packet_discard(pair.producer, pkts[0]), 0);
	conf_equal(dsi_packet_discard(pair.producer, pkts[1]), 0);
	return pair_end(&pair);
}

struct blocked {
	struct dsi_socket *sock;
	int result;
};

static int block_in_get(void *arg)
{
	struct blocked *blocked = arg;
	struct dsi_packet *pkt;

	conf_step(0);
	blocked->result = dsi_packet_get(blocked->sock, conf_later(), &pkt);
	return 0;
}

/* Let a thread block in get(), do something, see what get() says. */
static int interrupt(struct dsi_socket *sock, int (*how)(struct dsi_socket *),
		     int expected)
{
	struct blocked blocked = {sock, 0};
	uint32_t step = atomic_load(&conf_shared->steps[0]);
	int peer = conf_spawn_thread(block_in_get, &blocked);

	conf_try(conf_await(0, step + 1));
	conf_sleep_until(conf_soon());
	conf_equal(how(sock), 0);
	conf_equal(conf_join(peer), 0);
	conf_equal(blocked.result, expected);
	return 0;
}

static int stream_abort(void)
{
	struct pair pair;

	conf_try(pair_begin(&pair, 1));
	conf_try(
		interrupt(pair.consumer, dsi_packet_get_abort, -DSI_ECANCELED));
	/* Only one: the next one blocks again. */
	conf_equal(conf_try_get(pair.consumer, conf_soon()), -DSI_ETIMEDOUT);
	/* In advance: it meets the first that would block. */
	conf_equal(dsi_packet_get_abort(pair.consumer), 0);
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(conf_take(pair.consumer, 1, 0));
	conf_equal(conf_try_get(pair.consumer, conf_later()), -DSI_ECANCELED);
	conf_equal(conf_try_get(pair.consumer, conf_soon()), -DSI_ETIMEDOUT);
	/* The producer's side. */
	conf_try(conf_put(pair.producer, 2, 0));
	conf_try(
		interrupt(pair.producer, dsi_packet_get_abort, -DSI_ECANCELED));
	conf_try(conf_take(pair.consumer, 2, 0));
	conf_try(conf_put(pair.producer, 3, 0));
	conf_try(conf_take(pair.consumer, 3, 0));
	return pair_end(&pair);
}

static int stream_stop(void)
{
	struct dsi_packet *held;
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	conf_try(conf_put(pair.producer, 0, 0));
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &held), 0);
	conf_try(interrupt(pair.consumer, dsi_socket_stop, -DSI_ECANCELED));
	conf_equal(dsi_socket_state(pair.consumer), DSI_STATE_STOPPING);
	/* Until start, whatever there is. */
	conf_try(conf_put(pair.producer, 1, 0));
	conf_equal(conf_try_get(pair.consumer, 0), -DSI_ECANCELED);
	conf_equal(conf_try_get(pair.consumer, conf_later()), -DSI_ECANCELED);
	conf_try(conf_filled(held, 0));
	conf_equal(dsi_packet_commit(pair.consumer, held), 0);
	conf_equal(dsi_socket_start(pair.consumer), 0);
	conf_equal(dsi_socket_state(pair.consumer), DSI_STATE_RUNNING);
	conf_try(conf_take(pair.consumer, 1, 0));

	/* The producer's side. */
	conf_equal(dsi_packet_get(pair.producer, conf_later(), &held), 0);
	conf_equal(dsi_socket_stop(pair.producer), 0);
	conf_equal(conf_try_get(pair.producer, 0), -DSI_ECANCELED);
	conf_try(conf_fill(held, 2));
	conf_equal(dsi_packet_commit(pair.producer, held), 0);
	conf_try(conf_take(pair.consumer, 2, 0));
	conf_equal(dsi_socket_start(pair.producer), 0);
	conf_try(conf_put(pair.producer, 3, 0));
	conf_try(conf_take(pair.consumer, 3, 0));
	return pair_end(&pair);
}

static int stream_not_started(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;

	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	conf_equal(dsi_socket_state(producer), DSI_STATE_CREATED);
	conf_equal(conf_try_get(producer, 0), -DSI_ENOTCONN);
	conf_equal(conf_try_get(consumer, 0), -DSI_ENOTCONN);
	conf_equal(dsi_socket_start(producer), -DSI_ENOTCONN);
	conf_equal(dsi_socket_start(consumer), -DSI_ENOTCONN);
	conf_equal(dsi_socket_listen(producer, NAME, NULL), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()), 0);
	conf_equal(dsi_socket_state(producer), DSI_STATE_CONNECTED);
	conf_equal(dsi_socket_state(consumer), DSI_STATE_CONNECTED);
	conf_equal(conf_try_get(producer, conf_later()), -DSI_ENOTCONN);
	conf_equal(conf_try_get(consumer, conf_later()), -DSI_ENOTCONN);
	conf_equal(dsi_socket_start(consumer), 0);
	conf_equal(dsi_socket_start(producer), 0);
	conf_equal(dsi_socket_close(consumer), 0);
	conf_equal(dsi_socket_close(consumer), 0);
	conf_equal(dsi_socket_state(consumer), DSI_STATE_CLOSED);
	conf_equal(conf_try_get(consumer, 0), -DSI_EPIPE);
	conf_equal(dsi_socket_start(consumer), -DSI_EPIPE);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	dsi_socket_destroy(NULL);
	return 0;
}

/* ---- order, batches, numbers -------------------------------------------- */

static int stream_commit_out_of_order(void)
{
	static const uint32_t order[4] = {2, 0, 3, 1};
	struct dsi_packet *pkts[4];
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	for (uint64_t round = 0; round < 50; round++) {
		for (uint64_t i = 0; i < 4; i++)
			conf_try(conf_put(pair.producer, round * 4 + i, 0));
		for (uint32_t i = 0; i < 4; i++) {
			conf_equal(dsi_packet_get(pair.consumer, conf_later(),
						  &pkts[i]),
				   0);
			conf_equal(dsi_packet_number(pkts[i]), round * 4 + i);
		}
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t k = order[(i + round) % 4];

			conf_try(conf_filled(pkts[k], round * 4 + k));
			conf_equal(dsi_packet_commit(pair.consumer, pkts[k]),
				   0);
		}
	}
	conf_equal(conf_stats(pair.consumer).released, 200);
	return pair_end(&pair);
}

/* As a sink that keeps the last picture: one packet stays, others pass. */
static int stream_one_packet_stays(void)
{
	struct dsi_packet *held;
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	conf_try(conf_put(pair.producer, 77, 0));
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &held), 0);
	for (uint64_t i = 0; i < 100; i++) {
		conf_try(conf_put(pair.producer, i, 0));
		conf_try(conf_take(pair.consumer, i, 0));
		conf_try(conf_filled(held, 77));
	}
	conf_equal(dsi_packet_commit(pair.consumer, held), 0);
	return pair_end(&pair);
}

static int sleep_then_batch(uint64_t n)
{
	struct dsi_packet *pkts[8];
	struct dsi_socket *sock;
	uint32_t seen = 0;

	conf_try(conf_consume(NAME, NULL, &sock));
	while (seen < n) {
		int32_t got;

		conf_step(0);
		got = dsi_packet_get_many(sock, conf_later(), pkts, 8);
		conf_check(got >= 1 && got <= 8);
		for (int32_t i = 0; i < got; i++)
			conf_try(conf_filled(pkts[i], seen++));
		conf_equal(dsi_packet_commit_many(sock, pkts, (uint32_t)got),
			   0);
		conf_step(1);
	}
	dsi_socket_destroy(sock);
	return 0;
}

static int stream_batch_costs_one_wake(void)
{
	int peer = conf_spawn_process(sleep_then_batch, 40);
	struct dsi_stream_desc desc = conf_desc(8);
	struct dsi_packet *pkts[4];
	struct dsi_socket *sock;

	conf_try(conf_produce(NAME, &desc, 1, &sock));
	for (uint64_t n = 0; n < 40;) {
		uint64_t wakes;
		int32_t got = 0;

		while (got < 4) {
			int32_t more = dsi_packet_get_many(sock, conf_later(),
							   pkts + got,
							   (uint32_t)(4 - got));

			conf_check(more >= 1 && more <= 4 - got);
			got += more;
		}
		for (uint32_t i = 0; i < 4; i++)
			conf_try(conf_fill(pkts[i], n++));
		/* Give it time to fall asleep. */
		conf_sleep_until(conf_in_ms(1));
		wakes = conf_stats(sock).wakes;
		conf_equal(dsi_packet_commit_many(sock, pkts, 4), 0);
		conf_check(conf_stats(sock).wakes - wakes <= 1);
	}
	conf_equal(conf_join(peer), 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int stream_get_many(void)
{
	struct dsi_packet *pkts[9];
	struct pair pair;

	conf_try(pair_begin(&pair, 8));
	conf_equal(dsi_packet_get_many(pair.consumer, 0, pkts, 9), -DSI_EAGAIN);
	conf_equal(dsi_packet_get_many(pair.consumer, conf_soon(), pkts, 9),
		   -DSI_ETIMEDOUT);
	conf_equal(dsi_packet_get_many(pair.producer, conf_later(), pkts, 0),
		   -DSI_EINVAL);
	conf_equal(dsi_packet_get_many(pair.producer, conf_later(), pkts, 5),
		   5);
	for (uint32_t i = 0; i < 5; i++)
		conf_try(conf_fill(pkts[i], i));
	conf_equal(dsi_packet_commit_many(pair.producer, pkts, 5), 0);
	conf_equal(dsi_packet_get_many(pair.consumer, conf_later(), pkts, 2),
		   2);
	conf_equal(dsi_packet_get_many(pair.consumer, 0, pkts + 2, 9 - 2), 3);
	for (uint32_t i = 0; i < 5; i++)
		conf_try(conf_filled(pkts[i], i));
	conf_equal(dsi_packet_commit_many(pair.consumer, pkts, 5), 0);
	return pair_end(&pair);
}

static int get_nr(struct dsi_socket *sock, uint64_t number, int expected)
{
	struct dsi_packet *pkt;

	conf_equal(dsi_packet_get_nr(sock, number, 0, &pkt), expected);
	if (expected)
		return 0;
	conf_equal(dsi_packet_number(pkt), number);
	conf_try(conf_filled(pkt, number));
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	return 0;
}

static int stream_get_nr(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t soon;

	conf_try(pair_begin(&pair, 8));
	for (uint64_t i = 0; i < 6; i++)
		conf_try(conf_put(pair.producer, i, 0));
	conf_try(get_nr(pair.consumer, 3, 0));
	conf_try(get_nr(pair.consumer, 3, -DSI_ESTALE));
	conf_try(get_nr(pair.consumer, 6, -DSI_EAGAIN));
	soon = conf_soon();
	conf_equal(dsi_packet_get_nr(pair.consumer, 6, soon, &pkt),
		   -DSI_ETIMEDOUT);
	conf_check(dsi_now() >= soon);
	conf_try(get_nr(pair.consumer, 1, 0));
	/* What was left out is there, in order. */
	conf_try(conf_take(pair.consumer, 0, 0));
	conf_try(get_nr(pair.consumer, 0, -DSI_ESTALE));
	conf_try(conf_take(pair.consumer, 2, 0));
	conf_try(conf_take(pair.consumer, 4, 0));
	conf_try(conf_take(pair.consumer, 5, 0));
	conf_equal(conf_try_get(pair.consumer, 0), -DSI_EAGAIN);
	conf_equal(dsi_packet_get_nr(pair.producer, 0, 0, &pkt), -DSI_EINVAL);
	return pair_end(&pair);
}

/* Over and over, around the ring. */
static int stream_get_nr_wraps(void)
{
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	for (uint64_t n = 0; n < 80; n += 4) {
		for (uint64_t i = 0; i < 4; i++)
			conf_try(conf_put(pair.producer, n + i, 0));
		conf_try(get_nr(pair.consumer, n + 2, 0));
		conf_try(get_nr(pair.consumer, n, 0));
		conf_try(conf_take(pair.consumer, n + 1, 0));
		conf_try(conf_take(pair.consumer, n + 3, 0));
	}
	return pair_end(&pair);
}

static int put_number_4(void *arg)
{
	struct pair *pair = arg;
	struct dsi_packet *pkt;

	/* Without a limit: at its end it would look once more. */
	conf_equal(dsi_packet_get(pair->producer, DSI_FOREVER, &pkt), 0);
	conf_try(conf_fill(pkt, 4));
	conf_equal(dsi_packet_commit(pair->producer, pkt), 0);
	return 0;
}

/* A packet that was taken early is free before its descriptor is.  Who sleeps
 * for that is woken, although no other packet comes back. */
static int stream_get_nr_frees_the_ring(void)
{
	struct dsi_packet *pkts[4];
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 4));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(conf_put(pair.producer, i, 0));
	peer = conf_spawn_thread(put_number_4, &pair);
	/* Give it time to fall asleep; if it does not, nothing is shown. */
	conf_sleep_until(conf_soon());
	conf_try(get_nr(pair.consumer, 1, 0));
	conf_sleep_until(conf_soon());
	for (uint32_t i = 0; i < 4; i++)
		conf_equal(
			dsi_packet_get(pair.consumer, conf_later(), &pkts[i]),
			0);
	conf_equal(dsi_packet_number(pkts[3]), 4);
	conf_equal(dsi_packet_commit_many(pair.consumer, pkts, 4), 0);
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

static int stream_own_numbers(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	for (uint64_t i = 1; i <= 3; i++) {
		conf_equal(dsi_packet_get(pair.producer, conf_later(), &pkt),
			   0);
		conf_try(conf_fill(pkt, i * 1000000007u));
		conf_equal(dsi_packet_set_number(pkt, i * 1000000007u), 0);
		conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	}
	conf_try(get_nr(pair.consumer, 2000000014u, 0));
	conf_equal(dsi_packet_get(pair.consumer, 0, &pkt), 0);
	conf_equal(dsi_packet_number(pkt), 1000000007u);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(dsi_packet_get(pair.consumer, 0, &pkt), 0);
	conf_equal(dsi_packet_number(pkt), 3000000021u);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	return pair_end(&pair);
}

/* ---- end of stream, drain ----------------------------------------------- */

static int stream_end(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 0, 0));
	conf_try(conf_put(pair.producer, 1, DSI_PACKET_EOS));
	conf_equal(dsi_socket_drain(pair.producer, 0), -DSI_EAGAIN);
	conf_equal(dsi_socket_drain(pair.producer, conf_soon()),
		   -DSI_ETIMEDOUT);
	conf_try(conf_take(pair.consumer, 0, 0));
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &pkt), 0);
	conf_equal(dsi_packet_flags(pkt), DSI_PACKET_EOS);
	conf_equal(dsi_socket_event_count(pair.consumer, DSI_EVENT_EOS), 1);
	conf_equal(dsi_socket_drain(pair.producer, 0), -DSI_EAGAIN);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), 0);
	/* EOS is data: the stream can go on. */
	conf_try(conf_put(pair.producer, 2, 0));
	conf_try(conf_take(pair.consumer, 2, 0));
	conf_equal(dsi_socket_close(pair.producer), 0);
	conf_try(conf_ended(pair.consumer));
	return pair_end(&pair);
}

static int take_slowly(void *arg)
{
	struct pair *pair = arg;

	for (uint64_t i = 0; i < 3; i++) {
		conf_sleep_until(conf_soon());
		conf_try(conf_take(pair->consumer, i, 0));
	}
	return 0;
}

static int stream_drain_waits(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 4));
	conf_equal(dsi_socket_drain(pair.consumer, 0), -DSI_EINVAL);
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_put(pair.producer, i, 0));
	peer = conf_spawn_thread(take_slowly, &pair);
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), 0);
	conf_equal(conf_stats(pair.producer).released, 3);
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

/* ---- time --------------------------------------------------------------- */

static int stream_time_stamps(void)
{
	uint64_t before = dsi_now();
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 0, 0));
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &pkt), 0);
	conf_check(dsi_packet_time(pkt) >= before);
	conf_check(dsi_packet_time(pkt) <= dsi_now());
	conf_check(dsi_packet_expiry(pkt) == DSI_FOREVER);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);

	conf_equal(dsi_packet_get(pair.producer, conf_later(), &pkt), 0);
	conf_equal(dsi_packet_set_time(pkt, 123456789u), 0);
	conf_equal(dsi_packet_set_expiry(pkt, DSI_FOREVER - 5), 0);
	conf_equal(dsi_packet_time(pkt), 123456789u);
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &pkt), 0);
	conf_equal(dsi_packet_time(pkt), 123456789u);
	conf_check(dsi_packet_expiry(pkt) == DSI_FOREVER - 5);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	return pair_end(&pair);
}

static int expire(uint32_t flags, uint64_t lifetime_ns)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_packet *pkt;
	struct pair pair;
	int keep = flags & DSI_CONSUMER_KEEP_EXPIRED;

	desc.lifetime_ns = lifetime_ns;
	opts.flags = flags;
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	conf_try(conf_consume(NAME, &opts, &pair.consumer));
	for (uint64_t i = 0; i < 20; i++) {
		conf_equal(dsi_packet_get(pair.producer, conf_later(), &pkt),
			   0);
		conf_try(conf_fill(pkt, i));
		/* Every second one was too old before it came. */
		if (i % 2 == 0 && lifetime_ns)
			conf_equal(dsi_packet_set_time(pkt, 1), 0);
		else if (i % 2 == 0)
			conf_equal(dsi_packet_set_expiry(pkt, 1), 0);
		conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
		if (keep || i % 2)
			conf_try(conf_take(pair.consumer, i, 0));
		else
			conf_equal(conf_try_get(pair.consumer, 0), -DSI_EAGAIN);
	}
	conf_equal(conf_stats(pair.consumer).expired, keep ? 0 : 10);
	conf_equal(dsi_socket_event_count(pair.consumer, DSI_EVENT_EXPIRED),
		   keep ? 0 : 10);
	/* What was skipped came back to the producer. */
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), 0);
	return pair_end(&pair);
}

static int stream_expired_are_skipped(void)
{
	conf_try(expire(0, 0));
	/* Time enough, but not for what is as old as the clock. */
	conf_try(expire(0, dsi_now() / 2));
	conf_try(expire(DSI_CONSUMER_KEEP_EXPIRED, 0));
	return 0;
}

/* ---- asking ------------------------------------------------------------- */

static int stream_desc_is_resolved(void)
{
	struct dsi_stream_desc seen[2], desc = conf_desc(5);
	struct pair pair;

	strcpy(desc.format, "video/raw");
	desc.traffic.tick_hz = 1000000000;
	desc.traffic.period = 40000000;
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	conf_try(conf_consume(NAME, NULL, &pair.consumer));
	memset(seen, 0, sizeof(seen));
	seen[0].size = seen[1].size = sizeof(seen[0]);
	conf_equal(dsi_socket_desc(pair.producer, &seen[0]), 0);
	conf_equal(dsi_socket_desc(pair.consumer, &seen[1]), 0);
	conf_equal(memcmp(&seen[0], &seen[1], sizeof(seen[0])), 0);
	conf_equal(seen[0].packets, 5);
	conf_equal(seen[0].ring_slots, 8);
	conf_equal(seen[0].max_sg, 1);
	conf_equal(seen[0].align_bytes, 64);
	conf_equal(seen[0].packet_bytes, CONF_BYTES);
	conf_check(seen[0].data_bytes >= 5 * CONF_BYTES);
	conf_equal(seen[0].traffic.tick_hz, 1000000000);
	conf_equal(seen[0].traffic.period, 40000000);
	conf_equal(strcmp(seen[1].format, "video/raw"), 0);
	return pair_end(&pair);
}

static int stream_stats(void)
{
	struct dsi_socket_stats p, c;
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_put(pair.producer, i, 0));
	conf_try(conf_take(pair.consumer, 0, 0));
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &pkt), 0);
	p = conf_stats(pair.producer);
	c = conf_stats(pair.consumer);
	conf_equal(p.size, sizeof(p));
	conf_equal(p.state, DSI_STATE_RUNNING);
	conf_equal(p.consumers, 1);
	conf_equal(p.committed, 3);
	conf_equal(p.bytes, 3 * CONF_BYTES);
	conf_equal(p.held, 0);
	conf_equal(p.dropped, 0);
	conf_equal(c.state, DSI_STATE_RUNNING);
	conf_equal(c.committed, 2);
	conf_equal(c.bytes, 2 * CONF_BYTES);
	conf_equal(c.released, 1);
	conf_equal(c.held, 1);
	conf_check(c.latency_sum_ns >= c.latency_max_ns);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(conf_stats(pair.consumer).held, 0);
	return pair_end(&pair);
}

struct listed {
	uint32_t ours, others;
	struct dsi_name_info info;
};

static void list(void *user, const char *name, const struct dsi_name_info *info)
{
	struct listed *listed = user;

	if (strcmp(name, NAME)) {
		listed->others++;
		return;
	}
	listed->ours++;
	listed->info = *info;
}

static int stream_is_listed(void)
{
	struct listed listed = {.ours = 0};
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 0, 0));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_equal(dsi_names(list, &listed, conf_later()), 1);
	conf_equal(listed.ours, 1);
	conf_equal(listed.info.answered, 1);
	conf_equal(listed.info.error, 0);
	conf_equal(listed.info.state, DSI_STATE_RUNNING);
	conf_equal(listed.info.consumers, 1);
	conf_equal(listed.info.committed, 2);
	conf_equal(listed.info.desc.packets, 4);
	/* Being asked does no harm. */
	conf_try(conf_take(pair.consumer, 0, 0));
	conf_equal(conf_stats(pair.producer).consumers, 1);
	conf_try(pair_end(&pair));
	conf_equal(dsi_names(list, &listed, conf_later()), 0);
	return 0;
}

static int stream_fd(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	int fd;

	conf_try(pair_begin(&pair, 2));
	fd = dsi_socket_fd(pair.consumer);
	if (fd == -DSI_ENOTSUP)
		return pair_end(&pair);
	conf_check(fd >= 0);
	conf_equal(dsi_socket_fd(pair.consumer), fd);
	for (uint64_t i = 0; i < 20; i++) {
		while (dsi_packet_get(pair.consumer, 0, &pkt) == 0)
			conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
		conf_try(conf_put(pair.producer, i, 0));
		conf_check(conf_readable(fd, conf_later()));
	}
	while (dsi_packet_get(pair.consumer, 0, &pkt) == 0)
		conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(conf_stats(pair.consumer).committed, 20);
	/* Drained and asked until -DSI_EAGAIN: quiet, but for late rings. */
	for (uint32_t i = 0; i < 100 && conf_readable(fd, 0); i++)
		conf_equal(dsi_packet_get(pair.consumer, 0, &pkt), -DSI_EAGAIN);
	conf_check(!conf_readable(fd, 0));
	/* The producer's: space. */
	fd = dsi_socket_fd(pair.producer);
	conf_check(fd >= 0);
	for (uint64_t i = 0; i < 2; i++)
		conf_try(conf_put(pair.producer, i, 0));
	for (uint32_t i = 0; i < 100 && conf_readable(fd, 0); i++)
		conf_equal(conf_try_get(pair.producer, 0), -DSI_EAGAIN);
	conf_equal(conf_try_get(pair.producer, 0), -DSI_EAGAIN);
	conf_try(conf_take(pair.consumer, 0, 0));
	conf_check(conf_readable(fd, conf_later()));
	conf_equal(conf_try_get(pair.producer, 0), 0);
	/* The end. */
	fd = dsi_socket_fd(pair.consumer);
	conf_try(conf_take(pair.consumer, 1, 0));
	conf_equal(conf_try_get(pair.consumer, 0), -DSI_EAGAIN);
	conf_equal(dsi_socket_close(pair.producer), 0);
	while (dsi_packet_get(pair.consumer, 0, &pkt) == -DSI_EAGAIN)
		conf_check(conf_readable(fd, conf_later()));
	conf_try(conf_ended(pair.consumer));
	return pair_end(&pair);
}

const struct conf_test conf_stream_tests[] = {
	{"stream_hello", stream_hello},
	{"stream_hello_one_packet", stream_hello_one_packet},
	{"stream_several_consumers", stream_several_consumers},
	{"stream_close_without_drain", stream_close_without_drain},
	{"stream_in_one_process", stream_in_one_process},
	{"stream_chain_of_processes", stream_chain_of_processes},
	{"stream_spinning", stream_spinning},
	{"stream_consumers_come_and_go", stream_consumers_come_and_go},
	{"stream_without_consumer", stream_without_consumer},
	{"stream_waits_for_consumers", stream_waits_for_consumers},
	{"stream_consumer_waits_for_name", stream_consumer_waits_for_name},
	{"stream_deadlines", stream_deadlines},
	{"stream_application_holds_all", stream_application_holds_all},
	{"stream_abort", stream_abort},
	{"stream_stop", stream_stop},
	{"stream_not_started", stream_not_started},
	{"stream_commit_out_of_order", stream_commit_out_of_order},
	{"stream_one_packet_stays", stream_one_packet_stays},
	{"stream_batch_costs_one_wake", stream_batch_costs_one_wake},
	{"stream_get_many", stream_get_many},
	{"stream_get_nr", stream_get_nr},
	{"stream_get_nr_wraps", stream_get_nr_wraps},
	{"stream_get_nr_frees_the_ring", stream_get_nr_frees_the_ring},
	{"stream_own_numbers", stream_own_numbers},
	{"stream_end", stream_end},
	{"stream_drain_waits", stream_drain_waits},
	{"stream_time_stamps", stream_time_stamps},
	{"stream_expired_are_skipped", stream_expired_are_skipped},
	{"stream_desc_is_resolved", stream_desc_is_resolved},
	{"stream_stats", stream_stats},
	{"stream_is_listed", stream_is_listed},
	{"stream_fd", stream_fd},
	{NULL, NULL},
};
