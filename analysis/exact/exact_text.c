// SPDX-License-Identifier: MIT
/*
 * exact_text.c - exact fractions read from and written as text.
 */
#include <stdio.h>
#include <string.h>

#include "exact/exact.h"

#define MOST_EXPONENT 38 /* 10^38 is the greatest power that fits */

/* What is left of the text. */
struct rest {
	const char *at;
	const char *end;
};

static char *wide_text(dsi_wide value, char *end)
{
	dsi_uwide left = wide_abs(value);

	do {
		*--end = (char)('0' + (int)(left % 10));
		left /= 10;
	} while (left);
	if (value < 0)
		*--end = '-';
	return end;
}

char *exact_text(struct exact a, char text[EXACT_TEXT_BYTES])
{
	char num[48] = "";
	char den[48] = "";

	if (!exact_ok(a)) {
		snprintf(text, EXACT_TEXT_BYTES, "out of range");
		return text;
	}
	snprintf(text, EXACT_TEXT_BYTES, "%s%s%s",
		 wide_text(a.num, num + sizeof(num) - 1), a.den == 1 ? "" : "/",
		 a.den == 1 ? "" : wide_text(a.den, den + sizeof(den) - 1));
	return text;
}

static bool is_digit(const struct rest *rest)
{
	return rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9';
}

static bool take(struct rest *rest, char wanted)
{
	if (rest->at == rest->end || *rest->at != wanted)
		return false;
	rest->at++;
	return true;
}

/* At least one digit, put behind those in *value; their number in *n. */
static bool take_digits(struct rest *rest, dsi_wide *value, int *n)
{
	bool over = false;

	*n = 0;
	while (is_digit(rest) && !over) {
		*value = wide_add(wide_mul(*value, 10, &over),
				  *rest->at++ - '0', &over);
		++*n;
	}
	return *n > 0 && !over;
}

static bool power_of_ten(dsi_wide exponent, struct exact *out)
{
	dsi_wide power = 1;
	dsi_wide i;

	if (wide_abs(exponent) > MOST_EXPONENT)
		return false;
	for (i = 0; i < (dsi_wide)wide_abs(exponent); i++)
		power *= 10;
	*out = exponent < 0 ? exact_make(1, power) : exact_make(power, 1);
	return true;
}

/* "12", "12.5", ".5", "1e3" */
static bool take_decimal(struct rest *rest, struct exact *out)
{
	dsi_wide digits = 0;
	dsi_wide exponent = 0;
	struct exact scale;
	int n = 0;
	int behind = 0;

	if (is_digit(rest) && !take_digits(rest, &digits, &n))
		return false;
	if (take(rest, '.') && !take_digits(rest, &digits, &behind))
		return false;
	if (n + behind == 0)
		return false;
	if (take(rest, 'e') || take(rest, 'E')) {
		bool minus = take(rest, '-');

		if (!minus)
			take(rest, '+');
		if (!take_digits(rest, &exponent, &n))
			return false;
		if (minus)
			exponent = -exponent;
	}
	if (!power_of_ten(exponent, &scale))
		return false;
	*out = exact_mul(exact_make(digits, 1), scale);
	if (!power_of_ten(-behind, &scale))
		return false;
	*out = exact_mul(*out, scale);
	return exact_ok(*out);
}

bool exact_parse(const char *text, size_t bytes, struct exact *out)
{
	struct rest rest = {text, text + bytes};
	struct exact value;
	struct exact den;

	if (!take_decimal(&rest, &value))
		return false;
	if (take(&rest, '/')) {
		if (!take_decimal(&rest, &den))
			return false;
		value = exact_div(value, den);
	}
	if (rest.at != rest.end || !exact_ok(value))
		return false;
	*out = value;
	return true;
}
