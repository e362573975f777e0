/* SPDX-License-Identifier: MIT */
/*
 * frame_mirror.c - what the filter does to a picture, and the checksum.
 */
#include <libavutil/md5.h>

#include "frame_mirror.h"

static void mirror_row(uint8_t *restrict dst, const uint8_t *restrict src,
		       uint32_t cols)
{
	uint32_t x;

	for (x = 0; x < cols; x++)
		dst[x] = src[cols - 1 - x];
}

static void invert_row(uint8_t *row, uint32_t cols)
{
	uint32_t x;

	for (x = 0; x < cols; x++)
		row[x] = (uint8_t)(255 - row[x]);
}

void frame_mirror(const struct frame_layout *layout, const AVFrame *src,
		  AVFrame *dst)
{
	uint32_t p, y;

	for (p = 0; p < FRAME_PLANES; p++) {
		const uint8_t *from = src->data[p];
		uint8_t *to = dst->data[p];
		uint32_t cols = frame_layout_cols(layout, p);

		for (y = 0; y < frame_layout_rows(layout, p); y++) {
			mirror_row(to, from, cols);
			if (p == 0)
				invert_row(to, cols / 2);
			from += src->linesize[p];
			to += dst->linesize[p];
		}
	}
}

void frame_digest(const struct frame_layout *layout, const AVFrame *src,
		  struct AVMD5 *md5)
{
	uint32_t p, y;

	for (p = 0; p < FRAME_PLANES; p++) {
		const uint8_t *row = src->data[p];
		uint32_t cols = frame_layout_cols(layout, p);

		for (y = 0; y < frame_layout_rows(layout, p); y++) {
			av_md5_update(md5, row, cols);
			row += src->linesize[p];
		}
	}
}
