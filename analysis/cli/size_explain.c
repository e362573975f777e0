// SPDX-License-Identifier: MIT
/*
 * size_explain.c - the derivation of an answer: the case with its symbols and
 * their values, why the start and the slots are what they are, and the
 * schedule in which one slot fewer fails.
 */
#include <inttypes.h>

#include <dsi/types.h>

#include "size_command.h"
#include "size_text.h"

#define MOST_PACKETS 12u /* of the schedule; else its two ends */

struct explain {
	const struct size_question *q;
	const struct dsi_sizing_writer *w;
	const struct dsi_sizing_reader *r;
	const struct dsi_sizing_need *need;
	bool strict;
	bool clocks; /* drift */
	bool portions;
};

static void symbol(const struct explain *e, const char *name, uint64_t ticks,
		   const char *meaning)
{
	char text[QUANTITY_TEXT_BYTES];

	printf("  %-6s = %-24s %s\n", name,
	       quantity_show_time(size_seconds_of(e->q, ticks), text), meaning);
}

static void count(const char *name, uint64_t n, const char *meaning)
{
	printf("  %-6s = %-24" PRIu64 " %s\n", name, n, meaning);
}

static void print_reader_symbols(const struct explain *e)
{
	bool grid = e->r->pace <= DSI_PACE_STALL;

	if (grid) {
		symbol(e, "tau_c", e->r->jitter,
		       "how late the consumer may read");
		symbol(e, "Hc", e->r->hold, "how long it may hold a packet");
	}
	if (e->r->wake || e->r->pace == DSI_PACE_SERVICE)
		symbol(e, "W", e->r->wake, "how late it may wake up");
	if (e->r->pace == DSI_PACE_SERVICE)
		symbol(e, "C", e->r->service, "its longest work for a packet");
	if (e->r->pace == DSI_PACE_RESPONSE)
		symbol(e, "R", e->r->response,
		       "longest time from commit to release");
	if (e->r->late)
		count("l", e->r->late, "places a packet may be read late");
	if (e->r->early)
		count("e", e->r->early, "places a packet may be read early");
}

static void print_symbols(const struct explain *e)
{
	puts("symbols");
	symbol(e, "T", e->w->stream.period, "period");
	symbol(e, "tau_p", e->w->stream.jitter,
	       "how late the producer may commit");
	symbol(e, "D", e->w->stream.distance, "least time between two commits");
	symbol(e, "Hp", e->w->hold,
	       "how long before a commit it may take the slot");
	print_reader_symbols(e);
	if (e->w->packets)
		count("n", e->w->packets, "packets");
	if (e->w->stream.drift_ppb || e->clocks)
		count("rho_p", e->w->stream.drift_ppb,
		      "drift of the producer's clock, parts in 10^9");
	if (e->clocks)
		count("rho_c", e->r->drift_ppb,
		      "drift of the consumer's clock, parts in 10^9");
	if (!e->portions)
		return;
	count("kp", e->w->batch ? e->w->batch : 1,
	      "packets committed at a time");
	count("kc", e->r->batch ? e->r->batch : 1, "portions read at a time");
	count("a", e->w->units ? e->w->units : 1, "units of a packet");
	count("b", e->r->units ? e->r->units : (e->w->units ? e->w->units : 1),
	      "units of a portion");
}

static void print_start_of_grid(const struct explain *e)
{
	char start[QUANTITY_TEXT_BYTES];
	const char *sign = e->strict ? ">" : ">=";

	puts("start");
	puts("  Packet i is committed at i T + tau_p at the latest, and read "
	     "at O + i T at");
	printf("  the earliest; no underrun if O %s tau_p", sign);
	if (e->portions)
		printf(" + (T / a) (A + B - a - g),\n  A = kp a, B = kc b, "
		       "g = gcd(A, B)");
	if (e->r->early)
		printf(" + e T");
	if (e->clocks)
		printf(" + (n - 1) T (rho_p + rho_c)");
	printf(".\n  O = %s%s\n", size_show_ticks(e->q, e->need->start, start),
	       e->r->flags & DSI_READER_START_GIVEN ? " is given."
						    : " is the least.");
}

/* The parts of X that each have a symbol, in its order. */
static void print_sum(const struct explain *e, bool anchored)
{
	const uint64_t parts[] = {e->r->wake, e->r->jitter, e->r->hold,
				  e->w->hold};
	char text[QUANTITY_TEXT_BYTES];

	printf("      = %s", size_show_ticks(e->q, e->need->start, text));
	for (size_t i = anchored ? 0 : 1; i < 4; i++)
		printf(" + %s", quantity_show_time(
					size_seconds_of(e->q, parts[i]), text));
	puts(e->portions || e->r->late || e->clocks || anchored ? " + ..."
								: "");
}

static void print_grid(const struct explain *e)
{
	print_start_of_grid(e);
	puts("life time");
	puts("  The slot of packet i is taken at i T - Hp at the earliest and "
	     "released at");
	puts("  O + i T + tau_c + Hc at the latest, so it lives");
	printf("    X = O + tau_c + Hc + Hp");
	if (e->portions)
		printf(" + (T / a) (A + B - b - g)");
	if (e->r->late)
		printf(" + l T");
	if (e->clocks)
		printf(" + (n - 1) T (rho_p + rho_c)");
	putchar('\n');
	print_sum(e, false);
}

static void print_anchored(const struct explain *e)
{
	char start[QUANTITY_TEXT_BYTES];

	printf("start\n  The grid begins d + 0..W after the commit of packet "
	       "k - 1, k = %" PRIu32 ".\n  That packet may be early and a "
	       "later one tau_p late: no underrun if\n  (k - 1) T + d %s "
	       "tau_p.  d = %s\n",
	       e->need->prefill, e->strict ? ">" : ">=",
	       size_show_ticks(e->q, e->need->start, start));
	puts("life time");
	puts("  That packet may also be late and later ones early; the jitter "
	     "can fall by");
	puts("  T - D with each packet: pi = tau_p, 0 if D = T, at most "
	     "(n - k) (T - D).");
	puts("    X = d + W + tau_c + Hc + Hp + (k - 1) T + pi");
	print_sum(e, true);
}

static void print_stall(const struct explain *e)
{
	(void)e;
	puts("life time");
	puts("  A packet is read at max(O + i T + 0..tau_c, commit + 0..W).  n "
	     "packets live");
	puts("  together if the grid keeps them, (n - 1) T <= O + tau_c + Hc + "
	     "Hp, or a");
	puts("  burst does: the least span of n packets,");
	puts("    delta-(n) = max((n - 1) D, (n - 1) T - tau_p),");
	puts("  is at most W + Hc + Hp.  The larger n is needed.");
}

static void print_service(const struct explain *e)
{
	puts("slots");
	puts("  In the densest burst packet m + 1 comes");
	puts("    delta-(m + 1) = max(m D, m T - tau_p)");
	puts("  after the first.  The consumer wakes up W after that and "
	     "releases one packet");
	puts("  every C; so when packet m takes its slot there live");
	printf("    m + 1 - min(m, max(0, %s((delta-(m + 1) - Hp - W) / C)%s"
	       "))\n",
	       e->strict ? "ceil" : "floor", e->strict ? " - 1" : "");
	puts("  packets; the most is reached while D < C, at m next to "
	     "tau_p / (T - D).");
	if (e->r->coalesce > 1)
		printf("  It is woken at every %" PRIu32 ". packet: %" PRIu32
		       " more wait.\n",
		       e->r->coalesce, e->r->coalesce - 1);
}

static void print_response(const struct explain *e)
{
	puts("slots");
	puts("  A slot lives from Hp before the commit to R after it.  As "
	     "many live together");
	printf("  as can come within a%s window of R + Hp:\n",
	       e->strict ? " closed" : " half-open");
	puts(e->strict
		     ? "    min(floor((R + Hp + tau_p) / T), floor((R + Hp) / "
		       "D)) + 1"
		     : "    min(ceil((R + Hp + tau_p) / T), ceil((R + Hp) / "
		       "D))");
	puts("  (without the second if D = 0)");
}

static void print_quotient(const struct explain *e)
{
	struct exact life = size_seconds(e->q, e->need->lifetime);
	struct exact periods = exact_div(life, e->q->d.period.value);
	struct exact whole = exact_floor(periods);
	char text[QUANTITY_TEXT_BYTES];
	char ratio[EXACT_TEXT_BYTES];
	char rounded[EXACT_TEXT_BYTES];

	printf("      = %s\n", quantity_show_time(life, text));
	puts("slots");
	printf("  Packets i and i + n - 1 live together if (n - 1) T %s X, so "
	       "N = %s:\n",
	       e->strict ? "<=" : "<",
	       e->strict ? "floor(X / T) + 1" : "ceil(X / T)");
	printf("    X / T = %s", exact_text(periods, ratio));
	if (exact_cmp(periods, whole) != 0)
		printf(", %s = %s", e->strict ? "floor" : "ceil",
		       exact_text(e->strict ? whole : exact_ceil(periods),
				  rounded));
	putchar('\n');
	if (e->portions)
		puts("  in whole steps of g units, rounded up to packets, and "
		     "at least A + B - g units:");
	if (e->clocks)
		puts("  with T (1 + rho_c) for the T of the consumer's clock:");
}

static void print_row(const struct size_schedule *s, uint64_t i)
{
	struct size_packet at = size_schedule_packet(s, i);
	char text[4][QUANTITY_TEXT_BYTES];

	printf("  %6" PRIu64 "  %-16s %-16s %-16s %s\n", i,
	       quantity_show_time(at.slot, text[0]),
	       quantity_show_time(at.commit, text[1]),
	       quantity_show_time(at.get, text[2]),
	       quantity_show_time(at.release, text[3]));
}

static void print_schedule(const struct explain *e, const struct size_answer *a)
{
	const struct dsi_sizing_need *need = e->need;
	bool all = need->last - need->first < MOST_PACKETS;
	struct size_schedule s;

	if (need->slots == 1)
		return;
	if (!size_schedule(e->q, a->decides, need, &s)) {
		puts("  This number is safe; no schedule is known that needs "
		     "all of them.");
		return;
	}
	printf("one less\n  With %" PRIu64 " slot%s this schedule fails, in "
	       "which %s:\n",
	       need->slots - 1, need->slots == 2 ? "" : "s", s.rule);
	printf("  %6s  %-16s %-16s %-16s %s\n", "packet", "slot taken",
	       "committed", "read", "released");
	print_row(&s, need->first);
	for (uint64_t i = need->first + 1; all && i < need->last; i++)
		print_row(&s, i);
	if (!all)
		puts("     ...");
	if (need->last > need->first)
		print_row(&s, need->last);
	printf("  When packet %" PRIu64 " takes its slot, ", need->last);
	if (need->slots == 2)
		printf("packet %" PRIu64 " is", need->first);
	else
		printf("packets %" PRIu64 " to %" PRIu64 " are", need->first,
		       need->last - 1);
	printf(" not released%s.\n",
	       e->strict ? " or just being released" : "");
}

static const char *case_name(const struct explain *e)
{
	switch (e->r->pace) {
	case DSI_PACE_GRID:
		if (e->clocks)
			return "two time grids whose clocks drift apart";
		return e->portions ? "two time grids with other portions"
				   : "two time grids with a common time base";
	case DSI_PACE_ANCHORED:
		return "a grid that begins at a packet that was seen";
	case DSI_PACE_STALL:
		return "a grid that waits for late packets";
	case DSI_PACE_SERVICE:
		return "a consumer that takes packets as they come";
	default:
		return "a consumer with a known response time";
	}
}

static void print_derivation(const struct explain *e)
{
	switch (e->r->pace) {
	case DSI_PACE_GRID:
		print_grid(e);
		break;
	case DSI_PACE_ANCHORED:
		print_anchored(e);
		break;
	case DSI_PACE_STALL:
		print_stall(e);
		break;
	case DSI_PACE_SERVICE:
		print_service(e);
		break;
	default:
		print_response(e);
		break;
	}
	if (e->r->pace <= DSI_PACE_ANCHORED)
		print_quotient(e);
	printf("    N = %" PRIu64 "\n", e->need->slots);
}

void size_print_explain(const struct size_question *q,
			const struct size_answer *a)
{
	struct explain e = {
		.q = q,
		.w = &q->p.writer,
		.r = &q->p.readers[a->decides],
		.need = &a->needs[a->decides],
		.strict = q->p.writer.ties == DSI_TIES_STRICT,
	};

	e.clocks = e.w->stream.drift_ppb || e.r->drift_ppb;
	e.portions = e.w->batch > 1 || e.r->batch > 1 ||
		     (e.r->units && e.r->units != e.w->units);
	printf("\ncase: %s (docs/design/80-sizing.md)\n", case_name(&e));
	if (q->p.n_readers > 1)
		printf("the reader that decides: %s\n",
		       q->d.readers[a->decides].name);
	print_symbols(&e);
	print_derivation(&e);
	print_schedule(&e, a);
}
