/* SPDX-License-Identifier: MIT */
/* frame_desc.c - a stream for the frames of a decoder. */
#include <dsi/ffmpeg.h>

#include <string.h>

#include "frame_place.h"

/* The most reference pictures that H.264 and HEVC have, those that wait to be
 * shown are among them; the current one, and one that is being sent. */
#define PICTURES_HELD 18u
#define SOUNDS_HELD 2u
/* A decoder whose frames differ in length does not tell the longest; this is
 * more than FLAC has. */
#define SAMPLES_MOST 65536
#define PLANES_OF_PICTURES 4u

int32_t dsi_ffmpeg_frame_bytes(const AVFrame *frame)
{
	struct frame_place place;
	int err = frame ? frame_place(&place, NULL, frame) : -DSI_EINVAL;

	return err ? err : (int32_t)place.bytes;
}

static int32_t bytes_of(AVCodecContext *decoder, AVFrame *frame)
{
	struct frame_place place;
	int err = frame_place(&place, decoder, frame);

	av_frame_free(&frame);
	return err ? err : (int32_t)place.bytes;
}

int32_t dsi_ffmpeg_picture_bytes(AVCodecContext *decoder, uint32_t width,
				 uint32_t height)
{
	AVFrame *frame;

	if (!decoder || decoder->pix_fmt == AV_PIX_FMT_NONE || width == 0 ||
	    width > INT16_MAX || height == 0 || height > INT16_MAX)
		return -DSI_EINVAL;
	frame = av_frame_alloc();
	if (!frame)
		return -DSI_ENOMEM;
	frame->format = decoder->pix_fmt;
	frame->width = (int)width;
	frame->height = (int)height;
	return bytes_of(decoder, frame);
}

/* A frame may be twice as long as the decoder says: AAC with SBR. */
static int32_t sound_bytes(AVCodecContext *decoder)
{
	AVFrame *frame;

	if (decoder->sample_fmt == AV_SAMPLE_FMT_NONE ||
	    decoder->ch_layout.nb_channels <= 0)
		return -DSI_EINVAL;
	frame = av_frame_alloc();
	if (!frame)
		return -DSI_ENOMEM;
	frame->format = decoder->sample_fmt;
	frame->ch_layout.nb_channels = decoder->ch_layout.nb_channels;
	frame->nb_samples = decoder->frame_size > 0 ? 2 * decoder->frame_size
						    : SAMPLES_MOST;
	return bytes_of(decoder, frame);
}

int dsi_ffmpeg_desc(AVCodecContext *decoder, uint32_t queue,
		    struct dsi_stream_desc *out_desc)
{
	int pictures;
	int32_t bytes;

	if (!decoder || !out_desc || queue > DSI_MAX_PACKETS / 2 ||
	    decoder->thread_count < 0 ||
	    decoder->thread_count > (int)DSI_MAX_PACKETS / 4)
		return -DSI_EINVAL;
	pictures = decoder->codec_type == AVMEDIA_TYPE_VIDEO;
	if (!pictures && decoder->codec_type != AVMEDIA_TYPE_AUDIO)
		return -DSI_EINVAL;
	if (pictures && (decoder->width <= 0 || decoder->height <= 0))
		return -DSI_EINVAL;
	bytes = pictures ? dsi_ffmpeg_picture_bytes(decoder,
						    (uint32_t)decoder->width,
						    (uint32_t)decoder->height)
			 : sound_bytes(decoder);
	if (bytes < 0)
		return bytes;
	out_desc->packets = (pictures ? PICTURES_HELD : SOUNDS_HELD) +
			    (uint32_t)decoder->thread_count + queue;
	out_desc->max_sg = 1 + (pictures ? PLANES_OF_PICTURES : NOTE_PLANES);
	out_desc->align_bytes = NOTE_ALIGN;
	out_desc->packet_bytes = (uint32_t)bytes;
	strcpy(out_desc->format, DSI_FFMPEG_FORMAT);
	return 0;
}
