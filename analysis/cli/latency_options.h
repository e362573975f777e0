/* SPDX-License-Identifier: MIT */
/*
 * latency_options.h - the options of `dsi latency`.
 */
#ifndef DSI_LATENCY_OPTIONS_H
#define DSI_LATENCY_OPTIONS_H

#include <argp.h>

#include "trace/trace_metric.h"

enum latency_view {
	LATENCY_SUMMARY,
	LATENCY_LOG,
	LATENCY_TOP,
	LATENCY_FREQUENCY,
	LATENCY_PERIODS,
};

enum latency_form {
	LATENCY_TEXT,
	LATENCY_JSON,
	LATENCY_CSV,
	LATENCY_HGRM,
};

/**
 * struct latency_options - what is asked.
 * @stream:     name or number; NULL: all
 * @has_reader: only reader @reader
 * @begin_ns, @end_ns: window after the first event; @end_ns 0: to the end
 * @top:        how many of the worst packets
 */
struct latency_options {
	const char *folder;
	enum latency_view view;
	enum latency_form form;
	enum trace_metric_id metric;
	bool has_metric;
	const char *stream;
	bool has_reader;
	uint64_t reader;
	uint64_t begin_ns, end_ns;
	uint32_t top;
	bool check;
	const char *perfetto;
	const char *html;
	int progress;
};

/* Its input is a struct latency_options. */
extern const struct argp latency_argp;

#endif /* DSI_LATENCY_OPTIONS_H */
