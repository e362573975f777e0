/* SPDX-License-Identifier: MIT */
/*
 * explorer.h - try every behaviour of a small concurrent program.
 *
 * A test that runs threads sees the few orders that a machine happens to
 * produce, and none of those that only another machine would.  The explorer
 * runs the same compiled C code, but decides itself which thread goes next
 * and which of the values that C11 permits a load returns, and comes back to
 * try the others, until there are none.
 *
 * How it gets hold of the code: the code is compiled with -fsanitize=thread,
 * which turns every atomic operation, fence and plain access into a call; the
 * calls arrive here (calls.c) instead of in the sanitizer's library.
 *
 *   calls.c    what the compiler calls
 *   memory.c   which values may a load return; is an access a data race?
 *   kernel.c   sleep, wake, bell, death: what a thread can wait for
 *   threads.c  stacks, and the step from one to another
 *   search.c   which orders are tried, and which need not be
 *   report.c   what happened, in words; schedules in files
 *
 * The memory model is that of C11 as repaired by Lahav et al., "Repairing
 * Sequential Consistency in C/C++11" (RC11, PLDI 2017), in the operational
 * form of views (Kang et al., "A Promising Semantics for Relaxed-Memory
 * Concurrency", POPL 2017, without promises): each atomic word has its
 * history of stores, each thread a view, how far into each history it is
 * known to have come; a load may return any store that is not older than the
 * view.  Not modelled: a load that is satisfied by a store which follows it
 * in its own thread's program order ("load buffering", RC11 forbids it as
 * well).  Sequentially consistent accesses count as acquire and release, and
 * wake() orders nothing for the waker; both permit more than C11 does, so
 * what is found correct here is correct there.
 *
 * litmus.c tests the explorer itself with programs whose outcomes are known.
 */
#ifndef MODEL_EXPLORER_H
#define MODEL_EXPLORER_H

#include <stddef.h>
#include <stdint.h>

/* ---- setting up, before any thread runs ---------------------------------- */

/* All memory that threads write must come from here, but their stacks:
 * zeroed, aligned to 64 bytes. */
void *mc_alloc(size_t bytes);
/* Threads are numbered in the order of these calls. */
void mc_thread(const char *name, void (*run)(void *), void *arg);
/* What reports call the word at @address. */
void mc_name(const volatile void *address, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- from threads ---------------------------------------------------------- */

/* A requirement of the scenario. */
void mc_check(int holds, const char *what);

struct mc_word {
	const volatile void *word; /* 32 bits */
	uint32_t expected;
};
/* Sleep while all words have their expected values; 1 if it timed out, which
 * it may do at any time if @may_time_out.  A full fence. */
int mc_wait(const struct mc_word *words, uint32_t n, int may_time_out);
/* Wake one sleeper of @word. */
void mc_wake(const volatile void *word);
/* A bell stays rung until it is silenced. */
void mc_bell_ring(uint32_t bell);
void mc_bell_silence(uint32_t bell);
void mc_bell_wait(uint32_t bell);
/* In a polling loop: sleep until one of the words read since the last
 * mc_poll() has a newer value. */
void mc_poll(void);
/* Sleep until a thread was killed; then know all that it did. */
void mc_await_death(void);
/* From now on @thread must not touch this memory. */
void mc_unmap(const volatile void *memory, size_t bytes, uint32_t thread);

/* ---- running ------------------------------------------------------------------ */

struct mc_scenario {
	const char *name;
	void (*set_up)(void);
	void (*end)(void); /* after each execution, may call mc_check() */
	uint32_t victim;   /* kill this thread before each of its steps... */
	uint32_t kill;	   /* ... if 1 */
	uint32_t spurious; /* waits that end for no reason, at most */
	uint32_t timeouts; /* waits that time out, at most */
};

/* How to search.  Zero is the default for all. */
struct mc_options {
	uint32_t plain_search; /* 1: neither sleep sets nor early stores */
	uint32_t no_memory;    /* 1: do not recognise states seen before */
	uint32_t bounded;      /* 1: at most @preemptions */
	uint32_t preemptions;
	double seconds;	    /* give up after; 0 = 600 */
	const char *save;   /* write a failing schedule to this file */
	const char *replay; /* run the schedule of this file only */
	uint32_t quiet;
};

enum mc_verdict {
	MC_HOLDS,
	MC_FAILS,
	MC_UNFINISHED, /* out of time */
	MC_BROKEN      /* the explorer cannot handle this program */
};

struct mc_result {
	enum mc_verdict verdict;
	uint64_t executions; /* ends of a run, complete or cut */
	uint64_t states;     /* different ones */
	uint64_t steps;
	double seconds;
	char why[160];
};

void mc_explore(const struct mc_scenario *scenario,
		const struct mc_options *options, struct mc_result *out);

#endif /* MODEL_EXPLORER_H */
