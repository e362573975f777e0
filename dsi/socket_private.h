/* SPDX-License-Identifier: MIT */
/*
 * socket_private.h - a socket as the control plane sees it.
 *
 * Place in the data flow: stream|component -> SOCKET + handshake -> data
 * plane.
 *
 * The data plane is the first member: the pointer the application holds is
 * at the same time the pointer the packet functions work with.
 *
 * Threads: the application's (create, listen, connect, start, stop, close)
 * and the monitor's (everything that a peer's message or hang-up causes).
 * What both touch is guarded by dsi_port_lock(), held for a few instructions
 * and never across a callback, a wait or dsi_port_loop_remove().
 */
#ifndef DSI_SOCKET_PRIVATE_H
#define DSI_SOCKET_PRIVATE_H

#include <dsi/socket.h>

#include "dsi/data_plane.h"
#include "dsi/desc.h"
#include "dsi/state.h"
#include "dsi/text.h"
#include "dsi/trace_hooks.h"

#define DSI_ERROR_BYTES 384u

/* A connection to one peer. */
enum dsi_link_state {
	DSI_LINK_GREETING, /* producer: HELLO has not come */
	DSI_LINK_OFFERED,  /* producer: ACCEPT has not come */
	DSI_LINK_JOINED,
	DSI_LINK_WATCHING, /* producer: it only looks */
	DSI_LINK_ENDED	   /* connection closed; memory may still be in use */
};

struct dsi_link {
	struct dsi_port_source source;
	struct dsi_port_source bell_source;
	struct dsi_socket *sock;
	struct dsi_link *next;
	/* Its loop's thread writes; who adopts another connection counts. */
	_Atomic(enum dsi_link_state) state;
	int32_t conn;
	int32_t bell;	   /* our end, to listen */
	int32_t peer_bell; /* to ring the peer, or -1 */
	uint32_t bell_added;
	uint32_t policy;
	uint32_t quota;
	uint32_t own_slots;
	/* Producer's side only. */
	uint32_t reader; /* its number in traces */
	uint32_t need;	 /* packets it needs of the stream's; 0 = not known */
	int32_t stats;	 /* the handle of its statistics page, or -1 */
	char label[DSI_LABEL_BYTES];
	uint32_t placement; /* of its page, as it says */
	uint32_t placement_of;
	struct dsi_producer_peer *peer;
	struct dsi_port_region signal;
	struct dsi_port_region page;
};

static inline enum dsi_link_state dsi__link_state(const struct dsi_link *link)
{
	/* relaxed: who counts links wants their number, not what is in them. */
	return atomic_load_explicit(&link->state, memory_order_relaxed);
}

static inline void dsi__link_set(struct dsi_link *link,
				 enum dsi_link_state state)
{
	/* relaxed: as above. */
	atomic_store_explicit(&link->state, state, memory_order_relaxed);
}

struct dsi_socket {
	struct dsi_data_plane plane; /* must be first */
	struct dsi_state state;
	struct dsi_stream_desc desc;
	struct dsi_consumer_options consumer_options;
	struct dsi_producer_options producer_options;
	struct dsi_access access;
	struct dsi_port_loop *monitor;
	struct dsi_port_source notice; /* kicked by the data plane */
	struct dsi_port_source door;   /* the listener's */
	struct dsi_port_listener *listener;
	struct dsi_link *links;
	struct dsi_port_region control;
	struct dsi_port_region data;
	struct dsi_port_region signal; /* consumer */
	struct dsi_port_region page;   /* consumer */
	struct dsi_port_region stats;  /* from create to destroy */
	struct dsi_port_placement placement;
	/* A component that forwards this socket's events. */
	struct dsi_port_loop *observer_loop;
	struct dsi_port_source *observer;
	char name[DSI_NAME_BYTES + 4u]; /* as it was given, with "sys:" */
	uint32_t readers; /* producer: numbers given to consumers so far */
	char error[DSI_ERROR_BYTES];
};

static inline struct dsi_link *dsi__link_of(struct dsi_port_source *source)
{
	return (struct dsi_link *)(void *)((char *)source -
					   offsetof(struct dsi_link, source));
}

static inline uint64_t dsi__round_to_pages(uint64_t bytes)
{
	uint64_t page = dsi_port_page_bytes();

	return (bytes + page - 1u) & ~(page - 1u);
}

/* A consumer's signal page. */
static inline uint64_t dsi__signal_region_bytes(
	const struct dsi_stream_desc *desc, uint32_t own_slots)
{
	uint32_t lent = desc->flags & DSI_STREAM_MAP ? desc->packets : 0;

	return dsi__round_to_pages(
		dsi__lent_offset(own_slots, desc->max_sg, lent));
}

/* ---- socket.c ------------------------------------------------------------ */

/* Begin a sentence in the socket's error text. */
struct dsi_text dsi__socket_say(struct dsi_socket *sock);
/* Say a whole sentence and return @err. */
int dsi__socket_fail(struct dsi_socket *sock, int err, const char *sentence);
/* State changes, together with the flags of the data plane. */
int dsi__socket_do(struct dsi_socket *sock, enum dsi_operation operation);
/* Let the socket's events kick @source of @loop as well; before connect. */
void dsi__socket_observe(struct dsi_socket *sock, struct dsi_port_loop *loop,
			 struct dsi_port_source *source);
/* Events that are pending, consumed by being asked for. */
uint32_t dsi__socket_events(struct dsi_socket *sock, uint32_t mask);
/* Connect a consumer over a connection that was handed to it, or add a
 * consumer's connection to a producer.  Takes the handle over. */
int dsi__socket_adopt_conn(struct dsi_socket *sock, int32_t conn);

/* ---- trace_ends.c -------------------------------------------------------- */

/* A socket is made: who traces it, if anybody? */
void dsi__trace_create(struct dsi_socket *sock);
/* A number for a new stream of this end. */
uint64_t dsi__trace_new_stream(uint64_t endpoint);
void dsi__trace_name(struct dsi_socket *sock, const char *name);
/* The description is known: from now on there is something to tell. */
void dsi__trace_open(struct dsi_socket *sock);
/* It closes; its regions are still mapped, the work thread has left. */
void dsi__trace_close(struct dsi_socket *sock, uint32_t reason);
/* The state was @from before. */
void dsi__trace_state(struct dsi_socket *sock, uint32_t from);
/* The link's peer broke off; its connection and pages are still there. */
void dsi__trace_peer_dead(const struct dsi_link *link);

/* ---- handshake_producer.c ------------------------------------------------ */

/* The listener has somebody at the door. */
void dsi__producer_door(struct dsi_port_source *source, uint32_t why);
/* A connection that was handed to us, e.g. by a control application.  Takes
 * the handle over. */
int dsi__producer_adopt_conn(struct dsi_socket *sock, int32_t conn);
/* Disconnect peers that the data plane found lying; free what can be. */
void dsi__producer_reap(struct dsi_socket *sock);
/* The end: no link is left.  The work thread must have left. */
void dsi__producer_close_links(struct dsi_socket *sock);

/* ---- handshake_watch.c: all on the monitor's thread ---------------------- */

/* Somebody wants to watch: tell what is there, and later what changes.  0, or
 * -DSI_EUSERS: too many watch already. */
int dsi__watcher_greet(struct dsi_link *link);
/* A consumer joined, or is gone. */
void dsi__watchers_joined(const struct dsi_link *consumer);
void dsi__watchers_parted(const struct dsi_link *consumer);

/* ---- handshake_regions.c: on the monitor's thread ------------------------ */

/* Somebody asks where the regions lie.  0; -DSI_EPERM: it may not know; or why
 * the answer could not be sent. */
int dsi__regions_tell(struct dsi_link *link);

/* ---- handshake_consumer.c ------------------------------------------------ */

/* Say hello over a connection and map what is offered.  Takes the handle
 * over.  Waits until the deadline. */
int dsi__consumer_attach(struct dsi_socket *sock, int32_t conn,
			 uint64_t deadline_ns);
void dsi__consumer_close_link(struct dsi_socket *sock);

/* ---- link.c -------------------------------------------------------------- */

struct dsi_link *dsi__link_create(struct dsi_socket *sock, int32_t conn,
				  void (*ready)(struct dsi_port_source *,
						uint32_t));
/* Ring its bell into the socket's descriptor, if there is one. */
int dsi__link_add_bell(struct dsi_link *link);
/* Stop watching; no callback of it is running afterwards. */
void dsi__link_unwatch(struct dsi_link *link);
/* Nothing more is read from it; the notice callback tears it down. */
void dsi__link_end(struct dsi_link *link);
/* Say good-bye (@bye) and close the connection. */
void dsi__link_hang_up(struct dsi_link *link, int bye);

#endif /* DSI_SOCKET_PRIVATE_H */
