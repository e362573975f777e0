/* SPDX-License-Identifier: MIT */
/* trace_worst.h - the packets with the N largest values of a metric. */
#ifndef DSI_TRACE_WORST_H
#define DSI_TRACE_WORST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_WORST_MAX 10000u

/* From @begin_ns to @end_ns of packet @seq. */
struct trace_worst_one {
	uint64_t value_ns;
	uint64_t seq;
	uint64_t begin_ns;
	uint64_t end_ns;
};

/* A heap with the least of them on top. */
struct trace_worst {
	struct trace_worst_one *at;
	size_t n;
	size_t room;
};

/* @room: how many to keep.  False: no memory. */
bool trace_worst_add(struct trace_worst *w, size_t room,
		     const struct trace_worst_one *one);
/* Worst first; nothing may be added after that. */
void trace_worst_sort(struct trace_worst *w);
void trace_worst_fini(struct trace_worst *w);

#endif /* DSI_TRACE_WORST_H */
