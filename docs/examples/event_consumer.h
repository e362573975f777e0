/* SPDX-License-Identifier: MIT */
/*
 * event_consumer.h - a consumer that never waits: its event loop does.
 *
 *   loop_glib.c, loop_libuv.c, loop_epoll.c   the same program in three loops
 *
 * All calls are made on the loop's thread.
 */
#ifndef EVENT_CONSUMER_H
#define EVENT_CONSUMER_H

#include <stdint.h>

struct dsi_socket;

struct event_consumer {
	struct dsi_socket *sock;
	int fd; /* the loop waits until it is readable */
	uint64_t packets;
	uint64_t bytes;
};

/* What event_consumer_take() answers, if no negative code. */
#define TAKE_WAIT 0 /* call again when the descriptor is readable */
#define TAKE_MORE \
	1	   /* call again soon: the others in the loop have their turn */
#define TAKE_END 2 /* that was the end of the stream */

/**
 * event_consumer_open - join a stream, waiting at most a second for it.
 *
 * Call event_consumer_take() before waiting for the descriptor.
 *
 * Return: 0 or a negative code; a sentence about it was printed.
 */
int event_consumer_open(struct event_consumer *c, const char *name);

/* Use the packets that are there. */
int event_consumer_take(struct event_consumer *c);

/**
 * event_consumer_close - give back what is held, leave the stream.
 * @result: last answer of event_consumer_take(); TAKE_WAIT if the user stopped
 *
 * Return: exit status.
 */
int event_consumer_close(struct event_consumer *c, int result);

#endif /* EVENT_CONSUMER_H */
