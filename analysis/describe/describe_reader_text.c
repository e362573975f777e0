// SPDX-License-Identifier: MIT
/*
 * describe_reader_text.c - a consumer described in one text:
 * "name=b,consumer=blocking,work=2ms".
 */
#include <stdio.h>
#include <string.h>

#include "describe/describe_keys.h"

/* In a --reader text it is clear whose jitter is meant. */
static enum key key_of_reader(const char *name, size_t bytes)
{
	static const struct {
		const char *name;
		enum key key;
	} shorter[] = {
		{"jitter", KEY_JITTER_OUT},
		{"hold", KEY_HOLD_OUT},
		{"drift", KEY_DRIFT_OUT},
		{"batch", KEY_BATCH_OUT},
	};
	enum key key = describe_find(name, bytes);
	size_t i;

	for (i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++) {
		if (strlen(shorter[i].name) == bytes &&
		    strncmp(shorter[i].name, name, bytes) == 0)
			return shorter[i].key;
	}
	return key == KEYS || !describe_keys[key].reader ? KEYS : key;
}

static bool no_reader_key(const char *name, int shown, char *why)
{
	char sentence[DESCRIBE_WHY_BYTES];
	char key[64];

	if (describe_find(name, (size_t)shown) != KEYS)
		return describe_refuse(why,
				       "reader: '%.*s' is a key of the "
				       "producer; it stands outside of the "
				       "reader",
				       shown, name);
	snprintf(key, sizeof(key), "%.*s", shown, name);
	describe_unknown(key, sentence);
	return describe_refuse(why, "reader: %.400s", sentence);
}

struct splitting {
	struct describe_raw *raw;
	struct texts texts;
};

static bool take_reader_key(void *user, const char *name, size_t name_bytes,
			    const char *value, size_t value_bytes, char *why)
{
	struct splitting *splitting = user;
	enum key key = key_of_reader(name, name_bytes);
	int shown = name_bytes < 60 ? (int)name_bytes : 60;

	if (key == KEYS)
		return no_reader_key(name, shown, why);
	if (splitting->texts.at[key])
		return describe_refuse(why, "reader: %.*s is given twice",
				       shown, name);
	splitting->texts.at[key] =
		describe_keep(splitting->raw, value, value_bytes);
	return splitting->texts.at[key] ||
	       describe_refuse(why, "reader: no memory");
}

/* The text is copied: it would move while its parts are kept. */
bool describe_reader_text(struct describe *d, size_t at,
			  char why[DESCRIBE_WHY_BYTES])
{
	struct splitting splitting = {d->raw, {{0}}};
	char who[64] = "reader: ";
	struct reading reading = {d, &splitting.texts, who, why};
	char settings[1024];
	int bytes;

	bytes = snprintf(settings, sizeof(settings), "%s", d->raw->memory + at);
	if (bytes < 0 || (size_t)bytes >= sizeof(settings))
		return describe_refuse(why,
				       "reader: the text is longer than %zu "
				       "bytes",
				       sizeof(settings) - 1);
	if (!describe_split(settings, &splitting, take_reader_key, why))
		return false;
	if (describe_has(&reading, KEY_NAME))
		snprintf(who, sizeof(who),
			 "reader '%.31s': ", describe_text(&reading, KEY_NAME));
	if (d->n_readers == DESCRIBE_MAX_READERS)
		return describe_refuse(why, "reader: there are at most %u",
				       DESCRIBE_MAX_READERS);
	return describe_read_reader(&reading);
}
