/* SPDX-License-Identifier: MIT */
/*
 * evil_deaths.c - a consumer that dies, in each state that it can be in, one
 * test each: the producer gets back what it had, and all others go on.
 */
#include <dsi/packet.h>
#include <dsi/port.h>

#include <mklib/object_stubs.h>

#include "dsi/notify.h"
#include "tests/evil/evil_guest.h"
#include "tests/evil/evil_scene.h"
#include "tests/unit/must.h"

#define THERE 0u /* step: it is where it is to die */
#define MORE 50u
#define POINTS 6u
#define KINDS(a) (sizeof(a) / sizeof((a)[0]))

static const uint32_t policies[] = {DSI_POLICY_BLOCK, DSI_POLICY_DROP_NEW,
				    DSI_POLICY_RECLAIM};

/* It comes to its end by itself. */
static int see_it_die(int (*life)(uint64_t arg), uint64_t arg)
{
	conf_equal(conf_join(conf_spawn_process(life, arg)), CONF_KILLED);
	conf_try(scene_alone());
	return scene_goes_on(MORE);
}

/* It is killed some time after it is there, each time a bit later. */
static int kill_it(int (*life)(uint64_t arg), uint64_t arg, uint32_t point)
{
	uint32_t there = atomic_load(&conf_shared->steps[THERE]);
	int peer = conf_spawn_process(life, arg);

	conf_try(conf_await(THERE, there + 1));
	conf_kill_at(peer, point);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(scene_alone());
	return scene_goes_on(MORE);
}

static int kill_it_everywhere(int (*life)(uint64_t arg))
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint32_t point = 1; point <= POINTS; point++)
		conf_try(kill_it(life, point, point));
	return scene_end();
}

/* ---- before it is attached ----------------------------------------------- */

/* @stage: after its HELLO, after the offer, after its own answer. */
static int half_joined(uint64_t stage)
{
	struct guest guest = {0};

	if (stage == 0) {
		guest.evil.conn = evil_dial(SCENE_NAME);
		evil_hello(guest.evil.conn, DSI_POLICY_BLOCK, 0);
		conf_die();
	}
	evil_meet(&guest.evil, SCENE_NAME, DSI_POLICY_BLOCK, 0);
	if (stage > 1)
		evil_accept(&guest.evil, -1);
	conf_die();
}

static int dies_before_it_is_attached(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint64_t stage = 0; stage < 3; stage++)
		conf_try(see_it_die(half_joined, stage));
	return scene_end();
}

/* ---- attached ------------------------------------------------------------ */

static int idle(uint64_t policy)
{
	struct guest guest;

	guest_join(&guest, (uint32_t)policy);
	conf_die();
}

static int dies_idle(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint32_t i = 0; i < KINDS(policies); i++)
		conf_try(see_it_die(idle, policies[i]));
	return scene_end();
}

/* Nobody wakes it: the producer commits nothing. */
static int asleep(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	guest_join(&guest, DSI_POLICY_RECLAIM);
	MUST_BE(guest_register(&guest, 0, !guest_is("event")), 0);
	scene_set(SCENE_PAUSE, 1);
	while (!scene_value(SCENE_PAUSED))
		mk_sleep_us(100);
	conf_step(THERE);
	for (;;)
		guest_sleeps(&guest);
	return 0;
}

static int dies_asleep(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint32_t point = 1; point <= 3; point++) {
		uint32_t there = atomic_load(&conf_shared->steps[THERE]);
		int peer = conf_spawn_process(asleep, 0);

		conf_try(conf_await(THERE, there + 1));
		conf_kill_at(peer, 9 + point);
		conf_equal(conf_join(peer), CONF_KILLED);
		/* It commits again: what wakes the dead one? */
		scene_set(SCENE_PAUSE, 0);
		conf_try(scene_goes_on(MORE));
		conf_try(scene_alone());
	}
	return scene_end();
}

static int with_flag(uint64_t registered)
{
	struct guest guest;

	guest_join(&guest, DSI_POLICY_RECLAIM);
	if (registered)
		MUST_BE(guest_register(&guest, 0, !guest_is("event")), 0);
	guest_claims_sleep(&guest, 0);
	conf_die();
}

static int dies_with_its_flag_set(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	conf_try(see_it_die(with_flag, 0));
	conf_try(see_it_die(with_flag, 1));
	return scene_end();
}

/* It sleeps and is woken all the time. */
static int woken(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	guest_join(&guest, DSI_POLICY_RECLAIM);
	MUST_BE(guest_register(&guest, 0, !guest_is("event")), 0);
	conf_step(THERE);
	for (;;)
		guest_sleeps(&guest);
	return 0;
}

static int dies_while_it_is_woken(void)
{
	return kill_it_everywhere(woken);
}

/* ---- with packets -------------------------------------------------------- */

static int holding(uint64_t policy)
{
	struct guest guest;

	guest_join(&guest, (uint32_t)policy);
	while (atomic_load(&evil_signal(&guest.evil)->signal) < 3)
		mk_sleep_us(100);
	/* It has seen two, and gives none back. */
	atomic_store(&evil_page(&guest.evil)->taken,
		     atomic_load(&evil_signal(&guest.evil)->start) + 1u);
	mk_sleep_us(3000);
	conf_die();
}

static int dies_with_packets(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint32_t i = 0; i < KINDS(policies); i++)
		conf_try(see_it_die(holding, policies[i]));
	return scene_end();
}

/* @stage: how much of a release is there: the token; the count of them; the
 * word that the producer sleeps on, but not the wake. */
static int releasing(uint64_t stage)
{
	struct dsi_shm_consumer *page;
	struct guest guest;

	guest_join(&guest, DSI_POLICY_BLOCK);
	page = evil_page(&guest.evil);
	while (atomic_load(&evil_signal(&guest.evil)->signal) < SCENE_SLOTS)
		mk_sleep_us(100);
	mk_sleep_us(3000);
	if (!guest_gives_back(&guest))
		return 1;
	if (stage == 2)
		conf_die();
	/* The first one was whole; of the second, some. */
	atomic_store(&evil_returns(&guest.evil)[1], SCENE_PACKETS + 1u);
	if (stage == 1)
		atomic_store(&page->returned, 2);
	conf_die();
}

static int dies_releasing(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint64_t stage = 0; stage < 3; stage++)
		conf_try(see_it_die(releasing, stage));
	return scene_end();
}

static int always_releasing(uint64_t arg)
{
	struct guest guest;

	(void)arg;
	guest_join(&guest, DSI_POLICY_BLOCK);
	conf_step(THERE);
	for (;;)
		if (!guest_gives_back(&guest))
			guest_rests();
	return 0;
}

static int dies_somewhere_in_a_release(void)
{
	return kill_it_everywhere(always_releasing);
}

/* ---- as caller ----------------------------------------------------------- */

static struct guest caller;

/* Of the producer's thread, for a reply that never comes; or, if there is no
 * such thread, of the exchange, about the word. */
static void call(void *arg)
{
	struct mk_message m = {.tag = mk_tag(11, 3, 0, 0)};

	(void)arg;
	for (uint32_t i = 0;; i++) {
		if (!guest_is("sync-thread")) {
			(void)guest_register(&caller, i % GUEST_EVENTS, 0);
			continue;
		}
		m.word[0] = i;
		(void)mk_call(GUEST_SLOT_SYNC, mk_timeouts(MK_NEVER, 300), &m);
	}
}

static int calling(uint64_t arg)
{
	uint64_t there;

	(void)arg;
	guest_join(&caller, DSI_POLICY_RECLAIM);
	if (guest_is("sync-thread"))
		guest_finds_sync(&caller, &there);
	for (uint32_t i = 0; i < GUEST_EVENTS; i++)
		MUST_BE(guest_register(&caller, i, 0), 0);
	guest_crowd(call, NULL, 4);
	conf_step(THERE);
	for (;;) {
		guest_claims_sleep(&caller, 0);
		guest_rests();
	}
	return 0;
}

static int dies_as_a_caller(void)
{
	return kill_it_everywhere(calling);
}

/* ---- on its way out ------------------------------------------------------ */

/* @stage: has said BYE; has hung up; has given its page away; all of it. */
static int closing(uint64_t stage)
{
	union dsi_wire bye = {0};
	struct guest guest;

	guest_join(&guest, DSI_POLICY_BLOCK);
	guest_claims_sleep(&guest, 0);
	if (stage == 0 || stage == 3)
		MUST_BE(dsi__wire_send(guest.evil.conn, &bye, DSI_WIRE_BYE,
				       sizeof(bye.head), NULL, 0),
			0);
	if (stage == 1)
		dsi_port_handle_close(guest.evil.conn);
	if (stage == 2)
		dsi_port_region_fini(&guest.evil.page);
	if (stage == 3)
		evil_hang_up(&guest.evil);
	conf_die();
}

static int dies_closing(void)
{
	conf_try(scene_begin(SCENE_BOTH));
	for (uint64_t stage = 0; stage < 4; stage++)
		conf_try(see_it_die(closing, stage));
	return scene_end();
}

const struct conf_test evil_death_tests[] = {
	{"dies_before_it_is_attached", dies_before_it_is_attached},
	{"dies_idle", dies_idle},
	{"dies_asleep", dies_asleep},
	{"dies_with_its_flag_set", dies_with_its_flag_set},
	{"dies_while_it_is_woken", dies_while_it_is_woken},
	{"dies_with_packets", dies_with_packets},
	{"dies_releasing", dies_releasing},
	{"dies_somewhere_in_a_release", dies_somewhere_in_a_release},
	{"dies_as_a_caller", dies_as_a_caller},
	{"dies_closing", dies_closing},
	{NULL, NULL},
};
