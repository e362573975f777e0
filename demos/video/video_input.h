/* SPDX-License-Identifier: MIT */
/*
 * video_input.h - a video file or camera, as a sequence of decoded frames.
 *
 * Used twice: by the source process, which makes the decoder write into the
 * data area, and by the reference, which decodes in the usual way.
 */
#ifndef DEMO_VIDEO_INPUT_H
#define DEMO_VIDEO_INPUT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

#include "frame_layout.h"

#define WHY_BYTES 256u

/**
 * struct video_input - an open input.
 * @layout:  what its frames are to be like; not @full_range
 * @rate:    frames per second
 * @live:    1 = a camera: endless, and never the same twice
 * @damaged: compressed packets the decoder could not make sense of
 * @why:     sentence for the last failure
 */
struct video_input {
	AVFormatContext *file;
	AVCodecContext *decoder;
	AVPacket *packet;
	struct SwsContext *scaler;
	AVRational time_base;
	int64_t start_time;
	int stream_index;
	int at_end;
	struct frame_layout layout;
	AVRational rate;
	int live;
	uint64_t damaged;
	char why[WHY_BYTES];
};

/* Open @path.  Return 0 or AVERROR, with @in->why set; close it in both cases.
 * The decoder has not decoded anything yet: it can be given other memory. */
int video_input_open(struct video_input *in, const char *path);

/* The next frame in the order of display.  Return 0, AVERROR_EOF, or another
 * AVERROR with @in->why set. */
int video_input_next(struct video_input *in, AVFrame *frame);

/* Time of display in microseconds from the beginning; @index is the number
 * of the frame, for videos that do not tell. */
uint64_t video_input_time_us(const struct video_input *in, const AVFrame *frame,
			     uint64_t index);

/* Does the frame have the pixels the layout wants, so that it needs no
 * conversion? */
int video_input_is_plain(const struct video_input *in, const AVFrame *frame);

/* Set format and size of @dst, which has no data: as a copy of @frame needs. */
void video_input_like(const struct video_input *in, const AVFrame *frame,
		      AVFrame *dst);

/* Copy the frame to such a @dst, now with data, converting it if need be.
 * Return 0 or AVERROR, with @in->why set. */
int video_input_copy(struct video_input *in, const AVFrame *frame,
		     AVFrame *dst);

void video_input_close(struct video_input *in);

#endif /* DEMO_VIDEO_INPUT_H */
