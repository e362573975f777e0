/* SPDX-License-Identifier: MIT */
/*
 * latency_timeline.h - what happened around the worst packets: found by a
 * second reading of the trace.
 */
#ifndef DSI_LATENCY_TIMELINE_H
#define DSI_LATENCY_TIMELINE_H

#include "latency_report.h"

#define TIMELINES 3u
#define TIMELINE_ROWS 40u

/* A packet of one reader.  @reserve_ns 0: not known. */
struct timeline_row {
	uint64_t seq;
	uint64_t reader;
	uint64_t reserve_ns, commit_ns, get_ns, release_ns;
	bool worst;
};

/* Packets of stream @stream that live between @from_ns and @to_ns. */
struct timeline {
	uint64_t stream;
	uint64_t from_ns, to_ns;
	const struct latency_worst *worst;
	struct timeline_row rows[TIMELINE_ROWS];
	unsigned int n;
	bool has_worst;
};

struct timelines {
	struct timeline at[TIMELINES];
	unsigned int n;
};

/* @worst: in order.  Return: an exit code. */
int latency_timelines(struct latency_report *report,
		      const struct latency_worst *worst, size_t n,
		      struct timelines *out);

#endif /* DSI_LATENCY_TIMELINE_H */
