/* SPDX-License-Identifier: MIT */
/*
 * kill_walk.h - lead a thread of another process to a certain instruction, and
 * kill or stop its process there.
 *
 * The victim shows with kill_mark() where the window begins in which it is to
 * end, and where that ends.  In between it goes as far as a point says: from
 * one system call to the next (halts before and after each), then instruction
 * by instruction.
 */
#ifndef DSI_TEST_KILL_WALK_H
#define DSI_TEST_KILL_WALK_H

#include "tests/kill/kill_common.h"

struct kill_point {
	uint32_t calls;	 /* halts at system calls */
	uint32_t steps;	 /* then so many instructions */
	uint32_t asleep; /* or: when it sleeps on a futex */
};

struct kill_walk {
	pid_t pid;
	pid_t tid; /* which of its threads goes step by step */
	/* Ends its sleep.  NULL: it does not sleep in the window. */
	void (*rouse)(void);
	/* The thread has done its part.  NULL: the window ends at a mark. */
	int (*over)(void);
	/* How far it went: at the end of the window that is less than what was
	 * asked for. */
	struct kill_point at;
	uint32_t halted; /* else it sleeps */
};

/* ---- the victim ---------------------------------------------------------- */

/* From now on it halts at each mark, and ends with the process that made it. */
void kill_obey(void);
void kill_mark(void);

/* ---- who kills it -------------------------------------------------------- */

/* Not where debuggers are forbidden. */
int kill_walk_possible(void);
/* Begin: the victim is at its first mark. */
void kill_walk_begin(struct kill_walk *walk, pid_t pid);
/* Lead its other thread instead, which is the library's own. */
void kill_walk_other_thread(struct kill_walk *walk);
/* 1 at that point, 0 if the window ended before. */
int kill_walk_to(struct kill_walk *walk, const struct kill_point *point);

void kill_walk_kill(const struct kill_walk *walk);
/* Stop the process as it is, and lead it no more. */
void kill_walk_stop(struct kill_walk *walk);
void kill_walk_continue(const struct kill_walk *walk);

/* Does a thread sleep, on a futex or waiting for descriptors? */
int kill_asleep(pid_t pid, pid_t tid);
/* Descriptors of another process. */
uint32_t kill_count_descriptors(pid_t pid);

#endif /* DSI_TEST_KILL_WALK_H */
