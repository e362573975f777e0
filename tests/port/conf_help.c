/* SPDX-License-Identifier: MIT */
/*
 * conf_help.c - what several tests need: of the port, and of streams.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

#define MS 1000000u

uint64_t conf_in_ms(uint32_t ms)
{
	return dsi_port_now() + (uint64_t)ms * MS;
}

uint64_t conf_soon(void)
{
	return conf_in_ms(5);
}

uint64_t conf_later(void)
{
	return conf_in_ms(60000);
}

int conf_offer(const char *name, struct dsi_port_listener **out_listener)
{
	conf_equal(
		dsi_port_listen(name, DSI_PORT_COMPONENT, NULL, out_listener),
		0);
	return 0;
}

int conf_accept(struct dsi_port_listener *listener, int32_t *out_conn)
{
	uint64_t deadline = conf_later();
	struct dsi_peer peer;
	int err;

	while ((err = dsi_port_accept(listener, out_conn, &peer)) ==
	       -DSI_EAGAIN) {
		conf_check(dsi_port_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_equal(err, 0);
	return 0;
}

int conf_connect(const char *name, int32_t *out_conn)
{
	uint64_t deadline = conf_later();
	int err;

	while ((err = dsi_port_connect(name, DSI_PORT_COMPONENT, out_conn)) ==
	       -DSI_ENOENT) {
		conf_check(dsi_port_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_equal(err, 0);
	return 0;
}

int conf_send(int32_t conn, uint64_t value, int32_t handle)
{
	conf_equal(dsi_port_send(conn, &value, sizeof(value), &handle,
				 handle >= 0),
		   0);
	return 0;
}

int conf_recv(int32_t conn, uint64_t *out_value, int32_t *out_handle)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	uint32_t n = 0;

	conf_equal(dsi_port_conn_wait(conn, conf_later()), 0);
	conf_equal(
		dsi_port_recv(conn, out_value, sizeof(*out_value), handles, &n),
		sizeof(*out_value));
	conf_equal(n, out_handle != NULL);
	if (out_handle)
		*out_handle = handles[0];
	return 0;
}

int conf_hung_up(int32_t conn)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	char buffer[DSI_PORT_MSG_BYTES];
	int32_t got;
	uint32_t n;

	do {
		conf_equal(dsi_port_conn_wait(conn, conf_later()), 0);
		n = 0;
		got = dsi_port_recv(conn, buffer, sizeof(buffer), handles, &n);
		while (n)
			dsi_port_handle_close(handles[--n]);
	} while (got > 0);
	conf_equal(got, -DSI_EPIPE);
	return 0;
}

int conf_duplicate(int32_t handle, int32_t *out_handle)
{
	uint64_t value;
	int32_t ends[2];

	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_try(conf_send(ends[0], 1, handle));
	conf_try(conf_recv(ends[1], &value, out_handle));
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

/* ---- streams ------------------------------------------------------------ */

#ifndef CONF_PORT_ONLY

struct dsi_stream_desc conf_desc(uint32_t packets)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = packets,
				       .packet_bytes = CONF_BYTES};

	return desc;
}

struct dsi_consumer_options conf_policy(uint32_t policy)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts),
					    .policy = policy};

	return opts;
}

int conf_produce(const char *name, const struct dsi_stream_desc *desc,
		 uint32_t consumers, struct dsi_socket **out_sock)
{
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .wait_consumers = consumers};

	conf_equal(dsi_producer_create(desc, &opts, out_sock), 0);
	conf_equal(dsi_socket_listen(*out_sock, name, NULL), 0);
	conf_equal(dsi_socket_start(*out_sock), 0);
	return 0;
}

int conf_consume(const char *name, const struct dsi_consumer_options *opts,
		 struct dsi_socket **out_sock)
{
	uint64_t begin;
	int err;

	conf_equal(dsi_consumer_create(opts, out_sock), 0);
	begin = dsi_port_now();
	err = dsi_socket_connect(*out_sock, name, conf_later());
	if (err) {
		conf_fail(__FILE__, __LINE__, "connect: %d after %lu ms: %s",
			  err,
			  (unsigned long)((dsi_port_now() - begin) / 1000000),
			  dsi_socket_error(*out_sock));
		return 1;
	}
	conf_equal(dsi_socket_start(*out_sock), 0);
	return 0;
}

int conf_fill(struct dsi_packet *pkt, uint64_t value)
{
	uint64_t words[CONF_WORDS];
	uint32_t bytes;
	void *addr;

	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, CONF_BYTES);
	for (uint32_t i = 0; i < CONF_WORDS; i++)
		words[i] = value;
	memcpy(addr, words, sizeof(words));
	return 0;
}

int conf_filled(const struct dsi_packet *pkt, uint64_t value)
{
	uint64_t words[CONF_WORDS];
	uint32_t bytes;
	void *addr;

	conf_equal(dsi_packet_data(pkt, 0, &addr, &bytes), 0);
	conf_equal(bytes, CONF_BYTES);
	memcpy(words, addr, sizeof(words));
	if (value == DSI_FOREVER)
		value = words[0];
	for (uint32_t i = 0; i < CONF_WORDS; i++)
		conf_equal(words[i], value);
	return 0;
}

int conf_put(struct dsi_socket *sock, uint64_t value, uint32_t flags)
{
	struct dsi_packet *pkt;

	conf_equal(dsi_packet_get(sock, conf_later(), &pkt), 0);
	conf_try(conf_fill(pkt, value));
	conf_equal(dsi_packet_set_flags(pkt, flags), 0);
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	return 0;
}

int conf_take(struct dsi_socket *sock, uint64_t value, uint32_t flags)
{
	struct dsi_packet *pkt;

	conf_equal(dsi_packet_get(sock, conf_later(), &pkt), 0);
	conf_try(conf_filled(pkt, value));
	conf_equal(dsi_packet_flags(pkt), flags);
	conf_equal(dsi_packet_commit(sock, pkt), 0);
	return 0;
}

int conf_ended(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	conf_equal(dsi_packet_get(sock, conf_later(), &pkt), -DSI_EPIPE);
	conf_equal(dsi_packet_get(sock, 0, &pkt), -DSI_EPIPE);
	return 0;
}

int conf_try_get(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	int err = dsi_packet_get(sock, deadline_ns, &pkt);

	if (!err && dsi_packet_discard(sock, pkt))
		(void)dsi_packet_commit(sock, pkt);
	return err;
}

struct dsi_socket_stats conf_stats(const struct dsi_socket *sock)
{
	struct dsi_socket_stats stats;

	memset(&stats, 0, sizeof(stats));
	stats.size = sizeof(stats);
	if (dsi_socket_stats(sock, &stats))
		conf_fail(__FILE__, __LINE__, "no statistics");
	return stats;
}

#endif
