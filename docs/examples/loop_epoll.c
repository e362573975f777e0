/* SPDX-License-Identifier: MIT */
/* loop_epoll.c - loop_epoll STREAM: a consumer beside a timer and signals. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "event_consumer.h"

struct loop {
	int epoll_fd, signal_fd, timer_fd;
	int over;
	int result; /* see event_consumer_close() */
	struct event_consumer consumer;
};

static int watch(const struct loop *loop, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? -1
		      : epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_loop(struct loop *loop)
{
	const struct itimerspec second = {.it_interval.tv_sec = 1,
					  .it_value.tv_sec = 1};
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (loop->epoll_fd < 0 || watch(loop, loop->signal_fd) < 0 ||
	    watch(loop, loop->timer_fd) < 0 ||
	    watch(loop, loop->consumer.fd) < 0 ||
	    timerfd_settime(loop->timer_fd, 0, &second, NULL) < 0)
		return -1;
	return sigprocmask(SIG_BLOCK, &stop, NULL);
}

static void on_timer(struct loop *loop)
{
	uint64_t times;

	if (read(loop->timer_fd, &times, sizeof(times)) > 0)
		fprintf(stderr, "%" PRIu64 " packets so far\n",
			loop->consumer.packets);
}

static void on_packets(struct loop *loop)
{
	loop->result = event_consumer_take(&loop->consumer);
	if (loop->result < 0 || loop->result == TAKE_END)
		loop->over = 1;
}

/* @wait_ms: 0 while there are packets that were not taken yet. */
static int turn(struct loop *loop, int wait_ms)
{
	struct epoll_event events[3];
	int i, n = epoll_wait(loop->epoll_fd, events, 3, wait_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	for (i = 0; i < n && !loop->over; i++) {
		if (events[i].data.fd == loop->signal_fd)
			loop->over = 1;
		else if (events[i].data.fd == loop->timer_fd)
			on_timer(loop);
	}
	if (!loop->over)
		on_packets(loop);
	return 0;
}

int main(int argc, char **argv)
{
	static struct loop loop = {.result = TAKE_MORE};
	int err = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: loop_epoll STREAM\n");
		return 2;
	}
	if (event_consumer_open(&loop.consumer, argv[1]) < 0) {
		dsi_socket_destroy(loop.consumer.sock);
		return 1;
	}
	if (open_loop(&loop) < 0)
		err = -1;
	while (!err && !loop.over)
		err = turn(&loop, loop.result == TAKE_MORE ? 0 : -1);
	if (err)
		perror("loop_epoll");
	err |= event_consumer_close(&loop.consumer, loop.result);
	return err ? 1 : 0;
}
