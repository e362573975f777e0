/* SPDX-License-Identifier: MIT */
/*
 * curve_random.h - small random curves, the same in every run.
 */
#ifndef DSI_TEST_CURVE_RANDOM_H
#define DSI_TEST_CURVE_RANDOM_H

#include "curve/curve.h"

/* @rising: it never decreases, else anything goes */
void curve_random(struct curve *f, bool rising);
int64_t curve_random_below(int64_t n);

/* A sum of values and its limits from both sides. */
struct around {
	struct exact left;
	struct exact value;
	struct exact right;
};

struct around curve_around(const struct curve *f, struct exact t);
/* All places up to @end at which @f may bend or jump; their number. */
size_t curve_places(const struct curve *f, struct exact end,
		    struct exact *places, size_t room);

#endif /* DSI_TEST_CURVE_RANDOM_H */
