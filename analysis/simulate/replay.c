// SPDX-License-Identifier: MIT
/*
 * replay.c - the events of both sides in the order of time, and of the tie
 * rule where times are equal.
 */
#include <stdlib.h>

#include <dsi/types.h>

#include "simulate/replay.h"

#define FIRST_ROOM 16u
#define PROGRESS_PACKETS (UINT64_C(1) << 18)

enum event {
	EVENT_GET,     /* the producer wants slots */
	EVENT_COMMIT,  /* the producer hands over */
	EVENT_TAKE,    /* the consumer gets */
	EVENT_RELEASE, /* the consumer frees */
	EVENTS,
};

/* Closed: what helps comes first.  Strict: what hurts.  A reader that starts
 * an instant after a packet is due comes after its commit. */
static const unsigned int ranks[][EVENTS] = {
	[TIES_CLOSED] = {3, 0, 2, 1},
	[TIES_STRICT] = {0, 2, 1, 3},
	[TIES_JUST_AFTER] = {0, 1, 2, 3},
};
#define RANK_STARVED 4u /* closed: a get that must fail waits for the others */

bool due_push(struct due_line *line, struct due due)
{
	size_t room = line->room ? 2 * line->room : FIRST_ROOM;
	struct due *wider;
	size_t i;

	if (line->n == line->room) {
		wider = calloc(room, sizeof(*wider));
		if (!wider)
			return false;
		for (i = 0; i < line->n; i++)
			wider[i] = line->item[(line->first + i) &
					      (line->room - 1)];
		free(line->item);
		line->item = wider;
		line->first = 0;
		line->room = room;
	}
	line->item[(line->first + line->n++) & (line->room - 1)] = due;
	return true;
}

struct due due_pop(struct due_line *line)
{
	struct due due = line->item[line->first];

	line->first = (line->first + 1) & (line->room - 1);
	line->n--;
	return due;
}

static void watch(const struct replay *sim)
{
	if (sim->watch)
		sim->watch(sim->user,
			   exact_mul(exact_make(sim->now, 1), sim->part),
			   ring_model_occupied(&sim->ring));
}

/* The next batch, at its own time or when the one before had its slots. */
static void plan_batch(struct replay *sim)
{
	struct sim_writer *w = &sim->w;

	if (w->batch == w->batches)
		return;
	schedule_batch(&sim->plan, w->batch, &w->get, &w->commit);
}

static void occupy(struct replay *sim, uint64_t packet)
{
	struct simulate_result *result = sim->result;
	uint64_t occupied;

	ring_model_get(&sim->ring, packet);
	occupied = ring_model_occupied(&sim->ring);
	if (occupied > result->occupied) {
		result->occupied = occupied;
		result->at = packet;
	}
	watch(sim);
}

static void overwrite(struct replay *sim)
{
	sim->result->lost++;
	if (ring_model_overwrite(&sim->ring) == PACKET_COMMITTED)
		sim->r.waiting--;
}

/* One packet; false if the producer must wait. */
static bool find_slot(struct replay *sim, uint64_t packet)
{
	bool free_slot = ring_model_has_slot(&sim->ring);

	if (!free_slot && sim->reader->policy == DSI_POLICY_BLOCK) {
		sim->result->blocked += !sim->w.waits;
		sim->w.waits = true;
		return false;
	}
	if (sim->w.waits) {
		sim->wait = wide_max(sim->wait, sim->now - sim->w.get);
		sim->w.waits = false;
	}
	if (!free_slot && sim->reader->policy == DSI_POLICY_DROP_NEW) {
		sim->result->lost++;
		ring_model_lose(&sim->ring, packet);
		return true;
	}
	if (!free_slot)
		overwrite(sim);
	occupy(sim, packet);
	return true;
}

static void get_batch(struct replay *sim)
{
	struct sim_writer *w = &sim->w;
	uint64_t begin = w->batch * sim->plan.batch;
	uint64_t end = begin + sim->plan.batch;
	dsi_wide held_up;

	if (end > sim->plan.packets)
		end = sim->plan.packets;
	for (; w->packet < end; w->packet++) {
		if (!find_slot(sim, w->packet))
			return;
	}
	held_up = sim->now - w->get;
	if (!due_push(&w->out, (struct due){w->commit + held_up, begin, end}))
		sim->no_memory = true;
	w->batch++;
	if (sim->progress && begin / PROGRESS_PACKETS != end / PROGRESS_PACKETS)
		sim->progress(sim->user, end, sim->plan.packets);
	plan_batch(sim);
	w->get = wide_max(w->get, sim->now);
	sim_reader_look(sim);
}

static void commit_batch(struct replay *sim)
{
	struct due due = due_pop(&sim->w.out);
	uint64_t i;

	for (i = due.from; i < due.end; i++) {
		if (ring_model_state(&sim->ring, i) != PACKET_FILLED)
			continue;
		ring_model_commit(&sim->ring, i, sim->now);
		sim_reader_commit(sim);
	}
	sim_reader_look(sim);
}

void replay_backlog(struct replay *sim)
{
	if (sim->r.waiting > sim->result->backlog)
		sim->result->backlog = sim->r.waiting;
}

static void act(struct replay *sim, enum event event)
{
	switch (event) {
	case EVENT_GET:
		get_batch(sim);
		break;
	case EVENT_COMMIT:
		commit_batch(sim);
		if (sim->ties != TIES_CLOSED)
			replay_backlog(sim);
		break;
	case EVENT_TAKE:
		sim_reader_get(sim);
		break;
	case EVENT_RELEASE:
		sim_reader_release(sim);
		watch(sim);
		if (sim->w.waits)
			get_batch(sim);
		break;
	case EVENTS:
		break;
	}
}

static bool is_due(const struct replay *sim, enum event event, dsi_wide *at)
{
	switch (event) {
	case EVENT_GET:
		*at = sim->w.get;
		return !sim->w.waits && sim->w.batch < sim->w.batches;
	case EVENT_COMMIT:
		if (sim->w.out.n)
			*at = sim->w.out.item[sim->w.out.first].at;
		return sim->w.out.n > 0;
	case EVENT_TAKE:
		*at = sim->r.at;
		return sim->r.known;
	case EVENT_RELEASE:
		if (sim->r.out.n)
			*at = sim->r.out.item[sim->r.out.first].at;
		return sim->r.out.n > 0;
	case EVENTS:
		break;
	}
	return false;
}

static unsigned int rank_of(const struct replay *sim, enum event event)
{
	if (event == EVENT_TAKE && sim->ties == TIES_CLOSED &&
	    !sim_reader_can_get(sim))
		return RANK_STARVED;
	return ranks[sim->ties][event];
}

static enum event next_event(const struct replay *sim, dsi_wide *when)
{
	static const enum event all[] = {EVENT_GET, EVENT_COMMIT, EVENT_TAKE,
					 EVENT_RELEASE};
	enum event best = EVENTS;
	unsigned int i;

	for (i = 0; i < EVENTS; i++) {
		dsi_wide at = 0;

		if (!is_due(sim, all[i], &at))
			continue;
		if (best != EVENTS &&
		    (at > *when || (at == *when &&
				    rank_of(sim, all[i]) > rank_of(sim, best))))
			continue;
		best = all[i];
		*when = at;
	}
	return best;
}

void replay_run(struct replay *sim)
{
	struct sim_writer *w = &sim->w;

	w->batches =
		(sim->plan.packets + sim->plan.batch - 1) / sim->plan.batch;
	sim->r.portions = schedule_portions(&sim->plan);
	plan_batch(sim);
	sim->now = wide_min(w->get, 0);
	sim_reader_look(sim);
	for (;;) {
		dsi_wide when = 0;
		enum event event = next_event(sim, &when);

		/* Closed: who is got at once has not waited. */
		if (event == EVENTS || when > sim->now)
			replay_backlog(sim);
		if (event == EVENTS || sim->plan.over || sim->no_memory ||
		    sim->ring.no_memory)
			break;
		sim->now = when;
		act(sim, event);
	}
}

void replay_free(struct replay *sim)
{
	free(sim->w.out.item);
	free(sim->r.out.item);
	ring_model_free(&sim->ring);
}
