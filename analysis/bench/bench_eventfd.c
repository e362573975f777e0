/* SPDX-License-Identifier: MIT */
/*
 * bench_eventfd.c - the least that waiting for many costs in the kernel's own way:
 * a word and an eventfd for each stream, all eventfds in one epoll.
 *
 * One message at a time, and nothing is checked.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/bench_channel.h"
#include "bench/bench_raw.h"

#define LINE 64u
#define MOST 65536u

struct eventfd_link {
	_Atomic uint32_t *sent;
	char *payload;
	size_t bytes;
	int fd;
};

struct eventfd_side {
	const struct eventfd_link *link;
	uint32_t done;
	uint64_t calls;
};

struct eventfd_set {
	struct eventfd_side **sides;
	int epoll;
};

static int eventfd_open(const struct bench_setup *setup, void **out_link)
{
	struct eventfd_link *link = calloc(1, sizeof(*link));
	void *at;

	if (!link)
		return -ENOMEM;
	link->bytes = LINE + (size_t)setup->payload;
	at = mmap(NULL, link->bytes, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	link->fd = at == MAP_FAILED ? -1 : eventfd(0, EFD_CLOEXEC);
	if (link->fd < 0) {
		int err = -errno;

		if (at != MAP_FAILED)
			munmap(at, link->bytes);
		free(link);
		return err;
	}
	link->sent = at;
	link->payload = (char *)at + LINE;
	*out_link = link;
	return 0;
}

static int eventfd_join(void *link, uint32_t number, void **out_side, char *why,
			size_t why_bytes)
{
	struct eventfd_side *side = calloc(1, sizeof(*side));

	(void)number;
	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	bench_raw_touch(side->link->sent, side->link->bytes);
	*out_side = side;
	return 0;
}

/* The answer says that there is room. */
static int32_t eventfd_take(void *raw, void **places, uint32_t n)
{
	struct eventfd_side *side = raw;

	(void)n;
	places[0] = side->link->payload;
	return 1;
}

static int eventfd_send(void *raw, uint32_t n)
{
	struct eventfd_side *side = raw;
	const uint64_t one = 1;

	side->done += n;
	atomic_store_explicit(side->link->sent, side->done,
			      memory_order_release);
	side->calls++;
	return write(side->link->fd, &one, sizeof(one)) < 0 ? -errno : 0;
}

static int32_t eventfd_receive(void *raw, const void **payloads, uint32_t n)
{
	struct eventfd_side *side = raw;
	uint64_t count;

	(void)n;
	side->calls++;
	if (read(side->link->fd, &count, sizeof(count)) < 0)
		return -errno;
	side->done++;
	if (atomic_load_explicit(side->link->sent, memory_order_acquire) !=
	    side->done)
		return -EPROTO;
	payloads[0] = side->link->payload;
	return 1;
}

static int eventfd_release(void *side, uint32_t n)
{
	(void)side;
	(void)n;
	return 0;
}

static int eventfd_gather(void **sides, uint32_t n, void **out_set)
{
	struct eventfd_set *set = calloc(1, sizeof(*set));
	int err = 0;

	if (!set)
		return -ENOMEM;
	set->sides = (struct eventfd_side **)sides;
	set->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll < 0)
		err = -errno;
	for (uint32_t i = 0; i < n && !err; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

		if (epoll_ctl(set->epoll, EPOLL_CTL_ADD,
			      set->sides[i]->link->fd, &event))
			err = -errno;
	}
	if (err) {
		if (set->epoll >= 0)
			close(set->epoll);
		free(set);
		return err;
	}
	*out_set = set;
	return 0;
}

static int eventfd_any(void *raw, const void **payload, uint32_t *out_which)
{
	struct eventfd_set *set = raw;
	struct epoll_event event;
	int n;

	do
		n = epoll_wait(set->epoll, &event, 1, -1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*out_which = event.data.u32;
	set->sides[*out_which]->calls++;
	n = eventfd_receive(set->sides[*out_which], payload, 1);
	return n < 0 ? n : 0;
}

static void eventfd_scatter(void *raw)
{
	struct eventfd_set *set = raw;

	close(set->epoll);
	free(set);
}

static uint64_t eventfd_calls(void *raw)
{
	const struct eventfd_side *side = raw;

	return side->calls;
}

static void eventfd_close(void *raw)
{
	struct eventfd_link *link = raw;

	close(link->fd);
	munmap(link->sent, link->bytes);
	free(link);
}

const struct bench_channel bench_eventfd = {
	.name = "eventfd",
	.text = "a word and an eventfd for each stream, all in one epoll",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_CAN_PROCESSES |
	       BENCH_CAN_THREADS | BENCH_CAN_ZERO_COPY | BENCH_CAN_SELECT |
	       BENCH_CAN_SELECT_ONLY,
	.limit = true,
	.payload_max = MOST,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = eventfd_open,
	.join = eventfd_join,
	.take = eventfd_take,
	.send = eventfd_send,
	.receive = eventfd_receive,
	.release = eventfd_release,
	.gather = eventfd_gather,
	.any = eventfd_any,
	.scatter = eventfd_scatter,
	.calls = eventfd_calls,
	.leave = free,
	.close = eventfd_close,
};
