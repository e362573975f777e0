/* SPDX-License-Identifier: MIT */
/*
 * test_select.c - wait for events of one and of many sockets.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>

#include "conf.h"

#define NAME "conf.select"

struct pair {
	struct dsi_socket *producer, *consumer;
};

static int pair_begin(struct pair *pair, uint32_t packets)
{
	struct dsi_stream_desc desc = conf_desc(packets);

	conf_try(conf_produce(NAME, &desc, 1, &pair->producer));
	conf_try(conf_consume(NAME, NULL, &pair->consumer));
	/* Both have taken notice of each other. */
	conf_try(conf_put(pair->producer, 0, 0));
	conf_try(conf_take(pair->consumer, 0, 0));
	return 0;
}

static int pair_end(struct pair *pair)
{
	dsi_socket_destroy(pair->consumer);
	dsi_socket_destroy(pair->producer);
	return 0;
}

/* Select on one socket: exactly these events, or an error if @events is 0. */
static int select_gives(struct dsi_socket *sock, uint32_t mask,
			uint64_t deadline_ns, uint32_t events, int error)
{
	struct dsi_event_source source;

	memset(&source, 0, sizeof(source));
	source.socket = sock;
	source.mask = mask;
	conf_equal(dsi_select(&source, 1, deadline_ns), events ? 1 : error);
	conf_equal(source.events, events);
	return 0;
}

/* Forget what was raised so far. */
static void forget(struct dsi_socket *sock)
{
	struct dsi_event_source source;

	memset(&source, 0, sizeof(source));
	source.socket = sock;
	source.mask = ~(DSI_EVENT_DATA | DSI_EVENT_SPACE);
	while (dsi_select(&source, 1, 0) > 0)
		;
}

static int select_data_and_space(void)
{
	struct pair pair;
	uint64_t soon;

	conf_try(pair_begin(&pair, 2));
	conf_try(
		select_gives(pair.consumer, DSI_EVENT_DATA, 0, 0, -DSI_EAGAIN));
	soon = conf_soon();
	conf_try(select_gives(pair.consumer, DSI_EVENT_DATA, soon, 0,
			      -DSI_ETIMEDOUT));
	conf_check(dsi_now() >= soon);
	conf_try(select_gives(pair.producer, DSI_EVENT_SPACE, 0,
			      DSI_EVENT_SPACE, 0));
	conf_try(conf_put(pair.producer, 1, 0));
	/* A level: it stays. */
	for (uint32_t i = 0; i < 3; i++)
		conf_try(select_gives(pair.consumer, DSI_EVENT_DATA,
				      conf_later(), DSI_EVENT_DATA, 0));
	conf_try(conf_put(pair.producer, 2, 0));
	conf_try(select_gives(pair.producer, DSI_EVENT_SPACE, 0, 0,
			      -DSI_EAGAIN));
	conf_try(conf_take(pair.consumer, 1, 0));
	conf_try(select_gives(pair.producer, DSI_EVENT_SPACE, conf_later(),
			      DSI_EVENT_SPACE, 0));
	conf_try(conf_take(pair.consumer, 2, 0));
	conf_try(
		select_gives(pair.consumer, DSI_EVENT_DATA, 0, 0, -DSI_EAGAIN));
	return pair_end(&pair);
}

static int put_later(void *arg)
{
	struct pair *pair = arg;

	for (uint64_t i = 0; i < 50; i++) {
		if (i % 10 == 0)
			conf_sleep_until(conf_soon());
		conf_try(conf_put(pair->producer, i, 0));
	}
	return 0;
}

static int select_is_woken_by_data(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 2));
	peer = conf_spawn_thread(put_later, &pair);
	for (uint64_t i = 0; i < 50; i++) {
		uint64_t late = conf_later();

		conf_try(select_gives(pair.consumer, DSI_EVENT_DATA, late,
				      DSI_EVENT_DATA, 0));
		/* It also looks when its time is over. */
		conf_check(dsi_now() < late);
		conf_try(conf_take(pair.consumer, i, 0));
	}
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

static int take_later(void *arg)
{
	struct pair *pair = arg;

	for (uint64_t i = 0; i < 20; i++) {
		if (i % 5 == 0)
			conf_sleep_until(conf_soon());
		conf_try(conf_take(pair->consumer, i, 0));
	}
	return 0;
}

static int select_is_woken_by_space(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 2));
	peer = conf_spawn_thread(take_later, &pair);
	for (uint64_t i = 0; i < 20; i++) {
		uint64_t late = conf_later();

		conf_try(select_gives(pair.producer, DSI_EVENT_SPACE, late,
				      DSI_EVENT_SPACE, 0));
		conf_check(dsi_now() < late);
		conf_equal(conf_try_get(pair.producer, 0), 0);
		conf_try(conf_put(pair.producer, i, 0));
	}
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

/* ---- events that are remembered ----------------------------------------- */

#define USER_A 0x010000u
#define USER_B 0x800000u

static int raise_later(void *arg)
{
	conf_sleep_until(conf_soon());
	conf_equal(dsi_socket_raise(arg, USER_A), 0);
	return 0;
}

static int select_user_events(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 2));
	conf_equal(dsi_socket_raise(pair.consumer, USER_A | USER_B), 0);
	conf_equal(dsi_socket_raise(pair.consumer, USER_B), 0);
	/* Only what is asked for is reported, and only once. */
	conf_try(select_gives(pair.consumer, USER_B, 0, USER_B, 0));
	conf_try(select_gives(pair.consumer, USER_B, 0, 0, -DSI_EAGAIN));
	conf_try(select_gives(pair.consumer, USER_A | USER_B, 0, USER_A, 0));
	conf_equal(dsi_socket_event_count(pair.consumer, USER_A), 1);
	conf_equal(dsi_socket_event_count(pair.consumer, USER_B), 2);
	conf_equal(dsi_socket_event_count(pair.consumer, USER_A | USER_B), 0);
	conf_equal(dsi_socket_event_count(pair.consumer, 0), 0);
	conf_equal(dsi_socket_event_count(NULL, USER_A), 0);
	/* By another thread. */
	for (uint32_t i = 0; i < 3; i++) {
		peer = conf_spawn_thread(raise_later, pair.consumer);
		conf_try(select_gives(pair.consumer, USER_A, conf_later(),
				      USER_A, 0));
		conf_equal(conf_join(peer), 0);
	}
	/* Only the application's events can be raised. */
	conf_equal(dsi_socket_raise(pair.consumer, DSI_EVENT_EOS), -DSI_EINVAL);
	conf_equal(dsi_socket_raise(pair.consumer, 0x1000000), -DSI_EINVAL);
	conf_equal(dsi_socket_raise(NULL, USER_A), -DSI_EINVAL);
	return pair_end(&pair);
}

static int select_eos(void)
{
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	conf_try(conf_put(pair.producer, 1, DSI_PACKET_EOS));
	conf_try(select_gives(pair.producer, DSI_EVENT_EOS, 0, DSI_EVENT_EOS,
			      0));
	conf_try(conf_take(pair.consumer, 1, DSI_PACKET_EOS));
	conf_try(select_gives(pair.consumer, DSI_EVENT_EOS, 0, DSI_EVENT_EOS,
			      0));
	conf_try(select_gives(pair.consumer, DSI_EVENT_EOS, 0, 0, -DSI_EAGAIN));
	return pair_end(&pair);
}

static int select_dropped(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(8);
	struct pair pair;

	opts.queue_packets = 1;
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	conf_try(conf_consume(NAME, &opts, &pair.consumer));
	conf_try(conf_put(pair.producer, 0, 0));
	conf_try(select_gives(pair.producer, DSI_EVENT_DROPPED, 0, 0,
			      -DSI_EAGAIN));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(conf_put(pair.producer, 2, 0));
	conf_try(select_gives(pair.producer, DSI_EVENT_DROPPED, 0,
			      DSI_EVENT_DROPPED, 0));
	conf_equal(dsi_socket_event_count(pair.producer, DSI_EVENT_DROPPED), 2);
	return pair_end(&pair);
}

static int select_state(void)
{
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	forget(pair.consumer);
	conf_try(select_gives(pair.consumer, DSI_EVENT_STATE, 0, 0,
			      -DSI_EAGAIN));
	conf_equal(dsi_socket_stop(pair.consumer), 0);
	conf_try(select_gives(pair.consumer, DSI_EVENT_STATE, 0,
			      DSI_EVENT_STATE, 0));
	/* Nothing flows while it is stopped. */
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(
		select_gives(pair.consumer, DSI_EVENT_DATA, 0, 0, -DSI_EAGAIN));
	conf_equal(dsi_socket_start(pair.consumer), 0);
	conf_try(select_gives(pair.consumer, DSI_EVENT_STATE | DSI_EVENT_DATA,
			      0, DSI_EVENT_STATE | DSI_EVENT_DATA, 0));
	return pair_end(&pair);
}

/* ---- peers -------------------------------------------------------------- */

static int come_and_go(uint64_t die)
{
	struct dsi_socket *sock;

	conf_try(conf_consume(NAME, NULL, &sock));
	conf_try(conf_await(0, 1));
	if (die)
		conf_die();
	dsi_socket_destroy(sock);
	return 0;
}

static int watch_peer(uint64_t die)
{
	int peer = conf_spawn_process(come_and_go, die);
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *sock;

	conf_try(conf_produce(NAME, &desc, 0, &sock));
	conf_try(select_gives(sock, DSI_EVENT_PEER_JOINED, conf_later(),
			      DSI_EVENT_PEER_JOINED, 0));
	conf_step(0);
	conf_try(select_gives(
		sock, DSI_EVENT_PEER_LEFT | DSI_EVENT_PEER_GONE, conf_later(),
		die ? DSI_EVENT_PEER_GONE : DSI_EVENT_PEER_LEFT, 0));
	conf_equal(conf_join(peer), die ? CONF_KILLED : 0);
	dsi_socket_destroy(sock);
	return 0;
}

static int select_peer_joins_and_leaves(void)
{
	return watch_peer(0);
}

static int select_peer_joins_and_dies(void)
{
	return watch_peer(1);
}

static int close_later(void *arg)
{
	struct pair *pair = arg;

	conf_sleep_until(conf_soon());
	conf_equal(dsi_socket_close(pair->producer), 0);
	return 0;
}

static int select_producer_leaves(void)
{
	struct pair pair;
	int peer;

	conf_try(pair_begin(&pair, 2));
	forget(pair.consumer);
	peer = conf_spawn_thread(close_later, &pair);
	conf_try(select_gives(pair.consumer, DSI_EVENT_PEER_LEFT, conf_later(),
			      DSI_EVENT_PEER_LEFT, 0));
	conf_equal(conf_join(peer), 0);
	return pair_end(&pair);
}

/* ---- many --------------------------------------------------------------- */

#define MANY 24u /* more words than any port need be able to wait for */

struct many {
	struct dsi_socket *producers[MANY], *consumers[MANY];
};

static int put_round_robin(void *arg)
{
	struct many *many = arg;

	for (uint64_t i = 0; i < 3 * MANY; i++) {
		if (i % 16 == 0)
			conf_sleep_until(conf_soon());
		conf_try(conf_await(1, (uint32_t)i));
		conf_try(conf_put(many->producers[i % MANY], i, 0));
	}
	return 0;
}

static int many_begin(struct many *many, uint32_t n)
{
	struct dsi_stream_desc desc = conf_desc(2);
	char name[] = NAME ".xx";

	for (uint32_t i = 0; i < n; i++) {
		name[sizeof(name) - 3] = (char)('a' + i / 10);
		name[sizeof(name) - 2] = (char)('0' + i % 10);
		conf_try(conf_produce(name, &desc, 1, &many->producers[i]));
		conf_try(conf_consume(name, NULL, &many->consumers[i]));
	}
	return 0;
}

static void many_end(struct many *many, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		dsi_socket_destroy(many->consumers[i]);
		dsi_socket_destroy(many->producers[i]);
	}
}

static int select_many(void)
{
	struct dsi_event_source sources[MANY];
	struct many many;
	int peer;

	conf_try(many_begin(&many, MANY));
	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < MANY; i++) {
		sources[i].socket = many.consumers[i];
		sources[i].mask = DSI_EVENT_DATA;
	}
	conf_equal(dsi_select(sources, MANY, 0), -DSI_EAGAIN);
	if (dsi_select(sources, MANY, conf_soon()) == -DSI_EMFILE) {
		/* So many only where there are descriptors. */
		conf_equal(dsi_socket_fd(many.consumers[0]), -DSI_ENOTSUP);
		many_end(&many, MANY);
		return 0;
	}
	conf_equal(dsi_select(sources, MANY, conf_soon()), -DSI_ETIMEDOUT);
	peer = conf_spawn_thread(put_round_robin, &many);
	for (uint64_t i = 0; i < 3 * MANY; i++) {
		conf_equal(dsi_select(sources, MANY, conf_later()), 1);
		for (uint32_t k = 0; k < MANY; k++)
			conf_equal(sources[k].events,
				   k == i % MANY ? DSI_EVENT_DATA : 0);
		conf_try(conf_take(many.consumers[i % MANY], i, 0));
		conf_step(1);
	}
	conf_equal(conf_join(peer), 0);
	many_end(&many, MANY);
	return 0;
}

/* ---- who of many has changed --------------------------------------------- */

struct put {
	struct dsi_socket *producer;
	uint64_t number;
};

static int put_one_later(void *arg)
{
	const struct put *put = arg;

	conf_sleep_until(conf_soon());
	return conf_put(put->producer, put->number, 0);
}

#define LONG 130u /* sources, more than a wait has words */

/* The one that gets data is the @at-th of @n; all others are of one socket that
 * has nothing, and wait for an event of its own. */
static int select_one_of(struct many *many, uint32_t n, uint32_t at,
			 uint64_t number)
{
	struct dsi_event_source sources[LONG];
	struct put put = {many->producers[0], number};
	int peer, result;

	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < n; i++) {
		sources[i].socket = many->consumers[i != at];
		sources[i].mask = i == at ? DSI_EVENT_DATA : USER_A;
	}
	peer = conf_spawn_thread(put_one_later, &put);
	result = dsi_select(sources, n, conf_later());
	conf_equal(conf_join(peer), 0);
	if (result == -DSI_EMFILE)
		conf_equal(dsi_socket_fd(many->consumers[0]), -DSI_ENOTSUP);
	else
		conf_equal(result, 1);
	for (uint32_t i = 0; result == 1 && i < n; i++)
		conf_equal(sources[i].events, i == at ? DSI_EVENT_DATA : 0);
	return conf_take(many->consumers[0], number, 0);
}

static int select_finds_who_changed(void)
{
	static const uint32_t sizes[] = {1, 2, 31, 32, 63, 64, 65, 127, LONG};
	struct many many;
	uint64_t number = 0;

	conf_try(many_begin(&many, 2));
	forget(many.consumers[1]);
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		conf_try(
			select_one_of(&many, sizes[i], sizes[i] - 1, number++));
		if (sizes[i] > 32)
			continue; /* as many threads each time, perhaps */
		conf_try(select_one_of(&many, sizes[i], 0, number++));
		conf_try(
			select_one_of(&many, sizes[i], sizes[i] / 2, number++));
	}
	many_end(&many, 2);
	return 0;
}

/* All change while one waits, and an event beside the data of one source. */
static int put_all_later(void *arg)
{
	struct many *many = arg;

	conf_sleep_until(conf_soon());
	for (uint32_t i = 0; i < 4; i++)
		conf_try(conf_put(many->producers[i], 7, 0));
	conf_equal(dsi_socket_raise(many->consumers[2], USER_B), 0);
	return 0;
}

static int select_finds_all_who_changed(void)
{
	struct dsi_event_source sources[4];
	struct many many;
	uint32_t seen = 0;
	int peer;

	conf_try(many_begin(&many, 4));
	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < 4; i++) {
		forget(many.consumers[i]);
		sources[i].socket = many.consumers[i];
		sources[i].mask = DSI_EVENT_DATA | USER_B;
	}
	peer = conf_spawn_thread(put_all_later, &many);
	/* Data is taken, an event is told once: five things are to be seen. */
	while (seen != 0x1f) {
		conf_check(dsi_select(sources, 4, conf_later()) > 0);
		for (uint32_t i = 0; i < 4; i++) {
			if (sources[i].events & DSI_EVENT_DATA) {
				conf_check(!(seen & 1u << i));
				conf_try(conf_take(many.consumers[i], 7, 0));
				seen |= 1u << i;
			}
			if (sources[i].events & USER_B) {
				conf_equal(i, 2);
				conf_check(!(seen & 0x10u));
				seen |= 0x10u;
			}
		}
	}
	conf_equal(conf_join(peer), 0);
	many_end(&many, 4);
	return 0;
}

/* Producers and consumers, levels and remembered events at once. */
static int select_mixed(void)
{
	struct dsi_event_source sources[4];
	struct many many;

	conf_try(many_begin(&many, 2));
	memset(sources, 0, sizeof(sources));
	sources[0].socket = many.producers[0];
	sources[1].socket = many.consumers[0];
	sources[2].socket = many.producers[1];
	sources[3].socket = many.consumers[1];
	for (uint32_t i = 0; i < 4; i++)
		sources[i].mask = DSI_EVENT_DATA | DSI_EVENT_SPACE | USER_A;
	for (uint32_t i = 0; i < 2; i++) {
		conf_try(conf_put(many.producers[i], 0, 0));
		conf_try(conf_put(many.producers[i], 1, 0));
	}
	conf_equal(dsi_socket_raise(many.producers[1], USER_A), 0);
	conf_equal(dsi_select(sources, 4, conf_later()), 3);
	conf_equal(sources[0].events, 0);
	conf_equal(sources[1].events, DSI_EVENT_DATA);
	conf_equal(sources[2].events, USER_A);
	conf_equal(sources[3].events, DSI_EVENT_DATA);
	conf_try(conf_take(many.consumers[0], 0, 0));
	conf_try(conf_take(many.consumers[0], 1, 0));
	conf_equal(dsi_select(sources, 4, conf_later()), 2);
	conf_equal(sources[0].events, DSI_EVENT_SPACE);
	conf_equal(sources[1].events, 0);
	conf_equal(sources[2].events, 0);
	conf_equal(sources[3].events, DSI_EVENT_DATA);
	many_end(&many, 2);
	return 0;
}

static int select_misuse(void)
{
	struct dsi_event_source source;
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	memset(&source, 0, sizeof(source));
	source.socket = pair.consumer;
	source.mask = DSI_EVENT_DATA;
	conf_equal(dsi_select(&source, 0, 0), -DSI_EINVAL);
	conf_equal(dsi_select(&source, 4097, 0), -DSI_EINVAL);
	conf_equal(dsi_select(NULL, 1, 0), -DSI_EINVAL);
	source.reserved = 1;
	conf_equal(dsi_select(&source, 1, 0), -DSI_EINVAL);
	source.reserved = 0;
	source.socket = NULL;
	conf_equal(dsi_select(&source, 1, 0), -DSI_EINVAL);
	return pair_end(&pair);
}

static int event_names(void)
{
	conf_equal(strcmp(dsi_event_name(DSI_EVENT_DATA), "data"), 0);
	conf_equal(strcmp(dsi_event_name(DSI_EVENT_EOS), "eos"), 0);
	conf_equal(strcmp(dsi_event_name(0), "?"), 0);
	conf_equal(strcmp(dsi_event_name(3), "?"), 0);
	for (uint32_t i = 0; i < DSI_EVENTS; i++)
		conf_check(dsi_event_name(1u << i)[0]);
	conf_equal(strcmp(dsi_event_name(0x80000000u), "?"), 0);
	return 0;
}

const struct conf_test conf_select_tests[] = {
	{"select_data_and_space", select_data_and_space},
	{"select_is_woken_by_data", select_is_woken_by_data},
	{"select_is_woken_by_space", select_is_woken_by_space},
	{"select_user_events", select_user_events},
	{"select_eos", select_eos},
	{"select_dropped", select_dropped},
	{"select_state", select_state},
	{"select_peer_joins_and_leaves", select_peer_joins_and_leaves},
	{"select_peer_joins_and_dies", select_peer_joins_and_dies},
	{"select_producer_leaves", select_producer_leaves},
	{"select_many", select_many},
	{"select_finds_who_changed", select_finds_who_changed},
	{"select_finds_all_who_changed", select_finds_all_who_changed},
	{"select_mixed", select_mixed},
	{"select_misuse", select_misuse},
	{"event_names", event_names},
	{NULL, NULL},
};
