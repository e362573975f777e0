// SPDX-License-Identifier: MIT
/*
 * quantity_test.c - quantities with units: what is accepted is exact, what is
 * refused is explained.
 */
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "describe/quantity.h"

static char why[QUANTITY_WHY_BYTES];

static void is(bool good, const char *text, struct exact value,
	       const char *expected)
{
	char shown[EXACT_TEXT_BYTES];

	if (!good)
		fail_msg("'%s' was refused: %s", text, why);
	if (strcmp(exact_text(value, shown), expected) != 0)
		fail_msg("'%s' is %s, expected %s", text, shown, expected);
}

static void because(bool good, const char *text, const char *reason)
{
	if (good)
		fail_msg("'%s' was accepted", text);
	if (!strstr(why, reason))
		fail_msg("'%s': \"%s\" does not say \"%s\"", text, why, reason);
}

static void time_is(const char *text, const char *expected)
{
	struct exact period = exact_make(1, 25);
	struct exact value = {0, 0};

	is(quantity_time(text, &period, &value, why), text, value, expected);
}

static void time_refused(const char *text, const char *reason)
{
	struct exact value = {0, 0};

	because(quantity_time(text, NULL, &value, why), text, reason);
}

static void times(void **state)
{
	(void)state;
	time_is("20ms", "1/50");
	time_is("1.5us", "3/2000000");
	time_is("1.5\302\265s", "3/2000000");
	time_is("1.5\316\274s", "3/2000000");
	time_is("250ns", "1/4000000");
	time_is("2s", "2");
	time_is("1min", "60");
	time_is("1h", "3600");
	time_is("1/60s", "1/60");
	time_is("1001/30000s", "1001/30000");
	time_is("1e-3s", "1/1000");
	time_is("33.3667ms", "333667/10000000");
	time_is("1T", "1/25");
	time_is("0.5T", "1/50");
	time_is("480@48k", "1/100");
	time_is("441@44.1k", "1/100");
	time_is("0", "0");
	time_is("0ms", "0");
	time_is("20 ms", "1/50");
	time_refused("3", "'3' has no unit; write for example 3ms, 3us or 3s");
	time_refused("", "is empty; write for example");
	time_refused("-3ms", "is negative");
	time_refused("ms", "does not begin with a number");
	time_refused("3MS", "unknown unit 'MS'; units are ns, us, ms");
	time_refused("3m", "unknown unit 'm'");
	time_refused("1T", "T is the period");
	time_refused("1/0s", "no division by 0");
	time_refused("1e30h1", "unknown unit");
	time_refused("480@", "behind '@' is empty");
	time_refused("480@0", "behind '@' '0' is 0");
	time_refused("1e38h", "does not fit");
}

static void rate_is(const char *text, const char *expected, const char *hint)
{
	struct exact value = {0, 0};
	const char *warning = "";

	is(quantity_rate(text, &value, &warning, why), text, value, expected);
	if (!hint)
		assert_null(warning);
	else if (!warning || !strstr(warning, hint))
		fail_msg("'%s': no warning about %s", text, hint);
	assert_true(quantity_rate(text, &value, NULL, why));
}

static void rate_refused(const char *text, const char *reason)
{
	struct exact value = {0, 0};

	because(quantity_rate(text, &value, NULL, why), text, reason);
}

static void rates(void **state)
{
	(void)state;
	rate_is("25/s", "25", NULL);
	rate_is("25fps", "25", NULL);
	rate_is("48kHz", "48000", NULL);
	rate_is("30000/1001/s", "30000/1001", NULL);
	rate_is("60/min", "1", NULL);
	rate_is("2/ms", "2000", NULL);
	rate_is("29.97/s", "2997/100", "30000/1001");
	rate_is("23.976fps", "2997/125", "24000/1001");
	rate_is("59.94/s", "2997/50", "60000/1001");
	rate_is("119.88Hz", "2997/25", "120000/1001");
	rate_refused("25", "has no unit; write for example 25/s");
	rate_refused("0/s", "is 0; it must be more");
	rate_refused("25/sec", "unknown unit '/sec'");
	rate_refused("-1/s", "negative");
	rate_refused("20ms", "unknown unit 'ms'; units are /s");
}

static void bytes_are(const char *text, const char *expected)
{
	struct exact value = {0, 0};

	is(quantity_bytes(text, &value, why), text, value, expected);
}

static void bytes(void **state)
{
	struct exact value = {0, 0};

	(void)state;
	bytes_are("4096", "4096");
	bytes_are("4096B", "4096");
	bytes_are("4KiB", "4096");
	bytes_are("4Ki", "4096");
	bytes_are("4kB", "4000");
	bytes_are("1.5MB", "1500000");
	bytes_are("2MiB", "2097152");
	bytes_are("1GB", "1000000000");
	because(quantity_bytes("0.3B", &value, why), "0.3B", "no whole number");
	/* 1000 or 1024?  Commands differ, so the letter alone is refused. */
	because(quantity_bytes("4k", &value, why), "4k", "unknown unit");
	because(quantity_bytes("4M", &value, why), "4M", "MB");
	because(quantity_bytes("4mb", &value, why), "4mb", "unknown unit");
	because(quantity_bytes("", &value, why), "", "is empty");
}

static void bandwidth_is(const char *text, const char *expected)
{
	struct exact value = {0, 0};

	is(quantity_bandwidth(text, &value, why), text, value, expected);
}

static void bandwidths(void **state)
{
	struct exact value = {0, 0};

	(void)state;
	bandwidth_is("125MB/s", "125000000");
	bandwidth_is("10Gbit/s", "1250000000");
	bandwidth_is("1Mbps", "125000");
	bandwidth_is("4KiB/s", "4096");
	bandwidth_is("1bit/s", "1/8");
	because(quantity_bandwidth("125MB", &value, why), "125MB",
		"unknown unit 'MB'; units are B/s");
	because(quantity_bandwidth("0B/s", &value, why), "0B/s", "is 0");
	because(quantity_bandwidth("5", &value, why), "5",
		"write for example 125MB/s");
}

static void others(void **state)
{
	struct exact value = {0, 0};
	uint32_t units = 0;
	uint64_t count = 0;

	(void)state;
	is(quantity_drift("50ppm", &value, why), "50ppm", value, "1/20000");
	is(quantity_drift("20ppb", &value, why), "20ppb", value, "1/50000000");
	is(quantity_drift("0.1%", &value, why), "0.1%", value, "1/1000");
	is(quantity_drift("0", &value, why), "0", value, "0");
	because(quantity_drift("50", &value, why), "50", "50ppm, 20ppb");
	is(quantity_frames("1024@48k", &units, &value, why), "1024@48k", value,
	   "48000");
	assert_int_equal(units, 1024);
	is(quantity_frames("6@48kHz", &units, &value, why), "", value, "48000");
	because(quantity_frames("0@48k", &units, &value, why), "0@48k",
		"from 1");
	because(quantity_frames("1048577@48k", &units, &value, why), "",
		"to 1048576");
	because(quantity_frames("1024", &units, &value, why), "1024",
		"FRAMES@RATE");
	because(quantity_frames("1@48ms", &units, &value, why), "",
		"unknown unit 'ms'");
	assert_true(quantity_count("12", 1, 12, &count, why));
	assert_int_equal(count, 12);
	because(quantity_count("13", 1, 12, &count, why), "13", "from 1 to 12");
	because(quantity_count("1.0", 1, 12, &count, why), "1.0", "whole");
	because(quantity_count("", 1, 12, &count, why), "", "whole");
}

static void shows(void **state)
{
	char text[QUANTITY_TEXT_BYTES];

	(void)state;
	assert_string_equal(quantity_show_time(exact_make(15, 1000), text),
			    "15 ms");
	assert_string_equal(quantity_show_time(exact_make(1001, 30000), text),
			    "33.366667 ms (1001/30000 s)");
	assert_string_equal(quantity_show_time(exact_int(0), text), "0 s");
	assert_string_equal(quantity_show_time(exact_int(3600), text),
			    "3600 s");
	assert_string_equal(quantity_show_time(exact_make(1, 1000000), text),
			    "1 us");
	assert_string_equal(quantity_show_time(exact_make(1, 2000000000), text),
			    "0.5 ns");
	assert_string_equal(quantity_show_time(exact_make(-3, 2000), text),
			    "-1.5 ms");
	assert_string_equal(
		quantity_show_time(exact_make(15000001, 1000000000), text),
		"15.000001 ms");
	assert_string_equal(quantity_show_bytes(exact_int(307200), text),
			    "307200 B");
	assert_string_equal(quantity_show_rate(exact_make(30000, 1001), text),
			    "29.97003 /s (30000/1001 /s)");
	assert_string_equal(quantity_show_rate(exact_make(1, 0), text),
			    "out of range /s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),  cmocka_unit_test(rates),
		cmocka_unit_test(bytes),  cmocka_unit_test(bandwidths),
		cmocka_unit_test(others), cmocka_unit_test(shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
