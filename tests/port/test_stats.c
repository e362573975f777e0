/* SPDX-License-Identifier: MIT */
/*
 * test_stats.c - what a socket counts by itself: latencies by size, how long
 * and how many packets are held.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/histogram.h>
#include <dsi/packet.h>

#include "conf.h"

#define NAME "conf.stats"
#define PACKETS 8u

static int same_as_counted(const struct dsi_socket *consumer, uint64_t packets)
{
	static struct dsi_histogram latency;
	struct dsi_socket_stats stats = conf_stats(consumer);
	uint64_t least = 0, most = 0;

	memset(&latency, 0xee, sizeof(latency));
	latency.size = sizeof(latency);
	conf_equal(dsi_socket_latency(consumer, &latency), 0);
	conf_equal(latency.count, packets);
	conf_equal(latency.largest, stats.latency_max_ns);
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		least += latency.counts[i] * dsi_histogram_least(i);
		most += latency.counts[i]
				? latency.counts[i] * dsi_histogram_most(i)
				: 0;
	}
	conf_check(stats.latency_sum_ns >= least);
	conf_check(stats.latency_sum_ns <= most);
	conf_check(packets == 0 ||
		   latency.counts[dsi_histogram_bucket(latency.largest)] > 0);
	conf_equal(dsi_histogram_percentile(&latency, 1000000),
		   stats.latency_max_ns);
	return 0;
}

static int take_batch(struct dsi_socket *consumer, uint32_t n)
{
	struct dsi_packet *pkts[PACKETS];

	conf_equal(dsi_packet_get_many(consumer, conf_later(), pkts, n), n);
	conf_equal(dsi_packet_commit_many(consumer, pkts, n), 0);
	return 0;
}

/* Each packet once, whatever way it takes. */
static int latencies(uint32_t flags, uint32_t policy)
{
	struct dsi_stream_desc desc = conf_desc(2 * PACKETS);
	struct dsi_consumer_options opts = conf_policy(policy);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkt;
	uint64_t stamped = 0;

	desc.flags = flags;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_try(same_as_counted(consumer, 0));
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t n = policy == DSI_POLICY_BLOCK ? PACKETS : 2;

		conf_try(conf_put(producer, round, 0));
		conf_try(conf_take(consumer, round, 0));
		for (uint32_t i = 0; i < n; i++)
			conf_try(conf_put(producer, i, 0));
		conf_try(take_batch(consumer, n));
		stamped += flags & DSI_STREAM_NO_STAMP ? 0 : n + 1u;
		conf_try(same_as_counted(consumer, stamped));
	}
	/* A time of the application's own says nothing of the way. */
	conf_equal(dsi_packet_get(producer, conf_later(), &pkt), 0);
	conf_equal(dsi_packet_set_time(pkt, 1), 0);
	conf_equal(dsi_packet_commit(producer, pkt), 0);
	conf_try(take_batch(consumer, 1));
	conf_try(same_as_counted(consumer, stamped));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int stats_latency(void)
{
	conf_try(latencies(0, DSI_POLICY_BLOCK));
	conf_try(latencies(0, DSI_POLICY_DROP_NEW));
	conf_try(latencies(0, DSI_POLICY_RECLAIM));
	return 0;
}

static int stats_latency_without_stamps(void)
{
	conf_try(latencies(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK));
	return 0;
}

static int stats_latency_misuse(void)
{
	static struct dsi_histogram latency;
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;

	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	latency.size = sizeof(latency);
	conf_equal(dsi_socket_latency(NULL, &latency), -DSI_EINVAL);
	conf_equal(dsi_socket_latency(producer, &latency), -DSI_EINVAL);
	conf_equal(dsi_socket_latency(consumer, NULL), -DSI_EINVAL);
	latency.size--;
	conf_equal(dsi_socket_latency(consumer, &latency), -DSI_EINVAL);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* At least as long as we made it, and measured only if asked for. */
static int hold(uint32_t flags, uint32_t n)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(PACKETS);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkts[PACKETS];
	uint64_t got_ns;
	uint64_t held_ns;

	opts.flags = flags;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint32_t i = 0; i < n; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_packet_get_many(consumer, conf_later(), pkts, n), n);
	got_ns = dsi_now();
	conf_sleep_until(conf_soon());
	held_ns = dsi_now() - got_ns;
	conf_equal(conf_stats(consumer).held, n);
	conf_equal(dsi_packet_commit_many(consumer, pkts, n), 0);
	if (flags)
		conf_check(conf_stats(consumer).hold_max_ns >= held_ns);
	else
		conf_equal(conf_stats(consumer).hold_max_ns, 0);
	conf_equal(conf_stats(consumer).held, 0);
	conf_equal(conf_stats(consumer).held_max, n);
	conf_equal(conf_stats(producer).held_max, 1);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int stats_hold(void)
{
	conf_try(hold(DSI_CONSUMER_TIME_HOLD, 1));
	conf_try(hold(DSI_CONSUMER_TIME_HOLD, PACKETS));
	conf_try(hold(0, 1));
	conf_try(hold(0, PACKETS));
	return 0;
}

const struct conf_test conf_stats_tests[] = {
	{"stats_latency", stats_latency},
	{"stats_latency_without_stamps", stats_latency_without_stamps},
	{"stats_latency_misuse", stats_latency_misuse},
	{"stats_hold", stats_hold},
	{NULL, NULL},
};
