/* SPDX-License-Identifier: MIT */
/*
 * y4m_file.h - write frames to a YUV4MPEG2 file, which every player reads.
 */
#ifndef DEMO_Y4M_FILE_H
#define DEMO_Y4M_FILE_H

#include <stdio.h>

#include "frame_layout.h"

/* Each returns 0, or a negative errno. */
int y4m_file_begin(FILE *file, const struct frame_layout *layout,
		   uint32_t rate_num, uint32_t rate_den);
int y4m_file_frame(FILE *file, const struct frame_layout *layout,
		   const AVFrame *frame);

#endif /* DEMO_Y4M_FILE_H */
