/* SPDX-License-Identifier: MIT */
/*
 * kill_host.h - a producer that survives its consumers and those who watch it,
 * with one consumer in the same process that gets everything.
 */
#ifndef DSI_TEST_KILL_HOST_H
#define DSI_TEST_KILL_HOST_H

#include "tests/kill/kill_steps.h"

extern struct dsi_socket *kill_host; /* the producer */
/* Packets it has committed. */
extern uint64_t kill_host_number;

void kill_host_begin(void);
void kill_host_end(void);

/* Commit @n packets with so much patience; the surviving consumer gets each at
 * once.  Return how many it were before there was none to be had. */
uint32_t kill_host_feed(uint32_t n, uint64_t patience_ns);
/* Let it notice that @consumers are there beside the surviving one. */
void kill_host_await_consumers(uint32_t consumers);
/* All packets can be had: nobody has kept one. */
void kill_host_all_back(void);
/* Descriptors and mapped regions are what they were at the beginning. */
void kill_host_no_growth(void);

/* On a thread: get a packet without deadline.  1 if it sleeps, 0 if it got one
 * after all. */
int kill_host_sleep(void);
/* It got one. */
void kill_host_await_awake(void);

#endif /* DSI_TEST_KILL_HOST_H */
