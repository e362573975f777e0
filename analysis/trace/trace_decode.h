/* SPDX-License-Identifier: MIT */
/*
 * trace_decode.h - from events of libbabeltrace2 to those of `dsi`.
 *
 * What an event means is looked up once for each class of events; after that
 * a field costs two calls.
 */
#ifndef DSI_TRACE_DECODE_H
#define DSI_TRACE_DECODE_H

#include <babeltrace2/babeltrace.h>

#include "trace/trace_read.h"

#define DECODE_CLASSES 1024u /* of all providers, in all parts of a trace */
#define DECODE_FIELDS 24u

/* Where a number of the event goes. */
struct decode_field {
	uint64_t index;
	size_t offset;
	bool is_signed;
};

struct decode_class {
	const bt_event_class *class;
	bool is_ours;
	enum trace_kind what;
	bool has_name;
	uint64_t name_index;
	unsigned int n;
	struct decode_field fields[DECODE_FIELDS];
};

struct decoder {
	struct decode_class *classes[DECODE_CLASSES];
	unsigned int n;
	const bt_clock_class *clock; /* the one that was asked last */
	bool is_ns;		     /* its cycles are nanoseconds */
};

enum decode_answer { DECODE_EVENT, DECODE_OTHER, DECODE_FAILED };

/* @out is valid as long as @message is. */
enum decode_answer decode_message(struct decoder *d, const bt_message *message,
				  struct trace_event *out,
				  char why[TRACE_WHY_BYTES]);
void decode_fini(struct decoder *d);

#endif /* DSI_TRACE_DECODE_H */
