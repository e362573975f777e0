/* SPDX-License-Identifier: MIT */
/* compare.h - an answer against that of the oracle. */
#ifndef SIZING_COMPARE_H
#define SIZING_COMPARE_H

#include "family.h"

struct difference {
	const char *what;
	long long num; /* of the answer, of oracle's den */
	long long oracle;
};

/**
 * need_differs - is an answer too small, or not the least although it says so?
 * @f: family of the question
 * @q: question
 * @n: answer
 * @o: answer of the oracle; what it does not tell is taken from @n
 * @d: the difference
 */
bool need_differs(const struct family *f, const struct question *q,
		  const struct dsi_sizing_need *n, struct oracle_need *o,
		  struct difference *d);

#endif /* SIZING_COMPARE_H */
