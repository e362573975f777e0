/* SPDX-License-Identifier: MIT */
/*
 * figures_test.c - what is counted, exactly: packets and bytes by each way in which
 * they can be sent and taken, drops and their events, lifetimes; and which packets
 * are gone when a slot that several share is filled again.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/dsi.h>

#define PACKETS 4u
/* A producer sees what came back when it needs it. */
#define LATER UINT64_MAX
#define HOUR_NS (UINT64_C(3600) * 1000000000u)

struct ends {
	struct dsi_socket *from, *to;
};

static struct ends open_stream(const struct dsi_stream_desc *desc,
			       const char *name, uint32_t policy)
{
	struct dsi_consumer_options wish = {.size = sizeof(wish),
					    .policy = policy};
	struct ends ends;

	if (policy == DSI_POLICY_DROP_NEW)
		wish.queue_packets = 2;
	assert_int_equal(dsi_producer_create(desc, NULL, &ends.from), 0);
	assert_int_equal(dsi_socket_listen(ends.from, name, NULL), 0);
	assert_int_equal(dsi_socket_start(ends.from), 0);
	assert_int_equal(dsi_consumer_create(&wish, &ends.to), 0);
	assert_int_equal(dsi_socket_connect(ends.to, name, DSI_FOREVER), 0);
	assert_int_equal(dsi_socket_start(ends.to), 0);
	return ends;
}

static struct ends open_ends(const char *name, uint32_t policy,
			     uint64_t lifetime_ns)
{
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = PACKETS,
					     .packet_bytes = 64,
					     .max_sg = 3,
					     .lifetime_ns = lifetime_ns};

	return open_stream(&desc, name, policy);
}

static void close_ends(const struct ends *ends)
{
	dsi_socket_destroy(ends->to);
	dsi_socket_destroy(ends->from);
}

static struct dsi_packet *get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;

	assert_int_equal(dsi_packet_get(sock, 0, &pkt), 0);
	return pkt;
}

static struct dsi_packet *sized(struct dsi_socket *sock, uint32_t bytes)
{
	struct dsi_packet *pkt = get(sock);

	assert_int_equal(dsi_packet_set_size(pkt, bytes), 0);
	return pkt;
}

static void expect(struct dsi_socket *sock, uint64_t committed, uint64_t bytes,
		   uint64_t released)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	assert_int_equal(dsi_socket_stats(sock, &stats), 0);
	assert_int_equal(stats.committed, committed);
	assert_int_equal(stats.bytes, bytes);
	if (released != LATER)
		assert_int_equal(stats.released, released);
}

/* 10 bytes alone, 20 + 30 at once, 40 by number, 5 + 7 in two elements. */
static void packets_and_bytes(void **state)
{
	struct ends ends = open_ends("figures.bytes", DSI_POLICY_BLOCK, 0);
	struct dsi_packet *pkts[2], *next;

	(void)state;
	assert_int_equal(dsi_packet_commit(ends.from, sized(ends.from, 10)), 0);
	expect(ends.from, 1, 10, LATER);
	assert_int_equal(dsi_packet_commit(ends.to, get(ends.to)), 0);
	expect(ends.to, 1, 10, 1);

	pkts[0] = sized(ends.from, 20);
	pkts[1] = sized(ends.from, 30);
	assert_int_equal(dsi_packet_commit_many(ends.from, pkts, 2), 0);
	expect(ends.from, 3, 60, LATER);
	assert_int_equal(dsi_packet_get_many(ends.to, 0, pkts, 2), 2);
	assert_int_equal(dsi_packet_commit_many(ends.to, pkts, 2), 0);
	expect(ends.to, 3, 60, 3);

	next = sized(ends.from, 40);
	assert_int_equal(dsi_packet_set_number(next, 77), 0);
	assert_int_equal(dsi_packet_commit(ends.from, next), 0);
	assert_int_equal(dsi_packet_get_nr(ends.to, 77, 0, &next), 0);
	expect(ends.to, 4, 100, 3);
	assert_int_equal(dsi_packet_commit(ends.to, next), 0);

	next = sized(ends.from, 5);
	assert_int_equal(dsi_packet_add_data(next, 0, 7), 0);
	assert_int_equal(dsi_packet_commit(ends.from, next), 0);
	expect(ends.from, 5, 112, LATER);
	next = get(ends.to);
	assert_int_equal(dsi_packet_count(next), 2);
	expect(ends.to, 5, 112, 4);
	assert_int_equal(dsi_packet_commit(ends.to, next), 0);
	/* The end of the ring lies between these two. */
	for (uint32_t i = 0; i < 2 * PACKETS; i++) {
		assert_int_equal(dsi_packet_get_many(ends.from, 0, pkts, 2), 2);
		assert_int_equal(dsi_packet_commit_many(ends.from, pkts, 2), 0);
		assert_int_equal(dsi_packet_get_many(ends.to, 0, pkts, 2), 2);
		assert_int_equal(dsi_packet_commit_many(ends.to, pkts, 2), 0);
	}
	assert_int_equal(dsi_socket_drain(ends.from, 0), 0);
	expect(ends.from, 5 + 4 * PACKETS, 112 + 4 * PACKETS * 64,
	       5 + 4 * PACKETS);
	expect(ends.to, 5 + 4 * PACKETS, 112 + 4 * PACKETS * 64,
	       5 + 4 * PACKETS);
	close_ends(&ends);
}

/* With nothing free, @back of 6 packets come back: how many does the next get count? */
static uint64_t counted(uint32_t packet_bytes, uint32_t back)
{
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = 6,
					     .ring_slots = 16,
					     .packet_bytes = packet_bytes};
	struct ends ends =
		open_stream(&desc, "figures.counted", DSI_POLICY_BLOCK);
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(dsi_packet_commit(ends.from, get(ends.from)),
				 0);
	for (uint32_t i = 0; i < back; i++)
		assert_int_equal(dsi_packet_commit(ends.to, get(ends.to)), 0);
	assert_int_equal(dsi_packet_discard(ends.from, get(ends.from)), 0);
	assert_int_equal(dsi_socket_stats(ends.from, &stats), 0);
	close_ends(&ends);
	return stats.released;
}

/* Of a few small packets what came back is counted together, once it is half. */
static void counted_by_halves(void **state)
{
	(void)state;
	assert_true(counted(64, 2) == 1);
	assert_true(counted(64, 3) == 3);
	assert_true(counted(64, 5) == 5);
	assert_true(counted(16384, 5) == 5);
	assert_true(counted(16385, 5) == 1);
}

static void drops_and_their_events(void **state)
{
	struct ends ends = open_ends("figures.drops", DSI_POLICY_DROP_NEW, 0);
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_packet *pkt;

	(void)state;
	/* Two are queued, one is dropped, and the next one says so. */
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(dsi_packet_commit(ends.from, get(ends.from)),
				 0);
	assert_int_equal(dsi_socket_event_count(ends.from, DSI_EVENT_DROPPED),
			 1);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(dsi_packet_commit(ends.to, get(ends.to)), 0);
	assert_int_equal(dsi_socket_event_count(ends.to, DSI_EVENT_DROPPED), 0);
	assert_int_equal(dsi_packet_commit(ends.from, get(ends.from)), 0);
	pkt = get(ends.to);
	assert_true(dsi_packet_flags(pkt) & DSI_PACKET_DROPPED_BEFORE);
	assert_int_equal(dsi_socket_event_count(ends.to, DSI_EVENT_DROPPED), 1);
	assert_int_equal(dsi_packet_commit(ends.to, pkt), 0);
	assert_int_equal(dsi_socket_stats(ends.to, &stats), 0);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(dsi_socket_stats(ends.from, &stats), 0);
	assert_int_equal(stats.dropped, 1);
	close_ends(&ends);
}

/* Without a time of its own a packet lives from its time stamp on. */
static void lifetimes(void **state)
{
	struct ends ends =
		open_ends("figures.lifetimes", DSI_POLICY_BLOCK, HOUR_NS);
	struct dsi_packet *pkt;

	(void)state;
	for (uint32_t own_number = 0; own_number <= 1; own_number++) {
		pkt = get(ends.from);
		if (own_number)
			assert_int_equal(dsi_packet_set_number(pkt, 9), 0);
		assert_int_equal(dsi_packet_commit(ends.from, pkt), 0);
		pkt = get(ends.to);
		assert_true(dsi_packet_time(pkt) != 0);
		assert_true(dsi_packet_expiry(pkt) ==
			    dsi_packet_time(pkt) + HOUR_NS);
		assert_int_equal(dsi_packet_commit(ends.to, pkt), 0);
	}
	pkt = get(ends.from);
	assert_int_equal(dsi_packet_set_expiry(pkt, DSI_FOREVER - 1), 0);
	assert_int_equal(dsi_packet_commit(ends.from, pkt), 0);
	pkt = get(ends.to);
	assert_true(dsi_packet_expiry(pkt) == DSI_FOREVER - 1);
	assert_int_equal(dsi_packet_commit(ends.to, pkt), 0);
	close_ends(&ends);
}

/* With RECLAIM nobody is asked: the slot of a packet that lends it to another one
 * is filled again, and what was sent of both is gone. */
static void gone_with_a_shared_slot(void **state)
{
	struct ends ends = open_ends("figures.shared", DSI_POLICY_RECLAIM, 0);
	struct dsi_packet *owner = get(ends.from);
	struct dsi_packet *borrower = get(ends.from);
	struct dsi_packet *seen[2];

	(void)state;
	assert_int_equal(dsi_packet_add_shared(borrower, owner, 8, 16), 0);
	assert_int_equal(dsi_packet_commit(ends.from, owner), 0);
	assert_int_equal(dsi_packet_commit(ends.from, borrower), 0);
	seen[0] = get(ends.to);
	seen[1] = get(ends.to);
	assert_int_equal(dsi_packet_valid(seen[0]), 1);
	assert_int_equal(dsi_packet_valid(seen[1]), 1);
	/* The oldest first: the two that were not used yet, then one of them. */
	for (uint32_t i = 0; i < 2; i++)
		(void)get(ends.from);
	assert_int_equal(dsi_packet_valid(seen[1]), 1);
	(void)get(ends.from);
	assert_int_equal(dsi_packet_valid(seen[1]), 0);
	(void)get(ends.from);
	assert_int_equal(dsi_packet_valid(seen[0]), 0);
	close_ends(&ends);
}

/* Likewise of a packet with elements of two others: whichever is filled again. */
static void gone_with_either_slot(void **state)
{
	(void)state;
	for (uint32_t first = 0; first <= 1; first++) {
		struct ends ends =
			open_ends("figures.either", DSI_POLICY_RECLAIM, 0);
		struct dsi_packet *owners[2] = {get(ends.from), get(ends.from)};
		struct dsi_packet *borrower = get(ends.from);
		struct dsi_packet *seen;

		for (uint32_t i = 0; i < 2; i++)
			assert_int_equal(dsi_packet_add_shared(borrower,
							       owners[i], 0, 8),
					 0);
		assert_int_equal(dsi_packet_commit(ends.from, owners[first]),
				 0);
		assert_int_equal(dsi_packet_commit(ends.from, borrower), 0);
		for (uint32_t i = 0; i < 2; i++)
			seen = get(ends.to);
		assert_int_equal(dsi_packet_count(seen), 3);
		/* Of the others one was never used; the other owner is held. */
		(void)get(ends.from);
		assert_int_equal(dsi_packet_valid(seen), 1);
		(void)get(ends.from);
		assert_int_equal(dsi_packet_valid(seen), 0);
		close_ends(&ends);
	}
}

static void wait_ns(uint64_t ns)
{
	uint64_t until = dsi_now() + ns;

	while (dsi_now() <= until)
		;
}

static struct ends open_timed(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = PACKETS, .packet_bytes = 64};
	struct dsi_consumer_options wish = {.size = sizeof(wish),
					    .flags = DSI_CONSUMER_TIME_HOLD};
	struct ends ends;

	assert_int_equal(dsi_producer_create(&desc, NULL, &ends.from), 0);
	assert_int_equal(dsi_socket_listen(ends.from, "figures.held", NULL), 0);
	assert_int_equal(dsi_socket_start(ends.from), 0);
	assert_int_equal(dsi_consumer_create(&wish, &ends.to), 0);
	assert_int_equal(
		dsi_socket_connect(ends.to, "figures.held", DSI_FOREVER), 0);
	assert_int_equal(dsi_socket_start(ends.to), 0);
	return ends;
}

/* Two packets at once, the second by its number before the first, or one after
 * the other; what was got first is at place @first of the commit. */
static void one_hold(uint32_t way, uint32_t first)
{
	const uint64_t some_ns = 20000;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t begin = dsi_now();
	struct ends ends = open_timed();
	struct dsi_packet *pkts[2] = {NULL, NULL};

	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(dsi_packet_commit(ends.from, get(ends.from)),
				 0);
	if (way == 0)
		assert_int_equal(dsi_packet_get_many(ends.to, 0, pkts, 2), 2);
	else if (way == 1)
		assert_int_equal(dsi_packet_get_nr(ends.to, 1, 0, &pkts[first]),
				 0);
	else
		pkts[first] = get(ends.to);
	wait_ns(some_ns);
	if (way)
		pkts[!first] = get(ends.to);
	assert_int_equal(dsi_packet_commit_many(ends.to, pkts, 2), 0);
	assert_int_equal(dsi_socket_stats(ends.to, &stats), 0);
	assert_true(stats.hold_max_ns >= some_ns);
	assert_true(stats.hold_max_ns <= dsi_now() - begin);
	expect(ends.to, 2, 128, 2);
	assert_int_equal(dsi_socket_drain(ends.from, 0), 0);
	close_ends(&ends);
}

/* How long the application has had a packet: each from its own get on. */
static void held_for(void **state)
{
	(void)state;
	for (uint32_t way = 0; way < 3; way++)
		for (uint32_t first = 0; first <= 1; first++)
			one_hold(way, first);
}

/* A copy of its own: the producer has the packet back at once. */
static void copies(void **state)
{
	static const uint32_t policies[] = {DSI_POLICY_BLOCK,
					    DSI_POLICY_RECLAIM};
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 2, .packet_bytes = 64};

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct dsi_consumer_options wish = {.size = sizeof(wish),
						    .policy = policies[i],
						    .flags = DSI_CONSUMER_COPY,
						    .max_packet_bytes = 64,
						    .hold_packets = 2};
		struct dsi_socket_stats stats = {.size = sizeof(stats)};
		struct dsi_packet *seen[2], *pkt;
		struct ends ends;
		uint32_t size;
		void *data;

		assert_int_equal(dsi_producer_create(&desc, NULL, &ends.from),
				 0);
		assert_int_equal(
			dsi_socket_listen(ends.from, "figures.copy", NULL), 0);
		assert_int_equal(dsi_socket_start(ends.from), 0);
		assert_int_equal(dsi_consumer_create(&wish, &ends.to), 0);
		assert_int_equal(dsi_socket_connect(ends.to, "figures.copy",
						    DSI_FOREVER),
				 0);
		assert_int_equal(dsi_socket_start(ends.to), 0);
		for (uint32_t k = 0; k < 6; k++) {
			pkt = get(ends.from);
			assert_int_equal(dsi_packet_data(pkt, 0, &data, &size),
					 0);
			memset(data, (int)k, size);
			assert_int_equal(dsi_packet_commit(ends.from, pkt), 0);
			seen[k % 2] = get(ends.to);
			/* Both slots can be filled again. */
			for (uint32_t n = 0; n < 2; n++) {
				pkt = get(ends.from);
				assert_int_equal(
					dsi_packet_data(pkt, 0, &data, &size),
					0);
				memset(data, 77, size);
				assert_int_equal(
					dsi_packet_discard(ends.from, pkt), 0);
			}
			assert_int_equal(
				dsi_packet_data(seen[k % 2], 0, &data, &size),
				0);
			for (uint32_t n = 0; n < size; n++)
				assert_int_equal(((char *)data)[n], k);
			assert_int_equal(dsi_packet_valid(seen[k % 2]), 1);
			if (k % 2)
				assert_int_equal(dsi_packet_commit_many(
							 ends.to, seen, 2),
						 0);
		}
		assert_int_equal(dsi_socket_stats(ends.to, &stats), 0);
		assert_true(stats.committed == 6 && stats.released == 6 &&
			    stats.hold_max_ns == 0 && stats.reclaimed == 0);
		close_ends(&ends);
	}
}

/* A wait is a sleep, and there is one until the deadline, at either end. */
static void sleeps(void **state)
{
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = PACKETS,
					     .packet_bytes = 64,
					     .flags = DSI_STREAM_NO_STAMP};
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	assert_int_equal(dsi_producer_create(&desc, NULL, &ends.from), 0);
	assert_int_equal(dsi_socket_listen(ends.from, "sleeps", NULL), 0);
	assert_int_equal(dsi_socket_start(ends.from), 0);
	assert_int_equal(dsi_consumer_create(NULL, &ends.to), 0);
	assert_int_equal(dsi_socket_connect(ends.to, "sleeps", DSI_FOREVER), 0);
	assert_int_equal(dsi_socket_start(ends.to), 0);
	/* The second finds itself on the usual way. */
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
			dsi_packet_get(ends.to, dsi_now() + 1000000, &pkt),
			-DSI_ETIMEDOUT);
		assert_int_equal(dsi_socket_stats(ends.to, &stats), 0);
		assert_int_equal(stats.waits, i + 1);
	}
	for (uint32_t i = 0; i < PACKETS; i++)
		assert_int_equal(dsi_packet_commit(ends.from, get(ends.from)),
				 0);
	assert_int_equal(dsi_packet_get(ends.from, dsi_now() + 1000000, &pkt),
			 -DSI_ETIMEDOUT);
	assert_int_equal(dsi_socket_stats(ends.from, &stats), 0);
	assert_int_equal(stats.waits, 1);
	close_ends(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_and_bytes),
		cmocka_unit_test(counted_by_halves),
		cmocka_unit_test(drops_and_their_events),
		cmocka_unit_test(lifetimes),
		cmocka_unit_test(gone_with_a_shared_slot),
		cmocka_unit_test(gone_with_either_slot),
		cmocka_unit_test(held_for),
		cmocka_unit_test(copies),
		cmocka_unit_test(sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
