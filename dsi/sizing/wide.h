/* SPDX-License-Identifier: MIT */
/*
 * wide.h - whole numbers of 128 bits that say when they do not suffice.
 *
 * Each operation that can overflow takes `over`, which it sets and never
 * clears: a formula is written down as it stands and *over looked at once at
 * its end.  The value after an overflow means nothing.
 *
 * Division rounds the way a formula says, floor or ceiling, also for negative
 * numbers, where C's own `/` rounds towards zero.
 */
#ifndef DSI_WIDE_H
#define DSI_WIDE_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 dsi_wide;
__extension__ typedef unsigned __int128 dsi_uwide;

#define DSI_WIDE_MAX ((dsi_wide)(~(dsi_uwide)0 >> 1))

static inline dsi_wide wide_add(dsi_wide a, dsi_wide b, bool *over)
{
	dsi_wide sum = 0;

	if (__builtin_add_overflow(a, b, &sum))
		*over = true;
	return sum;
}

static inline dsi_wide wide_sub(dsi_wide a, dsi_wide b, bool *over)
{
	dsi_wide difference = 0;

	if (__builtin_sub_overflow(a, b, &difference))
		*over = true;
	return difference;
}

static inline dsi_uwide wide_abs(dsi_wide a)
{
	return a < 0 ? -(dsi_uwide)a : (dsi_uwide)a;
}

/* Not __builtin_mul_overflow(): clang calls a function of its own runtime for
 * it, which a freestanding program does not have. */
static inline dsi_wide wide_mul(dsi_wide a, dsi_wide b, bool *over)
{
	dsi_uwide ua = wide_abs(a);
	dsi_uwide ub = wide_abs(b);

	if (((ua | ub) >> 63) && ua && ub > (dsi_uwide)DSI_WIDE_MAX / ua) {
		*over = true;
		return 0;
	}
	return (a < 0) != (b < 0) ? -(dsi_wide)(ua * ub) : (dsi_wide)(ua * ub);
}

/* Quotient and remainder of numbers that mostly fit in 64 bits: the division
 * of 128 bits is ten times as long. */
static inline dsi_wide wide_quotient(dsi_wide a, dsi_wide b)
{
	if (a >= 0 && b > 0 && !(((dsi_uwide)a | (dsi_uwide)b) >> 64))
		return (dsi_wide)((uint64_t)a / (uint64_t)b);
	return a / b;
}

/* b > 0 */
static inline dsi_wide wide_floor(dsi_wide a, dsi_wide b)
{
	dsi_wide q = wide_quotient(a, b);

	return q - (a < 0 && q * b != a);
}

/* b > 0 */
static inline dsi_wide wide_ceil(dsi_wide a, dsi_wide b)
{
	dsi_wide q = wide_quotient(a, b);

	return q + (a > 0 && q * b != a);
}

/* a mod b, in 0..b-1; b > 0, and a - b does not overflow */
static inline dsi_wide wide_mod(dsi_wide a, dsi_wide b)
{
	return a - wide_floor(a, b) * b;
}

static inline dsi_wide wide_max(dsi_wide a, dsi_wide b)
{
	return a > b ? a : b;
}

static inline dsi_wide wide_min(dsi_wide a, dsi_wide b)
{
	return a < b ? a : b;
}

/* Greatest common divisor of a, b >= 0; gcd(0, b) = b */
static inline dsi_wide wide_gcd(dsi_wide a, dsi_wide b)
{
	while (b) {
		dsi_wide rest = a - wide_quotient(a, b) * b;

		a = b;
		b = rest;
	}
	return a;
}

#endif /* DSI_WIDE_H */
