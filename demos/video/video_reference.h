/* SPDX-License-Identifier: MIT */
/*
 * video_reference.h - the same work in one process and without dsi: the
 * checksum the pipeline has to reach.
 */
#ifndef DEMO_VIDEO_REFERENCE_H
#define DEMO_VIDEO_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct video_reference - what came out.
 * @frames: how many
 * @rate_num, @rate_den: frames per second (video_reference_check() only)
 * @digest: MD5 over all visible pixels
 * @live:   the input is a camera (video_reference_check() only)
 * @pixels: what its frames are like (video_reference_check() only)
 * @why:    sentence, if it failed
 */
struct video_reference {
	uint64_t frames;
	uint32_t rate_num;
	uint32_t rate_den;
	uint8_t digest[16];
	int live;
	char pixels[64];
	char why[256];
};

/* Is @path a video?  Decodes its first frame.  Return 0 or -1. */
int video_reference_check(struct video_reference *ref, const char *path);

/* Decode and filter up to @max_frames frames (0 = all).  Return 0 or -1. */
int video_reference_run(struct video_reference *ref, const char *path,
			uint64_t max_frames);

#endif /* DEMO_VIDEO_REFERENCE_H */
