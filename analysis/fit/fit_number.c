// SPDX-License-Identifier: MIT
/*
 * fit_number.c - a time stamp as text: "12", "1.25", "3e-6", "20ms".
 */
#include <stdio.h>
#include <string.h>

#include "fit/fit_private.h"

#define MANTISSA_MOST (DSI_WIDE_MAX / 100)
#define SCALE_MOST 30

struct scan {
	const char *at;
	const char *end;
};

static bool digit(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool skip_letter(struct scan *s, const char *letters)
{
	if (s->at == s->end || !*s->at || !strchr(letters, *s->at))
		return false;
	s->at++;
	return true;
}

/* Digits; counts those it took. */
static bool digits(struct scan *s, dsi_wide *value, int *count)
{
	for (; digit(s); s->at++, (*count)++) {
		if (*value > MANTISSA_MOST)
			return false;
		*value = *value * 10 + (*s->at - '0');
	}
	return true;
}

static bool exponent(struct scan *s, int *scale)
{
	struct scan before = *s;
	bool negative;
	dsi_wide value = 0;
	int count = 0;

	if (!skip_letter(s, "eE"))
		return true;
	negative = s->at < s->end && *s->at == '-';
	skip_letter(s, "+-");
	if (!digit(s)) {
		*s = before;
		return true;
	}
	if (!digits(s, &value, &count) || value > 1000)
		return false;
	*scale += negative ? (int)value : -(int)value;
	return true;
}

static void suffix(struct scan *s, int *out)
{
	static const struct {
		const char *text;
		int digits;
	} units[] = {
		{"ns", 9}, {"us", 6}, {"\xc2\xb5s", 6}, {"ms", 3}, {"s", 0}};
	size_t bytes = (size_t)(s->end - s->at);
	size_t i;

	*out = -1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].text) != bytes ||
		    memcmp(units[i].text, s->at, bytes) != 0)
			continue;
		*out = units[i].digits;
		s->at = s->end;
		return;
	}
}

/* Into 0 <= scale <= SCALE_MOST. */
static bool normalise(dsi_wide *value, int *scale)
{
	while (*scale > 0 && *value % 10 == 0) {
		*value /= 10;
		(*scale)--;
	}
	if (*value == 0)
		*scale = 0;
	for (; *scale < 0; (*scale)++) {
		if (*value > MANTISSA_MOST)
			return false;
		*value *= 10;
	}
	return *scale <= SCALE_MOST;
}

bool fit_number_read(const char *text, size_t bytes, struct fit_number *out,
		     char why[FIT_WHY_BYTES])
{
	struct scan s = {text, text + bytes};
	bool negative;
	bool fits;
	dsi_wide value = 0;
	int whole = 0;
	int scale = 0;

	out->suffix = -1;
	negative = s.at < s.end && *s.at == '-';
	skip_letter(&s, "+-");
	fits = digits(&s, &value, &whole);
	if (fits && skip_letter(&s, "."))
		fits = digits(&s, &value, &scale);
	if (fits && whole + scale > 0) {
		fits = exponent(&s, &scale);
		while (skip_letter(&s, " \t"))
			;
		suffix(&s, &out->suffix);
	}
	if (fits)
		fits = normalise(&value, &scale);
	if (!fits) {
		fit_say(FIT_RANGE, why, "'%.*s' has too many digits",
			(int)(bytes > 60 ? 60 : bytes), text);
		return false;
	}
	if (s.at != s.end || s.at == text || s.at[-1] == '-' ||
	    s.at[-1] == '+' || (bytes == 1 && *text == '.')) {
		fit_say(FIT_BAD, why,
			"'%.*s' is no time stamp, such as 12, 1.25 or 20ms",
			(int)(bytes > 60 ? 60 : bytes), text);
		return false;
	}
	out->mantissa = negative ? -value : value;
	out->scale = (unsigned int)scale;
	return true;
}
