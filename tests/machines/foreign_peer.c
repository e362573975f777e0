/* SPDX-License-Identifier: MIT */
/*
 * foreign_peer.c - one end of a stream whose other end was compiled for
 * another machine.
 *
 *   foreign_peer send NAME N      N packets of words that are counted up
 *   foreign_peer receive NAME N   the same, and looks at each word
 *
 * Exits with 0 if all packets went through, with 3 if the other end was
 * refused or refuses, which it says with the reason, else with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#define PACKET_BYTES 4096u
#define WORDS (PACKET_BYTES / 4u)
#define PATIENCE_NS UINT64_C(20000000000)

enum { PASSED = 0, FAILED = 1, REFUSED = 3 };

static int fail(const char *what, struct dsi_socket *sock, int err)
{
	const char *why = sock ? dsi_socket_error(sock) : "";

	fprintf(stderr, "%s: %s%s%s\n", what, dsi_strerror(err),
		*why ? ": " : "", why);
	return FAILED;
}

static uint64_t later(void)
{
	return dsi_now() + PATIENCE_NS;
}

/* ---- send ---------------------------------------------------------------- */

static int fill_one(struct dsi_socket *sock, uint32_t number)
{
	struct dsi_packet *pkt;
	uint32_t *words, room;
	void *data;
	int err = dsi_packet_get(sock, later(), &pkt);

	if (err)
		return err;
	err = dsi_packet_data(pkt, 0, &data, &room);
	if (err)
		return err;
	words = data;
	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = number + i;
	return dsi_packet_commit(sock, pkt);
}

static int send_all(const char *name, uint32_t n)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = 4,
				       .packet_bytes = PACKET_BYTES};
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .wait_consumers = 1};
	struct dsi_socket *sock = NULL;
	int err = dsi_producer_create(&desc, &opts, &sock);

	if (!err)
		err = dsi_socket_listen(sock, name, NULL);
	if (!err)
		err = dsi_socket_start(sock);
	for (uint32_t i = 0; !err && i < n; i++)
		err = fill_one(sock, i);
	if (!err)
		err = dsi_socket_drain(sock, later());
	if (err)
		return fail("send", sock, err);
	dsi_socket_destroy(sock);
	return PASSED;
}

/* ---- receive ------------------------------------------------------------- */

static int look_at_one(struct dsi_socket *sock, uint32_t number)
{
	struct dsi_packet *pkt;
	const uint32_t *words;
	uint32_t bytes;
	void *data;
	int err = dsi_packet_get(sock, later(), &pkt);

	if (err)
		return err;
	err = dsi_packet_data(pkt, 0, &data, &bytes);
	if (err)
		return err;
	if (bytes != PACKET_BYTES)
		return -DSI_EPROTO;
	words = data;
	for (uint32_t i = 0; i < WORDS; i++)
		if (words[i] != number + i)
			return -DSI_EPROTO;
	return dsi_packet_commit(sock, pkt);
}

static int receive_all(const char *name, uint32_t n)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts)};
	struct dsi_socket *sock = NULL;
	int err = dsi_consumer_create(&opts, &sock);

	if (err)
		return fail("receive", NULL, err);
	err = dsi_socket_connect(sock, name, later());
	if (err == -DSI_EPROTONOSUPPORT) {
		fail("receive", sock, err);
		return REFUSED;
	}
	if (!err)
		err = dsi_socket_start(sock);
	for (uint32_t i = 0; !err && i < n; i++)
		err = look_at_one(sock, i);
	if (err)
		return fail("receive", sock, err);
	dsi_socket_destroy(sock);
	return PASSED;
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;

	if (n && strcmp(argv[1], "send") == 0)
		return send_all(argv[2], n);
	if (n && strcmp(argv[1], "receive") == 0)
		return receive_all(argv[2], n);
	fprintf(stderr, "usage: foreign_peer send|receive NAME PACKETS\n");
	return FAILED;
}
