/* SPDX-License-Identifier: MIT */
/* string.h - the part of the C library's that there is here. */
#ifndef MK_LIBC_STRING_H
#define MK_LIBC_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
char *strcpy(char *to, const char *from);
char *strstr(const char *s, const char *what);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

#endif
