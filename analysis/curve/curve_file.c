// SPDX-License-Identifier: MIT
/*
 * curve_file.c - a curve from a JSON file; the form is in curve_file.h.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "curve/curve_file.h"
#include "curve/curve_private.h"
#include "input/input.h"

/* The parser keeps the text of a number with decimals; nothing is rounded. */
static bool number(struct json_object *value, struct exact *out)
{
	const char *text = NULL;

	if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	else if (json_object_is_type(value, json_type_int) ||
		 json_object_is_type(value, json_type_double))
		text = json_object_to_json_string_ext(value,
						      JSON_C_TO_STRING_PLAIN);
	return text && curve_number(text, strlen(text), out);
}

/* @otherwise: what an absent member is, or NULL if it must be there */
static enum curve_status member(struct curve_work *w,
				struct json_object *object, const char *key,
				const struct exact *otherwise,
				struct exact *out)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value)) {
		if (!otherwise)
			return curve_say(w, CURVE_BAD, "\"%s\" is missing",
					 key);
		*out = *otherwise;
		return CURVE_OK;
	}
	if (number(value, out))
		return CURVE_OK;
	return curve_say(w, CURVE_BAD,
			 "\"%s\": %.100s is no exact number such as 3, 2.5 or "
			 "\"1/60\"",
			 key, json_object_to_json_string(value));
}

static bool known_members(struct json_object *object, const char *const *keys,
			  const char **unknown)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	size_t i;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		*unknown = json_object_iter_peek_name(&at);
		for (i = 0; keys[i] && strcmp(keys[i], *unknown) != 0; i++)
			;
		if (!keys[i])
			return false;
	}
	return true;
}

static enum curve_status read_piece(struct curve_work *w,
				    struct json_object *object,
				    struct curve *out)
{
	static const char *const keys[] = {"x", "value", "right", "slope",
					   NULL};
	const struct exact zero = exact_int(0);
	struct curve_piece p = {.has_value = true, .has_line = true};
	const char *unknown = NULL;
	enum curve_status status;

	if (!json_object_is_type(object, json_type_object))
		return curve_say(w, CURVE_BAD, "a piece is no object");
	if (!known_members(object, keys, &unknown))
		return curve_say(w, CURVE_BAD,
				 "a piece has no member \"%.60s\"; there are "
				 "x, value, right, slope",
				 unknown);
	status = member(w, object, "x", NULL, &p.x);
	if (status == CURVE_OK)
		status = member(w, object, "value", NULL, &p.value);
	if (status == CURVE_OK)
		status = member(w, object, "right", &p.value, &p.right);
	if (status == CURVE_OK)
		status = member(w, object, "slope", &zero, &p.slope);
	if (status == CURVE_OK && !curve_push(out, &p))
		return curve_no_memory(w);
	return status;
}

static enum curve_status read_curve(struct curve_work *w,
				    struct json_object *object,
				    struct curve *out)
{
	static const char *const keys[] = {"pieces",	"from",	   "period",
					   "increment", "version", NULL};
	struct json_object *pieces = NULL;
	const char *unknown = NULL;
	enum curve_status status;
	size_t i;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, "pieces", &pieces) ||
	    !json_object_is_type(pieces, json_type_array))
		return curve_say(w, CURVE_BAD,
				 "no object with an array \"pieces\"");
	if (!known_members(object, keys, &unknown))
		return curve_say(w, CURVE_BAD,
				 "a curve has no member \"%.60s\"; there are "
				 "pieces, from, period, increment",
				 unknown);
	status = member(w, object, "from", NULL, &out->from);
	if (status == CURVE_OK)
		status = member(w, object, "period", NULL, &out->period);
	if (status == CURVE_OK)
		status = member(w, object, "increment", NULL, &out->increment);
	for (i = 0; status == CURVE_OK && i < json_object_array_length(pieces);
	     i++)
		status = read_piece(w, json_object_array_get_idx(pieces, i),
				    out);
	return status == CURVE_OK ? curve_finish(w, out) : status;
}

enum curve_status curve_file(struct curve_work *w, const char *path,
			     struct curve *out)
{
	static const struct curve nothing;
	enum json_tokener_error error = json_tokener_success;
	char why[INPUT_WHY_BYTES];
	struct json_object *object;
	enum curve_status status;
	char *text = strcmp(path, "-") == 0 ? input_rest(STDIN_FILENO, why)
					    : input_file(path, why);

	*out = nothing;
	if (!text)
		return curve_say(w, CURVE_BAD, "%s", why);
	object = json_tokener_parse_verbose(text, &error);
	free(text);
	if (error != json_tokener_success)
		return curve_say(w, CURVE_BAD, "no JSON: %s",
				 json_tokener_error_desc(error));
	status = read_curve(w, object, out);
	json_object_put(object);
	if (status != CURVE_OK)
		curve_free(out);
	return status;
}
