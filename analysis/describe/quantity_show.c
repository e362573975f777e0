// SPDX-License-Identifier: MIT
/*
 * quantity_show.c - quantities for people: a decimal number of a handy unit,
 * and the exact fraction behind it if the decimal number is rounded.
 */
#include <stdio.h>
#include <string.h>

#include "describe/quantity.h"

#define DECIMALS 6
#define MOST_FRACTION_BYTES 48u

/* Rounded to six places after the point, zeros at the end left out.  Sets
 * *exactly if nothing was lost. */
static bool decimal(struct exact value, char *text, size_t bytes, bool *exactly)
{
	struct exact million = exact_int(1000000);
	struct exact scaled = exact_mul(value, million);
	struct exact whole;
	char digits[EXACT_TEXT_BYTES];
	char part[DECIMALS + 2];
	dsi_wide places;
	size_t n;

	if (!exact_ok(scaled))
		return false;
	*exactly = scaled.den == 1;
	scaled = exact_floor(exact_add(scaled, exact_make(1, 2)));
	if (!exact_ok(scaled))
		return false;
	whole = exact_make(scaled.num / 1000000, 1);
	places = (dsi_wide)(wide_abs(scaled.num) % 1000000);
	snprintf(part, sizeof(part), ".%06d", (int)places);
	for (n = DECIMALS + 1; n > 0 && (part[n - 1] == '0' || n == 1); n--)
		part[n - 1] = '\0';
	snprintf(text, bytes, "%s%s%s",
		 scaled.num < 0 && whole.num == 0 ? "-" : "",
		 exact_text(whole, digits), part);
	return true;
}

/* "33.366667 ms (1001/30000 s)": @shown of @shown_unit is @value of @unit. */
static char *show(struct exact shown, const char *shown_unit,
		  struct exact value, const char *unit,
		  char text[QUANTITY_TEXT_BYTES])
{
	char fraction[EXACT_TEXT_BYTES];
	char number[EXACT_TEXT_BYTES];
	bool exactly = true;

	exact_text(value, fraction);
	if (!decimal(shown, number, sizeof(number), &exactly))
		snprintf(text, QUANTITY_TEXT_BYTES, "%.80s %s", fraction, unit);
	else if (exactly)
		snprintf(text, QUANTITY_TEXT_BYTES, "%.80s %s", number,
			 shown_unit);
	else if (strlen(fraction) > MOST_FRACTION_BYTES)
		snprintf(text, QUANTITY_TEXT_BYTES, "%.70s %s (rounded)",
			 number, shown_unit);
	else
		snprintf(text, QUANTITY_TEXT_BYTES, "%.36s %s (%.48s %s)",
			 number, shown_unit, fraction, unit);
	return text;
}

char *quantity_show_time(struct exact s, char text[QUANTITY_TEXT_BYTES])
{
	static const struct {
		int64_t per_second;
		const char *name;
	} units[] = {
		{1, "s"},
		{1000, "ms"},
		{1000000, "us"},
		{1000000000, "ns"},
	};
	struct exact shown = s;
	size_t i = 0;

	if (exact_ok(s) && s.num != 0) {
		for (i = 0; i < 3; i++) {
			shown = exact_mul(s, exact_int(units[i].per_second));
			if (!exact_ok(shown) || shown.num >= shown.den ||
			    -shown.num >= shown.den)
				break;
		}
		shown = exact_mul(s, exact_int(units[i].per_second));
	}
	return show(shown, units[i].name, s, "s", text);
}

char *quantity_show_bytes(struct exact bytes, char text[QUANTITY_TEXT_BYTES])
{
	return show(bytes, "B", bytes, "B", text);
}

char *quantity_show_rate(struct exact hz, char text[QUANTITY_TEXT_BYTES])
{
	return show(hz, "/s", hz, "/s", text);
}
