/* SPDX-License-Identifier: MIT */
/*
 * framing.h - how an input is cut into packets.
 *
 * Data is read into the slot of a packet, not copied there.
 */
#ifndef DSI_CLI_FRAMING_H
#define DSI_CLI_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/types.h>

struct io_channel;

#define FRAMING_AUTO 0u	 /* Y4M if the input begins like that, else CHUNK */
#define FRAMING_CHUNK 1u /* what is there, up to a size */
#define FRAMING_FRAME 2u /* always the same number of bytes */
#define FRAMING_Y4M 3u	 /* one frame of YUV4MPEG2 */

#define FRAMING_WHY_BYTES 256u

/**
 * struct framing - state of cutting one input.
 * @kind:       FRAMING_*
 * @slot_bytes: most bytes of a packet; FRAME: exactly so many.  Set before
 *              framing_begin(), except for Y4M, where the header says it.
 * @packets:    filled so far
 * @format:     format text that the input says of itself, or ""
 * @lossy:      a part of the Y4M header did not fit into @format
 * @why:        what is wrong with the input
 */
struct framing {
	uint32_t kind;
	uint32_t slot_bytes;
	uint64_t packets;
	bool lossy;
	char format[DSI_FORMAT_BYTES];
	char why[FRAMING_WHY_BYTES];
};

/**
 * framing_begin - look at the beginning of the input.
 * @framing: kind and slot_bytes set, rest zero
 * @in:      input, nothing read yet
 *
 * For AUTO it waits for the first bytes.  Makes AUTO one of the others.
 *
 * Return: IO_OK, or IO_FAILED with @framing->why.
 */
int framing_begin(struct framing *framing, struct io_channel *in);

/**
 * framing_fill - read one packet.
 * @framing:   after framing_begin()
 * @in:        its input
 * @slot:      room for @framing->slot_bytes
 * @out_bytes: on IO_OK: bytes of the packet, at least 1
 *
 * Return: IO_OK, IO_END (nothing left), IO_STOPPED (a signal), or IO_FAILED
 *         with @framing->why, also if the input ends within a frame.
 */
int framing_fill(struct framing *framing, struct io_channel *in, void *slot,
		 uint32_t *out_bytes);

#endif /* DSI_CLI_FRAMING_H */
