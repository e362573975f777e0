/* SPDX-License-Identifier: MIT */
/*
 * peer_zeromq.c - ZeroMQ, between processes (ipc) and between threads (inproc):
 * a PUSH socket and a PULL socket whose queues are as long as the ring.
 *
 * A payload is written into a message and read from one, so ipc copies it into
 * a UNIX socket and out of it, and inproc does not copy it at all.  There is no
 * call for several messages: the library makes batches by itself.
 *
 * Calls of the kernel are made by a thread of the library, too; nobody counts
 * them.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#include "peer_staging.h"
#include "peers.h"

struct zeromq_link {
	struct bench_setup setup;
	void *context; /* inproc: of both sides */
	char address[64];
};

struct zeromq_side {
	const struct zeromq_link *link;
	void *context;
	void *socket;
	zmq_msg_t messages[BENCH_BATCH];
	uint32_t first; /* received and not released */
	uint32_t count;
	int flags;
};

static int link_open(const struct bench_setup *setup, bool inproc,
		     void **out_link)
{
	struct zeromq_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	snprintf(link->address, sizeof(link->address), "%s-%s",
		 inproc ? "inproc://dsi-bench" : "ipc://@dsi-bench",
		 setup->name);
	if (inproc && !(link->context = zmq_ctx_new())) {
		free(link);
		return -errno;
	}
	*out_link = link;
	return 0;
}

static int ipc_open(const struct bench_setup *setup, void **out_link)
{
	return link_open(setup, false, out_link);
}

static int inproc_open(const struct bench_setup *setup, void **out_link)
{
	return link_open(setup, true, out_link);
}

static void zeromq_close(void *raw)
{
	struct zeromq_link *link = raw;

	if (link->context)
		zmq_ctx_term(link->context);
	free(link);
}

static void zeromq_leave(void *raw)
{
	struct zeromq_side *side = raw;

	while (side->count > 0) {
		zmq_msg_close(&side->messages[side->first++]);
		side->count--;
	}
	if (side->socket)
		zmq_close(side->socket);
	if (side->context && side->context != side->link->context)
		zmq_ctx_term(side->context);
	free(side);
}

/* Either end may be first: the library goes on trying to connect. */
static int attach(struct zeromq_side *side, uint32_t number)
{
	const struct zeromq_link *link = side->link;
	int most = (int)link->setup.ring;
	int linger = -1;

	side->context = link->context ? link->context : zmq_ctx_new();
	if (!side->context)
		return -1;
	side->socket =
		zmq_socket(side->context, number == 0 ? ZMQ_PUSH : ZMQ_PULL);
	if (!side->socket ||
	    zmq_setsockopt(side->socket, ZMQ_SNDHWM, &most, sizeof(most)) ||
	    zmq_setsockopt(side->socket, ZMQ_RCVHWM, &most, sizeof(most)) ||
	    zmq_setsockopt(side->socket, ZMQ_LINGER, &linger, sizeof(linger)))
		return -1;
	return number == 0 ? zmq_bind(side->socket, link->address)
			   : zmq_connect(side->socket, link->address);
}

static int zeromq_join(void *raw, uint32_t number, void **out_side, char *why,
		       size_t why_bytes)
{
	const struct zeromq_link *link = raw;
	struct zeromq_side *side = calloc(1, sizeof(*side));

	if (!side)
		return -ENOMEM;
	side->link = link;
	side->flags = link->setup.wait == BENCH_POLL ? ZMQ_DONTWAIT : 0;
	if (attach(side, number)) {
		int err = errno;

		snprintf(why, why_bytes, "%s: %s", link->address,
			 zmq_strerror(err));
		zeromq_leave(side);
		return -err;
	}
	*out_side = side;
	return 0;
}

/* Messages that were taken and never sent do not exist: each take() is sent. */
static int32_t zeromq_take(void *raw, void **places, uint32_t n)
{
	struct zeromq_side *side = raw;

	for (uint32_t i = 0; i < n; i++) {
		zmq_msg_t *message = &side->messages[i];

		if (zmq_msg_init_size(message, side->link->setup.payload))
			return -errno;
		places[i] = zmq_msg_data(message);
	}
	return (int32_t)n;
}

static int zeromq_send(void *raw, uint32_t n)
{
	struct zeromq_side *side = raw;

	for (uint32_t i = 0; i < n;) {
		if (zmq_msg_send(&side->messages[i], side->socket,
				 side->flags) >= 0)
			i++;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return 0;
}

static int32_t zeromq_receive(void *raw, const void **payloads, uint32_t n)
{
	struct zeromq_side *side = raw;

	side->first = 0;
	side->count = 0;
	while (side->count < n) {
		zmq_msg_t *message = &side->messages[side->count];
		/* The first is waited for, the others are not. */
		int flags = side->count ? ZMQ_DONTWAIT : side->flags;

		zmq_msg_init(message);
		if (zmq_msg_recv(message, side->socket, flags) < 0) {
			int err = errno;

			zmq_msg_close(message);
			if (err == EINTR)
				continue;
			if (err != EAGAIN)
				return -err;
			break;
		}
		payloads[side->count++] = zmq_msg_data(message);
	}
	return (int32_t)side->count;
}

static int zeromq_release(void *raw, uint32_t n)
{
	struct zeromq_side *side = raw;

	for (uint32_t i = 0; i < n; i++)
		zmq_msg_close(&side->messages[side->first + i]);
	side->first += n;
	side->count -= n;
	return 0;
}

/* What both channels have in common. */
#define ZEROMQ_CALLS                                                         \
	.join = zeromq_join, .take = zeromq_take, .send = zeromq_send,       \
	.receive = zeromq_receive, .release = zeromq_release, .calls = NULL, \
	.leave = zeromq_leave, .close = zeromq_close,

const struct bench_channel peer_zeromq_ipc = {
	.name = "zeromq-ipc",
	.text = "ZeroMQ between processes, PUSH to PULL",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = ipc_open,
	ZEROMQ_CALLS};

const struct bench_channel peer_zeromq_inproc = {
	.name = "zeromq-inproc",
	.text = "ZeroMQ between threads, PUSH to PULL",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_THREADS | BENCH_CAN_BATCH | BENCH_CAN_ZERO_COPY,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = inproc_open,
	ZEROMQ_CALLS};
