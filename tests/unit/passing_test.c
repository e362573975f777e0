/* SPDX-License-Identifier: MIT */
/*
 * passing_test.c - packets between producer and consumer, step by step.
 *
 * The stream is wired by hand, so it is known what each side has seen when
 * the other takes its next step.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/packet.h>

#include "dsi/usual_consumer.h"
#include "tests/stress/hand_wired.h"

#define PACKETS 4u

struct world {
	struct hand_stream stream;
	struct hand_consumer consumer;
	struct dsi_socket *from, *to;
};

static void set_up(struct world *world, uint32_t ring_slots)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.ring_slots = ring_slots,
		.packet_bytes = 64,
		.max_sg = 2,
	};

	memset(world, 0, sizeof(*world));
	hand_stream_init(&world->stream, &desc, 0);
	hand_join(&world->stream, &world->consumer, DSI_POLICY_BLOCK, 0);
	world->from = hand_socket(&world->stream.plane);
	world->to = hand_socket(&world->consumer.plane);
	assert_int_equal(dsi__producer_look(&world->stream.plane), 0);
}

static void tear_down(struct world *world)
{
	if (!dsi__producer_left(world->consumer.peer))
		hand_leave(&world->stream, &world->consumer);
	(void)dsi__producer_look(&world->stream.plane);
	hand_consumer_fini(&world->consumer);
	hand_stream_fini(&world->stream);
}

static struct dsi_packet *get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;

	assert_int_equal(dsi_packet_get(sock, 0, &pkt), 0);
	return pkt;
}

static void put(struct world *world, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(
			dsi_packet_commit(world->from, get(world->from)), 0);
}

/* So many packets can be had, each once; and are put back. */
static void expect_free(struct world *world, uint32_t n)
{
	struct dsi_packet *pkts[PACKETS + 1];

	assert_int_equal(dsi_packet_get_many(world->from, 0, pkts, PACKETS + 1),
			 n);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_ptr_not_equal(pkts[i], pkts[k]);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(dsi_packet_discard(world->from, pkts[i]), 0);
}

/* ---- who lends is held while the borrower's consumer leaves -------------- */

static void take(struct world *world, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(dsi_packet_commit(world->to, get(world->to)),
				 0);
}

/* Nobody stays who could have the lender. */
static void lender_is_free_once(uint32_t batch)
{
	struct dsi_packet *pkts[2];
	struct world world;

	set_up(&world, 8);
	pkts[0] = get(world.from);
	pkts[1] = get(world.from);
	put(&world, 1);
	assert_int_equal(dsi_packet_add_shared(pkts[0], pkts[1], 0, 8), 0);
	if (!batch)
		assert_int_equal(dsi_packet_commit(world.from, pkts[0]), 0);
	hand_leave(&world.stream, &world.consumer);
	if (batch)
		assert_int_equal(dsi_packet_commit_many(world.from, pkts, 2),
				 0);
	else
		assert_int_equal(dsi_packet_commit(world.from, pkts[1]), 0);
	expect_free(&world, PACKETS);
	tear_down(&world);
}

/* One stays that gets the lender, and has given back the borrower. */
static void lender_is_not_free(uint32_t batch)
{
	struct dsi_packet *lender, *borrower;
	struct hand_consumer other = {0};
	struct world world;

	set_up(&world, 8);
	hand_join(&world.stream, &other, DSI_POLICY_BLOCK, 0);
	borrower = get(world.from);
	lender = get(world.from);
	assert_int_equal(dsi_packet_add_shared(borrower, lender, 0, 8), 0);
	assert_int_equal(dsi_packet_commit(world.from, borrower), 0);
	take(&world, 1);
	assert_int_equal(dsi__producer_drained(&world.stream.plane),
			 -DSI_EAGAIN);
	hand_leave(&world.stream, &other);
	if (batch)
		assert_int_equal(dsi_packet_commit_many(world.from, &lender, 1),
				 0);
	else
		assert_int_equal(dsi_packet_commit(world.from, lender), 0);
	expect_free(&world, PACKETS - 1);
	take(&world, 1);
	assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
	expect_free(&world, PACKETS);
	hand_consumer_fini(&other);
	tear_down(&world);
}

static void lender_outlives_the_consumer(void **user)
{
	(void)user;
	for (uint32_t batch = 0; batch < 2; batch++) {
		lender_is_free_once(batch);
		lender_is_not_free(batch);
	}
}

/* ---- when the producer is told what was taken ---------------------------- */

static uint32_t told(const struct world *world)
{
	return atomic_load(&world->consumer.page->signal);
}

static void get_many(struct world *world, uint32_t n, int32_t want,
		     uint32_t tells)
{
	struct dsi_packet *pkts[PACKETS];
	uint32_t before = told(world);

	assert_int_equal(dsi_packet_get_many(world->to, 0, pkts, n), want);
	assert_int_equal(told(world) - before, tells);
	assert_int_equal(
		dsi_packet_commit_many(world->to, pkts, (uint32_t)want), 0);
	assert_int_equal(told(world) - before, tells + 1);
}

static void taken_is_told(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, 2);
	/* Twice: the first get takes the long way. */
	for (uint32_t i = 0; i < 2; i++) {
		put(&world, 1);
		get_many(&world, 1, 1, 0);
		put(&world, 1);
		get_many(&world, 2, 1, 1);
		put(&world, 2);
		get_many(&world, 2, 2, 1);
		put(&world, 2);
		get_many(&world, 4, 2, 1);
	}
	tear_down(&world);
}

/* A ring with room for all packets is never what is missing. */
static void taken_need_not_be_told(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, 4);
	for (uint32_t i = 0; i < 2; i++) {
		put(&world, 3);
		get_many(&world, 4, 3, 0);
	}
	tear_down(&world);
}

/* What is taken ahead of the order comes back before its descriptor is free, so
 * the same ring can be what is missing. */
static void taken_early_is_told(void **user)
{
	struct dsi_packet *pkt;
	struct world world;
	uint32_t before;

	(void)user;
	set_up(&world, 4);
	put(&world, 4);
	assert_int_equal(dsi_packet_get_nr(world.to, 1, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(dsi__packet_table_free(&world.stream.plane.table), 1);
	before = told(&world);
	for (uint32_t i = 0; i < 3; i++)
		(void)get(world.to);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), -DSI_EAGAIN);
	assert_int_not_equal(told(&world), before);
	put(&world, 1);
	assert_int_equal(dsi_packet_number(get(world.to)), 4);
	tear_down(&world);
}

/* Each slot is remembered by itself: of 64 a word, and there is more than one. */
static void taken_early_in_each_slot(void **user)
{
	struct dsi_packet *pkt;
	struct world world;

	(void)user;
	set_up(&world, 256);
	for (uint64_t i = 0; i < 520; i += 3) {
		put(&world, 3);
		assert_int_equal(dsi_packet_get_nr(world.to, i + 1, 0, &pkt),
				 0);
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		assert_int_equal(dsi_packet_get_nr(world.to, i + 1, 0, &pkt),
				 -DSI_ESTALE);
		for (uint64_t k = 0; k <= 2; k += 2) {
			pkt = get(world.to);
			assert_int_equal(dsi_packet_number(pkt), i + k);
			assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		}
	}
	tear_down(&world);
}

/* ---- who closes knows nobody --------------------------------------------- */

static void peers_are_forgotten(void **user)
{
	const struct dsi_producer *producer;
	struct world world;

	(void)user;
	set_up(&world, 8);
	producer = &world.stream.plane.as.producer;
	assert_ptr_equal(producer->sole, world.consumer.peer);
	assert_int_not_equal(producer->active_mask, 0);
	dsi__producer_forget(&world.stream.plane);
	assert_null(producer->sole);
	assert_int_equal(producer->active_mask, 0);
	assert_int_equal(producer->block_mask, 0);
	tear_down(&world);
}

/* ---- a batch goes whole or not at all ------------------------------------- */

static void batch_with_a_stranger(void **user)
{
	struct dsi_packet *pkts[4];
	struct dsi_packet *strange;
	struct dsi_packet *pkt;
	struct world world;

	(void)user;
	set_up(&world, 4);
	put(&world, 3);
	take(&world, 3); /* so that the ring ends within the batch */
	for (uint32_t bad = 0; bad < 4; bad++) {
		void *addr;
		uint32_t size;

		for (uint32_t i = 0; i < 4; i++)
			pkts[i] = get(world.from);
		assert_int_equal(dsi_packet_set_size(pkts[3], 5), 0);
		strange = pkts[bad];
		pkts[bad] = bad % 2 ? NULL : pkts[(bad + 1) % 4];
		assert_int_equal(dsi_packet_commit_many(world.from, pkts, 4),
				 -DSI_EINVAL);
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt),
				 -DSI_EAGAIN);
		pkts[bad] = strange;
		assert_int_equal(dsi_packet_data(pkts[3], 0, &addr, &size), 0);
		assert_int_equal(size, 5);
		assert_int_equal(dsi_packet_commit_many(world.from, pkts, 4),
				 0);
		assert_int_equal(dsi_packet_get_many(world.to, 0, pkts, 4), 4);
		strange = pkts[bad];
		pkts[bad] = bad % 2 ? NULL : pkts[(bad + 1) % 4];
		assert_int_equal(dsi_packet_commit_many(world.to, pkts, 4),
				 -DSI_EINVAL);
		pkts[bad] = strange;
		assert_int_equal(dsi_packet_commit_many(world.to, pkts, 4), 0);
	}
	tear_down(&world);
}

/* Nor are the slots touched that come after those of what is held: somebody may
 * still have to read them. */
static void batch_of_more_than_is_held(void **user)
{
	struct dsi_packet *pkts[4] = {NULL, NULL, NULL, NULL};
	struct world world;

	(void)user;
	set_up(&world, 4);
	put(&world, 2);
	pkts[2] = get(world.from);
	pkts[3] = get(world.from);
	assert_int_equal(dsi_packet_commit_many(world.from, pkts, 4),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(world.from, &pkts[2], 2), 0);
	take(&world, 4);
	expect_free(&world, PACKETS);
	tear_down(&world);
}

/* A producer that writes at the right time could make it look as if the ring
 * went on behind its end.  Here the slots there are as it would make them: those
 * of a ring that is larger than the consumer believes. */
static void batch_of_more_than_the_ring(void **user)
{
	struct dsi_packet *pkts[PACKETS];
	struct dsi_ring *ring;
	struct world world;
	uint64_t bytes = 0;

	(void)user;
	set_up(&world, 8);
	put(&world, 1);
	take(&world, 1);
	put(&world, 4);
	ring = &world.consumer.plane.as.consumer.ring;
	ring->slots = 2;
	assert_int_equal(
		dsi__usual_take(&world.consumer.plane, pkts, 4, 0, &bytes), 2);
	assert_int_equal(bytes, 2 * 64);
	tear_down(&world);
}

/* ---- commit and get in one ------------------------------------------------ */

static void next_of_a_producer(void **user)
{
	struct dsi_packet *pkt;
	struct dsi_packet *next;
	struct world world;

	(void)user;
	set_up(&world, 8);
	pkt = get(world.from);
	next = NULL;
	assert_int_equal(dsi_packet_commit_get(NULL, pkt, 0, &next),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(world.from, pkt, 0, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(world.from, NULL, 0, &next),
			 -DSI_EINVAL);
	for (uint32_t i = 1; i < PACKETS; i++) {
		assert_int_equal(
			dsi_packet_commit_get(world.from, pkt, 0, &next), 0);
		assert_int_equal(
			dsi_packet_commit_get(world.from, pkt, 0, &next),
			-DSI_EINVAL);
		pkt = next;
	}
	/* The last one is gone, though there is no next one. */
	assert_int_equal(dsi_packet_commit_get(world.from, pkt, 0, &next),
			 -DSI_EAGAIN);
	assert_int_equal(dsi_packet_commit(world.from, pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(world.from, pkt, 0, &next),
			 -DSI_EINVAL);
	take(&world, PACKETS);
	expect_free(&world, PACKETS);
	tear_down(&world);
}

static void next_of_a_consumer(void **user)
{
	struct dsi_packet *pkt;
	struct dsi_packet *next;
	struct world world;

	(void)user;
	set_up(&world, 8);
	put(&world, 2);
	pkt = get(world.to);
	assert_int_equal(dsi_packet_commit_get(world.to, pkt, 0, &next), 0);
	assert_int_equal(dsi_packet_number(next), 1);
	pkt = next;
	next = NULL;
	assert_int_equal(dsi_packet_commit_get(world.to, pkt, 1, &next),
			 -DSI_ETIMEDOUT);
	assert_null(next);
	assert_int_equal(dsi_packet_commit(world.to, pkt), -DSI_EINVAL);
	expect_free(&world, PACKETS);
	put(&world, 1);
	assert_int_equal(dsi_packet_number(get(world.to)), 2);
	tear_down(&world);
}

/* A wake-up that was put off is made up for before the peer's words go. */
static void owed_to_one_who_leaves(void **user)
{
	struct world world;
	struct dsi_data_plane *plane = &world.stream.plane;

	(void)user;
	set_up(&world, 8);
	plane->owed = &world.consumer.peer->waker;
	hand_leave(&world.stream, &world.consumer);
	assert_int_equal(dsi__producer_look(plane), 0);
	assert_null(plane->owed);
	tear_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lender_outlives_the_consumer),
		cmocka_unit_test(taken_is_told),
		cmocka_unit_test(taken_need_not_be_told),
		cmocka_unit_test(taken_early_is_told),
		cmocka_unit_test(taken_early_in_each_slot),
		cmocka_unit_test(peers_are_forgotten),
		cmocka_unit_test(batch_with_a_stranger),
		cmocka_unit_test(batch_of_more_than_is_held),
		cmocka_unit_test(batch_of_more_than_the_ring),
		cmocka_unit_test(next_of_a_producer),
		cmocka_unit_test(next_of_a_consumer),
		cmocka_unit_test(owed_to_one_who_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
