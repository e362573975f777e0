/* SPDX-License-Identifier: MIT */
/*
 * rt_stream.c - a stream to be watched by strace.
 *
 *   rt_stream poll N    producer and consumer are processes that poll; each
 *                       calls getppid() when it begins and when it ends to
 *                       stream N packets, and nothing else in between
 *   rt_stream wakes N   threads of one process; N times a batch is committed
 *                       to a consumer that sleeps, between two getppid()
 *
 * The second also checks by itself that a batch costs at most one wake.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <dsi/dsi.h>

#include "dsi/port.h"
#include "tests/unit/must.h"

#define NAME "watched"
#define BATCH 8u
#define PATIENCE_NS UINT64_C(120000000000)

static struct dsi_socket *make_producer(uint32_t packets)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = packets,
		.packet_bytes = 64,
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

static void mark(void)
{
	(void)getppid();
}

/* ---- poll ---------------------------------------------------------------- */

static struct dsi_packet *poll_one(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	int err;

	while ((err = dsi_packet_get(sock, 0, &pkt)) == -DSI_EAGAIN)
		dsi_port_relax();
	MUST_BE(err, 0);
	return pkt;
}

static void produce(uint64_t total)
{
	struct dsi_socket *sock = make_producer(1024);
	struct dsi_packet *pkt = poll_one(sock);

	mark();
	for (uint64_t i = 0; i < total; i++) {
		uint32_t size;
		void *data;

		MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
		*(uint64_t *)data = i;
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		pkt = poll_one(sock);
	}
	mark();
	MUST_BE(dsi_packet_discard(sock, pkt), 0);
	/* Polled as well: a consumer that still reads must find nobody asleep,
	 * or it would have to wake us. */
	while (dsi_socket_drain(sock, 0) == -DSI_EAGAIN)
		dsi_port_relax();
	dsi_socket_destroy(sock);
}

static void consume(uint64_t total)
{
	struct dsi_socket *sock = make_consumer();

	mark();
	for (uint64_t i = 0; i < total; i++) {
		struct dsi_packet *pkt = poll_one(sock);
		uint32_t size;
		void *data;

		MUST(dsi_packet_number(pkt) == i);
		MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
		MUST(*(uint64_t *)data == i);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
	mark();
	dsi_socket_destroy(sock);
}

static void run_poll(uint64_t total)
{
	pid_t pid = fork();
	int status;

	MUST(pid >= 0);
	if (pid == 0) {
		consume(total);
		_exit(0);
	}
	produce(total);
	MUST(waitpid(pid, &status, 0) == pid);
	MUST_BE(status, 0);
}

/* ---- wakes --------------------------------------------------------------- */

static struct dsi_socket *sleeper;

static void *sleep_and_take(void *arg)
{
	uint64_t left = *(const uint64_t *)arg * BATCH;

	while (left > 0) {
		struct dsi_packet *pkts[BATCH];
		int32_t n = dsi_packet_get_many(
			sleeper, dsi_now() + PATIENCE_NS, pkts, BATCH);

		MUST(n > 0);
		MUST_BE(dsi_packet_commit_many(sleeper, pkts, (uint32_t)n), 0);
		left -= (uint64_t)n;
	}
	return NULL;
}

static struct dsi_socket_stats stats_of(const struct dsi_socket *sock)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	MUST_BE(dsi_socket_stats(sock, &stats), 0);
	return stats;
}

/* It has taken all and said that it sleeps; whether the kernel has put it to
 * sleep already makes no difference to the number of wakes. */
static void await_sleep(uint64_t taken, uint64_t waits)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	while (stats_of(sleeper).released < taken ||
	       stats_of(sleeper).waits <= waits)
		MUST(dsi_now() < deadline);
}

static void run_wakes(uint64_t rounds)
{
	struct dsi_socket *sock = make_producer(4 * BATCH);
	uint64_t woken = 0;
	pthread_t thread;

	sleeper = make_consumer();
	MUST_BE(pthread_create(&thread, NULL, sleep_and_take, &rounds), 0);
	for (uint64_t i = 0; i < rounds; i++) {
		struct dsi_packet *pkts[BATCH];
		uint64_t before;

		for (uint32_t k = 0; k < BATCH; k++)
			MUST_BE(dsi_packet_get(sock, dsi_now() + PATIENCE_NS,
					       &pkts[k]),
				0);
		await_sleep(i * BATCH, i ? stats_of(sleeper).waits - 1u : 0);
		before = stats_of(sock).wakes;
		mark();
		MUST_BE(dsi_packet_commit_many(sock, pkts, BATCH), 0);
		mark();
		MUST(stats_of(sock).wakes - before <= 1);
		woken += stats_of(sock).wakes - before;
	}
	MUST_BE(pthread_join(thread, NULL), 0);
	printf("%ju batches of %u, %ju wakes\n", (uintmax_t)rounds, BATCH,
	       (uintmax_t)woken);
	MUST(woken > 0);
	dsi_socket_destroy(sleeper);
	dsi_socket_destroy(sock);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-rt-XXXXXX";
	uint64_t n;

	MUST(argc == 3);
	n = strtoull(argv[2], NULL, 0);
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	if (strcmp(argv[1], "poll") == 0)
		run_poll(n);
	else
		run_wakes(n);
	MUST_BE(rmdir(folder), 0);
	return 0;
}
