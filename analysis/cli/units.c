// SPDX-License-Identifier: MIT
/*
 * units.c - numbers with units, as people write them in options.
 *
 * Integers only: 0.1s is exactly 100,000,000 ns, and 4GiB is not rounded.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <dsi/types.h>

#include "units.h"

#define RATE_MOST 1000000000u
#define NS_PER_S 1000000000u

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"K", 1024},
	{"KiB", 1024},
	{"M", 1024 * 1024},
	{"MiB", 1024 * 1024},
	{"G", 1024 * 1024 * 1024},
	{"GiB", 1024 * 1024 * 1024},
	{"kB", 1000},
	{"KB", 1000},
	{"MB", 1000 * 1000},
	{"GB", 1000 * 1000 * 1000},
	{NULL, 0},
};

static const struct unit time_units[] = {
	{"", NS_PER_S},
	{"s", NS_PER_S},
	{"ms", 1000000},
	{"us", 1000},
	{"ns", 1},
	{"min", UINT64_C(60) * NS_PER_S},
	{"h", UINT64_C(3600) * NS_PER_S},
	{NULL, 0},
};

static bool refuse(char *why, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, UNITS_WHY_BYTES, text, args);
	va_end(args);
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into *value; false if there are none, or too many. */
static bool read_digits(const char **at, uint64_t *value)
{
	const char *p = *at;

	if (!is_digit(*p))
		return false;
	for (*value = 0; is_digit(*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	*at = p;
	return true;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++) {
		if (strcmp(units->name, name) == 0)
			return units;
	}
	return NULL;
}

bool units_count(const char *text, uint64_t least, uint64_t most, uint64_t *out,
		 char why[UNITS_WHY_BYTES])
{
	const char *p = text;
	uint64_t value = 0;

	if (!read_digits(&p, &value) || *p || value < least || value > most)
		return refuse(why,
			      "'%.40s' is not accepted; give a whole number "
			      "from %" PRIu64 " to %" PRIu64,
			      text, least, most);
	*out = value;
	return true;
}

bool units_size(const char *text, uint64_t least, uint64_t most, uint64_t *out,
		char why[UNITS_WHY_BYTES])
{
	const char *accepted = "give a whole number of bytes, or one with a "
			       "unit: B, K or KiB (1024), M or MiB, G or GiB, "
			       "kB (1000), MB, GB";
	const char *p = text;
	const struct unit *unit;
	uint64_t value = 0;

	if (!read_digits(&p, &value))
		return refuse(why, "'%.40s' is no size; %s", text, accepted);
	unit = find_unit(size_units, p);
	if (!unit)
		return refuse(why, "'%.40s' has the unknown unit '%.20s'; %s",
			      text, p, accepted);
	if (value > most / unit->factor || value * unit->factor < least)
		return refuse(why,
			      "'%.40s' is out of range; give %" PRIu64
			      " to %" PRIu64 " bytes",
			      text, least, most);
	*out = value * unit->factor;
	return true;
}

/* The part after the point, as a whole number of billionths. */
static uint64_t read_fraction(const char **at)
{
	uint64_t weight = NS_PER_S / 10;
	uint64_t billionths = 0;
	const char *p = *at;

	if (*p != '.')
		return 0;
	for (p++; is_digit(*p); p++) {
		billionths += (uint64_t)(*p - '0') * weight;
		weight /= 10;
	}
	*at = p;
	return billionths;
}

/* Neither product exceeds 64 bits: billionths < 10^9, factor <= 3.6 10^12. */
static uint64_t scale_fraction(uint64_t billionths, uint64_t factor)
{
	if (factor >= NS_PER_S)
		return billionths * (factor / NS_PER_S);
	return billionths * factor / NS_PER_S;
}

bool units_duration(const char *text, bool forever_allowed, uint64_t most_ns,
		    uint64_t *out_ns, char why[UNITS_WHY_BYTES])
{
	const char *accepted = "give a number of seconds, or one with a unit: "
			       "ns, us, ms, s, min, h";
	const char *or_forever = forever_allowed ? ", or 'forever'" : "";
	uint64_t whole = 0, billionths, fraction_ns;
	const struct unit *unit;
	const char *p = text;

	if (forever_allowed && strcmp(text, "forever") == 0) {
		*out_ns = DSI_FOREVER;
		return true;
	}
	if (!read_digits(&p, &whole))
		return refuse(why, "'%.40s' is no duration; %s%s", text,
			      accepted, or_forever);
	billionths = read_fraction(&p);
	unit = find_unit(time_units, p);
	if (!unit)
		return refuse(why, "'%.40s' has the unknown unit '%.20s'; %s%s",
			      text, p, accepted, or_forever);
	fraction_ns = scale_fraction(billionths, unit->factor);
	if (whole > most_ns / unit->factor ||
	    fraction_ns > most_ns - whole * unit->factor)
		return refuse(why,
			      "'%.40s' is too long; at most %" PRIu64 " ms%s",
			      text, most_ns / 1000000, or_forever);
	*out_ns = whole * unit->factor + fraction_ns;
	return true;
}

/* "29.97" -> 2997 / 100. */
static bool read_decimal(const char *text, uint64_t *numerator,
			 uint64_t *denominator)
{
	const char *p = text;

	*denominator = 1;
	if (!read_digits(&p, numerator))
		return false;
	if (*p == '.') {
		for (p++; is_digit(*p); p++) {
			if (*numerator > RATE_MOST || *denominator > RATE_MOST)
				return false;
			*numerator = *numerator * 10 + (uint64_t)(*p - '0');
			*denominator *= 10;
		}
	}
	return *p == '\0';
}

bool units_rate(const char *text, struct units_rate *out,
		char why[UNITS_WHY_BYTES])
{
	uint64_t numerator = 0, denominator = 0;
	const char *p = text;
	bool good;

	if (strchr(text, '/'))
		good = read_digits(&p, &numerator) && *p++ == '/' &&
		       read_digits(&p, &denominator) && *p == '\0';
	else
		good = read_decimal(text, &numerator, &denominator);
	if (!good || numerator < 1 || numerator > RATE_MOST ||
	    denominator < 1 || denominator > RATE_MOST)
		return refuse(why,
			      "'%.40s' is no rate; give packets per second as "
			      "25, 29.97 or 30000/1001",
			      text);
	out->numerator = (uint32_t)numerator;
	out->denominator = (uint32_t)denominator;
	return true;
}

static bool read_octal(const char *text, uint32_t *out)
{
	uint32_t mode = 0;
	const char *p;

	if (!*text || strlen(text) > 4)
		return false;
	for (p = text; *p; p++) {
		if (*p != '0' && *p != '6')
			return false;
		mode = mode * 8 + (uint32_t)(*p - '0');
	}
	*out = mode;
	return mode != 0 && mode <= 0666;
}

bool units_mode(const char *text, uint32_t *out, char why[UNITS_WHY_BYTES])
{
	if (strcmp(text, "owner") == 0)
		*out = 0600;
	else if (strcmp(text, "group") == 0)
		*out = 0660;
	else if (strcmp(text, "all") == 0)
		*out = 0666;
	else if (!read_octal(text, out))
		return refuse(why,
			      "'%.40s' is no access rule; give owner, group or "
			      "all, or an octal mode of which each digit is 0 "
			      "or 6, such as 0660",
			      text);
	return true;
}
