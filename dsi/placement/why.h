/* SPDX-License-Identifier: MIT */
/*
 * why.h - a negative code, and a sentence about it.
 *
 * Place: below all files of dsi/placement/ that call the system.
 */
#ifndef DSI_WHY_H
#define DSI_WHY_H

#include <stdint.h>

#include <dsi/errno.h>

/* Where a caller wants to read the reason; NULL or 0 bytes: nowhere. */
struct why {
	char *text;
	uint32_t bytes;
};

/* Write the sentence and return @err. */
__attribute__((format(printf, 3, 4))) int why_fail(struct why why, int err,
						   const char *format, ...);

/* The DSI code for a value of errno; what is not allowed is -DSI_EACCES. */
int why_code(int error);

#endif /* DSI_WHY_H */
