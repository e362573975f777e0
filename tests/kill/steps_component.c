/* SPDX-License-Identifier: MIT */
/*
 * steps_component.c - a component is killed or stopped while it serves a control
 * application: open, connect, start, packets, stop, close.
 *
 * What survives: the control application and the component at the other end.
 * The application is told, and its next stream is with the dead one's successor.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "tests/kill/kill_parts.h"
#include "tests/kill/kill_steps.h"

#define SERVE_NS UINT64_C(5000000)

/* Packets of a stream that is not broken off. */
#define ENOUGH 100u

static const char *name_of(uint32_t role)
{
	return role == DSI_ROLE_PRODUCER ? "from" : "to";
}

/* ---- the victim ---------------------------------------------------------- */

static struct dsi_component *component;

static void serve(void)
{
	int err = dsi_component_serve(component, dsi_now() + SERVE_NS);

	MUST(err == 0 || err == -DSI_ETIMEDOUT);
}

/* A whole stream. */
static void serve_one(struct kill_victim *v)
{
	(void)v;
	while (atomic_load(&kill_parts.closed) == 0)
		serve();
}

static int live(struct kill_victim *v)
{
	kill_obey();
	component = kill_parts_make(name_of(v->step->policy), 0);
	kill_mark();
	v->step->window(v);
	kill_mark();
	while (!atomic_load(&kill_page->stop))
		serve();
	dsi_component_destroy(component);
	return 0;
}

/* ---- who survives -------------------------------------------------------- */

static struct dsi_component *other;
static pthread_t control;
static uint32_t fds;

/* 1 if nothing was broken off. */
static int one_stream(void)
{
	uint64_t passed = atomic_load(&kill_parts.passed);
	struct dsi_stream *stream;
	int err = kill_parts_join(&stream);

	if (!err)
		err = dsi_stream_start(stream, kill_deadline());
	/* The end that is here has got or sent so many; or there is no other. */
	while (!err && atomic_load(&kill_parts.passed) < passed + ENOUGH) {
		struct dsi_socket_stats stats = {.size = sizeof(stats)};

		for (uint32_t i = 0; i < 2u && !err; i++)
			err = dsi_stream_stats(stream, i, kill_deadline(),
					       &stats);
	}
	if (!err)
		err = dsi_stream_stop(stream, kill_deadline());
	dsi_stream_destroy(stream);
	if (err)
		MUST(err == -DSI_EPIPE || err == -DSI_ETIMEDOUT);
	return !err;
}

static void *join_again_and_again(void *arg)
{
	(void)arg;
	while (!one_stream())
		;
	return NULL;
}

static void begin(const struct kill_step *step)
{
	uint32_t others = step->policy == DSI_ROLE_PRODUCER ? DSI_ROLE_CONSUMER
							    : DSI_ROLE_PRODUCER;

	other = kill_parts_make(name_of(others), DSI_COMPONENT_THREAD);
	fds = count_descriptors();
}

static void end(const struct kill_step *step)
{
	(void)step;
	dsi_component_destroy(other);
	MUST(atomic_load(&kill_parts.opened) ==
	     atomic_load(&kill_parts.closed));
}

static void ready(const struct kill_step *step, pid_t victim)
{
	(void)step;
	(void)victim;
	MUST_BE(pthread_create(&control, NULL, join_again_and_again, NULL), 0);
}

static void killed(const struct kill_step *step)
{
	struct dsi_component *successor =
		kill_parts_make(name_of(step->policy), DSI_COMPONENT_THREAD);

	MUST_BE(pthread_join(control, NULL), 0);
	dsi_component_destroy(successor);
}

static void continued(const struct kill_step *step)
{
	(void)step;
	MUST_BE(pthread_join(control, NULL), 0);
	atomic_store(&kill_page->stop, 1);
}

static void ended(const struct kill_step *step, int told)
{
	(void)step;
	MUST(!told);
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
	.ready = ready,
	.killed = killed,
	.continued = continued,
	.ended = ended,
	.settle = settle,
};

const struct kill_step kill_steps_component[] = {
	{"component.producer", &scene, NULL, serve_one, 0, DSI_ROLE_PRODUCER,
	 0},
	{"component.consumer", &scene, NULL, serve_one, 0, DSI_ROLE_CONSUMER,
	 0},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
