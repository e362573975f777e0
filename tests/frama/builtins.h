/* SPDX-License-Identifier: MIT */
/*
 * builtins.h - what the compiler brings along, as contracts.  Included before
 * everything else.
 */
#ifndef FRAMA_BUILTINS_H
#define FRAMA_BUILTINS_H

#include "__fc_builtin.h"

/*@ requires x != 0;
    assigns \result \from x;
    ensures 0 <= \result <= 63;
    ensures x >= 32 ==> \result <= 58; */
int frama_clzll(unsigned long long x);
#define __builtin_clzll(x) frama_clzll(x)

/*@ requires x != 0;
    assigns \result \from x;
    ensures 0 <= \result <= 31;
    ensures x < 2147483648 ==> \result <= 30; */
int frama_ctz(unsigned int x);
#define __builtin_ctz(x) frama_ctz(x)

#endif /* FRAMA_BUILTINS_H */
