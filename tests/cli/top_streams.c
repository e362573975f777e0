/* SPDX-License-Identifier: MIT */
/*
 * top_streams.c - streams for `dsi top` to watch.
 *
 *   top_streams NAME                one stream, which passes some packets,
 *                                   stops, and prints its own statistics
 *   top_streams NAME STREAMS RATE   so many streams NAME.1, NAME.2, ... that
 *                                   pass RATE packets a second each
 *
 * Prints a line when all is as it will be, and ends with its standard input.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

#define PATIENCE_NS UINT64_C(60000000000)
#define PACKETS 16u
#define BYTES 1000u
#define ROUNDS 40u
#define WAITING 5u /* packets left in the ring */
#define QUEUE 3u

struct pair {
	struct dsi_socket *from;
	struct dsi_socket *to;
};

static struct dsi_socket *make_producer(const char *name)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = BYTES,
	};
	struct dsi_socket *sock;

	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, name, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static struct dsi_socket *make_consumer(const char *name, uint32_t policy,
					const char *label)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = DSI_CONSUMER_TIME_HOLD,
		.policy = policy,
		.queue_packets = policy == DSI_POLICY_DROP_NEW ? QUEUE : 0,
	};
	struct dsi_socket *sock;

	strcpy(options.label, label);
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, name, dsi_now() + PATIENCE_NS), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void put(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	MUST_BE(dsi_packet_get(sock, dsi_now() + PATIENCE_NS, &pkt), 0);
	MUST_BE(dsi_packet_commit(sock, pkt), 0);
}

static void print_stats(const char *who, const struct dsi_socket *sock)
{
	static struct dsi_histogram latency;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	latency.size = sizeof(latency);
	MUST_BE(dsi_socket_stats(sock, &stats), 0);
	printf("\"%s\": {\"state\": \"%s\"", who, dsi_state_name(stats.state));
#define PRINT(name) printf(", \"%s\": %" PRIu64, #name, (uint64_t)stats.name)
	PRINT(held);
	PRINT(committed);
	PRINT(bytes);
	PRINT(released);
	PRINT(dropped);
	PRINT(expired);
	PRINT(reclaimed);
	PRINT(unclaimed);
	PRINT(waits);
	PRINT(wakes);
	PRINT(backlog_max);
	PRINT(latency_max_ns);
	PRINT(latency_sum_ns);
	PRINT(held_max);
	PRINT(hold_max_ns);
	if (dsi_socket_latency(sock, &latency) == 0)
		printf(", \"stamped\": %" PRIu64
		       ", \"latency_p50_ns\": %" PRIu64
		       ", \"latency_p99_ns\": %" PRIu64,
		       latency.count,
		       dsi_histogram_percentile(&latency, 500000),
		       dsi_histogram_percentile(&latency, 990000));
	printf("}");
}

static void wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void one_stream(const char *name)
{
	struct dsi_socket *from = make_producer(name);
	struct dsi_socket *reader, *viewer;

	reader = make_consumer(name, DSI_POLICY_BLOCK, "reader");
	viewer = make_consumer(name, DSI_POLICY_DROP_NEW, "viewer");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		put(from);
		if (i >= WAITING)
			put(reader); /* the same two calls */
	}
	put(viewer);
	MUST_BE(dsi_socket_stop(from), 0);
	MUST_BE(dsi_socket_stop(reader), 0);
	printf("{");
	print_stats("producer", from);
	printf(", ");
	print_stats("reader", reader);
	printf(", ");
	print_stats("viewer", viewer);
	printf("}\n");
	fflush(stdout);
	wait_for_end();
	dsi_socket_destroy(viewer);
	dsi_socket_destroy(reader);
	dsi_socket_destroy(from);
}

static void pass_packets(const struct pair *pairs, uint32_t n, uint32_t rate)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&input, 1, (int)(1000u / rate)) == 0)
		for (uint32_t i = 0; i < n; i++) {
			put(pairs[i].from);
			put(pairs[i].to);
		}
}

static void many_streams(const char *name, uint32_t n, uint32_t rate)
{
	struct pair *pairs = calloc(n, sizeof(*pairs));
	char each[DSI_NAME_BYTES];

	MUST(pairs && rate >= 1 && rate <= 1000);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(each, sizeof(each), "%.40s.%u", name, i + 1u);
		pairs[i].from = make_producer(each);
		pairs[i].to = make_consumer(each, DSI_POLICY_BLOCK, "reader");
	}
	printf("ready\n");
	fflush(stdout);
	pass_packets(pairs, n, rate);
	for (uint32_t i = 0; i < n; i++) {
		dsi_socket_destroy(pairs[i].to);
		dsi_socket_destroy(pairs[i].from);
	}
	free(pairs);
}

int main(int argc, char **argv)
{
	MUST(argc == 2 || argc == 4);
	if (argc == 2)
		one_stream(argv[1]);
	else
		many_streams(argv[1], (uint32_t)strtoul(argv[2], NULL, 0),
			     (uint32_t)strtoul(argv[3], NULL, 0));
	return 0;
}
