/* SPDX-License-Identifier: MIT */
/*
 * bench_side.c - produce, consume, and answer.
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
 *
 * A message is written before it is sent and read when it was received, whole
 * and compared, in each of them, unless the case is an untouched one.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_payload.h"
#include "bench/bench_raw.h"
#include "bench/bench_side.h"

#define NS_PER_S UINT64_C(1000000000)
#define CLOCK_EVERY 64u /* batches from one look at the clock to the next */

/* A side's end of one link. */
struct end {
	const struct bench_channel *channel;
	void *side;
	bool yield; /* the other end needs this CPU */
	uint64_t yields;
};

struct run {
	const struct bench_side *me;
	const struct bench_case *what;
	struct bench_account *account;
	uint64_t *samples;
	struct bench_meter meter;
	struct end out;
	struct end in;
	bool has_out;
	bool has_in;
	bool measuring;
};

static _Noreturn void fail(struct run *r, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* Who started us sees that we are gone, and why. */
static void fail(struct run *r, const char *text, ...)
{
	va_list list;

	va_start(list, text);
	vsnprintf(r->account->why, sizeof(r->account->why), text, list);
	va_end(list);
	r->account->failed = true;
	_exit(1);
}

static _Noreturn void fail_call(struct run *r, const char *call, int err)
{
	fail(r, "%s() of side %u: %s (%d)", call, r->me->number,
	     dsi_strerror(err), err);
}

/* ---- one message ---------------------------------------------------------- */

static void look_again(struct end *end)
{
	if (!end->yield)
		return;
	end->yields++;
	sched_yield();
}

static uint32_t take(struct run *r, void **places, uint32_t n)
{
	struct end *end = &r->out;
	int32_t got;

	while ((got = end->channel->take(end->side, places, n)) == 0)
		look_again(end);
	if (got < 0)
		fail_call(r, "take", got);
	return (uint32_t)got;
}

static uint32_t receive(struct run *r, const void **payloads, uint32_t n)
{
	struct end *end = &r->in;
	int32_t got;

	while ((got = end->channel->receive(end->side, payloads, n)) == 0)
		look_again(end);
	if (got < 0)
		fail_call(r, "receive", got);
	return (uint32_t)got;
}

static void send_all(struct run *r, void **places, uint32_t n, uint64_t number)
{
	int err;

	for (uint32_t i = 0; r->what->touched && i < n; i++)
		bench_payload_write(places[i], r->what->payload, number + i);
	err = r->out.channel->send(r->out.side, n);
	if (err)
		fail_call(r, "send", err);
}

static void read_all(struct run *r, const void **payloads, uint32_t n,
		     uint64_t number)
{
	int err;

	for (uint32_t i = 0; r->what->touched && i < n; i++)
		if (!bench_payload_read(payloads[i], r->what->payload,
					number + i))
			fail(r,
			     "side %u: message %llu has not the content that "
			     "was sent",
			     r->me->number, (unsigned long long)(number + i));
	err = r->in.channel->release(r->in.side, n);
	if (err)
		fail_call(r, "release", err);
}

static void send_one(struct run *r, uint64_t number)
{
	void *place = NULL;

	take(r, &place, 1);
	send_all(r, &place, 1, number);
}

static void receive_one(struct run *r, uint64_t number)
{
	const void *payload = NULL;

	receive(r, &payload, 1);
	read_all(r, &payload, 1, number);
}

/* ---- counters ------------------------------------------------------------- */

static uint64_t calls(const struct run *r)
{
	uint64_t n = r->out.yields + r->in.yields;

	if (!r->me->trial->channel->calls)
		return 0;
	if (r->has_out)
		n += r->out.channel->calls(r->out.side);
	if (r->has_in)
		n += r->in.channel->calls(r->in.side);
	return n;
}

static void begin(struct run *r)
{
	r->measuring = true;
	r->account->first.calls = calls(r);
	bench_meter_begin(&r->meter, &r->account->first);
}

static void finish(struct run *r, uint64_t packets)
{
	bench_meter_end(&r->meter, &r->account->last);
	r->account->last.calls = calls(r);
	r->account->packets = packets;
}

static void announce_last(const struct run *r, uint64_t number)
{
	atomic_store_explicit(&r->me->stage->last, number + 1u,
			      memory_order_release);
}

/* Was this the last message?  Who sent it said so before. */
static bool is_last(const struct run *r, uint64_t number)
{
	return atomic_load_explicit(&r->me->stage->last,
				    memory_order_relaxed) == number + 1u;
}

/* Enough, after @n messages, at @now_ns? */
static bool enough(const struct run *r, uint64_t n, uint64_t now_ns)
{
	const struct bench_trial *t = r->me->trial;

	return (t->packets && n >= t->packets) ||
	       now_ns - r->account->first.wall_ns >= t->time_ns;
}

/* ---- round trip ------------------------------------------------------------ */

static void ping(struct run *r)
{
	uint64_t number = 0;
	uint64_t n = 0;
	uint64_t before_ns;

	for (; number < r->me->trial->warm; number++) {
		send_one(r, number);
		receive_one(r, number);
	}
	begin(r);
	before_ns = r->account->first.wall_ns;
	for (bool last = false; !last; number++) {
		uint64_t now_ns;

		last = n + 1 >= BENCH_SAMPLES || enough(r, n + 1, before_ns);
		if (last)
			announce_last(r, number);
		send_one(r, number);
		receive_one(r, number);
		now_ns = bench_now();
		r->samples[n++] = now_ns - before_ns;
		before_ns = now_ns;
	}
	finish(r, n);
	r->account->n_samples = n;
}

static void pong(struct run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;

	for (;; number++) {
		if (number == warm)
			begin(r);
		receive_one(r, number);
		send_one(r, number);
		if (is_last(r, number))
			break;
	}
	finish(r, number + 1 - warm);
}

/* ---- one way --------------------------------------------------------------- */

/* Who shall leave its CPU alone sleeps, the others look at the clock. */
static void wait_until(const struct run *r, uint64_t when_ns)
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

static void produce_at_intervals(struct run *r)
{
	const struct bench_trial *t = r->me->trial;
	uint64_t due_ns = bench_now();
	uint64_t n = 0;
	uint64_t number = 0;

	for (bool last = false; !last; number++) {
		uint64_t now_ns;

		if (number == t->warm)
			begin(r);
		due_ns += t->interval_ns;
		wait_until(r, due_ns);
		now_ns = bench_now();
		if (r->measuring) {
			last = n + 1 >= BENCH_SAMPLES ||
			       enough(r, n + 1, now_ns);
			r->samples[n++] = now_ns;
		}
		if (last)
			announce_last(r, number);
		send_one(r, number);
	}
	finish(r, n);
	r->account->n_samples = n;
}

static void consume_at_intervals(struct run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t n = 0;

	for (uint64_t number = 0;; number++) {
		if (number == warm)
			begin(r);
		receive_one(r, number);
		if (r->measuring)
			r->samples[n++] = bench_now();
		if (is_last(r, number))
			break;
	}
	finish(r, n);
	r->account->n_samples = n;
}

/* ---- rate ------------------------------------------------------------------ */

static void produce(struct run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;
	uint64_t first = 0;
	uint32_t batches = 0;

	for (bool last = false; !last;) {
		void *places[BENCH_BATCH] = {NULL};
		uint32_t n;

		if (!r->measuring && number >= warm) {
			begin(r);
			first = number;
		}
		n = take(r, places, r->what->batch);
		if (r->measuring && ++batches % CLOCK_EVERY == 0)
			last = enough(r, number + n - first, bench_now());
		else if (r->measuring && r->me->trial->packets)
			last = number + n - first >= r->me->trial->packets;
		if (last)
			announce_last(r, number + n - 1);
		send_all(r, places, n, number);
		number += n;
	}
	finish(r, number - first);
}

static void consume(struct run *r)
{
	uint64_t warm = r->me->trial->warm;
	uint64_t number = 0;
	uint64_t first = 0;

	for (;;) {
		const void *payloads[BENCH_BATCH] = {NULL};
		uint32_t n;

		if (!r->measuring && number >= warm) {
			begin(r);
			first = number;
		}
		n = receive(r, payloads, r->what->batch);
		read_all(r, payloads, n, number);
		number += n;
		if (is_last(r, number - 1))
			break;
	}
	finish(r, number - first);
}

/* ---- the whole life -------------------------------------------------------- */

uint32_t bench_sides(const struct bench_case *what)
{
	return what->measure == BENCH_ROUND_TRIP ? 2 : what->consumers + 1;
}

static void pin(struct run *r)
{
	int cpu = r->me->trial->cpus[r->me->number];
	cpu_set_t set;

	if (!r->me->trial->pin)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail(r, "cannot keep to CPU %d: %s", cpu, strerror(errno));
}

static void join(struct run *r, struct end *end, uint32_t link, uint32_t number)
{
	char why[BENCH_WHY_BYTES / 2] = "";
	int err;

	end->channel = r->me->trial->channel;
	end->yield = r->what->same_cpu && r->what->wait == BENCH_POLL;
	err = end->channel->join(r->me->links[link], number, &end->side, why,
				 sizeof(why));
	if (err)
		fail(r, "side %u cannot join: %s%s%s", r->me->number,
		     dsi_strerror(err), why[0] ? ": " : "", why);
}

/* A producer first, so that nobody waits for one that waits itself. */
static void join_all(struct run *r)
{
	bool round_trip = r->what->measure == BENCH_ROUND_TRIP;
	uint32_t number = r->me->number;

	r->has_out = number == 0 || round_trip;
	r->has_in = number != 0 || round_trip;
	if (r->has_out)
		join(r, &r->out, number == 0 ? 0 : 1, 0);
	if (r->has_in)
		join(r, &r->in, number == 0 ? 1 : 0, number == 0 ? 1 : number);
}

/* Until all sides are here.  Sleeping, because they may need this CPU. */
static void meet(const struct run *r, _Atomic uint32_t *count)
{
	const struct timespec while_ns = {.tv_nsec = 50000};

	atomic_fetch_add(count, 1);
	while (atomic_load(count) < r->me->sides)
		nanosleep(&while_ns, NULL);
}

static void work(struct run *r)
{
	bool first = r->me->number == 0;

	if (r->what->measure == BENCH_ROUND_TRIP)
		first ? ping(r) : pong(r);
	else if (r->what->measure == BENCH_ONE_WAY)
		first ? produce_at_intervals(r) : consume_at_intervals(r);
	else
		first ? produce(r) : consume(r);
}

void bench_side_run(const struct bench_side *side)
{
	struct run r = {
		.me = side,
		.what = &side->trial->what,
		.account = &side->stage->accounts[side->number],
		.samples = side->stage->samples[side->number],
	};

	pin(&r);
	bench_raw_touch(r.samples, sizeof(side->stage->samples[0]));
	join_all(&r);
	bench_meter_open(&r.meter);
	meet(&r, &side->stage->joined);
	work(&r);
	meet(&r, &side->stage->done);
	bench_meter_close(&r.meter);
	if (r.has_in)
		r.in.channel->leave(r.in.side);
	if (r.has_out)
		r.out.channel->leave(r.out.side);
	r.account->done = true;
}
