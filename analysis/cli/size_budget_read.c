// SPDX-License-Identifier: MIT
/*
 * size_budget_read.c - the streams of a file that share a budget: each sized
 * with every period it may have.
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "size_budget.h"
#include "size_json.h"

static bool grow(struct budget_streams *s)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		void *grown = reallocarray(s->at, room, sizeof(*s->at));

		if (!grown)
			return false;
		s->at = grown;
		s->room = room;
	}
	if (s->n_choices + SIZE_MAX_CHOICES > s->room_of_choices) {
		size_t room = 2 * s->room_of_choices + SIZE_MAX_CHOICES;
		void *grown =
			reallocarray(s->periods, room, sizeof(*s->periods));

		if (grown)
			s->periods = grown;
		else
			return false;
		grown = reallocarray(s->costs, room, sizeof(*s->costs));
		if (!grown)
			return false;
		s->costs = grown;
		s->room_of_choices = room;
	}
	return true;
}

/* bandwidth x period, rounded up, instead of the bandwidth. */
static bool set_packet(struct size_question *q, const char *bandwidth,
		       const char *period, struct size_failure *f)
{
	char why[QUANTITY_WHY_BYTES];
	char text[EXACT_TEXT_BYTES];
	struct exact bytes_s, seconds, bytes;

	if (!quantity_bandwidth(bandwidth, &bytes_s, why))
		return size_refuse(f, CLI_USAGE, "bad-input", "bandwidth: %s",
				   why);
	if (!quantity_time(period, NULL, &seconds, why) ||
	    exact_sign(seconds) == 0)
		return size_refuse(f, CLI_USAGE, "bad-input",
				   "period-choices: %s",
				   exact_ok(seconds) && !exact_sign(seconds)
					   ? "0 is no period"
					   : why);
	bytes = exact_ceil(exact_mul(bytes_s, seconds));
	exact_text(bytes, text);
	return size_set(q, "packet", text, f) &&
	       size_set(q, "period", period, f);
}

/* One period of the line asked for. */
static bool ask_period(struct size_lines *lines, struct size_line *line,
		       uint32_t k, bool strict, struct size_question *q,
		       struct size_answer *a, struct size_failure *f)
{
	if (!size_line_parse(lines, q, line, true, f))
		return false;
	if (line->n_choices && !line->bandwidth[0])
		return size_refuse(f, CLI_USAGE, "bad-input",
				   "period-choices: need bandwidth, which "
				   "gives the bytes of a packet for each "
				   "period");
	if (line->n_choices &&
	    !set_packet(q, line->bandwidth, line->choices[k], f))
		return false;
	if (!line->n_choices && line->bandwidth[0] &&
	    !size_set(q, "bandwidth", line->bandwidth, f))
		return false;
	if (!size_question_read(q, f) || (strict && !size_check_given(q, f)) ||
	    !size_ask(q, a, f))
		return false;
	return a->has_bytes ||
	       size_refuse(f, CLI_USAGE, "bad-input",
			   "packet: a budget needs the bytes of a packet; give "
			   "packet, or bandwidth with period-choices");
}

static bool add_period(struct budget_streams *s, const struct size_line *line,
		       const struct size_question *q,
		       const struct size_answer *a, struct size_failure *f)
{
	const struct dsi_sizing_need *need = &a->needs[a->decides];
	struct exact period = q->d.period.value;
	struct exact latency =
		exact_add(size_seconds(q, need->get_max), period);
	struct exact cost =
		exact_div(exact_mul(exact_make((dsi_wide)line->weight, 1),
				    exact_int(COST_PARTS)),
			  period);
	uint64_t rounded;

	if (!exact_ok(latency) || !exact_to_u64(exact_ceil(cost), &rounded))
		return size_refuse(f, SIZE_OUT_OF_RANGE, "out-of-range",
				   "the cost or the latency does not fit");
	if (exact_sign(line->max_latency) &&
	    exact_cmp(latency, line->max_latency) > 0)
		return true;
	s->periods[s->n_choices] = (struct period_choice){
		period, latency, q->p.area.max_bytes, a->slots};
	s->costs[s->n_choices] =
		(struct budget_choice){a->bytes.total, rounded};
	s->n_choices++;
	s->at[s->n].n_choices++;
	return true;
}

static bool ask_line(struct size_lines *lines, struct size_line *line,
		     bool strict, struct budget_streams *s,
		     struct size_failure *f)
{
	static struct size_answer a;
	uint32_t k = 0;
	bool good;

	do {
		struct size_question q;

		size_question_init(&q);
		good = ask_period(lines, line, k, strict, &q, &a, f) &&
		       add_period(s, line, &q, &a, f);
		size_question_free(&q);
	} while (good && ++k < line->n_choices);
	if (good && s->at[s->n].n_choices == 0)
		return size_refuse(f, CLI_USAGE, "no-choice",
				   "max-latency: every period takes longer");
	return good;
}

static bool keep_error(struct budget_stream *stream, const char *id,
		       uint64_t line, const struct size_failure *f)
{
	struct size_writer w = {0};

	size_write_error(&w, *id ? id : NULL, line, f);
	if (!w.no_memory)
		stream->error = strndup(w.text, w.used);
	size_write_free(&w);
	return stream->error != NULL;
}

static int fail_memory(const struct size_lines *lines)
{
	message_error(lines->path, "no memory");
	return CLI_FAILURE;
}

static bool too_many(const struct budget_streams *s)
{
	return s->n >= SIZE_BUDGET_LINES_MOST ||
	       s->n_choices >= SIZE_BUDGET_PERIODS_MOST;
}

int size_budget_read(const struct size_batch *batch, struct size_lines *lines,
		     struct budget_streams *s, struct size_stats *stats)
{
	static struct size_line line;

	while (size_lines_next(lines)) {
		struct size_failure f;
		struct budget_stream *stream;
		bool good;

		if (too_many(s)) {
			message_error(lines->path,
				      "line %llu is one too many for --budget, "
				      "which takes %u streams and %u periods "
				      "at most; share them among several "
				      "files and budgets",
				      (unsigned long long)lines->line,
				      SIZE_BUDGET_LINES_MOST,
				      SIZE_BUDGET_PERIODS_MOST);
			return CLI_USAGE;
		}
		if (!grow(s))
			return fail_memory(lines);
		stream = &s->at[s->n];
		*stream = (struct budget_stream){.line = lines->line,
						 .first = s->n_choices};
		good = ask_line(lines, &line, batch->strict, s, &f);
		if (!good) {
			s->n_choices = stream->first;
			stream->n_choices = 0;
			if (!keep_error(stream, line.id, lines->line, &f))
				return fail_memory(lines);
		}
		if (line.id[0] && !(stream->id = strdup(line.id)))
			return fail_memory(lines);
		s->n++;
		size_stats_add(stats, good);
		size_stats_progress(stats);
	}
	return size_lines_check(lines);
}

void size_budget_free(struct budget_streams *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->at[i].id);
		free(s->at[i].error);
	}
	free(s->at);
	free(s->periods);
	free(s->costs);
}
