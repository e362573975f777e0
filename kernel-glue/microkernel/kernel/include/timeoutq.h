/* SPDX-License-Identifier: MIT */
/*
 * timeoutq.h - what is to happen when, earliest first.
 *
 * A pairing heap: nothing is allocated, adding is constant time, removing any
 * element is logarithmic on average, and no number of sleeping threads makes
 * the kernel walk a list.
 */
#ifndef MK_TIMEOUTQ_H
#define MK_TIMEOUTQ_H

#include <kbase.h>

struct timeout {
	uint64_t when;
	struct timeout *child, *next;
	struct timeout **link; /* what points to us; NULL: in no queue */
};

struct timeoutq {
	struct timeout *root;
};

void timeoutq_add(struct timeoutq *q, struct timeout *t);
void timeoutq_remove(struct timeoutq *q, struct timeout *t);

static inline struct timeout *timeoutq_first(const struct timeoutq *q)
{
	return q->root;
}

#endif
