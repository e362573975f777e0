/* SPDX-License-Identifier: MIT */
/*
 * trace_bound.h - how many packets the ring must hold, by what both ends
 * declared, and which promise that is about.
 */
#ifndef DSI_TRACE_BOUND_H
#define DSI_TRACE_BOUND_H

#include "trace/trace_model.h"

#define TRACE_BOUND_WHY_BYTES 320u

/**
 * struct trace_bound - how many packets can be live at once.
 * @known: else @why says why not
 * @slots: so many
 */
struct trace_bound {
	bool known;
	uint64_t slots;
	char why[TRACE_BOUND_WHY_BYTES];
};

void trace_bound_of(const struct trace_stream *s, struct trace_bound *out);

#endif /* DSI_TRACE_BOUND_H */
