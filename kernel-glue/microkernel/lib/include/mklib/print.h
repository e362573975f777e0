/* SPDX-License-Identifier: MIT */
/* print.h - text to the log: printf as far as it is needed here. */
#ifndef MKLIB_PRINT_H
#define MKLIB_PRINT_H

/* %s, %c, %d (int), %u (unsigned), %ld %lu %lx (64 bits), %%; at most 480
 * bytes, sent as one message to MK_CAP_LOG. */
__attribute__((format(printf, 1, 2))) void mk_print(const char *format, ...);

#endif
