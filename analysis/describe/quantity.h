/* SPDX-License-Identifier: MIT */
/*
 * quantity.h - exact quantities as engineers write them.
 *
 *   time        20ms 1.5us 250ns 2s 1min 1h 1/60s 33.3667ms 1T (one period)
 *               480@48k (480 frames at 48000 a second)
 *   rate        25/s 59.94/s 30000/1001/s 25fps 48kHz
 *   bytes       4096B 4KiB 1.5MB 2MiB 1GB       (a bare whole number: bytes)
 *   bandwidth   125MB/s 10Gbit/s 4KiB/s
 *   drift       50ppm 20ppb 0.1%                of 1
 *   frames      1024@48k: units, and their rate
 *
 * A unit is never guessed: "3" is no time, and the message says what would
 * be one.  Times are in seconds, rates in 1/s, bandwidths in bytes/s, all
 * exact.  All functions return true, or false with @why naming the value,
 * what is wrong with it and what would be accepted.
 */
#ifndef DSI_QUANTITY_H
#define DSI_QUANTITY_H

#include "exact/exact.h"

#define QUANTITY_WHY_BYTES 256u
#define QUANTITY_TEXT_BYTES 96u

/* @period: what "T" stands for, or NULL if it may not be used */
bool quantity_time(const char *text, const struct exact *period,
		   struct exact *out_s, char why[QUANTITY_WHY_BYTES]);
/* @warning: set to a constant sentence if the rate looks like a rounded one
 * (29.97 is not 30000/1001), else to NULL; may be NULL */
bool quantity_rate(const char *text, struct exact *out_hz,
		   const char **out_warning, char why[QUANTITY_WHY_BYTES]);
bool quantity_bytes(const char *text, struct exact *out_bytes,
		    char why[QUANTITY_WHY_BYTES]);
bool quantity_bandwidth(const char *text, struct exact *out_bytes_s,
			char why[QUANTITY_WHY_BYTES]);
bool quantity_drift(const char *text, struct exact *out_ratio,
		    char why[QUANTITY_WHY_BYTES]);
bool quantity_frames(const char *text, uint32_t *out_units,
		     struct exact *out_hz, char why[QUANTITY_WHY_BYTES]);
bool quantity_count(const char *text, uint64_t least, uint64_t most,
		    uint64_t *out, char why[QUANTITY_WHY_BYTES]);

/* For people: "15 ms", "33.366667 ms (1001/30000 s)", "307200 B",
 * "0 s".  At most 9 significant digits; the exact fraction follows when the
 * decimal number is not exact.  Returns @text. */
char *quantity_show_time(struct exact s, char text[QUANTITY_TEXT_BYTES]);
char *quantity_show_bytes(struct exact bytes, char text[QUANTITY_TEXT_BYTES]);
char *quantity_show_rate(struct exact hz, char text[QUANTITY_TEXT_BYTES]);

#endif /* DSI_QUANTITY_H */
