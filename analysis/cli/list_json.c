// SPDX-License-Identifier: MIT
/*
 * list_json.c - the named streams as a JSON array for programs.
 *
 * With json-c and not jansson, because counters and times are unsigned 64-bit
 * numbers: json-c prints them exactly, jansson's integers are signed.
 */
#include <stdbool.h>
#include <stdio.h>

#include <json-c/json.h>

#include "listing.h"

#define NS_PER_S UINT64_C(1000000000)

bool listing_json_add(struct json_object *object, const char *key,
		      struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool listing_json_number(struct json_object *object, const char *key,
			 uint64_t value)
{
	return listing_json_add(object, key, json_object_new_uint64(value));
}

bool listing_json_text(struct json_object *object, const char *key,
		       const char *text)
{
	return listing_json_add(object, key, json_object_new_string(text));
}

struct json_object *listing_json_peer(const struct dsi_peer *owner)
{
	struct json_object *object = json_object_new_object();
	char user[LISTING_OWNER_BYTES];

	listing_user(owner->uid, user, sizeof(user));
	if (object && listing_json_number(object, "pid", owner->pid) &&
	    listing_json_number(object, "uid", owner->uid) &&
	    listing_json_number(object, "gid", owner->gid) &&
	    listing_json_text(object, "user", user))
		return object;
	json_object_put(object);
	return NULL;
}

/* Rounded down; UINT64_MAX if it is more. */
static uint64_t to_ns(uint64_t ticks, uint64_t tick_hz)
{
	__extension__ typedef unsigned __int128 wide;
	wide ns = tick_hz ? (wide)ticks * NS_PER_S / tick_hz : 0;

	return ns < UINT64_MAX ? (uint64_t)ns : UINT64_MAX;
}

/* In nanoseconds to look at, in ticks to compute with. */
static bool add_traffic(struct json_object *object, const struct dsi_traffic *t)
{
	return listing_json_number(object, "period_ns",
				   to_ns(t->period, t->tick_hz)) &&
	       listing_json_number(object, "jitter_ns",
				   to_ns(t->jitter, t->tick_hz)) &&
	       listing_json_number(object, "tick_hz", t->tick_hz) &&
	       listing_json_number(object, "period_ticks", t->period) &&
	       listing_json_number(object, "jitter_ticks", t->jitter);
}

static bool add_desc(struct json_object *object,
		     const struct dsi_stream_desc *desc)
{
	return listing_json_number(object, "packets", desc->packets) &&
	       listing_json_number(object, "packet_bytes",
				   desc->packet_bytes) &&
	       listing_json_number(object, "ring_slots", desc->ring_slots) &&
	       listing_json_number(object, "max_sg", desc->max_sg) &&
	       listing_json_number(object, "align_bytes", desc->align_bytes) &&
	       listing_json_number(object, "data_bytes", desc->data_bytes) &&
	       listing_json_number(object, "lifetime_ns", desc->lifetime_ns) &&
	       add_traffic(object, &desc->traffic) &&
	       listing_json_text(object, "format", desc->format);
}

static bool fill_answer(struct json_object *object,
			const struct dsi_name_info *info)
{
	return listing_json_text(object, "state",
				 dsi_state_name(info->state)) &&
	       listing_json_add(object, "owner",
				listing_json_peer(&info->owner)) &&
	       listing_json_number(object, "consumers", info->consumers) &&
	       listing_json_number(object, "committed", info->committed) &&
	       add_desc(object, &info->desc);
}

static struct json_object *make_entry(const struct listing_entry *entry)
{
	struct json_object *object = json_object_new_object();
	bool good = object && listing_json_text(object, "name", entry->name);

	if (good && entry->info.answered)
		good = fill_answer(object, &entry->info);
	else if (good)
		good = listing_json_text(object, "error",
					 listing_reason(entry)) &&
		       listing_json_add(object, "code",
					json_object_new_int(entry->info.error));
	if (good)
		return object;
	json_object_put(object);
	return NULL;
}

int listing_print_json(const struct listing *listing)
{
	struct json_object *array = json_object_new_array();
	const char *text = NULL;
	size_t i;

	for (i = 0; array && i < listing->n; i++) {
		struct json_object *entry = make_entry(&listing->entries[i]);

		if (!entry || json_object_array_add(array, entry) != 0) {
			json_object_put(entry);
			json_object_put(array);
			return -1;
		}
	}
	if (array)
		text = json_object_to_json_string_ext(
			array, JSON_C_TO_STRING_PRETTY |
				       JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(array);
	return text ? 0 : -1;
}
