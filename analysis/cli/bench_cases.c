// SPDX-License-Identifier: MIT
/*
 * bench_cases.c - the cases of `dsi bench`: all combinations of what options
 * say, or a choice that shows what matters.
 */
#include "bench_blocks.h"
#include "bench_cases.h"

#define AREA_MOST (UINT64_C(512) << 20)
#define VISITED_MOST 8u

static bool makes_sense(const struct bench_case *c)
{
	if (c->measure != BENCH_RATE && c->batch > 1)
		return false;
	if (bench_case_answers(c) && c->consumers > 1)
		return false;
	/* One stays; a producer has room for 16, and those that left are there
	 * until it looks. */
	if (c->measure == BENCH_JOIN &&
	    (c->consumers < 2 || c->consumers > VISITED_MOST))
		return false;
	if (c->same_cpu && c->wait == BENCH_POLL)
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

static void add_channel(struct bench_selection *s, const struct bench_case *c,
			const struct bench_channel *channel)
{
	if (!bench_case_fits(c, channel))
		s->unfit++;
	else if (!bench_plan_add(s->plan, c, channel))
		s->no_memory = true;
}

static void add(const struct bench_options *o, struct bench_selection *s,
		const struct bench_block *b, const struct bench_case *c)
{
	if (!makes_sense(c)) {
		s->senseless++;
		return;
	}
	if (!has_cpus(c, s->n_cpus)) {
		s->few_cpus++;
		return;
	}
	if ((uint64_t)c->payload * c->ring * (c->streams ? c->streams : 1) >
	    AREA_MOST) {
		s->large++;
		return;
	}
	if (b->channels && !o->channels_given)
		for (size_t i = 0; b->channels[i]; i++)
			add_channel(s, c, b->channels[i]);
	else
		for (size_t i = 0; i < o->n_channels; i++)
			add_channel(s, c, o->channels[i]);
}

/* Only one measure has many streams. */
static void add_streams(const struct bench_options *o,
			struct bench_selection *s, const struct bench_block *b,
			struct bench_case c)
{
	if (c.measure != BENCH_SELECT) {
		add(o, s, b, &c);
		return;
	}
	for (uint32_t i = 0; i < b->streams.n; i++) {
		c.streams = b->streams.values[i];
		for (uint32_t all = 0; all < 2; all++) {
			c.active = all ? c.streams : 1;
			/* One is all of one. */
			if ((b->actives >> all & 1) &&
			    !(all && c.streams == 1 && (b->actives & ONE)))
				add(o, s, b, &c);
		}
	}
}

static void add_numbers(const struct bench_options *o,
			struct bench_selection *s, const struct bench_block *b,
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
					add_streams(o, s, b, c);
				}
}

/* With and without a priority, and load. */
static void add_around(const struct bench_options *o, struct bench_selection *s,
		       const struct bench_block *b, struct bench_case c)
{
	uint32_t priorities = b->priorities ? b->priorities : NORMAL;
	uint32_t stresses = b->stresses ? b->stresses : CALM;

	for (unsigned int fifo = 0; fifo < 2; fifo++)
		for (unsigned int k = 0; k < BENCH_STRESSES; k++) {
			c.fifo = fifo == 1;
			c.stress = (enum bench_stress)k;
			if ((priorities >> fifo & 1) && (stresses >> k & 1))
				add_numbers(o, s, b, c);
		}
}

static void add_block(const struct bench_options *o, struct bench_selection *s,
		      const struct bench_block *b)
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
			add_around(o, s, b, c);
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
static struct bench_block chosen_block(const struct bench_options *o)
{
	struct bench_block b = bench_block_defaults;

	replace(&b.measures, o->measures);
	replace(&b.waits, o->waits);
	replace(&b.places, o->places);
	replace(&b.touches, o->touches);
	replace_list(&b.payloads, &o->payloads);
	replace_list(&b.rings, &o->rings);
	replace_list(&b.batches, &o->batches);
	replace_list(&b.consumers, &o->consumers);
	replace_list(&b.streams, &o->streams);
	replace(&b.actives, o->actives);
	replace(&b.priorities, o->priorities);
	replace(&b.stresses, o->stresses);
	return b;
}

void bench_select(const struct bench_options *o,
		  struct bench_selection *selection)
{
	if (o->chosen) {
		struct bench_block b = chosen_block(o);

		add_block(o, selection, &b);
		return;
	}
	for (size_t i = 0; i < bench_blocks_count; i++)
		if (((o->studies ? o->studies : 1u) >> bench_blocks[i].study &
		     1) &&
		    (bench_blocks[i].quick || !o->quick))
			add_block(o, selection, &bench_blocks[i]);
}
