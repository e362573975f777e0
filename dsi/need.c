/* SPDX-License-Identifier: MIT */
/*
 * need.c - how many packets a stream needs; see need.h.
 *
 * Each pair of producer and consumer is sized in a tick of its own, the least
 * common multiple of both: then a consumer with an odd clock cannot push
 * another one's numbers out of the exact range, and the producer comes to the
 * same number when it joins as whoever sized the stream before.
 */
#include "dsi/need.h"

#include <string.h>

#include <dsi/errno.h>

#include "dsi/traffic.h"

/* Both ends in one tick. */
struct question {
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader reader;
	uint64_t tick_hz;
	uint64_t span; /* packets from one synchronisation to the next */
};

/* ---- one tick ------------------------------------------------------------ */

static int common_tick(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t factor = b / dsi__gcd(a, b);

	if (factor > DSI_TICKS_MAX / a)
		return -DSI_EOVERFLOW;
	*out = a * factor;
	return 0;
}

/* @ticks in finer ones; *over is set and never cleared. */
static uint64_t finer(uint64_t ticks, uint64_t factor, int *over)
{
	if (ticks > DSI_TICKS_MAX / factor)
		*over = 1;
	return ticks * factor;
}

static void ask_writer(struct dsi_sizing_writer *writer,
		       const struct dsi_traffic *traffic, uint64_t factor,
		       int *over)
{
	dsi_size_writer_of(traffic, writer);
	writer->stream.period = finer(traffic->period, factor, over);
	writer->stream.jitter = finer(traffic->jitter, factor, over);
	writer->stream.distance = finer(traffic->distance, factor, over);
	writer->hold = finer(traffic->hold, factor, over);
}

static void ask_reader(struct dsi_sizing_reader *reader,
		       const struct dsi_usage *usage, uint32_t policy,
		       uint64_t factor, int *over)
{
	*reader = (struct dsi_sizing_reader){
		.size = sizeof(*reader),
		.flags = usage->flags,
		.pace = usage->pace,
		.policy = policy,
		.jitter = finer(usage->jitter, factor, over),
		.hold = finer(usage->hold, factor, over),
		.wake = finer(usage->wake, factor, over),
		.service = finer(usage->service, factor, over),
		.response = finer(usage->response, factor, over),
		.start = finer(usage->start, factor, over),
		.prefill = usage->prefill,
		.batch = usage->batch,
		.drift_ppb = usage->drift_ppb,
	};
}

static int ask(struct question *question, const struct dsi_traffic *traffic,
	       const struct dsi_usage *usage, uint32_t policy,
	       struct dsi_text *why)
{
	int over = 0;
	uint64_t hz = 0;

	if (common_tick(traffic->tick_hz, usage->tick_hz, &hz)) {
		dsi__text_add(why, "tick_hz: the producer's ");
		dsi__text_number(why, traffic->tick_hz);
		dsi__text_add(why, " and the consumer's ");
		dsi__text_number(why, usage->tick_hz);
		dsi__text_add(why, " have no common multiple up to 2^62");
		return -DSI_EOVERFLOW;
	}
	question->tick_hz = hz;
	ask_writer(&question->writer, traffic, hz / traffic->tick_hz, &over);
	ask_reader(&question->reader, usage, policy, hz / usage->tick_hz,
		   &over);
	/* Without a drift the clocks need no synchronisation, and the stream
	 * is without end. */
	if (traffic->drift_ppb || usage->drift_ppb) {
		question->span = traffic->span;
		/* The jitter of an anchor may be made up for at any time, not
		 * just within the span; without a distance at once. */
		question->writer.stream.distance = 0;
	}
	if (question->span && (traffic->batch > 1u || usage->batch > 1u)) {
		dsi__text_add(why, "batch: batches that straddle a "
				   "synchronisation of drifting clocks have no "
				   "known bound; declare single packets with "
				   "batch - 1 periods more jitter");
		return -DSI_ENOTSUP;
	}
	if (!over)
		return 0;
	dsi__text_add(why, "tick_hz: a time is more than 2^62 of the ");
	dsi__text_number(why, hz);
	dsi__text_add(why, " ticks a second that both ends have in common");
	return -DSI_EOVERFLOW;
}

/* ---- the answer ---------------------------------------------------------- */

static int size(const struct question *question, struct dsi_sizing_need *out,
		struct dsi_text *why)
{
	char sentence[DSI_SIZING_WHY_BYTES] = "";
	int err;

	*out = (struct dsi_sizing_need){.size = sizeof(*out)};
	err = dsi_size_reader(&question->writer, &question->reader, out,
			      sentence, sizeof(sentence));
	if (!err)
		return 0;
	dsi__text_add(why, sentence);
	dsi__text_add(why, " (in ticks of 1/");
	dsi__text_number(why, question->tick_hz);
	dsi__text_add(why, " s)");
	return err;
}

/* Packets from before and after a synchronisation live together: those that
 * live at once are added to the span, until there are no more of them. */
static int size_span(struct question *question, struct dsi_sizing_need *out,
		     struct dsi_text *why)
{
	uint64_t slots = 0;

	for (int i = 0; i < 16; i++) {
		int err;

		if (question->span)
			question->writer.packets = question->span + slots;
		err = size(question, out, why);
		if (err)
			return err;
		if (!question->span || out->slots <= slots)
			return 0;
		slots = out->slots;
		if (slots >= question->span)
			break;
	}
	dsi__text_field(why, "traffic.span", question->span,
			"packets are too few: as many may be in use at once; "
			"synchronise the clocks less often");
	return -DSI_ENOTSUP;
}

/* A start that follows is the first whole tick that can be used, and the
 * packets are those for it. */
static int size_start(struct question *question, struct dsi_sizing_need *out,
		      struct dsi_text *why)
{
	struct dsi_sizing_reader *reader = &question->reader;
	int err = size_span(question, out, why);

	if (err || (reader->flags & DSI_READER_START_GIVEN) ||
	    reader->pace > DSI_PACE_ANCHORED)
		return err;
	reader->flags |= DSI_READER_START_GIVEN;
	reader->start = (uint64_t)out->start.whole + (out->start.num != 0);
	if (reader->start >= DSI_TICKS_MAX) {
		dsi__text_field(why, "start", reader->start,
				"ticks and more are too late to be counted");
		return -DSI_EOVERFLOW;
	}
	reader->prefill = out->prefill;
	err = size_span(question, out, why);
	if (!err && out->underrun) {
		reader->start++;
		err = size_span(question, out, why);
	}
	return err;
}

/* It gave a start, and there might be no packet then. */
static int too_early(struct question *question, struct dsi_text *why)
{
	struct dsi_sizing_need least;
	struct dsi_text none = dsi__text(NULL, 0);
	uint64_t start = question->reader.start;

	dsi__text_add(why, "start: after ");
	dsi__text_ticks(why, start, question->tick_hz);
	dsi__text_add(why, " the consumer may find no packet");
	question->reader.flags &= ~DSI_READER_START_GIVEN;
	question->reader.start = 0;
	if (size_start(question, &least, &none) == 0) {
		dsi__text_add(why, "; it must start no earlier than ");
		dsi__text_ticks(why, (uint64_t)least.start.whole,
				question->tick_hz);
	}
	return -DSI_ENOMATCH;
}

int dsi__need(const struct dsi_traffic *traffic, const struct dsi_usage *usage,
	      uint32_t policy, struct dsi_sizing_need *out,
	      uint64_t *out_tick_hz, struct dsi_text *why)
{
	struct question question = {0};
	int err = ask(&question, traffic, usage, policy, why);

	if (!err)
		err = size_start(&question, out, why);
	if (err)
		return err;
	*out_tick_hz = question.tick_hz;
	return out->underrun ? too_early(&question, why) : 0;
}

/* ---- is it enough? ------------------------------------------------------- */

static int too_few(uint64_t need, uint32_t policy, uint32_t have,
		   struct dsi_text *why)
{
	int queue = policy == DSI_POLICY_DROP_NEW;

	dsi__text_add(why, queue ? "queue_packets" : "packets");
	dsi__text_add(why, ": by what both ends declare the consumer needs ");
	dsi__text_number(why, need);
	dsi__text_add(why, queue ? ", its queue takes " : ", the stream has ");
	dsi__text_number(why, have);
	dsi__text_add(why, queue ? "; ask for as many, or for 0"
				 : " for it; give the stream more packets, or "
				   "an end less jitter or hold");
	return -DSI_ENOMATCH;
}

static int too_many(uint64_t need, struct dsi_text *why)
{
	dsi__text_field(why, "packets", need,
			"would be needed, 65535 are possible");
	return -DSI_ERANGE;
}

int dsi__need_match(const struct dsi_traffic *traffic,
		    const struct dsi_usage *usage, uint32_t policy,
		    uint32_t have, uint32_t *out_packets, struct dsi_text *why)
{
	struct dsi_sizing_need need;
	uint64_t tick_hz;
	int err;

	*out_packets = 0;
	if (!dsi__usage_given(usage))
		return 0;
	err = dsi__period_match(traffic, usage, why);
	if (err || !dsi__traffic_given(traffic))
		return err;
	err = dsi__need(traffic, usage, policy, &need, &tick_hz, why);
	if (err)
		return err;
	if (have && need.slots > have)
		return too_few(need.slots, policy, have, why);
	if (need.slots > DSI_MAX_PACKETS)
		return too_many(need.slots, why);
	*out_packets = (uint32_t)need.slots;
	return 0;
}

int dsi__need_tell(const struct dsi_traffic *traffic,
		   const struct dsi_usage *usage, uint32_t policy,
		   struct dsi_sizing_need *out, uint64_t *out_tick_hz)
{
	struct dsi_text none = dsi__text(NULL, 0);
	struct dsi_sizing_need need;
	uint64_t tick_hz;
	int err;

	if (!out || !out_tick_hz || out->size < sizeof(need.size) ||
	    out->size > sizeof(need))
		return -DSI_EINVAL;
	if (!dsi__traffic_given(traffic) || !dsi__usage_given(usage))
		return -DSI_EDOM;
	err = dsi__need(traffic, usage, policy, &need, &tick_hz, &none);
	if (err)
		return err;
	need.size = out->size;
	memcpy(out, &need, need.size);
	*out_tick_hz = tick_hz;
	return 0;
}

/* ---- several consumers --------------------------------------------------- */

int dsi__need_add(struct dsi_need_sum *sum, const struct dsi_traffic *traffic,
		  const struct dsi_wish *wish, struct dsi_text *why)
{
	int queue = wish->policy == DSI_POLICY_DROP_NEW;
	uint32_t need = 0;
	int err;

	if (!dsi__usage_given(&wish->usage) &&
	    (wish->policy == DSI_POLICY_BLOCK ||
	     (queue && !wish->queue_packets))) {
		dsi__text_add(why, "usage: is not declared, so the stream "
				   "cannot size itself; declare it, or give "
				   "the stream's packets");
		return -DSI_EINVAL;
	}
	err = dsi__need_match(traffic, &wish->usage, wish->policy,
			      queue ? wish->queue_packets : 0, &need, why);
	if (err)
		return err;
	if (queue && wish->queue_packets)
		need = wish->queue_packets;
	if (queue) /* and a place for the end of the stream */
		sum->pinned += need + 1u;
	else if (sum->shared < need)
		sum->shared = need;
	if (sum->held < wish->hold_packets)
		sum->held = wish->hold_packets;
	return 0;
}

/* What the producer holds itself, if nobody keeps a packet longer.  A reader
 * on a grid that takes no time is safe, if not always the least; but only that
 * one is answered with batches and drift. */
static int own_need(const struct dsi_traffic *traffic, uint64_t *shared,
		    struct dsi_text *why)
{
	const struct dsi_usage nobody = {
		.tick_hz = traffic->tick_hz,
		.pace = traffic->batch > 1u || traffic->drift_ppb
				? DSI_PACE_GRID
				: DSI_PACE_RESPONSE,
	};
	uint32_t need;
	int err = dsi__need_match(traffic, &nobody, DSI_POLICY_BLOCK, 0, &need,
				  why);

	if (!err && *shared < need)
		*shared = need;
	return err;
}

int dsi__need_total(const struct dsi_need_sum *sum,
		    const struct dsi_stream_desc *desc, uint32_t *out,
		    struct dsi_text *why)
{
	uint64_t shared = sum->shared;
	int err = shared ? 0 : own_need(&desc->traffic, &shared, why);

	if (err)
		return err;
	if (shared < sum->held)
		shared = sum->held;
	if (shared + sum->pinned > DSI_MAX_PACKETS)
		return too_many(shared + sum->pinned, why);
	if (desc->ring_slots && desc->ring_slots < shared) {
		dsi__text_field(why, "ring_slots", desc->ring_slots,
				"are fewer than the packets needed, ");
		dsi__text_number(why, shared);
		dsi__text_add(why, "; give 0 for as many as fit");
		return -DSI_EINVAL;
	}
	*out = (uint32_t)(shared + sum->pinned);
	return 0;
}

int dsi_stream_desc_size(struct dsi_stream_desc *desc,
			 const struct dsi_usage *readers, uint32_t n_readers,
			 char *why, uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why_bytes);
	struct dsi_need_sum sum = {0};
	struct dsi_wish wish = {.policy = DSI_POLICY_BLOCK};
	uint32_t packets = 0;
	int err = dsi__desc_sizable(desc, &text);

	if (!err && (!readers || !n_readers || n_readers > DSI_MAX_CONSUMERS)) {
		dsi__text_field(&text, "n_readers", n_readers,
				"is not in 1..16");
		err = -DSI_EINVAL;
	}
	for (uint32_t i = 0; !err && i < n_readers; i++) {
		wish.usage = readers[i];
		err = dsi__usage_check(&wish.usage, &text);
		if (!err)
			err = dsi__need_add(&sum, &desc->traffic, &wish, &text);
	}
	if (!err)
		err = dsi__need_total(&sum, desc, &packets, &text);
	if (!err)
		desc->packets = packets;
	return err;
}
