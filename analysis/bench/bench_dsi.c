/* SPDX-License-Identifier: MIT */
/*
 * bench_dsi.c - libdsi as a channel: a named stream, used as its documents say.
 *
 * `dsi` leaves out the time stamps, `dsi-stamped` has them, as a stream has if
 * nothing else is asked for: one look at the clock in each commit and each get.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <dsi/dsi.h>

#include "bench/bench_dsi.h"

#define JOIN_NS UINT64_C(10000000000)

static int open_link(const struct bench_setup *setup, uint32_t flags,
		     void **out_link)
{
	struct dsi_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	link->flags = flags;
	snprintf(link->name, sizeof(link->name), "%s", setup->name);
	link->setup.name = link->name;
	*out_link = link;
	return 0;
}

static int open_plain(const struct bench_setup *setup, void **out_link)
{
	return open_link(setup, DSI_STREAM_NO_STAMP, out_link);
}

static int open_stamped(const struct bench_setup *setup, void **out_link)
{
	return open_link(setup, 0, out_link);
}

static uint32_t spin_ns(const struct bench_setup *setup)
{
	return setup->wait == BENCH_SPIN ? setup->spin_ns : 0;
}

static int join_producer(struct dsi_side *side)
{
	const struct bench_setup *setup = &side->link->setup;
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = side->link->flags,
		.packets = setup->ring,
		.packet_bytes = setup->payload,
		.data_bytes = setup->payload ? 0 : 1,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = setup->consumers,
		.spin_ns = spin_ns(setup),
	};
	int err = dsi_producer_create(&desc, &options, &side->sock);

	return err ? err : dsi_socket_listen(side->sock, setup->name, NULL);
}

static int join_consumer(struct dsi_side *side)
{
	const struct bench_setup *setup = &side->link->setup;
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.spin_ns = spin_ns(setup),
	};
	int err = dsi_consumer_create(&options, &side->sock);

	return err ? err
		   : dsi_socket_connect(side->sock, setup->name,
					dsi_now() + JOIN_NS);
}

static int dsi_join(void *link, uint32_t number, void **out_side, char *why,
		    size_t why_bytes)
{
	struct dsi_side *side = calloc(1, sizeof(*side));
	int err;

	if (!side)
		return -ENOMEM;
	side->link = link;
	if (side->link->setup.wait != BENCH_POLL)
		side->deadline_ns = DSI_FOREVER;
	err = number ? join_consumer(side) : join_producer(side);
	if (!err)
		err = dsi_socket_start(side->sock);
	if (err) {
		if (side->sock)
			snprintf(why, why_bytes, "%s",
				 dsi_socket_error(side->sock));
		dsi_socket_destroy(side->sock);
		free(side);
		return err;
	}
	*out_side = side;
	return 0;
}

/* Up to @n packets, in side->pkts. */
static int32_t get(struct dsi_side *side, uint32_t n)
{
	int32_t got;

	if (n == 1) {
		int err = dsi_packet_get(side->sock, side->deadline_ns,
					 &side->pkts[0]);

		got = err ? err : 1;
	} else {
		got = dsi_packet_get_many(side->sock, side->deadline_ns,
					  side->pkts, n);
	}
	return got == -DSI_EAGAIN ? 0 : got;
}

static int32_t dsi_take(void *raw, void **places, uint32_t n)
{
	struct dsi_side *side = raw;
	int32_t got = get(side, n);

	for (int32_t i = 0; i < got && side->link->setup.payload; i++) {
		uint32_t bytes;
		int err = dsi_packet_data(side->pkts[i], 0, &places[i], &bytes);

		if (err)
			return err;
		if (bytes != side->link->setup.payload)
			return -DSI_EPROTO;
	}
	return got;
}

int32_t bench_dsi_receive(void *side, const void **payloads, uint32_t n)
{
	void *places[BENCH_BATCH] = {NULL};
	int32_t got = dsi_take(side, places, n);

	for (int32_t i = 0; i < got; i++)
		payloads[i] = places[i];
	return got;
}

static int dsi_hand_on(void *raw, uint32_t n)
{
	struct dsi_side *side = raw;

	if (n == 1)
		return dsi_packet_commit(side->sock, side->pkts[0]);
	return dsi_packet_commit_many(side->sock, side->pkts, n);
}

/* ---- up to 8 bytes in the word of the time stamp -------------------------------- */

static int open_word(const struct bench_setup *setup, void **out_link)
{
	struct bench_setup without = *setup;

	without.payload = 0;
	return open_link(&without, DSI_STREAM_NO_STAMP, out_link);
}

static int32_t word_take(void *raw, void **places, uint32_t n)
{
	struct dsi_side *side = raw;
	int32_t got = get(side, n);

	for (int32_t i = 0; i < got; i++)
		places[i] = &side->words[i];
	return got;
}

static int word_send(void *raw, uint32_t n)
{
	struct dsi_side *side = raw;

	for (uint32_t i = 0; i < n; i++) {
		int err = dsi_packet_set_time(side->pkts[i], side->words[i]);

		if (err)
			return err;
	}
	return dsi_hand_on(raw, n);
}

static int32_t word_receive(void *raw, const void **payloads, uint32_t n)
{
	struct dsi_side *side = raw;
	int32_t got = get(side, n);

	for (int32_t i = 0; i < got; i++) {
		side->words[i] = dsi_packet_time(side->pkts[i]);
		payloads[i] = &side->words[i];
	}
	return got;
}

/* ---- what is the same for all ---------------------------------------------------- */

static uint64_t dsi_calls(void *raw)
{
	const struct dsi_side *side = raw;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	if (dsi_socket_stats(side->sock, &stats))
		return 0;
	return stats.waits + stats.wakes;
}

static void dsi_leave(void *raw)
{
	struct dsi_side *side = raw;

	dsi_socket_destroy(side->sock);
	free(side);
}

#define DSI_CAN                                                      \
	(BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |  \
	 BENCH_CAN_WAIT(BENCH_SPIN) | BENCH_CAN_PROCESSES |          \
	 BENCH_CAN_THREADS | BENCH_CAN_BATCH | BENCH_CAN_ZERO_COPY | \
	 BENCH_CAN_JOIN)

/* What is the same for all of them, and for those whose messages are data. */
#define DSI_CALLS                                                         \
	.ring_max = BENCH_RING, .join = dsi_join, .release = dsi_hand_on, \
	.leave = dsi_leave, .close = free
#define DSI_DATA_CALLS                                                       \
	.payload_max = BENCH_PAYLOAD, .take = dsi_take, .send = dsi_hand_on, \
	.receive = bench_dsi_receive, .scatter = bench_dsi_scatter, DSI_CALLS

#define DSI_CHANNEL(label, words, opener)                         \
	{                                                         \
		.name = label, .text = words,                     \
		.can = DSI_CAN | BENCH_CAN_SELECT,                \
		.consumers_max = BENCH_CONSUMERS, .open = opener, \
		.gather = bench_dsi_gather, .any = bench_dsi_any, \
		.calls = dsi_calls, DSI_DATA_CALLS,               \
	}

const struct bench_channel bench_dsi =
	DSI_CHANNEL("dsi", "libdsi, packets without time stamps", open_plain);

const struct bench_channel bench_dsi_stamped =
	DSI_CHANNEL("dsi-stamped",
		    "libdsi as it is if nothing is asked for: "
		    "packets carry the time of their commit",
		    open_stamped);

const struct bench_channel bench_dsi_word = {
	.name = "dsi-word",
	.text = "dsi without data, 8 bytes in the word of the time stamp",
	.can = DSI_CAN,
	.asked = true,
	.beside = &bench_dsi,
	.payload_max = sizeof(uint64_t),
	.consumers_max = BENCH_CONSUMERS,
	.open = open_word,
	.take = word_take,
	.send = word_send,
	.receive = word_receive,
	.calls = dsi_calls,
	DSI_CALLS,
};

const struct bench_channel bench_dsi_epoll = {
	.name = "dsi-epoll",
	.text = "dsi, with the descriptors of all streams in one epoll",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_CAN_PROCESSES |
	       BENCH_CAN_THREADS | BENCH_CAN_ZERO_COPY | BENCH_CAN_SELECT |
	       BENCH_CAN_SELECT_ONLY,
	.asked = true,
	.consumers_max = 1,
	.open = open_plain,
	.gather = bench_dsi_gather_epoll,
	.any = bench_dsi_any_epoll,
	DSI_DATA_CALLS,
};
