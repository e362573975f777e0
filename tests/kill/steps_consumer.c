/* SPDX-License-Identifier: MIT */
/*
 * steps_consumer.c - a consumer is killed or stopped, in each of its calls.
 *
 * What survives: the producer and another consumer.  All packets that the dead
 * one had come back, the other one misses none, and nothing of the dead is left.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>

#include "tests/kill/kill_host.h"

#define BLOCK DSI_POLICY_BLOCK
#define DROP DSI_POLICY_DROP_NEW
#define RECLAIM DSI_POLICY_RECLAIM
#define COPY 0x100u /* BLOCK, and copies */
#define ALL KILL_PACKETS

#define EATEN 0 /* places in got[] of the page */

/* ---- the victim ---------------------------------------------------------- */

static uint32_t policy_of(const struct kill_step *step)
{
	return step->policy & ~COPY;
}

static void create(struct kill_victim *v)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy_of(v->step),
	};

	if (options.policy == DROP)
		options.queue_packets = 2;
	if (v->step->policy & COPY) {
		options.flags = DSI_CONSUMER_COPY;
		options.max_packet_bytes = KILL_BYTES;
		options.hold_packets = ALL;
	}
	MUST_BE(dsi_consumer_create(&options, &v->sock), 0);
}

/* Numbers ascend; who BLOCKs misses none, others are told. */
static void check(struct kill_victim *v, const struct dsi_packet *pkt)
{
	uint64_t number = dsi_packet_number(pkt);
	int filled = kill_filled(pkt, number);
	int missed = v->begun && number != v->number;

	MUST(!v->begun || number >= v->number);
	MUST(!missed || policy_of(v->step) != BLOCK);
	MUST(!missed || (dsi_packet_flags(pkt) & DSI_PACKET_DROPPED_BEFORE));
	MUST(filled ||
	     (policy_of(v->step) == RECLAIM && dsi_packet_valid(pkt) == 0));
	v->begun = 1;
	v->number = number + 1u;
	atomic_store(&kill_page->got[EATEN], v->number);
}

static void took(struct kill_victim *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		check(v, v->held[v->n_held++]);
}

static void get_patiently(struct kill_victim *v)
{
	MUST_BE(dsi_packet_get(v->sock, DSI_FOREVER, &v->held[v->n_held]), 0);
	took(v, 1);
}

static void get_now(struct kill_victim *v)
{
	MUST_BE(dsi_packet_get(v->sock, 0, &v->held[v->n_held]), 0);
	took(v, 1);
}

static void get_batch(struct kill_victim *v)
{
	int32_t n = dsi_packet_get_many(v->sock, 0, v->held, v->step->feed);

	MUST(n > 0);
	took(v, (uint32_t)n);
}

/* The one behind the next one, and then that. */
static void get_number(struct kill_victim *v)
{
	uint64_t number = v->number + 1u;

	MUST_BE(dsi_packet_get_nr(v->sock, number, 0, &v->held[v->n_held]), 0);
	MUST(kill_filled(v->held[v->n_held], number));
	v->n_held++;
	get_now(v);
	v->number++;
}

static void commit_all(struct kill_victim *v)
{
	MUST_BE(dsi_packet_commit_many(v->sock, v->held, v->n_held), 0);
	v->n_held = 0;
}

static void commit_one(struct kill_victim *v)
{
	MUST_BE(dsi_packet_commit(v->sock, v->held[--v->n_held]), 0);
}

static void commit_get(struct kill_victim *v)
{
	struct dsi_packet *next;

	MUST_BE(dsi_packet_commit_get(v->sock, v->held[--v->n_held],
				      DSI_FOREVER, &next),
		0);
	v->held[v->n_held] = next;
	took(v, 1);
}

static void wait_for_bell(struct kill_victim *v)
{
	struct pollfd fd = {.fd = dsi_socket_fd(v->sock), .events = POLLIN};
	int err;

	MUST(fd.fd >= 0);
	while ((err = dsi_packet_get(v->sock, 0, &v->held[v->n_held])) ==
	       -DSI_EAGAIN)
		MUST(poll(&fd, 1, 0) >= 0);
	MUST_BE(err, 0);
	took(v, 1);
}

static void start(struct kill_victim *v)
{
	MUST_BE(dsi_socket_start(v->sock), 0);
}

/* 1 if it is told that it took too long. */
static int connect_to(struct kill_victim *v)
{
	int err = dsi_socket_connect(v->sock, KILL_NAME, kill_deadline());

	if (err != -DSI_ETIMEDOUT && err != -DSI_EPIPE)
		MUST_BE(err, 0);
	return err != 0;
}

static void connect_or_end(struct kill_victim *v)
{
	create(v);
	if (!connect_to(v))
		return;
	kill_mark();
	_exit(KILL_TOLD);
}

static void stop_and_start(struct kill_victim *v)
{
	MUST_BE(dsi_socket_stop(v->sock), 0);
	start(v);
}

static void leave(struct kill_victim *v)
{
	dsi_socket_destroy(v->sock);
	v->sock = NULL;
}

/* All that comes, until nothing comes and nothing will. */
static void eat(struct kill_victim *v)
{
	while (v->n_held)
		commit_one(v);
	for (;;) {
		uint32_t stop = atomic_load(&kill_page->stop);
		int err = dsi_packet_get(v->sock, 0, &v->held[0]);

		if (err == -DSI_EAGAIN && stop)
			return;
		if (err == -DSI_EAGAIN) {
			sleep_us(50);
			continue;
		}
		MUST_BE(err, 0);
		took(v, 1);
		commit_one(v);
	}
}

static int live(struct kill_victim *v)
{
	const struct kill_step *step = v->step;

	if (!(step->flags & KILL_JOINS)) {
		create(v);
		MUST_BE(connect_to(v), 0);
		start(v);
		atomic_store(&kill_page->running, 1);
	}
	kill_go_through(v);
	/* It was stopped, and goes on. */
	if (!v->sock)
		return 0;
	if (step->flags & KILL_JOINS)
		start(v);
	atomic_store(&kill_page->running, 2);
	eat(v);
	dsi_socket_destroy(v->sock);
	return 0;
}

static void await_one(struct kill_victim *v)
{
	get_patiently(v);
}

/* It has those it was fed with. */
static void await_fed(struct kill_victim *v)
{
	while (v->n_held < v->step->feed)
		get_patiently(v);
}

/* The first get is not like the others. */
static void await_more(struct kill_victim *v)
{
	await_fed(v);
	while (v->n_held)
		commit_one(v);
	atomic_store(&kill_page->running, 2);
	await_count(&kill_page->begun, 1);
}

static void with_bell(struct kill_victim *v)
{
	await_fed(v);
	commit_one(v);
	MUST(dsi_socket_fd(v->sock) >= 0);
	MUST_BE(dsi_packet_get(v->sock, 0, &v->held[0]), -DSI_EAGAIN);
	MUST_BE(dsi_packet_get(v->sock, 0, &v->held[0]), -DSI_EAGAIN);
	atomic_store(&kill_page->running, 2);
	await_count(&kill_page->begun, 1);
}

/* ---- who survives -------------------------------------------------------- */

static uint64_t ends_before; /* of consumers */
static uint32_t asleep;	     /* the producer sleeps on its thread */

static uint64_t ends(void)
{
	return dsi_socket_event_count(kill_host, DSI_EVENT_PEER_GONE) +
	       dsi_socket_event_count(kill_host, DSI_EVENT_PEER_LEFT);
}

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

static void before(const struct kill_step *step)
{
	(void)step;
	ends_before = ends();
	asleep = 0;
}

static void feed(uint32_t n)
{
	MUST(kill_host_feed(n, kill_patience_ns()) == n);
}

static void await_running(uint32_t running)
{
	uint64_t deadline = kill_deadline();

	while (atomic_load(&kill_page->running) < running) {
		MUST(dsi_now() < deadline);
		sleep_us(20);
	}
}

static void meet(const struct kill_step *step, pid_t victim)
{
	(void)victim;
	if (step->flags & KILL_JOINS)
		return;
	await_running(1);
	kill_host_await_consumers(1);
	feed(step->feed);
	if (step->prepare != await_more && step->prepare != with_bell)
		return;
	/* And what it finds in the window. */
	await_running(2);
	if (!(step->flags & KILL_SLEEPS))
		feed(step->prepare == with_bell ? 1u : step->feed);
	atomic_store(&kill_page->begun, 1);
}

static void ready(const struct kill_step *step, pid_t victim)
{
	(void)victim;
	if (!(step->flags & KILL_WAKES))
		return;
	MUST(kill_host_sleep());
	asleep = 1;
}

static void rouse(void)
{
	feed(1);
}

static void await_end(const struct kill_step *step)
{
	uint64_t deadline = kill_deadline();

	if (asleep)
		kill_host_await_awake();
	while (!(step->flags & KILL_JOINS) && ends() == ends_before) {
		MUST(dsi_now() < deadline);
		sleep_us(50);
	}
	kill_host_await_consumers(0);
}

static void killed(const struct kill_step *step)
{
	await_end(step);
}

/* Who does not block the producer never holds it up. */
static void stopped(const struct kill_step *step, pid_t victim)
{
	const uint32_t many = 3u * ALL;
	uint32_t fed;

	(void)victim;
	if (asleep)
		return;
	fed = kill_host_feed(many, 0);
	if (policy_of(step) != BLOCK)
		MUST(fed == many);
	if (fed == many)
		return;
	/* It waits for as long as the other one is stopped, unless that has just
	 * left. */
	MUST(kill_host_sleep() || (step->flags & KILL_LEAVES));
	asleep = 1;
}

static void continued(const struct kill_step *step)
{
	if (asleep)
		kill_host_await_awake();
	asleep = 0;
	if (!(step->flags & KILL_LEAVES))
		feed(2u * ALL);
	atomic_store(&kill_page->stop, 1);
}

static void ended(const struct kill_step *step, int told)
{
	MUST(!told || (step->flags & KILL_JOINS));
	await_end(step);
	/* It was there all the time: it got everything. */
	if (policy_of(step) == BLOCK &&
	    !(step->flags & (KILL_JOINS | KILL_LEAVES)))
		MUST(atomic_load(&kill_page->got[EATEN]) == kill_host_number);
}

static void settle(const struct kill_step *step)
{
	(void)step;
	kill_host_all_back();
	feed(3);
	kill_host_all_back();
	kill_host_no_growth();
	MUST(ends() <= ends_before + 1u);
}

static const struct kill_scene scene = {
	.live = live,
	.begin = begin,
	.end = end,
	.before = before,
	.meet = meet,
	.ready = ready,
	.rouse = rouse,
	.killed = killed,
	.stopped = stopped,
	.continued = continued,
	.ended = ended,
	.settle = settle,
};

const struct kill_step kill_steps_consumer[] = {
	{"consumer.connect", &scene, NULL, connect_or_end, KILL_JOINS, BLOCK,
	 0},
	{"consumer.drop.connect", &scene, NULL, connect_or_end, KILL_JOINS,
	 DROP, 0},
	{"consumer.get-first", &scene, NULL, get_patiently, 0, BLOCK, 1},
	{"consumer.get", &scene, await_more, get_now, 0, BLOCK, 1},
	{"consumer.get-many", &scene, await_more, get_batch, 0, BLOCK, 4},
	{"consumer.get-number", &scene, await_more, get_number, 0, BLOCK, 3},
	{"consumer.get-copy", &scene, await_more, get_now, 0, BLOCK | COPY, 1},
	{"consumer.get-wait", &scene, await_more, get_patiently, KILL_SLEEPS,
	 BLOCK, 1},
	{"consumer.get-bell", &scene, with_bell, wait_for_bell, 0, BLOCK, 1},
	{"consumer.release", &scene, await_one, commit_one, 0, BLOCK, 1},
	{"consumer.release-many", &scene, await_fed, commit_all, 0, BLOCK, 4},
	{"consumer.release-wake", &scene, await_fed, commit_one, KILL_WAKES,
	 BLOCK, ALL},
	{"consumer.release-many-wake", &scene, await_fed, commit_all,
	 KILL_WAKES, BLOCK, ALL},
	{"consumer.release-get", &scene, await_one, commit_get, 0, BLOCK, 2},
	{"consumer.release-wait", &scene, await_one, commit_get, KILL_SLEEPS,
	 BLOCK, 1},
	{"consumer.drop.get", &scene, await_more, get_now, 0, DROP, 1},
	{"consumer.drop.wait", &scene, await_more, get_patiently, KILL_SLEEPS,
	 DROP, 1},
	{"consumer.drop.release", &scene, await_one, commit_one, 0, DROP, 1},
	{"consumer.reclaim.get", &scene, await_more, get_now, 0, RECLAIM, 1},
	{"consumer.reclaim.wait", &scene, await_more, get_patiently,
	 KILL_SLEEPS, RECLAIM, 1},
	{"consumer.reclaim.release", &scene, await_one, commit_one, 0, RECLAIM,
	 1},
	{"consumer.stop", &scene, await_one, stop_and_start, 0, BLOCK, 2},
	{"consumer.close", &scene, await_fed, leave, KILL_LEAVES, BLOCK, 4},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
