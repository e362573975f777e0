/* SPDX-License-Identifier: MIT */
/*
 * kill_consumer_test.c - consumers die by SIGKILL, at any moment between
 * their first instruction and the middle of a stream.
 *
 *   this process   the producer, on a thread of its own
 *   survivor 0, 1  BLOCK: must get every packet, to the end
 *   victim         BLOCK as well; takes, holds, gives back, is killed
 *
 * The producer never waits for a dead one for longer than it takes to hear of
 * the death; nothing of the dead stays in this process.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kill/kill_common.h"

#define NAME "kill"
#define PACKETS 16u
#define SURVIVORS 2u
#define VICTIM 2u /* its place in the page */
#define MAX_HELD 4u

static struct dsi_socket *producer;
static struct kill_page *page;

/* ---- consumer processes -------------------------------------------------- */

static struct dsi_socket *connect_one(void)
{
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, NAME, kill_deadline()), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void check(struct dsi_packet *pkt, uint64_t *next)
{
	uint64_t number = dsi_packet_number(pkt);

	MUST(*next == UINT64_MAX || number == *next);
	MUST(kill_filled(pkt, number));
	*next = number + 1u;
}

/* Every packet from the first to the one that says EOS. */
static int survive(uint32_t number)
{
	struct dsi_socket *sock = connect_one();
	uint64_t next = 0;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		struct dsi_packet *pkt;

		MUST_BE(dsi_packet_get(sock, kill_deadline(), &pkt), 0);
		flags = dsi_packet_flags(pkt);
		check(pkt, &next);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		atomic_store(&page->got[number], next);
	}
	dsi_socket_destroy(sock);
	return 0;
}

static int be_killed(uint32_t round)
{
	uint64_t random = round + 1u;
	struct dsi_socket *sock = connect_one();
	uint64_t next = UINT64_MAX;

	for (;;) {
		struct dsi_packet *held[MAX_HELD];
		uint32_t want =
			1u + (uint32_t)(must_random(&random) % MAX_HELD);
		int32_t n =
			dsi_packet_get_many(sock, kill_deadline(), held, want);

		MUST(n > 0);
		for (int32_t i = 0; i < n; i++)
			check(held[i], &next);
		atomic_fetch_add(&page->got[VICTIM], (uint64_t)n);
		if (must_random(&random) % 4u == 0)
			sleep_us(must_random(&random) % 100u);
		MUST_BE(dsi_packet_commit_many(sock, held, (uint32_t)n), 0);
	}
}

/* ---- the producer -------------------------------------------------------- */

static void *produce(void *arg)
{
	uint32_t last = 0;

	(void)arg;
	while (!last) {
		uint64_t number = atomic_load(&page->committed);
		struct dsi_packet *pkt;

		MUST_BE(dsi_packet_get(producer, kill_deadline(), &pkt), 0);
		kill_fill(pkt, number);
		last = atomic_load(&page->stop);
		if (last)
			MUST_BE(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
		MUST_BE(dsi_packet_commit(producer, pkt), 0);
		atomic_fetch_add(&page->committed, 1);
	}
	return NULL;
}

static void make_producer(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = KILL_BYTES,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = SURVIVORS,
	};

	MUST_BE(dsi_producer_create(&desc, &options, &producer), 0);
	MUST_BE(dsi_socket_listen(producer, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(producer), 0);
}

/* ---- one death ----------------------------------------------------------- */

static void await_alone(void)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t deadline = kill_deadline();

	for (;;) {
		MUST_BE(dsi_socket_stats(producer, &stats), 0);
		if (stats.consumers == SURVIVORS)
			return;
		MUST(dsi_now() < deadline);
		sleep_us(50);
	}
}

/* Survivors go on: each gets more than the ring can hold. */
static void await_progress(void)
{
	for (uint32_t i = 0; i < SURVIVORS; i++)
		await_count(&page->got[i],
			    atomic_load(&page->got[i]) + 2u * PACKETS);
}

static uint64_t events(uint32_t event)
{
	return dsi_socket_event_count(producer, event);
}

/* Who is gone had joined.  On a busy machine the producer may hear of a victim, and
 * that it is gone, in the round of the next one. */
static void each_died_once(void)
{
	uint64_t gone = events(DSI_EVENT_PEER_GONE);

	MUST(gone + SURVIVORS <= events(DSI_EVENT_PEER_JOINED));
}

/* 1 if the victim had joined for certain. */
static uint32_t one_death(uint32_t round, uint64_t *random)
{
	uint64_t gone = events(DSI_EVENT_PEER_GONE);
	uint64_t deadline = kill_deadline();
	uint32_t streaming = round % 3u != 0;
	pid_t victim;

	atomic_store(&page->got[VICTIM], 0);
	victim = kill_spawn("victim", round);
	if (streaming) {
		await_count(&page->got[VICTIM],
			    1u + must_random(random) % 100u);
		sleep_randomly(random, 300);
	} else {
		sleep_randomly(random, 8000);
	}
	kill_now(victim);
	MUST_BE(kill_await(victim), -9);
	streaming = atomic_load(&page->got[VICTIM]) > 0;
	while (streaming && events(DSI_EVENT_PEER_GONE) == gone) {
		MUST(dsi_now() < deadline);
		sleep_us(50);
	}
	await_progress();
	await_alone();
	each_died_once();
	return streaming;
}

int main(int argc, char **argv)
{
	pid_t survivors[SURVIVORS];
	uint32_t joined = 0;
	uint32_t rounds, fds, regions;
	uint64_t random;
	pthread_t thread;

	if (argc == 4) {
		uint32_t number = (uint32_t)strtoul(argv[2], NULL, 0);

		page = kill_attach(argv);
		return strcmp(argv[1], "victim") == 0 ? be_killed(number)
						      : survive(number);
	}
	kill_draw(&random, &rounds);
	page = kill_begin();
	make_producer();
	for (uint32_t i = 0; i < SURVIVORS; i++)
		survivors[i] = kill_spawn("survivor", i);
	MUST_BE(pthread_create(&thread, NULL, produce, NULL), 0);
	await_progress();
	fds = count_descriptors();
	regions = count_regions();
	for (uint32_t i = 0; i < rounds; i++)
		joined += one_death(i, &random);
	await_no_growth(fds, regions);
	atomic_store(&page->stop, 1);
	MUST_BE(pthread_join(thread, NULL), 0);
	for (uint32_t i = 0; i < SURVIVORS; i++) {
		MUST_BE(kill_await(survivors[i]), 0);
		MUST(atomic_load(&page->got[i]) ==
		     atomic_load(&page->committed));
	}
	printf("%u killed, %u of them while streaming; %ju packets, none "
	       "missing\n",
	       rounds, joined, (uintmax_t)atomic_load(&page->committed));
	MUST(events(DSI_EVENT_PEER_GONE) >= joined);
	MUST(events(DSI_EVENT_ERROR) == 0);
	dsi_socket_destroy(producer);
	kill_end();
	return 0;
}
