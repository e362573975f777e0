/* SPDX-License-Identifier: MIT */
/*
 * peer_mqueue.c - a POSIX message queue.  It has no call for several messages.
 *
 * How many messages there may be is limited by the system: the queue is made as
 * long as it can be.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "peer_staging.h"
#include "peers.h"

struct queue_link {
	struct bench_setup setup;
	mqd_t queue;
};

struct queue_side {
	mqd_t queue;
	char *staging;
	size_t unit;
	uint64_t calls;
};

static mqd_t queue_make(const char *name, int flags, long most, size_t unit)
{
	struct mq_attr attr = {.mq_maxmsg = most, .mq_msgsize = (long)unit};
	mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags,
			      S_IRUSR | S_IWUSR, &attr);

	if (queue != (mqd_t)-1)
		mq_unlink(name);
	return queue;
}

static int queue_open(const struct bench_setup *setup, void **out_link)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	int flags = setup->wait == BENCH_POLL ? O_NONBLOCK : 0;
	struct queue_link *link = calloc(1, sizeof(*link));
	long most = setup->ring;
	char name[64];

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	(void)setrlimit(RLIMIT_MSGQUEUE, &all);
	snprintf(name, sizeof(name), "/dsi-bench-%s", setup->name);
	do
		link->queue = queue_make(name, flags, most,
					 peer_unit(setup->payload));
	while (link->queue == (mqd_t)-1 && (most /= 2) > 0);
	if (link->queue == (mqd_t)-1) {
		free(link);
		return -errno;
	}
	*out_link = link;
	return 0;
}

static void queue_close(void *raw)
{
	struct queue_link *link = raw;

	mq_close(link->queue);
	free(link);
}

static int queue_join(void *raw, uint32_t number, void **out_side, char *why,
		      size_t why_bytes)
{
	const struct queue_link *link = raw;
	struct queue_side *side = calloc(1, sizeof(*side));

	(void)number;
	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->queue = link->queue;
	side->unit = peer_unit(link->setup.payload);
	side->staging = peer_staging(side->unit, link->setup.batch);
	if (!side->staging) {
		free(side);
		return -ENOMEM;
	}
	*out_side = side;
	return 0;
}

static void queue_leave(void *raw)
{
	struct queue_side *side = raw;

	free(side->staging);
	free(side);
}

static uint64_t queue_calls(void *raw)
{
	const struct queue_side *side = raw;

	return side->calls;
}

static int32_t queue_take(void *raw, void **places, uint32_t n)
{
	struct queue_side *side = raw;

	for (uint32_t i = 0; i < n; i++)
		places[i] = side->staging + i * side->unit;
	return (int32_t)n;
}

static int queue_send(void *raw, uint32_t n)
{
	struct queue_side *side = raw;

	for (uint32_t i = 0; i < n;) {
		int err = mq_send(side->queue, side->staging + i * side->unit,
				  side->unit, 0);

		side->calls++;
		if (err && errno != EAGAIN && errno != EINTR)
			return -errno;
		i += err ? 0 : 1;
	}
	return 0;
}

static int32_t queue_receive(void *raw, const void **payloads, uint32_t n)
{
	struct queue_side *side = raw;
	ssize_t bytes;

	(void)n;
	do {
		bytes = mq_receive(side->queue, side->staging, side->unit,
				   NULL);
		side->calls++;
	} while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		return errno == EAGAIN ? 0 : -errno;
	payloads[0] = side->staging;
	return 1;
}

static int queue_release(void *raw, uint32_t n)
{
	(void)raw;
	(void)n;
	return 0;
}

const struct bench_channel peer_mqueue = {
	.name = "mqueue",
	.text = "a POSIX message queue",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS,
	/* Without a change of the system: /proc/sys/fs/mqueue/msgsize_max. */
	.payload_max = 8192,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = queue_open,
	.join = queue_join,
	.take = queue_take,
	.send = queue_send,
	.receive = queue_receive,
	.release = queue_release,
	.calls = queue_calls,
	.leave = queue_leave,
	.close = queue_close,
};
