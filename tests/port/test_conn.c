/* SPDX-License-Identifier: MIT */
/*
 * test_conn.c - connections: messages with handles, hang-up, identity.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

static int receive(int32_t conn, void *buffer, uint32_t capacity)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	uint32_t n = 0;
	int32_t got = dsi_port_recv(conn, buffer, capacity, handles, &n);

	while (n)
		dsi_port_handle_close(handles[--n]);
	return got;
}

static int send_plain(int32_t conn, const void *msg, uint32_t bytes)
{
	return dsi_port_send(conn, msg, bytes, NULL, 0);
}

static void close_both(const int32_t *ends)
{
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

/* ---- messages ----------------------------------------------------------- */

static int conn_messages_are_whole_and_in_order(void)
{
	static const uint32_t sizes[] = {1, 7, 64, 1000, DSI_PORT_MSG_BYTES};
	unsigned char out[DSI_PORT_MSG_BYTES], in[DSI_PORT_MSG_BYTES];
	int32_t ends[2];

	conf_equal(dsi_port_conn_pair(ends), 0);
	for (uint32_t side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < 5; i++) {
			memset(out, (int)i + 1, sizes[i]);
			conf_equal(send_plain(ends[side], out, sizes[i]), 0);
		}
		for (uint32_t i = 0; i < 5; i++) {
			memset(out, (int)i + 1, sizes[i]);
			conf_equal(receive(ends[1 - side], in, sizeof(in)),
				   sizes[i]);
			conf_equal(memcmp(in, out, sizes[i]), 0);
		}
		conf_equal(receive(ends[1 - side], in, sizeof(in)),
			   -DSI_EAGAIN);
	}
	close_both(ends);
	return 0;
}

static int conn_recv_exact_capacity(void)
{
	char in[8], out[8] = "1234567";
	int32_t ends[2];

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(send_plain(ends[0], out, 8), 0);
	conf_equal(receive(ends[1], in, 8), 8);
	conf_equal(memcmp(in, out, 8), 0);
	close_both(ends);
	return 0;
}

static int conn_full_queue(void)
{
	unsigned char out[DSI_PORT_MSG_BYTES], in[DSI_PORT_MSG_BYTES];
	uint32_t sent = 0;
	int32_t ends[2];
	int err;

	conf_equal(dsi_port_conn_pair(ends), 0);
	memset(out, 0x11, sizeof(out));
	while ((err = send_plain(ends[0], out, sizeof(out))) == 0) {
		sent++;
		conf_check(sent < 100000);
	}
	conf_equal(err, -DSI_EAGAIN);
	conf_check(sent > 0);
	/* What was refused is not there, what was taken is. */
	for (uint32_t i = 0; i < sent; i++) {
		conf_equal(receive(ends[1], in, sizeof(in)), sizeof(in));
		conf_equal(memcmp(in, out, sizeof(in)), 0);
	}
	conf_equal(receive(ends[1], in, sizeof(in)), -DSI_EAGAIN);
	conf_equal(send_plain(ends[0], out, sizeof(out)), 0);
	close_both(ends);
	return 0;
}

static int conn_message_too_long(void)
{
	int32_t handles[DSI_PORT_MSG_HANDLES], ends[2], sent[2];
	char in[16], out[32] = "a message that is too long";
	uint32_t n = 99;

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(dsi_port_bell_pair(sent), 0);
	conf_equal(dsi_port_send(ends[0], out, sizeof(out), sent, 2), 0);
	close_both(sent);
	conf_equal(dsi_port_recv(ends[1], in, sizeof(in), handles, &n),
		   -DSI_EPROTO);
	conf_equal(n, 0); /* the runner finds what was left open */
	close_both(ends);
	return 0;
}

/* ---- handles ------------------------------------------------------------ */

/* Write a number into a fresh region, send it with as many others. */
static int send_regions(int32_t conn, uint32_t n)
{
	struct dsi_port_region regions[DSI_PORT_MSG_HANDLES];
	int32_t handles[DSI_PORT_MSG_HANDLES];

	for (uint32_t i = 0; i < n; i++) {
		conf_equal(
			dsi_port_region_create(&regions[i], 1, DSI_PORT_READ),
			0);
		*(uint32_t *)regions[i].addr = 100 + i;
		handles[i] = regions[i].handle;
	}
	conf_equal(dsi_port_send(conn, "x", 1, handles, n), 0);
	for (uint32_t i = 0; i < n; i++) {
		conf_check(conf_handle_open(handles[i]));
		dsi_port_region_fini(&regions[i]);
	}
	return 0;
}

static int conn_passes_handles(void)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	struct dsi_port_region view;
	int32_t ends[2];
	uint32_t n;
	char x;

	conf_equal(dsi_port_conn_pair(ends), 0);
	for (uint32_t k = 0; k <= DSI_PORT_MSG_HANDLES; k++) {
		conf_try(send_regions(ends[0], k));
		conf_equal(dsi_port_recv(ends[1], &x, 1, handles, &n), 1);
		conf_equal(n, k);
		for (uint32_t i = 0; i < n; i++) {
			conf_equal(dsi_port_region_attach(&view, handles[i],
							  dsi_port_page_bytes(),
							  DSI_PORT_READ),
				   0);
			conf_equal(*(const uint32_t *)view.addr, 100 + i);
			dsi_port_region_fini(&view);
		}
	}
	close_both(ends);
	return 0;
}

static int conn_handles_in_flight_are_released(void)
{
	int32_t ends[2], other[2];

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(dsi_port_conn_pair(other), 0);
	conf_try(conf_send(ends[0], 1, other[0]));
	dsi_port_handle_close(other[0]);
	/* In flight it lives ... */
	conf_equal(send_plain(other[1], "x", 1), 0);
	/* ... and ends with the queue that it lies in. */
	close_both(ends);
	conf_try(conf_hung_up(other[1]));
	dsi_port_handle_close(other[1]);
	return 0;
}

static int conn_passes_connections(void)
{
	int32_t ends[2], other[2], got;
	uint64_t value;

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(dsi_port_conn_pair(other), 0);
	conf_try(conf_send(other[0], 41, -1)); /* waits in what is sent */
	conf_try(conf_send(ends[0], 1, other[1]));
	dsi_port_handle_close(other[1]);
	conf_try(conf_recv(ends[1], &value, &got));
	conf_try(conf_recv(got, &value, NULL));
	conf_equal(value, 41);
	conf_try(conf_send(got, 42, -1));
	conf_try(conf_recv(other[0], &value, NULL));
	conf_equal(value, 42);
	dsi_port_handle_close(got);
	conf_try(conf_hung_up(other[0]));
	dsi_port_handle_close(other[0]);
	close_both(ends);
	return 0;
}

/* ---- hang-up ------------------------------------------------------------ */

static int conn_close_lets_peer_drain(void)
{
	int32_t ends[2];
	char in[8];

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(send_plain(ends[0], "1", 1), 0);
	conf_equal(send_plain(ends[0], "22", 2), 0);
	dsi_port_handle_close(ends[0]);
	conf_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	conf_equal(receive(ends[1], in, sizeof(in)), 1);
	conf_equal(receive(ends[1], in, sizeof(in)), 2);
	conf_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	conf_equal(receive(ends[1], in, sizeof(in)), -DSI_EPIPE);
	conf_equal(receive(ends[1], in, sizeof(in)), -DSI_EPIPE);
	conf_equal(send_plain(ends[1], "3", 1), -DSI_EPIPE);
	conf_equal(send_plain(ends[1], "3", 1), -DSI_EPIPE);
	dsi_port_handle_close(ends[1]);
	return 0;
}

/* The peer closes before it read what we sent: some systems then report a
 * reset first, and what the peer said must not be lost over it. */
static int conn_close_with_unread_messages(void)
{
	int32_t ends[2];
	char in[8];

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(send_plain(ends[1], "unread", 6), 0);
	conf_equal(send_plain(ends[0], "1", 1), 0);
	conf_equal(send_plain(ends[0], "22", 2), 0);
	dsi_port_handle_close(ends[0]);
	conf_equal(receive(ends[1], in, sizeof(in)), 1);
	conf_equal(receive(ends[1], in, sizeof(in)), 2);
	conf_equal(receive(ends[1], in, sizeof(in)), -DSI_EPIPE);
	dsi_port_handle_close(ends[1]);
	/* The same, seen by a send first. */
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(send_plain(ends[1], "unread", 6), 0);
	conf_equal(send_plain(ends[0], "1", 1), 0);
	dsi_port_handle_close(ends[0]);
	conf_equal(send_plain(ends[1], "3", 1), -DSI_EPIPE);
	conf_equal(receive(ends[1], in, sizeof(in)), 1);
	conf_equal(receive(ends[1], in, sizeof(in)), -DSI_EPIPE);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int talk_then_die(uint64_t arg)
{
	int32_t conn;

	(void)arg;
	conf_try(conf_connect("conf.conn", &conn));
	conf_try(conf_send(conn, 1, -1));
	conf_try(conf_send(conn, 2, -1));
	conf_step(0);
	conf_sleep_until(DSI_FOREVER / 2);
	return 0;
}

static int conn_of_killed_peer(void)
{
	int peer = conf_spawn_process(talk_then_die, 0);
	struct dsi_port_listener *listener;
	uint64_t value;
	int32_t conn;

	conf_try(conf_offer("conf.conn", &listener));
	conf_try(conf_accept(listener, &conn));
	conf_try(conf_await(0, 1));
	conf_kill(peer);
	conf_equal(conf_join(peer), CONF_KILLED);
	conf_try(conf_recv(conn, &value, NULL));
	conf_equal(value, 1);
	conf_try(conf_recv(conn, &value, NULL));
	conf_equal(value, 2);
	conf_try(conf_hung_up(conn));
	conf_equal(send_plain(conn, "3", 1), -DSI_EPIPE);
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
	return 0;
}

/* ---- waiting ------------------------------------------------------------ */

static int conn_wait_deadline(void)
{
	int32_t ends[2];
	uint64_t soon;

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_equal(dsi_port_conn_wait(ends[0], 0), -DSI_ETIMEDOUT);
	soon = conf_soon();
	conf_equal(dsi_port_conn_wait(ends[0], soon), -DSI_ETIMEDOUT);
	conf_check(dsi_port_now() >= soon);
	conf_equal(send_plain(ends[1], "x", 1), 0);
	conf_equal(dsi_port_conn_wait(ends[0], 0), 0);
	conf_equal(dsi_port_conn_wait(ends[0], DSI_FOREVER), 0);
	/* What we sent does not make us readable. */
	conf_equal(dsi_port_conn_wait(ends[1], 0), -DSI_ETIMEDOUT);
	close_both(ends);
	return 0;
}

static int echo(void *arg)
{
	int32_t conn = *(int32_t *)arg;
	uint64_t value;

	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		conf_try(conf_recv(conn, &value, NULL));
		conf_try(conf_send(conn, value, -1));
	}
	dsi_port_handle_close(conn);
	return 0;
}

static int conn_wait_is_woken(void)
{
	int32_t ends[2];
	uint64_t value;
	int peer;

	conf_equal(dsi_port_conn_pair(ends), 0);
	peer = conf_spawn_thread(echo, &ends[1]);
	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		conf_try(conf_send(ends[0], i, -1));
		conf_try(conf_recv(ends[0], &value, NULL));
		conf_equal(value, i);
	}
	conf_try(conf_hung_up(ends[0]));
	conf_equal(conf_join(peer), 0);
	dsi_port_handle_close(ends[0]);
	return 0;
}

/* ---- identity ----------------------------------------------------------- */

static int introduce(uint64_t arg)
{
	struct dsi_peer self, peer;
	uint64_t pid;
	int32_t conn;

	(void)arg;
	dsi_port_self(&self);
	conf_try(conf_connect("conf.who", &conn));
	conf_try(conf_send(conn, self.pid, -1));
	conf_try(conf_recv(conn, &pid, NULL));
	conf_equal(dsi_port_peer(conn, &peer), 0);
	conf_equal(peer.pid, pid);
	conf_equal(peer.uid, self.uid);
	dsi_port_handle_close(conn);
	return 0;
}

static int conn_peer_identity(void)
{
	int process = conf_spawn_process(introduce, 0);
	struct dsi_port_listener *listener;
	struct dsi_peer self, peer;
	int32_t conn;
	uint64_t pid;

	dsi_port_self(&self);
	conf_try(conf_offer("conf.who", &listener));
	conf_try(conf_accept(listener, &conn));
	conf_try(conf_recv(conn, &pid, NULL));
	conf_equal(dsi_port_peer(conn, &peer), 0);
	conf_equal(peer.pid, pid);
	conf_check(pid != self.pid);
	conf_equal(peer.uid, self.uid);
	conf_equal(peer.gid, self.gid);
	conf_equal(dsi_port_peer_in_group(conn, self.gid), 1);
	conf_equal(dsi_port_peer_in_group(conn, 0x7ffffff1), 0);
	conf_try(conf_send(conn, self.pid, -1));
	conf_equal(conf_join(process), 0);
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
	return 0;
}

const struct conf_test conf_conn_tests[] = {
	{"conn_messages_are_whole_and_in_order",
	 conn_messages_are_whole_and_in_order},
	{"conn_recv_exact_capacity", conn_recv_exact_capacity},
	{"conn_full_queue", conn_full_queue},
	{"conn_message_too_long", conn_message_too_long},
	{"conn_passes_handles", conn_passes_handles},
	{"conn_handles_in_flight_are_released",
	 conn_handles_in_flight_are_released},
	{"conn_passes_connections", conn_passes_connections},
	{"conn_close_lets_peer_drain", conn_close_lets_peer_drain},
	{"conn_close_with_unread_messages", conn_close_with_unread_messages},
	{"conn_of_killed_peer", conn_of_killed_peer},
	{"conn_wait_deadline", conn_wait_deadline},
	{"conn_wait_is_woken", conn_wait_is_woken},
	{"conn_peer_identity", conn_peer_identity},
	{NULL, NULL},
};
