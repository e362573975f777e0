/* SPDX-License-Identifier: MIT */
/*
 * fake_sim_test.c - the library in the simulated world: what no other port
 * can do.
 *
 *   failures  each call of the port that can fail does so once, one after
 *             the other, and nothing may be left behind
 *   kills     one end is killed at each scheduling point of its life
 *   costs     what the data plane may not do: allocate, lock; and how many
 *             wakes a batch costs
 *
 * A world that ends with a report (a leak, a deadlock, a handle used after
 * close, a sleep with the lock held) fails the test, with the seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/component.h>
#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/port.h>
#include <dsi/socket.h>
#include <dsi/stream.h>

#include "fake.h"

#define NAME "sim.stream"
#define SECOND 1000000000u

static uint64_t soon(void)
{
	return fake_now() + SECOND;
}

static struct dsi_stream_desc description(void)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 64};

	return desc;
}

/* ---- one producer, one consumer ----------------------------------------- */

/* What the scenario does, and how far it may go. */
struct scene {
	enum fake_what what;
	uint32_t countdown; /* 0: nothing fails */
	int error;
	uint32_t calls; /* out: of the call that fails */
	uint32_t kill_point;
	int kill_producer;
	int finished;
};

static int produce(struct dsi_socket *sock, uint32_t n)
{
	int err = 0;

	while (!err && n--) {
		struct dsi_packet *pkt;

		err = dsi_packet_get(sock, soon(), &pkt);
		if (!err)
			err = dsi_packet_commit(sock, pkt);
	}
	return err;
}

static int open_producer(struct dsi_socket **out_sock)
{
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .wait_consumers = 1};
	struct dsi_stream_desc desc = description();
	int err = dsi_producer_create(&desc, &opts, out_sock);

	if (err) {
		*out_sock = NULL;
		return err;
	}
	err = dsi_socket_listen(*out_sock, NAME, NULL);
	return err ? err : dsi_socket_start(*out_sock);
}

static void producer_main(void *arg)
{
	struct scene *scene = arg;
	struct dsi_socket *sock;

	if (!open_producer(&sock) && !produce(sock, 8))
		scene->finished |= 1;
	dsi_socket_destroy(sock);
}

static int consume(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;
	int err;

	while (!(err = dsi_packet_get(sock, soon(), &pkt)))
		(void)dsi_packet_commit(sock, pkt);
	return err;
}

static void consumer_main(void *arg)
{
	struct scene *scene = arg;
	struct dsi_socket *sock;

	if (dsi_consumer_create(NULL, &sock))
		return;
	if (!dsi_socket_connect(sock, NAME, soon()) && !dsi_socket_start(sock))
		scene->finished |= consume(sock) == -DSI_EPIPE ? 2 : 0;
	dsi_socket_destroy(sock);
}

static void by_name(void *arg)
{
	struct scene *scene = arg;
	int producer, consumer;

	if (scene->countdown)
		fake_fail(scene->what, scene->countdown, scene->error);
	producer = fake_spawn_process(producer_main, scene);
	consumer = fake_spawn_process(consumer_main, scene);
	if (scene->kill_point)
		fake_kill_after(scene->kill_producer ? producer : consumer,
				scene->kill_point);
	fake_join(producer);
	fake_join(consumer);
	scene->calls = fake_calls(scene->what);
}

/* ---- components --------------------------------------------------------- */

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct dsi_stream_desc desc = description();

	(void)user;
	return request->role == DSI_ROLE_PRODUCER
		       ? dsi_producer_create(&desc, NULL, out_sock)
		       : dsi_consumer_create(&request->consumer, out_sock);
}

static void on_close(void *user, struct dsi_socket *sock)
{
	(void)user;
	dsi_socket_destroy(sock);
}

static const struct dsi_component_ops ops = {
	.size = sizeof(ops), .open = on_open, .close = on_close};

static void component_main(void *arg)
{
	struct dsi_component *component;
	uint64_t end = fake_now() + 30 * (uint64_t)SECOND;

	if (dsi_component_create(arg, NULL, &ops, NULL, 0, &component))
		return;
	while (dsi_component_serve(component, end) != -DSI_ETIMEDOUT)
		;
	dsi_component_destroy(component);
}

static void control_main(void *arg)
{
	struct dsi_endpoint source = {.size = sizeof(source),
				      .component = "sim.source"};
	struct dsi_endpoint sink = {.size = sizeof(sink),
				    .component = "sim.sink"};
	struct scene *scene = arg;
	struct dsi_stream *stream = NULL;

	if (!dsi_stream_create(NULL, &source, &sink, 1, soon(), &stream) &&
	    !dsi_stream_start(stream, soon()) &&
	    !dsi_stream_stop(stream, soon()))
		scene->finished = 3;
	dsi_stream_destroy(stream);
}

static void by_control(void *arg)
{
	static char source[] = "sim.source", sink[] = "sim.sink";
	struct scene *scene = arg;
	int fibers[3];

	if (scene->countdown)
		fake_fail(scene->what, scene->countdown, scene->error);
	fibers[0] = fake_spawn_process(component_main, source);
	fibers[1] = fake_spawn_process(component_main, sink);
	fibers[2] = fake_spawn_process(control_main, scene);
	if (scene->kill_point)
		fake_kill_after(fibers[scene->kill_producer ? 0 : 2],
				scene->kill_point);
	for (int i = 0; i < 3; i++)
		fake_join(fibers[i]);
	scene->calls = fake_calls(scene->what);
}

/* ---- sweeps ------------------------------------------------------------- */

static int failures;

static void result(const char *name, int ok)
{
	printf("%s - %s%s%s\n", ok ? "ok" : "not ok", name, ok ? "" : ": ",
	       ok ? "" : fake_error());
	fflush(stdout);
	failures += !ok;
}

static const struct {
	enum fake_what what;
	const char *name;
	int error;
} whats[] = {
	{FAKE_ALLOC, "alloc", -DSI_ENOMEM},
	{FAKE_REGION_CREATE, "region create", -DSI_ENOMEM},
	{FAKE_REGION_ATTACH, "region attach", -DSI_EPROTO},
	{FAKE_BELL_PAIR, "bell pair", -DSI_EMFILE},
	{FAKE_LISTEN, "listen", -DSI_EACCES},
	{FAKE_CONNECT, "connect", -DSI_EMFILE},
	{FAKE_ACCEPT, "accept", -DSI_EMFILE},
	{FAKE_CONN_PAIR, "conn pair", -DSI_EMFILE},
	{FAKE_SEND, "send, queue full", -DSI_EAGAIN},
	{FAKE_SEND, "send, peer gone", -DSI_EPIPE},
	{FAKE_RECV, "recv, nothing", -DSI_EAGAIN},
	{FAKE_RECV, "recv, peer gone", -DSI_EPIPE},
	{FAKE_RECV, "recv, too long", -DSI_EPROTO},
	{FAKE_RECV, "recv, no handles", -DSI_EMFILE},
	{FAKE_LOOP_CREATE, "loop create", -DSI_ENOMEM},
	{FAKE_LOOP_ADD, "loop add", -DSI_ENOMEM},
	{FAKE_MONITOR_GET, "monitor get", -DSI_ENOMEM},
};

static void sweep_failures(const char *how, void (*play)(void *),
			   uint64_t seeds)
{
	char name[100];

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		int ok = 1;

		snprintf(name, sizeof(name), "%s, failure: %s", how,
			 whats[i].name);
		for (uint64_t seed = 0; ok && seed < seeds; seed++) {
			struct scene scene = {.what = whats[i].what,
					      .error = whats[i].error};

			do {
				scene.countdown++;
				ok = !fake_run(seed, play, &scene);
			} while (ok && scene.countdown <= scene.calls);
			if (!ok)
				snprintf(name, sizeof(name),
					 "%s, failure %u: %s", how,
					 scene.countdown, whats[i].name);
		}
		result(name, ok);
	}
}

static void sweep_kills(const char *how, void (*play)(void *), int producer,
			uint64_t seeds)
{
	char name[100];
	int ok = 1;

	snprintf(name, sizeof(name), "%s, %s killed", how,
		 producer ? "producer" : "other end");
	for (uint64_t seed = 0; ok && seed < seeds; seed++) {
		struct scene scene = {.kill_producer = producer};

		do {
			scene.finished = 0;
			scene.kill_point++;
			ok = !fake_run(seed, play, &scene);
		} while (ok && scene.finished != 3 && scene.kill_point < 5000);
		if (!ok)
			snprintf(name, sizeof(name), "%s, %s killed at %u", how,
				 producer ? "producer" : "other end",
				 scene.kill_point);
	}
	result(name, ok);
}

/* ---- costs -------------------------------------------------------------- */

static void take_batches(void *arg)
{
	struct dsi_socket *sock = arg;
	struct dsi_packet *pkts[4];
	int32_t n;

	while ((n = dsi_packet_get_many(sock, DSI_FOREVER, pkts, 4)) > 0)
		(void)dsi_packet_commit_many(sock, pkts, (uint32_t)n);
	if (n != -DSI_EPIPE)
		fake_report("consumer ends with %d", (int)n);
}

static void put_batch(struct dsi_socket *sock)
{
	struct dsi_packet *pkts[4];
	struct fake_stats before, after;
	int32_t n = 0;

	while (n < 4) {
		int32_t more = dsi_packet_get_many(sock, soon(), pkts + n,
						   (uint32_t)(4 - n));

		if (more < 0) {
			fake_report("get gives %d", (int)more);
			return;
		}
		n += more;
	}
	/* The clock jumps: by then the consumer sleeps. */
	fake_sleep_until(fake_now() + SECOND);
	fake_stats_self(&before);
	if (dsi_packet_commit_many(sock, pkts, 4))
		fake_report("commit failed");
	fake_stats_self(&after);
	if (after.wakes - before.wakes > 1)
		fake_report("a batch costs %u wakes",
			    (unsigned int)(after.wakes - before.wakes));
	if (after.bells_rung != before.bells_rung)
		fake_report("a bell was rung that nobody asked for");
}

static void costs(void *arg)
{
	struct dsi_socket *producer, *consumer;
	struct fake_stats before, after;
	int fiber;

	(void)arg;
	if (open_producer(&producer) || dsi_consumer_create(NULL, &consumer) ||
	    dsi_socket_connect(consumer, NAME, soon()) ||
	    dsi_socket_start(consumer)) {
		fake_report("no stream");
		return;
	}
	fiber = fake_spawn(take_batches, consumer);
	fake_stats(&before);
	for (uint32_t i = 0; i < 50; i++)
		put_batch(producer);
	fake_stats(&after);
	if (after.allocs != before.allocs || after.frees != before.frees)
		fake_report("the data plane allocates");
	if (after.locks != before.locks)
		fake_report("the data plane locks");
	if (after.sends != before.sends || after.regions != before.regions)
		fake_report("the data plane talks to the control plane");
	dsi_socket_destroy(producer);
	fake_join(fiber);
	dsi_socket_destroy(consumer);
}

/* Nobody sleeps: nobody is woken. */
static void polling(void *arg)
{
	struct dsi_socket *producer, *consumer;
	struct fake_stats before, after;

	(void)arg;
	if (open_producer(&producer) || dsi_consumer_create(NULL, &consumer) ||
	    dsi_socket_connect(consumer, NAME, soon()) ||
	    dsi_socket_start(consumer) || produce(producer, 1)) {
		fake_report("no stream");
		return;
	}
	fake_stats(&before);
	for (uint32_t i = 0; i < 50; i++) {
		struct dsi_packet *pkt;

		if (dsi_packet_get(consumer, 0, &pkt) ||
		    dsi_packet_commit(consumer, pkt) ||
		    dsi_packet_get(producer, 0, &pkt) ||
		    dsi_packet_commit(producer, pkt))
			fake_report("polling fails");
	}
	fake_stats(&after);
	if (after.wakes != before.wakes ||
	    after.wait_calls != before.wait_calls)
		fake_report("who polls enters the kernel");
	dsi_socket_destroy(producer);
	dsi_socket_destroy(consumer);
}

static void repeat(const char *name, void (*play)(void *), uint64_t seeds)
{
	int ok = 1;

	for (uint64_t seed = 0; ok && seed < seeds; seed++)
		ok = !fake_run(seed, play, NULL);
	result(name, ok);
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 0) : 3;
	struct scene whole = {.countdown = 0};

	result("by name", !fake_run(1, by_name, &whole) && whole.finished == 3);
	whole.finished = 0;
	result("by control application",
	       !fake_run(1, by_control, &whole) && whole.finished == 3);
	repeat("costs of a batch", costs, 10 * seeds);
	repeat("costs of polling", polling, 10 * seeds);
	sweep_failures("by name", by_name, seeds);
	sweep_failures("by control application", by_control, seeds);
	sweep_kills("by name", by_name, 0, 2 * seeds);
	sweep_kills("by name", by_name, 1, 2 * seeds);
	sweep_kills("by control application", by_control, 0, seeds);
	sweep_kills("by control application", by_control, 1, seeds);
	return failures ? 1 : 0;
}
