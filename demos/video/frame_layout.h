/* SPDX-License-Identifier: MIT */
/*
 * frame_layout.h - where the pixels of one video frame lie in a packet.
 *
 * A frame has three planes (Y, U, V) in one data slot.  What is equal for all
 * frames - size, format, strides - crosses once, as the format text of the
 * stream's description.  Where each plane lies crosses with every packet, as
 * three scatter/gather elements.  The slot is larger than the visible frame:
 * decoders write whole macroblocks and want aligned, padded rows.
 */
#ifndef DEMO_FRAME_LAYOUT_H
#define DEMO_FRAME_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <dsi/dsi.h>

#define FRAME_PLANES 3u
#define FRAME_MAX_SIDE 16384u /* pixels */

/* The pixel formats that travel, all with 8 bits; names as in GStreamer. */
#define FRAME_I420 0u /* chroma halved in both directions */
#define FRAME_Y42B 1u /* chroma halved horizontally */
#define FRAME_Y444 2u /* chroma as fine as luma */
#define FRAME_FORMATS 3u

/**
 * struct frame_layout - one frame in a data slot.
 * @format:     FRAME_*
 * @width:      visible pixels
 * @height:     visible rows
 * @full_range: 1 = luma uses 0..255, 0 = 16..235
 * @rate_num:   frames per second, numerator
 * @rate_den:   denominator
 * @stride:     bytes from one row to the next, per plane
 * @offset:     where a producer puts the plane, bytes from the slot's begin
 * @slot_bytes: room for all planes with their padding
 */
struct frame_layout {
	uint32_t format;
	uint32_t width;
	uint32_t height;
	uint32_t full_range;
	uint32_t rate_num;
	uint32_t rate_den;
	uint32_t stride[FRAME_PLANES];
	uint32_t offset[FRAME_PLANES];
	uint32_t slot_bytes;
};

/* Addresses of the planes of one frame in this process. */
struct frame_planes {
	uint8_t *data[FRAME_PLANES];
	uint32_t stride[FRAME_PLANES];
};

/* Fill in strides, offsets and slot size from the fields before them. */
void frame_layout_init(struct frame_layout *layout);

/* Visible bytes of a row, visible rows, and rows with padding of a plane. */
uint32_t frame_layout_cols(const struct frame_layout *layout, uint32_t plane);
uint32_t frame_layout_rows(const struct frame_layout *layout, uint32_t plane);
uint32_t frame_layout_padded_rows(const struct frame_layout *layout,
				  uint32_t plane);

/* To and from the format text of a stream.  Parse returns 0, or -1 for text
 * that is no such format or has impossible numbers. */
void frame_layout_print(const struct frame_layout *layout, char *text,
			size_t text_bytes);
int frame_layout_parse(struct frame_layout *layout, const char *text);

/* Planes of a slot of our own that begins at @base. */
void frame_layout_place(const struct frame_layout *layout, uint8_t *base,
			struct frame_planes *out_planes);

/* Producer: write the scatter/gather elements of a full packet.  Consumer:
 * read them, checking each against the layout.  Return 0 or -DSI_E*. */
int frame_layout_seal(const struct frame_layout *layout,
		      struct dsi_packet *pkt);
int frame_layout_open(const struct frame_layout *layout,
		      const struct dsi_packet *pkt,
		      struct frame_planes *out_planes);

/* Producer: make an empty packet that says "this was the last one". */
int frame_layout_seal_eos(struct dsi_packet *pkt);

#endif /* DEMO_FRAME_LAYOUT_H */
