// SPDX-License-Identifier: MIT
/* top_json.c - the watched streams as a JSON array for programs. */
#include <stdio.h>

#include <json-c/json.h>

#include "listing.h"
#include "top.h"

static const char *policy_name(uint32_t policy)
{
	static const char *const names[] = {"block", "drop", "reclaim"};

	return policy < 3 ? names[policy] : "?";
}

/* The names are those of struct dsi_socket_stats. */
static bool add_stats(struct json_object *object,
		      const struct dsi_socket_stats *stats)
{
#define NUMBER(name) listing_json_number(object, #name, stats->name)
	return NUMBER(held) && NUMBER(committed) && NUMBER(bytes) &&
	       NUMBER(released) && NUMBER(dropped) && NUMBER(expired) &&
	       NUMBER(reclaimed) && NUMBER(unclaimed) && NUMBER(waits) &&
	       NUMBER(wakes) && NUMBER(backlog_max) && NUMBER(latency_max_ns) &&
	       NUMBER(latency_sum_ns) && NUMBER(held_max) &&
	       NUMBER(hold_max_ns);
#undef NUMBER
}

static bool add_figures(struct json_object *object,
			const struct top_socket *socket)
{
	return listing_json_text(object, "state",
				 dsi_state_name(socket->info.stats.state)) &&
	       listing_json_number(object, "packets_per_s",
				   socket->packets_per_s) &&
	       listing_json_number(object, "bytes_per_s",
				   socket->bytes_per_s) &&
	       listing_json_number(object, "backlog", socket->info.backlog) &&
	       add_stats(object, &socket->info.stats);
}

static struct json_object *make_consumer(const struct top_socket *socket)
{
	const struct dsi_watch_info *info = &socket->info;
	struct json_object *object = json_object_new_object();
	bool good =
		object && listing_json_text(object, "label", info->label) &&
		listing_json_add(object, "peer",
				 listing_json_peer(&info->who)) &&
		listing_json_text(object, "policy",
				  policy_name(info->policy)) &&
		listing_json_number(object, "queue_packets",
				    info->queue_packets) &&
		listing_json_number(object, "undelivered", info->undelivered) &&
		listing_json_add(object, "readable",
				 json_object_new_boolean(info->readable != 0));

	if (good && info->readable)
		good = add_figures(object, socket) &&
		       listing_json_number(object, "stamped",
					   socket->stamped) &&
		       listing_json_number(object, "latency_p50_ns",
					   socket->p50_ns) &&
		       listing_json_number(object, "latency_p99_ns",
					   socket->p99_ns);
	if (good)
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *make_consumers(const struct top_stream *stream)
{
	struct json_object *array = json_object_new_array();
	uint32_t i;

	for (i = 1; array && i < stream->n_sockets; i++) {
		struct json_object *consumer =
			make_consumer(&stream->sockets[i]);

		if (consumer && json_object_array_add(array, consumer) == 0)
			continue;
		json_object_put(consumer);
		json_object_put(array);
		return NULL;
	}
	return array;
}

static struct json_object *make_stream(const struct top_stream *stream)
{
	const struct top_socket *producer = &stream->sockets[0];
	struct json_object *object = json_object_new_object();
	char name[sizeof(stream->name)];
	bool good;

	listing_copy_printable(name, stream->name, sizeof(name));
	good = object && listing_json_text(object, "name", name);
	if (good && stream->watch)
		good = listing_json_add(
			       object, "owner",
			       listing_json_peer(&producer->info.who)) &&
		       listing_json_number(object, "packets",
					   stream->desc.packets) &&
		       listing_json_number(object, "packet_bytes",
					   stream->desc.packet_bytes) &&
		       add_figures(object, producer) &&
		       listing_json_add(object, "consumers",
					make_consumers(stream));
	else if (good)
		good = listing_json_text(object, "error",
					 listing_error(stream->error)) &&
		       listing_json_add(object, "code",
					json_object_new_int(stream->error));
	if (good)
		return object;
	json_object_put(object);
	return NULL;
}

int top_print_json(const struct top *top, bool pretty)
{
	struct json_object *array = json_object_new_array();
	const char *text = NULL;
	size_t i;

	for (i = 0; array && i < top->n; i++) {
		struct json_object *stream;

		if (!top_is_shown(top->streams[i]))
			continue;
		stream = make_stream(top->streams[i]);
		if (!stream || json_object_array_add(array, stream) != 0) {
			json_object_put(stream);
			json_object_put(array);
			return -1;
		}
	}
	if (array)
		text = json_object_to_json_string_ext(
			array, JSON_C_TO_STRING_NOSLASHESCAPE |
				       (pretty ? JSON_C_TO_STRING_PRETTY
					       : JSON_C_TO_STRING_PLAIN));
	if (text)
		puts(text);
	json_object_put(array);
	return text ? 0 : -1;
}
