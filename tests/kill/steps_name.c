/* SPDX-License-Identifier: MIT */
/*
 * steps_name.c - the producer is killed or stopped while it becomes one, and
 * while somebody connects to it.
 *
 * What survives: a consumer that looks for the name all the time, and reads
 * whatever stream it finds to its end; and another producer, which takes the
 * name over.
 */
#define _GNU_SOURCE
#include "tests/kill/kill_readers.h"

#define STREAM 3u /* packets, then it ends */

/* ---- the victim ---------------------------------------------------------- */

static void stream_to_the_end(struct dsi_socket *sock)
{
	for (uint64_t i = 0; i < STREAM; i++) {
		struct dsi_packet *pkt;

		MUST_BE(dsi_packet_get(sock, kill_deadline(), &pkt), 0);
		kill_fill(pkt, i);
		if (i + 1u == STREAM)
			MUST_BE(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
	MUST_BE(dsi_socket_drain(sock, kill_deadline()), 0);
	dsi_socket_destroy(sock);
}

static int live(struct kill_victim *v)
{
	kill_go_through(v);
	/* It was stopped, and goes on. */
	if (dsi_socket_state(v->sock) == (int)DSI_STATE_CREATED)
		MUST_BE(dsi_socket_listen(v->sock, KILL_NAME, NULL), 0);
	MUST_BE(dsi_socket_start(v->sock), 0);
	stream_to_the_end(v->sock);
	return 0;
}

static void create(struct kill_victim *v)
{
	v->sock = kill_make_producer(1);
}

static void listen(struct kill_victim *v)
{
	MUST_BE(dsi_socket_listen(v->sock, KILL_NAME, NULL), 0);
}

static void create_and_listen(struct kill_victim *v)
{
	create(v);
	listen(v);
}

static void nothing(struct kill_victim *v)
{
	(void)v;
}

/* ---- who survives -------------------------------------------------------- */

static pthread_t seeker;
static _Atomic uint32_t found; /* it connected to somebody */
static uint32_t fds;

/* 1 if the stream was read to its end, 0 if it broke off. */
static int read_one(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	uint64_t next = 0;
	uint32_t flags = 0;
	int err = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		err = dsi_packet_get(sock, DSI_FOREVER, &pkt);
		if (err)
			break;
		flags = dsi_packet_flags(pkt);
		MUST(dsi_packet_number(pkt) == next);
		MUST(kill_filled(pkt, next));
		next++;
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
	if (err)
		MUST_BE(err, -DSI_EPIPE);
	MUST(dsi_socket_event_count(sock, DSI_EVENT_ERROR) == 0);
	return !err;
}

static void *seek(void *arg)
{
	int complete = 0;

	(void)arg;
	while (!complete) {
		struct dsi_socket *sock = kill_make_consumer(DSI_POLICY_BLOCK);

		kill_connect(sock);
		atomic_store(&found, 1);
		MUST_BE(dsi_socket_start(sock), 0);
		complete = read_one(sock);
		dsi_socket_destroy(sock);
	}
	return NULL;
}

static void begin(const struct kill_step *step)
{
	(void)step;
	fds = count_descriptors();
}

static void end(const struct kill_step *step)
{
	(void)step;
	kill_no_names();
}

static void begin_to_seek(void)
{
	atomic_store(&found, 0);
	MUST_BE(pthread_create(&seeker, NULL, seek, NULL), 0);
}

static void before(const struct kill_step *step)
{
	if (!(step->flags & KILL_MONITOR))
		begin_to_seek();
}

static void ready(const struct kill_step *step, pid_t victim)
{
	(void)victim;
	if (step->flags & KILL_MONITOR)
		begin_to_seek();
}

static int has_found(void)
{
	return atomic_load(&found) != 0;
}

/* Whatever the dead one left does not keep its successor from the name. */
static void killed(const struct kill_step *step)
{
	struct dsi_socket *successor = kill_make_producer(1);

	(void)step;
	MUST_BE(dsi_socket_listen(successor, KILL_NAME, NULL), 0);
	MUST_BE(dsi_socket_start(successor), 0);
	stream_to_the_end(successor);
	MUST_BE(pthread_join(seeker, NULL), 0);
}

static void ended(const struct kill_step *step, int told)
{
	(void)step;
	MUST(!told);
	MUST_BE(pthread_join(seeker, NULL), 0);
}

static void settle(const struct kill_step *step)
{
	(void)step;
	await_no_growth(fds, 0);
	MUST_BE(count_names(), 0);
}

static const struct kill_scene scene = {
	.live = live,
	.begin = begin,
	.end = end,
	.before = before,
	.ready = ready,
	.over = has_found,
	.killed = killed,
	.ended = ended,
	.settle = settle,
};

const struct kill_step kill_steps_name[] = {
	{"name.create", &scene, NULL, create, 0, 0, 0},
	{"name.listen", &scene, create, listen, 0, 0, 0},
	{"name.monitor-connect", &scene, create_and_listen, nothing,
	 KILL_MONITOR, 0, 0},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
