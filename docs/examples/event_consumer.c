/* SPDX-License-Identifier: MIT */
/* event_consumer.c - what does not depend on the loop. */
#include <inttypes.h>
#include <stdio.h>

#include <dsi/dsi.h>

#include "event_consumer.h"

#define SECOND_NS UINT64_C(1000000000)
/* Without an end a producer that is faster would keep the loop here. */
#define PACKETS_AT_ONCE 64

int event_consumer_open(struct event_consumer *c, const char *name)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = DSI_POLICY_BLOCK,
		.label = "loop",
	};
	int err = dsi_consumer_create(&options, &c->sock);

	if (!err)
		err = dsi_socket_connect(c->sock, name, dsi_now() + SECOND_NS);
	if (!err)
		err = dsi_socket_start(c->sock);
	if (!err) {
		c->fd = dsi_socket_fd(c->sock);
		err = c->fd < 0 ? c->fd : 0;
	}
	if (err)
		fprintf(stderr, "%s: %s %s\n", name, dsi_strerror(err),
			c->sock ? dsi_socket_error(c->sock) : "");
	return err;
}

static int use(struct event_consumer *c, struct dsi_packet *packet)
{
	int end = dsi_packet_flags(packet) & DSI_PACKET_EOS;
	uint32_t size;
	void *data;

	if (dsi_packet_count(packet) > 0 &&
	    dsi_packet_data(packet, 0, &data, &size) == 0 && size > 0) {
		c->packets++;
		c->bytes += size; /* here is the work to be done with data */
	}
	return end;
}

int event_consumer_take(struct event_consumer *c)
{
	struct dsi_packet *packet;
	int i, err, end = 0;

	for (i = 0; i < PACKETS_AT_ONCE && !end; i++) {
		err = dsi_packet_get(c->sock, 0, &packet);
		if (err)
			return err == -DSI_EAGAIN ? TAKE_WAIT : err;
		end = use(c, packet);
		dsi_packet_commit(c->sock, packet);
	}
	return end ? TAKE_END : TAKE_MORE;
}

int event_consumer_close(struct event_consumer *c, int result)
{
	dsi_socket_destroy(c->sock);
	c->sock = NULL;
	printf("%" PRIu64 " packets, %" PRIu64 " bytes, %s\n", c->packets,
	       c->bytes,
	       result < 0	    ? dsi_strerror(result)
	       : result == TAKE_END ? "the end"
				    : "stopped");
	return result < 0 ? 1 : 0;
}
