/* SPDX-License-Identifier: MIT */
/*
 * numa_guest.h - what the parts of the guest's test program share.
 *
 *   numa_guest.c   the cases
 *   numa_ends.c    a producer and a consumer, processes of their own
 *   numa_see.c     where pages are: by `dsi topology`, and by the kernel
 *   numa_layout.c  cores and caches: by `dsi topology`, and by the kernel
 *   numa_suite.c   the conformance suite in a sandbox
 */
#ifndef DSI_NUMA_GUEST_H
#define DSI_NUMA_GUEST_H

#include <stdbool.h>
#include <stddef.h>
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
/* How often did the "producer" or the "consumer" that was started last say that
 * it could not place something?  Each time it must have said this. */
unsigned int guest_complaints(const char *what, const char *text);
/* Only in a process of its own: what a start asks for besides a program. */
void guest_confine(const struct guest_start *start);
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

/* A file's first line, "" if there is none. */
void guest_read_line(const char *path, char *text, size_t bytes);
/* The numbers of "0-1,3". */
uint64_t guest_parse_list(const char *text);
void guest_machine_read(struct guest_machine *machine);
/* Does `dsi topology` see the same machine? */
void guest_machine_compare(const struct guest_machine *machine);
/* Run `dsi topology ARGUMENTS`, as this user; its exit code.  What it says of
 * errors is kept in guest_errors. */
int guest_topology(const char *arguments, uint32_t uid);
extern char guest_errors[GUEST_TEXT_BYTES];
#define GUEST_OUTPUT "/tmp/topology.out" /* what it says else */
/* All pages of all regions are there, by `dsi topology` and by the kernel;
 * @misplaced: and that is, or is not, where they should be. */
void guest_see(pid_t producer, const struct guest_where *where, bool misplaced);

/* ---- numa_layout.c ------------------------------------------------------- */

/* Does `dsi topology --json`, which has run, see the cores and caches that the
 * kernel sees?  @wanted: "THREADS,L3", the CPUs of each core and of each cache
 * of level 3 (0: there is none). */
void guest_layout_compare(const char *wanted);

/* ---- numa_suite.c -------------------------------------------------------- */

/* The conformance suite of the port, run as @start says. */
void guest_suite(const struct guest_start *start);

#endif /* DSI_NUMA_GUEST_H */
