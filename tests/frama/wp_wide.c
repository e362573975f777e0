/* SPDX-License-Identifier: MIT */
/*
 * wp_wide.c - the operations of dsi/sizing/wide.h, which the calculator is made
 * of, and one of its answers; proved by Frama-C's WP.
 *
 * Frama-C has no numbers of 128 bits.  What is proved is the same text with all
 * widths halved (frama.py, "half"): a wide number of 64 bits, made of words of
 * 32.  Nothing in it depends on the width but the constants that are halved, too.
 */
#include <stdbool.h>
#include <stdint.h>

#define HALF_MAX 9223372036854775807
#define HALF_MIN (-HALF_MAX - 1)

/* What WP's theory of machine numbers leaves open: C11 6.3.1.3, 2, and that no bit
 * of a word is above those that it has. */
/*@ axiomatic Machine {
      axiom wraps: \forall integer x; -18446744073709551616 < x < 0 ==>
	(unsigned long long)x == x + 18446744073709551616;
      axiom small_31: \forall integer a, b; 0 <= a && 0 <= b &&
	((a | b) >> 31) == 0 ==> a < 2147483648 && b < 2147483648;
      axiom small_32: \forall integer a, b; 0 <= a && 0 <= b &&
	((a | b) >> 32) == 0 ==> a < 4294967296 && b < 4294967296; } */

/*@ requires \valid(out);
    assigns *out;
    ensures \result != 0 <==> !(HALF_MIN <= a + b <= HALF_MAX);
    ensures \result == 0 ==> *out == a + b; */
int frama_add_overflow(long long a, long long b, long long *out);
#define __builtin_add_overflow(a, b, out) frama_add_overflow(a, b, out)

/*@ requires \valid(out);
    assigns *out;
    ensures \result != 0 <==> !(HALF_MIN <= a - b <= HALF_MAX);
    ensures \result == 0 ==> *out == a - b; */
int frama_sub_overflow(long long a, long long b, long long *out);
#define __builtin_sub_overflow(a, b, out) frama_sub_overflow(a, b, out)

/*@ requires \valid(over);
    assigns *over;
    ensures *over == (\old(*over) || !(HALF_MIN <= a + b <= HALF_MAX));
    ensures HALF_MIN <= a + b <= HALF_MAX ==> \result == a + b; */
static inline long long wide_add(long long a, long long b, bool *over);

/*@ requires \valid(over);
    assigns *over;
    ensures *over == (\old(*over) || !(HALF_MIN <= a - b <= HALF_MAX));
    ensures HALF_MIN <= a - b <= HALF_MAX ==> \result == a - b; */
static inline long long wide_sub(long long a, long long b, bool *over);

/*@ assigns \nothing;
    ensures \result == (a < 0 ? -a : a); */
static inline unsigned long long wide_abs(long long a);

/*@ requires \valid(over);
    assigns *over;
    ensures \old(*over) ==> *over;
    ensures !*over ==> \result == a * b; */
static inline long long wide_mul(long long a, long long b, bool *over);

/*@ requires b != 0 && !(a == HALF_MIN && b == -1);
    assigns \nothing;
    ensures \result == a / b; */
static inline long long wide_quotient(long long a, long long b);

/*@ requires b > 0;
    assigns \nothing;
    ensures \result * b <= a < \result * b + b; */
static inline long long wide_floor(long long a, long long b);

/*@ requires b > 0;
    assigns \nothing;
    ensures \result * b - b < a <= \result * b; */
static inline long long wide_ceil(long long a, long long b);

/*@ requires b > 0 && a >= HALF_MIN + b;
    assigns \nothing;
    ensures 0 <= \result < b; */
static inline long long wide_mod(long long a, long long b);

/*@ assigns \nothing;
    ensures \result >= a && \result >= b && (\result == a || \result == b); */
static inline long long wide_max(long long a, long long b);

/*@ assigns \nothing;
    ensures \result <= a && \result <= b && (\result == a || \result == b); */
static inline long long wide_min(long long a, long long b);

#include "half/wide.h"
