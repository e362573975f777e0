// SPDX-License-Identifier: MIT
/*
 * size_batch.c - many streams in one call: one JSON object a line in, one
 * line out for each, in the same order.
 *
 * Nothing is kept from one line to the next but the buffers, so any number of
 * lines takes the memory of one.
 */

#include "cli.h"
#include "message.h"
#include "size_json.h"
#include "size_line.h"
#include "size_stats.h"

static bool answer_line(const struct size_batch *batch,
			struct size_lines *lines, struct size_line *line,
			struct size_writer *w, struct size_failure *f)
{
	struct size_question q;
	struct size_answer a;
	bool good;

	size_question_init(&q);
	good = size_line_parse(lines, &q, line, false, f) &&
	       size_question_read(&q, f) &&
	       (!batch->strict || size_check_given(&q, f)) &&
	       size_ask(&q, &a, f);
	if (good) {
		size_write_open(w, NULL, '{');
		if (line->id[0])
			size_write_raw(w, "id", line->id);
		size_write_answer(w, &q, &a, &batch->show);
		size_write_close(w, '}');
	}
	size_question_free(&q);
	return good;
}

static int run_lines(const struct size_batch *batch, struct size_lines *lines,
		     struct size_stats *stats)
{
	static struct size_line line;
	struct size_writer w = {0};
	bool room = true;

	while (room && !ferror(stdout) && size_lines_next(lines)) {
		struct size_failure f;
		bool good = answer_line(batch, lines, &line, &w, &f);

		if (!good)
			size_write_error(&w, line.id[0] ? line.id : NULL,
					 lines->line, &f);
		room = size_write_out(&w);
		size_stats_add(stats, good);
		size_stats_progress(stats);
	}
	size_write_free(&w);
	if (!room) {
		message_error(lines->path, "no memory");
		return CLI_FAILURE;
	}
	return message_output();
}

int size_run_batch(const struct size_batch *batch)
{
	struct size_lines lines;
	struct size_stats stats;
	int exit_code;

	if (!size_lines_open(&lines, batch->path))
		return CLI_FAILURE;
	size_stats_start(&stats);
	exit_code = run_lines(batch, &lines, &stats);
	message_status_end();
	if (exit_code == CLI_OK)
		exit_code = size_lines_check(&lines);
	if (batch->stats)
		size_stats_print(&stats);
	if (exit_code == CLI_OK && stats.failed) {
		message_error(batch->path,
			      "%llu of %llu streams have no answer; each has "
			      "an error in its line of the output",
			      (unsigned long long)stats.failed,
			      (unsigned long long)stats.streams);
		exit_code = CLI_USAGE;
	}
	size_lines_close(&lines);
	return exit_code;
}
