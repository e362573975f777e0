/* SPDX-License-Identifier: MIT */
/*
 * instructions.c - the way of a packet, over and over, for callgrind to count.
 *
 *   instructions BATCH [stamp] [large] [given]
 *
 * One thread is producer and consumer in turn, so nobody ever waits.  A round
 * takes BATCH packets through all four calls.  stamp: packets carry the time of
 * their commit, which takes a look at the clock at either end.  large: slots of
 * 64 KiB, which shall make no difference.  given: all but the producer's get, as if
 * it were given its packets.
 *
 * Counting is on inside count_*() only; instructions.py subtracts what those
 * functions do themselves, so that what is left is the library.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

#define NAME "counted"
#define PACKETS 256u
#define ROUNDS_OF_RING 16u
#define PATIENCE_NS UINT64_C(60000000000)

#define COUNTED __attribute__((noinline, noclone)) static

static struct dsi_socket *make_producer(int stamp, int large)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = large ? 65536 : 64,
		.flags = stamp ? 0 : DSI_STREAM_NO_STAMP,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};
	struct dsi_socket *sock;

	MUST_BE(dsi_producer_create(&desc, &options, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static struct dsi_socket *make_consumer(void)
{
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, NAME, dsi_now() + PATIENCE_NS), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

/* Entered while counting is on, a count_*() turns it off. */
COUNTED int32_t count_not(struct dsi_socket *from, struct dsi_packet **pkts,
			  uint32_t batch)
{
	return dsi_packet_get_many(from, 0, pkts, batch);
}

COUNTED int count_single(struct dsi_socket *from, struct dsi_socket *to,
			 uint32_t rounds, int given)
{
	struct dsi_packet *pkt;
	int err = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		err |= given ? count_not(from, &pkt, 1) ^ 1
			     : dsi_packet_get(from, 0, &pkt);
		err |= dsi_packet_commit(from, pkt);
		err |= dsi_packet_get(to, 0, &pkt);
		err |= dsi_packet_commit(to, pkt);
	}
	return err;
}

COUNTED int count_batch(struct dsi_socket *from, struct dsi_socket *to,
			uint32_t rounds, uint32_t batch, int given)
{
	struct dsi_packet *pkts[PACKETS];
	int err = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		err |= (given ? count_not(from, pkts, batch)
			      : dsi_packet_get_many(from, 0, pkts, batch)) ^
		       (int)batch;
		err |= dsi_packet_commit_many(from, pkts, batch);
		err |= dsi_packet_get_many(to, 0, pkts, batch) ^ (int)batch;
		err |= dsi_packet_commit_many(to, pkts, batch);
	}
	return err;
}

/* Not counted: the consumer is let in, and all memory is touched. */
static void warm_up(struct dsi_socket *from, struct dsi_socket *to)
{
	struct dsi_packet *pkts[PACKETS];

	for (uint32_t i = 0; i < 2u * PACKETS; i++) {
		struct dsi_packet *pkt;

		MUST_BE(dsi_packet_get(from, dsi_now() + PATIENCE_NS, &pkt), 0);
		MUST_BE(dsi_packet_commit(from, pkt), 0);
		MUST_BE(dsi_packet_get(to, dsi_now() + PATIENCE_NS, &pkt), 0);
		MUST_BE(dsi_packet_commit(to, pkt), 0);
	}
	MUST_BE(dsi_packet_get_many(from, 0, pkts, PACKETS), PACKETS);
	MUST_BE(dsi_packet_commit_many(from, pkts, PACKETS), 0);
	MUST_BE(dsi_packet_get_many(to, 0, pkts, PACKETS), PACKETS);
	MUST_BE(dsi_packet_commit_many(to, pkts, PACKETS), 0);
}

static int has(int argc, char **argv, const char *word)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-bench-XXXXXX";
	struct dsi_socket *from;
	struct dsi_socket *to;
	uint32_t rounds;
	uint32_t batch;
	int given = has(argc, argv, "given");

	MUST(argc >= 2);
	batch = (uint32_t)strtoul(argv[1], NULL, 0);
	MUST(batch >= 1 && batch <= PACKETS && PACKETS % batch == 0);
	rounds = ROUNDS_OF_RING * PACKETS / batch;
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	from = make_producer(has(argc, argv, "stamp"),
			     has(argc, argv, "large"));
	to = make_consumer();
	warm_up(from, to);
	if (batch == 1)
		MUST_BE(count_single(from, to, rounds, given), 0);
	else
		MUST_BE(count_batch(from, to, rounds, batch, given), 0);
	printf("%u packets\n", rounds * batch);
	dsi_socket_destroy(to);
	dsi_socket_destroy(from);
	MUST_BE(rmdir(folder), 0);
	return 0;
}
