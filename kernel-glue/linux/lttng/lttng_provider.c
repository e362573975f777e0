/* SPDX-License-Identifier: MIT */
/*
 * lttng_provider.c - the trace provider for LTTng-UST: libdsi-lttng.so.
 *
 * Place: beside the library, never in it.  The library finds it by its one
 * symbol, dsi_trace_provider(), when it is linked, preloaded, or named in
 * DSI_TRACE (trace_provider.c), and has no other way to it.
 *
 * The library looks at LTTng's own word for each event before it calls, so
 * the functions here need not ask again.
 */
#define _GNU_SOURCE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_PROVIDER_HIDDEN_DEFINITION
#include "dsi_tracepoints.h"

#include <dlfcn.h>
#include <lttng/ust-thread.h>
#include <stdio.h>
#include <string.h>

static void put_stream_open(const struct dsi_trace_open *end)
{
	lttng_ust_do_tracepoint(dsi, stream_open, end);
}

static void put_stream_close(uint64_t stream, uint64_t endpoint,
			     uint32_t reason)
{
	lttng_ust_do_tracepoint(dsi, stream_close, stream, endpoint, reason);
}

static void put_reader_attach(uint64_t stream, uint64_t endpoint,
			      uint32_t reader, uint32_t mode, uint64_t seq)
{
	lttng_ust_do_tracepoint(dsi, reader_attach, stream, endpoint, reader,
				mode, seq);
}

static void put_reader_detach(uint64_t stream, uint64_t endpoint,
			      uint32_t reader, uint32_t mode, uint64_t seq)
{
	lttng_ust_do_tracepoint(dsi, reader_detach, stream, endpoint, reader,
				mode, seq);
}

static void put_state(uint64_t stream, uint64_t endpoint, uint32_t from,
		      uint32_t to)
{
	lttng_ust_do_tracepoint(dsi, state, stream, endpoint, from, to);
}

static void put_peer_dead(uint64_t stream, uint64_t endpoint, uint32_t peer_pid,
			  uint32_t held)
{
	lttng_ust_do_tracepoint(dsi, peer_dead, stream, endpoint, peer_pid,
				held);
}

static void put_format(uint64_t stream, uint32_t generation, uint32_t bytes,
		       uint64_t hash)
{
	lttng_ust_do_tracepoint(dsi, format, stream, generation, bytes, hash);
}

static void put_link(uint64_t in_stream, uint64_t in_seq, uint64_t out_stream,
		     uint64_t out_seq)
{
	lttng_ust_do_tracepoint(dsi, link, in_stream, in_seq, out_stream,
				out_seq);
}

static void put_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns)
{
	lttng_ust_do_tracepoint(dsi, violation, stream, seq, kind, declared_ns,
				actual_ns);
}

static void put_reserve(uint64_t stream, uint64_t seq, uint64_t offset,
			uint32_t bytes, uint32_t free_packets)
{
	lttng_ust_do_tracepoint(dsi, reserve, stream, seq, offset, bytes,
				free_packets);
}

static void put_commit(uint64_t stream, uint64_t seq, uint32_t bytes,
		       uint32_t occupancy, uint64_t pts)
{
	lttng_ust_do_tracepoint(dsi, commit, stream, seq, bytes, occupancy,
				pts);
}

static void put_get(uint64_t stream, uint64_t seq, uint32_t reader,
		    uint64_t commit_ns, uint32_t backlog)
{
	lttng_ust_do_tracepoint(dsi, get, stream, seq, reader, commit_ns,
				backlog);
}

static void put_release(uint64_t stream, uint64_t seq, uint32_t reader)
{
	lttng_ust_do_tracepoint(dsi, release, stream, seq, reader);
}

static void put_reclaim(uint64_t stream, uint64_t seq, uint32_t free_packets)
{
	lttng_ust_do_tracepoint(dsi, reclaim, stream, seq, free_packets);
}

static void put_wait_begin(uint64_t stream, uint64_t endpoint, uint32_t side,
			   uint64_t seq, uint32_t method)
{
	lttng_ust_do_tracepoint(dsi, wait_begin, stream, endpoint,
				(uint16_t)side, seq, (uint16_t)method);
}

static void put_wait_end(uint64_t stream, uint64_t endpoint, uint32_t side,
			 uint64_t seq, int32_t result, uint32_t spins)
{
	lttng_ust_do_tracepoint(dsi, wait_end, stream, endpoint, (uint16_t)side,
				seq, (int16_t)result, spins);
}

static void put_wake(uint64_t stream, uint64_t endpoint, uint32_t waiters)
{
	lttng_ust_do_tracepoint(dsi, wake, stream, endpoint, waiters);
}

static void put_drop(uint64_t stream, uint64_t seq, uint32_t count,
		     uint32_t reason, uint32_t reader)
{
	lttng_ust_do_tracepoint(dsi, drop, stream, seq, count, reason, reader);
}

static void put_need(uint64_t stream, uint64_t endpoint, uint32_t reader,
		     uint64_t packets, uint64_t get_max_ns,
		     uint64_t release_max_ns)
{
	lttng_ust_do_tracepoint(dsi, need, stream, endpoint, reader, packets,
				get_max_ns, release_max_ns);
}

#define WANTED(event, number) \
	.wanted[number] = &lttng_ust_tracepoint_dsi___##event.state,
#define PUT(event, number) .event = put_##event,
static const struct dsi_trace_provider provider = {
	.size = sizeof(provider),
	.version = DSI_TRACE_VERSION,
	.name = "lttng",
	.begin_thread = lttng_ust_init_thread,
	DSI_TRACE_MAP(WANTED) DSI_TRACE_MAP(PUT)};

__attribute__((visibility("default"))) const struct dsi_trace_provider *
dsi_trace_provider(void);

const struct dsi_trace_provider *dsi_trace_provider(void)
{
	return &provider;
}

/* Two of us, preloaded: the library talks to the first.  LTTng would call our
 * probes as well, for each event of that one: so they have to go. */
__attribute__((constructor)) static void yield_to_first(void)
{
	const struct dsi_trace_provider *(*find)(void);
	void *first = dlsym(RTLD_DEFAULT, "dsi_trace_provider");

	memcpy(&find, &first, sizeof(find));
	if (!find || find() == &provider)
		return;
	fprintf(stderr, "dsi: a second trace provider 'lttng' is refused: a "
			"process has one\n");
	lttng_ust__events_exit__dsi();
}
