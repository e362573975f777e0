// SPDX-License-Identifier: MIT
/*
 * trace_metric.c - what is measured, and how often each value came.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/trace_metric.h"

static const struct {
	const char *key;
	const char *text;
} metrics[] = {
#define METRIC_NAMES(constant, key, text) {key, text},
	TRACE_METRICS_MAP(METRIC_NAMES)
#undef METRIC_NAMES
};

const char *trace_metric_key(enum trace_metric_id id)
{
	return metrics[id].key;
}

const char *trace_metric_text(enum trace_metric_id id)
{
	return metrics[id].text;
}

bool trace_metric_find(const char *key, enum trace_metric_id *out)
{
	unsigned int i;

	for (i = 0; i < TRACE_METRICS; i++) {
		if (strcmp(metrics[i].key, key) == 0) {
			*out = (enum trace_metric_id)i;
			return true;
		}
	}
	return false;
}

bool trace_metric_add(struct trace_metric *m, uint64_t ns)
{
	if (!m->counts) {
		m->counts = calloc(1, sizeof(*m->counts));
		if (!m->counts)
			return false;
		m->counts->size = sizeof(*m->counts);
		m->min_ns = ns;
	}
	if (ns < m->min_ns)
		m->min_ns = ns;
	m->sum_ns += (double)ns;
	return dsi_histogram_add(m->counts, ns, 1) == 0;
}

uint64_t trace_metric_n(const struct trace_metric *m)
{
	return m->counts ? m->counts->count : 0;
}

uint64_t trace_metric_max(const struct trace_metric *m)
{
	return m->counts ? m->counts->largest : 0;
}

double trace_metric_mean(const struct trace_metric *m)
{
	return m->counts ? m->sum_ns / (double)m->counts->count : 0;
}

uint64_t trace_metric_percentile(const struct trace_metric *m,
				 uint32_t per_million)
{
	return dsi_histogram_percentile(m->counts, per_million);
}

void trace_metric_fini(struct trace_metric *m)
{
	free(m->counts);
	*m = (struct trace_metric){0};
}
