/* SPDX-License-Identifier: MIT */
/*
 * peer_stream.c - streams of bytes: a pipe, and a pair of UNIX sockets.
 *
 * Messages are all of one size, so they need no frame.  A batch is one write()
 * of all its bytes; a read() takes whatever is there.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_staging.h"
#include "peers.h"

/* The kernel's limit for a pipe of anybody: /proc/sys/fs/pipe-max-size. */
#define PIPE_MOST (1u << 20)
#define PIPE_LEAST 4096u

struct stream_link {
	struct bench_setup setup;
	int fds[2]; /* the consumer's, the producer's */
};

/* @have: bytes received and not released. */
struct stream_side {
	const struct stream_link *link;
	char *staging;
	size_t unit;
	size_t have;
	uint64_t calls;
	int fd;
	bool polls;
};

/* ---- open and close ------------------------------------------------------- */

static size_t wished(const struct bench_setup *setup)
{
	return peer_unit(setup->payload) * setup->ring;
}

static int finish_open(struct stream_link *link, void **out_link)
{
	int flags = link->setup.wait == BENCH_POLL ? O_NONBLOCK : 0;

	for (int i = 0; i < 2; i++)
		if (fcntl(link->fds[i], F_SETFL, flags) < 0) {
			int err = -errno;

			close(link->fds[0]);
			close(link->fds[1]);
			free(link);
			return err;
		}
	*out_link = link;
	return 0;
}

static struct stream_link *new_link(const struct bench_setup *setup)
{
	struct stream_link *link = calloc(1, sizeof(*link));

	if (link)
		link->setup = *setup;
	return link;
}

static int pipe_open(const struct bench_setup *setup, void **out_link)
{
	struct stream_link *link = new_link(setup);
	size_t bytes = wished(setup);

	if (!link)
		return -ENOMEM;
	if (pipe2(link->fds, O_CLOEXEC)) {
		free(link);
		return -errno;
	}
	bytes = bytes < PIPE_LEAST ? PIPE_LEAST : bytes;
	bytes = bytes > PIPE_MOST ? PIPE_MOST : bytes;
	/* As large as one may: what is refused leaves the usual size. */
	(void)fcntl(link->fds[1], F_SETPIPE_SZ, (int)bytes);
	return finish_open(link, out_link);
}

static int unix_open(const struct bench_setup *setup, void **out_link)
{
	struct stream_link *link = new_link(setup);
	int bytes =
		(int)(wished(setup) < PIPE_MOST ? wished(setup) : PIPE_MOST);

	if (!link)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link->fds)) {
		free(link);
		return -errno;
	}
	/* Never less than the usual size. */
	if (bytes > 212992)
		(void)setsockopt(link->fds[1], SOL_SOCKET, SO_SNDBUF, &bytes,
				 sizeof(bytes));
	return finish_open(link, out_link);
}

static void stream_close(void *raw)
{
	struct stream_link *link = raw;

	close(link->fds[0]);
	close(link->fds[1]);
	free(link);
}

static int stream_join(void *raw, uint32_t number, void **out_side, char *why,
		       size_t why_bytes)
{
	const struct stream_link *link = raw;
	struct stream_side *side = calloc(1, sizeof(*side));

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	side->unit = peer_unit(link->setup.payload);
	side->fd = link->fds[number == 0];
	side->polls = link->setup.wait == BENCH_POLL;
	side->staging = peer_staging(side->unit, link->setup.batch);
	if (!side->staging) {
		free(side);
		return -ENOMEM;
	}
	*out_side = side;
	return 0;
}

static void stream_leave(void *raw)
{
	struct stream_side *side = raw;

	free(side->staging);
	free(side);
}

/* ---- messages ------------------------------------------------------------- */

static uint64_t stream_calls(void *raw)
{
	const struct stream_side *side = raw;

	return side->calls;
}

static int32_t stream_take(void *raw, void **places, uint32_t n)
{
	struct stream_side *side = raw;

	for (uint32_t i = 0; i < n; i++)
		places[i] = side->staging + i * side->unit;
	return (int32_t)n;
}

/* There is nothing, or no room, now. */
static bool later(int err)
{
	return err == EAGAIN || err == EINTR;
}

static int stream_send(void *raw, uint32_t n)
{
	struct stream_side *side = raw;
	const char *at = side->staging;
	size_t left = n * side->unit;

	while (left > 0) {
		ssize_t done = write(side->fd, at, left);

		side->calls++;
		if (done < 0 && !later(errno))
			return -errno;
		if (done < 0) {
			side->calls++;
			sched_yield();
			continue;
		}
		at += done;
		left -= (size_t)done;
	}
	return 0;
}

static int32_t stream_receive(void *raw, const void **payloads, uint32_t n)
{
	struct stream_side *side = raw;
	uint32_t whole;

	/* A message that came in part is waited for: the rest is on its way. */
	while (side->have < side->unit) {
		ssize_t done = read(side->fd, side->staging + side->have,
				    n * side->unit - side->have);

		side->calls++;
		if (done == 0)
			return -EPIPE;
		if (done < 0 && !later(errno))
			return -errno;
		if (done < 0 && side->have == 0 && side->polls)
			return 0;
		side->have += done < 0 ? 0 : (size_t)done;
	}
	whole = (uint32_t)(side->have / side->unit);
	whole = whole < n ? whole : n;
	for (uint32_t i = 0; i < whole; i++)
		payloads[i] = side->staging + i * side->unit;
	return (int32_t)whole;
}

static int stream_release(void *raw, uint32_t n)
{
	struct stream_side *side = raw;
	size_t gone = n * side->unit;

	side->have -= gone;
	if (side->have)
		memmove(side->staging, side->staging + gone, side->have);
	return 0;
}

/* What both channels have in common. */
#define STREAM_CALLS                                                   \
	.join = stream_join, .take = stream_take, .send = stream_send, \
	.receive = stream_receive, .release = stream_release,          \
	.calls = stream_calls, .leave = stream_leave, .close = stream_close,

const struct bench_channel peer_pipe = {
	.name = "pipe",
	.text = "a pipe, with one write() for a batch",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = pipe_open,
	STREAM_CALLS};

const struct bench_channel peer_unix_stream = {
	.name = "unix-stream",
	.text = "a pair of UNIX stream sockets, with one write() for a batch",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = unix_open,
	STREAM_CALLS};
