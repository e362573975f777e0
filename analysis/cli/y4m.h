/* SPDX-License-Identifier: MIT */
/*
 * y4m.h - the header of a YUV4MPEG2 stream, and the same as a format text.
 *
 * A format text is what GStreamer calls caps, for example
 *
 *   video/x-raw,format=I420,width=768,height=576,framerate=10/1
 *
 * Header tags that this cannot say are kept in one more field, y4m="...", so
 * that the receiver writes the same header again, byte by byte.
 */
#ifndef DSI_CLI_Y4M_H
#define DSI_CLI_Y4M_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/types.h>

#define Y4M_MAGIC "YUV4MPEG2 "
#define Y4M_MAGIC_BYTES 10u
#define Y4M_LINE_BYTES 1024u /* longest header, with its newline and NUL */
#define Y4M_WHY_BYTES 256u

struct y4m_pixels;

/**
 * struct y4m - a parsed header.
 * @pixels:      layout of a frame
 * @width:       pixels, 1..65535
 * @height:      pixels, 1..65535
 * @numerator:   frames per @denominator seconds; 0 = unknown
 * @tags:        tags as in the header, separated by one space: all, or all
 *               but W, H and F
 * @tags_all:    @tags has W, H and F too
 */
struct y4m {
	const struct y4m_pixels *pixels;
	uint32_t width;
	uint32_t height;
	uint32_t numerator;
	uint32_t denominator;
	bool tags_all;
	char tags[Y4M_LINE_BYTES];
};

/**
 * y4m_parse - understand a header.
 * @line: header after Y4M_MAGIC, without newline
 * @out:  result, with all tags
 * @why:  on failure: what is wrong
 */
bool y4m_parse(const char *line, struct y4m *out, char why[Y4M_WHY_BYTES]);

/* Bytes of one frame, without its FRAME line. */
uint64_t y4m_frame_bytes(const struct y4m *y4m);

/**
 * y4m_to_format - the format text of a parsed header.
 * @y4m:    from y4m_parse()
 * @format: result
 *
 * Return: true if the header can be written again from it; false if it was
 *         too long and tags of extensions (X...) were left out.
 */
bool y4m_to_format(const struct y4m *y4m, char format[DSI_FORMAT_BYTES]);

/**
 * y4m_from_format - understand a format text.
 * @format: e.g. of a stream's description; not trusted
 * @out:    result
 * @why:    on failure: what is missing or wrong
 */
bool y4m_from_format(const char *format, struct y4m *out,
		     char why[Y4M_WHY_BYTES]);

/* The whole header with magic and newline. */
bool y4m_header(const struct y4m *y4m, char line[Y4M_LINE_BYTES]);

#endif /* DSI_CLI_Y4M_H */
