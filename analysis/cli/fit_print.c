// SPDX-License-Identifier: MIT
/*
 * fit_print.c - what `dsi fit` found, for people.
 */
#include <inttypes.h>
#include <stdio.h>

#include "describe/quantity.h"
#include "fit_command.h"

struct exact fit_seconds(const struct fit_answer *a, struct exact ticks)
{
	return exact_mul(ticks, a->tick);
}

struct exact fit_time(const struct fit_answer *a, size_t point)
{
	return exact_mul(
		exact_make(a->points->base + a->points->at[point].time, 1),
		a->tick);
}

struct exact fit_length(const struct fit_answer *a)
{
	return fit_seconds(a, exact_int(a->points->at[a->points->n - 1].time));
}

static int64_t number(const struct fit_answer *a, size_t point)
{
	return a->points->at[point].number;
}

static const char *show_ticks(const struct fit_answer *a, struct exact ticks,
			      char text[QUANTITY_TEXT_BYTES])
{
	return quantity_show_time(fit_seconds(a, ticks), text);
}

static void print_period(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];
	char more[QUANTITY_TEXT_BYTES];

	printf("period      %s", show_ticks(a, a->fit.period, text));
	if (exact_ok(a->nominal)) {
		printf(" (given)\n");
		if (exact_ok(a->tightest))
			printf("            %s fits best: %+.3f ppm\n",
			       show_ticks(a, a->tightest, more),
			       (exact_double(
					exact_div(a->tightest, a->fit.period)) -
				1) * 1e6);
		return;
	}
	putchar('\n');
}

static void print_jitter(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];

	printf("jitter      %s; earliest: packet %" PRId64 " (%" PRIu64
	       " so early), latest: packet %" PRId64 " (%" PRIu64 " so late)\n",
	       show_ticks(a, a->fit.jitter, text), number(a, a->fit.earliest),
	       a->fit.n_earliest, number(a, a->fit.latest), a->fit.n_latest);
	if (!a->fit.has_distance)
		printf("distance    not known: no two consecutive numbers\n");
	else
		printf("distance    %s, after packet %" PRId64 "\n",
		       show_ticks(a, exact_int(a->fit.distance), text),
		       number(a, a->fit.distance_at));
	printf("offset      %s after the first time stamp minus %" PRId64
	       " periods\n",
	       show_ticks(a,
			  exact_add(a->fit.offset,
				    exact_mul(a->fit.period,
					      exact_int(number(a, 0)))),
			  text),
	       number(a, 0));
}

static void print_facts(const struct fit_answer *a)
{
	char first[QUANTITY_TEXT_BYTES];
	char last[QUANTITY_TEXT_BYTES];

	printf("drift       mean lateness of the first %zu packets %s, of the "
	       "last %s\n",
	       a->fit.tenth, show_ticks(a, a->fit.first_late, first),
	       show_ticks(a, a->fit.last_late, last));
	printf("burst       %" PRIu64
	       " packet%s in a row with gaps below half a period, from "
	       "packet %" PRId64 "\n",
	       a->fit.burst, a->fit.burst == 1 ? "" : "s",
	       number(a, a->fit.burst_at));
}

static void print_margin(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];

	if (!a->margin_text)
		return;
	printf("margin      %s: use jitter %s", a->margin_text,
	       quantity_show_time(a->jitter_used, text));
	if (a->fit.has_distance)
		printf(", distance %s",
		       quantity_show_time(a->distance_used, text));
	putchar('\n');
}

static void print_status(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];
	size_t n = a->points->n;

	printf("status      observed in %zu packets over %s; not a bound\n"
	       "            If the order of latenesses told nothing, the next "
	       "packet would exceed\n"
	       "            the largest seen with a chance of 1/%zu; of "
	       "independent packets at\n"
	       "            most 3/%zu do so, at 95 %% confidence. Packets in "
	       "a row are not\n"
	       "            independent: divide the number of packets by how "
	       "long a disturbance\n"
	       "            lasts; with the longest burst that is 3/%zu.\n",
	       n, quantity_show_time(fit_length(a), text), n + 1, n,
	       n / (size_t)a->fit.burst);
}

void fit_print_text(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];

	printf("recording   %zu packets in %s, numbers %" PRId64 " to %" PRId64
	       ", %" PRIu64 " missing\n",
	       a->points->n, quantity_show_time(fit_length(a), text),
	       number(a, 0), number(a, a->points->n - 1), a->fit.missing);
	print_period(a);
	print_jitter(a);
	print_facts(a);
	print_margin(a);
	print_status(a);
}

static void print_jitter_breach(const struct fit_answer *a)
{
	const struct fit_breach *b = &a->jitter_breach;
	char text[QUANTITY_TEXT_BYTES];
	char limit[QUANTITY_TEXT_BYTES];

	quantity_show_time(a->jitter, limit);
	if (b->what == FIT_KEPT) {
		printf("jitter      kept: %s, with at most %s allowed\n",
		       show_ticks(a, a->fit.jitter, text), limit);
		return;
	}
	printf("jitter      broken by packet %" PRId64 ": more than %s %s than "
	       "packet %" PRId64 ", by %s\n",
	       number(a, b->at), limit,
	       b->late ? "later in its period" : "earlier in its period",
	       number(a, b->since), show_ticks(a, b->excess, text));
	printf("            over the whole recording it is %s\n",
	       show_ticks(a, a->fit.jitter, text));
	if (exact_ok(a->tightest) && exact_cmp(a->tightest, a->fit.period) != 0)
		printf("            is the period right? %s fits best\n",
		       show_ticks(a, a->tightest, text));
}

static void print_distance_breach(const struct fit_answer *a)
{
	const struct fit_breach *b = &a->distance_breach;
	char text[QUANTITY_TEXT_BYTES];
	char limit[QUANTITY_TEXT_BYTES];

	quantity_show_time(a->distance, limit);
	if (b->what == FIT_KEPT)
		printf("distance    kept: at least %s\n", limit);
	else
		printf("distance    broken by packet %" PRId64 ": nearer than "
		       "%s to packet %" PRId64 ", by %s\n",
		       number(a, b->at), limit, number(a, b->since),
		       show_ticks(a, b->excess, text));
}

void fit_print_check(const struct fit_answer *a)
{
	char text[QUANTITY_TEXT_BYTES];

	if (a->has_jitter)
		print_jitter_breach(a);
	if (a->has_distance)
		print_distance_breach(a);
	printf("status      checked with %zu packets over %s\n", a->points->n,
	       quantity_show_time(fit_length(a), text));
}
