// SPDX-License-Identifier: MIT
/*
 * fuzz_offer.c - a consumer attaches to a hostile producer and gets packets.
 *
 * The input says how the offer, the head of the control area and the handles
 * differ from an honest producer's, then what it commits and writes where, and
 * (fuzz_load.h) which words change between two reads of the consumer.
 *
 * The consumer gets documented answers, and of a packet only what lies in its
 * data area or its copies.
 */
#include "fuzz_world.h"

#define PACKETS 4u
#define SLOTS 8u
#define MAX_SG 2u
#define PACKET_BYTES 64u
#define COPY_BYTES 256u
#define GETS 16u

static const uint32_t flag_choice[] = {
	0, DSI_CONSUMER_COPY, DSI_CONSUMER_KEEP_EXPIRED, DSI_CONSUMER_WRITABLE};

static struct {
	uint32_t policy;
	uint32_t flags;
	struct dsi_port_region control, data, signal;
	struct dsi_wire_offer offer;
	uint64_t position;
} evil;

/* ---- the producer -------------------------------------------------------- */

static void write_head(struct fuzz_input *in)
{
	struct dsi_shm_header header = {
		.magic = DSI_SHM_MAGIC,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.header_bytes = sizeof(header),
		.endian = DSI_SHM_ENDIAN,
		.cacheline_bytes = DSI_CACHELINE,
		.ring_slots = SLOTS,
		.max_sg = MAX_SG,
		.ring_offset = DSI_SHM_PAGE_HEAD,
		.data_bytes = evil.offer.desc.data_bytes,
	};

	fuzz_scribble(in, &header, sizeof(header));
	memcpy(evil.control.addr, &header, sizeof(header));
}

static void make(struct fuzz_input *in)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.ring_slots = SLOTS,
		.max_sg = MAX_SG,
		.packet_bytes = PACKET_BYTES,
		.flags = evil.flags & DSI_CONSUMER_WRITABLE
				 ? DSI_STREAM_WRITABLE
				 : 0,
	};
	uint32_t own = evil.policy == DSI_POLICY_DROP_NEW ? SLOTS : 0;

	dsi__desc_resolve(&desc);
	desc.data_bytes = dsi__round_to_pages(desc.data_bytes);
	memset(&evil.offer, 0, sizeof(evil.offer));
	evil.offer.desc = desc;
	evil.offer.own_slots = own;
	FUZZ_MUST(!dsi_port_region_create(&evil.control,
					  dsi__control_bytes(SLOTS, MAX_SG),
					  DSI_PORT_READ));
	FUZZ_MUST(!dsi_port_region_create(&evil.data, desc.data_bytes,
					  DSI_PORT_READ | DSI_PORT_WRITE));
	FUZZ_MUST(!dsi_port_region_create(&evil.signal,
					  dsi__signal_region_bytes(&desc, own),
					  DSI_PORT_READ));
	write_head(in);
}

/* Honest ones in order, or few, or some twice. */
static void send_offer(struct fuzz_input *in, int32_t conn)
{
	union dsi_wire msg = {.offer = evil.offer};
	uint8_t mistake = fuzz_u8(in);
	int32_t bells[2];
	int32_t handles[DSI_OFFER_HANDLES];
	uint32_t n = DSI_OFFER_HANDLES;

	FUZZ_MUST(!dsi_port_bell_pair(bells));
	handles[DSI_OFFER_CONTROL] = evil.control.handle;
	handles[DSI_OFFER_DATA] = evil.data.handle;
	handles[DSI_OFFER_SIGNAL] = evil.signal.handle;
	handles[DSI_OFFER_BELL] = bells[1];
	if ((mistake & 7u) == 7u)
		n = (mistake >> 3) % DSI_OFFER_HANDLES;
	if ((mistake & 7u) == 6u)
		handles[(mistake >> 3) & 3u] = handles[(mistake >> 5) & 3u];
	fuzz_scribble(in, (char *)&msg + sizeof(msg.head),
		      sizeof(msg.offer) - sizeof(msg.head));
	(void)dsi__wire_send(conn, &msg, DSI_WIRE_OFFER, sizeof(msg.offer),
			     handles, n);
}

/* Any message at all, its head good or not. */
static void send_raw(struct fuzz_input *in, int32_t conn)
{
	static union dsi_wire msg;
	uint32_t type = fuzz_u8(in) & 15u;
	uint32_t bytes = 0;
	uint16_t n;

	(void)fuzz_take(in, &n, sizeof(n));
	bytes = n % (uint32_t)(sizeof(msg) + 1u);
	memset(&msg, 0, sizeof(msg));
	(void)fuzz_take(in, &msg, bytes);
	if (fuzz_u8(in) & 1u)
		(void)dsi__wire_send(conn, &msg, type, bytes, NULL, 0);
	else
		(void)dsi_port_send(conn, &msg, bytes, NULL, 0);
}

static struct dsi_shm_desc *slot(uint64_t position)
{
	char *ring = (char *)(evil.policy == DSI_POLICY_DROP_NEW
				      ? evil.signal.addr
				      : evil.control.addr) +
		     DSI_SHM_PAGE_HEAD;

	return (struct dsi_shm_desc *)(void *)ring + position % SLOTS;
}

/* As a producer would, but for what the input changes. */
static void commit(struct fuzz_input *in)
{
	struct dsi_shm_signal *signal = evil.signal.addr;
	struct dsi_shm_desc *desc = slot(evil.position);
	uint64_t token = evil.position % PACKETS;
	uint64_t words[4] = {evil.position + 1, 0, token * PACKET_BYTES,
			     PACKET_BYTES | token << 48};
	uint8_t change = fuzz_u8(in);

	if (change & 1u)
		words[3] |= (uint64_t)DSI_DESC_EXT << 32;
	if (change & 2u)
		words[3] |= (uint64_t)DSI_DESC_STAMPED << 32;
	if (change & 4u)
		words[(change >> 4) & 3u] =
			fuzz_value(in, words[(change >> 4) & 3u]);
	atomic_store(&desc->time_ns, words[1]);
	atomic_store(&desc->offset, words[2]);
	atomic_store(&desc->place, words[3]);
	atomic_store(&desc->commit, words[0]);
	evil.position++;
	(void)atomic_fetch_add(&signal->signal, 1);
	dsi_port_wake(&signal->signal, 1);
}

static void write_word(struct fuzz_input *in, struct dsi_port_region *region)
{
	uint64_t words = region->bytes / 8 < 256 ? region->bytes / 8 : 256;
	uint64_t *at = (uint64_t *)region->addr + fuzz_u8(in) % words;
	uint64_t old;

	memcpy(&old, at, sizeof(old));
	old = fuzz_value(in, old);
	memcpy(at, &old, sizeof(old));
}

static void act(struct fuzz_input *in, int32_t conn)
{
	switch (fuzz_u8(in) % 8u) {
	case 0:
	case 1:
	case 2:
	case 3:
		commit(in);
		break;
	case 4:
		write_word(in, &evil.control);
		break;
	case 5:
		write_word(in, &evil.signal);
		break;
	case 6:
		fake_sleep_until(fuzz_soon(1));
		break;
	default:
		send_raw(in, conn);
		break;
	}
}

static void peer_main(void *arg)
{
	struct dsi_port_listener *listener;
	struct dsi_shm_signal *signal;
	struct fuzz_input *in = arg;
	struct dsi_wire_in msg;
	struct dsi_peer who;
	int32_t conn;

	make(in);
	signal = evil.signal.addr;
	FUZZ_MUST(
		!dsi_port_listen(FUZZ_NAME, DSI_PORT_STREAM, NULL, &listener));
	while (dsi_port_accept(listener, &conn, &who))
		fake_sleep_until(fuzz_soon(1));
	if (dsi__wire_wait(conn, &msg, fuzz_soon(50)) > 0)
		dsi__wire_drop(&msg);
	if (fuzz_u8(in) >= 240)
		send_raw(in, conn);
	send_offer(in, conn);
	if (dsi__wire_wait(conn, &msg, fuzz_soon(50)) > 0)
		dsi__wire_drop(&msg);
	if (fuzz_u8(in) >= 240)
		send_raw(in, conn);
	evil.position = fuzz_u8(in);
	atomic_store(&signal->start, evil.position + 1);
	(void)dsi__wire_send(conn, &(union dsi_wire){0}, DSI_WIRE_READY,
			     sizeof(struct dsi_wire_head), NULL, 0);
	while (in->left) {
		act(in, conn);
		fake_yield();
	}
	fake_sleep_until(DSI_FOREVER);
}

/* ---- the consumer -------------------------------------------------------- */

static void share(const struct dsi_port_region *of_victim,
		  const struct dsi_port_region *of_peer)
{
	fuzz_load_share(of_victim->addr, of_peer->addr, of_victim->bytes);
}

static void get_all(struct dsi_socket *sock)
{
	const uint8_t *data = sock->data.addr;
	uint64_t bytes = sock->data.bytes;

	if (evil.flags & DSI_CONSUMER_COPY) {
		data = NULL;
		bytes = UINT64_MAX;
	}
	for (uint32_t i = 0; i < GETS; i++) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(sock, fuzz_soon(3), &pkt);

		FUZZ_MUST(err == 0 || err == -DSI_ETIMEDOUT ||
			  err == -DSI_EPIPE || err == -DSI_EPROTO);
		if (err == -DSI_EPIPE || err == -DSI_EPROTO)
			return;
		if (err)
			continue;
		fuzz_look(pkt, data, bytes);
		err = dsi_packet_commit(sock, pkt);
		FUZZ_MUST(err == 0 || err == -DSI_EPROTO);
	}
}

static void victim_main(void *arg)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = evil.flags,
		.policy = evil.policy,
		.max_packet_bytes =
			evil.flags & DSI_CONSUMER_COPY ? COPY_BYTES : 0,
	};
	struct dsi_socket *sock;

	FUZZ_MUST(!dsi_consumer_create(&options, &sock));
	if (dsi_socket_connect(sock, FUZZ_NAME, fuzz_soon(200))) {
		FUZZ_MUST(dsi_socket_error(sock)[0]);
	} else if (!dsi_socket_start(sock)) {
		share(&sock->control, &evil.control);
		share(&sock->signal, &evil.signal);
		fuzz_load_from(arg);
		get_all(sock);
		fuzz_load_end();
	}
	dsi_socket_destroy(sock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input in = {data, bytes};

	if (bytes > 2048)
		return 0;
	memset(&evil, 0, sizeof(evil));
	evil.policy = fuzz_u8(&in) % 3u;
	evil.flags = flag_choice[fuzz_u8(&in) & 3u];
	if ((evil.flags & DSI_CONSUMER_WRITABLE) &&
	    evil.policy == DSI_POLICY_RECLAIM)
		evil.flags = 0;
	fuzz_world(&in, victim_main, peer_main);
	return 0;
}
