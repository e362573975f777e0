/* SPDX-License-Identifier: MIT */
/*
 * exchange_guest.h - for tests of the exchange: this program is one client, and
 * second tasks of it are others, each with a session of its own.  All of them
 * have the same data, and their gate to the exchange in the same slot.
 */
#ifndef EXCHANGE_GUEST_H
#define EXCHANGE_GUEST_H

#include <dsi/errno.h>
#include <mklib/exchange.h>
#include <mklib/monitor.h>

#include "tap.h"

#define GATE 20ul
#define X GATE, MK_FOREVER
#define SCRATCH 21ul
#define GUEST_MEMORY 0x30000000ul /* windows for pages, also ours */
#define MAILBOX 0x2f000000ul

/* Static, so that the guest has it too. */
struct guest {
	struct job job;
	uint64_t task, session;
	/* For the body. */
	uint64_t argument, result;
};

/* This program says hello, once. */
void host_begin(void);
/* A client that has not said hello yet. */
void guest_make(struct guest *g);
/* Let it do this, and wait until it is done. */
void guest_run(struct guest *g, void (*body)(struct guest *g));
/* Let it begin, do not wait. */
void guest_start(struct guest *g, void (*body)(struct guest *g));
/* Its task dies as it stands. */
void guest_kill(struct guest *g);
/* hello and mailboxes, for a body. */
void guest_hello(struct guest *g);

/* Send and receive one word and at most one handle; ~0: none. */
int send_word(uint64_t conn, uint64_t word, uint64_t handle);
int recv_word(uint64_t conn, uint64_t *out_word, uint64_t *out_handle);
/* Open and map a region of one or more pages, a power of two. */
int map_at(uint64_t handle, uint64_t bytes, uint64_t access, uint64_t at,
	   uint64_t *out_mapping);
/* Until the exchange says this: it learns of a death on another CPU later. */
bool comes(int (*call)(void), int wanted);

#endif
