/* SPDX-License-Identifier: MIT */
/*
 * bench_select.c - what does it cost to wait for many streams?
 *
 * Side 0 has a stream of its own for each message of a turn, side 1 waits for all
 * streams at once and answers over one more.  There is one message at a time, so
 * each wait ends because of one stream: the time there and back is that of a round
 * trip, and what the others cost.
 */
#include <stdlib.h>

#include <dsi/errno.h>

#include "bench/bench_run.h"

/* The streams that carry messages are spread over all. */
static uint32_t stream_of(const struct bench_case *what, uint64_t number)
{
	uint32_t step = what->streams / what->active;

	return (uint32_t)(number % what->active) * step + step / 2;
}

/* Both ends join in the same order, so that nobody waits for one that waits
 * itself. */
void bench_select_join(struct bench_run *r)
{
	bool first = r->me->number == 0;
	struct bench_end *end = first ? &r->out : &r->in;
	int err;

	r->many = calloc(r->what->streams, sizeof(r->many[0]));
	if (!r->many)
		bench_run_fail(r, "no memory for %u streams", r->what->streams);
	for (uint32_t i = 0; i < r->what->streams; i++) {
		bench_run_join(r, end, 1 + i, first ? 0 : 1);
		r->many[i] = end->side;
		r->n_many = i + 1;
	}
	bench_run_join(r, first ? &r->in : &r->out, 0, first ? 1 : 0);
	if (first)
		return;
	/* Before the first message. */
	err = r->in.channel->gather(r->many, r->n_many, &r->set);
	if (err)
		bench_run_fail_call(r, "gather", err);
}

void bench_select_leave(struct bench_run *r)
{
	struct bench_end *end = r->me->number == 0 ? &r->out : &r->in;

	if (r->set)
		end->channel->scatter(r->set);
	for (uint32_t i = 0; i < r->n_many; i++)
		end->channel->leave(r->many[i]);
	free(r->many);
}

void bench_select_aim(struct bench_run *r, uint64_t number)
{
	r->out.side = r->many[stream_of(r->what, number)];
}

void bench_select_receive(struct bench_run *r, uint64_t number)
{
	const void *payload = NULL;
	uint32_t which = 0;
	int err = r->in.channel->any(r->set, &payload, &which);

	if (err)
		bench_run_fail_call(r, "any", err);
	if (which != stream_of(r->what, number))
		bench_run_fail(r, "message %llu came over stream %u, not %u",
			       (unsigned long long)number, which,
			       stream_of(r->what, number));
	r->in.side = r->many[which];
	bench_run_read(r, &payload, 1, number);
}
