/* SPDX-License-Identifier: MIT */
/*
 * hand_pair.h - a stream that is wired by hand (hand_wired.h) with one consumer,
 * both ends in one thread, for tests with cmocka: what each side has seen when the
 * other takes its next step is known.
 */
#ifndef DSI_TEST_HAND_PAIR_H
#define DSI_TEST_HAND_PAIR_H

#include <dsi/packet.h>

#include "tests/stress/hand_wired.h"

struct hand_pair {
	struct hand_stream stream;
	struct hand_consumer consumer;
	struct dsi_socket *from, *to;
};

/* Both run, and the consumer is admitted.  @position: of the first packet; of a
 * consumer with DROP_NEW two packets at a time. */
void hand_pair_init(struct hand_pair *pair, const struct dsi_stream_desc *desc,
		    uint64_t position, uint32_t policy);
/* Also after hand_leave(). */
void hand_pair_fini(struct hand_pair *pair);

/* Each end is told that the other is on a CPU that is not there, so that who may
 * spin does; the consumer has a packet that the producer can wait for. */
void hand_part(struct hand_pair *pair);

/* What there must be at once. */
struct dsi_packet *hand_get(struct dsi_socket *sock);
/* So many are sent; and so many taken and given back. */
void hand_put(struct hand_pair *pair, uint32_t n);
void hand_take(struct hand_pair *pair, uint32_t n);

#endif /* DSI_TEST_HAND_PAIR_H */
