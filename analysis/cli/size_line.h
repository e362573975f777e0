/* SPDX-License-Identifier: MIT */
/*
 * size_line.h - questions of `dsi size`, one JSON object a line.
 */
#ifndef DSI_SIZE_LINE_H
#define DSI_SIZE_LINE_H

#include "size_command.h"

#define SIZE_LINE_ID_BYTES 1024u
#define SIZE_MAX_CHOICES 64u

struct json_tokener;

/* What a line has beside the keys of a stream. */
struct size_line {
	char id[SIZE_LINE_ID_BYTES]; /* JSON text, "" if there is none */
	/* for --budget */
	char choices[SIZE_MAX_CHOICES][32]; /* "period-choices" */
	uint32_t n_choices;
	char bandwidth[64]; /* taken out: it depends on the period */
	uint64_t weight;
	struct exact max_latency; /* seconds; 0: no limit */
};

struct size_lines {
	FILE *in;
	const char *path;
	char *text; /* of INPUT_LINE_MOST + 1 bytes */
	size_t bytes;
	uint64_t line; /* number of the last one */
	bool too_long; /* the next one, which is the end */
	int error;     /* of the last read, if ferror() */
	struct json_tokener *tokener;
};

bool size_lines_open(struct size_lines *lines, const char *path);
void size_lines_close(struct size_lines *lines);
/* False: the end, or see size_lines_check().  Empty lines are skipped. */
bool size_lines_next(struct size_lines *lines);
/* At the end: an exit code, with a message if not all could be read. */
int size_lines_check(const struct size_lines *lines);

/* The line as a question that is not read yet.  With @budget its keys are
 * taken as well; else they are unknown. */
bool size_line_parse(struct size_lines *lines, struct size_question *q,
		     struct size_line *line, bool budget,
		     struct size_failure *f);

#endif /* DSI_SIZE_LINE_H */
