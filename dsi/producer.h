/* SPDX-License-Identifier: MIT */
/*
 * producer.h - the producing side of a stream: who owns which packet.
 *
 * Place in the data flow: packet.h -> data plane -> PRODUCER -> ring +
 * notify.
 *
 * Order is the ring's matter (ring.h).  Ownership is kept here, in private
 * memory: for each packet a mask of the consumers that have not given it
 * back.  They do so in any order, through return rings in their own pages.
 *
 * Peers come and go while packets flow.  The control plane prepares a peer
 * completely and hands it over through its state word; the work thread
 * admits it and later lets go of it; nobody locks:
 *
 *   EMPTY -> JOINING    control plane     everything below is set
 *   JOINING -> ACTIVE   work thread       admitted
 *   JOINING -> EMPTY    control plane     left before it was admitted
 *   ACTIVE -> LEAVING   control plane     closed or died
 *   LEAVING -> RETIRED  work thread       will not touch its memory again
 *   ACTIVE -> BROKEN    work thread       it lied; likewise
 *   RETIRED, BROKEN -> EMPTY  control plane, after unmapping
 *
 * Ordering edges:
 *   J1  peer state store-release -> peer state load-acquire
 *       in both directions: carries the peer's fields to the work thread,
 *       and the end of their use back
 *   J2  flags fetch_or-release (CHANGED) -> flags fetch_and-acquire
 *       carries the states that changed
 *   T1  taken: consumer store-release -> producer load-acquire
 *       carries the licence to overwrite the descriptors before it
 *   T2  returned: consumer store-release -> producer load-acquire
 *       carries the tokens, and the end of the consumer's use of the data
 *   S1  start: producer store-release -> consumer load-acquire
 *       carries the consumer's first position
 *
 * Trust: counters and tokens of a consumer are checked against the private
 * record.  A lie harms its author only: that peer becomes BROKEN.
 */
#ifndef DSI_PRODUCER_H
#define DSI_PRODUCER_H

#include "dsi/notify.h"
#include "dsi/packet_table.h"
#include "dsi/ring.h"
#include "dsi/stats_page.h"

struct dsi_data_plane;

/* More places than consumers: some may still wait to be retired.  A packet's
 * mask has one bit more, for the application: see dsi__owners(). */
#define DSI_PEER_SLOTS 31u
static_assert(DSI_PEER_SLOTS == DSI_STATS_PEERS,
	      "a place in the page for each");

/* The usual way looks at what came back once for so many packets at most: the lines
 * it looks at serve all of them, and few slots stay warm. */
#define DSI_READY_MOST 16u

/* A producer that polls for packets that come back takes a line of the cache from the
 * consumer that writes there what it gave back.  So it relaxes so many times before it
 * looks again.  Where there are fewer packets than that the consumer may be waiting for
 * the next one. */
#define DSI_RELAX_TIMES 16u
#define DSI_RELAX_PACKETS 64u
static_assert(DSI_RELAX_TIMES <= 16,
	      "about a microsecond: whoever polls has a deadline");

/* Slots of up to so many bytes are made free by halves, where there are few: see
 * dsi__producer_half(). */
#define DSI_HALF_BYTES 16384u

/* So many bytes of what came back lie still, while other slots are free: about what
 * a CPU has in caches of its own.  A slot that was given back a moment ago is in
 * those of its reader, and whoever writes it waits for each of its lines.  Where not
 * even the least can lie still, few slots that stay warm are better.  No more packets
 * than the most: one look may have to make all of them free. */
#define DSI_COOL_BYTES (UINT64_C(2) << 20)
#define DSI_COOL_LEAST (UINT64_C(512) << 10)
#define DSI_COOL_MOST 1024u
static_assert(DSI_COOL_LEAST > 0, "so what is divided by is not 0");

#define DSI_PEER_EMPTY 0u
#define DSI_PEER_JOINING 1u
#define DSI_PEER_ACTIVE 2u
#define DSI_PEER_LEAVING 3u
#define DSI_PEER_RETIRED 4u
#define DSI_PEER_BROKEN 5u

struct dsi_producer_peer {
	_Atomic uint32_t state;
	/* Set by the control plane before JOINING. */
	uint32_t policy;
	uint32_t quota;		  /* DROP_NEW: packets it may pin */
	uint32_t reader;	  /* its number in traces */
	uint32_t return_mask;	  /* of its return ring */
	_Atomic uint32_t orderly; /* it said good-bye; only traces ask */
	struct dsi_ring ring;	  /* DROP_NEW: its own */
	struct dsi_shm_signal *signal_page;
	const struct dsi_shm_consumer *page;
	const _Atomic uint32_t *returns;
	_Atomic uint32_t *lent;	  /* MAP: pages of each slot, see transfer.h */
	struct dsi_waker waker;	  /* we wake it */
	struct dsi_waiter waiter; /* we sleep for it */
	/* The work thread's. */
	uint64_t first;	   /* its first position */
	uint64_t position; /* DROP_NEW: next position in its own ring */
	uint64_t taken;	   /* last value seen */
	uint64_t returned; /* tokens read */
	uint64_t dropped;
	uint32_t drop_flag; /* its next packet is DROPPED_BEFORE */
};

struct dsi_producer {
	struct dsi_ring ring;
	uint64_t position;   /* of the next commit */
	uint64_t limit;	     /* positions below it may be written */
	uint64_t least;	     /* BLOCK consumers need no slot before it */
	uint32_t block_mask; /* active peers by policy */
	uint32_t drop_mask;
	uint32_t reclaim_mask;
	uint32_t active_mask;		/* all of them */
	struct dsi_producer_peer *sole; /* the only one, with policy BLOCK */
	/* The usual way: the newest so many of the free packets are ordinary,
	 * and may be taken without a look at what the consumer took and gave
	 * back.  The ring has room for them; that is not counted off room as
	 * they are taken, so room is 0 while there are any. */
	uint32_t ready;
	uint32_t room;	 /* so many may be taken, as far as the ring goes */
	uint64_t calm;	 /* no look at how many wait, if it is not more */
	uint32_t cool;	 /* so many stay in the return ring, if they can */
	uint32_t half;	 /* so many that came back are made free; or 0 */
	uint32_t joined; /* peers admitted so far */
	uint32_t wait_consumers;
	uint32_t generation;		    /* peers admitted and let go of */
	_Atomic uint32_t present;	    /* for statistics */
	const struct dsi_port_region *area; /* MAP: what is lent from */
	struct dsi_producer_peer peers[DSI_PEER_SLOTS];
};

/* How many of @packets slots that are @stride bytes apart shall lie still?  Half of
 * them at most: the others are there to be used meanwhile. */
static inline uint32_t dsi__producer_cool(uint64_t stride, uint32_t packets)
{
	uint32_t most = packets / 2u;
	uint64_t bytes;

	if (most > DSI_COOL_MOST)
		most = DSI_COOL_MOST;
	bytes = most * stride;
	if (bytes > DSI_COOL_BYTES)
		bytes = DSI_COOL_BYTES;
	return bytes < DSI_COOL_LEAST ? 0 : (uint32_t)(bytes / stride);
}

/* If nothing is free, one packet that came back is taken.  With few packets nothing is
 * free after one round, and then each get would look, and find one that came back
 * since, for ever.  So of how many that came back are all made free?  0: of none.  Half
 * of @packets, unless those are many; but the newest is taken first then, and it is
 * warm where it was read (DSI_COOL_BYTES), which counts if slots are large. */
static inline uint32_t dsi__producer_half(uint64_t stride, uint32_t packets)
{
	uint32_t half = packets / 2u;

	if (half < 2 || half > DSI_READY_MOST / 2u || stride > DSI_HALF_BYTES)
		return 0;
	return half;
}

/* How many packets was this consumer given, if it is one that is asked? */
static inline uint64_t dsi__producer_given(const struct dsi_producer *producer,
					   const struct dsi_producer_peer *peer)
{
	return peer->policy == DSI_POLICY_DROP_NEW
		       ? peer->position
		       : producer->position - peer->first;
}

/* And how many has it not given back? */
static inline uint32_t dsi__producer_has(const struct dsi_producer *producer,
					 const struct dsi_producer_peer *peer)
{
	return peer->policy == DSI_POLICY_RECLAIM
		       ? 0
		       : (uint32_t)(dsi__producer_given(producer, peer) -
				    peer->returned);
}

/* Work thread.  Non-blocking: take up to @n packets.  How many, or -DSI_EAGAIN,
 * -DSI_ENOBUFS. */
int32_t dsi__producer_get(struct dsi_data_plane *plane,
			  struct dsi_packet **out_pkts, uint32_t n);
/* Work thread: let consumers come and go.  For dsi__producer_adopt(). */
DSI_RARE void dsi__producer_change(struct dsi_data_plane *plane);
/* The usual way was begun with packets @from to @n, and ends there: nothing of
 * it is seen, so back to the application they go. */
DSI_RARE void dsi__producer_recant(struct dsi_data_plane *plane,
				   struct dsi_packet *const *pkts,
				   uint32_t from, uint32_t n);
/* Packets are in the ring: look how many wait, if those may be more than ever, and
 * tell whom it concerns.  The last step of a commit: 0. */
DSI_RARE int dsi__producer_tell(struct dsi_data_plane *plane);
/* Work thread, the usual way: look what the consumer took and gave back.  1 if @n
 * are ready now; else it may have lied, and be gone with sole: go on with
 * dsi__producer_get(). */
DSI_RARE int dsi__producer_refill(struct dsi_data_plane *plane, uint32_t n);
/* What may be done the usual way, as far as the consumers go. */
uint32_t dsi__producer_usual(const struct dsi_data_plane *plane);
/* Would a get succeed?  0, or likewise.  For select. */
int dsi__producer_look(struct dsi_data_plane *plane);
/* Work thread.  All of @pkts are packets of this socket, were held, and now are
 * nobody's.  0, or what dsi__plane_committed() answers. */
int dsi__producer_commit(struct dsi_data_plane *plane,
			 struct dsi_packet *const *pkts, uint32_t n);
void dsi__producer_discard(struct dsi_data_plane *plane,
			   struct dsi_packet *pkt);
/* Undo one dsi_packet_keep(). */
void dsi__producer_unkeep(struct dsi_data_plane *plane, struct dsi_packet *pkt);
/* 0 when nothing is in flight any more, else -DSI_EAGAIN. */
int dsi__producer_drained(struct dsi_data_plane *plane);

uint32_t dsi__producer_announce(struct dsi_data_plane *plane,
				struct dsi_port_word *words, uint64_t bell);
void dsi__producer_withdraw(struct dsi_data_plane *plane);
/* We are on CPU @here and wait for those who have packets: are there any, and
 * all on other ones?  Only what all of them gave back is free; but whoever shall
 * not hold us up (DROP_NEW) is asked only if nobody else has any. */
int dsi__producer_apart(struct dsi_data_plane *plane, uint32_t here);

/* Closing, the work thread has left: no peer is known any more, neither by
 * mask nor by pointer, for their memory is about to go. */
void dsi__producer_forget(struct dsi_data_plane *plane);

/* Control plane, under its lock. */
/* An EMPTY place or NULL. */
struct dsi_producer_peer *dsi__producer_place(struct dsi_data_plane *plane);
/* A peer whose fields are set enters. */
void dsi__producer_join(struct dsi_data_plane *plane,
			struct dsi_producer_peer *peer);
/* A peer leaves.  Return 1 if its memory may be freed now; else it may once
 * dsi__producer_left() says so. */
int dsi__producer_leave(struct dsi_data_plane *plane,
			struct dsi_producer_peer *peer);
int dsi__producer_left(const struct dsi_producer_peer *peer);
/* Did the work thread find it lying? */
int dsi__producer_broken(const struct dsi_producer_peer *peer);
/* Its memory is freed: the place is EMPTY again. */
void dsi__producer_vacate(struct dsi_producer_peer *peer);

#endif /* DSI_PRODUCER_H */
