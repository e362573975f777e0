// SPDX-License-Identifier: MIT
/*
 * describe_reader.c - the consumers of a description: one made of the plain
 * keys, and one of each --reader text (describe_reader_text.c).
 */
#include <stdio.h>
#include <string.h>

#include <dsi/types.h>

#include "describe/describe_keys.h"

#define PACE(pace) (1u << (pace))
#define ON_GRID \
	(PACE(DSI_PACE_GRID) | PACE(DSI_PACE_ANCHORED) | PACE(DSI_PACE_STALL))

static const char *const paces[] = {
	[DSI_PACE_GRID] = "grid",	  [DSI_PACE_ANCHORED] = "anchored",
	[DSI_PACE_STALL] = "stall",	  [DSI_PACE_SERVICE] = "blocking",
	[DSI_PACE_RESPONSE] = "response",
};

static const char *const policies[] = {
	[DSI_POLICY_BLOCK] = "block",
	[DSI_POLICY_DROP_NEW] = "drop-new",
	[DSI_POLICY_RECLAIM] = "reclaim",
};

/* Which consumers have a use for a key, and what another one is told. */
static const struct {
	enum key key;
	uint32_t paces;
	const char *advice;
} uses[] = {
	{KEY_JITTER_OUT, ON_GRID,
	 "it has no grid to be late on; say how long it may take with wake "
	 "and work, or with response"},
	{KEY_HOLD_OUT, ON_GRID,
	 "work, or response, counts to the release of the packet; leave "
	 "hold-out out"},
	{KEY_START, ON_GRID, "it starts when data is there; leave start out"},
	{KEY_DELAY, PACE(DSI_PACE_ANCHORED),
	 "give consumer=anchored, or start instead of delay"},
	{KEY_PREFILL, PACE(DSI_PACE_ANCHORED),
	 "give consumer=anchored, or leave prefill out"},
	{KEY_WAKE,
	 PACE(DSI_PACE_ANCHORED) | PACE(DSI_PACE_STALL) |
		 PACE(DSI_PACE_SERVICE),
	 "a late timer is part of jitter-out, a late wake-up part of "
	 "response; leave wake out"},
	{KEY_WORK, PACE(DSI_PACE_SERVICE),
	 "give consumer=blocking, or hold-out instead of work"},
	{KEY_RESPONSE, PACE(DSI_PACE_RESPONSE),
	 "give consumer=response, or leave response out"},
	{KEY_DRIFT_OUT, PACE(DSI_PACE_GRID) | PACE(DSI_PACE_ANCHORED),
	 "it has no clock of its own; leave drift-out out"},
	{KEY_BATCH_OUT, PACE(DSI_PACE_GRID),
	 "give consumer=grid, or leave batch-out out"},
	{KEY_OUT, PACE(DSI_PACE_GRID), "give consumer=grid, or leave out out"},
	{KEY_EARLY, PACE(DSI_PACE_GRID),
	 "give consumer=grid, or leave early out"},
	{KEY_LATE, PACE(DSI_PACE_GRID),
	 "give consumer=grid, or leave late out"},
	{KEY_COALESCE, PACE(DSI_PACE_SERVICE),
	 "give consumer=blocking, or leave coalesce out"},
	{KEY_COALESCE_WAIT, PACE(DSI_PACE_SERVICE),
	 "give consumer=blocking, or leave coalesce-wait out"},
};

static bool check_uses(const struct reading *r, uint32_t pace)
{
	size_t i;

	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (describe_has(r, uses[i].key) &&
		    !(uses[i].paces & PACE(pace)))
			return describe_bad(r, uses[i].key,
					    "means nothing with consumer=%s: "
					    "%s",
					    paces[pace], uses[i].advice);
	}
	return true;
}

/* What must be said of a consumer. */
static bool check_given(const struct reading *r, uint32_t pace)
{
	if (pace == DSI_PACE_SERVICE && !describe_has(r, KEY_WORK))
		return describe_bad(r, KEY_CONSUMER,
				    "'blocking' needs work: the longest time "
				    "for one packet");
	if (pace == DSI_PACE_RESPONSE && !describe_has(r, KEY_RESPONSE))
		return describe_bad(r, KEY_CONSUMER,
				    "'response' needs response: the longest "
				    "time from commit to release");
	return true;
}

static bool check_work(const struct reading *r,
		       const struct describe_reader *reader)
{
	char work[QUANTITY_TEXT_BYTES];
	char period[QUANTITY_TEXT_BYTES];

	if (reader->policy != DSI_POLICY_BLOCK || r->d->packets.value ||
	    exact_cmp(reader->service.value, r->d->period.value) <= 0)
		return true;
	quantity_show_time(reader->service.value, work);
	quantity_show_time(r->d->period.value, period);
	return describe_refuse(r->why,
			       "%swork (%s) is more than the period (%s), so "
			       "packets pile up without limit; make work %s "
			       "or less, or the period longer, or give the "
			       "length of the stream with packets or for",
			       r->who, work, period, period);
}

/* "480@48k": the frames of a portion, at the rate of the producer's. */
static bool read_portion(const struct reading *r,
			 struct describe_reader *reader)
{
	const struct describe *d = r->d;
	const char *text = describe_text(r, KEY_OUT);
	char rate[QUANTITY_TEXT_BYTES];
	char why[QUANTITY_WHY_BYTES];
	struct exact rate_in;
	struct exact hz;
	uint32_t units;

	if (!text)
		return true;
	if (!quantity_frames(text, &units, &hz, why))
		return describe_bad(r, KEY_OUT, "%s", why);
	if (d->units.value == 0)
		return describe_bad(r, KEY_OUT,
				    "(%.60s) needs in: the frames of a packet, "
				    "for example in 1024@48k",
				    text);
	rate_in =
		exact_div(exact_int((int64_t)d->units.value), d->period.value);
	if (exact_cmp(rate_in, hz) != 0)
		return describe_bad(r, KEY_OUT,
				    "(%.60s) has another rate than in (%s); "
				    "frames go in and out at the same rate: "
				    "use one, and drift for clocks that "
				    "differ",
				    text, quantity_show_rate(rate_in, rate));
	reader->units.value = units;
	reader->units.origin = DESCRIBE_GIVEN;
	return true;
}

static bool read_times(const struct reading *r, struct describe_reader *reader)
{
	return describe_not_both(r, KEY_START, KEY_DELAY,
				 "they are the same for an anchored "
				 "consumer: leave one out") &&
	       describe_time(r, KEY_JITTER_OUT, &reader->jitter) &&
	       describe_time(r, KEY_HOLD_OUT, &reader->hold) &&
	       describe_time(r, KEY_WAKE, &reader->wake) &&
	       describe_time(r, KEY_WORK, &reader->service) &&
	       describe_time(r, KEY_RESPONSE, &reader->response) &&
	       describe_time(r, KEY_START, &reader->start) &&
	       describe_time(r, KEY_DELAY, &reader->start) &&
	       describe_time(r, KEY_COALESCE_WAIT, &reader->coalesce_wait) &&
	       describe_drift(r, KEY_DRIFT_OUT, &reader->drift);
}

static bool read_counts(const struct reading *r, struct describe_reader *reader)
{
	const uint64_t most = DSI_SIZING_MAX_BATCH;

	return describe_count(r, KEY_PREFILL, 1, UINT32_MAX,
			      &reader->prefill) &&
	       describe_count(r, KEY_BATCH_OUT, 1, most, &reader->batch) &&
	       describe_count(r, KEY_EARLY, 0, most, &reader->early) &&
	       describe_count(r, KEY_LATE, 0, most, &reader->late) &&
	       describe_count(r, KEY_COALESCE, 1, most, &reader->coalesce) &&
	       describe_count(r, KEY_QUEUE, 1, UINT32_MAX, &reader->queue);
}

static void init_reader(struct describe_reader *reader)
{
	static const struct describe_value zero = {{0, 1}, DESCRIBE_DEFAULT};

	memset(reader, 0, sizeof(*reader));
	reader->jitter = reader->hold = reader->wake = reader->service = zero;
	reader->response = reader->start = reader->drift = zero;
	reader->coalesce_wait = zero;
	reader->batch.value = 1;
	reader->coalesce.value = 1;
}

/* A drift of both sides is this one's as well, if it has a clock. */
static void share_drift(const struct reading *r, struct describe_reader *reader)
{
	const struct describe_raw *raw = r->d->raw;
	uint32_t clocked = PACE(DSI_PACE_GRID) | PACE(DSI_PACE_ANCHORED);

	if (raw->given.at[KEY_DRIFT] && !describe_has(r, KEY_DRIFT_OUT) &&
	    (clocked & PACE(reader->pace)))
		reader->drift = r->d->drift;
}

bool describe_read_reader(const struct reading *r)
{
	struct describe *d = r->d;
	struct describe_reader *reader = &d->readers[d->n_readers];
	const char *name = describe_text(r, KEY_NAME);

	init_reader(reader);
	if (name && (strlen(name) >= sizeof(reader->name) || !*name))
		return describe_bad(r, KEY_NAME,
				    "'%.60s' has not 1 to %zu letters", name,
				    sizeof(reader->name) - 1);
	if (name)
		memcpy(reader->name, name, strlen(name) + 1);
	if (!describe_word(r, KEY_CONSUMER, paces,
			   sizeof(paces) / sizeof(paces[0]), &reader->pace) ||
	    !describe_word(r, KEY_POLICY, policies,
			   sizeof(policies) / sizeof(policies[0]),
			   &reader->policy) ||
	    !check_uses(r, reader->pace) || !check_given(r, reader->pace) ||
	    !read_times(r, reader) || !check_work(r, reader) ||
	    !read_counts(r, reader) || !read_portion(r, reader))
		return false;
	if (describe_has(r, KEY_QUEUE) && reader->policy != DSI_POLICY_DROP_NEW)
		return describe_bad(r, KEY_QUEUE,
				    "means nothing with policy=%s: give "
				    "policy=drop-new, or leave queue out",
				    policies[reader->policy]);
	share_drift(r, reader);
	d->n_readers++;
	return true;
}

/* Several readers are told apart by name. */
static bool name_readers(struct describe *d, char *why)
{
	uint32_t i;
	uint32_t k;

	for (i = 0; d->n_readers > 1 && i < d->n_readers; i++) {
		char *name = d->readers[i].name;

		if (name[0] == '\0')
			snprintf(name, sizeof(d->readers[i].name), "reader-%u",
				 i + 1);
		for (k = 0; k < i; k++) {
			if (strcmp(name, d->readers[k].name) == 0)
				return describe_refuse(why,
						       "name: two readers have "
						       "the name '%s'",
						       name);
		}
	}
	return true;
}

bool describe_read_readers(struct describe *d, char why[DESCRIBE_WHY_BYTES])
{
	const struct reading plain = {d, &d->raw->given, "", why};
	bool any = d->raw->n_readers == 0;
	unsigned int key;
	uint32_t i;

	for (key = 0; key < KEYS; key++)
		any |= describe_keys[key].reader && d->raw->given.at[key];
	if (any && !describe_read_reader(&plain))
		return false;
	for (i = 0; i < d->raw->n_readers; i++) {
		if (!describe_reader_text(d, d->raw->readers[i], why))
			return false;
	}
	return name_readers(d, why);
}
