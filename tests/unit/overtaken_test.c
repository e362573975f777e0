/* SPDX-License-Identifier: MIT */
/*
 * overtaken_test.c - a consumer with policy RECLAIM that comes too late: which
 * packet it goes on with, and how many it says that it lost.
 *
 * The stream is wired by hand, and both ends are one thread: so what is overwritten
 * when the consumer looks is known exactly.
 */
#include <cmocka.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "hand_pair.h"

#define MOST 40u
/* The first position, a multiple of all rings. */
#define BASE 1024u

struct world {
	struct hand_pair pair;
	uint64_t told, calls; /* by on_reclaim() */
};

static void on_reclaim(void *user, uint64_t packets)
{
	struct world *world = user;

	world->told += packets;
	world->calls++;
}

static void set_up(struct world *world, uint32_t packets, uint32_t ring_slots,
		   uint32_t policy)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = packets,
		.ring_slots = ring_slots,
		.packet_bytes = 64,
	};

	world->told = 0;
	world->calls = 0;
	hand_pair_init(&world->pair, &desc, BASE, policy);
	world->pair.consumer.plane.as.consumer.on_reclaim = on_reclaim;
	world->pair.consumer.plane.as.consumer.user = world;
}

/* So many were lost so far, and nothing else says otherwise. */
static void expect_lost(const struct world *world, uint64_t lost)
{
	const struct dsi_shm_stats *stats = world->pair.consumer.plane.stats;

	assert_true(atomic_load(&stats->reclaimed) == lost);
	assert_true(world->told == lost);
	assert_true(dsi_socket_event_count(world->pair.to,
					   DSI_EVENT_RECLAIMED) == lost);
	assert_true(atomic_load(&stats->committed) +
			    atomic_load(&stats->reclaimed) +
			    atomic_load(&stats->expired) ==
		    world->pair.consumer.plane.as.consumer.position - BASE);
	/* It was never asked, and so says nothing. */
	assert_int_equal(atomic_load(&world->pair.consumer.page->signal), 0);
	assert_true(atomic_load(&world->pair.consumer.page->returned) == 0);
}

/* The next packet is this one, and says whether some are missing before it. */
static void expect_next(struct world *world, uint64_t number, int late)
{
	struct dsi_packet *pkt = hand_get(world->pair.to);

	assert_true(dsi_packet_number(pkt) == BASE + number);
	assert_int_equal(!!(dsi_packet_flags(pkt) & DSI_PACKET_DROPPED_BEFORE),
			 late);
	assert_int_equal(dsi_packet_valid(pkt), 1);
	assert_int_equal(dsi_packet_commit(world->pair.to, pkt), 0);
}

/* Sent behind the last one that was taken, and where it goes on: in the middle of
 * what can be there, which is the ring or the packets. */
static const struct {
	uint32_t packets, ring_slots, sent, next;
} laps[] = {
	/* Nothing is lost. */
	{8, 4, 4, 0},
	{4, 8, 4, 0},
	/* Half of 4, and one, stay. */
	{8, 4, 5, 2},
	{8, 4, 6, 3},
	{8, 4, 10, 7},
	{4, 8, 5, 2},
	{4, 8, 10, 7},
	{8, 8, 9, 4},
	{8, 8, 20, 15},
	{3, 8, 20, 18},
	{1, 4, 20, 19},
	{1, 1, 2, 1},
	{2, 16, 33, 31},
};

static void one_lap(uint32_t packets, uint32_t ring_slots, uint32_t sent,
		    uint32_t next, uint32_t before, uint32_t many)
{
	struct dsi_packet *pkts[MOST];
	struct world world;
	int32_t n;

	set_up(&world, packets, ring_slots, DSI_POLICY_RECLAIM);
	for (uint32_t i = 0; i < before; i++) {
		hand_put(&world.pair, 1);
		expect_next(&world, i, 0);
	}
	hand_put(&world.pair, sent);
	if (many) {
		n = dsi_packet_get_many(world.pair.to, 0, pkts, packets);
		assert_int_equal(n, sent - next);
		for (uint32_t i = 0; i < sent - next; i++) {
			assert_true(dsi_packet_number(pkts[i]) ==
				    BASE + before + next + i);
			assert_int_equal(
				dsi_packet_flags(pkts[i]),
				next && i == 0 ? DSI_PACKET_DROPPED_BEFORE : 0);
		}
		assert_int_equal(dsi_packet_commit_many(world.pair.to, pkts,
							(uint32_t)n),
				 0);
	} else {
		for (uint32_t i = next; i < sent; i++)
			expect_next(&world, before + i, next && i == next);
	}
	expect_lost(&world, next);
	assert_true(world.calls == (next != 0));
	assert_int_equal(dsi_packet_get(world.pair.to, 0, pkts), -DSI_EAGAIN);
	hand_put(&world.pair, 1);
	expect_next(&world, before + sent, 0);
	expect_lost(&world, next);
	hand_pair_fini(&world.pair);
}

static void overtaken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(laps) / sizeof(laps[0]); i++)
		for (uint32_t before = 0; before < 4; before++)
			for (uint32_t many = 0; many <= 1; many++)
				one_lap(laps[i].packets, laps[i].ring_slots,
					laps[i].sent, laps[i].next, before,
					many);
}

/* Slots that are to be filled again, while few packets came: one is gone after the
 * other, and the rest is there. */
static void revoked_one_by_one(void **state)
{
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	for (uint32_t gone = 0; gone <= 3; gone++) {
		set_up(&world, 4, 8, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, 3);
		/* One was never used. */
		for (uint32_t i = 0; i < 1 + gone; i++)
			(void)hand_get(world.pair.from);
		for (uint32_t i = gone; i < 3; i++)
			expect_next(&world, i, gone && i == gone);
		assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt),
				 -DSI_EAGAIN);
		expect_lost(&world, gone);
		assert_true(world.calls == gone);
		hand_pair_fini(&world.pair);
	}
}

/* In a ring of one slot what comes next is not lost with what was there. */
static void revoked_where_the_next_comes(void **state)
{
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	set_up(&world, 1, 1, DSI_POLICY_RECLAIM);
	for (uint32_t i = 0; i < 3; i++) {
		hand_put(&world.pair, 1);
		expect_next(&world, i, 0);
		pkt = hand_get(world.pair.from);
		assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt),
				 -DSI_EAGAIN);
		expect_lost(&world, 0);
		assert_int_equal(dsi_packet_discard(world.pair.from, pkt), 0);
	}
	hand_pair_fini(&world.pair);
}

/* The signal of a producer says how far the consumer is behind.  One that cannot be
 * moves it on by one packet. */
static void by_a_lie(void **state)
{
	static const struct {
		uint32_t behind, lost;
	} lies[] = {
		{0, 1},
		{1, 1},
		{2, 1},
		{3, 1},
		{4, 1},
		{5, 2},
		{UINT32_C(1) << 31, (UINT32_C(1) << 31) - 3u},
		{(UINT32_C(1) << 31) + 1u, 1},
		{UINT32_MAX, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct dsi_packet *pkts[8];
		struct world world;

		set_up(&world, 8, 4, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, 1);
		expect_next(&world, 0, 0);
		hand_put(&world.pair, 5);
		atomic_store(&world.pair.consumer.signal->signal,
			     1u + lies[i].behind);
		/* The oldest of those that are there was not overwritten, if it
		 * did not go too far. */
		if (lies[i].lost > 5) {
			assert_int_equal(dsi_packet_get(world.pair.to, 0, pkts),
					 -DSI_EAGAIN);
		} else {
			assert_int_equal(
				dsi_packet_get_many(world.pair.to, 0, pkts, 8),
				5 - lies[i].lost);
			assert_true(dsi_packet_number(pkts[0]) ==
				    BASE + 1 + lies[i].lost);
		}
		assert_true(world.told == lies[i].lost);
		hand_pair_fini(&world.pair);
	}
}

/* Some of those that were overtaken had been taken ahead of the order: they are not
 * lost. */
static void not_what_was_taken_early(void **state)
{
	/* In the order in which they are taken, of so many; then it goes on. */
	static const struct {
		uint32_t early[4], n, sent, all, next, lost;
	} cases[] = {
		{{1}, 1, 3, 10, 7, 6},
		{{3}, 1, 4, 10, 7, 6},
		{{3, 1, 2}, 3, 4, 10, 7, 4},
		/* All of them. */
		{{3, 1, 2, 0}, 4, 4, 10, 7, 3},
		/* And those with which it would go on. */
		{{2}, 1, 4, 5, 3, 2},
		{{3}, 1, 4, 6, 4, 3},
		{{3, 2}, 2, 4, 5, 4, 2},
		{{3, 1}, 2, 4, 6, 4, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dsi_packet *pkt;
		struct world world;

		set_up(&world, 8, 4, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, cases[i].sent);
		for (uint32_t k = 0; k < cases[i].n; k++) {
			assert_int_equal(
				dsi_packet_get_nr(world.pair.to,
						  BASE + cases[i].early[k], 0,
						  &pkt),
				0);
			assert_int_equal(dsi_packet_commit(world.pair.to, pkt),
					 0);
		}
		hand_put(&world.pair, cases[i].all - cases[i].sent);
		expect_next(&world, cases[i].next, 1);
		assert_true(world.told == cases[i].lost);
		assert_int_equal(world.pair.consumer.plane.as.consumer.n_early,
				 0);
		for (uint32_t k = cases[i].next + 1; k < cases[i].all; k++)
			expect_next(&world, k, 0);
		assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt),
				 -DSI_EAGAIN);
		assert_true(world.told == cases[i].lost);
		hand_pair_fini(&world.pair);
	}
}

/* By number, of one that was overtaken: it is gone, and the search goes on behind
 * what is. */
static void by_number(void **state)
{
	static const struct {
		uint64_t number;
		int answer;
	} cases[] = {
		{0, -DSI_ESTALE}, {5, -DSI_ESTALE}, {6, -DSI_ESTALE},
		{7, 0},		  {9, 0},	    {10, -DSI_EAGAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dsi_packet *pkt;
		struct world world;

		set_up(&world, 8, 4, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, 10);
		assert_int_equal(dsi_packet_get_nr(world.pair.to,
						   BASE + cases[i].number, 0,
						   &pkt),
				 cases[i].answer);
		assert_true(world.told == 7);
		if (!cases[i].answer)
			assert_true(dsi_packet_number(pkt) ==
				    BASE + cases[i].number);
		hand_pair_fini(&world.pair);
	}
}

/* So is who was not overtaken, but came when the oldest were to be filled again. */
static void by_number_behind_what_is_gone(void **state)
{
	(void)state;
	for (uint32_t gone = 0; gone <= 3; gone++) {
		struct dsi_packet *pkt;
		struct world world;

		set_up(&world, 4, 8, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, 3);
		/* One was never used. */
		for (uint32_t i = 0; i < 1 + gone; i++)
			(void)hand_get(world.pair.from);
		assert_int_equal(
			dsi_packet_get_nr(world.pair.to, BASE + 2, 0, &pkt),
			gone < 3 ? 0 : -DSI_ESTALE);
		assert_true(world.told == gone);
		hand_pair_fini(&world.pair);
	}
}

/* Where it goes on the ring is full of smaller numbers: they must be taken first. */
static void by_number_in_a_full_ring(void **state)
{
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	set_up(&world, 8, 2, DSI_POLICY_RECLAIM);
	hand_put(&world.pair, 3);
	assert_int_equal(dsi_packet_get_nr(world.pair.to, BASE + 9, 0, &pkt),
			 -DSI_ENOBUFS);
	assert_true(world.told == 1);
	expect_next(&world, 1, 1);
	expect_next(&world, 2, 0);
	hand_pair_fini(&world.pair);
}

/* A producer that hides how far it is cannot hold the search for long: it ends after
 * twice the ring. */
static void by_number_with_a_lie(void **state)
{
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	set_up(&world, 8, 4, DSI_POLICY_RECLAIM);
	hand_put(&world.pair, 1);
	expect_next(&world, 0, 0);
	hand_put(&world.pair, MOST);
	atomic_store(&world.pair.consumer.signal->signal, 1);
	assert_int_equal(dsi_packet_get_nr(world.pair.to, BASE + MOST, 0, &pkt),
			 -DSI_ENOBUFS);
	assert_true(world.told == 2u * 4u);
	hand_pair_fini(&world.pair);
}

/* Who holds all that it may have gets what it looks for when it has given one back. */
static void by_number_with_all_held(void **state)
{
	struct dsi_packet *pkts[4];
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	set_up(&world, 4, 8, DSI_POLICY_RECLAIM);
	hand_put(&world.pair, 4);
	for (uint32_t i = 0; i < 4; i++)
		pkts[i] = hand_get(world.pair.to);
	hand_put(&world.pair, 1);
	for (uint32_t twice = 0; twice < 2; twice++)
		assert_int_equal(
			dsi_packet_get_nr(world.pair.to, BASE + 4, 0, &pkt),
			-DSI_ENOBUFS);
	assert_int_equal(dsi_packet_commit(world.pair.to, pkts[0]), 0);
	assert_int_equal(dsi_packet_get_nr(world.pair.to, BASE + 4, 0, &pkt),
			 0);
	assert_true(dsi_packet_number(pkt) == BASE + 4);
	hand_pair_fini(&world.pair);
}

/* With another policy nobody may be overtaken: who is was lied to. */
static void who_must_not_be(void **state)
{
	(void)state;
	for (int nr = 0; nr <= 1; nr++) {
		struct dsi_packet *pkt;
		struct world world;

		set_up(&world, 8, 4, DSI_POLICY_BLOCK);
		hand_put(&world.pair, 1);
		dsi__ring_revoke(&world.pair.stream.plane.as.producer.ring,
				 BASE);
		assert_int_equal(
			nr ? dsi_packet_get_nr(world.pair.to, BASE, 0, &pkt)
			   : dsi_packet_get(world.pair.to, 0, &pkt),
			-DSI_EPROTO);
		assert_true(dsi_socket_event_count(world.pair.to,
						   DSI_EVENT_ERROR) == 1);
		assert_true(world.calls == 0);
		hand_pair_fini(&world.pair);
	}
}

/* Nor is the first position of all taken for the one that was looked for. */
static void who_must_not_be_gets_nothing(void **state)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 8,
		.ring_slots = 4,
		.packet_bytes = 64,
	};
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)state;
	hand_pair_init(&pair, &desc, 0, DSI_POLICY_BLOCK);
	hand_put(&pair, 1);
	hand_take(&pair, 1);
	hand_put(&pair, 1);
	dsi__ring_revoke(&pair.stream.plane.as.producer.ring, 1);
	assert_int_equal(dsi_packet_get_nr(pair.to, 1, 0, &pkt), -DSI_EPROTO);
	assert_int_equal(pair.consumer.plane.held, 0);
	hand_pair_fini(&pair);
}

/* A held packet, whose data is then to be written again. */
static void while_it_is_held(void **state)
{
	struct dsi_packet *pkts[2];
	struct world world;

	(void)state;
	set_up(&world, 4, 8, DSI_POLICY_RECLAIM);
	hand_put(&world.pair, 2);
	pkts[0] = hand_get(world.pair.to);
	pkts[1] = hand_get(world.pair.to);
	/* Two were never used. */
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(dsi_packet_valid(pkts[0]), 1);
		(void)hand_get(world.pair.from);
	}
	assert_true(world.calls == 0);
	assert_int_equal(dsi_packet_valid(pkts[0]), 0);
	assert_true(world.calls == 1 && world.told == 1);
	assert_int_equal(dsi_packet_valid(pkts[1]), 1);
	hand_pair_fini(&world.pair);
}

/* Of a packet that is not in the ring any more no slot must be touched: another one
 * is there. */
static void slots_of_others(void **state)
{
	struct world world;

	(void)state;
	/* A ring's length: the slot of 0 is that of 4. */
	for (uint32_t behind = 3; behind <= 5; behind++) {
		const struct dsi_ring *ring;
		struct dsi_packet *first;

		set_up(&world, 8, 4, DSI_POLICY_RECLAIM);
		hand_put(&world.pair, behind + 1);
		/* The oldest free ones were never used. */
		for (uint32_t i = behind + 1; i < 8; i++)
			assert_int_equal(
				dsi_packet_discard(world.pair.from,
						   hand_get(world.pair.from)),
				0);
		ring = &world.pair.stream.plane.as.producer.ring;
		first = hand_get(world.pair.from);
		assert_true(first->position == DSI_NO_POSITION);
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(
				dsi__ring_look(ring, BASE + behind - i),
				behind - i == 0 ? DSI_RING_LOST
						: DSI_RING_READY);
		hand_pair_fini(&world.pair);
	}
}

/* Nor does it give back what came too late for it. */
static void expired(void **state)
{
	const struct dsi_shm_stats *stats;
	struct dsi_packet *pkt;
	struct world world;

	(void)state;
	set_up(&world, 4, 4, DSI_POLICY_RECLAIM);
	stats = world.pair.consumer.plane.stats;
	for (uint32_t i = 0; i < 3; i++) {
		pkt = hand_get(world.pair.from);
		assert_int_equal(dsi_packet_set_expiry(pkt, 1), 0);
		assert_int_equal(dsi_packet_commit(world.pair.from, pkt), 0);
		hand_put(&world.pair, 1);
		expect_next(&world, 2 * i + 1, 0);
		expect_lost(&world, 0);
		assert_true(atomic_load(&stats->expired) == i + 1);
	}
	hand_pair_fini(&world.pair);
}

/* Who blocks has what it holds, also when the slot of its descriptor is another
 * packet's. */
static void not_with_the_descriptor(void **state)
{
	struct dsi_packet *pkts[3];
	struct world world;

	(void)state;
	set_up(&world, 4, 1, DSI_POLICY_BLOCK);
	for (uint32_t i = 0; i < 3; i++) {
		hand_put(&world.pair, 1);
		pkts[i] = hand_get(world.pair.to);
		for (uint32_t k = 0; k <= i; k++)
			assert_int_equal(dsi_packet_valid(pkts[k]), 1);
	}
	assert_true(world.calls == 0);
	hand_pair_fini(&world.pair);
}

/* Slots are filled again in the order in which they came free, also many at once. */
static void oldest_first(void **state)
{
	const struct dsi_packet_table *table;
	const struct dsi_ring *ring;
	struct dsi_packet *pkts[4];
	struct world world;
	uint32_t next = 0;

	(void)state;
	set_up(&world, 4, 8, DSI_POLICY_RECLAIM);
	table = &world.pair.stream.plane.table;
	ring = &world.pair.stream.plane.as.producer.ring;
	for (uint32_t i = 0; i < 4; i++)
		hand_put(&world.pair, 1);
	for (uint32_t n = 1; n <= 4; n++) {
		struct dsi_packet *order[4];

		for (uint32_t i = 0; i < 4; i++)
			order[i] = table->free[(table->free_head + i) & 3];
		assert_int_equal(
			dsi_packet_get_many(world.pair.from, 0, pkts, n), n);
		for (uint32_t i = 0; i < n; i++) {
			assert_ptr_equal(pkts[i], order[i]);
			/* And is gone for who may still look at it. */
			assert_int_equal(dsi__ring_look(ring, BASE + next + i),
					 DSI_RING_LOST);
		}
		assert_int_equal(
			dsi_packet_commit_many(world.pair.from, pkts, n), 0);
		next += n;
	}
	hand_pair_fini(&world.pair);
}

/* From when a packet is begun the one that had its slot is gone, and it is not there
 * itself until it is written. */
static void while_it_is_written(void **state)
{
	const struct dsi_ring_entry entry = {.size = 1};
	const struct dsi_ring *ring;
	struct world world;

	(void)state;
	set_up(&world, 4, 4, DSI_POLICY_RECLAIM);
	ring = &world.pair.stream.plane.as.producer.ring;
	for (uint64_t position = BASE; position < BASE + 12; position++) {
		dsi__ring_begin(ring, position);
		assert_false(dsi__ring_whole(ring, position - 4));
		assert_int_equal(dsi__ring_look(ring, position - 4),
				 DSI_RING_LOST);
		assert_int_equal(dsi__ring_look(ring, position),
				 DSI_RING_NOT_YET);
		assert_int_equal(dsi__ring_look(ring, position + 4),
				 DSI_RING_NOT_YET);
		dsi__ring_publish(ring, position, &entry);
		assert_int_equal(dsi__ring_look(ring, position),
				 DSI_RING_READY);
	}
	hand_pair_fini(&world.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_it_is_written),
		cmocka_unit_test(overtaken),
		cmocka_unit_test(revoked_one_by_one),
		cmocka_unit_test(revoked_where_the_next_comes),
		cmocka_unit_test(by_a_lie),
		cmocka_unit_test(not_what_was_taken_early),
		cmocka_unit_test(by_number),
		cmocka_unit_test(by_number_behind_what_is_gone),
		cmocka_unit_test(by_number_in_a_full_ring),
		cmocka_unit_test(by_number_with_a_lie),
		cmocka_unit_test(by_number_with_all_held),
		cmocka_unit_test(who_must_not_be),
		cmocka_unit_test(who_must_not_be_gets_nothing),
		cmocka_unit_test(while_it_is_held),
		cmocka_unit_test(slots_of_others),
		cmocka_unit_test(oldest_first),
		cmocka_unit_test(expired),
		cmocka_unit_test(not_with_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
