/* SPDX-License-Identifier: MIT */
/*
 * test_packet.c - one packet: flags, elements, shared data, and what happens
 * to those who use it wrongly.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/port.h>
#include <dsi/socket.h>

#include "conf.h"

#define NAME "conf.packet"

struct pair {
	struct dsi_socket *producer, *consumer;
};

static int pair_open(struct pair *pair, const struct dsi_stream_desc *desc,
		     const struct dsi_consumer_options *opts)
{
	conf_try(conf_produce(NAME, desc, 1, &pair->producer));
	conf_try(conf_consume(NAME, opts, &pair->consumer));
	return 0;
}

static int pair_begin(struct pair *pair, uint32_t packets)
{
	struct dsi_stream_desc desc = conf_desc(packets);

	return pair_open(pair, &desc, NULL);
}

static int pair_end(struct pair *pair)
{
	dsi_socket_destroy(pair->consumer);
	dsi_socket_destroy(pair->producer);
	return 0;
}

static int get(struct dsi_socket *sock, struct dsi_packet **out_pkt)
{
	conf_equal(dsi_packet_get(sock, conf_later(), out_pkt), 0);
	return 0;
}

/* ---- flags -------------------------------------------------------------- */

static int packet_flags(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_flags(pkt), 0);
	conf_try(conf_fill(pkt, 1));
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_USER), 0);
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_DROPPED_BEFORE),
		   -DSI_EINVAL);
	conf_equal(dsi_packet_set_flags(pkt, 0x1000), -DSI_EINVAL);
	conf_equal(dsi_packet_set_flags(pkt, 0x80000000u), -DSI_EINVAL);
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_PHYS), -DSI_EINVAL);
	conf_equal(dsi_packet_flags(pkt), DSI_PACKET_USER);
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_try(conf_take(pair.consumer, 1, DSI_PACKET_USER));
	conf_try(conf_put(pair.producer, 2, 0x0500));
	conf_try(conf_take(pair.consumer, 2, 0x0500));
	return pair_end(&pair);
}

static int packet_gap(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint32_t bytes;
	void *addr;

	conf_try(pair_begin(&pair, 4));
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_set_size(pkt, 0), 0);
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_GAP), 0);
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_flags(pkt), DSI_PACKET_GAP);
	conf_equal(dsi_packet_number(pkt), 0);
	if (dsi_packet_count(pkt) > 0) {
		conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
		conf_equal(bytes, 0);
	}
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_try(conf_take(pair.consumer, 1, 0));
	return pair_end(&pair);
}

/* ---- misuse ------------------------------------------------------------- */

static int packet_committed_twice(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(get(pair.producer, &pkt));
	conf_try(conf_fill(pkt, 1));
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_equal(dsi_packet_commit(pair.producer, pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.producer, pkt), -DSI_EINVAL);
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), -DSI_EINVAL);
	/* Nothing changed by it. */
	conf_equal(conf_stats(pair.producer).committed, 1);
	conf_equal(conf_stats(pair.consumer).released, 1);
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), 0);
	for (uint64_t i = 0; i < 10; i++) {
		conf_try(conf_put(pair.producer, i, 0));
		conf_try(conf_take(pair.consumer, i, 0));
	}
	return pair_end(&pair);
}

static int packet_of_another_socket(void)
{
	struct dsi_packet *mine, *theirs;
	char foreign[512];
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(get(pair.producer, &mine));
	conf_try(get(pair.consumer, &theirs));
	conf_equal(dsi_packet_commit(pair.producer, theirs), -DSI_EINVAL);
	conf_equal(dsi_packet_commit(pair.consumer, mine), -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.producer, theirs), -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.consumer, theirs), -DSI_EINVAL);
	conf_equal(dsi_packet_commit(pair.producer, NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_commit(NULL, mine), -DSI_EINVAL);
	memset(foreign, 0, sizeof(foreign));
	conf_equal(dsi_packet_commit(pair.producer, (void *)foreign),
		   -DSI_EINVAL);
	conf_equal(dsi_packet_commit(pair.consumer, theirs), 0);
	conf_equal(dsi_packet_discard(pair.producer, mine), 0);
	return pair_end(&pair);
}

static int packet_used_after_commit(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t offset;
	uint32_t bytes;
	void *addr;

	conf_try(pair_begin(&pair, 4));
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_set_number(pkt, 9), 0);
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_element(pkt, 0, &offset, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_count(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_set_size(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_add_data(pkt, 0, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_keep(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_unkeep(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_set_number(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_time(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_expiry(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_flags(pkt, 0), -DSI_EINVAL);
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_number(pkt), 9);
	conf_equal(dsi_packet_valid(pkt), 1);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(dsi_packet_number(pkt), 0);
	conf_equal(dsi_packet_time(pkt), 0);
	conf_equal(dsi_packet_expiry(pkt), 0);
	conf_equal(dsi_packet_flags(pkt), 0);
	conf_equal(dsi_packet_valid(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), -DSI_EINVAL);
	return pair_end(&pair);
}

static int packet_consumer_may_not_change_it(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_set_size(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_add_data(pkt, 0, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_add_shared(pkt, pkt, 0, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_keep(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_unkeep(pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_set_number(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_time(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_expiry(pkt, 1), -DSI_EINVAL);
	conf_equal(dsi_packet_set_flags(pkt, 0), -DSI_EINVAL);
	conf_try(conf_filled(pkt, 1));
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	return pair_end(&pair);
}

static int packet_after_close(void)
{
	struct dsi_packet *mine, *kept, *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(get(pair.producer, &kept));
	conf_equal(dsi_packet_keep(kept), 0);
	conf_equal(dsi_packet_commit(pair.producer, kept), 0);
	conf_try(get(pair.producer, &mine));
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_socket_close(pair.producer), 0);
	conf_equal(dsi_packet_commit(pair.producer, mine), -DSI_EINVAL);
	conf_equal(dsi_packet_commit_many(pair.producer, &mine, 1),
		   -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.producer, mine), -DSI_EINVAL);
	conf_equal(dsi_packet_unkeep(kept), -DSI_EINVAL);
	conf_equal(dsi_packet_get(pair.producer, conf_later(), &mine),
		   -DSI_EPIPE);
	conf_equal(dsi_packet_get_many(pair.producer, 0, &mine, 1), -DSI_EPIPE);
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), -DSI_EPIPE);
	conf_equal(dsi_socket_close(pair.consumer), 0);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_get(pair.consumer, conf_later(), &pkt),
		   -DSI_EPIPE);
	return pair_end(&pair);
}

static int packet_null(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t offset;
	uint32_t bytes;
	void *addr;

	conf_try(pair_begin(&pair, 2));
	conf_equal(dsi_packet_get(NULL, 0, &pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_get(pair.producer, 0, NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_get_nr(NULL, 0, 0, &pkt), -DSI_EINVAL);
	conf_equal(dsi_packet_get_abort(NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_data(NULL, 0, &addr, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_element(NULL, 0, &offset, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_count(NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_set_size(NULL, 0), -DSI_EINVAL);
	conf_equal(dsi_packet_keep(NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_valid(NULL), -DSI_EINVAL);
	conf_equal(dsi_packet_number(NULL), 0);
	conf_equal(dsi_packet_flags(NULL), 0);
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_data(pkt, 0, NULL, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_data(pkt, 1, &addr, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_element(pkt, 1, &offset, &bytes), -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
	return pair_end(&pair);
}

static int packet_batch_with_a_wrong_one(void)
{
	struct dsi_packet *pkts[4], *wrong[4];
	struct pair pair;

	conf_try(pair_begin(&pair, 4));
	conf_equal(dsi_packet_get_many(pair.producer, conf_later(), pkts, 3),
		   3);
	for (uint32_t i = 0; i < 3; i++)
		conf_try(conf_fill(pkts[i], i));
	/* One of them twice, or none at all: nothing is committed. */
	memcpy(wrong, pkts, sizeof(wrong));
	wrong[3] = pkts[1];
	conf_equal(dsi_packet_commit_many(pair.producer, wrong, 4),
		   -DSI_EINVAL);
	wrong[2] = NULL;
	conf_equal(dsi_packet_commit_many(pair.producer, wrong, 3),
		   -DSI_EINVAL);
	conf_equal(conf_stats(pair.producer).committed, 0);
	conf_equal(conf_stats(pair.producer).held, 3);
	conf_equal(conf_try_get(pair.consumer, 0), -DSI_EAGAIN);
	conf_equal(dsi_packet_commit_many(pair.producer, pkts, 3), 0);
	/* The consumer's side. */
	conf_equal(dsi_packet_get_many(pair.consumer, conf_later(), pkts, 3),
		   3);
	memcpy(wrong, pkts, sizeof(wrong));
	wrong[1] = pkts[0];
	conf_equal(dsi_packet_commit_many(pair.consumer, wrong, 3),
		   -DSI_EINVAL);
	conf_equal(conf_stats(pair.consumer).released, 0);
	conf_equal(dsi_packet_commit_many(pair.consumer, pkts, 3), 0);
	conf_equal(dsi_socket_drain(pair.producer, conf_later()), 0);
	return pair_end(&pair);
}

static int packet_discard(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	conf_try(pair_begin(&pair, 2));
	for (uint64_t i = 0; i < 20; i++) {
		conf_try(get(pair.producer, &pkt));
		conf_try(conf_fill(pkt, 1000));
		conf_equal(dsi_packet_set_number(pkt, 500), 0);
		conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
		conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
		conf_equal(dsi_packet_discard(pair.producer, pkt), -DSI_EINVAL);
		/* Nothing of it sticks to the next one. */
		conf_try(conf_put(pair.producer, i, 0));
		conf_try(get(pair.consumer, &pkt));
		conf_equal(dsi_packet_number(pkt), i);
		conf_equal(dsi_packet_flags(pkt), 0);
		conf_try(conf_filled(pkt, i));
		conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	}
	return pair_end(&pair);
}

/* ---- elements ----------------------------------------------------------- */

static int packet_size(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint32_t bytes;
	void *addr;

	conf_try(pair_begin(&pair, 2));
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_set_size(pkt, CONF_BYTES + 1), -DSI_ENOSPC);
	conf_equal(dsi_packet_set_size(pkt, UINT32_MAX), -DSI_ENOSPC);
	conf_equal(dsi_packet_set_size(pkt, 3), 0);
	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	memcpy(addr, "abc", 3);
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, 3);
	conf_equal(memcmp(addr, "abc", 3), 0);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_equal(conf_stats(pair.consumer).bytes, 3);
	/* The next one is whole again. */
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(conf_take(pair.consumer, 1, 0));
	return pair_end(&pair);
}

static int packet_slots_are_aligned(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_packet *pkts[3];
	struct pair pair;
	uint64_t offset;
	uint32_t bytes;
	void *addr;

	desc.packet_bytes = 100;
	desc.align_bytes = 1024;
	opts.align_bytes = 512;
	conf_try(pair_open(&pair, &desc, &opts));
	conf_equal(dsi_packet_get_many(pair.producer, conf_later(), pkts, 3),
		   3);
	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(dsi_packet_element(pkts[i], 0, &offset, &bytes), 0);
		conf_equal(offset % 1024, 0);
		conf_equal(bytes, 100);
		conf_equal(dsi_packet_data(pkts[i], 0, &addr, &bytes), 0);
		conf_equal((uintptr_t)addr % 1024, 0);
		for (uint32_t k = 0; k < i; k++) {
			uint64_t other;

			conf_equal(
				dsi_packet_element(pkts[k], 0, &other, &bytes),
				0);
			conf_check(other != offset);
		}
	}
	conf_equal(dsi_packet_commit_many(pair.producer, pkts, 3), 0);
	return pair_end(&pair);
}

static int packet_scatter_gather(void)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = 4,
				       .max_sg = 5,
				       .data_bytes = 100000};
	struct dsi_packet *pkt;
	unsigned char *area;
	struct pair pair;
	uint64_t bytes;
	void *addr;

	conf_try(pair_open(&pair, &desc, NULL));
	conf_equal(dsi_socket_area(pair.producer, &addr, &bytes), 0);
	conf_check(bytes >= 100000);
	area = addr;
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t n = round % 6;

		conf_try(get(pair.producer, &pkt));
		conf_equal(dsi_packet_count(pkt), 0);
		for (uint32_t i = 0; i < n; i++) {
			uint64_t offset = 10000u * i + 37u * round;

			memset(area + offset, (int)(round + i), 100 + i);
			conf_equal(dsi_packet_add_data(pkt, offset, 100 + i),
				   0);
		}
		conf_equal(dsi_packet_count(pkt), n);
		if (n == 5)
			conf_equal(dsi_packet_add_data(pkt, 0, 1), -DSI_ENOSPC);
		conf_equal(dsi_packet_commit(pair.producer, pkt), 0);

		conf_try(get(pair.consumer, &pkt));
		conf_equal(dsi_packet_count(pkt), n);
		for (uint32_t i = 0; i < n; i++) {
			unsigned char *data;
			uint64_t offset;
			uint32_t size;

			conf_equal(dsi_packet_element(pkt, i, &offset, &size),
				   0);
			conf_equal(offset, 10000u * i + 37u * round);
			conf_equal(size, 100 + i);
			conf_equal(dsi_packet_data(pkt, i, &addr, &size), 0);
			data = addr;
			conf_equal(data[0], round + i);
			conf_equal(data[size - 1], round + i);
		}
		conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	}
	return pair_end(&pair);
}

static int packet_elements_stay_inside(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t bytes;
	void *addr;

	desc.max_sg = 3;
	desc.data_bytes = 65536;
	conf_try(pair_open(&pair, &desc, NULL));
	conf_equal(dsi_socket_area(pair.producer, &addr, &bytes), 0);
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_add_data(pkt, bytes, 1), -DSI_ENOSPC);
	conf_equal(dsi_packet_add_data(pkt, bytes - 1, 2), -DSI_ENOSPC);
	conf_equal(dsi_packet_add_data(pkt, UINT64_MAX, 2), -DSI_ENOSPC);
	conf_equal(dsi_packet_add_data(pkt, UINT64_MAX - 1, UINT32_MAX),
		   -DSI_ENOSPC);
	conf_equal(dsi_packet_count(pkt), 1);
	/* The slot is element 0, what is added comes behind it. */
	conf_equal(dsi_packet_add_data(pkt, bytes - 1, 1), 0);
	conf_equal(dsi_packet_add_data(pkt, 30000, 1000), 0);
	conf_equal(dsi_packet_add_data(pkt, 0, 1), -DSI_ENOSPC);
	conf_equal(dsi_packet_count(pkt), 3);
	conf_try(conf_fill(pkt, 8));
	conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_count(pkt), 3);
	conf_try(conf_filled(pkt, 8));
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	return pair_end(&pair);
}

/* ---- kept and shared data ----------------------------------------------- */

static int packet_keep(void)
{
	struct dsi_packet *kept, *pkt;
	struct pair pair;
	void *addr;
	uint32_t bytes;

	conf_try(pair_begin(&pair, 3));
	conf_try(get(pair.producer, &kept));
	conf_equal(dsi_packet_unkeep(kept), -DSI_EINVAL);
	conf_equal(dsi_packet_keep(kept), 0);
	conf_equal(dsi_packet_keep(kept), 0);
	conf_equal(dsi_packet_data(kept, 0, &addr, &bytes), 0);
	conf_try(conf_fill(kept, 4711));
	conf_equal(dsi_packet_commit(pair.producer, kept), 0);
	conf_try(conf_take(pair.consumer, 4711, 0));
	/* Two are left, and its slot is none of them. */
	for (uint64_t i = 0; i < 20; i++) {
		void *other;

		conf_try(get(pair.producer, &pkt));
		conf_equal(dsi_packet_data(pkt, 0, &other, &bytes), 0);
		conf_check(other != addr);
		conf_try(conf_fill(pkt, i));
		conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
		conf_try(conf_take(pair.consumer, i, 0));
	}
	conf_equal(dsi_packet_unkeep(kept), 0);
	conf_equal(dsi_packet_unkeep(kept), 0);
	conf_equal(dsi_packet_unkeep(kept), -DSI_EINVAL);
	/* All three again. */
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_put(pair.producer, i, 0));
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_take(pair.consumer, i, 0));
	return pair_end(&pair);
}

static int packet_shares_data(void)
{
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_packet *owner, *pkt;
	struct pair pair;
	uint64_t word;
	uint32_t size;
	void *addr;

	desc.max_sg = 2;
	conf_try(pair_open(&pair, &desc, NULL));
	for (uint64_t round = 1; round <= 20; round++) {
		conf_try(get(pair.producer, &owner));
		conf_equal(dsi_packet_keep(owner), 0);
		conf_try(conf_fill(owner, round));
		conf_equal(dsi_packet_commit(pair.producer, owner), 0);
		conf_try(get(pair.producer, &pkt));
		conf_try(conf_fill(pkt, round * 100));
		conf_equal(dsi_packet_add_shared(pkt, owner, CONF_BYTES, 1),
			   -DSI_ENOSPC);
		conf_equal(dsi_packet_add_shared(pkt, owner, 8, 16), 0);
		conf_equal(dsi_packet_add_shared(pkt, owner, 0, 8),
			   -DSI_ENOSPC); /* max_sg */
		conf_equal(dsi_packet_commit(pair.producer, pkt), 0);
		conf_equal(dsi_packet_unkeep(owner), 0);

		conf_try(conf_take(pair.consumer, round, 0));
		/* The owner is back, but the borrower is not: its slot may
		 * not be handed out. */
		conf_try(get(pair.consumer, &pkt));
		conf_try(conf_put(pair.producer, 9999, 0));
		conf_try(conf_take(pair.consumer, 9999, 0));
		conf_equal(conf_try_get(pair.producer, 0), 0);
		conf_try(conf_filled(pkt, round * 100));
		conf_equal(dsi_packet_data(pkt, 1, &addr, &size), 0);
		conf_equal(size, 16);
		memcpy(&word, addr, sizeof(word));
		conf_equal(word, round);
		conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	}
	return pair_end(&pair);
}

static int packet_shares_only_what_is_kept(void)
{
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_packet *owner, *pkt;
	struct pair pair;

	desc.max_sg = 2;
	conf_try(pair_open(&pair, &desc, NULL));
	conf_try(get(pair.producer, &owner));
	conf_equal(dsi_packet_commit(pair.producer, owner), 0);
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_add_shared(pkt, owner, 0, 8), -DSI_EINVAL);
	conf_equal(dsi_packet_add_shared(pkt, NULL, 0, 8), -DSI_EINVAL);
	conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
	return pair_end(&pair);
}

/* A packet that has borrowed and is put back lets go of what it borrowed. */
static int packet_discard_of_a_borrower(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_packet *owner, *pkt;
	struct pair pair;

	desc.max_sg = 2;
	conf_try(pair_open(&pair, &desc, NULL));
	for (uint64_t i = 0; i < 10; i++) {
		conf_try(get(pair.producer, &owner));
		conf_try(get(pair.producer, &pkt));
		conf_equal(dsi_packet_add_shared(pkt, owner, 0, 8), 0);
		conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
		conf_equal(dsi_packet_discard(pair.producer, owner), 0);
	}
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(conf_put(pair.producer, 2, 0));
	conf_try(conf_take(pair.consumer, 1, 0));
	conf_try(conf_take(pair.consumer, 2, 0));
	return pair_end(&pair);
}

/* The consumer leaves, and the producer's monitor has time to see it.  Should
 * it be late, then the test shows less, and does not fail. */
static int leave(const struct pair *pair, uint64_t left)
{
	uint64_t deadline = conf_later();

	dsi_socket_destroy(pair->consumer);
	while (dsi_socket_event_count(pair->producer, DSI_EVENT_PEER_LEFT) <
	       left) {
		conf_check(dsi_port_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_sleep_until(conf_soon());
	return 0;
}

/* All packets can be had, each once. */
static int all_are_free(struct dsi_socket *producer, uint32_t packets)
{
	struct dsi_packet *pkts[4];

	conf_equal(dsi_packet_get_many(producer, 0, pkts, 4), packets);
	for (uint32_t i = 0; i < packets; i++)
		for (uint32_t k = 0; k < i; k++)
			conf_check(pkts[i] != pkts[k]);
	for (uint32_t i = 0; i < packets; i++)
		conf_equal(dsi_packet_discard(producer, pkts[i]), 0);
	return 0;
}

/* A packet that lends its slot is held when the borrower's last consumer
 * leaves: it must not be free before @other has given it back as well. */
static int lend_and_leave(struct pair *pair, struct dsi_socket *other,
			  uint64_t round)
{
	struct dsi_packet *a, *b;

	conf_try(conf_consume(NAME, NULL, &pair->consumer));
	conf_try(get(pair->producer, &a));
	conf_try(get(pair->producer, &b));
	conf_equal(dsi_packet_add_shared(b, a, 0, 8), 0);
	conf_equal(dsi_packet_commit(pair->producer, b), 0);
	if (other) {
		conf_try(get(other, &b));
		conf_equal(dsi_packet_commit(other, b), 0);
	}
	conf_equal(dsi_socket_drain(pair->producer, 0), -DSI_EAGAIN);
	conf_try(leave(pair, round));
	if (round % 2)
		conf_equal(dsi_packet_commit(pair->producer, a), 0);
	else
		conf_equal(dsi_packet_commit_many(pair->producer, &a, 1), 0);
	if (other) {
		conf_try(get(other, &b));
		conf_try(all_are_free(pair->producer, 2));
		conf_equal(dsi_packet_commit(other, b), 0);
	}
	conf_equal(dsi_socket_drain(pair->producer, conf_later()), 0);
	conf_equal(conf_stats(pair->producer).released, 2 * round);
	conf_try(all_are_free(pair->producer, 3));
	return 0;
}

static int packet_borrower_returns_with_its_consumer(void)
{
	struct dsi_stream_desc desc = conf_desc(3);
	struct dsi_socket *other;
	struct pair pair;
	uint64_t round = 0;

	desc.max_sg = 2;
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	while (round < 6)
		conf_try(lend_and_leave(&pair, NULL, ++round));
	conf_try(conf_consume(NAME, NULL, &other));
	while (round < 12)
		conf_try(lend_and_leave(&pair, other, ++round));
	dsi_socket_destroy(other);
	dsi_socket_destroy(pair.producer);
	return 0;
}

/* The lender is still held while the last consumer leaves, and with it the
 * borrower; or both are handed on as one.  Each is free once. */
static int lender_alone(struct pair *pair, uint32_t packets, int batch)
{
	struct dsi_packet *both[2], *pkts[8];
	struct dsi_packet *lender, *borrower;
	uint64_t deadline = conf_later();
	uint64_t left =
		dsi_socket_event_count(pair->producer, DSI_EVENT_PEER_LEFT);

	conf_try(conf_consume(NAME, NULL, &pair->consumer));
	conf_try(conf_put(pair->producer, 1, 0));
	conf_try(conf_take(pair->consumer, 1, 0));
	conf_try(get(pair->producer, &lender));
	conf_try(get(pair->producer, &borrower));
	conf_equal(dsi_packet_add_shared(borrower, lender, 0, 8), 0);
	if (!batch)
		conf_equal(dsi_packet_commit(pair->producer, borrower), 0);
	dsi_socket_destroy(pair->consumer);
	while (dsi_socket_event_count(pair->producer, DSI_EVENT_PEER_LEFT) ==
	       left) {
		conf_check(dsi_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	both[0] = lender;
	both[1] = borrower;
	if (batch)
		conf_equal(dsi_packet_commit_many(pair->producer, both, 2), 0);
	else
		conf_equal(dsi_packet_commit(pair->producer, lender), 0);
	conf_equal(dsi_socket_drain(pair->producer, conf_later()), 0);
	conf_equal(dsi_packet_get_many(pair->producer, 0, pkts, packets + 1),
		   packets);
	for (uint32_t i = 0; i < packets; i++)
		for (uint32_t k = 0; k < i; k++)
			conf_check(pkts[i] != pkts[k]);
	for (uint32_t i = 0; i < packets; i++)
		conf_equal(dsi_packet_discard(pair->producer, pkts[i]), 0);
	return 0;
}

static int packet_lender_outlives_the_consumer(void)
{
	struct dsi_stream_desc desc = conf_desc(3);
	struct pair pair;

	desc.max_sg = 2;
	conf_try(conf_produce(NAME, &desc, 1, &pair.producer));
	for (int round = 0; round < 4; round++)
		conf_try(lender_alone(&pair, 3, round & 1));
	dsi_socket_destroy(pair.producer);
	return 0;
}

/* ---- the data area ------------------------------------------------------ */

static int area_is_read_only(void)
{
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t bytes;
	void *addr;

	conf_try(pair_begin(&pair, 2));
	conf_try(conf_put(pair.producer, 3, 0));
	conf_equal(dsi_socket_area(pair.consumer, &addr, &bytes), 0);
	conf_check(conf_store_faults(addr));
	conf_try(get(pair.consumer, &pkt));
	conf_try(conf_filled(pkt, 3));
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	return pair_end(&pair);
}

static int area_writable(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(1);
	struct dsi_packet *pkt;
	struct pair pair;
	uint64_t word = 0;
	uint32_t size;
	void *addr;

	desc.flags = DSI_STREAM_WRITABLE;
	opts.flags = DSI_CONSUMER_WRITABLE;
	conf_try(pair_open(&pair, &desc, &opts));
	conf_try(conf_put(pair.producer, 3, 0));
	conf_try(get(pair.consumer, &pkt));
	conf_equal(dsi_packet_data(pkt, 0, &addr, &size), 0);
	memset(addr, 0x55, size);
	conf_equal(dsi_packet_commit(pair.consumer, pkt), 0);
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_data(pkt, 0, &addr, &size), 0);
	memcpy(&word, addr, sizeof(word));
	conf_check(word == 0x5555555555555555u);
	conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
	return pair_end(&pair);
}

static int area_brought_by_the_application(void)
{
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .flags = DSI_PRODUCER_DATA_FD,
					    .wait_consumers = 1};
	struct dsi_stream_desc desc = conf_desc(4);
	struct pair pair;

	opts.data_fd = conf_memory(65536, 1);
	conf_check(opts.data_fd >= 0);
	desc.packet_bytes = 65536;
	conf_equal(dsi_producer_create(&desc, &opts, &pair.producer),
		   -DSI_ENOSPC);
	desc.packet_bytes = CONF_BYTES;
	conf_equal(dsi_producer_create(&desc, &opts, &pair.producer), 0);
	/* The library has its own duplicate. */
	conf_check(conf_handle_open(opts.data_fd));
	dsi_port_handle_close(opts.data_fd);
	conf_equal(dsi_socket_listen(pair.producer, NAME, NULL), 0);
	conf_equal(dsi_socket_start(pair.producer), 0);
	conf_try(conf_consume(NAME, NULL, &pair.consumer));
	for (uint64_t i = 0; i < 20; i++) {
		conf_try(conf_put(pair.producer, i, 0));
		conf_try(conf_take(pair.consumer, i, 0));
	}
	return pair_end(&pair);
}

/* Memory that its owner could shrink is for consumers that said so. */
static int area_that_can_shrink(void)
{
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .flags = DSI_PRODUCER_DATA_FD,
					    .wait_consumers = 1};
	struct dsi_consumer_options trusting = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *careful;
	struct pair pair;

	opts.data_fd = conf_memory(65536, 0);
	conf_check(opts.data_fd >= 0);
	conf_equal(dsi_producer_create(&desc, &opts, &pair.producer), 0);
	dsi_port_handle_close(opts.data_fd);
	conf_equal(dsi_socket_listen(pair.producer, NAME, NULL), 0);
	conf_equal(dsi_socket_start(pair.producer), 0);
	conf_equal(dsi_consumer_create(NULL, &careful), 0);
	conf_equal(dsi_socket_connect(careful, NAME, conf_later()),
		   -DSI_EPROTO);
	conf_check(dsi_socket_error(careful)[0]);
	dsi_socket_destroy(careful);
	trusting.flags = DSI_CONSUMER_ACCEPT_UNSEALED;
	conf_try(conf_consume(NAME, &trusting, &pair.consumer));
	conf_try(conf_put(pair.producer, 1, 0));
	conf_try(conf_take(pair.consumer, 1, 0));
	return pair_end(&pair);
}

const struct conf_test conf_packet_tests[] = {
	{"packet_flags", packet_flags},
	{"packet_gap", packet_gap},
	{"packet_committed_twice", packet_committed_twice},
	{"packet_of_another_socket", packet_of_another_socket},
	{"packet_used_after_commit", packet_used_after_commit},
	{"packet_consumer_may_not_change_it",
	 packet_consumer_may_not_change_it},
	{"packet_after_close", packet_after_close},
	{"packet_null", packet_null},
	{"packet_batch_with_a_wrong_one", packet_batch_with_a_wrong_one},
	{"packet_discard", packet_discard},
	{"packet_size", packet_size},
	{"packet_slots_are_aligned", packet_slots_are_aligned},
	{"packet_scatter_gather", packet_scatter_gather},
	{"packet_elements_stay_inside", packet_elements_stay_inside},
	{"packet_keep", packet_keep},
	{"packet_shares_data", packet_shares_data},
	{"packet_shares_only_what_is_kept", packet_shares_only_what_is_kept},
	{"packet_discard_of_a_borrower", packet_discard_of_a_borrower},
	{"packet_borrower_returns_with_its_consumer",
	 packet_borrower_returns_with_its_consumer},
	{"packet_lender_outlives_the_consumer",
	 packet_lender_outlives_the_consumer},
	{"area_is_read_only", area_is_read_only},
	{"area_writable", area_writable},
	{"area_brought_by_the_application", area_brought_by_the_application},
	{"area_that_can_shrink", area_that_can_shrink},
	{NULL, NULL},
};
