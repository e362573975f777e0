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
 * keeps the fence of notify.h at one for each packet.  Where the ring has as many
 * slots as there are packets, it is never full before the packets are all away,
 * and nobody need be told: what is not taken is not given back either.  (But for
 * packets that were taken ahead of the order, so who did that once tells always.)
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
	uint32_t usual; /* nothing asks for more than an ordinary get */
	/* What an ordinary descriptor says, see dsi__usual_place(). */
	uint32_t usual_size;   /* most */
	uint64_t usual_offset; /* most */
	uint64_t usual_mask;   /* its flags that count, in place */
	uint64_t usual_flags;  /* and what they are */
	uint64_t usual_end;    /* its place is below that */
	uint32_t lossy;	       /* policy RECLAIM */
	uint32_t keep_expired;
	uint32_t apart;	 /* DSI_CONSUMER_* that are off the usual way */
	uint32_t signal; /* last value of our signal word */
	uint32_t tells;	 /* the producer may wait for a descriptor */
	uint32_t unsaid; /* taken was stored, but nobody was woken */
	uint32_t return_mask;
	uint32_t missed;     /* some, before the next one delivered */
	uint32_t has_newest; /* newest is set */
	uint64_t newest;     /* highest number taken so far, the slow way */
	/* Behind the last packet taken the usual way, whose number is its
	 * position; known if none was since this position. */
	uint64_t usual_newest;
	uint64_t usual_from;
	struct dsi_shm_consumer *page;
	const struct dsi_shm_signal *signal_page;
	_Atomic uint32_t *returns;
	struct dsi_waker waker;	  /* we wake the producer */
	struct dsi_waiter waiter; /* we sleep for it */
	struct dsi_transfer transfer;
	void (*on_reclaim)(void *user, uint64_t packets);
	void *user;
};

static inline uint64_t dsi__consumer_usual_newest(
	const struct dsi_consumer *consumer)
{
	return consumer->position != consumer->usual_from
		       ? consumer->position
		       : consumer->usual_newest;
}

/* Behind the highest number taken so far, if that is known; else behind what was
 * taken. */
static inline uint64_t dsi__consumer_awaits(const struct dsi_consumer *consumer)
{
	uint64_t next = consumer->has_newest ? consumer->newest + 1u
					     : consumer->position;

	uint64_t usual = dsi__consumer_usual_newest(consumer);

	return next > usual ? next : usual;
}

/* Work thread.  Non-blocking: take up to @n packets.  How many, or -DSI_EAGAIN,
 * -DSI_ENOBUFS, -DSI_EPROTO, or -DSI_EBUSY: only skipped packets so far, there
 * may be more. */
int32_t dsi__consumer_get(struct dsi_data_plane *plane,
			  struct dsi_packet **out_pkts, uint32_t n);
/* Likewise, when @got of the @n are taken already, of so many @bytes. */
DSI_RARE int32_t dsi__consumer_get_rest(struct dsi_data_plane *plane,
					struct dsi_packet **out_pkts,
					uint32_t n, uint32_t got,
					uint64_t bytes);
/* The producer must know what was taken.  Return @answer: the last step of a
 * get. */
DSI_RARE int32_t dsi__consumer_tell_taken(struct dsi_data_plane *plane,
					  int32_t answer);
/* Likewise one, and -DSI_ESTALE. */
int32_t dsi__consumer_get_nr(struct dsi_data_plane *plane, uint64_t number,
			     struct dsi_packet **out_pkt);
int dsi__consumer_commit(struct dsi_data_plane *plane,
			 struct dsi_packet *const *pkts, uint32_t n);
/* What may be done the usual way, as far as the stream goes. */
uint32_t dsi__consumer_usual(const struct dsi_data_plane *plane);
int dsi__consumer_valid(struct dsi_data_plane *plane,
			const struct dsi_packet *pkt);
/* Is there a packet, without taking it?  For select. */
int dsi__consumer_look(struct dsi_data_plane *plane);

uint32_t dsi__consumer_announce(struct dsi_data_plane *plane,
				struct dsi_port_word *words, uint64_t bell);
void dsi__consumer_withdraw(struct dsi_data_plane *plane);
/* We are on CPU @here and wait for the producer: is it on another one? */
int dsi__consumer_apart(struct dsi_data_plane *plane, uint32_t here);

#endif /* DSI_CONSUMER_H */
