/* SPDX-License-Identifier: MIT */
/*
 * video_reference.c - the same work in one process and without dsi.
 *
 * The decoder uses its own memory here, nothing is shared with anybody, and
 * no slot is recycled under a reference picture.  If the pipeline made a
 * mistake with any of that, the checksums differ.
 */
#include <string.h>

#include <libavutil/md5.h>
#include <libavutil/mem.h>

#include "frame_mirror.h"
#include "video_input.h"
#include "video_reference.h"

struct scratch {
	uint8_t *converted;
	uint8_t *filtered;
	AVFrame *frame;
	struct AVMD5 *md5;
};

static int scratch_init(struct scratch *scratch,
			const struct frame_layout *layout)
{
	scratch->converted = av_malloc(layout->slot_bytes);
	scratch->filtered = av_malloc(layout->slot_bytes);
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
	av_freep(&scratch->converted);
	av_freep(&scratch->filtered);
	av_freep(&scratch->md5);
	av_frame_free(&scratch->frame);
}

static int one_frame(struct video_input *in, struct scratch *scratch)
{
	struct frame_planes src, dst;
	uint32_t p;
	int err = 0;

	frame_layout_place(&in->layout, scratch->converted, &src);
	frame_layout_place(&in->layout, scratch->filtered, &dst);
	/* (A picture stored bottom up has a negative stride.) */
	if (video_input_is_plain(in, scratch->frame) &&
	    scratch->frame->linesize[0] > 0) {
		for (p = 0; p < FRAME_PLANES; p++) {
			src.data[p] = scratch->frame->data[p];
			src.stride[p] = (uint32_t)scratch->frame->linesize[p];
		}
	} else {
		err = video_input_copy(in, scratch->frame, &src);
	}
	if (err < 0)
		return err;
	frame_mirror(&in->layout, &src, &dst);
	frame_digest(&in->layout, &dst, scratch->md5);
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
	err = video_input_open(&in, path, NULL, NULL);
	if (err >= 0)
		err = scratch_init(&scratch, &in.layout);
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
	err = video_input_open(&in, path, NULL, NULL);
	ref->live = in.live;
	ref->rate_num = in.layout.rate_num;
	ref->rate_den = in.layout.rate_den;
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
