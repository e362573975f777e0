/* SPDX-License-Identifier: MIT */
/* fault_peers.c - the processes at the other end, and the component that both
 * sides use. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <dsi/dsi.h>
#include <dsi/regions.h>
#include <dsi/watch.h>

#include "tests/faults/fault_scenes.h"
#include "tests/unit/must.h"

#define PEER_PATIENCE_NS UINT64_C(2000000000)

static void nap(long us)
{
	const struct timespec span = {.tv_nsec = us * 1000};

	(void)nanosleep(&span, NULL);
}

static struct dsi_stream_desc peer_desc(void)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packets = 16,
		.packet_bytes = 256,
	};
}

/* ---- a stream that goes on, whoever comes and goes ----------------------- */

void peer_producer(const _Atomic uint32_t *stop)
{
	const struct dsi_stream_desc desc = peer_desc();
	struct dsi_socket *sock;
	struct dsi_packet *pkt;

	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, PEER, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	while (!atomic_load(stop)) {
		int err = dsi_packet_get(sock, dsi_now() + 1000000u, &pkt);

		MUST(err == 0 || err == -DSI_ETIMEDOUT);
		if (!err)
			MUST_BE(dsi_packet_commit(sock, pkt), 0);
		nap(200);
	}
	dsi_socket_destroy(sock);
}

/* ---- one that wants the subject's stream --------------------------------- */

static void see_region(void *user, const struct dsi_region_info *info)
{
	(void)user;
	(void)info;
}

/* Who looks on must not be hurt either. */
static void look_on(void)
{
	struct dsi_watch *watch;

	if (dsi_watch_open(SUBJECT, dsi_now() + PEER_PATIENCE_NS, &watch) == 0)
		dsi_watch_close(watch);
	(void)dsi_regions(SUBJECT, dsi_now() + PEER_PATIENCE_NS, see_region,
			  NULL);
}

static void take_all(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	int err = dsi_socket_start(sock);

	MUST(err == 0 || err == -DSI_EPIPE);
	look_on();
	while (!err) {
		err = dsi_packet_get(sock, dsi_now() + PEER_PATIENCE_NS, &pkt);
		if (!err)
			MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
}

void peer_consumer(const _Atomic uint32_t *stop)
{
	while (!atomic_load(stop)) {
		struct dsi_socket *sock;
		int err;

		MUST_BE(dsi_consumer_create(NULL, &sock), 0);
		err = dsi_socket_connect(sock, SUBJECT,
					 dsi_now() + PEER_PATIENCE_NS / 20u);
		if (!err)
			take_all(sock);
		dsi_socket_destroy(sock);
		if (err)
			nap(500);
	}
}

/* ---- components ---------------------------------------------------------- */

static _Atomic uint32_t starts;

uint32_t component_starts(void)
{
	return atomic_load(&starts);
}

static int part_open(void *user, const struct dsi_open_request *request,
		     struct dsi_socket **out_sock)
{
	const struct dsi_stream_desc desc = peer_desc();

	(void)user;
	return request->role == DSI_ROLE_PRODUCER
		       ? said("dsi_producer_create",
			      dsi_producer_create(&desc, NULL, out_sock))
		       : said("dsi_consumer_create",
			      dsi_consumer_create(&request->consumer,
						  out_sock));
}

static int part_start(void *user, struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	(void)user;
	if (dsi_packet_get(sock, 0, &pkt) == 0)
		(void)dsi_packet_commit(sock, pkt);
	atomic_fetch_add(&starts, 1);
	return 0;
}

static void part_close(void *user, struct dsi_socket *sock)
{
	(void)user;
	dsi_socket_destroy(sock);
}

struct dsi_component *make_component(const char *name, int *out_err)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = part_open,
		.start = part_start,
		.close = part_close,
	};
	struct dsi_component *component = NULL;

	*out_err = said("dsi_component_create",
			dsi_component_create(name, NULL, &ops, NULL,
					     DSI_COMPONENT_THREAD, &component));
	return component;
}

void peer_components(const _Atomic uint32_t *stop)
{
	int err;
	struct dsi_component *source = make_component(PEER_SOURCE, &err);
	struct dsi_component *sink = make_component(PEER_SINK, &err);

	MUST(source && sink);
	while (!atomic_load(stop))
		nap(1000);
	dsi_component_destroy(source);
	dsi_component_destroy(sink);
}

/* A control application that joins the subject's component and its own. */
void peer_control(const _Atomic uint32_t *stop)
{
	int err;
	struct dsi_component *sink = make_component(NULL, &err);
	const struct dsi_endpoint from = {.size = sizeof(from),
					  .component = SUBJECT_PART};
	const struct dsi_endpoint to = {.size = sizeof(to), .local = sink};

	MUST(sink);
	while (!atomic_load(stop)) {
		struct dsi_stream *stream;
		uint64_t deadline = dsi_now() + PEER_PATIENCE_NS / 10u;

		err = dsi_stream_create(NULL, &from, &to, 1, deadline, &stream);
		if (!err)
			err = dsi_stream_start(stream, deadline);
		dsi_stream_destroy(stream);
		if (err)
			nap(500);
	}
	dsi_component_destroy(sink);
}
