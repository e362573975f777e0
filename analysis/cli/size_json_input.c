// SPDX-License-Identifier: MIT
/*
 * size_json_input.c - what an answer rests on, in JSON: the values that were
 * given or assumed, and the schedule that needs all the slots.
 */
#include "size_json.h"

#define MOST_PACKETS 16u /* shown in full; else the two that decide */

static const char *unit_of(enum size_kind kind)
{
	switch (kind) {
	case SIZE_TIME:
		return "ns";
	case SIZE_BYTES:
		return "B";
	case SIZE_RATIO:
	case SIZE_COUNT:
		return "1";
	case SIZE_WORD:
	default:
		return "";
	}
}

static void write_value(struct size_writer *w, const struct size_field *f)
{
	if (f->kind == SIZE_WORD)
		size_write_text(w, "value", f->word);
	else if (f->kind == SIZE_TIME)
		size_write_seconds(w, "value", f->value);
	else
		size_write_exact(w, "value", f->value);
	size_write_text(w, "unit", unit_of(f->kind));
}

static void write_fields(struct size_writer *w, const struct size_field *fields,
			 uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		size_write_open(w, fields[i].key, '{');
		write_value(w, &fields[i]);
		size_write_bool(w, "given",
				fields[i].origin != DESCRIBE_DEFAULT);
		size_write_close(w, '}');
	}
}

void size_write_input(struct size_writer *w, const struct size_question *q)
{
	struct size_field fields[SIZE_MAX_FIELDS];
	uint32_t n = size_stream_fields(q, fields);

	size_write_open(w, "input", '{');
	if (q->d.profile)
		size_write_text(w, "profile", q->d.profile);
	else
		size_write_null(w, "profile");
	write_fields(w, fields, n);
	size_write_open(w, "pattern", '[');
	for (uint64_t i = 0; i < q->d.n_pattern; i++)
		size_write_u64(w, NULL, q->d.pattern[i]);
	size_write_close(w, ']');
	size_write_open(w, "readers", '[');
	for (uint32_t i = 0; i < q->d.n_readers; i++) {
		n = size_reader_fields(q, i, fields);
		size_write_open(w, NULL, '{');
		size_write_text(w, "name", q->d.readers[i].name);
		write_fields(w, fields, n);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
	size_write_close(w, '}');
}

static void write_assumed(struct size_writer *w, const char *reader,
			  const struct size_field *fields, uint32_t n)
{
	char id[96];

	for (uint32_t i = 0; i < n; i++) {
		if (!fields[i].assumed)
			continue;
		snprintf(id, sizeof(id), "%s%s%s", reader, *reader ? "." : "",
			 fields[i].key);
		size_write_open(w, NULL, '{');
		size_write_text(w, "id", id);
		write_value(w, &fields[i]);
		size_write_text(w, "origin", size_origin(fields[i].origin));
		size_write_close(w, '}');
	}
}

void size_write_assumptions(struct size_writer *w,
			    const struct size_question *q)
{
	struct size_field fields[SIZE_MAX_FIELDS];
	uint32_t n = size_stream_fields(q, fields);

	size_write_open(w, "assumptions", '[');
	write_assumed(w, "", fields, n);
	for (uint32_t i = 0; i < q->d.n_readers; i++) {
		n = size_reader_fields(q, i, fields);
		write_assumed(w, q->d.readers[i].name, fields, n);
	}
	size_write_close(w, ']');
}

static void write_event(struct size_writer *w, uint64_t packet,
			const char *event, struct exact time)
{
	size_write_open(w, NULL, '{');
	size_write_u64(w, "packet", packet);
	size_write_text(w, "event", event);
	size_write_seconds(w, "time_ns", time);
	size_write_close(w, '}');
}

static void write_packet(struct size_writer *w, const struct size_schedule *s,
			 uint64_t i)
{
	struct size_packet at = size_schedule_packet(s, i);

	write_event(w, i, "slot", at.slot);
	write_event(w, i, "commit", at.commit);
	write_event(w, i, "get", at.get);
	write_event(w, i, "release", at.release);
}

static void write_schedule(struct size_writer *w, const struct size_schedule *s)
{
	uint64_t first = s->need->first;
	uint64_t last = s->need->last;
	bool all = last - first < MOST_PACKETS;

	size_write_bool(w, "complete", all);
	size_write_open(w, "schedule", '[');
	for (uint64_t i = first; all && i < last; i++)
		write_packet(w, s, i);
	if (!all)
		write_packet(w, s, first);
	if (all || last > first)
		write_packet(w, s, last);
	size_write_close(w, ']');
}

void size_write_witness(struct size_writer *w, const struct size_question *q,
			uint32_t reader, const struct dsi_sizing_need *need,
			bool brief)
{
	struct size_schedule schedule;

	if (!size_schedule(q, reader, need, &schedule)) {
		size_write_null(w, "witness");
		return;
	}
	size_write_open(w, "witness", '{');
	size_write_u64(w, "first", need->first);
	size_write_u64(w, "last", need->last);
	if (!brief)
		write_schedule(w, &schedule);
	size_write_close(w, '}');
}
