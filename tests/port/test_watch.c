/* SPDX-License-Identifier: MIT */
/*
 * test_watch.c - looking at a stream from outside: the figures are those of
 * its sockets, and nobody in it notices.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/packet.h>
#include <dsi/port.h>
#include <dsi/regions.h>
#include <dsi/watch.h>

#include "conf.h"

#define NAME "conf.watch"
#define MANY_WATCH 16u /* as many as a producer lets watch */

static struct dsi_watch_info info_of(const struct dsi_watch *watch, uint32_t i)
{
	struct dsi_watch_info info = {.size = sizeof(info)};

	if (dsi_watch_read(watch, i, &info))
		conf_fail(__FILE__, __LINE__, "no figures of socket %u", i);
	return info;
}

/* Take notice until the stream has so many sockets. */
static int await_count(struct dsi_watch *watch, int32_t count)
{
	uint64_t deadline = conf_later();

	for (;;) {
		conf_equal(dsi_watch_update(watch), 0);
		if (dsi_watch_count(watch) == count)
			return 0;
		conf_check(dsi_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
}

static int await_end(struct dsi_watch *watch)
{
	uint64_t deadline = conf_later();

	while (dsi_watch_update(watch) == 0) {
		conf_check(dsi_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_equal(dsi_watch_update(watch), -DSI_EPIPE);
	return 0;
}

static int same_figures(const struct dsi_watch *watch, uint32_t index,
			const struct dsi_socket *sock)
{
	static struct dsi_histogram seen, own;
	struct dsi_socket_stats stats = conf_stats(sock);
	struct dsi_watch_info info = info_of(watch, index);

	conf_equal(info.readable, 1);
	conf_equal(memcmp(&info.stats, &stats, sizeof(stats)), 0);
	if (index == 0)
		return 0;
	own.size = seen.size = sizeof(own);
	conf_equal(dsi_socket_latency(sock, &own), 0);
	conf_equal(dsi_watch_latency(watch, index, &seen), 0);
	conf_equal(memcmp(&own, &seen, sizeof(own)), 0);
	return 0;
}

static int put_all(struct dsi_socket *producer, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		conf_try(conf_put(producer, i, 0));
	return 0;
}

static int take_all(struct dsi_socket *consumer, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		conf_try(conf_take(consumer, i, 0));
	return 0;
}

static int watch_figures(void)
{
	struct dsi_consumer_options block = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_consumer_options drop = conf_policy(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = conf_desc(16),
			       seen = {.size = sizeof(seen)};
	struct dsi_socket *producer, *fast, *slow;
	struct dsi_peer self;
	struct dsi_watch *watch;

	strcpy(block.label, "fast\n");
	drop.queue_packets = 2;
	conf_try(conf_produce(NAME, &desc, 2, &producer));
	conf_try(conf_consume(NAME, &block, &fast));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_try(await_count(watch, 2));
	conf_try(conf_consume(NAME, &drop, &slow));
	conf_try(await_count(watch, 3));
	conf_try(put_all(producer, 10));
	conf_try(take_all(fast, 4));
	conf_try(take_all(slow, 1));

	conf_equal(dsi_watch_desc(watch, &seen), 0);
	conf_equal(seen.packets, 16);
	conf_try(same_figures(watch, 0, producer));
	conf_try(same_figures(watch, 1, fast));
	conf_try(same_figures(watch, 2, slow));
	conf_equal(info_of(watch, 0).role, DSI_ROLE_PRODUCER);
	conf_equal(info_of(watch, 0).stats.consumers, 2);
	conf_equal(info_of(watch, 0).backlog, 6);
	conf_equal(info_of(watch, 1).backlog, 6);
	conf_equal(info_of(watch, 1).policy, DSI_POLICY_BLOCK);
	conf_equal(strcmp(info_of(watch, 1).label, "fast?"), 0);
	conf_equal(info_of(watch, 2).policy, DSI_POLICY_DROP_NEW);
	conf_equal(info_of(watch, 2).queue_packets, 2);
	conf_equal(info_of(watch, 2).undelivered, 8);
	conf_equal(info_of(watch, 2).backlog, 1);
	dsi_port_self(&self);
	conf_equal(info_of(watch, 0).who.pid, self.pid);
	conf_equal(info_of(watch, 1).who.pid, self.pid);
	conf_check(info_of(watch, 1).id != info_of(watch, 2).id);

	dsi_socket_destroy(fast);
	conf_try(await_count(watch, 2));
	conf_try(same_figures(watch, 1, slow));
	dsi_watch_close(watch);
	dsi_socket_destroy(slow);
	dsi_socket_destroy(producer);
	return 0;
}

/* A consumer in the place of another one is another one. */
static int watch_who_comes_and_goes(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;
	struct dsi_watch *watch;
	uint64_t last = 0;

	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_equal(dsi_watch_count(watch), 1);
	for (uint32_t i = 0; i < 40; i++) {
		conf_try(conf_consume(NAME, NULL, &consumer));
		conf_try(await_count(watch, 2));
		conf_check(info_of(watch, 1).id != last);
		last = info_of(watch, 1).id;
		conf_try(conf_put(producer, i, 0));
		conf_equal(info_of(watch, 1).backlog, 1);
		conf_try(conf_take(consumer, i, 0));
		conf_equal(info_of(watch, 1).backlog, 0);
		conf_equal(info_of(watch, 1).stats.committed, 1);
		dsi_socket_destroy(consumer);
		conf_try(await_count(watch, 1));
	}
	dsi_watch_close(watch);
	dsi_socket_destroy(producer);
	return 0;
}

/* As many as can be, and who watches takes no consumer's place. */
static int watch_full_stream(void)
{
	struct dsi_socket *consumers[DSI_MAX_CONSUMERS], *producer, *none;
	struct dsi_watch *watches[MANY_WATCH], *more;
	struct dsi_stream_desc desc = conf_desc(4);

	conf_try(conf_produce(NAME, &desc, 0, &producer));
	for (uint32_t i = 0; i < MANY_WATCH; i++)
		conf_equal(dsi_watch_open(NAME, conf_later(), &watches[i]), 0);
	conf_equal(dsi_watch_open(NAME, conf_later(), &more), -DSI_EUSERS);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		conf_try(conf_consume(NAME, NULL, &consumers[i]));
	dsi_watch_close(watches[0]);
	/* The producer learns of it in its own time. */
	while (dsi_watch_open(NAME, conf_later(), &watches[0]) == -DSI_EUSERS)
		conf_sleep_until(conf_in_ms(1));
	conf_equal(dsi_consumer_create(NULL, &none), 0);
	conf_equal(dsi_socket_connect(none, NAME, conf_later()), -DSI_EUSERS);
	conf_try(put_all(producer, 3));
	for (uint32_t i = 0; i < MANY_WATCH; i++) {
		conf_try(await_count(watches[i], 1 + DSI_MAX_CONSUMERS));
		for (uint32_t k = 1; k <= DSI_MAX_CONSUMERS; k++) {
			conf_equal(info_of(watches[i], k).readable, 1);
			conf_equal(info_of(watches[i], k).backlog, 3);
		}
		dsi_watch_close(watches[i]);
	}
	dsi_socket_destroy(none);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		dsi_socket_destroy(consumers[i]);
	dsi_socket_destroy(producer);
	return 0;
}

static int produce_and_wait(uint64_t arg)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer;

	(void)arg;
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_try(put_all(producer, 3));
	conf_step(0);
	conf_sleep_until(DSI_FOREVER / 2);
	return 0;
}

/* What a producer had counted can be read after its death. */
static int watch_killed_producer(void)
{
	int peer = conf_spawn_process(produce_and_wait, 0);
	struct dsi_watch *watch;

	conf_try(conf_await(0, 1));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_equal(dsi_watch_update(watch), 0);
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(await_end(watch));
	conf_equal(info_of(watch, 0).stats.committed, 3);
	conf_equal(info_of(watch, 0).stats.unclaimed, 3);
	dsi_watch_close(watch);
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), -DSI_ENOENT);
	return 0;
}

static int watch_closed_producer(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;
	struct dsi_watch *watch;

	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_try(conf_consume(NAME, NULL, &consumer));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_try(await_count(watch, 2));
	conf_equal(info_of(watch, 0).stats.state, DSI_STATE_RUNNING);
	conf_equal(dsi_socket_stop(producer), 0);
	conf_equal(info_of(watch, 0).stats.state, DSI_STATE_STOPPING);
	dsi_socket_destroy(producer);
	conf_try(await_end(watch));
	conf_equal(info_of(watch, 0).stats.state, DSI_STATE_CLOSED);
	dsi_watch_close(watch);
	dsi_socket_destroy(consumer);
	return 0;
}

/* A watcher that is killed leaves no trace. */
static int watch_and_wait(uint64_t arg)
{
	struct dsi_watch *watch;

	(void)arg;
	conf_try(conf_await(0, 1));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_step(1);
	conf_sleep_until(DSI_FOREVER / 2);
	return 0;
}

static int watch_killed_watcher(void)
{
	int peer = conf_spawn_process(watch_and_wait, 0);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_step(0);
	conf_try(conf_await(1, 1));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(conf_consume(NAME, NULL, &consumer));
	for (uint32_t i = 0; i < 20; i++) {
		conf_try(conf_put(producer, i, 0));
		conf_try(conf_take(consumer, i, 0));
	}
	conf_equal(conf_stats(producer).consumers, 1);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int nobody(void *user, const struct dsi_peer *peer)
{
	(void)user;
	(void)peer;
	return 0;
}

static int watch_refused(void)
{
	struct dsi_access access = {.size = sizeof(access), .permit = nobody};
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer;
	struct dsi_watch *watch;

	conf_equal(dsi_watch_open(NAME, 0, &watch), -DSI_ENOENT);
	conf_equal(dsi_watch_open("no/name", 0, &watch), -DSI_EINVAL);
	conf_equal(dsi_watch_open(NULL, 0, &watch), -DSI_EINVAL);
	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_socket_listen(producer, NAME, &access), 0);
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), -DSI_EACCES);
	dsi_socket_destroy(producer);
	dsi_watch_close(NULL);
	return 0;
}

static int watch_misuse(void)
{
	static struct dsi_histogram latency;
	struct dsi_watch_info info = {.size = sizeof(info)};
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer;
	struct dsi_watch *watch;

	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_watch_open(NAME, conf_later(), &watch), 0);
	conf_equal(dsi_watch_read(watch, 1, &info), -DSI_ENOENT);
	conf_equal(dsi_watch_read(watch, UINT32_MAX, &info), -DSI_ENOENT);
	latency.size = 0;
	conf_equal(dsi_watch_latency(watch, 0, &latency), -DSI_EINVAL);
	latency.size = sizeof(latency);
	conf_equal(dsi_watch_latency(watch, 1, &latency), -DSI_ENOENT);
	info.size = sizeof(info) + 1;
	conf_equal(dsi_watch_read(watch, 0, &info), -DSI_EINVAL);
	conf_equal(dsi_watch_count(NULL), -DSI_EINVAL);
	conf_equal(dsi_watch_update(NULL), -DSI_EINVAL);
	dsi_watch_close(watch);
	dsi_socket_destroy(producer);
	return 0;
}

static void count_ours(void *user, const char *name)
{
	*(uint32_t *)user += strcmp(name, NAME) == 0;
}

static int watch_names(void)
{
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer;
	uint32_t seen = 0;

	conf_check(dsi_watch_names(count_ours, &seen) >= 0 || seen == 0);
	conf_equal(seen, 0);
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_check(dsi_watch_names(count_ours, &seen) >= 1);
	conf_equal(seen, 1);
	conf_equal(conf_stats(producer).consumers, 0);
	dsi_socket_destroy(producer);
	conf_check(dsi_watch_names(count_ours, &seen) >= 0);
	conf_equal(seen, 1);
	conf_equal(dsi_watch_names(NULL, NULL), -DSI_EINVAL);
	return 0;
}

#define REGIONS_MANY DSI_MAX_CONSUMERS

struct told {
	struct dsi_region_info info[2u + 2u * REGIONS_MANY];
	uint32_t n;
};

static void hear_region(void *user, const struct dsi_region_info *info)
{
	struct told *told = user;

	if (told->n < 2u + 2u * REGIONS_MANY)
		told->info[told->n] = *info;
	told->n++;
}

/* A signal page and a consumer page of each place. */
static int told_of_each(const struct told *told, uint32_t consumers)
{
	uint32_t seen[2] = {0, 0};
	struct dsi_peer self;

	dsi_port_self(&self);
	for (uint32_t i = 2; i < told->n; i++) {
		const struct dsi_region_info *info = &told->info[i];
		uint32_t which = info->kind == DSI_REGION_PAGE;

		conf_check(which || info->kind == DSI_REGION_SIGNAL);
		conf_check(info->place < 32 &&
			   !(seen[which] & UINT32_C(1) << info->place));
		seen[which] |= UINT32_C(1) << info->place;
		conf_equal(info->consumer.pid, self.pid);
		conf_equal(info->policy, DSI_POLICY_BLOCK);
		conf_equal(strcmp(info->label, "some?"), 0);
		conf_check(info->bytes > 0);
	}
	conf_equal(told->n, 2u + 2u * consumers);
	conf_equal(seen[0], seen[1]);
	return 0;
}

/* The first words of a region, which is one of this process. */
static uint32_t magic_at(const struct dsi_region_info *info)
{
	return *(const uint32_t *)(uintptr_t)info->address;
}

static int watch_regions(void)
{
	struct dsi_consumer_options block = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(16);
	struct dsi_socket *producer, *consumers[REGIONS_MANY];
	struct told told = {.n = 0};
	struct dsi_peer self;

	strcpy(block.label, "some\n");
	dsi_port_self(&self);
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_regions(NAME, conf_later(), hear_region, &told), 2);
	conf_equal(told.n, 2);
	conf_equal(told.info[0].kind, DSI_REGION_CONTROL);
	conf_equal(magic_at(&told.info[0]), 0x31495344u);
	conf_equal(told.info[0].producer.pid, self.pid);
	conf_equal(told.info[1].kind, DSI_REGION_DATA);
	conf_check(told.info[1].bytes >= 16);
	for (uint32_t i = 0; i < REGIONS_MANY; i++)
		conf_try(conf_consume(NAME, &block, &consumers[i]));
	told.n = 0;
	conf_equal(dsi_regions(NAME, conf_later(), hear_region, &told),
		   2 + 2 * REGIONS_MANY);
	conf_try(told_of_each(&told, REGIONS_MANY));
	for (uint32_t i = 0; i < REGIONS_MANY; i++)
		dsi_socket_destroy(consumers[i]);
	dsi_socket_destroy(producer);
	conf_equal(dsi_regions(NAME, conf_later(), hear_region, &told),
		   -DSI_ENOENT);
	conf_equal(dsi_regions(NULL, 0, hear_region, &told), -DSI_EINVAL);
	conf_equal(dsi_regions(NAME, 0, NULL, &told), -DSI_EINVAL);
	return 0;
}

/* Who brings a data area places it: what is asked for is for the rest. */
static int watch_regions_brought(void)
{
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .flags = DSI_PRODUCER_DATA_FD,
					    .placement = DSI_PLACEMENT_NODE};
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer;
	struct told told = {.n = 0};

	opts.data_fd = conf_memory(65536, 1);
	conf_check(opts.data_fd >= 0);
	conf_equal(dsi_producer_create(&desc, &opts, &producer), 0);
	dsi_port_handle_close(opts.data_fd);
	conf_equal(dsi_socket_listen(producer, NAME, NULL), 0);
	conf_equal(dsi_regions(NAME, conf_later(), hear_region, &told), 2);
	conf_equal(told.info[0].placement, DSI_PLACEMENT_NODE);
	conf_equal(told.info[1].kind, DSI_REGION_DATA);
	conf_equal(told.info[1].placement, DSI_PLACEMENT_NONE);
	dsi_socket_destroy(producer);
	return 0;
}

static int watch_region_check(void)
{
	uint64_t bytes = 2 * dsi_port_page_bytes();
	struct dsi_port_region region, again;
	int32_t copy, ends[2];

	conf_equal(dsi_port_region_create(&region, bytes, DSI_PORT_READ), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(dsi_port_region_check(region.handle, bytes), 0);
	conf_equal(dsi_port_region_check(region.handle, bytes / 2),
		   -DSI_EPROTO);
	conf_equal(dsi_port_region_check(region.handle, 2 * bytes),
		   -DSI_EPROTO);
	conf_equal(dsi_port_region_check(ends[0], bytes), -DSI_EPROTO);
	conf_equal(dsi_port_region_check(-1, bytes), -DSI_EPROTO);
	/* It is still ours, and good. */
	conf_try(conf_duplicate(region.handle, &copy));
	conf_equal(dsi_port_region_attach(&again, copy, bytes, DSI_PORT_READ),
		   0);
	dsi_port_region_fini(&again);
	dsi_port_region_fini(&region);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

const struct conf_test conf_watch_tests[] = {
	{"watch_figures", watch_figures},
	{"watch_who_comes_and_goes", watch_who_comes_and_goes},
	{"watch_full_stream", watch_full_stream},
	{"watch_killed_producer", watch_killed_producer},
	{"watch_closed_producer", watch_closed_producer},
	{"watch_killed_watcher", watch_killed_watcher},
	{"watch_refused", watch_refused},
	{"watch_misuse", watch_misuse},
	{"watch_names", watch_names},
	{"watch_regions", watch_regions},
	{"watch_regions_brought", watch_regions_brought},
	{"watch_region_check", watch_region_check},
	{NULL, NULL},
};
