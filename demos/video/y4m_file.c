/* SPDX-License-Identifier: MIT */
/*
 * y4m_file.c - write frames to a YUV4MPEG2 file.
 */
#include <errno.h>

#include "y4m_file.h"

int y4m_file_begin(FILE *file, const struct frame_layout *layout,
		   uint32_t rate_num, uint32_t rate_den)
{
	static const char *const chroma[FRAME_FORMATS] = {"420mpeg2", "422",
							  "444"};

	if (fprintf(file, "YUV4MPEG2 W%u H%u F%u:%u Ip A0:0 C%s%s\n",
		    layout->width, layout->height, rate_num, rate_den,
		    chroma[layout->format],
		    layout->full_range ? " XCOLORRANGE=FULL" : "") < 0)
		return -errno;
	return 0;
}

int y4m_file_frame(FILE *file, const struct frame_layout *layout,
		   const AVFrame *frame)
{
	uint32_t p, y;

	if (fputs("FRAME\n", file) == EOF)
		return -errno;
	for (p = 0; p < FRAME_PLANES; p++) {
		const uint8_t *row = frame->data[p];
		uint32_t cols = frame_layout_cols(layout, p);

		for (y = 0; y < frame_layout_rows(layout, p); y++) {
			if (fwrite(row, 1, cols, file) != cols)
				return -errno;
			row += frame->linesize[p];
		}
	}
	return 0;
}
