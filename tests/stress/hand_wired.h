/* SPDX-License-Identifier: MIT */
/*
 * hand_wired.h - a stream without a handshake: producer and consumers of one
 * process over plain memory that both ends see at the same address.
 *
 * Place in the data flow: instead of socket and handshake.  What the
 * handshake sets up, this sets up: the data plane below is the shipped one.
 *
 * Two things become possible.  ThreadSanitizer sees both ends, which it does
 * not across two mappings of one region.  And the counters can begin where a
 * test wants them, just before they wrap.
 */
#ifndef DSI_TEST_HAND_WIRED_H
#define DSI_TEST_HAND_WIRED_H

#include "dsi/data_plane.h"

struct hand_stream {
	struct dsi_data_plane plane; /* the producer's */
	struct dsi_stream_desc desc;
	char *control;
	char *data;
};

struct hand_consumer {
	struct dsi_data_plane plane;
	struct dsi_producer_peer *peer;
	uint32_t policy;
	struct dsi_shm_signal *signal; /* and its own ring */
	struct dsi_shm_consumer *page; /* and its return ring */
};

/* What the application holds. */
static inline struct dsi_socket *hand_socket(struct dsi_data_plane *plane)
{
	return (struct dsi_socket *)(void *)plane;
}

/* Running producer; @desc is completed. @position: of the first packet. */
void hand_stream_init(struct hand_stream *stream,
		      const struct dsi_stream_desc *desc, uint64_t position);
void hand_stream_fini(struct hand_stream *stream);

/* One more consumer, running; the producer's thread has still to admit it.
 * @quota: DROP_NEW. */
void hand_join(struct hand_stream *stream, struct hand_consumer *consumer,
	       uint32_t policy, uint32_t quota);
/* Begin to leave; the consumer's thread must have left it. */
void hand_leave(struct hand_stream *stream, struct hand_consumer *consumer);
/* Once dsi__producer_left() says so. */
void hand_consumer_fini(struct hand_consumer *consumer);

/* Let all counters of an admitted consumer that has seen no packet be
 * @before steps from their wrap at 2^32. */
void hand_wind_up(struct hand_stream *stream, struct hand_consumer *consumer,
		  uint32_t before);

#endif /* DSI_TEST_HAND_WIRED_H */
