/* SPDX-License-Identifier: MIT */
/*
 * bench_copied.c - a channel whose users have their messages in memory of their
 * own: copied into the channel by the one end and out of it by the other.
 *
 * That is what a pipe does, and what a library would do that hides its packets.
 * Beside the same channel without copies it shows from which size on passing by
 * reference is worth its trouble.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_channel.h"

#define LINE 64u
#define MOST 65536u

struct copied_link {
	const struct bench_channel *under;
	void *link;
	size_t payload;
	size_t stride;
	uint32_t batch;
};

/**
 * struct copied_side - an end.
 * @own: room for a batch of messages, one behind the other
 * @places: where they go when they are sent
 */
struct copied_side {
	const struct copied_link *link;
	void *side;
	char *own;
	void *places[BENCH_BATCH];
};

static int open_over(const struct bench_channel *under,
		     const struct bench_setup *setup, void **out_link)
{
	struct copied_link *link = calloc(1, sizeof(*link));
	int err;

	if (!link)
		return -ENOMEM;
	link->under = under;
	link->payload = setup->payload;
	link->stride = (link->payload + LINE) & ~(size_t)(LINE - 1u);
	link->batch = setup->batch;
	err = under->open(setup, &link->link);
	if (err) {
		free(link);
		return err;
	}
	*out_link = link;
	return 0;
}

static int copied_open(const struct bench_setup *setup, void **out_link)
{
	return open_over(&bench_slots, setup, out_link);
}

static int inline_open(const struct bench_setup *setup, void **out_link)
{
	return open_over(&bench_inline, setup, out_link);
}

static int dsi_open(const struct bench_setup *setup, void **out_link)
{
	return open_over(&bench_dsi, setup, out_link);
}

static int copied_join(void *raw, uint32_t number, void **out_side, char *why,
		       size_t why_bytes)
{
	const struct copied_link *link = raw;
	struct copied_side *side = calloc(1, sizeof(*side));
	int err = -ENOMEM;

	if (!side)
		return err;
	side->link = link;
	side->own = aligned_alloc(LINE, link->stride * link->batch);
	if (side->own) {
		memset(side->own, 0, link->stride * link->batch);
		err = link->under->join(link->link, number, &side->side, why,
					why_bytes);
	}
	if (err) {
		free(side->own);
		free(side);
		return err;
	}
	*out_side = side;
	return 0;
}

static char *own(const struct copied_side *side, uint32_t i)
{
	return side->own + i * side->link->stride;
}

static int32_t copied_take(void *raw, void **places, uint32_t n)
{
	struct copied_side *side = raw;
	int32_t got = side->link->under->take(side->side, side->places, n);

	for (int32_t i = 0; i < got; i++)
		places[i] = own(side, (uint32_t)i);
	return got;
}

static int copied_send(void *raw, uint32_t n)
{
	struct copied_side *side = raw;

	for (uint32_t i = 0; side->link->payload && i < n; i++)
		memcpy(side->places[i], own(side, i), side->link->payload);
	return side->link->under->send(side->side, n);
}

static int32_t copied_receive(void *raw, const void **payloads, uint32_t n)
{
	struct copied_side *side = raw;
	int32_t got = side->link->under->receive(side->side, payloads, n);

	for (int32_t i = 0; i < got; i++) {
		char *to = own(side, (uint32_t)i);

		if (side->link->payload)
			memcpy(to, payloads[i], side->link->payload);
		payloads[i] = to;
	}
	return got;
}

static int copied_release(void *raw, uint32_t n)
{
	struct copied_side *side = raw;

	return side->link->under->release(side->side, n);
}

static uint64_t copied_calls(void *raw)
{
	struct copied_side *side = raw;

	return side->link->under->calls(side->side);
}

static void copied_leave(void *raw)
{
	struct copied_side *side = raw;

	side->link->under->leave(side->side);
	free(side->own);
	free(side);
}

static void copied_close(void *raw)
{
	struct copied_link *link = raw;

	link->under->close(link->link);
	free(link);
}

#define COPIED_CAN (BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH)
#define COPIED_CALLS                                                         \
	.payload_max = MOST, .ring_max = BENCH_RING,                         \
	.consumers_max = BENCH_CONSUMERS, .join = copied_join,               \
	.take = copied_take, .send = copied_send, .receive = copied_receive, \
	.release = copied_release, .calls = copied_calls,                    \
	.leave = copied_leave, .close = copied_close

const struct bench_channel bench_copied = {
	.name = "copy",
	.text = "slots, with each payload copied in and out",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | COPIED_CAN,
	.limit = true,
	.beside = &bench_slots,
	.open = copied_open,
	COPIED_CALLS,
};

const struct bench_channel bench_inline_copied = {
	.name = "inline-copy",
	.text = "inline, with each payload copied in and out",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | COPIED_CAN,
	.limit = true,
	.beside = &bench_slots,
	.open = inline_open,
	COPIED_CALLS,
};

const struct bench_channel bench_dsi_copied = {
	.name = "dsi-copy",
	.text = "dsi, with each payload copied in and out",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_WAIT(BENCH_SPIN) | COPIED_CAN,
	.asked = true,
	.beside = &bench_dsi,
	.open = dsi_open,
	COPIED_CALLS,
};
