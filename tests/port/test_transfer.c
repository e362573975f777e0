/* SPDX-License-Identifier: MIT */
/*
 * test_transfer.c - packets whose data does not lie in memory that the consumer
 * has mapped for good: copies.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>

#include "conf.h"

#define NAME "conf.transfer"
#define MANY 2000u /* packets between processes */

static struct dsi_consumer_options copying(uint32_t policy, uint32_t hold)
{
	struct dsi_consumer_options opts = conf_policy(policy);

	opts.flags = DSI_CONSUMER_COPY;
	opts.hold_packets = hold;
	opts.max_packet_bytes = CONF_BYTES;
	return opts;
}

static int get(struct dsi_socket *sock, struct dsi_packet **out_pkt)
{
	conf_equal(dsi_packet_get(sock, conf_later(), out_pkt), 0);
	return 0;
}

/* ---- copies ------------------------------------------------------------- */

/* The packet is the producer's again while its copy is held, and what it
 * writes then is not seen.  More copies are held than there are packets. */
static int copy_is_the_consumers_own(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 5);
	struct dsi_stream_desc desc = conf_desc(1);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkts[5], *pkt;
	uint64_t bytes;
	void *area, *addr;
	uint32_t size;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_equal(dsi_socket_area(consumer, &area, &bytes), 0);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 5; i++) {
			conf_try(conf_put(producer, 10 * round + i, 0));
			conf_try(get(consumer, &pkts[i]));
		}
		conf_equal(conf_stats(consumer).held, 5);
		conf_try(conf_put(producer, 99, 0));
		conf_equal(dsi_packet_get(consumer, 0, &pkt), -DSI_ENOBUFS);
		for (uint64_t i = 0; i < 5; i++) {
			conf_try(conf_filled(pkts[i], 10 * round + i));
			conf_equal(dsi_packet_data(pkts[i], 0, &addr, &size),
				   0);
			conf_check((char *)addr >= (char *)area &&
				   (char *)addr + size <= (char *)area + bytes);
			conf_equal(dsi_packet_commit(consumer, pkts[i]), 0);
			conf_equal(dsi_packet_commit(consumer, pkts[i]),
				   -DSI_EINVAL);
		}
		conf_try(conf_take(consumer, 99, 0));
	}
	conf_equal(conf_stats(consumer).released, 18);
	conf_equal(conf_stats(consumer).bytes, 18 * CONF_BYTES);
	conf_equal(dsi_socket_drain(producer, conf_later()), 0);
	conf_equal(conf_stats(producer).released, 18);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* Elements stay apart, in their order; one may be empty. */
static int copy_has_all_elements(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 2);
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = 2,
				       .max_sg = 4,
				       .data_bytes = 8192};
	static const uint32_t at[] = {8000, 100, 0, 4000};
	static const uint32_t long_[] = {20, 30, 0, 14};
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkt;
	uint64_t bytes;
	uint32_t size;
	void *area, *addr;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_equal(dsi_socket_area(producer, &area, &bytes), 0);
	conf_try(get(producer, &pkt));
	for (uint32_t i = 0; i < 4; i++) {
		memset((char *)area + at[i], (int)i + 1, long_[i]);
		conf_equal(dsi_packet_add_data(pkt, at[i], long_[i]), 0);
	}
	conf_equal(dsi_packet_commit(producer, pkt), 0);
	conf_try(get(consumer, &pkt));
	memset(area, 0x77, bytes);
	conf_equal(dsi_packet_count(pkt), 4);
	for (uint32_t i = 0; i < 4; i++) {
		conf_equal(dsi_packet_data(pkt, i, &addr, &size), 0);
		conf_equal(size, long_[i]);
		for (uint32_t k = 0; k < size; k++)
			conf_equal(((unsigned char *)addr)[k], i + 1);
	}
	conf_equal(dsi_packet_commit(consumer, pkt), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* A packet that does not fit is a gap with an event, and keeps its number, its
 * flags and its place. */
static int copy_of_too_much_is_a_gap(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 1);
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = 2,
				       .max_sg = 2,
				       .data_bytes = 8192};
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkt;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint32_t more = 0; more < 2; more++) {
		conf_try(get(producer, &pkt));
		conf_equal(dsi_packet_add_data(pkt, 0, CONF_BYTES - 1), 0);
		conf_equal(dsi_packet_add_data(pkt, 5, 1 + more), 0);
		conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
		conf_equal(dsi_packet_commit(producer, pkt), 0);
		conf_try(get(consumer, &pkt));
		conf_equal(dsi_packet_number(pkt), more);
		conf_equal(dsi_packet_count(pkt), more ? 0 : 2);
		conf_equal(dsi_packet_flags(pkt),
			   DSI_PACKET_EOS | (more ? DSI_PACKET_GAP : 0));
		conf_equal(dsi_socket_event_count(consumer, DSI_EVENT_DROPPED),
			   more);
		conf_equal(dsi_packet_commit(consumer, pkt), 0);
	}
	conf_equal(dsi_socket_drain(producer, conf_later()), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* By number, many at once, and with the time of the hold. */
static int copy_by_all_ways_to_get(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 4);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkts[4];

	opts.flags |= DSI_CONSUMER_TIME_HOLD;
	desc.ring_slots = 8;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_packet_get_nr(consumer, 2, 0, &pkts[3]), 0);
	conf_try(conf_put(producer, 4, 0)); /* in its place */
	conf_equal(dsi_packet_get_many(consumer, 0, pkts, 3), 3);
	for (uint64_t i = 5; i < 8; i++)
		conf_try(conf_put(producer, i, 0));
	conf_try(conf_filled(pkts[0], 0));
	conf_try(conf_filled(pkts[1], 1));
	conf_try(conf_filled(pkts[2], 3));
	conf_try(conf_filled(pkts[3], 2));
	conf_sleep_until(conf_in_ms(1));
	conf_equal(dsi_packet_commit_many(consumer, pkts, 4), 0);
	conf_check(conf_stats(consumer).hold_max_ns >= 1000000);
	for (uint64_t i = 4; i < 8; i++)
		conf_try(conf_take(consumer, i, 0));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* Packets that expired were not copied and come back once. */
static int copy_skips_what_expired(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 1);
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkt;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint64_t i = 0; i < 10; i++) {
		conf_try(get(producer, &pkt));
		conf_try(conf_fill(pkt, i));
		conf_equal(dsi_packet_set_expiry(pkt, 1), 0);
		conf_equal(dsi_packet_commit(producer, pkt), 0);
		conf_equal(conf_try_get(consumer, 0), -DSI_EAGAIN);
		conf_try(conf_put(producer, i, 0));
		conf_try(conf_take(consumer, i, 0));
	}
	conf_equal(conf_stats(consumer).expired, 10);
	conf_equal(dsi_socket_drain(producer, conf_later()), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* A queue that drops gets its place back with the copy. */
static int copy_frees_a_queue(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_DROP_NEW, 8);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;
	struct dsi_packet *pkts[8];

	opts.queue_packets = 1;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_consume(NAME, &opts, &consumer));
	for (uint64_t i = 0; i < 8; i++) {
		conf_try(conf_put(producer, i, 0));
		conf_try(get(consumer, &pkts[i]));
	}
	conf_equal(conf_stats(producer).dropped, 0);
	for (uint64_t i = 0; i < 8; i++)
		conf_try(conf_filled(pkts[i], i));
	conf_equal(dsi_packet_commit_many(consumer, pkts, 8), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int refused(const struct dsi_stream_desc *desc,
		   const struct dsi_consumer_options *opts, const char *word)
{
	struct dsi_socket *producer, *consumer;

	conf_try(conf_produce(NAME, desc, 0, &producer));
	conf_equal(dsi_consumer_create(opts, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()),
		   -DSI_ENOMATCH);
	if (strncmp(dsi_socket_error(consumer), word, strlen(word))) {
		conf_fail(__FILE__, __LINE__, "%s: no %s",
			  dsi_socket_error(consumer), word);
		return 1;
	}
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int copy_is_refused(void)
{
	struct dsi_consumer_options opts = copying(DSI_POLICY_BLOCK, 1);
	struct dsi_stream_desc phys = {.size = sizeof(phys),
				       .flags = DSI_STREAM_PHYS,
				       .packets = 2,
				       .data_bytes = 4096};
	struct dsi_stream_desc large = conf_desc(2);
	struct dsi_socket *consumer;

	large.packet_bytes = CONF_BYTES + 1;
	conf_try(refused(&phys, &opts, "copy: "));
	conf_try(refused(&large, &opts, "packet_bytes: "));
	opts.max_packet_bytes = 0;
	conf_equal(dsi_consumer_create(&opts, &consumer), -DSI_EINVAL);
	opts.max_packet_bytes = CONF_BYTES;
	opts.flags |= DSI_CONSUMER_WRITABLE;
	conf_equal(dsi_consumer_create(&opts, &consumer), -DSI_EINVAL);
	return 0;
}

static int copy_all(uint64_t policy)
{
	struct dsi_consumer_options opts = copying((uint32_t)policy, 1);
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	uint64_t got = 0;
	int err;

	conf_try(conf_consume(NAME, &opts, &consumer));
	while ((err = dsi_packet_get(consumer, conf_later(), &pkt)) == 0) {
		/* Whole, however fast the producer is. */
		conf_try(conf_filled(
			pkt, policy == DSI_POLICY_BLOCK ? got : DSI_FOREVER));
		conf_equal(dsi_packet_valid(pkt), 1);
		conf_equal(dsi_packet_commit(consumer, pkt), 0);
		got++;
	}
	conf_equal(err, -DSI_EPIPE);
	atomic_store(&conf_shared->values[0], got);
	dsi_socket_destroy(consumer);
	return 0;
}

/* Both sleep for each other: there is one packet. */
static int copy_between_processes(void)
{
	int peer = conf_spawn_process(copy_all, DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(1);
	struct dsi_socket *producer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint64_t i = 0; i < MANY; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(dsi_socket_drain(producer, conf_later()), 0);
	dsi_socket_destroy(producer);
	conf_equal(conf_join(peer), 0);
	conf_equal(atomic_load(&conf_shared->values[0]), MANY);
	return 0;
}

/* What is overwritten while it is copied is lost, and never got in part. */
static int copy_of_what_is_overwritten(void)
{
	int peer = conf_spawn_process(copy_all, DSI_POLICY_RECLAIM);
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint64_t i = 0; i < 10 * MANY; i++)
		conf_try(conf_put(producer, i, 0));
	dsi_socket_destroy(producer);
	conf_equal(conf_join(peer), 0);
	return 0;
}

const struct conf_test conf_transfer_tests[] = {
	{"copy_is_the_consumers_own", copy_is_the_consumers_own},
	{"copy_has_all_elements", copy_has_all_elements},
	{"copy_of_too_much_is_a_gap", copy_of_too_much_is_a_gap},
	{"copy_by_all_ways_to_get", copy_by_all_ways_to_get},
	{"copy_skips_what_expired", copy_skips_what_expired},
	{"copy_frees_a_queue", copy_frees_a_queue},
	{"copy_is_refused", copy_is_refused},
	{"copy_between_processes", copy_between_processes},
	{"copy_of_what_is_overwritten", copy_of_what_is_overwritten},
	{NULL, NULL},
};
