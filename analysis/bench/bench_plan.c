/* SPDX-License-Identifier: MIT */
/* bench_plan.c - rows, runs, and what they say together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_plan.h"
#include "bench/bench_side.h"
#include "bench/bench_statistics.h"

#define DISTURBED 0.02
#define WARM 256u

static const uint32_t per_million[] = {
	[BENCH_P50] = 500000,	[BENCH_P90] = 900000,	 [BENCH_P99] = 990000,
	[BENCH_P99_9] = 999000, [BENCH_P99_99] = 999900, [BENCH_MAX] = 1000000,
};

/* ---- which rows ------------------------------------------------------------ */

static size_t find(const struct bench_plan *plan, const struct bench_case *what,
		   const struct bench_channel *channel)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->rows[i].channel == channel &&
		    bench_case_equal(&plan->rows[i].what, what))
			return i;
	return BENCH_NO_ROW;
}

static size_t add(struct bench_plan *plan, const struct bench_case *what,
		  const struct bench_channel *channel)
{
	size_t at = find(plan, what, channel);

	if (at != BENCH_NO_ROW)
		return at;
	if (plan->n == plan->room) {
		size_t room = plan->room ? 2 * plan->room : 16;
		void *rows = realloc(plan->rows, room * sizeof(plan->rows[0]));

		if (!rows)
			return BENCH_NO_ROW;
		plan->rows = rows;
		plan->room = room;
	}
	memset(&plan->rows[plan->n], 0, sizeof(plan->rows[0]));
	plan->rows[plan->n].what = *what;
	plan->rows[plan->n].channel = channel;
	plan->rows[plan->n].limit = BENCH_NO_ROW;
	plan->rows[plan->n].bare = BENCH_NO_ROW;
	plan->rows[plan->n].times.size = sizeof(plan->rows[0].times);
	return plan->n++;
}

/* Who sleeps is compared with who sleeps, and who spins with who polls, where
 * that is possible; many packets always with a ring that is polled. */
static const struct bench_channel *limit_of(struct bench_case *what)
{
	if (what->measure == BENCH_SELECT)
		return &bench_eventfd;
	/* Those that stay have an ordinary stream. */
	if (what->measure == BENCH_JOIN)
		what->measure = BENCH_ONE_WAY;
	if (what->measure == BENCH_RATE) {
		what->wait = BENCH_POLL;
		return &bench_slots;
	}
	if (what->wait == BENCH_SLEEP || what->same_cpu) {
		what->wait = BENCH_SLEEP;
		return &bench_futex;
	}
	what->wait = BENCH_POLL;
	return &bench_line;
}

/* One consumer stands for all: with each more there is only more to do. */
static bool add_limits(struct bench_plan *plan, const struct bench_case *what,
		       size_t *out_limit, size_t *out_bare)
{
	struct bench_case limit = *what;
	const struct bench_channel *channel = limit_of(&limit);
	struct bench_case bare;

	limit.consumers = 1;
	if (!limit.touched)
		limit.payload = 0;
	bare = limit;
	/* There it is about the streams. */
	if (what->measure != BENCH_SELECT) {
		bare.payload = 0;
		bare.touched = false;
	}
	if (!limit.payload)
		limit.touched = false;
	/* How late a timer alone is, without anything to hand over. */
	if (what->measure == BENCH_TIMED && limit.wait == BENCH_SLEEP)
		*out_bare = add(plan, &limit, &bench_cyclictest);
	else
		*out_bare = add(plan, &bare, channel);
	*out_limit = add(plan, &limit, channel);
	return *out_bare != BENCH_NO_ROW && *out_limit != BENCH_NO_ROW;
}

bool bench_plan_add(struct bench_plan *plan, const struct bench_case *what,
		    const struct bench_channel *channel)
{
	size_t limit = BENCH_NO_ROW;
	size_t bare = BENCH_NO_ROW;
	size_t at;

	if (!channel->limit && !add_limits(plan, what, &limit, &bare))
		return false;
	at = add(plan, what, channel);
	if (at == BENCH_NO_ROW)
		return false;
	plan->rows[at].limit = limit;
	plan->rows[at].bare = bare;
	return true;
}

void bench_plan_fini(struct bench_plan *plan)
{
	free(plan->rows);
	plan->rows = NULL;
	plan->n = plan->room = 0;
}

/* ---- runs ------------------------------------------------------------------ */

/* A run with fewer than 1 / (1 - p) times has no such percentile. */
static double percentile(const struct bench_outcome *out, enum bench_value v)
{
	uint64_t above = 1000000u - per_million[v];

	if (!out->n_samples || out->n_samples * above < 1000000u * (above > 0))
		return (double)NAN;
	return (double)bench_percentile(out->samples, out->n_samples,
					per_million[v]);
}

static double each(uint64_t sum, uint64_t packets)
{
	return packets ? (double)sum / (double)packets : (double)NAN;
}

/* Nobody knows how often who waits for many streams of a library sleeps. */
static bool tells_calls(const struct bench_row *row)
{
	return row->channel->calls &&
	       (row->what.measure != BENCH_SELECT || row->channel->limit);
}

static void keep(struct bench_row *row, const struct bench_outcome *out)
{
	bool rate = row->what.measure == BENCH_RATE;
	uint32_t r = row->runs;
	uint32_t sides = bench_sides(&row->what);

	for (unsigned int v = BENCH_P50; v <= BENCH_MAX; v++)
		row->values[v][r] = percentile(out, v);
	row->values[BENCH_MIDDLE][r] =
		bench_middle(out->samples, out->n_samples);
	row->values[BENCH_NS][r] =
		rate ? each(out->wall_ns, out->packets) : (double)NAN;
	row->values[BENCH_CPU_NS][r] = each(out->cpu_ns, out->packets);
	row->values[BENCH_CALLS][r] =
		tells_calls(row) ? each(out->calls, out->packets) : (double)NAN;
	row->values[BENCH_INSTRUCTIONS][r] =
		out->counted ? each(out->instructions, out->packets)
			     : (double)NAN;
	row->packets += out->packets;
	row->samples += out->n_samples;
	row->switches += out->switches;
	row->joins += out->joins;
	if (!row->what.same_cpu && !row->what.stress &&
	    row->what.measure != BENCH_JOIN &&
	    (double)out->delay_ns > DISTURBED * (double)(out->wall_ns * sides))
		row->disturbed++;
	for (size_t i = 0; i < out->n_samples; i++)
		(void)dsi_histogram_add(&row->times, out->samples[i], 1);
}

static void fail(struct bench_row *row, const struct bench_outcome *out)
{
	for (unsigned int v = 0; v < BENCH_VALUES; v++)
		row->values[v][row->runs] = (double)NAN;
	if (!row->failed++)
		memcpy(row->why, out->why, sizeof(row->why));
}

static void place(const struct bench_settings *s, const struct bench_case *what,
		  int *cpus)
{
	for (uint32_t i = 0; i < BENCH_SIDES; i++) {
		uint32_t at = 0;

		if (i && !what->same_cpu && s->n_cpus > 1)
			at = 1 + (i - 1) % (s->n_cpus - 1);
		cpus[i] = s->cpus[at];
	}
}

static void run_row(struct bench_stage *stage, struct bench_row *row,
		    const struct bench_settings *s, uint64_t clock_ns)
{
	struct bench_trial trial = {
		.what = row->what,
		.channel = row->channel,
		.pin = s->pin,
		.time_ns = s->time_ns,
		.packets = s->packets,
		.warm = s->packets && s->packets < WARM ? s->packets : WARM,
		.interval_ns = s->interval_ns,
		.spin_ns = s->spin_ns,
		.clock_ns = clock_ns,
	};
	struct bench_outcome out;

	place(s, &row->what, trial.cpus);
	/* What failed once is not tried again: it may take its time. */
	if (row->failed)
		out = (struct bench_outcome){.why = ""};
	if (row->failed || bench_trial_run(stage, &trial, &out))
		fail(row, &out);
	else
		keep(row, &out);
	row->runs++;
}

int bench_plan_run(struct bench_plan *plan, const struct bench_settings *s,
		   uint64_t clock_ns, bench_progress *progress, void *data)
{
	struct bench_stage *stage = bench_stage_create();
	int err = stage ? 0 : -ENOMEM;

	for (uint32_t run = 0; run < s->runs && !err; run++) {
		err = bench_memory_run(s->cpus[0], s->pin, s->memory_bytes,
				       &plan->memory[run]);
		if (!err)
			plan->memory_runs++;
		for (size_t i = 0; i < plan->n && !err; i++) {
			if (progress)
				progress(data, &plan->rows[i],
					 run * plan->n + i, s->runs * plan->n);
			run_row(stage, &plan->rows[i], s, clock_ns);
		}
	}
	bench_stage_destroy(stage);
	return err;
}

/* ---- answers --------------------------------------------------------------- */

bool bench_row_value(const struct bench_row *row, enum bench_value value,
		     struct bench_spread *out)
{
	double there[BENCH_RUNS];
	size_t n = 0;

	for (uint32_t r = 0; r < row->runs; r++)
		if (!isnan(row->values[value][r]))
			there[n++] = row->values[value][r];
	/* Percentiles of fewer runs than the others' need not ascend. */
	if (value <= BENCH_MAX && n != row->runs - row->failed)
		return false;
	if (n)
		*out = bench_spread_of(there, n);
	return n > 0;
}

enum bench_value bench_key_value(enum bench_measure measure)
{
	return measure == BENCH_RATE ? BENCH_NS : BENCH_MIDDLE;
}

bool bench_row_ratio(const struct bench_plan *plan, const struct bench_row *row,
		     size_t to, struct bench_spread *out)
{
	enum bench_value v = bench_key_value(row->what.measure);
	double there[BENCH_RUNS];
	size_t n = 0;

	if (to == BENCH_NO_ROW)
		return false;
	for (uint32_t r = 0; r < row->runs; r++) {
		double ratio = row->values[v][r] / plan->rows[to].values[v][r];

		if (isfinite(ratio))
			there[n++] = ratio;
	}
	if (n)
		*out = bench_spread_of(there, n);
	return n > 0;
}
