/* SPDX-License-Identifier: MIT */
/*
 * screen_display.c - the driver of QEMU's standard VGA: shows the pictures of a
 * stream where they lie in the memory of the card.
 *
 * It has that memory and the registers from the root task (boot.conf).  The
 * painter is not trusted: the exchange says whether its data area is our card's
 * memory, the library that each packet lies in it, and what we program the card
 * with we check.
 *
 * Registers: docs/specs/standard-vga.rst of QEMU; the interface is that of Bochs
 * (VBE DISPI).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#include <mklib/ipc_stubs.h>
#include <mklib/start.h>

#include "screen_picture.h"

#define REGISTERS (MK_DEVICE + MK_DEVICE_APART)
#define VGA_ATTRIBUTES 0x400u
#define VGA_STATUS 0x41au
#define DISPI 0x500u

#define DISPI_WIDTH 1u
#define DISPI_HEIGHT 2u
#define DISPI_BITS 3u
#define DISPI_ENABLE 4u
#define DISPI_VIRTUAL_WIDTH 6u
#define DISPI_X 8u
#define DISPI_Y 9u
#define DISPI_ON 1u
#define DISPI_LINEAR 0x40u
#define ATTRIBUTES_SHOW 0x20u

static void dispi(uint32_t number, uint32_t value)
{
	*(volatile uint16_t *)(REGISTERS + DISPI + 2 * number) =
		(uint16_t)value;
}

static void set_mode(void)
{
	dispi(DISPI_ENABLE, 0);
	dispi(DISPI_WIDTH, SCREEN_WIDTH);
	dispi(DISPI_HEIGHT, SCREEN_HEIGHT);
	dispi(DISPI_BITS, 32);
	dispi(DISPI_ENABLE, DISPI_ON | DISPI_LINEAR);
	dispi(DISPI_VIRTUAL_WIDTH, SCREEN_WIDTH);
	dispi(DISPI_X, 0);
	/* To read the status makes the next write an index; that of the
	 * attributes has the bit without which the screen is dark. */
	(void)*(volatile uint8_t *)(REGISTERS + VGA_STATUS);
	*(volatile uint8_t *)(REGISTERS + VGA_ATTRIBUTES) = ATTRIBUTES_SHOW;
}

static int fail(const char *what, const char *why)
{
	printf("display: %s: %s\n", what, why);
	return 1;
}

static int join(struct dsi_socket **out_sock)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts),
					    .max_sg = 1,
					    .hold_packets = 2,
					    .format = SCREEN_FORMAT};
	const struct mk_boot_device *card = &mk_boot_info()->device[0];
	uint64_t first, bytes;
	int err = dsi_consumer_create(&opts, out_sock);

	if (err)
		return fail("a consumer", dsi_strerror(err));
	if (dsi_socket_connect(*out_sock, SCREEN_NAME, DSI_FOREVER) ||
	    dsi_socket_start(*out_sock))
		return fail("no stream", dsi_socket_error(*out_sock));
	err = dsi_socket_physical(*out_sock, &first, &bytes);
	if (err)
		return fail("where the pictures lie", dsi_strerror(err));
	if (first != card->first || bytes != card->bytes)
		return fail("the stream", "its pictures are not in our card");
	printf("display: %ux%u in %lu KiB at %lx\n", SCREEN_WIDTH,
	       SCREEN_HEIGHT, (unsigned long)(bytes >> 10),
	       (unsigned long)first);
	return 0;
}

/* The packet lies in the memory of the card: get() saw to that. */
static int show(const struct dsi_packet *pkt)
{
	uint64_t at;
	uint32_t size;

	if (!(dsi_packet_flags(pkt) & DSI_PACKET_PHYS) ||
	    dsi_packet_element(pkt, 0, &at, &size))
		return fail("a packet", "no place of a picture");
	at -= mk_boot_info()->device[0].first;
	if (size != SCREEN_BYTES || at % SCREEN_LINE)
		return fail("a packet", "not a whole picture");
	dispi(DISPI_Y, (uint32_t)(at / SCREEN_LINE));
	return 0;
}

/* A picture is given back when the next one is seen. */
static int show_all(struct dsi_socket *sock)
{
	struct dsi_packet *pkt, *seen = NULL;
	uint32_t flags = 0, n = 0;

	for (; !(flags & DSI_PACKET_EOS); n++) {
		int err = dsi_packet_get(sock, DSI_FOREVER, &pkt);

		if (err)
			return fail("the next picture", dsi_strerror(err));
		flags = dsi_packet_flags(pkt);
		if (show(pkt))
			return 1;
		if (n == 0)
			printf("display: the first picture\n");
		if (seen)
			dsi_packet_commit(sock, seen);
		seen = pkt;
	}
	printf("display: %u pictures, the last one stays\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	struct dsi_socket *sock;
	int result;

	if (!mk_boot_info()->device[1].bytes)
		return fail("boot.conf", "no device= for memory and registers");
	set_mode();
	result = join(&sock);
	if (!result)
		result = show_all(sock);
	/* For those who want to see it. */
	while (!result && argc > 1 && !strcmp(argv[1], "stay"))
		mk_sleep_us(1000000);
	dsi_socket_destroy(sock);
	return result;
}
