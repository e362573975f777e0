/* SPDX-License-Identifier: MIT */
/*
 * traffic_test.c - what both ends declare of their timing: each field's bad
 * values are named, periods are compared exactly, times are shown exactly.
 */
#include <cmocka.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/sizing.h>

#include "dsi/traffic.h"

#define LONG_BYTES 200u

static const struct dsi_traffic good_traffic = {
	.tick_hz = 30000,
	.period = 1001,
	.jitter = 5000,
	.distance = 1001,
	.hold = 1001,
	.span = UINT64_MAX,
	.drift_ppb = 999999999,
	.batch = DSI_MAX_PACKETS,
	.ties = 1,
};
static const struct dsi_usage good_usage = {
	.tick_hz = 1000000000,
	.period = DSI_TICKS_MAX,
	.jitter = DSI_TICKS_MAX,
	.hold = DSI_TICKS_MAX,
	.wake = DSI_TICKS_MAX,
	.service = DSI_TICKS_MAX,
	.response = DSI_TICKS_MAX,
	.start = DSI_TICKS_MAX,
	.pace = DSI_PACE_RESPONSE,
	.flags = DSI_READER_START_GIVEN,
	.prefill = DSI_MAX_PACKETS,
	.batch = DSI_MAX_PACKETS,
	.drift_ppb = 999999999,
};

struct bad_field {
	const char *field;
	size_t offset;
	uint32_t bytes;
	uint64_t value;
};

#define FIELD(type, prefix, name, value)                           \
	{                                                          \
		prefix "." #name, offsetof(struct type, name),     \
			sizeof(((struct type *)NULL)->name), value \
	}
#define TRAFFIC(name, value) FIELD(dsi_traffic, "traffic", name, value)
#define USAGE(name, value) FIELD(dsi_usage, "usage", name, value)
#define TOO_LONG (DSI_TICKS_MAX + 1u)

static const struct bad_field bad_traffic[] = {
	TRAFFIC(tick_hz, 0),
	TRAFFIC(tick_hz, TOO_LONG),
	TRAFFIC(tick_hz, UINT64_MAX),
	TRAFFIC(period, 0),
	TRAFFIC(period, TOO_LONG),
	TRAFFIC(period, UINT64_MAX),
	TRAFFIC(jitter, TOO_LONG),
	TRAFFIC(jitter, UINT64_MAX),
	TRAFFIC(distance, 1002),
	TRAFFIC(distance, UINT64_MAX),
	TRAFFIC(hold, TOO_LONG),
	TRAFFIC(hold, UINT64_MAX),
	TRAFFIC(drift_ppb, DSI_PPB),
	TRAFFIC(drift_ppb, UINT32_MAX),
	TRAFFIC(batch, 65536),
	TRAFFIC(batch, UINT32_MAX),
	TRAFFIC(ties, 2),
	TRAFFIC(ties, UINT32_MAX),
	TRAFFIC(reserved, 1),
	TRAFFIC(reserved, UINT32_MAX),
};
static const struct bad_field bad_usage[] = {
	USAGE(tick_hz, 0),	    USAGE(tick_hz, TOO_LONG),
	USAGE(tick_hz, UINT64_MAX), USAGE(period, TOO_LONG),
	USAGE(period, UINT64_MAX),  USAGE(jitter, TOO_LONG),
	USAGE(hold, TOO_LONG),	    USAGE(wake, TOO_LONG),
	USAGE(service, TOO_LONG),   USAGE(response, TOO_LONG),
	USAGE(start, TOO_LONG),	    USAGE(pace, 5),
	USAGE(pace, UINT32_MAX),    USAGE(flags, 2),
	USAGE(flags, UINT32_MAX),   USAGE(prefill, 65536),
	USAGE(batch, 65536),	    USAGE(drift_ppb, DSI_PPB),
	USAGE(reserved, 1),
};

static void spoil(void *object, const struct bad_field *bad)
{
	uint32_t narrow = (uint32_t)bad->value;
	char *at = (char *)object + bad->offset;

	if (bad->bytes == 4)
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &bad->value, sizeof(bad->value));
}

static void expect_named(int err, const char *why, const struct bad_field *bad)
{
	size_t length = strlen(bad->field);

	if (err != -DSI_EINVAL || strncmp(why, bad->field, length) != 0 ||
	    strncmp(why + length, ": ", 2) != 0 || strlen(why) < length + 10)
		fail_msg("%s = %ju: %d '%s'", bad->field, (uintmax_t)bad->value,
			 err, why);
}

static void bad_fields_are_named(void **user)
{
	char why[LONG_BYTES];
	struct dsi_text text;

	(void)user;
	for (size_t i = 0; i < sizeof(bad_traffic) / sizeof(bad_traffic[0]);
	     i++) {
		struct dsi_traffic traffic = good_traffic;

		spoil(&traffic, &bad_traffic[i]);
		text = dsi__text(why, sizeof(why));
		expect_named(dsi__traffic_check(&traffic, &text), why,
			     &bad_traffic[i]);
	}
	for (size_t i = 0; i < sizeof(bad_usage) / sizeof(bad_usage[0]); i++) {
		struct dsi_usage usage = good_usage;

		spoil(&usage, &bad_usage[i]);
		text = dsi__text(why, sizeof(why));
		expect_named(dsi__usage_check(&usage, &text), why,
			     &bad_usage[i]);
	}
}

static void good_ones_pass(void **user)
{
	const struct dsi_traffic no_traffic = {0};
	const struct dsi_usage no_usage = {0};
	struct dsi_text none = dsi__text(NULL, 0);

	(void)user;
	assert_int_equal(dsi__traffic_check(&good_traffic, &none), 0);
	assert_int_equal(dsi__traffic_check(&no_traffic, &none), 0);
	assert_int_equal(dsi__usage_check(&good_usage, &none), 0);
	assert_int_equal(dsi__usage_check(&no_usage, &none), 0);
	assert_true(dsi__traffic_given(&good_traffic));
	assert_false(dsi__traffic_given(&no_traffic));
	assert_true(dsi__usage_given(&good_usage));
	assert_false(dsi__usage_given(&no_usage));
}

/* ---- exact times --------------------------------------------------------- */

static void times_are_exact(void **user)
{
	static const struct {
		uint64_t ticks;
		uint64_t tick_hz;
		const char *text;
	} cases[] = {
		{0, 1, "0 s"},
		{0, 30000, "0 s"},
		{3, 1, "3 s"},
		{1, 25, "40 ms"},
		{40000000, 1000000000, "40 ms"},
		{1500, 1000000, "1500 us"},
		{1, 1000000000, "1 ns"},
		{1001, 30000, "1001/30000 s"},
		{2002, 60000, "1001/30000 s"},
		{1024, 48000, "8/375 s"},
		{1, 3, "1/3 s"},
		{DSI_TICKS_MAX, 1, "4611686018427387904/1 s"},
		{DSI_TICKS_MAX, 1000000000, "4611686018427387904 ns"},
		{DSI_TICKS_MAX, DSI_TICKS_MAX, "1 s"},
		{1, DSI_TICKS_MAX, "1/4611686018427387904 s"},
	};

	(void)user;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[LONG_BYTES];
		struct dsi_text text = dsi__text(out, sizeof(out));

		dsi__text_ticks(&text, cases[i].ticks, cases[i].tick_hz);
		assert_string_equal(out, cases[i].text);
	}
}

static int match(uint64_t has, uint64_t has_hz, uint64_t expects,
		 uint64_t expects_hz, char *why)
{
	const struct dsi_traffic traffic = {.tick_hz = has_hz, .period = has};
	const struct dsi_usage usage = {.tick_hz = expects_hz,
					.period = expects};
	struct dsi_text text = dsi__text(why, LONG_BYTES);

	return dsi__period_match(&traffic, &usage, &text);
}

static void periods_are_compared_exactly(void **user)
{
	char why[LONG_BYTES];

	(void)user;
	assert_int_equal(match(1, 25, 40000000, 1000000000, why), 0);
	assert_string_equal(why, "");
	assert_int_equal(match(1001, 30000, 2002, 60000, why), 0);
	assert_int_equal(match(1001, 30000, 0, 7, why), 0);
	assert_int_equal(match(DSI_TICKS_MAX, DSI_TICKS_MAX, 1, 1, why), 0);
	assert_int_equal(match(1, 25, 1, 50, why), -DSI_ENOMATCH);
	assert_string_equal(why, "period: the stream has 40 ms, the consumer "
				 "expects 20 ms");
	/* As near as nanoseconds get, and not the same. */
	assert_int_equal(match(1001, 30000, 33366667, 1000000000, why),
			 -DSI_ENOMATCH);
	assert_string_equal(why, "period: the stream has 1001/30000 s, the "
				 "consumer expects 33366667 ns");
	assert_int_equal(match(DSI_TICKS_MAX, 3, DSI_TICKS_MAX - 1, 3, why),
			 -DSI_ENOMATCH);
	assert_int_equal(match(0, 0, 1, 50, why), -DSI_ENOMATCH);
	assert_string_equal(why, "period: the stream declares none, the "
				 "consumer expects 20 ms");
}

static void greatest_common_divisors(void **user)
{
	(void)user;
	assert_true(dsi__gcd(0, 5) == 5);
	assert_true(dsi__gcd(5, 0) == 5);
	assert_true(dsi__gcd(30000, 1001) == 1);
	assert_true(dsi__gcd(48000, 1024) == 128);
	assert_true(dsi__gcd(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_fields_are_named),
		cmocka_unit_test(good_ones_pass),
		cmocka_unit_test(times_are_exact),
		cmocka_unit_test(periods_are_compared_exactly),
		cmocka_unit_test(greatest_common_divisors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
