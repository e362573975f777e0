/* SPDX-License-Identifier: MIT */
/*
 * replay.h - one schedule against one ring: private to simulate/.
 *
 *   replay.c      picks the next event, lets the producer act, counts
 *   sim_reader.c  lets the consumer act
 */
#ifndef DSI_REPLAY_H
#define DSI_REPLAY_H

#include "simulate/ring_model.h"
#include "simulate/schedule.h"
#include "simulate/simulate.h"

/* Order of events at the same time. */
enum replay_ties {
	TIES_CLOSED,
	TIES_STRICT,
	TIES_JUST_AFTER, /* strict, the reader's start an instant later */
};

/* Something that is due, waiting in a line. */
struct due {
	dsi_wide at;
	uint64_t from; /* packets from..end-1 */
	uint64_t end;
};

struct due_line {
	struct due *item;
	size_t first, n, room; /* room: 0 or a power of two */
};

struct sim_writer {
	uint64_t batch; /* the next one */
	uint64_t batches;
	uint64_t packet;     /* the next one to find a slot for */
	dsi_wide get;	     /* when it wants to */
	dsi_wide commit;     /* when the batch was to be committed */
	dsi_wide shift;	     /* by how much it was held up */
	bool waits;	     /* for a slot */
	struct due_line out; /* batches being filled */
};

struct sim_reader {
	uint64_t portion; /* the next one */
	uint64_t portions;
	bool based; /* its grid has begun */
	dsi_wide base;
	bool planned;  /* the times of the portion are known */
	dsi_wide take; /* when it is due */
	dsi_wide hold; /* from its get to its release */
	bool known;    /* it will be got at `at` */
	dsi_wide at;
	bool starved; /* due, and no data yet */
	bool serving; /* SERVICE: one packet is being worked on */
	uint64_t commits;
	bool timed;	     /* SERVICE: `at` is the end of coalesce_wait */
	uint64_t used;	     /* packets that are done, in order, so far */
	uint64_t waiting;    /* packets committed and not got */
	dsi_wide released;   /* when it released last */
	struct due_line out; /* portions being used */
};

struct replay {
	struct schedule plan;
	struct ring_model ring;
	const struct dsi_sizing_reader *reader;
	enum replay_ties ties;
	dsi_wide start; /* O or d, in parts */
	uint64_t prefill;
	dsi_wide now;
	struct sim_writer w;
	struct sim_reader r;
	struct simulate_result *result;
	dsi_wide wait, get_min, get_max, release_max;
	bool no_memory;
	simulate_watch *watch;
	simulate_progress *progress;
	void *user;
	struct exact part; /* seconds of a part of a tick */
};

bool due_push(struct due_line *line, struct due due);
struct due due_pop(struct due_line *line);

/* Play it to its end. */
void replay_run(struct replay *sim);
void replay_free(struct replay *sim);
/* Count the packets that wait now. */
void replay_backlog(struct replay *sim);

/* Something changed: does the reader know now when it gets next? */
void sim_reader_look(struct replay *sim);
/* A packet was committed. */
void sim_reader_commit(struct replay *sim);
/* Its time has come. */
void sim_reader_get(struct replay *sim);
void sim_reader_release(struct replay *sim);
/* Is all the data of the next portion there? */
bool sim_reader_can_get(const struct replay *sim);

#endif /* DSI_REPLAY_H */
