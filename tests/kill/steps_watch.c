/* SPDX-License-Identifier: MIT */
/*
 * steps_watch.c - who watches a stream, or lists names, is killed or stopped.
 *
 * What survives: the producer and a consumer, who are not held up for a moment.
 * Sixteen may watch a stream: places that the dead would keep are soon missed.
 */
#define _GNU_SOURCE
#include "tests/kill/kill_host.h"

/* ---- the victim ---------------------------------------------------------- */

static int live(struct kill_victim *v)
{
	kill_go_through(v);
	dsi_watch_close(v->watch);
	return 0;
}

static void watch(struct kill_victim *v)
{
	int err = dsi_watch_open(KILL_NAME, kill_deadline(), &v->watch);

	if (err == 0)
		return;
	/* It took too long. */
	MUST(err == -DSI_EPIPE || err == -DSI_ETIMEDOUT);
	kill_mark();
	_exit(KILL_TOLD);
}

static void update(struct kill_victim *v)
{
	MUST_BE(dsi_watch_update(v->watch), 0);
	MUST(dsi_watch_count(v->watch) >= 2);
}

static void read_figures(struct kill_victim *v)
{
	struct dsi_watch_info info = {.size = sizeof(info)};
	struct dsi_histogram histogram = {.size = sizeof(histogram)};

	for (uint32_t i = 0; i < 2u; i++)
		MUST_BE(dsi_watch_read(v->watch, i, &info), 0);
	MUST_BE(dsi_watch_latency(v->watch, 1, &histogram), 0);
}

static void watch_no_more(struct kill_victim *v)
{
	dsi_watch_close(v->watch);
	v->watch = NULL;
}

static void visit(void *user, const char *name,
		  const struct dsi_name_info *info)
{
	(void)user;
	(void)name;
	(void)info;
}

static void list(struct kill_victim *v)
{
	(void)v;
	MUST_BE(dsi_names(visit, NULL, kill_deadline()), 1);
}

/* ---- who survives -------------------------------------------------------- */

static struct dsi_socket *newcomer;

static void begin(const struct kill_step *step)
{
	(void)step;
	kill_host_begin();
}

static void end(const struct kill_step *step)
{
	(void)step;
	kill_host_end();
}

static void feed(void)
{
	MUST(kill_host_feed(3u * KILL_PACKETS, 0) == 3u * KILL_PACKETS);
}

/* News for those who watch. */
static void come(void)
{
	MUST_BE(dsi_consumer_create(NULL, &newcomer), 0);
	MUST_BE(dsi_socket_connect(newcomer, KILL_NAME, kill_deadline()), 0);
	kill_host_await_consumers(1);
}

static void go(void)
{
	dsi_socket_destroy(newcomer);
	newcomer = NULL;
	kill_host_await_consumers(0);
}

static void ready(const struct kill_step *step, pid_t victim)
{
	(void)victim;
	if (step->flags & KILL_JOINS)
		come();
}

static void killed(const struct kill_step *step)
{
	(void)step;
	if (newcomer)
		go();
}

static void stopped(const struct kill_step *step, pid_t victim)
{
	(void)step;
	(void)victim;
	if (newcomer)
		go();
	feed();
	come();
	go();
	feed();
}

static void ended(const struct kill_step *step, int told)
{
	MUST(!told || step->window == watch);
}

/* There is a place for one who watches. */
static void settle(const struct kill_step *step)
{
	struct dsi_watch *mine;

	(void)step;
	kill_host_no_growth();
	MUST_BE(dsi_watch_open(KILL_NAME, kill_deadline(), &mine), 0);
	MUST_BE(dsi_watch_update(mine), 0);
	MUST_BE(dsi_watch_count(mine), 2);
	dsi_watch_close(mine);
	feed();
	kill_host_all_back();
	kill_host_no_growth();
}

static const struct kill_scene scene = {
	.live = live,
	.begin = begin,
	.end = end,
	.ready = ready,
	.killed = killed,
	.stopped = stopped,
	.ended = ended,
	.settle = settle,
};

const struct kill_step kill_steps_watch[] = {
	{"watch.open", &scene, NULL, watch, 0, 0, 0},
	{"watch.update", &scene, watch, update, KILL_JOINS, 0, 0},
	{"watch.read", &scene, watch, read_figures, 0, 0, 0},
	{"watch.close", &scene, watch, watch_no_more, 0, 0, 0},
	{"watch.list", &scene, NULL, list, 0, 0, 0},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
