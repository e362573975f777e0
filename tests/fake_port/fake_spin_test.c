/* SPDX-License-Identifier: MIT */
/*
 * fake_spin_test.c - processes that spin for each other on one CPU or on two, and
 * that are moved meanwhile.
 *
 * Who spins does so for an hour: then a wait that should have slept does not end,
 * or the packets came while somebody polled.  Polls are counted.
 */
#include <stdio.h>

#include <dsi/dsi.h>

#include "fake.h"

#define PACKETS 50u
#define SPIN_NS 4000000000u
#define LATE_NS UINT64_C(3600000000000)

#define EXPECT(what, wanted) \
	expect(#what, (long)(what), (long)(wanted), __LINE__)

static int failures;
static uint32_t begins_on; /* CPU of the consumer */

static void expect(const char *what, long got, long wanted, int line)
{
	if (got != wanted)
		fake_report("line %d: %s is %ld, not %ld", line, what, got,
			    wanted);
}

static uint64_t polls(void)
{
	struct fake_stats stats;

	fake_stats(&stats);
	return stats.relaxes;
}

static void consume(void *arg)
{
	const struct dsi_consumer_options options = {.size = sizeof(options),
						     .spin_ns = SPIN_NS};
	struct dsi_socket *sock;
	struct dsi_packet *pkt;

	(void)arg;
	fake_on_cpu(fake_self(), begins_on);
	EXPECT(dsi_consumer_create(&options, &sock), 0);
	EXPECT(dsi_socket_connect(sock, "spun", 0), 0);
	EXPECT(dsi_socket_start(sock), 0);
	while (dsi_packet_get(sock, fake_now() + LATE_NS, &pkt) == 0)
		EXPECT(dsi_packet_commit(sock, pkt), 0);
	dsi_socket_destroy(sock);
}

static struct dsi_socket *produce(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 1, .packet_bytes = 64};
	const struct dsi_producer_options options = {.size = sizeof(options),
						     .wait_consumers = 1,
						     .spin_ns = SPIN_NS};
	struct dsi_socket *sock;

	EXPECT(dsi_producer_create(&desc, &options, &sock), 0);
	EXPECT(dsi_socket_listen(sock, "spun", NULL), 0);
	EXPECT(dsi_socket_start(sock), 0);
	return sock;
}

/* One packet goes there and back so often.  The polls that it took. */
static uint64_t pass(struct dsi_socket *sock)
{
	uint64_t before = polls();

	for (uint32_t i = 0; i < PACKETS; i++) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(sock, fake_now() + LATE_NS, &pkt);

		EXPECT(err, 0);
		if (err)
			break;
		EXPECT(dsi_packet_commit(sock, pkt), 0);
	}
	return polls() - before;
}

static void one_cpu(void *arg)
{
	struct dsi_socket *sock;
	int consumer;

	(void)arg;
	begins_on = 3;
	fake_on_cpu(fake_self(), 3);
	sock = produce();
	consumer = fake_spawn_process(consume, NULL);
	EXPECT(pass(sock), 0);
	EXPECT(pass(sock), 0);
	dsi_socket_destroy(sock);
	fake_join(consumer);
}

static void two_cpus(void *arg)
{
	struct dsi_socket *sock;
	int consumer;

	(void)arg;
	begins_on = 3;
	fake_on_cpu(fake_self(), 2);
	sock = produce();
	consumer = fake_spawn_process(consume, NULL);
	EXPECT(pass(sock) > 0, 1);
	dsi_socket_destroy(sock);
	fake_join(consumer);
}

/* Moved together, apart, and together again: after some packets each end knows. */
static void moved(void *arg)
{
	struct dsi_socket *sock = produce();
	int consumer;

	(void)arg;
	begins_on = 5;
	consumer = fake_spawn_process(consume, NULL);
	(void)pass(sock);
	for (uint32_t i = 0; i < 3; i++) {
		fake_on_cpu(consumer, 5);
		fake_on_cpu(fake_self(), 5);
		(void)pass(sock);
		EXPECT(pass(sock), 0);
		fake_on_cpu(i & 1 ? consumer : fake_self(), 6);
		(void)pass(sock);
		EXPECT(pass(sock) > 0, 1);
	}
	dsi_socket_destroy(sock);
	fake_join(consumer);
}

static void run(const char *name, void (*test)(void *))
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		if (fake_run(seed, test, NULL) == 0)
			continue;
		printf("%s, seed %llu: %s\n", name, (unsigned long long)seed,
		       fake_error());
		failures++;
		return;
	}
}

int main(void)
{
	run("one CPU", one_cpu);
	run("two CPUs", two_cpus);
	run("moved", moved);
	return failures != 0;
}
