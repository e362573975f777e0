/* SPDX-License-Identifier: MIT */
/* program.h - find files in the boot archive, and read them as ELF. */
#ifndef MKLIB_PROGRAM_H
#define MKLIB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mk_file {
	const uint8_t *start;
	uint64_t bytes;
};

struct mk_segment {
	uint64_t va, bytes;	 /* whole pages */
	const uint8_t *contents; /* NULL if there is none */
	uint64_t file_bytes;
	unsigned rights;
};

#define MK_SEGMENTS 8u

struct mk_program {
	uint64_t entry;
	unsigned segments;
	struct mk_segment segment[MK_SEGMENTS];
};

/* @archive is one that ar(1) made. */
bool mk_file_find(const uint8_t *archive, uint64_t bytes, const char *name,
		  struct mk_file *out);
/* False if it is no static 64-bit program with page-aligned segments below
 * @end. */
bool mk_program_read(const struct mk_file *file, uint64_t end,
		     struct mk_program *out);
/* The value of `name=value` in a command line, copied; false: not there. */
bool mk_option(const char *command, const char *name, char *out, size_t bytes);

#endif
