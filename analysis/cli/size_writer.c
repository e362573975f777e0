// SPDX-License-Identifier: MIT
/*
 * size_writer.c - JSON, written member by member.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size_writer.h"

#define FIRST_ROOM 4096u
#define NUMBER_BYTES 24u

static char *reserve(struct size_writer *w, size_t bytes)
{
	if (w->room - w->used < bytes) {
		size_t room = 2 * w->room + bytes + FIRST_ROOM;
		char *grown = realloc(w->text, room);

		if (!grown) {
			w->no_memory = true;
			return NULL;
		}
		w->text = grown;
		w->room = room;
	}
	return w->text + w->used;
}

static void put(struct size_writer *w, const char *text, size_t bytes)
{
	char *to = reserve(w, bytes);

	if (!to)
		return;
	memcpy(to, text, bytes);
	w->used += bytes;
}

static void indent(struct size_writer *w)
{
	put(w, "\n", 1);
	for (unsigned int i = 0; i < w->depth; i++)
		put(w, "  ", 2);
}

/* Bytes of the character that begins here; 0: none does.  A text that was cut
 * may end within one. */
static size_t character_bytes(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t bytes = first < 0x80   ? 1
		       : first < 0xc2 ? 0
		       : first < 0xe0 ? 2
		       : first < 0xf0 ? 3
		       : first < 0xf5 ? 4
				      : 0;

	for (size_t i = 1; i < bytes; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	}
	return bytes;
}

static bool stands_for_itself(const char *text)
{
	unsigned char c = (unsigned char)*text;

	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Control characters, quotes and backslashes are escaped; what is no UTF-8
 * becomes a question mark. */
static void quote(struct size_writer *w, const char *text)
{
	put(w, "\"", 1);
	while (*text) {
		size_t bytes = 0;
		char escaped[8];

		while (stands_for_itself(text + bytes))
			bytes++;
		if (!bytes && (unsigned char)*text >= 0x80)
			bytes = character_bytes(text);
		put(w, text, bytes);
		text += bytes;
		if (bytes)
			continue;
		if ((unsigned char)*text >= 0x80)
			snprintf(escaped, sizeof(escaped), "?");
		else if (*text == '"' || *text == '\\')
			snprintf(escaped, sizeof(escaped), "\\%c", *text);
		else
			snprintf(escaped, sizeof(escaped), "\\u%04x",
				 (unsigned int)(unsigned char)*text);
		put(w, escaped, strlen(escaped));
		text++;
	}
	put(w, "\"", 1);
}

static void begin(struct size_writer *w, const char *key)
{
	if (w->members[w->depth])
		put(w, ",", 1);
	w->members[w->depth] = true;
	if (w->pretty && w->depth)
		indent(w);
	if (!key)
		return;
	quote(w, key);
	put(w, ": ", w->pretty ? 2 : 1);
}

void size_write_open(struct size_writer *w, const char *key, char bracket)
{
	begin(w, key);
	put(w, &bracket, 1);
	if (w->depth + 1 < SIZE_WRITER_DEPTH)
		w->depth++;
	w->members[w->depth] = false;
}

void size_write_close(struct size_writer *w, char bracket)
{
	bool any = w->members[w->depth];

	w->depth--;
	if (w->pretty && any)
		indent(w);
	put(w, &bracket, 1);
}

void size_write_text(struct size_writer *w, const char *key, const char *text)
{
	begin(w, key);
	quote(w, text);
}

void size_write_u64(struct size_writer *w, const char *key, uint64_t number)
{
	char digits[NUMBER_BYTES];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	begin(w, key);
	put(w, digits + at, sizeof(digits) - at);
}

void size_write_bool(struct size_writer *w, const char *key, bool value)
{
	size_write_raw(w, key, value ? "true" : "false");
}

void size_write_null(struct size_writer *w, const char *key)
{
	size_write_raw(w, key, "null");
}

void size_write_exact(struct size_writer *w, const char *key,
		      struct exact value)
{
	char text[EXACT_TEXT_BYTES];
	char digits[NUMBER_BYTES];
	uint64_t number;
	int64_t negative;

	if (exact_to_u64(value, &number)) {
		size_write_u64(w, key, number);
	} else if (exact_to_i64(value, &negative)) {
		snprintf(digits, sizeof(digits), "%" PRId64, negative);
		size_write_raw(w, key, digits);
	} else {
		size_write_text(w, key, exact_text(value, text));
	}
}

void size_write_raw(struct size_writer *w, const char *key, const char *json)
{
	begin(w, key);
	put(w, json, strlen(json));
}

bool size_write_out(struct size_writer *w)
{
	put(w, "\n", 1);
	if (!w->no_memory)
		fwrite(w->text, 1, w->used, stdout);
	w->used = 0;
	w->members[0] = false;
	return !w->no_memory;
}

void size_write_free(struct size_writer *w)
{
	free(w->text);
	w->text = NULL;
	w->room = 0;
}
