/* SPDX-License-Identifier: MIT */
/*
 * video_reference.c - the same work in one process and without dsi.
 *
 * The decoder uses its own memory here, nothing is shared with anybody, and
 * no slot is recycled under a reference picture.  If the pipeline made a
 * mistake with any of that, the checksums differ.
 */
#include <stdio.h>
#include <string.h>

#include <libavutil/md5.h>
#include <libavutil/mem.h>

#include "frame_mirror.h"
#include "video_input.h"
#include "video_reference.h"

struct scratch {
	AVFrame *frame;
	AVFrame *converted;
	AVFrame *filtered;
	struct AVMD5 *md5;
};

static int scratch_init(struct scratch *scratch)
{
	scratch->converted = av_frame_alloc();
	scratch->filtered = av_frame_alloc();
	scratch->frame = av_frame_alloc();
	scratch->md5 = av_md5_alloc();
	if (!scratch->converted || !scratch->filtered || !scratch->frame ||
	    !scratch->md5)
		return AVERROR(ENOMEM);
	av_md5_init(scratch->md5);
	return 0;
}

static void scratch_fini(struct scratch *scratch)
{
	av_frame_free(&scratch->converted);
	av_frame_free(&scratch->filtered);
	av_frame_free(&scratch->frame);
	av_freep(&scratch->md5);
}

/* Memory of the usual kind, once. */
static int with_data(const struct video_input *in, const AVFrame *like,
		     AVFrame *frame)
{
	if (frame->buf[0])
		return 0;
	video_input_like(in, like, frame);
	return av_frame_get_buffer(frame, 0);
}

static int one_frame(struct video_input *in, struct scratch *scratch)
{
	const AVFrame *src = scratch->frame;
	int err = 0;

	if (!video_input_is_plain(in, src)) {
		err = with_data(in, src, scratch->converted);
		if (err >= 0)
			err = video_input_copy(in, src, scratch->converted);
		src = scratch->converted;
	}
	if (err >= 0)
		err = with_data(in, src, scratch->filtered);
	if (err < 0)
		return err;
	frame_mirror(&in->layout, src, scratch->filtered);
	frame_digest(&in->layout, scratch->filtered, scratch->md5);
	return 0;
}

static int all_frames(struct video_reference *ref, struct video_input *in,
		      struct scratch *scratch, uint64_t max_frames)
{
	int err;

	while (max_frames == 0 || ref->frames < max_frames) {
		err = video_input_next(in, scratch->frame);
		if (err == AVERROR_EOF)
			break;
		if (err >= 0)
			err = one_frame(in, scratch);
		av_frame_unref(scratch->frame);
		if (err < 0)
			return err;
		ref->frames++;
	}
	av_md5_final(scratch->md5, ref->digest);
	return 0;
}

int video_reference_run(struct video_reference *ref, const char *path,
			uint64_t max_frames)
{
	struct scratch scratch = {0};
	struct video_input in;
	int err;

	memset(ref, 0, sizeof(*ref));
	err = video_input_open(&in, path);
	if (err >= 0)
		err = scratch_init(&scratch);
	if (err >= 0)
		err = all_frames(ref, &in, &scratch, max_frames);
	memcpy(ref->why, in.why, sizeof(ref->why));
	scratch_fini(&scratch);
	video_input_close(&in);
	return err < 0 ? -1 : 0;
}

int video_reference_check(struct video_reference *ref, const char *path)
{
	AVFrame *frame = av_frame_alloc();
	struct video_input in;
	int err;

	memset(ref, 0, sizeof(*ref));
	err = video_input_open(&in, path);
	ref->live = in.live;
	ref->rate_num = (uint32_t)in.rate.num;
	ref->rate_den = (uint32_t)in.rate.den;
	snprintf(ref->pixels, sizeof(ref->pixels),
		 "%s, %u x %u, %d/%d frames per second",
		 frame_layout_name(in.layout.format), in.layout.width,
		 in.layout.height, in.rate.num, in.rate.den);
	/* A camera is opened once more by the source; do not read from it. */
	if (err >= 0 && !in.live)
		err = frame ? video_input_next(&in, frame) : AVERROR(ENOMEM);
	if (err == AVERROR_EOF)
		snprintf(in.why, sizeof(in.why), "no picture in it");
	memcpy(ref->why, in.why, sizeof(ref->why));
	av_frame_free(&frame);
	video_input_close(&in);
	return err < 0 ? -1 : 0;
}
