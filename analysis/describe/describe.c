// SPDX-License-Identifier: MIT
/*
 * describe.c - the texts of a description are collected, then read.
 */
#include <stdlib.h>
#include <string.h>

#include "describe/describe_keys.h"

#define FIRST_ROOM 512u

static const struct describe_value zero = {{0, 1}, DESCRIBE_DEFAULT};

void describe_init(struct describe *d)
{
	memset(d, 0, sizeof(*d));
	d->period = d->jitter = d->distance = d->hold = d->drift = zero;
	d->offset = d->span = zero;
	d->packet = d->packet_min = d->mean = d->burst = zero;
	d->align = d->page = d->control = zero;
	d->batch.value = 1;
}

void describe_free(struct describe *d)
{
	if (d->raw)
		free(d->raw->memory);
	free(d->raw);
	free(d->pattern);
	describe_init(d);
}

size_t describe_keep(struct describe_raw *raw, const char *text, size_t bytes)
{
	size_t at = raw->used;

	if (raw->room - raw->used <= bytes) {
		size_t room = 2 * raw->room + bytes + FIRST_ROOM;
		char *grown = realloc(raw->memory, room);

		if (!grown)
			return 0;
		raw->memory = grown;
		raw->room = room;
	}
	if (at == 0) /* 0 is "not given" */
		raw->memory[at++] = '\0';
	if (raw->room - at <= bytes)
		return 0;
	memcpy(raw->memory + at, text, bytes);
	raw->memory[at + bytes] = '\0';
	raw->used = at + bytes + 1;
	return at;
}

static bool add_reader(struct describe_raw *raw, size_t at, char *why)
{
	if (raw->n_readers == DESCRIBE_MAX_READERS)
		return describe_refuse(why, "reader: there are at most %u",
				       DESCRIBE_MAX_READERS);
	raw->readers[raw->n_readers++] = at;
	return true;
}

bool describe_set(struct describe *d, const char *key, const char *value,
		  char why[DESCRIBE_WHY_BYTES])
{
	enum key found = describe_find(key, strlen(key));
	size_t at;

	if (found == KEYS)
		return describe_unknown(key, why);
	if (!d->raw)
		d->raw = calloc(1, sizeof(*d->raw));
	at = d->raw ? describe_keep(d->raw, value, strlen(value)) : 0;
	if (!at)
		return describe_refuse(why, "%s: no memory", key);
	if (found == KEY_READER)
		return add_reader(d->raw, at, why);
	if (d->raw->given.at[found])
		return describe_refuse(
			why,
			"%s: is given twice, as '%.60s' "
			"and as '%.60s'; give it once",
			key, d->raw->memory + d->raw->given.at[found], value);
	d->raw->given.at[found] = at;
	return true;
}

bool describe_split(const char *settings, void *user,
		    bool (*take)(void *user, const char *key, size_t key_bytes,
				 const char *value, size_t value_bytes,
				 char why[DESCRIBE_WHY_BYTES]),
		    char why[DESCRIBE_WHY_BYTES])
{
	while (*settings) {
		size_t bytes = strcspn(settings, ",");
		size_t key = strcspn(settings, "=,");

		if (key == bytes || key == 0)
			return describe_refuse(why,
					       "'%.*s' is not KEY=VALUE; write "
					       "for example consumer=blocking,"
					       "work=2ms",
					       bytes < 80 ? (int)bytes : 80,
					       settings);
		if (!take(user, settings, key, settings + key + 1,
			  bytes - key - 1, why))
			return false;
		settings += bytes + (settings[bytes] == ',');
	}
	return true;
}
