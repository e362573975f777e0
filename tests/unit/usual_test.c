/* SPDX-License-Identifier: MIT */
/*
 * usual_test.c - what goes the usual way, and what is left to others.
 *
 * That is seen from nowhere else: whoever does everything does the same, more
 * slowly.  So these functions are asked directly, each with the last thing that is
 * usual and the first one that is not.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/packet.h>

#include "dsi/usual_consumer.h"
#include "dsi/usual_producer.h"
#include "dsi/usual_wait.h"
#include "hand_pair.h"

#define PACKETS 4u
#define SLOT 64u
#define PAST 1u

struct world {
	struct hand_pair pair;
	struct dsi_data_plane *plane; /* the consumer's */
};

static struct world world;

static void set_up_at(uint64_t position, uint32_t packets, uint32_t ring_slots,
		      uint32_t flags)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = flags,
		.packets = packets,
		.ring_slots = ring_slots,
		.packet_bytes = SLOT,
		.max_sg = 2,
	};

	hand_pair_init(&world.pair, &desc, position, DSI_POLICY_BLOCK);
	world.plane = &world.pair.consumer.plane;
	assert_int_equal(dsi__consumer_look(world.plane), -DSI_EAGAIN);
}

static void set_up(uint32_t packets, uint32_t ring_slots, uint32_t flags)
{
	set_up_at(0, packets, ring_slots, flags);
}

/* ---- what a descriptor says --------------------------------------------------- */

static const struct {
	uint64_t token, flags, offset, size;
	int plain, stamped; /* is it usual in such a stream? */
} entries[] = {
	{0, 0, 0, SLOT, 1, 0},
	{3, 0, 0, SLOT, 1, 0},
	{3, 0, 0, 0, 1, 0},
	{3, 0, 0, 1, 1, 0},
	{4, 0, 0, SLOT, 0, 0},
	{0xffff, 0, 0, SLOT, 0, 0},
	{0, 0, 0, SLOT + 1, 0, 0},
	{0, 0, 0, UINT32_MAX, 0, 0},
	{0, 0, 3 * SLOT, SLOT, 1, 0},
	{0, 0, 3 * SLOT, 0, 1, 0},
	{0, 0, 3 * SLOT + 1, 1, 0, 0},
	{0, 0, UINT64_MAX, 1, 0, 0},
	{3, DSI_DESC_STAMPED, 3 * SLOT, SLOT, 0, 1},
	{4, DSI_DESC_STAMPED, 0, SLOT, 0, 0},
	{3, DSI_DESC_STAMPED, 3 * SLOT + 1, SLOT, 0, 0},
	{1, DSI_PACKET_GAP | DSI_PACKET_USER, 0, SLOT, 1, 0},
	{1, DSI_DESC_STAMPED | DSI_PACKET_GAP, 0, SLOT, 0, 1},
	{1, DSI_PACKET_EOS, 0, SLOT, 0, 0},
	{1, DSI_PACKET_PHYS, 0, SLOT, 0, 0},
	{1, DSI_PACKET_DROPPED_BEFORE, 0, SLOT, 0, 0},
	{1, DSI_DESC_EXT, 0, SLOT, 0, 0},
	{1, DSI_DESC_EXT | DSI_DESC_STAMPED, 0, SLOT, 0, 0},
};

static void say(size_t i, uint64_t position)
{
	struct dsi_shm_desc *desc = dsi__ring_desc(
		&world.pair.stream.plane.as.producer.ring, position);

	atomic_store(&desc->offset, entries[i].offset);
	atomic_store(&desc->place, entries[i].token << 48 |
					   entries[i].flags << 32 |
					   entries[i].size);
}

static void one_entry(size_t i, uint32_t flags, int usual)
{
	struct dsi_packet *pkts[PACKETS];
	struct dsi_packet pkt = {.position = 0};
	const struct dsi_consumer *end;
	uint64_t bytes = 1000, place;
	uint32_t got;

	set_up(PACKETS, 4, flags);
	end = &world.plane->as.consumer;
	hand_put(&world.pair, 2);
	say(i, 1);
	place = entries[i].token << 48 | entries[i].flags << 32 |
		entries[i].size;
	if (entries[i].offset <= 3 * SLOT)
		assert_int_equal(
			!!dsi__usual_place(end, place, end->usual_flags),
			usual);
	assert_true(dsi__usual_copy(end, dsi__ring_desc(&end->ring, 1), 1,
				    end->usual_flags, 0, &pkt) ==
		    (usual ? (int64_t)entries[i].size : -1));
	if (usual) {
		assert_true(pkt.position == 1 &&
			    pkt.mark == dsi__packet_mark(DSI_OWNER_US) &&
			    pkt.entry.offset == entries[i].offset &&
			    pkt.entry.size == entries[i].size &&
			    pkt.entry.token == entries[i].token);
	}
	assert_true(dsi__usual_copy(end, dsi__ring_desc(&end->ring, 2), 2,
				    end->usual_flags, 0, &pkt) < 0);
	/* In a row: up to the one that is not. */
	got = dsi__usual_take(world.plane, pkts, 3, 0, &bytes);
	assert_int_equal(got, usual ? 2 : 1);
	assert_true(bytes == 1000 + SLOT + (usual ? entries[i].size : 0));
	assert_true(end->position == got);
	assert_int_equal(dsi__packet_table_free(&world.plane->table),
			 PACKETS - got);
	hand_pair_fini(&world.pair);
}

static void each_entry(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		one_entry(i, DSI_STREAM_NO_STAMP, entries[i].plain);
		one_entry(i, 0, entries[i].stamped);
	}
}

/* With @lossy the descriptor may be written meanwhile: then it is nothing. */
static void torn(void **state)
{
	struct dsi_packet pkt;

	(void)state;
	for (int torn = 0; torn <= 1; torn++) {
		struct dsi_consumer *end;
		struct dsi_shm_desc other;

		set_up(PACKETS, 4, DSI_STREAM_NO_STAMP);
		end = &world.plane->as.consumer;
		hand_put(&world.pair, 1);
		/* Read here, asked there whether it is whole. */
		memcpy(&other, end->ring.desc, sizeof(other));
		if (torn)
			dsi__ring_revoke(&end->ring, 0);
		assert_true(dsi__usual_copy(end, &other, 0, 0, 1, &pkt) ==
			    (torn ? -1 : (int64_t)SLOT));
		assert_true(dsi__usual_copy(end, &other, 0, 0, 0, &pkt) ==
			    SLOT);
		hand_pair_fini(&world.pair);
	}
}

/* ---- how many are taken at once ------------------------------------------------ */

static void one_row(uint32_t slots, uint32_t begin, uint32_t there,
		    uint32_t wish, uint32_t held, int lossy)
{
	struct dsi_packet *pkts[9], *before;
	struct dsi_consumer *end;
	uint64_t bytes = 0;
	uint32_t want = wish < there ? wish : there;
	uint32_t got;

	set_up(PACKETS, slots, DSI_STREAM_NO_STAMP);
	for (uint32_t i = 0; i < begin; i++) {
		hand_put(&world.pair, 1);
		hand_take(&world.pair, 1);
	}
	hand_put(&world.pair, held);
	for (uint32_t i = 0; i < held; i++)
		assert_int_equal(dsi_packet_get(world.pair.to, 0, &before), 0);
	hand_put(&world.pair, there);
	if (want > PACKETS - held)
		want = PACKETS - held;
	end = &world.plane->as.consumer;
	got = dsi__usual_take(world.plane, pkts, wish, lossy, &bytes);
	/* Free ones that do not lie in one piece are left to others. */
	if (want && got == 0)
		assert_null(dsi__packet_table_block(
			&world.plane->table,
			wish < PACKETS - held ? wish : PACKETS - held));
	else
		assert_int_equal(got, want);
	assert_true(bytes == got * SLOT);
	assert_true(end->position == begin + held + got);
	for (uint32_t i = 0; i < got; i++)
		assert_true(pkts[i]->position == begin + held + i);
	hand_pair_fini(&world.pair);
}

static void rows_of(uint32_t slots, uint32_t begin, int lossy)
{
	for (uint32_t wish = 1; wish < 9; wish++)
		for (uint32_t held = 0; held <= PACKETS; held++)
			for (uint32_t there = 0;
			     there + held <= PACKETS && there <= slots &&
			     held <= slots;
			     there++)
				one_row(slots, begin, there, wish, held, lossy);
}

/* Wherever the ring ends among them, and whether or not each is asked afterwards
 * if it was whole. */
static void rows(void **state)
{
	(void)state;
	for (uint32_t slots = 1; slots <= 8; slots *= 2)
		for (uint32_t begin = 0; begin < 6; begin++)
			for (int lossy = 0; lossy <= 1; lossy++)
				rows_of(slots, begin, lossy);
}

static void one_alone(void **state)
{
	static struct dsi_packet *pkt;
	const struct dsi_consumer *end;

	(void)state;
	set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
	end = &world.plane->as.consumer;
	assert_true(dsi__usual_take_one(world.plane, &pkt) < 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		hand_put(&world.pair, 1);
		assert_true(dsi__usual_take_one(world.plane, &pkt) == SLOT);
		assert_true(pkt->position == i && end->position == i + 1);
		assert_int_equal(dsi__packet_table_free(&world.plane->table),
				 PACKETS - 1 - i);
	}
	/* It has all that it may have, whatever comes. */
	dsi__ring_publish(&world.pair.stream.plane.as.producer.ring, PACKETS,
			  &pkt->entry);
	assert_true(dsi__usual_take_one(world.plane, &pkt) < 0);
	assert_true(end->position == PACKETS);
	hand_pair_fini(&world.pair);
}

/* An empty one is a packet as well. */
static void one_empty(void **state)
{
	static struct dsi_packet *pkt;

	(void)state;
	set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
	hand_put(&world.pair, 1);
	say(2, 0);
	assert_true(dsi__usual_take_one(world.plane, &pkt) == 0);
	assert_true(pkt->position == 0 && pkt->entry.token == 3);
	assert_true(world.plane->as.consumer.position == 1);
	hand_pair_fini(&world.pair);
}

/* ---- giving back ---------------------------------------------------------------- */

static void given_back(void **state)
{
	(void)state;
	/* A stranger in each place, or none. */
	for (uint32_t bad = 0; bad <= 3; bad++) {
		const uint64_t held = dsi__packet_mark(DSI_OWNER_US);
		struct dsi_packet *pkts[PACKETS], *kept[PACKETS];
		const struct dsi_packet_table *table;
		struct dsi_packet mine = {.mark = held};
		uint32_t free;

		set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
		table = &world.plane->table;
		hand_put(&world.pair, PACKETS);
		assert_int_equal(
			dsi_packet_get_many(world.pair.to, 0, pkts, PACKETS),
			PACKETS);
		memcpy(kept, pkts, sizeof(kept));
		free = dsi__packet_table_free(table);
		if (bad < 3)
			pkts[bad] = &mine;
		assert_int_equal(dsi__usual_give(world.plane, pkts, 3),
				 bad == 3);
		for (uint32_t i = 0; i < 3; i++)
			assert_true(kept[i]->mark == (bad < 3 ? held : 0));
		/* Of the one behind them nothing was said. */
		assert_true(kept[3]->mark == held);
		if (bad == 3) {
			assert_int_equal(dsi__usual_gave(world.plane, 3, 0), 0);
			assert_int_equal(dsi__packet_table_free(table),
					 free + 3);
			for (uint32_t i = 0; i < 3; i++) {
				assert_ptr_equal(table->free[(free + i) &
							     table->free_mask],
						 kept[i]);
				assert_int_equal(
					atomic_load(&world.plane->as.consumer
							     .returns[i]),
					kept[i]->entry.token);
			}
		}
		assert_int_equal(dsi__packet_table_free(table),
				 free + (bad == 3 ? 3 : 0));
		hand_pair_fini(&world.pair);
	}
}

/* ---- which number comes next ------------------------------------------------- */

/* Behind the highest one: of those that came the usual way, or of all others. */
static void awaited(void **state)
{
	static const struct {
		uint64_t position, usual_from, usual_newest, newest;
		uint32_t has_newest;
		uint64_t want;
	} cases[] = {
		{5, 5, 0, 0, 0, 5},   {5, 5, 9, 0, 0, 9}, {5, 5, 0, 8, 1, 9},
		{5, 5, 12, 8, 1, 12}, {5, 5, 9, 8, 1, 9}, {5, 3, 0, 0, 0, 5},
		{5, 3, 9, 0, 0, 5},   {5, 3, 9, 3, 1, 5}, {5, 3, 9, 30, 1, 31},
		{0, 0, 0, 0, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct dsi_consumer consumer = {
			.position = cases[i].position,
			.usual_from = cases[i].usual_from,
			.usual_newest = cases[i].usual_newest,
			.newest = cases[i].newest,
			.has_newest = cases[i].has_newest,
		};

		assert_true(dsi__consumer_awaits(&consumer) == cases[i].want);
	}
}

/* ---- the producer: taking ------------------------------------------------------ */

/* The free ones begin at place @from of their queue, as they do once packets were
 * taken from its other end: only what lies in one piece is taken. */
static void one_reserve(uint32_t from, uint32_t ready, uint32_t n)
{
	uint32_t begin = (from + PACKETS - n) % PACKETS;
	int want = n <= ready && begin + n <= PACKETS;
	struct dsi_packet *pkts[PACKETS + 1];
	struct dsi_packet_table *table;
	struct dsi_data_plane *plane;

	set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
	plane = &world.pair.stream.plane;
	table = &plane->table;
	table->free_head = from;
	table->free_tail = from + PACKETS;
	plane->as.producer.ready = ready;
	assert_int_equal(!!dsi__usual_reserve(plane, pkts, n), want);
	n = want ? n : 0;
	assert_int_equal(plane->held, n);
	assert_int_equal(plane->as.producer.ready, ready - n);
	assert_int_equal(dsi__packet_table_free(table), PACKETS - n);
	for (uint32_t i = 0; i < n; i++) {
		assert_ptr_equal(pkts[i], table->free[(from + PACKETS - 1 - i) &
						      table->free_mask]);
		assert_true(pkts[i]->mark == dsi__packet_mark(DSI_OWNER_US));
	}
	hand_pair_fini(&world.pair);
}

static void reserved(void **state)
{
	(void)state;
	for (uint32_t from = 0; from < PACKETS; from++)
		for (uint32_t ready = 0; ready <= PACKETS; ready++)
			for (uint32_t n = 1; n <= PACKETS; n++)
				one_reserve(from, ready, n);
}

#define FIRST 3u
#define RETURNED 2u
#define HAS 5u

/* Of a consumer that was given so many, and had given back some before: do @n more
 * fit, are as many back, and can that be true? */
static void one_back(uint32_t held, uint32_t n, uint32_t back)
{
	struct dsi_shm_consumer page = {.sleep = 0};
	struct dsi_producer_peer peer = {.first = FIRST, .returned = RETURNED};
	struct dsi_data_plane plane = {.held = held};
	struct dsi_producer *producer = &plane.as.producer;
	int want = back >= n && back <= HAS;

	peer.page = &page;
	atomic_store(&page.returned, RETURNED + back);
	producer->sole = &peer;
	producer->position = FIRST + RETURNED + HAS;
	producer->limit = producer->position + held + n;
	assert_int_equal(!!dsi__usual_back(&plane, n), want);
	producer->limit++;
	assert_int_equal(!!dsi__usual_back(&plane, n), want);
	producer->limit -= 2;
	assert_int_equal(dsi__usual_back(&plane, n), 0);
}

static void backs(void **state)
{
	(void)state;
	for (uint32_t held = 0; held <= 2; held++)
		for (uint32_t n = 1; n <= HAS + 1; n++)
			for (uint32_t back = 0; back <= 2 * HAS + FIRST; back++)
				one_back(held, n, back);
}

static struct dsi_packet *came_back(uint32_t i)
{
	const struct dsi_data_plane *plane = &world.pair.stream.plane;

	return &plane->table.packets[atomic_load(
		&plane->as.producer.sole->returns[i])];
}

/* Of two that came back the last is ordinary or not. */
static void reused(void **state)
{
	(void)state;
	for (uint32_t given = 0; given <= 1; given++) {
		const uint32_t was = given ? 7 : 0, n = given ? 0 : 2;
		struct dsi_packet *pkts[2], *first, *last;
		struct dsi_producer *producer;
		struct dsi_data_plane *plane;
		uint64_t its;

		set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
		plane = &world.pair.stream.plane;
		producer = &plane->as.producer;
		hand_put(&world.pair, 3);
		hand_take(&world.pair, 2);
		first = came_back(0);
		last = came_back(1);
		its = first->mark;
		last->given = given ? DSI_GIVEN_FLAGS : 0;
		producer->room = producer->ready = 7;
		assert_int_equal(!!dsi__usual_reuse(plane, pkts, 2), !given);
		assert_int_equal(producer->ready, was);
		assert_int_equal(producer->room, was);
		assert_true(producer->sole->returned == n);
		assert_true(atomic_load(&plane->stats->released) == n);
		assert_int_equal(plane->held, n);
		assert_true(first->mark ==
			    (given ? its : dsi__packet_mark(DSI_OWNER_US)));
		assert_true(given || (pkts[0] == first && pkts[1] == last));
		dsi__usual_unready(producer);
		hand_pair_fini(&world.pair);
	}
}

/* So many were sent, and so many came back, of which the last was taken in order
 * or not, and not read yet: if those were all, the @n that are asked for, they are
 * taken again, though the ring was full.  The consumer's first packet is at @first. */
static void some_retaken(uint64_t first, uint32_t put, uint32_t took,
			 uint32_t early, uint32_t n)
{
	const int empty = put == n && !early, want = empty && took == n;
	struct dsi_packet *pkts[PACKETS] = {NULL};
	struct dsi_producer *producer;

	set_up_at(first, PACKETS, 8, DSI_STREAM_NO_STAMP);
	producer = &world.pair.stream.plane.as.producer;
	hand_put(&world.pair, put);
	hand_take(&world.pair, took);
	atomic_store(&world.pair.consumer.page->taken, first + put - early);
	producer->limit = first + put;
	producer->least = first;
	assert_int_equal(!!dsi__usual_retake(&world.pair.stream.plane, pkts, n),
			 want);
	for (uint32_t i = 0; want && i < n; i++)
		assert_ptr_equal(pkts[i], came_back(i));
	assert_true(producer->sole->taken == first + (empty ? put : 0));
	assert_true(producer->least == first + (empty ? put : 0));
	assert_true(producer->limit == first + put + (empty ? 8 : 0));
	hand_pair_fini(&world.pair);
}

static void retaken(void **state)
{
	(void)state;
	for (uint32_t put = 1; put <= 3; put++)
		for (uint32_t took = 0; took <= put; took++)
			for (uint32_t i = 0; i < 4; i++)
				for (uint32_t n = 1; n <= 3; n++)
					some_retaken(i & 2 ? 5 : 0, put, took,
						     i & 1, n);
}

/* ---- the producer: sending ----------------------------------------------------- */

#define SLOTS 4u

/* What was sent, and the consumer finds all of it. */
static void expect_sent(struct dsi_packet *const *pkts, uint32_t begin,
			uint32_t n, uint64_t bytes)
{
	const uint64_t its = dsi__packet_mark(
		dsi__owners(world.pair.stream.plane.as.producer.block_mask));
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		assert_true(pkts[i]->position == begin + i);
		assert_true(pkts[i]->mark == its);
		sum += pkts[i]->entry.size;
	}
	assert_true(bytes == sum);
	assert_int_equal(dsi__usual_sent(&world.pair.stream.plane, n, bytes, 0),
			 0);
	assert_int_equal(world.pair.stream.plane.held, 0);
	for (uint32_t i = 0; i < n; i++) {
		const struct dsi_packet *pkt = hand_get(world.pair.to);

		assert_true(pkt->position == begin + i);
		assert_true(pkt->entry.token == pkts[i]->entry.token);
		assert_true(pkt->entry.size == pkts[i]->entry.size);
	}
}

/* What was not: those behind the @bad one were written already, and are as if they
 * had not been.  One that is sent later does not bring them along. */
static void expect_unsent(struct dsi_packet *const *pkts, uint32_t begin,
			  uint32_t n, uint32_t bad)
{
	const struct dsi_ring *ring = &world.pair.stream.plane.as.producer.ring;
	struct dsi_packet *pkt;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t position = begin + i;

		if (i != bad)
			assert_true(pkts[i]->mark ==
				    dsi__packet_mark(DSI_OWNER_US));
		assert_int_equal(dsi__ring_look(ring, position),
				 DSI_RING_NOT_YET);
		if (i <= bad)
			continue;
		assert_true(pkts[i]->position == DSI_NO_POSITION);
		/* The packet that had the slot is gone, though. */
		if (position >= SLOTS)
			assert_int_equal(dsi__ring_look(ring, position - SLOTS),
					 DSI_RING_LOST);
	}
	if (n == 1)
		return;
	assert_int_equal(dsi_packet_commit(world.pair.from, pkts[bad == 0]), 0);
	assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt), 0);
	assert_true(pkt->position == begin);
	assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt), -DSI_EAGAIN);
}

/* The first of them is empty, the one at @bad is not ours. */
static void one_send(uint32_t begin, uint32_t n, uint32_t bad)
{
	static struct dsi_packet *none[4 * PACKETS];
	struct dsi_packet mine = {.mark = dsi__packet_mark(DSI_OWNER_US)};
	struct dsi_packet *pkts[4 * PACKETS];
	uint64_t bytes = 0;

	memcpy(pkts, none, sizeof(pkts));
	set_up(PACKETS, SLOTS, DSI_STREAM_NO_STAMP);
	for (uint32_t i = 0; i < begin; i++) {
		hand_put(&world.pair, 1);
		hand_take(&world.pair, 1);
	}
	for (uint32_t i = 0; i < n; i++) {
		pkts[i] = hand_get(world.pair.from);
		pkts[i]->entry.size = 10 * i;
	}
	if (bad < n)
		pkts[bad] = &mine;
	assert_int_equal(
		!!dsi__usual_send(&world.pair.stream.plane, pkts, n, 0, &bytes),
		bad >= n);
	if (bad < n)
		expect_unsent(pkts, begin, n, bad);
	else
		expect_sent(pkts, begin, n, bytes);
	hand_pair_fini(&world.pair);
}

/* Wherever the ring ends among them. */
static void sent(void **state)
{
	(void)state;
	for (uint32_t begin = 0; begin <= 2 * SLOTS; begin++)
		for (uint32_t n = 1; n <= SLOTS; n++)
			for (uint32_t bad = 0; bad <= n; bad++)
				one_send(begin, n, bad);
}

/* ---- waiting -------------------------------------------------------------------- */

static void consumer_has_none(void **state)
{
	(void)state;
	for (uint32_t unsaid = 0; unsaid <= 1; unsaid++)
		for (uint32_t there = 0; there <= 1; there++) {
			set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
			hand_put(&world.pair, there);
			world.plane->as.consumer.unsaid = unsaid;
			assert_int_equal(!!dsi__usual_none_came(world.plane),
					 !unsaid && !there);
			hand_pair_fini(&world.pair);
		}
}

/* So many the application holds, the consumer has, and has given back without the
 * producer having seen it. */
static void producer_has_none(void **state)
{
	(void)state;
	for (uint32_t held = 0; held <= PACKETS; held++)
		for (uint32_t out = 0; held + out <= PACKETS; out++)
			for (uint32_t back = 0; back <= out; back++) {
				struct dsi_data_plane *plane;
				struct dsi_packet *pkt;

				set_up(PACKETS, 4, DSI_STREAM_NO_STAMP);
				plane = &world.pair.stream.plane;
				hand_put(&world.pair, out);
				for (uint32_t i = 0; i < held; i++)
					assert_int_equal(
						dsi_packet_get(world.pair.from,
							       0, &pkt),
						0);
				hand_take(&world.pair, back);
				assert_int_equal(!!dsi__usual_all_out(plane),
						 held + out == PACKETS &&
							 back == 0);
				/* If so: and is there anybody to wait for? */
				assert_int_equal(!!dsi__usual_none_back(plane),
						 held < PACKETS && out > 0 &&
							 back == 0);
				hand_pair_fini(&world.pair);
			}
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The same, of a producer that wants @n: how many are ready, which the ring has room
 * for and that are free. */
static void one_refill(uint32_t slots, uint32_t held, uint32_t out,
		       uint32_t back, uint32_t n)
{
	struct dsi_producer *producer;
	struct dsi_packet *pkt;
	uint32_t free = PACKETS - held - (out - back);
	uint32_t room = slots - held - (out - back);
	uint32_t ready;

	set_up(PACKETS, slots, DSI_STREAM_NO_STAMP);
	producer = &world.pair.stream.plane.as.producer;
	hand_put(&world.pair, out);
	for (uint32_t i = 0; i < held; i++)
		assert_int_equal(dsi_packet_get(world.pair.from, 0, &pkt), 0);
	hand_take(&world.pair, back);
	producer->ready = 0;
	ready = least(room, free);
	assert_int_equal(!!dsi__producer_refill(&world.pair.stream.plane, n),
			 n <= ready);
	assert_int_equal(producer->ready, ready);
	/* Not before those are there that it waits for. */
	producer->wait_consumers = 2;
	producer->ready = 0;
	assert_int_equal(dsi__producer_refill(&world.pair.stream.plane, n), 0);
	assert_int_equal(producer->ready, 0);
	producer->wait_consumers = 0;
	hand_pair_fini(&world.pair);
}

static void refills(void **state)
{
	(void)state;
	for (uint32_t slots = 2; slots <= 8; slots *= 2)
		for (uint32_t held = 0; held <= least(slots, PACKETS); held++)
			for (uint32_t out = 0;
			     held + out <= least(slots, PACKETS); out++)
				for (uint32_t back = 0; back <= out; back++)
					for (uint32_t n = 1; n <= 5; n++)
						one_refill(slots, held, out,
							   back, n);
}

/* Where there are more, so many at a time, but for a larger batch. */
static void refills_some(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= DSI_READY_MOST + 2u; n++) {
		struct dsi_producer *producer;

		set_up(32, 64, DSI_STREAM_NO_STAMP);
		producer = &world.pair.stream.plane.as.producer;
		assert_true(dsi__producer_refill(&world.pair.stream.plane, n));
		assert_int_equal(producer->ready,
				 n > DSI_READY_MOST ? n : DSI_READY_MOST);
		hand_pair_fini(&world.pair);
	}
}

/* How far the consumer has read is looked at if the ring may end, or for what seems
 * to wait, if that is not a few. */
static void looks_at_taken(void **state)
{
	(void)state;
	for (uint32_t waits = 0; waits <= 20; waits++)
		for (uint32_t room = DSI_READY_MOST - 1u;
		     room <= DSI_READY_MOST + 1u; room++) {
			const uint32_t passed = 40;
			struct dsi_producer *producer;
			int looks = room < DSI_READY_MOST ||
				    waits >= DSI_READY_MOST;

			set_up(32, 64, DSI_STREAM_NO_STAMP);
			producer = &world.pair.stream.plane.as.producer;
			for (uint32_t i = 0; i < passed; i++) {
				hand_put(&world.pair, 1);
				hand_take(&world.pair, 1);
			}
			producer->ready = 0;
			producer->least = passed - waits;
			producer->limit = passed + room;
			assert_true(dsi__producer_refill(
				&world.pair.stream.plane, 1));
			assert_true(producer->least ==
				    (looks ? passed : passed - waits));
			assert_true(producer->limit ==
				    (looks ? passed + 64 : passed + room));
			hand_pair_fini(&world.pair);
		}
}

/* Who lies about what it gave back is gone at once; of a lie about what was taken
 * nothing is known but that the usual way ends here. */
static void lies_end_it(void **state)
{
	(void)state;
	for (uint32_t lie = 0; lie < 3; lie++) {
		struct hand_consumer *liar = &world.pair.consumer;
		struct dsi_producer *producer;

		set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
		producer = &world.pair.stream.plane.as.producer;
		hand_put(&world.pair, 1);
		producer->ready = 0;
		if (lie == 0) {
			atomic_store(&liar->page->returned, 2);
		} else if (lie == 1) {
			atomic_store(&liar->plane.as.consumer.returns[0],
				     PACKETS);
			atomic_store(&liar->page->returned, 1);
		} else {
			atomic_store(&liar->page->taken, 2);
		}
		assert_int_equal(
			dsi__producer_refill(&world.pair.stream.plane, 1), 0);
		assert_int_equal(producer->ready, 0);
		assert_int_equal(dsi__producer_broken(liar->peer), lie < 2);
		assert_ptr_equal(producer->sole, lie < 2 ? NULL : liar->peer);
		hand_pair_fini(&world.pair);
	}
}

static uint32_t asked, none_of_them, wakes, changes;
static uint64_t asleep;

static int none(const struct dsi_data_plane *plane)
{
	asked++;
	assert_ptr_equal(plane, world.plane);
	asleep = atomic_load(&world.pair.consumer.page->sleep);
	if (wakes)
		dsi__plane_wake(world.plane);
	if (changes)
		atomic_fetch_or(&world.plane->flags, DSI_PLANE_GONE);
	return (int)none_of_them;
}

/* The flags are as they were or not, it has none, something happens in between, a
 * wake is owed, it shall look for a while first: what comes of it. */
static const struct {
	uint32_t same, none, wakes, changes, owes, spin_ns;
	uint64_t deadline_ns;
	int want;
	uint32_t asked, sleeps;
} naps[] = {
	{1, 1, 0, 0, 0, 0, PAST, -DSI_ETIMEDOUT, 1, 1},
	{1, 1, 1, 0, 0, 0, PAST, DSI_SLEPT, 1, 1},
	{1, 1, 1, 1, 0, 0, PAST, DSI_SLEPT_OTHERWISE, 1, 1},
	{1, 0, 0, 0, 0, 0, PAST, DSI_SLEPT_NOT, 1, 0},
	{1, 0, 0, 1, 0, 0, PAST, DSI_SLEPT_NOT, 1, 0},
	{0, 1, 0, 0, 0, 0, PAST, DSI_SLEPT_NOT, 0, 0},
	{1, 1, 0, 0, 1, 0, PAST, -DSI_ETIMEDOUT, 1, 1},
	{1, 1, 1, 0, 1, 0, PAST, DSI_SLEPT, 1, 1},
	{1, 0, 0, 0, 1, 0, PAST, DSI_SLEPT_NOT, 1, 0},
	{0, 1, 0, 0, 1, 0, PAST, DSI_SLEPT_NOT, 0, 0},
	{1, 1, 0, 0, 0, 0, 0, DSI_SLEPT_NOT, 0, 0},
	{1, 1, 0, 0, 0, 1, PAST, DSI_SLEPT_NOT, 0, 0},
};

static void one_sleep(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(naps) / sizeof(naps[0]); i++) {
		struct dsi_consumer *end;
		uint32_t flags;

		set_up(PACKETS, 8, DSI_STREAM_NO_STAMP);
		end = &world.plane->as.consumer;
		asked = 0;
		asleep = 0;
		none_of_them = naps[i].none;
		wakes = naps[i].wakes;
		changes = naps[i].changes;
		flags = dsi__plane_flags(world.plane);
		world.plane->spin_ns = naps[i].spin_ns;
		if (naps[i].owes)
			world.plane->owed = &end->waker;
		assert_int_equal(dsi__usual_sleep(world.plane, &end->waiter,
						  naps[i].same ? flags : 0,
						  naps[i].deadline_ns, none),
				 naps[i].want);
		assert_int_equal(asked, naps[i].asked);
		/* It says that it sleeps when it has looked, and if it does. */
		assert_true(asleep == 0);
		assert_true(end->waiter.count ==
			    naps[i].sleeps * DSI_SLEEP_COUNT);
		assert_true(atomic_load(&world.plane->stats->waits) ==
			    naps[i].sleeps);
		assert_true(atomic_load(&world.pair.consumer.page->sleep) == 0);
		/* Who sleeps has woken whom it owed it. */
		assert_int_equal(world.plane->owed != NULL,
				 naps[i].owes && !naps[i].sleeps);
		world.plane->owed = NULL;
		hand_pair_fini(&world.pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry),
		cmocka_unit_test(torn),
		cmocka_unit_test(rows),
		cmocka_unit_test(one_alone),
		cmocka_unit_test(one_empty),
		cmocka_unit_test(given_back),
		cmocka_unit_test(awaited),
		cmocka_unit_test(reserved),
		cmocka_unit_test(backs),
		cmocka_unit_test(reused),
		cmocka_unit_test(sent),
		cmocka_unit_test(consumer_has_none),
		cmocka_unit_test(producer_has_none),
		cmocka_unit_test(refills),
		cmocka_unit_test(refills_some),
		cmocka_unit_test(looks_at_taken),
		cmocka_unit_test(lies_end_it),
		cmocka_unit_test(retaken),
		cmocka_unit_test(one_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
