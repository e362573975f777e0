/* SPDX-License-Identifier: MIT */
/* criteria_answer.c - what came out, as a table and as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench_report.h"
#include "cli.h"
#include "criteria.h"
#include "message.h"

#define BUSY 0.05
#define FORMAT "dsi-bench-criteria"

static const char *time_text(double ns, char out[16])
{
	if (ns < 100) {
		snprintf(out, 16, "%.1fns", ns);
		return out;
	}
	return bench_time_text(ns, out);
}

/* ---- the table ------------------------------------------------------------------ */

static void print_other(const struct criteria *c, size_t row)
{
	const struct criteria_row *other = &c->rows[row];
	struct bench_spread s;
	char text[16];

	if (criteria_median(c, row, &s))
		printf("%54s %-18s%9s\n", bench_wait_names[other->what.wait],
		       other->channel->name, time_text(s.median, text));
}

static void print_claim(const struct criteria *c,
			const struct criteria_claim *claim)
{
	struct criteria_verdict v;
	char ours[16];
	char theirs[16];

	printf("%u %-44s", claim->criterion, claim->text);
	if (!claim->n_others) {
		printf(" - (no such peer here)\n");
		return;
	}
	if (!criteria_judge(c, claim, &v)) {
		printf(" - (failed)\n");
		return;
	}
	printf("%8s %-18s%9s%8.3f%7.2f%4u of %-3u%s\n",
	       time_text(v.ours.median, ours), c->rows[v.best].channel->name,
	       time_text(v.theirs.median, theirs), v.ratio.median, claim->most,
	       v.met, v.of, v.good ? "yes" : "NO");
}

static void print_notes(const struct criteria *c)
{
	uint32_t late = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct criteria_row *row = &c->rows[i];

		late += row->late;
		if (row->why[0])
			printf("Note: %s, %s, %uB, batch %u failed: %s\n",
			       row->channel->name,
			       bench_measure_names[row->what.measure],
			       row->what.payload, row->what.batch, row->why);
	}
	if (c->done < c->runs)
		printf("Note: %u runs of %u: there was no time for more\n",
		       c->done, c->runs);
	if (c->foreign > BUSY)
		printf("Note: other programs had %.0f %% of these CPUs: "
		       "measure "
		       "when the machine is idle\n",
		       100 * c->foreign);
	if (late)
		printf("Note: in %u of %zu measurements an end waited for its "
		       "CPU for more than 2 %% of the time\n",
		       late, c->n_rows * c->done);
}

void criteria_print(const struct criteria *c, bool others)
{
	printf("%-46s%8s %-18s%9s%8s%7s%10s %s\n", "  CLAIM: AGAINST", "DSI",
	       "BEST OTHER", "TIME", "RATIO", "MOST", "MET IN", "MET");
	for (size_t i = 0; i < c->n_claims; i++) {
		print_claim(c, &c->claims[i]);
		for (size_t k = 0; others && k < c->claims[i].n_others; k++)
			print_other(c, c->claims[i].others[k]);
	}
	printf("\nTimes: of a round trip, or of a packet; medians of %u runs.  "
	       "RATIO: to the quickest\nother of each run, its median; MET IN: "
	       "runs in which it was at most MOST.\n",
	       c->done);
	print_notes(c);
}

/* ---- JSON --------------------------------------------------------------------------- */

static void put_number(struct size_writer *w, const char *key, double value)
{
	char text[48];

	snprintf(text, sizeof(text), "%.9g", value);
	if (isfinite(value))
		size_write_raw(w, key, text);
	else
		size_write_null(w, key);
}

static void put_row(struct size_writer *w, const struct criteria *c, size_t i)
{
	const struct criteria_row *row = &c->rows[i];
	struct bench_spread s;

	size_write_open(w, NULL, '{');
	size_write_text(w, "channel", row->channel->name);
	size_write_text(w, "measure", bench_measure_names[row->what.measure]);
	size_write_text(w, "mode", bench_wait_names[row->what.wait]);
	size_write_text(w, "on", row->what.same_cpu ? "same" : "two");
	size_write_bool(w, "threads", row->what.threads);
	size_write_bool(w, "touched", row->what.touched);
	size_write_u64(w, "payload", row->what.payload);
	size_write_u64(w, "ring", row->what.ring);
	size_write_u64(w, "batch", row->what.batch);
	size_write_u64(w, "late", row->late);
	if (row->why[0])
		size_write_text(w, "why", row->why);
	else
		size_write_null(w, "why");
	bench_json_spread(w, "ns", criteria_median(c, i, &s), &s);
	size_write_open(w, "runs_ns", '[');
	for (uint32_t r = 0; r < c->done; r++)
		put_number(w, NULL, row->ns[r]);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

static void put_claim(struct size_writer *w, const struct criteria *c,
		      const struct criteria_claim *claim)
{
	struct criteria_verdict v;
	bool there = criteria_judge(c, claim, &v);

	size_write_open(w, NULL, '{');
	size_write_u64(w, "criterion", claim->criterion);
	size_write_text(w, "text", claim->text);
	put_number(w, "most", claim->most);
	size_write_u64(w, "ours", claim->ours);
	size_write_open(w, "others", '[');
	for (size_t i = 0; i < claim->n_others; i++)
		size_write_u64(w, NULL, claim->others[i]);
	size_write_close(w, ']');
	if (there)
		size_write_u64(w, "best", v.best);
	else
		size_write_null(w, "best");
	bench_json_spread(w, "ratio", there, &v.ratio);
	size_write_u64(w, "met_in", v.met);
	size_write_u64(w, "of", v.of);
	size_write_bool(w, "met", there && v.good);
	size_write_close(w, '}');
}

static void put_all(struct size_writer *w, const struct criteria *c)
{
	size_write_open(w, NULL, '{');
	size_write_text(w, "format", FORMAT);
	size_write_u64(w, "format_version", 1);
	size_write_text(w, "model", c->machine.model);
	size_write_text(w, "kernel", c->machine.kernel);
	size_write_u64(w, "runs", c->done);
	put_number(w, "foreign", c->foreign < 0 ? (double)NAN : c->foreign);
	size_write_open(w, "claims", '[');
	for (size_t i = 0; i < c->n_claims; i++)
		put_claim(w, c, &c->claims[i]);
	size_write_close(w, ']');
	size_write_open(w, "rows", '[');
	for (size_t i = 0; i < c->n_rows; i++)
		put_row(w, c, i);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

int criteria_write(const struct criteria *c, const char *path)
{
	struct size_writer w = {.pretty = false};
	FILE *file = NULL;
	bool good;

	put_all(&w, c);
	if (w.no_memory)
		errno = ENOMEM;
	else
		file = fopen(path, "we");
	good = file && fwrite(w.text, 1, w.used, file) == w.used &&
	       fputc('\n', file) != EOF;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		message_error(path, "cannot write: %s", strerror(errno));
	size_write_free(&w);
	return good ? CLI_OK : CLI_FAILURE;
}
