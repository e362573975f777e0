/* SPDX-License-Identifier: MIT */
/* evil_peer.c - the handshake, step by step; see evil_peer.h. */
#include "tests/hostile/evil_peer.h"

#include <string.h>

#include "tests/hostile/victim_stream.h"
#include "tests/unit/must.h"

struct dsi_wire_head evil_head(uint32_t type, uint32_t bytes)
{
	return (struct dsi_wire_head){
		.magic = DSI_SHM_MAGIC,
		.endian = DSI_SHM_ENDIAN,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.type = type,
		.bytes = bytes,
	};
}

int32_t evil_dial(const char *name)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	int32_t conn;
	int err;

	/* The queue of the door may be full, after many at once. */
	while ((err = dsi_port_connect(name, DSI_PORT_STREAM, &conn)) ==
	       -DSI_EAGAIN) {
		MUST(dsi_now() < deadline);
		moment();
	}
	MUST_BE(err, 0);
	return conn;
}

void evil_hello(int32_t conn, uint32_t policy, uint32_t queue_packets)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_ATTACH}};

	msg.hello.wish.policy = policy;
	msg.hello.wish.queue_packets = queue_packets;
	MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			       NULL, 0),
		0);
}

int evil_hear(int32_t conn, struct dsi_wire_in *in)
{
	int type = dsi__wire_wait(conn, in, dsi_now() + PATIENCE_NS);

	if (type > 0)
		dsi__wire_drop(in);
	return type;
}

static uint64_t pages(uint64_t bytes)
{
	uint64_t page = dsi_port_page_bytes();

	return (bytes + page - 1u) & ~(page - 1u);
}

static void map_offer(struct evil_consumer *evil, struct dsi_wire_in *in)
{
	const struct dsi_stream_desc *desc = &in->msg.offer.desc;

	evil->offer = in->msg.offer;
	MUST_BE(dsi_port_region_attach(&evil->control,
				       dsi__wire_take(in, DSI_OFFER_CONTROL),
				       pages(dsi__control_bytes(
					       desc->ring_slots, desc->max_sg)),
				       DSI_PORT_READ),
		0);
	MUST_BE(dsi_port_region_attach(
			&evil->signal, dsi__wire_take(in, DSI_OFFER_SIGNAL),
			pages(dsi__signal_bytes(evil->offer.own_slots,
						desc->max_sg)),
			DSI_PORT_READ),
		0);
	evil->bell = dsi__wire_take(in, DSI_OFFER_BELL);
	MUST_BE(dsi_port_region_create(&evil->page,
				       dsi__page_bytes(desc->packets),
				       DSI_PORT_READ),
		0);
}

void evil_join(struct evil_consumer *evil, const char *name, uint32_t policy,
	       uint32_t queue_packets)
{
	evil_join_watched(evil, name, policy, queue_packets, -1);
}

void evil_meet(struct evil_consumer *evil, const char *name, uint32_t policy,
	       uint32_t queue_packets)
{
	struct dsi_wire_in in;

	memset(evil, 0, sizeof(*evil));
	evil->conn = evil_dial(name);
	evil_hello(evil->conn, policy, queue_packets);
	MUST_BE(dsi__wire_wait(evil->conn, &in, dsi_now() + PATIENCE_NS),
		DSI_WIRE_OFFER);
	map_offer(evil, &in);
	dsi__wire_drop(&in);
}

void evil_accept(struct evil_consumer *evil, int32_t stats)
{
	union dsi_wire msg = {0};
	int32_t handles[DSI_ACCEPT_HANDLES];
	int32_t bells[2];

	MUST_BE(dsi_port_bell_pair(bells), 0);
	evil->own_bell = bells[0];
	handles[DSI_ACCEPT_PAGE] = evil->page.handle;
	handles[DSI_ACCEPT_BELL] = bells[1];
	handles[DSI_ACCEPT_STATS] = stats == EVIL_OWN_END ? evil->conn : stats;
	MUST_BE(dsi__wire_send(evil->conn, &msg, DSI_WIRE_ACCEPT,
			       sizeof(msg.head), handles,
			       stats == -1 ? DSI_ACCEPT_STATS
					   : DSI_ACCEPT_HANDLES),
		0);
	dsi_port_handle_close(bells[1]);
}

void evil_join_watched(struct evil_consumer *evil, const char *name,
		       uint32_t policy, uint32_t queue_packets, int32_t stats)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	struct dsi_wire_in in;

	evil_meet(evil, name, policy, queue_packets);
	evil_accept(evil, stats);
	MUST_BE(evil_hear(evil->conn, &in), DSI_WIRE_READY);
	while (!atomic_load(&evil_signal(evil)->start)) {
		MUST(dsi_now() < deadline);
		moment();
	}
}

void evil_hang_up(struct evil_consumer *evil)
{
	dsi_port_handle_close(evil->conn);
	dsi_port_handle_close(evil->bell);
	dsi_port_handle_close(evil->own_bell);
	dsi_port_region_fini(&evil->control);
	dsi_port_region_fini(&evil->signal);
	dsi_port_region_fini(&evil->page);
}
