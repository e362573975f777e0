/* SPDX-License-Identifier: MIT */
/*
 * frame_layout.h - what the pixels of a video frame are like.
 *
 * A frame has three planes (Y, U, V) of 8 bits a pixel.  Where they lie is known to
 * the AVFrame; in a stream it crosses with every packet, see <dsi/ffmpeg.h>.
 */
#ifndef DEMO_FRAME_LAYOUT_H
#define DEMO_FRAME_LAYOUT_H

#include <stdint.h>

#include <libavutil/frame.h>

#define FRAME_PLANES 3u
#define FRAME_MAX_SIDE 16384u /* pixels */

/* The pixel formats that travel, all with 8 bits; names as in GStreamer. */
#define FRAME_I420 0u /* chroma halved in both directions */
#define FRAME_Y42B 1u /* chroma halved horizontally */
#define FRAME_Y444 2u /* chroma as fine as luma */
#define FRAME_FORMATS 3u

/**
 * struct frame_layout - the visible part of a frame.
 * @format:     FRAME_*
 * @width:      visible pixels
 * @height:     visible rows
 * @full_range: 1 = luma uses 0..255, 0 = 16..235
 */
struct frame_layout {
	uint32_t format;
	uint32_t width;
	uint32_t height;
	uint32_t full_range;
};

/* Of a frame.  Return 0, or -1: its pixels are none of these formats. */
int frame_layout_of(struct frame_layout *layout, const AVFrame *frame);

/* FRAME_* of FFmpeg's format, or FRAME_FORMATS: it is none of them. */
uint32_t frame_layout_format(int pix_fmt);

/* And back: FFmpeg's. */
enum AVPixelFormat frame_layout_pix_fmt(uint32_t format);

/* "I420", ... */
const char *frame_layout_name(uint32_t format);

/* Visible bytes of a row, and visible rows, of a plane. */
uint32_t frame_layout_cols(const struct frame_layout *layout, uint32_t plane);
uint32_t frame_layout_rows(const struct frame_layout *layout, uint32_t plane);

#endif /* DEMO_FRAME_LAYOUT_H */
