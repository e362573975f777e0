/* SPDX-License-Identifier: MIT */
/*
 * limit.c - the inverse questions: how far may one value go until the slots
 * there are no longer do?
 *
 * More of anything never needs fewer slots (a longer period never more), so
 * the answer is found by halving: exact, with the same formulas as forward.
 */
#include <stdbool.h>
#include <stddef.h>

#include <dsi/errno.h>
#include <dsi/sizing.h>

#include "dsi/desc.h"

struct limit {
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader reader;
	uint64_t slots;
	uint64_t step; /* the period in multiples of this */
	uint64_t *value;
	struct dsi_text why;
	char *buffer;
	uint32_t bytes;
	bool keep_start; /* the start offset given must stay large enough */
	bool underrun;	 /* that is why the last try failed */
	int err;	 /* why it failed, if it was no matter of slots */
};

static int refuse(struct limit *l, int err, const char *sentence)
{
	dsi__text_add(&l->why, sentence);
	return err;
}

/* Are the slots enough for this value? */
static bool enough(struct limit *l, uint64_t value)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};

	*l->value = value * l->step;
	l->err = dsi_size_reader(&l->writer, &l->reader, &need, l->buffer,
				 l->bytes);
	/* A finite stream always fits in as many slots as it has packets, also
	 * if its latency is beyond calculation. */
	if (l->err == -DSI_EOVERFLOW && l->writer.packets &&
	    l->slots >= l->writer.packets &&
	    !(l->reader.flags & DSI_READER_START_GIVEN))
		l->err = 0;
	l->underrun = !l->err && l->keep_start && need.underrun;
	return !l->err && !l->underrun && need.slots <= l->slots;
}

static bool has_grid(uint32_t pace)
{
	return pace <= DSI_PACE_STALL;
}

/* The place of the parameter, or NULL if this pace does not have it. */
static uint64_t *place(struct limit *l, uint32_t parameter)
{
	uint32_t pace = l->reader.pace;

	switch (parameter) {
	case DSI_LIMIT_WRITER_JITTER:
		return &l->writer.stream.jitter;
	case DSI_LIMIT_WRITER_HOLD:
		return &l->writer.hold;
	case DSI_LIMIT_READER_JITTER:
		return has_grid(pace) ? &l->reader.jitter : NULL;
	case DSI_LIMIT_READER_HOLD:
		return has_grid(pace) ? &l->reader.hold : NULL;
	case DSI_LIMIT_WAKE:
		return pace == DSI_PACE_ANCHORED || pace == DSI_PACE_STALL ||
				       pace == DSI_PACE_SERVICE
			       ? &l->reader.wake
			       : NULL;
	case DSI_LIMIT_SERVICE:
		return pace == DSI_PACE_SERVICE ? &l->reader.service : NULL;
	case DSI_LIMIT_RESPONSE:
		return pace == DSI_PACE_RESPONSE ? &l->reader.response : NULL;
	case DSI_LIMIT_START:
		return has_grid(pace) ? &l->reader.start : NULL;
	case DSI_LIMIT_PERIOD:
		return pace == DSI_PACE_ANCHORED ? NULL
						 : &l->writer.stream.period;
	default:
		return NULL;
	}
}

/* good: enough(good), bad: not; they approach each other. */
static uint64_t halve(struct limit *l, uint64_t good, uint64_t not_good)
{
	while (good + 1 != not_good && not_good + 1 != good) {
		uint64_t middle =
			good / 2 + not_good / 2 + (good & not_good & 1);

		if (enough(l, middle))
			good = middle;
		else
			not_good = middle;
	}
	return good;
}

static int largest(struct limit *l, uint64_t *out_value)
{
	uint64_t high = 1;

	if (!enough(l, 0)) {
		if (l->err)
			return l->err;
		return refuse(l, -DSI_ERANGE,
			      l->underrun ? "start: is too small even for the "
					    "value 0"
					  : "slots: are too few even for the "
					    "value 0");
	}
	while (high < DSI_TICKS_MAX && enough(l, high))
		high *= 2;
	if (high >= DSI_TICKS_MAX && enough(l, DSI_TICKS_MAX)) {
		*out_value = UINT64_MAX;
		return 0;
	}
	*out_value = halve(l, high / 2, high);
	/* Did the slots end there, or only what can be calculated? */
	if (!enough(l, *out_value + 1) && l->err == -DSI_EOVERFLOW)
		return l->err;
	return 0;
}

/* Very long periods may leave the exact range; none of them can be the
 * smallest if no shorter one was enough. */
static int smallest(struct limit *l, uint64_t *out_value)
{
	uint64_t most = DSI_TICKS_MAX / l->step;
	uint64_t high = 1;

	while (!enough(l, high)) {
		if (high == most && l->err && l->err != -DSI_EOVERFLOW)
			return l->err;
		if (high == most || l->err == -DSI_EOVERFLOW)
			return refuse(l, -DSI_ERANGE,
				      "slots: are too few for any period");
		high = high > most / 2 ? most : high * 2;
	}
	*out_value = l->step * (high == 1 ? 1 : halve(l, high, high / 2));
	return 0;
}

int dsi_size_limit(const struct dsi_sizing_writer *writer,
		   const struct dsi_sizing_reader *reader, uint64_t slots,
		   uint32_t parameter, uint64_t *out_value, char *why,
		   uint32_t why_bytes)
{
	struct limit l = {.slots = slots,
			  .step = 1,
			  .why = dsi__text(why, why_bytes),
			  .buffer = why,
			  .bytes = why_bytes};
	int err;

	if (!writer || !reader || !out_value || !slots ||
	    dsi__options_copy(&l.writer, writer, sizeof(l.writer)) ||
	    dsi__options_copy(&l.reader, reader, sizeof(l.reader)))
		return refuse(&l, -DSI_EINVAL,
			      "writer, reader or slots: missing, 0, or of an "
			      "unknown size");
	l.value = place(&l, parameter);
	if (!l.value)
		return refuse(&l, -DSI_ENOTSUP,
			      "parameter: this pace has none of that kind, or "
			      "no limit of it is known");
	l.keep_start =
		parameter != DSI_LIMIT_START && parameter != DSI_LIMIT_PERIOD;
	if (parameter == DSI_LIMIT_START) {
		l.reader.flags |= DSI_READER_START_GIVEN;
		/* Not the least one for each start: that would fall as the
		 * start grows, and the slots with it. */
		if (!l.reader.prefill)
			l.reader.prefill = 1;
	}
	if (parameter == DSI_LIMIT_PERIOD && l.writer.units)
		l.step = l.writer.units;
	err = parameter == DSI_LIMIT_PERIOD ? smallest(&l, out_value)
					    : largest(&l, out_value);
	if (!err)
		dsi__text(why, why_bytes); /* forget the tries that failed */
	return err;
}
