/* SPDX-License-Identifier: MIT */
/*
 * data_plane.h - the part of a socket that packets pass through.
 *
 * Place in the data flow: packet.h (public) -> DATA PLANE: wait.c and
 * producer.c | consumer.c -> ring.h + notify.h -> port.h.
 *
 * Everything here is private memory.  The work thread owns it; what other
 * threads of the process touch is atomic and says so:
 *   flags, word   the private word: the control plane changes flags, then
 *                 word, then wakes; waiters sleep on it beside the peers'
 *                 words, because a peer can steal a sleeper from those
 *   events        pending events and their counts
 *   stats         written by the work thread, read by anybody, also in
 *                 other processes
 *
 * Ordering edges:
 *   P1  flags store-release (fetch_or) -> flags load-acquire
 *       carries why: what the control plane did before (e.g. saw the peer
 *       hang up, after all of the peer's stores)
 *   P2  word store-release -> word load-acquire
 *       a snapshot of word taken before flags are looked at
 *   P3  seq_cst pairs: events fetch_or, watchers load <-> watchers add,
 *       events exchange: either the raiser sees the watcher or the watcher
 *       sees the event
 */
#ifndef DSI_DATA_PLANE_H
#define DSI_DATA_PLANE_H

#include "dsi/consumer.h"
#include "dsi/packet_table.h"
#include "dsi/port.h"
#include "dsi/producer.h"
#include "dsi/stats_page.h"
#include "dsi/trace_end.h"

/* Flags of a data plane. */
#define DSI_PLANE_RUNNING 1u
#define DSI_PLANE_GONE 2u /* consumer: the producer closed or died */
#define DSI_PLANE_FAILED 4u
#define DSI_PLANE_ABORT 8u /* one get() is to be cancelled */
#define DSI_PLANE_CLOSED 16u
#define DSI_PLANE_CONNECTED 32u
#define DSI_PLANE_STOPPED 64u
#define DSI_PLANE_CHANGED 128u /* producer: a consumer comes or goes */
/* At most one of them, set by the work thread: packets may go the usual way
 * (usual_producer.h, usual_consumer.h), as those of a producer, of one that
 * stamps, of a consumer, of one that looks how late packets are. */
#define DSI_USUAL_SEND 256u
#define DSI_USUAL_SEND_STAMPED 512u
#define DSI_USUAL_TAKE 1024u
#define DSI_USUAL_TAKE_STAMPED 2048u

#define DSI_USUAL_MASK                                              \
	(DSI_USUAL_SEND | DSI_USUAL_SEND_STAMPED | DSI_USUAL_TAKE | \
	 DSI_USUAL_TAKE_STAMPED)
#define DSI_PLANE_FLOWS (DSI_PLANE_RUNNING | DSI_PLANE_CONNECTED)

struct dsi_data_plane {
	_Atomic uint32_t flags; /* DSI_PLANE_*, DSI_USUAL_* */
	_Atomic uint32_t word;
	uint32_t role;	      /* DSI_ROLE_* */
	uint32_t unarmed;     /* disarmed, and no get() has armed again */
	uint32_t events_told; /* pending events the descriptor told of */
	uint32_t armed; /* announced through the bell, see dsi_packet_get() */
	uint32_t held;	/* packets the application has */
	/* DSI_USUAL_*: what could be tried first, if there were no provider of
	 * traces, or while that wants nothing. */
	uint32_t usual_quiet;
	uint32_t spin_ns;
	/* A commit and the get after it are one call: a wake-up may be put off
	 * until we know whether we sleep ourselves, and this one was. */
	uint32_t defers;
	struct dsi_waker *owed;
	struct dsi_trace_end trace;

	/* Geometry, fixed at create or attach. */
	uint32_t stream_flags;
	uint32_t packets;
	uint32_t packet_bytes;
	uint64_t slot_stride;
	uint64_t lifetime_ns;
	uint8_t *data;
	uint64_t data_bytes;
	uint64_t physical; /* of data; 0: not known */

	struct dsi_packet_table table;
	union {
		struct dsi_producer producer;
		struct dsi_consumer consumer;
	} as;

	_Atomic uint32_t events;
	_Atomic uint32_t watchers;
	_Atomic uint64_t event_counts[DSI_EVENTS];
	struct dsi_shm_stats *stats; /* in a region, see stats_page.h */

	/* Set once dsi_socket_fd() was called: bells ring into this loop. */
	struct dsi_port_loop *_Atomic bells;
	struct dsi_port_source bell_kick;
	uint32_t observed; /* a component forwards our events */
	/* Tell the control plane, which is rare: a peer broke the protocol or
	 * was let go of (@work: there is something to do), or an event is to
	 * be forwarded.  May enter the kernel to wake it, does not block. */
	void (*notice)(struct dsi_data_plane *plane, int work);
};

/* Public socket pointers point to a data plane; socket_private.h says why. */
static inline struct dsi_data_plane *dsi__plane(const struct dsi_socket *sock)
{
	return (struct dsi_data_plane *)(uintptr_t)sock;
}

/* The application has so many packets more, or less.  (Here and in the functions
 * that count: what is not atomic comes first, because a compiler reads it again
 * behind each access that is.) */
static inline void dsi__plane_hold(struct dsi_data_plane *plane, int32_t n)
{
	struct dsi_shm_stats *stats = plane->stats;
	uint32_t held = plane->held + (uint32_t)n;

	plane->held = held;
	/* relaxed: for statistics. */
	atomic_store_explicit(&stats->held, held, memory_order_relaxed);
}

/* Likewise after a get, which counts how many it had at most. */
static inline void dsi__plane_take(struct dsi_data_plane *plane, uint32_t n)
{
	struct dsi_shm_stats *stats = plane->stats;
	uint32_t held = plane->held + n;

	plane->held = held;
	/* relaxed: for statistics. */
	atomic_store_explicit(&stats->held, held, memory_order_relaxed);
	dsi__stat_max(&stats->held_max, held);
}

/* The number of an event's bit, of one bit. */
static inline uint32_t dsi__event_index(uint32_t event)
{
	uint32_t index = 0;

	while (event >>= 1)
		index++;
	return index;
}

static inline uint32_t dsi__plane_flags(const struct dsi_data_plane *plane)
{
	/* P1: acquire pairs with dsi__plane_tell(). */
	return atomic_load_explicit(&plane->flags, memory_order_acquire);
}

/* Work thread of a producer, before it looks for packets, and before packets
 * are taken over for a commit: let consumers come and go.  Later the packets are
 * in flight with nothing pending, and whoever leaves would free them. */
static inline void dsi__producer_adopt(struct dsi_data_plane *plane)
{
	if (dsi__plane_flags(plane) & DSI_PLANE_CHANGED)
		dsi__producer_change(plane);
}

/* Change flags and end every wait of this socket.  Any thread. */
void dsi__plane_tell(struct dsi_data_plane *plane, uint32_t set,
		     uint32_t clear);
/* End every wait, so that it looks again.  Any thread. */
void dsi__plane_wake(struct dsi_data_plane *plane);

/* The peer seems to sleep: wake it, if it has not seen @signal, now or (see
 * defers) soon.  After the fence; the last step of a commit, and seldom: 0. */
DSI_RARE int dsi__plane_wake_peer(struct dsi_data_plane *plane,
				  struct dsi_waker *waker, uint32_t signal);
/* Likewise where a get of the same call follows, and no wake-up was put off yet:
 * so this one is, if it can be.  A bell is no word, it cannot be rung and waited
 * for in one step. */
static inline void dsi__plane_owe(struct dsi_data_plane *plane,
				  struct dsi_waker *waker, uint32_t signal)
{
	if (!dsi__waker_due(waker, signal))
		return;
	dsi__waker_here(waker, dsi_port_cpu());
	dsi__stat_add(&plane->stats->wakes, 1);
	if (waker->woken & DSI_SLEEP_BELL)
		dsi__waker_ring(waker);
	else
		plane->owed = waker;
}
/* Make up for a wake-up that was put off. */
void dsi__plane_pay(struct dsi_data_plane *plane);

/* Count an event, remember it, and tell who waits for it.  Any thread. */
void dsi__plane_raise(struct dsi_data_plane *plane, uint32_t event,
		      uint64_t count);

/* The socket is broken: nothing passes any more.  Return -DSI_EPROTO. */
int dsi__plane_fail(struct dsi_data_plane *plane);

/* A commit is done.  If the socket failed meanwhile, nobody gets what was
 * committed: -DSI_EPROTO. */
static inline int dsi__plane_committed(const struct dsi_data_plane *plane)
{
	return dsi__plane_flags(plane) & DSI_PLANE_FAILED ? -DSI_EPROTO : 0;
}

/* Why no get is possible with these flags. */
DSI_RARE int dsi__plane_refusal(uint32_t flags);

/* Is a get possible at all, with these flags?  0 or the error. */
static inline int dsi__plane_verdict(uint32_t flags)
{
	return (flags & ~(DSI_PLANE_GONE | DSI_PLANE_ABORT | DSI_PLANE_CHANGED |
			  DSI_USUAL_MASK)) == DSI_PLANE_FLOWS
		       ? 0
		       : dsi__plane_refusal(flags);
}

/* And now?  Consumes an abort if @waiting. */
int dsi__plane_check(struct dsi_data_plane *plane, int waiting);

/* Would a get() answer anything but -DSI_EAGAIN?  For select. */
int dsi__plane_ready(struct dsi_data_plane *plane);
/* Renew what the flags say of the usual way, because something changed that it
 * depends on.  Nothing is usual with a provider of traces, or while an event loop
 * is to be told; else the end says. */
void dsi__plane_note_usual(struct dsi_data_plane *plane);
/* Take back what dsi_packet_get() announced for an event loop. */
void dsi__plane_disarm(struct dsi_data_plane *plane);
/* After that, if no get() follows: make the descriptor readable once, so that
 * one does. */
void dsi__plane_rearm(struct dsi_data_plane *plane);

/* The peers' words this socket sleeps on; @words has room for
 * DSI_PEER_SLOTS.  @bell: DSI_SLEEP_BELL or 0.  Return their number. */
uint32_t dsi__plane_announce(struct dsi_data_plane *plane,
			     struct dsi_port_word *words, uint64_t bell);
void dsi__plane_withdraw(struct dsi_data_plane *plane);
/* Changes whenever words that were announced may be gone: then do not sleep
 * on them, but announce again. */
uint32_t dsi__plane_peers(const struct dsi_data_plane *plane);
/* The private word, for the same purpose. */
static inline struct dsi_port_word dsi__plane_word(
	const struct dsi_data_plane *plane)
{
	/* P2: acquire pairs with dsi__plane_wake(). */
	uint32_t now = atomic_load_explicit(&plane->word, memory_order_acquire);

	return (struct dsi_port_word){&plane->word, now, 0};
}

/* Wait until look() answers anything but -DSI_EAGAIN.  look() is called
 * under an announcement as well; it must not sleep. */
int dsi__plane_wait(struct dsi_data_plane *plane, uint64_t deadline_ns,
		    int (*look)(struct dsi_data_plane *plane, void *arg),
		    void *arg);

#endif /* DSI_DATA_PLANE_H */
