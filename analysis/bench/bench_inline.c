/* SPDX-License-Identifier: MIT */
/*
 * bench_inline.c - a ring whose descriptors have the payload inside: what a
 * library could win at most that carries small packets so.
 *
 * As bench_slots.c, nothing is checked; but behind a head of 16 bytes comes the
 * payload, so that both are in one cache line if it is small.  A slot has 32
 * bytes, or as many more as the payload needs.  Written and read in place.
 */
#include "bench/bench_raw.h"

#define HEAD 16u
#define UNIT 32u
#define MOST 65536u

struct inline_slot {
	_Atomic uint32_t sequence;
	uint32_t bytes;
	uint64_t number;
};

_Static_assert(sizeof(struct inline_slot) == HEAD, "the payload is behind it");

static size_t stride_of(uint32_t payload)
{
	return ((size_t)payload + HEAD + UNIT - 1u) & ~(size_t)(UNIT - 1u);
}

/* The slots are where others have payloads. */
static int inline_open(const struct bench_setup *setup, void **out_link)
{
	return bench_raw_open_wide(setup, stride_of(setup->payload), out_link);
}

static struct inline_slot *slot_of(const struct bench_raw_side *side,
				   uint32_t at)
{
	return (void *)bench_raw_payload(side, at);
}

static int32_t inline_take(void *raw, void **places, uint32_t n)
{
	int32_t taken = bench_raw_take(raw, places, n);

	for (int32_t i = 0; i < taken; i++)
		places[i] = (char *)places[i] + HEAD;
	return taken;
}

static int inline_send(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = side->done++;
		struct inline_slot *slot = slot_of(side, at);

		slot->bytes = side->link->setup.payload;
		slot->number = at;
		atomic_store_explicit(&slot->sequence, at + 1u,
				      memory_order_release);
	}
	return 0;
}

static int32_t inline_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct inline_slot *slot = slot_of(side, side->done);

		if (atomic_load_explicit(&slot->sequence,
					 memory_order_acquire) !=
		    side->done + 1u)
			break;
		payloads[i] = (char *)slot + HEAD;
		side->done++;
	}
	if (i == 0)
		bench_raw_tell(side);
	return (int32_t)i;
}

const struct bench_channel bench_inline = {
	.name = "inline",
	.text = "the same with the payload inside of the descriptor",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_RAW_CAN,
	.beside = &bench_slots,
	.payload_max = MOST,
	.open = inline_open,
	.take = inline_take,
	.send = inline_send,
	.receive = inline_receive,
	.release = bench_raw_release,
	BENCH_RAW_CALLS,
};
