/* SPDX-License-Identifier: MIT */
/*
 * test_control.c - a control application joins components: of other
 * processes and of its own, starts and stops them, adds and removes, and
 * sees what goes wrong.
 */
#include <string.h>

#include <dsi/component.h>
#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/stream.h>

#include "conf.h"

#define SOURCE "conf.source"
#define SINK "conf.sink"
#define SINK2 "conf.sink2"

#define STEP_END 5u /* the components may go */

/* ---- a component: one socket at a time ---------------------------------- */

struct part {
	struct dsi_component *component;
	struct dsi_socket *sock;
	uint32_t role;
	uint32_t place; /* of its count in conf_shared->values */
	uint32_t packets;
	int worker; /* -1: none */
	int open_error;
	uint64_t next; /* number of the next packet, consumers */
	uint32_t calls_connect, calls_close;
	char argument[DSI_ARGUMENT_BYTES];
};

static int produce(struct part *part)
{
	struct dsi_packet *pkt;
	int err;

	while ((err = dsi_packet_get(part->sock, DSI_FOREVER, &pkt)) == 0) {
		uint64_t n = atomic_load(&conf_shared->values[part->place]);

		conf_try(conf_fill(pkt, n));
		conf_equal(dsi_packet_set_number(pkt, n), 0);
		conf_equal(dsi_packet_commit(part->sock, pkt), 0);
		atomic_store(&conf_shared->values[part->place], n + 1);
		if (n % 4 == 3)
			conf_sleep_until(dsi_now() + 100000);
	}
	conf_check(err == -DSI_ECANCELED || err == -DSI_EPIPE);
	return 0;
}

static int consume(struct part *part)
{
	struct dsi_packet *pkt;
	int err;

	while ((err = dsi_packet_get(part->sock, DSI_FOREVER, &pkt)) == 0) {
		uint64_t number = dsi_packet_number(pkt);

		if (part->next)
			conf_equal(number, part->next);
		part->next = number + 1;
		conf_try(conf_filled(pkt, number));
		conf_equal(dsi_packet_commit(part->sock, pkt), 0);
		atomic_fetch_add(&conf_shared->values[part->place], 1);
	}
	conf_check(err == -DSI_ECANCELED || err == -DSI_EPIPE);
	return 0;
}

static int work(void *arg)
{
	struct part *part = arg;

	return part->role == DSI_ROLE_PRODUCER ? produce(part) : consume(part);
}

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct part *part = user;
	struct dsi_stream_desc desc = conf_desc(part->packets);

	if (part->open_error)
		return part->open_error;
	if (part->sock)
		return -DSI_EBUSY;
	part->role = request->role;
	part->next = 0;
	memcpy(part->argument, request->argument, sizeof(part->argument));
	if (request->role == DSI_ROLE_PRODUCER) {
		int err;

		if (request->desc.packets)
			desc.packets = request->desc.packets;
		err = dsi_producer_create(&desc, NULL, &part->sock);
		*out_sock = part->sock;
		return err;
	}
	if (dsi_consumer_create(&request->consumer, &part->sock))
		return -DSI_EINVAL;
	*out_sock = part->sock;
	return 0;
}

static int on_connect(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	part->calls_connect++;
	return sock == part->sock ? 0 : -DSI_EINVAL;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	if (sock != part->sock || part->worker >= 0)
		return -DSI_EINVAL;
	part->worker = conf_spawn_thread(work, part);
	return 0;
}

static int on_stop(void *user, struct dsi_socket *sock)
{
	struct part *part = user;
	int result;

	if (sock != part->sock || part->worker < 0)
		return -DSI_EINVAL;
	result = conf_join(part->worker);
	part->worker = -1;
	return result ? -DSI_EIO : 0;
}

static void on_close(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	if (sock != part->sock || part->worker >= 0)
		conf_fail(__FILE__, __LINE__, "close comes out of order");
	part->calls_close++;
	part->sock = NULL;
	dsi_socket_destroy(sock);
}

static const struct dsi_component_ops ops = {
	.size = sizeof(ops),
	.open = on_open,
	.connect = on_connect,
	.start = on_start,
	.stop = on_stop,
	.close = on_close,
};

static int part_begin(struct part *part, const char *name, uint32_t place,
		      uint32_t flags)
{
	memset(part, 0, sizeof(*part));
	part->worker = -1;
	part->packets = 4;
	part->place = place;
	conf_equal(dsi_component_create(name, NULL, &ops, part, flags,
					&part->component),
		   0);
	return 0;
}

/* A process that serves one component until STEP_END. */
static int serve(const char *name, uint32_t place)
{
	struct part part;

	conf_try(part_begin(&part, name, place, 0));
	while (atomic_load(&conf_shared->steps[STEP_END]) == 0) {
		int err = dsi_component_serve(part.component, conf_soon());

		conf_check(err == 0 || err == -DSI_ETIMEDOUT);
	}
	dsi_component_destroy(part.component);
	conf_check(!part.sock);
	return 0;
}

static int serve_source(uint64_t arg)
{
	(void)arg;
	return serve(SOURCE, 0);
}

static int serve_sink(uint64_t arg)
{
	(void)arg;
	return serve(SINK, 1);
}

static int serve_sink2(uint64_t arg)
{
	(void)arg;
	return serve(SINK2, 2);
}

/* ---- the control application -------------------------------------------- */

static struct dsi_endpoint endpoint(const char *name)
{
	struct dsi_endpoint end = {.size = sizeof(end), .component = name};

	end.consumer.size = sizeof(end.consumer);
	return end;
}

static struct dsi_endpoint local(struct part *part)
{
	struct dsi_endpoint end = endpoint(NULL);

	end.local = part->component;
	return end;
}

static int create(const struct dsi_endpoint *source,
		  const struct dsi_endpoint *sinks, uint32_t n,
		  struct dsi_stream **out_stream)
{
	int err = dsi_stream_create(NULL, source, sinks, n, conf_later(),
				    out_stream);

	if (err)
		conf_fail(__FILE__, __LINE__, "create: %d, %s", err,
			  dsi_stream_error(*out_stream));
	return err != 0;
}

/* Wait until a part has moved @n more packets. */
static int flows(uint32_t place, uint64_t n)
{
	uint64_t goal = atomic_load(&conf_shared->values[place]) + n;
	uint64_t deadline = conf_later();

	while (atomic_load(&conf_shared->values[place]) < goal) {
		conf_check(dsi_now() < deadline);
		conf_check(!atomic_load(&conf_shared->failed));
		conf_sleep_until(conf_in_ms(1));
	}
	return 0;
}

static int control_processes(void)
{
	int peers[3] = {conf_spawn_process(serve_source, 0),
			conf_spawn_process(serve_sink, 0),
			conf_spawn_process(serve_sink2, 0)};
	struct dsi_endpoint source = endpoint(SOURCE);
	struct dsi_endpoint sinks[2] = {endpoint(SINK), endpoint(SINK2)};
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_stream_desc desc;
	struct dsi_stream *stream;

	conf_try(create(&source, sinks, 2, &stream));
	conf_equal(dsi_stream_state(stream), DSI_STATE_CONNECTED);
	conf_equal(dsi_stream_error(stream)[0], 0);
	memset(&desc, 0, sizeof(desc));
	desc.size = sizeof(desc);
	conf_equal(dsi_stream_desc(stream, &desc), 0);
	conf_equal(desc.packets, 4);
	conf_equal(desc.packet_bytes, CONF_BYTES);
	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(dsi_stream_start(stream, conf_later()), 0);
		conf_equal(dsi_stream_state(stream), DSI_STATE_RUNNING);
		conf_try(flows(1, 40));
		conf_try(flows(2, 40));
		conf_equal(dsi_stream_stop(stream, conf_later()), 0);
		conf_equal(dsi_stream_state(stream), DSI_STATE_STOPPING);
	}
	conf_equal(dsi_stream_stats(stream, 0, conf_later(), &stats), 0);
	conf_equal(stats.committed, atomic_load(&conf_shared->values[0]));
	conf_equal(stats.consumers, 2);
	conf_equal(stats.state, DSI_STATE_STOPPING);
	conf_equal(dsi_stream_stats(stream, 2, conf_later(), &stats), 0);
	conf_equal(stats.committed, atomic_load(&conf_shared->values[2]));
	dsi_stream_destroy(stream);
	conf_step(STEP_END);
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(conf_join(peers[i]), 0);
	return 0;
}

static int local_begin(struct part *parts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		conf_try(part_begin(&parts[i], NULL, i, DSI_COMPONENT_THREAD));
	return 0;
}

static void local_end(struct part *parts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		dsi_component_destroy(parts[i].component);
}

static int control_in_one_process(void)
{
	struct dsi_endpoint source, sink;
	struct dsi_stream_desc wish = {.size = sizeof(wish), .packets = 7};
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_stream *stream;
	struct part parts[2];

	conf_try(local_begin(parts, 2));
	source = local(&parts[0]);
	source.argument = "some text";
	sink = local(&parts[1]);
	for (uint32_t i = 0; i < 2; i++) {
		conf_equal(dsi_stream_create(&wish, &source, &sink, 1,
					     conf_later(), &stream),
			   0);
		conf_equal(strcmp(parts[0].argument, "some text"), 0);
		conf_equal(parts[1].argument[0], 0);
		conf_equal(dsi_stream_desc(stream, &desc), 0);
		conf_equal(desc.packets, 7);
		conf_equal(dsi_stream_start(stream, conf_later()), 0);
		conf_try(flows(1, 30));
		/* Destroy stops what runs. */
		dsi_stream_destroy(stream);
		conf_equal(parts[0].calls_close, i + 1);
		conf_equal(parts[1].calls_close, i + 1);
		conf_equal(parts[0].calls_connect, i + 1);
		conf_equal(parts[1].calls_connect, i + 1);
		atomic_store(&conf_shared->values[0], 0);
	}
	dsi_stream_destroy(NULL);
	dsi_component_destroy(NULL);
	local_end(parts, 2);
	return 0;
}

static int control_add_and_remove(void)
{
	struct dsi_endpoint source, sinks[3];
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint32_t second, third, again;
	struct dsi_stream *stream;
	struct part parts[4];

	conf_try(local_begin(parts, 4));
	source = local(&parts[0]);
	for (uint32_t i = 0; i < 3; i++)
		sinks[i] = local(&parts[i + 1]);
	conf_try(create(&source, sinks, 1, &stream));
	/* Before it runs, and while it does. */
	conf_equal(dsi_stream_add(stream, &sinks[1], conf_later(), &second), 0);
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 20));
	conf_try(flows(2, 20));
	conf_equal(dsi_stream_add(stream, &sinks[2], conf_later(), &third), 0);
	conf_check(second != third);
	conf_try(flows(3, 20));
	conf_try(flows(1, 20));
	conf_equal(dsi_stream_stats(stream, third + 1, conf_later(), &stats),
		   0);
	conf_check(stats.committed >= 20);
	/* The others go on. */
	conf_equal(dsi_stream_remove(stream, second, conf_later()), 0);
	conf_equal(parts[2].calls_close, 1);
	conf_try(flows(1, 20));
	conf_try(flows(3, 20));
	conf_check(dsi_stream_stats(stream, second + 1, conf_later(), &stats) <
		   0);
	conf_check(dsi_stream_remove(stream, second, conf_later()) < 0);
	conf_equal(dsi_stream_remove(stream, DSI_MAX_CONSUMERS, conf_later()),
		   -DSI_EINVAL);
	conf_equal(dsi_stream_add(stream, &sinks[1], conf_later(), &again), 0);
	conf_try(flows(2, 20));
	conf_equal(dsi_stream_state(stream), DSI_STATE_RUNNING);
	dsi_stream_destroy(stream);
	local_end(parts, 4);
	return 0;
}

/* Who joined before the start misses nothing. */
static int control_add_before_start(void)
{
	struct dsi_endpoint source, sinks[2];
	struct dsi_stream *stream;
	struct part parts[3];
	uint32_t index;

	conf_try(local_begin(parts, 3));
	source = local(&parts[0]);
	sinks[0] = local(&parts[1]);
	sinks[1] = local(&parts[2]);
	conf_try(create(&source, sinks, 1, &stream));
	conf_equal(dsi_stream_add(stream, &sinks[1], conf_later(), &index), 0);
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 20));
	conf_try(flows(2, 20));
	conf_equal(dsi_stream_stop(stream, conf_later()), 0);
	for (uint32_t i = 1; i < 3; i++)
		conf_equal(parts[i].next, atomic_load(&conf_shared->values[i]));
	dsi_stream_destroy(stream);
	local_end(parts, 3);
	return 0;
}

/* ---- what goes wrong ---------------------------------------------------- */

static int control_wrong_order(void)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_endpoint source, sink, both;
	struct dsi_stream *stream = NULL;
	struct part parts[2];
	uint32_t index;

	conf_try(local_begin(parts, 2));
	source = local(&parts[0]);
	sink = local(&parts[1]);
	conf_equal(
		dsi_stream_create(NULL, NULL, &sink, 1, conf_later(), &stream),
		-DSI_EINVAL);
	conf_equal(dsi_stream_create(NULL, &source, &sink, 0, conf_later(),
				     &stream),
		   -DSI_EINVAL);
	conf_equal(dsi_stream_create(NULL, &source, &sink,
				     DSI_MAX_CONSUMERS + 1, conf_later(),
				     &stream),
		   -DSI_EINVAL);
	conf_check(!stream);
	both = sink;
	both.component = SINK;
	conf_equal(dsi_stream_create(NULL, &source, &both, 1, conf_later(),
				     &stream),
		   -DSI_EINVAL);
	both.local = NULL;
	both.component = "no/name";
	conf_equal(dsi_stream_create(NULL, &source, &both, 1, conf_later(),
				     &stream),
		   -DSI_EINVAL);
	conf_equal(dsi_stream_start(NULL, 0), -DSI_EINVAL);
	conf_equal(dsi_stream_stop(NULL, 0), -DSI_EINVAL);
	conf_equal(dsi_stream_state(NULL), -DSI_EINVAL);
	conf_equal(dsi_stream_desc(NULL, &desc), -DSI_EINVAL);
	conf_try(create(&source, &sink, 1, &stream));
	conf_equal(dsi_stream_stats(stream, 17, 0, &stats), -DSI_EINVAL);
	conf_equal(dsi_stream_add(stream, NULL, 0, &index), -DSI_EINVAL);
	/* The component has one socket only. */
	conf_equal(dsi_stream_add(stream, &sink, conf_later(), &index),
		   -DSI_EBUSY);
	conf_check(dsi_stream_error(stream)[0]);
	conf_equal(dsi_stream_state(stream), DSI_STATE_CONNECTED);
	/* It did no harm. */
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 10));
	conf_equal(dsi_stream_stop(stream, conf_later()), 0);
	conf_equal(dsi_stream_stop(stream, conf_later()), 0);
	dsi_stream_destroy(stream);
	local_end(parts, 2);
	return 0;
}

static int control_unknown_component(void)
{
	struct dsi_endpoint source, sink = endpoint("conf.nobody");
	struct dsi_stream *stream = NULL;
	struct part part;
	uint32_t index;

	conf_try(local_begin(&part, 1));
	source = local(&part);
	/* Long enough for the first to open before the time is up. */
	conf_equal(dsi_stream_create(NULL, &source, &sink, 1, conf_in_ms(1000),
				     &stream),
		   -DSI_ETIMEDOUT);
	conf_check(stream);
	conf_equal(dsi_stream_state(stream), DSI_STATE_FAILED);
	conf_check(strstr(dsi_stream_error(stream), "conf.nobody"));
	conf_check(dsi_stream_start(stream, conf_soon()) < 0);
	conf_check(dsi_stream_add(stream, &sink, conf_soon(), &index) < 0);
	dsi_stream_destroy(stream);
	/* What was opened already is closed again. */
	conf_equal(part.calls_close, 1);
	local_end(&part, 1);
	return 0;
}

static int control_open_fails(void)
{
	int peer = conf_spawn_process(serve_sink, 0);
	struct dsi_endpoint source, sink = endpoint(SINK);
	struct dsi_stream *stream = NULL;
	struct part part;

	conf_try(local_begin(&part, 1));
	source = local(&part);
	part.open_error = -DSI_EACCES;
	conf_equal(dsi_stream_create(NULL, &source, &sink, 1, conf_later(),
				     &stream),
		   -DSI_EACCES);
	conf_equal(dsi_stream_state(stream), DSI_STATE_FAILED);
	conf_check(dsi_stream_error(stream)[0]);
	dsi_stream_destroy(stream);
	/* The consumer does not fit. */
	part.open_error = 0;
	strcpy(sink.consumer.format, "text/strange");
	conf_equal(dsi_stream_create(NULL, &source, &sink, 1, conf_later(),
				     &stream),
		   -DSI_ENOMATCH);
	conf_check(strstr(dsi_stream_error(stream), "format"));
	conf_check(strstr(dsi_stream_error(stream), SINK));
	dsi_stream_destroy(stream);
	/* And now it does. */
	sink.consumer.format[0] = '\0';
	conf_try(create(&source, &sink, 1, &stream));
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 10));
	dsi_stream_destroy(stream);
	local_end(&part, 1);
	conf_step(STEP_END);
	conf_equal(conf_join(peer), 0);
	return 0;
}

/* Wait for an event of these members (a mask), in any order. */
static int await_stream_event(struct dsi_stream *stream, uint32_t event,
			      uint32_t members)
{
	struct dsi_event_source source;

	while (members) {
		memset(&source, 0, sizeof(source));
		source.stream = stream;
		source.mask = event;
		conf_equal(dsi_select(&source, 1, conf_later()), 1);
		conf_equal(source.events, event);
		conf_check(source.member < 17);
		conf_check(members & (1u << source.member));
		members &= ~(1u << source.member);
	}
	return 0;
}

static int control_component_dies(void)
{
	int victim = conf_spawn_process(serve_sink, 0);
	int peer = conf_spawn_process(serve_sink2, 0);
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_endpoint source,
		sinks[2] = {endpoint(SINK), endpoint(SINK2)};
	struct dsi_stream *stream;
	struct part part;

	conf_try(local_begin(&part, 1));
	source = local(&part);
	conf_try(create(&source, sinks, 2, &stream));
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 10));
	conf_try(flows(2, 10));
	conf_kill(victim);
	conf_equal(conf_join(victim), CONF_KILLED);
	/* Seen by the producer, and by us. */
	conf_try(await_stream_event(stream, DSI_EVENT_PEER_GONE,
				    1 << 0 | 1 << 1));
	conf_equal(dsi_stream_stats(stream, 1, conf_later(), &stats),
		   -DSI_EPIPE);
	conf_try(flows(2, 20));
	conf_equal(dsi_stream_stop(stream, conf_later()), 0);
	dsi_stream_destroy(stream);
	local_end(&part, 1);
	conf_step(STEP_END);
	conf_equal(conf_join(peer), 0);
	return 0;
}

static int start_and_die(uint64_t arg)
{
	struct dsi_endpoint source = endpoint(SOURCE), sink = endpoint(SINK);
	struct dsi_stream *stream;

	(void)arg;
	conf_try(create(&source, &sink, 1, &stream));
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 10));
	conf_die();
}

static int control_application_dies(void)
{
	int control = conf_spawn_process(start_and_die, 0);
	uint64_t deadline = conf_later();
	struct part parts[2];

	conf_try(part_begin(&parts[0], SOURCE, 0, DSI_COMPONENT_THREAD));
	conf_try(part_begin(&parts[1], SINK, 1, 0));
	conf_equal(dsi_component_sockets(parts[1].component), 0);
	/* Its sockets go with it. */
	while (parts[1].calls_close == 0) {
		int err = dsi_component_serve(parts[1].component, conf_soon());

		conf_check(err == 0 || err == -DSI_ETIMEDOUT);
		conf_check(dsi_now() < deadline);
	}
	conf_equal(conf_join(control), CONF_KILLED);
	conf_equal(dsi_component_sockets(parts[1].component), 0);
	local_end(parts, 2);
	conf_equal(parts[0].calls_close, 1);
	return 0;
}

static int control_events(void)
{
	struct dsi_event_source member;
	struct dsi_endpoint source, sink;
	struct dsi_stream *stream;
	struct part parts[2];

	conf_try(local_begin(parts, 2));
	source = local(&parts[0]);
	sink = local(&parts[1]);
	conf_try(create(&source, &sink, 1, &stream));
	conf_equal(dsi_stream_start(stream, conf_later()), 0);
	conf_try(flows(1, 10));
	conf_equal(dsi_socket_raise(parts[1].sock, 0x010000), 0);
	conf_try(await_stream_event(stream, 0x010000, 1 << 1));
	conf_equal(dsi_socket_raise(parts[0].sock, 0x020000), 0);
	conf_try(await_stream_event(stream, 0x020000, 1 << 0));
	memset(&member, 0, sizeof(member));
	member.stream = stream;
	member.mask = DSI_EVENT_USER;
	conf_equal(dsi_select(&member, 1, 0), -DSI_EAGAIN);
	conf_equal(dsi_select(&member, 1, conf_soon()), -DSI_ETIMEDOUT);
	member.mask = DSI_EVENT_DATA; /* only for sockets */
	conf_equal(dsi_select(&member, 1, 0), -DSI_EINVAL);
	dsi_stream_destroy(stream);
	local_end(parts, 2);
	return 0;
}

/* ---- components alone --------------------------------------------------- */

static int shut_down_later(void *arg)
{
	struct part *part = arg;

	conf_sleep_until(conf_soon());
	dsi_component_shutdown(part->component);
	return 0;
}

static int component_serve(void)
{
	struct part part;
	uint64_t soon;
	int peer;

	conf_try(part_begin(&part, SINK, 0, 0));
	conf_equal(dsi_component_serve(part.component, 0), -DSI_EAGAIN);
	soon = conf_soon();
	conf_equal(dsi_component_serve(part.component, soon), -DSI_ETIMEDOUT);
	conf_check(dsi_now() >= soon);
	conf_equal(dsi_component_sockets(part.component), 0);
	peer = conf_spawn_thread(shut_down_later, &part);
	conf_equal(dsi_component_serve(part.component, DSI_FOREVER),
		   -DSI_ECANCELED);
	conf_equal(dsi_component_serve(part.component, DSI_FOREVER),
		   -DSI_ECANCELED);
	conf_equal(conf_join(peer), 0);
	conf_equal(dsi_component_serve(NULL, 0), -DSI_EINVAL);
	conf_equal(dsi_component_sockets(NULL), -DSI_EINVAL);
	dsi_component_destroy(part.component);
	return 0;
}

static int component_misuse(void)
{
	struct dsi_component *first, *second;
	struct dsi_component_ops wrong = ops;
	struct part part;

	memset(&part, 0, sizeof(part));
	conf_equal(dsi_component_create(SINK, NULL, NULL, &part, 0, &first),
		   -DSI_EINVAL);
	wrong.open = NULL;
	conf_equal(dsi_component_create(SINK, NULL, &wrong, &part, 0, &first),
		   -DSI_EINVAL);
	wrong = ops;
	wrong.reserved = 1;
	conf_equal(dsi_component_create(SINK, NULL, &wrong, &part, 0, &first),
		   -DSI_EINVAL);
	conf_equal(dsi_component_create("a/b", NULL, &ops, &part, 0, &first),
		   -DSI_EINVAL);
	conf_equal(dsi_component_create(SINK, NULL, &ops, &part, 0, &first), 0);
	conf_equal(dsi_component_create(SINK, NULL, &ops, &part, 0, &second),
		   -DSI_EEXIST);
	dsi_component_destroy(first);
	conf_equal(dsi_component_create(SINK, NULL, &ops, &part, 0, &second),
		   0);
	dsi_component_destroy(second);
	return 0;
}

const struct conf_test conf_control_tests[] = {
	{"control_processes", control_processes},
	{"control_in_one_process", control_in_one_process},
	{"control_add_and_remove", control_add_and_remove},
	{"control_add_before_start", control_add_before_start},
	{"control_wrong_order", control_wrong_order},
	{"control_unknown_component", control_unknown_component},
	{"control_open_fails", control_open_fails},
	{"control_component_dies", control_component_dies},
	{"control_application_dies", control_application_dies},
	{"control_events", control_events},
	{"component_serve", component_serve},
	{"component_misuse", component_misuse},
	{NULL, NULL},
};
