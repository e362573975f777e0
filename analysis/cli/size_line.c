// SPDX-License-Identifier: MIT
/*
 * size_line.c - questions of `dsi size`, one JSON object a line.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>
#include <json-c/json.h>

#include "cli.h"
#include "input/input.h"
#include "message.h"
#include "size_line.h"

#define WHOLE_BYTES 24u
#define MOST_WEIGHT UINT64_C(1000000)

bool size_lines_open(struct size_lines *lines, const char *path)
{
	bool standard = strcmp(path, "-") == 0;

	*lines = (struct size_lines){.path = path};
	lines->in = standard ? stdin : fopen(path, "re");
	if (!lines->in) {
		message_error(path, "cannot read: %s", strerror(errno));
		return false;
	}
	lines->text = malloc(INPUT_LINE_MOST + 1u);
	lines->tokener = json_tokener_new();
	if (!lines->text || !lines->tokener) {
		message_error(path, "no memory");
		size_lines_close(lines);
		return false;
	}
	json_tokener_set_flags(lines->tokener,
			       JSON_TOKENER_STRICT |
				       JSON_TOKENER_VALIDATE_UTF8);
	return true;
}

void size_lines_close(struct size_lines *lines)
{
	if (lines->in && lines->in != stdin)
		fclose(lines->in);
	if (lines->tokener)
		json_tokener_free(lines->tokener);
	free(lines->text);
}

bool size_lines_next(struct size_lines *lines)
{
	enum input_line got;

	while ((got = input_line(lines->in, lines->text, &lines->bytes)) ==
	       INPUT_LINE) {
		lines->line++;
		if (strspn(lines->text, " \t\r") < lines->bytes)
			return true;
	}
	lines->error = errno;
	lines->too_long = got == INPUT_LONG;
	return false;
}

int size_lines_check(const struct size_lines *lines)
{
	if (lines->too_long) {
		message_error(lines->path,
			      "line %llu is longer than %u bytes; give one "
			      "JSON object a line",
			      (unsigned long long)lines->line + 1,
			      INPUT_LINE_MOST);
		return CLI_USAGE;
	}
	if (!ferror(lines->in))
		return CLI_OK;
	message_error(lines->path, "cannot read on after line %llu: %s",
		      (unsigned long long)lines->line, strerror(lines->error));
	return CLI_FAILURE;
}

static bool bad(struct size_failure *f, const char *key, const char *sentence)
{
	return size_refuse(f, CLI_USAGE, "bad-input", "%s: %s", key, sentence);
}

/* A text, or a whole number; NULL if it is something else. */
static const char *value_text(struct json_object *value,
			      char whole[WHOLE_BYTES])
{
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string(value);
	if (!json_object_is_type(value, json_type_int))
		return NULL;
	if (json_object_get_int64(value) < 0)
		snprintf(whole, WHOLE_BYTES, "%lld",
			 (long long)json_object_get_int64(value));
	else
		snprintf(whole, WHOLE_BYTES, "%llu",
			 (unsigned long long)json_object_get_uint64(value));
	return whole;
}

static bool take_value(struct size_question *q, const char *key,
		       struct json_object *value, struct size_failure *f)
{
	char whole[WHOLE_BYTES];
	const char *text = value_text(value, whole);

	if (!text)
		return bad(f, key,
			   "is neither a text with a unit, for example "
			   "\"20ms\", nor a whole number for a count");
	return size_set(q, key, text, f);
}

static bool take_readers(struct size_question *q, struct json_object *array,
			 struct size_failure *f)
{
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++) {
		if (!take_value(q, "reader",
				json_object_array_get_idx(array, i), f))
			return false;
	}
	return true;
}

static bool take_id(struct size_line *line, struct json_object *value,
		    struct size_failure *f)
{
	const char *text = json_object_to_json_string_ext(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array) || !text ||
	    strlen(text) >= sizeof(line->id))
		return bad(f, "id",
			   "is no text or number of at most 1000 "
			   "bytes");
	memcpy(line->id, text, strlen(text) + 1);
	return true;
}

static bool take_choices(struct size_line *line, struct json_object *value,
			 struct size_failure *f)
{
	size_t n = json_object_is_type(value, json_type_array)
			   ? json_object_array_length(value)
			   : 0;

	if (n == 0 || n > SIZE_MAX_CHOICES)
		return bad(f, "period-choices",
			   "is no array of 1 to 64 texts, for example "
			   "[\"5ms\", \"10ms\"]");
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(value, i);
		const char *text = json_object_get_string(one);

		if (!json_object_is_type(one, json_type_string) || !text ||
		    strlen(text) >= sizeof(line->choices[i]))
			return bad(f, "period-choices",
				   "has something that is no time as a text, "
				   "for example \"5ms\"");
		memcpy(line->choices[i], text, strlen(text) + 1);
	}
	line->n_choices = (uint32_t)n;
	return true;
}

static bool take_latency(struct size_line *line, struct json_object *value,
			 struct size_failure *f)
{
	char why[QUANTITY_WHY_BYTES];

	if (!json_object_is_type(value, json_type_string))
		return bad(f, "max-latency",
			   "is no time as a text, for example \"5ms\"");
	if (!quantity_time(json_object_get_string(value), NULL,
			   &line->max_latency, why))
		return bad(f, "max-latency", why);
	return true;
}

static bool take_bandwidth(struct size_line *line, struct json_object *value,
			   struct size_failure *f)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) ||
	    strlen(text) >= sizeof(line->bandwidth))
		return bad(f, "bandwidth",
			   "is no bandwidth as a text, for example "
			   "\"10MB/s\"");
	memcpy(line->bandwidth, text, strlen(text) + 1);
	return true;
}

/* 1: taken, 0: not one of these keys, -1: wrong */
static int take_budget_key(struct size_line *line, const char *key,
			   struct json_object *value, struct size_failure *f)
{
	if (strcmp(key, "period-choices") == 0)
		return take_choices(line, value, f) ? 1 : -1;
	if (strcmp(key, "max-latency") == 0)
		return take_latency(line, value, f) ? 1 : -1;
	if (strcmp(key, "bandwidth") == 0)
		return take_bandwidth(line, value, f) ? 1 : -1;
	if (strcmp(key, "weight") != 0)
		return 0;
	line->weight = json_object_get_uint64(value);
	if (json_object_is_type(value, json_type_int) &&
	    json_object_get_int64(value) >= 0 && line->weight <= MOST_WEIGHT)
		return 1;
	bad(f, key, "is no whole number from 0 to 1000000");
	return -1;
}

static bool take_member(struct size_question *q, struct size_line *line,
			bool budget, const char *key, struct json_object *value,
			struct size_failure *f)
{
	int taken;

	if (strcmp(key, "id") == 0)
		return take_id(line, value, f);
	if (strcmp(key, "reader") == 0 &&
	    json_object_is_type(value, json_type_array))
		return take_readers(q, value, f);
	taken = budget ? take_budget_key(line, key, value, f) : 0;
	if (taken)
		return taken > 0;
	return take_value(q, key, value, f);
}

/* After a wrong member only the id is still wanted. */
static bool take_members(struct size_question *q, struct size_line *line,
			 bool budget, struct json_object *object,
			 struct size_failure *f)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	struct size_failure ignored;
	bool good = true;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);
		struct json_object *value = json_object_iter_peek_value(&at);

		if (good)
			good = take_member(q, line, budget, key, value, f);
		else if (strcmp(key, "id") == 0)
			(void)take_id(line, value, &ignored);
	}
	return good;
}

bool size_line_parse(struct size_lines *lines, struct size_question *q,
		     struct size_line *line, bool budget,
		     struct size_failure *f)
{
	struct json_object *object;
	bool good;

	line->id[0] = '\0';
	line->n_choices = 0;
	line->bandwidth[0] = '\0';
	line->weight = 1;
	line->max_latency = exact_int(0);
	if (strlen(lines->text) < lines->bytes)
		return size_refuse(f, CLI_USAGE, "bad-json",
				   "this line is no JSON object: it has a "
				   "byte 0");
	json_tokener_reset(lines->tokener);
	object = json_tokener_parse_ex(lines->tokener, lines->text,
				       (int)lines->bytes + 1);
	if (!json_object_is_type(object, json_type_object)) {
		enum json_tokener_error error =
			json_tokener_get_error(lines->tokener);

		json_object_put(object);
		return size_refuse(f, CLI_USAGE, "bad-json",
				   "this line is no JSON object: %s",
				   error == json_tokener_success
					   ? "it is another value"
					   : json_tokener_error_desc(error));
	}
	good = take_members(q, line, budget, object, f);
	json_object_put(object);
	return good;
}
