/* SPDX-License-Identifier: MIT */
/* trace_span.h - how long a trace is, before it is read. */
#ifndef DSI_TRACE_SPAN_H
#define DSI_TRACE_SPAN_H

#include <babeltrace2/babeltrace.h>

#include "trace/trace_read.h"

/* After the origin of the trace's clock; both 0: not known. */
struct trace_span {
	int64_t begin_ns, end_ns;
};

/* The parameters by which ctf.fs finds one folder; NULL: no memory. */
bt_value *trace_span_params(const char *path);
/* What cannot be learnt stays out: only progress depends on it. */
void trace_span_extend(struct trace_span *span,
		       const bt_component_class_source *fs, const char *path);
/* The part that lies @ns after the begin, 0..1; less than 0: not known. */
double trace_span_part(const struct trace_span *span, uint64_t ns);

#endif /* DSI_TRACE_SPAN_H */
