/* SPDX-License-Identifier: MIT */
/*
 * trace_read.h - the events of a recorded trace, in the order of time.
 *
 *   folders with `metadata` -> ctf.fs -> muxer -> trace_decode -> take()
 *
 * Nothing is kept: the memory does not depend on the length of the trace.
 */
#ifndef DSI_TRACE_READ_H
#define DSI_TRACE_READ_H

#include <stdbool.h>

#include "trace/trace_event.h"

#define TRACE_WHY_BYTES 512u

enum trace_status {
	TRACE_OK,
	TRACE_BAD, /* no trace, a broken one, or one of something else */
	TRACE_NO_MEMORY,
};

/**
 * struct trace_losses - what the tracer says that it did not record.
 * @events:  lost events
 * @packets: lost packets of the trace, each with an unknown number of events
 * @unknown: some place says that events were lost, but not how many
 */
struct trace_losses {
	uint64_t events;
	uint64_t packets;
	bool unknown;
};

/**
 * struct trace_reading - a question to a trace.
 * @folder:   of the trace, or above it
 * @take:     called with each event of the provider `dsi`; false ends the
 *            reading, as if the trace ended there
 * @progress: called now and then with the events so far and the part of the
 *            time span that is read, 0..1, or less than 0 if not known; may
 *            be NULL
 * @data:     for both
 * @events:   answer: events of `dsi`
 * @other:    answer: events of others
 * @begin_ns, @end_ns: answer: times of the first and the last event of `dsi`
 */
struct trace_reading {
	const char *folder;
	bool (*take)(void *data, const struct trace_event *event);
	void (*progress)(void *data, uint64_t events, double part);
	void *data;
	uint64_t events;
	uint64_t other;
	uint64_t begin_ns, end_ns;
	struct trace_losses lost;
};

/* @why: a sentence about a failure, without the name of the folder. */
enum trace_status trace_read(struct trace_reading *reading,
			     char why[TRACE_WHY_BYTES]);

#endif /* DSI_TRACE_READ_H */
