/* SPDX-License-Identifier: MIT */
/*
 * liars_test.c - what a producer does with consumers that write impossible
 * things: each liar is exposed once, and nobody else notices.
 *
 * The stream is wired by hand, so every word can be set between two steps.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "tests/stress/hand_wired.h"

#define PACKETS 8u

struct world {
	struct hand_stream stream;
	struct hand_consumer a, b, honest;
};

static void set_up_for(struct world *world, uint32_t policy, uint32_t packets)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = packets,
		.packet_bytes = 64,
	};

	memset(world, 0, sizeof(*world));
	hand_stream_init(&world->stream, &desc, 100);
	hand_join(&world->stream, &world->a, policy, 2);
	hand_join(&world->stream, &world->b, policy, 2);
	hand_join(&world->stream, &world->honest, DSI_POLICY_BLOCK, 0);
	assert_int_equal(dsi__producer_look(&world->stream.plane), 0);
}

static void set_up(struct world *world, uint32_t policy)
{
	set_up_for(world, policy, PACKETS);
}

static void tear_down(struct world *world)
{
	struct hand_consumer *all[] = {&world->a, &world->b, &world->honest};

	for (size_t i = 0; i < 3; i++)
		hand_leave(&world->stream, all[i]);
	(void)dsi__producer_look(&world->stream.plane);
	for (size_t i = 0; i < 3; i++)
		hand_consumer_fini(all[i]);
	hand_stream_fini(&world->stream);
}

static uint64_t errors(const struct world *world)
{
	return dsi_socket_event_count(
		(const struct dsi_socket *)(const void *)&world->stream.plane,
		DSI_EVENT_ERROR);
}

static uint32_t present(const struct world *world)
{
	return atomic_load(&world->stream.plane.as.producer.present);
}

/* Get one packet and give it back. */
static void give_back(struct hand_consumer *consumer)
{
	struct dsi_socket *to = hand_socket(&consumer->plane);
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(to, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(to, pkt), 0);
}

/* Commit one packet; the honest consumer gets it and gives it back. */
static void pass_one(struct world *world)
{
	struct dsi_socket *from = hand_socket(&world->stream.plane);
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(from, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(from, pkt), 0);
	give_back(&world->honest);
}

static void pass_many(struct world *world)
{
	for (uint32_t i = 0; i < 5 * PACKETS; i++)
		pass_one(world);
}

/* The liar is out, the others are in, and packets flow. */
static void expect_exposed(struct world *world, uint32_t liars)
{
	pass_many(world);
	assert_int_equal(errors(world), liars);
	assert_int_equal(present(world), 3 - liars);
	assert_true(dsi__producer_broken(world->a.peer));
	if (liars > 1)
		assert_true(dsi__producer_broken(world->b.peer));
	assert_false(dsi__producer_left(world->honest.peer));
	assert_int_equal(dsi__producer_drained(&world->stream.plane),
			 liars > 1 ? 0 : -DSI_EAGAIN);
}

static void honest_b(struct world *world, uint32_t n)
{
	struct dsi_socket *to = hand_socket(&world->b.plane);

	for (uint32_t i = 0; i < n; i++) {
		struct dsi_packet *pkt;

		assert_int_equal(dsi_packet_get(to, 0, &pkt), 0);
		assert_int_equal(dsi_packet_commit(to, pkt), 0);
	}
}

/* Values of a counter whose possible ones are @last to @most. */
static uint32_t bad_counters(uint64_t last, uint64_t most, uint64_t *out)
{
	const uint64_t bad[] = {
		most + 1,
		last - 1,
		UINT64_MAX,
		last + (UINT64_C(1) << 32),
		UINT64_C(1) << 63,
		last - (UINT64_C(1) << 32),
		most + PACKETS,
		DSI_POSITION_MAX,
		~last,
	};

	memcpy(out, bad, sizeof(bad));
	return sizeof(bad) / sizeof(bad[0]);
}

/* A BLOCK consumer's taken counter, looked at when the ring is full. */
static void taken_lies(void **user)
{
	uint64_t bad[16];
	uint32_t n = bad_counters(102, 103, bad);

	(void)user;
	for (uint32_t i = 0; i < n; i++) {
		struct world world;

		set_up(&world, DSI_POLICY_BLOCK);
		pass_one(&world);
		pass_one(&world);
		/* Let the producer see the truth once: 102. */
		atomic_store(&world.a.page->taken, 102);
		world.stream.plane.as.producer.limit = 0;
		assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
		pass_one(&world);
		honest_b(&world, 3);
		atomic_store(&world.a.page->taken, bad[i]);
		world.stream.plane.as.producer.limit = 0;
		assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
		assert_int_equal(errors(&world), 1);
		assert_int_equal(present(&world), 2);
		assert_true(dsi__producer_broken(world.a.peer));
		assert_false(dsi__producer_left(world.b.peer));
		/* Its packets came back with it. */
		assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
		tear_down(&world);
	}
}

static void returned_lies(void **user)
{
	uint64_t bad[16];
	uint32_t n = bad_counters(0, 3, bad);

	(void)user;
	for (uint32_t i = 0; i < n; i++) {
		struct world world;

		set_up(&world, DSI_POLICY_BLOCK);
		for (uint32_t k = 0; k < 3; k++)
			pass_one(&world);
		honest_b(&world, 3);
		atomic_store(&world.a.page->returned, bad[i]);
		assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
		assert_int_equal(errors(&world), 1);
		assert_true(dsi__producer_broken(world.a.peer));
		assert_false(dsi__producer_left(world.b.peer));
		tear_down(&world);
	}
}

static void tokens_lie(void **user)
{
	/* Of the packets 0, 1, ... the first committed is 0, then again 0:
	 * last in, first out.  In flight for a are three. */
	static const uint32_t bad[] = {PACKETS,	   PACKETS - 1,
				       UINT32_MAX, UINT32_C(1) << 31,
				       65536,	   65535};

	(void)user;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct world world;

		set_up(&world, DSI_POLICY_BLOCK);
		for (uint32_t k = 0; k < 3; k++)
			pass_one(&world);
		honest_b(&world, 3);
		atomic_store(&world.a.plane.as.consumer.returns[0], bad[i]);
		atomic_store(&world.a.page->returned, 1);
		assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
		assert_int_equal(errors(&world), 1);
		assert_true(dsi__producer_broken(world.a.peer));
		tear_down(&world);
	}
}

static void same_token_twice(void **user)
{
	struct world world;
	uint32_t token;

	(void)user;
	set_up(&world, DSI_POLICY_BLOCK);
	for (uint32_t k = 0; k < 3; k++)
		pass_one(&world);
	honest_b(&world, 3);
	token = world.stream.plane.table.packets[0].owners ? 0 : 1;
	atomic_store(&world.a.plane.as.consumer.returns[0], token);
	atomic_store(&world.a.plane.as.consumer.returns[1], token);
	atomic_store(&world.a.page->returned, 2);
	assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
	assert_int_equal(errors(&world), 1);
	assert_true(dsi__producer_broken(world.a.peer));
	tear_down(&world);
}

/* There are places behind the last packet, which are nobody's, whatever is in
 * them. */
static void token_behind_the_last(void **user)
{
	struct world world;

	(void)user;
	for (uint32_t alone = 0; alone <= 1; alone++) {
		struct dsi_packet *pkt;

		set_up_for(&world, DSI_POLICY_BLOCK, 5);
		if (alone) {
			hand_leave(&world.stream, &world.b);
			hand_leave(&world.stream, &world.honest);
			assert_int_equal(
				dsi__producer_look(&world.stream.plane), 0);
		}
		for (uint32_t i = 0; i < 5; i++) {
			struct dsi_socket *from =
				hand_socket(&world.stream.plane);

			assert_int_equal(dsi_packet_get(from, 0, &pkt), 0);
			assert_int_equal(dsi_packet_commit(from, pkt), 0);
		}
		world.stream.plane.table.packets[5].mark = pkt->mark;
		atomic_store(&world.a.plane.as.consumer.returns[0], 5);
		atomic_store(&world.a.page->returned, 1);
		assert_int_equal(
			dsi_packet_get(hand_socket(&world.stream.plane), 0,
				       &pkt),
			alone ? 0 : -DSI_EAGAIN);
		assert_int_equal(errors(&world), 1);
		assert_true(dsi__producer_broken(world.a.peer));
		if (alone)
			assert_true(pkt->entry.token < 5);
		tear_down(&world);
	}
}

/* DROP_NEW: the producer looks when the queue seems full. */
static void drop_new_lies(void **user)
{
	struct world world;

	(void)user;
	for (uint32_t word = 0; word < 2; word++) {
		set_up(&world, DSI_POLICY_DROP_NEW);
		pass_one(&world);
		atomic_store(word ? &world.a.page->taken
				  : &world.a.page->returned,
			     UINT64_C(1) << 40);
		pass_many(&world);
		assert_int_equal(errors(&world), 1);
		assert_int_equal(present(&world), 2);
		assert_true(dsi__producer_broken(world.a.peer));
		assert_false(dsi__producer_left(world.b.peer));
		/* Of the liar's packets none is left, b has what it may have. */
		assert_int_equal(dsi__producer_drained(&world.stream.plane),
				 -DSI_EAGAIN);
		assert_int_equal(
			dsi__packet_table_free(&world.stream.plane.table),
			PACKETS - 2);
		tear_down(&world);
	}
}

/* Nor is anything looked at while it is known that it may have one more. */
static void drop_new_lies_while_there_is_room(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, DSI_POLICY_DROP_NEW);
	/* Before the third one the producer looks: from then on it has one. */
	for (uint32_t i = 0; i < 3; i++) {
		pass_one(&world);
		give_back(&world.a);
	}
	atomic_store(&world.a.page->returned, UINT64_C(1) << 40);
	pass_one(&world);
	assert_int_equal(errors(&world), 0);
	pass_one(&world);
	assert_int_equal(errors(&world), 1);
	assert_true(dsi__producer_broken(world.a.peer));
	tear_down(&world);
}

/* It gave back all that it had, and so could have more, but for the lie. */
static void drop_new_lies_with_room(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, DSI_POLICY_DROP_NEW);
	for (uint32_t i = 0; i < 2; i++) {
		pass_one(&world);
		give_back(&world.a);
	}
	atomic_store(&world.a.page->taken, UINT64_C(1) << 40);
	pass_one(&world);
	assert_int_equal(errors(&world), 1);
	assert_true(dsi__producer_broken(world.a.peer));
	/* Nothing was left out for it, as it was for b. */
	assert_int_equal(
		dsi_socket_event_count(hand_socket(&world.stream.plane),
				       DSI_EVENT_DROPPED),
		1);
	/* It was given nothing more: b has the first two, and nobody another. */
	assert_int_equal(dsi__producer_drained(&world.stream.plane),
			 -DSI_EAGAIN);
	assert_int_equal(dsi__packet_table_free(&world.stream.plane.table),
			 PACKETS - 2);
	tear_down(&world);
}

/* It gives back all that it has, but says that it took nothing: there is room for no
 * more than its queue has places. */
static void drop_new_takes_nothing(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, DSI_POLICY_DROP_NEW);
	for (uint32_t i = 0; i < 6; i++) {
		const uint32_t places = world.a.peer->ring.slots;

		pass_one(&world);
		assert_true(world.a.peer->position ==
			    (i < places ? i + 1u : places));
		if (i >= places)
			continue;
		give_back(&world.a);
		atomic_store(&world.a.page->taken, 0);
	}
	assert_int_equal(errors(&world), 0);
	tear_down(&world);
}

/* What waits is not looked at for half a ring or less, so this is not seen. */
static void nobody_looks_for_a_few(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, DSI_POLICY_BLOCK);
	assert_int_equal(world.stream.plane.as.producer.ring.slots, PACKETS);
	atomic_store(&world.a.page->taken, UINT64_C(1) << 40);
	for (uint32_t i = 0; i < PACKETS / 2; i++) {
		pass_one(&world);
		assert_int_equal(errors(&world), 0);
	}
	pass_one(&world);
	assert_int_equal(errors(&world), 1);
	tear_down(&world);
}

/* Two lie at the same time: each is exposed, and counted, once. */
static void two_liars(void **user)
{
	static const uint32_t policies[] = {DSI_POLICY_BLOCK,
					    DSI_POLICY_DROP_NEW};

	(void)user;
	for (uint32_t i = 0; i < 4; i++) {
		struct world world;
		uint64_t lie = UINT64_C(1) << 40;

		set_up(&world, policies[i % 2]);
		pass_one(&world);
		if (i < 2) {
			atomic_store(&world.a.page->taken, lie);
			atomic_store(&world.b.page->taken, lie);
		} else {
			atomic_store(&world.a.page->returned, lie);
			atomic_store(&world.b.page->returned, lie);
		}
		expect_exposed(&world, 2);
		tear_down(&world);
	}
}

/* It lies and leaves: whoever is first, it is gone once. */
static void liar_leaves(void **user)
{
	struct world world;

	(void)user;
	set_up(&world, DSI_POLICY_BLOCK);
	pass_one(&world);
	honest_b(&world, 1);
	atomic_store(&world.a.page->returned, UINT64_MAX);
	hand_leave(&world.stream, &world.a);
	assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
	assert_int_equal(present(&world), 2);
	assert_true(dsi__producer_left(world.a.peer));
	pass_one(&world);
	tear_down(&world);
}

/* A sleep index that always says "asleep" costs one wake for each change. */
static void always_asleep(void **user)
{
	struct world world;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_socket *from;

	(void)user;
	set_up(&world, DSI_POLICY_RECLAIM);
	from = hand_socket(&world.stream.plane);
	atomic_store(&world.a.page->sleep, DSI_SLEEP_ASLEEP | 0);
	pass_many(&world);
	assert_int_equal(dsi_socket_stats(from, &stats), 0);
	assert_int_equal(stats.wakes, 1);
	/* Bell or not, the handle is -1 here. */
	atomic_store(&world.a.page->sleep, UINT64_MAX);
	pass_many(&world);
	assert_int_equal(dsi_socket_stats(from, &stats), 0);
	assert_true(stats.wakes <= 2);
	assert_int_equal(errors(&world), 0);
	tear_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_lies),
		cmocka_unit_test(returned_lies),
		cmocka_unit_test(tokens_lie),
		cmocka_unit_test(same_token_twice),
		cmocka_unit_test(token_behind_the_last),
		cmocka_unit_test(drop_new_lies),
		cmocka_unit_test(drop_new_lies_while_there_is_room),
		cmocka_unit_test(drop_new_lies_with_room),
		cmocka_unit_test(drop_new_takes_nothing),
		cmocka_unit_test(nobody_looks_for_a_few),
		cmocka_unit_test(two_liars),
		cmocka_unit_test(liar_leaves),
		cmocka_unit_test(always_asleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
