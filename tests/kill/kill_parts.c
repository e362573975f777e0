/* SPDX-License-Identifier: MIT */
/* kill_parts.c - components whose control application dies; see kill_parts.h. */
#define _GNU_SOURCE
#include "tests/kill/kill_parts.h"

#include <pthread.h>
#include <stdlib.h>

static struct dsi_component *components[2];

struct part {
	struct part *next;
	struct dsi_socket *sock;
	pthread_t thread;
	uint32_t runs;
};

struct kill_parts kill_parts;

static pthread_mutex_t parts_lock = PTHREAD_MUTEX_INITIALIZER;
static struct part *parts;

static struct part *find(struct dsi_socket *sock)
{
	struct part *part;

	MUST_BE(pthread_mutex_lock(&parts_lock), 0);
	for (part = parts; part && part->sock != sock; part = part->next)
		;
	MUST_BE(pthread_mutex_unlock(&parts_lock), 0);
	MUST(part);
	return part;
}

/* Both roles: get, hand on, until the end. */
static void *work(void *arg)
{
	struct part *part = arg;
	struct dsi_packet *pkt;
	int err;

	while ((err = dsi_packet_get(part->sock, kill_deadline(), &pkt)) == 0) {
		(void)!dsi_packet_commit(part->sock, pkt);
		atomic_fetch_add(&kill_parts.passed, 1);
	}
	if (err != -DSI_EPIPE)
		MUST_BE(err, -DSI_ECANCELED);
	return NULL;
}

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct dsi_stream_desc desc = request->desc;
	struct part *part = calloc(1, sizeof(*part));
	int err;

	(void)user;
	MUST(part);
	desc.size = sizeof(desc);
	desc.packets = 8;
	desc.packet_bytes = 64;
	err = request->role == DSI_ROLE_PRODUCER
		      ? dsi_producer_create(&desc, NULL, &part->sock)
		      : dsi_consumer_create(&request->consumer, &part->sock);
	MUST_BE(err, 0);
	MUST_BE(pthread_mutex_lock(&parts_lock), 0);
	part->next = parts;
	parts = part;
	MUST_BE(pthread_mutex_unlock(&parts_lock), 0);
	atomic_fetch_add(&kill_parts.opened, 1);
	*out_sock = part->sock;
	return 0;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct part *part = find(sock);

	(void)user;
	MUST(!part->runs);
	part->runs = 1;
	atomic_fetch_add(&kill_parts.started, 1);
	MUST_BE(pthread_create(&part->thread, NULL, work, part), 0);
	return 0;
}

static int on_stop(void *user, struct dsi_socket *sock)
{
	struct part *part = find(sock);

	(void)user;
	if (part->runs) {
		MUST_BE(pthread_join(part->thread, NULL), 0);
		atomic_fetch_add(&kill_parts.stopped, 1);
	}
	part->runs = 0;
	return 0;
}

static void on_close(void *user, struct dsi_socket *sock)
{
	struct part *part = find(sock);
	struct part **at = &parts;

	(void)on_stop(user, sock);
	dsi_socket_destroy(sock);
	MUST_BE(pthread_mutex_lock(&parts_lock), 0);
	while (*at != part)
		at = &(*at)->next;
	*at = part->next;
	MUST_BE(pthread_mutex_unlock(&parts_lock), 0);
	free(part);
	atomic_fetch_add(&kill_parts.closed, 1);
}

struct dsi_component *kill_parts_make(const char *name, uint32_t flags)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = on_open,
		.start = on_start,
		.stop = on_stop,
		.close = on_close,
	};
	struct dsi_component *component;

	MUST_BE(dsi_component_create(name, NULL, &ops, NULL, flags, &component),
		0);
	return component;
}

void kill_parts_begin(void)
{
	components[0] = kill_parts_make("from", DSI_COMPONENT_THREAD);
	components[1] = kill_parts_make("to", DSI_COMPONENT_THREAD);
}

void kill_parts_end(void)
{
	dsi_component_destroy(components[0]);
	dsi_component_destroy(components[1]);
	MUST(atomic_load(&kill_parts.opened) ==
	     atomic_load(&kill_parts.closed));
}

void kill_parts_await_closed(void)
{
	uint64_t deadline = kill_deadline();
	uint32_t quiet = 0;

	while (quiet < 20) {
		MUST(dsi_now() < deadline);
		quiet = atomic_load(&kill_parts.opened) ==
					atomic_load(&kill_parts.closed)
				? quiet + 1
				: 0;
		sleep_us(200);
	}
}

int kill_parts_join(struct dsi_stream **out_stream)
{
	struct dsi_endpoint producer = {.size = sizeof(producer)};
	struct dsi_endpoint consumer = {.size = sizeof(consumer)};

	producer.component = "from";
	consumer.component = "to";
	consumer.consumer.size = sizeof(consumer.consumer);
	return dsi_stream_create(NULL, &producer, &consumer, 1, kill_deadline(),
				 out_stream);
}
