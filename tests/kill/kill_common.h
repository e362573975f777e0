/* SPDX-License-Identifier: MIT */
/*
 * kill_common.h - what the kill tests share: processes, a page both sides
 * see, packets that say what they are, random moments, and counts of what must
 * not grow.
 */
#ifndef DSI_TEST_KILL_COMMON_H
#define DSI_TEST_KILL_COMMON_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include <dsi/dsi.h>

/* Where we are, if a check fails; kill_common.c has one that says nothing. */
void kill_say_where(void);
#define MUST_SAY() kill_say_where()
#include "tests/unit/must.h"

/* Nobody waits longer, however slow the machine: longer is a hang.
 * DSI_KILL_PATIENCE_S: another number of seconds. */
#define KILL_PATIENCE_NS UINT64_C(30000000000)

#define KILL_BYTES 256u /* of data in a packet */

/* A page of the test's own, beside the stream. */
struct kill_page {
	_Atomic uint64_t begun;	    /* by a producer, before each commit */
	_Atomic uint64_t committed; /* and after it */
	_Atomic uint64_t got[4];    /* by consumers */
	_Atomic uint32_t running;   /* by whoever is to be killed */
	_Atomic uint32_t stop;	    /* to all */
};

/* The seed, and how many rounds: DSI_KILL_SEED, DSI_KILL_ROUNDS or 200. */
void kill_draw(uint64_t *out_random, uint32_t *out_rounds);
/* In the first process: a folder for names, and the page. */
struct kill_page *kill_begin(void);
/* Nothing is left behind: no name, nothing of ours in /dev/shm. */
void kill_end(void);
/* In a process made by kill_spawn(): the same page. */
struct kill_page *kill_attach(char **argv);

/* Run this program again, as @role, with a number for it. */
pid_t kill_spawn(const char *role, uint32_t number);
void kill_now(pid_t pid);
/* Wait for the end; its exit status, or minus the signal. */
int kill_await(pid_t pid);

void sleep_us(uint64_t us);
/* Between 0 and @us, more often short than long. */
void sleep_randomly(uint64_t *random, uint64_t us);
uint64_t kill_patience_ns(void);
uint64_t kill_deadline(void);

/* Let the packet say its number, at both ends of its data. */
void kill_fill(struct dsi_packet *pkt, uint64_t number);
/* Does it? */
int kill_filled(const struct dsi_packet *pkt, uint64_t number);
/* Take notice of a name whose owner is dead: then there is none any more. */
void kill_no_names(void);

/* Entries of a folder that are not hidden; descriptors and mapped regions of
 * this process. */
uint32_t count_entries(const char *path);
uint32_t count_descriptors(void);
uint32_t count_regions(void);
uint32_t count_names(void);
/* A monitor may still be at it. */
void await_no_growth(uint32_t fds, uint32_t regions);
/* Until it has reached @goal. */
void await_count(_Atomic uint64_t *count, uint64_t goal);

#endif /* DSI_TEST_KILL_COMMON_H */
