/* SPDX-License-Identifier: MIT */
/*
 * bench_join.c - consumers that join a stream, take some messages, and leave,
 * again and again, while another one is measured.
 *
 * Whoever joins reads whatever comes next: the first message says its number, and
 * from then on none may be missing.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include <dsi/errno.h>

#include "bench/bench_payload.h"
#include "bench/bench_run.h"

#define STAY 8u /* messages */

static bool has_begun(const struct bench_stage *stage)
{
	return atomic_load(&stage->flowing);
}

static bool shall_end(const struct bench_stage *stage)
{
	return atomic_load(&stage->ending);
}

/* Joined: some messages, all in a row. */
static void stay(struct bench_run *r)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < STAY; i++) {
		const void *payload = NULL;
		int32_t got = r->in.channel->receive(r->in.side, &payload, 1);

		if (got != 1)
			bench_run_fail_call(r, "receive", got);
		if (i == 0 && r->what->touched)
			number =
				bench_payload_number(payload, r->what->payload);
		bench_run_read(r, &payload, 1, number + i);
	}
}

void bench_join_come_and_go(struct bench_run *r)
{
	const struct timespec while_ns = {.tv_nsec = 100000};
	struct bench_stage *stage = r->me->stage;
	uint64_t joins = 0;

	while (!has_begun(stage))
		nanosleep(&while_ns, NULL);
	bench_meter_begin(&r->meter, &r->account->first);
	while (!shall_end(stage)) {
		bench_run_join(r, &r->in, 0, r->me->number);
		stay(r);
		r->in.channel->leave(r->in.side);
		joins++;
	}
	bench_meter_end(&r->meter, &r->account->last);
	r->account->joins = joins;
	atomic_fetch_add(&stage->gone, 1);
}

bool bench_join_all_gone(const struct bench_run *r)
{
	struct bench_stage *stage = r->me->stage;

	atomic_store(&stage->ending, true);
	return atomic_load(&stage->gone) == r->me->sides - 2;
}
