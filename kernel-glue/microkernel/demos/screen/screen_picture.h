/* SPDX-License-Identifier: MIT */
/*
 * screen_picture.h - what painter and display agree on, and the pictures.
 * tests/screen_dump.py computes them, too.
 */
#ifndef SCREEN_PICTURE_H
#define SCREEN_PICTURE_H

#include <stdint.h>

#define SCREEN_NAME "screen"
#define SCREEN_FORMAT "video/x-raw,format=BGRx,width=640,height=480"
#define SCREEN_WIDTH 640u
#define SCREEN_HEIGHT 480u
#define SCREEN_LINE (4u * SCREEN_WIDTH) /* bytes */
#define SCREEN_BYTES (SCREEN_LINE * SCREEN_HEIGHT)

/* One point of picture @n: blue, green, red, nothing. */
static inline uint32_t screen_point(uint32_t x, uint32_t y, uint32_t n)
{
	uint32_t blue = (x + 3 * n) & 255;
	uint32_t green = (2 * y ^ 5 * n) & 255;
	uint32_t red = ((x * y >> 8) + n) & 255;

	return blue | green << 8 | red << 16;
}

#endif
