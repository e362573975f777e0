/* SPDX-License-Identifier: MIT */
/* pace_test.c - when dsisrc is awake for a buffer, with streams of numbers. */
#include <stdlib.h>

#include <cmocka.h>

#include "media_pace.h"

#define MS 1000000u
#define SPIN (400u * 1000u)
#define PERIOD 16666666u

static uint64_t seed = 88172645463325252u;

/* Marsaglia's xorshift64. */
static uint64_t random_below(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

static struct media_pace start(uint64_t spin_ns)
{
	const struct dsi_traffic traffic = {
		.tick_hz = 60000060, .period = 1000001, .jitter = 1000001};
	struct media_pace pace;

	media_pace_init(&pace, &traffic, spin_ns);
	return pace;
}

/* What became of a stream's packets. */
struct met {
	int awake; /* looked for when they came */
	int looks;
	uint64_t spent_ns; /* with looking */
};

/* @n packets, each at most @jitter_ns late; a sleep ends 60 us late. */
static struct met run(struct media_pace *pace, uint64_t begin_ns, int n,
		      uint64_t jitter_ns)
{
	struct met met = {0};

	for (int i = 0; i < n; i++) {
		uint64_t came = begin_ns + (uint64_t)i * PERIOD;
		uint64_t now = came - PERIOD / 2, from, until, stop;

		came += jitter_ns ? random_below(jitter_ns) : 0;
		if (media_pace_window(pace, now, &from, &until)) {
			uint64_t up = from + 60000u;

			assert_true(from > now && until > from);
			assert_true(until - from <= pace->spin_ns);
			/* By the timer, or by the packet. */
			if (came >= from)
				media_pace_woke(pace, from, MIN(up, came));
			if (came >= up)
				media_pace_looked(pace, came <= until);
			met.looks += came >= up;
			stop = MIN(until, came);
			met.awake += came >= up && came <= until;
			met.spent_ns += stop > up ? stop - up : 0;
		}
		media_pace_came(pace, came);
	}
	return met;
}

static void regular_packets_are_met(void **user)
{
	struct media_pace pace = start(SPIN);
	struct met met;

	(void)user;
	(void)run(&pace, 1000 * MS, 300, 20000);
	met = run(&pace, 1000 * MS + 300ull * PERIOD, 1000, 20000);
	assert_true(met.awake > 600);
	/* And for less than what is allowed. */
	assert_true(met.spent_ns < 1000ull * SPIN / 4);
}

static void irregular_packets_are_left_alone(void **user)
{
	struct media_pace pace = start(SPIN);
	struct met met;

	(void)user;
	(void)run(&pace, 1000 * MS, 300, 4 * MS);
	met = run(&pace, 1000 * MS + 300ull * PERIOD, 1000, 4 * MS);
	assert_true(met.spent_ns < 1000ull * SPIN / 20);
	/* When they become regular, they are met again. */
	(void)run(&pace, 1000 * MS + 1300ull * PERIOD, 1000, 20000);
	met = run(&pace, 1000 * MS + 2300ull * PERIOD, 1000, 20000);
	assert_true(met.awake > 600);
}

/* From a date on all come 3 ms later, as after the first of a producer that had
 * to wait for a reader. */
static void another_time_is_learned(void **user)
{
	struct media_pace pace = start(SPIN);
	struct met met;

	(void)user;
	(void)run(&pace, 1000 * MS, 300, 20000);
	(void)run(&pace, 1003 * MS + 300ull * PERIOD, 5, 20000);
	met = run(&pace, 1003 * MS + 305ull * PERIOD, 20, 20000);
	assert_true(met.looks == 20);
	/* One that is late means nothing. */
	(void)run(&pace, 1006 * MS + 325ull * PERIOD, 1, 0);
	met = run(&pace, 1003 * MS + 326ull * PERIOD, 20, 20000);
	assert_true(met.looks == 20);
}

/* Who looks and never sees one, perhaps because others have the processor, does
 * it for less than a tenth of all packets. */
static void looking_in_vain_ends(void **user)
{
	struct media_pace pace = start(SPIN);
	uint64_t from, until;
	int looks = 0;

	(void)user;
	(void)run(&pace, 1000 * MS, 300, 20000);
	for (int i = 300; i < 1300; i++) {
		uint64_t came = 1000ull * MS + (uint64_t)i * PERIOD;

		if (media_pace_window(&pace, came - PERIOD / 2, &from,
				      &until)) {
			media_pace_looked(&pace, FALSE);
			looks++;
		}
		media_pace_came(&pace, came);
	}
	assert_true(looks > 0 && looks < 100);
	/* It is tried again, and pays. */
	(void)run(&pace, 1000 * MS + 1300ull * PERIOD, 300, 20000);
	assert_true(
		run(&pace, 1000 * MS + 1600ull * PERIOD, 1000, 20000).awake >
		600);
}

/* It is looked no longer than packets may be late, as the producer says. */
static void no_more_than_declared(void **user)
{
	const struct dsi_traffic traffic = {
		.tick_hz = 60000060, .period = 1000001, .jitter = 1200};
	struct media_pace pace;

	(void)user;
	media_pace_init(&pace, &traffic, SPIN);
	(void)run(&pace, 1000 * MS, 300, 100000);
	assert_true(pace.noise_ns <= 20000);
}

static void a_pause_is_forgotten(void **user)
{
	struct media_pace pace = start(SPIN);
	struct met met;

	(void)user;
	(void)run(&pace, 1000 * MS, 1000, 0);
	met = run(&pace, 1000 * MS + 1000ull * PERIOD + 5 * MS, 1000, 0);
	assert_true(met.awake > 600);
	met = run(&pace, 100000ull * MS, 1000, 0);
	assert_true(met.awake > 600);
}

/* Also what a producer that lies declares. */
static void nothing_to_go_by(void **user)
{
	static const struct dsi_traffic liars[] = {
		{0},
		{.tick_hz = 1, .period = UINT64_MAX},
		{.tick_hz = 1, .period = UINT64_MAX / 1000000000u},
		{.tick_hz = 1, .period = 9},
		{.tick_hz = UINT64_MAX, .period = 1},
		{.tick_hz = 1000000000, .period = 1},
	};
	struct media_pace pace = start(0);
	uint64_t from, until;

	(void)user;
	media_pace_came(&pace, 1000 * MS);
	assert_false(media_pace_window(&pace, 1001 * MS, &from, &until));
	for (size_t i = 0; i < sizeof(liars) / sizeof(*liars); i++) {
		media_pace_init(&pace, &liars[i], SPIN);
		media_pace_came(&pace, 1000 * MS);
		media_pace_came(&pace, 1016 * MS);
		assert_false(
			media_pace_window(&pace, 1017 * MS, &from, &until));
	}
}

/* The longest period of which it is known when a packet was sent. */
static void the_longest_period(void **user)
{
	const struct dsi_traffic traffic = {.tick_hz = 1, .period = 8};
	struct media_pace pace;
	uint64_t from, until;

	(void)user;
	media_pace_init(&pace, &traffic, SPIN);
	media_pace_came(&pace, 1000000ull * MS);
	assert_true(media_pace_window(&pace, 1004000ull * MS, &from, &until));
	assert_true(from < 1008000ull * MS && until > 1008000ull * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_packets_are_met),
		cmocka_unit_test(irregular_packets_are_left_alone),
		cmocka_unit_test(another_time_is_learned),
		cmocka_unit_test(looking_in_vain_ends),
		cmocka_unit_test(no_more_than_declared),
		cmocka_unit_test(a_pause_is_forgotten),
		cmocka_unit_test(nothing_to_go_by),
		cmocka_unit_test(the_longest_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
