/* SPDX-License-Identifier: MIT */
/*
 * frame_layout.c - what the pixels of a video frame are like.
 */
#include "frame_layout.h"

/* FFmpeg has two names for each format; those with J are full range. */
static const struct {
	const char *name;
	enum AVPixelFormat plain;
	enum AVPixelFormat full_range;
} formats[FRAME_FORMATS] = {
	[FRAME_I420] = {"I420", AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P},
	[FRAME_Y42B] = {"Y42B", AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUVJ422P},
	[FRAME_Y444] = {"Y444", AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUVJ444P},
};

uint32_t frame_layout_format(int pix_fmt)
{
	uint32_t format = 0;

	while (format < FRAME_FORMATS &&
	       pix_fmt != (int)formats[format].plain &&
	       pix_fmt != (int)formats[format].full_range)
		format++;
	return format;
}

enum AVPixelFormat frame_layout_pix_fmt(uint32_t format)
{
	return formats[format].plain;
}

const char *frame_layout_name(uint32_t format)
{
	return formats[format].name;
}

int frame_layout_of(struct frame_layout *layout, const AVFrame *frame)
{
	layout->format = frame_layout_format(frame->format);
	if (layout->format == FRAME_FORMATS || frame->width < 1 ||
	    frame->height < 1)
		return -1;
	layout->width = (uint32_t)frame->width;
	layout->height = (uint32_t)frame->height;
	layout->full_range =
		frame->format == (int)formats[layout->format].full_range ||
		frame->color_range == AVCOL_RANGE_JPEG;
	return 0;
}

uint32_t frame_layout_cols(const struct frame_layout *layout, uint32_t plane)
{
	if (plane == 0 || layout->format == FRAME_Y444)
		return layout->width;
	return (layout->width + 1) / 2;
}

uint32_t frame_layout_rows(const struct frame_layout *layout, uint32_t plane)
{
	if (plane == 0 || layout->format != FRAME_I420)
		return layout->height;
	return (layout->height + 1) / 2;
}
