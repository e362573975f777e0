// SPDX-License-Identifier: MIT
/*
 * pipeline_keys.c - the keys of sources, stages and sinks, and their values.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>

#include "describe/quantity.h"
#include "pipeline/pipeline_reader.h"

#define AT(member) offsetof(struct pipeline_node, member)
#define SOURCE PIPELINE_OF_SOURCE
#define STAGE PIPELINE_OF_STAGE
#define SINK PIPELINE_OF_SINK
#define TIME PIPELINE_KEY_TIME
#define BYTES PIPELINE_KEY_BYTES
#define OTHER PIPELINE_KEY_OTHER

const struct pipeline_key pipeline_keys[] = {
	{"name", OTHER, 0, SOURCE | STAGE | SINK, false},
	{"period", TIME, AT(period), SOURCE, false},
	{"rate", PIPELINE_KEY_RATE, AT(period), SOURCE, false},
	{"jitter", TIME, AT(jitter), SOURCE | STAGE | SINK, true},
	{"distance", TIME, AT(distance), SOURCE | STAGE, false},
	{"offset", TIME, AT(offset), SOURCE, false},
	{"hold", TIME, AT(hold), SOURCE | SINK, true},
	{"input", OTHER, 0, STAGE | SINK, false},
	{"inputs", OTHER, 0, STAGE | SINK, false},
	{"join", OTHER, 0, STAGE | SINK, false},
	{"policy", OTHER, 0, STAGE | SINK, false},
	{"pace", OTHER, 0, STAGE | SINK, false},
	{"start", TIME, AT(start), STAGE | SINK, false},
	{"drift", OTHER, 0, STAGE | SINK, false},
	{"resync", TIME, AT(drift), STAGE | SINK, false},
	{"wake", TIME, AT(wake), STAGE | SINK, true},
	{"best", TIME, AT(best), STAGE | SINK, true},
	{"worst", TIME, AT(worst), STAGE | SINK, false},
	{"best-execution", TIME, AT(best), STAGE | SINK, true},
	{"execution", TIME, AT(worst), STAGE | SINK, false},
	{"cpu", OTHER, 0, STAGE | SINK, false},
	{"priority", PIPELINE_KEY_LEVEL, AT(priority), STAGE | SINK, false},
	{"blocking", TIME, AT(blocking), STAGE | SINK, true},
	{"runtime", TIME, AT(runtime), STAGE | SINK, false},
	{"every", TIME, AT(budget_period), STAGE | SINK, false},
	{"delay", TIME, AT(delay), STAGE | SINK, false},
	{"share", OTHER, 0, STAGE | SINK, false},
	{"batch", PIPELINE_KEY_COUNT, AT(batch), SOURCE | STAGE, false},
	{"batches", OTHER, 0, SOURCE | STAGE, false},
	{"packet", BYTES, AT(area.max_bytes), SOURCE | STAGE, false},
	{"align", BYTES, AT(area.align_bytes), SOURCE | STAGE, false},
	{"page", BYTES, AT(area.page_bytes), SOURCE | STAGE, false},
	{"control", BYTES, AT(area.control_bytes), SOURCE | STAGE, false},
	{"layout", OTHER, 0, SOURCE | STAGE, false},
};
const uint32_t pipeline_n_keys =
	sizeof(pipeline_keys) / sizeof(pipeline_keys[0]);

static uint32_t find_key(const char *name, uint32_t kind)
{
	uint32_t i;

	for (i = 0; i < pipeline_n_keys; i++) {
		if ((pipeline_keys[i].kinds & (1u << kind)) &&
		    strcmp(pipeline_keys[i].name, name) == 0)
			return i;
	}
	return PIPELINE_NONE;
}

bool pipeline_given(const struct pipeline_node *node, const char *name)
{
	uint32_t key = find_key(name, node->kind);

	return key != PIPELINE_NONE && node->given >> key & 1;
}

bool pipeline_is_assumed(const struct pipeline_node *node, uint32_t key)
{
	const struct pipeline_key *k = &pipeline_keys[key];
	bool given = node->service == PIPELINE_GIVEN;
	bool execution = strcmp(k->name, "best-execution") == 0;

	if (!k->assumed || !(k->kinds & (1u << node->kind)) ||
	    node->given >> key & 1)
		return false;
	if (node->kind == PIPELINE_SOURCE)
		return true;
	if (k->offset == AT(jitter) || k->offset == AT(hold))
		return node->grid &&
		       (k->offset == AT(jitter) || node->kind == PIPELINE_SINK);
	if (k->offset == AT(wake))
		return !node->grid;
	if (k->offset == AT(blocking))
		return node->service == PIPELINE_PRIORITY;
	return given != execution && node->kind == PIPELINE_STAGE;
}

static bool unknown_key(struct pipeline_reader *r, const config_setting_t *s,
			uint32_t kind)
{
	static const char *const kinds[] = {"source", "stage", "sink"};
	const char *names[sizeof(pipeline_keys) / sizeof(pipeline_keys[0])];
	const char *name = config_setting_name(s);
	uint32_t n = 0;
	uint32_t i;

	for (i = 0; i < pipeline_n_keys; i++) {
		if (pipeline_keys[i].kinds & (1u << kind))
			names[n++] = pipeline_keys[i].name;
	}
	return reader_fail(r, s, "'%s' is no key of a %s%s", name, kinds[kind],
			   reader_nearest(name, names, n));
}

static bool read_rate(struct pipeline_reader *r, const config_setting_t *s,
		      struct exact *out)
{
	const char *text = reader_text(r, s);
	const char *warning = NULL;
	char why[QUANTITY_WHY_BYTES];

	if (!text)
		return false;
	if (!quantity_rate(text, out, &warning, why))
		return reader_fail(r, s, "%s: %s", config_setting_name(s), why);
	if (warning && r->p->n_warnings < PIPELINE_MAX_WARNINGS &&
	    asprintf(&r->p->warnings[r->p->n_warnings], "%s:%u: %s: %s",
		     r->p->file, (unsigned)config_setting_source_line(s), text,
		     warning) > 0)
		r->p->n_warnings++;
	if (exact_sign(*out) <= 0)
		return reader_fail(r, s, "rate must be more than 0");
	*out = exact_div(exact_int(1), *out);
	return true;
}

static bool read_level(struct pipeline_reader *r, const config_setting_t *s,
		       int32_t *out)
{
	if (config_setting_type(s) != CONFIG_TYPE_INT)
		return reader_fail(r, s, "%s must be a whole number",
				   config_setting_name(s));
	*out = config_setting_get_int(s);
	return true;
}

static bool read_value(struct pipeline_reader *r, const config_setting_t *s,
		       const struct pipeline_key *key, uint32_t index)
{
	char *node = (char *)&r->p->nodes[index];
	struct exact value;

	switch (key->type) {
	case PIPELINE_KEY_TIME:
		return reader_time(r, s, &value) &&
		       reader_pend(r, index, key->offset, value);
	case PIPELINE_KEY_RATE:
		return read_rate(r, s, &value) &&
		       reader_pend(r, index, key->offset, value);
	case PIPELINE_KEY_BYTES:
		return reader_bytes(r, s,
				    (uint64_t *)(void *)(node + key->offset));
	case PIPELINE_KEY_COUNT:
		return reader_count(r, s, 1,
				    (uint32_t *)(void *)(node + key->offset));
	case PIPELINE_KEY_LEVEL:
		return read_level(r, s,
				  (int32_t *)(void *)(node + key->offset));
	case PIPELINE_KEY_OTHER:
	default:
		return true;
	}
}

/* What is neither a number nor an edge. */
static bool read_words(struct pipeline_reader *r, const config_setting_t *group,
		       uint32_t index)
{
	static const char *const paces[] = {"data", "grid"};
	static const char *const joins[] = {"and", "or"};
	static const char *const layouts[] = {"slots", "ring", "mirror"};
	struct pipeline_node *node = &r->p->nodes[index];
	const config_setting_t *s;
	uint32_t word = 0;

	s = config_setting_get_member(group, "pace");
	if (s && !reader_word(r, s, paces, 2, &word))
		return false;
	node->grid = word == 1;
	word = 0;
	s = config_setting_get_member(group, "join");
	if (s && !reader_word(r, s, joins, 2, &word))
		return false;
	node->join = word == 1 ? PIPELINE_OR : PIPELINE_AND;
	s = config_setting_get_member(group, "layout");
	if (s && !reader_word(r, s, layouts, 3, &node->area.layout))
		return false;
	s = config_setting_get_member(group, "batches");
	for (; s && node->n_batches < (uint32_t)config_setting_length(s);
	     node->n_batches++) {
		if (node->n_batches == PIPELINE_MAX_BATCHES)
			return reader_fail(r, s, "more than %u batches",
					   PIPELINE_MAX_BATCHES);
		if (!reader_count(r,
				  config_setting_get_elem(s, node->n_batches),
				  1, &node->batches[node->n_batches]))
			return false;
	}
	return true;
}

/* Only some keys go together: they say how the response time follows. */
static bool choose_service(struct pipeline_reader *r,
			   const config_setting_t *group,
			   struct pipeline_node *node)
{
	static const char *const of_execution[] = {"cpu", "runtime", "delay"};
	static const enum pipeline_service services[] = {
		PIPELINE_PRIORITY, PIPELINE_RESERVATION,
		PIPELINE_BOUNDED_DELAY};
	bool execution = pipeline_given(node, "execution");
	const char *chosen = NULL;
	uint32_t i;

	if (execution &&
	    (pipeline_given(node, "worst") || pipeline_given(node, "best")))
		return reader_fail(r, group,
				   "'%s': give either best and worst (response "
				   "times) or best-execution and execution",
				   node->name);
	node->service = execution ? PIPELINE_OWN_CPU : PIPELINE_GIVEN;
	for (i = 0; i < 3; i++) {
		if (!pipeline_given(node, of_execution[i]))
			continue;
		if (chosen || !execution)
			return reader_fail(r, group,
					   "'%s': %s needs execution and does "
					   "not go with %s",
					   node->name, of_execution[i],
					   chosen ? chosen : "worst");
		chosen = of_execution[i];
		node->service = services[i];
	}
	if (pipeline_given(node, "runtime") != pipeline_given(node, "every"))
		return reader_fail(r, group,
				   "'%s': a reservation needs runtime and "
				   "every",
				   node->name);
	if (pipeline_given(node, "delay") != pipeline_given(node, "share"))
		return reader_fail(
			r, group, "'%s': a bounded delay needs delay and share",
			node->name);
	if (node->service == PIPELINE_PRIORITY &&
	    !pipeline_given(node, "priority"))
		return reader_fail(r, group, "'%s': cpu needs priority",
				   node->name);
	return true;
}

/* What a kind of node cannot do without, and what it has no use for. */
static bool check_keys(struct pipeline_reader *r, const config_setting_t *group,
		       struct pipeline_node *node)
{
	bool timed = pipeline_given(node, "worst") ||
		     pipeline_given(node, "execution");

	if (node->kind == PIPELINE_SOURCE) {
		if (pipeline_given(node, "period") ==
		    pipeline_given(node, "rate"))
			return reader_fail(r, group,
					   "source '%s' needs either period "
					   "or rate",
					   node->name);
		return true;
	}
	if (!choose_service(r, group, node))
		return false;
	if (node->grid && node->kind == PIPELINE_SINK && timed)
		return reader_fail(r, group,
				   "sink '%s' on a grid has hold, not worst "
				   "or execution",
				   node->name);
	if (!node->grid && pipeline_given(node, "hold"))
		return reader_fail(r, group,
				   "'%s': hold is for pace = \"grid\"; a "
				   "sink driven by data has worst",
				   node->name);
	if (!node->grid &&
	    (pipeline_given(node, "jitter") || pipeline_given(node, "start") ||
	     pipeline_given(node, "drift")))
		return reader_fail(r, group,
				   "'%s': jitter, start and drift are for "
				   "pace = \"grid\"",
				   node->name);
	if (pipeline_given(node, "drift") != pipeline_given(node, "resync"))
		return reader_fail(r, group,
				   "'%s': drift needs resync, the time after "
				   "which the clocks are set again or the "
				   "stream ends; without it no bound exists",
				   node->name);
	if (!timed && !(node->grid && node->kind == PIPELINE_SINK))
		return reader_fail(r, group,
				   "'%s' needs worst (a response time) or "
				   "execution",
				   node->name);
	return true;
}

bool reader_node(struct pipeline_reader *r, const config_setting_t *group,
		 uint32_t index)
{
	struct pipeline_node *node = &r->p->nodes[index];
	int i;

	node->area = r->area;
	for (i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s =
			config_setting_get_elem(group, (unsigned)i);
		uint32_t key = find_key(config_setting_name(s), node->kind);

		if (key == PIPELINE_NONE)
			return unknown_key(r, s, node->kind);
		node->given |= UINT64_C(1) << key;
		if (!read_value(r, s, &pipeline_keys[key], index))
			return false;
	}
	node->start_given = pipeline_given(node, "start");
	return read_words(r, group, index) && check_keys(r, group, node);
}
