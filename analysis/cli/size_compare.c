// SPDX-License-Identifier: MIT
/*
 * size_compare.c - the number of slots beside what other rules would give.
 *
 *   fluid      a token bucket of rate 1/T and burst 1 + tau/T that is served
 *              within L holds at most 1 + (tau + Hp + L)/T packets
 *   original   floor(tau (ceil(rate) + 1)) + 2 of the original DSI
 *   periods    the fixed numbers of periods of sound interfaces: ALSA and
 *              JACK with 2, JACK on USB with 3
 */
#include <string.h>

#include <dsi/types.h>

#include "size_command.h"

struct table {
	const struct size_question *q;
	const struct dsi_sizing_reader *r;
	const struct dsi_sizing_need *need;
	struct size_row *rows;
	uint32_t n;
};

static struct size_row *add(struct table *t, const char *name, uint64_t slots)
{
	struct size_row *row = &t->rows[t->n++];

	row->name = name;
	row->slots = slots;
	row->reason[0] = '\0';
	row->verdict = slots < t->need->slots	 ? "too small"
		       : slots == t->need->slots ? "enough"
						 : "more than needed";
	return row;
}

/* Neither batches nor other units nor clocks that drift. */
static bool plain(const struct table *t)
{
	const struct dsi_sizing_writer *w = &t->q->p.writer;
	uint32_t units = w->units ? w->units : 1;

	return w->batch <= 1 && t->r->batch <= 1 && !w->stream.drift_ppb &&
	       !t->r->drift_ppb && t->r->coalesce <= 1 &&
	       (!t->r->units || t->r->units == units) && !t->r->early &&
	       !t->r->late;
}

static struct exact ticks(uint64_t t)
{
	return exact_make((dsi_wide)t, 1);
}

/* Longest time from commit to release as the fluid model has it. */
static struct exact fluid_delay(const struct table *t, struct exact burst)
{
	if (t->r->pace == DSI_PACE_SERVICE)
		return exact_add(ticks(t->r->wake),
				 exact_mul(ticks(t->r->service), burst));
	return exact_div(size_seconds(t->q, t->need->release_max),
			 t->q->p.tick);
}

static void add_fluid(struct table *t)
{
	const struct dsi_sizing_writer *w = &t->q->p.writer;
	struct exact period = ticks(w->stream.period);
	struct exact burst = exact_add(
		exact_int(1), exact_div(ticks(w->stream.jitter), period));
	struct exact span = exact_add(fluid_delay(t, burst), ticks(w->hold));
	struct exact most = exact_add(burst, exact_div(span, period));
	struct size_row *row;
	uint64_t slots;

	if (!plain(t) || !exact_ok(most) ||
	    !exact_to_u64(exact_floor(most), &slots))
		return;
	row = add(t, "fluid token bucket", slots);
	snprintf(row->reason, sizeof(row->reason), "%s",
		 slots > t->need->slots
			 ? "counts the jitter once in the burst and once in "
			   "the delay"
			 : "");
}

static void append(char *text, size_t bytes, const char *word, bool *any)
{
	size_t used = strlen(text);

	snprintf(text + used, bytes - used, "%s%s", *any ? ", " : "", word);
	*any = true;
}

/* What the original formula leaves out of this stream. */
static void name_missing(const struct table *t, char *text, size_t bytes)
{
	const struct dsi_sizing_writer *w = &t->q->p.writer;
	const struct dsi_sizing_reader *r = t->r;
	bool grid = r->pace <= DSI_PACE_STALL;
	bool any = false;

	snprintf(text, bytes, "does not count ");
	if (w->hold && grid && r->hold)
		append(text, bytes, "the two holds", &any);
	else if (w->hold || (grid && r->hold))
		append(text, bytes, "the hold", &any);
	if (grid && r->jitter)
		append(text, bytes, "the jitter of the consumer", &any);
	if ((r->flags & DSI_READER_START_GIVEN) && r->start)
		append(text, bytes, "the start offset", &any);
	if (w->stream.drift_ppb || r->drift_ppb)
		append(text, bytes, "the drift", &any);
	if (w->batch > 1 || r->batch > 1)
		append(text, bytes, "batches", &any);
	if (r->units && r->units != w->units)
		append(text, bytes, "the other portions of the reader", &any);
	if (r->late || r->early)
		append(text, bytes, "the reordering", &any);
	if (!grid || r->wake)
		append(text, bytes, "how long the consumer takes", &any);
	if (r->pace == DSI_PACE_ANCHORED)
		append(text, bytes, "the start at a packet that was late",
		       &any);
	if (!any)
		snprintf(text, bytes, "adds a constant, not what is needed");
}

/* Its packets are of 1 byte here: only packets a second matter to it, rounded
 * up as it does.  Its jitter is in whole microseconds. */
static void add_original(struct table *t)
{
	struct exact rate =
		exact_ceil(exact_div(exact_int(1), t->q->d.period.value));
	struct exact jitter =
		exact_ceil(exact_mul(t->q->d.jitter.value, exact_int(1000000)));
	uint64_t bandwidth, jitter_us, slots;
	struct size_row *row;

	if (!exact_to_u64(rate, &bandwidth) ||
	    !exact_to_u64(jitter, &jitter_us) ||
	    dsi_size_original(bandwidth, jitter_us, 1, &slots))
		return;
	row = add(t, "original DSI formula", slots);
	if (slots < t->need->slots)
		name_missing(t, row->reason, sizeof(row->reason));
	else if (slots > t->need->slots)
		snprintf(row->reason, sizeof(row->reason),
			 "adds 2 packets to those of the jitter, and 1 for "
			 "every second of it");
	else
		snprintf(row->reason, sizeof(row->reason),
			 "by chance: it does not look at holds and at the "
			 "consumer");
}

static void add_periods(struct table *t)
{
	struct size_row *row;

	if (t->r->pace > DSI_PACE_STALL || !plain(t))
		return;
	row = add(t, "2 periods (ALSA, JACK)", 2);
	snprintf(row->reason, sizeof(row->reason),
		 "one period each side, whatever jitter and holds are");
	row = add(t, "3 periods (JACK on USB)", 3);
	snprintf(row->reason, sizeof(row->reason),
		 "one period of jitter beside, whatever it is");
}

uint32_t size_compare(const struct size_question *q,
		      const struct size_answer *a,
		      struct size_row rows[SIZE_MAX_ROWS])
{
	struct table t = {q, &q->p.readers[a->decides], &a->needs[a->decides],
			  rows, 0};
	bool least = t.need->exact & DSI_EXACT_SLOTS;
	struct size_row *row = add(&t, "this calculation", t.need->slots);

	row->verdict = least ? "least" : "safe";
	snprintf(row->reason, sizeof(row->reason), "%s",
		 least ? "one slot less fails in the schedule shown"
		       : "no schedule is known that needs all of them");
	add_fluid(&t);
	add_original(&t);
	add_periods(&t);
	return t.n;
}
