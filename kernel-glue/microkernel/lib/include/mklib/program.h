/* SPDX-License-Identifier: MIT */
/* program.h - find files in the boot archive, and read them as ELF. */
#ifndef MKLIB_PROGRAM_H
#define MKLIB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mk/bootinfo.h>

struct mk_file {
	char name[MK_NAME_BYTES];
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

/* The file at *@at of an archive that ar(1) made, beginning with *@at = 0; *@at
 * moves on.  False at the end, or where the archive is cut. */
bool mk_file_next(const uint8_t *archive, uint64_t bytes, uint64_t *at,
		  struct mk_file *out);
bool mk_file_find(const uint8_t *archive, uint64_t bytes, const char *name,
		  struct mk_file *out);
/* False if it is no static x86-64 program with page-aligned segments from
 * @start on and below @end. */
bool mk_program_read(const struct mk_file *file, uint64_t start, uint64_t end,
		     struct mk_program *out);
/* The value of `name=value` in a command line, copied; false: not there. */
bool mk_option(const char *command, const char *name, char *out, size_t bytes);

/* How many programs `run=a,b,c` of this command line names. */
unsigned mk_program_count(const char *command);
/* The name of the one with this number (1 is the first); @out has
 * MK_NAME_BYTES.  False if there are not so many, or if the name is empty or
 * too long. */
bool mk_program_in(const char *command, uint64_t number, char *out);
/* The same for the programs that run here: whose is the label of a gate that
 * the root task made? */
bool mk_program_name(uint64_t number, char *out);

#endif
