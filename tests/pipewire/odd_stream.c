// SPDX-License-Identifier: MIT
/*
 * odd_stream.c - odd_stream NAME FILE HOW: the samples of a file in packets that
 * no command of ours makes.
 *
 *   unaligned  slots that begin at odd places, and between the packets with
 *              samples some without; the last one carries the end of stream
 *   pieces     packets of two pieces
 *   unended    some without samples; SIGTERM closes it, without end of stream
 *   ended      likewise, with an end of stream that nobody waits for
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

#define PIECE_BYTES 19200u
/* A frame is 4 bytes, so every second slot begins within one. */
#define SLOT_BYTES (PIECE_BYTES + 2u)
#define EMPTY_PACKETS 3u

static int next(struct dsi_socket *sock, struct dsi_packet **packet,
		uint32_t bytes)
{
	int err = dsi_packet_get(sock, DSI_FOREVER, packet);

	return err ? err : dsi_packet_set_size(*packet, bytes);
}

static int send_empty(struct dsi_socket *sock)
{
	struct dsi_packet *packet;
	uint32_t i;
	int err = 0;

	for (i = 0; i < EMPTY_PACKETS && !err; i++) {
		err = next(sock, &packet, 0);
		if (!err)
			err = dsi_packet_commit(sock, packet);
	}
	return err;
}

static int send_unaligned(struct dsi_socket *sock, FILE *file)
{
	static char samples[PIECE_BYTES];
	struct dsi_packet *packet;
	uint32_t room;
	void *place;
	int err = 0;

	while (!err && fread(samples, sizeof(samples), 1, file) == 1) {
		err = send_empty(sock);
		if (!err)
			err = next(sock, &packet, PIECE_BYTES);
		if (!err)
			err = dsi_packet_data(packet, 0, &place, &room);
		if (err)
			break;
		memcpy(place, samples, sizeof(samples));
		if (getc(file) == EOF)
			err = dsi_packet_set_flags(packet, DSI_PACKET_EOS);
		else
			err = fseek(file, -1, SEEK_CUR) ? -DSI_EIO : 0;
		if (!err)
			err = dsi_packet_commit(sock, packet);
	}
	return err;
}

static int send_pieces(struct dsi_socket *sock)
{
	struct dsi_packet *packet;
	int err = next(sock, &packet, 64);

	if (!err)
		err = dsi_packet_add_data(packet, 0, 64);
	return err ? err : dsi_packet_commit(sock, packet);
}

static int wait_for_signal(const sigset_t *signals)
{
	int number;

	return sigwait(signals, &number) ? -DSI_EINVAL : 0;
}

/* @flags: of a last packet, if there is to be one. */
static int send_until_told(struct dsi_socket *sock, uint32_t flags)
{
	struct dsi_packet *packet;
	sigset_t signals;
	int err = 0;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	err = send_empty(sock);
	if (!err && flags)
		err = next(sock, &packet, 0);
	if (!err && flags)
		err = dsi_packet_set_flags(packet, flags);
	if (!err && flags)
		err = dsi_packet_commit(sock, packet);
	return err ? err : wait_for_signal(&signals);
}

static int send_as_told(struct dsi_socket *sock, FILE *file, const char *how)
{
	int err;

	if (strcmp(how, "unended") == 0)
		return send_until_told(sock, 0);
	if (strcmp(how, "ended") == 0)
		return send_until_told(sock, DSI_PACKET_EOS);
	err = strcmp(how, "pieces") == 0 ? send_pieces(sock)
					 : send_unaligned(sock, file);
	return err ? err : dsi_socket_drain(sock, DSI_FOREVER);
}

int main(int argc, char **argv)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 16,
		.packet_bytes = SLOT_BYTES,
		.align_bytes = 1,
		.max_sg = 2,
		.format = "audio/x-raw,format=S16_LE,rate=48000,channels=2",
	};
	struct dsi_producer_options options = {.size = sizeof(options),
					       .wait_consumers = 1};
	struct dsi_socket *sock = NULL;
	FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;
	int err = file ? dsi_producer_create(&desc, &options, &sock) : -DSI_EIO;

	if (!err)
		err = dsi_socket_listen(sock, argv[1], NULL);
	if (!err)
		err = dsi_socket_start(sock);
	if (!err)
		err = send_as_told(sock, file, argv[3]);
	if (err)
		fprintf(stderr, "odd_stream: %s\n", dsi_strerror(err));
	dsi_socket_destroy(sock);
	if (file)
		(void)fclose(file);
	return err ? 1 : 0;
}
