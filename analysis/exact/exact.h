/* SPDX-License-Identifier: MIT */
/*
 * exact.h - exact fractions for the calculator.
 *
 * A fraction of two 128-bit numbers in lowest terms.  A result that does not
 * fit is "out of range": it stays so through all further arithmetic, compares
 * as nothing, and is looked for once with exact_ok() before a result is used.
 * No floating point decides anything; exact_double() is for drawing only.
 */
#ifndef DSI_EXACT_H
#define DSI_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsi/sizing/wide.h"

/* den > 0, lowest terms; den == 0: out of range. */
struct exact {
	dsi_wide num;
	dsi_wide den;
};

#define EXACT_TEXT_BYTES 96u

struct exact exact_int(int64_t value);
/* den may be negative; 0 gives "out of range" */
struct exact exact_make(dsi_wide num, dsi_wide den);
bool exact_ok(struct exact a);

struct exact exact_add(struct exact a, struct exact b);
struct exact exact_sub(struct exact a, struct exact b);
struct exact exact_mul(struct exact a, struct exact b);
/* b == 0 gives "out of range" */
struct exact exact_div(struct exact a, struct exact b);
struct exact exact_neg(struct exact a);
struct exact exact_floor(struct exact a);
struct exact exact_ceil(struct exact a);

/* -1, 0, 1.  Both must be exact_ok(). */
int exact_cmp(struct exact a, struct exact b);
int exact_sign(struct exact a);
struct exact exact_min(struct exact a, struct exact b);
struct exact exact_max(struct exact a, struct exact b);

/* Least common multiple lcm(a/b, c/d) = lcm(a, c) / gcd(b, d); a, b > 0. */
struct exact exact_lcm(struct exact a, struct exact b);
/* Greatest common divisor: the largest g of which both are multiples; a or b
 * may be 0. */
struct exact exact_gcd(struct exact a, struct exact b);

/* Is it whole, and does it fit?  Then set *out. */
bool exact_to_u64(struct exact a, uint64_t *out);
bool exact_to_i64(struct exact a, int64_t *out);

/* "-3", "2002/75"; "out of range".  Returns @text. */
char *exact_text(struct exact a, char text[EXACT_TEXT_BYTES]);

/* "12", "12.5", "3/4", "1e3" -> a fraction; the whole text must be used and
 * no sign is taken.  False: no number, or one that does not fit. */
bool exact_parse(const char *text, size_t bytes, struct exact *out);

/* For drawing and for rounded display, never for a decision. */
double exact_double(struct exact a);

#endif /* DSI_EXACT_H */
