// SPDX-License-Identifier: MIT
/*
 * units_test.c - numbers with units: what is accepted is exact, what is not
 * is explained.  Build with analysis/cli/units.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <dsi/types.h>

#include "analysis/cli/units.h"

static int failures;

static void check(bool good, const char *text, uint64_t value, const char *why)
{
	if (good)
		return;
	failures++;
	fprintf(stderr, "FAIL: '%s': value %" PRIu64 ", \"%s\"\n", text, value,
		why);
}

static void size_is(const char *text, uint64_t bytes)
{
	char why[UNITS_WHY_BYTES] = "";
	uint64_t value = 77;
	bool good = units_size(text, 1, UINT32_MAX, &value, why);

	check(good && value == bytes, text, value, why);
}

static void size_refused(const char *text, const char *reason)
{
	char why[UNITS_WHY_BYTES] = "";
	uint64_t value = 77;
	bool good = units_size(text, 1, UINT32_MAX, &value, why);

	check(!good && value == 77 && strstr(why, reason), text, value, why);
}

static void duration_is(const char *text, uint64_t ns)
{
	char why[UNITS_WHY_BYTES] = "";
	uint64_t value = 77;
	bool good = units_duration(text, true, UINT64_C(1) << 60, &value, why);

	check(good && value == ns, text, value, why);
}

static void duration_refused(const char *text, bool forever, const char *reason)
{
	char why[UNITS_WHY_BYTES] = "";
	uint64_t value = 77;
	bool good =
		units_duration(text, forever, UINT64_C(1) << 60, &value, why);

	check(!good && value == 77 && strstr(why, reason), text, value, why);
}

static void rate_is(const char *text, uint32_t numerator, uint32_t denominator)
{
	char why[UNITS_WHY_BYTES] = "";
	struct units_rate rate = {0, 0};
	bool good = units_rate(text, &rate, why);

	/* 0 / 0: refused. */
	check(good == (numerator != 0) && rate.numerator == numerator &&
		      rate.denominator == denominator,
	      text, rate.numerator, why);
}

static void mode_is(const char *text, uint32_t mode)
{
	char why[UNITS_WHY_BYTES] = "";
	uint32_t value = 0;
	bool good = units_mode(text, &value, why);

	check(good == (mode != 0) && (!good || value == mode), text, value,
	      why);
}

static void test_sizes(void)
{
	size_is("1", 1);
	size_is("3110400", 3110400);
	size_is("0001", 1);
	size_is("7B", 7);
	size_is("4K", 4096);
	size_is("4KiB", 4096);
	size_is("4kB", 4000);
	size_is("1MB", 1000000);
	size_is("1MiB", 1048576);
	size_is("3GiB", UINT64_C(3) << 30);
	size_is("4294967295", UINT32_MAX);
	size_refused("4294967296", "out of range");
	size_refused("4GiB", "out of range");
	size_refused("18446744073709551615GiB", "out of range");
	size_refused("18446744073709551616", "no size");
	size_refused("0", "out of range");
	size_refused("", "no size");
	size_refused("-1", "no size");
	size_refused("KiB", "no size");
	size_refused(" 1", "no size");
	size_refused("0x10", "unknown unit 'x10'");
	size_refused("1.5MiB", "unknown unit");
	size_refused("1kib", "unknown unit 'kib'");
}

static void test_durations(void)
{
	duration_is("0", 0);
	duration_is("3", UINT64_C(3000000000));
	duration_is("1.5s", UINT64_C(1500000000));
	duration_is("0.1", 100000000);
	duration_is("0.000000001", 1);
	duration_is("0.0000000001", 0);
	duration_is("200ms", 200000000);
	duration_is("1.25us", 1250);
	duration_is("1ns", 1);
	duration_is("0.5ns", 0);
	duration_is("2min", UINT64_C(120000000000));
	duration_is("0.5h", UINT64_C(1800000000000));
	duration_is("320000h", UINT64_C(1152000000000000000));
	duration_is("forever", DSI_FOREVER);
	duration_refused("forever", false, "no duration");
	duration_refused("", true, "or 'forever'");
	duration_refused(".5", true, "no duration");
	duration_refused("-1", true, "no duration");
	duration_refused("1d", true, "unknown unit 'd'");
	duration_refused("330000h", true, "too long");
	duration_refused("1152921504.606846977", true, "too long");
	duration_refused("18446744073709551615ns", true, "too long");
}

static void test_rates(void)
{
	rate_is("25", 25, 1);
	rate_is("29.97", 2997, 100);
	rate_is("30000/1001", 30000, 1001);
	rate_is("0.5", 5, 10);
	rate_is("1000000000", 1000000000, 1);
	rate_is("1000000001", 0, 0);
	rate_is("0", 0, 0);
	rate_is("0.0", 0, 0);
	rate_is("1/0", 0, 0);
	rate_is("/1", 0, 0);
	rate_is("1/", 0, 0);
	rate_is("1/2/3", 0, 0);
	rate_is("1.00000000000000000000001", 0, 0);
	rate_is("25fps", 0, 0);
}

static void test_modes(void)
{
	mode_is("owner", 0600);
	mode_is("group", 0660);
	mode_is("all", 0666);
	mode_is("0660", 0660);
	mode_is("660", 0660);
	mode_is("0006", 0006);
	mode_is("0", 0);
	mode_is("0644", 0);
	mode_is("6660", 0);
	mode_is("00660", 0);
	mode_is("", 0);
	mode_is("everybody", 0);
}

int main(void)
{
	test_sizes();
	test_durations();
	test_rates();
	test_modes();
	return failures ? 1 : 0;
}
