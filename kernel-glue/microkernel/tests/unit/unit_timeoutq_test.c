/* SPDX-License-Identifier: MIT */
/* unit_timeoutq_test.c - the timeout queue against an array. */
#include "unit_common.h"

#include <timeoutq.h>

#define TIMEOUTS 200u
#define STEPS 300000u

static struct timeout all[TIMEOUTS];
static struct timeoutq q;

static void compare(void)
{
	uint64_t earliest = ~0ul;
	unsigned in = 0;

	for (unsigned i = 0; i < TIMEOUTS; i++) {
		if (!all[i].link)
			continue;
		EXPECT(*all[i].link == &all[i]);
		in++;
		if (all[i].when < earliest)
			earliest = all[i].when;
	}
	EXPECT((in == 0) == !timeoutq_first(&q));
	EXPECT(!in || timeoutq_first(&q)->when == earliest);
}

static void drain(void)
{
	uint64_t last = 0;
	struct timeout *first;

	while ((first = timeoutq_first(&q))) {
		EXPECT(first->when >= last);
		last = first->when;
		timeoutq_remove(&q, first);
		EXPECT(!first->link);
	}
}

int main(void)
{
	for (unsigned step = 0; step < STEPS; step++) {
		struct timeout *t = &all[below(TIMEOUTS)];

		if (t->link) {
			timeoutq_remove(&q, t);
			timeoutq_remove(&q, t); /* twice does no harm */
		} else {
			t->when = below(2) ? below(50) : random64();
			timeoutq_add(&q, t);
		}
		if (step % 16 == 0)
			compare();
		if (step % 5000 == 0)
			drain();
	}
	drain();
	compare();
	return 0;
}
