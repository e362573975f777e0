/* SPDX-License-Identifier: MIT */
/*
 * evil_guest.h - an evil consumer on the microkernel: it joins as every consumer
 * does (tests/hostile/evil_peer.h), in a task of its own, and from then on uses
 * words of shared memory, capabilities and calls to the exchange as it likes.
 *
 * Place in the data flow: in the place of a consumer.  For one thread, but for
 * what guest_crowd() starts.
 */
#ifndef EVIL_GUEST_H
#define EVIL_GUEST_H

#include "port_thread.h"

#include "tests/hostile/evil_peer.h"

struct guest {
	struct evil_consumer evil;
	struct mk_port_place sleeps_on; /* its own signal word */
	struct mk_port_place wakes;	/* the one in its page */
	uint64_t index;			/* of its sleeps */
	uint64_t given;			/* packets that it gave back */
};

/* Capabilities that the port does not know of. */
#define GUEST_SLOT_EVENTS 11000ul /* GUEST_EVENTS of them */
#define GUEST_EVENTS 5u
#define GUEST_SLOT_GATE 11010ul	 /* of our own thread */
#define GUEST_SLOT_SYNC 11011ul	 /* of the producer's thread */
#define GUEST_SLOT_WAKES 11012ul /* what the producer sleeps on */

/* The back-end of this boot. */
int guest_is(const char *notify);
/* Less urgent than those who are honest. */
void guest_lower(void);
/* Between two blows.  Emulated CPUs run in turn: while one never rests, the
 * others stand still for 100 ms, and there is nobody to be hurt. */
void guest_rests(void);
/* Join with this policy; *@guest is filled in. */
void guest_join(struct guest *guest, uint32_t policy);
/* The same once the offer is there, without an answer to it. */
void guest_places(struct guest *guest);

/* Wait for the own word, for the exchange only, with the i-th event; by a
 * message to a gate that nobody listens to if @message. */
int guest_register(struct guest *guest, uint32_t i, int message);
void guest_unregister(struct guest *guest, uint32_t i);
/* "I sleep, and have seen all": each time another index. */
void guest_claims_sleep(struct guest *guest, uint64_t bell);
/* A true sleep, in the way of the back-end, ended by a wake or after 1 ms. */
void guest_sleeps(struct guest *guest);

/* Give back the oldest packet that is there, and take all.  0: none. */
int guest_gives_back(struct guest *guest);
/* The capability to what the producer sleeps on: 0, or not yet. */
int guest_finds_sleeper(struct guest *guest, uint64_t *out_bits);
/* That of its synchronisation thread, and our words' mapping there. */
void guest_finds_sync(struct guest *guest, uint64_t *out_there);

/* @n threads that run @body for ever, with the same urgency. */
void guest_crowd(void (*body)(void *arg), void *arg, uint32_t n);

#endif /* EVIL_GUEST_H */
