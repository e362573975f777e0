// SPDX-License-Identifier: MIT
/*
 * pipeline_value.c - one value of a pipeline file, and what is said of a
 * wrong one.
 */
#define _GNU_SOURCE 1
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe/nearest.h"
#include "describe/quantity.h"
#include "pipeline/pipeline_reader.h"

bool reader_fail(struct pipeline_reader *r, const config_setting_t *at,
		 const char *format, ...)
{
	char text[PIPELINE_WHY_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (at) /* perhaps of a file that was included */
		pipeline_fail(r->p, PIPELINE_BAD, 0, "%s:%u: %s",
			      config_setting_source_file(at)
				      ? config_setting_source_file(at)
				      : r->p->file,
			      (unsigned)config_setting_source_line(at), text);
	else
		pipeline_fail(r->p, PIPELINE_BAD, 0, "%s", text);
	return false;
}

const char *reader_nearest(const char *word, const char *const *words,
			   uint32_t n)
{
	static char text[96];
	const char *nearest = nearest_word(word, words, n);

	text[0] = '\0';
	if (nearest)
		snprintf(text, sizeof(text), "; did you mean '%.40s'?",
			 nearest);
	return text;
}

/* Elements of a list have no name. */
static const char *name_of(const config_setting_t *s)
{
	const char *name = config_setting_name(s);

	if (name)
		return name;
	name = config_setting_name(config_setting_parent(s));
	return name ? name : "value";
}

const char *reader_text(struct pipeline_reader *r, const config_setting_t *s)
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return config_setting_get_string(s);
	reader_fail(r, s, "%s must be a text in quotes", name_of(s));
	return NULL;
}

bool reader_time(struct pipeline_reader *r, const config_setting_t *s,
		 struct exact *out)
{
	const struct exact *period = exact_ok(r->period) ? &r->period : NULL;
	char why[QUANTITY_WHY_BYTES];

	if (config_setting_is_number(s))
		return reader_fail(r, s,
				   "%s is a number without a unit; write a "
				   "text, e.g. \"20ms\", \"1.5us\", "
				   "\"1001/30000s\"",
				   name_of(s));
	if (!reader_text(r, s))
		return false;
	if (!quantity_time(config_setting_get_string(s), period, out, why))
		return reader_fail(r, s, "%s: %s", name_of(s), why);
	return true;
}

bool reader_bytes(struct pipeline_reader *r, const config_setting_t *s,
		  uint64_t *out)
{
	char why[QUANTITY_WHY_BYTES];
	struct exact bytes;

	if (config_setting_type(s) == CONFIG_TYPE_INT ||
	    config_setting_type(s) == CONFIG_TYPE_INT64) {
		if (config_setting_get_int64(s) < 0)
			return reader_fail(r, s, "%s must not be negative",
					   name_of(s));
		*out = (uint64_t)config_setting_get_int64(s);
		return true;
	}
	if (!reader_text(r, s))
		return false;
	if (!quantity_bytes(config_setting_get_string(s), &bytes, why))
		return reader_fail(r, s, "%s: %s", name_of(s), why);
	if (!exact_to_u64(bytes, out))
		return reader_fail(r, s,
				   "%s: '%s' is no whole number of bytes below "
				   "2^64",
				   name_of(s), config_setting_get_string(s));
	return true;
}

bool reader_count(struct pipeline_reader *r, const config_setting_t *s,
		  uint32_t least, uint32_t *out)
{
	int value = config_setting_get_int(s);

	if (config_setting_type(s) != CONFIG_TYPE_INT || value < (int)least ||
	    (uint32_t)value > DSI_SIZING_MAX_BATCH)
		return reader_fail(r, s,
				   "%s must be a whole number from %u to %u",
				   name_of(s), least, DSI_SIZING_MAX_BATCH);
	*out = (uint32_t)value;
	return true;
}

bool reader_word(struct pipeline_reader *r, const config_setting_t *s,
		 const char *const *words, uint32_t n, uint32_t *out)
{
	const char *text = reader_text(r, s);
	char known[128] = "";
	size_t used = 0;
	uint32_t i;

	if (!text)
		return false;
	for (i = 0; i < n && used < sizeof(known); i++) {
		if (strcmp(words[i], text) == 0) {
			*out = i;
			return true;
		}
		used += (size_t)snprintf(known + used, sizeof(known) - used,
					 "%s\"%s\"", i ? " or " : "", words[i]);
	}
	return reader_fail(r, s, "%s must be %s, not \"%.64s\"", name_of(s),
			   known, text);
}

bool reader_pend(struct pipeline_reader *r, uint32_t node, size_t offset,
		 struct exact value)
{
	struct pending_time *time;

	if (r->n_pending == r->room_pending) {
		size_t room = r->room_pending ? 2 * r->room_pending : 256;
		void *more =
			reallocarray(r->pending, room, sizeof(*r->pending));

		if (!more)
			return reader_fail(r, NULL, "no memory");
		r->pending = more;
		r->room_pending = room;
	}
	time = &r->pending[r->n_pending++];
	time->node = node;
	time->offset = offset;
	time->value = value;
	return true;
}
