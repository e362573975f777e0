/* SPDX-License-Identifier: MIT */
/* stdio.h - the part of the C library's that there is here: text to the log,
 * line by line, and formatting without floating point. */
#ifndef MK_LIBC_STDIO_H
#define MK_LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

typedef struct mk_file_out FILE;

extern FILE *const stdout, *const stderr;

__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);
__attribute__((format(printf, 2, 3))) int fprintf(FILE *file,
						  const char *format, ...);
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t bytes,
						   const char *format, ...);
int vsnprintf(char *to, size_t bytes, const char *format, va_list arguments);
/* What is there of a line that has not ended. */
int fflush(FILE *file);

#endif
