/* SPDX-License-Identifier: MIT */
/*
 * numa_guest.h - what the parts of the guest's test program share.
 *
 *   numa_guest.c   the cases
 *   numa_ends.c    a producer and a consumer, processes of their own
 *   numa_see.c     where pages are: by `dsi topology`, and by the kernel
 */
#ifndef DSI_NUMA_GUEST_H
#define DSI_NUMA_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GUEST_NODES 8u
#define GUEST_STREAM "pair"
#define GUEST_TEXT_BYTES 4096u

/* ---- the case that runs -------------------------------------------------- */

/* Something is not as it should be: said, and the case fails. */
void guest_wrong(const char *text, ...) __attribute__((format(printf, 1, 2)));
void guest_say(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* ---- numa_ends.c --------------------------------------------------------- */

/* A process that is an end of the stream, and the pipes to it. */
struct guest_end {
	pid_t pid;
	int in;	 /* close it: the end shall end */
	int out; /* what it says */
};

/* How an end is started. */
struct guest_start {
	int node;	    /* runs on the CPUs of it, -1: on all */
	uint32_t placement; /* DSI_PLACEMENT_* */
	uint32_t placement_of;
	uint32_t uid;	     /* 0: root */
	bool no_mbind;	     /* the kernel forbids it */
	const char *preload; /* a library, or NULL */
	const char *cgroup;  /* its folder, or NULL */
};

/* The program's other lives, by its first argument; -1: it is none. */
int guest_ends_main(int argc, char **argv);
/* The end is there and joined, or guest_wrong(). */
bool guest_produce(const struct guest_start *start, struct guest_end *end);
bool guest_consume(const struct guest_start *start, struct guest_end *end);
/* Have packets come through from now on? */
bool guest_flows(const struct guest_end *consumer);
/* Let both end; all that was sent must have come, in order and whole. */
void guest_finish(struct guest_end *producer, struct guest_end *consumer);
/* Let all threads of a process run on a node from now on. */
void guest_pin(pid_t pid, int node);

/* ---- numa_see.c ---------------------------------------------------------- */

/* A machine as /sys has it. */
struct guest_machine {
	uint32_t nodes;
	char cpus[GUEST_NODES][64];
	uint64_t cpu_mask[GUEST_NODES];
	int distance[GUEST_NODES][GUEST_NODES];
};

/* Where the four kinds of regions should be; -1: not looked at. */
struct guest_where {
	int control;
	int data;
	int signal;
	int page;
};

void guest_machine_read(struct guest_machine *machine);
/* Does `dsi topology` see the same machine? */
void guest_machine_compare(const struct guest_machine *machine);
/* Run `dsi topology ARGUMENTS`, as this user; its exit code.  What it says of
 * errors is kept in guest_errors. */
int guest_topology(const char *arguments, uint32_t uid);
extern char guest_errors[GUEST_TEXT_BYTES];
/* All pages of all regions are there, by `dsi topology` and by the kernel;
 * @misplaced: and that is, or is not, where they should be. */
void guest_see(pid_t producer, const struct guest_where *where, bool misplaced);

#endif /* DSI_NUMA_GUEST_H */
