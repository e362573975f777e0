// SPDX-License-Identifier: MIT
/*
 * describe_bytes.c - the sizes of packets in a description.
 */
#include <stdlib.h>
#include <string.h>

#include "describe/describe_keys.h"

static bool add_size(const struct reading *r, const char *text, size_t bytes)
{
	struct describe *d = r->d;
	char why[QUANTITY_WHY_BYTES];
	char one[64] = "";
	struct exact value;

	if (bytes >= sizeof(one))
		return describe_bad(r, KEY_PATTERN, "'%.60s' is no size", text);
	memcpy(one, text, bytes);
	if (!quantity_bytes(one, &value, why))
		return describe_bad(r, KEY_PATTERN, "%s", why);
	if (!exact_to_u64(value, &d->pattern[d->n_pattern++]))
		return describe_bad(r, KEY_PATTERN,
				    "'%s' is more than fits in 64 bits", one);
	return true;
}

static bool read_pattern(const struct reading *r)
{
	struct describe *d = r->d;
	const char *text = describe_text(r, KEY_PATTERN);
	size_t commas = 0;
	const char *at;

	if (!text)
		return true;
	for (at = text; *at; at++)
		commas += *at == ',';
	d->pattern = calloc(commas + 1, sizeof(*d->pattern));
	if (!d->pattern)
		return describe_bad(r, KEY_PATTERN, "no memory");
	for (;;) {
		size_t bytes = strcspn(text, ",");

		if (!add_size(r, text, bytes))
			return false;
		if (text[bytes] == '\0')
			return true;
		text += bytes + 1;
	}
}

static bool check_order(const struct reading *r, enum key low,
			const struct describe_value *a, enum key high,
			const struct describe_value *b)
{
	if (!describe_has(r, low) || !describe_has(r, high) ||
	    exact_cmp(a->value, b->value) <= 0)
		return true;
	return describe_refuse(r->why,
			       "%s (%.60s) is more than %s (%.60s); make it "
			       "that or less",
			       describe_keys[low].name, describe_text(r, low),
			       describe_keys[high].name,
			       describe_text(r, high));
}

static bool needs(const struct reading *r, enum key key, enum key other)
{
	if (!describe_has(r, key) || describe_has(r, other))
		return true;
	return describe_bad(r, key, "says nothing without %s; give it as well",
			    describe_keys[other].name);
}

static bool check_bytes(const struct reading *r)
{
	static const char advice[] = "the pattern has all sizes: leave the "
				     "other out";
	const struct describe *d = r->d;

	return describe_not_both(r, KEY_PATTERN, KEY_PACKET, advice) &&
	       describe_not_both(r, KEY_PATTERN, KEY_PACKET_MIN, advice) &&
	       describe_not_both(r, KEY_PATTERN, KEY_MEAN, advice) &&
	       needs(r, KEY_PACKET_MIN, KEY_PACKET) &&
	       needs(r, KEY_MEAN, KEY_PACKET) &&
	       needs(r, KEY_BURST, KEY_MEAN) &&
	       check_order(r, KEY_PACKET_MIN, &d->packet_min, KEY_PACKET,
			   &d->packet) &&
	       check_order(r, KEY_PACKET_MIN, &d->packet_min, KEY_MEAN,
			   &d->mean) &&
	       check_order(r, KEY_MEAN, &d->mean, KEY_PACKET, &d->packet);
}

static bool not_zero(const struct reading *r, enum key key,
		     const struct describe_value *value)
{
	if (!describe_has(r, key) || exact_sign(value->value) > 0)
		return true;
	return describe_bad(r, key, "is 0; it is 1 byte or more");
}

bool describe_read_bytes(struct describe *d, char why[DESCRIBE_WHY_BYTES])
{
	static const char *const layouts[] = {"slots", "ring", "mirror"};
	const struct reading reading = {d, &d->raw->given, "", why};
	const struct reading *r = &reading;

	if (!describe_bytes(r, KEY_PACKET, &d->packet) ||
	    !describe_bytes(r, KEY_PACKET_MIN, &d->packet_min) ||
	    !describe_bytes(r, KEY_MEAN, &d->mean) ||
	    !describe_bytes(r, KEY_BURST, &d->burst) ||
	    !describe_bytes(r, KEY_ALIGN, &d->align) ||
	    !describe_bytes(r, KEY_PAGE, &d->page) ||
	    !describe_bytes(r, KEY_CONTROL, &d->control) ||
	    !describe_word(r, KEY_LAYOUT, layouts, 3, &d->layout) ||
	    !not_zero(r, KEY_PACKET, &d->packet) ||
	    !not_zero(r, KEY_ALIGN, &d->align) ||
	    !not_zero(r, KEY_PAGE, &d->page) || !check_bytes(r) ||
	    !read_pattern(r))
		return false;
	if (!describe_has(r, KEY_PACKET_MIN) && !describe_has(r, KEY_MEAN) &&
	    describe_has(r, KEY_PACKET)) {
		d->packet_min.value = d->packet.value;
		d->packet_min.origin = DESCRIBE_DERIVED;
	}
	return true;
}
