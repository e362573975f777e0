/* SPDX-License-Identifier: MIT */
/*
 * peer_boost.cpp - boost::lockfree::spsc_queue, with a capacity fixed when it is
 * compiled, so that it may lie in shared memory.
 */
#include <boost/lockfree/spsc_queue.hpp>
#include <new>

#include "peers.h"

using words_queue =
	boost::lockfree::spsc_queue<uint64_t,
				    boost::lockfree::capacity<2 * BENCH_RING>>;

static size_t words_bytes(uint32_t n)
{
	(void)n;
	return sizeof(words_queue);
}

static int words_init(void *at, uint32_t n)
{
	(void)n;
	new (at) words_queue();
	return 0;
}

static void words_end(void *at)
{
	static_cast<words_queue *>(at)->~words_queue();
}

static uint32_t words_put(void *at, const uint64_t *from, uint32_t n)
{
	return static_cast<uint32_t>(
		static_cast<words_queue *>(at)->push(from, n));
}

static uint32_t words_get(void *at, uint64_t *to, uint32_t n)
{
	return static_cast<uint32_t>(
		static_cast<words_queue *>(at)->pop(to, n));
}

#include "peer_words.h"

const struct bench_channel peer_boost = {.name = "boost-spsc",
					 .text = "boost::lockfree::spsc_queue",
					 .can = WORDS_CAN | BENCH_CAN_PROCESSES,
					 .limit = false,
					 .asked = false,
					 .beside = nullptr,
					 .payload_max = BENCH_PAYLOAD,
					 .ring_max = BENCH_RING,
					 .consumers_max = 1,
					 WORDS_CALLS};
