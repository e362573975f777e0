/* SPDX-License-Identifier: MIT */
/* state_print.c - picture and table out of DSI_TRANSITIONS. */
#include "tests/unit/state_print.h"

#include <string.h>

#include "dsi/state.h"

struct row {
	const char *from;
	const char *operation;
	const char *to;
	const char *error; /* "0" or "DSI_E..." */
};

#define ROW(from, operation, to, error) {#from, #operation, #to, #error},
static const struct row rows[] = {DSI_TRANSITIONS(ROW)};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

#define NAME_AND_WORD(name, word) {#name, word},
static const char *const states[][2] = {DSI_STATES(NAME_AND_WORD)};
static const char *const operations[][2] = {DSI_OPERATIONS(NAME_AND_WORD)};
#define N_NAMES(table) (sizeof(table) / sizeof((table)[0]))

static const char *word_of(const char *const (*names)[2], size_t n,
			   const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return "?";
}

static const char *state_word(const char *name)
{
	return word_of(states, N_NAMES(states), name);
}

/* Arrows for what succeeds and changes the state; the same way twice shares
 * one arrow. */
static void print_arrow(FILE *out, const char *from, const char *to)
{
	const char *before = ": ";
	int began = 0;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].from, from) != 0 ||
		    strcmp(rows[i].to, to) != 0 ||
		    strcmp(rows[i].error, "0") != 0)
			continue;
		if (!began)
			fprintf(out, "    %s --> %s", state_word(from),
				state_word(to));
		began = 1;
		fprintf(out, "%s%s", before,
			word_of(operations, N_NAMES(operations),
				rows[i].operation));
		before = ", ";
	}
	if (began)
		fprintf(out, "\n");
}

static void print_picture(FILE *out)
{
	fprintf(out, "```mermaid\nstateDiagram-v2\n    [*] --> %s: create\n",
		states[0][1]);
	for (size_t from = 0; from < N_NAMES(states); from++)
		for (size_t to = 0; to < N_NAMES(states); to++)
			if (from != to)
				print_arrow(out, states[from][0],
					    states[to][0]);
	fprintf(out, "    %s --> [*]: destroy\n```\n\n", state_word("CLOSED"));
}

static void print_cell(FILE *out, const char *from, const char *operation)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].from, from) != 0 ||
		    strcmp(rows[i].operation, operation) != 0)
			continue;
		if (strcmp(rows[i].error, "0") != 0)
			fprintf(out, " `-%s` |", rows[i].error);
		else if (strcmp(rows[i].to, from) == 0)
			fprintf(out, " stays |");
		else
			fprintf(out, " %s |", state_word(rows[i].to));
	}
}

static void print_table(FILE *out)
{
	fprintf(out, "| state |");
	for (size_t i = 0; i < N_NAMES(operations); i++)
		fprintf(out, " %s |", operations[i][1]);
	fprintf(out, "\n|---|");
	for (size_t i = 0; i < N_NAMES(operations); i++)
		fprintf(out, "---|");
	fprintf(out, "\n");
	for (size_t s = 0; s < N_NAMES(states); s++) {
		fprintf(out, "| %s |", states[s][1]);
		for (size_t i = 0; i < N_NAMES(operations); i++)
			print_cell(out, states[s][0], operations[i][0]);
		fprintf(out, "\n");
	}
}

void state_print(FILE *out)
{
	print_picture(out);
	print_table(out);
}
