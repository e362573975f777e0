/* SPDX-License-Identifier: MIT */
/*
 * bench_run.c - produce, consume, and answer: the measures of a side.
 *
 * Times are taken so that nothing is added to what is measured but one look at
 * the clock, whose own time is known and taken off: each side writes them to
 * memory of its own.
 *
 *   round trip  side 0 sends on link 0, side 1 answers on link 1.  Side 0
 *               keeps the time from one answer to the next.
 *   one way     side 0 keeps when it began with a message, the others when
 *               they had read it.  The clock is the same on all CPUs.
 *   rate        only the beginning and the end are kept.
 *   timed       as one way, but side 0 keeps when the message was due.
 *   select      bench_select.c
 *   join        as one way; the others come and go, bench_join.c.
 *
 * A message is written before it is sent and read when it was received, whole
 * and compared, in each of them, unless the case is an untouched one.
 */
#define _GNU_SOURCE 1
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_payload.h"
#include "bench/bench_run.h"

#define NS_PER_S UINT64_C(1000000000)
#define CLOCK_EVERY 64u /* batches from one look at the clock to the next */

/* Who started us sees that we are gone, and why. */
void bench_run_fail(struct bench_run *r, const char *text, ...)
{
	va_list list;

	va_start(list, text);
	vsnprintf(r->account->why, sizeof(r->account->why), text, list);
	va_end(list);
	r->account->failed = true;
	_exit(1);
}

void bench_run_fail_call(struct bench_run *r, const char *call, int err)
{
	bench_run_fail(r, "%s() of side %u: %s (%d)", call, r->me->number,
		       dsi_strerror(err), err);
}

void bench_run_join(struct bench_run *r, struct bench_end *end, uint32_t link,
		    uint32_t number)
{
	char why[BENCH_WHY_BYTES / 2] = "";
	int err;

	end->channel = r->me->trial->channel;
	end->yield = r->what->same_cpu && r->what->wait == BENCH_POLL;
	err = end->channel->join(r->me->links[link], number, &end->side, why,
				 sizeof(why));
	if (err)
		bench_run_fail(r, "side %u cannot join: %s%s%s", r->me->number,
			       dsi_strerror(err), why[0] ? ": " : "", why);
}

/* ---- one message ---------------------------------------------------------- */

static void look_again(struct bench_end *end)
{
	if (!end->yield)
		return;
	end->yields++;
	sched_yield();
}

static uint32_t take(struct bench_run *r, void **places, uint32_t n)
{
	struct bench_end *end = &r->out;
	int32_t got;

	while ((got = end->channel->take(end->side, places, n)) == 0)
		look_again(end);
	if (got < 0)
		bench_run_fail_call(r, "take", got);
	return (uint32_t)got;
}

static uint32_t receive(struct bench_run *r, const void **payloads, uint32_t n)
{
	struct bench_end *end = &r->in;
	int32_t got;

	while ((got = end->channel->receive(end->side, payloads, n)) == 0)
		look_again(end);
	if (got < 0)
		bench_run_fail_call(r, "receive", got);
	return (uint32_t)got;
}

static void send_all(struct bench_run *r, void **places, uint32_t n,
		     uint64_t number)
{
	int err;

	for (uint32_t i = 0; r->what->touched && i < n; i++)
		bench_payload_write(places[i], r->what->payload, number + i);
	err = r->out.channel->send(r->out.side, n);
	if (err)
		bench_run_fail_call(r, "send", err);
}

void bench_run_read(struct bench_run *r, const void **payloads, uint32_t n,
		    uint64_t number)
{
	int err;

	for (uint32_t i = 0; r->what->touched && i < n; i++)
		if (!bench_payload_read(payloads[i], r->what->payload,
					number + i))
			bench_run_fail(r,
				       "side %u: message %llu has not the "
				       "content that "
				       "was sent",
				       r->me->number,
				       (unsigned long long)(number + i));
	err = r->in.channel->release(r->in.side, n);
	if (err)
		bench_run_fail_call(r, "release", err);
}

void bench_run_send(struct bench_run *r, uint64_t number)
{
	void *place = NULL;

	take(r, &place, 1);
	send_all(r, &place, 1, number);
}

void bench_run_receive(struct bench_run *r, uint64_t number)
{
	const void *payload = NULL;

	receive(r, &payload, 1);
	bench_run_read(r, &payload, 1, number);
}

/* ---- counters ------------------------------------------------------------- */

static uint64_t calls(const struct bench_run *r)
{
	uint64_t n = r->out.yields + r->in.yields;

	if (!r->me->trial->channel->calls)
		return 0;
	for (uint32_t i = 0; i < r->n_many; i++)
		n += r->me->trial->channel->calls(r->many[i]);
	if (r->has_out)
		n += r->out.channel->calls(r->out.side);
	if (r->has_in)
		n += r->in.channel->calls(r->in.side);
	return n;
}

void bench_run_begin(struct bench_run *r)
{
	r->measuring = true;
	r->account->first.calls = calls(r);
	bench_meter_begin(&r->meter, &r->account->first);
}

void bench_run_finish(struct bench_run *r, uint64_t packets)
{
	bench_meter_end(&r->meter, &r->account->last);
	r->account->last.calls = calls(r);
	r->account->packets = packets;
}

void bench_run_announce(const struct bench_run *r, uint64_t number)
{
	atomic_store_explicit(&r->me->stage->last, number + 1u,
			      memory_order_release);
}

/* Was this the last message?  Who sent it said so before. */
bool bench_run_is_last(const struct bench_run *r, uint64_t number)
{
	return atomic_load_explicit(&r->me->stage->last,
				    memory_order_relaxed) == number + 1u;
}

/* Enough, after @n messages, at @now_ns? */
bool bench_run_enough(const struct bench_run *r, uint64_t n, uint64_t now_ns)
{
	const struct bench_trial *t = r->me->trial;

	return (t->packets && n >= t->packets) ||
	       now_ns - r->account->first.wall_ns >= t->time_ns;
}

/* ---- round trip ------------------------------------------------------------ */

static void there_and_back(struct bench_run *r, uint64_t number)
{
	if (r->many)
		bench_select_aim(r, number);
	bench_run_send(r, number);
	bench_run_receive(r, number);
}

static void ping(struct bench_run *r)
{
	uint64_t number = 0;
	uint64_t n = 0;
	uint64_t before_ns;

	for (; number < r->me->trial->warm; number++)
		there_and_back(r, number);
	bench_run_begin(r);
	before_ns = r->account->first.wall_ns;
	for (bool last = false; !last; number++) {
		uint64_t now_ns;

		last = n + 1 >= BENCH_SAMPLES ||
		       bench_run_enough(r, n + 1, before_ns);
		if (last)
			bench_run_announce(r, number);
		there_and_back(r, number);
		now_ns = bench_now();
		r->samples[n++] = now_ns - before_ns;
		before_ns = now_ns;
	}
	bench_run_finish(r, n);
	r->account->n_samples = n;
}

static void pong(struct bench_run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;

	for (;; number++) {
		if (number == warm)
			bench_run_begin(r);
		if (r->set)
			bench_select_receive(r, number);
		else
			bench_run_receive(r, number);
		bench_run_send(r, number);
		if (bench_run_is_last(r, number))
			break;
	}
	bench_run_finish(r, number + 1 - warm);
}

/* ---- one way --------------------------------------------------------------- */

/* Who shall leave its CPU alone sleeps, the others look at the clock. */
static void wait_until(const struct bench_run *r, uint64_t when_ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(when_ns / NS_PER_S),
		.tv_nsec = (long)(when_ns % NS_PER_S),
	};

	if (r->what->wait == BENCH_SLEEP || r->what->same_cpu)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	while (bench_now() < when_ns)
		;
}

/* May message @number, the @n-th that is measured, be the last one? */
static bool ends_with(const struct bench_run *r, uint64_t n, uint64_t now_ns)
{
	if (n < BENCH_SAMPLES && !bench_run_enough(r, n, now_ns))
		return false;
	return r->what->measure != BENCH_JOIN || bench_join_all_gone(r);
}

/* Who is measured from when it was due may come as late as it likes. */
static void produce_at_intervals(struct bench_run *r)
{
	const struct bench_trial *t = r->me->trial;
	bool timed = r->what->measure == BENCH_TIMED;
	uint64_t due_ns = bench_now();
	uint64_t n = 0;
	uint64_t number = 0;

	for (bool last = false; !last; number++) {
		uint64_t now_ns;

		if (number == t->warm) {
			bench_run_begin(r);
			atomic_store(&r->me->stage->flowing, true);
		}
		due_ns += t->interval_ns;
		wait_until(r, due_ns);
		now_ns = bench_now();
		if (r->measuring) {
			last = ends_with(r, n + 1, now_ns);
			if (n < BENCH_SAMPLES)
				r->samples[n] = timed ? due_ns : now_ns;
			n++;
		}
		if (last)
			bench_run_announce(r, number);
		bench_run_send(r, number);
		/* A beat that was missed is not made up for. */
		if (timed && bench_now() > due_ns + t->interval_ns)
			due_ns = bench_now();
	}
	bench_run_finish(r, n);
	r->account->n_samples = n < BENCH_SAMPLES ? n : BENCH_SAMPLES;
}

static void consume_at_intervals(struct bench_run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t n = 0;

	for (uint64_t number = 0;; number++) {
		if (number == warm)
			bench_run_begin(r);
		bench_run_receive(r, number);
		if (r->measuring && n++ < BENCH_SAMPLES)
			r->samples[n - 1] = bench_now();
		if (bench_run_is_last(r, number))
			break;
	}
	bench_run_finish(r, n);
	r->account->n_samples = n < BENCH_SAMPLES ? n : BENCH_SAMPLES;
}

/* ---- rate ------------------------------------------------------------------ */

static void produce(struct bench_run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;
	uint64_t first = 0;
	uint32_t batches = 0;

	for (bool last = false; !last;) {
		void *places[BENCH_BATCH] = {NULL};
		uint32_t n;

		if (!r->measuring && number >= warm) {
			bench_run_begin(r);
			first = number;
		}
		n = take(r, places, r->what->batch);
		if (r->measuring && ++batches % CLOCK_EVERY == 0)
			last = bench_run_enough(r, number + n - first,
						bench_now());
		else if (r->measuring && r->me->trial->packets)
			last = number + n - first >= r->me->trial->packets;
		if (last)
			bench_run_announce(r, number + n - 1);
		send_all(r, places, n, number);
		number += n;
	}
	bench_run_finish(r, number - first);
}

static void consume(struct bench_run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;
	uint64_t first = 0;

	for (;;) {
		const void *payloads[BENCH_BATCH] = {NULL};
		uint32_t n;

		if (!r->measuring && number >= warm) {
			bench_run_begin(r);
			first = number;
		}
		n = receive(r, payloads, r->what->batch);
		bench_run_read(r, payloads, n, number);
		number += n;
		if (bench_run_is_last(r, number - 1))
			break;
	}
	bench_run_finish(r, number - first);
}

/* ---- each by its name ------------------------------------------------------ */

void bench_run_work(struct bench_run *r)
{
	bool first = r->me->number == 0;

	if (r->what->measure == BENCH_ROUND_TRIP ||
	    r->what->measure == BENCH_SELECT)
		first ? ping(r) : pong(r);
	else if (r->what->measure == BENCH_RATE)
		first ? produce(r) : consume(r);
	else
		first ? produce_at_intervals(r) : consume_at_intervals(r);
}
