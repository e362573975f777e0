/* SPDX-License-Identifier: MIT */
/*
 * test_transfer.c - packets whose data does not lie in memory that the consumer
 * has mapped for good: copies, and packets that are lent (MAP).
 *
 * Hostile consumers do what the library would not: they ask the port themselves
 * and keep what they have.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/socket_private.h"

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
	struct dsi_stream_desc large = conf_desc(2);
	struct dsi_socket *consumer;

	large.packet_bytes = CONF_BYTES + 1;
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

/* ---- packets that are lent ---------------------------------------------- */

#define SLOT_PAGES 3u

static int can_lend(void)
{
	return dsi_port_loan_possible() == 0;
}

static struct dsi_stream_desc lending(uint32_t packets)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_MAP,
		.packets = packets,
		.packet_bytes = (uint32_t)(SLOT_PAGES * dsi_port_page_bytes()),
		.align_bytes = (uint32_t)dsi_port_page_bytes(),
	};

	return desc;
}

static struct dsi_consumer_options borrowing(uint32_t policy)
{
	struct dsi_consumer_options opts = conf_policy(policy);

	opts.flags = DSI_CONSUMER_MAP;
	return opts;
}

/* The value in the first and the last word of a packet of @size bytes. */
static int put(struct dsi_socket *sock, uint64_t value, uint32_t size)
{
	struct dsi_packet *pkt;
	uint32_t room;
	void *addr;

	conf_try(get(sock, &pkt));
	conf_equal(dsi_packet_data(pkt, 0, &addr, &room), 0);
	memcpy(addr, &value, sizeof(value));
	memcpy((char *)addr + size - sizeof(value), &value, sizeof(value));
	conf_equal(dsi_packet_set_size(pkt, size), 0);
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	return 0;
}

static int has(const struct dsi_packet *pkt, uint64_t value, uint32_t size,
	       char **out_addr)
{
	uint64_t first, last;
	uint32_t bytes;
	void *addr;

	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, size);
	memcpy(&first, addr, sizeof(first));
	memcpy(&last, (char *)addr + size - sizeof(last), sizeof(last));
	conf_equal(first, value);
	conf_equal(last, value);
	*out_addr = addr;
	return 0;
}

static int map_only_where_possible(void)
{
	struct dsi_stream_desc desc = lending(2);
	struct dsi_socket *producer;
	char why[200] = "";

	if (!can_lend()) {
		conf_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			   -DSI_ENOTSUP);
		conf_check(strstr(why, "microkernel"));
		conf_equal(dsi_producer_create(&desc, NULL, &producer),
			   -DSI_ENOTSUP);
	} else {
		conf_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
	}
	desc.flags |= DSI_STREAM_WRITABLE;
	conf_equal(dsi_stream_desc_check(&desc, NULL, 0), -DSI_EINVAL);
	desc.flags = DSI_STREAM_MAP | DSI_STREAM_PHYS;
	conf_equal(dsi_stream_desc_check(&desc, NULL, 0), -DSI_EINVAL);
	desc = lending(2);
	desc.max_sg = 2;
	conf_equal(dsi_stream_desc_check(&desc, NULL, 0), -DSI_EINVAL);
	desc = lending(2);
	desc.align_bytes /= 2;
	conf_equal(dsi_stream_desc_check(&desc, NULL, 0), -DSI_EINVAL);
	desc = lending(2);
	desc.packet_bytes = 0;
	desc.data_bytes = 65536;
	conf_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), -DSI_EINVAL);
	conf_check(strstr(why, "packet_bytes"));
	return 0;
}

static int map_needs_consent(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = lending(2);

	if (!can_lend())
		return 0;
	conf_try(refused(&desc, &opts, "map: "));
	opts = borrowing(DSI_POLICY_RECLAIM);
	conf_try(refused(&desc, &opts, "policy: "));
	opts = borrowing(DSI_POLICY_BLOCK);
	opts.flags |= DSI_CONSUMER_COPY;
	opts.max_packet_bytes = desc.packet_bytes;
	conf_try(refused(&desc, &opts, "copy: "));
	return 0;
}

/* Faults before get, after commit, behind what was sent, and in all else. */
static int watch_pages(uint64_t policy)
{
	struct dsi_consumer_options opts = borrowing((uint32_t)policy);
	uint64_t page = dsi_port_page_bytes();
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	uint64_t bytes;
	char *area, *addr;
	void *start;

	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_equal(dsi_socket_area(consumer, &start, &bytes), 0);
	area = start;
	for (uint32_t round = 0; round < 40; round++) {
		uint32_t size = 8u + round * 311u;
		uint32_t here = 0;

		for (uint64_t at = 0; at < bytes; at += page)
			conf_equal(conf_load_faults(area + at), 1);
		conf_step(0);
		conf_try(get(consumer, &pkt));
		conf_try(has(pkt, round, size, &addr));
		conf_equal(conf_load_faults(addr + size - 1), 0);
		conf_equal(conf_store_faults(addr), 1);
		for (uint64_t at = 0; at < bytes; at += page)
			here += conf_load_faults(area + at) == 0;
		conf_equal(here, (size + page - 1) / page);
		conf_equal(dsi_packet_commit(consumer, pkt), 0);
	}
	/* Nothing in it: nothing is mapped. */
	conf_step(0);
	conf_try(get(consumer, &pkt));
	conf_equal(dsi_packet_flags(pkt), DSI_PACKET_GAP);
	for (uint64_t at = 0; at < bytes; at += page)
		conf_equal(conf_load_faults(area + at), 1);
	conf_equal(dsi_packet_commit(consumer, pkt), 0);
	dsi_socket_destroy(consumer);
	return 0;
}

static int map_only_while_held_by(uint32_t policy)
{
	struct dsi_stream_desc desc = lending(3);
	struct dsi_socket *producer;
	struct dsi_packet *pkt;
	int peer;

	if (!can_lend())
		return 0;
	peer = conf_spawn_process(watch_pages, policy);
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint32_t round = 0; round < 40; round++) {
		conf_try(conf_await(0, round + 1));
		conf_try(put(producer, round, 8u + round * 311u));
	}
	conf_try(conf_await(0, 41));
	conf_try(get(producer, &pkt));
	conf_equal(dsi_packet_set_size(pkt, 0), 0);
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_GAP), 0);
	conf_equal(dsi_packet_commit(producer, pkt), 0);
	conf_equal(conf_join(peer), 0);
	conf_equal(conf_stats(producer).dropped, 0);
	dsi_socket_destroy(producer);
	return 0;
}

static int map_only_while_held(void)
{
	return map_only_while_held_by(DSI_POLICY_BLOCK);
}

static int map_from_a_queue(void)
{
	return map_only_while_held_by(DSI_POLICY_DROP_NEW);
}

/* Two consumers, batches, in any order, and sleeps on all sides. */
static int take_batches(uint64_t unused)
{
	struct dsi_consumer_options opts = borrowing(DSI_POLICY_BLOCK);
	uint32_t size = (uint32_t)(SLOT_PAGES * dsi_port_page_bytes());
	struct dsi_packet *pkts[3];
	struct dsi_socket *consumer;
	uint64_t next = 0;
	int32_t n;
	char *addr;

	(void)unused;
	conf_try(conf_consume(NAME, &opts, &consumer));
	while ((n = dsi_packet_get_many(consumer, conf_later(), pkts, 3)) > 0) {
		for (int32_t i = 0; i < n; i++)
			conf_try(has(pkts[i], next++, size, &addr));
		for (int32_t i = n; i-- > 0;)
			conf_equal(dsi_packet_commit(consumer, pkts[i]), 0);
	}
	conf_equal(n, -DSI_EPIPE);
	conf_equal(next, CONF_ROUNDS);
	dsi_socket_destroy(consumer);
	return 0;
}

static int map_for_several(void)
{
	struct dsi_stream_desc desc = lending(4);
	struct dsi_socket *producer;
	int peers[2];

	if (!can_lend())
		return 0;
	for (uint32_t i = 0; i < 2; i++)
		peers[i] = conf_spawn_process(take_batches, i);
	conf_try(conf_produce(NAME, &desc, 2, &producer));
	for (uint64_t i = 0; i < CONF_ROUNDS; i++)
		conf_try(put(producer, i, desc.packet_bytes));
	conf_equal(dsi_socket_drain(producer, conf_later()), 0);
	dsi_socket_destroy(producer);
	for (uint32_t i = 0; i < 2; i++)
		conf_equal(conf_join(peers[i]), 0);
	return 0;
}

/* ---- those who would rather keep it ------------------------------------- */

/* What the port answers to who asks for pages of the area itself. */
static int borrow(struct dsi_socket *sock, uint64_t page, uint64_t pages)
{
	const struct dsi_transfer *transfer = &sock->plane.as.consumer.transfer;
	uint64_t bytes = dsi_port_page_bytes();

	return dsi_port_loan_take(&transfer->window, transfer->loan,
				  page * bytes, pages * bytes);
}

/* One slot.  Steps: 0 we go on, 1 the producer does. */
static int keep_pages(uint64_t hang_up)
{
	struct dsi_consumer_options opts = borrowing(DSI_POLICY_BLOCK);
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	char *addr;

	conf_try(conf_consume(NAME, &opts, &consumer));
	/* Nothing is committed yet. */
	conf_equal(borrow(consumer, 0, 1), -DSI_EACCES);
	conf_step(0);
	conf_try(get(consumer, &pkt));
	conf_try(has(pkt, 77, 4096, &addr));
	/* What was not sent of it. */
	conf_equal(borrow(consumer, 1, 1), -DSI_EACCES);
	conf_equal(borrow(consumer, 0, 2), -DSI_EACCES);
	if (hang_up) {
		dsi_port_handle_close(consumer->links->conn);
	} else {
		conf_equal(dsi_packet_commit(consumer, pkt), 0);
		conf_equal(conf_load_faults(addr), 1);
	}
	/* The refusal has unmapped it, or the commit. */
	conf_equal(borrow(consumer, 0, 1), 0);
	conf_equal(conf_load_faults(addr), 0);
	conf_step(0);
	conf_try(conf_await(1, 1)); /* the producer has it again */
	conf_equal(conf_load_faults(addr), 1);
	conf_equal(borrow(consumer, 0, 1), -DSI_EACCES);
	conf_equal(conf_load_faults(addr), 1);
	conf_step(0);
	conf_try(conf_await(1, 2)); /* and has committed it */
	conf_equal(borrow(consumer, 0, 1), hang_up ? -DSI_EACCES : 0);
	conf_equal(borrow(consumer, 1, 1), -DSI_EACCES);
	conf_equal(conf_load_faults(addr), hang_up ? 1 : 0);
	conf_step(0);
	conf_die();
}

static int map_is_taken_from(uint64_t hang_up)
{
	struct dsi_stream_desc desc = lending(1);
	struct dsi_socket *producer;
	struct dsi_packet *pkt;
	uint64_t value = 88;
	uint32_t size;
	void *addr;
	int peer;

	if (!can_lend())
		return 0;
	peer = conf_spawn_process(keep_pages, hang_up);
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_await(0, 1));
	conf_try(put(producer, 77, 4096));
	conf_try(conf_await(0, 2));
	conf_try(get(producer, &pkt));
	conf_step(1);
	conf_try(conf_await(0, 3));
	conf_equal(dsi_packet_data(pkt, 0, &addr, &size), 0);
	memcpy(addr, &value, sizeof(value));
	conf_equal(dsi_packet_set_size(pkt, 100), 0);
	conf_equal(dsi_packet_commit(producer, pkt), 0);
	conf_step(1);
	conf_try(conf_await(0, 4));
	conf_equal(conf_join(peer), CONF_KILLED);
	/* It died with it. */
	for (uint64_t i = 0; i < 3; i++) {
		conf_try(get(producer, &pkt));
		conf_equal(dsi_packet_discard(producer, pkt), 0);
	}
	dsi_socket_destroy(producer);
	return 0;
}

static int map_is_taken_back(void)
{
	return map_is_taken_from(0);
}

static int map_is_taken_from_who_hung_up(void)
{
	return map_is_taken_from(1);
}

/* Wrong numbers of all kinds. */
static int ask_for_anything(uint64_t unused)
{
	struct dsi_consumer_options opts = borrowing(DSI_POLICY_BLOCK);
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	char *addr;

	(void)unused;
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_try(get(consumer, &pkt));
	conf_try(has(pkt, 5, 8, &addr));
	for (uint64_t page = 0; page < 2 * SLOT_PAGES; page++) {
		int own = conf_load_faults((char *)consumer->data.addr +
					   page * dsi_port_page_bytes()) == 0;

		conf_equal(borrow(consumer, page, 1), own ? 0 : -DSI_EACCES);
		for (uint64_t pages = 2; pages <= 8; pages++)
			conf_check(borrow(consumer, page, pages) < 0);
		/* A refusal gives back what came before it. */
		if (own)
			conf_equal(borrow(consumer, page, 1), 0);
	}
	conf_check(borrow(consumer, 2 * SLOT_PAGES, 1) < 0);
	conf_check(borrow(consumer, UINT64_C(1) << 40, 1) < 0);
	/* It is no region to be mapped as a whole, and not ours to recall. */
	conf_equal(dsi_port_loan_recall(&consumer->data, 0, 4096), -DSI_EINVAL);
	conf_equal(dsi_port_loan_recall(&consumer->control, 0, 4096),
		   -DSI_EACCES);
	conf_try(has(pkt, 5, 8, &addr));
	dsi_socket_destroy(consumer);
	return 0;
}

static int map_of_wrong_ranges(void)
{
	struct dsi_stream_desc desc = lending(2);
	struct dsi_socket *producer;
	int peer;

	if (!can_lend())
		return 0;
	peer = conf_spawn_process(ask_for_anything, 0);
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(put(producer, 5, 8));
	conf_equal(conf_join(peer), 0);
	dsi_socket_destroy(producer);
	return 0;
}

/* What was sent is not the slot, is more than it, or is not lent. */
static int find_the_lie(uint64_t which)
{
	struct dsi_consumer_options opts = borrowing(DSI_POLICY_BLOCK);
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	char *area;

	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_step(0);
	conf_try(conf_await(1, (uint32_t)which + 1));
	area = consumer->data.addr;
	conf_equal(dsi_packet_get(consumer, conf_later(), &pkt), -DSI_EPROTO);
	conf_equal(dsi_packet_get(consumer, 0, &pkt), -DSI_EPROTO);
	for (uint64_t page = 0; page < 2 * SLOT_PAGES; page++)
		conf_equal(
			conf_load_faults(area + page * dsi_port_page_bytes()),
			1);
	dsi_socket_destroy(consumer);
	return 0;
}

static int map_of_lie(uint32_t which)
{
	struct dsi_stream_desc desc = lending(2);
	struct dsi_socket *producer;
	struct dsi_packet *pkt;
	int peer;

	peer = conf_spawn_process(find_the_lie, which);
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_try(conf_await(0, which + 1));
	conf_try(get(producer, &pkt));
	conf_equal(dsi_packet_set_size(pkt, 100), 0);
	if (which == 0)
		pkt->entry.offset += 64;
	else if (which == 1)
		pkt->entry.size = desc.packet_bytes + 1;
	conf_equal(dsi_packet_commit(producer, pkt), 0);
	if (which == 2)
		dsi__transfer_forget(&producer->plane,
				     &producer->plane.as.producer.peers[0]);
	conf_step(1);
	conf_equal(conf_join(peer), 0);
	dsi_socket_destroy(producer);
	return 0;
}

static int map_of_lies(void)
{
	for (uint32_t which = 0; can_lend() && which < 3; which++)
		conf_try(map_of_lie(which));
	return 0;
}

/* A slot of several pages is mapped in one step, if its alignment is left to the
 * library. */
static int map_aligns_slots(void)
{
	struct dsi_stream_desc desc = lending(2);
	uint64_t page = dsi_port_page_bytes();
	struct dsi_socket *producer;

	if (!can_lend())
		return 0;
	desc.align_bytes = 0;
	desc.packet_bytes = (uint32_t)(3 * page);
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_socket_desc(producer, &desc), 0);
	conf_equal(desc.align_bytes, 4 * page);
	conf_equal(desc.data_bytes, 8 * page);
	dsi_socket_destroy(producer);
	return 0;
}

static int produce_and_die(uint64_t unused)
{
	struct dsi_stream_desc desc = lending(4);
	struct dsi_socket *producer;

	(void)unused;
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(put(producer, i, desc.packet_bytes));
	conf_try(conf_await(0, 1));
	conf_die();
}

/* What was committed can be got, and what is held be read, when the producer is
 * dead. */
static int map_outlives_the_producer(void)
{
	struct dsi_consumer_options opts = borrowing(DSI_POLICY_BLOCK);
	uint32_t size = (uint32_t)(SLOT_PAGES * dsi_port_page_bytes());
	struct dsi_packet *pkts[4];
	struct dsi_socket *consumer;
	char *addr;
	int peer;

	if (!can_lend())
		return 0;
	peer = conf_spawn_process(produce_and_die, 0);
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_try(get(consumer, &pkts[0]));
	conf_step(0);
	conf_equal(conf_join(peer), CONF_KILLED);
	for (uint64_t i = 0; i < 4; i++) {
		if (i)
			conf_try(get(consumer, &pkts[i]));
		conf_try(has(pkts[i], i, size, &addr));
	}
	conf_try(conf_ended(consumer));
	for (uint64_t i = 0; i < 4; i++) {
		conf_try(has(pkts[i], i, size, &addr));
		conf_equal(dsi_packet_commit(consumer, pkts[i]), 0);
		conf_equal(conf_load_faults(addr), 1);
	}
	dsi_socket_destroy(consumer);
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
	{"map_only_where_possible", map_only_where_possible},
	{"map_needs_consent", map_needs_consent},
	{"map_only_while_held", map_only_while_held},
	{"map_from_a_queue", map_from_a_queue},
	{"map_for_several", map_for_several},
	{"map_is_taken_back", map_is_taken_back},
	{"map_is_taken_from_who_hung_up", map_is_taken_from_who_hung_up},
	{"map_of_wrong_ranges", map_of_wrong_ranges},
	{"map_of_lies", map_of_lies},
	{"map_aligns_slots", map_aligns_slots},
	{"map_outlives_the_producer", map_outlives_the_producer},
	{NULL, NULL},
};
