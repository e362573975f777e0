/* SPDX-License-Identifier: MIT */
/*
 * fault_runs.h - one attempt of a scene in a process of its own, and what
 * became of it.
 */
#ifndef DSI_TEST_FAULT_RUNS_H
#define DSI_TEST_FAULT_RUNS_H

#include <sys/types.h>

#include "tests/faults/fault_scenes.h"

/* What a process has, and must have no more of afterwards. */
struct fault_belongings {
	uint32_t descriptors;
	uint32_t regions; /* mappings of shared memory */
	uint32_t threads;
	uint32_t memory; /* pieces */
	uint32_t names;	 /* in the folder of names */
};

struct fault_outcome {
	int first;	/* what the attempt returned */
	uint32_t ended; /* the process came to its end */
	uint64_t took_ns;
	struct fault_belongings before;
	struct fault_belongings after;
	char failure[240]; /* "" = none */
};

/* Of this process.  The folder is that of DSI_RUNTIME_DIR. */
struct fault_belongings fault_count(void);

/* The peer of a scene, and its end: 0, or what it left or how it died. */
pid_t fault_begin_peer(const struct fault_scene *scene);
int fault_end_peer(void);

/*
 * Run @scene in a process of its own with what faults (fault_calls.h) says,
 * then once more without.  @limit is called in between arming and the attempt,
 * and undone by @lift; both may be NULL.  @kept: pieces of memory that a
 * process keeps for good.
 */
void fault_run(const struct fault_scene *scene, uint32_t kept,
	       void (*limit)(uint32_t), void (*lift)(void), uint32_t argument,
	       struct fault_outcome *out);

#endif /* DSI_TEST_FAULT_RUNS_H */
