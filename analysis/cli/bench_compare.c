// SPDX-License-Identifier: MIT
/*
 * bench_compare.c - `dsi bench --compare`: which rows of two reports differ by
 * more than the runs of either differ among themselves?
 *
 * A row that has a limit is compared by how many times the limit it is: where
 * the machine has become slower, the limit has as well.  The limits themselves
 * are compared by their times, which says something about the machine and
 * nothing about the channels, so they do not count.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "bench_report.h"
#include "cli.h"
#include "input/input.h"
#include "message.h"

#define LEAST_PART 0.01 /* less than this is no change, however even the runs */
#define KEY_BYTES 256u

/* The half of the runs in the middle. */
struct figure {
	double median;
	double low;
	double high;
};

struct entry {
	char key[KEY_BYTES];
	bool is_limit;
	bool has_ratio;
	struct figure ratio;
	struct figure time;
};

struct tally {
	unsigned int slower;
	unsigned int faster;
	unsigned int same;
	unsigned int machine;
	unsigned int alone;
};

/* ---- reading --------------------------------------------------------------- */

static bool get_number(struct json_object *from, const char *key, double *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !(json_object_is_type(value, json_type_double) ||
	      json_object_is_type(value, json_type_int)))
		return false;
	*out = json_object_get_double(value);
	return isfinite(*out) && *out >= 0;
}

static const char *get_text(struct json_object *from, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool get_bool(struct json_object *from, const char *key, bool *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !json_object_is_type(value, json_type_boolean))
		return false;
	*out = json_object_get_boolean(value);
	return true;
}

static bool get_figure(struct json_object *row, const char *key,
		       struct figure *out)
{
	struct json_object *value;

	return json_object_object_get_ex(row, key, &value) &&
	       json_object_is_type(value, json_type_object) &&
	       get_number(value, "median", &out->median) &&
	       get_number(value, "low", &out->low) &&
	       get_number(value, "high", &out->high) &&
	       out->low <= out->median && out->median <= out->high;
}

/* What reports of old did not have is as it was then: none. */
static bool get_around(struct json_object *row, char *out, size_t bytes)
{
	const char *priority = get_text(row, "priority");
	const char *stress = get_text(row, "stress");
	double streams = 0;
	double active = 0;
	bool fifo = priority && strcmp(priority, "fifo") == 0;
	bool load = stress && strcmp(stress, "no") != 0;
	char many[48] = "";

	if (get_number(row, "streams", &streams) && streams > 0 &&
	    get_number(row, "active", &active))
		snprintf(many, sizeof(many), " %.0f of %.0f streams", active,
			 streams);
	return snprintf(out, bytes, "%s%s%s%s", fifo ? " fifo" : "",
			load ? " beside " : "", load ? stress : "",
			many) < (int)bytes;
}

/* What makes a row the same one in both files. */
static bool get_key(struct json_object *row, char key[KEY_BYTES])
{
	const char *measure = get_text(row, "measure");
	const char *mode = get_text(row, "mode");
	const char *on = get_text(row, "on");
	const char *channel = get_text(row, "channel");
	char around[96];
	double numbers[4];
	bool threads;
	bool touched;

	if (!measure || !mode || !on || !channel ||
	    !get_bool(row, "threads", &threads) ||
	    !get_bool(row, "touched", &touched) ||
	    !get_number(row, "payload", &numbers[0]) ||
	    !get_number(row, "ring", &numbers[1]) ||
	    !get_number(row, "batch", &numbers[2]) ||
	    !get_number(row, "consumers", &numbers[3]) ||
	    !get_around(row, around, sizeof(around)))
		return false;
	return snprintf(key, KEY_BYTES,
			"%s %s %s%s%s %.0fB%s ring %.0f batch %.0f to %.0f %s",
			measure, mode, on, threads ? " threads" : "", around,
			numbers[0], touched ? "" : " untouched", numbers[1],
			numbers[2], numbers[3], channel) < (int)KEY_BYTES;
}

/* False: it is no row.  A row that failed has a key and no figure. */
static bool read_entry(struct json_object *row, struct entry *out,
		       bool *has_figure)
{
	struct json_object *limit;
	const char *measure = get_text(row, "measure");
	const char *value = "middle_ns";

	*out = (struct entry){.key = ""};
	if (!json_object_is_type(row, json_type_object) ||
	    !get_key(row, out->key))
		return false;
	if (measure && strcmp(measure, "rate") == 0)
		value = "packet_ns";
	/* Where there is none the value is null. */
	if (!json_object_object_get_ex(row, "limit", &limit))
		return false;
	out->is_limit = limit == NULL;
	out->has_ratio = get_figure(row, "to_limit", &out->ratio);
	*has_figure = get_figure(row, value, &out->time);
	return true;
}

static bool is_report(struct json_object *root, struct json_object **rows)
{
	const char *format = NULL;
	double version = 0;

	if (json_object_is_type(root, json_type_object))
		format = get_text(root, "format");
	return format && strcmp(format, "dsi-bench") == 0 &&
	       get_number(root, "format_version", &version) &&
	       (unsigned int)version == BENCH_FORMAT &&
	       json_object_object_get_ex(root, "rows", rows) &&
	       json_object_is_type(*rows, json_type_array);
}

static bool good_rows(struct json_object *rows)
{
	struct entry entry;
	bool has_figure;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		if (!read_entry(json_object_array_get_idx(rows, i), &entry,
				&has_figure))
			return false;
	return true;
}

static struct json_object *read_report(const char *path)
{
	enum json_tokener_error error = json_tokener_success;
	char why[INPUT_WHY_BYTES];
	char *text = input_file(path, why);
	struct json_object *root;
	struct json_object *rows;

	if (!text) {
		message_error(path, "%s", why);
		return NULL;
	}
	root = json_tokener_parse_verbose(text, &error);
	free(text);
	if (error != json_tokener_success) {
		message_error(path, "cannot be read as JSON: %s",
			      json_tokener_error_desc(error));
		return NULL;
	}
	if (is_report(root, &rows) && good_rows(rows))
		return root;
	message_error(path, "is no report of `dsi bench --json` (format %u)",
		      BENCH_FORMAT);
	json_object_put(root);
	return NULL;
}

/* ---- comparing ------------------------------------------------------------- */

static bool find_entry(struct json_object *rows, const char *key,
		       struct entry *out, bool *has_figure)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		if (read_entry(json_object_array_get_idx(rows, i), out,
			       has_figure) &&
		    strcmp(out->key, key) == 0)
			return true;
	return false;
}

/* 1 more, -1 less, 0 not to be told from what runs differ anyway. */
static int changed(const struct figure *before, const struct figure *now)
{
	double by = fabs(now->median - before->median);

	if (by <= before->high - before->low || by <= now->high - now->low ||
	    by <= LEAST_PART * before->median)
		return 0;
	return now->median > before->median ? 1 : -1;
}

static void print_change(const struct entry *before, const struct entry *now,
			 bool by_ratio, int way)
{
	const struct figure *a = by_ratio ? &before->ratio : &before->time;
	const struct figure *b = by_ratio ? &now->ratio : &now->time;
	const char *unit = by_ratio ? " x limit" : " ns";
	int digits = by_ratio ? 2 : 1;

	printf("%s: %s\n    %.*f%s (%.*f..%.*f), was %.*f%s (%.*f..%.*f): "
	       "%+.1f %%\n",
	       way > 0 ? "slower" : "faster", now->key, digits, b->median, unit,
	       digits, b->low, digits, b->high, digits, a->median, unit, digits,
	       a->low, digits, a->high,
	       100 * (b->median - a->median) / a->median);
}

static void compare_entry(const struct entry *before, const struct entry *now,
			  struct tally *tally)
{
	bool by_ratio = before->has_ratio && now->has_ratio;
	int way = by_ratio ? changed(&before->ratio, &now->ratio)
			   : changed(&before->time, &now->time);

	if (way)
		print_change(before, now, by_ratio, way);
	if (way && now->is_limit)
		tally->machine++;
	else if (way > 0)
		tally->slower++;
	else if (way < 0)
		tally->faster++;
	else
		tally->same++;
}

static void compare_rows(struct json_object *before, struct json_object *now,
			 struct tally *tally)
{
	size_t there = 0;

	for (size_t i = 0; i < json_object_array_length(now); i++) {
		struct entry a;
		struct entry b;
		bool a_has = false;
		bool b_has = false;

		if (!read_entry(json_object_array_get_idx(now, i), &b, &b_has))
			continue;
		if (!find_entry(before, b.key, &a, &a_has)) {
			tally->alone++;
			continue;
		}
		there++;
		if (a_has && b_has)
			compare_entry(&a, &b, tally);
		else
			tally->alone++;
	}
	tally->alone +=
		(unsigned int)(json_object_array_length(before) - there);
}

static void note_machines(struct json_object *before, struct json_object *now)
{
	struct json_object *a;
	struct json_object *b;
	const char *from = NULL;
	const char *to = NULL;

	if (json_object_object_get_ex(before, "machine", &a))
		from = get_text(a, "model");
	if (json_object_object_get_ex(now, "machine", &b))
		to = get_text(b, "model");
	if (from && to && strcmp(from, to) != 0)
		printf("Other machine: %s, was %s\n", to, from);
}

static int compare(struct json_object *before, struct json_object *now)
{
	struct json_object *old_rows = NULL;
	struct json_object *new_rows = NULL;
	struct tally tally = {0};
	int code;

	is_report(before, &old_rows);
	is_report(now, &new_rows);
	note_machines(before, now);
	compare_rows(old_rows, new_rows, &tally);
	printf("%u slower, %u faster, %u the same, %u limits differ, %u only "
	       "in one\n",
	       tally.slower, tally.faster, tally.same, tally.machine,
	       tally.alone);
	code = message_output();
	if (code != CLI_OK)
		return code;
	if (!tally.slower && !tally.faster && !tally.same) {
		message_error(NULL, "there is no row in both reports, so there "
				    "is nothing to compare");
		return CLI_USAGE;
	}
	return tally.slower ? CLI_FAILURE : CLI_OK;
}

int bench_compare_files(const char *before, const char *now)
{
	struct json_object *a = read_report(before);
	struct json_object *b = a ? read_report(now) : NULL;
	int code = a && b ? compare(a, b) : CLI_USAGE;

	json_object_put(a);
	json_object_put(b);
	return code;
}

bool bench_compare_ready(const char *before)
{
	struct json_object *a = read_report(before);

	json_object_put(a);
	return a != NULL;
}

/* What would be written to a file. */
static struct json_object *as_json(const struct bench_report *report)
{
	struct json_tokener *tokener = json_tokener_new();
	struct size_writer w = {.pretty = false};
	struct json_object *root = NULL;

	bench_json(report, &w);
	if (tokener && !w.no_memory && w.used <= INT32_MAX)
		root = json_tokener_parse_ex(tokener, w.text, (int)w.used);
	if (tokener)
		json_tokener_free(tokener);
	size_write_free(&w);
	return root;
}

int bench_compare_report(const char *before, const struct bench_report *now)
{
	struct json_object *a = read_report(before);
	struct json_object *b = a ? as_json(now) : NULL;
	int code = CLI_FAILURE;

	if (a && b)
		code = compare(a, b);
	else if (a)
		message_error(NULL, "out of memory");
	json_object_put(a);
	json_object_put(b);
	return code;
}
