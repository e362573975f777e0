/* SPDX-License-Identifier: MIT */
/*
 * steps_control.c - the control application is killed or stopped while it joins
 * two components, starts, stops and ends their stream.
 *
 * What survives: both components.  Whatever was opened for the dead is closed,
 * each once; while it is stopped, a stream that runs goes on.
 */
#define _GNU_SOURCE
#include "tests/kill/kill_parts.h"
#include "tests/kill/kill_steps.h"

/* ---- the victim ---------------------------------------------------------- */

static int live(struct kill_victim *v)
{
	kill_go_through(v);
	dsi_stream_destroy(v->stream);
	return 0;
}

/* Who was stopped in the middle of it may be told that it took too long. */
static void done(struct kill_victim *v, int err)
{
	if (err == 0)
		return;
	MUST(err == -DSI_ETIMEDOUT || err == -DSI_EPIPE);
	kill_mark();
	dsi_stream_destroy(v->stream);
	_exit(KILL_TOLD);
}

static void join(struct kill_victim *v)
{
	done(v, kill_parts_join(&v->stream));
}

static void start(struct kill_victim *v)
{
	done(v, dsi_stream_start(v->stream, kill_deadline()));
}

static void join_and_start(struct kill_victim *v)
{
	join(v);
	start(v);
}

static void stop(struct kill_victim *v)
{
	done(v, dsi_stream_stop(v->stream, kill_deadline()));
}

static void ask(struct kill_victim *v)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	for (uint32_t i = 0; i < 2u; i++)
		done(v,
		     dsi_stream_stats(v->stream, i, kill_deadline(), &stats));
}

static void add(struct kill_victim *v)
{
	struct dsi_endpoint consumer = {.size = sizeof(consumer)};
	uint32_t index;

	consumer.component = "to";
	consumer.consumer.size = sizeof(consumer.consumer);
	done(v, dsi_stream_add(v->stream, &consumer, kill_deadline(), &index));
	done(v, dsi_stream_remove(v->stream, index, kill_deadline()));
}

static void leave(struct kill_victim *v)
{
	dsi_stream_destroy(v->stream);
	v->stream = NULL;
}

/* ---- who survives -------------------------------------------------------- */

static uint32_t fds;

static void begin(const struct kill_step *step)
{
	(void)step;
	kill_parts_begin();
	fds = count_descriptors();
}

static void end(const struct kill_step *step)
{
	(void)step;
	kill_parts_end();
}

static void killed(const struct kill_step *step)
{
	(void)step;
}

/* How many ends were started and not stopped. */
static uint64_t running(void)
{
	return atomic_load(&kill_parts.started) -
	       atomic_load(&kill_parts.stopped);
}

/* Both ends were started and not stopped: they need nobody.  What the victim sent
 * before it was stopped may still come to them, and end that. */
static void stopped(const struct kill_step *step, pid_t victim)
{
	uint64_t goal = atomic_load(&kill_parts.passed) + 100u;
	uint64_t deadline = kill_deadline();

	(void)victim;
	if (step->window != ask && step->window != stop)
		return;
	while (atomic_load(&kill_parts.passed) < goal && running() == 2u) {
		MUST(dsi_now() < deadline);
		sleep_us(20);
	}
	MUST(step->window == stop || running() == 2u);
}

static void ended(const struct kill_step *step, int told)
{
	(void)step;
	(void)told;
}

static void settle(const struct kill_step *step)
{
	(void)step;
	kill_parts_await_closed();
	await_no_growth(fds, 0);
}

static const struct kill_scene scene = {
	.live = live,
	.begin = begin,
	.end = end,
	.killed = killed,
	.stopped = stopped,
	.ended = ended,
	.settle = settle,
};

const struct kill_step kill_steps_control[] = {
	{"control.join", &scene, NULL, join, 0, 0, 0},
	{"control.start", &scene, join, start, 0, 0, 0},
	{"control.ask", &scene, join_and_start, ask, 0, 0, 0},
	{"control.add-remove", &scene, join_and_start, add, 0, 0, 0},
	{"control.stop", &scene, join_and_start, stop, 0, 0, 0},
	{"control.end", &scene, join_and_start, leave, 0, 0, 0},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
