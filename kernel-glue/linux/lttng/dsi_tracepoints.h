/* SPDX-License-Identifier: MIT */
/*
 * dsi_tracepoints.h - the events of dsi, as LTTng-UST wants them declared.
 *
 * What they mean and when they come: <dsi/trace.h>, and
 * docs/design/90-tracing.md.  Read several times by LTTng's own headers, each
 * time with other definitions of the macros.
 *
 * Events up to need are rare and belong into a channel of their own
 * (dsi-ctl); a packet causes those from reserve on (dsi-data): at most 32
 * bytes each, no strings, so that a trace does not cost more than it tells.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER dsi

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./dsi_tracepoints.h"

#if !defined(DSI_TRACEPOINTS_H) || \
	defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define DSI_TRACEPOINTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

#include <dsi/trace.h>

/* clang-format off */

/* ---- rare ---------------------------------------------------------------- */

LTTNG_UST_TRACEPOINT_EVENT(dsi, stream_open,
	LTTNG_UST_TP_ARGS(const struct dsi_trace_open *, end),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, end->stream)
		lttng_ust_field_integer(uint64_t, endpoint, end->endpoint)
		lttng_ust_field_string(name, end->name)
		lttng_ust_field_integer(uint32_t, role, end->role)
		lttng_ust_field_integer(uint32_t, packets_max, end->packets_max)
		lttng_ust_field_integer(uint64_t, data_bytes, end->data_bytes)
		lttng_ust_field_integer(uint32_t, policy, end->policy)
		lttng_ust_field_integer(uint64_t, period_ns, end->period_ns)
		lttng_ust_field_integer(uint64_t, jitter_ns, end->jitter_ns)
		lttng_ust_field_integer(uint64_t, hold_ns, end->hold_ns)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, stream_close,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, reason),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, reason, reason)))

LTTNG_UST_TRACEPOINT_EVENT_CLASS(dsi, reader_class,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, reader, uint32_t, mode, uint64_t, seq),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, reader, reader)
		lttng_ust_field_integer(uint32_t, mode, mode)
		lttng_ust_field_integer(uint64_t, seq, seq)))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(dsi, reader_class, dsi, reader_attach,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, reader, uint32_t, mode, uint64_t, seq))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(dsi, reader_class, dsi, reader_detach,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, reader, uint32_t, mode, uint64_t, seq))

LTTNG_UST_TRACEPOINT_EVENT(dsi, state,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, from, uint32_t, to),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, from, from)
		lttng_ust_field_integer(uint32_t, to, to)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, peer_dead,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, peer_pid, uint32_t, held),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, peer_pid, peer_pid)
		lttng_ust_field_integer(uint32_t, held, held)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, format,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint32_t, generation,
		uint32_t, bytes, uint64_t, hash),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint32_t, generation, generation)
		lttng_ust_field_integer(uint32_t, bytes, bytes)
		lttng_ust_field_integer_hex(uint64_t, hash, hash)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, link,
	LTTNG_UST_TP_ARGS(uint64_t, in_stream, uint64_t, in_seq,
		uint64_t, out_stream, uint64_t, out_seq),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, in_stream, in_stream)
		lttng_ust_field_integer(uint64_t, in_seq, in_seq)
		lttng_ust_field_integer(uint64_t, out_stream, out_stream)
		lttng_ust_field_integer(uint64_t, out_seq, out_seq)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, violation,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint32_t, kind,
		uint64_t, declared_ns, uint64_t, actual_ns),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, kind, kind)
		lttng_ust_field_integer(uint64_t, declared_ns, declared_ns)
		lttng_ust_field_integer(uint64_t, actual_ns, actual_ns)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, need,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, reader, uint64_t, packets, uint64_t, get_max_ns,
		uint64_t, release_max_ns),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, reader, reader)
		lttng_ust_field_integer(uint64_t, packets, packets)
		lttng_ust_field_integer(uint64_t, get_max_ns, get_max_ns)
		lttng_ust_field_integer(uint64_t, release_max_ns,
			release_max_ns)))

/* ---- of each packet ------------------------------------------------------ */

LTTNG_UST_TRACEPOINT_EVENT(dsi, reserve,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint64_t, offset,
		uint32_t, bytes, uint32_t, free_packets),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint64_t, offset, offset)
		lttng_ust_field_integer(uint32_t, bytes, bytes)
		lttng_ust_field_integer(uint32_t, free, free_packets)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, commit,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint32_t, bytes,
		uint32_t, occupancy, uint64_t, pts),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, bytes, bytes)
		lttng_ust_field_integer(uint32_t, occupancy, occupancy)
		lttng_ust_field_integer(uint64_t, pts, pts)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, get,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint32_t, reader,
		uint64_t, commit_ns, uint32_t, backlog),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, reader, reader)
		lttng_ust_field_integer(uint64_t, commit_ns, commit_ns)
		lttng_ust_field_integer(uint32_t, backlog, backlog)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, release,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint32_t, reader),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, reader, reader)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, reclaim,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq,
		uint32_t, free_packets),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, free, free_packets)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, wait_begin,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint, uint16_t, side,
		uint64_t, seq, uint16_t, method),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint16_t, side, side)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint16_t, method, method)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, wait_end,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint, uint16_t, side,
		uint64_t, seq, int16_t, result, uint32_t, spins),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint16_t, side, side)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(int16_t, result, result)
		lttng_ust_field_integer(uint32_t, spins, spins)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, wake,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, endpoint,
		uint32_t, waiters),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, endpoint, endpoint)
		lttng_ust_field_integer(uint32_t, waiters, waiters)))

LTTNG_UST_TRACEPOINT_EVENT(dsi, drop,
	LTTNG_UST_TP_ARGS(uint64_t, stream, uint64_t, seq, uint32_t, count,
		uint32_t, reason, uint32_t, reader),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, stream, stream)
		lttng_ust_field_integer(uint64_t, seq, seq)
		lttng_ust_field_integer(uint32_t, count, count)
		lttng_ust_field_integer(uint32_t, reason, reason)
		lttng_ust_field_integer(uint32_t, reader, reader)))

/* clang-format on */

#endif /* DSI_TRACEPOINTS_H */

#include <lttng/tracepoint-event.h>
