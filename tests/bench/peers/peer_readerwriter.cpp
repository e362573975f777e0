/* SPDX-License-Identifier: MIT */
/*
 * peer_readerwriter.cpp - moodycamel::ReaderWriterQueue, between threads: it gets
 * its memory from the heap.  It has no call for several words.
 */
#include <new>
#include <readerwriterqueue/readerwriterqueue.h>

#include "peers.h"

using words_queue = moodycamel::ReaderWriterQueue<uint64_t>;

static size_t words_bytes(uint32_t n)
{
	(void)n;
	return sizeof(words_queue);
}

static int words_init(void *at, uint32_t n)
{
	try {
		new (at) words_queue(n);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	return 0;
}

static void words_end(void *at)
{
	static_cast<words_queue *>(at)->~words_queue();
}

static uint32_t words_put(void *at, const uint64_t *from, uint32_t n)
{
	uint32_t i;

	/* Never more room than at the beginning. */
	for (i = 0; i < n; i++)
		if (!static_cast<words_queue *>(at)->try_enqueue(from[i]))
			break;
	return i;
}

static uint32_t words_get(void *at, uint64_t *to, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!static_cast<words_queue *>(at)->try_dequeue(to[i]))
			break;
	return i;
}

#include "peer_words.h"

const struct bench_channel peer_readerwriter = {
	.name = "readerwriterqueue",
	.text = "moodycamel::ReaderWriterQueue, between threads",
	.can = WORDS_CAN,
	.limit = false,
	.asked = false,
	.beside = nullptr,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	WORDS_CALLS};
