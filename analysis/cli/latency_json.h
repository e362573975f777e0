/* SPDX-License-Identifier: MIT */
/* latency_json.h - parts of the JSON report that the page uses as well. */
#ifndef DSI_LATENCY_JSON_H
#define DSI_LATENCY_JSON_H

#include "latency_report.h"
#include "size_writer.h"

void latency_json_metric(struct size_writer *w, const char *key,
			 const struct trace_metric *m, bool buckets);
/* "kept", "broken", or "none" if events were lost. */
const char *latency_verdict(const struct latency_report *report);

#endif /* DSI_LATENCY_JSON_H */
