/* SPDX-License-Identifier: MIT */
/*
 * peer_words.h - a channel out of rings that carry words of 64 bits, as the
 * rings of most libraries do: the number of a place for a payload goes there in
 * one ring and comes back in another one.
 *
 * Messages without a payload need no place, so then there is one ring only: that
 * is what the libraries' own benchmarks measure.
 *
 * The file that includes this one has defined, for a ring of its library:
 *
 *   words_bytes(n)          memory for one with room for @n words
 *   words_init(at, n)       make one there; 0 or a negative code
 *   words_put(at, words, n) put up to @n words; how many
 *   words_get(at, words, n) likewise get
 *   words_end(at)           its end
 */
#ifndef DSI_BENCH_PEER_WORDS_H
#define DSI_BENCH_PEER_WORDS_H

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define WORDS_LINE 128u

struct words_link {
	struct bench_setup setup;
	char *memory;
	char *there;
	char *back;
	char *payloads;
	size_t stride;
	size_t bytes;
};

/* @fresh: places that the producer never used; @batch: what it took. */
struct words_side {
	struct words_link *link;
	uint64_t batch[BENCH_BATCH];
	uint32_t fresh;
	uint32_t first;
};

static size_t words_round(size_t bytes)
{
	return (bytes + WORDS_LINE - 1u) & ~(size_t)(WORDS_LINE - 1u);
}

static int words_open(const struct bench_setup *setup, void **out_link)
{
	struct words_link *link =
		(struct words_link *)calloc(1, sizeof(struct words_link));
	size_t ring = words_round(words_bytes(setup->ring));
	void *at;
	int err;

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	link->stride = ((size_t)setup->payload + 63u) & ~(size_t)63u;
	link->bytes = 2u * ring + setup->ring * link->stride;
	at = mmap(NULL, link->bytes, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (at == MAP_FAILED) {
		free(link);
		return -ENOMEM;
	}
	link->memory = (char *)at;
	link->there = link->memory;
	link->back = link->memory + ring;
	link->payloads = link->memory + 2u * ring;
	err = words_init(link->there, setup->ring);
	if (!err)
		err = words_init(link->back, setup->ring);
	if (err) {
		munmap(link->memory, link->bytes);
		free(link);
		return err;
	}
	*out_link = link;
	return 0;
}

static void words_close(void *raw)
{
	struct words_link *link = (struct words_link *)raw;

	words_end(link->there);
	words_end(link->back);
	munmap(link->memory, link->bytes);
	free(link);
}

static int words_join(void *raw, uint32_t number, void **out_side, char *why,
		      size_t why_bytes)
{
	struct words_link *link = (struct words_link *)raw;
	struct words_side *side =
		(struct words_side *)calloc(1, sizeof(struct words_side));

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	if (number == 0)
		side->fresh = link->setup.ring;
	*out_side = side;
	return 0;
}

static void words_leave(void *side)
{
	free(side);
}

static uint64_t words_calls(void *raw)
{
	(void)raw;
	return 0;
}

static char *words_payload(const struct words_side *side, uint64_t place)
{
	/* A ring of ours has no word 0, which is NULL to some libraries. */
	return side->link->payloads + (place - 1u) * side->link->stride;
}

static int32_t words_take(void *raw, void **places, uint32_t n)
{
	struct words_side *side = (struct words_side *)raw;
	uint32_t got;

	if (!side->link->stride) {
		for (uint32_t i = 0; i < n; i++)
			side->batch[i] = 1u;
		return (int32_t)n;
	}
	got = words_get(side->link->back, side->batch, n);
	while (got < n && side->fresh > 0)
		side->batch[got++] = side->fresh--;
	for (uint32_t i = 0; i < got; i++)
		places[i] = words_payload(side, side->batch[i]);
	return (int32_t)got;
}

/* There is room, unless messages have no payload. */
static int words_send(void *raw, uint32_t n)
{
	struct words_side *side = (struct words_side *)raw;
	uint32_t done = 0;

	while (done < n)
		done += words_put(side->link->there, side->batch + done,
				  n - done);
	return 0;
}

static int32_t words_receive(void *raw, const void **payloads, uint32_t n)
{
	struct words_side *side = (struct words_side *)raw;
	uint32_t got = words_get(side->link->there, side->batch, n);

	side->first = 0;
	if (side->link->stride)
		for (uint32_t i = 0; i < got; i++)
			payloads[i] = words_payload(side, side->batch[i]);
	return (int32_t)got;
}

static int words_release(void *raw, uint32_t n)
{
	struct words_side *side = (struct words_side *)raw;
	uint32_t done = 0;

	if (!side->link->stride)
		return 0;
	while (done < n)
		done += words_put(side->link->back,
				  side->batch + side->first + done, n - done);
	side->first += n;
	return 0;
}

/* The calls of a channel. */
#define WORDS_CALLS                                                 \
	.open = words_open, .join = words_join, .take = words_take, \
	.send = words_send, .receive = words_receive,               \
	.release = words_release, .gather = NULL, .any = NULL,      \
	.scatter = NULL, .run_alone = NULL, .calls = words_calls,   \
	.leave = words_leave, .close = words_close,

#define WORDS_CAN                                                           \
	(BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_THREADS | BENCH_CAN_BATCH | \
	 BENCH_CAN_ZERO_COPY)

#endif /* DSI_BENCH_PEER_WORDS_H */
