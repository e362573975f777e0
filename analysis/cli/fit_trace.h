/* SPDX-License-Identifier: MIT */
/* fit_trace.h - `dsi fit DIR`: the commits of a stream in a trace. */
#ifndef DSI_FIT_TRACE_H
#define DSI_FIT_TRACE_H

#include "fit_options.h"

/* Is it a folder, and so a trace? */
bool fit_trace_is(const char *name);
/* Return: an exit code; says what is wrong. */
int fit_trace_read(const struct fit_options *o, struct fit_points *out);

#endif /* DSI_FIT_TRACE_H */
