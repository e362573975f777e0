/* SPDX-License-Identifier: MIT */
/*
 * trace_metric.h - what is measured, and how often each value came.
 *
 * A metric is a log-linear histogram with its extremes and its sum: of a
 * fixed size, however long the trace is.
 */
#ifndef DSI_TRACE_METRIC_H
#define DSI_TRACE_METRIC_H

#include <stdbool.h>

#include <dsi/histogram.h>

/* X(constant, key in JSON without _ns, what it is) */
#define TRACE_METRICS_MAP(X)                                               \
	X(LATENCY, "latency", "commit to get")                             \
	X(HOLD, "hold", "get to release")                                  \
	X(RESPONSE, "response", "commit to release")                       \
	X(END_TO_END, "end_to_end", "commit in the first stream to get")   \
	X(WAIT, "wait", "asleep, for packets or for space")                \
	X(WAKEUP, "wakeup", "wake to running again")                       \
	X(FILL, "fill", "reserve to commit")                               \
	X(RECLAIM, "reclaim", "last release to reclaim")                   \
	X(TURNAROUND, "turnaround", "last release to reserve of the slot") \
	X(PERIOD, "period", "commit to the next commit")                   \
	X(PERIOD_ERROR, "period_error", "period less the declared, absolute")

#define TRACE_METRIC_CONSTANT(constant, key, text) METRIC_##constant,
enum trace_metric_id { TRACE_METRICS_MAP(TRACE_METRIC_CONSTANT) TRACE_METRICS };
#undef TRACE_METRIC_CONSTANT

const char *trace_metric_key(enum trace_metric_id id);
const char *trace_metric_text(enum trace_metric_id id);
/* False: there is none of this name. */
bool trace_metric_find(const char *key, enum trace_metric_id *out);

/**
 * struct trace_metric - all zero: nothing measured.
 * @counts: NULL before the first value
 * @sum:    of all values, ns; a floating-point number, for the mean only
 */
struct trace_metric {
	struct dsi_histogram *counts;
	uint64_t min_ns;
	double sum_ns;
};

/* False: no memory. */
bool trace_metric_add(struct trace_metric *m, uint64_t ns);
uint64_t trace_metric_n(const struct trace_metric *m);
uint64_t trace_metric_max(const struct trace_metric *m);
double trace_metric_mean(const struct trace_metric *m);
uint64_t trace_metric_percentile(const struct trace_metric *m,
				 uint32_t per_million);
void trace_metric_fini(struct trace_metric *m);

#endif /* DSI_TRACE_METRIC_H */
