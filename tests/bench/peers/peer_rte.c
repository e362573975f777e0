/* SPDX-License-Identifier: MIT */
/* peer_rte.c - DPDK's ring, for one producer and one consumer, with bursts. */
#define _GNU_SOURCE 1
#include <rte_ring.h>

#include "peers.h"

/* It holds one word less than it has places, of which there is a power of two. */
static unsigned int places_of(uint32_t n)
{
	return n < 2 ? 4 : 2u * n;
}

static size_t words_bytes(uint32_t n)
{
	return (size_t)rte_ring_get_memsize(places_of(n));
}

static int words_init(void *at, uint32_t n)
{
	return rte_ring_init(at, "dsi-bench", places_of(n),
			     RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static void words_end(void *at)
{
	(void)at;
}

static uint32_t words_put(void *at, const uint64_t *from, uint32_t n)
{
	return rte_ring_sp_enqueue_burst_elem(at, from, sizeof(*from), n, NULL);
}

static uint32_t words_get(void *at, uint64_t *to, uint32_t n)
{
	return rte_ring_sc_dequeue_burst_elem(at, to, sizeof(*to), n, NULL);
}

#include "peer_words.h"

const struct bench_channel peer_rte = {
	.name = "rte-ring",
	.text = "DPDK's ring, one producer and one consumer, with bursts",
	.can = WORDS_CAN | BENCH_CAN_PROCESSES,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	WORDS_CALLS};
