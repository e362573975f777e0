/* SPDX-License-Identifier: MIT */
/*
 * frame_layout.c - where the pixels of one video frame lie in a packet.
 */
#include <stdio.h>
#include <string.h>

#include "frame_layout.h"

/* Vector code of decoders wants rows and planes to begin at such addresses,
 * and may read a little past the end of a plane. */
#define ROW_ALIGN 64u
#define PLANE_PADDING 128u
/* Decoders work on whole blocks, up to 64x64, and some on two lines more. */
#define BLOCK 64u
#define EXTRA_ROWS 16u

static const char *const format_names[FRAME_FORMATS] = {"I420", "Y42B", "Y444"};

static uint32_t round_up(uint32_t value, uint32_t to)
{
	return (value + to - 1) / to * to;
}

uint32_t frame_layout_cols(const struct frame_layout *layout, uint32_t plane)
{
	if (plane == 0 || layout->format == FRAME_Y444)
		return layout->width;
	return (layout->width + 1) / 2;
}

static uint32_t plane_rows(const struct frame_layout *layout, uint32_t plane,
			   uint32_t luma_rows)
{
	if (plane == 0 || layout->format != FRAME_I420)
		return luma_rows;
	return (luma_rows + 1) / 2;
}

uint32_t frame_layout_rows(const struct frame_layout *layout, uint32_t plane)
{
	return plane_rows(layout, plane, layout->height);
}

uint32_t frame_layout_padded_rows(const struct frame_layout *layout,
				  uint32_t plane)
{
	return plane_rows(layout, plane,
			  round_up(layout->height, BLOCK) + EXTRA_ROWS);
}

/* Offsets and slot size follow from the strides. */
static void place_planes(struct frame_layout *layout)
{
	uint32_t at = 0;
	uint32_t p;

	for (p = 0; p < FRAME_PLANES; p++) {
		layout->offset[p] = at;
		at += layout->stride[p] * frame_layout_padded_rows(layout, p);
		at = round_up(at + PLANE_PADDING, ROW_ALIGN);
	}
	layout->slot_bytes = at;
}

void frame_layout_init(struct frame_layout *layout)
{
	layout->stride[0] = round_up(layout->width, 2 * ROW_ALIGN);
	layout->stride[1] = layout->stride[0];
	if (layout->format != FRAME_Y444)
		layout->stride[1] /= 2;
	layout->stride[2] = layout->stride[1];
	place_planes(layout);
}

void frame_layout_print(const struct frame_layout *layout, char *text,
			size_t text_bytes)
{
	snprintf(text, text_bytes,
		 "video/x-raw,format=%s,width=%u,height=%u,framerate=%u/%u,"
		 "full-range=%u,stride0=%u,stride1=%u",
		 format_names[layout->format], layout->width, layout->height,
		 layout->rate_num, layout->rate_den, layout->full_range,
		 layout->stride[0], layout->stride[1]);
}

/* The text came from another process: believe no number of it unchecked. */
static int layout_is_possible(const struct frame_layout *layout)
{
	uint32_t p;

	if (layout->width == 0 || layout->width > FRAME_MAX_SIDE ||
	    layout->height == 0 || layout->height > FRAME_MAX_SIDE)
		return 0;
	for (p = 0; p < FRAME_PLANES; p++) {
		if (layout->stride[p] < frame_layout_cols(layout, p) ||
		    layout->stride[p] > 2 * FRAME_MAX_SIDE)
			return 0;
	}
	return layout->rate_num != 0 && layout->rate_den != 0;
}

int frame_layout_parse(struct frame_layout *layout, const char *text)
{
	char name[8];

	memset(layout, 0, sizeof(*layout));
	if (sscanf(text,
		   "video/x-raw,format=%7[A-Z0-9],width=%5u,height=%5u,"
		   "framerate=%9u/%9u,full-range=%1u,stride0=%5u,stride1=%5u",
		   name, &layout->width, &layout->height, &layout->rate_num,
		   &layout->rate_den, &layout->full_range, &layout->stride[0],
		   &layout->stride[1]) != 8)
		return -1;
	while (strcmp(name, format_names[layout->format]) != 0) {
		if (++layout->format == FRAME_FORMATS)
			return -1;
	}
	layout->stride[2] = layout->stride[1];
	if (!layout_is_possible(layout))
		return -1;
	place_planes(layout);
	return 0;
}

void frame_layout_place(const struct frame_layout *layout, uint8_t *base,
			struct frame_planes *out_planes)
{
	uint32_t p;

	for (p = 0; p < FRAME_PLANES; p++) {
		out_planes->data[p] = base + layout->offset[p];
		out_planes->stride[p] = layout->stride[p];
	}
}

static uint32_t visible_bytes(const struct frame_layout *layout, uint32_t p)
{
	return layout->stride[p] * frame_layout_rows(layout, p);
}

/* Element 0 is the packet's own slot, which begins with plane 0; planes 1
 * and 2 are further ranges of the same slot. */
int frame_layout_seal(const struct frame_layout *layout, struct dsi_packet *pkt)
{
	uint64_t slot_offset;
	uint32_t unused, p;
	int err;

	err = dsi_packet_element(pkt, 0, &slot_offset, &unused);
	if (err == 0)
		err = dsi_packet_set_size(pkt, visible_bytes(layout, 0));
	for (p = 1; err == 0 && p < FRAME_PLANES; p++)
		err = dsi_packet_add_data(pkt, slot_offset + layout->offset[p],
					  visible_bytes(layout, p));
	return err;
}

int frame_layout_open(const struct frame_layout *layout,
		      const struct dsi_packet *pkt,
		      struct frame_planes *out_planes)
{
	uint32_t size, p;
	void *data;
	int err;

	if (dsi_packet_count(pkt) != (int32_t)FRAME_PLANES)
		return -DSI_EPROTO;
	for (p = 0; p < FRAME_PLANES; p++) {
		err = dsi_packet_data(pkt, p, &data, &size);
		if (err != 0)
			return err;
		if (size != visible_bytes(layout, p))
			return -DSI_EPROTO;
		out_planes->data[p] = data;
		out_planes->stride[p] = layout->stride[p];
	}
	return 0;
}

int frame_layout_seal_eos(struct dsi_packet *pkt)
{
	int err = dsi_packet_set_size(pkt, 0);

	if (err != 0)
		return err;
	return dsi_packet_set_flags(pkt, DSI_PACKET_GAP | DSI_PACKET_EOS);
}
