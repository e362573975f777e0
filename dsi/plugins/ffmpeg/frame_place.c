/* SPDX-License-Identifier: MIT */
/*
 * frame_place.c - where the planes of a frame lie in a slot.
 *
 * Decoders write whole blocks and want rows and planes to begin at certain
 * addresses: what avcodec_default_get_buffer2() does with
 * avcodec_align_dimensions2() (libavcodec/get_buffer.c) is done here.
 */
#include "frame_place.h"

#include <stddef.h>
#include <string.h>

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>

#include <dsi/errno.h>

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static void add_plane(struct frame_place *place, int stride, uint64_t bytes)
{
	place->offset[place->planes] = (uint32_t)place->bytes;
	place->stride[place->planes] = stride;
	place->planes++;
	place->bytes =
		round_up(place->bytes + bytes + NOTE_OVERREAD, NOTE_ALIGN);
}

/* Wider, until all rows begin where they should. */
static int strides_of(int stride[4], enum AVPixelFormat format, int width,
		      const int align[4])
{
	for (;;) {
		int unaligned = 0;

		if (av_image_fill_linesizes(stride, format, width) < 0)
			return -DSI_EINVAL;
		for (int i = 0; i < 4; i++)
			unaligned |= stride[i] % align[i];
		if (!unaligned)
			return 0;
		width += width & ~(width - 1);
	}
}

static int place_picture(struct frame_place *place, AVCodecContext *decoder,
			 const AVFrame *frame)
{
	enum AVPixelFormat format = (enum AVPixelFormat)frame->format;
	int align[AV_NUM_DATA_POINTERS] = {0};
	int width = frame->width, height = frame->height;
	int stride[4];
	ptrdiff_t strides[4];
	size_t bytes[4];

	if (decoder)
		avcodec_align_dimensions2(decoder, &width, &height, align);
	for (int i = 0; i < 4; i++)
		align[i] = (int)round_up(
			(uint64_t)(align[i] > 0 ? align[i] : 1), NOTE_ALIGN);
	if (strides_of(stride, format, width, align) != 0)
		return -DSI_EINVAL;
	for (int i = 0; i < 4; i++)
		strides[i] = stride[i];
	if (av_image_fill_plane_sizes(bytes, format, height, strides) < 0)
		return -DSI_EINVAL;
	for (int i = 0; i < 4 && bytes[i]; i++)
		add_plane(place, stride[i], bytes[i]);
	return 0;
}

static int place_sound(struct frame_place *place, const AVFrame *frame)
{
	enum AVSampleFormat format = (enum AVSampleFormat)frame->format;
	int channels = frame->ch_layout.nb_channels;
	int planes = av_sample_fmt_is_planar(format) ? channels : 1;
	int stride;

	if (planes > (int)NOTE_PLANES ||
	    av_samples_get_buffer_size(&stride, channels, frame->nb_samples,
				       format, NOTE_ALIGN) < 0)
		return -DSI_EINVAL;
	for (int i = 0; i < planes; i++)
		add_plane(place, stride, (uint64_t)stride);
	return 0;
}

int frame_place(struct frame_place *place, AVCodecContext *decoder,
		const AVFrame *frame)
{
	int err;

	memset(place, 0, sizeof(*place));
	place->bytes = NOTE_ROOM;
	err = frame->width > 0 ? place_picture(place, decoder, frame)
			       : place_sound(place, frame);
	if (!err && (place->planes == 0 || place->bytes > INT32_MAX))
		err = -DSI_EINVAL;
	return err;
}
