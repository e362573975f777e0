/* SPDX-License-Identifier: MIT */
/*
 * between_test.c - what a peer writes, or another thread does, between two steps of
 * the data plane: a descriptor that changes while it is read, a consumer that lies
 * and leaves at once, a stop between a commit and the get after it.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/shm_check.h"
#include "tests/corners/mishap.h"
#include "tests/stress/hand_wired.h"

/* So many descriptors fill a page of 4096 bytes, and their rows begin with the
 * next. */
#define PACKETS 128u
#define PAST 1u

struct world {
	struct hand_stream stream;
	struct hand_consumer consumers[2];
	uint32_t n;
	struct dsi_socket *from, *to;
	struct dsi_ring ring;
};

static struct world world;

static void join(uint32_t policy)
{
	struct hand_consumer *consumer = &world.consumers[world.n++];

	hand_join(&world.stream, consumer, policy, 0);
	consumer->plane.as.consumer.ring = world.ring;
	assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
}

static void set_up(uint32_t packets, uint32_t policy)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = packets,
		.packet_bytes = 64,
	};

	memset(&world, 0, sizeof(world));
	hand_stream_init(&world.stream, &desc, 0);
	dsi__ring_attach(&world.ring,
			 mishap_pages(packets * (sizeof(struct dsi_shm_desc) +
						 8u * DSI_EXT_WORDS(1u))),
			 packets, 1);
	world.stream.plane.as.producer.ring = world.ring;
	join(policy);
	world.from = hand_socket(&world.stream.plane);
	world.to = hand_socket(&world.consumers[0].plane);
}

static void tear_down(void)
{
	for (uint32_t i = 0; i < world.n; i++)
		hand_leave(&world.stream, &world.consumers[i]);
	(void)dsi__producer_look(&world.stream.plane);
	for (uint32_t i = 0; i < world.n; i++)
		hand_consumer_fini(&world.consumers[i]);
	hand_stream_fini(&world.stream);
}

/* With a number, if it is not 0: then it has a row. */
static void put(uint64_t number)
{
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), 0);
	if (number)
		assert_int_equal(dsi_packet_set_number(pkt, number), 0);
	assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
}

static void pass(void)
{
	struct dsi_packet *pkt;

	put(0);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
}

/* ---- the producer writes while the consumer reads ------------------------ */

static void begin_anew(void *user)
{
	(void)user;
	/* As for the packet of one ring later. */
	dsi__ring_begin(&world.ring, PACKETS);
}

/* The row is read, and meanwhile the descriptor is begun anew. */
static int32_t torn(uint32_t policy, uint64_t by_number)
{
	struct dsi_packet *pkt;
	uint32_t before = mishaps();
	int32_t err;

	set_up(PACKETS, policy);
	put(7);
	mishap_at(dsi__ring_row(&world.ring, 0), begin_anew, NULL);
	err = by_number ? dsi_packet_get_nr(world.to, by_number, 0, &pkt)
			: dsi_packet_get(world.to, 0, &pkt);
	assert_int_equal(mishaps(), before + 1);
	return err;
}

static uint64_t events(uint32_t event)
{
	return dsi_socket_event_count(world.to, event);
}

static void packets_change(void **state)
{
	(void)state;
	for (uint64_t number = 0; number <= 7; number += 7) {
		/* Who may not write there breaks the protocol. */
		assert_int_equal(torn(DSI_POLICY_BLOCK, number), -DSI_EPROTO);
		assert_int_equal(events(DSI_EVENT_ERROR), 1);
		tear_down();
		/* Who is allowed to has overtaken the reader. */
		assert_int_equal(torn(DSI_POLICY_RECLAIM, number), -DSI_EAGAIN);
		assert_int_equal(events(DSI_EVENT_ERROR), 0);
		assert_int_equal(events(DSI_EVENT_RECLAIMED), 1);
		tear_down();
	}
}

/* A later packet is gone before an earlier one: its data was needed again. */
static void later_ones_go_first(void **state)
{
	struct dsi_packet *pkt;

	(void)state;
	set_up(PACKETS, DSI_POLICY_RECLAIM);
	put(0);
	put(0);
	dsi__ring_revoke(&world.ring, 1);
	assert_int_equal(dsi_packet_get_nr(world.to, 5, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(events(DSI_EVENT_RECLAIMED), 0);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
	assert_int_equal(dsi_packet_number(pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(events(DSI_EVENT_RECLAIMED), 1);
	tear_down();
}

/* ---- another thread stops the socket ------------------------------------- */

static void stop(void *user)
{
	dsi__plane_tell(user, DSI_PLANE_STOPPED, DSI_PLANE_RUNNING);
}

/* The packet was committed all the same, and the next one is not to be had. */
static void stopped_behind_a_commit(void **state)
{
	struct dsi_packet *pkt, *next;

	(void)state;
	set_up(PACKETS, DSI_POLICY_BLOCK);
	pass();
	put(0);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
	mishap_at(world.consumers[0].page, stop, &world.consumers[0].plane);
	assert_int_equal(
		dsi_packet_commit_get(world.to, pkt, DSI_FOREVER, &next),
		-DSI_ECANCELED);
	assert_int_equal(atomic_load(&world.consumers[0].page->returned), 2);
	tear_down();

	set_up(PACKETS, DSI_POLICY_BLOCK);
	pass();
	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), 0);
	mishap_at(world.ring.desc, stop, &world.stream.plane);
	assert_int_equal(
		dsi_packet_commit_get(world.from, pkt, DSI_FOREVER, &next),
		-DSI_ECANCELED);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	tear_down();
}

/* Between the last look and the sleep: there is no sleep. */
static void stopped_before_a_sleep(void **state)
{
	struct dsi_data_plane *plane = &world.consumers[0].plane;
	uint32_t before = mishaps();
	struct dsi_packet *pkt;
	uint64_t waits;

	(void)state;
	set_up(PACKETS, DSI_POLICY_BLOCK);
	pass();
	waits = atomic_load(&plane->stats->waits);
	mishap_at(world.consumers[0].signal, stop, plane);
	assert_int_equal(dsi_packet_get(world.to, DSI_FOREVER, &pkt),
			 -DSI_ECANCELED);
	assert_int_equal(mishaps(), before + 1);
	assert_true(atomic_load(&plane->stats->waits) == waits);
	assert_int_equal(atomic_load(&world.consumers[0].signal->sleep), 0);
	tear_down();
}

/* ---- a consumer lies ----------------------------------------------------- */

static void leave(void *user)
{
	assert_int_equal(dsi__producer_leave(&world.stream.plane, user), 0);
}

/* It lied, but was told to leave before anybody saw that: it just left. */
static void lies_and_leaves(void **state)
{
	struct hand_consumer *consumer = &world.consumers[0];

	(void)state;
	set_up(PACKETS, DSI_POLICY_BLOCK);
	put(0);
	atomic_store(&consumer->page->returned, 99);
	mishap_at(consumer->page, leave, consumer->peer);
	assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
	assert_true(dsi__producer_left(consumer->peer));
	assert_false(dsi__producer_broken(consumer->peer));
	assert_int_equal(dsi_socket_event_count(world.from, DSI_EVENT_ERROR),
			 1);
	tear_down();
}

static void lie(void *user)
{
	struct hand_consumer *consumer = user;

	atomic_store(&consumer->page->returned, 99);
}

/* Two have the only packet.  When select() has announced to both, one lies; its
 * words are gone, so select() begins anew with the other. */
static void lies_while_one_selects(void **state)
{
	struct dsi_event_source source = {.mask = DSI_EVENT_SPACE};
	struct hand_consumer *liar = &world.consumers[1];
	uint32_t before = mishaps();

	(void)state;
	set_up(1, DSI_POLICY_BLOCK);
	join(DSI_POLICY_BLOCK);
	put(0);
	source.socket = world.from;
	mishap_at(liar->signal, lie, liar);
	assert_int_equal(dsi_select(&source, 1, PAST), -DSI_ETIMEDOUT);
	assert_int_equal(mishaps(), before + 1);
	assert_true(dsi__producer_broken(liar->peer));
	assert_true(atomic_load(&world.consumers[0].signal->sleep) == 0);
	assert_false(dsi__producer_left(world.consumers[0].peer));
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_change),
		cmocka_unit_test(later_ones_go_first),
		cmocka_unit_test(stopped_behind_a_commit),
		cmocka_unit_test(stopped_before_a_sleep),
		cmocka_unit_test(lies_and_leaves),
		cmocka_unit_test(lies_while_one_selects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
