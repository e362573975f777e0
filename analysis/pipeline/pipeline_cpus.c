// SPDX-License-Identifier: MIT
/*
 * pipeline_cpus.c - processors and clocks of a pipeline file, and who uses
 * them.
 */
#include <string.h>

#include "describe/quantity.h"
#include "pipeline/pipeline_reader.h"

bool reader_cpus(struct pipeline_reader *r, const config_setting_t *list)
{
	static const char *const policies[] = {"preemptive", "non-preemptive"};
	int i;

	if (!list)
		return true;
	if (!config_setting_is_list(list))
		return reader_fail(r, list, "cpus is a list: cpus = ( {...} )");
	for (i = 0; i < config_setting_length(list); i++) {
		const config_setting_t *group =
			config_setting_get_elem(list, (unsigned)i);
		const config_setting_t *name = NULL, *policy = NULL;
		uint32_t word = 0;
		uint32_t cpu;

		if (config_setting_is_group(group)) {
			name = config_setting_get_member(group, "name");
			policy = config_setting_get_member(group, "scheduling");
		}
		if (!name ||
		    config_setting_length(group) != 1 + (policy != NULL))
			return reader_fail(r, group,
					   "a cpu is { name = \"...\"; "
					   "scheduling = \"preemptive\"; }");
		if (!reader_text(r, name) ||
		    (policy && !reader_word(r, policy, policies, 2, &word)))
			return false;
		cpu = pipeline_add_cpu(r->p, config_setting_get_string(name));
		if (cpu == PIPELINE_NONE)
			return reader_fail(r, NULL, "no memory");
		r->p->cpus[cpu].non_preemptive = word == 1;
		r->p->cpus[cpu].line = config_setting_source_line(name);
	}
	return true;
}

bool reader_cpu_of(struct pipeline_reader *r, const config_setting_t *group,
		   struct pipeline_node *node)
{
	const config_setting_t *s = config_setting_get_member(group, "cpu");
	const char *text;
	uint32_t i;

	if (!s)
		return true;
	text = reader_text(r, s);
	if (!text)
		return false;
	for (i = 0; i < r->p->n_cpus; i++) {
		if (strcmp(r->p->cpus[i].name, text) != 0)
			continue;
		node->cpu = i;
		return true;
	}
	return reader_fail(r, s, "there is no cpu '%s' in cpus", text);
}

/* Work that gets only a share of a processor takes as much longer. */
bool reader_share(struct pipeline_reader *r, const config_setting_t *group,
		  size_t first)
{
	const config_setting_t *s = config_setting_get_member(group, "share");
	struct exact share;
	const char *text;
	size_t i;

	if (!s)
		return true;
	text = reader_text(r, s);
	if (!text)
		return false;
	if (!exact_parse(text, strlen(text), &share) ||
	    exact_sign(share) <= 0 || exact_cmp(share, exact_int(1)) > 0)
		return reader_fail(r, s,
				   "share must be a text with a number above 0 "
				   "and at most 1, e.g. \"1/2\", not \"%.64s\"",
				   text);
	for (i = first; i < r->n_pending; i++) {
		struct pending_time *t = &r->pending[i];

		if (t->offset == offsetof(struct pipeline_node, worst))
			t->value = exact_div(t->value, share);
	}
	return true;
}

bool reader_drift(struct pipeline_reader *r, const config_setting_t *group,
		  size_t first)
{
	const config_setting_t *s = config_setting_get_member(group, "drift");
	char why[QUANTITY_WHY_BYTES];
	struct exact drift;
	size_t i;

	if (!s)
		return true;
	if (!reader_text(r, s))
		return false;
	if (!quantity_drift(config_setting_get_string(s), &drift, why))
		return reader_fail(r, s, "drift: %s", why);
	for (i = first; i < r->n_pending; i++) {
		struct pending_time *t = &r->pending[i];

		if (t->offset == offsetof(struct pipeline_node, drift))
			t->value = exact_mul(t->value, drift);
	}
	return true;
}
