/* SPDX-License-Identifier: MIT */
/* soak_ends.c - producers, consumers, and who looks on; see soak.h. */
#define _GNU_SOURCE
#include "tests/soak/soak.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/watch.h>

#include "tests/unit/belongings.h"
#include "tests/unit/must.h"

#define PACKETS 32u
#define WORDS 64u
#define BATCH 4u
#define LOOK_NS UINT64_C(2000000)
/* However slow the machine; no wait may be longer. */
#define PATIENCE_NS UINT64_C(120000000000)

struct soak_shared *soak;

void soak_fail(const char *format, ...)
{
	va_list args;

	if (!atomic_fetch_add(&soak->failed, 1)) {
		va_start(args, format);
		(void)vsnprintf(soak->failure, sizeof(soak->failure), format,
				args);
		va_end(args);
	}
	_exit(1);
}

static void nap(long us)
{
	const struct timespec span = {.tv_nsec = us * 1000};

	(void)nanosleep(&span, NULL);
}

static const char *name_of(uint32_t stream)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "soak-%u", stream);
	return name;
}

/* ---- what a process has -------------------------------------------------- */

static void sample(struct soak_long *self)
{
	uint32_t ask = atomic_load(&self->ask);

	if (atomic_load(&self->answered) == ask)
		return;
	self->descriptors = own_descriptors();
	self->regions = own_regions("/memfd:");
	self->threads = own_figure("Threads:");
	self->kilobytes = own_figure("RssAnon:");
	atomic_store(&self->answered, ask);
}

static void leak(uint32_t what)
{
	if (what == SOAK_LEAK_DESCRIPTOR)
		MUST(dup(0) >= 0);
	if (what == SOAK_LEAK_MEMORY) {
		volatile char *memory = malloc(1u << 20);

		MUST(memory);
		for (uint32_t i = 0; i < 1u << 20; i += 4096u)
			memory[i] = 1;
	}
}

/* ---- packets ------------------------------------------------------------- */

static uint64_t word_of(uint64_t number, uint32_t i)
{
	uint64_t state = number * 64u + i + 1u;

	return must_random(&state);
}

static void fill(struct dsi_packet *pkt, uint64_t number)
{
	uint32_t size;
	void *data;
	uint64_t *words;

	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	words = data;
	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = word_of(number, i);
	if (soak->leak == SOAK_TORN && number % 997u == 996u)
		words[WORDS / 2u]++;
	MUST_BE(dsi_packet_set_number(pkt, number), 0);
}

static int is_whole(const struct dsi_packet *pkt)
{
	uint64_t number = dsi_packet_number(pkt);
	uint32_t size;
	void *data;
	const uint64_t *words;

	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	words = data;
	for (uint32_t i = 0; i < WORDS; i++)
		if (words[i] != word_of(number, i))
			return 0;
	return 1;
}

/* ---- producer ------------------------------------------------------------ */

static void send_some(struct dsi_socket *sock, struct soak_long *self,
		      uint64_t *number)
{
	struct dsi_packet *pkts[BATCH];
	uint32_t n = 1u + (uint32_t)(*number % BATCH);
	int32_t got = dsi_packet_get_many(sock, dsi_now() + LOOK_NS, pkts, n);

	if (got == -DSI_ETIMEDOUT)
		return;
	if (got <= 0)
		soak_fail("producer: get: %s", dsi_strerror(got));
	for (int32_t i = 0; i < got; i++)
		fill(pkts[i], (*number)++);
	MUST_BE(dsi_packet_commit_many(sock, pkts, (uint32_t)got), 0);
	atomic_fetch_add(&self->packets, (uint64_t)got);
}

void soak_produce(uint32_t index)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = WORDS * sizeof(uint64_t),
	};
	struct soak_long *self = &soak->longs[index];
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t joined = 0;
	struct dsi_socket *sock;
	uint64_t number = 0;

	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, name_of(index), NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	while (!atomic_load(&self->stop)) {
		uint64_t now;

		send_some(sock, self, &number);
		MUST_BE(dsi_socket_stats(sock, &stats), 0);
		atomic_store(&self->consumers, stats.consumers);
		now = dsi_socket_event_count(sock, DSI_EVENT_PEER_JOINED);
		for (; joined < now; joined++)
			leak(soak->leak);
		sample(self);
		nap(stats.consumers ? 200 : 1000);
	}
	dsi_socket_destroy(sock);
}

/* ---- consumer ------------------------------------------------------------ */

struct course {
	uint32_t policy;
	uint32_t begun;
	uint64_t next;
};

static void check(struct course *course, const struct dsi_packet *pkt)
{
	uint64_t number = dsi_packet_number(pkt);
	uint32_t flags = dsi_packet_flags(pkt);
	int whole = is_whole(pkt);

	if (course->policy == DSI_POLICY_RECLAIM) {
		if (dsi_packet_valid(pkt) == 1 && !whole)
			soak_fail("packet %ju is torn, and valid",
				  (uintmax_t)number);
	} else if (!whole) {
		soak_fail("packet %ju is torn", (uintmax_t)number);
	}
	if (course->begun && number < course->next)
		soak_fail("packet %ju came after %ju", (uintmax_t)number,
			  (uintmax_t)course->next);
	if (course->begun && number != course->next &&
	    (course->policy == DSI_POLICY_BLOCK ||
	     !(flags & DSI_PACKET_DROPPED_BEFORE)))
		soak_fail("packet %ju instead of %ju, and nobody said so",
			  (uintmax_t)number, (uintmax_t)course->next);
	course->begun = 1;
	course->next = number + 1u;
}

static int get(struct dsi_socket *sock, uint32_t select,
	       struct dsi_packet **out_pkt)
{
	struct dsi_event_source source = {.socket = sock,
					  .mask = DSI_EVENT_DATA};
	uint64_t deadline = dsi_now() + LOOK_NS;
	int32_t n;

	if (!select)
		return dsi_packet_get(sock, deadline, out_pkt);
	n = dsi_select(&source, 1, deadline);
	return n < 0 ? (int)n : dsi_packet_get(sock, 0, out_pkt);
}

static void receive(struct dsi_socket *sock, struct soak_consumer *self,
		    struct course *course, uint32_t select)
{
	while (!atomic_load(&self->stop)) {
		uint64_t before = dsi_now();
		struct dsi_packet *pkt;
		int err = get(sock, select, &pkt);

		if (dsi_now() - before > PATIENCE_NS)
			soak_fail("consumer: a wait took too long");
		if (err == -DSI_EPIPE)
			return;
		if (err == -DSI_ETIMEDOUT || err == -DSI_EAGAIN)
			continue;
		if (err)
			soak_fail("consumer: get: %s", dsi_strerror(err));
		check(course, pkt);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		atomic_fetch_add(&self->packets, 1);
	}
}

void soak_consume(uint32_t index, uint32_t stream, uint32_t policy,
		  uint32_t select)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy,
		.queue_packets = policy == DSI_POLICY_DROP_NEW ? 1u : 0,
	};
	struct course course = {.policy = policy};
	struct dsi_socket *sock;
	int err;

	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	err = dsi_socket_connect(sock, name_of(stream), dsi_now() + LOOK_NS);
	/* A producer that was killed or is full is no failure. */
	if (!err)
		err = dsi_socket_start(sock);
	if (!err)
		receive(sock, &soak->consumers[index], &course, select);
	else if (err != -DSI_ENOENT && err != -DSI_EPIPE &&
		 err != -DSI_ETIMEDOUT && err != -DSI_EUSERS &&
		 err != -DSI_EAGAIN && err != -DSI_ENOSPC)
		soak_fail("consumer: connect: %s: %s", dsi_strerror(err),
			  dsi_socket_error(sock));
	dsi_socket_destroy(sock);
}

/* ---- who looks on -------------------------------------------------------- */

static void see(void *user, const char *name, const struct dsi_name_info *info)
{
	(void)user;
	(void)name;
	(void)info;
}

void soak_look(uint64_t seed)
{
	struct soak_long *self = &soak->longs[SOAK_LOOKER];
	struct dsi_watch_info info = {.size = sizeof(info)};

	while (!atomic_load(&self->stop)) {
		uint32_t stream =
			(uint32_t)(must_random(&seed) >> 32) % SOAK_STREAMS;
		struct dsi_watch *watch;

		atomic_store(&self->rests, atomic_load(&self->rest));
		if (atomic_load(&self->rests)) {
			sample(self);
			nap(1000);
			continue;
		}
		if (dsi_names(see, NULL, dsi_now() + LOOK_NS) < 0)
			soak_fail("looker: the names cannot be listed");
		if (dsi_watch_open(name_of(stream), dsi_now() + LOOK_NS,
				   &watch) == 0) {
			for (int32_t i = 0; i < dsi_watch_count(watch); i++)
				MUST_BE(dsi_watch_read(watch, (uint32_t)i,
						       &info),
					0);
			dsi_watch_close(watch);
		}
		atomic_fetch_add(&self->packets, 1);
		sample(self);
		nap(3000);
	}
}
