// SPDX-License-Identifier: MIT
/*
 * sim_reader.c - what a consumer does in a replay, by its pace.
 */
#include <dsi/types.h>

#include "simulate/replay.h"

bool sim_reader_can_get(const struct replay *sim)
{
	uint64_t i = schedule_first_packet(&sim->plan, sim->r.portion);
	uint64_t end = schedule_end_packet(&sim->plan, sim->r.portion);

	for (; i < end; i++) {
		enum packet_state state = ring_model_state(&sim->ring, i);

		if (state == PACKET_UNKNOWN || state == PACKET_FILLED)
			return false;
	}
	return true;
}

static void will_get(struct sim_reader *r, dsi_wide at)
{
	r->known = true;
	r->at = at;
}

static void plan_portion(struct replay *sim)
{
	struct sim_reader *r = &sim->r;
	dsi_wide end;

	if (r->planned)
		return;
	schedule_portion(&sim->plan, r->base, r->portion, &r->take, &end);
	r->hold = end - r->take;
	r->planned = true;
}

static void look_on_grid(struct replay *sim)
{
	struct sim_reader *r = &sim->r;

	plan_portion(sim);
	if (!r->starved)
		will_get(r, wide_max(r->take, sim->now));
	else if (sim_reader_can_get(sim))
		will_get(r, sim->now);
}

static void look_anchored(struct replay *sim)
{
	struct sim_reader *r = &sim->r;

	if (!r->based && r->commits >= sim->prefill) {
		/* What it begins with was there before its first get. */
		replay_backlog(sim);
		r->based = true;
		r->base = sim->now + sim->start +
			  schedule_delay(&sim->plan, sim->plan.wake);
	}
	if (r->based)
		look_on_grid(sim);
}

static void look_stalling(struct replay *sim)
{
	struct sim_reader *r = &sim->r;
	dsi_wide at;

	plan_portion(sim);
	if (!sim_reader_can_get(sim))
		return;
	at = r->take;
	if (ring_model_state(&sim->ring, r->portion) == PACKET_COMMITTED)
		at = wide_max(
			at, ring_model_committed(&sim->ring, r->portion) +
				    schedule_delay(&sim->plan, sim->plan.wake));
	will_get(r, wide_max(at, sim->now));
}

/* Packets that were lost are not waited for. */
static void skip_lost(struct replay *sim)
{
	struct sim_reader *r = &sim->r;

	while (r->portion < r->portions &&
	       ring_model_state(&sim->ring, r->portion) == PACKET_LOST) {
		ring_model_release(&sim->ring, r->portion);
		r->portion++;
		r->used = r->portion;
	}
}

/* Back within R after the commit, also if the packet before took long. */
static void look_responding(struct replay *sim)
{
	struct sim_reader *r = &sim->r;
	dsi_wide committed;
	dsi_wide total;

	skip_lost(sim);
	if (r->portion == r->portions || !sim_reader_can_get(sim))
		return;
	committed = ring_model_committed(&sim->ring, r->portion);
	total = schedule_delay(&sim->plan, sim->plan.response);
	will_get(r, wide_max(sim->now,
			     committed + schedule_delay(&sim->plan, total)));
	r->hold = wide_max(committed + total - r->at, 0);
}

void sim_reader_look(struct replay *sim)
{
	struct sim_reader *r = &sim->r;

	if (r->known || r->portion == r->portions)
		return;
	switch (sim->reader->pace) {
	case DSI_PACE_GRID:
		look_on_grid(sim);
		break;
	case DSI_PACE_ANCHORED:
		look_anchored(sim);
		break;
	case DSI_PACE_STALL:
		look_stalling(sim);
		break;
	case DSI_PACE_RESPONSE:
		look_responding(sim);
		break;
	default: /* SERVICE is woken by commits and releases */
		skip_lost(sim);
		break;
	}
}

/* An idle consumer of pace SERVICE hears of a commit. */
static void hear(struct replay *sim)
{
	const struct dsi_sizing_reader *reader = sim->reader;
	struct sim_reader *r = &sim->r;
	uint64_t every = reader->coalesce ? reader->coalesce : 1;
	dsi_wide wake;

	if (r->serving || (r->known && !r->timed))
		return;
	if (r->commits % every == 0) {
		wake = sim->now + schedule_delay(&sim->plan, sim->plan.wake);
		if (!r->known || wake < r->at)
			will_get(r, wake);
		r->timed = false;
	} else if (reader->coalesce_wait && !r->known) {
		wake = sim->now +
		       (dsi_wide)reader->coalesce_wait * sim->plan.scale;
		will_get(r, wake + schedule_delay(&sim->plan, sim->plan.wake));
		r->timed = true;
	}
}

void sim_reader_commit(struct replay *sim)
{
	sim->r.commits++;
	sim->r.waiting++;
	if (sim->reader->pace == DSI_PACE_SERVICE) {
		skip_lost(sim);
		hear(sim);
	}
}

static void get_packet(struct replay *sim, uint64_t packet)
{
	struct sim_reader *r = &sim->r;
	struct simulate_result *result = sim->result;
	dsi_wide committed;

	if (ring_model_state(&sim->ring, packet) != PACKET_COMMITTED)
		return;
	committed = ring_model_committed(&sim->ring, packet);
	ring_model_take(&sim->ring, packet);
	r->waiting--;
	sim->get_max = wide_max(sim->get_max, sim->now - committed);
	sim->get_min = wide_min(sim->get_min,
				(r->starved ? r->take : sim->now) - committed);
	result->got++;
}

/* The packets that are done with this portion. */
static struct due use_up(struct replay *sim, dsi_wide at)
{
	struct sim_reader *r = &sim->r;
	struct due due = {at, r->used, 0};

	if (schedule_reorders(&sim->plan)) {
		due.from = schedule_first_packet(&sim->plan, r->portion);
		due.end = due.from + 1;
	} else {
		due.end = schedule_used_packets(&sim->plan, r->portion);
		r->used = due.end;
	}
	return due;
}

void sim_reader_get(struct replay *sim)
{
	struct sim_reader *r = &sim->r;
	uint64_t i = schedule_first_packet(&sim->plan, r->portion);
	uint64_t end = schedule_end_packet(&sim->plan, r->portion);

	r->known = false;
	r->timed = false;
	if (!sim_reader_can_get(sim)) {
		sim->result->underruns += !r->starved;
		r->starved = true;
		return;
	}
	for (; i < end; i++)
		get_packet(sim, i);
	if (sim->reader->pace == DSI_PACE_SERVICE) {
		r->hold = schedule_delay(&sim->plan, sim->plan.service);
		r->serving = true;
	}
	r->released = wide_max(r->released, sim->now + r->hold);
	if (!due_push(&r->out, use_up(sim, r->released)))
		sim->no_memory = true;
	r->portion++;
	r->planned = false;
	r->starved = false;
	sim_reader_look(sim);
}

void sim_reader_release(struct replay *sim)
{
	struct sim_reader *r = &sim->r;
	struct due due = due_pop(&r->out);
	uint64_t i;

	for (i = due.from; i < due.end; i++) {
		dsi_wide committed = ring_model_committed(&sim->ring, i);

		if (ring_model_release(&sim->ring, i))
			sim->release_max = wide_max(sim->release_max,
						    sim->now - committed);
	}
	if (sim->reader->pace != DSI_PACE_SERVICE)
		return;
	r->serving = false;
	skip_lost(sim);
	if (r->waiting && r->portion < r->portions)
		will_get(r, sim->now);
}
