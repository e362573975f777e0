/* SPDX-License-Identifier: MIT */
/*
 * kill_readers.h - consumers, each on a thread of its own, that survive their
 * producer: they sleep without a deadline and look at all they get.
 */
#ifndef DSI_TEST_KILL_READERS_H
#define DSI_TEST_KILL_READERS_H

#include <pthread.h>

#include "tests/kill/kill_steps.h"

struct kill_reader {
	struct dsi_socket *sock;
	pthread_t thread;
	uint32_t policy;
	uint32_t bell; /* it waits for its descriptor */
	_Atomic uint64_t *got;
	_Atomic uint64_t allowed; /* packets that it may get */
	_Atomic int32_t tid;
	_Atomic uint32_t ended; /* it was told -DSI_EPIPE */
	uint64_t first;		/* number of its first packet */
};

/* Connect to KILL_NAME, start, read.  What it got is counted at @got. */
void kill_reader_begin(struct kill_reader *reader, uint32_t policy,
		       uint32_t bell, uint64_t allowed, _Atomic uint64_t *got);
/* It has nothing to do: it sleeps. */
void kill_reader_await_asleep(struct kill_reader *reader);
/* Until it was told that its producer has gone, in which way never mind. */
void kill_reader_await_end(struct kill_reader *reader);

/* Like dsi_socket_connect(), and try again where nobody had time to answer. */
void kill_connect(struct dsi_socket *sock);
struct dsi_socket *kill_make_consumer(uint32_t policy);

#endif /* DSI_TEST_KILL_READERS_H */
