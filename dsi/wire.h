/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the messages of the control plane.
 *
 * Consumer and producer (handshake.c):
 *
 *   consumer                          producer
 *      HELLO  what I need         ->
 *                                 <-  OFFER  geometry + regions, or REFUSE
 *      ACCEPT my page             ->
 *                                 <-  READY, or REFUSE
 *      ... packets flow, no messages ...
 *      BYE                       <->  BYE   (or the connection just ends)
 *
 * A HELLO that only asks is answered with INFO.
 *
 * A HELLO that wants to watch is answered with WATCH and PEERS.  The
 * connection stays, and carries more PEERS and PARTED as consumers come and
 * go; who watches says nothing more.
 *
 * A HELLO that asks for the regions is answered with REGIONS, as many as it
 * takes, and the connection ends.
 *
 * Control application and component (stream.c, component.c): a REQUEST is
 * answered by the REPLY of the same serial; EVENTs come unasked.
 *
 * Messages are fixed structs without padding, in the byte order of the
 * machine: both ends live on one.  The head says so, and who does not match
 * it exactly is refused before anything else is looked at.
 */
#ifndef DSI_WIRE_H
#define DSI_WIRE_H

#include <assert.h>

#include <dsi/component.h>
#include <dsi/regions.h>

#include "dsi/desc.h"
#include "dsi/port.h"
#include "dsi/shm_layout.h"

#define DSI_WIRE_TEXT_BYTES 256u

enum dsi_wire_type {
	DSI_WIRE_HELLO = 1,
	DSI_WIRE_OFFER,
	DSI_WIRE_ACCEPT,
	DSI_WIRE_READY,
	DSI_WIRE_REFUSE,
	DSI_WIRE_INFO,
	DSI_WIRE_BYE,
	DSI_WIRE_REQUEST,
	DSI_WIRE_REPLY,
	DSI_WIRE_EVENT,
	DSI_WIRE_WATCH,
	DSI_WIRE_PEERS,
	DSI_WIRE_PARTED,
	DSI_WIRE_REGIONS,
};

struct dsi_wire_head {
	uint32_t magic;
	uint32_t endian;
	uint32_t abi_major;
	uint32_t abi_minor;
	uint32_t type;
	uint32_t bytes; /* of the whole message */
};

/* BYE, READY and ACCEPT have nothing but a head.  ACCEPT carries the consumer
 * page, if the consumer can listen to one, the end of a bell to ring, and, if
 * others may watch it, its statistics page. */
#define DSI_ACCEPT_PAGE 0u
#define DSI_ACCEPT_BELL 1u
#define DSI_ACCEPT_STATS 2u
#define DSI_ACCEPT_HANDLES 3u

#define DSI_HELLO_ATTACH 1u
#define DSI_HELLO_ASK 2u
#define DSI_HELLO_WATCH 3u
#define DSI_HELLO_REGIONS 4u

struct dsi_wire_hello {
	struct dsi_wire_head head;
	uint32_t purpose; /* DSI_HELLO_* */
	uint32_t reserved;
	struct dsi_wish wish;
};

#define DSI_OFFER_CONTROL 0u
#define DSI_OFFER_DATA 1u
#define DSI_OFFER_SIGNAL 2u
#define DSI_OFFER_BELL 3u /* to ring the producer */
#define DSI_OFFER_HANDLES 4u

struct dsi_wire_offer {
	struct dsi_wire_head head;
	uint32_t own_slots; /* DROP_NEW: slots of its own ring, else 0 */
	uint32_t reader;    /* the consumer's number in traces */
	struct dsi_stream_desc desc;
};

struct dsi_wire_refuse {
	struct dsi_wire_head head;
	int32_t err;
	uint32_t reserved;
	char text[DSI_WIRE_TEXT_BYTES];
};

struct dsi_wire_info {
	struct dsi_wire_head head;
	uint32_t state;
	uint32_t consumers;
	uint64_t committed;
	struct dsi_stream_desc desc;
};

/* Carries the producer's statistics page. */
struct dsi_wire_watch {
	struct dsi_wire_head head;
	struct dsi_stream_desc desc;
};

#define DSI_PEERS_MAX 8u
static_assert(DSI_PEERS_MAX <= DSI_PORT_MSG_HANDLES, "a page of each");

struct dsi_wire_peer {
	uint32_t place; /* in the producer's page, see stats_page.h */
	uint32_t page;	/* 1 + index of its page's handle; 0: has none */
	uint32_t policy;
	uint32_t queue_packets; /* DROP_NEW */
	struct dsi_peer who;
	uint32_t reserved;
	char label[DSI_LABEL_BYTES];
};

struct dsi_wire_peers {
	struct dsi_wire_head head;
	uint32_t n;
	uint32_t more; /* 1: not all that are there now */
	struct dsi_wire_peer peers[DSI_PEERS_MAX];
};

struct dsi_wire_parted {
	struct dsi_wire_head head;
	uint32_t place;
	uint32_t reserved;
};

struct dsi_wire_region {
	uint32_t kind;	/* DSI_REGION_* */
	uint32_t place; /* the consumer's, as in struct dsi_wire_peer */
	uint32_t policy;
	struct dsi_peer who; /* the consumer */
	uint32_t placement;
	uint32_t placement_of;
	uint64_t address; /* in the producer's address space */
	uint64_t bytes;
	char label[DSI_LABEL_BYTES];
};

#define DSI_REGIONS_MAX 8u

struct dsi_wire_regions {
	struct dsi_wire_head head;
	uint32_t n;
	uint32_t more; /* 1: another message follows */
	struct dsi_wire_region regions[DSI_REGIONS_MAX];
};

/* What a control application asks of a component. */
enum dsi_request {
	DSI_REQUEST_OPEN = 1,
	DSI_REQUEST_CONNECT, /* one handle: the connection */
	DSI_REQUEST_START,
	DSI_REQUEST_STOP,
	DSI_REQUEST_CLOSE,
	DSI_REQUEST_STATS,
};

struct dsi_wire_request {
	struct dsi_wire_head head;
	uint32_t serial;
	uint32_t request; /* enum dsi_request */
	uint32_t socket;  /* number the component gave, but for OPEN */
	uint32_t role;	  /* OPEN */
	struct dsi_stream_desc desc;
	struct dsi_wish wish;
	char argument[DSI_ARGUMENT_BYTES];
};

struct dsi_wire_reply {
	struct dsi_wire_head head;
	uint32_t serial;
	int32_t err;
	uint32_t socket;
	uint32_t policy;
	/* OPEN, CONNECT: what the socket has. */
	struct dsi_stream_desc desc;
	struct dsi_usage usage;
	struct dsi_socket_stats stats;
	char text[DSI_WIRE_TEXT_BYTES];
};

struct dsi_wire_event {
	struct dsi_wire_head head;
	uint32_t socket;
	uint32_t events;
};

/* One buffer for whatever comes. */
union dsi_wire {
	struct dsi_wire_head head;
	struct dsi_wire_hello hello;
	struct dsi_wire_offer offer;
	struct dsi_wire_refuse refuse;
	struct dsi_wire_info info;
	struct dsi_wire_request request;
	struct dsi_wire_reply reply;
	struct dsi_wire_event event;
	struct dsi_wire_watch watch;
	struct dsi_wire_peers peers;
	struct dsi_wire_parted parted;
	struct dsi_wire_regions regions;
};
static_assert(sizeof(union dsi_wire) <= DSI_PORT_MSG_BYTES, "fits a message");

/* A received message and its handles. */
struct dsi_wire_in {
	union dsi_wire msg;
	int32_t handles[DSI_PORT_MSG_HANDLES];
	uint32_t n_handles;
};

/* Send: the head is filled in here.  Errors of dsi_port_send(). */
int dsi__wire_send(int32_t conn, union dsi_wire *msg, uint32_t type,
		   uint32_t bytes, const int32_t *handles, uint32_t n_handles);
/* Refuse with a code and a sentence; failure to send is ignored. */
void dsi__wire_refuse(int32_t conn, int err, const char *text);

/* What a peer says went wrong, if that is a code of dsi: else -DSI_EPROTO. */
int dsi__wire_error(int32_t said);

/* Receive without blocking.  Return the type > 0; -DSI_EAGAIN, -DSI_EPIPE;
 * -DSI_EPROTO for garbage; -DSI_EPROTONOSUPPORT for another version or byte
 * order.  On success the caller owns the handles. */
int dsi__wire_recv(int32_t conn, struct dsi_wire_in *in);
/* Likewise, waiting until the deadline: -DSI_ETIMEDOUT. */
int dsi__wire_wait(int32_t conn, struct dsi_wire_in *in, uint64_t deadline_ns);
/* Take one handle out (-1 if there is none); close all that remain. */
int32_t dsi__wire_take(struct dsi_wire_in *in, uint32_t index);
void dsi__wire_drop(struct dsi_wire_in *in);

#endif /* DSI_WIRE_H */
