// SPDX-License-Identifier: MIT
/*
 * trace_decode.c - from events of libbabeltrace2 to those of `dsi`.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace_decode.h"

#define NS_PER_S UINT64_C(1000000000)

static const char *const kind_names[] = {
#define KIND_NAME(constant, name) name,
	TRACE_KINDS_MAP(KIND_NAME)
#undef KIND_NAME
};

static const struct {
	const char *name;
	size_t offset;
} known_fields[] = {
#define KNOWN_FIELD(field) {#field, offsetof(struct trace_event, field)},
	TRACE_FIELDS_MAP(KNOWN_FIELD)
#undef KNOWN_FIELD
};

#define KNOWN_FIELDS (sizeof(known_fields) / sizeof(known_fields[0]))

/* Without these an event of the kind says nothing. */
static const char *const needed[TRACE_KINDS][5] = {
	[TRACE_STREAM_OPEN] = {"stream", "endpoint", "role"},
	[TRACE_STREAM_CLOSE] = {"stream", "endpoint"},
	[TRACE_READER_ATTACH] = {"stream", "reader"},
	[TRACE_READER_DETACH] = {"stream", "reader"},
	[TRACE_NEED] = {"stream", "reader", "packets"},
	[TRACE_STATE] = {"stream"},
	[TRACE_PEER_DEAD] = {"stream"},
	[TRACE_FORMAT] = {"stream"},
	[TRACE_LINK] = {"in_stream", "in_seq", "out_stream", "out_seq"},
	[TRACE_RESERVE] = {"stream", "seq"},
	[TRACE_COMMIT] = {"stream", "seq"},
	[TRACE_GET] = {"stream", "seq", "reader"},
	[TRACE_RELEASE] = {"stream", "seq", "reader"},
	[TRACE_RECLAIM] = {"stream", "seq"},
	[TRACE_WAIT_BEGIN] = {"stream", "endpoint"},
	[TRACE_WAIT_END] = {"stream", "endpoint"},
	[TRACE_WAKE] = {"stream", "endpoint"},
	[TRACE_DROP] = {"stream", "seq"},
	[TRACE_VIOLATION] = {"stream", "seq", "kind"},
};

static bool find_kind(const char *name, enum trace_kind *out)
{
	unsigned int i;

	if (strncmp(name, "dsi:", 4) != 0)
		return false;
	for (i = 0; i < TRACE_KINDS; i++) {
		if (strcmp(name + 4, kind_names[i]) == 0) {
			*out = (enum trace_kind)i;
			return true;
		}
	}
	return false;
}

static void add_field(struct decode_class *c, const char *name, uint64_t index,
		      const bt_field_class *class)
{
	bool is_signed =
		bt_field_class_type_is(bt_field_class_get_type(class),
				       BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	bool is_unsigned =
		bt_field_class_type_is(bt_field_class_get_type(class),
				       BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
	size_t i;

	if (strcmp(name, "name") == 0 &&
	    bt_field_class_get_type(class) == BT_FIELD_CLASS_TYPE_STRING) {
		c->has_name = true;
		c->name_index = index;
		return;
	}
	for (i = 0; i < KNOWN_FIELDS && (is_signed || is_unsigned); i++) {
		if (strcmp(name, known_fields[i].name) != 0 ||
		    c->n == DECODE_FIELDS)
			continue;
		c->fields[c->n++] = (struct decode_field){
			index, known_fields[i].offset, is_signed};
	}
}

static bool has_field(const struct decode_class *c, const char *name)
{
	size_t known = 0;
	unsigned int i;

	while (strcmp(known_fields[known].name, name) != 0)
		known++;
	for (i = 0; i < c->n; i++) {
		if (c->fields[i].offset == known_fields[known].offset)
			return true;
	}
	return false;
}

static bool learn_fields(struct decode_class *c, char why[TRACE_WHY_BYTES])
{
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(c->class);
	uint64_t n =
		payload ? bt_field_class_structure_get_member_count(payload)
			: 0;
	uint64_t i;
	unsigned int k;

	for (i = 0; i < n; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(
				payload, i);

		add_field(
			c, bt_field_class_structure_member_get_name(member), i,
			bt_field_class_structure_member_borrow_field_class_const(
				member));
	}
	for (k = 0; needed[c->what][k]; k++) {
		if (has_field(c, needed[c->what][k]))
			continue;
		snprintf(why, TRACE_WHY_BYTES,
			 "its event dsi:%s has no number '%s'; was it recorded "
			 "with another version of dsi?",
			 kind_names[c->what], needed[c->what][k]);
		return false;
	}
	return true;
}

static struct decode_class *learn(struct decoder *d, unsigned int at,
				  const bt_event_class *class,
				  char why[TRACE_WHY_BYTES])
{
	const char *name = bt_event_class_get_name(class);
	struct decode_class *c;

	snprintf(why, TRACE_WHY_BYTES, "out of memory for kinds of events");
	if (d->n + 1 >= DECODE_CLASSES)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->class = class;
	c->is_ours = name && find_kind(name, &c->what);
	if (c->is_ours && !learn_fields(c, why)) {
		free(c);
		return NULL;
	}
	/* The address is the key: it must not be given to another class. */
	bt_event_class_get_ref(class);
	d->classes[at] = c;
	d->n++;
	return c;
}

static const struct decode_class *find_class(struct decoder *d,
					     const bt_event_class *class,
					     char why[TRACE_WHY_BYTES])
{
	unsigned int at =
		(unsigned int)((uintptr_t) class >> 4) % DECODE_CLASSES;

	while (d->classes[at] && d->classes[at]->class != class)
		at = (at + 1) % DECODE_CLASSES;
	return d->classes[at] ? d->classes[at] : learn(d, at, class, why);
}

/* LTTng's clock counts nanoseconds of CLOCK_MONOTONIC, which is what other
 * stamps of dsi are; any other clock is taken from its own origin. */
static bool read_time(struct decoder *d, const bt_message *message,
		      uint64_t *out, char why[TRACE_WHY_BYTES])
{
	const bt_clock_snapshot *snapshot =
		bt_message_event_borrow_default_clock_snapshot_const(message);
	const bt_clock_class *clock =
		bt_clock_snapshot_borrow_clock_class_const(snapshot);
	int64_t from_origin = 0;

	if (clock != d->clock) {
		d->clock = clock;
		d->is_ns = bt_clock_class_get_frequency(clock) == NS_PER_S;
	}
	if (d->is_ns) {
		*out = bt_clock_snapshot_get_value(snapshot);
		return true;
	}
	if (bt_clock_snapshot_get_ns_from_origin(snapshot, &from_origin) ==
		    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK &&
	    from_origin >= 0) {
		*out = (uint64_t)from_origin;
		return true;
	}
	snprintf(why, TRACE_WHY_BYTES, "a time stamp is out of range");
	return false;
}

static bool has_clock(const bt_event *event)
{
	const bt_stream_class *class = bt_stream_borrow_class_const(
		bt_event_borrow_stream_const(event));

	return bt_stream_class_borrow_default_clock_class_const(class) != NULL;
}

static void read_fields(const struct decode_class *c, const bt_event *event,
			struct trace_event *out)
{
	const bt_field *payload = bt_event_borrow_payload_field_const(event);
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		const bt_field *field =
			bt_field_structure_borrow_member_field_by_index_const(
				payload, c->fields[i].index);
		uint64_t value =
			c->fields[i].is_signed
				? (uint64_t)bt_field_integer_signed_get_value(
					  field)
				: bt_field_integer_unsigned_get_value(field);

		memcpy((char *)out + c->fields[i].offset, &value,
		       sizeof(value));
	}
	if (c->has_name)
		out->name = bt_field_string_get_value(
			bt_field_structure_borrow_member_field_by_index_const(
				payload, c->name_index));
}

enum decode_answer decode_message(struct decoder *d, const bt_message *message,
				  struct trace_event *out,
				  char why[TRACE_WHY_BYTES])
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const struct decode_class *c =
		find_class(d, bt_event_borrow_class_const(event), why);

	if (!c)
		return DECODE_FAILED;
	if (!c->is_ours)
		return DECODE_OTHER;
	if (!d->clock && !has_clock(event)) {
		snprintf(why, TRACE_WHY_BYTES, "its events have no time");
		return DECODE_FAILED;
	}
	memset(out, 0, sizeof(*out));
	out->what = c->what;
	out->name = "";
	read_fields(c, event, out);
	return read_time(d, message, &out->time_ns, why) ? DECODE_EVENT
							 : DECODE_FAILED;
}

void decode_fini(struct decoder *d)
{
	unsigned int i;

	for (i = 0; i < DECODE_CLASSES; i++) {
		if (!d->classes[i])
			continue;
		bt_event_class_put_ref(d->classes[i]->class);
		free(d->classes[i]);
		d->classes[i] = NULL;
	}
	d->n = 0;
	d->clock = NULL;
}
