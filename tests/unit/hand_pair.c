/* SPDX-License-Identifier: MIT */
/*
 * hand_pair.c - a stream that is wired by hand with one consumer.
 */
#include "hand_pair.h"

#include <cmocka.h>

#include <string.h>

#define QUOTA 2u

void hand_pair_init(struct hand_pair *pair, const struct dsi_stream_desc *desc,
		    uint64_t position, uint32_t policy)
{
	memset(pair, 0, sizeof(*pair));
	hand_stream_init(&pair->stream, desc, position);
	hand_join(&pair->stream, &pair->consumer, policy, QUOTA);
	pair->from = hand_socket(&pair->stream.plane);
	pair->to = hand_socket(&pair->consumer.plane);
	assert_int_equal(dsi__producer_look(&pair->stream.plane), 0);
}

void hand_pair_fini(struct hand_pair *pair)
{
	if (!dsi__producer_left(pair->consumer.peer))
		hand_leave(&pair->stream, &pair->consumer);
	(void)dsi__producer_look(&pair->stream.plane);
	hand_consumer_fini(&pair->consumer);
	hand_stream_fini(&pair->stream);
}

void hand_part(struct hand_pair *pair)
{
	atomic_store(&pair->consumer.signal->cpu, UINT32_MAX);
	atomic_store(&pair->consumer.page->cpu, UINT32_MAX);
	hand_put(pair, 1);
}

struct dsi_packet *hand_get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;

	assert_int_equal(dsi_packet_get(sock, 0, &pkt), 0);
	return pkt;
}

static void pass(struct dsi_socket *sock, uint32_t n)
{
	while (n--)
		assert_int_equal(dsi_packet_commit(sock, hand_get(sock)), 0);
}

void hand_put(struct hand_pair *pair, uint32_t n)
{
	pass(pair->from, n);
}

void hand_take(struct hand_pair *pair, uint32_t n)
{
	pass(pair->to, n);
}
