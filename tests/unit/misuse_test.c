/* SPDX-License-Identifier: MIT */
/*
 * misuse_test.c - calls that are wrong: without a socket or a place for the answer,
 * with a struct of an unknown size, with a packet of somebody else, or too early.
 * Each is refused with its error, and changes nothing: the stream goes on.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/dsi.h>

#define PACKETS 4u

struct world {
	struct dsi_socket *from, *to;
};

static int open_world(void **state)
{
	static struct world world;
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = PACKETS,
					     .packet_bytes = 64,
					     .max_sg = 2};
	const struct dsi_consumer_options wish = {.size = sizeof(wish)};

	assert_int_equal(dsi_producer_create(&desc, NULL, &world.from), 0);
	assert_int_equal(dsi_socket_listen(world.from, "misuse", NULL), 0);
	assert_int_equal(dsi_socket_start(world.from), 0);
	assert_int_equal(dsi_consumer_create(&wish, &world.to), 0);
	assert_int_equal(dsi_socket_connect(world.to, "misuse", DSI_FOREVER),
			 0);
	assert_int_equal(dsi_socket_start(world.to), 0);
	*state = &world;
	return 0;
}

/* All packets can still pass. */
static int close_world(void **state)
{
	struct world *world = *state;
	struct dsi_packet *pkts[PACKETS];

	assert_int_equal(dsi_packet_get_many(world->from, 0, pkts, PACKETS),
			 PACKETS);
	assert_int_equal(dsi_packet_commit_many(world->from, pkts, PACKETS), 0);
	assert_int_equal(dsi_packet_get_many(world->to, 0, pkts, PACKETS),
			 PACKETS);
	assert_int_equal(dsi_packet_commit_many(world->to, pkts, PACKETS), 0);
	dsi_socket_destroy(world->to);
	dsi_socket_destroy(world->from);
	return 0;
}

static void no_socket(void **state)
{
	struct dsi_packet *pkt = NULL;

	(void)state;
	assert_int_equal(dsi_producer_create(NULL, NULL, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_consumer_create(NULL, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_listen(NULL, "misuse", NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_connect(NULL, "misuse", 0), -DSI_EINVAL);
	assert_int_equal(dsi_socket_start(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_stop(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_drain(NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_socket_close(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_state(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_fd(NULL), -DSI_EINVAL);
	assert_string_equal(dsi_socket_error(NULL), "");
	assert_int_equal(dsi_socket_raise(NULL, DSI_EVENT_USER), -DSI_EINVAL);
	assert_int_equal(dsi_socket_event_count(NULL, DSI_EVENT_USER), 0);
	assert_int_equal(dsi_packet_get(NULL, 0, &pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_many(NULL, 0, &pkt, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_nr(NULL, 0, 0, &pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_abort(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit(NULL, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(NULL, NULL, 0, &pkt),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(NULL, &pkt, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_discard(NULL, NULL), -DSI_EINVAL);
	dsi_socket_destroy(NULL);
}

static void no_answer(void **state)
{
	struct world *world = *state;
	struct dsi_packet *pkt;
	uint64_t bytes;
	void *addr;

	assert_int_equal(dsi_packet_get(world->from, 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_many(world->from, 0, NULL, 1),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_many(world->from, 0, &pkt, 0),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_packet_get_many(world->from, 0, &pkt, DSI_MAX_PACKETS + 1),
		-DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(world->from, NULL, 1),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(world->from, &pkt, 0),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_packet_commit_many(world->from, &pkt, DSI_MAX_PACKETS + 1),
		-DSI_EINVAL);
	assert_int_equal(dsi_packet_get_nr(world->to, 0, 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_get_nr(world->from, 0, 0, &pkt),
			 -DSI_EINVAL);
	assert_int_equal(dsi_socket_desc(world->from, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_stats(world->from, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_latency(world->from, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_need(world->from, NULL, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_area(world->from, NULL, &bytes),
			 -DSI_EINVAL);
	assert_int_equal(dsi_socket_area(world->from, &addr, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_socket_area(NULL, &addr, &bytes), -DSI_EINVAL);
	assert_int_equal(dsi_socket_physical(world->from, NULL, &bytes),
			 -DSI_EINVAL);
	assert_int_equal(dsi_socket_physical(world->from, &bytes, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_socket_physical(NULL, &bytes, &bytes),
			 -DSI_EINVAL);
	assert_int_equal(dsi_names(NULL, NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_watch_names(NULL, NULL), -DSI_EINVAL);
}

static void odd_sizes(void **state)
{
	struct world *world = *state;
	struct dsi_stream_desc desc = {.size = 3};
	struct dsi_socket_stats stats = {.size = 3};

	assert_int_equal(dsi_socket_desc(NULL, &desc), -DSI_EINVAL);
	assert_int_equal(dsi_socket_desc(world->from, &desc), -DSI_EINVAL);
	desc.size = sizeof(desc) + 1;
	assert_int_equal(dsi_socket_desc(world->from, &desc), -DSI_EINVAL);
	assert_int_equal(dsi_socket_stats(NULL, &stats), -DSI_EINVAL);
	assert_int_equal(dsi_socket_stats(world->from, &stats), -DSI_EINVAL);
	stats.size = sizeof(stats) + 1;
	assert_int_equal(dsi_socket_stats(world->from, &stats), -DSI_EINVAL);
	/* Of an older program: as much as it knows. */
	stats.size = sizeof(uint32_t);
	assert_int_equal(dsi_socket_stats(world->from, &stats), 0);
	desc.size = sizeof(uint32_t);
	assert_int_equal(dsi_socket_desc(world->from, &desc), 0);
}

static void too_early(void **state)
{
	const struct dsi_consumer_options wish = {.size = sizeof(wish)};
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_packet *pkt;
	struct dsi_socket *sock;
	uint64_t hz, bytes;
	void *addr;

	(void)state;
	assert_int_equal(dsi_consumer_create(&wish, &sock), 0);
	assert_int_equal(dsi_packet_get(sock, 0, &pkt), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_fd(sock), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_desc(sock, &desc), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_area(sock, &addr, &bytes), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_physical(sock, &bytes, &hz), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_drain(sock, 0), -DSI_EINVAL);
	assert_true(dsi_socket_need(sock, &need, &hz) < 0);
	assert_true(dsi_socket_start(sock) < 0);
	dsi_socket_destroy(sock);
}

static void no_packet(void **state)
{
	struct world *world = *state;
	struct dsi_packet *pkt;
	uint64_t offset;
	uint32_t size;
	void *addr;

	assert_int_equal(dsi_packet_get(world->from, 0, &pkt), 0);
	assert_int_equal(dsi_packet_data(NULL, 0, &addr, &size), -DSI_EINVAL);
	assert_int_equal(dsi_packet_data(pkt, 0, NULL, &size), -DSI_EINVAL);
	assert_int_equal(dsi_packet_data(pkt, 0, &addr, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_data(pkt, 1, &addr, &size), -DSI_EINVAL);
	assert_int_equal(dsi_packet_element(NULL, 0, &offset, &size),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_element(pkt, 0, NULL, &size), -DSI_EINVAL);
	assert_int_equal(dsi_packet_element(pkt, 0, &offset, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_element(pkt, 1, &offset, &size),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_count(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_size(NULL, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_size(pkt, 65), -DSI_ENOSPC);
	assert_int_equal(dsi_packet_add_data(NULL, 0, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_add_shared(NULL, pkt, 0, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_add_shared(pkt, NULL, 0, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_add_shared(pkt, pkt, 0, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_keep(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_unkeep(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_packet_unkeep(pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_number(NULL, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_time(NULL, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_expiry(NULL, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_flags(NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_flags(pkt, 0x80000000u), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_flags(pkt, DSI_PACKET_PHYS),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_number(NULL), 0);
	assert_int_equal(dsi_packet_number(pkt), 0); /* has none yet */
	assert_int_equal(dsi_packet_set_number(pkt, 5), 0);
	assert_int_equal(dsi_packet_number(pkt), 5);
	assert_int_equal(dsi_packet_time(NULL), 0);
	assert_true(dsi_packet_expiry(NULL) == 0);
	assert_int_equal(dsi_packet_flags(NULL), 0);
	assert_int_equal(dsi_packet_valid(NULL), -DSI_EINVAL);
	/* Only a consumer asks. */
	assert_int_equal(dsi_packet_valid(pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_discard(world->from, pkt), 0);
	/* It is not held any more. */
	assert_int_equal(dsi_packet_discard(world->from, pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit(world->from, pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_number(pkt, 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_count(pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_keep(pkt), -DSI_EINVAL);
}

/* A packet of one end is none of the other. */
static void of_another(void **state)
{
	struct world *world = *state;
	struct dsi_packet *pkts[2];
	struct dsi_packet *next = NULL;

	assert_int_equal(dsi_packet_get_many(world->from, 0, pkts, 2), 2);
	assert_int_equal(dsi_packet_commit(world->to, pkts[0]), -DSI_EINVAL);
	assert_int_equal(dsi_packet_discard(world->to, pkts[0]), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(world->to, pkts, 2),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(world->to, pkts[0], 0, &next),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(world->from, pkts[0], 0, NULL),
			 -DSI_EINVAL);
	/* Twice the same: none of them goes. */
	next = pkts[1];
	pkts[1] = pkts[0];
	assert_int_equal(dsi_packet_commit_many(world->from, pkts, 2),
			 -DSI_EINVAL);
	pkts[1] = next;
	assert_int_equal(dsi_packet_commit_many(world->from, pkts, 2), 0);
	assert_int_equal(dsi_packet_get_many(world->to, 0, pkts, 2), 2);
	assert_int_equal(dsi_packet_set_number(pkts[0], 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_size(pkts[0], 1), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit(world->from, pkts[0]), -DSI_EINVAL);
	next = pkts[1];
	pkts[1] = pkts[0];
	assert_int_equal(dsi_packet_commit_many(world->to, pkts, 2),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_valid(pkts[0]), 1);
	assert_int_equal(dsi_packet_commit(world->to, pkts[0]), 0);
	assert_int_equal(dsi_packet_commit(world->to, pkts[0]), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit(world->to, next), 0);
	assert_int_equal(dsi_socket_stop(world->to), 0);
	assert_int_equal(dsi_packet_get(world->to, 0, &next), -DSI_ECANCELED);
	assert_int_equal(dsi_socket_start(world->to), 0);
}

static void no_watch(void **state)
{
	struct dsi_watch_info info = {.size = sizeof(info)};
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_watch *watch;

	(void)state;
	assert_int_equal(dsi_watch_open(NULL, 0, &watch), -DSI_EINVAL);
	assert_int_equal(dsi_watch_open("misuse", 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_watch_update(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_watch_desc(NULL, &desc), -DSI_EINVAL);
	assert_int_equal(dsi_watch_count(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_watch_read(NULL, 0, &info), -DSI_EINVAL);
	assert_int_equal(dsi_watch_latency(NULL, 0, NULL), -DSI_EINVAL);
	dsi_watch_close(NULL);
	assert_int_equal(dsi_watch_open("misuse", DSI_FOREVER, &watch), 0);
	assert_int_equal(dsi_watch_desc(watch, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_watch_read(watch, 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_watch_read(watch, 99, &info), -DSI_ENOENT);
	assert_int_equal(dsi_watch_latency(watch, 0, NULL), -DSI_EINVAL);
	info.size = 3;
	assert_int_equal(dsi_watch_read(watch, 0, &info), -DSI_EINVAL);
	desc.size = 3;
	assert_int_equal(dsi_watch_desc(watch, &desc), -DSI_EINVAL);
	dsi_watch_close(watch);
}

static void no_stream(void **state)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_endpoint end = {.size = sizeof(end), .component = "nobody"};
	struct dsi_component *component;
	struct dsi_stream *stream;
	uint64_t hz;

	(void)state;
	assert_int_equal(dsi_stream_create(NULL, &end, &end, 1, 0, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_stream_create(NULL, NULL, &end, 1, 0, &stream),
			 -DSI_EINVAL);
	assert_int_equal(dsi_stream_create(NULL, &end, NULL, 1, 0, &stream),
			 -DSI_EINVAL);
	assert_int_equal(dsi_stream_create(NULL, &end, &end, 0, 0, &stream),
			 -DSI_EINVAL);
	assert_int_equal(dsi_stream_add(NULL, &end, 0, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_stream_remove(NULL, 0, 0), -DSI_EINVAL);
	assert_int_equal(dsi_stream_start(NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_stream_stop(NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_stream_stats(NULL, 0, 0, &stats), -DSI_EINVAL);
	assert_int_equal(dsi_stream_desc(NULL, &desc), -DSI_EINVAL);
	assert_int_equal(dsi_stream_need(NULL, 0, &need, &hz), -DSI_EINVAL);
	assert_int_equal(dsi_stream_state(NULL), -DSI_EINVAL);
	assert_string_equal(dsi_stream_error(NULL), "");
	dsi_stream_destroy(NULL);
	assert_int_equal(dsi_component_create("x", NULL, NULL, NULL, 0, NULL),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_component_create("x", NULL, NULL, NULL, 0, &component),
		-DSI_EINVAL);
	assert_int_equal(dsi_component_serve(NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_component_sockets(NULL), -DSI_EINVAL);
	dsi_component_shutdown(NULL);
	dsi_component_destroy(NULL);
}

#define IN_WORLD(test) \
	cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(no_socket), IN_WORLD(no_answer),  IN_WORLD(odd_sizes),
		IN_WORLD(too_early), IN_WORLD(no_packet),  IN_WORLD(no_watch),
		IN_WORLD(no_stream), IN_WORLD(of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
