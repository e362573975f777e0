/* SPDX-License-Identifier: MIT */
/*
 * kill_producer_test.c - a producer dies by SIGKILL, at any moment between
 * its first instruction and the middle of a stream.
 *
 * This process is the consumer.  After each commit the producer counts it in
 * a page of the test's own; all that was counted before it died must arrive,
 * then -DSI_EPIPE, then nothing of the dead is left but a name, which goes
 * with whoever meets it: the next producer, or a list.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kill/kill_common.h"

#define NAME "kill"
#define PACKETS 16u
#define MAX_BATCH 4u

static struct kill_page *page;

/* ---- the producer, a process --------------------------------------------- */

static struct dsi_socket *make_producer(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = KILL_BYTES,
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

/* Until it is killed. */
static int produce(uint32_t round)
{
	struct dsi_socket *sock = make_producer();
	uint64_t random = round + 1u;
	uint64_t number = 0;

	for (;;) {
		struct dsi_packet *pkts[MAX_BATCH];
		uint32_t want =
			1u + (uint32_t)(must_random(&random) % MAX_BATCH);
		int32_t n =
			dsi_packet_get_many(sock, kill_deadline(), pkts, want);

		MUST(n > 0);
		for (int32_t i = 0; i < n; i++)
			kill_fill(pkts[i], number++);
		MUST_BE(dsi_packet_commit_many(sock, pkts, (uint32_t)n), 0);
		atomic_store(&page->committed, number);
		if (must_random(&random) % 8u == 0)
			sleep_us(must_random(&random) % 200u);
	}
}

/* ---- who kills it -------------------------------------------------------- */

struct murder {
	pid_t victim;
	uint64_t random;
	uint64_t after_us;	/* from the beginning, or ... */
	uint64_t after_packets; /* ... once so many arrived */
	_Atomic uint64_t received;
};

static void *murder(void *arg)
{
	struct murder *plan = arg;
	uint64_t deadline = kill_deadline();

	while (atomic_load(&plan->received) < plan->after_packets) {
		MUST(dsi_now() < deadline);
		sleep_us(10);
	}
	sleep_randomly(&plan->random, plan->after_us);
	kill_now(plan->victim);
	MUST_BE(kill_await(plan->victim), -9);
	return NULL;
}

/* ---- the consumer -------------------------------------------------------- */

/* All there is, then -DSI_EPIPE.  How many. */
static uint64_t drain(struct dsi_socket *sock, struct murder *plan)
{
	uint64_t deadline = kill_deadline();
	struct dsi_packet *pkt;
	uint64_t number = 0;
	int err;

	while ((err = dsi_packet_get(sock, kill_deadline(), &pkt)) == 0) {
		MUST(dsi_packet_number(pkt) == number);
		MUST(kill_filled(pkt, number));
		number++;
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		atomic_store(&plan->received, number);
	}
	MUST_BE(err, -DSI_EPIPE);
	/* It stays that way. */
	MUST_BE(dsi_packet_get(sock, kill_deadline(), &pkt), -DSI_EPIPE);
	MUST_BE(dsi_packet_get(sock, 0, &pkt), -DSI_EPIPE);
	/* The event follows the flag that get() saw. */
	while (dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE) == 0) {
		MUST(dsi_now() < deadline);
		sleep_us(10);
	}
	MUST(dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE) == 1);
	MUST(dsi_socket_event_count(sock, DSI_EVENT_ERROR) == 0);
	return number;
}

/* 1 if it died while streaming. */
static uint32_t one_death(uint32_t round, uint64_t *random, uint64_t *packets)
{
	uint32_t early = round % 4u == 0;
	struct murder plan = {
		.random = must_random(random) | 1u,
		.after_us = early ? 12000 : 300,
		.after_packets = early ? 0 : must_random(random) % 500u,
	};
	struct dsi_socket *sock;
	pthread_t thread;
	uint64_t got = 0;
	int err;

	atomic_store(&page->committed, 0);
	plan.victim = kill_spawn("producer", round);
	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	/* One that dies early may never be found. */
	if (early)
		MUST_BE(pthread_create(&thread, NULL, murder, &plan), 0);
	err = dsi_socket_connect(sock, NAME,
				 early ? dsi_now() + UINT64_C(40000000)
				       : kill_deadline());
	if (!early) {
		MUST_BE(err, 0);
		MUST_BE(pthread_create(&thread, NULL, murder, &plan), 0);
	}
	MUST(err == 0 || err == -DSI_ETIMEDOUT || err == -DSI_EPIPE ||
	     err == -DSI_ENOENT);
	if (err == 0) {
		MUST_BE(dsi_socket_start(sock), 0);
		got = drain(sock, &plan);
	}
	MUST_BE(pthread_join(thread, NULL), 0);
	if (err == 0) {
		uint64_t committed = atomic_load(&page->committed);

		MUST(got >= committed && got <= committed + MAX_BATCH);
	}
	dsi_socket_destroy(sock);
	*packets += got;
	/* Now and then nobody comes after the dead one, but somebody asks. */
	if (round % 8u == 7u)
		kill_no_names();
	return err == 0;
}

int main(int argc, char **argv)
{
	uint32_t rounds, fds = 0, regions = 0;
	uint32_t connected = 0;
	uint64_t random;
	uint64_t packets = 0;

	if (argc == 4) {
		page = kill_attach(argv);
		return produce((uint32_t)strtoul(argv[2], NULL, 0));
	}
	kill_draw(&random, &rounds);
	page = kill_begin();
	for (uint32_t i = 0; i < rounds; i++) {
		connected += one_death(i, &random, &packets);
		if (i == 1) {
			fds = count_descriptors();
			regions = count_regions();
		}
	}
	printf("%u killed, %u of them connected; %ju packets arrived\n", rounds,
	       connected, (uintmax_t)packets);
	if (rounds > 2) {
		MUST(count_descriptors() <= fds);
		MUST(count_regions() <= regions);
	}
	MUST_BE(count_regions(), 0);
	kill_no_names();
	kill_end();
	return 0;
}
