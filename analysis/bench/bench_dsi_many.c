/* SPDX-License-Identifier: MIT */
/*
 * bench_dsi_many.c - one process that waits for many streams of libdsi.
 *
 * `dsi` by dsi_select(), which is asked about all of them each time; `dsi-epoll`
 * by their descriptors in one epoll, as in a program with an event loop: a get
 * that finds nothing arms the descriptor, and that comes after each packet.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "bench/bench_dsi.h"

/**
 * struct dsi_set - many sides.
 * @sources: of dsi_select(); NULL with epoll
 * @current: with epoll: the one that was read last and is not armed; @n if none
 */
struct dsi_set {
	struct dsi_side **sides;
	uint32_t n;
	struct dsi_event_source *sources;
	int epoll;
	uint32_t current;
};

static struct dsi_set *new_set(void **sides, uint32_t n)
{
	struct dsi_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->sides = (struct dsi_side **)sides;
	set->n = set->current = n;
	set->epoll = -1;
	return set;
}

/* ---- dsi_select() ---------------------------------------------------------- */

int bench_dsi_gather(void **sides, uint32_t n, void **out_set)
{
	struct dsi_set *set = new_set(sides, n);

	if (!set)
		return -ENOMEM;
	set->sources = calloc(n, sizeof(set->sources[0]));
	if (!set->sources) {
		free(set);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		set->sources[i].socket = set->sides[i]->sock;
		set->sources[i].mask = DSI_EVENT_DATA;
	}
	*out_set = set;
	return 0;
}

int bench_dsi_any(void *raw, const void **payload, uint32_t *out_which)
{
	struct dsi_set *set = raw;
	int32_t n = dsi_select(set->sources, set->n, DSI_FOREVER);
	uint32_t i = 0;

	if (n < 0)
		return n;
	while (i < set->n && !(set->sources[i].events & DSI_EVENT_DATA))
		i++;
	if (i == set->n)
		return -EPROTO;
	*out_which = i;
	n = bench_dsi_receive(set->sides[i], payload, 1);
	return n < 0 ? n : 0;
}

void bench_dsi_scatter(void *raw)
{
	struct dsi_set *set = raw;

	if (set->epoll >= 0)
		close(set->epoll);
	free(set->sources);
	free(set);
}

/* ---- epoll ------------------------------------------------------------------ */

/* A look that does not wait; 0 arms the descriptor. */
static int32_t look(struct dsi_side *side, const void **payload)
{
	side->deadline_ns = 0;
	return bench_dsi_receive(side, payload, 1);
}

static int add(struct dsi_set *set, uint32_t i)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
	const void *payload;
	int fd = dsi_socket_fd(set->sides[i]->sock);
	int32_t got;

	if (fd < 0)
		return fd;
	if (epoll_ctl(set->epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	got = look(set->sides[i], &payload);
	/* Nothing comes before all are armed. */
	return got > 0 ? -EBUSY : got;
}

int bench_dsi_gather_epoll(void **sides, uint32_t n, void **out_set)
{
	struct dsi_set *set = new_set(sides, n);
	int err = 0;

	if (!set)
		return -ENOMEM;
	set->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll < 0)
		err = -errno;
	for (uint32_t i = 0; i < n && !err; i++)
		err = add(set, i);
	if (err) {
		bench_dsi_scatter(set);
		return err;
	}
	*out_set = set;
	return 0;
}

int bench_dsi_any_epoll(void *raw, const void **payload, uint32_t *out_which)
{
	struct dsi_set *set = raw;

	for (;;) {
		struct epoll_event event;
		int32_t got = 0;

		if (set->current < set->n)
			got = look(set->sides[set->current], payload);
		*out_which = set->current;
		if (got != 0)
			return got < 0 ? got : 0;
		got = epoll_wait(set->epoll, &event, 1, -1);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			set->current = event.data.u32;
	}
}
