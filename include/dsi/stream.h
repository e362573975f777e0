/* SPDX-License-Identifier: MIT */
/*
 * stream.h - the control application: join components, start, watch, stop.
 *
 * The control application never maps a region and never touches a packet.
 * It asks components for sockets, hands both ends of a fresh connection to
 * a producer and a consumer, and from then on only watches.
 */
#ifndef DSI_STREAM_H
#define DSI_STREAM_H

#include <dsi/component.h>
#include <dsi/sizing.h>
#include <dsi/types.h>

struct dsi_stream;

/**
 * struct dsi_endpoint - one component's part in a stream.
 * @size:      sizeof(struct dsi_endpoint)
 * @component: name of a component of any process, or NULL
 * @local:     a component of this process, or NULL; exactly one is set
 * @argument:  text for its open callback, "" or NULL if none
 * @consumer:  consumers: the options wished
 */
struct dsi_endpoint {
	uint32_t size;
	uint32_t reserved; /* must be 0 */
	const char *component;
	struct dsi_component *local;
	const char *argument;
	struct dsi_consumer_options consumer;
};

/**
 * dsi_stream_create - open and join a producer and its consumers.
 * @desc:        description wished of the producer; zero fields (also
 *               @desc->packets) are the component's choice; NULL = all.
 *               With a declared traffic and 0 packets the stream sizes
 *               itself, see below.
 * @producer:    the producing component
 * @consumers:   the consuming components, array
 * @n_consumers: 1..DSI_MAX_CONSUMERS
 * @deadline_ns: for all of it; components that are not there yet are
 *               waited for
 * @out_stream:  the stream, state CONNECTED; also given on failure, in state
 *               FAILED, so that dsi_stream_error() can be read; destroy it.
 *               NULL only after -DSI_EINVAL or -DSI_ENOMEM.
 *
 * A stream sizes itself from @desc->traffic and the usage in each endpoint's
 * options: the producer is asked for the least number of packets with which no
 * consumer ever makes it wait, loses or lacks a packet, if all keep to what
 * they declared.  A DROP_NEW consumer has its queue's packets for itself.  Each
 * BLOCK consumer must declare its usage, a DROP_NEW consumer that or its
 * queue_packets.  How the consumers may start is what dsi_stream_need() says.
 *
 * Return: 0, or the first error a component or the connection gave, or, for a
 *         stream that sizes itself, as dsi_stream_desc_size().
 * Context: any thread; blocks.
 * Source:  original DSI dsi_stream_create()
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_create(
	const struct dsi_stream_desc *desc, const struct dsi_endpoint *producer,
	const struct dsi_endpoint *consumers, uint32_t n_consumers,
	uint64_t deadline_ns, struct dsi_stream **out_stream);

/**
 * dsi_stream_add - join one more consumer, also while the stream runs.
 * @stream:      stream, CONNECTED, RUNNING or STOPPING
 * @consumer:    the component
 * @deadline_ns: absolute
 * @out_index:   its index, for remove, stats and events
 *
 * A consumer that joins a running stream is started at once and gets the
 * packets committed from then on.
 *
 * Return: 0 or a negative code, see dsi_stream_error().
 * Context: any thread, one at a time per stream; blocks.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_add(struct dsi_stream *stream,
					  const struct dsi_endpoint *consumer,
					  uint64_t deadline_ns,
					  uint32_t *out_index);

/**
 * dsi_stream_remove - stop and close one consumer; the others go on.
 * @stream: stream
 * @index:  consumer's index
 * @deadline_ns: absolute
 *
 * Return: 0 or a negative code.
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API int dsi_stream_remove(struct dsi_stream *stream, uint32_t index,
			      uint64_t deadline_ns);

/**
 * dsi_stream_start - start the consumers, then the producer.
 * @stream:      stream, CONNECTED or STOPPING
 * @deadline_ns: absolute
 *
 * Return: 0 or a negative code, see dsi_stream_error().
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_start(struct dsi_stream *stream,
					    uint64_t deadline_ns);

/**
 * dsi_stream_stop - stop the producer, then the consumers.
 * @stream:      stream, RUNNING
 * @deadline_ns: absolute
 *
 * Return: 0 or a negative code.
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API int dsi_stream_stop(struct dsi_stream *stream, uint64_t deadline_ns);

/**
 * dsi_stream_destroy - stop, close all sockets, free the stream.
 * @stream: stream or NULL
 *
 * Waits at most two seconds for each component that does not answer.
 *
 * Context: any thread, no other call may use @stream.
 * Since:   0.1
 */
DSI_API void dsi_stream_destroy(struct dsi_stream *stream);

/**
 * dsi_stream_stats - counters of one member, asked from its component.
 * @stream:      stream
 * @member:      0 = the producer, i + 1 = consumer of index i
 * @deadline_ns: absolute
 * @out_stats:   set size before
 *
 * Return: 0, -DSI_EPIPE (component gone), -DSI_ETIMEDOUT, -DSI_EINVAL, or
 *         -DSI_EAGAIN, -DSI_ENOMEM, -DSI_EMFILE (it could not be asked).
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_stats(struct dsi_stream *stream,
					    uint32_t member,
					    uint64_t deadline_ns,
					    struct dsi_socket_stats *out_stats);

/**
 * dsi_stream_desc - what the producer decided on.
 * @stream:   stream, at least CONNECTED
 * @out_desc: set size before
 *
 * Return: 0, -DSI_ENOTCONN, -DSI_EINVAL.
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_desc(const struct dsi_stream *stream,
					   struct dsi_stream_desc *out_desc);

/**
 * dsi_stream_need - what one consumer needs, and what it may rely on.
 * @stream:      stream, at least CONNECTED
 * @index:       consumer's index
 * @out_need:    as for dsi_socket_need(); set its size before
 * @out_tick_hz: ticks in a second of the times in @out_need
 *
 * From what its component and the producer's declared, which need not be what
 * they were asked for.
 *
 * Return: 0, -DSI_ENOENT (no such consumer), -DSI_ENOTCONN, -DSI_EINVAL,
 *         -DSI_EDOM: one of both declared nothing.
 * Context: as dsi_stream_add().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_need(const struct dsi_stream *stream,
					   uint32_t index,
					   struct dsi_sizing_need *out_need,
					   uint64_t *out_tick_hz);

/**
 * dsi_stream_state - the state of a stream.
 * @stream: stream
 *
 * Return: DSI_STATE_*, or -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_stream_state(const struct dsi_stream *stream);

/**
 * dsi_stream_error - the reason of the last failure, with the member's name.
 * @stream: stream
 *
 * Return: an English sentence, "" if nothing failed.
 * Context: thread that made the failed call.
 * Lifetime: until the next call on @stream.
 * Since:   0.1
 */
DSI_API const char *dsi_stream_error(const struct dsi_stream *stream);

#endif /* DSI_STREAM_H */
