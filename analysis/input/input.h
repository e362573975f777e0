/* SPDX-License-Identifier: MIT */
/*
 * input.h - text from outside, of which no more is read than is stated.
 *
 * A device or a pipe may have no end; getline() and readers of whole files
 * would go on until the memory is full.
 */
#ifndef DSI_INPUT_H
#define DSI_INPUT_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of a line, and of a file that is read as a whole, at most. */
#define INPUT_LINE_MOST 1048576u
#define INPUT_WHOLE_MOST 67108864u
#define INPUT_WHY_BYTES 256

enum input_line {
	INPUT_LINE,
	INPUT_LONG, /* more than INPUT_LINE_MOST; the rest is not read */
	INPUT_END,  /* of the file, or an error: ferror() */
};

/* The next line without its end, and a NUL instead. */
enum input_line input_line(FILE *file, char line[INPUT_LINE_MOST + 1u],
			   size_t *bytes);

/* All text of a file, with a NUL at its end, to be freed; NULL with the
 * reason: it cannot be read, is longer than INPUT_WHOLE_MOST or is no text. */
char *input_file(const char *path, char why[INPUT_WHY_BYTES]);
/* The same of what can be read from @fd. */
char *input_rest(int fd, char why[INPUT_WHY_BYTES]);

#endif /* DSI_INPUT_H */
