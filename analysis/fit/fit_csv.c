// SPDX-License-Identifier: MIT
/*
 * fit_csv.c - time stamps from a column of comma-separated values.
 */
#define _GNU_SOURCE 1
#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fit/fit_private.h"
#include "input/input.h"

#define NO_COLUMN SIZE_MAX
#define FIELD_BYTES 64u

struct table {
	struct fit_reader *r;
	size_t column; /* place of the time stamp in a row */
	size_t seq;
	size_t place;
	bool header; /* the names were seen, or there are none */
	bool good;
	/* of the row being read */
	char time[FIELD_BYTES];
	char number[FIELD_BYTES];
	size_t time_bytes;
	size_t number_bytes;
	bool has_time;
	bool has_number;
	bool header_row; /* this row is the one with the names */
};

/* "3" is the third column. */
static bool column_number(const char *text, size_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || n > 100000)
		return false;
	*out = n - 1;
	return true;
}

static void copy_field(char to[FIELD_BYTES], size_t *bytes, const char *from,
		       size_t n)
{
	*bytes = n < FIELD_BYTES - 1 ? n : FIELD_BYTES - 1;
	memcpy(to, from, *bytes);
	to[*bytes] = '\0';
}

static bool is_number(const char *text, size_t bytes)
{
	char why[FIT_WHY_BYTES];
	struct fit_number number;

	return fit_number_read(text, bytes, &number, why);
}

static void header_field(struct table *t, const char *name, size_t bytes)
{
	const struct fit_source *s = t->r->source;
	char copy[FIELD_BYTES];

	copy_field(copy, &bytes, name, bytes);
	if (s->column && t->column == NO_COLUMN && strcmp(copy, s->column) == 0)
		t->column = t->place;
	if (t->column == t->place)
		fit_reader_name_unit(t->r, copy);
	if (s->seq && t->seq == NO_COLUMN && strcmp(copy, s->seq) == 0)
		t->seq = t->place;
}

static void take_field(void *field, size_t bytes, void *user)
{
	struct table *t = user;

	if (!t->good)
		return;
	/* Columns by number: a first row that is no number has the names. */
	if (!t->header && t->place == t->column && !t->header_row &&
	    !is_number(field, bytes))
		t->header_row = true;
	if (t->header_row)
		header_field(t, field, bytes);
	if (t->place == t->column) {
		copy_field(t->time, &t->time_bytes, field, bytes);
		t->has_time = true;
	}
	if (t->place == t->seq) {
		copy_field(t->number, &t->number_bytes, field, bytes);
		t->has_number = true;
	}
	t->place++;
}

static bool check_header(struct table *t)
{
	const struct fit_source *s = t->r->source;

	if (t->column == NO_COLUMN)
		return fit_reader_fail(t->r, FIT_BAD,
				       "there is no column '%s' in this row of "
				       "names",
				       s->column);
	if (s->seq && t->seq == NO_COLUMN)
		return fit_reader_fail(t->r, FIT_BAD,
				       "there is no column '%s' in this row of "
				       "names",
				       s->seq);
	return true;
}

static bool finish_row(struct table *t)
{
	if (t->header_row || (!t->header && t->column == NO_COLUMN))
		return check_header(t);
	if (!t->has_time)
		return fit_reader_fail(t->r, FIT_BAD,
				       "the row has %zu columns, and the time "
				       "stamp should be in column %zu",
				       t->place, t->column + 1);
	if (t->r->source->seq && !t->has_number)
		return fit_reader_fail(t->r, FIT_BAD,
				       "the row has %zu columns, and the "
				       "sequence number should be in column "
				       "%zu",
				       t->place, t->seq + 1);
	return fit_reader_take(t->r, t->time, t->time_bytes,
			       t->has_number ? t->number : NULL,
			       t->number_bytes);
}

static void take_row(int end, void *user)
{
	struct table *t = user;

	(void)end;
	if (!t->good)
		return;
	t->r->line++;
	t->good = finish_row(t);
	t->header = true;
	t->header_row = false;
	t->place = 0;
	t->has_time = false;
	t->has_number = false;
}

static bool parse_all(struct table *t, struct csv_parser *parser, int fd)
{
	static char bytes[65536];
	uint64_t line = 0;
	size_t row = 0;
	ssize_t n;

	while (t->good && (n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fit_reader_fail(t->r, FIT_BAD, "cannot read: %s",
					       strerror(errno));
		if (csv_parse(parser, bytes, (size_t)n, take_field, take_row,
			      t) != (size_t)n)
			return fit_reader_fail(t->r, FIT_BAD,
					       "no well-formed CSV: %s",
					       csv_strerror(csv_error(parser)));
		/* libcsv keeps a field until it ends. */
		row = t->r->line == line ? row + (size_t)n : 0;
		line = t->r->line;
		if (t->good && row > INPUT_LINE_MOST) {
			t->r->line++;
			return fit_row_too_long(t->r);
		}
	}
	if (t->good && csv_fini(parser, take_field, take_row, t) != 0)
		return fit_reader_fail(t->r, FIT_BAD, "no well-formed CSV: %s",
				       csv_strerror(csv_error(parser)));
	return t->good;
}

bool fit_read_csv(struct fit_reader *r, int fd)
{
	const struct fit_source *s = r->source;
	struct table t = {
		.r = r, .column = NO_COLUMN, .seq = NO_COLUMN, .good = true};
	struct csv_parser parser;
	bool good;

	if (!s->column)
		t.column = 0;
	else
		column_number(s->column, &t.column);
	if (s->seq)
		column_number(s->seq, &t.seq);
	/* A column by name: the first row has the names. */
	t.header_row = t.column == NO_COLUMN || (s->seq && t.seq == NO_COLUMN);
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return fit_reader_fail(r, FIT_NO_MEMORY, "out of memory");
	good = parse_all(&t, &parser, fd);
	csv_free(&parser);
	return good;
}
