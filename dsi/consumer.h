/* SPDX-License-Identifier: MIT */
/*
 * consumer.h - the consuming side of a stream.
 *
 * Place in the data flow: packet.h -> data plane -> CONSUMER -> ring +
 * notify.
 *
 * A get copies the descriptor to private memory and checks the copy; the
 * descriptor is free from then on (`taken`).  The data stays the
 * application's until commit, which puts the packet's token into the return
 * ring (`returned`).  A reader with policy RECLAIM gives nothing back: it
 * was never asked.  A reader with DSI_CONSUMER_COPY gives it back at once:
 * what the application holds is its own (transfer.h).
 *
 * Ordering edges: T1, T2 and S1 of producer.h, seen from the other side.
 *   T1  taken: consumer store-release -> producer load-acquire
 *   T2  returned: consumer store-release -> producer load-acquire
 *   S1  start: producer store-release -> consumer load-acquire
 *
 * When the producer learns of it: `taken` is stored once for all packets of a
 * get, before it returns, but a producer that sleeps because the ring is full
 * is woken for certain only by the next commit, by a get that leaves more than
 * one packet held, or by a get that found less than it was asked for.  That
 * keeps the fence of notify.h at one for each packet.
 *
 * Trust: the producer may write anything, at any time, except where a region
 * is sealed.  Impossible values end the stream for us: -DSI_EPROTO.
 */
#ifndef DSI_CONSUMER_H
#define DSI_CONSUMER_H

#include "dsi/notify.h"
#include "dsi/packet_table.h"
#include "dsi/ring.h"
#include "dsi/transfer.h"

struct dsi_data_plane;

struct dsi_consumer {
	struct dsi_ring ring;
	uint64_t position; /* next in order */
	uint64_t first;	   /* where we began */
	uint64_t returned; /* tokens given back */
	uint64_t *early;   /* bit per ring slot: taken ahead by get_nr */
	uint32_t n_early;
	uint32_t started;
	uint32_t usual;	      /* nothing asks for more than an ordinary get */
	uint32_t usual_flags; /* of an ordinary descriptor */
	uint32_t lossy;	      /* policy RECLAIM */
	uint32_t keep_expired;
	uint32_t apart;	 /* DSI_CONSUMER_* that are off the usual way */
	uint32_t signal; /* last value of our signal word */
	uint32_t unsaid; /* taken was stored, but nobody was woken */
	uint32_t return_mask;
	uint32_t missed;     /* some, before the next one delivered */
	uint32_t has_newest; /* newest is set */
	uint64_t newest;     /* highest number taken so far */
	struct dsi_shm_consumer *page;
	const struct dsi_shm_signal *signal_page;
	_Atomic uint32_t *returns;
	struct dsi_waker waker;	  /* we wake the producer */
	struct dsi_waiter waiter; /* we sleep for it */
	struct dsi_transfer transfer;
	void (*on_reclaim)(void *user, uint64_t packets);
	void *user;
};

/* Work thread.  Non-blocking: take up to @n packets.  How many, or -DSI_EAGAIN,
 * -DSI_ENOBUFS, -DSI_EPROTO, or -DSI_EBUSY: only skipped packets so far, there
 * may be more. */
int32_t dsi__consumer_get(struct dsi_data_plane *plane,
			  struct dsi_packet **out_pkts, uint32_t n);
int32_t dsi__consumer_get_one(struct dsi_data_plane *plane,
			      struct dsi_packet **out_pkt);
/* Likewise one, and -DSI_ESTALE. */
int32_t dsi__consumer_get_nr(struct dsi_data_plane *plane, uint64_t number,
			     struct dsi_packet **out_pkt);
int dsi__consumer_commit(struct dsi_data_plane *plane,
			 struct dsi_packet *const *pkts, uint32_t n);
int dsi__consumer_commit_one(struct dsi_data_plane *plane,
			     struct dsi_packet *pkt);
int dsi__consumer_valid(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt);
/* Is there a packet, without taking it?  For select. */
int dsi__consumer_look(struct dsi_data_plane *plane);

uint32_t dsi__consumer_announce(struct dsi_data_plane *plane,
				struct dsi_port_word *words, uint64_t bell);
void dsi__consumer_withdraw(struct dsi_data_plane *plane);

#endif /* DSI_CONSUMER_H */
