// SPDX-License-Identifier: MIT
/*
 * size_text.c - the answer of `dsi size` for people.
 *
 * Every number says whether it is the least possible or safe; a number that
 * rests on something that was not given says so.
 */
#include <inttypes.h>
#include <string.h>

#include <dsi/types.h>

#include "size_command.h"
#include "size_text.h"

char *size_show_ticks(const struct size_question *q, struct dsi_ticks t,
		      char text[QUANTITY_TEXT_BYTES])
{
	return quantity_show_time(size_seconds(q, t), text);
}

static char *show(struct exact seconds, char text[QUANTITY_TEXT_BYTES])
{
	return quantity_show_time(seconds, text);
}

static const char *not_given(enum describe_origin origin)
{
	return origin == DESCRIBE_DEFAULT ? " (not given)" : "";
}

static void print_stream(const struct size_question *q)
{
	const struct describe *d = &q->d;
	char rate[QUANTITY_TEXT_BYTES];
	char period[QUANTITY_TEXT_BYTES];

	printf("stream      %s, period %s",
	       quantity_show_rate(exact_div(exact_int(1), d->period.value),
				  rate),
	       show(d->period.value, period));
	if (q->p.area.n_pattern)
		printf(", %" PRIu64 " sizes that repeat", q->p.area.n_pattern);
	else if (q->p.area.max_bytes)
		printf(", packets of %s%" PRIu64 " B",
		       q->p.area.min_bytes == q->p.area.max_bytes ? ""
								  : "at most ",
		       q->p.area.max_bytes);
	if (q->p.area.align_bytes > 1)
		printf(" (aligned to %" PRIu64 " B)", q->p.area.align_bytes);
	putchar('\n');
}

static void print_packets(const struct size_question *q)
{
	const struct describe *d = &q->d;

	if (d->packets.value)
		printf("            %" PRIu64 " packets in all, or from one "
		       "synchronisation of the clocks to the next\n",
		       d->packets.value);
	if (d->batch.value > 1)
		printf("            commits %" PRIu64 " packets at a time\n",
		       d->batch.value);
	if (d->units.value)
		printf("            %" PRIu64 " frames in a packet\n",
		       d->units.value);
}

static void print_producer(const struct size_question *q)
{
	const struct describe *d = &q->d;
	char jitter[QUANTITY_TEXT_BYTES];
	char hold[QUANTITY_TEXT_BYTES];
	char distance[QUANTITY_TEXT_BYTES];

	printf("assumed     producer: commits up to %s late%s, holds a slot up "
	       "to %s before%s\n",
	       show(d->jitter.value, jitter), not_given(d->jitter.origin),
	       show(d->hold.value, hold), not_given(d->hold.origin));
	if (exact_sign(d->offset.value) < 0)
		printf("            due times are the earliest ones, %s before "
		       "those on the grid\n",
		       show(exact_neg(d->offset.value), distance));
	if (exact_sign(d->distance.value) > 0)
		printf("            commits are at least %s apart\n",
		       show(d->distance.value, distance));
	print_packets(q);
}

static void print_grid_reader(const struct describe_reader *r)
{
	char jitter[QUANTITY_TEXT_BYTES];
	char hold[QUANTITY_TEXT_BYTES];

	printf("%s: reads up to %s late%s, holds a packet up to %s%s\n",
	       r->pace == DSI_PACE_ANCHORED ? "on a grid from the packet it saw"
	       : r->pace == DSI_PACE_STALL ? "on a grid, waits for late packets"
					   : "on a grid",
	       show(r->jitter.value, jitter), not_given(r->jitter.origin),
	       show(r->hold.value, hold), not_given(r->hold.origin));
}

static void print_reader(const struct describe_reader *r)
{
	char time[QUANTITY_TEXT_BYTES];
	char wake[QUANTITY_TEXT_BYTES];

	printf("            consumer%s%s ", *r->name ? " " : "", r->name);
	switch (r->pace) {
	case DSI_PACE_SERVICE:
		printf("blocking: wakes up within %s%s, works up to %s for a "
		       "packet\n",
		       show(r->wake.value, wake), not_given(r->wake.origin),
		       show(r->service.value, time));
		break;
	case DSI_PACE_RESPONSE:
		printf("responding: releases within %s after the commit\n",
		       show(r->response.value, time));
		break;
	default:
		print_grid_reader(r);
		break;
	}
	if (r->policy != DSI_POLICY_BLOCK)
		printf("            and its policy is %s\n",
		       size_policy(r->policy));
	if (r->batch.value > 1)
		printf("            and it takes %" PRIu64
		       " packets at a time\n",
		       r->batch.value);
	if (r->units.value)
		printf("            and it reads %" PRIu64
		       " frames at a time\n",
		       r->units.value);
	if (r->coalesce.value > 1)
		printf("            and it is woken at every %" PRIu64
		       ". packet\n",
		       r->coalesce.value);
}

/* Parts in a million, with the digits there are. */
static void print_ppm(const char *who, const struct describe_value *drift)
{
	struct exact ppb = exact_mul(drift->value, exact_int(DSI_PPB));
	uint64_t n = 0;

	if (!exact_to_u64(ppb, &n))
		n = 0;
	printf("%s %" PRIu64, who, n / 1000);
	if (n % 1000)
		printf(".%03" PRIu64, n % 1000);
	printf(" ppm%s", not_given(drift->origin));
}

static void print_clocks(const struct size_question *q)
{
	const struct describe *d = &q->d;
	bool drift = exact_sign(d->drift.value) != 0;
	bool given = d->drift.origin != DESCRIBE_DEFAULT;

	for (uint32_t i = 0; i < d->n_readers; i++) {
		drift |= exact_sign(d->readers[i].drift.value) != 0;
		given |= d->readers[i].drift.origin != DESCRIBE_DEFAULT;
	}
	if (!drift) {
		printf("            clocks: no drift%s; events at one instant "
		       "come in %s order\n",
		       given ? "" : " (not given)",
		       d->ties == DSI_TIES_CLOSED ? "the best" : "the worst");
		return;
	}
	print_ppm("            clocks: producer", &d->drift);
	for (uint32_t i = 0; i < d->n_readers; i++)
		print_ppm(", consumer", &d->readers[i].drift);
	putchar('\n');
}

static void print_assumed(const struct size_question *q)
{
	print_producer(q);
	for (uint32_t i = 0; i < q->d.n_readers; i++)
		print_reader(&q->d.readers[i]);
	print_clocks(q);
}

static void print_compare(const struct size_question *q,
			  const struct size_answer *a)
{
	struct size_row rows[SIZE_MAX_ROWS];
	uint32_t n = size_compare(q, a, rows);

	for (uint32_t i = 0; i < n; i++)
		printf("%-11s %-24s %6" PRIu64 "  %s%s%s\n", i ? "" : "compare",
		       rows[i].name, rows[i].slots, rows[i].verdict,
		       rows[i].reason[0] ? ": " : "", rows[i].reason);
}

static void print_warnings(const struct size_question *q)
{
	for (uint32_t i = 0; i < q->d.n_warnings; i++)
		printf("warning     %s\n", q->d.warnings[i]);
}

void size_print_text(const struct size_question *q, const struct size_answer *a,
		     const struct size_show *what)
{
	print_stream(q);
	print_assumed(q);
	size_print_result(q, a);
	printf("status      proved from the assumptions above; not "
	       "measured\n");
	if (what->compare)
		print_compare(q, a);
	print_warnings(q);
}
