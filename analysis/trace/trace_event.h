/* SPDX-License-Identifier: MIT */
/*
 * trace_event.h - one event of the tracepoint provider `dsi`, decoded.
 *
 * Fields have the names that they have in the trace; those that an event
 * does not have are 0.
 */
#ifndef DSI_TRACE_EVENT_H
#define DSI_TRACE_EVENT_H

#include <stdint.h>

/* X(constant, name in the trace after "dsi:") */
#define TRACE_KINDS_MAP(X)                \
	X(STREAM_OPEN, "stream_open")     \
	X(STREAM_CLOSE, "stream_close")   \
	X(READER_ATTACH, "reader_attach") \
	X(READER_DETACH, "reader_detach") \
	X(NEED, "need")                   \
	X(STATE, "state")                 \
	X(PEER_DEAD, "peer_dead")         \
	X(FORMAT, "format")               \
	X(LINK, "link")                   \
	X(RESERVE, "reserve")             \
	X(COMMIT, "commit")               \
	X(GET, "get")                     \
	X(RELEASE, "release")             \
	X(RECLAIM, "reclaim")             \
	X(WAIT_BEGIN, "wait_begin")       \
	X(WAIT_END, "wait_end")           \
	X(WAKE, "wake")                   \
	X(DROP, "drop")                   \
	X(VIOLATION, "violation")

#define TRACE_KIND_CONSTANT(constant, name) TRACE_##constant,
enum trace_kind { TRACE_KINDS_MAP(TRACE_KIND_CONSTANT) TRACE_KINDS };
#undef TRACE_KIND_CONSTANT

/* Every field of whole numbers, by its name in the trace. */
#define TRACE_FIELDS_MAP(X) \
	X(stream)           \
	X(seq)              \
	X(endpoint)         \
	X(role)             \
	X(packets_max)      \
	X(data_bytes)       \
	X(policy)           \
	X(period_ns)        \
	X(jitter_ns)        \
	X(hold_ns)          \
	X(reader)           \
	X(packets)          \
	X(get_max_ns)       \
	X(release_max_ns)   \
	X(mode)             \
	X(reason)           \
	X(bytes)            \
	X(offset)           \
	X(occupancy)        \
	X(backlog)          \
	X(in_stream)        \
	X(in_seq)           \
	X(out_stream)       \
	X(out_seq)          \
	X(side)             \
	X(count)            \
	X(kind)             \
	X(declared_ns)      \
	X(actual_ns)        \
	X(peer_pid)         \
	X(held)             \
	X(from)             \
	X(to)

/**
 * struct trace_event - one event.
 * @what:    its kind
 * @time_ns: CLOCK_MONOTONIC of the machine that was traced
 * @name:    of stream_open, else ""; valid during the call
 */
struct trace_event {
	enum trace_kind what;
	uint64_t time_ns;
	const char *name;
#define TRACE_FIELD_MEMBER(field) uint64_t field;
	TRACE_FIELDS_MAP(TRACE_FIELD_MEMBER)
#undef TRACE_FIELD_MEMBER
};

#endif /* DSI_TRACE_EVENT_H */
