/* SPDX-License-Identifier: MIT */
/* kill_readers.c - see kill_readers.h. */
#define _GNU_SOURCE
#include "tests/kill/kill_readers.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

struct dsi_socket *kill_make_consumer(uint32_t policy)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy & ~DSI_CONSUMER_COPY,
	};
	struct dsi_socket *sock;

	if (policy == DSI_POLICY_DROP_NEW)
		options.queue_packets = 2;
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	return sock;
}

void kill_connect(struct dsi_socket *sock)
{
	int err;

	/* Its producer may be stopped, or be led step by step. */
	do
		err = dsi_socket_connect(sock, KILL_NAME, kill_deadline());
	while (err == -DSI_ETIMEDOUT);
	MUST_BE(err, 0);
}

static int get(struct kill_reader *reader, struct dsi_packet **out_pkt)
{
	int err;

	if (!reader->bell)
		return dsi_packet_get(reader->sock, DSI_FOREVER, out_pkt);
	while ((err = dsi_packet_get(reader->sock, 0, out_pkt)) ==
	       -DSI_EAGAIN) {
		struct pollfd fd = {.fd = dsi_socket_fd(reader->sock),
				    .events = POLLIN};

		MUST(fd.fd >= 0);
		MUST(poll(&fd, 1, -1) == 1 || errno == EINTR);
	}
	return err;
}

/* Whatever its policy, numbers ascend; who blocks the producer misses none.
 * What was overwritten says that it was. */
static void check(struct kill_reader *reader, const struct dsi_packet *pkt,
		  uint64_t *next)
{
	uint64_t number = dsi_packet_number(pkt);
	int filled = kill_filled(pkt, number);

	MUST(*next == UINT64_MAX || number >= *next);
	if (reader->policy == DSI_POLICY_BLOCK)
		MUST(*next == UINT64_MAX || number == *next);
	if (reader->policy != DSI_POLICY_RECLAIM || dsi_packet_valid(pkt) == 1)
		MUST(filled);
	if (*next == UINT64_MAX)
		reader->first = number;
	*next = number + 1u;
}

static void *run(void *arg)
{
	struct kill_reader *reader = arg;
	uint64_t next = UINT64_MAX;
	struct dsi_packet *pkt;
	int err;

	atomic_store(&reader->tid, (int32_t)syscall(SYS_gettid));
	for (;;) {
		while (atomic_load(reader->got) >=
		       atomic_load(&reader->allowed))
			sleep_us(50);
		err = get(reader, &pkt);
		if (err)
			break;
		check(reader, pkt, &next);
		MUST_BE(dsi_packet_commit(reader->sock, pkt), 0);
		atomic_fetch_add(reader->got, 1);
	}
	MUST_BE(err, -DSI_EPIPE);
	/* It stays that way. */
	MUST_BE(dsi_packet_get(reader->sock, DSI_FOREVER, &pkt), -DSI_EPIPE);
	MUST_BE(dsi_packet_get(reader->sock, 0, &pkt), -DSI_EPIPE);
	atomic_store(&reader->ended, 1);
	return NULL;
}

void kill_reader_begin(struct kill_reader *reader, uint32_t policy,
		       uint32_t bell, uint64_t allowed, _Atomic uint64_t *got)
{
	reader->policy = policy;
	reader->bell = bell;
	reader->got = got;
	reader->first = 0;
	atomic_store(&reader->tid, 0);
	atomic_store(&reader->ended, 0);
	atomic_store(&reader->allowed, allowed);
	reader->sock = kill_make_consumer(policy);
	kill_connect(reader->sock);
	MUST_BE(dsi_socket_start(reader->sock), 0);
	MUST_BE(pthread_create(&reader->thread, NULL, run, reader), 0);
}

void kill_await_asleep(_Atomic int32_t *tid)
{
	uint64_t deadline = kill_deadline();

	while (!atomic_load(tid) || !kill_asleep(getpid(), atomic_load(tid))) {
		MUST(dsi_now() < deadline);
		sleep_us(20);
	}
}

void kill_reader_await_asleep(struct kill_reader *reader)
{
	kill_await_asleep(&reader->tid);
	MUST(!atomic_load(&reader->ended));
	MUST(dsi_socket_event_count(reader->sock, DSI_EVENT_PEER_GONE) == 0);
}

void kill_reader_await_end(struct kill_reader *reader)
{
	struct dsi_socket *sock = reader->sock;

	MUST_BE(pthread_join(reader->thread, NULL), 0);
	/* The reason is among the events, once. */
	MUST(dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE) +
		     dsi_socket_event_count(sock, DSI_EVENT_PEER_LEFT) ==
	     1);
	MUST(dsi_socket_event_count(sock, DSI_EVENT_ERROR) == 0);
	dsi_socket_destroy(sock);
}
