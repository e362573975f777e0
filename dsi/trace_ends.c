/* SPDX-License-Identifier: MIT */
/*
 * trace_ends.c - the control plane's side of tracing: which provider, which
 * ends there are, and what becomes of them.
 *
 * Place in the data flow: socket -> TRACE ENDS -> provider.  Contracts:
 * include/dsi/trace.h.
 *
 * Ordering edges:
 *   X1  attached store-release -> attached load-acquire
 *       carries the provider's table
 *
 * The list of ends and the numbers given out are guarded by dsi_port_lock().
 */
#include <string.h>

#include "dsi/need.h"
#include "dsi/socket_private.h"
#include "dsi/traffic.h"

#define NS_PER_S UINT64_C(1000000000)

static _Atomic(const struct dsi_trace_provider *) attached;
static struct dsi_trace_end *ends;
static uint32_t given; /* numbers of ends, and streams */

/* ---- the provider -------------------------------------------------------- */

static const struct dsi_trace_provider *provider_now(void)
{
	/* X1: acquire pairs with dsi_trace_attach(). */
	return atomic_load_explicit(&attached, memory_order_acquire);
}

static int is_complete(const struct dsi_trace_provider *provider)
{
	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++)
		if (!provider->wanted[i])
			return 0;
#define HAS(event, number) provider->event &&
	return DSI_TRACE_MAP(HAS) provider->name != NULL;
#undef HAS
}

static int say(struct dsi_text *why, int err, const char *sentence)
{
	dsi__text_add(why, sentence);
	return err;
}

static int refuse(struct dsi_text *why, const struct dsi_trace_provider *first,
		  const struct dsi_trace_provider *second)
{
	dsi__text_add(why, "trace provider '");
	dsi__text_add(why, second->name);
	dsi__text_add(why, "' is refused: '");
	dsi__text_add(why, first->name);
	dsi__text_add(why, first == second
				   ? "' is attached already, it is the same"
				   : "' is attached already; a process has "
				     "one");
	return first == second ? -DSI_EEXIST : -DSI_EBUSY;
}

int dsi_trace_attach(const struct dsi_trace_provider *provider, char *why,
		     uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why ? why_bytes : 0);
	const struct dsi_trace_provider *none = NULL;

	if (!provider || provider->size < sizeof(*provider) ||
	    provider->version != DSI_TRACE_VERSION)
		return say(&text, -DSI_EINVAL,
			   "the trace provider is of another version");
	if (!is_complete(provider))
		return say(&text, -DSI_EINVAL,
			   "the trace provider's table is not complete");
	/* X1: release pairs with provider_now(). */
	if (atomic_compare_exchange_strong_explicit(&attached, &none, provider,
						    memory_order_acq_rel,
						    memory_order_acquire))
		return 0;
	return refuse(&text, none, provider);
}

void dsi_trace_begin_thread(void)
{
	const struct dsi_trace_provider *provider = provider_now();

	if (provider && provider->begin_thread)
		provider->begin_thread();
}

/* ---- numbers ------------------------------------------------------------- */

/* The finalizer of SplitMix64: one to one, and every bit counts. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t new_endpoint(void)
{
	struct dsi_peer self;
	uint64_t endpoint;

	dsi_port_self(&self);
	dsi_port_lock();
	endpoint = (uint64_t)self.pid << 32 | ++given;
	dsi_port_unlock();
	return endpoint;
}

uint64_t dsi__trace_new_stream(uint64_t endpoint)
{
	uint64_t id = mix(mix(dsi_port_now()) ^ endpoint);

	return id ? id : 1u;
}

/* ---- an end comes and goes ----------------------------------------------- */

static uint64_t to_ns(uint64_t ticks, uint64_t tick_hz)
{
	uint64_t rest = tick_hz ? ticks % tick_hz : 0;
	uint64_t whole = tick_hz ? ticks / tick_hz : 0;

	if (whole >= UINT64_MAX / NS_PER_S)
		return UINT64_MAX;
	/* Up, so that what is kept exactly is not found broken. */
	while (rest > UINT64_MAX / NS_PER_S) {
		rest = (rest >> 1) + (rest & 1u);
		tick_hz >>= 1;
	}
	return whole * NS_PER_S +
	       (rest ? (rest * NS_PER_S + tick_hz - 1u) / tick_hz : 0);
}

void dsi__trace_create(struct dsi_socket *sock)
{
	struct dsi_trace_end *end = &sock->plane.trace;

	dsi_port_trace(dsi_trace_attach);
	end->provider = provider_now();
	end->open.endpoint = new_endpoint();
	end->open.role = sock->plane.role;
	end->open.name = "";
}

void dsi__trace_name(struct dsi_socket *sock, const char *name)
{
	struct dsi_text text = dsi__text(sock->name, sizeof(sock->name));

	dsi__text_add(&text, name);
	sock->plane.trace.open.name = sock->name;
}

static uint64_t up_to_ns(const struct dsi_ticks *ticks, uint64_t tick_hz)
{
	return ticks->whole < 0
		       ? 0
		       : to_ns((uint64_t)ticks->whole + (ticks->num != 0),
			       tick_hz);
}

/* What a consumer needs by what both ends declare; all 0 = not known. */
static void note_need(struct dsi_socket *sock)
{
	struct dsi_trace_end *end = &sock->plane.trace;
	struct dsi_sizing_need need = {.size = sizeof(need)};
	uint64_t tick_hz;

	if (dsi__need_tell(&sock->desc.traffic, &sock->consumer_options.usage,
			   sock->consumer_options.policy, &need, &tick_hz))
		return;
	end->need_packets = need.slots;
	end->latency_ns = up_to_ns(&need.get_max, tick_hz);
	end->release_max_ns = up_to_ns(&need.release_max, tick_hz);
}

static void note_declared(struct dsi_socket *sock)
{
	struct dsi_trace_end *end = &sock->plane.trace;
	const struct dsi_traffic *traffic = &sock->desc.traffic;
	const struct dsi_usage *usage = &sock->consumer_options.usage;

	end->open.period_ns = to_ns(traffic->period, traffic->tick_hz);
	end->drift_ppb = traffic->drift_ppb;
	end->batch = traffic->batch ? traffic->batch : 1u;
	if (sock->plane.role == DSI_ROLE_PRODUCER) {
		end->open.jitter_ns = to_ns(traffic->jitter, traffic->tick_hz);
		end->open.hold_ns = to_ns(traffic->hold, traffic->tick_hz);
		return;
	}
	end->open.jitter_ns = to_ns(usage->jitter, usage->tick_hz);
	end->open.hold_ns = to_ns(usage->hold, usage->tick_hz);
	end->open.policy = sock->consumer_options.policy;
	note_need(sock);
}

static int is_declared(const struct dsi_trace_end *end)
{
	return (end->open.period_ns | end->open.hold_ns | end->latency_ns) != 0;
}

/* FNV-1a. */
static void note_format(struct dsi_trace_end *end, const char *format)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (end->format_bytes = 0; format[end->format_bytes];
	     end->format_bytes++) {
		hash ^= (uint8_t)format[end->format_bytes];
		hash *= UINT64_C(0x100000001b3);
	}
	end->format_hash = hash;
}

void dsi__trace_open(struct dsi_socket *sock)
{
	struct dsi_trace_end *end = &sock->plane.trace;

	if (!end->provider)
		return;
	end->open.packets_max = sock->desc.packets;
	end->open.data_bytes = sock->desc.data_bytes;
	note_declared(sock);
	end->declared = (uint32_t)is_declared(end);
	note_format(end, sock->desc.format);
	dsi_port_lock();
	if (!end->opened) {
		end->opened = 1;
		end->next = ends;
		ends = end;
	}
	dsi_port_unlock();
	dsi__trace_describe(end);
}

static void forget(struct dsi_trace_end *end)
{
	dsi_port_lock();
	for (struct dsi_trace_end **at = &ends; *at; at = &(*at)->next)
		if (*at == end) {
			*at = end->next;
			break;
		}
	dsi_port_unlock();
}

static void tell_detach(const struct dsi_socket *sock)
{
	const struct dsi_trace_end *end = &sock->plane.trace;
	const struct dsi_consumer *consumer = &sock->plane.as.consumer;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_reader_detach);

	if (to && end->attached)
		to->reader_detach(end->open.stream, end->open.endpoint,
				  end->open.reader, end->open.policy,
				  consumer->newest + 1u);
}

void dsi__trace_close(struct dsi_socket *sock, uint32_t reason)
{
	struct dsi_trace_end *end = &sock->plane.trace;
	const struct dsi_trace_provider *to;

	if (!end->opened)
		return;
	forget(end);
	end->opened = 0;
	if (sock->plane.role == DSI_ROLE_CONSUMER)
		tell_detach(sock);
	to = dsi__trace_wants(end, DSI_TRACE_AT_stream_close);
	if (to)
		to->stream_close(end->open.stream, end->open.endpoint, reason);
}

void dsi__trace_state(struct dsi_socket *sock, uint32_t from)
{
	struct dsi_trace_end *end = &sock->plane.trace;
	uint32_t now = dsi__state_now(&sock->state);
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_state);

	if (now == DSI_STATE_RUNNING && now != from)
		/* relaxed: before flags are set, P1 carries it. */
		atomic_store_explicit(&end->restarted, 1, memory_order_relaxed);
	if (to && now != from)
		to->state(end->open.stream, end->open.endpoint, from, now);
}

/* Packets that a consumer has taken and not given back, by its own words
 * (its counters may say anything) and ours. */
static uint32_t held_by(const struct dsi_link *link)
{
	const struct dsi_producer_peer *peer = link->peer;
	uint64_t first;
	uint64_t held;

	if (!peer || link->policy == DSI_POLICY_RECLAIM)
		return 0;
	/* relaxed: we are its writer. */
	first = atomic_load_explicit(&peer->signal_page->start,
				     memory_order_relaxed);
	if (first == 0)
		return 0;
	if (link->policy == DSI_POLICY_DROP_NEW)
		first = 1;
	/* relaxed: a number to show. */
	held = atomic_load_explicit(&peer->page->taken, memory_order_relaxed) -
	       (first - 1u);
	/* relaxed: a number to show, likewise. */
	held -= atomic_load_explicit(&peer->page->returned,
				     memory_order_relaxed);
	return held <= link->sock->desc.packets ? (uint32_t)held : 0;
}

void dsi__trace_peer_dead(const struct dsi_link *link)
{
	const struct dsi_socket *sock = link->sock;
	const struct dsi_trace_end *end = &sock->plane.trace;
	const struct dsi_trace_provider *to =
		dsi__trace_wants(end, DSI_TRACE_AT_peer_dead);
	struct dsi_peer peer = {0};
	uint32_t held;

	if (!to)
		return;
	(void)dsi_port_peer(link->conn, &peer);
	if (sock->plane.role == DSI_ROLE_PRODUCER)
		held = held_by(link);
	else
		/* relaxed: for statistics. */
		held = atomic_load_explicit(&sock->plane.stats->held,
					    memory_order_relaxed);
	to->peer_dead(end->open.stream, end->open.endpoint, peer.pid, held);
}

int32_t dsi_trace_describe(void)
{
	int32_t told = 0;

	dsi_port_lock();
	for (struct dsi_trace_end *end = ends; end; end = end->next) {
		dsi__trace_describe(end);
		told++;
	}
	dsi_port_unlock();
	return told;
}
