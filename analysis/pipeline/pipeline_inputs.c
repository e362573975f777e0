// SPDX-License-Identifier: MIT
/*
 * pipeline_inputs.c - edges, from the names of a reader's inputs.
 *
 *   input  = "camera";
 *   inputs = ("camera", { from = "encode"; tokens = 1; policy = "reclaim"; });
 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline_reader.h"

static int compare_names(const void *a, const void *b, void *user)
{
	const struct pipeline *p = user;

	return strcmp(p->nodes[*(const uint32_t *)a].name,
		      p->nodes[*(const uint32_t *)b].name);
}

bool reader_sort_names(struct pipeline_reader *r)
{
	struct pipeline *p = r->p;
	uint32_t i;

	r->by_name = calloc(p->n_nodes + 1u, sizeof(*r->by_name));
	if (!r->by_name)
		return reader_fail(r, NULL, "no memory");
	for (i = 0; i < p->n_nodes; i++)
		r->by_name[i] = i;
	qsort_r(r->by_name, p->n_nodes, sizeof(*r->by_name), compare_names, p);
	for (i = 1; i < p->n_nodes; i++) {
		const struct pipeline_node *a = &p->nodes[r->by_name[i - 1]];
		const struct pipeline_node *b = &p->nodes[r->by_name[i]];

		if (strcmp(a->name, b->name) != 0)
			continue;
		pipeline_fail(p, PIPELINE_BAD,
			      a->line > b->line ? a->line : b->line,
			      "there is another '%s', in line %u", a->name,
			      a->line > b->line ? b->line : a->line);
		return false;
	}
	return true;
}

static uint32_t find_node(const struct pipeline_reader *r, const char *name)
{
	uint32_t low = 0;
	uint32_t high = r->p->n_nodes;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint32_t node = r->by_name[middle];
		int order = strcmp(name, r->p->nodes[node].name);

		if (order == 0)
			return node;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return PIPELINE_NONE;
}

static bool unknown_node(struct pipeline_reader *r, const config_setting_t *s,
			 const char *name)
{
	const char *names[64];
	uint32_t n = r->p->n_nodes < 64 ? r->p->n_nodes : 64;
	uint32_t i;

	for (i = 0; i < n; i++)
		names[i] = r->p->nodes[i].name;
	return reader_fail(r, s, "there is no source or stage '%s'%s", name,
			   reader_nearest(name, names, n));
}

static bool read_policy(struct pipeline_reader *r, const config_setting_t *s,
			uint32_t *out)
{
	static const char *const policies[] = {
		[DSI_POLICY_BLOCK] = "block",
		[DSI_POLICY_DROP_NEW] = "drop-new",
		[DSI_POLICY_RECLAIM] = "reclaim",
	};

	return !s || reader_word(r, s, policies, 3, out);
}

static bool read_members(struct pipeline_reader *r,
			 const config_setting_t *group, struct pipeline_edge *e,
			 const config_setting_t **from)
{
	static const char *const keys[] = {"from", "tokens", "policy"};
	int i;

	for (i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s =
			config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(s);

		if (strcmp(name, "from") == 0)
			*from = s;
		else if (strcmp(name, "tokens") == 0) {
			if (!reader_count(r, s, 0, &e->tokens))
				return false;
		} else if (strcmp(name, "policy") == 0) {
			if (!read_policy(r, s, &e->policy))
				return false;
		} else {
			return reader_fail(r, s, "'%s' is no key of an input%s",
					   name, reader_nearest(name, keys, 3));
		}
	}
	return true;
}

static bool read_input(struct pipeline_reader *r, const config_setting_t *s,
		       uint32_t to, uint32_t policy)
{
	struct pipeline_edge members = {.policy = policy};
	const config_setting_t *from = s;
	struct pipeline_edge *e;
	const char *name;
	uint32_t node, edge;

	if (config_setting_is_group(s)) {
		from = NULL;
		if (!read_members(r, s, &members, &from))
			return false;
		if (!from)
			return reader_fail(r, s, "an input needs from");
	}
	name = reader_text(r, from);
	if (!name)
		return false;
	node = find_node(r, name);
	if (node == PIPELINE_NONE)
		return unknown_node(r, from, name);
	edge = pipeline_link(r->p, node, to);
	if (edge == PIPELINE_NONE)
		return reader_fail(r, NULL, "no memory");
	e = &r->p->edges[edge];
	e->line = config_setting_source_line(s);
	e->tokens = members.tokens;
	e->policy = members.policy;
	return true;
}

bool reader_inputs(struct pipeline_reader *r, const config_setting_t *group,
		   uint32_t index)
{
	const config_setting_t *one = config_setting_get_member(group, "input");
	const config_setting_t *many =
		config_setting_get_member(group, "inputs");
	uint32_t policy = DSI_POLICY_BLOCK;
	int i;

	if (!read_policy(r, config_setting_get_member(group, "policy"),
			 &policy))
		return false;
	if (!one == !many)
		return reader_fail(r, group,
				   "'%s' needs either input or inputs",
				   r->p->nodes[index].name);
	if (one)
		return read_input(r, one, index, policy);
	if (!config_setting_is_list(many) && !config_setting_is_array(many))
		return reader_fail(r, many,
				   "inputs is a list: inputs = (\"a\", \"b\")");
	for (i = 0; i < config_setting_length(many); i++) {
		if (!read_input(r, config_setting_get_elem(many, (unsigned)i),
				index, policy))
			return false;
	}
	return true;
}
