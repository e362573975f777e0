// SPDX-License-Identifier: MIT
/*
 * fit_json_lines.c - time stamps from JSON, one value in a line: a number, a
 * text with a unit, or an object with a member for each.
 */
#include <json-c/json.h>
#include <string.h>

#include "fit/fit_private.h"

/* The parser keeps the text of a number with decimals; nothing is rounded. */
static const char *number_text(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		return json_object_get_string(value);
	case json_type_int:
	case json_type_double:
		return json_object_to_json_string_ext(value,
						      JSON_C_TO_STRING_PLAIN);
	case json_type_null:
	case json_type_boolean:
	case json_type_object:
	case json_type_array:
	default:
		return NULL;
	}
}

static bool member(struct fit_reader *r, struct json_object *object,
		   const char *name, const char **out)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		return fit_reader_fail(r, FIT_BAD, "there is no member '%s'",
				       name);
	*out = number_text(value);
	if (!*out)
		return fit_reader_fail(r, FIT_BAD,
				       "member '%s' is no number and no text",
				       name);
	return true;
}

static bool take_object(struct fit_reader *r, struct json_object *object)
{
	const struct fit_source *s = r->source;
	const char *time = NULL;
	const char *seq = NULL;

	if (!s->column)
		return fit_reader_fail(r, FIT_BAD,
				       "an object: name the member with the "
				       "time stamp, --column NAME");
	fit_reader_name_unit(r, s->column);
	if (!member(r, object, s->column, &time) ||
	    (s->seq && !member(r, object, s->seq, &seq)))
		return false;
	return fit_reader_take(r, time, strlen(time), seq,
			       seq ? strlen(seq) : 0);
}

static bool take_value(struct fit_reader *r, struct json_object *value)
{
	const char *time;

	if (json_object_is_type(value, json_type_object))
		return take_object(r, value);
	if (r->source->column || r->source->seq)
		return fit_reader_fail(
			r, FIT_BAD, "no object, so it has no member '%s'",
			r->source->column ? r->source->column : r->source->seq);
	time = number_text(value);
	if (!time)
		return fit_reader_fail(r, FIT_BAD,
				       "no number, no text and no object");
	return fit_reader_take(r, time, strlen(time), NULL, 0);
}

static bool take_line(struct fit_reader *r, char *line, size_t bytes)
{
	enum json_tokener_error error = json_tokener_success;
	struct json_object *value;
	bool good;

	if (strspn(line, " \t") == bytes)
		return true;
	value = json_tokener_parse_verbose(line, &error);
	if (error != json_tokener_success)
		return fit_reader_fail(r, FIT_BAD, "no JSON: %s",
				       json_tokener_error_desc(error));
	good = take_value(r, value);
	json_object_put(value);
	return good;
}

bool fit_read_json_lines(struct fit_reader *r, int fd)
{
	return fit_read_lines(r, fd, take_line);
}
