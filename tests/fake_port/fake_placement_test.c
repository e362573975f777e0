/* SPDX-License-Identifier: MIT */
/*
 * fake_placement_test.c - what the core says to a port about nodes, and when.
 *
 * Who writes a page has it at home; the data area is planned for each consumer
 * before it is offered, until something is committed; never if the application
 * brought it, or asked for something else than AUTO.
 */
#include <stdio.h>

#include <dsi/dsi.h>

#include "dsi/socket_private.h"
#include "fake.h"

#define HOME_PRODUCER 1
#define HOME_CONSUMER 2
#define HOME_SECOND 3
#define NODE_ASKED 7

static uint32_t policy; /* of the producer */
static int brings_data, failures;

#define EXPECT(what, wanted) \
	expect(#what, (long)(what), (long)(wanted), __LINE__)

static void expect(const char *what, long got, long wanted, int line)
{
	if (got != wanted)
		fake_report("line %d: %s is %ld, not %ld", line, what, got,
			    wanted);
}

static void consume(int32_t home, uint32_t asked, int32_t page)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.placement = asked,
		.placement_of = asked == DSI_PLACEMENT_NODE ? NODE_ASKED : 0};
	struct dsi_socket *sock;

	fake_at_home(home);
	EXPECT(dsi_consumer_create(&options, &sock), 0);
	EXPECT(dsi_socket_connect(sock, "placed", 0), 0);
	EXPECT(fake_node_of(sock->page.addr), page);
	EXPECT(fake_node_of(sock->stats.addr), page);
	dsi_socket_destroy(sock);
}

static void first(void *arg)
{
	(void)arg;
	consume(HOME_CONSUMER, DSI_PLACEMENT_AUTO, HOME_CONSUMER);
}

static void second(void *arg)
{
	(void)arg;
	consume(HOME_SECOND, DSI_PLACEMENT_NODE, NODE_ASKED);
}

static struct dsi_socket *make(void)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 100};
	struct dsi_producer_options options = {
		.size = sizeof(options),
		.placement = policy,
		.placement_of = policy == DSI_PLACEMENT_NODE ? NODE_ASKED : 0,
		.data_fd = -1};
	struct dsi_socket *sock;

	if (brings_data) {
		options.flags = DSI_PRODUCER_DATA_FD;
		options.data_fd = fake_memory(1 << 16, 1);
	}
	EXPECT(dsi_producer_create(&desc, &options, &sock), 0);
	if (brings_data)
		dsi_port_handle_close(options.data_fd);
	return sock;
}

static void commit_one(struct dsi_socket *sock)
{
	struct dsi_packet *packet;

	EXPECT(dsi_socket_start(sock), 0);
	EXPECT(dsi_packet_get(sock, 0, &packet), 0);
	EXPECT(dsi_packet_commit(sock, packet), 0);
}

static void produce(int32_t own, int32_t data, uint32_t plans)
{
	struct dsi_socket *sock = make();

	EXPECT(fake_node_of(sock->control.addr), own);
	EXPECT(fake_node_of(sock->stats.addr), own);
	EXPECT(fake_node_of(sock->data.addr), brings_data ? -1 : own);
	EXPECT(dsi_socket_listen(sock, "placed", NULL), 0);
	fake_join(fake_spawn_process(first, NULL));
	EXPECT(fake_node_of(sock->data.addr), data);
	EXPECT(sock->placement.plans, plans);
	commit_one(sock);
	fake_join(fake_spawn_process(second, NULL));
	EXPECT(fake_node_of(sock->data.addr), data);
	EXPECT(sock->placement.plans, plans);
	dsi_socket_destroy(sock);
}

static void automatic(void *arg)
{
	(void)arg;
	policy = DSI_PLACEMENT_AUTO;
	fake_at_home(HOME_PRODUCER);
	produce(HOME_PRODUCER, HOME_CONSUMER, 1);
}

static void brought(void *arg)
{
	(void)arg;
	policy = DSI_PLACEMENT_AUTO;
	brings_data = 1;
	fake_at_home(HOME_PRODUCER);
	produce(HOME_PRODUCER, -1, 0);
	brings_data = 0;
}

static void asked(void *arg)
{
	(void)arg;
	policy = DSI_PLACEMENT_NODE;
	fake_at_home(HOME_PRODUCER);
	produce(NODE_ASKED, NODE_ASKED, 0);
}

static void none(void *arg)
{
	(void)arg;
	policy = DSI_PLACEMENT_NONE;
	fake_at_home(HOME_PRODUCER);
	produce(-1, -1, 0);
}

static void hold_signal_page(void *arg)
{
	struct dsi_socket *sock = arg;

	(void)sock;
	fake_at_home(HOME_CONSUMER);
	consume(HOME_CONSUMER, DSI_PLACEMENT_AUTO, HOME_CONSUMER);
}

static int has_signal_page(void *arg)
{
	const struct dsi_socket *sock = arg;

	return sock->links && sock->links->signal.addr;
}

/* Made by the monitor, for the producer. */
static void signal_page(void *arg)
{
	struct dsi_socket *sock;
	int consumer;

	(void)arg;
	policy = DSI_PLACEMENT_AUTO;
	fake_at_home(HOME_PRODUCER);
	sock = make();
	EXPECT(dsi_socket_listen(sock, "placed", NULL), 0);
	consumer = fake_spawn_process(hold_signal_page, sock);
	EXPECT(fake_await(has_signal_page, sock, DSI_FOREVER), 0);
	if (sock->links)
		EXPECT(fake_node_of(sock->links->signal.addr), HOME_PRODUCER);
	fake_join(consumer);
	dsi_socket_destroy(sock);
}

static void impossible(void *arg)
{
	struct dsi_consumer_options options = {.size = sizeof(options),
					       .placement = 4};
	struct dsi_socket *sock;

	(void)arg;
	EXPECT(dsi_consumer_create(&options, &sock), -DSI_EINVAL);
}

static void run(const char *name, void (*fn)(void *))
{
	int bad = 0;

	for (uint64_t seed = 0; !bad && seed < 30; seed++)
		bad = fake_run(seed, fn, NULL);
	printf("%s - %s%s%s\n", bad ? "not ok" : "ok", name, bad ? ": " : "",
	       bad ? fake_error() : "");
	failures += bad;
}

int main(void)
{
	run("each end's pages at its home", automatic);
	run("the signal page at its writer's", signal_page);
	run("an area that was brought stays", brought);
	run("a node that was asked for", asked);
	run("none", none);
	run("no such policy", impossible);
	return failures ? 1 : 0;
}
