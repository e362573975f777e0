// SPDX-License-Identifier: MIT
/*
 * curve_spec.c - a curve as it is written on the command line.
 */
#include <string.h>

#include "curve/curve_file.h"
#include "curve/curve_private.h"

#define MOST_NUMBERS 3u

struct form {
	const char *name; /* with its colon */
	size_t numbers;
	const char *usage;
	enum curve_status (*make)(struct curve_work *w, const struct exact *n,
				  struct curve *out);
};

static enum curve_status make_tb(struct curve_work *w, const struct exact *n,
				 struct curve *out)
{
	return curve_token_bucket(w, n[0], n[1], out);
}

static enum curve_status make_rl(struct curve_work *w, const struct exact *n,
				 struct curve *out)
{
	return curve_rate_latency(w, n[0], n[1], out);
}

static enum curve_status make_jcs(struct curve_work *w, const struct exact *n,
				  struct curve *out)
{
	return curve_jcs_max(w, n[0], n[1], n[2], out);
}

static enum curve_status make_jcs_min(struct curve_work *w,
				      const struct exact *n, struct curve *out)
{
	return curve_jcs_min(w, n[0], n[1], out);
}

static const struct form forms[] = {
	{"tb:", 2, "tb:RATE,BURST", make_tb},
	{"rl:", 2, "rl:RATE,LATENCY", make_rl},
	{"jcs:", 3, "jcs:T,TAU,D", make_jcs},
	{"jcs-min:", 2, "jcs-min:T,TAU", make_jcs_min},
};

bool curve_number(const char *text, size_t bytes, struct exact *out)
{
	bool negative = bytes > 0 && text[0] == '-';

	if (!exact_parse(text + negative, bytes - negative, out))
		return false;
	if (negative)
		*out = exact_neg(*out);
	return true;
}

static enum curve_status read_form(struct curve_work *w,
				   const struct form *form, const char *text,
				   struct curve *out)
{
	const char *at = text + strlen(form->name);
	struct exact numbers[MOST_NUMBERS];
	size_t n = 0;

	for (;;) {
		size_t bytes = strcspn(at, ",");

		if (n == form->numbers)
			return curve_say(w, CURVE_BAD,
					 "too many numbers; write %s",
					 form->usage);
		if (!curve_number(at, bytes, &numbers[n++]))
			return curve_say(w, CURVE_BAD,
					 "'%.*s' is no exact number such as 3, "
					 "2.5 or 1/60 (without a unit); write "
					 "%s",
					 (int)(bytes > 60 ? 60 : bytes), at,
					 form->usage);
		at += bytes;
		if (!*at)
			break;
		at++;
	}
	if (n < form->numbers)
		return curve_say(w, CURVE_BAD, "too few numbers; write %s",
				 form->usage);
	return form->make(w, numbers, out);
}

enum curve_status curve_spec(struct curve_work *w, const char *text,
			     struct curve *out)
{
	size_t i;

	if (strncmp(text, "file:", 5) == 0)
		return curve_file(w, text + 5, out);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strncmp(text, forms[i].name, strlen(forms[i].name)) == 0)
			return read_form(w, &forms[i], text, out);
	}
	return curve_say(w, CURVE_BAD,
			 "no curve; write tb:RATE,BURST, rl:RATE,LATENCY, "
			 "jcs:T,TAU,D, jcs-min:T,TAU or file:PATH");
}
