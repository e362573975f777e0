/* SPDX-License-Identifier: MIT */
/*
 * corner_test.c - corners of the data plane: limits of numbers and sizes, packets
 * that share and are shared, readers that are overtaken again and again, a commit
 * and a get in one call, sleeps that end with a packet, and a provider of traces
 * that wants nothing.
 */
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/shm_check.h"
#include "dsi/trace_hooks.h"
#include "dsi/transfer.h"
#include "tests/corners/mishap.h"
#include "tests/stress/hand_wired.h"

#define PACKETS 4u
#define BYTES 64u
#define PAST 1u

struct world {
	struct hand_stream stream;
	struct hand_consumer consumer;
	struct dsi_socket *from, *to;
};

static struct world world;

/* The consumer is not admitted yet. */
static void wire(const struct dsi_stream_desc *desc, uint32_t policy)
{
	memset(&world, 0, sizeof(world));
	hand_stream_init(&world.stream, desc, 0);
	hand_join(&world.stream, &world.consumer, policy, 0);
	world.from = hand_socket(&world.stream.plane);
	world.to = hand_socket(&world.consumer.plane);
}

static void admit(void)
{
	assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
}

static struct dsi_stream_desc plain(uint32_t flags)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.flags = flags,
		.packets = PACKETS,
		.packet_bytes = BYTES,
		.max_sg = 3,
	};
}

static void set_up(uint32_t flags, uint32_t policy)
{
	const struct dsi_stream_desc desc = plain(flags);

	wire(&desc, policy);
	admit();
}

static void tear_down(void)
{
	hand_leave(&world.stream, &world.consumer);
	(void)dsi__producer_drained(&world.stream.plane);
	hand_consumer_fini(&world.consumer);
	hand_stream_fini(&world.stream);
}

/* As if the application brought the data area. */
static void without_slots(void)
{
	world.stream.plane.packet_bytes = 0;
	for (uint32_t i = 0; i < PACKETS; i++)
		world.stream.plane.table.packets[i].given |= DSI_GIVEN_DATA;
}

static struct dsi_packet *reserve(void)
{
	struct dsi_packet *pkt = NULL;

	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), 0);
	return pkt;
}

static void put(void)
{
	assert_int_equal(dsi_packet_commit(world.from, reserve()), 0);
}

static struct dsi_packet *take(void)
{
	struct dsi_packet *pkt = NULL;

	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
	return pkt;
}

static void pass(void)
{
	put();
	assert_int_equal(dsi_packet_commit(world.to, take()), 0);
}

/* ---- limits of numbers and sizes ----------------------------------------- */

/* Slots of more than an element can have: those count. */
static void huge_slots(void **state)
{
	struct dsi_consumer *consumer = &world.consumer.plane.as.consumer;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	/* Nobody looks at the data. */
	world.consumer.plane.data_bytes = (uint64_t)UINT32_MAX * 2 * PACKETS;
	pass();
	assert_true(consumer->usual_size == UINT32_MAX);
	assert_true(consumer->usual_offset ==
		    world.consumer.plane.data_bytes - UINT32_MAX);
	pass();
	tear_down();
}

/* A time so late that no lifetime ends: the packet never expires, on either
 * side. */
static void never_expires(void **state)
{
	struct dsi_stream_desc desc = plain(0);

	(void)state;
	desc.lifetime_ns = 1000;
	for (int with_row = 0; with_row <= 1; with_row++) {
		struct dsi_packet *pkt;

		wire(&desc, DSI_POLICY_BLOCK);
		admit();
		pkt = reserve();
		assert_int_equal(dsi_packet_set_time(pkt, DSI_FOREVER - 1000),
				 0);
		if (with_row)
			assert_int_equal(dsi_packet_set_number(pkt, 0), 0);
		assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
		pkt = take();
		assert_true(dsi_packet_expiry(pkt) == DSI_FOREVER);
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		tear_down();
	}
}

/* No physical address is inside an area that has none. */
static void nowhere(void **state)
{
	struct dsi_packet *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	world.stream.plane.stream_flags |= DSI_STREAM_PHYS;
	without_slots();
	pkt = reserve();
	assert_int_equal(dsi_packet_set_flags(pkt, DSI_PACKET_PHYS), 0);
	assert_int_equal(dsi_packet_add_data(pkt, 0, 1), -DSI_ENOSPC);
	assert_int_equal(dsi_packet_add_data(pkt, 4096, 1), -DSI_ENOSPC);
	world.stream.plane.physical = 4096;
	assert_int_equal(dsi_packet_add_data(pkt, 4095, 1), -DSI_ENOSPC);
	assert_int_equal(dsi_packet_add_data(pkt, 4096, 1), 0);
	assert_int_equal(dsi_packet_discard(world.from, pkt), 0);
	tear_down();
}

/* ---- packets that share --------------------------------------------------- */

/* An element of the packet's own between two that are shared. */
static void mixed_elements(void **state)
{
	struct dsi_packet *lender, *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	lender = reserve();
	pkt = reserve();
	assert_int_equal(dsi_packet_add_data(pkt, 0, 8), 0);
	assert_int_equal(dsi_packet_add_shared(pkt, lender, 0, 8), 0);
	assert_int_equal(lender->shares, 1);
	assert_int_equal(dsi_packet_discard(world.from, pkt), 0);
	assert_int_equal(lender->shares, 0);
	assert_int_equal(dsi_packet_discard(world.from, lender), 0);
	assert_int_equal(dsi__packet_table_free(&world.stream.plane.table),
			 PACKETS);
	tear_down();
}

/* Who may not lend: the packet itself, one that borrows, what is no packet; and
 * who lends does not borrow. */
static void no_loans(void **state)
{
	struct dsi_packet *lender, *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	lender = reserve();
	pkt = reserve();
	assert_int_equal(dsi_packet_add_shared(pkt, pkt, 0, 8), -DSI_EINVAL);
	assert_int_equal(
		dsi_packet_add_shared(pkt, (void *)((char *)lender + 8), 0, 8),
		-DSI_EINVAL);
	assert_int_equal(dsi_packet_add_shared(pkt, lender, 0, 8), 0);
	assert_int_equal(dsi_packet_add_shared(lender, pkt, 0, 8), -DSI_EINVAL);
	assert_int_equal(dsi_packet_discard(world.from, pkt), 0);
	assert_int_equal(dsi_packet_discard(world.from, lender), 0);
	/* Without slots there is nothing to share, and no size to set. */
	pkt = reserve();
	lender = reserve();
	world.stream.plane.packet_bytes = 0;
	assert_int_equal(dsi_packet_add_shared(pkt, lender, 0, 8), -DSI_EINVAL);
	assert_int_equal(dsi_packet_set_size(pkt, 0), -DSI_EINVAL);
	tear_down();
}

/* A stream without slots: a packet without an element passes, empty. */
static void no_elements(void **state)
{
	struct dsi_packet *pkt;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	without_slots();
	pkt = reserve();
	assert_int_equal(dsi_packet_count(pkt), 0);
	assert_int_equal(dsi_packet_set_time(pkt, 5), 0);
	assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
	pkt = take();
	assert_int_equal(dsi_packet_count(pkt), 0);
	assert_true(dsi_packet_time(pkt) == 5);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	tear_down();
}

/* With a reader that is never asked: lender and borrower are needed again by one
 * get, and both are gone for it. */
static void borrowed_and_overwritten(void **state)
{
	struct dsi_packet *pkts[PACKETS], *seen;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_RECLAIM);
	assert_int_equal(dsi_packet_get_many(world.from, 0, pkts, PACKETS),
			 PACKETS);
	assert_int_equal(dsi_packet_add_shared(pkts[0], pkts[1], 0, 8), 0);
	assert_int_equal(dsi_packet_add_shared(pkts[0], pkts[2], 0, 8), 0);
	assert_int_equal(dsi_packet_commit_many(world.from, pkts, PACKETS), 0);
	seen = take();
	assert_int_equal(dsi_packet_valid(seen), 1);
	assert_int_equal(dsi_packet_get_many(world.from, 0, pkts, PACKETS),
			 PACKETS);
	assert_int_equal(dsi_packet_valid(seen), 0);
	assert_int_equal(dsi_packet_commit(world.to, seen), 0);
	assert_int_equal(dsi_packet_commit_many(world.from, pkts, PACKETS), 0);
	tear_down();
}

/* ---- readers that are overtaken ------------------------------------------ */

/* All that the reader can hold is held: a packet by its number is not to be had,
 * and is still there. */
static void hands_full(void **state)
{
	struct dsi_packet *held[PACKETS], *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_RECLAIM);
	for (uint32_t i = 0; i < PACKETS; i++) {
		put();
		held[i] = take();
	}
	put();
	assert_int_equal(dsi_packet_get_nr(world.to, PACKETS, 0, &pkt),
			 -DSI_ENOBUFS);
	assert_int_equal(dsi_packet_get(world.to, 0, &pkt), -DSI_ENOBUFS);
	assert_int_equal(dsi_packet_commit(world.to, held[0]), 0);
	assert_int_equal(dsi_packet_get_nr(world.to, PACKETS, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	for (uint32_t i = 1; i < PACKETS; i++)
		assert_int_equal(dsi_packet_commit(world.to, held[i]), 0);
	tear_down();
}

static uint32_t laps;

/* Told of a loss, while it looks: it is overtaken once more. */
static void lap(void *user, uint64_t packets)
{
	(void)user;
	assert_true(packets > 0);
	for (uint32_t i = 0; laps && i < 2 * PACKETS; i++)
		put();
	laps -= laps != 0;
}

/* A get does not follow for ever a producer that is faster.  In an event loop, the
 * descriptor is readable at once. */
static void overtaken_all_the_time(void **state)
{
	struct dsi_port_loop *loop;
	struct dsi_data_plane *plane = &world.consumer.plane;
	struct dsi_packet *pkt;

	(void)state;
	for (int looped = 0; looped <= 1; looped++) {
		set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_RECLAIM);
		plane->as.consumer.on_reclaim = lap;
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt),
				 -DSI_EAGAIN);
		if (looped) {
			assert_int_equal(dsi_port_loop_create(0, &loop), 0);
			plane->bell_kick.ready = NULL;
			atomic_store(&plane->bells, loop);
		}
		laps = 0;
		for (uint32_t i = 0; i < 2 * PACKETS; i++)
			put();
		laps = 100;
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt),
				 -DSI_EAGAIN);
		assert_true(laps > 0 && laps < 100 - PACKETS);
		laps = 100;
		assert_int_equal(dsi_packet_get(world.to, PAST, &pkt),
				 -DSI_ETIMEDOUT);
		laps = 0;
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		tear_down();
		if (looped)
			dsi_port_loop_destroy(loop);
	}
}

/* ---- get by number ------------------------------------------------------- */

static void by_number_too_early(void **state)
{
	const struct dsi_stream_desc desc = plain(DSI_STREAM_NO_STAMP);
	struct dsi_packet *pkt;

	(void)state;
	/* Not admitted yet. */
	wire(&desc, DSI_POLICY_BLOCK);
	assert_int_equal(dsi_packet_get_nr(world.to, 0, 0, &pkt), -DSI_EAGAIN);
	admit();
	put();
	assert_int_equal(dsi_packet_get_nr(world.to, 0, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	/* Stopped. */
	dsi__plane_tell(&world.consumer.plane, DSI_PLANE_STOPPED,
			DSI_PLANE_RUNNING);
	assert_int_equal(dsi_packet_get_nr(world.to, 0, PAST, &pkt),
			 -DSI_ECANCELED);
	tear_down();
}

/* ---- sleeps that end with a packet --------------------------------------- */

struct sleeper {
	pthread_t thread;
	uint64_t before;
	uint32_t n; /* of a batch; 0: one by itself */
	int32_t got;
	struct dsi_packet *pkts[PACKETS];
};

static void *sleep_for_some(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->got =
		sleeper->n
			? dsi_packet_get_many(world.to, DSI_FOREVER,
					      sleeper->pkts, sleeper->n)
			: dsi_packet_get(world.to, DSI_FOREVER, sleeper->pkts);
	return NULL;
}

static void begin_sleep(struct sleeper *sleeper, uint32_t n)
{
	const struct dsi_shm_stats *stats = world.consumer.plane.stats;

	sleeper->n = n;
	sleeper->before = atomic_load(&stats->waits);
	assert_int_equal(
		pthread_create(&sleeper->thread, NULL, sleep_for_some, sleeper),
		0);
	while (atomic_load(&stats->waits) == sleeper->before)
		(void)sched_yield();
}

static void woken(struct sleeper *sleeper, int32_t got)
{
	uint32_t n = sleeper->n ? (uint32_t)got : 1u;

	assert_int_equal(pthread_join(sleeper->thread, NULL), 0);
	assert_int_equal(sleeper->got, got);
	assert_int_equal(dsi_packet_commit_many(world.to, sleeper->pkts, n), 0);
}

static void put_many(uint32_t n)
{
	struct dsi_packet *pkts[PACKETS];

	assert_int_equal(dsi_packet_get_many(world.from, 0, pkts, n), n);
	assert_int_equal(dsi_packet_commit_many(world.from, pkts, n), 0);
}

static void sleeps(void **state)
{
	struct sleeper sleeper;
	struct dsi_packet *pkts[PACKETS];

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	pass();
	begin_sleep(&sleeper, 0);
	put();
	woken(&sleeper, 0);
	begin_sleep(&sleeper, 2);
	put_many(2);
	woken(&sleeper, 2);
	/* Fewer than it asked for. */
	begin_sleep(&sleeper, 3);
	put_many(2);
	woken(&sleeper, 2);
	/* And none. */
	assert_int_equal(dsi_packet_get(world.to, PAST, pkts), -DSI_ETIMEDOUT);
	assert_int_equal(dsi_packet_get_many(world.to, PAST, pkts, 2),
			 -DSI_ETIMEDOUT);
	tear_down();
}

static pthread_mutex_t producing = PTHREAD_MUTEX_INITIALIZER;
static uint32_t late_ones;

static void put_late(void)
{
	struct dsi_packet *pkt = reserve();

	assert_int_equal(dsi_packet_set_expiry(pkt, PAST), 0);
	assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
}

/* The consumer skipped a packet that came too late: the next one is there, and the
 * last one is in time. */
static void skipped(struct dsi_data_plane *plane, int work)
{
	(void)plane;
	(void)work;
	(void)pthread_mutex_lock(&producing);
	if (late_ones-- > 0)
		put_late();
	else
		put();
	(void)pthread_mutex_unlock(&producing);
}

/* Woken for packets that are of no use, one after the other, it goes on. */
static void sleeps_on(void **state)
{
	struct sleeper sleeper;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	pass();
	world.consumer.plane.notice = skipped;
	world.consumer.plane.observed = 1;
	late_ones = 3 * PACKETS;
	begin_sleep(&sleeper, 0);
	(void)pthread_mutex_lock(&producing);
	put_late();
	(void)pthread_mutex_unlock(&producing);
	woken(&sleeper, 0);
	assert_int_equal(dsi_socket_event_count(world.to, DSI_EVENT_EXPIRED),
			 3 * PACKETS + 1);
	tear_down();
}

/* ---- commit and get in one call ------------------------------------------ */

static void commit_and_get(void **state)
{
	struct dsi_packet *pkt, *next, *foreign;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	pass();
	put_many(3);
	pkt = take();
	assert_int_equal(dsi_packet_commit_get(world.to, pkt, 0, &next), 0);
	assert_int_equal(atomic_load(&world.consumer.page->returned), 2);
	/* Not ours: nothing happens. */
	foreign = reserve();
	assert_int_equal(dsi_packet_commit_get(world.to, foreign, 0, &pkt),
			 -DSI_EINVAL);
	assert_int_equal(dsi_packet_discard(world.from, foreign), 0);
	assert_int_equal(dsi_packet_commit_get(world.to, NULL, 0, &pkt),
			 -DSI_EINVAL);
	assert_int_equal(atomic_load(&world.consumer.page->returned), 2);
	assert_int_equal(dsi_packet_commit_get(world.to, next, 0, &pkt), 0);
	/* None is there: what was given back is given back. */
	assert_int_equal(dsi_packet_commit_get(world.to, pkt, 0, &next),
			 -DSI_EAGAIN);
	assert_int_equal(atomic_load(&world.consumer.page->returned), 4);
	tear_down();
}

/* ---- consumers that lie --------------------------------------------------- */

/* It read what is not there: seen when the producer looks how far it got. */
static void lies_about_reading(void **state)
{
	struct dsi_packet *pkts[PACKETS], *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	put_many(PACKETS);
	assert_int_equal(dsi_packet_get_many(world.to, 0, pkts, PACKETS),
			 PACKETS);
	assert_int_equal(dsi_packet_commit_many(world.to, pkts, 2), 0);
	atomic_store(&world.consumer.page->taken, 1000);
	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), 0);
	assert_true(dsi__producer_broken(world.consumer.peer));
	assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
	tear_down();
}

/* It gives back more than it has. */
static void lies_about_returns(void **state)
{
	struct dsi_packet *pkts[PACKETS];

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	put_many(2);
	atomic_store(&world.consumer.page->returned, 3);
	assert_int_equal(dsi_packet_get_many(world.from, 0, pkts, 3), 3);
	assert_true(dsi__producer_broken(world.consumer.peer));
	tear_down();
}

/* Likewise, but there is room for the batch in the ring: not a packet of those that
 * it says are back is taken. */
static void lies_where_there_is_room(void **state)
{
	struct dsi_stream_desc desc = plain(DSI_STREAM_NO_STAMP);
	struct dsi_packet *pkts[PACKETS];

	(void)state;
	desc.ring_slots = 2 * PACKETS;
	wire(&desc, DSI_POLICY_BLOCK);
	admit();
	put_many(2);
	assert_false(dsi__producer_broken(world.consumer.peer));
	atomic_store(&world.consumer.page->returned, 3);
	assert_int_equal(dsi_packet_get_many(world.from, 0, pkts, 3), 3);
	assert_true(dsi__producer_broken(world.consumer.peer));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(dsi_packet_discard(world.from, pkts[i]), 0);
	assert_int_equal(dsi__packet_table_free(&world.stream.plane.table),
			 PACKETS);
	tear_down();
}

/* ---- a provider of traces ------------------------------------------------- */

static int wanted[DSI_TRACE_EVENTS];
static uint32_t wakes;

static void put_wake(uint64_t stream, uint64_t endpoint, uint32_t waiters)
{
	(void)stream;
	(void)endpoint;
	assert_int_equal(waiters, 1);
	wakes++;
}

static void put_wait(uint64_t stream, uint64_t endpoint, uint32_t side,
		     uint64_t seq, uint32_t method)
{
	(void)stream;
	(void)endpoint;
	(void)side;
	(void)seq;
	(void)method;
}

static void put_waited(uint64_t stream, uint64_t endpoint, uint32_t side,
		       uint64_t seq, int32_t result, uint32_t spins)
{
	(void)stream;
	(void)endpoint;
	(void)side;
	(void)seq;
	(void)result;
	(void)spins;
}

static void put_release(uint64_t stream, uint64_t seq, uint32_t reader)
{
	(void)stream;
	(void)seq;
	(void)reader;
}

static uint32_t violations;

static void put_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns)
{
	(void)stream;
	(void)seq;
	assert_int_equal(kind, DSI_TRACE_HOLD);
	assert_true(declared_ns == 1 && actual_ns > 1);
	violations++;
}

#define WANTED(event, number) &wanted[number],

static const struct dsi_trace_provider provider = {
	.size = sizeof(provider),
	.version = DSI_TRACE_VERSION,
	.name = "corner",
	.wanted = {DSI_TRACE_MAP(WANTED)},
	.wake = put_wake,
	.wait_begin = put_wait,
	.wait_end = put_waited,
	.release = put_release,
	.violation = put_violation,
};

static void trace(struct dsi_data_plane *plane)
{
	plane->trace.provider = &provider;
	dsi__plane_note_usual(plane);
}

/* It wants nothing: packets go the usual way, with and without a stamp.  Then it
 * wants something that has nothing to do with it: then they go the other way. */
static void quiet_provider(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= DSI_STREAM_NO_STAMP;
	     flags += DSI_STREAM_NO_STAMP) {
		struct dsi_packet *pkt;

		memset(wanted, 0, sizeof(wanted));
		set_up(flags, DSI_POLICY_BLOCK);
		trace(&world.stream.plane);
		trace(&world.consumer.plane);
		for (uint32_t i = 0; i < 2 * PACKETS; i++)
			pass();
		pkt = reserve();
		assert_int_equal(dsi_packet_commit(world.to, pkt), -DSI_EINVAL);
		assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
		pkt = take();
		assert_int_equal(dsi_packet_commit(world.from, pkt),
				 -DSI_EINVAL);
		wanted[DSI_TRACE_AT_release] = 1;
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		pass();
		tear_down();
	}
}

/* Whom it owes a wake-up, a sleeper wakes with its sleep; that is told. */
static void wakes_and_sleeps(void **state)
{
	struct dsi_port_word words[DSI_PEER_SLOTS];
	struct dsi_packet *next;

	(void)state;
	memset(wanted, 0, sizeof(wanted));
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	trace(&world.consumer.plane);
	world.consumer.plane.as.consumer.waker.trace =
		&world.consumer.plane.trace;
	pass();
	put();
	next = take();
	assert_int_equal(dsi__producer_announce(&world.stream.plane, words, 0),
			 1);
	wanted[DSI_TRACE_AT_wake] = 1;
	wakes = 0;
	assert_int_equal(dsi_packet_commit_get(world.to, next, PAST, &next),
			 -DSI_ETIMEDOUT);
	assert_int_equal(wakes, 1);
	dsi__producer_withdraw(&world.stream.plane);
	tear_down();
}

/* How long the application may hold a packet is declared, and no period. */
static void held_too_long(void **state)
{
	struct dsi_trace_end *end = &world.stream.plane.trace;
	struct dsi_packet *pkt;

	(void)state;
	memset(wanted, 0, sizeof(wanted));
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	end->open.hold_ns = 1;
	end->declared = 1;
	trace(&world.stream.plane);
	wanted[DSI_TRACE_AT_violation] = 1;
	violations = 0;
	pkt = reserve();
	pkt->got_ns = dsi_port_now() - 1000;
	assert_int_equal(dsi_packet_commit(world.from, pkt), 0);
	assert_int_equal(violations, 1);
	assert_int_equal(dsi_packet_commit(world.to, take()), 0);
	tear_down();
}

/* ---- loans, on a system that has none --------------------------------------- */

int __wrap_dsi_port_loan_take(const struct dsi_port_region *region,
			      uint64_t loan, uint64_t offset, uint64_t bytes);
int __wrap_dsi_port_loan_take(const struct dsi_port_region *region,
			      uint64_t loan, uint64_t offset, uint64_t bytes)
{
	(void)region;
	(void)loan;
	(void)offset;
	(void)bytes;
	return -DSI_ENOMEM;
}

/* A borrower without room to map is told so; a lender that cannot take back what it
 * lent goes on no more. */
static void loans_that_fail(void **state)
{
	struct hand_consumer second = {0};
	_Atomic uint32_t lent[2][PACKETS] = {{7, 7, 7, 7}, {7, 7, 7, 7}};
	struct dsi_port_region area = {.handle = -1};
	struct dsi_packet *pkt;

	(void)state;
	set_up(DSI_STREAM_NO_STAMP, DSI_POLICY_BLOCK);
	hand_join(&world.stream, &second, DSI_POLICY_BLOCK, 0);
	admit();
	put();
	pkt = take();
	world.consumer.plane.packet_bytes = BYTES;
	assert_int_equal(dsi__transfer_borrow(&world.consumer.plane, pkt),
			 -DSI_ENOBUFS);
	assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	hand_leave(&world.stream, &world.consumer);
	assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
	/* Only the second is there, so only its pages are taken back. */
	world.consumer.peer->lent = lent[0];
	second.peer->lent = lent[1];
	world.stream.plane.as.producer.area = &area;
	pkt = &world.stream.plane.table.packets[1];
	dsi__transfer_recall(&world.stream.plane, pkt);
	assert_int_equal(atomic_load(&lent[0][1]), 7);
	assert_int_equal(atomic_load(&lent[1][1]), 0);
	assert_int_equal(dsi_packet_get(world.from, 0, &pkt), -DSI_EPROTO);
	pkt = &world.stream.plane.table.packets[2];
	pkt->sg_count = 1;
	pkt->entry.size = BYTES;
	dsi__transfer_lend(&world.stream.plane, pkt, 2);
	assert_int_equal(atomic_load(&lent[0][2]), 7);
	assert_int_equal(atomic_load(&lent[1][2]), 1);
	/* Of a packet without an element no page is lent. */
	pkt = &world.stream.plane.table.packets[3];
	pkt->sg_count = 0;
	pkt->entry.size = BYTES;
	dsi__transfer_lend(&world.stream.plane, pkt, 2);
	assert_int_equal(atomic_load(&lent[0][3]), 7);
	assert_int_equal(atomic_load(&lent[1][3]), 0);
	world.consumer.peer->lent = NULL;
	second.peer->lent = NULL;
	hand_leave(&world.stream, &second);
	(void)dsi__producer_drained(&world.stream.plane);
	hand_consumer_fini(&second);
	hand_consumer_fini(&world.consumer);
	hand_stream_fini(&world.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_slots),
		cmocka_unit_test(never_expires),
		cmocka_unit_test(nowhere),
		cmocka_unit_test(mixed_elements),
		cmocka_unit_test(no_loans),
		cmocka_unit_test(no_elements),
		cmocka_unit_test(borrowed_and_overwritten),
		cmocka_unit_test(hands_full),
		cmocka_unit_test(overtaken_all_the_time),
		cmocka_unit_test(by_number_too_early),
		cmocka_unit_test(sleeps),
		cmocka_unit_test(sleeps_on),
		cmocka_unit_test(commit_and_get),
		cmocka_unit_test(lies_about_reading),
		cmocka_unit_test(lies_about_returns),
		cmocka_unit_test(lies_where_there_is_room),
		cmocka_unit_test(quiet_provider),
		cmocka_unit_test(wakes_and_sleeps),
		cmocka_unit_test(held_too_long),
		cmocka_unit_test(loans_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
