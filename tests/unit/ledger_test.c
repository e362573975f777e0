/* SPDX-License-Identifier: MIT */
/*
 * ledger_test.c - packets that come and go at random, beside a ledger that says of
 * each step what must come of it: how many, which, with what in them; every count,
 * every signal, every wake.
 *
 * The ledger is a log of what was committed, and for each consumer which of that it
 * was given, has, and gave back.  It knows no ring, no position and no short cut.
 * The stream is wired by hand: what one end has not seen yet is part of the test.
 * The steps are drawn from a seed and the same on every machine.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "tests/stress/hand_wired.h"
#include "tests/unit/must.h"

#define STEPS 3000u
#define LOG (STEPS * 4u)
#define READERS 2u
#define MOST_PACKETS 40u
#define SLOT 64u
#define APPLICATION (1u << READERS)
/* Packets that expire are stamped so long after the clock's begin at most. */
#define OLD_NS UINT64_C(1000)
#define NONE UINT32_MAX
#define PAST 1u /* a deadline: sleep, and be late */

/* One kind of stream. */
struct kind {
	uint32_t packets, ring_slots, flags;
	uint32_t policy[READERS]; /* NONE: nobody is there */
	uint32_t quota;
	uint32_t own_numbers;
	uint32_t plain;	 /* nothing special is done to a packet */
	uint32_t visits; /* the last reader comes and goes */
	uint32_t waits;	 /* for so many consumers, before the first packet */
	uint32_t mortal; /* packets expire */
	uint32_t cool;	 /* so many that came back lie still */
	uint64_t begin;	 /* first position */
	uint32_t wind;	 /* so far before 2^32 the counters begin; 0: at 0 */
};

#define BLOCK DSI_POLICY_BLOCK
#define DROP DSI_POLICY_DROP_NEW
#define PLAIN DSI_STREAM_NO_STAMP

static const struct kind kinds[] = {
	{4, 4, PLAIN, {BLOCK, NONE}, .plain = 1},
	{4, 2, PLAIN, {BLOCK, NONE}, .plain = 1},
	{1, 1, PLAIN, {BLOCK, NONE}, .plain = 1},
	{5, 8, PLAIN, {BLOCK, NONE}, .plain = 1, .wind = 9},
	{8, 4, 0, {BLOCK, NONE}, .plain = 1, .begin = UINT32_MAX - 7u},
	{8, 4, PLAIN, {BLOCK, NONE}, .plain = 1},
	{5, 8, 0, {BLOCK, NONE}, .plain = 1, .wind = 9},
	{6, 4, PLAIN, {BLOCK, NONE}, .plain = 0},
	{6, 4, 0, {BLOCK, NONE}, .own_numbers = 1, .begin = UINT32_MAX - 7u},
	{8, 4, 0, {BLOCK, NONE}, .mortal = 1},
	{8, 8, PLAIN, {BLOCK, NONE}, .mortal = 1, .own_numbers = 1},
	/* Positions of the ring, of which 64 make a word. */
	{8, 128, PLAIN, {BLOCK, NONE}, .plain = 0},
	{24, 32, PLAIN, {BLOCK, NONE}, .plain = 1, .cool = 4},
	{40, 32, 0, {BLOCK, NONE}, .plain = 1, .cool = 20, .wind = 9},
	{40, 64, PLAIN, {BLOCK, BLOCK}, .visits = 1, .plain = 1, .cool = 16},
	{32, 16, PLAIN, {NONE, BLOCK}, .visits = 1, .cool = 12},
	{4, 4, PLAIN, {BLOCK, BLOCK}, .visits = 1, .waits = 2, .plain = 1},
	{4, 2, PLAIN, {BLOCK, BLOCK}, .visits = 1, .waits = 4},
	{8, 2, PLAIN, {BLOCK, BLOCK}, .plain = 1, .visits = 1},
	{7, 8, 0, {BLOCK, BLOCK}, .visits = 1, .own_numbers = 1},
	{6, 4, PLAIN, {BLOCK, BLOCK}, .wind = 9},
	{8, 8, PLAIN, {DROP, NONE}, .quota = 3},
	{8, 8, 0, {DROP, NONE}, .quota = 2, .own_numbers = 1, .wind = 9},
	{8, 4, PLAIN, {BLOCK, DROP}, .quota = 2, .visits = 1},
	{6, 4, 0, {DROP, DROP}, .quota = 1, .visits = 1},
	{8, 4, PLAIN, {DROP, NONE}, .quota = 3},
	/* Alone, and so sometimes nobody is there. */
	{4, 4, PLAIN, {NONE, BLOCK}, .visits = 1, .plain = 1},
	{8, 4, 0, {NONE, BLOCK}, .visits = 1},
	{8, 4, 0, {NONE, DROP}, .quota = 2, .visits = 1},
};

/* What was committed. */
struct item {
	uint64_t number, time_ns;
	uint32_t token, size, flags, stamped;
	uint32_t n_more, more; /* elements, bytes of the first */
	uint32_t expired;
};

/* What a consumer has of one packet. */
enum { THERE, HELD, BACK };

struct reader {
	struct hand_consumer end;
	struct dsi_socket *sock;
	uint32_t here;
	uint32_t given[LOG]; /* places in the log */
	uint8_t is[LOG];
	uint8_t after_loss[LOG];
	uint32_t n_given, next, n_back; /* next: the first that is THERE */
	struct dsi_packet *held[MOST_PACKETS];
	uint32_t held_at[MOST_PACKETS], n_held;
	uint64_t newest; /* 1 + the highest number it had */
	uint64_t dropped, seen_dropped, bytes, taken, stamped, late_events;
	uint64_t expired;
	uint32_t n_held_max, losing;
	/* Telling the producer. */
	uint32_t tells, unsaid, told, wakes, eos, waits;
	uint32_t usual;
	uint64_t first; /* its counter of taken packets began there */
	uint32_t started;
	/* It says that it sleeps, since it was given so many. */
	uint32_t asleep, asleep_since, woken;
};

struct world {
	const struct kind *kind;
	uint64_t random, begun_ns;
	uint64_t lifetime_ns; /* those of now live on, the old ones do not */
	struct hand_stream stream;
	struct dsi_socket *from;
	struct reader reader[READERS];
	struct item log[LOG];
	uint32_t n_log;
	uint32_t users[MOST_PACKETS]; /* of each packet: READERS, APPLICATION */
	struct dsi_packet *held[MOST_PACKETS];
	uint32_t n_held, n_held_max;
	uint64_t bytes, dropped, unclaimed, backlog_max, wakes, eos, waits;
	uint32_t generation, joined, notices, noticed;
	/* The producer says that it sleeps, and whom has it not heard since? */
	uint32_t asleep;
};

static struct world world;

static uint32_t draw(uint32_t below)
{
	return (uint32_t)(must_random(&world.random) >> 32) % below;
}

static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load(word);
}

static uint32_t bit_of(const struct reader *reader)
{
	return 1u << (uint32_t)(reader - world.reader);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- coming and going ----------------------------------------------------- */

static int is_block(const struct reader *reader)
{
	return reader->here && reader->end.policy == BLOCK;
}

/* What the producer may take now, of @n: how many, or why not. */
static int32_t may_get(uint32_t n)
{
	const struct kind *kind = world.kind;
	uint32_t in_flight = 0;
	uint32_t ring = kind->ring_slots;
	uint32_t free = 0;

	if (world.joined < kind->waits)
		return -DSI_EAGAIN;
	for (uint32_t i = 0; i < READERS; i++) {
		const struct reader *reader = &world.reader[i];

		if (!reader->here)
			continue;
		in_flight += reader->n_given - reader->n_back;
		if (is_block(reader))
			ring = least(ring, kind->ring_slots - (reader->n_given -
							       reader->next));
	}
	for (uint32_t i = 0; i < kind->packets; i++)
		free += world.users[i] == 0;
	if (world.n_held >= kind->ring_slots)
		return -DSI_ENOBUFS;
	if (free == 0)
		return in_flight ? -DSI_EAGAIN : -DSI_ENOBUFS;
	if (ring <= world.n_held)
		return -DSI_EAGAIN;
	return (int32_t)least(least(n, free), ring - world.n_held);
}

static void look(void)
{
	int32_t want = may_get(1);

	assert_int_equal(dsi__producer_look(&world.stream.plane),
			 want < 0 ? want : 0);
}

/* What the producer shows of it. */
static const struct dsi_shm_stats_peer *page_of(const struct reader *reader)
{
	const struct dsi_data_plane *plane = &world.stream.plane;

	return &plane->stats
			->peers[reader->end.peer - plane->as.producer.peers];
}

static void join(struct reader *reader, uint32_t policy)
{
	const struct kind *kind = world.kind;

	memset(reader, 0, sizeof(*reader));
	hand_join(&world.stream, &reader->end, policy, kind->quota);
	reader->sock = hand_socket(&reader->end.plane);
	reader->here = 1;
	world.generation++;
	world.joined++;
	look();
	assert_true(load(&page_of(reader)->admitted) ==
		    world.kind->begin + world.n_log + 1u);
	assert_true(load(&reader->end.signal->start) ==
		    (policy == DROP
			     ? 1
			     : world.stream.plane.as.producer.position + 1));
	reader->first = policy == DROP ? 0 : kind->begin + world.n_log;
	if (kind->wind) {
		hand_wind_up(&world.stream, &reader->end, kind->wind);
		reader->started = 1;
		if (policy == DROP)
			reader->first = UINT64_C(0x100000000) - kind->wind;
	}
	reader->tells =
		reader->end.plane.as.consumer.ring.slots < kind->packets;
}

/* The control plane has something to do. */
static void notice(struct dsi_data_plane *plane, int work)
{
	assert_ptr_equal(plane, &world.stream.plane);
	world.noticed += work == 1;
}

static void leave(struct reader *reader)
{
	hand_leave(&world.stream, &reader->end);
	reader->here = 0;
	for (uint32_t i = 0; i < MOST_PACKETS; i++)
		world.users[i] &= ~bit_of(reader);
	world.generation++;
	world.notices++;
	look();
	assert_true(load(&page_of(reader)->admitted) == 0);
	assert_true(load(&page_of(reader)->dropped) == 0);
	hand_consumer_fini(&reader->end);
}

/* ---- the producer's steps -------------------------------------------------- */

static void had(struct dsi_packet *const *pkts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t token = pkts[i]->entry.token;

		assert_true(token < world.kind->packets);
		assert_int_equal(world.users[token], 0);
		assert_int_equal(pkts[i]->entry.size, SLOT);
		assert_true(pkts[i]->entry.offset == token * SLOT);
		assert_int_equal(dsi_packet_count(pkts[i]), 1);
		assert_int_equal(dsi_packet_flags(pkts[i]), 0);
		assert_true(dsi_packet_number(pkts[i]) == 0);
		assert_true(dsi_packet_expiry(pkts[i]) == DSI_FOREVER);
		world.users[token] = APPLICATION;
		world.held[world.n_held++] = pkts[i];
	}
	if (world.n_held > world.n_held_max)
		world.n_held_max = world.n_held;
}

/* What a get answers that may wait; who sleeps says so no more afterwards. */
static int32_t producer_waits(int32_t want, uint64_t deadline_ns)
{
	if (want != -DSI_EAGAIN || !deadline_ns)
		return want;
	world.waits++;
	world.asleep = 0;
	return -DSI_ETIMEDOUT;
}

static void producer_gets(void)
{
	struct dsi_packet *pkts[MOST_PACKETS + 1];
	uint32_t n = 1 + draw(world.kind->packets + 1);
	uint64_t deadline_ns = draw(2) ? 0 : PAST;
	int32_t want = producer_waits(may_get(n), deadline_ns);
	int32_t got;

	if (n == 1 && draw(2)) {
		got = dsi_packet_get(world.from, deadline_ns, pkts);
		got = got ? got : 1;
	} else {
		got = dsi_packet_get_many(world.from, deadline_ns, pkts, n);
	}
	assert_int_equal(got, want);
	if (got > 0)
		had(pkts, (uint32_t)got);
}

/* Something is said of the packet that the consumers must be told. */
static void fill(struct item *item, struct dsi_packet *pkt)
{
	*item = (struct item){.token = pkt->entry.token, .size = SLOT};
	if (!world.kind->plain) {
		item->flags = draw(2) ? 0 : draw(2) | draw(16) << 8;
		item->flags |= draw(16) ? 0 : DSI_PACKET_EOS;
		item->n_more = draw(4) ? 0 : draw(4);
		item->more = 1 + draw(SLOT);
		item->time_ns = draw(4) ? 0 : 1 + draw(OLD_NS);
	}
	if (world.kind->plain ? draw(2) : draw(4))
		item->size = 1 + draw(SLOT);
	/* Its time was long ago, so nobody wants it. */
	item->expired = world.lifetime_ns && item->time_ns &&
			!(item->flags & DSI_PACKET_EOS);
	item->stamped = !(world.kind->flags & PLAIN) && !item->time_ns;
	assert_int_equal(dsi_packet_set_size(pkt, item->size), 0);
	if (item->flags)
		assert_int_equal(dsi_packet_set_flags(pkt, item->flags), 0);
	for (uint32_t i = 0; i < item->n_more; i++)
		assert_int_equal(dsi_packet_add_data(pkt, i, item->more + i),
				 0);
	if (item->time_ns)
		assert_int_equal(dsi_packet_set_time(pkt, item->time_ns), 0);
	item->number = world.kind->begin + world.n_log;
	if (world.kind->own_numbers) {
		item->number = 3u * item->number + 5u;
		assert_int_equal(dsi_packet_set_number(pkt, item->number), 0);
	}
}

static uint64_t bytes_of(const struct item *item)
{
	uint64_t bytes = item->size;

	for (uint32_t i = 0; i < item->n_more; i++)
		bytes += item->more + i;
	return bytes;
}

/* The packet goes to this consumer, or is dropped for it. */
static void deliver(struct reader *reader, const struct item *item)
{
	uint32_t quota = world.kind->quota + !!(item->flags & DSI_PACKET_EOS);
	uint32_t slots = reader->end.peer->ring.slots;
	uint32_t at = reader->n_given;

	if (reader->end.policy == DROP &&
	    (at - reader->n_back >= quota || at - reader->next >= slots)) {
		reader->dropped++;
		reader->losing = 1;
		world.dropped++;
		return;
	}
	reader->given[at] = world.n_log;
	reader->is[at] = THERE;
	reader->after_loss[at] = (uint8_t)reader->losing;
	reader->losing = 0;
	reader->n_given++;
	world.users[item->token] |= bit_of(reader);
}

/* All of a commit are in the ring: who slept is woken, once. */
static void after_commit(void)
{
	for (uint32_t i = 0; i < READERS; i++) {
		struct reader *reader = &world.reader[i];

		if (!reader->here)
			continue;
		if (is_block(reader) &&
		    reader->n_given - reader->next > world.backlog_max)
			world.backlog_max = reader->n_given - reader->next;
		if (reader->asleep && !reader->woken &&
		    reader->n_given > reader->asleep_since) {
			reader->woken = 1;
			world.wakes++;
		}
	}
}

static void gone(struct dsi_packet *pkt)
{
	struct item *item = &world.log[world.n_log];
	uint32_t readers = 0;

	world.users[item->token] = 0;
	for (uint32_t i = 0; i < READERS; i++)
		if (world.reader[i].here) {
			readers++;
			deliver(&world.reader[i], item);
		}
	world.unclaimed += !readers;
	world.bytes += bytes_of(item);
	world.eos += !!(item->flags & DSI_PACKET_EOS);
	world.n_log++;
	(void)pkt;
}

/* Take some of those that are held, in any order. */
static uint32_t choose(struct dsi_packet **pkts, uint32_t most)
{
	uint32_t n = 1 + draw(least(most, world.n_held));

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = draw(world.n_held);

		pkts[i] = world.held[at];
		world.held[at] = world.held[--world.n_held];
	}
	return n;
}

static void producer_commits(void)
{
	struct dsi_packet *pkts[MOST_PACKETS];
	uint32_t n;

	if (!world.n_held)
		return;
	n = choose(pkts, MOST_PACKETS);
	for (uint32_t i = 0; i < n; i++) {
		fill(&world.log[world.n_log + i], pkts[i]);
		if (world.kind->own_numbers)
			world.log[world.n_log + i].number += 3u * i;
		else
			world.log[world.n_log + i].number += i;
		if (world.kind->own_numbers)
			assert_int_equal(
				dsi_packet_set_number(
					pkts[i],
					world.log[world.n_log + i].number),
				0);
	}
	if (n == 1 && draw(2))
		assert_int_equal(dsi_packet_commit(world.from, pkts[0]), 0);
	else
		assert_int_equal(dsi_packet_commit_many(world.from, pkts, n),
				 0);
	for (uint32_t i = 0; i < n; i++)
		gone(pkts[i]);
	after_commit();
}

static void producer_commits_and_gets(void)
{
	uint64_t deadline_ns = draw(2) ? 0 : PAST;
	struct dsi_packet *pkt, *next;
	int32_t want;

	if (!world.n_held)
		return;
	(void)choose(&pkt, 1);
	fill(&world.log[world.n_log], pkt);
	gone(pkt);
	after_commit();
	want = producer_waits(may_get(1), deadline_ns);
	assert_int_equal(
		dsi_packet_commit_get(world.from, pkt, deadline_ns, &next),
		want < 0 ? want : 0);
	if (want > 0)
		had(&next, 1);
}

static void producer_discards(void)
{
	struct dsi_packet *pkt;

	if (!world.n_held)
		return;
	(void)choose(&pkt, 1);
	world.users[pkt->entry.token] = 0;
	assert_int_equal(dsi_packet_discard(world.from, pkt), 0);
}

/* It says that it sleeps, or that it does not. */
static void producer_sleeps(void)
{
	struct dsi_port_word words[DSI_PEER_SLOTS];
	uint32_t n;

	if (draw(2)) {
		dsi__producer_withdraw(&world.stream.plane);
		world.asleep = 0;
		return;
	}
	n = dsi__producer_announce(&world.stream.plane, words, 0);
	world.asleep = 0;
	for (uint32_t i = 0; i < READERS; i++)
		if (world.reader[i].here) {
			n--;
			world.asleep |= 1u << i;
		}
	assert_int_equal(n, 0);
}

/* ---- a consumer's steps ----------------------------------------------------- */

static void tell(struct reader *reader)
{
	reader->told++;
	reader->unsaid = 0;
	if (world.asleep & bit_of(reader)) {
		world.asleep &= ~bit_of(reader);
		reader->wakes++;
	}
}

/* The end of a get that brought something. */
static void taken(struct reader *reader)
{
	while (reader->next < reader->n_given && reader->is[reader->next])
		reader->next++;
	if (!reader->tells)
		return;
	reader->unsaid = 1;
	if (reader->n_held > 1 ||
	    (load(&reader->end.signal->sleep) & DSI_SLEEP_ASLEEP))
		tell(reader);
}

static void check(struct reader *reader, struct dsi_packet *pkt, uint32_t at)
{
	const struct item *item = &world.log[reader->given[at]];
	uint32_t flags = item->flags;
	uint64_t offset;
	uint32_t size;

	if (reader->after_loss[at])
		flags |= DSI_PACKET_DROPPED_BEFORE;
	assert_true(dsi_packet_number(pkt) == item->number);
	assert_int_equal(dsi_packet_flags(pkt), flags);
	assert_int_equal(dsi_packet_count(pkt), 1 + item->n_more);
	assert_int_equal(dsi_packet_element(pkt, 0, &offset, &size), 0);
	assert_true(offset == item->token * SLOT && size == item->size);
	for (uint32_t i = 0; i < item->n_more; i++) {
		assert_int_equal(dsi_packet_element(pkt, 1 + i, &offset, &size),
				 0);
		assert_true(offset == i && size == item->more + i);
	}
	if (item->stamped)
		assert_true(dsi_packet_time(pkt) != 0);
	else
		assert_true(dsi_packet_time(pkt) == item->time_ns);
	assert_true(dsi_packet_expiry(pkt) ==
		    (world.lifetime_ns && dsi_packet_time(pkt)
			     ? dsi_packet_time(pkt) + world.lifetime_ns
			     : DSI_FOREVER));
}

static void took(struct reader *reader, struct dsi_packet *pkt, uint32_t at)
{
	const struct item *item = &world.log[reader->given[at]];

	check(reader, pkt, at);
	assert_int_equal(reader->is[at], THERE);
	reader->is[at] = HELD;
	reader->held[reader->n_held] = pkt;
	reader->held_at[reader->n_held++] = at;
	reader->n_held_max = reader->n_held > reader->n_held_max
				     ? reader->n_held
				     : reader->n_held_max;
	reader->bytes += bytes_of(item);
	reader->stamped += item->stamped;
	reader->eos += !!(item->flags & DSI_PACKET_EOS);
	reader->taken++;
	if (reader->newest <= item->number)
		reader->newest = item->number + 1u;
	if (reader->after_loss[at]) {
		reader->late_events++;
		reader->seen_dropped = reader->dropped;
	}
}

/* It is too late for this one: back it goes. */
static void expire(struct reader *reader, uint32_t at)
{
	const struct item *item = &world.log[reader->given[at]];

	reader->is[at] = BACK;
	reader->n_back++;
	reader->expired++;
	world.users[item->token] &= ~bit_of(reader);
	if (reader->newest <= item->number)
		reader->newest = item->number + 1u;
}

/* After a get: may the next one expect ordinary packets?  Not while some were taken
 * ahead of the order, nor if they expire. */
static void note_usual(struct reader *reader)
{
	uint32_t early = 0;

	for (uint32_t i = reader->next; i < reader->n_given; i++)
		early |= reader->is[i] != THERE;
	reader->usual = early || world.lifetime_ns  ? 0
			: world.kind->flags & PLAIN ? DSI_USUAL_TAKE
						    : DSI_USUAL_TAKE_STAMPED;
}

/* Places of the next @n that it may take. */
static uint32_t may_take(struct reader *reader, uint32_t n, uint32_t *at)
{
	uint32_t found = 0;

	n = least(n, world.kind->packets - reader->n_held);
	for (uint32_t i = reader->next; i < reader->n_given && found < n; i++) {
		if (reader->is[i] != THERE)
			continue;
		if (!world.log[reader->given[i]].expired) {
			at[found++] = i;
			continue;
		}
		expire(reader, i);
		tell(reader);
	}
	while (reader->next < reader->n_given && reader->is[reader->next])
		reader->next++;
	return found;
}

/* Likewise of a consumer. */
static int consumer_waits(struct reader *reader, int want, uint64_t deadline_ns)
{
	if (want != -DSI_EAGAIN || !deadline_ns)
		return want;
	reader->waits++;
	reader->asleep = 0;
	return -DSI_ETIMEDOUT;
}

/* Is there one? */
static void consumer_looks(struct reader *reader)
{
	int there = reader->next < reader->n_given;

	reader->started = 1;
	assert_int_equal(dsi__consumer_look(&reader->end.plane),
			 there ? 0 : -DSI_EAGAIN);
	if (!there && reader->unsaid)
		tell(reader);
}

static void consumer_gets(struct reader *reader)
{
	uint64_t deadline_ns = draw(2) ? 0 : PAST;
	struct dsi_packet *pkts[MOST_PACKETS + 1];
	uint32_t at[MOST_PACKETS + 1];
	uint32_t n = 1 + draw(world.kind->packets + 1);
	uint32_t full = reader->n_held == world.kind->packets;
	uint32_t want = may_take(reader, n, at);
	uint32_t there = reader->next < reader->n_given;
	int32_t got;

	reader->started = 1;
	if (n == 1 && draw(2)) {
		got = dsi_packet_get(reader->sock, deadline_ns, pkts);
		got = got ? got : 1;
	} else {
		got = dsi_packet_get_many(reader->sock, deadline_ns, pkts, n);
	}
	if (want == 0) {
		int none = full && there ? -DSI_ENOBUFS : -DSI_EAGAIN;

		assert_int_equal(got,
				 consumer_waits(reader, none, deadline_ns));
		if (none == -DSI_EAGAIN && reader->unsaid)
			tell(reader);
		return;
	}
	assert_int_equal(got, want);
	for (uint32_t i = 0; i < want; i++)
		took(reader, pkts[i], at[i]);
	taken(reader);
	if (want < n && reader->unsaid)
		tell(reader);
}

/* The answer to a get of this number, and its place. */
static int may_get_nr(const struct reader *reader, uint64_t number,
		      uint32_t *out_at)
{
	uint32_t slots = reader->end.plane.as.consumer.ring.slots;

	for (uint32_t i = reader->next; i < reader->n_given; i++) {
		uint64_t found = world.log[reader->given[i]].number;

		if (reader->is[i] != THERE || found < number)
			continue;
		*out_at = i;
		if (found > number)
			return -DSI_ESTALE;
		return reader->n_held == world.kind->packets ? -DSI_ENOBUFS : 0;
	}
	if (reader->n_given - reader->next == slots)
		return -DSI_ENOBUFS;
	return number < reader->newest ? -DSI_ESTALE : -DSI_EAGAIN;
}

static void consumer_gets_by_number(struct reader *reader)
{
	uint64_t scale = world.kind->own_numbers ? 3 : 1;
	uint64_t begin = world.kind->begin;
	uint64_t near = world.n_log > 6 ? world.n_log - 6 : 0;
	uint64_t number = (begin + near + draw(9)) * scale +
			  (scale > 1 ? 5u - !draw(4) : 0);
	struct dsi_packet *pkt;
	uint32_t at = 0;
	int want = may_get_nr(reader, number, &at);
	int late = !want && world.log[reader->given[at]].expired;
	uint64_t deadline_ns = draw(2) ? 0 : PAST;
	int none = reader->n_given - reader->next <
		   reader->end.plane.as.consumer.ring.slots;

	for (uint32_t i = reader->next; i < reader->n_given; i++)
		none &= reader->is[i] != THERE ||
			world.log[reader->given[i]].number < number;
	reader->started = 1;
	want = consumer_waits(reader, want, deadline_ns);
	assert_int_equal(
		dsi_packet_get_nr(reader->sock, number, deadline_ns, &pkt),
		late ? -DSI_ESTALE : want);
	if (want && none && reader->unsaid)
		tell(reader);
	if (want)
		return;
	if (at != reader->next)
		reader->tells = 1;
	if (late) {
		expire(reader, at);
		tell(reader);
		while (reader->next < reader->n_given &&
		       reader->is[reader->next])
			reader->next++;
		return;
	}
	took(reader, pkt, at);
	taken(reader);
}

/* Give back some, in any order. */
static void consumer_commits(struct reader *reader)
{
	struct dsi_packet *pkts[MOST_PACKETS];
	uint32_t n;

	if (!reader->n_held)
		return;
	n = 1 + draw(reader->n_held);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = draw(reader->n_held);
		uint32_t at = reader->held_at[k];

		pkts[i] = reader->held[k];
		reader->is[at] = BACK;
		world.users[world.log[reader->given[at]].token] &=
			~bit_of(reader);
		reader->held[k] = reader->held[--reader->n_held];
		reader->held_at[k] = reader->held_at[reader->n_held];
	}
	reader->n_back += n;
	if (n == 1 && draw(2))
		assert_int_equal(dsi_packet_commit(reader->sock, pkts[0]), 0);
	else
		assert_int_equal(dsi_packet_commit_many(reader->sock, pkts, n),
				 0);
	tell(reader);
}

static void consumer_sleeps(struct reader *reader)
{
	struct dsi_port_word word;

	if (draw(2)) {
		dsi__consumer_withdraw(&reader->end.plane);
		reader->asleep = 0;
		assert_true(load(&reader->end.page->sleep) == 0);
		return;
	}
	assert_int_equal(dsi__consumer_announce(&reader->end.plane, &word, 0),
			 1);
	assert_true(word.word == &reader->end.signal->signal);
	assert_int_equal(word.expected, atomic_load(word.word));
	reader->asleep = 1;
	reader->asleep_since = reader->n_given;
	reader->woken = 0;
}

/* ---- what must be true after each step -------------------------------------- */

/* One consumer, who blocks: then packets may go the usual way. */
static uint32_t usual(void)
{
	uint32_t readers = 0;
	uint32_t block = 0;

	for (uint32_t i = 0; i < READERS; i++) {
		readers += world.reader[i].here;
		block += is_block(&world.reader[i]) != 0;
	}
	if (readers != 1 || block != 1)
		return 0;
	return world.kind->flags & PLAIN ? DSI_USUAL_SEND
					 : DSI_USUAL_SEND_STAMPED;
}

static void check_producer(void)
{
	const struct dsi_data_plane *plane = &world.stream.plane;
	const struct dsi_producer *producer = &plane->as.producer;
	const struct dsi_shm_stats *stats = plane->stats;

	assert_int_equal(dsi__plane_flags(plane), DSI_PLANE_FLOWS | usual());
	assert_int_equal(plane->held, world.n_held);
	assert_true(producer->position == world.kind->begin + world.n_log);
	assert_int_equal(producer->generation, world.generation);
	assert_int_equal(world.noticed, world.notices);
	assert_int_equal(atomic_load(&stats->held), world.n_held);
	assert_true(load(&stats->held_max) == world.n_held_max);
	assert_true(load(&stats->committed) == world.n_log);
	assert_true(load(&stats->bytes) == world.bytes);
	assert_true(load(&stats->dropped) == world.dropped);
	assert_true(load(&stats->unclaimed) == world.unclaimed);
	/* A few that wait need not be known exactly. */
	if (world.backlog_max > least(32, world.kind->ring_slots / 2u))
		assert_true(load(&stats->backlog_max) == world.backlog_max);
	else
		assert_true(load(&stats->backlog_max) <= world.backlog_max);
	assert_true(load(&stats->wakes) == world.wakes);
	assert_true(load(&stats->waits) == world.waits);
	assert_true(dsi_socket_event_count(world.from, DSI_EVENT_EOS) ==
		    world.eos);
	assert_true(dsi_socket_event_count(world.from, DSI_EVENT_DROPPED) ==
		    world.dropped);
	assert_true(dsi_socket_event_count(world.from, DSI_EVENT_ERROR) == 0);
}

static void check_reader(const struct reader *reader)
{
	const struct hand_consumer *end = &reader->end;
	const struct dsi_shm_stats *stats = end->plane.stats;
	const struct dsi_producer_peer *peers =
		world.stream.plane.as.producer.peers;
	uint32_t wind = world.kind->wind ? 0u - world.kind->wind : 0;
	uint64_t elapsed = dsi_port_now() - world.begun_ns;
	uint64_t latencies = 0;

	assert_int_equal(atomic_load(&end->page->signal), wind + reader->told);
	assert_int_equal(atomic_load(&end->signal->signal),
			 wind + reader->n_given);
	assert_true((uint32_t)load(&end->page->returned) ==
		    wind + reader->n_back);
	assert_true(load(&end->signal->dropped) == reader->dropped);
	assert_true(load(&world.stream.plane.stats->peers[end->peer - peers]
				  .dropped) == reader->dropped);
	assert_int_equal(dsi__plane_flags(&end->plane),
			 DSI_PLANE_FLOWS | reader->usual);
	assert_int_equal(end->plane.held, reader->n_held);
	assert_int_equal(atomic_load(&stats->held), reader->n_held);
	assert_true(load(&stats->held_max) == reader->n_held_max);
	assert_true(load(&stats->committed) == reader->taken);
	assert_true(load(&stats->bytes) == reader->bytes);
	assert_true(load(&stats->released) + reader->expired == reader->n_back);
	assert_true(load(&stats->expired) == reader->expired);
	assert_true(dsi_socket_event_count(reader->sock, DSI_EVENT_EXPIRED) ==
		    reader->expired);
	assert_true(load(&stats->wakes) == reader->wakes);
	assert_true(load(&stats->waits) == reader->waits);
	assert_true(load(&end->page->taken) ==
		    (reader->started ? reader->first + reader->next : 0));
	assert_true(load(&stats->dropped) == reader->seen_dropped);
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++)
		latencies += load(&stats->latency[i]);
	assert_true(latencies == reader->stamped);
	/* None was later than all took. */
	assert_true(load(&stats->latency_max_ns) <= elapsed);
	assert_true(load(&stats->latency_sum_ns) <=
		    latencies * load(&stats->latency_max_ns));
	assert_true(load(&stats->latency_max_ns) <=
		    load(&stats->latency_sum_ns));
	assert_true(dsi_socket_event_count(reader->sock, DSI_EVENT_EOS) ==
		    reader->eos);
	assert_true(dsi_socket_event_count(reader->sock, DSI_EVENT_DROPPED) ==
		    reader->late_events);
}

/* ---- all steps --------------------------------------------------------------- */

static void reader_step(struct reader *reader)
{
	switch (draw(8)) {
	case 0:
	case 1:
	case 2:
		consumer_gets(reader);
		note_usual(reader);
		break;
	case 3:
	case 4:
	case 5:
		consumer_commits(reader);
		break;
	case 6:
		if (!draw(3)) {
			consumer_looks(reader);
			break;
		}
		consumer_gets_by_number(reader);
		note_usual(reader);
		break;
	default:
		consumer_sleeps(reader);
		break;
	}
}

static void producer_step(void)
{
	static void (*const steps[])(void) = {
		producer_gets,	   producer_gets,
		producer_gets,	   producer_commits,
		producer_commits,  producer_commits,
		producer_sleeps,   producer_commits_and_gets,
		producer_discards, look,
	};

	steps[draw(sizeof(steps) / sizeof(steps[0]))]();
}

static void visit(struct reader *reader)
{
	/* Whom a sleep is announced to is who was there. */
	dsi__producer_withdraw(&world.stream.plane);
	world.asleep = 0;
	if (reader->here) {
		leave(reader);
		if (draw(2))
			return;
	}
	/* Perhaps at once, before a packet that is for nobody. */
	join(reader, world.kind->policy[reader - world.reader]);
}

static void begin(const struct kind *kind)
{
	uint64_t now = dsi_port_now();
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = kind->flags,
		.packets = kind->packets,
		.ring_slots = kind->ring_slots,
		.packet_bytes = SLOT,
		.max_sg = 4,
		.lifetime_ns = kind->mortal ? now - OLD_NS : 0,
	};

	memset(&world, 0, sizeof(world));
	world.kind = kind;
	world.begun_ns = now;
	world.lifetime_ns = desc.lifetime_ns;
	world.random = 1u + (uint64_t)(kind - kinds);
	hand_stream_init(&world.stream, &desc, kind->begin);
	world.stream.plane.as.producer.cool = kind->cool;
	world.stream.plane.as.producer.half =
		dsi__producer_half(SLOT, kind->packets);
	world.stream.plane.notice = notice;
	world.stream.plane.as.producer.wait_consumers = kind->waits;
	world.from = hand_socket(&world.stream.plane);
	for (uint32_t i = 0; i < READERS; i++)
		if (kind->policy[i] != NONE)
			join(&world.reader[i], kind->policy[i]);
}

static void end(void)
{
	for (uint32_t i = 0; i < READERS; i++)
		if (world.reader[i].here)
			leave(&world.reader[i]);
	assert_int_equal(dsi__producer_drained(&world.stream.plane), 0);
	assert_true(load(&world.stream.plane.stats->released) == world.n_log);
	hand_stream_fini(&world.stream);
}

static void all_kinds(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		begin(&kinds[k]);
		for (uint32_t i = 0; i < STEPS; i++) {
			struct reader *reader = &world.reader[draw(READERS)];

			if (draw(2))
				producer_step();
			else if (reader->here)
				reader_step(reader);
			if (kinds[k].visits && !draw(50))
				visit(&world.reader[READERS - 1]);
			check_producer();
			for (uint32_t r = 0; r < READERS; r++)
				if (world.reader[r].here)
					check_reader(&world.reader[r]);
		}
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
