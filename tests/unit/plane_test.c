/* SPDX-License-Identifier: MIT */
/*
 * plane_test.c - the flags of a data plane: what they forbid, who changes them, who
 * is told; its events; and the states of a producer's consumers.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/trace.h>

#include "dsi/shm_check.h"
#include "hand_pair.h"

struct world {
	struct hand_pair pair;
	struct dsi_data_plane *planes[2];
};

static struct world world;
static uint32_t notices, works;

static void notice(struct dsi_data_plane *plane, int work)
{
	(void)plane;
	notices++;
	works += work == 1;
	assert_true(work == 0 || work == 1);
}

static void set_up(uint32_t flags, uint32_t policy)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = flags,
		.packets = 4,
		.packet_bytes = 64,
	};

	hand_pair_init(&world.pair, &desc, 0, policy);
	world.planes[0] = &world.pair.stream.plane;
	world.planes[1] = &world.pair.consumer.plane;
	for (uint32_t i = 0; i < 2; i++)
		world.planes[i]->notice = notice;
	notices = 0;
	works = 0;
}

static uint32_t word_of(const struct dsi_data_plane *plane)
{
	return atomic_load(&plane->word);
}

static uint32_t flags_of(const struct dsi_data_plane *plane)
{
	return atomic_load(&plane->flags);
}

/* ---- what the flags forbid -------------------------------------------------- */

static int verdict(uint32_t flags)
{
	if (flags & DSI_PLANE_FAILED)
		return -DSI_EPROTO;
	if (flags & DSI_PLANE_CLOSED)
		return -DSI_EPIPE;
	if (!(flags & DSI_PLANE_CONNECTED))
		return -DSI_ENOTCONN;
	if (flags & DSI_PLANE_STOPPED)
		return -DSI_ECANCELED;
	return flags & DSI_PLANE_RUNNING ? 0 : -DSI_ENOTCONN;
}

static void every_flag(void **state)
{
	struct dsi_data_plane *plane;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	plane = world.planes[1];
	for (uint32_t flags = 0; flags < 4096; flags++) {
		int aborts = verdict(flags) == 0 && (flags & DSI_PLANE_ABORT);

		assert_int_equal(dsi__plane_verdict(flags), verdict(flags));
		atomic_store(&plane->flags, flags);
		assert_int_equal(dsi__plane_flags(plane), flags);
		assert_int_equal(dsi__plane_check(plane, 0), verdict(flags));
		assert_int_equal(flags_of(plane), flags);
		assert_int_equal(dsi__plane_committed(plane),
				 flags & DSI_PLANE_FAILED ? -DSI_EPROTO : 0);
		/* An abort is for one wait. */
		assert_int_equal(dsi__plane_check(plane, 1),
				 aborts ? -DSI_ECANCELED : verdict(flags));
		assert_int_equal(flags_of(plane),
				 aborts ? flags & ~DSI_PLANE_ABORT : flags);
	}
	hand_pair_fini(&world.pair);
}

/* A select need not wait: there is something, or there will never be. */
static void every_flag_for_select(void **state)
{
	(void)state;
	for (uint32_t role = 0; role < 2; role++)
		for (uint32_t some = 0; some <= 1; some++)
			for (uint32_t flags = 0; flags < 128; flags++) {
				int err = verdict(flags);
				int want =
					err ? err != -DSI_ENOTCONN &&
							err != -DSI_ECANCELED
					    : some || (flags & DSI_PLANE_GONE);
				struct dsi_packet *pkts[4];
				uint32_t n = role ? some : 4 - 4 * some;

				set_up(0, DSI_POLICY_BLOCK);
				for (uint32_t i = 0; i < n; i++) {
					assert_int_equal(
						dsi_packet_get(
							hand_socket(
								world.planes
									[0]),
							0, &pkts[i]),
						0);
					assert_int_equal(
						dsi_packet_commit(
							hand_socket(
								world.planes
									[0]),
							pkts[i]),
						0);
				}
				atomic_store(&world.planes[role]->flags, flags);
				assert_int_equal(
					!!dsi__plane_ready(world.planes[role]),
					!!want);
				hand_pair_fini(&world.pair);
			}
}

/* ---- who changes them, and who is told -------------------------------------- */

static void told(void **state)
{
	(void)state;
	for (uint32_t role = 0; role < 2; role++) {
		struct dsi_data_plane *plane;
		const struct dsi_socket *sock;
		uint32_t word, flags;

		set_up(0, DSI_POLICY_BLOCK);
		plane = world.planes[role];
		sock = hand_socket(plane);
		word = word_of(plane);
		flags = flags_of(plane);
		dsi__plane_wake(plane);
		assert_int_equal(word_of(plane), ++word);
		dsi__plane_tell(plane, DSI_PLANE_ABORT, DSI_PLANE_RUNNING);
		assert_int_equal(word_of(plane), ++word);
		flags = (flags | DSI_PLANE_ABORT) & ~DSI_PLANE_RUNNING;
		assert_int_equal(flags_of(plane), flags);
		dsi__plane_tell(plane, DSI_PLANE_RUNNING, DSI_PLANE_ABORT);
		assert_int_equal(word_of(plane), ++word);
		flags = (flags | DSI_PLANE_RUNNING) & ~DSI_PLANE_ABORT;
		assert_int_equal(flags_of(plane), flags);
		assert_int_equal(notices, 0);
		assert_int_equal(dsi__plane_fail(plane), -DSI_EPROTO);
		assert_int_equal(word_of(plane), ++word);
		assert_int_equal(flags_of(plane), flags | DSI_PLANE_FAILED);
		assert_true(dsi_socket_event_count(sock, DSI_EVENT_ERROR) == 1);
		assert_int_equal(notices, 1);
		assert_int_equal(works, 1);
		hand_pair_fini(&world.pair);
	}
}

/* What is committed to a socket that has failed nobody gets. */
static void committed_in_vain(void **state)
{
	(void)state;
	for (uint32_t role = 0; role < 2; role++) {
		struct dsi_packet *pkt;

		set_up(0, DSI_POLICY_BLOCK);
		assert_int_equal(
			dsi_packet_get(hand_socket(world.planes[0]), 0, &pkt),
			0);
		if (role) {
			assert_int_equal(
				dsi_packet_commit(hand_socket(world.planes[0]),
						  pkt),
				0);
			assert_int_equal(
				dsi_packet_get(hand_socket(world.planes[1]), 0,
					       &pkt),
				0);
		}
		assert_int_equal(dsi__plane_fail(world.planes[role]),
				 -DSI_EPROTO);
		assert_int_equal(
			dsi_packet_commit(hand_socket(world.planes[role]), pkt),
			-DSI_EPROTO);
		/* It is gone all the same. */
		assert_int_equal(world.planes[role]->held, 0);
		hand_pair_fini(&world.pair);
	}
}

static void events(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < DSI_EVENTS; i++) {
		uint32_t event = 1u << i;
		struct dsi_data_plane *plane;
		const struct dsi_socket *sock;
		uint32_t word;

		set_up(0, DSI_POLICY_BLOCK);
		plane = world.planes[0];
		sock = hand_socket(plane);
		word = word_of(plane);
		assert_int_equal(dsi__event_index(event), i);
		dsi__plane_raise(plane, event, 3);
		assert_int_equal(atomic_load(&plane->events), event);
		assert_int_equal(word_of(plane), word);
		assert_int_equal(notices, 0);
		/* One watches, one forwards. */
		atomic_store(&plane->watchers, 1);
		dsi__plane_raise(plane, event, 4);
		assert_int_equal(word_of(plane), word + 1);
		assert_int_equal(notices, 0);
		atomic_store(&plane->watchers, 0);
		plane->observed = 1;
		dsi__plane_raise(plane, event, 5);
		assert_int_equal(word_of(plane), word + 1);
		assert_int_equal(notices, 1);
		assert_int_equal(works, 0);
		assert_int_equal(atomic_load(&plane->events), event);
		for (uint32_t k = 0; k < DSI_EVENTS; k++)
			assert_true(dsi_socket_event_count(sock, 1u << k) ==
				    (k == i ? 12 : 0));
		hand_pair_fini(&world.pair);
	}
}

/* ---- what may go the usual way ----------------------------------------------- */

static uint32_t usual_of(uint32_t role, uint32_t flags)
{
	if (role == 0)
		return flags & DSI_STREAM_NO_STAMP ? DSI_USUAL_SEND
						   : DSI_USUAL_SEND_STAMPED;
	return flags & DSI_STREAM_NO_STAMP ? DSI_USUAL_TAKE
					   : DSI_USUAL_TAKE_STAMPED;
}

/* Armed or disarmed for an event loop: then nothing is. */
static void usual_unless_armed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t role = i & 1;
		uint32_t flags = i & 2 ? DSI_STREAM_NO_STAMP : 0;
		struct dsi_data_plane *plane;
		uint32_t want = i & 12 ? 0 : usual_of(role, flags);

		set_up(flags, DSI_POLICY_BLOCK);
		plane = world.planes[role];
		if (role) {
			struct dsi_packet *pkt;

			assert_int_equal(
				dsi_packet_get(hand_socket(plane), 0, &pkt),
				-DSI_EAGAIN);
		}
		for (uint32_t twice = 0; twice < 2; twice++) {
			plane->armed = i >> 2 & 1;
			plane->unarmed = i >> 3 & 1;
			dsi__plane_note_usual(plane);
			assert_int_equal(flags_of(plane),
					 DSI_PLANE_FLOWS | want);
			assert_int_equal(plane->usual_quiet, want);
		}
		hand_pair_fini(&world.pair);
	}
}

/* Who disarmed and does not arm again makes the descriptor readable once. */
static void armed_again(void **state)
{
	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	for (uint32_t unarmed = 0; unarmed <= 1; unarmed++) {
		struct dsi_data_plane *plane = world.planes[0];
		uint32_t word = word_of(plane);

		plane->unarmed = unarmed;
		dsi__plane_note_usual(plane);
		for (uint32_t i = 0; i < 2; i++) {
			dsi__plane_rearm(plane);
			assert_int_equal(plane->unarmed, 0);
			assert_int_equal(word_of(plane), word + unarmed);
			assert_int_equal(flags_of(plane),
					 DSI_PLANE_FLOWS |
						 DSI_USUAL_SEND_STAMPED);
		}
	}
	hand_pair_fini(&world.pair);
}

/* With no loop there is only the announcement to take back. */
static void disarmed(void **state)
{
	(void)state;
	for (uint32_t role = 0; role < 2; role++) {
		struct dsi_port_word words[DSI_PEER_SLOTS];
		const _Atomic uint64_t *sleep;
		struct dsi_data_plane *plane;

		set_up(0, DSI_POLICY_BLOCK);
		plane = world.planes[role];
		sleep = role ? &world.pair.consumer.page->sleep
			     : &world.pair.consumer.signal->sleep;
		assert_int_equal(
			dsi__plane_announce(plane, words, DSI_SLEEP_BELL), 1);
		assert_true(
			atomic_load(sleep) ==
			(DSI_SLEEP_COUNT | DSI_SLEEP_ASLEEP | DSI_SLEEP_BELL));
		plane->armed = 1;
		dsi__plane_disarm(plane);
		assert_int_equal(plane->armed, 0);
		assert_int_equal(plane->unarmed, 0);
		assert_true(atomic_load(sleep) == 0);
		hand_pair_fini(&world.pair);
	}
}

static uint32_t kicks;

static void kicked(struct dsi_port_source *source, uint32_t why)
{
	(void)source;
	kicks += why == DSI_PORT_WHY_KICK;
}

/* With one it is kicked by each wake; who disarms takes back what was kicked. */
static void kicks_a_loop(void **state)
{
	struct dsi_data_plane *plane;
	struct dsi_port_loop *loop;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	plane = world.planes[0];
	assert_int_equal(dsi_port_loop_create(0, &loop), 0);
	plane->bell_kick.ready = kicked;
	plane->bell_kick.deadline_ns = DSI_FOREVER;
	assert_int_equal(dsi_port_loop_add(loop, &plane->bell_kick), 0);
	atomic_store(&plane->bells, loop);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi__plane_wake(plane);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), 0);
	assert_int_equal(kicks, 1);
	for (uint32_t twice = 0; twice < 2; twice++) {
		plane->armed = 1;
		dsi__plane_wake(plane);
		dsi__plane_disarm(plane);
		assert_int_equal(plane->armed, 0);
		assert_int_equal(plane->unarmed, 1);
		assert_int_equal(dsi_port_loop_dispatch(loop, 0),
				 -DSI_ETIMEDOUT);
	}
	/* None is waited for. */
	dsi__plane_disarm(plane);
	atomic_store(&plane->bells, NULL);
	dsi_port_loop_remove(loop, &plane->bell_kick);
	dsi_port_loop_destroy(loop);
	hand_pair_fini(&world.pair);
}

/* Who is not connected has no word to sleep on. */
static void not_connected(void **state)
{
	struct dsi_port_word words[DSI_PEER_SLOTS];
	struct dsi_data_plane *plane;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	plane = world.planes[1];
	plane->as.consumer.waiter.signal = NULL;
	atomic_store(&world.pair.consumer.page->sleep, 77);
	assert_int_equal(dsi__plane_announce(plane, words, 0), 0);
	dsi__plane_withdraw(plane);
	assert_true(atomic_load(&world.pair.consumer.page->sleep) == 77);
	hand_pair_fini(&world.pair);
}

/* ---- a wake-up is told ---------------------------------------------------------- */

static uint32_t told_wakes;
static int wanted;

static void put_wake(uint64_t stream, uint64_t endpoint, uint32_t waiters)
{
	assert_true(stream == 5 && endpoint == 6);
	told_wakes += waiters;
}

#define WANTED(event, number) &wanted,

static const struct dsi_trace_provider provider = {
	.size = sizeof(provider),
	.version = DSI_TRACE_VERSION,
	.wanted = {DSI_TRACE_MAP(WANTED)},
	.wake = put_wake,
};

static int looks_in_vain(struct dsi_data_plane *plane, void *arg)
{
	(void)plane;
	(void)arg;
	return -DSI_EAGAIN;
}

/* At once, or with our own sleep, to whoever asks for it. */
static void told_of_wakes(void **state)
{
	const struct dsi_trace_end end = {
		.provider = &provider,
		.open = {.stream = 5, .endpoint = 6},
	};

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		struct dsi_data_plane *plane;
		struct dsi_waker *waker;

		set_up(0, DSI_POLICY_BLOCK);
		plane = world.planes[0];
		waker = &world.pair.consumer.peer->waker;
		waker->trace = i & 1 ? &end : NULL;
		wanted = i & 2 ? 1 : 0;
		told_wakes = 0;
		plane->owed = waker;
		if (i & 4)
			dsi__plane_pay(plane);
		else
			assert_int_equal(
				dsi__plane_wait(plane, 0, looks_in_vain, NULL),
				-DSI_ETIMEDOUT);
		assert_null(plane->owed);
		assert_int_equal(told_wakes, (i & 3) == 3);
		hand_pair_fini(&world.pair);
	}
}

/* ---- a producer's consumers --------------------------------------------------- */

/* Each state, what leaving makes of it, and whether its memory may go. */
static const struct {
	uint32_t state, then;
	int may_go, left, broken, tells;
} states[] = {
	{DSI_PEER_EMPTY, DSI_PEER_EMPTY, 0, 0, 0, 0},
	{DSI_PEER_JOINING, DSI_PEER_RETIRED, 1, 0, 0, 0},
	{DSI_PEER_ACTIVE, DSI_PEER_LEAVING, 0, 0, 0, 1},
	{DSI_PEER_LEAVING, DSI_PEER_LEAVING, 0, 0, 0, 0},
	{DSI_PEER_RETIRED, DSI_PEER_RETIRED, 1, 1, 0, 0},
	{DSI_PEER_BROKEN, DSI_PEER_BROKEN, 1, 1, 1, 0},
};

static void leaving(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct dsi_data_plane *plane;
		struct dsi_producer_peer *peer;
		uint32_t word, was;

		set_up(0, DSI_POLICY_BLOCK);
		plane = world.planes[0];
		peer = &plane->as.producer.peers[7];
		word = word_of(plane);
		was = flags_of(plane);
		atomic_store(&peer->state, states[i].state);
		assert_int_equal(dsi__producer_left(peer), states[i].left);
		assert_int_equal(dsi__producer_broken(peer), states[i].broken);
		assert_int_equal(dsi__producer_leave(plane, peer),
				 states[i].may_go);
		assert_int_equal(atomic_load(&peer->state), states[i].then);
		assert_int_equal(word_of(plane) - word, states[i].tells);
		assert_int_equal(flags_of(plane),
				 states[i].tells ? was | DSI_PLANE_CHANGED
						 : was);
		dsi__producer_vacate(peer);
		assert_int_equal(atomic_load(&peer->state), DSI_PEER_EMPTY);
		atomic_store(&plane->flags, was);
		hand_pair_fini(&world.pair);
	}
}

/* The first place is taken; each other one is found, until there is none. */
static void places(void **state)
{
	struct dsi_producer *producer;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	producer = &world.pair.stream.plane.as.producer;
	for (uint32_t i = 1; i < DSI_PEER_SLOTS; i++) {
		assert_ptr_equal(dsi__producer_place(&world.pair.stream.plane),
				 &producer->peers[i]);
		atomic_store(&producer->peers[i].state, DSI_PEER_RETIRED);
	}
	assert_null(dsi__producer_place(&world.pair.stream.plane));
	for (uint32_t i = DSI_PEER_SLOTS; i-- > 1;) {
		atomic_store(&producer->peers[i].state, DSI_PEER_EMPTY);
		assert_ptr_equal(dsi__producer_place(&world.pair.stream.plane),
				 &producer->peers[i]);
	}
	hand_pair_fini(&world.pair);
}

static const uint32_t policies[] = {DSI_POLICY_BLOCK, DSI_POLICY_DROP_NEW,
				    DSI_POLICY_RECLAIM};

/* Who comes into a place finds nothing of who was there before. */
static void nothing_of_others(void **state)
{
	struct dsi_shm_stats_peer *shown;
	struct dsi_producer *producer;
	struct dsi_producer_peer *peer;

	(void)state;
	for (uint32_t policy = 0; policy < 3; policy++) {
		set_up(0, policies[(policy + 1) % 3]);
		producer = &world.pair.stream.plane.as.producer;
		peer = world.pair.consumer.peer;
		shown = &world.pair.stream.plane.stats->peers[0];
		hand_leave(&world.pair.stream, &world.pair.consumer);
		producer->ready = 2;
		(void)dsi__producer_look(&world.pair.stream.plane);
		assert_int_equal(works, 1);
		assert_int_equal(producer->ready, 0);
		assert_int_equal(atomic_load(&producer->present), 0);
		assert_int_equal(producer->block_mask | producer->drop_mask |
					 producer->reclaim_mask |
					 producer->active_mask,
				 0);
		assert_null(producer->sole);
		assert_true(producer->limit == DSI_POSITION_MAX);
		assert_true(atomic_load(&shown->admitted) == 0);
		hand_consumer_fini(&world.pair.consumer);
		peer->first = peer->position = peer->taken = 77;
		peer->returned = peer->dropped = 77;
		peer->drop_flag = DSI_PACKET_DROPPED_BEFORE;

		atomic_store(&shown->dropped, 77);

		hand_join(&world.pair.stream, &world.pair.consumer,
			  policies[policy], 2);
		assert_int_equal(dsi__producer_look(&world.pair.stream.plane),
				 0);
		assert_ptr_equal(world.pair.consumer.peer, peer);
		assert_true(!peer->first && !peer->position && !peer->taken &&
			    !peer->returned && !peer->dropped &&
			    !peer->drop_flag);

		assert_true(atomic_load(&shown->dropped) == 0);
		assert_true(atomic_load(&shown->admitted) == 1);
		assert_int_equal(atomic_load(&producer->present), 1);
		assert_int_equal(producer->generation, 3);
		assert_int_equal(producer->joined, 2);
		assert_int_equal(producer->block_mask, policy == 0);
		assert_int_equal(producer->drop_mask, policy == 1);
		assert_int_equal(producer->reclaim_mask, policy == 2);
		assert_int_equal(producer->active_mask, 1);
		assert_ptr_equal(producer->sole, policy ? NULL : peer);
		dsi__producer_forget(&world.pair.stream.plane);
		assert_int_equal(producer->block_mask | producer->drop_mask |
					 producer->reclaim_mask |
					 producer->active_mask,
				 0);
		hand_pair_fini(&world.pair);
	}
}

/* The control plane hears of who lied, as of who left, and the ring is not kept for
 * it any longer. */
static void who_lied_is_gone(void **state)
{
	struct dsi_producer *producer;

	(void)state;
	set_up(0, DSI_POLICY_BLOCK);
	producer = &world.pair.stream.plane.as.producer;
	hand_put(&world.pair, 3);
	assert_true(producer->limit < DSI_POSITION_MAX);
	atomic_store(&world.pair.consumer.page->returned, 4);
	assert_int_equal(dsi__producer_drained(&world.pair.stream.plane), 0);
	assert_true(dsi__producer_broken(world.pair.consumer.peer));
	assert_int_equal(works, 1);
	assert_int_equal(notices, 1);
	assert_true(producer->limit == DSI_POSITION_MAX);
	assert_true(producer->least == 3);
	hand_pair_fini(&world.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flag),
		cmocka_unit_test(every_flag_for_select),
		cmocka_unit_test(told),
		cmocka_unit_test(committed_in_vain),
		cmocka_unit_test(events),
		cmocka_unit_test(usual_unless_armed),
		cmocka_unit_test(armed_again),
		cmocka_unit_test(disarmed),
		cmocka_unit_test(kicks_a_loop),
		cmocka_unit_test(not_connected),
		cmocka_unit_test(told_of_wakes),
		cmocka_unit_test(leaving),
		cmocka_unit_test(places),
		cmocka_unit_test(nothing_of_others),
		cmocka_unit_test(who_lied_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
