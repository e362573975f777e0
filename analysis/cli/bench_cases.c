// SPDX-License-Identifier: MIT
/*
 * bench_cases.c - the cases of `dsi bench`: all combinations of what options
 * say, or a choice that shows what matters.
 */
#include "bench_cases.h"

#define AREA_MOST (UINT64_C(512) << 20)

enum { TWO = 1u, SAME = 2u };
enum { TOUCHED = 1u, UNTOUCHED = 2u };
enum {
	POLL = 1u << BENCH_POLL,
	SLEEP = 1u << BENCH_SLEEP,
	SPIN = 1u << BENCH_SPIN
};
enum {
	ROUND_TRIP = 1u << BENCH_ROUND_TRIP,
	ONE_WAY = 1u << BENCH_ONE_WAY,
	RATE = 1u << BENCH_RATE
};

#define LIST(...)                                                          \
	{                                                                  \
		.values = {__VA_ARGS__},                                   \
		.n = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
	}

/* All combinations of these. */
struct block {
	uint32_t measures;
	uint32_t waits;
	uint32_t places;
	uint32_t touches;
	struct bench_list payloads;
	struct bench_list rings;
	struct bench_list batches;
	struct bench_list consumers;
	bool quick; /* is measured with --quick, too */
};

#define KIB 1024u
#define MIB (1024u * 1024u)

static const struct block blocks[] = {
	/* What one packet of a sensor takes, in each way to wait. */
	{ROUND_TRIP, POLL | SPIN | SLEEP, TWO, TOUCHED, LIST(64), LIST(64),
	 LIST(1), LIST(1), true},
	{ROUND_TRIP, SLEEP, SAME, TOUCHED, LIST(64), LIST(64), LIST(1), LIST(1),
	 true},
	/* And the larger ones. */
	{ROUND_TRIP, POLL, TWO, TOUCHED,
	 LIST(0, 4 * KIB, 64 * KIB, MIB, 4 * MIB), LIST(16), LIST(1), LIST(1),
	 false},
	{ONE_WAY, POLL | SPIN | SLEEP, TWO, TOUCHED, LIST(64), LIST(64),
	 LIST(1), LIST(1), false},
	{ONE_WAY, SLEEP, SAME, TOUCHED, LIST(64), LIST(64), LIST(1), LIST(1),
	 false},
	{ONE_WAY, SLEEP, TWO, TOUCHED, LIST(64), LIST(64), LIST(1),
	 LIST(2, 4, 8), false},
	/* How many, one by one and together, in small and large rings. */
	{RATE, POLL, TWO, TOUCHED, LIST(64), LIST(256), LIST(1, 8, 32, 64),
	 LIST(1), true},
	{RATE, POLL, TWO, TOUCHED, LIST(64), LIST(1, 16, 4096), LIST(1),
	 LIST(1), false},
	{RATE, SLEEP | SPIN, TWO, TOUCHED, LIST(64), LIST(256), LIST(1, 32),
	 LIST(1), true},
	{RATE, SLEEP, SAME, TOUCHED, LIST(64), LIST(256), LIST(1, 32), LIST(1),
	 false},
	{RATE, SLEEP, TWO, TOUCHED, LIST(64), LIST(256), LIST(1), LIST(2, 4, 8),
	 false},
	/* Handing over does not look at the bytes; who writes and reads does. */
	{RATE, POLL, TWO, UNTOUCHED, LIST(4 * KIB, 64 * KIB, MIB), LIST(64),
	 LIST(1), LIST(1), true},
	{RATE, POLL, TWO, TOUCHED, LIST(4 * KIB, 64 * KIB, MIB), LIST(64),
	 LIST(1), LIST(1), false},
};

static const struct block defaults = {
	ROUND_TRIP | ONE_WAY | RATE,
	POLL | SLEEP | SPIN,
	TWO | SAME,
	TOUCHED,
	LIST(64),
	LIST(256),
	LIST(1),
	LIST(1),
	true,
};

static bool makes_sense(const struct bench_case *c)
{
	if (c->measure != BENCH_RATE && c->batch > 1)
		return false;
	if (c->measure == BENCH_ROUND_TRIP && c->consumers > 1)
		return false;
	if (c->same_cpu && c->wait != BENCH_SLEEP)
		return false;
	return c->batch <= c->ring;
}

/* Who polls keeps a CPU busy. */
static bool has_cpus(const struct bench_case *c, uint32_t n_cpus)
{
	if (c->same_cpu)
		return true;
	return n_cpus >= (c->wait == BENCH_POLL ? c->consumers + 1 : 2);
}

static void add(const struct bench_options *o, struct bench_selection *s,
		const struct bench_case *c)
{
	if (!makes_sense(c)) {
		s->senseless++;
		return;
	}
	if (!has_cpus(c, s->n_cpus)) {
		s->few_cpus++;
		return;
	}
	if ((uint64_t)c->payload * c->ring > AREA_MOST) {
		s->large++;
		return;
	}
	for (size_t i = 0; i < o->n_channels; i++) {
		if (!bench_case_fits(c, o->channels[i]))
			s->unfit++;
		else if (!bench_plan_add(s->plan, c, o->channels[i]))
			s->no_memory = true;
	}
}

static void add_numbers(const struct bench_options *o,
			struct bench_selection *s, const struct block *b,
			struct bench_case c)
{
	bool touched = c.touched;

	for (uint32_t p = 0; p < b->payloads.n; p++)
		for (uint32_t r = 0; r < b->rings.n; r++)
			for (uint32_t k = 0; k < b->batches.n; k++)
				for (uint32_t n = 0; n < b->consumers.n; n++) {
					c.payload = b->payloads.values[p];
					c.ring = b->rings.values[r];
					c.batch = b->batches.values[k];
					c.consumers = b->consumers.values[n];
					/* Nothing cannot be touched. */
					c.touched = touched && c.payload;
					add(o, s, &c);
				}
}

static void add_block(const struct bench_options *o, struct bench_selection *s,
		      const struct block *b)
{
	unsigned int all = BENCH_MEASURES * BENCH_WAITS * 4;

	for (unsigned int i = 0; i < all; i++) {
		unsigned int measure = i / (BENCH_WAITS * 4);
		unsigned int wait = i / 4 % BENCH_WAITS;
		unsigned int place = i / 2 % 2;
		unsigned int touch = i % 2;
		struct bench_case c = {
			.measure = (enum bench_measure)measure,
			.wait = (enum bench_wait)wait,
			.same_cpu = place == 1,
			.touched = touch == 0,
			.threads = o->threads,
		};

		if ((b->measures >> measure & 1) && (b->waits >> wait & 1) &&
		    (b->places >> place & 1) && (b->touches >> touch & 1))
			add_numbers(o, s, b, c);
	}
}

static void replace(uint32_t *bits, uint32_t given)
{
	if (given)
		*bits = given;
}

static void replace_list(struct bench_list *list,
			 const struct bench_list *given)
{
	if (given->n)
		*list = *given;
}

/* What was not said is the default. */
static struct block chosen_block(const struct bench_options *o)
{
	struct block b = defaults;

	replace(&b.measures, o->measures);
	replace(&b.waits, o->waits);
	replace(&b.places, o->places);
	replace(&b.touches, o->touches);
	replace_list(&b.payloads, &o->payloads);
	replace_list(&b.rings, &o->rings);
	replace_list(&b.batches, &o->batches);
	replace_list(&b.consumers, &o->consumers);
	return b;
}

void bench_select(const struct bench_options *o,
		  struct bench_selection *selection)
{
	if (o->chosen) {
		struct block b = chosen_block(o);

		add_block(o, selection, &b);
		return;
	}
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (blocks[i].quick || !o->quick)
			add_block(o, selection, &blocks[i]);
}
