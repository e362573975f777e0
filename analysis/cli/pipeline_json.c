// SPDX-License-Identifier: MIT
/*
 * pipeline_json.c - the result of `dsi pipeline` for programs.
 *
 * Times are nanoseconds: a number if they are whole, else a text "num/den".
 * No floating point, and always the same order of members.
 */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include <dsi/version.h>

#include "pipeline_report.h"

static struct json_object *text(const char *value)
{
	return json_object_new_string(value);
}

static struct json_object *number(uint64_t value)
{
	return json_object_new_uint64(value);
}

static void put(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add_ex(object, key, value,
				  JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static struct json_object *exact(struct exact value)
{
	char digits[EXACT_TEXT_BYTES];
	int64_t whole;

	if (exact_to_i64(value, &whole))
		return json_object_new_int64(whole);
	return text(exact_text(value, digits));
}

static struct json_object *ns(const struct pipeline *p, dsi_wide ticks)
{
	return exact(
		exact_mul(pipeline_seconds(p, ticks), exact_int(1000000000)));
}

static struct json_object *stream(const struct pipeline *p,
				  const struct pipeline_flow *flow)
{
	struct json_object *array = json_object_new_array();
	uint32_t i;

	for (i = 0; i < flow->n_parts; i++) {
		struct json_object *part = json_object_new_object();
		const struct arrival_part *a = &flow->arrivals[i];
		dsi_wide gap = wide_max(a->distance - a->squeeze, a->spacing);

		gap = wide_max(wide_max(gap, a->period - a->jitter), 0);
		put(part, "period_ns", ns(p, a->period));
		put(part, "jitter_ns", ns(p, a->jitter));
		put(part, "distance_ns", ns(p, gap));
		put(part, "earliest_ns", ns(p, flow->parts[i].low));
		put(part, "latest_ns", ns(p, flow->parts[i].high));
		json_object_array_add(array, part);
	}
	return array;
}

static struct json_object *hop(const struct pipeline *p,
			       const struct pipeline_edge *e)
{
	static const char *const policies[] = {"block", "drop-new", "reclaim"};
	struct json_object *o = json_object_new_object();
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];

	put(o, "from", text(from->name));
	put(o, "to", text(to->name));
	put(o, "policy", text(policies[e->policy]));
	put(o, "tokens", number(e->tokens));
	put(o, "slots", number(e->slots));
	put(o, "exact", json_object_new_boolean(e->exact));
	put(o, "bound", text(pipeline_bound_name(e->bound)));
	put(o, "lifetime_ns",
	    from->in.n_parts == 1 ? ns(p, e->lifetime) : NULL);
	put(o, "start_offset_ns", to->grid ? ns(p, to->grid_start) : NULL);
	put(o, "start_given",
	    json_object_new_boolean(to->grid && to->start_given));
	put(o, "start_must_be_later",
	    json_object_new_boolean(to->grid && !to->start_given &&
				    p->ties == DSI_TIES_STRICT));
	put(o, "underrun", json_object_new_boolean(to->underrun));
	put(o, "jitter_exact",
	    json_object_new_boolean(report_jitter_exact(from)));
	put(o, "in", stream(p, &from->out));
	put(o, "out", stream(p, &to->out));
	return o;
}

static struct json_object *bytes(const struct pipeline_node *node)
{
	struct json_object *o;

	if (!node->bytes.size)
		return NULL;
	o = json_object_new_object();
	put(o, "payload", number(node->bytes.payload));
	put(o, "padding", number(node->bytes.padding));
	put(o, "control", number(node->bytes.control));
	put(o, "total", number(node->bytes.total));
	put(o, "exact", json_object_new_boolean(node->bytes.exact != 0));
	return o;
}

static struct json_object *ring(const struct pipeline_node *node)
{
	struct json_object *o = json_object_new_object();

	put(o, "writer", text(node->name));
	put(o, "slots", number(node->slots));
	put(o, "exact", json_object_new_boolean(node->slots_exact));
	put(o, "batch", number(node->batch));
	put(o, "bytes", bytes(node));
	return o;
}

static struct json_object *stage(const struct pipeline *p, uint32_t index)
{
	const struct pipeline_node *node = &p->nodes[index];
	struct json_object *o = json_object_new_object();

	put(o, "name", text(node->name));
	put(o, "scheduling", text(pipeline_service_name(node->service)));
	put(o, "best_ns", ns(p, (dsi_wide)node->best));
	put(o, "response_ns", ns(p, node->response));
	put(o, "fresh_budget", json_object_new_boolean(node->fresh));
	put(o, "latency_best_ns", ns(p, pipeline_latency_best(node)));
	put(o, "latency_worst_ns", ns(p, pipeline_latency_worst(node)));
	put(o, "adds_ns", ns(p, pipeline_latency_share(p, index)));
	put(o, "critical_input",
	    node->critical == PIPELINE_NONE
		    ? NULL
		    : text(p->nodes[p->edges[node->critical].from].name));
	return o;
}

static struct json_object *end(const struct pipeline *p, uint32_t index)
{
	const struct pipeline_node *node = &p->nodes[index];
	struct json_object *o = json_object_new_object();

	put(o, "name", text(node->name));
	put(o, "source", text(p->nodes[report_origin(p, index)].name));
	put(o, "latency_best_ns", ns(p, pipeline_latency_best(node)));
	put(o, "latency_worst_ns", ns(p, pipeline_latency_worst(node)));
	put(o, "exact", json_object_new_boolean(node->latency_exact));
	return o;
}

static struct json_object *path(const struct pipeline *p, uint32_t at)
{
	struct json_object *array = json_object_new_array();
	size_t length = 1, i;
	uint32_t node;

	for (node = at; p->nodes[node].critical != PIPELINE_NONE; length++)
		node = p->edges[p->nodes[node].critical].from;
	for (i = length; i-- > 0;) {
		json_object_array_put_idx(array, i, text(p->nodes[at].name));
		if (i)
			at = p->edges[p->nodes[at].critical].from;
	}
	return array;
}

static struct json_object *dominant(const struct pipeline *p)
{
	struct json_object *o = json_object_new_object();
	uint32_t last = report_worst_end(p);
	uint32_t largest = report_largest(p);

	if (last != PIPELINE_NONE) {
		uint32_t slowest = report_slowest(p, last);

		put(o, "latency", text(p->nodes[slowest].name));
		put(o, "latency_ns", ns(p, pipeline_latency_share(p, slowest)));
		put(o, "of_latency_ns",
		    ns(p, pipeline_latency_worst(&p->nodes[last])));
		put(o, "critical_path", path(p, last));
	}
	if (largest != PIPELINE_NONE) {
		put(o, "bytes", text(p->nodes[largest].name));
		put(o, "bytes_of_ring", number(p->nodes[largest].bytes.total));
	}
	put(o, "bytes_total", number(p->total_bytes));
	return o;
}

static struct json_object *result(const struct pipeline *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *hops = json_object_new_array();
	struct json_object *rings = json_object_new_array();
	struct json_object *stages = json_object_new_array();
	struct json_object *ends = json_object_new_array();
	uint32_t i;

	for (i = 0; i < p->n_edges; i++)
		json_object_array_add(hops, hop(p, &p->edges[i]));
	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (node->n_out)
			json_object_array_add(rings, ring(node));
		if (node->kind != PIPELINE_SOURCE)
			json_object_array_add(stages, stage(p, i));
		if (report_is_end(node))
			json_object_array_add(ends, end(p, i));
	}
	put(o, "hops", hops);
	put(o, "rings", rings);
	put(o, "stages", stages);
	put(o, "ends", ends);
	put(o, "dominant", dominant(p));
	put(o, "rounds", number(p->rounds));
	return o;
}

static uint64_t time_of(const struct pipeline_node *node, uint32_t key)
{
	uint64_t value;

	memcpy(&value, (const char *)node + pipeline_keys[key].offset,
	       sizeof(value));
	return value;
}

/* Every time that was given, and every one that was taken as 0. */
static struct json_object *assumptions(const struct pipeline *p)
{
	struct json_object *array = json_object_new_array();
	uint32_t i, key;
	char id[160];

	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		for (key = 0; key < pipeline_n_keys; key++) {
			const struct pipeline_key *k = &pipeline_keys[key];
			bool given = node->given >> key & 1;
			struct json_object *o;

			if ((k->type != PIPELINE_KEY_TIME &&
			     k->type != PIPELINE_KEY_RATE) ||
			    !(given || pipeline_is_assumed(node, key)))
				continue;
			o = json_object_new_object();
			snprintf(id, sizeof(id), "%.120s.%s", node->name,
				 k->offset == offsetof(struct pipeline_node,
						       drift)
					 ? "drift until resync"
					 : k->name);
			put(o, "id", text(id));
			put(o, "value_ns", ns(p, (dsi_wide)time_of(node, key)));
			put(o, "origin", text(given ? "given" : "default"));
			json_object_array_add(array, o);
		}
	}
	return array;
}

static struct json_object *warnings(const struct pipeline *p)
{
	struct json_object *array = json_object_new_array();
	uint32_t i;

	for (i = 0; i < p->n_warnings; i++)
		json_object_array_add(array, text(p->warnings[i]));
	return array;
}

static struct json_object *budget(const struct pipeline_share *share)
{
	struct json_object *o = json_object_new_object();

	put(o, "bytes", number(share->budget));
	put(o, "used", number(share->bytes));
	put(o, "floor", number(share->floor));
	put(o, "fits", json_object_new_boolean(share->fits));
	put(o, "least_commits", json_object_new_boolean(share->least));
	put(o, "commits_per_s", exact(share->wakeups));
	return o;
}

static int print(struct json_object *o)
{
	const char *out = json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (out)
		puts(out);
	json_object_put(o);
	return out ? 0 : -1;
}

int pipeline_print_json(const struct pipeline *p,
			const struct pipeline_share *share)
{
	struct json_object *o = json_object_new_object();
	struct json_object *input = json_object_new_object();

	put(input, "name", text(p->name));
	put(input, "file", text(p->file ? p->file : ""));
	put(input, "ties",
	    text(p->ties == DSI_TIES_STRICT ? "strict" : "closed"));
	put(input, "tick_ns", ns(p, 1));
	put(input, "sources_stages_sinks", number(p->n_nodes));
	put(o, "input", input);
	put(o, "result", result(p));
	if (share)
		put(o, "budget", budget(share));
	put(o, "assumptions", assumptions(p));
	put(o, "status", text("proved"));
	put(o, "warnings", warnings(p));
	put(o, "version", text(DSI_VERSION_TEXT));
	return print(o);
}

int pipeline_print_json_failure(const char *file, enum pipeline_status status,
				const char *why)
{
	static const char *const reasons[] = {
		[PIPELINE_OK] = "none",
		[PIPELINE_BAD] = "bad input",
		[PIPELINE_NO_BOUND] = "no bound",
		[PIPELINE_RANGE] = "exact range exceeded",
		[PIPELINE_NO_MEMORY] = "no memory",
	};
	struct json_object *o = json_object_new_object();
	struct json_object *input = json_object_new_object();

	put(input, "file", text(file));
	put(o, "input", input);
	put(o, "result", NULL);
	put(o, "reason", text(reasons[status]));
	put(o, "why", text(why));
	put(o, "status", text("none"));
	put(o, "version", text(DSI_VERSION_TEXT));
	return print(o);
}
