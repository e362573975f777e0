// SPDX-License-Identifier: MIT
/*
 * describe_read.c - one text of a description read as what its key takes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "describe/describe_keys.h"

const char *describe_text(const struct reading *reading, enum key key)
{
	size_t at = reading->texts->at[key];

	return at ? reading->d->raw->memory + at : NULL;
}

bool describe_has(const struct reading *reading, enum key key)
{
	return reading->texts->at[key] != 0;
}

enum describe_origin describe_origin_of(const struct reading *reading,
					enum key key)
{
	return reading->d->raw->of_profile[key] ? DESCRIBE_PROFILE
						: DESCRIBE_GIVEN;
}

bool describe_bad(const struct reading *reading, enum key key, const char *text,
		  ...)
{
	char sentence[DESCRIBE_WHY_BYTES];
	va_list args;

	va_start(args, text);
	vsnprintf(sentence, sizeof(sentence), text, args);
	va_end(args);
	return describe_refuse(reading->why, "%s%s: %.400s", reading->who,
			       describe_keys[key].name, sentence);
}

bool describe_time(const struct reading *reading, enum key key,
		   struct describe_value *out)
{
	const struct exact *period = &reading->d->period.value;
	const char *text = describe_text(reading, key);
	char why[QUANTITY_WHY_BYTES];

	if (!text)
		return true;
	if (exact_sign(*period) == 0)
		period = NULL;
	if (!quantity_time(text, period, &out->value, why))
		return describe_bad(reading, key, "%s", why);
	out->origin = describe_origin_of(reading, key);
	return true;
}

bool describe_bytes(const struct reading *reading, enum key key,
		    struct describe_value *out)
{
	const char *text = describe_text(reading, key);
	char why[QUANTITY_WHY_BYTES];
	uint64_t bytes;

	if (!text)
		return true;
	if (!quantity_bytes(text, &out->value, why))
		return describe_bad(reading, key, "%s", why);
	if (!exact_to_u64(out->value, &bytes))
		return describe_bad(reading, key,
				    "'%.60s' is more than fits in 64 bits",
				    text);
	out->origin = describe_origin_of(reading, key);
	return true;
}

bool describe_drift(const struct reading *reading, enum key key,
		    struct describe_value *out)
{
	const char *text = describe_text(reading, key);
	char why[QUANTITY_WHY_BYTES];
	struct exact ppb;

	if (!text)
		return true;
	if (!quantity_drift(text, &out->value, why))
		return describe_bad(reading, key, "%s", why);
	ppb = exact_mul(out->value, exact_int(DSI_PPB));
	if (ppb.den != 1)
		return describe_bad(reading, key,
				    "'%.60s' is no whole number of ppb (parts "
				    "in 10^9)",
				    text);
	if (exact_cmp(out->value, exact_int(1)) >= 0)
		return describe_bad(reading, key,
				    "'%.60s' is not less than 100%%", text);
	out->origin = describe_origin_of(reading, key);
	return true;
}

bool describe_count(const struct reading *reading, enum key key, uint64_t least,
		    uint64_t most, struct describe_count *out)
{
	const char *text = describe_text(reading, key);
	char why[QUANTITY_WHY_BYTES];

	if (!text)
		return true;
	if (!quantity_count(text, least, most, &out->value, why))
		return describe_bad(reading, key, "%s", why);
	out->origin = describe_origin_of(reading, key);
	return true;
}

bool describe_word(const struct reading *reading, enum key key,
		   const char *const *words, uint32_t n, uint32_t *out)
{
	const char *text = describe_text(reading, key);
	char all[128] = "";
	size_t used = 0;
	uint32_t i;

	if (!text)
		return true;
	for (i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return true;
		}
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 i == 0	      ? ""
					 : i + 1 == n ? " or "
						      : ", ",
					 words[i]);
	}
	return describe_bad(reading, key, "'%.60s' is not known; write %s",
			    text, all);
}

bool describe_not_both(const struct reading *reading, enum key a, enum key b,
		       const char *advice)
{
	if (!describe_has(reading, a) || !describe_has(reading, b))
		return true;
	return describe_refuse(
		reading->why, "%s%s (%.60s) and %s (%.60s) are both given; %s",
		reading->who, describe_keys[a].name, describe_text(reading, a),
		describe_keys[b].name, describe_text(reading, b), advice);
}
