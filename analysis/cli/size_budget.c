// SPDX-License-Identifier: MIT
/*
 * size_budget.c - bytes shared among the streams of a file.
 *
 * Each line may offer several periods.  Its packets then have bandwidth x
 * period bytes, and each choice is sized; a longer period costs more bytes
 * and fewer wake-ups.  budget.h takes one choice of each stream.
 */
#include <stdlib.h>

#include <dsi/version.h>

#include "cli.h"
#include "message.h"
#include "size_budget.h"
#include "size_json.h"

static void write_stream(struct size_writer *w, const struct budget_streams *s,
			 const struct budget_stream *stream, uint32_t chosen)
{
	const struct period_choice *o = &s->periods[stream->first + chosen];
	const struct budget_choice *c = &s->costs[stream->first + chosen];

	size_write_open(w, NULL, '{');
	if (stream->id)
		size_write_raw(w, "id", stream->id);
	size_write_u64(w, "line", stream->line);
	size_write_seconds(w, "period_ns", o->period);
	size_write_u64(w, "packet_bytes", o->packet);
	size_write_u64(w, "slots", o->slots);
	size_write_u64(w, "bytes", c->bytes);
	size_write_seconds(w, "latency_ns", o->latency);
	size_write_u64(w, "cost_millionths", c->cost);
	size_write_close(w, '}');
}

static void write_streams(const struct budget_streams *s,
			  const struct budget_item *items)
{
	struct size_writer w = {0};
	size_t item = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct budget_stream *stream = &s->at[i];

		if (stream->error)
			puts(stream->error);
		else if (items) {
			write_stream(&w, s, stream, items[item++].chosen);
			size_write_out(&w);
		}
	}
	size_write_free(&w);
}

static void write_summary(uint64_t limit, const struct budget_result *r,
			  bool fits)
{
	struct size_writer w = {0};

	size_write_open(&w, NULL, '{');
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_open(&w, "budget", '{');
	size_write_u64(&w, "limit_bytes", limit);
	size_write_u64(&w, "floor_bytes", r->floor_bytes);
	size_write_bool(&w, "fits", fits);
	if (fits) {
		size_write_u64(&w, "used_bytes", r->bytes);
		size_write_u64(&w, "cost_millionths", r->cost);
		size_write_u64(&w, "cost_at_least_millionths", r->bound);
		size_write_u64(&w, "gap_millionths", r->cost - r->bound);
		size_write_bool(&w, "least", r->exact);
	}
	size_write_close(&w, '}');
	size_write_close(&w, '}');
	size_write_out(&w);
	size_write_free(&w);
}

static int share(const struct size_batch *batch, uint64_t limit,
		 const struct budget_streams *s)
{
	struct budget_item *items = calloc(s->n + 1, sizeof(*items));
	struct budget_result r;
	enum budget_status status;
	size_t n = 0;

	for (size_t i = 0; items && i < s->n; i++) {
		if (s->at[i].n_choices)
			items[n++] = (struct budget_item){
				.choices = &s->costs[s->at[i].first],
				.n_choices = s->at[i].n_choices,
			};
	}
	status = items ? budget_share(items, n, limit, &r) : BUDGET_NO_MEMORY;
	if (status == BUDGET_OK || status == BUDGET_NO_FIT) {
		write_streams(s, status == BUDGET_OK ? items : NULL);
		write_summary(limit, &r, status == BUDGET_OK);
	}
	free(items);
	if (status == BUDGET_OK)
		return CLI_OK;
	if (status == BUDGET_NO_FIT)
		message_error("--budget",
			      "%s is too little: the choices with the fewest "
			      "bytes take %llu B",
			      batch->budget, (unsigned long long)r.floor_bytes);
	else
		message_error("--budget", "%s",
			      status == BUDGET_OVERFLOW
				      ? "all bytes or costs together do not "
					"fit in 2^62"
				      : "no memory");
	return status == BUDGET_OVERFLOW ? SIZE_OUT_OF_RANGE : CLI_FAILURE;
}

static int run(const struct size_batch *batch, struct size_lines *lines,
	       uint64_t limit)
{
	struct budget_streams s = {0};
	struct size_stats stats;
	int exit_code;

	size_stats_start(&stats);
	exit_code = size_budget_read(batch, lines, &s, &stats);
	if (exit_code == CLI_OK)
		exit_code = share(batch, limit, &s);
	message_status_end();
	if (batch->stats)
		size_stats_print(&stats);
	size_budget_free(&s);
	if (exit_code == CLI_OK)
		exit_code = message_output();
	if (exit_code == CLI_OK && stats.failed) {
		message_error(batch->path,
			      "%llu of %llu streams have no answer and no "
			      "share; each has an error in its line",
			      (unsigned long long)stats.failed,
			      (unsigned long long)stats.streams);
		exit_code = CLI_USAGE;
	}
	return exit_code;
}

int size_run_budget(const struct size_batch *batch)
{
	char why[QUANTITY_WHY_BYTES];
	struct size_lines lines;
	struct exact bytes;
	uint64_t limit;
	int exit_code;

	if (!quantity_bytes(batch->budget, &bytes, why)) {
		message_error("--budget", "%s", why);
		return CLI_USAGE;
	}
	if (!exact_to_u64(exact_floor(bytes), &limit)) {
		message_error("--budget", "%s does not fit in 64 bits",
			      batch->budget);
		return CLI_USAGE;
	}
	if (!size_lines_open(&lines, batch->path))
		return CLI_FAILURE;
	exit_code = run(batch, &lines, limit);
	size_lines_close(&lines);
	return exit_code;
}
