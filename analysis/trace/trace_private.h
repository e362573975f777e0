/* SPDX-License-Identifier: MIT */
/* trace_private.h - what the files of the model share. */
#ifndef DSI_TRACE_PRIVATE_H
#define DSI_TRACE_PRIVATE_H

#include "trace/trace_model.h"

/* The one with this id, made if there is none; NULL: no memory. */
struct trace_stream *trace_stream_of(struct trace_model *m, uint64_t id);
struct trace_reader *trace_reader_of(struct trace_model *m,
				     struct trace_stream *s, uint64_t id);
/* NULL: not known. */
struct trace_reader *trace_reader_at(const struct trace_stream *s,
				     uint64_t endpoint);
/* Puts it among those that every packet is for, or takes it away. */
void trace_reader_attach(struct trace_stream *s, struct trace_reader *r);
void trace_reader_detach(struct trace_stream *s, struct trace_reader *r);
void trace_stream_free(struct trace_stream *s);

/* NULL: it is not in flight. */
struct trace_packet *trace_flight_find(const struct trace_flight *f,
				       uint64_t seq);
/* The packet, made if it is not there; NULL: no memory. */
struct trace_packet *trace_flight_put(struct trace_flight *f, uint64_t seq);

void trace_occupancy_set(struct trace_model *m, struct trace_stream *s,
			 uint64_t seq, uint64_t level);

/* Is @now within the window that is asked for? */
static inline bool trace_in_window(const struct trace_model *m)
{
	return m->now_ns >= m->begin_ns && m->now_ns <= m->end_ns;
}

/* A value that ended now.  @r may be NULL. */
void trace_measure(struct trace_model *m, struct trace_stream *s,
		   struct trace_reader *r, enum trace_metric_id id,
		   uint64_t seq, uint64_t begin_ns);
void trace_break(struct trace_model *m, struct trace_breach *b, uint64_t seq,
		 uint64_t declared, uint64_t actual);

/* Events of packets; the others are in trace_model.c. */
void trace_take_reserve(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e);
void trace_take_commit(struct trace_model *m, struct trace_stream *s,
		       const struct trace_event *e);
void trace_take_get(struct trace_model *m, struct trace_stream *s,
		    const struct trace_event *e);
void trace_take_release(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e);
void trace_take_reclaim(struct trace_model *m, struct trace_stream *s,
			const struct trace_event *e);
void trace_take_drop(struct trace_model *m, struct trace_stream *s,
		     const struct trace_event *e);
void trace_take_link(struct trace_model *m, const struct trace_event *e);
/* The reader will give nothing back any more. */
void trace_forget_reader(struct trace_model *m, struct trace_stream *s,
			 unsigned int place);
/* The packets from @seq on that are live are for this reader as well. */
void trace_expect_reader(struct trace_stream *s, unsigned int place,
			 uint64_t seq);

void trace_take_wait_begin(struct trace_model *m, struct trace_stream *s,
			   const struct trace_event *e);
void trace_take_wait_end(struct trace_model *m, struct trace_stream *s,
			 const struct trace_event *e);
void trace_take_wake(struct trace_model *m, struct trace_stream *s,
		     const struct trace_event *e);

#endif /* DSI_TRACE_PRIVATE_H */
