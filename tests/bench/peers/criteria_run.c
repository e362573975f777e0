/* SPDX-License-Identifier: MIT */
/*
 * criteria_run.c - measure all rows, again and again, and judge.
 *
 * Every second run goes through the rows backwards: what is always right behind
 * something else may be quicker or slower for that.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "bench/bench_side.h"
#include "bench/bench_statistics.h"
#include "criteria.h"
#include "message.h"

#define MS UINT64_C(1000000)
#define POLLED_MS 40u
#define ASLEEP_MS 80u
#define QUICK_MS 3u
#define VOLUME (64u << 20) /* bytes of large payloads in one measurement */
#define LARGE (128u << 10)
#define WARM 256u
#define LATE 0.02
#define SPIN_NS 50000u

/* Large payloads are counted, small ones take their time.  Every place of the
 * ring was used before it begins. */
static void set_length(const struct criteria *c, struct bench_trial *trial)
{
	const struct bench_case *what = &trial->what;
	uint32_t ms = what->wait == BENCH_SLEEP ? ASLEEP_MS : POLLED_MS;
	uint32_t most = VOLUME / (what->payload ? what->payload : 1u);

	trial->time_ns = (c->quick ? QUICK_MS : ms) * MS;
	trial->warm = what->measure == BENCH_RATE ? 2u * what->ring : WARM;
	if (what->payload < LARGE)
		return;
	/* Enough batches, so that the first and the last weigh little. */
	if (most < 4u * what->batch)
		most = 4u * what->batch;
	trial->packets = c->quick ? 2u * what->batch : most;
	trial->warm = what->ring;
}

static double key(const struct bench_case *what,
		  const struct bench_outcome *out)
{
	if (what->measure != BENCH_RATE)
		return bench_middle(out->samples, out->n_samples);
	return out->packets ? (double)out->wall_ns / (double)out->packets
			    : (double)NAN;
}

static void note_late(struct criteria_row *row, const struct bench_outcome *out)
{
	double all_ns = (double)out->wall_ns * bench_sides(&row->what);

	if (!row->what.same_cpu && (double)out->delay_ns > LATE * all_ns)
		row->late++;
}

static void run_row(const struct criteria *c, struct bench_stage *stage,
		    struct criteria_row *row, uint32_t run)
{
	struct bench_trial trial = {
		.what = row->what,
		.channel = row->channel,
		.pin = c->pin,
		.spin_ns = SPIN_NS,
		.clock_ns = c->machine.clock_ns,
	};
	struct bench_outcome out = {.why = ""};

	row->ns[run] = (double)NAN;
	/* What failed once is not tried again: it may take its time. */
	if (row->why[0])
		return;
	for (uint32_t i = 0; i < BENCH_SIDES; i++)
		trial.cpus[i] = c->cpus[row->what.same_cpu ? 0 : i % 2];
	set_length(c, &trial);
	if (bench_trial_run(stage, &trial, &out)) {
		snprintf(row->why, sizeof(row->why), "%s",
			 out.why[0] ? out.why : "it failed");
		return;
	}
	row->ns[run] = key(&row->what, &out);
	note_late(row, &out);
}

static void show(const struct criteria *c, size_t i)
{
	const struct criteria_row *row = &c->rows[i];
	char line[128];

	if (!c->progress)
		return;
	snprintf(line, sizeof(line), "run %u of %u: %s %s %uB %s", c->done + 1,
		 c->runs, bench_measure_names[row->what.measure],
		 bench_wait_names[row->what.wait], row->what.payload,
		 row->channel->name);
	message_status(line);
}

static void run_all(struct criteria *c, struct bench_stage *stage)
{
	for (size_t k = 0; k < c->n_rows; k++) {
		size_t i = c->done % 2 ? c->n_rows - 1 - k : k;

		show(c, i);
		run_row(c, stage, &c->rows[i], c->done);
	}
	c->done++;
}

int criteria_run(struct criteria *c)
{
	struct bench_stage *stage = bench_stage_create();
	struct bench_load before;
	struct bench_load after;
	uint64_t longest_ns = 0;
	bool looked;

	if (!stage)
		return -ENOMEM;
	looked = bench_load_look(c->cpus, c->n_cpus, &before);
	while (c->done < c->runs) {
		uint64_t from_ns = bench_now();

		if (c->end_ns && c->done && from_ns + longest_ns > c->end_ns)
			break;
		run_all(c, stage);
		if (bench_now() - from_ns > longest_ns)
			longest_ns = bench_now() - from_ns;
	}
	looked = looked && bench_load_look(c->cpus, c->n_cpus, &after);
	c->foreign = looked ? bench_load_foreign(&before, &after) : -1;
	if (c->progress)
		message_status_end();
	bench_stage_destroy(stage);
	return 0;
}

/* ---- judging ---------------------------------------------------------------- */

bool criteria_median(const struct criteria *c, size_t row,
		     struct bench_spread *out)
{
	double there[CRITERIA_RUNS];
	size_t n = 0;

	for (uint32_t r = 0; r < c->done; r++)
		if (isfinite(c->rows[row].ns[r]))
			there[n++] = c->rows[row].ns[r];
	if (n)
		*out = bench_spread_of(there, n);
	return n > 0;
}

/* The quickest of the others in one run; NAN if there is none. */
static double least_of(const struct criteria *c,
		       const struct criteria_claim *claim, uint32_t run)
{
	double least = (double)NAN;

	for (size_t i = 0; i < claim->n_others; i++)
		least = fmin(least, c->rows[claim->others[i]].ns[run]);
	return least;
}

static bool find_best(const struct criteria *c,
		      const struct criteria_claim *claim,
		      struct criteria_verdict *out)
{
	struct bench_spread s;
	bool found = false;

	for (size_t i = 0; i < claim->n_others; i++) {
		if (!criteria_median(c, claim->others[i], &s) ||
		    (found && s.median >= out->theirs.median))
			continue;
		found = true;
		out->best = claim->others[i];
		out->theirs = s;
	}
	return found;
}

bool criteria_judge(const struct criteria *c,
		    const struct criteria_claim *claim,
		    struct criteria_verdict *out)
{
	double ratios[CRITERIA_RUNS];

	*out = (struct criteria_verdict){.of = 0};
	if (!find_best(c, claim, out) ||
	    !criteria_median(c, claim->ours, &out->ours))
		return false;
	for (uint32_t r = 0; r < c->done; r++) {
		double ratio =
			c->rows[claim->ours].ns[r] / least_of(c, claim, r);

		if (!isfinite(ratio))
			continue;
		ratios[out->of++] = ratio;
		out->met += ratio <= claim->most;
	}
	if (!out->of)
		return false;
	out->ratio = bench_spread_of(ratios, out->of);
	out->good = out->ratio.median <= claim->most;
	return true;
}
