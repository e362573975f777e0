/* SPDX-License-Identifier: MIT */
/*
 * kill_control_test.c - a control application dies by SIGKILL after, or
 * while, it joins two components.
 *
 * This process has the components.  Whatever was opened for the dead one is
 * stopped and closed, each once; the next one finds them as before.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kill/kill_common.h"

static struct kill_page *page;

/* ---- the components ------------------------------------------------------ */

struct part {
	struct part *next;
	struct dsi_socket *sock;
	pthread_t thread;
	uint32_t runs;
};

static _Atomic uint64_t opened;
static _Atomic uint64_t closed;
static _Atomic uint64_t started;
static _Atomic uint64_t passed;
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
		atomic_fetch_add(&passed, 1);
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
	atomic_fetch_add(&opened, 1);
	*out_sock = part->sock;
	return 0;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct part *part = find(sock);

	(void)user;
	MUST(!part->runs);
	part->runs = 1;
	atomic_fetch_add(&started, 1);
	MUST_BE(pthread_create(&part->thread, NULL, work, part), 0);
	return 0;
}

static int on_stop(void *user, struct dsi_socket *sock)
{
	struct part *part = find(sock);

	(void)user;
	if (part->runs)
		MUST_BE(pthread_join(part->thread, NULL), 0);
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
	atomic_fetch_add(&closed, 1);
}

static struct dsi_component *make_component(const char *name)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = on_open,
		.start = on_start,
		.stop = on_stop,
		.close = on_close,
	};
	struct dsi_component *component;

	MUST_BE(dsi_component_create(name, NULL, &ops, NULL,
				     DSI_COMPONENT_THREAD, &component),
		0);
	return component;
}

/* ---- the control application, a process ---------------------------------- */

static int control(void)
{
	struct dsi_endpoint producer = {.size = sizeof(producer)};
	struct dsi_endpoint consumer = {.size = sizeof(consumer)};
	struct dsi_stream *stream;

	producer.component = "from";
	consumer.component = "to";
	consumer.consumer.size = sizeof(consumer.consumer);
	MUST_BE(dsi_stream_create(NULL, &producer, &consumer, 1,
				  kill_deadline(), &stream),
		0);
	MUST_BE(dsi_stream_start(stream, kill_deadline()), 0);
	atomic_store(&page->running, 1);
	for (;;)
		sleep_us(1000000);
}

/* ---- one death ----------------------------------------------------------- */

static uint32_t one_death(uint32_t round, uint64_t *random)
{
	uint64_t deadline = kill_deadline();
	uint64_t before = atomic_load(&passed);
	uint32_t ran = round % 2u;
	pid_t victim;

	atomic_store(&page->running, 0);
	victim = kill_spawn("control", round);
	while (ran && (!atomic_load(&page->running) ||
		       atomic_load(&passed) < before + 20u)) {
		MUST(dsi_now() < deadline);
		sleep_us(50);
	}
	sleep_randomly(random, ran ? 1000 : 8000);
	kill_now(victim);
	MUST_BE(kill_await(victim), -9);
	return ran;
}

/* What was opened is closed; nothing more is opened for the dead. */
static void await_closed(void)
{
	uint64_t deadline = kill_deadline();
	uint32_t quiet = 0;

	while (quiet < 20) {
		MUST(dsi_now() < deadline);
		quiet = atomic_load(&opened) == atomic_load(&closed) ? quiet + 1
								     : 0;
		sleep_us(200);
	}
}

int main(int argc, char **argv)
{
	struct dsi_component *from, *to;
	uint32_t rounds, fds;
	uint32_t ran = 0;
	uint64_t random;

	if (argc == 4) {
		page = kill_attach(argv);
		return control();
	}
	page = kill_begin(&random, &rounds);
	from = make_component("from");
	to = make_component("to");
	(void)one_death(1, &random);
	await_closed();
	fds = count_descriptors();
	for (uint32_t i = 0; i < rounds; i++) {
		ran += one_death(i, &random);
		await_closed();
	}
	printf("%u killed, %u of them with a running stream; %ju sockets "
	       "opened and closed, %ju started\n",
	       rounds, ran, (uintmax_t)atomic_load(&opened),
	       (uintmax_t)atomic_load(&started));
	MUST(count_descriptors() <= fds);
	MUST_BE(count_regions(), 0);
	dsi_component_destroy(from);
	dsi_component_destroy(to);
	MUST(atomic_load(&opened) == atomic_load(&closed));
	kill_end();
	return 0;
}
