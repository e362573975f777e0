// SPDX-License-Identifier: MIT
/* topology_json.c - the machine and its streams as JSON for programs. */
#include <stdio.h>

#include <json-c/json.h>

#include "listing.h"
#include "topology.h"

/* Takes @value over, also on failure. */
static bool push(struct json_object *array, struct json_object *value)
{
	if (value && json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool add_int(struct json_object *object, const char *key, int64_t value)
{
	return listing_json_add(object, key, json_object_new_int64(value));
}

/* Indices that are none are left out. */
static bool add_index(struct json_object *object, const char *key,
		      uint32_t index)
{
	return index == DSI_INDEX_NONE ||
	       listing_json_number(object, key, index);
}

static struct json_object *keep_if(struct json_object *value, bool good)
{
	if (good)
		return value;
	json_object_put(value);
	return NULL;
}

/* ---- the machine --------------------------------------------------------- */

static struct json_object *make_distances(const struct dsi_topology *machine,
					  int32_t from)
{
	struct json_object *array = json_object_new_array();
	int32_t n = dsi_topology_nodes(machine);
	bool good = array != NULL;

	for (int32_t i = 0; i < n && good; i++) {
		struct dsi_topology_node to = {.size = sizeof(to)};

		if (dsi_topology_node(machine, (uint32_t)i, &to) == 0)
			good = push(array,
				    json_object_new_int(dsi_topology_distance(
					    machine, from, to.node)));
	}
	return keep_if(array, good);
}

static struct json_object *make_node(const struct dsi_topology *machine,
				     const struct dsi_topology_node *node)
{
	static const char *const kinds[] = {"normal", "fast", "far", "other"};
	struct json_object *object = json_object_new_object();
	bool good =
		object && add_int(object, "node", node->node) &&
		listing_json_text(object, "memory",
				  node->kind < 4 ? kinds[node->kind] : "?") &&
		listing_json_add(object, "allowed",
				 json_object_new_boolean(node->allowed != 0)) &&
		add_index(object, "package", node->package) &&
		listing_json_number(object, "cpus", node->n_cpus) &&
		listing_json_number(object, "bytes", node->bytes) &&
		listing_json_number(object, "cache_bytes", node->cache_bytes) &&
		listing_json_add(object, "distances",
				 make_distances(machine, node->node));

	return keep_if(object, good);
}

static struct json_object *make_nodes(const struct dsi_topology *machine)
{
	struct json_object *array = json_object_new_array();
	int32_t n = dsi_topology_nodes(machine);
	bool good = array != NULL;

	for (int32_t i = 0; i < n && good; i++) {
		struct dsi_topology_node node = {.size = sizeof(node)};

		if (dsi_topology_node(machine, (uint32_t)i, &node) == 0)
			good = push(array, make_node(machine, &node));
	}
	return keep_if(array, good);
}

static struct json_object *make_cpu(const struct dsi_topology_cpu *cpu)
{
	struct json_object *object = json_object_new_object();
	bool good = object && add_int(object, "cpu", cpu->cpu) &&
		    add_int(object, "node", cpu->node) &&
		    add_index(object, "core", cpu->core) &&
		    add_index(object, "l2", cpu->l2) &&
		    add_index(object, "l3", cpu->l3) &&
		    add_index(object, "package", cpu->package) &&
		    listing_json_number(object, "speed", cpu->speed);

	return keep_if(object, good);
}

static struct json_object *make_cpus(const struct dsi_topology *machine)
{
	struct json_object *array = json_object_new_array();
	int32_t n = dsi_topology_cpus(machine);
	bool good = array != NULL;

	for (int32_t i = 0; i < n && good; i++) {
		struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};

		if (dsi_topology_cpu(machine, (uint32_t)i, &cpu) == 0)
			good = push(array, make_cpu(&cpu));
	}
	return keep_if(array, good);
}

/* ---- streams ------------------------------------------------------------- */

static struct json_object *make_plan(const struct topology_region *region)
{
	struct json_object *array = json_object_new_array();
	bool good = array != NULL;

	for (uint32_t node = 0; node < DSI_NODES_MAX && good; node++)
		if (topology_has_node(&region->plan, node))
			good = push(array, json_object_new_int((int)node));
	return keep_if(array, good);
}

static struct json_object *make_places(const struct topology_region *region)
{
	struct json_object *array = json_object_new_array();
	bool good = array != NULL;

	for (uint32_t node = 0; node < DSI_NODES_MAX && good; node++) {
		struct json_object *object;

		if (!region->on[node])
			continue;
		object = json_object_new_object();
		good = object && add_int(object, "node", node) &&
		       listing_json_number(object, "pages", region->on[node]);
		good = push(array, keep_if(object, good));
	}
	return keep_if(array, good);
}

static bool add_pages(struct json_object *object,
		      const struct topology_region *region)
{
	if (region->error)
		return listing_json_text(object, "error",
					 listing_error(region->error)) &&
		       add_int(object, "code", region->error);
	return listing_json_add(object, "nodes", make_places(region)) &&
	       listing_json_number(object, "absent", region->absent) &&
	       listing_json_number(object, "misplaced", region->misplaced);
}

static struct json_object *make_region(const struct topology_region *region)
{
	const struct dsi_region_info *info = &region->info;
	struct json_object *object = json_object_new_object();
	bool good =
		object &&
		listing_json_text(object, "region",
				  topology_kind(info->kind)) &&
		listing_json_add(object, "of",
				 listing_json_peer(topology_owner(region))) &&
		listing_json_text(object, "label", info->label) &&
		listing_json_number(object, "address", info->address) &&
		listing_json_number(object, "bytes", info->bytes) &&
		listing_json_number(object, "pages", region->pages) &&
		listing_json_add(object, "plan", make_plan(region)) &&
		add_pages(object, region);

	return keep_if(object, good);
}

static struct json_object *make_regions(const struct topology_stream *stream)
{
	struct json_object *array = json_object_new_array();
	bool good = array != NULL;

	for (uint32_t i = 0; i < stream->n_regions && good; i++)
		good = push(array, make_region(&stream->regions[i]));
	return keep_if(array, good);
}

static struct json_object *make_stream(const struct topology_stream *stream)
{
	struct json_object *object = json_object_new_object();
	bool good = object && listing_json_text(object, "name", stream->name);

	if (good && stream->error)
		good = listing_json_text(object, "error",
					 listing_error(stream->error)) &&
		       add_int(object, "code", stream->error);
	else if (good)
		good = listing_json_text(object, "reason", stream->reason) &&
		       listing_json_add(object, "regions",
					make_regions(stream));
	return keep_if(object, good);
}

static struct json_object *make_streams(const struct topology_view *view)
{
	struct json_object *array = json_object_new_array();
	bool good = array != NULL;

	for (size_t i = 0; i < view->n && good; i++)
		good = push(array, make_stream(view->streams[i]));
	return keep_if(array, good);
}

int topology_print_json(const struct topology_view *view)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object &&
	    listing_json_add(object, "nodes", make_nodes(view->machine)) &&
	    listing_json_add(object, "cpus", make_cpus(view->machine)) &&
	    listing_json_add(object, "streams", make_streams(view)) &&
	    listing_json_number(object, "misplaced", view->misplaced))
		text = json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PRETTY |
					JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(object);
	return text ? 0 : -1;
}
