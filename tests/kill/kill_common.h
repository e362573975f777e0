/* SPDX-License-Identifier: MIT */
/*
 * kill_common.h - what the kill tests share: processes, a page both sides
 * see, random moments, and counts of what must not grow.
 */
#ifndef DSI_TEST_KILL_COMMON_H
#define DSI_TEST_KILL_COMMON_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

/* Nobody waits longer, however slow the machine: longer is a hang. */
#define KILL_PATIENCE_NS UINT64_C(30000000000)

/* A page of the test's own, beside the stream. */
struct kill_page {
	_Atomic uint64_t committed; /* by a producer, after each commit */
	_Atomic uint64_t got[4];    /* by consumer processes */
	_Atomic uint32_t running;   /* by a control application */
	_Atomic uint32_t stop;	    /* to all */
};

/* In the first process: a folder for names, the page, the seed.  How many
 * rounds: DSI_KILL_ROUNDS, or 200. */
struct kill_page *kill_begin(uint64_t *out_random, uint32_t *out_rounds);
/* Nothing is left behind: no name, nothing in /dev/shm. */
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
uint64_t kill_deadline(void);

/* Descriptors and mapped regions of this process. */
uint32_t count_descriptors(void);
uint32_t count_regions(void);
uint32_t count_names(void);

#endif /* DSI_TEST_KILL_COMMON_H */
