/* SPDX-License-Identifier: MIT */
/*
 * passing_test.c - packets between producer and consumer, step by step.
 *
 * The stream is wired by hand, so it is known what each side has seen when
 * the other takes its next step.
 */
#include <cmocka.h>

#include <dsi/packet.h>

#include "dsi/usual_consumer.h"
#include "hand_pair.h"

#define PACKETS 4u

static void set_up(struct hand_pair *pair, uint32_t ring_slots)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.ring_slots = ring_slots,
		.packet_bytes = 64,
		.max_sg = 2,
	};

	hand_pair_init(pair, &desc, 0, DSI_POLICY_BLOCK);
}

/* So many packets can be had, each once; and are put back. */
static void expect_free(struct hand_pair *pair, uint32_t n)
{
	struct dsi_packet *pkts[PACKETS + 1];

	assert_int_equal(dsi_packet_get_many(pair->from, 0, pkts, PACKETS + 1),
			 n);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_ptr_not_equal(pkts[i], pkts[k]);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(dsi_packet_discard(pair->from, pkts[i]), 0);
}

/* ---- who lends is held while the borrower's consumer leaves -------------- */

/* Nobody stays who could have the lender. */
static void lender_is_free_once(uint32_t batch)
{
	struct dsi_packet *pkts[2];
	struct hand_pair pair;

	set_up(&pair, 8);
	pkts[0] = hand_get(pair.from);
	pkts[1] = hand_get(pair.from);
	hand_put(&pair, 1);
	assert_int_equal(dsi_packet_add_shared(pkts[0], pkts[1], 0, 8), 0);
	if (!batch)
		assert_int_equal(dsi_packet_commit(pair.from, pkts[0]), 0);
	hand_leave(&pair.stream, &pair.consumer);
	if (batch)
		assert_int_equal(dsi_packet_commit_many(pair.from, pkts, 2), 0);
	else
		assert_int_equal(dsi_packet_commit(pair.from, pkts[1]), 0);
	expect_free(&pair, PACKETS);
	hand_pair_fini(&pair);
}

/* One stays that gets the lender, and has given back the borrower. */
static void lender_is_not_free(uint32_t batch)
{
	struct dsi_packet *lender, *borrower;
	struct hand_consumer other = {0};
	struct hand_pair pair;

	set_up(&pair, 8);
	hand_join(&pair.stream, &other, DSI_POLICY_BLOCK, 0);
	borrower = hand_get(pair.from);
	lender = hand_get(pair.from);
	assert_int_equal(dsi_packet_add_shared(borrower, lender, 0, 8), 0);
	assert_int_equal(dsi_packet_commit(pair.from, borrower), 0);
	hand_take(&pair, 1);
	assert_int_equal(dsi__producer_drained(&pair.stream.plane),
			 -DSI_EAGAIN);
	hand_leave(&pair.stream, &other);
	if (batch)
		assert_int_equal(dsi_packet_commit_many(pair.from, &lender, 1),
				 0);
	else
		assert_int_equal(dsi_packet_commit(pair.from, lender), 0);
	expect_free(&pair, PACKETS - 1);
	hand_take(&pair, 1);
	assert_int_equal(dsi__producer_drained(&pair.stream.plane), 0);
	expect_free(&pair, PACKETS);
	hand_consumer_fini(&other);
	hand_pair_fini(&pair);
}

static void lender_outlives_the_consumer(void **user)
{
	(void)user;
	for (uint32_t batch = 0; batch < 2; batch++) {
		lender_is_free_once(batch);
		lender_is_not_free(batch);
	}
}

/* Elements that are nobody's beside one that is lent. */
static void lender_beside_own_data(void **user)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = 64,
		.max_sg = 3,
	};
	struct dsi_packet *borrower, *lender;
	struct hand_pair pair;

	(void)user;
	hand_pair_init(&pair, &desc, 0, DSI_POLICY_BLOCK);
	borrower = hand_get(pair.from);
	lender = hand_get(pair.from);
	assert_int_equal(dsi_packet_add_data(borrower, 0, 8), 0);
	assert_int_equal(dsi_packet_add_shared(borrower, lender, 0, 8), 0);
	assert_int_equal(dsi_packet_commit(pair.from, borrower), 0);
	hand_take(&pair, 1);
	expect_free(&pair, PACKETS - 1);
	assert_int_equal(dsi_packet_discard(pair.from, lender), 0);
	expect_free(&pair, PACKETS);
	hand_pair_fini(&pair);
}

/* ---- what a packet says ----------------------------------------------------- */

/* With as many elements as can be it says nothing in the place of the next one,
 * which somebody may still have to read. */
static void most_elements(void **user)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS + 2,
		.ring_slots = 4,
		.packet_bytes = 64,
		.max_sg = 3,
	};
	struct hand_pair pair;

	(void)user;
	hand_pair_init(&pair, &desc, 0, DSI_POLICY_BLOCK);
	for (uint32_t i = 0; i < 5; i++) {
		struct dsi_packet *pkt = hand_get(pair.from);

		assert_int_equal(dsi_packet_add_data(pkt, 0, 8), 0);
		assert_int_equal(dsi_packet_add_data(pkt, 8, 8), 0);
		assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
		if (i == 3)
			hand_take(&pair, 1);
	}
	for (uint32_t i = 1; i < 5; i++) {
		struct dsi_packet *pkt = hand_get(pair.to);

		assert_int_equal(dsi_packet_number(pkt), i);
		assert_int_equal(dsi_packet_count(pkt), 3);
		assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
	}
	hand_pair_fini(&pair);
}

/* ---- which packet is taken next ------------------------------------------- */

/* One that came back is left where it is while others are free: where it was read it
 * is warm, and whoever writes it would wait for that. */
static void free_first(void **user)
{
	struct hand_consumer other = {0};
	struct dsi_packet *first, *pkt;
	struct dsi_socket *to;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	hand_join(&pair.stream, &other, DSI_POLICY_BLOCK, 0);
	to = hand_socket(&other.plane);
	first = hand_get(pair.from);
	assert_int_equal(dsi_packet_commit(pair.from, first), 0);
	hand_take(&pair, 1);
	assert_int_equal(dsi_packet_commit(to, hand_get(to)), 0);
	pkt = hand_get(pair.from);
	assert_ptr_not_equal(pkt, first);
	assert_int_equal(dsi_packet_discard(pair.from, pkt), 0);
	hand_leave(&pair.stream, &other);
	expect_free(&pair, PACKETS);
	hand_consumer_fini(&other);
	hand_pair_fini(&pair);
}

/* So many of @packets came back, and none is free: how many are made free by the next
 * get, its own included? */
static uint64_t made_free(uint32_t packets, uint32_t back)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = packets,
		.ring_slots = 128,
		.packet_bytes = 64,
	};
	struct hand_pair pair;
	uint64_t before, after;

	hand_pair_init(&pair, &desc, 0, DSI_POLICY_BLOCK);
	pair.stream.plane.as.producer.half = dsi__producer_half(64, packets);
	hand_put(&pair, packets);
	hand_take(&pair, back);
	/* relaxed: one thread. */
	before = atomic_load_explicit(&pair.stream.plane.stats->released,
				      memory_order_relaxed);
	assert_int_equal(dsi_packet_discard(pair.from, hand_get(pair.from)), 0);
	/* relaxed: likewise. */
	after = atomic_load_explicit(&pair.stream.plane.stats->released,
				     memory_order_relaxed);
	hand_pair_fini(&pair);
	return after - before;
}

/* Of a few packets half is made free by one look.  With less, and of many, one that
 * came back is taken as it is. */
static void half_of_a_few(void **user)
{
	(void)user;
	assert_true(made_free(1, 1) == 1);
	assert_true(made_free(2, 2) == 1);
	assert_true(made_free(3, 3) == 1);
	assert_true(made_free(4, 1) == 1);
	assert_true(made_free(4, 2) == 2);
	assert_true(made_free(4, 3) == 3);
	assert_true(made_free(9, 3) == 1);
	assert_true(made_free(9, 4) == 4);
	assert_true(made_free(16, 7) == 1);
	assert_true(made_free(16, 8) == 8);
	assert_true(made_free(17, 8) == 8);
	assert_true(made_free(17, 7) == 1);
	assert_true(made_free(18, 9) == 1);
	assert_true(made_free(64, 40) == 1);
}

/* Those are 4 to 17, with at most 16 KiB. */
static void what_a_few_are(void **user)
{
	(void)user;
	assert_int_equal(dsi__producer_half(64, 1), 0);
	assert_int_equal(dsi__producer_half(64, 3), 0);
	assert_int_equal(dsi__producer_half(64, 4), 2);
	assert_int_equal(dsi__producer_half(64, 16), 8);
	assert_int_equal(dsi__producer_half(64, 17), 8);
	assert_int_equal(dsi__producer_half(64, 18), 0);
	assert_int_equal(dsi__producer_half(0, 8), 4);
	assert_int_equal(dsi__producer_half(16384, 8), 4);
	assert_int_equal(dsi__producer_half(16448, 8), 0);
	assert_int_equal(dsi__producer_half(UINT64_MAX, UINT32_MAX), 0);
}

/* Slots that are read are warm for a while, and if there are others it is those that
 * are written. */
#define SLOTS 24u
#define COOL 4u

static void set_up_cool(struct hand_pair *pair)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = SLOTS,
		.ring_slots = 32,
		.packet_bytes = 64,
		.max_sg = 2,
	};

	hand_pair_init(pair, &desc, 0, DSI_POLICY_BLOCK);
	pair->stream.plane.as.producer.cool = COOL;
}

/* Nothing is kept back from who wants all. */
static void expect_all(struct hand_pair *pair)
{
	struct dsi_packet *pkts[SLOTS];

	assert_int_equal(dsi_packet_get_many(pair->from, 0, pkts, SLOTS),
			 SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(dsi_packet_discard(pair->from, pkts[i]), 0);
}

static void warm_ones_wait(void **user)
{
	struct dsi_packet *pkts[DSI_READY_MOST];
	struct hand_pair pair;

	(void)user;
	set_up_cool(&pair);
	for (uint32_t i = 0; i < DSI_READY_MOST; i++) {
		pkts[i] = hand_get(pair.from);
		assert_int_equal(dsi_packet_commit(pair.from, pkts[i]), 0);
		hand_take(&pair, 1);
	}
	/* The last of those that are cool is the newest of the free ones. */
	for (uint32_t i = 0; i < DSI_READY_MOST; i++) {
		struct dsi_packet *pkt = hand_get(pair.from);

		if (i == 0)
			assert_ptr_equal(pkt, pkts[DSI_READY_MOST - COOL - 1u]);
		for (uint32_t k = DSI_READY_MOST - COOL; k < DSI_READY_MOST;
		     k++)
			assert_ptr_not_equal(pkt, pkts[k]);
		assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
		hand_take(&pair, 1);
	}
	expect_all(&pair);
	hand_pair_fini(&pair);
}

/* With few others only so many wait that the next look finds enough. */
static void fewer_wait(void **user)
{
	enum { HELD = 6, WAIT = SLOTS - HELD - DSI_READY_MOST - 1 };
	struct dsi_packet *held[HELD], *pkts[DSI_READY_MOST], *newest = NULL;
	struct hand_pair pair;
	/* So many were found by the first look, and are left of it. */
	uint32_t n = DSI_READY_MOST - HELD;

	(void)user;
	set_up_cool(&pair);
	for (uint32_t i = 0; i < HELD; i++)
		held[i] = hand_get(pair.from);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < n; i++) {
			pkts[i] = hand_get(pair.from);
			if (i == 0 && newest)
				assert_ptr_equal(pkts[0], newest);
			assert_int_equal(dsi_packet_commit(pair.from, pkts[i]),
					 0);
			hand_take(&pair, 1);
		}
		newest = pkts[n - WAIT - 1u];
		n = DSI_READY_MOST;
	}
	for (uint32_t i = 0; i < HELD; i++)
		assert_int_equal(dsi_packet_discard(pair.from, held[i]), 0);
	expect_all(&pair);
	hand_pair_fini(&pair);
}

/* The packets of four batches, one after the other; the consumer has given back the
 * first two, and @third of the third one. */
static void four_batches(struct hand_pair *pair, uint32_t third,
			 struct dsi_packet *pkts[4][8])
{
	set_up_cool(pair);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(dsi_packet_get_many(pair->from, 0, pkts[i], 8),
				 8);
		if (i == 3)
			break;
		assert_int_equal(dsi_packet_commit_many(pair->from, pkts[i], 8),
				 0);
		hand_take(pair, i < 2 ? 8 : third);
	}
}

static void end_batches(struct hand_pair *pair, uint32_t third,
			struct dsi_packet *pkts[4][8])
{
	hand_take(pair, 8 - third);
	assert_int_equal(dsi_packet_commit_many(pair->from, pkts[3], 8), 0);
	hand_take(pair, 8);
	expect_all(pair);
	hand_pair_fini(pair);
}

/* A batch that comes back lies still until so many more did. */
static void warm_batches_wait(void **user)
{
	struct dsi_packet *pkts[4][8];
	struct hand_pair pair;

	(void)user;
	four_batches(&pair, 8, pkts);
	for (uint32_t i = 0; i < 8; i++)
		for (uint32_t k = 0; k < 8; k++)
			assert_ptr_not_equal(pkts[0][i], pkts[1][k]);
	/* In the order in which they came. */
	assert_memory_equal(pkts[0], pkts[2], sizeof(pkts[0]));
	assert_memory_equal(pkts[1], pkts[3], sizeof(pkts[1]));
	end_batches(&pair, 8, pkts);
}

/* Also if there are as many others as are asked for: those are taken, as they became
 * free. */
static void warm_beside_as_many(void **user)
{
	struct dsi_packet *pkts[4][8];
	struct hand_pair pair;

	(void)user;
	four_batches(&pair, 0, pkts);
	for (uint32_t i = 0; i < 8; i++)
		assert_ptr_equal(pkts[3][i], pkts[1][7u - i]);
	end_batches(&pair, 0, pkts);
}

/* None is left to who has nothing else. */
static void warm_is_better_than_none(void **user)
{
	struct dsi_packet *pkts[SLOTS], *again[SLOTS];
	struct hand_pair pair;

	(void)user;
	set_up_cool(&pair);
	assert_int_equal(dsi_packet_get_many(pair.from, 0, pkts, SLOTS), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(dsi_packet_commit(pair.from, pkts[i]), 0);
	hand_take(&pair, 2);
	assert_ptr_equal(hand_get(pair.from), pkts[0]);
	hand_take(&pair, COOL);
	assert_int_equal(dsi_packet_get_many(pair.from, 0, again, COOL + 1u),
			 COOL + 1u);
	assert_memory_equal(again, &pkts[1], (COOL + 1u) * sizeof(pkts[0]));
	hand_take(&pair, SLOTS - COOL - 2u);
	assert_int_equal(dsi_packet_commit(pair.from, pkts[0]), 0);
	assert_int_equal(dsi_packet_commit_many(pair.from, again, COOL + 1u),
			 0);
	hand_take(&pair, COOL + 2u);
	expect_all(&pair);
	hand_pair_fini(&pair);
}

/* Nor from who asks for all that there is: whether all came back, how many did, and
 * packets for one more consumer. */
static void warm_ones_count(void **user)
{
	struct hand_consumer other = {0};
	struct dsi_packet *pkts[SLOTS];
	struct hand_pair pair;
	struct dsi_producer *producer = &pair.stream.plane.as.producer;
	const struct dsi_shm_stats *stats;

	(void)user;
	for (uint32_t joins = 0; joins < 2; joins++) {
		set_up_cool(&pair);
		stats = pair.stream.plane.stats;
		for (uint32_t i = 0; i <= DSI_READY_MOST; i++) {
			assert_int_equal(dsi_packet_commit(pair.from,
							   hand_get(pair.from)),
					 0);
			hand_take(&pair, 1);
		}
		/* That of the last look, and what came since. */
		assert_true(stats->released == DSI_READY_MOST - COOL);
		if (joins) {
			hand_join(&pair.stream, &other, DSI_POLICY_BLOCK, 0);
			assert_int_equal(
				dsi_packet_get_many(pair.from, 0, pkts, SLOTS),
				SLOTS);
			assert_null(producer->sole);
		} else {
			assert_int_equal(
				dsi__producer_drained(&pair.stream.plane), 0);
		}
		assert_true(stats->released == DSI_READY_MOST + 1u);
		if (joins) {
			hand_leave(&pair.stream, &other);
			assert_int_equal(dsi__producer_look(&pair.stream.plane),
					 -DSI_ENOBUFS);
			hand_consumer_fini(&other);
		}
		hand_pair_fini(&pair);
	}
}

/* So much data as a reader's caches have lies still, and never more than half, nor so
 * many that a look at all takes long; if that is not worth it, none. */
static void how_many_are_left(void **user)
{
	(void)user;
	assert_int_equal(dsi__producer_cool(0, 64), 0);
	assert_int_equal(dsi__producer_cool(64, 65535), 0);
	assert_int_equal(dsi__producer_cool(448, 65535), 0);
	assert_int_equal(dsi__producer_cool(512, 65535), 1024);
	assert_int_equal(dsi__producer_cool(512, 2600), 1024);
	assert_int_equal(dsi__producer_cool(512, 2048), 1024);
	assert_int_equal(dsi__producer_cool(512, 2047), 0);
	assert_int_equal(dsi__producer_cool(4096, 1024), 512);
	assert_int_equal(dsi__producer_cool(4096, 1022), 511);
	assert_int_equal(dsi__producer_cool(4096, 4096), 512);
	assert_int_equal(dsi__producer_cool(1u << 20, 64), 2);
	assert_int_equal(dsi__producer_cool(1u << 20, 3), 1);
	assert_int_equal(dsi__producer_cool(1u << 20, 1), 0);
	assert_int_equal(dsi__producer_cool((1u << 21) + 64u, 64), 0);
	assert_int_equal(dsi__producer_cool(UINT32_MAX, 65535), 0);
}

/* Nothing is left to cool in a stream of the application's memory. */
static void added_is_never_warm(void **user)
{
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)user;
	set_up_cool(&pair);
	pkt = hand_get(pair.from);
	assert_int_equal(dsi_packet_set_size(pkt, 0), 0);
	assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
	assert_int_equal(pair.stream.plane.as.producer.cool, COOL);
	pkt = hand_get(pair.from);
	assert_int_equal(dsi_packet_add_data(pkt, 0, 8), 0);
	assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
	assert_int_equal(pair.stream.plane.as.producer.cool, 0);
	hand_take(&pair, 2);
	assert_ptr_equal(hand_get(pair.from), pkt);
	assert_int_equal(dsi_packet_discard(pair.from, pkt), 0);
	expect_all(&pair);
	hand_pair_fini(&pair);
}

/* The packet passes, and comes back from all. */
static void pass(struct hand_pair *pair, struct dsi_socket *also,
		 struct dsi_packet *pkt)
{
	assert_int_equal(dsi_packet_commit(pair->from, pkt), 0);
	hand_take(pair, 1);
	if (also)
		assert_int_equal(dsi_packet_commit(also, hand_get(also)), 0);
}

/* But one that had data of the application is what the next get finds: whose memory
 * that is waits for it, though others are known to be free. */
static void added_is_back_first(void **user)
{
	(void)user;
	for (uint32_t consumers = 1; consumers <= 2; consumers++) {
		struct hand_consumer other = {0};
		struct dsi_packet *pkt, *next;
		struct dsi_socket *also = NULL;
		struct hand_pair pair;

		set_up(&pair, 8);
		if (consumers == 2) {
			hand_join(&pair.stream, &other, DSI_POLICY_BLOCK, 0);
			also = hand_socket(&other.plane);
		}
		pass(&pair, also, hand_get(pair.from));
		pkt = hand_get(pair.from);
		assert_int_equal(dsi_packet_add_data(pkt, 0, 8), 0);
		pass(&pair, also, pkt);
		assert_ptr_equal(hand_get(pair.from), pkt);
		assert_int_equal(dsi_packet_count(pkt), 1);
		pass(&pair, also, pkt);
		next = hand_get(pair.from);
		assert_ptr_not_equal(next, pkt);
		/* Also if another one is taken before the commit. */
		assert_int_equal(dsi_packet_add_data(next, 0, 8), 0);
		pkt = hand_get(pair.from);
		pass(&pair, also, next);
		assert_ptr_equal(hand_get(pair.from), next);
		assert_int_equal(dsi_packet_discard(pair.from, next), 0);
		assert_int_equal(dsi_packet_discard(pair.from, pkt), 0);
		if (also)
			hand_leave(&pair.stream, &other);
		expect_free(&pair, PACKETS);
		if (also)
			hand_consumer_fini(&other);
		hand_pair_fini(&pair);
	}
}

/* What was given to a packet that is thrown away the next one has not, though
 * others were known to be free, and new. */
static void discarded_is_new(void **user)
{
	struct dsi_packet *pkt, *kept;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	pkt = hand_get(pair.from);
	kept = hand_get(pair.from);
	assert_int_not_equal(pair.stream.plane.as.producer.ready, 0);
	assert_int_equal(dsi_packet_set_flags(pkt, DSI_PACKET_USER), 0);
	assert_int_equal(dsi_packet_discard(pair.from, pkt), 0);
	assert_ptr_equal(hand_get(pair.from), pkt);
	assert_int_equal(dsi_packet_flags(pkt), 0);
	assert_int_equal(dsi_packet_discard(pair.from, pkt), 0);
	assert_int_equal(dsi_packet_discard(pair.from, kept), 0);
	hand_pair_fini(&pair);
}

/* ---- what is left out ------------------------------------------------------- */

/* A packet that says that some were left out before it comes too late itself: then
 * the next one says so. */
static void left_out_before_what_expired(void **user)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = 64,
	};
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)user;
	hand_pair_init(&pair, &desc, 0, DSI_POLICY_DROP_NEW);
	hand_put(&pair, 3);
	hand_take(&pair, 2);
	pkt = hand_get(pair.from);
	assert_int_equal(dsi_packet_set_expiry(pkt, 1), 0);
	assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
	for (uint32_t i = 0; i < 2; i++) {
		hand_put(&pair, 1);
		pkt = hand_get(pair.to);
		assert_int_equal(dsi_packet_number(pkt), 4 + i);
		assert_int_equal(dsi_packet_flags(pkt),
				 i == 0 ? DSI_PACKET_DROPPED_BEFORE : 0);
		assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
	}
	hand_pair_fini(&pair);
}

/* ---- when the producer is told what was taken ---------------------------- */

static uint32_t told(const struct hand_pair *pair)
{
	return atomic_load(&pair->consumer.page->signal);
}

static void get_many(struct hand_pair *pair, uint32_t n, int32_t want,
		     uint32_t tells)
{
	struct dsi_packet *pkts[PACKETS];
	uint32_t before = told(pair);

	assert_int_equal(dsi_packet_get_many(pair->to, 0, pkts, n), want);
	assert_int_equal(told(pair) - before, tells);
	assert_int_equal(dsi_packet_commit_many(pair->to, pkts, (uint32_t)want),
			 0);
	assert_int_equal(told(pair) - before, tells + 1);
}

static void taken_is_told(void **user)
{
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 2);
	/* Twice: the first get takes the long way. */
	for (uint32_t i = 0; i < 2; i++) {
		hand_put(&pair, 1);
		get_many(&pair, 1, 1, 0);
		hand_put(&pair, 1);
		get_many(&pair, 2, 1, 1);
		hand_put(&pair, 2);
		get_many(&pair, 2, 2, 1);
		hand_put(&pair, 2);
		get_many(&pair, 4, 2, 1);
	}
	hand_pair_fini(&pair);
}

/* A ring with room for all packets is never what is missing. */
static void taken_need_not_be_told(void **user)
{
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 4);
	for (uint32_t i = 0; i < 2; i++) {
		hand_put(&pair, 3);
		get_many(&pair, 4, 3, 0);
	}
	hand_pair_fini(&pair);
}

/* Who times what it holds tells no more than others do, and who copies what comes
 * tells nothing if nothing comes. */
static void who_is_apart_tells_no_more(void **user)
{
	struct dsi_packet *pkt;
	struct hand_pair pair;
	uint32_t before;

	(void)user;
	set_up(&pair, 4);
	pair.consumer.plane.as.consumer.apart = DSI_CONSUMER_TIME_HOLD;
	hand_put(&pair, 1);
	before = told(&pair);
	pkt = hand_get(pair.to);
	assert_int_equal(told(&pair), before);
	assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
	before = told(&pair);
	pair.consumer.plane.as.consumer.apart = DSI_CONSUMER_COPY;
	assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(told(&pair), before);
	hand_pair_fini(&pair);
}

/* What is taken ahead of the order comes back before its descriptor is free, so
 * the same ring can be what is missing. */
static void taken_early_is_told(void **user)
{
	struct dsi_packet *pkt;
	struct hand_pair pair;
	uint32_t before;

	(void)user;
	set_up(&pair, 4);
	hand_put(&pair, 4);
	assert_int_equal(dsi_packet_get_nr(pair.to, 1, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
	assert_int_equal(dsi_packet_get(pair.from, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(dsi__packet_table_free(&pair.stream.plane.table), 1);
	before = told(&pair);
	for (uint32_t i = 0; i < 3; i++)
		(void)hand_get(pair.to);
	assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), -DSI_EAGAIN);
	assert_int_not_equal(told(&pair), before);
	hand_put(&pair, 1);
	assert_int_equal(dsi_packet_number(hand_get(pair.to)), 4);
	hand_pair_fini(&pair);
}

/* Each slot is remembered by itself: of 64 a word, and there is more than one. */
static void taken_early_in_each_slot(void **user)
{
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 256);
	for (uint64_t i = 0; i < 520; i += 3) {
		hand_put(&pair, 3);
		assert_int_equal(dsi_packet_get_nr(pair.to, i + 1, 0, &pkt), 0);
		assert_int_equal(pair.consumer.plane.as.consumer.n_early, 1);
		assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
		assert_int_equal(dsi_packet_get_nr(pair.to, i + 1, 0, &pkt),
				 -DSI_ESTALE);
		for (uint64_t k = 0; k <= 2; k += 2) {
			pkt = hand_get(pair.to);
			assert_int_equal(dsi_packet_number(pkt), i + k);
			assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
		}
		assert_int_equal(pair.consumer.plane.as.consumer.n_early, 0);
	}
	hand_pair_fini(&pair);
}

/* ---- who closes knows nobody --------------------------------------------- */

static void peers_are_forgotten(void **user)
{
	const struct dsi_producer *producer;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	producer = &pair.stream.plane.as.producer;
	assert_ptr_equal(producer->sole, pair.consumer.peer);
	assert_int_not_equal(producer->active_mask, 0);
	dsi__producer_forget(&pair.stream.plane);
	assert_null(producer->sole);
	assert_int_equal(producer->active_mask, 0);
	assert_int_equal(producer->block_mask, 0);
	hand_pair_fini(&pair);
}

/* ---- a batch goes whole or not at all ------------------------------------- */

static void batch_with_a_stranger(void **user)
{
	struct dsi_packet *pkts[4];
	struct dsi_packet *strange;
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 4);
	hand_put(&pair, 3);
	hand_take(&pair, 3); /* so that the ring ends within the batch */
	for (uint32_t bad = 0; bad < 4; bad++) {
		void *addr;
		uint32_t size;

		for (uint32_t i = 0; i < 4; i++)
			pkts[i] = hand_get(pair.from);
		assert_int_equal(dsi_packet_set_size(pkts[3], 5), 0);
		strange = pkts[bad];
		pkts[bad] = bad % 2 ? NULL : pkts[(bad + 1) % 4];
		assert_int_equal(dsi_packet_commit_many(pair.from, pkts, 4),
				 -DSI_EINVAL);
		assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), -DSI_EAGAIN);
		pkts[bad] = strange;
		assert_int_equal(dsi_packet_data(pkts[3], 0, &addr, &size), 0);
		assert_int_equal(size, 5);
		assert_int_equal(dsi_packet_commit_many(pair.from, pkts, 4), 0);
		assert_int_equal(dsi_packet_get_many(pair.to, 0, pkts, 4), 4);
		strange = pkts[bad];
		pkts[bad] = bad % 2 ? NULL : pkts[(bad + 1) % 4];
		assert_int_equal(dsi_packet_commit_many(pair.to, pkts, 4),
				 -DSI_EINVAL);
		pkts[bad] = strange;
		assert_int_equal(dsi_packet_commit_many(pair.to, pkts, 4), 0);
	}
	hand_pair_fini(&pair);
}

/* Of one that ended at its first packet nothing is left behind, to be found when
 * that position is reached. */
static void batch_that_was_begun(void **user)
{
	struct dsi_packet *pkts[2] = {NULL, NULL};
	struct dsi_packet *pkt;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	pkt = hand_get(pair.from);
	pkts[1] = hand_get(pair.from);
	assert_int_equal(dsi_packet_commit_many(pair.from, pkts, 2),
			 -DSI_EINVAL);
	assert_true(pkts[1]->position == DSI_NO_POSITION);
	assert_int_equal(dsi_packet_commit(pair.from, pkt), 0);
	hand_take(&pair, 1);
	assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), -DSI_EAGAIN);
	assert_int_equal(dsi_packet_commit(pair.from, pkts[1]), 0);
	hand_take(&pair, 1);
	expect_free(&pair, PACKETS);
	hand_pair_fini(&pair);
}

/* Nor are the slots touched that come after those of what is held: somebody may
 * still have to read them. */
static void batch_of_more_than_is_held(void **user)
{
	struct dsi_packet *pkts[4] = {NULL, NULL, NULL, NULL};
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 4);
	hand_put(&pair, 2);
	pkts[2] = hand_get(pair.from);
	pkts[3] = hand_get(pair.from);
	assert_int_equal(dsi_packet_commit_many(pair.from, pkts, 4),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_many(pair.from, &pkts[2], 2), 0);
	hand_take(&pair, 4);
	expect_free(&pair, PACKETS);
	hand_pair_fini(&pair);
}

/* A producer that writes at the right time could make it look as if the ring
 * went on behind its end.  Here the slots there are as it would make them: those
 * of a ring that is larger than the consumer believes. */
static void batch_of_more_than_the_ring(void **user)
{
	struct dsi_packet *pkts[PACKETS];
	struct dsi_ring *ring;
	struct hand_pair pair;
	uint64_t bytes = 0;

	(void)user;
	set_up(&pair, 8);
	hand_put(&pair, 1);
	hand_take(&pair, 1);
	hand_put(&pair, 4);
	ring = &pair.consumer.plane.as.consumer.ring;
	ring->slots = 2;
	assert_int_equal(
		dsi__usual_take(&pair.consumer.plane, pkts, 4, 0, &bytes), 2);
	assert_int_equal(bytes, 2 * 64);
	hand_pair_fini(&pair);
}

/* ---- commit and get in one ------------------------------------------------ */

static void next_of_a_producer(void **user)
{
	struct dsi_packet *pkt;
	struct dsi_packet *next;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	pkt = hand_get(pair.from);
	next = NULL;
	assert_int_equal(dsi_packet_commit_get(NULL, pkt, 0, &next),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(pair.from, pkt, 0, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(pair.from, NULL, 0, &next),
			 -DSI_EINVAL);
	for (uint32_t i = 1; i < PACKETS; i++) {
		assert_int_equal(
			dsi_packet_commit_get(pair.from, pkt, 0, &next), 0);
		assert_int_equal(
			dsi_packet_commit_get(pair.from, pkt, 0, &next),
			-DSI_EINVAL);
		pkt = next;
	}
	/* The last one is gone, though there is no next one. */
	assert_int_equal(dsi_packet_commit_get(pair.from, pkt, 0, &next),
			 -DSI_EAGAIN);
	assert_int_equal(dsi_packet_commit(pair.from, pkt), -DSI_EINVAL);
	assert_int_equal(dsi_packet_commit_get(pair.from, pkt, 0, &next),
			 -DSI_EINVAL);
	hand_take(&pair, PACKETS);
	expect_free(&pair, PACKETS);
	hand_pair_fini(&pair);
}

static void next_of_a_consumer(void **user)
{
	struct dsi_packet *pkt;
	struct dsi_packet *next;
	struct hand_pair pair;

	(void)user;
	set_up(&pair, 8);
	hand_put(&pair, 2);
	pkt = hand_get(pair.to);
	assert_int_equal(dsi_packet_commit_get(pair.to, pkt, 0, &next), 0);
	assert_int_equal(dsi_packet_number(next), 1);
	pkt = next;
	next = NULL;
	assert_int_equal(dsi_packet_commit_get(pair.to, pkt, 1, &next),
			 -DSI_ETIMEDOUT);
	assert_null(next);
	assert_int_equal(dsi_packet_commit(pair.to, pkt), -DSI_EINVAL);
	expect_free(&pair, PACKETS);
	hand_put(&pair, 1);
	assert_int_equal(dsi_packet_number(hand_get(pair.to)), 2);
	hand_pair_fini(&pair);
}

/* A wake-up that was put off is made up for before the peer's words go. */
static void owed_to_one_who_leaves(void **user)
{
	struct hand_pair pair;
	struct dsi_data_plane *plane = &pair.stream.plane;

	(void)user;
	set_up(&pair, 8);
	plane->owed = &pair.consumer.peer->waker;
	hand_leave(&pair.stream, &pair.consumer);
	assert_int_equal(dsi__producer_look(plane), 0);
	assert_null(plane->owed);
	hand_pair_fini(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lender_outlives_the_consumer),
		cmocka_unit_test(lender_beside_own_data),
		cmocka_unit_test(most_elements),
		cmocka_unit_test(free_first),
		cmocka_unit_test(half_of_a_few),
		cmocka_unit_test(what_a_few_are),
		cmocka_unit_test(warm_ones_wait),
		cmocka_unit_test(fewer_wait),
		cmocka_unit_test(warm_batches_wait),
		cmocka_unit_test(warm_beside_as_many),
		cmocka_unit_test(warm_is_better_than_none),
		cmocka_unit_test(warm_ones_count),
		cmocka_unit_test(how_many_are_left),
		cmocka_unit_test(added_is_never_warm),
		cmocka_unit_test(added_is_back_first),
		cmocka_unit_test(discarded_is_new),
		cmocka_unit_test(left_out_before_what_expired),
		cmocka_unit_test(taken_is_told),
		cmocka_unit_test(taken_need_not_be_told),
		cmocka_unit_test(who_is_apart_tells_no_more),
		cmocka_unit_test(taken_early_is_told),
		cmocka_unit_test(taken_early_in_each_slot),
		cmocka_unit_test(peers_are_forgotten),
		cmocka_unit_test(batch_with_a_stranger),
		cmocka_unit_test(batch_that_was_begun),
		cmocka_unit_test(batch_of_more_than_is_held),
		cmocka_unit_test(batch_of_more_than_the_ring),
		cmocka_unit_test(next_of_a_producer),
		cmocka_unit_test(next_of_a_consumer),
		cmocka_unit_test(owed_to_one_who_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
