/* SPDX-License-Identifier: MIT */
/*
 * evil_cost.c - what the lies of an evil consumer cost the producer: instructions
 * of a commit, with it and without.
 *
 * Meaningful with run-qemu.sh -i and one CPU: there the time stamp counter counts
 * instructions, and the producer, which is the most urgent, runs alone from the
 * beginning of the commit to its end; what the exchange does for it is counted
 * as well.  Before each commit the liar tells a new lie, and the honest consumer
 * sleeps.  The bounds are multiples of one signal and of one call to the
 * exchange, measured beside it, so they hold for every compiler.
 */
#include <stdio.h>

#include <dsi/port.h>

#include <mklib/object_stubs.h>

#include "port_notify.h"

#include "dsi/notify.h"
#include "tests/evil/evil_guest.h"
#include "tests/evil/evil_scene.h"
#include "tests/unit/must.h"

#define TURNS 64u
#define WARM 8u
/* Instructions: the lie is looked at; and who is to be woken is looked up, which
 * is not the one of the last time. */
#define LOOK 100u
#define LOOK_UP 600u

/* ---- the liar ------------------------------------------------------------ */

/* Each before a commit, @turn from 0. */
static void stay_awake(struct guest *guest, uint64_t turn)
{
	(void)guest;
	(void)turn;
}

static void lie_once(struct guest *guest, uint64_t turn)
{
	if (turn == 0)
		guest_claims_sleep(guest, 0);
}

static void lie(struct guest *guest, uint64_t turn)
{
	(void)turn;
	guest_claims_sleep(guest, 0);
}

static void lie_for_bell(struct guest *guest, uint64_t turn)
{
	(void)turn;
	guest_claims_sleep(guest, DSI_SLEEP_BELL);
}

/* It is another waiter each time. */
static void lie_anew(struct guest *guest, uint64_t turn)
{
	guest_unregister(guest, (uint32_t)((turn + 1) % 2));
	MUST_BE(guest_register(guest, (uint32_t)(turn % 2), !guest_is("event")),
		0);
	guest_claims_sleep(guest, 0);
}

struct lie {
	const char *name;
	uint32_t waiters; /* of its word, before all */
	void (*tell)(struct guest *guest, uint64_t turn);
	/* What a commit may cost more: so many signals and so many calls to the
	 * exchange, each twice as long as the shortest one. */
	uint32_t wakes, calls;
};

static const struct lie lies[] = {
	{"awake, as one more consumer", 1, stay_awake, 0, 0},
	{"flag set once", 1, lie_once, 0, 0},
	{"asleep, does not wait", 1, lie, 2, 0},
	{"asleep, unknown", 0, lie, 1, 2},
	{"asleep, all waiters", MK_EXCHANGE_WORD_WAITERS, lie, 4, 2},
	{"another waiter each time", 0, lie_anew, 4, 4},
	{"asleep, wants its bell", 0, lie_for_bell, 1, 1},
};

/* The honest consumer shall sleep at each commit, not only at the first ones. */
static int tell_lies(uint64_t which)
{
	const struct lie *lie = &lies[which];
	struct guest guest;

	guest_join(&guest, DSI_POLICY_RECLAIM);
	for (uint32_t i = 0; i < lie->waiters; i++)
		MUST_BE(guest_register(&guest, i, !guest_is("event")), 0);
	for (uint64_t turn = 0;; turn++) {
		uint64_t at = scene_value(SCENE_LIES);

		lie->tell(&guest, turn);
		scene_set(SCENE_LIES, at + 1);
		while (scene_value(SCENE_TURN) <= at)
			mk_sleep_us(50);
	}
	return 0;
}

/* ---- the bill ------------------------------------------------------------ */

struct bill {
	uint64_t mean, most;
};

static int turn_on(uint64_t turns)
{
	turns += scene_value(SCENE_TURNS);
	scene_set(SCENE_TURNS, turns);
	return scene_await(SCENE_TURN, turns);
}

/* The first ones find out whom to wake, and do not count. */
static int take_turns(struct bill *out)
{
	conf_try(turn_on(WARM));
	scene_set(SCENE_COST, 0);
	scene_set(SCENE_COST_MOST, 0);
	conf_try(turn_on(TURNS));
	out->mean = scene_value(SCENE_COST) / TURNS;
	out->most = scene_value(SCENE_COST_MOST);
	return 0;
}

static int turns_with(uint32_t which, struct bill *out)
{
	int peer;

	scene_set(SCENE_LIES, scene_value(SCENE_TURN));
	peer = conf_spawn_process(tell_lies, which);
	conf_try(scene_await(SCENE_CONSUMERS, 2));
	conf_try(take_turns(out));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	return scene_alone();
}

/* More than with somebody who is awake. */
static int bill_for(uint32_t which, const struct bill *awake)
{
	const struct lie *lie = &lies[which];
	uint64_t bound = LOOK + 2 * lie->wakes * scene_value(SCENE_UNIT_WAKE) +
			 2 * lie->calls * scene_value(SCENE_UNIT_CALL);
	struct bill with;

	if (lie->wakes)
		bound += LOOK_UP;
	conf_try(turns_with(which, &with));
	printf("# cost %s: %s: %ld more, at most %ld more; bound %lu\n",
	       mk_port_notify->name, lie->name, (long)(with.mean - awake->mean),
	       (long)(with.most - awake->mean), (unsigned long)bound);
	conf_check(with.mean <= awake->mean + bound);
	return 0;
}

static int costs_little(void)
{
	struct bill alone, awake;

	conf_try(scene_begin(SCENE_TURNWISE));
	scene_set(SCENE_LIES, UINT64_MAX);
	conf_try(take_turns(&alone));
	conf_try(turns_with(0, &awake));
	printf("# cost %s: a commit that wakes one consumer: %lu, with another "
	       "one awake: %lu; a wake of who does not wait: %lu; a call to "
	       "the exchange: %lu\n",
	       mk_port_notify->name, (unsigned long)alone.mean,
	       (unsigned long)awake.mean,
	       (unsigned long)scene_value(SCENE_UNIT_WAKE),
	       (unsigned long)scene_value(SCENE_UNIT_CALL));
	for (uint32_t i = 1; i < sizeof(lies) / sizeof(lies[0]); i++)
		conf_try(bill_for(i, &awake));
	scene_set(SCENE_LIES, UINT64_MAX);
	return scene_end();
}

const struct conf_test evil_cost_tests[] = {
	{"costs_little", costs_little},
	{NULL, NULL},
};
