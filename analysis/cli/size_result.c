// SPDX-License-Identifier: MIT
/*
 * size_result.c - the numbers of the answer of `dsi size` for people.
 */
#include <inttypes.h>

#include <dsi/types.h>

#include "size_command.h"
#include "size_text.h"

static const char *quality(const struct dsi_sizing_need *need, uint32_t bit)
{
	return need->exact & bit ? "least possible" : "safe, not always least";
}

static bool is_zero(struct dsi_ticks t)
{
	return t.whole == 0 && t.num == 0;
}

static void print_given_start(const struct size_question *q,
			      const struct dsi_sizing_need *need)
{
	char start[QUANTITY_TEXT_BYTES];
	char early[QUANTITY_TEXT_BYTES];
	bool strict = q->p.writer.ties == DSI_TIES_STRICT;

	printf("start       first read %s after the first packet is due "
	       "(given)\n",
	       size_show_ticks(q, need->start, start));
	if (!need->underrun)
		return;
	quantity_show_time(exact_neg(size_seconds(q, need->get_min)), early);
	printf("            UNDERRUN possible: too early by %s%s; what follows "
	       "is "
	       "for a\n            consumer that leaves out what is late\n",
	       strict && is_zero(need->get_min) ? "the least bit, " : "",
	       early);
}

/* @reader's first read. */
static void print_start(const struct size_question *q, uint32_t reader,
			const struct dsi_sizing_need *need)
{
	const struct dsi_sizing_reader *r = &q->p.readers[reader];
	char start[QUANTITY_TEXT_BYTES];
	bool more = q->p.writer.ties == DSI_TIES_STRICT &&
		    r->pace != DSI_PACE_STALL && is_zero(need->get_min);

	if (r->pace > DSI_PACE_STALL) {
		printf("start       when the first packet is there\n");
		return;
	}
	if ((r->flags & DSI_READER_START_GIVEN) &&
	    r->pace != DSI_PACE_ANCHORED) {
		print_given_start(q, need);
		return;
	}
	size_show_ticks(q, need->start, start);
	if (r->pace == DSI_PACE_ANCHORED)
		printf("start       first read %s%s after it saw %" PRIu32
		       " packet%s (%s)%s\n",
		       more ? "more than " : "", start, need->prefill,
		       need->prefill == 1 ? "" : "s",
		       r->flags & DSI_READER_START_GIVEN
			       ? "given"
			       : quality(need, DSI_EXACT_START),
		       need->underrun ? "; UNDERRUN possible" : "");
	else
		printf("start       first read %s%s after the first packet is "
		       "due (%s)\n",
		       more ? "more than " : "at ", start,
		       quality(need, DSI_EXACT_START));
}

/* Why one slot less is not enough. */
static void print_witness(const struct size_question *q, uint32_t reader,
			  const struct dsi_sizing_need *need)
{
	char due[QUANTITY_TEXT_BYTES];
	char back[QUANTITY_TEXT_BYTES];
	struct size_schedule s;
	struct exact slot, release;

	if (need->slots < 2 || !size_schedule(q, reader, need, &s))
		return;
	slot = size_schedule_packet(&s, need->last).slot;
	release = size_schedule_packet(&s, need->first).release;
	printf("            %" PRIu64 " fail%s: packet %" PRIu64
	       " needs its slot at %s, packet %" PRIu64
	       " may be held until %s%s\n",
	       need->slots - 1, need->slots == 2 ? "s" : "", need->last,
	       quantity_show_time(slot, due), need->first,
	       quantity_show_time(release, back),
	       exact_cmp(slot, release) == 0 ? ", the same instant" : "");
}

static void print_slots(const struct size_question *q,
			const struct size_answer *a)
{
	const struct dsi_sizing_need *need = &a->needs[a->decides];
	char life[QUANTITY_TEXT_BYTES];

	printf("slots       %-6" PRIu64 "      (%s) for a life time of %s\n",
	       a->slots, quality(need, DSI_EXACT_SLOTS),
	       size_show_ticks(q, need->lifetime, life));
	if (need->slots_closed != need->slots)
		printf("            %" PRIu64 " if a release comes before a "
		       "get at the same instant (--ties closed)\n",
		       need->slots_closed);
	if (need->units)
		printf("            %" PRIu64 " frames, if space is freed "
		       "frame by frame\n",
		       need->units);
	print_witness(q, a->decides, need);
}

static void print_readers(const struct size_question *q,
			  const struct size_answer *a)
{
	char start[QUANTITY_TEXT_BYTES];

	for (uint32_t i = 0; i < q->p.n_readers && q->p.n_readers > 1; i++) {
		const struct dsi_sizing_need *need = &a->needs[i];

		printf("%-11s %s: %" PRIu64 " slots (%s)", i ? "" : "readers",
		       q->d.readers[i].name, need->slots,
		       quality(need, DSI_EXACT_SLOTS));
		if (q->p.readers[i].pace <= DSI_PACE_STALL)
			printf(", starts at %s",
			       size_show_ticks(q, need->start, start));
		printf("%s%s\n", need->underrun ? ", UNDERRUN possible" : "",
		       i == a->decides ? ", decides" : "");
	}
}

static void print_loss(const struct size_question *q,
		       const struct size_answer *a, uint32_t reader)
{
	const struct dsi_sizing_loss *loss = &a->losses[reader];
	const char *name = q->d.readers[reader].name;
	const char *how = loss->exact ? "" : "at most ";
	char wait[QUANTITY_TEXT_BYTES];

	if (!a->has_loss[reader])
		return;
	printf("too few     %s%s", name, *name ? ": " : "");
	switch (q->p.readers[reader].policy) {
	case DSI_POLICY_BLOCK:
		if (!loss->exact)
			printf("the producer must wait for a slot, with no "
			       "bound known; it may fall behind more and "
			       "more\n");
		else
			printf("nothing is lost, the producer waits up to %s "
			       "for a slot\n",
			       size_show_ticks(q, loss->wait, wait));
		break;
	case DSI_POLICY_DROP_NEW:
		printf("%s%" PRIu64 " of any %" PRIu64 " packets are dropped\n",
		       how, loss->lost, loss->of);
		break;
	default:
		printf("every packet may be overwritten before it is "
		       "released\n");
		break;
	}
}

static void print_latency(const struct size_question *q,
			  const struct size_answer *a)
{
	const struct dsi_sizing_need *need = &a->needs[a->decides];
	char least[QUANTITY_TEXT_BYTES];
	char most[QUANTITY_TEXT_BYTES];
	char back[QUANTITY_TEXT_BYTES];

	printf("latency     commit to read %s to %s, commit to release at most "
	       "%s (%s)\n",
	       size_show_ticks(q, need->get_min, least),
	       size_show_ticks(q, need->get_max, most),
	       size_show_ticks(q, need->release_max, back),
	       need->exact & DSI_EXACT_LATENCY ? "reached" : "safe");
	printf("backlog     at most %" PRIu64
	       " committed and not yet read (%s)\n",
	       need->backlog,
	       need->exact & DSI_EXACT_BACKLOG ? "reached" : "safe");
}

static void print_memory(const struct size_question *q,
			 const struct size_answer *a)
{
	const struct dsi_sizing_bytes *b = &a->bytes;

	if (!a->has_bytes)
		return;
	printf("memory      %" PRIu64 " B of data, %" PRIu64
	       " B of it padding (%s)",
	       b->area, b->padding, b->exact ? "least possible" : "safe");
	if (b->control)
		printf("; %" PRIu64 " x %" PRIu64 " B of control, %" PRIu64
		       " B in all",
		       a->slots, q->p.area.control_bytes, b->total);
	putchar('\n');
}

static void print_headroom(const struct size_question *q,
			   const struct size_answer *a)
{
	const struct size_headroom *h = &a->headroom;
	const char *what = size_parameters[h->parameter].name;
	bool grid = q->p.readers[a->decides].pace <= DSI_PACE_STALL;
	char spare[QUANTITY_TEXT_BYTES];

	if (!h->known)
		return;
	if (h->unlimited) {
		printf("headroom    any %s fits in %" PRIu64 " slot%s\n", what,
		       a->slots, a->slots == 1 ? "" : "s");
		return;
	}
	printf("headroom    %s%s more %s fits in %" PRIu64 " slot%s\n",
	       h->less_than ? "just under " : "",
	       quantity_show_time(size_seconds_of(q, h->ticks), spare),
	       grid ? "jitter or hold of the consumer" : what, a->slots,
	       a->slots == 1 ? "" : "s");
}

/* Which value, made a little smaller, saves a slot? */
static void print_wanted(const struct size_question *q,
			 const struct size_answer *a)
{
	uint64_t least = UINT64_MAX, at = 0;
	uint32_t best = 0;
	bool best_reached = true;
	char now[QUANTITY_TEXT_BYTES];
	char value[QUANTITY_TEXT_BYTES];

	if (a->slots < 2)
		return;
	for (uint32_t i = 0; i < DSI_LIMIT_START; i++) {
		uint64_t have = size_parameter_now(q, a->decides, i);
		char why[DSI_SIZING_WHY_BYTES];
		bool reached;
		uint64_t edge;

		if (!have ||
		    size_limit(q, a->decides, a->slots - 1, i, &edge, &reached,
			       why) ||
		    edge > have || have - edge > least ||
		    (have - edge == least &&
		     have < size_parameter_now(q, a->decides, best)))
			continue;
		least = have - edge;
		best = i;
		at = edge;
		best_reached = reached;
	}
	if (least == UINT64_MAX)
		return;
	printf("wanted less %s (%s): with %s %s %" PRIu64 " slot%s enough\n",
	       size_parameters[best].name,
	       quantity_show_time(
		       size_seconds_of(q,
				       size_parameter_now(q, a->decides, best)),
		       now),
	       best_reached ? "at most" : "less than",
	       quantity_show_time(size_seconds_of(q, at), value), a->slots - 1,
	       a->slots == 2 ? " is" : "s are");
}

void size_print_result(const struct size_question *q,
		       const struct size_answer *a)
{
	print_start(q, a->decides, &a->needs[a->decides]);
	print_slots(q, a);
	print_readers(q, a);
	for (uint32_t i = 0; i < q->p.n_readers; i++)
		print_loss(q, a, i);
	print_latency(q, a);
	print_memory(q, a);
	print_headroom(q, a);
	print_wanted(q, a);
}
