// SPDX-License-Identifier: MIT
/*
 * describe_test.c - descriptions: keys to exact values and ticks, and the
 * sentences about what contradicts itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dsi/types.h>

#include "describe/describe.h"

static char why[DESCRIBE_WHY_BYTES];
static struct describe d;
static struct describe_problem problem;

/* "key=value; key=value": a value may have commas. */
static bool set(const char *text)
{
	char copy[512];
	char *rest = NULL;
	char *item;

	describe_free(&d);
	snprintf(copy, sizeof(copy), "%s", text);
	for (item = strtok_r(copy, ";", &rest); item;
	     item = strtok_r(NULL, ";", &rest)) {
		char *value = strchr(item, '=');

		item += strspn(item, " ");
		*value = '\0';
		if (!describe_set(&d, item, value + 1, why))
			return false;
	}
	return describe_finish(&d, why);
}

static void good(const char *text)
{
	if (!set(text) || !describe_problem(&d, &problem, why))
		fail_msg("'%s' was refused: %s", text, why);
}

static void bad(const char *text, const char *reason)
{
	if (set(text) && describe_problem(&d, &problem, why))
		fail_msg("'%s' was accepted", text);
	if (!strstr(why, reason))
		fail_msg("'%s': \"%s\" does not say \"%s\"", text, why, reason);
}

static void value(struct describe_value v, const char *expected,
		  enum describe_origin origin)
{
	char text[EXACT_TEXT_BYTES];

	assert_string_equal(exact_text(v.value, text), expected);
	assert_int_equal(v.origin, origin);
}

static void periods(void **state)
{
	(void)state;
	good("period=20ms");
	value(d.period, "1/50", DESCRIBE_GIVEN);
	value(d.jitter, "0", DESCRIBE_DEFAULT);
	good("rate=30000/1001/s");
	value(d.period, "1001/30000", DESCRIBE_DERIVED);
	assert_int_equal(d.n_warnings, 0);
	good("rate=29.97/s");
	assert_int_equal(d.n_warnings, 1);
	assert_non_null(strstr(d.warnings[0], "30000/1001"));
	good("bandwidth=1MB/s; packet=4kB");
	value(d.period, "1/250", DESCRIBE_DERIVED);
	good("in=1024@48k");
	value(d.period, "8/375", DESCRIBE_DERIVED);
	assert_int_equal(d.units.value, 1024);
	bad("jitter=1ms", "nothing says how often packets come");
	bad("period=20ms;rate=50/s", "period (20ms) and rate (50/s) are both");
	bad("in=1024@48k;rate=50/s", "rate (50/s) and in (1024@48k)");
	bad("bandwidth=1MB/s", "bandwidth: gives no period without packet");
	bad("period=0ms", "period: is 0");
	bad("period=1T", "T is the period");
	bad("period=3", "period: '3' has no unit; write for example 3ms");
	bad("jiter=3ms", "did you mean 'jitter'");
	bad("period=1ms;period=2ms", "is given twice");
}

static void producers(void **state)
{
	(void)state;
	good("period=40ms;jitter=15ms;hold-in=1T;distance=0.5T;ties=closed;"
	     "batch-in=3");
	value(d.hold, "1/25", DESCRIBE_GIVEN);
	value(d.distance, "1/50", DESCRIBE_GIVEN);
	assert_int_equal(d.ties, DSI_TIES_CLOSED);
	assert_int_equal(problem.writer.batch, 3);
	good("period=40ms;distance=1T");
	good("period=40ms;early-late=5ms");
	value(d.jitter, "1/100", DESCRIBE_DERIVED);
	assert_true(problem.writer.stream.offset == -5000000);
	assert_true(problem.writer.stream.jitter == 10000000);
	good("rate=25/s;for=1h;drift=50ppm");
	assert_int_equal(d.packets.value, 90001);
	assert_int_equal(problem.writer.stream.drift_ppb, 50000);
	assert_int_equal(problem.readers[0].drift_ppb, 50000);
	good("rate=25/s;packets=10;drift-in=3ppb;drift-out=4ppb");
	assert_int_equal(problem.writer.stream.drift_ppb, 3);
	assert_int_equal(problem.readers[0].drift_ppb, 4);
	assert_int_equal(d.n_warnings, 0);
	good("rate=25/s;drift-out=4ppb");
	assert_int_equal(d.n_warnings, 1);
	bad("period=40ms;early-late=5ms;jitter=1ms", "early-late (5ms) and");
	bad("period=40ms;jitter-in=5ms;jitter=1ms", "they are the same");
	bad("period=40ms;distance=41ms",
	    "distance (41 ms) is more than the period (40 ms)");
	bad("rate=25/s;for=1h;packets=3", "for (1h) and packets (3)");
	bad("rate=25/s;drift=0.5ppb", "no whole number of ppb");
	bad("rate=25/s;drift=100%", "not less than 100%");
	bad("rate=25/s;drift=1ppm;drift-in=1ppm", "both");
	bad("rate=25/s;ties=open", "write strict or closed");
	bad("rate=25/s;batch-in=0", "batch-in: '0' is no whole number from 1");
}

static void consumers(void **state)
{
	(void)state;
	good("period=1ms");
	assert_int_equal(d.n_readers, 1);
	assert_int_equal(problem.readers[0].pace, DSI_PACE_GRID);
	assert_int_equal(problem.readers[0].flags, 0);
	assert_string_equal(d.readers[0].name, "");
	good("period=1ms;start=0ms");
	assert_int_equal(problem.readers[0].flags, DSI_READER_START_GIVEN);
	good("period=1ms;consumer=blocking;work=200us;wake=50us");
	assert_int_equal(problem.readers[0].pace, DSI_PACE_SERVICE);
	assert_int_equal(problem.readers[0].service, 200000);
	assert_int_equal(problem.readers[0].wake, 50000);
	good("period=1ms;consumer=anchored;delay=2ms;prefill=2");
	assert_int_equal(problem.readers[0].start, 2000000);
	good("period=1ms;consumer=response;response=2T;policy=drop-new;queue="
	     "3");
	assert_int_equal(problem.readers[0].response, 2000000);
	assert_int_equal(problem.readers[0].policy, DSI_POLICY_DROP_NEW);
	good("period=1ms;hold-out=1T;"
	     "reader=name=b,consumer=blocking,work=0.5ms;reader=jitter=2us");
	assert_int_equal(d.n_readers, 3);
	assert_string_equal(d.readers[0].name, "reader-1");
	assert_string_equal(d.readers[1].name, "b");
	assert_int_equal(problem.readers[1].service, 500000);
	assert_int_equal(problem.readers[2].jitter, 2000);
	good("period=1ms;reader=name=b,consumer=blocking,work=0.5ms");
	assert_int_equal(d.n_readers, 1);
	assert_string_equal(d.readers[0].name, "b");
	bad("period=1ms;work=1ms", "work: means nothing with consumer=grid");
	bad("period=1ms;consumer=blocking;work=2ms",
	    "work (2 ms) is more than the period (1 ms)");
	bad("period=1ms;consumer=blocking", "needs work");
	bad("period=1ms;consumer=blocking;work=1ms;start=1ms", "start: means");
	bad("period=1ms;consumer=blocking;work=1ms;jitter-out=1ms",
	    "jitter-out: means nothing with consumer=blocking");
	bad("period=1ms;consumer=sometimes", "write grid, anchored, stall");
	bad("period=1ms;delay=1ms", "delay: means nothing");
	bad("period=1ms;queue=2", "queue: means nothing with policy=block");
	bad("period=1ms;reader=period=2ms",
	    "'period' is a key of the producer");
	bad("period=1ms;reader=name=b,wake", "'wake' is not KEY=VALUE");
	bad("period=1ms;reader=name=b,jitter=3",
	    "reader 'b': jitter-out: '3' has no unit");
	bad("period=1ms;reader=name=b;reader=name=b", "two readers");
}

static void portions(void **state)
{
	(void)state;
	good("in=1024@48k;out=480@48k");
	assert_int_equal(problem.writer.units, 1024);
	assert_int_equal(problem.readers[0].units, 480);
	assert_int_equal(problem.writer.stream.period % 1024, 0);
	good("in=3@48k;out=2@48k");
	assert_int_equal(problem.writer.stream.period % 3, 0);
	good("in=1024@48k");
	assert_int_equal(problem.writer.units, 0);
	bad("period=1ms;out=480@48k", "needs in");
	bad("in=1024@48k;out=441@44.1k", "has another rate than in (48000 /s)");
	bad("in=1024@48k;out=480@48k;consumer=stall", "out: means nothing");
}

static void sizes(void **state)
{
	(void)state;
	good("period=1ms;packet=1500B;align=64B;control=192B;page=4KiB");
	assert_int_equal(problem.area.max_bytes, 1500);
	assert_int_equal(problem.area.min_bytes, 1500);
	assert_int_equal(problem.area.align_bytes, 64);
	assert_int_equal(problem.writer.stream.max_bytes, 1500);
	good("period=1ms;pattern=100B,1kB,7;layout=ring");
	assert_int_equal(d.n_pattern, 3);
	assert_int_equal(problem.area.max_bytes, 1000);
	assert_int_equal(problem.area.min_bytes, 7);
	assert_int_equal(problem.area.layout, DSI_AREA_RING);
	good("period=1ms");
	assert_int_equal(problem.area.max_bytes, 0);
	bad("period=1ms;packet=0", "packet: is 0");
	bad("period=1ms;packet=1kB;packet-min=2kB", "packet-min (2kB) is more");
	bad("period=1ms;packet=1kB;pattern=1,2", "pattern (1,2) and packet");
	bad("period=1ms;pattern=1,,2", "pattern: is empty");
	bad("period=1ms;packet=1kB;burst=2",
	    "burst: says nothing without mean");
	bad("period=1ms;layout=heap", "write slots, ring or mirror");
}

static void profiles(void **state)
{
	(void)state;
	good("profile=1080p59.94");
	value(d.period, "1001/60000", DESCRIBE_PROFILE);
	value(d.packet, "5529600", DESCRIBE_PROFILE);
	assert_string_equal(d.profile, "1080p59.94");
	good("profile=1080p59.94;rate=50/s;jitter=1ms");
	value(d.period, "1/50", DESCRIBE_DERIVED);
	value(d.packet, "5529600", DESCRIBE_PROFILE);
	good("profile=1080p25;pattern=1,2");
	assert_int_equal(problem.area.max_bytes, 2);
	good("profile=aes67-1ms;out=480@48k");
	value(d.period, "1/1000", DESCRIBE_PROFILE);
	assert_int_equal(problem.readers[0].units, 480);
	good("profile=alsa:1024x2@48k");
	assert_int_equal(d.slots.value, 2);
	assert_int_equal(d.slots.origin, DESCRIBE_PROFILE);
	value(d.period, "8/375", DESCRIBE_PROFILE);
	good("profile=alsa:1024x2@48k;slots=3");
	assert_int_equal(d.slots.value, 3);
	good("profile=pipewire:1024@48k");
	value(d.period, "8/375", DESCRIBE_PROFILE);
	bad("profile=1080i", "there are 1080p59.94, 1080p50");
	bad("profile=alsa:1024@48k", "is not known");
	bad("profile=pipewire:x@48k", "in: 'x@48k'");
}

static void ticks(void **state)
{
	char text[EXACT_TEXT_BYTES];

	(void)state;
	good("period=20ms;jitter=3ms");
	assert_string_equal(exact_text(problem.tick, text), "1/1000000000");
	assert_true(problem.writer.stream.period == 20000000);
	good("rate=30000/1001/s;jitter=5ms");
	assert_string_equal(exact_text(problem.tick, text), "1/3000000000");
	assert_true(problem.writer.stream.period == 100100000);
	assert_true(problem.writer.stream.jitter == 15000000);
	good("period=200h;jitter=1/77777s"); /* 1 ns would be too fine */
	assert_true(problem.writer.stream.jitter > 0);
	good("period=100000000000s");
	assert_string_equal(exact_text(problem.tick, text), "100000000000");
	bad("period=1000000000s;jitter=1/10000000019s",
	    "period: the times have no common tick");
}

static int leave(void **state)
{
	(void)state;
	describe_free(&d);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods),   cmocka_unit_test(producers),
		cmocka_unit_test(consumers), cmocka_unit_test(portions),
		cmocka_unit_test(sizes),     cmocka_unit_test(profiles),
		cmocka_unit_test(ticks),
	};

	return cmocka_run_group_tests(tests, NULL, leave);
}
