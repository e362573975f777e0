// SPDX-License-Identifier: MIT
/*
 * fit_read.c - time stamps from a file: what is common to all formats, and
 * plain text with one in a line.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fit/fit_private.h"
#include "input/input.h"

bool fit_reader_fail(struct fit_reader *r, enum fit_status status,
		     const char *text, ...)
{
	char sentence[FIT_WHY_BYTES - 64];
	va_list args;

	va_start(args, text);
	vsnprintf(sentence, sizeof(sentence), text, args);
	va_end(args);
	if (r->line)
		snprintf(r->why, FIT_WHY_BYTES, "line %" PRIu64 ": %s", r->line,
			 sentence);
	else
		snprintf(r->why, FIT_WHY_BYTES, "%s", sentence);
	r->status = status;
	return false;
}

void fit_reader_name_unit(struct fit_reader *r, const char *name)
{
	static const struct {
		const char *ending;
		int digits;
	} units[] = {{"_ns", 9}, {"_us", 6}, {"_ms", 3}, {"_s", 0}};
	size_t bytes = strlen(name);
	size_t i;

	if (r->unit_known)
		return;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t end = strlen(units[i].ending);

		if (bytes <= end ||
		    strcmp(name + bytes - end, units[i].ending) != 0)
			continue;
		r->unit_known = true;
		r->suffix = units[i].digits;
		r->points->unit = exact_int(1);
	}
}

/* Times with a unit of their own are in seconds. */
static bool apply_unit(struct fit_reader *r, struct fit_number *time)
{
	int digits = r->suffix;

	if (time->suffix >= 0) {
		if (exact_ok(r->source->unit))
			return fit_reader_fail(
				r, FIT_BAD,
				"the time stamp has a unit, and --unit was "
				"given; leave out one of them");
		if (r->unit_known && r->suffix >= 0)
			return fit_reader_fail(
				r, FIT_BAD,
				"the time stamp has a unit, and so has the "
				"column's name");
		if (!r->unit_known)
			r->points->unit = exact_int(1);
		r->unit_known = true;
		digits = time->suffix;
	} else if (!r->unit_known ||
		   (digits < 0 && !exact_ok(r->source->unit))) {
		return fit_reader_fail(r, FIT_BAD,
				       "a time stamp without a unit; say which "
				       "with --unit ns, us, ms, s or a time "
				       "such as 1/90000s");
	}
	if (digits > 0)
		time->scale += (unsigned int)digits;
	while (time->scale > 0 && time->mantissa % 10 == 0) {
		time->mantissa /= 10;
		time->scale--;
	}
	return time->scale <= 36 ||
	       fit_reader_fail(r, FIT_RANGE, "too many decimals");
}

static bool read_seq(struct fit_reader *r, const char *text, size_t bytes,
		     int64_t *out)
{
	char copy[32];
	char *end;

	snprintf(copy, sizeof(copy), "%.*s", (int)bytes, text);
	errno = 0;
	*out = strtoll(copy, &end, 10);
	if (bytes == 0 || bytes >= sizeof(copy) || *end || errno ||
	    *out > INT64_MAX / 4 || *out < INT64_MIN / 4)
		return fit_reader_fail(
			r, FIT_BAD, "'%.*s' is no sequence number, a whole one",
			(int)(bytes > 60 ? 60 : bytes), text);
	return true;
}

/* Numbers that count modulo 2^bits go on beyond it. */
static bool unwrap(struct fit_reader *r, int64_t seq, int64_t *number)
{
	const struct fit_points *p = r->points;
	uint64_t step = (uint64_t)seq - (uint64_t)r->last_seq;
	uint64_t mask;

	if (p->n == 0) {
		*number = seq;
		return true;
	}
	if (r->source->seq_bits) {
		mask = (UINT64_C(1) << r->source->seq_bits) - 1;
		step &= mask;
		if (step > mask / 2)
			step |= ~mask;
	}
	*number = p->at[p->n - 1].number + (int64_t)step;
	if (step == 0)
		return fit_reader_fail(
			r, FIT_BAD,
			"sequence number %" PRId64 " is there twice", seq);
	if ((int64_t)step < 0)
		return fit_reader_fail(
			r, FIT_BAD,
			"sequence number %" PRId64 " comes after %" PRId64
			"; sort the lines by it, or use --seq-bits if it "
			"wraps around",
			seq, r->last_seq);
	return *number <= INT64_MAX / 4 ||
	       fit_reader_fail(r, FIT_RANGE, "sequence number too large");
}

static bool in_order(struct fit_reader *r)
{
	const struct fit_points *p = r->points;

	if (p->n < 2 || p->at[p->n - 1].time >= p->at[p->n - 2].time)
		return true;
	return fit_reader_fail(r, FIT_BAD,
			       "the time stamp is before the last one; packets "
			       "of a stream come in order: sort them, or give "
			       "the column of arrival");
}

bool fit_reader_take(struct fit_reader *r, const char *time, size_t time_bytes,
		     const char *seq, size_t seq_bytes)
{
	char why[FIT_WHY_BYTES] = "";
	struct fit_number number = {0, 0, -1};
	int64_t at = (int64_t)r->points->n;
	int64_t written = 0;
	enum fit_status status;

	if (!fit_number_read(time, time_bytes, &number, why))
		return fit_reader_fail(r, FIT_BAD, "%s", why);
	if (!apply_unit(r, &number))
		return false;
	if (seq && (!read_seq(r, seq, seq_bytes, &written) ||
		    !unwrap(r, written, &at)))
		return false;
	r->last_seq = written;
	status = fit_points_add(r->points, at, &number, why);
	if (status != FIT_OK)
		return fit_reader_fail(r, status, "%s", why);
	return in_order(r);
}

bool fit_row_too_long(struct fit_reader *r)
{
	return fit_reader_fail(r, FIT_BAD,
			       "is longer than %u bytes: this is no recording "
			       "of time stamps, or of another --format",
			       INPUT_LINE_MOST);
}

static bool take_lines(struct fit_reader *r, FILE *file, char *line,
		       bool (*take)(struct fit_reader *r, char *line,
				    size_t bytes))
{
	enum input_line got;
	bool good = true;
	size_t bytes;

	while (good && (got = input_line(file, line, &bytes)) != INPUT_END) {
		r->line++;
		if (got == INPUT_LONG)
			return fit_row_too_long(r);
		while (bytes > 0 && strchr(" \t\r", line[bytes - 1]))
			bytes--;
		line[bytes] = '\0';
		good = take(r, line, bytes);
	}
	return good;
}

bool fit_read_lines(struct fit_reader *r, int fd,
		    bool (*take)(struct fit_reader *r, char *line,
				 size_t bytes))
{
	FILE *file = fdopen(dup(fd), "r");
	char *line = malloc(INPUT_LINE_MOST + 1u);
	bool good;

	if (!file || !line) {
		good = fit_reader_fail(r, FIT_BAD, "cannot read: %s",
				       strerror(errno));
		free(line);
		if (file)
			fclose(file);
		return good;
	}
	good = take_lines(r, file, line, take);
	if (good && ferror(file)) {
		r->line = 0;
		good = fit_reader_fail(r, FIT_BAD, "cannot read: %s",
				       strerror(errno));
	}
	free(line);
	fclose(file);
	return good;
}

static bool take_text(struct fit_reader *r, char *line, size_t bytes)
{
	size_t blank = strspn(line, " \t");

	if (blank == bytes || line[blank] == '#')
		return true;
	return fit_reader_take(r, line + blank, bytes - blank, NULL, 0);
}

enum fit_status fit_read(const struct fit_source *source, int fd,
			 struct fit_points *out, char why[FIT_WHY_BYTES])
{
	static const struct fit_points nothing;
	struct fit_reader r = {
		.source = source, .points = out, .why = why, .suffix = -1};
	bool good = false;

	*out = nothing;
	out->unit = source->unit;
	r.unit_known = exact_ok(source->unit);
	switch (source->format) {
	case FIT_TEXT:
		good = fit_read_lines(&r, fd, take_text);
		break;
	case FIT_CSV:
		good = fit_read_csv(&r, fd);
		break;
	case FIT_JSON_LINES:
		good = fit_read_json_lines(&r, fd);
		break;
	}
	if (!good) {
		fit_points_free(out);
		return r.status;
	}
	if (!exact_ok(out->unit))
		out->unit = exact_int(1);
	return FIT_OK;
}
