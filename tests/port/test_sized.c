/* SPDX-License-Identifier: MIT */
/*
 * test_sized.c - streams that size themselves by what their ends declare, and
 * connections whose ends disagree.
 */
#include <string.h>

#include <dsi/dsi.h>

#include "conf.h"

#define NAME "conf.sized"
#define MS UINT64_C(1000000)
#define HZ UINT64_C(1000000000)

/* 25 a second, each packet filled for a whole period, 15 ms late. */
static const struct dsi_traffic camera = {
	.tick_hz = 200, .period = 8, .jitter = 3, .hold = 8};

/* Holds each packet for a period: 95 ms, 3 packets. */
static struct dsi_usage screen(void)
{
	return (struct dsi_usage){
		.tick_hz = HZ, .period = 40 * MS, .hold = 40 * MS};
}

static struct dsi_stream_desc desc_of(uint32_t packets)
{
	struct dsi_stream_desc desc = conf_desc(packets);

	desc.traffic = camera;
	return desc;
}

static struct dsi_consumer_options usage_of(uint32_t policy)
{
	struct dsi_consumer_options opts = conf_policy(policy);

	opts.usage = screen();
	return opts;
}

static int packets_of(const struct dsi_socket *sock)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	int err = dsi_socket_desc(sock, &desc);

	return err ? err : (int)desc.packets;
}

static int contains(const char *sentence, const char *words)
{
	if (strstr(sentence, words))
		return 0;
	conf_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", sentence,
		  words);
	return 1;
}

/* Connect so; it must fail, saying @words. */
static int refused(const struct dsi_consumer_options *opts, int expected,
		   const char *words)
{
	struct dsi_socket *sock;

	conf_equal(dsi_consumer_create(opts, &sock), 0);
	conf_equal(dsi_socket_connect(sock, NAME, conf_later()), expected);
	conf_try(contains(dsi_socket_error(sock), words));
	conf_equal(dsi_socket_state(sock), DSI_STATE_CREATED);
	dsi_socket_destroy(sock);
	return 0;
}

/* ---- by name ------------------------------------------------------------- */

static int listen(const struct dsi_stream_desc *desc,
		  const struct dsi_usage *readers, uint32_t n,
		  struct dsi_socket **out_sock)
{
	struct dsi_producer_options opts = {
		.size = sizeof(opts), .readers = readers, .n_readers = n};

	conf_equal(dsi_producer_create(desc, &opts, out_sock), 0);
	conf_equal(dsi_socket_listen(*out_sock, NAME, NULL), 0);
	conf_equal(dsi_socket_start(*out_sock), 0);
	return 0;
}

static int sized_by_name(void)
{
	struct dsi_usage readers[2] = {screen(), screen()};
	struct dsi_consumer_options opts = usage_of(DSI_POLICY_BLOCK);
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_stream_desc desc = desc_of(0);
	struct dsi_socket *producer, *consumer;
	uint64_t hz = 0;

	readers[1].hold = 100 * MS; /* 155 ms: 4 packets */
	conf_try(listen(&desc, readers, 2, &producer));
	conf_equal(packets_of(producer), 4);
	opts.usage = readers[1];
	conf_equal(dsi_consumer_create(&opts, &consumer), 0);
	conf_equal(dsi_socket_need(consumer, &need, &hz), -DSI_ENOTCONN);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()), 0);
	conf_equal(dsi_socket_start(consumer), 0);
	conf_equal(packets_of(consumer), 4);
	conf_equal(dsi_socket_need(consumer, &need, &hz), 0);
	conf_equal(hz, HZ);
	conf_equal(need.slots, 4);
	conf_equal(need.start.whole, 15 * MS + 1);
	conf_equal(need.lifetime.whole, 155 * MS + 1);
	conf_equal(need.release_max.whole, 115 * MS + 1);
	conf_equal(dsi_socket_need(producer, &need, &hz), -DSI_EINVAL);
	conf_equal(dsi_socket_need(NULL, &need, &hz), -DSI_EINVAL);
	conf_equal(dsi_socket_need(consumer, NULL, &hz), -DSI_EINVAL);
	for (uint64_t i = 0; i < 9; i++) {
		conf_try(conf_put(producer, i, 0));
		conf_try(conf_take(consumer, i, 0));
	}
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* No producer without an answer. */
static int sized_not_at_all(void)
{
	struct dsi_usage reader = screen();
	struct dsi_producer_options opts = {
		.size = sizeof(opts), .readers = &reader, .n_readers = 1};
	struct dsi_stream_desc desc = desc_of(0);
	struct dsi_socket *sock;
	char why[256];

	conf_equal(dsi_producer_create(&desc, NULL, &sock), -DSI_EINVAL);
	reader.period++;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_ENOMATCH);
	conf_equal(dsi_stream_desc_size(&desc, &reader, 1, why, sizeof(why)),
		   -DSI_ENOMATCH);
	conf_try(contains(why, "the stream has 40 ms, the consumer expects "
			       "40000001 ns"));
	reader = screen();
	reader.drift_ppb = 1;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_EDOM);
	reader = screen();
	reader.hold = 3600 * HZ;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_ERANGE);
	conf_equal(dsi_stream_desc_size(&desc, &reader, 1, why, sizeof(why)),
		   -DSI_ERANGE);
	conf_try(contains(why, "90002 would be needed"));
	reader.hold = DSI_TICKS_MAX + 1;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_EINVAL);
	reader = screen();
	desc.traffic.reserved = 1;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_EINVAL);
	desc = desc_of(0);
	desc.data_bytes = CONF_BYTES; /* for one, and 3 are needed */
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_EINVAL);
	desc.data_bytes = 0;
	opts.n_readers = DSI_MAX_CONSUMERS + 1;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_EINVAL);
	opts.n_readers = 1;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), 0);
	conf_equal(packets_of(sock), 3);
	dsi_socket_destroy(sock);
	return 0;
}

/* ---- ends that disagree -------------------------------------------------- */

static int sized_refuse(void)
{
	struct dsi_consumer_options opts = usage_of(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = desc_of(3);
	struct dsi_socket *producer, *consumer;
	struct dsi_usage bad = screen();

	conf_try(listen(&desc, NULL, 0, &producer));
	opts.usage.period = 20 * MS;
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "period: the stream has 40 ms, the consumer expects "
			 "20 ms"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.hold = 65 * MS - 1; /* with the start 120 ms, 3 periods */
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "needs 4, the stream has 3 for it"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.drift_ppb = 20000;
	conf_try(refused(&opts, -DSI_EDOM, "drift"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.flags = DSI_READER_START_GIVEN;
	opts.usage.start = 15 * MS;
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "must start no earlier than 15000001 ns"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.pace = DSI_PACE_SERVICE;
	opts.usage.service = 41 * MS;
	conf_try(refused(&opts, -DSI_EDOM, "service"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.pace = DSI_PACE_STALL;
	opts.usage.batch = 2;
	conf_try(refused(&opts, -DSI_ENOTSUP, "batch"));
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.tick_hz = DSI_TICKS_MAX - 1;
	opts.usage.period = 0;
	conf_try(refused(&opts, -DSI_EOVERFLOW, "no common multiple"));
	opts = usage_of(DSI_POLICY_RECLAIM);
	opts.usage.hold = 65 * MS;
	conf_try(refused(&opts, -DSI_ENOMATCH, "needs 4, the stream has 3"));
	/* What is not valid does not get so far. */
	bad.reserved = 1;
	opts.usage = bad;
	conf_equal(dsi_consumer_create(&opts, &consumer), -DSI_EINVAL);
	/* Who fits may come, and who does not say anything. */
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.hold = 65 * MS - 2;
	conf_try(conf_consume(NAME, &opts, &consumer));
	dsi_socket_destroy(consumer);
	conf_try(conf_consume(NAME, NULL, &consumer));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* A stream that declares nothing. */
static int sized_undeclared(void)
{
	struct dsi_consumer_options opts = usage_of(DSI_POLICY_BLOCK);
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_stream_desc desc = conf_desc(1);
	struct dsi_socket *producer, *consumer;
	uint64_t hz;

	conf_try(listen(&desc, NULL, 0, &producer));
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "the stream declares none, the consumer expects 40 "
			 "ms"));
	opts.usage.period = 0;
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_equal(dsi_socket_need(consumer, &need, &hz), -DSI_EDOM);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* DROP_NEW: its own queue counts, and is as long as it must be; what others
 * need is not taken from them. */
static int sized_queues(void)
{
	struct dsi_consumer_options opts = usage_of(DSI_POLICY_DROP_NEW);
	struct dsi_stream_desc desc = desc_of(7);
	struct dsi_socket *producer, *blocking, *dropping;

	conf_try(listen(&desc, NULL, 0, &producer));
	opts.queue_packets = 2;
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "queue_packets: by what both ends declare the "
			 "consumer needs 3, its queue takes 2"));
	/* A quarter would be 1. */
	opts.queue_packets = 0;
	conf_try(conf_consume(NAME, &opts, &dropping));
	for (uint64_t i = 0; i < 4; i++)
		conf_try(conf_put(producer, i, 0));
	conf_equal(conf_stats(producer).dropped, 1);
	for (uint64_t i = 0; i < 3; i++)
		conf_try(conf_take(dropping, i, 0));
	conf_equal(conf_try_get(dropping, 0), -DSI_EAGAIN);
	/* 3 of 7 are its own, and one for the end: 3 are left. */
	opts = usage_of(DSI_POLICY_BLOCK);
	opts.usage.hold = 65 * MS;
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "needs 4, the stream has 3 for it"));
	opts = usage_of(DSI_POLICY_BLOCK);
	conf_try(conf_consume(NAME, &opts, &blocking));
	opts = conf_policy(DSI_POLICY_DROP_NEW);
	opts.queue_packets = 1;
	conf_try(refused(&opts, -DSI_ENOSPC, "leave at most 0"));
	dsi_socket_destroy(blocking);
	dsi_socket_destroy(dropping);
	dsi_socket_destroy(producer);
	return 0;
}

/* Fewer descriptors than packets: they count as well. */
static int sized_short_ring(void)
{
	struct dsi_consumer_options opts = usage_of(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = desc_of(8);
	struct dsi_socket *producer;

	desc.ring_slots = 2;
	conf_try(listen(&desc, NULL, 0, &producer));
	conf_try(refused(&opts, -DSI_ENOMATCH,
			 "needs 3, the stream has 2 for it"));
	dsi_socket_destroy(producer);
	return 0;
}

/* ---- by a control application -------------------------------------------- */

struct part {
	struct dsi_component *component;
	uint32_t packets;	/* instead of those that are wished, or 0 */
	struct dsi_usage usage; /* likewise */
	struct dsi_open_request request; /* the last one */
};

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct dsi_consumer_options opts = request->consumer;
	struct dsi_stream_desc desc = request->desc;
	struct part *part = user;

	part->request = *request;
	if (request->role == DSI_ROLE_CONSUMER) {
		if (part->usage.tick_hz)
			opts.usage = part->usage;
		return dsi_consumer_create(&opts, out_sock);
	}
	if (part->packets)
		desc.packets = part->packets;
	desc.packet_bytes = CONF_BYTES;
	return dsi_producer_create(&desc, NULL, out_sock);
}

static void on_close(void *user, struct dsi_socket *sock)
{
	(void)user;
	dsi_socket_destroy(sock);
}

#define SINKS 3u

struct world {
	struct part parts[1 + SINKS];
	struct dsi_endpoint source, sinks[SINKS];
	struct dsi_stream_desc desc;
	struct dsi_stream *stream;
};

static int world_begin(struct world *world)
{
	static const struct dsi_component_ops ops = {
		.size = sizeof(ops), .open = on_open, .close = on_close};

	memset(world, 0, sizeof(*world));
	world->desc.size = sizeof(world->desc);
	world->desc.traffic = camera;
	for (uint32_t i = 0; i < 1 + SINKS; i++) {
		struct dsi_endpoint *end =
			i ? &world->sinks[i - 1] : &world->source;

		conf_equal(dsi_component_create(NULL, NULL, &ops,
						&world->parts[i],
						DSI_COMPONENT_THREAD,
						&world->parts[i].component),
			   0);
		end->size = sizeof(*end);
		end->local = world->parts[i].component;
		end->consumer = usage_of(DSI_POLICY_BLOCK);
	}
	return 0;
}

static void world_end(struct world *world)
{
	for (uint32_t i = 0; i < 1 + SINKS; i++)
		dsi_component_destroy(world->parts[i].component);
}

static int create(struct world *world, uint32_t n)
{
	return dsi_stream_create(&world->desc, &world->source, world->sinks, n,
				 conf_later(), &world->stream);
}

/* It must fail, saying @words. */
static int create_fails(struct world *world, uint32_t n, int expected,
			const char *words)
{
	conf_equal(create(world, n), expected);
	conf_check(world->stream);
	conf_equal(dsi_stream_state(world->stream), DSI_STATE_FAILED);
	conf_try(contains(dsi_stream_error(world->stream), words));
	dsi_stream_destroy(world->stream);
	return 0;
}

static int created_with(struct world *world, uint32_t n, uint32_t packets)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	int err = create(world, n);

	if (err)
		conf_fail(__FILE__, __LINE__, "create: %d, %s", err,
			  dsi_stream_error(world->stream));
	conf_equal(err, 0);
	conf_equal(dsi_stream_desc(world->stream, &desc), 0);
	conf_equal(desc.packets, packets);
	return 0;
}

static int sized_create(void)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	static struct world world;
	uint64_t hz = 0;

	conf_try(world_begin(&world));
	/* One of each policy: 3 and 2 for those that share, 5 + 1 pinned. */
	world.sinks[1].consumer = usage_of(DSI_POLICY_DROP_NEW);
	world.sinks[1].consumer.usage.hold = 120 * MS; /* 175 ms */
	world.sinks[2].consumer = usage_of(DSI_POLICY_RECLAIM);
	conf_try(created_with(&world, 3, 3 + 5 + 1));
	conf_equal(world.parts[0].request.desc.packets, 9);
	conf_equal(world.parts[0].request.desc.traffic.period, camera.period);
	conf_equal(world.parts[1].request.consumer.usage.hold, 40 * MS);
	conf_equal(dsi_stream_need(world.stream, 0, &need, &hz), 0);
	conf_equal(hz, HZ);
	conf_equal(need.slots, 3);
	conf_equal(need.start.whole, 15 * MS + 1);
	conf_equal(dsi_stream_need(world.stream, 1, &need, &hz), 0);
	conf_equal(need.slots, 5);
	conf_equal(dsi_stream_need(world.stream, 3, &need, &hz), -DSI_ENOENT);
	conf_equal(dsi_stream_need(world.stream, DSI_MAX_CONSUMERS, &need, &hz),
		   -DSI_EINVAL);
	conf_equal(dsi_stream_need(NULL, 0, &need, &hz), -DSI_EINVAL);
	conf_equal(dsi_stream_need(world.stream, 0, NULL, &hz), -DSI_EINVAL);
	dsi_stream_destroy(world.stream);
	/* As before: the number is given, the usage is not needed. */
	world.desc.packets = 5;
	world.sinks[0].consumer = conf_policy(DSI_POLICY_BLOCK);
	conf_try(created_with(&world, 1, 5));
	conf_equal(dsi_stream_need(world.stream, 0, &need, &hz), -DSI_EDOM);
	dsi_stream_destroy(world.stream);
	world_end(&world);
	return 0;
}

static int sized_create_fails(void)
{
	static struct world world;
	struct dsi_usage *usage = &world.sinks[0].consumer.usage;

	conf_try(world_begin(&world));
	usage->period = 1;
	conf_try(create_fails(&world, 1, -DSI_ENOMATCH,
			      "consumer '(local)': period: the stream has 40 "
			      "ms, the consumer expects 1 ns"));
	*usage = (struct dsi_usage){0};
	conf_try(
		create_fails(&world, 1, -DSI_EINVAL, "usage: is not declared"));
	*usage = screen();
	usage->hold = 3600 * HZ;
	conf_try(create_fails(&world, 1, -DSI_ERANGE, "90002 would be needed"));
	*usage = screen();
	usage->drift_ppb = 1;
	conf_try(create_fails(&world, 1, -DSI_EDOM, "drift"));
	*usage = screen();
	usage->pace = 5;
	conf_try(create_fails(&world, 1, -DSI_EINVAL, "usage.pace: 5"));
	*usage = screen();
	world.desc.traffic.jitter = DSI_TICKS_MAX + 1;
	conf_try(create_fails(&world, 1, -DSI_EINVAL, "traffic.jitter: "));
	/* Also if the number is given. */
	world.desc.packets = 3;
	conf_try(create_fails(&world, 1, -DSI_EINVAL, "traffic.jitter: "));
	world.desc.traffic = camera;
	/* Nobody was asked so far. */
	for (uint32_t i = 0; i < 2; i++)
		conf_equal(world.parts[i].request.role, 0);
	/* The producer makes less than it was asked for; the consumer needs
	 * more than it was asked for. */
	world.desc.packets = 0;
	world.parts[0].packets = 2;
	conf_try(create_fails(&world, 1, -DSI_ENOMATCH,
			      "producer '(local)': packets: 3 are needed and "
			      "were asked for, it made 2"));
	world.parts[0].packets = 0;
	world.parts[1].usage = screen();
	world.parts[1].usage.hold = 65 * MS;
	conf_try(create_fails(&world, 1, -DSI_ENOMATCH,
			      "needs 4, the stream has 3 for it"));
	world.parts[1].usage = (struct dsi_usage){0};
	conf_try(created_with(&world, 1, 3));
	dsi_stream_destroy(world.stream);
	world_end(&world);
	return 0;
}

/* One that comes later must fit into what there is. */
static int sized_add(void)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	static struct world world;
	uint32_t index = 99;
	uint64_t hz;

	conf_try(world_begin(&world));
	conf_try(created_with(&world, 1, 3));
	world.sinks[1].consumer.usage.hold = 65 * MS;
	conf_equal(dsi_stream_add(world.stream, &world.sinks[1], conf_later(),
				  &index),
		   -DSI_ENOMATCH);
	conf_try(contains(dsi_stream_error(world.stream),
			  "needs 4, the stream has 3 for it"));
	world.sinks[1].consumer.usage.hold = 64 * MS;
	conf_equal(dsi_stream_add(world.stream, &world.sinks[1], conf_later(),
				  &index),
		   0);
	conf_equal(dsi_stream_need(world.stream, index, &need, &hz), 0);
	conf_equal(need.lifetime.whole, 119 * MS + 1);
	conf_equal(dsi_stream_remove(world.stream, index, conf_later()), 0);
	conf_equal(dsi_stream_need(world.stream, index, &need, &hz),
		   -DSI_ENOENT);
	dsi_stream_destroy(world.stream);
	world_end(&world);
	return 0;
}

const struct conf_test conf_sized_tests[] = {
	{"sized_by_name", sized_by_name},
	{"sized_not_at_all", sized_not_at_all},
	{"sized_refuse", sized_refuse},
	{"sized_undeclared", sized_undeclared},
	{"sized_queues", sized_queues},
	{"sized_short_ring", sized_short_ring},
	{"sized_create", sized_create},
	{"sized_create_fails", sized_create_fails},
	{"sized_add", sized_add},
	{NULL, NULL},
};
