/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what happens on streams, told to one trace provider.
 *
 * Place: beside the data flow.  The library itself records nothing.  Whoever
 * does, a provider, gives it a table of functions; the library calls them
 * from the places where packets pass.  A provider for LTTng comes with the
 * library as a shared object of its own, libdsi-lttng.so; how it is attached
 * is in dsi-trace(1) and docs/design/90-tracing.md.
 *
 * Names of the events, their order and their fields are the same for every
 * provider.  A stream has one number in all processes, called stream; each end
 * of it has one of its own, endpoint: process id << 32, and a count; and each
 * consumer a small one that its producer gave it, reader.  The packet's number
 * is seq, see dsi_packet_number(); with it the commit of a packet and each get
 * of it belong together.
 */
#ifndef DSI_TRACE_H
#define DSI_TRACE_H

#include <stdint.h>

#include <dsi/export.h>

struct dsi_packet;

/* Events, X(name, number).  Those of packets come last. */
#define DSI_TRACE_MAP(X)    \
	X(stream_open, 0)   \
	X(stream_close, 1)  \
	X(reader_attach, 2) \
	X(reader_detach, 3) \
	X(state, 4)         \
	X(peer_dead, 5)     \
	X(format, 6)        \
	X(link, 7)          \
	X(violation, 8)     \
	X(need, 9)          \
	X(reserve, 10)      \
	X(commit, 11)       \
	X(get, 12)          \
	X(release, 13)      \
	X(reclaim, 14)      \
	X(wait_begin, 15)   \
	X(wait_end, 16)     \
	X(wake, 17)         \
	X(drop, 18)
#define DSI_TRACE_EVENTS 19u

/* stream_close: why. */
#define DSI_TRACE_CLOSED 0u
#define DSI_TRACE_FAILED 1u /* after a peer broke the protocol */

/* wait_begin: how it waits first. */
#define DSI_TRACE_SLEEP 0u
#define DSI_TRACE_SPIN 1u /* polls, and sleeps if that does not help */

/* drop: why. */
#define DSI_TRACE_OVERRUN 0u   /* overwritten before it was taken (RECLAIM) */
#define DSI_TRACE_LATE 1u      /* expired */
#define DSI_TRACE_NO_SPACE 2u  /* the reader's queue was full (DROP_NEW) */
#define DSI_TRACE_FLUSH 3u     /* the reader left in order */
#define DSI_TRACE_PEER_DEAD 4u /* the reader died or broke the protocol */

/* violation: of what was declared. */
#define DSI_TRACE_PERIOD \
	0u		     /* commits lie further from one grid than the
			      * jitter permits; actual: how far */
#define DSI_TRACE_LATENCY 1u /* from commit to get */
#define DSI_TRACE_HOLD 2u    /* from get to commit, or to release */

/**
 * struct dsi_trace_open - one end of a stream.
 * @stream:      number of the stream
 * @endpoint:    number of this end
 * @name:        the name it listens at or connected to; "" if a control
 *               application made the connection
 * @role:        DSI_ROLE_*
 * @policy:      consumer: DSI_POLICY_*; producer: 0
 * @packets_max: packets of the stream
 * @reader:      consumer: number its producer gave it, else 0
 * @data_bytes:  size of the data area
 * @period_ns:   of the declared traffic, 0 = nothing was declared
 * @jitter_ns:   declared by this end, like the next
 * @hold_ns:     0 = not declared
 */
struct dsi_trace_open {
	uint64_t stream;
	uint64_t endpoint;
	const char *name;
	uint32_t role;
	uint32_t policy;
	uint32_t packets_max;
	uint32_t reader;
	uint64_t data_bytes;
	uint64_t period_ns;
	uint64_t jitter_ns;
	uint64_t hold_ns;
};

#define DSI_TRACE_VERSION 1u

/**
 * struct dsi_trace_provider - who records.
 * @size:    sizeof(struct dsi_trace_provider)
 * @version: DSI_TRACE_VERSION
 * @name:    for messages
 * @wanted:  for each event a word that is not 0 while the event is wanted.
 *           The provider may change it at any time; the library looks before
 *           it calls.
 * @begin_thread: called on a thread before its first event where that is
 *           known; NULL = nothing to do
 * @stream_open:  an end is connected; again when tracing begins later
 * @stream_close:  it was closed; @reason: DSI_TRACE_CLOSED or _FAILED
 * @reader_attach: a consumer has its first position; @mode: DSI_POLICY_*,
 *           @seq: the next packet it takes
 * @reader_detach: it was closed
 * @state:   the socket's state changed: DSI_STATE_*
 * @peer_dead: a peer broke off; @held: packets it, or for a consumer we, held
 * @format:  of the stream, if it has one: length and hash (FNV-1a, 64 bits)
 * @link:    dsi_packet_link(), told when the packet made from it is committed
 * @violation: a declaration was not kept: DSI_TRACE_PERIOD, _LATENCY, _HOLD
 * @reserve: the producer took a free packet; @seq: its number if packets are
 *           committed in this order; @free: how many are left
 * @commit:  it was committed; @occupancy: packets that the slowest consumer
 *           has not given back, with this one; @pts: the time that the
 *           application gave it, else 0
 * @get:     a consumer took it; @commit_ns: when it was committed, 0 if it
 *           has no such stamp; @backlog: packets that wait behind it
 * @release: the consumer gave it back
 * @reclaim: the producer saw that nobody needs it any more
 * @wait_begin: a call blocks; @side: DSI_ROLE_*, @seq: the packet it waits
 *           for, @method: DSI_TRACE_SLEEP or _SPIN
 * @wait_end: and goes on; @result: of the call, @spins: looks in between
 * @wake:    a sleeper is about to be woken by this end
 * @drop:    packets from @seq on do not come to @reader, DSI_TRACE_OVERRUN,
 *           _LATE, _NO_SPACE, _FLUSH or _PEER_DEAD
 *
 * @need:    after the stream_open of a consumer whose stream and which itself
 *           declared how they work: the packets that it needs by the sizing
 *           functions, and its longest times from commit to get and to release
 *
 * All but @begin_thread must be given.  Events are told on threads that send
 * and receive packets, on several at a time: they must neither block nor call
 * the library.
 *
 * The shared object of a provider exports one function,
 *	const struct dsi_trace_provider *dsi_trace_provider(void);
 * by which the library finds it; the table stays valid for ever.
 */
struct dsi_trace_provider {
	uint32_t size;
	uint32_t version;
	const char *name;
	const int *wanted[DSI_TRACE_EVENTS];
	void (*begin_thread)(void);
	void (*stream_open)(const struct dsi_trace_open *end);
	void (*stream_close)(uint64_t stream, uint64_t endpoint,
			     uint32_t reason);
	void (*reader_attach)(uint64_t stream, uint64_t endpoint,
			      uint32_t reader, uint32_t mode, uint64_t seq);
	void (*reader_detach)(uint64_t stream, uint64_t endpoint,
			      uint32_t reader, uint32_t mode, uint64_t seq);
	void (*state)(uint64_t stream, uint64_t endpoint, uint32_t from,
		      uint32_t to);
	void (*peer_dead)(uint64_t stream, uint64_t endpoint, uint32_t peer_pid,
			  uint32_t held);
	void (*format)(uint64_t stream, uint32_t generation, uint32_t bytes,
		       uint64_t hash);
	void (*link)(uint64_t in_stream, uint64_t in_seq, uint64_t out_stream,
		     uint64_t out_seq);
	void (*violation)(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns);
	void (*reserve)(uint64_t stream, uint64_t seq, uint64_t offset,
			uint32_t bytes, uint32_t free);
	void (*commit)(uint64_t stream, uint64_t seq, uint32_t bytes,
		       uint32_t occupancy, uint64_t pts);
	void (*get)(uint64_t stream, uint64_t seq, uint32_t reader,
		    uint64_t commit_ns, uint32_t backlog);
	void (*release)(uint64_t stream, uint64_t seq, uint32_t reader);
	void (*reclaim)(uint64_t stream, uint64_t seq, uint32_t free);
	void (*wait_begin)(uint64_t stream, uint64_t endpoint, uint32_t side,
			   uint64_t seq, uint32_t method);
	void (*wait_end)(uint64_t stream, uint64_t endpoint, uint32_t side,
			 uint64_t seq, int32_t result, uint32_t spins);
	void (*wake)(uint64_t stream, uint64_t endpoint, uint32_t waiters);
	void (*drop)(uint64_t stream, uint64_t seq, uint32_t count,
		     uint32_t reason, uint32_t reader);
	void (*need)(uint64_t stream, uint64_t endpoint, uint32_t reader,
		     uint64_t packets, uint64_t get_max_ns,
		     uint64_t release_max_ns);
};

/**
 * dsi_trace_attach - name who records.
 * @provider:  its table, valid for ever
 * @why:       text buffer for the reason of a refusal, may be NULL
 * @why_bytes: its size
 *
 * Sockets made from now on are traced.  There is no way to detach; a provider
 * that wants no event costs next to nothing.  One that is linked, preloaded, or
 * named in the environment is attached by the library itself when the first socket
 * is made.
 *
 * Return: 0, or
 *   -DSI_EBUSY   another one is attached; @why names both
 *   -DSI_EEXIST  this very one is attached already
 *   -DSI_EINVAL  its table is of another version, or not complete
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_trace_attach(
	const struct dsi_trace_provider *provider, char *why,
	uint32_t why_bytes);

/**
 * dsi_trace_begin_thread - let this thread's first event cost no more than
 * others.
 *
 * dsi_socket_start() does it for the thread that calls it.  A program that
 * works with the socket on another one calls this there, before its real-time
 * loop: a provider may have to allocate, lock and call the system once for
 * each thread.
 *
 * Context: any thread, before its first packet.
 * Since:   0.1
 */
DSI_API void dsi_trace_begin_thread(void);

/**
 * dsi_trace_describe - tell the trace what ends there are.
 *
 * The library does so when an end is opened, and when it sees that a trace has
 * begun.  It cannot see that a second trace begins while another is running:
 * then this helps.
 *
 * Return: number of open ends of this process.
 * Context: any thread; not RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_trace_describe(void);

/**
 * dsi_packet_link - say what a packet was made from.
 * @out: held packet of a producer
 * @in:  held packet of a consumer
 *
 * For a filter, between the two streams that it joins: a trace can then tell
 * how long data takes through all of them.  Call it for each packet that @out
 * is made from, before @out is committed; @in may be given back afterwards.
 * While nobody records links it does nothing.
 *
 * Return: 0, -DSI_EINVAL if one of them is not held or of the other role,
 *         -DSI_ENOSPC if @out has two links already.
 * Context: work thread of both packets' sockets; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_link(struct dsi_packet *out,
			    const struct dsi_packet *in);

#endif /* DSI_TRACE_H */
