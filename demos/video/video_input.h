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
 * @layout:  how its frames are to be laid out
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
	int live;
	uint64_t damaged;
	char why[WHY_BYTES];
};

/* The decoder asks this for memory, see AVCodecContext.get_buffer2. */
typedef int video_get_buffer(AVCodecContext *decoder, AVFrame *frame,
			     int flags);

/* Open @path.  @get_buffer and its @opaque may be NULL: libavcodec's own
 * memory.  Return 0 or AVERROR, with @in->why set; close it in both cases. */
int video_input_open(struct video_input *in, const char *path,
		     video_get_buffer *get_buffer, void *opaque);

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

/* Copy the frame to @dst, converting it if need be. */
int video_input_copy(struct video_input *in, const AVFrame *frame,
		     const struct frame_planes *dst);

void video_input_close(struct video_input *in);

#endif /* DEMO_VIDEO_INPUT_H */
