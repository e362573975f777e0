// SPDX-License-Identifier: MIT
/*
 * pipeline_file.c - a pipeline file: first all names, then all values, then
 * the tick.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/input.h"
#include "pipeline/pipeline_reader.h"

static const char *const lists[] = {"sources", "stages", "sinks"};

static bool add_nodes(struct pipeline_reader *r, const config_setting_t *list,
		      enum pipeline_kind kind)
{
	int i;

	if (!list)
		return true;
	if (!config_setting_is_list(list))
		return reader_fail(r, list, "%s is a list: %s = ( {...}, ... )",
				   lists[kind], lists[kind]);
	for (i = 0; i < config_setting_length(list); i++) {
		const config_setting_t *group =
			config_setting_get_elem(list, (unsigned)i);
		const config_setting_t *name;
		const char *text;
		uint32_t node;

		if (!config_setting_is_group(group))
			return reader_fail(r, group,
					   "an element of %s is { name = ...; "
					   "... }",
					   lists[kind]);
		name = config_setting_get_member(group, "name");
		if (!name)
			return reader_fail(r, group, "name is missing");
		text = reader_text(r, name);
		if (!text)
			return false;
		if (!*text)
			return reader_fail(r, name, "the name is empty");
		node = pipeline_add(r->p, kind, text);
		if (node == PIPELINE_NONE)
			return reader_fail(r, NULL, "no memory");
		r->p->nodes[node].line = config_setting_source_line(name);
	}
	return true;
}

static bool read_nodes(struct pipeline_reader *r, const config_setting_t *root,
		       enum pipeline_kind kind, uint32_t *node)
{
	const config_setting_t *list =
		config_setting_get_member(root, lists[kind]);
	int i;

	for (i = 0; list && i < config_setting_length(list); i++, (*node)++) {
		const config_setting_t *group =
			config_setting_get_elem(list, (unsigned)i);
		size_t first = r->n_pending;

		if (kind == PIPELINE_SOURCE)
			reader_own_period(r, group);
		if (!reader_node(r, group, *node) ||
		    !reader_cpu_of(r, group, &r->p->nodes[*node]) ||
		    !reader_share(r, group, first) ||
		    !reader_drift(r, group, first))
			return false;
		if (kind != PIPELINE_SOURCE && !reader_inputs(r, group, *node))
			return false;
	}
	if (kind == PIPELINE_SOURCE)
		reader_common_period(r);
	return true;
}

static bool read_settings(struct pipeline_reader *r,
			  const config_setting_t *root)
{
	static const char *const keys[] = {
		"name",	   "ties",    "cap",  "align",	"page",
		"control", "sources", "cpus", "stages", "sinks"};
	static const char *const ties[] = {"strict", "closed"};
	const uint32_t n = sizeof(keys) / sizeof(keys[0]);
	int i;

	for (i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s =
			config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(s);
		uint32_t key = 0;
		bool good = true;
		char *text;

		while (key < n && strcmp(keys[key], name) != 0)
			key++;
		if (key == n)
			return reader_fail(r, s, "'%s' is no key of the file%s",
					   name, reader_nearest(name, keys, n));
		if (key == 0) {
			good = reader_text(r, s) != NULL;
			text = good ? strdup(config_setting_get_string(s))
				    : NULL;
			if (text) {
				free(r->p->name);
				r->p->name = text;
			}
		}
		if (key == 1)
			good = reader_word(r, s, ties, 2, &r->p->ties);
		if (key == 3)
			good = reader_bytes(r, s, &r->area.align_bytes);
		if (key == 4)
			good = reader_bytes(r, s, &r->area.page_bytes);
		if (key == 5)
			good = reader_bytes(r, s, &r->area.control_bytes);
		if (!good)
			return false;
	}
	return true;
}

static bool read_cap(struct pipeline_reader *r, const config_setting_t *root,
		     struct exact *cap)
{
	const config_setting_t *s = config_setting_get_member(root, "cap");

	*cap = exact_int(0);
	return !s || reader_time(r, s, cap);
}

/* What a stage makes is as large as what it reads, if nothing else is said. */
static bool default_bytes(struct pipeline_reader *r, struct pipeline_node *node)
{
	const struct pipeline *p = r->p;
	uint32_t i;

	if (node->kind != PIPELINE_STAGE || node->area.max_bytes)
		return true;
	for (i = 0; i < node->n_in; i++) {
		const struct pipeline_edge *e = pipeline_input(p, node, i);
		uint64_t bytes = p->nodes[e->from].area.max_bytes;

		if (e->tokens)
			continue;
		if (node->area.max_bytes && node->area.max_bytes != bytes) {
			pipeline_fail(r->p, PIPELINE_BAD, node->line,
				      "'%s' reads packets of different sizes; "
				      "give the size of its own with packet",
				      node->name);
			return false;
		}
		node->area.max_bytes = bytes;
	}
	return true;
}

static bool settle(struct pipeline_reader *r)
{
	struct pipeline *p = r->p;
	uint32_t i;

	if (pipeline_prepare(p) != PIPELINE_OK)
		return false;
	for (i = 0; i < p->n_nodes; i++) {
		struct pipeline_node *node = &p->nodes[p->order[i]];

		if (node->kind == PIPELINE_SINK && node->grid) {
			node->worst = node->hold;
			node->hold = 0;
		}
		if (!default_bytes(r, node))
			return false;
	}
	return true;
}

static bool read_all(struct pipeline_reader *r, const config_setting_t *root)
{
	struct exact cap;
	uint32_t node = 0;
	int kind;

	if (!read_settings(r, root) ||
	    !reader_cpus(r, config_setting_get_member(root, "cpus")))
		return false;
	for (kind = PIPELINE_SOURCE; kind <= PIPELINE_SINK; kind++) {
		if (!add_nodes(r, config_setting_get_member(root, lists[kind]),
			       (enum pipeline_kind)kind))
			return false;
	}
	if (r->p->n_nodes == 0 || r->p->nodes[0].kind != PIPELINE_SOURCE)
		return reader_fail(r, NULL, "%s: there are no sources",
				   r->p->file);
	if (!reader_sort_names(r))
		return false;
	for (kind = PIPELINE_SOURCE; kind <= PIPELINE_SINK; kind++) {
		if (!read_nodes(r, root, (enum pipeline_kind)kind, &node))
			return false;
	}
	return read_cap(r, root, &cap) && reader_choose_tick(r, cap) &&
	       settle(r);
}

/* Another file could be without an end, and its numbers are not looked at. */
static bool is_alone(const char *path, const char *text,
		     char why[PIPELINE_WHY_BYTES])
{
	static const char word[] = "@include";
	unsigned number = 1;

	for (const char *line = text; line; number++) {
		const char *begin = line + strspn(line, " \t");

		if (strncmp(begin, word, sizeof(word) - 1u) == 0) {
			snprintf(why, PIPELINE_WHY_BYTES,
				 "%s:%u: %s is not followed: put all of the "
				 "pipeline into one file",
				 path, number, word);
			return false;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return true;
}

static bool parse(config_t *config, const char *path,
		  char why[PIPELINE_WHY_BYTES])
{
	char reason[INPUT_WHY_BYTES];
	char *text = input_file(path, reason);
	bool good = text && is_alone(path, text, why) &&
		    pipeline_numbers_fit(path, text, why);

	if (!text)
		snprintf(why, PIPELINE_WHY_BYTES, "%s: %s", path, reason);
	if (good && config_read_string(config, text) == CONFIG_FALSE) {
		good = false;
		snprintf(why, PIPELINE_WHY_BYTES, "%s:%d: %s",
			 config_error_file(config) ? config_error_file(config)
						   : path,
			 config_error_line(config), config_error_text(config));
	}
	free(text);
	return good;
}

enum pipeline_status pipeline_read(const char *path, struct pipeline **out,
				   char why[PIPELINE_WHY_BYTES])
{
	struct pipeline_reader r = {.p = pipeline_create(path)};
	config_t config;
	bool good;

	r.area.size = sizeof(r.area);
	if (r.p)
		r.p->file = strdup(path);
	if (!r.p || !r.p->file) {
		pipeline_destroy(r.p);
		snprintf(why, PIPELINE_WHY_BYTES, "no memory");
		return PIPELINE_NO_MEMORY;
	}
	config_init(&config);
	good = parse(&config, path, why);
	if (good) {
		good = read_all(&r, config_root_setting(&config));
		memcpy(why, r.p->why, PIPELINE_WHY_BYTES);
	}
	config_destroy(&config);
	free(r.pending);
	free(r.by_name);
	if (!good) {
		pipeline_destroy(r.p);
		return PIPELINE_BAD;
	}
	*out = r.p;
	return PIPELINE_OK;
}
