/* SPDX-License-Identifier: MIT */
/*
 * frame_mirror.h - what the filter does to a picture, and the checksum over
 * it.  Integers only: the same picture on every machine.
 */
#ifndef DEMO_FRAME_MIRROR_H
#define DEMO_FRAME_MIRROR_H

#include "frame_layout.h"

struct AVMD5;

/* Mirror @src from left to right into @dst, and invert the brightness of the
 * left half of the result. */
void frame_mirror(const struct frame_layout *layout, const AVFrame *src,
		  AVFrame *dst);

/* Add the visible pixels of a frame, plane after plane, to a checksum.  Over
 * all frames it equals md5sum of the raw video. */
void frame_digest(const struct frame_layout *layout, const AVFrame *src,
		  struct AVMD5 *md5);

#endif /* DEMO_FRAME_MIRROR_H */
