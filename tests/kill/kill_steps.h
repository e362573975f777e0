/* SPDX-License-Identifier: MIT */
/*
 * kill_steps.h - the steps at which a process is killed and stopped: what the
 * victim does, and what those who survive it must find.
 *
 * A round: before() - the victim is started, prepares itself - meet() - it is
 * at the mark - ready() - it is led to a point inside the window, and then
 *   killed   killed()
 *   stopped  stopped() - it goes on - continued() - it ends by itself - ended()
 * and settle() in both cases: nothing is left of it.
 */
#ifndef DSI_TEST_KILL_STEPS_H
#define DSI_TEST_KILL_STEPS_H

#include "tests/kill/kill_walk.h"

#define KILL_NAME "kill"
#define KILL_PACKETS 8u

/* The victim was told that it was left behind, and ended. */
#define KILL_TOLD 3

/* What is special about a step. */
#define KILL_SLEEPS 0x001u  /* the victim sleeps in it, and is woken */
#define KILL_WAKES 0x002u   /* a survivor sleeps, and the victim wakes it */
#define KILL_GATED 0x004u   /* the consumers do not get until later */
#define KILL_MONITOR 0x008u /* the library's own thread is the victim's */
#define KILL_JOINS 0x010u   /* joins in it, or somebody joins it */
#define KILL_LEAVES 0x020u  /* leaves in it, or somebody leaves it */
#define KILL_BELL 0x040u    /* whoever sleeps, sleeps on a descriptor */
#define KILL_THIRD 0x080u   /* a third consumer is there, to leave or to join */

struct kill_step;

/* In the process of the victim. */
struct kill_victim {
	struct dsi_socket *sock;
	struct dsi_stream *stream;
	struct dsi_watch *watch;
	uint64_t number; /* producer: of the next packet; consumer: likewise */
	struct dsi_packet *held[KILL_PACKETS];
	uint32_t n_held;
	uint32_t begun; /* its first packet was got */
	const struct kill_step *step;
};

struct kill_scene {
	/* The victim's whole life. */
	int (*live)(struct kill_victim *victim);
	/* Once, before the first round and after the last. */
	void (*begin)(const struct kill_step *step);
	void (*end)(const struct kill_step *step);
	/* See above; NULL: nothing. */
	void (*before)(const struct kill_step *step);
	void (*meet)(const struct kill_step *step, pid_t victim);
	void (*ready)(const struct kill_step *step, pid_t victim);
	void (*rouse)(void);
	int (*over)(void);
	void (*killed)(const struct kill_step *step);
	void (*stopped)(const struct kill_step *step, pid_t victim);
	void (*continued)(const struct kill_step *step);
	void (*ended)(const struct kill_step *step, int told);
	void (*settle)(const struct kill_step *step);
};

struct kill_step {
	const char *name;
	const struct kill_scene *scene;
	void (*prepare)(struct kill_victim *victim); /* or NULL */
	void (*window)(struct kill_victim *victim);
	uint32_t flags;
	uint32_t
		policy; /* consumer: its own; producer: of its consumers' second */
	uint32_t feed; /* packets that there are before it */
};

/* Of all, in the process of the survivors and in that of the victim. */
extern struct kill_page *kill_page;

/* Tables of steps, each ending with one without name. */
extern const struct kill_step kill_steps_producer[];
extern const struct kill_step kill_steps_name[];
extern const struct kill_step kill_steps_consumer[];
extern const struct kill_step kill_steps_control[];
extern const struct kill_step kill_steps_component[];
extern const struct kill_step kill_steps_watch[];

/* A victim obeys, prepares, and goes through its window from mark to mark. */
void kill_go_through(struct kill_victim *victim);

/* A producer with packets of KILL_BYTES that hands out none before @consumers
 * have joined. */
struct dsi_socket *kill_make_producer(uint32_t consumers);
void kill_producer_options(struct dsi_stream_desc *desc,
			   struct dsi_producer_options *options,
			   uint32_t consumers);
/* The consumers of this process have begun to sleep: wait for that. */
void kill_await_asleep(_Atomic int32_t *tid);

#endif /* DSI_TEST_KILL_STEPS_H */
