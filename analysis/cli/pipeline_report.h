/* SPDX-License-Identifier: MIT */
/* pipeline_report.h - what `dsi pipeline` prints, as a table and as JSON. */
#ifndef DSI_CLI_PIPELINE_REPORT_H
#define DSI_CLI_PIPELINE_REPORT_H

#include "pipeline/pipeline_file.h"
#include "pipeline/pipeline_share.h"

#define REPORT_TIME_BYTES 40u

/* @share: what --budget found, or NULL. 0, or -1: no memory */
int pipeline_print_table(const struct pipeline *p,
			 const struct pipeline_share *share);
int pipeline_print_json(const struct pipeline *p,
			const struct pipeline_share *share);
/* The JSON object of a failure. */
int pipeline_print_json_failure(const char *file, enum pipeline_status status,
				const char *why);

/* Ends are nodes that nobody reads; the one with the longest latency. */
bool report_is_end(const struct pipeline_node *node);
uint32_t report_worst_end(const struct pipeline *p);
/* The node that adds most to the latency of @end; the largest ring. */
uint32_t report_slowest(const struct pipeline *p, uint32_t end);
uint32_t report_largest(const struct pipeline *p);
/* Is the jitter of its commits reached? */
bool report_jitter_exact(const struct pipeline_node *node);
/* The first node of the critical path to @node. */
uint32_t report_origin(const struct pipeline *p, uint32_t node);
/* "12 ms", "~33.367 ms": at most 9 letters; @time in ticks */
const char *report_time(const struct pipeline *p, dsi_wide time,
			char text[REPORT_TIME_BYTES]);

#endif /* DSI_CLI_PIPELINE_REPORT_H */
