// SPDX-License-Identifier: MIT
/*
 * size_fields.c - the values of a description as a list, each with its key:
 * what JSON echoes, what --strict looks at, and which are assumptions.
 */
#include <string.h>

#include <dsi/types.h>

#include "size_command.h"

#define PACE(pace) (1u << (pace))
#define ON_GRID \
	(PACE(DSI_PACE_GRID) | PACE(DSI_PACE_ANCHORED) | PACE(DSI_PACE_STALL))
#define CLOCKED (PACE(DSI_PACE_GRID) | PACE(DSI_PACE_ANCHORED))

struct list {
	const struct size_question *q;
	struct size_field *fields;
	uint32_t n;
};

static const char *const ties[] = {"strict", "closed"};
static const char *const layouts[] = {"slots", "ring", "mirror"};

const char *size_origin(enum describe_origin origin)
{
	switch (origin) {
	case DESCRIBE_GIVEN:
		return "given";
	case DESCRIBE_PROFILE:
		return "profile";
	case DESCRIBE_DERIVED:
		return "derived";
	case DESCRIBE_DEFAULT:
	default:
		return "default";
	}
}

const char *size_pace(uint32_t pace)
{
	static const char *const names[] = {
		[DSI_PACE_GRID] = "grid",
		[DSI_PACE_ANCHORED] = "anchored",
		[DSI_PACE_STALL] = "stall",
		[DSI_PACE_SERVICE] = "blocking",
		[DSI_PACE_RESPONSE] = "response",
	};

	return pace < sizeof(names) / sizeof(names[0]) ? names[pace] : "?";
}

const char *size_policy(uint32_t policy)
{
	static const char *const names[] = {
		[DSI_POLICY_BLOCK] = "block",
		[DSI_POLICY_DROP_NEW] = "drop-new",
		[DSI_POLICY_RECLAIM] = "reclaim",
	};

	return policy < sizeof(names) / sizeof(names[0]) ? names[policy] : "?";
}

static struct size_field *add(struct list *l, const char *key,
			      enum size_kind kind)
{
	struct size_field *field = &l->fields[l->n];

	if (l->n + 1 < SIZE_MAX_FIELDS)
		l->n++;
	*field = (struct size_field){.key = key, .kind = kind};
	return field;
}

static struct size_field *add_value(struct list *l, const char *key,
				    enum size_kind kind,
				    const struct describe_value *value)
{
	struct size_field *field = add(l, key, kind);

	field->value = value->value;
	field->origin = value->origin;
	return field;
}

static void add_count(struct list *l, const char *key,
		      const struct describe_count *count, bool assumed)
{
	struct size_field *field = add(l, key, SIZE_COUNT);

	field->value = exact_make((dsi_wide)count->value, 1);
	field->origin = count->origin;
	field->assumed = assumed;
}

/* A word has no origin of its own: was its key given? */
static void add_word(struct list *l, const char *key, const char *word,
		     bool other)
{
	struct size_field *field = add(l, key, SIZE_WORD);

	field->word = word;
	field->origin = other ? DESCRIBE_GIVEN : DESCRIBE_DEFAULT;
	for (size_t i = 0; i < describe_n_keys && i < SIZE_MAX_KEYS; i++) {
		if (l->q->given[i] && strcmp(describe_keys[i].name, key) == 0)
			field->origin = DESCRIBE_GIVEN;
	}
}

static void add_assumed(struct list *l, const char *key, enum size_kind kind,
			const struct describe_value *value, bool silent)
{
	struct size_field *field = add_value(l, key, kind, value);

	field->assumed = true;
	field->silent = silent;
}

/* A drift matters if the reader has a clock of its own. */
static bool any_clock(const struct describe *d)
{
	for (uint32_t i = 0; i < d->n_readers; i++) {
		if (CLOCKED & PACE(d->readers[i].pace))
			return true;
	}
	return false;
}

uint32_t size_stream_fields(const struct size_question *q,
			    struct size_field fields[SIZE_MAX_FIELDS])
{
	const struct describe *d = &q->d;
	struct describe_value early = d->offset;
	struct list l = {q, fields, 0};

	early.value = exact_neg(early.value);
	add_assumed(&l, "period", SIZE_TIME, &d->period, false);
	add_assumed(&l, "jitter-in", SIZE_TIME, &d->jitter, true);
	add_value(&l, "early-late", SIZE_TIME, &early);
	add_assumed(&l, "distance", SIZE_TIME, &d->distance, false);
	add_assumed(&l, "hold-in", SIZE_TIME, &d->hold, true);
	add_assumed(&l, "drift-in", SIZE_RATIO, &d->drift, any_clock(d));
	add_value(&l, "for", SIZE_TIME, &d->span);
	add_count(&l, "packets", &d->packets, true);
	add_count(&l, "batch-in", &d->batch, true);
	add_count(&l, "in", &d->units, false);
	add_word(&l, "ties", ties[d->ties & 1], d->ties != 0);
	add_value(&l, "packet", SIZE_BYTES, &d->packet);
	add_value(&l, "packet-min", SIZE_BYTES, &d->packet_min);
	add_value(&l, "mean", SIZE_BYTES, &d->mean);
	add_value(&l, "burst", SIZE_BYTES, &d->burst);
	add_value(&l, "align", SIZE_BYTES, &d->align);
	add_value(&l, "page", SIZE_BYTES, &d->page);
	add_value(&l, "control", SIZE_BYTES, &d->control);
	add_word(&l, "layout", layouts[d->layout % 3], d->layout != 0);
	add_count(&l, "slots", &d->slots, false);
	return l.n;
}

static void add_grid_fields(struct list *l, const struct describe_reader *r)
{
	if (!(ON_GRID & PACE(r->pace)))
		return;
	add_assumed(l, "jitter-out", SIZE_TIME, &r->jitter, true);
	add_assumed(l, "hold-out", SIZE_TIME, &r->hold, true);
	add_value(l, "start", SIZE_TIME, &r->start);
	if (CLOCKED & PACE(r->pace))
		add_assumed(l, "drift-out", SIZE_RATIO, &r->drift, true);
	if (r->pace == DSI_PACE_ANCHORED)
		add_count(l, "prefill", &r->prefill, false);
	if (r->pace != DSI_PACE_GRID)
		return;
	add_count(l, "batch-out", &r->batch, true);
	add_count(l, "out", &r->units, false);
	add_count(l, "early", &r->early, true);
	add_count(l, "late", &r->late, true);
}

uint32_t size_reader_fields(const struct size_question *q, uint32_t reader,
			    struct size_field fields[SIZE_MAX_FIELDS])
{
	const struct describe_reader *r = &q->d.readers[reader];
	struct list l = {q, fields, 0};

	add_word(&l, "consumer", size_pace(r->pace), r->pace != 0);
	add_word(&l, "policy", size_policy(r->policy), r->policy != 0);
	if (r->policy == DSI_POLICY_DROP_NEW)
		add_count(&l, "queue", &r->queue, false);
	add_grid_fields(&l, r);
	if (r->pace == DSI_PACE_ANCHORED || r->pace == DSI_PACE_STALL ||
	    r->pace == DSI_PACE_SERVICE)
		add_assumed(&l, "wake", SIZE_TIME, &r->wake, false);
	if (r->pace == DSI_PACE_SERVICE) {
		add_assumed(&l, "work", SIZE_TIME, &r->service, false);
		add_count(&l, "coalesce", &r->coalesce, true);
		add_assumed(&l, "coalesce-wait", SIZE_TIME, &r->coalesce_wait,
			    false);
	}
	if (r->pace == DSI_PACE_RESPONSE)
		add_assumed(&l, "response", SIZE_TIME, &r->response, false);
	return l.n;
}
