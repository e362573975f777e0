// SPDX-License-Identifier: MIT
/*
 * simulate_report.c - what happened in a replay, for people and programs.
 */
#include <inttypes.h>
#include <string.h>

#include <dsi/types.h>
#include <dsi/version.h>

#include "simulate_command.h"
#include "size_json.h"

static const char *counted(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_trouble(const struct simulate_result *r)
{
	char wait[QUANTITY_TEXT_BYTES];

	if (r->lost)
		printf("  lost        %" PRIu64 " packet%s\n", r->lost,
		       counted(r->lost));
	if (r->blocked)
		printf("  blocked     the producer waited for a slot %" PRIu64
		       " time%s, at most %s\n",
		       r->blocked, counted(r->blocked),
		       quantity_show_time(r->wait, wait));
	if (r->underruns)
		printf("  underrun    %" PRIu64 " get%s before the data\n",
		       r->underruns, counted(r->underruns));
	if (!r->lost && !r->blocked && !r->underruns)
		printf("  lost        nothing; no wait for a slot, no get "
		       "before the data\n");
}

static void print_result(const struct simulate_result *r)
{
	char least[QUANTITY_TEXT_BYTES];
	char most[QUANTITY_TEXT_BYTES];
	char back[QUANTITY_TEXT_BYTES];

	printf("schedule      %s: %s (%" PRIu64 " packet%s)\n", r->schedule,
	       r->what, r->packets, counted(r->packets));
	printf("  in use      at most %" PRIu64 " of %" PRIu64
	       " slots, for packet %" PRIu64 "\n",
	       r->occupied, r->slots, r->at);
	printf("  backlog     at most %" PRIu64 " packet%s committed and not "
	       "got\n",
	       r->backlog, counted(r->backlog));
	print_trouble(r);
	if (r->got)
		printf("  latency     commit to get %s to %s, to release at "
		       "most %s\n",
		       quantity_show_time(r->get_min, least),
		       quantity_show_time(r->get_max, most),
		       quantity_show_time(r->release_max, back));
}

static void print_verdict(const struct simulate_run *run, uint32_t reader)
{
	const struct simulate_outcome *out = &run->outcomes[reader];
	uint64_t need = run->a.needs[reader].slots;
	bool exact = run->a.needs[reader].exact & DSI_EXACT_SLOTS;

	printf("bound         %" PRIu64 " slot%s needed, ", need,
	       need == 1 ? " is" : "s are");
	if (out->slots < need)
		printf("and there are only %" PRIu64 "\n", out->slots);
	else if (simulate_reached(run, reader))
		printf("and used: it is reached\n");
	else if (run->random)
		printf("of which %" PRIu64 " were used in these runs\n",
		       out->occupied);
	else
		printf("of which %" PRIu64 " were used%s\n", out->occupied,
		       exact ? "; give more packets"
			     : "; the bound is safe and may be too large");
}

void simulate_print(const struct simulate_run *run)
{
	printf("ring          %" PRIu64 " slot%s (%s)\n", run->slots,
	       counted(run->slots),
	       run->q.d.slots.value ? "given" : "as needed");
	if (run->random)
		printf("seed          %" PRIu64 ", %" PRIu64 " run%s\n",
		       run->seed, run->runs, counted(run->runs));
	for (uint32_t i = 0; i < run->q.p.n_readers; i++) {
		const struct simulate_outcome *out = &run->outcomes[i];

		if (run->q.p.n_readers > 1)
			printf("reader        %s (%s, %s)\n",
			       run->q.d.readers[i].name,
			       size_pace(run->q.p.readers[i].pace),
			       size_policy(run->q.p.readers[i].policy));
		for (uint32_t k = 0; k < out->n_results; k++)
			print_result(&out->results[k]);
		print_verdict(run, i);
	}
}

static void write_result(struct size_writer *w, const struct simulate_result *r)
{
	size_write_open(w, NULL, '{');
	size_write_text(w, "name", r->schedule);
	size_write_text(w, "what", r->what);
	size_write_u64(w, "packets", r->packets);
	size_write_u64(w, "occupied_max", r->occupied);
	size_write_u64(w, "occupied_at", r->at);
	size_write_u64(w, "backlog_max", r->backlog);
	size_write_u64(w, "lost", r->lost);
	size_write_u64(w, "blocked", r->blocked);
	size_write_seconds(w, "blocked_max_ns", r->wait);
	size_write_u64(w, "underruns", r->underruns);
	size_write_u64(w, "got", r->got);
	if (r->got) {
		size_write_open(w, "latency", '{');
		size_write_seconds(w, "get_min_ns", r->get_min);
		size_write_seconds(w, "get_max_ns", r->get_max);
		size_write_seconds(w, "release_max_ns", r->release_max);
		size_write_close(w, '}');
	} else {
		size_write_null(w, "latency");
	}
	size_write_close(w, '}');
}

static void write_reader(struct size_writer *w, const struct simulate_run *run,
			 uint32_t reader)
{
	const struct simulate_outcome *out = &run->outcomes[reader];
	const struct dsi_sizing_need *need = &run->a.needs[reader];

	size_write_open(w, NULL, '{');
	size_write_text(w, "name", run->q.d.readers[reader].name);
	size_write_text(w, "consumer",
			size_pace(run->q.p.readers[reader].pace));
	size_write_text(w, "policy",
			size_policy(run->q.p.readers[reader].policy));
	size_write_u64(w, "slots", out->slots);
	size_write_u64(w, "slots_needed", need->slots);
	size_write_bool(w, "exact", need->exact & DSI_EXACT_SLOTS);
	size_write_u64(w, "occupied_max", out->occupied);
	size_write_bool(w, "reached", simulate_reached(run, reader));
	size_write_open(w, "schedules", '[');
	for (uint32_t i = 0; i < out->n_results; i++)
		write_result(w, &out->results[i]);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

bool simulate_print_json(const struct simulate_run *run)
{
	struct size_writer w = {.pretty = true};
	bool good;

	size_write_open(&w, NULL, '{');
	size_write_text(&w, "schedule", run->random ? "random" : "adversarial");
	if (run->random) {
		size_write_u64(&w, "seed", run->seed);
		size_write_u64(&w, "runs", run->runs);
	}
	size_write_u64(&w, "slots", run->slots);
	size_write_bool(&w, "slots_given", run->q.d.slots.value != 0);
	size_write_bool(&w, "ok", !run->failed);
	size_write_open(&w, "readers", '[');
	for (uint32_t i = 0; i < run->q.p.n_readers; i++)
		write_reader(&w, run, i);
	size_write_close(&w, ']');
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	good = size_write_out(&w);
	size_write_free(&w);
	return good;
}
