/* SPDX-License-Identifier: MIT */
/* stdlib.h - the part of the C library's that there is here. */
#ifndef MK_LIBC_STDLIB_H
#define MK_LIBC_STDLIB_H

#include <stddef.h>

_Noreturn void exit(int status);
_Noreturn void abort(void);
void *calloc(size_t count, size_t bytes);
void *malloc(size_t bytes);
void free(void *memory);

#endif
