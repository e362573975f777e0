/* SPDX-License-Identifier: MIT */
/*
 * event.h - wait for many sockets and streams at once.
 */
#ifndef DSI_EVENT_H
#define DSI_EVENT_H

#include <dsi/types.h>

struct dsi_socket;
struct dsi_stream;

/**
 * struct dsi_event_source - one thing dsi_select() waits for.
 * @socket: a socket of this process, or NULL
 * @stream: a control application's stream, or NULL; exactly one is set
 * @mask:   DSI_EVENT_* of interest; DATA and SPACE are for sockets only
 * @events: out: those that happened; they are consumed by being reported
 * @member: out, streams: 0 = the producer, 1.. = consumer of that index + 1
 */
struct dsi_event_source {
	struct dsi_socket *socket;
	struct dsi_stream *stream;
	uint32_t mask;
	uint32_t events;
	uint32_t member;
	uint32_t reserved; /* must be 0 */
};

/**
 * dsi_select - wait until at least one source has an event.
 * @sources:     array
 * @n:           1..4096
 * @deadline_ns: absolute; 0 = only look
 *
 * Return: number of sources with @events != 0, or
 *   -DSI_EAGAIN (deadline 0), -DSI_ETIMEDOUT, -DSI_EINVAL, -DSI_ENOMEM,
 *   -DSI_EMFILE (more sources than the port can wait for without
 *   descriptors; if there is no time left to find that out,
 *   -DSI_ETIMEDOUT)
 * Context: the work thread of all sockets for which DATA or SPACE is asked;
 *          one thread per socket otherwise.  RT-safe up to 64 sources with
 *          at most one peer each.
 * Source:  original DSI dsi_stream_select()
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int32_t dsi_select(struct dsi_event_source *sources,
					  uint32_t n, uint64_t deadline_ns);

/**
 * dsi_socket_raise - raise events of the application on a socket.
 * @sock:   socket
 * @events: bits of DSI_EVENT_USER
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread; enters the kernel only to wake a waiter.
 * Since:   0.1
 */
DSI_API int dsi_socket_raise(struct dsi_socket *sock, uint32_t events);

/**
 * dsi_socket_event_count - how often an event happened on a socket.
 * @sock:  socket
 * @event: exactly one bit of DSI_EVENT_*, not DATA or SPACE
 *
 * Return: count; 0 for anything else.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API uint64_t dsi_socket_event_count(const struct dsi_socket *sock,
					uint32_t event);

/**
 * dsi_event_name - name of one event bit in words.
 * @event: one bit of DSI_EVENT_*
 *
 * Return: "data", "eos", ..., or "?".
 * Context: any thread; RT-safe.
 * Lifetime: static.
 * Since:   0.1
 */
DSI_API const char *dsi_event_name(uint32_t event);

#endif /* DSI_EVENT_H */
