/* SPDX-License-Identifier: MIT */
/*
 * units.h - numbers with units, as people write them in options.
 *
 * All functions return true, or false with @why naming the value, what is
 * wrong with it and what would be accepted.  *@out is set only on success.
 */
#ifndef DSI_CLI_UNITS_H
#define DSI_CLI_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#define UNITS_WHY_BYTES 256u

/* A ratio; both parts at most 1,000,000,000, neither 0. */
struct units_rate {
	uint32_t numerator;
	uint32_t denominator;
};

bool units_count(const char *text, uint64_t least, uint64_t most, uint64_t *out,
		 char why[UNITS_WHY_BYTES]);

/* Bytes: "4096", "4KiB", "1MB". */
bool units_size(const char *text, uint64_t least, uint64_t most, uint64_t *out,
		char why[UNITS_WHY_BYTES]);

/* "200ms", "1.5s", "3" (seconds); "forever" = DSI_FOREVER if allowed. */
bool units_duration(const char *text, bool forever_allowed, uint64_t most_ns,
		    uint64_t *out_ns, char why[UNITS_WHY_BYTES]);

/* "25", "29.97" or "30000/1001" per second. */
bool units_rate(const char *text, struct units_rate *out,
		char why[UNITS_WHY_BYTES]);

/* "0660", or owner, group, all. */
bool units_mode(const char *text, uint32_t *out, char why[UNITS_WHY_BYTES]);

#endif /* DSI_CLI_UNITS_H */
