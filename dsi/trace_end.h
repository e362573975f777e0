/* SPDX-License-Identifier: MIT */
/*
 * trace_end.h - what there is to tell of one end of a stream.
 *
 * Place in the data flow: beside it; part of a data plane.  Filled in by the
 * control plane before packets flow (trace_ends.c), used by the hooks
 * (trace_hooks.h).
 *
 * The provider is that of the time when the socket was made: a plain pointer,
 * because it does not change any more, so that a socket that is not traced
 * pays one comparison with a word of its own.
 */
#ifndef DSI_TRACE_END_H
#define DSI_TRACE_END_H

#include <stdatomic.h>
#include <stddef.h>

#include <dsi/trace.h>

#define DSI_TRACE_INDEX(name, number) DSI_TRACE_AT_##name = number,
enum dsi_trace_index { DSI_TRACE_MAP(DSI_TRACE_INDEX) };
#undef DSI_TRACE_INDEX

#define DSI_TRACE_AGAIN 2u

struct dsi_trace_end {
	const struct dsi_trace_provider *provider; /* NULL: not traced */
	struct dsi_trace_open open;
	struct dsi_trace_end *next; /* ends of this process */
	uint64_t format_hash;
	uint32_t format_bytes;
	uint32_t opened;
	/* 1: the present trace has our descriptors, or DSI_TRACE_AGAIN: it may
	 * have missed them.  Any thread. */
	_Atomic uint32_t described;
	/* Started again: packets begin a new grid.  Set by the control plane,
	 * taken back by the work thread. */
	_Atomic uint32_t restarted;
	uint32_t declared; /* there is what can be violated */
	/* What was declared, ns; 0 = not. */
	uint64_t latency_ns;
	uint64_t need_packets; /* consumer: by the sizing functions */
	uint64_t release_max_ns;
	uint32_t drift_ppb;
	uint32_t batch;
	/* The work thread's. */
	uint64_t again_ns; /* then descriptors are told once more */
	uint32_t attached; /* the present trace has our reader_attach */
	uint32_t waiting;  /* it has our wait_begin */
	uint32_t sleeps;   /* since then */
	uint32_t has_grid; /* the rest is set */
	uint64_t grid_position;
	uint64_t grid_ns;  /* commit of the packet that is due then */
	uint64_t ahead_ns; /* most that one came before its place in the grid */
	uint64_t behind_ns; /* and after it */
};

/* The provider, if it wants the event now. */
static inline const struct dsi_trace_provider *dsi__trace_wants(
	const struct dsi_trace_end *end, enum dsi_trace_index event)
{
	const struct dsi_trace_provider *provider = end->provider;

	if (!provider)
		return NULL;
	/* relaxed: whether to call, carries nothing. */
	return atomic_load_explicit((const _Atomic int *)(const void *)
					    provider->wanted[event],
				    memory_order_relaxed)
		       ? provider
		       : NULL;
}

/* A sleeper is about to be woken.  See notify.h. */
void dsi__trace_wake(const struct dsi_trace_end *end);

#endif /* DSI_TRACE_END_H */
