/* SPDX-License-Identifier: MIT */
/*
 * screen_painter.c - paints pictures where they are seen: the data area of its
 * stream is the memory of the graphics card, and a packet names the place of a
 * picture by its physical address.  The display shows it from there.
 *
 *   painter --- packets with PHYS ---> display --- registers ---> card
 *      |                                                           |
 *      +--------- stores, through its mapping of the data area ----+
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#include <mk_device.h>

#include "screen_picture.h"

#define PICTURES 24u
#define PLACES 3u /* one is seen, one waits, one is painted */

static struct dsi_packet *packets[PLACES];

/* Each packet has a place of its own. */
static uint32_t place_of(struct dsi_packet *pkt)
{
	uint32_t i = 0;

	while (i < PLACES - 1 && packets[i] && packets[i] != pkt)
		i++;
	packets[i] = pkt;
	return i;
}

static int fail(const char *what, int error)
{
	printf("painter: %s: %s\n", what, dsi_strerror(error));
	return 1;
}

static void paint(uint32_t *to, uint32_t n)
{
	for (uint32_t y = 0; y < SCREEN_HEIGHT; y++)
		for (uint32_t x = 0; x < SCREEN_WIDTH; x++)
			*to++ = screen_point(x, y, n);
}

static int send_picture(struct dsi_socket *sock, uint64_t first, uint32_t n)
{
	uint32_t flags = n + 1 < PICTURES ? 0 : DSI_PACKET_EOS;
	struct dsi_packet *pkt;
	uint32_t size;
	void *at;
	int err = dsi_packet_get(sock, DSI_FOREVER, &pkt);

	if (err)
		return err;
	err = dsi_packet_set_flags(pkt, flags | DSI_PACKET_PHYS);
	if (!err)
		err = dsi_packet_add_data(pkt,
					  first + place_of(pkt) * SCREEN_BYTES,
					  SCREEN_BYTES);
	if (!err)
		err = dsi_packet_data(pkt, 0, &at, &size);
	if (err)
		return err;
	paint(at, n);
	return dsi_packet_commit(sock, pkt);
}

static int make_stream(struct dsi_socket **out_sock)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .flags = DSI_STREAM_PHYS,
				       .packets = PLACES,
				       .data_bytes = PLACES * SCREEN_BYTES,
				       .format = SCREEN_FORMAT};
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .flags = DSI_PRODUCER_DATA_FD,
					    .wait_consumers = 1,
					    .data_fd = mk_device_memory()};
	int err;

	if (opts.data_fd < 0)
		return fail("the memory of the graphics card", opts.data_fd);
	err = dsi_producer_create(&desc, &opts, out_sock);
	mk_device_close(opts.data_fd);
	if (!err)
		err = dsi_socket_listen(*out_sock, SCREEN_NAME, NULL);
	if (!err)
		err = dsi_socket_start(*out_sock);
	return err ? fail("the stream '" SCREEN_NAME "'", err) : 0;
}

int main(void)
{
	struct dsi_socket *sock;
	uint64_t first, bytes;
	int err;

	if (make_stream(&sock))
		return 1;
	err = dsi_socket_physical(sock, &first, &bytes);
	for (uint32_t n = 0; !err && n < PICTURES; n++)
		err = send_picture(sock, first, n);
	if (err)
		return fail("a picture", err);
	printf("painter: %u pictures, each painted once\n", PICTURES);
	dsi_socket_destroy(sock);
	return 0;
}
