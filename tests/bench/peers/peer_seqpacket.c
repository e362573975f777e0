/* SPDX-License-Identifier: MIT */
/*
 * peer_seqpacket.c - a pair of UNIX sockets that keep messages apart, with
 * sendmmsg() and recvmmsg() for batches.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_staging.h"
#include "peers.h"

struct packet_link {
	struct bench_setup setup;
	int fds[2];
};

struct packet_side {
	struct mmsghdr headers[BENCH_BATCH];
	struct iovec vectors[BENCH_BATCH];
	char *staging;
	uint64_t calls;
	size_t unit;
	int fd;
	int flags;
};

static int packet_open(const struct bench_setup *setup, void **out_link)
{
	struct packet_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link->fds)) {
		free(link);
		return -errno;
	}
	*out_link = link;
	return 0;
}

static void packet_close(void *raw)
{
	struct packet_link *link = raw;

	close(link->fds[0]);
	close(link->fds[1]);
	free(link);
}

static int packet_join(void *raw, uint32_t number, void **out_side, char *why,
		       size_t why_bytes)
{
	const struct packet_link *link = raw;
	struct packet_side *side = calloc(1, sizeof(*side));

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->fd = link->fds[number == 0];
	side->unit = peer_unit(link->setup.payload);
	side->flags = link->setup.wait == BENCH_POLL ? MSG_DONTWAIT : 0;
	side->staging = peer_staging(side->unit, link->setup.batch);
	if (!side->staging) {
		free(side);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < link->setup.batch; i++) {
		side->vectors[i].iov_base = side->staging + i * side->unit;
		side->vectors[i].iov_len = side->unit;
		side->headers[i].msg_hdr.msg_iov = &side->vectors[i];
		side->headers[i].msg_hdr.msg_iovlen = 1;
	}
	*out_side = side;
	return 0;
}

static void packet_leave(void *raw)
{
	struct packet_side *side = raw;

	free(side->staging);
	free(side);
}

static uint64_t packet_calls(void *raw)
{
	const struct packet_side *side = raw;

	return side->calls;
}

static int32_t packet_take(void *raw, void **places, uint32_t n)
{
	struct packet_side *side = raw;

	for (uint32_t i = 0; i < n; i++)
		places[i] = side->vectors[i].iov_base;
	return (int32_t)n;
}

/* One message takes the simpler call. */
static int send_some(struct packet_side *side, uint32_t from, uint32_t n)
{
	side->calls++;
	if (n == 1)
		return send(side->fd, side->vectors[from].iov_base, side->unit,
			    side->flags) < 0
			       ? -1
			       : 1;
	return sendmmsg(side->fd, &side->headers[from], n, side->flags);
}

static int packet_send(void *raw, uint32_t n)
{
	struct packet_side *side = raw;
	uint32_t sent = 0;

	while (sent < n) {
		int some = send_some(side, sent, n - sent);

		if (some < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (some < 0) {
			side->calls++;
			sched_yield();
		} else {
			sent += (uint32_t)some;
		}
	}
	return 0;
}

static int receive_some(struct packet_side *side, uint32_t n)
{
	ssize_t bytes;

	side->calls++;
	if (n > 1)
		return recvmmsg(side->fd, side->headers, n,
				side->flags | MSG_WAITFORONE, NULL);
	bytes = recv(side->fd, side->staging, side->unit, side->flags);
	if (bytes == 0)
		errno = EPIPE;
	return bytes > 0 ? 1 : -1;
}

static int32_t packet_receive(void *raw, const void **payloads, uint32_t n)
{
	struct packet_side *side = raw;
	int some = receive_some(side, n);

	if (some < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (int i = 0; i < some; i++)
		payloads[i] = side->vectors[i].iov_base;
	return some;
}

static int packet_release(void *raw, uint32_t n)
{
	(void)raw;
	(void)n;
	return 0;
}

const struct bench_channel peer_unix_seqpacket = {
	.name = "unix-seqpacket",
	.text = "a pair of UNIX sequenced-packet sockets",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH,
	/* What fits into the usual buffer of a socket. */
	.payload_max = 128u << 10,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = packet_open,
	.join = packet_join,
	.take = packet_take,
	.send = packet_send,
	.receive = packet_receive,
	.release = packet_release,
	.calls = packet_calls,
	.leave = packet_leave,
	.close = packet_close,
};
