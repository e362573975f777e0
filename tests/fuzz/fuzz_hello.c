// SPDX-License-Identifier: MIT
/*
 * fuzz_hello.c - hostile consumers of an honest producer: messages, handles,
 * their pages with counters and return ring.
 *
 * Whatever they do harms nobody but them: the producer never fails, and when
 * they are gone it has all its packets back.
 */
#include "fuzz_world.h"

#define PACKETS 4u
#define PACKET_BYTES 64u
#define COMMITS 24u

static struct {
	struct dsi_socket *victim;
	struct dsi_port_region page;
	int32_t conn;
	uint64_t returned;
} evil;
static int parted; /* the peer does nothing any more */

/* ---- the consumer -------------------------------------------------------- */

static void send_hello(struct fuzz_input *in)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_ATTACH}};
	uint8_t how = fuzz_u8(in);

	msg.hello.wish.policy = how % 3u;
	msg.hello.wish.queue_packets = (how >> 2) & 3u;
	if (how >= 224)
		msg.hello.purpose = how & 7u;
	fuzz_scribble(in, (char *)&msg + sizeof(msg.head),
		      sizeof(msg.hello) - sizeof(msg.head));
	(void)dsi__wire_send(evil.conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			     NULL, 0);
}

static void send_accept(struct fuzz_input *in)
{
	union dsi_wire msg = {0};
	int32_t handles[DSI_ACCEPT_HANDLES];
	uint32_t n = DSI_ACCEPT_HANDLES - 1u;
	uint8_t mistake = fuzz_u8(in);
	int32_t bells[2];

	FUZZ_MUST(!dsi_port_bell_pair(bells));
	handles[DSI_ACCEPT_PAGE] = evil.page.handle;
	handles[DSI_ACCEPT_BELL] = bells[1];
	handles[DSI_ACCEPT_STATS] = evil.page.handle;
	if ((mistake & 7u) == 7u)
		n = (mistake >> 3) % (DSI_ACCEPT_HANDLES + 1u);
	if ((mistake & 7u) == 6u)
		handles[(mistake >> 3) & 1u] = evil.conn;
	(void)dsi__wire_send(evil.conn, &msg, DSI_WIRE_ACCEPT, sizeof(msg.head),
			     handles, n);
}

static void send_raw(struct fuzz_input *in)
{
	static union dsi_wire msg;
	uint32_t type = fuzz_u8(in) & 15u;
	uint32_t bytes;
	uint16_t n;

	(void)fuzz_take(in, &n, sizeof(n));
	bytes = n % (uint32_t)(sizeof(msg) + 1u);
	memset(&msg, 0, sizeof(msg));
	(void)fuzz_take(in, &msg, bytes);
	if (fuzz_u8(in) & 1u)
		(void)dsi__wire_send(evil.conn, &msg, type, bytes, NULL, 0);
	else
		(void)dsi_port_send(evil.conn, &msg, bytes, NULL, 0);
}

static void hear(void)
{
	struct dsi_wire_in msg;

	if (dsi__wire_wait(evil.conn, &msg, fuzz_soon(5)) > 0)
		dsi__wire_drop(&msg);
}

/* The producer's mapping of our page, if it has one. */
static void share(void)
{
	const struct dsi_producer *producer = &evil.victim->plane.as.producer;

	for (uint32_t i = 0; i < DSI_PEER_SLOTS; i++) {
		const struct dsi_producer_peer *peer = &producer->peers[i];
		uint32_t state = atomic_load(&peer->state);

		if (state == DSI_PEER_JOINING || state == DSI_PEER_ACTIVE) {
			fuzz_load_share(peer->page, evil.page.addr,
					evil.page.bytes);
			return;
		}
	}
}

/* A packet given back as it should be, but for what the input changes. */
static void give_back(struct fuzz_input *in)
{
	struct dsi_shm_consumer *page = evil.page.addr;
	_Atomic uint32_t *returns =
		(_Atomic uint32_t *)(void *)((char *)evil.page.addr +
					     DSI_SHM_PAGE_HEAD);
	uint8_t how = fuzz_u8(in);
	uint32_t token = how & 7u;

	if (how & 128u)
		token = (uint32_t)fuzz_value(in, token);
	atomic_store(&returns[evil.returned % PACKETS], token);
	evil.returned++;
	atomic_store(&page->returned, evil.returned);
	atomic_store(&page->taken, evil.returned);
	(void)atomic_fetch_add(&page->signal, 1);
	dsi_port_wake(&page->signal, 1);
}

static void write_word(struct fuzz_input *in)
{
	uint8_t where = fuzz_u8(in);
	uint64_t *at = (uint64_t *)evil.page.addr + where % 48u;
	uint64_t old;

	memcpy(&old, at, sizeof(old));
	old = fuzz_value(in, old);
	memcpy(at, &old, sizeof(old));
}

/* 0: on with it. */
static int act(struct fuzz_input *in)
{
	switch (fuzz_u8(in) % 8u) {
	case 0:
	case 1:
	case 2:
	case 3:
		give_back(in);
		return 0;
	case 4:
		write_word(in);
		return 0;
	case 5:
		fake_sleep_until(fuzz_soon(1));
		return 0;
	case 6:
		send_raw(in);
		return 0;
	default:
		return 1;
	}
}

static void one_life(struct fuzz_input *in)
{
	if (dsi_port_connect(FUZZ_NAME, DSI_PORT_STREAM, &evil.conn)) {
		fake_sleep_until(fuzz_soon(1));
		return;
	}
	evil.returned = 0;
	FUZZ_MUST(!dsi_port_region_create(&evil.page, dsi__page_bytes(PACKETS),
					  DSI_PORT_READ));
	send_hello(in);
	hear();
	if (fuzz_u8(in) >= 240)
		send_raw(in);
	send_accept(in);
	hear();
	share();
	while (in->left && !act(in))
		fake_yield();
	fuzz_load_end();
	fuzz_load_from(in);
	dsi_port_handle_close(evil.conn);
	dsi_port_region_fini(&evil.page);
}

static void peer_main(void *arg)
{
	struct fuzz_input *in = arg;

	while (!evil.victim)
		fake_sleep_until(fuzz_soon(1));
	fuzz_load_from(in);
	for (uint32_t i = 0; i < 3 && in->left; i++)
		one_life(in);
	parted = 1;
	fake_sleep_until(DSI_FOREVER);
}

/* ---- the producer -------------------------------------------------------- */

static int has_parted(void *arg)
{
	(void)arg;
	return parted;
}

static void commit_some(struct dsi_socket *sock)
{
	for (uint32_t i = 0; i < COMMITS; i++) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(sock, fuzz_soon(2), &pkt);

		FUZZ_MUST(err == 0 || err == -DSI_ETIMEDOUT);
		if (err)
			continue;
		fuzz_look(pkt, sock->data.addr, sock->data.bytes);
		FUZZ_MUST(!dsi_packet_commit(sock, pkt));
	}
}

static void all_are_back(struct dsi_socket *sock)
{
	struct dsi_packet *pkts[PACKETS];

	for (uint32_t i = 0; i < PACKETS; i++)
		FUZZ_MUST(!dsi_packet_get(sock, fuzz_soon(5000), &pkts[i]));
	for (uint32_t i = 0; i < PACKETS; i++)
		FUZZ_MUST(!dsi_packet_commit(sock, pkts[i]));
}

static void victim_main(void *arg)
{
	struct dsi_producer_options options = {.size = sizeof(options)};
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = PACKET_BYTES,
	};
	struct dsi_socket *sock;

	(void)arg;
	FUZZ_MUST(!dsi_producer_create(&desc, &options, &sock));
	FUZZ_MUST(!dsi_socket_listen(sock, FUZZ_NAME, NULL));
	FUZZ_MUST(!dsi_socket_start(sock));
	evil.victim = sock;
	commit_some(sock);
	(void)fake_await(has_parted, NULL, fuzz_soon(60000));
	FUZZ_MUST(parted);
	all_are_back(sock);
	dsi_socket_destroy(sock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input in = {data, bytes};

	if (bytes > 2048)
		return 0;
	memset(&evil, 0, sizeof(evil));
	parted = 0;
	fuzz_world(&in, victim_main, peer_main);
	return 0;
}
