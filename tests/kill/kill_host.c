/* SPDX-License-Identifier: MIT */
/* kill_host.c - see kill_host.h. */
#define _GNU_SOURCE
#include "tests/kill/kill_host.h"

#include <pthread.h>
#include <sys/syscall.h>

struct dsi_socket *kill_host;
uint64_t kill_host_number;

static struct dsi_socket *survivor;
static uint64_t next; /* that it gets */
static uint32_t fds, regions;

static pthread_t sleeper;
static _Atomic int32_t sleeper_tid;
static _Atomic uint32_t sleeper_awake;
static struct dsi_packet *sleeper_pkt;

void kill_host_begin(void)
{
	kill_host = kill_make_producer(1);
	MUST_BE(dsi_socket_listen(kill_host, KILL_NAME, NULL), 0);
	MUST_BE(dsi_socket_start(kill_host), 0);
	MUST_BE(dsi_consumer_create(NULL, &survivor), 0);
	MUST_BE(dsi_socket_connect(survivor, KILL_NAME, kill_deadline()), 0);
	MUST_BE(dsi_socket_start(survivor), 0);
	MUST(kill_host_feed(1, kill_patience_ns()) == 1);
	fds = count_descriptors();
	regions = count_regions();
}

void kill_host_end(void)
{
	dsi_socket_destroy(survivor);
	dsi_socket_destroy(kill_host);
	MUST_BE(count_regions(), 0);
}

static void survive(void)
{
	struct dsi_packet *pkt;

	MUST_BE(dsi_packet_get(survivor, kill_deadline(), &pkt), 0);
	MUST(dsi_packet_number(pkt) == next);
	MUST(kill_filled(pkt, next));
	MUST_BE(dsi_packet_commit(survivor, pkt), 0);
	next++;
}

uint32_t kill_host_feed(uint32_t n, uint64_t patience_ns)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t deadline = patience_ns ? dsi_now() + patience_ns : 0;
		struct dsi_packet *pkt;
		int err = dsi_packet_get(kill_host, deadline, &pkt);

		if (err == -DSI_EAGAIN)
			return i;
		MUST_BE(err, 0);
		kill_fill(pkt, kill_host_number);
		MUST_BE(dsi_packet_commit(kill_host, pkt), 0);
		kill_host_number++;
		survive();
	}
	return n;
}

void kill_host_await_consumers(uint32_t consumers)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t deadline = kill_deadline();

	for (;;) {
		struct dsi_packet *pkt;

		MUST_BE(dsi_socket_stats(kill_host, &stats), 0);
		if (stats.consumers == 1u + consumers)
			return;
		MUST(dsi_now() < deadline);
		/* Who joins or leaves is noticed by the next get. */
		if (dsi_packet_get(kill_host, 0, &pkt) == 0)
			MUST_BE(dsi_packet_discard(kill_host, pkt), 0);
		sleep_us(50);
	}
}

void kill_host_all_back(void)
{
	struct dsi_packet *pkts[KILL_PACKETS];
	uint32_t n = 0;

	while (n < KILL_PACKETS) {
		int32_t got = dsi_packet_get_many(kill_host, kill_deadline(),
						  &pkts[n], KILL_PACKETS - n);

		MUST(got > 0);
		n += (uint32_t)got;
	}
	while (n > 0)
		MUST_BE(dsi_packet_discard(kill_host, pkts[--n]), 0);
	MUST(dsi_socket_event_count(kill_host, DSI_EVENT_ERROR) == 0);
	MUST(dsi_socket_event_count(survivor, DSI_EVENT_ERROR) == 0);
}

void kill_host_no_growth(void)
{
	await_no_growth(fds, regions);
}

static void *sleep_for_one(void *arg)
{
	(void)arg;
	atomic_store(&sleeper_tid, (int32_t)syscall(SYS_gettid));
	MUST_BE(dsi_packet_get(kill_host, DSI_FOREVER, &sleeper_pkt), 0);
	atomic_store(&sleeper_awake, 1);
	return NULL;
}

int kill_host_sleep(void)
{
	uint64_t deadline = kill_deadline();

	atomic_store(&sleeper_tid, 0);
	atomic_store(&sleeper_awake, 0);
	MUST_BE(pthread_create(&sleeper, NULL, sleep_for_one, NULL), 0);
	while (!atomic_load(&sleeper_awake)) {
		int32_t tid = atomic_load(&sleeper_tid);

		if (tid && kill_asleep(getpid(), tid))
			return 1;
		MUST(dsi_now() < deadline);
		sleep_us(20);
	}
	return 0;
}

void kill_host_await_awake(void)
{
	MUST_BE(pthread_join(sleeper, NULL), 0);
	MUST_BE(dsi_packet_discard(kill_host, sleeper_pkt), 0);
}
