// SPDX-License-Identifier: MIT
/*
 * describe_finish.c - the producer's side of a description: what belongs
 * together is checked, and every text becomes an exact value.
 */
#include <stdlib.h>
#include <string.h>

#include "describe/describe_keys.h"

static void warn(struct describe *d, const char *sentence)
{
	if (sentence && d->n_warnings < DESCRIBE_WARNINGS)
		d->warnings[d->n_warnings++] = sentence;
}

/* The keys that say how often packets come. */
static const enum key pace_keys[] = {
	KEY_PERIOD,
	KEY_RATE,
	KEY_BANDWIDTH,
	KEY_IN,
};

#define PACE_KEYS (sizeof(pace_keys) / sizeof(pace_keys[0]))

static bool period_from_bandwidth(const struct reading *r, struct exact *out)
{
	char why[QUANTITY_WHY_BYTES];
	struct exact bytes_s;

	if (!describe_has(r, KEY_PACKET))
		return describe_bad(r, KEY_BANDWIDTH,
				    "gives no period without packet; give the "
				    "size of a packet, for example packet "
				    "4KiB");
	if (exact_sign(r->d->packet.value) == 0)
		return describe_bad(r, KEY_PACKET,
				    "is 0; a bandwidth needs packets of 1 "
				    "byte or more");
	if (!quantity_bandwidth(describe_text(r, KEY_BANDWIDTH), &bytes_s, why))
		return describe_bad(r, KEY_BANDWIDTH, "%s", why);
	*out = exact_div(r->d->packet.value, bytes_s);
	return true;
}

static bool period_from_frames(const struct reading *r, struct exact *out)
{
	char why[QUANTITY_WHY_BYTES];
	struct exact hz;
	uint32_t units;

	if (!quantity_frames(describe_text(r, KEY_IN), &units, &hz, why))
		return describe_bad(r, KEY_IN, "%s", why);
	*out = exact_div(exact_int(units), hz);
	r->d->units.value = units;
	r->d->units.origin = describe_origin_of(r, KEY_IN);
	return true;
}

static bool period_from_rate(const struct reading *r, struct exact *out)
{
	char why[QUANTITY_WHY_BYTES];
	const char *warning = NULL;
	struct exact hz;

	if (!quantity_rate(describe_text(r, KEY_RATE), &hz, &warning, why))
		return describe_bad(r, KEY_RATE, "%s", why);
	warn(r->d, warning);
	*out = exact_div(exact_int(1), hz);
	return true;
}

/* Exactly one key; KEYS after an error. */
static enum key find_pace_key(const struct reading *r)
{
	enum key found = KEYS;
	size_t i;

	for (i = 0; i < PACE_KEYS; i++) {
		if (!describe_has(r, pace_keys[i]))
			continue;
		if (found != KEYS &&
		    !describe_not_both(r, found, pace_keys[i],
				       "each says how often packets "
				       "come: leave one out"))
			return KEYS;
		found = pace_keys[i];
	}
	if (found == KEYS)
		describe_refuse(r->why,
				"nothing says how often packets come; give "
				"period (20ms), rate (25/s), bandwidth "
				"(125MB/s) with packet, in (1024@48k) or "
				"profile");
	return found;
}

static bool read_period(const struct reading *r)
{
	struct describe *d = r->d;
	enum key key = find_pace_key(r);
	struct exact period = {0, 1};

	if (key == KEYS)
		return false;
	if (key == KEY_PERIOD && !describe_time(r, key, &d->period))
		return false;
	if (key == KEY_RATE && !period_from_rate(r, &period))
		return false;
	if (key == KEY_BANDWIDTH && !period_from_bandwidth(r, &period))
		return false;
	if (key == KEY_IN && !period_from_frames(r, &period))
		return false;
	if (key != KEY_PERIOD) {
		d->period.value = period;
		d->period.origin = describe_origin_of(r, key);
		if (d->period.origin == DESCRIBE_GIVEN)
			d->period.origin = DESCRIBE_DERIVED;
	}
	if (!exact_ok(d->period.value))
		return describe_bad(r, key,
				    "gives a period that does not fit in 128 "
				    "bits");
	if (exact_sign(d->period.value) == 0)
		return describe_bad(r, key, "is 0; a period is more than 0");
	return true;
}

static bool read_jitter(const struct reading *r)
{
	struct describe *d = r->d;
	struct describe_value early = {{0, 1}, DESCRIBE_DEFAULT};

	if (!describe_not_both(r, KEY_JITTER, KEY_JITTER_IN,
			       "they are the same: leave one out") ||
	    !describe_not_both(r, KEY_EARLY_LATE, KEY_JITTER_IN,
			       "early-late E is a jitter of 2 E: leave one "
			       "out") ||
	    !describe_not_both(r, KEY_EARLY_LATE, KEY_JITTER,
			       "early-late E is a jitter of 2 E: leave one "
			       "out"))
		return false;
	if (!describe_time(r, KEY_JITTER, &d->jitter) ||
	    !describe_time(r, KEY_JITTER_IN, &d->jitter) ||
	    !describe_time(r, KEY_EARLY_LATE, &early))
		return false;
	if (!describe_has(r, KEY_EARLY_LATE))
		return true;
	d->jitter.value = exact_mul(early.value, exact_int(2));
	d->jitter.origin = DESCRIBE_DERIVED;
	d->offset.value = exact_neg(early.value);
	d->offset.origin = DESCRIBE_DERIVED;
	return exact_ok(d->jitter.value) ||
	       describe_bad(r, KEY_EARLY_LATE, "does not fit in 128 bits");
}

static bool check_distance(const struct reading *r)
{
	const struct describe *d = r->d;
	char distance[QUANTITY_TEXT_BYTES];
	char period[QUANTITY_TEXT_BYTES];

	if (exact_cmp(d->distance.value, d->period.value) <= 0)
		return true;
	quantity_show_time(d->distance.value, distance);
	quantity_show_time(d->period.value, period);
	return describe_refuse(r->why,
			       "distance (%s) is more than the period (%s), "
			       "but packets are one period apart in the mean; "
			       "make distance %s or less",
			       distance, period, period);
}

static bool read_drift(const struct reading *r)
{
	static const char advice[] = "drift is for both sides: leave it out "
				     "and give drift-in and drift-out";

	return describe_not_both(r, KEY_DRIFT, KEY_DRIFT_IN, advice) &&
	       describe_not_both(r, KEY_DRIFT, KEY_DRIFT_OUT, advice) &&
	       describe_drift(r, KEY_DRIFT, &r->d->drift) &&
	       describe_drift(r, KEY_DRIFT_IN, &r->d->drift);
}

/* "for" S: the packets that are due within [0, S]. */
static bool read_length(const struct reading *r)
{
	struct describe *d = r->d;
	struct exact packets;

	if (!describe_not_both(r, KEY_FOR, KEY_PACKETS,
			       "each says how long the stream is: leave one "
			       "out") ||
	    !describe_count(r, KEY_PACKETS, 1, DSI_TICKS_MAX, &d->packets) ||
	    !describe_time(r, KEY_FOR, &d->span))
		return false;
	if (!describe_has(r, KEY_FOR))
		return true;
	packets = exact_add(
		exact_floor(exact_div(d->span.value, d->period.value)),
		exact_int(1));
	if (!exact_to_u64(packets, &d->packets.value))
		return describe_bad(r, KEY_FOR,
				    "'%.60s' has more packets than can be "
				    "counted in 64 bits",
				    describe_text(r, KEY_FOR));
	d->packets.origin = DESCRIBE_DERIVED;
	return true;
}

static void warn_drift(struct describe *d)
{
	bool drifts = exact_sign(d->drift.value) != 0;
	uint32_t i;

	for (i = 0; i < d->n_readers; i++)
		drifts |= exact_sign(d->readers[i].drift.value) != 0;
	if (drifts && d->packets.value == 0)
		warn(d, "a drift adds up without limit; give 'for' or "
			"'packets': how long until the stream ends or the "
			"clocks are synchronised again");
}

static bool read_stream(const struct reading *r)
{
	static const char *const ties[] = {"strict", "closed"};
	struct describe *d = r->d;

	return read_period(r) && read_jitter(r) &&
	       describe_time(r, KEY_DISTANCE, &d->distance) &&
	       check_distance(r) && describe_time(r, KEY_HOLD_IN, &d->hold) &&
	       read_drift(r) && read_length(r) &&
	       describe_count(r, KEY_BATCH_IN, 1, DSI_SIZING_MAX_BATCH,
			      &d->batch) &&
	       describe_count(r, KEY_SLOTS, 1, UINT32_MAX, &d->slots) &&
	       describe_word(r, KEY_TIES, ties, 2, &d->ties);
}

bool describe_finish(struct describe *d, char why[DESCRIBE_WHY_BYTES])
{
	struct reading reading = {d, NULL, "", why};

	if (!d->raw)
		d->raw = calloc(1, sizeof(*d->raw));
	if (!d->raw)
		return describe_refuse(why, "no memory");
	if (!describe_apply_profile(d, why))
		return false;
	reading.texts = &d->raw->given;
	if (!describe_read_bytes(d, why) || !read_stream(&reading) ||
	    !describe_read_readers(d, why))
		return false;
	if (d->raw->given.at[KEY_PROFILE]) /* no text moves from here on */
		d->profile = d->raw->memory + d->raw->given.at[KEY_PROFILE];
	warn_drift(d);
	return true;
}
