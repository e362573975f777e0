/* SPDX-License-Identifier: MIT */
/* victim_stream.c - a stream that must not notice; see victim_stream.h. */
#define _GNU_SOURCE
#include "tests/hostile/victim_stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/must.h"

#define LOOK_NS UINT64_C(2000000)

static char folder[] = "/tmp/dsi-hostile-XXXXXX";
static struct dsi_socket *producer;
static struct dsi_socket *consumer;
static pthread_t threads[2];
static _Atomic uint32_t stop;
static _Atomic uint64_t rounds;
static _Atomic uint64_t received;

void moment(void)
{
	const struct timespec nap = {.tv_nsec = 200000};

	(void)nanosleep(&nap, NULL);
}

static void *produce(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(producer, dsi_now() + LOOK_NS, &pkt);
		uint32_t size;
		void *data;

		atomic_fetch_add(&rounds, 1);
		if (err == -DSI_ETIMEDOUT)
			continue;
		MUST_BE(err, 0);
		MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
		MUST(size == VICTIM_BYTES);
		memset(data, 0x5a, 64);
		MUST_BE(dsi_packet_commit(producer, pkt), 0);
	}
	return NULL;
}

static void *consume(void *arg)
{
	uint64_t next = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(consumer, dsi_now() + LOOK_NS, &pkt);
		uint32_t size;
		void *data;

		if (err == -DSI_ETIMEDOUT)
			continue;
		MUST_BE(err, 0);
		MUST(dsi_packet_number(pkt) == next);
		next++;
		MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
		MUST(size == VICTIM_BYTES && *(unsigned char *)data == 0x5a);
		MUST_BE(dsi_packet_commit(consumer, pkt), 0);
		atomic_fetch_add(&received, 1);
	}
	return NULL;
}

void victim_begin(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = VICTIM_PACKETS,
		.ring_slots = VICTIM_SLOTS,
		.max_sg = 2,
		.packet_bytes = VICTIM_BYTES,
		.traffic = {.tick_hz = 1000,
			    .period = VICTIM_PERIOD,
			    .jitter = 15,
			    .distance = 5,
			    .hold = VICTIM_PERIOD,
			    .span = 1000000},
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	MUST_BE(dsi_producer_create(&desc, &options, &producer), 0);
	MUST_BE(dsi_socket_listen(producer, VICTIM_NAME, NULL), 0);
	MUST_BE(dsi_socket_start(producer), 0);
	MUST_BE(dsi_consumer_create(NULL, &consumer), 0);
	MUST_BE(dsi_socket_connect(consumer, VICTIM_NAME,
				   dsi_now() + PATIENCE_NS),
		0);
	MUST_BE(dsi_socket_start(consumer), 0);
	MUST_BE(pthread_create(&threads[0], NULL, produce, NULL), 0);
	MUST_BE(pthread_create(&threads[1], NULL, consume, NULL), 0);
	victim_await_received(10);
}

void victim_end(void)
{
	victim_await_received(100);
	atomic_store(&stop, 1);
	MUST_BE(pthread_join(threads[0], NULL), 0);
	MUST_BE(pthread_join(threads[1], NULL), 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	MUST_BE(rmdir(folder), 0);
}

struct dsi_socket *victim_producer(void)
{
	return producer;
}

uint64_t victim_received(void)
{
	return atomic_load(&received);
}

uint64_t victim_rounds(void)
{
	return atomic_load(&rounds);
}

static void await(_Atomic uint64_t *count, uint64_t n)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	uint64_t goal = atomic_load(count) + n;

	while (atomic_load(count) < goal) {
		MUST(dsi_now() < deadline);
		moment();
	}
}

void victim_await_rounds(uint64_t n)
{
	await(&rounds, n);
}

void victim_await_received(uint64_t n)
{
	await(&received, n);
}

int victim_await_event(uint32_t event, uint64_t n)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	while (dsi_socket_event_count(producer, event) < n) {
		if (dsi_now() >= deadline)
			return 0;
		moment();
	}
	return 1;
}

void victim_await_consumers(uint32_t n)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	do {
		MUST_BE(dsi_socket_stats(producer, &stats), 0);
		MUST(dsi_now() < deadline);
		moment();
	} while (stats.consumers != n);
}
