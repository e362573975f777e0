// SPDX-License-Identifier: MIT
/*
 * quantity.c - quantities with units, read exactly.
 *
 * Every quantity is a number, "12", "12.5", "1e3" or a quotient of two, and a
 * unit out of a table.  The case of a unit counts: 1 Mbit is not 1 mbit.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "describe/quantity_units.h"

#define MOST_UNITS (1u << 20) /* units of a packet: DSI_SIZING_MAX_BATCH */
#define SHOWN "%.60s"	      /* of a value that is refused */

static bool refuse(char *why, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, QUANTITY_WHY_BYTES, text, args);
	va_end(args);
	return false;
}

static bool is_digit(char letter)
{
	return letter >= '0' && letter <= '9';
}

static size_t decimal_bytes(const char *text)
{
	const char *at = text;

	at += strspn(at, "0123456789.");
	if (at > text && (*at == 'e' || *at == 'E')) {
		const char *exponent = at + 1;

		exponent += *exponent == '-' || *exponent == '+';
		if (is_digit(*exponent))
			at = exponent + strspn(exponent, "0123456789");
	}
	return (size_t)(at - text);
}

/* "1001/30000" of "1001/30000s", "25" of "25/s" */
static size_t number_bytes(const char *text)
{
	size_t n = decimal_bytes(text);

	if (n && text[n] == '/' &&
	    (is_digit(text[n + 1]) || text[n + 1] == '.'))
		n += 1 + decimal_bytes(text + n + 1);
	return n;
}

/* The number in front; *unit: what stands behind it. */
static bool read_number(const char *text, const struct quantity_kind *kind,
			struct exact *out, const char **unit, char *why)
{
	size_t n = number_bytes(text);

	if (*text == '\0')
		return refuse(why, "is empty; write for example %s",
			      kind->example);
	if (*text == '-')
		return refuse(why,
			      "'" SHOWN "' is negative; "
			      "write for example %s",
			      text, kind->example);
	if (n == 0)
		return refuse(why,
			      "'" SHOWN "' does not begin with a number; "
			      "write for example %s",
			      text, kind->example);
	if (!exact_parse(text, n, out))
		return refuse(why,
			      "'" SHOWN "' has no number that can be used: "
			      "at most 38 digits, and no division by 0",
			      text);
	*unit = text + n + strspn(text + n, " ");
	return true;
}

static const struct quantity_unit *find_unit(const struct quantity_unit *units,
					     const char *name)
{
	for (; units->name; units++) {
		if (strcmp(units->name, name) == 0)
			return units;
	}
	return NULL;
}

static bool apply_unit(const char *text, const struct quantity_kind *kind,
		       const char *name, struct exact *value, char *why)
{
	const struct quantity_unit *unit = find_unit(kind->units, name);

	if (!unit && *name == '\0')
		return refuse(why,
			      "'" SHOWN "' has no unit; "
			      "write for example %s",
			      text, kind->example);
	if (!unit)
		return refuse(why,
			      "'" SHOWN "' has the unknown unit '%.20s'; "
			      "units are %s",
			      text, name, kind->accepted);
	if (unit->num != unit->den)
		*value = exact_mul(*value, exact_make(unit->num, unit->den));
	if (!exact_ok(*value))
		return refuse(why, "'" SHOWN "' does not fit in 128 bits",
			      text);
	return true;
}

/* A number and a unit of the kind. */
static bool read_quantity(const char *text, const struct quantity_kind *kind,
			  struct exact *out, char *why)
{
	struct exact value;
	const char *unit;

	if (!read_number(text, kind, &value, &unit, why) ||
	    !apply_unit(text, kind, unit, &value, why))
		return false;
	*out = value;
	return true;
}

static bool more_than_zero(const char *text, const struct exact *value,
			   char *why)
{
	if (exact_sign(*value) > 0)
		return true;
	return refuse(why, "'" SHOWN "' is 0; it must be more", text);
}

/* "480@48k": @rate is what stands behind the @. */
static bool read_at_rate(const char *text, const char *rate, struct exact *hz,
			 char *why)
{
	char reason[QUANTITY_WHY_BYTES];

	if (!read_quantity(rate, &quantity_samplings, hz, reason) ||
	    !more_than_zero(rate, hz, reason))
		return refuse(why, "'" SHOWN "': the rate behind '@' %.140s",
			      text, reason);
	return true;
}

bool quantity_time(const char *text, const struct exact *period,
		   struct exact *out_s, char why[QUANTITY_WHY_BYTES])
{
	struct exact value;
	struct exact hz;
	const char *unit;

	if (!read_number(text, &quantity_times, &value, &unit, why))
		return false;
	if (*unit == '@') {
		if (!read_at_rate(text, unit + 1, &hz, why))
			return false;
		value = exact_div(value, hz);
	} else if (strcmp(unit, "T") == 0) {
		if (!period)
			return refuse(why,
				      "'" SHOWN "': T is the period, which "
				      "is not known here; write for example %s",
				      text, quantity_times.example);
		value = exact_mul(value, *period);
	} else if (*unit || exact_sign(value)) {
		if (!apply_unit(text, &quantity_times, unit, &value, why))
			return false;
	}
	if (!exact_ok(value))
		return refuse(why, "'" SHOWN "' does not fit in 128 bits",
			      text);
	*out_s = value;
	return true;
}

bool quantity_rate(const char *text, struct exact *out_hz,
		   const char **out_warning, char why[QUANTITY_WHY_BYTES])
{
	struct exact hz;

	if (!read_quantity(text, &quantity_rates, &hz, why) ||
	    !more_than_zero(text, &hz, why))
		return false;
	*out_hz = hz;
	if (out_warning)
		*out_warning = hz.den == 1 ? NULL : quantity_rate_warning(hz);
	return true;
}

bool quantity_bytes(const char *text, struct exact *out_bytes,
		    char why[QUANTITY_WHY_BYTES])
{
	struct exact value;

	if (!read_quantity(text, &quantity_sizes, &value, why))
		return false;
	if (value.den != 1)
		return refuse(why, "'" SHOWN "' is no whole number of bytes",
			      text);
	*out_bytes = value;
	return true;
}

bool quantity_bandwidth(const char *text, struct exact *out_bytes_s,
			char why[QUANTITY_WHY_BYTES])
{
	struct exact value;

	if (!read_quantity(text, &quantity_bandwidths, &value, why) ||
	    !more_than_zero(text, &value, why))
		return false;
	*out_bytes_s = value;
	return true;
}

bool quantity_drift(const char *text, struct exact *out_ratio,
		    char why[QUANTITY_WHY_BYTES])
{
	if (strcmp(text, "0") == 0) {
		*out_ratio = exact_int(0);
		return true;
	}
	return read_quantity(text, &quantity_drifts, out_ratio, why);
}

bool quantity_frames(const char *text, uint32_t *out_units,
		     struct exact *out_hz, char why[QUANTITY_WHY_BYTES])
{
	const char *at = strchr(text, '@');
	struct exact units;
	uint64_t count;

	if (!at)
		return refuse(why,
			      "'" SHOWN "' has no '@'; write FRAMES@RATE, "
			      "for example 1024@48k",
			      text);
	if (!exact_parse(text, (size_t)(at - text), &units) ||
	    !exact_to_u64(units, &count) || count < 1 || count > MOST_UNITS)
		return refuse(why,
			      "'" SHOWN "': before '@' stands a whole number "
			      "of frames from 1 to %u, for example 1024@48k",
			      text, MOST_UNITS);
	if (!read_at_rate(text, at + 1, out_hz, why))
		return false;
	*out_units = (uint32_t)count;
	return true;
}

bool quantity_count(const char *text, uint64_t least, uint64_t most,
		    uint64_t *out, char why[QUANTITY_WHY_BYTES])
{
	struct exact value;
	uint64_t count;

	if (strspn(text, "0123456789") != strlen(text) || *text == '\0' ||
	    !exact_parse(text, strlen(text), &value) ||
	    !exact_to_u64(value, &count) || count < least || count > most)
		return refuse(why,
			      "'" SHOWN "' is no whole number from %" PRIu64
			      " to %" PRIu64,
			      text, least, most);
	*out = count;
	return true;
}
