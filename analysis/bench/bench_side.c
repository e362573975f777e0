/* SPDX-License-Identifier: MIT */
/*
 * bench_side.c - the life of a side: it goes to its CPU, joins its links, meets the
 * others, does its part of the measure (bench_run.h), and leaves.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_raw.h"
#include "bench/bench_run.h"

uint32_t bench_sides(const struct bench_case *what)
{
	return bench_case_answers(what) ? 2 : what->consumers + 1;
}

static void pin(struct bench_run *r)
{
	int cpu = r->me->trial->cpus[r->me->number];
	cpu_set_t set;

	if (!r->me->trial->pin)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_run_fail(r, "cannot keep to CPU %d: %s", cpu,
			       strerror(errno));
}

/* Where a machine saves power while it waits, this keeps it awake as long as the
 * file is open; cyclictest does the same.  Others have no such file. */
static void keep_awake(void)
{
	const int32_t most_us = 0;
	int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, &most_us, sizeof(most_us)) < 0)
		close(fd);
}

/* As a program does that must not be late. */
static void be_real_time(struct bench_run *r)
{
	const struct sched_param priority = {.sched_priority = BENCH_PRIORITY};

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		bench_run_fail(
			r,
			"cannot lock memory (%s): raise ulimit -l, or run "
			"as root",
			strerror(errno));
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority))
		bench_run_fail(r,
			       "cannot have real-time priority %d: raise "
			       "ulimit -r, or run as root",
			       BENCH_PRIORITY);
	keep_awake();
}

/* A producer first, so that nobody waits for one that waits itself. */
static void join_all(struct bench_run *r)
{
	bool answers = bench_case_answers(r->what);
	uint32_t number = r->me->number;

	r->has_out = number == 0 || answers;
	r->has_in = number != 0 || answers;
	if (r->what->measure == BENCH_SELECT) {
		bench_select_join(r);
		/* The many count for themselves. */
		r->has_out = number != 0;
		r->has_in = number == 0;
		return;
	}
	if (r->has_out)
		bench_run_join(r, &r->out, number == 0 ? 0 : 1, 0);
	if (r->has_in)
		bench_run_join(r, &r->in, number == 0 ? 1 : 0,
			       number == 0 ? 1 : number);
}

/* Until so many sides are here.  Sleeping, because they may need this CPU. */
static void meet(_Atomic uint32_t *count, uint32_t sides)
{
	const struct timespec while_ns = {.tv_nsec = 50000};

	atomic_fetch_add(count, 1);
	while (atomic_load(count) < sides)
		nanosleep(&while_ns, NULL);
}

static void leave_all(struct bench_run *r)
{
	if (r->what->measure == BENCH_SELECT)
		bench_select_leave(r);
	if (r->has_in)
		r->in.channel->leave(r->in.side);
	if (r->has_out)
		r->out.channel->leave(r->out.side);
}

/* One that comes and goes has joined nothing when the others meet. */
static void visit(struct bench_run *r)
{
	bench_meter_open(&r->meter);
	meet(&r->me->stage->joined, r->me->sides);
	bench_join_come_and_go(r);
	bench_meter_close(&r->meter);
}

static void stay(struct bench_run *r)
{
	struct bench_stage *stage = r->me->stage;

	join_all(r);
	bench_meter_open(&r->meter);
	meet(&stage->joined, r->me->sides);
	bench_run_work(r);
	meet(&stage->done, r->what->measure == BENCH_JOIN ? 2 : r->me->sides);
	bench_meter_close(&r->meter);
	leave_all(r);
}

void bench_side_run(const struct bench_side *side)
{
	struct bench_run r = {
		.me = side,
		.what = &side->trial->what,
		.account = &side->stage->accounts[side->number],
		.samples = side->stage->samples[side->number],
	};

	pin(&r);
	bench_raw_touch(r.samples, sizeof(side->stage->samples[0]));
	if (r.what->fifo)
		be_real_time(&r);
	if (r.what->measure == BENCH_JOIN && side->number > 1)
		visit(&r);
	else
		stay(&r);
	r.account->done = true;
}
