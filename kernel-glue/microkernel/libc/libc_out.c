/* SPDX-License-Identifier: MIT */
/* libc_out.c - text to the log, one message for each line, so that the lines of
 * several programs do not mix. */
#include <stdio.h>
#include <string.h>

#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include <port_thread.h>

#define LINE_BYTES 480u

struct mk_file_out {
	struct mk_port_mutex mutex;
	size_t used;
	char line[LINE_BYTES];
};

static FILE out, err;
FILE *const stdout = &out, *const stderr = &err;

static void send(FILE *file)
{
	mk_log_text(MK_CAP_LOG, file->line, file->used);
	file->used = 0;
}

static void put_text(FILE *file, const char *text)
{
	mk_port_mutex_lock(&file->mutex);
	for (; *text; text++) {
		file->line[file->used++] = *text;
		if (*text == '\n' || file->used == LINE_BYTES)
			send(file);
	}
	mk_port_mutex_unlock(&file->mutex);
}

static int print_to(FILE *file, const char *format, va_list arguments)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, arguments);

	put_text(file, text);
	return n;
}

int printf(const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = print_to(stdout, format, arguments);
	va_end(arguments);
	return n;
}

int fprintf(FILE *file, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = print_to(file, format, arguments);
	va_end(arguments);
	return n;
}

int fflush(FILE *file)
{
	mk_port_mutex_lock(&file->mutex);
	if (file->used)
		send(file);
	mk_port_mutex_unlock(&file->mutex);
	return 0;
}
