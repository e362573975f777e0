// SPDX-License-Identifier: MIT
/*
 * pipeline_report.c - what both forms of the result need to know.
 */
#include <stdio.h>

#include "pipeline_report.h"

bool report_is_end(const struct pipeline_node *node)
{
	return node->n_out == 0 && node->kind != PIPELINE_SOURCE;
}

uint32_t report_worst_end(const struct pipeline *p)
{
	uint32_t worst = PIPELINE_NONE;
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		if (!report_is_end(&p->nodes[i]))
			continue;
		if (worst == PIPELINE_NONE ||
		    pipeline_latency_worst(&p->nodes[i]) >
			    pipeline_latency_worst(&p->nodes[worst]))
			worst = i;
	}
	return worst;
}

uint32_t report_origin(const struct pipeline *p, uint32_t node)
{
	while (p->nodes[node].critical != PIPELINE_NONE)
		node = p->edges[p->nodes[node].critical].from;
	return node;
}

uint32_t report_slowest(const struct pipeline *p, uint32_t end)
{
	uint32_t slowest = end;
	uint32_t at;

	for (at = end; p->nodes[at].critical != PIPELINE_NONE;
	     at = p->edges[p->nodes[at].critical].from) {
		if (pipeline_latency_share(p, at) >
		    pipeline_latency_share(p, slowest))
			slowest = at;
	}
	return slowest;
}

uint32_t report_largest(const struct pipeline *p)
{
	uint32_t largest = PIPELINE_NONE;
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		if (!p->nodes[i].n_out || !p->nodes[i].bytes.size)
			continue;
		if (largest == PIPELINE_NONE ||
		    p->nodes[i].bytes.total > p->nodes[largest].bytes.total)
			largest = i;
	}
	return largest;
}

bool report_jitter_exact(const struct pipeline_node *node)
{
	return node->simple ||
	       (node->grid && node->distance == 0 && node->batch <= 1 &&
		node->service == PIPELINE_GIVEN);
}

/* Thousandths of @unit of a second, rounded up. */
static bool in_unit(struct exact seconds, int64_t per_second, uint64_t *out,
		    bool *rounded)
{
	struct exact value =
		exact_mul(seconds, exact_int(per_second * INT64_C(1000)));
	struct exact whole = exact_ceil(value);

	if (!exact_to_u64(whole, out))
		return false;
	*rounded = exact_cmp(whole, value) != 0;
	return true;
}

const char *report_time(const struct pipeline *p, dsi_wide time,
			char text[REPORT_TIME_BYTES])
{
	static const struct {
		int64_t per_second;
		const char *name;
	} units[] = {
		{1000000000, "ns"}, {1000000, "us"}, {1000, "ms"}, {1, "s"}};
	struct exact seconds = pipeline_seconds(p, time < 0 ? -time : time);
	uint64_t value = 0;
	bool rounded = false;
	uint32_t i;
	int used;

	for (i = 0; i < 3; i++) {
		if (in_unit(seconds, units[i].per_second, &value, &rounded) &&
		    value < 1000000)
			break;
	}
	if (i == 3 && !in_unit(seconds, 1, &value, &rounded)) {
		snprintf(text, REPORT_TIME_BYTES, "> 10^16 s");
		return text;
	}
	if (value == 0)
		i = 3;
	used = snprintf(text, REPORT_TIME_BYTES, "%s%s%llu", rounded ? "~" : "",
			time < 0 ? "-" : "",
			(unsigned long long)(value / 1000));
	value %= 1000;
	if (value) {
		used += snprintf(text + used, REPORT_TIME_BYTES - (size_t)used,
				 ".%03llu", (unsigned long long)value);
		while (text[used - 1] == '0')
			used--;
	}
	snprintf(text + used, REPORT_TIME_BYTES - (size_t)used, " %s",
		 units[i].name);
	return text;
}
