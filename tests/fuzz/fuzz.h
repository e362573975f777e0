/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the harnesses share.
 *
 *   input bytes -> LLVMFuzzerTestOneInput() of one target -> the library
 *
 * A harness ends with 0, or in abort() if an outcome is none of those that the
 * library documents.  What it reads goes into fuzz_sink(): a compiler leaves
 * out reads whose value nobody uses, and with them the bug.
 */
#ifndef DSI_FUZZ_H
#define DSI_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Never compiled out. */
#define FUZZ_MUST(condition)                                               \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
				__LINE__, #condition);                     \
			abort();                                           \
		}                                                          \
	} while (0)

/* Input that is used up piece by piece. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next bytes; behind the end there are zeros.  How many were there? */
static inline size_t fuzz_take(struct fuzz_input *in, void *to, size_t bytes)
{
	size_t n = bytes < in->left ? bytes : in->left;

	memset(to, 0, bytes);
	if (n)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t value;

	(void)fuzz_take(in, &value, sizeof(value));
	return value;
}

/* All of it was read, and may have been looked at. */
static inline void fuzz_sink(const void *what, size_t bytes)
{
	const volatile uint8_t *at = what;
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + at[i]);
	__asm__ volatile("" ::"r"(sum) : "memory");
}

/* The bytes as a file, from its begin: a descriptor that stays the same, and
 * its path. */
int fuzz_file(const void *data, size_t bytes);
const char *fuzz_file_path(void);

#endif /* DSI_FUZZ_H */
