/* SPDX-License-Identifier: MIT */
/*
 * tries_channel.h - what tries_producer.c and tries_consumer.c agree on.
 *
 * A producer must wake a consumer that sleeps, without ever being blocked by
 * it, and without ever losing a wake-up.  Three tries:
 *
 *   1  The producer wakes with an infinite timeout.  A consumer that says that
 *      it sleeps and does not receive holds the producer for ever.
 *   2  It wakes with timeout 0.  A consumer that is preempted between saying
 *      so and receiving is not there yet: the wake-up is lost.
 *   3  The kernel says it for the consumer, in one step with the receive.
 *
 * The first two go wrong every time, because the consumer lets happen on
 * purpose what a scheduler does by chance.
 *
 * They share two pages of the producer's.  It alone can write the one with the
 * data; both write the other one, which is the word that says who sleeps.
 * Whatever the consumer writes there, the producer only compares it with
 * CHANNEL_ASLEEP.
 */
#ifndef MK_TRIES_CHANNEL_H
#define MK_TRIES_CHANNEL_H

#include <mklib/ipc_stubs.h>

/* In the name server: who answers there is ready.  It serves nobody. */
#define CHANNEL_NAME "/tries/ready"
/* At the reference monitor: whose gates are served. */
#define CHANNEL_SERVICE "tries"

/* Protocol of the messages; word 0 is the operation, in the answer 0 or a
 * negative MK_E number. */
#define CHANNEL_PROTO 3
#define CHANNEL_OPEN 1u	 /* gate to wake with -> data page, word page */
#define CHANNEL_START 2u /* try, packets */
#define CHANNEL_STATE 3u /* -> MK_STATE_* of the thread that produces */
#define CHANNEL_STOP 4u	 /* the producer says what happened */

/* The word. */
#define CHANNEL_NOTHING 0u
#define CHANNEL_TOKEN 1u /* there is something */
#define CHANNEL_ASLEEP 2u

union channel_data {
	struct {
		_Atomic uint64_t produced;
		_Atomic uint64_t woken; /* wake-ups that were received */
		_Atomic uint64_t lost;
		_Atomic uint64_t done; /* nothing more will come */
	};
	uint8_t page[MK_PAGE_BYTES];
};

union channel_word {
	_Atomic uint32_t word;
	uint8_t page[MK_PAGE_BYTES];
};

#endif
