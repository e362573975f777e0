/* SPDX-License-Identifier: MIT */
/*
 * waiting_test.c - one wait step by step: when it looks, what it has announced by
 * then, whether it sleeps, what ends it; and whom it wakes before.
 *
 * The look is a script of answers.  Nothing here takes time: deadlines are past, or
 * something has happened already when it would sleep.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/dsi.h>

#include "hand_pair.h"

#define HOUR_NS (UINT64_C(3600) * 1000000000u)
#define PAST 1u
#define LOOKS 100u
#define ALWAYS UINT32_MAX /* at each look */

struct world {
	struct hand_pair pair;
	struct dsi_data_plane *plane; /* who waits */
	const _Atomic uint64_t *sleep;
	/* The script: answers, the last one for ever; and what happens. */
	const int *answers;
	uint32_t wake_at, regroup_at;
	/* What was seen. */
	uint32_t looks, asleep[LOOKS], owed[LOOKS];
};

static struct world world;

static void set_up(uint32_t role)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = 4,
		.packet_bytes = 64,
	};

	memset(&world, 0, sizeof(world));
	hand_pair_init(&world.pair, &desc, 0, DSI_POLICY_BLOCK);
	if (role == DSI_ROLE_PRODUCER) {
		world.plane = &world.pair.stream.plane;
		world.sleep = &world.pair.consumer.signal->sleep;
	} else {
		world.plane = &world.pair.consumer.plane;
		world.sleep = &world.pair.consumer.page->sleep;
	}
}

static struct dsi_waker *waker_of(uint32_t role)
{
	return role == DSI_ROLE_PRODUCER
		       ? &world.pair.consumer.peer->waker
		       : &world.pair.consumer.plane.as.consumer.waker;
}

static int look(struct dsi_data_plane *plane, void *arg)
{
	uint32_t i = world.looks++;

	assert_ptr_equal(plane, world.plane);
	assert_ptr_equal(arg, &world);
	assert_true(i < LOOKS ||
		    (world.wake_at != ALWAYS && world.regroup_at != ALWAYS));
	if (i < LOOKS) {
		world.asleep[i] =
			(atomic_load(world.sleep) & DSI_SLEEP_ASLEEP) != 0;
		world.owed[i] = plane->owed != NULL;
	}
	if (world.wake_at == ALWAYS || world.looks == world.wake_at)
		dsi__plane_wake(plane);
	if (world.regroup_at == ALWAYS || world.looks == world.regroup_at)
		plane->as.producer.generation++;
	return world.answers[0] && world.answers[1] != 1 ? *world.answers++
							 : *world.answers;
}

/* Answers end with 1: the one before it goes on for ever. */
#define AGAIN (-DSI_EAGAIN)
#define BUSY (-DSI_EBUSY)

struct wait {
	int answers[8];
	uint64_t deadline_ns;
	uint64_t spin_ns;
	uint32_t wake_at, regroup_at, owes;
	/* What comes of it. */
	int want;
	uint32_t looks, sleeps;
	const char *asleep, *owed; /* at each look */
};

static const struct wait waits[] = {
	/* It is there. */
	{{0, 1}, DSI_FOREVER, .want = 0, .looks = 1, .asleep = "1"},
	{{-DSI_EPIPE, 1},
	 DSI_FOREVER,
	 .want = -DSI_EPIPE,
	 .looks = 1,
	 .asleep = "1"},
	/* Nothing comes. */
	{{AGAIN, 1},
	 PAST,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	/* It came with the end of the time. */
	{{AGAIN, 0, 1},
	 PAST,
	 .want = 0,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	{{AGAIN, -DSI_EPROTO, 1},
	 PAST,
	 .want = -DSI_EPROTO,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	/* There is something, of no use: it does not sleep. */
	{{BUSY, 0, 1}, DSI_FOREVER, .want = 0, .looks = 2, .asleep = "11"},
	{{BUSY, BUSY, 0, 1},
	 DSI_FOREVER,
	 .want = 0,
	 .looks = 3,
	 .asleep = "111"},
	{{BUSY, 1}, PAST, .want = -DSI_ETIMEDOUT, .looks = 1, .asleep = "1"},
	{{AGAIN, BUSY, 1},
	 PAST,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	/* Something happens between the look and the sleep. */
	{{AGAIN, AGAIN, 0, 1},
	 DSI_FOREVER,
	 .wake_at = 1,
	 .want = 0,
	 .looks = 3,
	 .sleeps = 1,
	 .asleep = "101"},
	/* And again and again: time is up nevertheless. */
	{{AGAIN, 1},
	 PAST,
	 .wake_at = ALWAYS,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	{{AGAIN, 1},
	 PAST,
	 .regroup_at = ALWAYS,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .asleep = "10"},
	/* Somebody was let go of: his word is not slept on. */
	{{AGAIN, AGAIN, 0, 1},
	 DSI_FOREVER,
	 .regroup_at = 1,
	 .want = 0,
	 .looks = 3,
	 .asleep = "101"},
	/* Whom it owes a wake, it wakes when it sleeps. */
	{{0, 1}, PAST, .owes = 1, .want = 0, .looks = 1, .owed = "1"},
	{{AGAIN, 1},
	 PAST,
	 .owes = 1,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .sleeps = 1,
	 .owed = "10"},
	{{AGAIN, AGAIN, 0, 1},
	 DSI_FOREVER,
	 .owes = 1,
	 .wake_at = 1,
	 .want = 0,
	 .looks = 3,
	 .sleeps = 1,
	 .owed = "100"},
	/* It looks for a while before it says anything; but not longer than it
	 * may. */
	{{0, 1}, DSI_FOREVER, HOUR_NS, .want = 0, .looks = 1, .asleep = "0"},
	{{AGAIN, AGAIN, AGAIN, 0, 1},
	 DSI_FOREVER,
	 HOUR_NS,
	 .want = 0,
	 .looks = 4,
	 .asleep = "0000"},
	{{AGAIN, -DSI_EPIPE, 1},
	 DSI_FOREVER,
	 HOUR_NS,
	 .want = -DSI_EPIPE,
	 .looks = 2,
	 .asleep = "00"},
	{{BUSY, 0, 1},
	 DSI_FOREVER,
	 HOUR_NS,
	 .want = 0,
	 .looks = 2,
	 .asleep = "01"},
	{{AGAIN, 1},
	 PAST,
	 HOUR_NS,
	 .want = -DSI_ETIMEDOUT,
	 .looks = 2,
	 .sleeps = 1,
	 .asleep = "10"},
	{{0, 1},
	 DSI_FOREVER,
	 HOUR_NS,
	 .owes = 1,
	 .want = 0,
	 .looks = 1,
	 .owed = "0"},
};

/* As it says in @want, one digit for each look. */
static void expect_each(const char *want, const uint32_t *seen, size_t n)
{
	if (!want)
		return;
	assert_int_equal(strlen(want), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(seen[i], want[i] - '0');
}

static void one_wait(const struct wait *wait, uint32_t role)
{
	set_up(role);
	hand_part(&world.pair);
	world.answers = wait->answers;
	world.wake_at = wait->wake_at;
	world.regroup_at = wait->regroup_at;
	world.plane->spin_ns =
		(uint32_t)(wait->spin_ns > UINT32_MAX ? UINT32_MAX
						      : wait->spin_ns);
	if (wait->owes)
		world.plane->owed = waker_of(role);
	assert_int_equal(
		dsi__plane_wait(world.plane, wait->deadline_ns, look, &world),
		wait->want);
	assert_int_equal(world.looks, wait->looks);
	assert_true(atomic_load(&world.plane->stats->waits) == wait->sleeps);
	expect_each(wait->asleep, world.asleep, world.looks);
	expect_each(wait->owed, world.owed, world.looks);
	assert_true(atomic_load(world.sleep) == 0);
	hand_pair_fini(&world.pair);
}

static void all_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		for (uint32_t producer = 0; producer <= 1; producer++)
			if (producer || !waits[i].regroup_at)
				one_wait(&waits[i],
					 producer ? DSI_ROLE_PRODUCER
						  : DSI_ROLE_CONSUMER);
}

/* Between two looks at the clock there are 32 at the ring. */
static void polls(void **state)
{
	static const int never[] = {AGAIN, 1};

	(void)state;
	for (uint32_t spin_ns = 1; spin_ns < 100000; spin_ns *= 10) {
		set_up(DSI_ROLE_CONSUMER);
		hand_part(&world.pair);
		world.answers = never;
		world.plane->spin_ns = spin_ns;
		assert_int_equal(
			dsi__plane_wait(world.plane, PAST, look, &world),
			-DSI_ETIMEDOUT);
		assert_int_equal(world.looks, 2);
		world.looks = 0;
		assert_int_equal(dsi__plane_wait(world.plane,
						 dsi_port_now() + 2 * spin_ns,
						 look, &world),
				 -DSI_ETIMEDOUT);
		assert_int_equal((world.looks - 2) % 32, 0);
		hand_pair_fini(&world.pair);
	}
}

/* ---- whom to wake ----------------------------------------------------------- */

/* It sleeps, has seen that much, and this is the signal: is a wake due? */
static const struct {
	uint64_t sleep;
	uint32_t signal;
	int due;
} sleeps[] = {
	{0, 1, 0},
	{5, 6, 0},
	{DSI_SLEEP_BELL | 5, 6, 0},
	{DSI_SLEEP_ASLEEP | 5, 4, 0},
	{DSI_SLEEP_ASLEEP | 5, 5, 0},
	{DSI_SLEEP_ASLEEP | 5, 6, 1},
	{DSI_SLEEP_ASLEEP | DSI_SLEEP_BELL | 5, 6, 1},
	{DSI_SLEEP_ASLEEP | 7 * DSI_SLEEP_COUNT | 5, 6, 1},
	{DSI_SLEEP_ASLEEP | 5, 0x80000004, 1},
	{DSI_SLEEP_ASLEEP | 5, 0x80000005, 0},
	{DSI_SLEEP_ASLEEP | UINT32_MAX, UINT32_MAX, 0},
	{DSI_SLEEP_ASLEEP | UINT32_MAX, 0, 1},
	{DSI_SLEEP_ASLEEP | 0, UINT32_MAX, 0},
};

static void due_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++) {
		_Atomic uint64_t sleep = sleeps[i].sleep;
		struct dsi_waker waker = {.sleep = &sleep};
		int due = sleeps[i].due;

		assert_int_equal(dsi__waker_asleep(&waker),
				 (sleeps[i].sleep & DSI_SLEEP_ASLEEP) != 0);
		assert_int_equal(dsi__waker_due(&waker, sleeps[i].signal), due);
		assert_true(waker.woken == (due ? sleeps[i].sleep : 0));
		/* Not again for this sleep, but for the next one. */
		assert_int_equal(dsi__waker_due(&waker, sleeps[i].signal), 0);
		atomic_store(&sleep, sleeps[i].sleep + DSI_SLEEP_COUNT);
		assert_int_equal(dsi__waker_due(&waker, sleeps[i].signal), due);
	}
}

/* What who sleeps says. */
static void announced(void **state)
{
	_Atomic uint32_t signal = UINT32_MAX;
	_Atomic uint64_t sleep = 0;
	struct dsi_waiter waiter = {.signal = &signal, .sleep = &sleep};

	(void)state;
	for (uint64_t i = 1; i < 5; i++) {
		uint64_t bell = i % 2 ? 0 : DSI_SLEEP_BELL;
		struct dsi_port_word word = dsi__waiter_word(&waiter);

		dsi__waiter_announce(&waiter, word.expected, bell);
		assert_true(atomic_load(&sleep) ==
			    (i * DSI_SLEEP_COUNT | bell | DSI_SLEEP_ASLEEP |
			     atomic_load(&signal)));
		assert_true(word.word == &signal && word.shared == 1);
		assert_int_equal(word.expected, atomic_load(&signal));
		dsi__waiter_withdraw(&waiter);
		assert_true(atomic_load(&sleep) == 0);
		atomic_fetch_add(&signal, 1);
	}
}

/* A wake is put off only within a commit that is followed by a get, once, and not
 * if a bell is to be rung. */
static void put_off(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		const uint32_t defers = i & 1, owes = i >> 1 & 1;
		const uint64_t bell = i & 4 ? DSI_SLEEP_BELL : 0;
		const int due = i >> 3 & 1;
		struct dsi_waker other = {.bell = -1};
		struct dsi_waker *waker;

		set_up(DSI_ROLE_PRODUCER);
		waker = waker_of(DSI_ROLE_PRODUCER);
		atomic_store(&world.pair.consumer.page->sleep,
			     DSI_SLEEP_ASLEEP | bell | 5);
		world.plane->defers = defers;
		world.plane->owed = owes ? &other : NULL;
		assert_int_equal(
			dsi__plane_wake_peer(world.plane, waker, due ? 6 : 5),
			0);
		assert_true(atomic_load(&world.plane->stats->wakes) ==
			    (uint64_t)due);
		if (owes)
			assert_ptr_equal(world.plane->owed, &other);
		else
			assert_ptr_equal(world.plane->owed,
					 due && defers && !bell ? waker : NULL);
		world.plane->owed = NULL;
		hand_pair_fini(&world.pair);
	}
}

static uint32_t rung;

static void ringing(struct dsi_port_source *source, uint32_t why)
{
	rung += (why & DSI_PORT_WHY_READY) != 0;
	dsi_port_bell_silence(source->handle);
}

/* A bell, and who hears it. */
struct bell {
	struct dsi_port_source source;
	struct dsi_port_loop *loop;
	int32_t ends[2];
};

static void bell_init(struct bell *bell)
{
	*bell = (struct bell){
		.source = {.ready = ringing, .deadline_ns = DSI_FOREVER}};
	assert_int_equal(dsi_port_loop_create(0, &bell->loop), 0);
	assert_int_equal(dsi_port_bell_pair(bell->ends), 0);
	bell->source.handle = bell->ends[1];
	assert_int_equal(dsi_port_loop_add(bell->loop, &bell->source), 0);
}

static void bell_fini(struct bell *bell)
{
	dsi_port_loop_remove(bell->loop, &bell->source);
	dsi_port_loop_destroy(bell->loop);
	dsi_port_handle_close(bell->ends[0]);
	dsi_port_handle_close(bell->ends[1]);
}

/* How often was it rung since it was asked last?  Twice is once. */
static uint32_t heard(struct bell *bell)
{
	int err;

	rung = 0;
	err = dsi_port_loop_dispatch(bell->loop, 0);
	assert_int_equal(err, rung ? 0 : -DSI_ETIMEDOUT);
	return rung;
}

/* Where it is known that a get follows, and nothing is owed yet.  Whoever wakes
 * says where it is. */
static void owed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		const uint64_t bell = i & 1 ? DSI_SLEEP_BELL : 0;
		const int due = i >> 1 & 1;
		struct dsi_waker *waker;
		struct bell rings;
		int32_t was;

		set_up(DSI_ROLE_PRODUCER);
		waker = waker_of(DSI_ROLE_PRODUCER);
		bell_init(&rings);
		was = waker->bell;
		waker->bell = rings.ends[0];
		atomic_store(&world.pair.consumer.page->sleep,
			     DSI_SLEEP_ASLEEP | bell | 5);
		dsi__plane_owe(world.plane, waker, due ? 6 : 5);
		assert_true(atomic_load(&world.plane->stats->wakes) ==
			    (uint64_t)due);
		assert_ptr_equal(world.plane->owed,
				 due && !bell ? waker : NULL);
		assert_int_equal(heard(&rings), due && bell);
		assert_int_equal(
			atomic_load(&world.pair.consumer.signal->cpu) != 0,
			due);
		world.plane->owed = NULL;
		waker->bell = was;
		bell_fini(&rings);
		hand_pair_fini(&world.pair);
	}
}

/* The producer sleeps since it was told last. */
static void fall_asleep(void)
{
	uint32_t signal = atomic_load(&world.pair.consumer.page->signal);

	atomic_store(&world.pair.consumer.signal->sleep,
		     DSI_SLEEP_ASLEEP | signal);
}

static void woken_at_once(void)
{
	assert_true(atomic_load(&world.plane->stats->wakes) == 1);
	assert_null(world.plane->owed);
}

/* What a get skips or copies is free at once, and so is what is given back in any
 * but the usual way: nothing follows that would pay what was put off. */
static void not_put_off(void **state)
{
	enum { SKIPS, COPIES, HOLDS, WAYS };

	(void)state;
	for (uint32_t way = 0; way < WAYS; way++) {
		struct dsi_packet *pkt;

		set_up(DSI_ROLE_CONSUMER);
		world.plane->as.consumer.apart =
			way == COPIES  ? DSI_CONSUMER_COPY
			: way == HOLDS ? DSI_CONSUMER_TIME_HOLD
				       : 0;
		dsi__plane_note_usual(world.plane);
		pkt = hand_get(world.pair.from);
		if (way == SKIPS)
			assert_int_equal(dsi_packet_set_expiry(pkt, PAST), 0);
		assert_int_equal(dsi_packet_commit(world.pair.from, pkt), 0);
		if (way != HOLDS)
			fall_asleep();
		assert_int_equal(dsi_packet_get(world.pair.to, 0, &pkt),
				 way == SKIPS ? AGAIN : 0);
		if (way == HOLDS)
			fall_asleep();
		else
			woken_at_once();
		if (way != SKIPS)
			assert_int_equal(dsi_packet_commit(world.pair.to, pkt),
					 0);
		woken_at_once();
		hand_pair_fini(&world.pair);
	}
}

/* Who sleeps in an event loop is woken by its bell, if it said so. */
static void rings(void **state)
{
	_Atomic uint32_t signal = 0;
	struct dsi_waker waker = {.signal = &signal};
	struct bell bell;

	(void)state;
	bell_init(&bell);
	waker.bell = bell.ends[0];
	dsi__waker_ring(&waker);
	assert_int_equal(heard(&bell), 0);
	waker.woken = DSI_SLEEP_BELL;
	dsi__waker_ring(&waker);
	assert_int_equal(heard(&bell), 1);
	assert_int_equal(heard(&bell), 0);
	bell_fini(&bell);
}

/* ---- a peer that ends each sleep ------------------------------------------------ */

static uint32_t sleeps_left; /* that end before they begin; 0: real ones */

int __real_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns);
int __wrap_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns);
int __wrap_dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
			 uint64_t deadline_ns)
{
	if (!sleeps_left)
		return __real_dsi_port_wait(words, n, deadline_ns);
	sleeps_left--;
	assert_int_not_equal(sleeps_left, 0);
	return 0;
}

/* The end of the time is seen all the same, by every call. */
static void never_at_rest(void **state)
{
	struct dsi_event_source source = {.mask = DSI_EVENT_DATA};
	struct dsi_packet *pkts[2];

	(void)state;
	set_up(DSI_ROLE_CONSUMER);
	source.socket = world.pair.to;
	sleeps_left = 10;
	assert_int_equal(dsi_packet_get(source.socket, PAST, pkts),
			 -DSI_ETIMEDOUT);
	assert_int_equal(dsi_packet_get_many(source.socket, PAST, pkts, 2),
			 -DSI_ETIMEDOUT);
	assert_int_equal(dsi_select(&source, 1, PAST), -DSI_ETIMEDOUT);
	sleeps_left = 0;
	hand_pair_fini(&world.pair);
}

/* ---- who polls ------------------------------------------------------------------- */

static struct dsi_packet *many[DSI_RELAX_PACKETS];
static uint32_t relaxed;
static uint32_t back_at; /* then a packet comes back; 0: none does */

void __wrap_dsi_port_relax(void);
void __wrap_dsi_port_relax(void)
{
	assert_null(world.pair.stream.plane.owed);
	if (++relaxed == back_at)
		hand_take(&world.pair, 1);
}

/* A stream whose packets are all on their way. */
static void set_up_many(uint32_t packets)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = packets,
		.ring_slots = 128,
		.packet_bytes = 64,
	};

	memset(&world, 0, sizeof(world));
	hand_pair_init(&world.pair, &desc, 0, DSI_POLICY_BLOCK);
	hand_put(&world.pair, packets);
	relaxed = 0;
	back_at = 0;
}

/* With many packets on their way who polls lets the consumer work; for at most about
 * a microsecond. */
static void relaxes_with_many(void **state)
{
	static const uint32_t cases[][2] = {{63, 0}, {64, 16}, {100, 16}};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct dsi_packet *pkts[2];
		struct dsi_socket *from;

		set_up_many(cases[i][0]);
		from = world.pair.from;
		assert_int_equal(dsi_packet_get(from, 0, pkts), -DSI_EAGAIN);
		assert_int_equal(relaxed, cases[i][1]);
		assert_int_equal(dsi_packet_get_many(from, 0, pkts, 2),
				 -DSI_EAGAIN);
		assert_int_equal(relaxed, 2u * cases[i][1]);
		hand_pair_fini(&world.pair);
	}
}

/* What comes back meanwhile is taken by the same get. */
static void looks_after_it_relaxed(void **state)
{
	struct dsi_packet *pkt;

	(void)state;
	set_up_many(DSI_RELAX_PACKETS);
	back_at = DSI_RELAX_TIMES;
	assert_int_equal(dsi_packet_get(world.pair.from, 0, &pkt), 0);
	assert_int_equal(dsi_packet_discard(world.pair.from, pkt), 0);
	assert_int_equal(relaxed, DSI_RELAX_TIMES);
	hand_pair_fini(&world.pair);
}

/* Who sleeps has nothing to wait for before, nor has who holds all packets itself. */
static void does_not_relax(void **state)
{
	struct dsi_packet *pkt;

	(void)state;
	set_up_many(DSI_RELAX_PACKETS);
	assert_int_equal(dsi_packet_get(world.pair.from, PAST, &pkt),
			 -DSI_ETIMEDOUT);
	assert_int_equal(relaxed, 0);
	hand_take(&world.pair, DSI_RELAX_PACKETS);
	assert_int_equal(dsi_packet_get_many(world.pair.from, 0, many,
					     DSI_RELAX_PACKETS),
			 DSI_RELAX_PACKETS);
	assert_int_equal(dsi_packet_get(world.pair.from, 0, &pkt),
			 -DSI_ENOBUFS);
	assert_int_equal(relaxed, 0);
	hand_pair_fini(&world.pair);
}

/* The consumer has all but one, and sleeps: that it is woken for that one is not put
 * off. */
static void wakes_before_it_relaxes(void **state)
{
	struct dsi_waiter *waiter;
	struct dsi_packet *next;

	(void)state;
	set_up_many(DSI_RELAX_PACKETS);
	hand_take(&world.pair, DSI_RELAX_PACKETS);
	for (uint32_t i = 1; i < DSI_RELAX_PACKETS; i++) {
		hand_put(&world.pair, 1);
		many[i] = hand_get(world.pair.to);
	}
	waiter = &world.pair.consumer.plane.as.consumer.waiter;
	dsi__waiter_announce(waiter, dsi__waiter_word(waiter).expected, 0);
	next = hand_get(world.pair.from);
	assert_int_equal(dsi_packet_commit_get(world.pair.from, next, 0, &next),
			 -DSI_EAGAIN);
	assert_true(atomic_load(&world.pair.stream.plane.stats->wakes) == 1);
	assert_int_equal(relaxed, 0);
	dsi__waiter_withdraw(waiter);
	for (uint32_t i = 1; i < DSI_RELAX_PACKETS; i++)
		assert_int_equal(dsi_packet_commit(world.pair.to, many[i]), 0);
	hand_pair_fini(&world.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_waits),
		cmocka_unit_test(polls),
		cmocka_unit_test(due_once),
		cmocka_unit_test(announced),
		cmocka_unit_test(put_off),
		cmocka_unit_test(owed),
		cmocka_unit_test(rings),
		cmocka_unit_test(never_at_rest),
		cmocka_unit_test(not_put_off),
		cmocka_unit_test(relaxes_with_many),
		cmocka_unit_test(looks_after_it_relaxed),
		cmocka_unit_test(does_not_relax),
		cmocka_unit_test(wakes_before_it_relaxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
