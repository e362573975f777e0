/* SPDX-License-Identifier: MIT */
/*
 * simulate.h - a description replayed, event by event, against a ring.
 *
 * The ring is modelled as it is: slots that are free or held, a producer that
 * gets and commits, a consumer that gets and releases.  What happens is
 * counted, not calculated; dsi_size_*() is only asked for the ring to try and
 * for the start offset.
 *
 *   schedule.c   when each side acts: worst case, or at random
 *   replay.c     who acts next, and by which tie rule
 *   sim_reader.c what a consumer does, by its pace
 *   ring_model.c the slots
 *
 * Every reader is replayed alone, as if the others were never the last to
 * release: the slots of a ring that many read are the largest of what each
 * needs.
 */
#ifndef DSI_SIMULATE_H
#define DSI_SIMULATE_H

#include <stdio.h>

#include <dsi/sizing.h>

#include "exact/exact.h"

#define SIMULATE_WHY_BYTES 512u
#define SIMULATE_MOST_SCHEDULES 4u
#define SIMULATE_MOST_SLOTS (UINT64_C(1) << 24)

/* Now and then in a long replay: @packet of @packets. */
typedef void simulate_progress(void *user, uint64_t packet, uint64_t packets);

/* A number of slots that changed; @at in seconds. */
typedef void simulate_watch(void *user, struct exact at, uint64_t occupied);

/**
 * struct simulate_options - what is tried.
 * @slots:   slots of the ring; 0 = as many as are needed
 * @random:  legal traces at random instead of the worst ones
 * @seed:    of the random ones
 * @packets: packets that an endless stream is replayed for; 0 = as many as it
 *           takes to reach the bound (at random: 10000)
 * @watch:   is told every change of one schedule, may be NULL
 * @watched: number of that schedule
 * @progress: is told how far a long replay is, may be NULL
 */
struct simulate_options {
	uint64_t slots;
	bool random;
	uint64_t seed;
	uint64_t packets;
	simulate_watch *watch;
	void *user;
	uint32_t watched;
	simulate_progress *progress;
};

/**
 * struct simulate_result - what happened in one schedule.
 * @schedule:  its name, and what it does
 * @slots:     slots that there were
 * @packets:   packets that the producer had
 * @occupied:  most slots in use at once, from the oldest to the newest
 * @at:        packet for which that was
 * @backlog:   most packets committed and not yet got
 * @lost:      packets that found no slot, or were overwritten
 * @blocked:   packets that had to wait for a slot
 * @wait:      the longest of these waits, seconds
 * @underruns: gets of the reader that came before the data
 * @got:       packets that were got; the three latencies are valid if not 0
 * @get_min:   commit to get, shortest (negative: get before commit), seconds
 * @get_max:   longest
 * @release_max: commit to release, longest
 */
struct simulate_result {
	const char *schedule;
	const char *what;
	uint64_t slots;
	uint64_t packets;
	uint64_t occupied;
	uint64_t at;
	uint64_t backlog;
	uint64_t lost;
	uint64_t blocked;
	struct exact wait;
	uint64_t underruns;
	uint64_t got;
	struct exact get_min;
	struct exact get_max;
	struct exact release_max;
};

/**
 * simulate_reader - try one reader.
 * @writer:    the producer
 * @reader:    the consumer
 * @need:      what dsi_size_reader() says of the two
 * @tick:      seconds of a tick
 * @options:   what to try
 * @out:       a result for each schedule
 * @n_out:     their number
 * @why:       the reason of a failure
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW, -DSI_ENOMEM.
 */
int simulate_reader(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    const struct dsi_sizing_need *need, struct exact tick,
		    const struct simulate_options *options,
		    struct simulate_result out[SIMULATE_MOST_SCHEDULES],
		    uint32_t *n_out, char why[SIMULATE_WHY_BYTES]);

#endif /* DSI_SIMULATE_H */
