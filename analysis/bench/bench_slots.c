/* SPDX-License-Identifier: MIT */
/*
 * bench_slots.c - the limit for many messages: descriptors of 32 bytes, as many
 * as those of libdsi have, in a ring, each valid when its first word says so.
 *
 * Nothing is checked, nobody can sleep, and no process may die.
 */
#include "bench/bench_raw.h"

static int slots_send(void *raw, uint32_t n)
{
	struct bench_raw_side *side = raw;
	const struct bench_raw_link *link = side->link;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = side->done++;
		struct bench_raw_slot *slot =
			&side->shared->slots[at & side->mask];

		slot->bytes = link->setup.payload;
		slot->offset = (at & side->mask) * link->stride;
		slot->number = at;
		slot->flags = 0;
		atomic_store_explicit(&slot->sequence, at + 1u,
				      memory_order_release);
	}
	return 0;
}

static int32_t slots_receive(void *raw, const void **payloads, uint32_t n)
{
	struct bench_raw_side *side = raw;
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct bench_raw_slot *slot =
			&side->shared->slots[side->done & side->mask];

		if (atomic_load_explicit(&slot->sequence,
					 memory_order_acquire) !=
		    side->done + 1u)
			break;
		payloads[i] = side->link->payloads + slot->offset;
		side->done++;
	}
	if (i == 0)
		bench_raw_tell(side);
	return (int32_t)i;
}

const struct bench_channel bench_slots = {
	.name = "slots",
	.text = "a ring of 32-byte descriptors, polled, without any check",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_RAW_CAN,
	.payload_max = BENCH_PAYLOAD,
	.open = bench_raw_open,
	.take = bench_raw_take,
	.send = slots_send,
	.receive = slots_receive,
	.release = bench_raw_release,
	BENCH_RAW_CALLS,
};
