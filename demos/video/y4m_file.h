/* SPDX-License-Identifier: MIT */
/*
 * y4m_file.h - write frames to a YUV4MPEG2 file, which every player reads.
 */
#ifndef DEMO_Y4M_FILE_H
#define DEMO_Y4M_FILE_H

#include <stdio.h>

#include "frame_layout.h"

/* Each returns 0, or a negative errno. */
int y4m_file_begin(FILE *file, const struct frame_layout *layout);
int y4m_file_frame(FILE *file, const struct frame_layout *layout,
		   const struct frame_planes *planes);

#endif /* DEMO_Y4M_FILE_H */
