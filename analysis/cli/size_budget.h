/* SPDX-License-Identifier: MIT */
/*
 * size_budget.h - the streams of a file that share a budget, each with the
 * periods it may have.
 */
#ifndef DSI_SIZE_BUDGET_H
#define DSI_SIZE_BUDGET_H

#include "budget/budget.h"
#include "size_line.h"
#include "size_stats.h"

/* Costs in millionths of a wake-up a second. */
#define COST_PARTS 1000000

/* A period that one stream may have. */
struct period_choice {
	struct exact period;
	struct exact latency;
	uint64_t packet;
	uint64_t slots;
};

/* One line: its choices, or its error (JSON, written already). */
struct budget_stream {
	char *id;
	char *error;
	uint64_t line;
	size_t first; /* choice */
	uint32_t n_choices;
};

struct budget_streams {
	struct budget_stream *at;
	size_t n, room;
	struct period_choice *periods;
	struct budget_choice *costs;
	size_t n_choices, room_of_choices;
};

/* All are in the memory together. */
#define SIZE_BUDGET_LINES_MOST 1000000u
#define SIZE_BUDGET_PERIODS_MOST 4000000u

/* All lines sized, with every period they may have.  An exit code, with a
 * message if not all could be read. */
int size_budget_read(const struct size_batch *batch, struct size_lines *lines,
		     struct budget_streams *s, struct size_stats *stats);
void size_budget_free(struct budget_streams *s);

#endif /* DSI_SIZE_BUDGET_H */
