/* SPDX-License-Identifier: MIT */
/*
 * size_writer.h - JSON, written member by member.
 *
 * Answers are written as they are found, in a buffer that is used again for
 * the next one: a million of them then take no more memory than one, which a
 * tree of objects does not give.  Numbers are exact: whole ones as they are,
 * all others as texts "num/den".
 */
#ifndef DSI_SIZE_WRITER_H
#define DSI_SIZE_WRITER_H

#include "exact/exact.h"

#define SIZE_WRITER_DEPTH 16u

struct size_writer {
	char *text;
	size_t used;
	size_t room;
	unsigned int depth;
	bool pretty;			 /* on lines of their own */
	bool members[SIZE_WRITER_DEPTH]; /* is there one before? */
	bool no_memory;
};

/* Every value has a @key, which is NULL in an array. */
void size_write_open(struct size_writer *w, const char *key, char bracket);
void size_write_close(struct size_writer *w, char bracket);
void size_write_text(struct size_writer *w, const char *key, const char *text);
void size_write_u64(struct size_writer *w, const char *key, uint64_t number);
void size_write_bool(struct size_writer *w, const char *key, bool value);
void size_write_null(struct size_writer *w, const char *key);
/* A whole number if it is one of 64 bits, else a text. */
void size_write_exact(struct size_writer *w, const char *key,
		      struct exact value);
/* @json: a value that is written already */
void size_write_raw(struct size_writer *w, const char *key, const char *json);
/* To stdout, with a line end, and empty the buffer.  False: no memory. */
bool size_write_out(struct size_writer *w);
void size_write_free(struct size_writer *w);

#endif /* DSI_SIZE_WRITER_H */
