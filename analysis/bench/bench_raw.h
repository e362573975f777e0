/* SPDX-License-Identifier: MIT */
/*
 * bench_raw.h - memory that the sides of a limit share, without a library.
 *
 * One producer, which counts what it sent; consumers, which count what they
 * gave back; a payload for each place of the ring.  Each counter has two cache
 * lines for itself, because processors fetch neighbours as well.
 */
#ifndef DSI_BENCH_RAW_H
#define DSI_BENCH_RAW_H

#include <stdalign.h>
#include <stdatomic.h>

#include "bench/bench_channel.h"

#define BENCH_RAW_LINE 128u
#define BENCH_RAW_PAGE 4096u

struct bench_raw_count {
	alignas(BENCH_RAW_LINE) _Atomic uint32_t n;
};

/* A descriptor as large as that of libdsi; the first word says whose it is. */
struct bench_raw_slot {
	_Atomic uint32_t sequence;
	uint32_t bytes;
	uint64_t offset;
	uint64_t number;
	uint64_t flags;
};

struct bench_raw_shared {
	struct bench_raw_count sent;
	struct bench_raw_count taken[BENCH_CONSUMERS];
	alignas(BENCH_RAW_LINE) struct bench_raw_slot slots[BENCH_RING];
};

/**
 * struct bench_raw_link - the memory.
 * @watched: the page of @sent once more, to read only
 */
struct bench_raw_link {
	struct bench_setup setup;
	struct bench_raw_shared *shared;
	const struct bench_raw_shared *watched;
	char *payloads;
	size_t stride;
	size_t bytes;
};

/**
 * struct bench_raw_side - what one side keeps for itself.
 * @number: 0 the producer
 * @done:   sent or received so far
 * @given:  producer: what all consumers gave back, when it looked last;
 *          consumer: what it gave back
 * @told:   consumer: what of that it told the producer
 */
struct bench_raw_side {
	const struct bench_raw_link *link;
	struct bench_raw_shared *shared;
	uint32_t number;
	uint32_t mask;
	uint32_t done;
	uint32_t given;
	uint32_t told;
	uint64_t calls;
};

int bench_raw_open(const struct bench_setup *setup, void **out_link);
/* Likewise, with so many bytes for each place. */
int bench_raw_open_wide(const struct bench_setup *setup, size_t stride,
			void **out_link);
int bench_raw_join(void *link, uint32_t number, void **out_side, char *why,
		   size_t why_bytes);
void bench_raw_leave(void *side);
void bench_raw_close(void *link);
uint64_t bench_raw_calls(void *side);

/* Make pages of shared memory present for this process, which a fork leaves
 * out.  Their content stays, as long as nobody writes there meanwhile. */
void bench_raw_touch(void *at, size_t bytes);

/* The producer's take(): places of what the consumers gave back. */
int32_t bench_raw_take(void *side, void **places, uint32_t n);

/* A consumer of a ring tells how much it gave back when a quarter of the ring has
 * come together, or by bench_raw_tell() when there is nothing else to do. */
int bench_raw_release(void *side, uint32_t n);
void bench_raw_tell(struct bench_raw_side *side);

static inline char *bench_raw_payload(const struct bench_raw_side *side,
				      uint32_t at)
{
	return side->link->payloads + (at & side->mask) * side->link->stride;
}

/* Of struct bench_channel, what is the same for all limits in this memory. */
#define BENCH_RAW_CAN                                                \
	(BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH | \
	 BENCH_CAN_ZERO_COPY)
#define BENCH_RAW_CALLS                                           \
	.limit = true, .ring_max = BENCH_RING,                    \
	.consumers_max = BENCH_CONSUMERS, .join = bench_raw_join, \
	.calls = bench_raw_calls, .leave = bench_raw_leave,       \
	.close = bench_raw_close

#endif /* DSI_BENCH_RAW_H */
