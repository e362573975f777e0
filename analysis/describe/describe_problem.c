// SPDX-License-Identifier: MIT
/*
 * describe_problem.c - the question of a description in whole ticks.
 *
 * The tick is the longest time of which 1 ns and all times are multiples: 1 ns
 * if all are whole ns.  It is not longer than 1 ns because a result of "one
 * tick more" is to be next to nothing; only if the times would not fit then,
 * it is the longest of which they alone are multiples.
 */
#include <string.h>

#include "describe/describe_keys.h"

#define NS_PER_S INT64_C(1000000000)

static void to_common(struct exact *tick, const struct describe_value *value)
{
	/* Most times are whole ns already. */
	if (value->value.den == tick->den && tick->num == 1)
		return;
	*tick = exact_gcd(*tick, value->value);
}

/* Is time read in units, so that these must be whole as well? */
static bool has_portions(const struct describe *d)
{
	uint32_t i;

	for (i = 0; i < d->n_readers; i++) {
		if (d->readers[i].units.value)
			return true;
	}
	return false;
}

static struct exact common_tick(const struct describe *d, struct exact tick)
{
	struct describe_value unit = d->period;
	uint32_t i;

	if (has_portions(d))
		unit.value = exact_div(unit.value,
				       exact_int((int64_t)d->units.value));
	to_common(&tick, &unit);
	to_common(&tick, &d->jitter);
	to_common(&tick, &d->distance);
	to_common(&tick, &d->hold);
	to_common(&tick, &d->offset);
	for (i = 0; i < d->n_readers; i++) {
		const struct describe_reader *reader = &d->readers[i];

		to_common(&tick, &reader->jitter);
		to_common(&tick, &reader->hold);
		to_common(&tick, &reader->wake);
		to_common(&tick, &reader->service);
		to_common(&tick, &reader->response);
		to_common(&tick, &reader->start);
		to_common(&tick, &reader->coalesce_wait);
	}
	return tick;
}

/* Conversion of many times; the first that fails is named. */
struct converting {
	struct exact tick;
	const char *failed; /* key, NULL: all went well */
};

static uint64_t ticks(struct converting *c, const char *key,
		      const struct describe_value *value)
{
	struct exact in_ticks;
	uint64_t whole = 0;

	if (value->value.num == 0)
		return 0;
	in_ticks = exact_div(value->value, c->tick);
	if ((!exact_to_u64(in_ticks, &whole) || whole > DSI_TICKS_MAX) &&
	    !c->failed)
		c->failed = key;
	return whole;
}

static uint32_t parts(const struct describe_value *ratio)
{
	struct exact ppb = exact_mul(ratio->value, exact_int(DSI_PPB));
	uint64_t whole = 0;

	return exact_to_u64(ppb, &whole) ? (uint32_t)whole : 0;
}

static uint64_t bytes(const struct describe_value *value)
{
	uint64_t whole = 0;

	return exact_to_u64(value->value, &whole) ? whole : 0;
}

static void convert_stream(struct converting *c, const struct describe *d,
			   struct dsi_jcs *jcs)
{
	struct describe_value early = d->offset;
	uint64_t i;

	early.value = exact_neg(early.value);
	jcs->size = sizeof(*jcs);
	jcs->period = ticks(c, "period", &d->period);
	jcs->jitter = ticks(c, "jitter", &d->jitter);
	jcs->distance = ticks(c, "distance", &d->distance);
	jcs->offset = -(int64_t)ticks(c, "early-late", &early);
	jcs->drift_ppb = parts(&d->drift);
	jcs->min_bytes = bytes(&d->packet_min);
	jcs->max_bytes = bytes(&d->packet);
	for (i = 0; i < d->n_pattern; i++) {
		if (i == 0 || d->pattern[i] < jcs->min_bytes)
			jcs->min_bytes = d->pattern[i];
		if (d->pattern[i] > jcs->max_bytes)
			jcs->max_bytes = d->pattern[i];
	}
}

static void convert_writer(struct converting *c, const struct describe *d,
			   struct dsi_sizing_writer *writer)
{
	writer->size = sizeof(*writer);
	writer->ties = d->ties;
	convert_stream(c, d, &writer->stream);
	writer->hold = ticks(c, "hold-in", &d->hold);
	writer->packets = d->packets.value;
	writer->batch = (uint32_t)d->batch.value;
	writer->units = has_portions(d) ? (uint32_t)d->units.value : 0;
}

static void convert_reader(struct converting *c,
			   const struct describe_reader *from,
			   struct dsi_sizing_reader *to)
{
	to->size = sizeof(*to);
	to->flags = from->start.origin == DESCRIBE_DEFAULT
			    ? 0
			    : DSI_READER_START_GIVEN;
	to->pace = from->pace;
	to->policy = from->policy;
	to->jitter = ticks(c, "jitter-out", &from->jitter);
	to->hold = ticks(c, "hold-out", &from->hold);
	to->wake = ticks(c, "wake", &from->wake);
	to->service = ticks(c, "work", &from->service);
	to->response = ticks(c, "response", &from->response);
	to->start = ticks(c, "start", &from->start);
	to->coalesce_wait = ticks(c, "coalesce-wait", &from->coalesce_wait);
	to->prefill = (uint32_t)from->prefill.value;
	to->batch = (uint32_t)from->batch.value;
	to->units = (uint32_t)from->units.value;
	to->early = (uint32_t)from->early.value;
	to->late = (uint32_t)from->late.value;
	to->coalesce = (uint32_t)from->coalesce.value;
	to->queue = (uint32_t)from->queue.value;
	to->drift_ppb = parts(&from->drift);
}

static void convert_area(const struct describe *d, const struct dsi_jcs *stream,
			 struct dsi_sizing_area *area)
{
	area->size = sizeof(*area);
	area->layout = d->layout;
	area->min_bytes = stream->min_bytes;
	area->max_bytes = stream->max_bytes;
	area->align_bytes = bytes(&d->align);
	area->page_bytes = bytes(&d->page);
	area->control_bytes = bytes(&d->control);
	area->mean_bytes = bytes(&d->mean);
	area->burst_bytes = bytes(&d->burst);
	area->pattern = d->pattern;
	area->n_pattern = d->n_pattern;
}

/* NULL, or the key of the time that does not fit. */
static const char *convert(const struct describe *d, struct exact tick,
			   struct describe_problem *out)
{
	struct converting c = {tick, NULL};
	uint32_t i;

	memset(out, 0, sizeof(*out));
	out->tick = tick;
	if (!exact_ok(tick))
		return "period";
	convert_writer(&c, d, &out->writer);
	for (i = 0; i < d->n_readers; i++)
		convert_reader(&c, &d->readers[i], &out->readers[i]);
	out->n_readers = d->n_readers;
	convert_area(d, &out->writer.stream, &out->area);
	return c.failed;
}

bool describe_problem(const struct describe *d, struct describe_problem *out,
		      char why[DESCRIBE_WHY_BYTES])
{
	struct exact ns = exact_make(1, NS_PER_S);
	const char *failed;

	if (!convert(d, common_tick(d, ns), out))
		return true;
	failed = convert(d, common_tick(d, exact_int(0)), out);
	if (!failed)
		return true;
	return describe_refuse(why,
			       "%s: the times have no common tick in which "
			       "this one is at most 2^62 ticks; write times "
			       "with fewer digits, or as quotients of small "
			       "numbers (1001/30000s)",
			       failed);
}
