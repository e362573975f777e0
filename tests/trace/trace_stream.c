/* SPDX-License-Identifier: MIT */
/*
 * trace_stream.c - ends of streams, to be traced.
 *
 *   trace_stream send NAME PACKETS [PAUSE_US] [late]
 *   trace_stream recv NAME [policy=drop|reclaim] [slow] [declared]
 *   trace_stream filter IN OUT
 *   trace_stream tight PACKETS      both ends in one thread, at full speed
 *
 * send ends after PACKETS packets (0: never) and waits for its reader.  late:
 * the traffic is declared, 1 ms and 2 ms of jitter, and packets 50 and 120
 * come 30 ms late.  slow: the reader holds each packet for 2 ms.  declared: it
 * answers within 2 ms.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

#define PATIENCE_NS UINT64_C(60000000000)
#define MS UINT64_C(1000000)

static void sleep_until(uint64_t ns)
{
	const struct timespec ts = {
		.tv_sec = (time_t)(ns / (1000 * MS)),
		.tv_nsec = (long)(ns % (1000 * MS)),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

static uint64_t by_now(void)
{
	return dsi_now() + PATIENCE_NS;
}

static struct dsi_socket *open_producer(const char *name, int declared)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 16,
		.packet_bytes = 64,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};
	struct dsi_socket *sock;

	strcpy(desc.format, "test/x-number");
	if (declared)
		desc.traffic = (struct dsi_traffic){
			.tick_hz = 1000, .period = 1, .jitter = 2};
	MUST_BE(dsi_producer_create(&desc, &options, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, name, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void put(struct dsi_socket *sock, uint64_t number, int last)
{
	struct dsi_packet *pkt;
	uint32_t size;
	void *data;

	MUST_BE(dsi_packet_get(sock, by_now(), &pkt), 0);
	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	memcpy(data, &number, sizeof(number));
	if (last)
		MUST_BE(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
	MUST_BE(dsi_packet_commit(sock, pkt), 0);
}

static void send_all(const char *name, uint64_t packets, uint64_t pause_us,
		     int late)
{
	struct dsi_socket *sock = open_producer(name, late);
	uint64_t due = 0;

	for (uint64_t i = 0; packets == 0 || i < packets; i++) {
		if (due && pause_us)
			sleep_until(due);
		if (late && (i == 50 || i == 120))
			sleep_until(dsi_now() + 30 * MS);
		put(sock, i, i + 1u == packets);
		due = (due ? due : dsi_now()) + pause_us * 1000u;
	}
	MUST_BE(dsi_socket_drain(sock, by_now()), 0);
	dsi_socket_destroy(sock);
}

static struct dsi_socket *open_consumer(const char *name, uint32_t policy,
					int declared)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy,
		.queue_packets = policy == DSI_POLICY_DROP_NEW ? 4 : 0,
	};
	struct dsi_socket *sock;

	if (declared)
		options.usage = (struct dsi_usage){.tick_hz = 1000,
						   .pace = DSI_PACE_RESPONSE,
						   .response = 2};
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, name, by_now()), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void receive_all(const char *name, uint32_t policy, int slow,
			int declared)
{
	struct dsi_socket *sock = open_consumer(name, policy, declared);
	struct dsi_packet *pkt;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		int err = dsi_packet_get(sock, by_now(), &pkt);

		if (err == -DSI_EPIPE)
			break;
		MUST_BE(err, 0);
		flags = dsi_packet_flags(pkt);
		MUST_BE((int)(flags & 0x4000u), 0);
		if (slow)
			sleep_until(dsi_now() + 2 * MS);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
	dsi_socket_destroy(sock);
}

/* Each packet of OUT is made from two of IN. */
static void filter(const char *in, const char *out)
{
	struct dsi_socket *to = open_producer(out, 0);
	struct dsi_socket *from = open_consumer(in, DSI_POLICY_BLOCK, 0);
	struct dsi_packet *made;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		MUST_BE(dsi_packet_get(to, by_now(), &made), 0);
		for (int i = 0; i < 2 && !(flags & DSI_PACKET_EOS); i++) {
			struct dsi_packet *pkt;

			MUST_BE(dsi_packet_get(from, by_now(), &pkt), 0);
			flags = dsi_packet_flags(pkt);
			MUST_BE(dsi_packet_link(made, pkt), 0);
			MUST_BE(dsi_packet_link(pkt, made), -DSI_EINVAL);
			MUST_BE(dsi_packet_commit(from, pkt), 0);
		}
		MUST_BE(dsi_packet_set_flags(made, flags), 0);
		MUST_BE(dsi_packet_commit(to, made), 0);
	}
	MUST_BE(dsi_socket_drain(to, by_now()), 0);
	dsi_socket_destroy(from);
	dsi_socket_destroy(to);
}

static void tight(uint64_t packets)
{
	struct dsi_socket *to = open_producer("tight", 0);
	struct dsi_socket *from = open_consumer("tight", DSI_POLICY_BLOCK, 0);
	struct dsi_packet *pkt;

	for (uint64_t i = 0; i < packets; i++) {
		put(to, i, 0);
		MUST_BE(dsi_packet_get(from, by_now(), &pkt), 0);
		MUST_BE(dsi_packet_commit(from, pkt), 0);
	}
	dsi_socket_destroy(from);
	dsi_socket_destroy(to);
}

static int has(int argc, char **argv, const char *word)
{
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return 1;
	return 0;
}

static uint64_t number(int argc, char **argv, int index)
{
	return index < argc ? strtoull(argv[index], NULL, 0) : 0;
}

int main(int argc, char **argv)
{
	uint32_t policy = has(argc, argv, "policy=drop") ? DSI_POLICY_DROP_NEW
			  : has(argc, argv, "policy=reclaim")
				  ? DSI_POLICY_RECLAIM
				  : DSI_POLICY_BLOCK;

	MUST(argc >= 3);
	if (strcmp(argv[1], "send") == 0)
		send_all(argv[2], number(argc, argv, 3), number(argc, argv, 4),
			 has(argc, argv, "late"));
	else if (strcmp(argv[1], "recv") == 0)
		receive_all(argv[2], policy, has(argc, argv, "slow"),
			    has(argc, argv, "declared"));
	else if (strcmp(argv[1], "filter") == 0)
		filter(argv[2], argv[3]);
	else if (strcmp(argv[1], "tight") == 0)
		tight(number(argc, argv, 2));
	else
		MUST(strcmp(argv[1], "a word that it knows") == 0);
	return 0;
}
