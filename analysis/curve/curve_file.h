/* SPDX-License-Identifier: MIT */
/*
 * curve_file.h - curves from texts and files.
 *
 *   tb:RATE,BURST        token bucket: 0 at 0, then BURST + RATE t
 *   rl:RATE,LATENCY      rate and latency
 *   jcs:T,TAU,D          most packets of a jitter-constrained stream
 *   jcs-min:T,TAU        fewest packets
 *   file:PATH            JSON; - is standard input
 *
 * Numbers are exact and have no unit: 3, 2.5, 1/60.  The file is an object:
 *
 *	{"pieces": [{"x": 0, "value": 0, "right": "5/2", "slope": 1}, ...],
 *	 "from": 0, "period": 1, "increment": 1}
 *
 * Without "right" there is no jump behind x, without "slope" it is 0.
 */
#ifndef DSI_CURVE_FILE_H
#define DSI_CURVE_FILE_H

#include "curve/curve.h"

enum curve_status curve_spec(struct curve_work *w, const char *text,
			     struct curve *out);
enum curve_status curve_file(struct curve_work *w, const char *path,
			     struct curve *out);
/* An exact number that may be negative. */
bool curve_number(const char *text, size_t bytes, struct exact *out);

#endif /* DSI_CURVE_FILE_H */
