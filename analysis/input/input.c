// SPDX-License-Identifier: MIT
/*
 * input.c - lines and files up to a stated length.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/input.h"

#define FIRST_BYTES 4096u

enum input_line input_line(FILE *file, char line[INPUT_LINE_MOST + 1u],
			   size_t *bytes)
{
	int c = getc_unlocked(file);
	size_t n = 0;

	if (c == EOF)
		return INPUT_END;
	while (c != EOF && c != '\n' && n < INPUT_LINE_MOST) {
		line[n++] = (char)c;
		c = getc_unlocked(file);
	}
	line[n] = '\0';
	*bytes = n;
	if (c == EOF && ferror(file))
		return INPUT_END;
	return c == EOF || c == '\n' ? INPUT_LINE : INPUT_LONG;
}

static char *refuse(char *text, char why[INPUT_WHY_BYTES], const char *reason,
		    ...) __attribute__((format(printf, 3, 4)));
static char *refuse(char *text, char why[INPUT_WHY_BYTES], const char *reason,
		    ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(why, INPUT_WHY_BYTES, reason, args);
	va_end(args);
	free(text);
	return NULL;
}

char *input_rest(int fd, char why[INPUT_WHY_BYTES])
{
	size_t room = FIRST_BYTES;
	char *text = malloc(room);
	size_t bytes = 0;
	ssize_t n = 1;

	while (text && n > 0) {
		n = read(fd, text + bytes, room - bytes - 1);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			return refuse(text, why, "cannot read: %s",
				      strerror(errno));
		if (memchr(text + bytes, '\0', (size_t)n))
			return refuse(text, why,
				      "has a byte 0, so it is no text; give "
				      "the file that was meant");
		bytes += (size_t)n;
		if (bytes > INPUT_WHOLE_MOST)
			return refuse(text, why,
				      "is longer than %u bytes; give the file "
				      "that was meant, or parts of it",
				      INPUT_WHOLE_MOST);
		if (bytes == room - 1) {
			char *grown = realloc(text, 2 * room);

			if (!grown)
				return refuse(text, why, "no memory");
			text = grown;
			room *= 2;
		}
	}
	if (!text)
		return refuse(text, why, "no memory");
	text[bytes] = '\0';
	return text;
}

char *input_file(const char *path, char why[INPUT_WHY_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return refuse(NULL, why, "cannot open: %s", strerror(errno));
	text = input_rest(fd, why);
	close(fd);
	return text;
}
